//! What a key can be about: a screen, a kind of file.

use crate::i18n::Text;

/// A screen with a tab of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Screen {
    #[default]
    Rentals,
    Stock,
    Events,
    Workers,
    Journal,
}

impl Screen {
    /// In the order of the tabs.
    pub(crate) const ALL: [Self; 5] = [Self::Rentals, Self::Stock, Self::Events, Self::Workers, Self::Journal];

    pub(crate) const fn title(self) -> Text {
        match self {
            Self::Rentals => Text::TabRentals,
            Self::Stock => Text::TabStock,
            Self::Events => Text::TabEvents,
            Self::Workers => Text::TabWorkers,
            Self::Journal => Text::TabJournal,
        }
    }

    /// The screen behind the next tab, round and round.
    pub(crate) const fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }
}

/// What a file of rentals looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Json,
}

impl Format {
    /// The ending of the file's name.
    pub(crate) const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}
