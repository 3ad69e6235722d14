//! The definition of every setting: its name, its variable, what it is for and
//! what it can be. Whoever adds one adds it here; the default file, the check
//! and `rental config` know it then.

use crate::config::sorting::{Column, Sorting};
use crate::config::word::{GlyphSet, Word, switch};
use crate::config::{Chosen, Origin, Settings};
use crate::i18n::{Language, Message, Text};
use crate::input::{Keymap, Scope, Screen};
use crate::theme::Look;
use std::fmt::Write as _;

/// A setting of the file's top level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Language,
    Operator,
    Theme,
    Glyphs,
    ReadOnly,
    Mouse,
    Screen,
}

impl Name {
    pub(crate) const ALL: [Self; 7] =
        [Self::Language, Self::Operator, Self::Theme, Self::Glyphs, Self::ReadOnly, Self::Mouse, Self::Screen];

    /// In the file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Language => "language",
            Self::Operator => "operator",
            Self::Theme => "theme",
            Self::Glyphs => "glyphs",
            Self::ReadOnly => "read_only",
            Self::Mouse => "mouse",
            Self::Screen => "screen",
        }
    }

    /// In the environment.
    pub(crate) const fn variable(self) -> &'static str {
        match self {
            Self::Language => "RENTAL_LANG",
            Self::Operator => "RENTAL_ACTOR",
            Self::Theme => "RENTAL_THEME",
            Self::Glyphs => "RENTAL_GLYPHS",
            Self::ReadOnly => "RENTAL_READ_ONLY",
            Self::Mouse => "RENTAL_MOUSE",
            Self::Screen => "RENTAL_SCREEN",
        }
    }

    const fn about(self) -> &'static str {
        match self {
            Self::Language => "The console's language; auto: the locale's.",
            Self::Operator => "Who is recorded as having asked; empty: who is logged in.",
            Self::Theme => {
                "The colours; auto: by the terminal's background, and none where NO_COLOR is set.\n\
                 The key T shows the others, until the console is closed."
            }
            Self::Glyphs => "The characters that are drawn; auto: unicode, if the locale has it.",
            Self::ReadOnly => "Refuse everything that changes something, in the console and as a command.",
            Self::Mouse => "Use the mouse.",
            Self::Screen => "The screen that is shown first.",
        }
    }

    /// The words it can be.
    fn words(self) -> String {
        let auto = Some("auto");
        match self {
            Self::Language => Language::words(auto),
            Self::Operator => "a name of 1 to 64 characters, or empty".to_owned(),
            Self::Theme => Look::words(auto),
            Self::Glyphs => GlyphSet::words(auto),
            Self::ReadOnly | Self::Mouse => "true, false".to_owned(),
            Self::Screen => Screen::words(None),
        }
    }

    pub(crate) const fn is_switch(self) -> bool {
        matches!(self, Self::ReadOnly | Self::Mouse)
    }

    /// What else it must be.
    pub(crate) fn needed(self) -> Message {
        match self {
            Self::Operator => Text::ConfigOperator.with("name", self.name()),
            _ => Text::ConfigOneOf.with("name", self.name()).with("values", self.words()),
        }
    }

    /// Its value, as it is written in the file.
    pub(crate) fn written(self, settings: &Settings) -> String {
        fn auto(word: Option<&'static str>) -> String {
            quoted(word.unwrap_or("auto"))
        }
        match self {
            Self::Language => auto(settings.language.value.map(Word::word)),
            Self::Operator => quoted(settings.operator.value.as_deref().unwrap_or_default()),
            Self::Theme => auto(settings.theme.value.map(Word::word)),
            Self::Glyphs => auto(settings.glyphs.value.map(Word::word)),
            Self::ReadOnly => settings.is_read_only.value.to_string(),
            Self::Mouse => settings.has_mouse.value.to_string(),
            Self::Screen => quoted(settings.screen.value.word()),
        }
    }

    pub(crate) const fn origin(self, settings: &Settings) -> Origin {
        match self {
            Self::Language => settings.language.origin,
            Self::Operator => settings.operator.origin,
            Self::Theme => settings.theme.origin,
            Self::Glyphs => settings.glyphs.origin,
            Self::ReadOnly => settings.is_read_only.origin,
            Self::Mouse => settings.has_mouse.origin,
            Self::Screen => settings.screen.origin,
        }
    }
}

/// A text as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// Sets what `word` says, or answers what was expected.
pub(crate) fn set_word(settings: &mut Settings, name: Name, word: &str, origin: Origin) -> Result<(), Message> {
    /// A word, or `auto`.
    #[expect(clippy::option_option, reason = "no word of these, to be found out, or this one")]
    fn auto<T: Word>(word: &str) -> Option<Option<T>> {
        if word == "auto" { Some(None) } else { T::of(word).map(Some) }
    }
    fn chosen<T>(value: Option<T>, origin: Origin, name: Name) -> Result<Chosen<T>, Message> {
        value.map(|value| Chosen { value, origin }).ok_or_else(|| name.needed())
    }
    match name {
        Name::Language => settings.language = chosen(auto(word), origin, name)?,
        Name::Operator => settings.operator = chosen(operator(word), origin, name)?,
        Name::Theme => settings.theme = chosen(auto(word), origin, name)?,
        Name::Glyphs => settings.glyphs = chosen(auto(word), origin, name)?,
        Name::ReadOnly => settings.is_read_only = chosen(switch(word), origin, name)?,
        Name::Mouse => settings.has_mouse = chosen(switch(word), origin, name)?,
        Name::Screen => settings.screen = chosen(Screen::of(word), origin, name)?,
    }
    Ok(())
}

/// A name that can be recorded; none written is none.
#[expect(clippy::option_option, reason = "no name, none given, or this one")]
fn operator(text: &str) -> Option<Option<String>> {
    let text = text.trim();
    let is_name = text.chars().count() <= 64 && !text.chars().any(char::is_control);
    is_name.then(|| Some(text.to_owned()).filter(|text| !text.is_empty()))
}

/// `age desc`
pub(crate) fn sorting(text: &str) -> Option<Sorting> {
    let mut words = text.split_whitespace();
    let column = Column::of(words.next()?)?;
    let is_rising = match words.next() {
        Some("asc") => true,
        Some("desc") | None => false,
        Some(_) => return None,
    };
    words.next().is_none().then_some(Sorting { column, is_rising })
}

pub(crate) fn sorting_text(sorting: Sorting) -> String {
    format!("{} {}", sorting.column.word(), if sorting.is_rising { "asc" } else { "desc" })
}

/// The documented default file.
pub(crate) fn default_file() -> String {
    let settings = Settings::default();
    let mut file = String::from(
        "# The settings of the rental console. A setting on the command line counts first,\n\
         # then one in the environment, then one here. `rental config` shows what counts,\n\
         # `rental config --check` what is wrong.\n",
    );
    for name in Name::ALL {
        let about = name.about().replace('\n', "\n# ");
        let (words, variable, value) = (name.words(), name.variable(), name.written(&settings));
        // A String takes everything.
        let _ = write!(file, "\n# {about}\n# {words}; in the environment: {variable}\n{} = {value}\n", name.name());
    }
    let _ = write!(
        file,
        "\n# What a screen is sorted by at first: a column, and asc (lowest first) or desc.\n# {}\n\
         [sort]\nrentals = {}\n\
         \n# Filters with a name, offered wherever one is typed.\n\
         [filters]\n# late = \"status=requested age>1h\"\n\
         \n# Keys: x, G, ctrl-p, alt-enter, F5, shift-tab, space; several: [\"x\", \"F8\"]; none: [].\n\
         # Yes in a question can never be Enter, Esc or a key that opens a question, and Ctrl-c always\n\
         # interrupts. What stands here is what the keys do without a config file.\n",
        Column::words(None),
        quoted(&sorting_text(settings.rentals_sorting.value)),
    );
    file + &keys(&settings.keymap)
}

/// Every binding but those that cannot be changed, each behind a `#`.
fn keys(keymap: &Keymap) -> String {
    let mut file = String::new();
    for scope in Scope::ALL {
        let _ = write!(file, "\n# {}\n[keys.{}]\n", Language::English.text(scope.title()), scope.name());
        for binding in keymap.of(scope).filter(|binding| binding.action.is_remappable()) {
            let what = Language::English.text(binding.action.text());
            let _ = writeln!(file, "# {} = {} # {what}", binding.action.name(), keys_text(&binding.chords));
        }
    }
    file
}

/// `"x"` or `["x", "F8"]`
pub(crate) fn keys_text(chords: &[crate::input::Chord]) -> String {
    let written: Vec<_> = chords.iter().map(|chord| quoted(&chord.to_string())).collect();
    match written.as_slice() {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(settings: &Settings) -> Vec<String> {
        Name::ALL.iter().map(|name| name.written(settings)).collect()
    }

    #[test]
    fn the_default_file_says_what_the_defaults_are() {
        let settings = Settings::of_file(&default_file());
        assert_eq!(settings.mistakes, []);
        assert_eq!(shown(&settings), shown(&Settings::default()));
        assert_eq!(settings.rentals_sorting.value, Sorting::default());
        assert!(Name::ALL.iter().all(|name| matches!(name.origin(&settings), Origin::File(_))), "each is in the file");
        assert!(settings.filters.is_empty() && settings.remapped.is_empty());
    }

    #[test]
    fn the_keys_of_the_default_file_are_the_default_keys() {
        let is_example = |line: &str| line.starts_with("# ") && (line.contains(" = \"") || line.contains(" = ["));
        let lines = default_file();
        let lines = lines.lines().map(|line| if is_example(line) { &line[2..] } else { line });
        let settings = Settings::of_file(&lines.collect::<Vec<_>>().join("\n"));
        assert_eq!(settings.mistakes, []);
        assert_eq!(settings.filters.len(), 1);
        let keymap = Keymap::default();
        let all = Scope::ALL.into_iter().flat_map(|scope| keymap.of(scope));
        let all: Vec<_> = all.filter(|binding| binding.action.is_remappable()).collect();
        assert_eq!(settings.remapped.len(), all.len());
        for (wish, binding) in settings.remapped.iter().zip(all) {
            assert_eq!((wish.scope, wish.action, &wish.chords), (binding.scope, binding.action, &binding.chords));
        }
    }

    #[test]
    fn a_sorting_is_a_column_and_a_direction() {
        for (text, column, is_rising) in
            [("age desc", Column::Age, false), ("qty asc", Column::Qty, true), ("order", Column::Order, false)]
        {
            assert_eq!(sorting(text), Some(Sorting { column, is_rising }));
        }
        for text in ["", "colour asc", "age up", "age asc asc"] {
            assert_eq!(sorting(text), None, "{text:?}");
        }
    }
}
