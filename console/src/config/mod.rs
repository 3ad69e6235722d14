//! What a person may decide about the console, and where it was decided.
//!
//! A setting comes from the command line, else from the environment, else from
//! the config file, else it has its default ([`Origin`], in this order). The
//! settings are defined once, in [`definition`]: reading ([`read`]), the
//! documented default file and `rental config` follow from there.
//!
//! **A mistake in the file costs its own entry and nothing else**, and is told
//! with its line ([`Mistake`]). Only a file that is no TOML counts for nothing.
//! **What protects is on if it cannot be understood** ([`guard`]).

pub(crate) mod definition;
pub(crate) mod file;
pub(crate) mod guard;
pub(crate) mod mistake;
pub(crate) mod read;
pub(crate) mod sorting;
#[cfg(test)]
mod tests;
pub(crate) mod word;

pub(crate) use definition::{Name, default_file, keys_text, quoted, sorting_text};
pub(crate) use file::{Location, save_filter};
pub(crate) use mistake::Mistake;
pub(crate) use sorting::{Column, Sorting};
pub(crate) use word::GlyphSet;

use crate::config::mistake::Spot;
use crate::i18n::{Language, Text};
use crate::input::{KeyOverride, Keymap, Screen};
use crate::text::sanitize;
use crate::theme::Look;
use crate::zone::Zone;
use std::collections::BTreeMap;

/// Where a setting was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    /// A line of the config file.
    File(usize),
    /// A variable of the environment.
    Environment(&'static str),
    /// An option on the command line.
    Flag(&'static str),
    /// What was said of it cannot be understood: it protects.
    Doubt,
}

/// A setting, and where it was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chosen<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<T: Default> Default for Chosen<T> {
    fn default() -> Self {
        Self { value: T::default(), origin: Origin::Default }
    }
}

/// A filter with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SavedFilter {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// What was given on the command line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub(crate) language: Option<String>,
    /// From `--actor` or `RENTAL_ACTOR`.
    pub(crate) operator: Option<String>,
    pub(crate) theme: Option<String>,
    pub(crate) is_ascii: bool,
    pub(crate) is_read_only: Option<bool>,
    pub(crate) has_no_mouse: bool,
}

/// The variables of the environment that matter here.
pub(crate) type Variables = BTreeMap<String, String>;

/// The settings that count. `None` is to be found out: `auto` in the file.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) language: Chosen<Option<Language>>,
    /// None: who is logged in.
    pub(crate) operator: Chosen<Option<String>>,
    pub(crate) theme: Chosen<Option<Look>>,
    pub(crate) glyphs: Chosen<Option<GlyphSet>>,
    pub(crate) is_read_only: Chosen<bool>,
    pub(crate) has_mouse: Chosen<bool>,
    pub(crate) screen: Chosen<Screen>,
    pub(crate) rentals_sorting: Chosen<Sorting>,
    pub(crate) filters: Vec<SavedFilter>,
    pub(crate) keymap: Keymap,
    /// In which times are shown.
    pub(crate) zone: Zone,
    /// The keys that are not the default's.
    pub(crate) remapped: Vec<KeyOverride>,
    pub(crate) mistakes: Vec<Mistake>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Chosen::default(),
            operator: Chosen::default(),
            theme: Chosen::default(),
            glyphs: Chosen::default(),
            is_read_only: Chosen::default(),
            has_mouse: Chosen { value: true, origin: Origin::Default },
            screen: Chosen::default(),
            rentals_sorting: Chosen::default(),
            filters: Vec::new(),
            keymap: Keymap::default(),
            zone: Zone::unknown(),
            remapped: Vec::new(),
            mistakes: Vec::new(),
        }
    }
}

impl Settings {
    /// The settings of the file at `location`, the environment and the command line.
    pub(crate) fn load(location: &Location, given: &Given, variables: &Variables) -> Self {
        let mut settings = match location.read() {
            Ok(text) => Self::of_file(&text.unwrap_or_default()),
            Err(mistake) => {
                let mut settings = Self { mistakes: vec![mistake], ..Self::default() };
                settings.doubt(Name::ReadOnly);
                settings
            }
        };
        settings.take_environment(variables);
        settings.take_given(given, variables);
        settings.take_zone(variables);
        settings
    }

    /// The settings of a file, and what is wrong with it.
    pub(crate) fn of_file(text: &str) -> Self {
        let mut settings = read::read(text);
        settings.mistakes.sort_by_key(|mistake| mistake.spot);
        settings
    }

    fn take_environment(&mut self, variables: &Variables) {
        for name in Name::ALL {
            let Some(value) = variables.get(name.variable()).filter(|value| !value.is_empty()) else { continue };
            let origin = Origin::Environment(name.variable());
            if let Err(message) = definition::set_word(self, name, value, origin) {
                self.mistakes.push(Mistake { spot: Spot::Variable(name.variable()), message });
                self.doubt(name);
            }
        }
        self.take_misspelled(variables);
        let is_set = |name: &str| variables.get(name).is_some_and(|value| !value.is_empty());
        if is_set("NO_COLOR") && !matches!(self.theme.origin, Origin::Environment(_)) {
            self.theme = Chosen { value: Some(Look::None), origin: Origin::Environment("NO_COLOR") };
        }
    }

    /// Variables nobody reads; one may have been meant to keep this desk from writing.
    fn take_misspelled(&mut self, variables: &Variables) {
        let set = variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for unknown in rental_bus::variables::unknown(set) {
            let is_guard = guard::is_meant(&unknown.name);
            let nearest = if is_guard { Name::ReadOnly.variable() } else { unknown.nearest };
            let is_off = variables.get(&unknown.name).is_some_and(|value| word::switch(value) == Some(false));
            let message = Text::ConfigUnknown.with("name", sanitize(&unknown.name)).with("nearest", nearest);
            self.mistakes.push(Mistake { spot: Spot::Environment, message });
            if is_guard && !is_off {
                self.doubt(Name::ReadOnly);
            }
        }
    }

    fn take_given(&mut self, given: &Given, variables: &Variables) {
        let words = [
            (Name::Language, given.language.as_deref(), "--lang"),
            (Name::Theme, given.theme.as_deref(), "--theme"),
            (Name::Glyphs, given.is_ascii.then_some("ascii"), "--ascii"),
        ];
        for (name, word, flag) in words {
            if let Some(word) = word {
                // The command line takes no other words.
                let _ = definition::set_word(self, name, word, Origin::Flag(flag));
            }
        }
        if let Some(is_read_only) = given.is_read_only {
            self.is_read_only = Chosen { value: is_read_only, origin: Origin::Flag("--read-only") };
        }
        if given.has_no_mouse {
            self.has_mouse = Chosen { value: false, origin: Origin::Flag("--no-mouse") };
        }
        if let Some(operator) = &given.operator {
            let variable = Name::Operator.variable();
            let is_from_variable = variables.get(variable).is_some_and(|value| value.trim() == operator);
            let origin = if is_from_variable { Origin::Environment(variable) } else { Origin::Flag("--actor") };
            self.operator = Chosen { value: Some(operator.clone()), origin };
        }
    }

    fn take_zone(&mut self, variables: &Variables) {
        let tz = variables.get("TZ").map(String::as_str);
        if let Some(zone) = Zone::named(tz) {
            self.zone = zone;
        } else {
            let message = Text::ConfigZone.with("name", sanitize(tz.unwrap_or_default()));
            self.mistakes.push(Mistake { spot: Spot::Variable("TZ"), message });
        }
    }

    /// The language, chosen by the locale if nobody did.
    pub(crate) fn spoken(&self, variables: &Variables) -> Language {
        self.language.value.unwrap_or_else(|| Language::from_locale(|name| variables.get(name).cloned()))
    }

    /// The theme, if it is known without asking the terminal for its background.
    pub(crate) fn look(&self, variables: &Variables) -> Option<Look> {
        let of_terminal = match variables.get("TERM").map(String::as_str) {
            Some("dumb") => Some(Look::None),
            // It is black, and would print a question it does not know.
            Some("linux") => Some(Look::Dark),
            _ => None,
        };
        self.theme.value.or(of_terminal)
    }

    /// The glyphs: ASCII where the locale or the terminal is known to have no others.
    pub(crate) fn drawn(&self, variables: &Variables) -> GlyphSet {
        self.glyphs.value.unwrap_or_else(|| {
            let set = |name: &str| variables.get(name).filter(|value| !value.is_empty());
            let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
            let is_utf8 = locale.is_none_or(|locale| {
                let locale = locale.to_ascii_lowercase();
                locale.ends_with("utf-8") || locale.ends_with("utf8")
            });
            let is_bare = set("TERM").is_some_and(|term| matches!(term.as_str(), "dumb" | "linux"));
            if is_utf8 && !is_bare { GlyphSet::Unicode } else { GlyphSet::Ascii }
        })
    }
}
