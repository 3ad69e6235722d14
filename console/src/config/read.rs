//! Reading the config file, entry by entry.

use crate::config::definition::Name;
use crate::config::mistake::{Mistake, Spot};
use crate::config::sorting::Column;
use crate::config::word::Word;
use crate::config::{Chosen, Origin, SavedFilter, Settings, definition, guard, word};
use crate::i18n::message as filter_saying;
use crate::i18n::{Message, Text};
use crate::input::{Chord, Clash, KeyOverride, Keymap, NoKey, Refused, Scope, Screen};
use crate::text::sanitize;
use rental_model::totalview::filter::Filter;
use std::ops::Range;
use toml_edit::{Document, Item, Key, TableLike};

/// The sections beside the settings of the top level.
const SECTIONS: [&str; 3] = ["sort", "filters", "keys"];

/// The settings of `text`, with the mistakes in no order.
pub(crate) fn read(text: &str) -> Settings {
    let mut settings = Settings::default();
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let spot = error.span().map_or(Spot::File, |span| Spot::Line(line_of(text, span.start)));
            let message = Text::ConfigSyntax.with("why", sanitize(error.message()));
            settings.mistakes.push(Mistake { spot, message });
            if guard::is_wanted(text) {
                settings.doubt(Name::ReadOnly);
            }
            return settings;
        }
    };
    let mut reader = Reader { text, settings, overrides: Vec::new() };
    reader.top(document.as_table());
    reader.finish()
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

struct Reader<'a> {
    text: &'a str,
    settings: Settings,
    overrides: Vec<KeyOverride>,
}

/// An entry: its full name, its line and its value.
struct Entry<'i> {
    key: String,
    name: String,
    line: usize,
    item: &'i Item,
}

impl Reader<'_> {
    /// The entries of `table`, whose own name is `path`.
    fn entries<'i>(&self, path: &str, table: &'i dyn TableLike) -> Vec<Entry<'i>> {
        let names: Vec<&str> = table.iter().map(|(name, _)| name).collect();
        let pairs = names.into_iter().filter_map(|name| table.get_key_value(name));
        let entry = |(key, item): (&Key, &'i Item)| {
            let span: Option<Range<usize>> = key.span().or_else(|| item.span());
            let line = line_of(self.text, span.map_or(0, |span| span.start));
            let name = sanitize(&if path.is_empty() { key.get().to_owned() } else { format!("{path}.{}", key.get()) });
            Entry { key: key.get().to_owned(), name, line, item }
        };
        pairs.map(entry).collect()
    }

    fn mistake(&mut self, line: usize, message: Message) {
        self.settings.mistakes.push(Mistake { spot: Spot::Line(line), message });
    }

    /// A name nobody knows; `known` are those there are, in full.
    fn unknown(&mut self, entry: &Entry, known: impl Iterator<Item = String>) {
        let name = entry.name.as_str();
        let nearest = known.min_by_key(|known| strsim::damerau_levenshtein(name, known)).unwrap_or_default();
        self.mistake(entry.line, Text::ConfigUnknown.with("name", name).with("nearest", nearest));
    }

    fn top(&mut self, table: &dyn TableLike) {
        for entry in self.entries("", table) {
            let name = Name::ALL.into_iter().find(|name| name.name() == entry.key);
            match (name, entry.key.as_str()) {
                (Some(name), _) => self.setting(name, &entry),
                (None, "sort" | "filters" | "keys") => self.section(&entry),
                (None, _) => {
                    let known = Name::ALL.iter().map(|name| name.name()).chain(SECTIONS);
                    self.unknown(&entry, known.map(str::to_owned));
                    if guard::is_meant(&entry.key) && !guard::is_off(entry.item) {
                        self.settings.doubt(Name::ReadOnly);
                    }
                }
            }
            self.misplaced(&entry.name, entry.item);
        }
    }

    /// What was meant to keep this desk from writing, in a section where nobody looks for it.
    fn misplaced(&mut self, path: &str, item: &Item) {
        if let Some(table) = item.as_table_like() {
            for entry in self.entries(path, table) {
                // A filter may be called what it likes.
                let is_filter = path == "filters" && entry.item.as_str().is_some_and(|it| word::switch(it).is_none());
                if guard::is_meant(&entry.key) && !is_filter && !guard::is_off(entry.item) {
                    self.unknown(&entry, std::iter::once(Name::ReadOnly.name().to_owned()));
                    self.settings.doubt(Name::ReadOnly);
                }
                self.misplaced(&entry.name, entry.item);
            }
        }
        let tables = item.as_array_of_tables().into_iter().flatten().map(|table| Item::Table(table.clone()));
        let values = item.as_array().into_iter().flatten().map(|value| Item::Value(value.clone()));
        for one in tables.chain(values) {
            self.misplaced(path, &one);
        }
    }

    fn setting(&mut self, name: Name, entry: &Entry) {
        let word = match (name.is_switch(), entry.item) {
            (true, item) => item.as_bool().map(|is_on| is_on.to_string()),
            (false, item) => item.as_str().map(str::to_owned),
        };
        let origin = Origin::File(entry.line);
        let set = word.ok_or_else(|| name.needed());
        if let Err(message) = set.and_then(|word| definition::set_word(&mut self.settings, name, &word, origin)) {
            self.mistake(entry.line, message);
            self.settings.doubt(name);
        }
    }

    fn section(&mut self, section: &Entry) {
        let Some(table) = section.item.as_table_like() else {
            return self.mistake(section.line, Text::ConfigSection.with("name", section.name.as_str()));
        };
        for entry in self.entries(&section.name, table) {
            match section.key.as_str() {
                "sort" => self.sort(&entry),
                "filters" => self.filter(&entry),
                _ => self.keys(&entry),
            }
        }
    }

    fn sort(&mut self, entry: &Entry) {
        if Screen::of(&entry.key) != Some(Screen::Rentals) {
            return self.unknown(entry, std::iter::once("sort.rentals".to_owned()));
        }
        match entry.item.as_str().and_then(definition::sorting) {
            Some(value) => {
                self.settings.rentals_sorting = Chosen { value, origin: Origin::File(entry.line) };
            }
            None => self.mistake(entry.line, Text::ConfigSort.with("values", Column::words(None))),
        }
    }

    fn filter(&mut self, entry: &Entry) {
        let name = entry.name.as_str();
        let Some(text) = entry.item.as_str().map(sanitize) else {
            return self.mistake(entry.line, Text::ConfigQuotes.with("name", name));
        };
        match Filter::parse(&text) {
            Ok(_) => self.settings.filters.push(SavedFilter {
                name: sanitize(&entry.key),
                text,
                origin: Origin::File(entry.line),
            }),
            Err(wrong) => self.mistake(entry.line, filter_saying(&wrong)),
        }
    }

    /// The keys of one scope.
    fn keys(&mut self, section: &Entry) {
        let Some(scope) = Scope::ALL.into_iter().find(|scope| scope.name() == section.key) else {
            let known = Scope::ALL.iter().map(|scope| format!("keys.{}", scope.name()));
            return self.unknown(section, known);
        };
        let Some(table) = section.item.as_table_like() else {
            return self.mistake(section.line, Text::ConfigSection.with("name", section.name.as_str()));
        };
        let keymap = Keymap::default();
        for entry in self.entries(&section.name, table) {
            let binding = keymap.of(scope).find(|binding| binding.action.name() == entry.key);
            let Some(action) = binding.map(|binding| binding.action) else {
                let known = keymap.of(scope).map(|binding| format!("{}.{}", section.name, binding.action.name()));
                self.unknown(&entry, known);
                continue;
            };
            match chords(&entry) {
                Ok(chords) => self.overrides.push(KeyOverride { scope, action, chords, line: entry.line }),
                Err(message) => self.mistake(entry.line, message),
            }
        }
    }

    fn finish(mut self) -> Settings {
        let (keymap, kept, refused) = Keymap::remapped(std::mem::take(&mut self.overrides));
        self.settings.keymap = keymap;
        self.settings.remapped = kept;
        for refused in refused {
            self.mistake(refused.key_override.line, told(&refused));
        }
        self.settings
    }
}

/// The keys of an entry: one, or several in brackets.
fn chords(entry: &Entry) -> Result<Vec<Chord>, Message> {
    let chord = |text: &str| {
        text.parse().map_err(|NoKey| Text::ConfigNoKey.with("name", entry.name.as_str()).with("key", sanitize(text)))
    };
    if let Some(text) = entry.item.as_str() {
        return chord(text).map(|chord| vec![chord]);
    }
    let needed = || Text::ConfigKeys.with("name", entry.name.as_str());
    let list = entry.item.as_array().ok_or_else(needed)?;
    let mut chords: Vec<Chord> = Vec::new();
    for value in list {
        let chord = chord(value.as_str().ok_or_else(needed)?)?;
        if !chords.contains(&chord) {
            chords.push(chord);
        }
    }
    Ok(chords)
}

/// Why a remapping does not count.
fn told(refused: &Refused) -> Message {
    let Refused { key_override, clash } = refused;
    let name = format!("keys.{}.{}", key_override.scope.name(), key_override.action.name());
    match clash {
        Clash::Twice(chord, one, other) => {
            let (key, scope) = (chord.to_string(), key_override.scope.name());
            let both = Text::ConfigTwice.with("key", key).with("scope", scope);
            both.with("one", one.name()).with("other", other.name())
        }
        Clash::EasyYes => Text::ConfigEasyYes.with("name", name),
        Clash::OpensAndConfirms(chord) => Text::ConfigOpens.with("name", name).with("key", chord.to_string()),
        Clash::IsText(chord) => Text::ConfigIsTyped.with("name", name).with("key", chord.to_string()),
        Clash::Interrupts => Text::ConfigInterrupts.with("name", name),
        Clash::NoWayOut => Text::ConfigNoWayOut.with("name", name),
    }
}
