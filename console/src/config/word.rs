//! Values that are one of a few words.

use crate::config::sorting::Column;
use crate::i18n::Language;
use crate::input::Screen;
use crate::theme::Look;

/// On or off, in the words people use in a shell.
pub(crate) fn switch(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// A value with a word in the config file.
pub(crate) trait Word: Copy + 'static {
    const ALL: &'static [Self];

    fn word(self) -> &'static str;

    fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.word() == word)
    }

    /// All words, after `first`.
    fn words(first: Option<&'static str>) -> String {
        let words = Self::ALL.iter().map(|known| known.word());
        first.into_iter().chain(words).collect::<Vec<_>>().join(", ")
    }
}

/// Which characters the console draws with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GlyphSet {
    Unicode,
    Ascii,
}

impl Word for GlyphSet {
    const ALL: &'static [Self] = &[Self::Unicode, Self::Ascii];

    fn word(self) -> &'static str {
        match self {
            Self::Unicode => "unicode",
            Self::Ascii => "ascii",
        }
    }
}

impl Word for Language {
    const ALL: &'static [Self] = &[Self::English, Self::Korean];

    fn word(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }
}

impl Word for Look {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::None => "none",
        }
    }
}

impl Word for Screen {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        match self {
            Self::Rentals => "rentals",
            Self::Stock => "stock",
            Self::Events => "events",
            Self::Workers => "workers",
            Self::Journal => "journal",
        }
    }
}

impl Word for Column {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.sort().word()
    }
}
