//! How units of stock move, in the words of the desk.

use crate::i18n::Text;
use rental_model::event::Place;

/// How units move, in the words of the desk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Change {
    #[default]
    Bought,
    Gone,
    Broke,
    Mended,
    Missing,
    Found,
    BrokenLost,
    FoundBroken,
}

impl Change {
    const ALL: [Self; 8] = [
        Self::Bought,
        Self::Gone,
        Self::Broke,
        Self::Mended,
        Self::Missing,
        Self::Found,
        Self::BrokenLost,
        Self::FoundBroken,
    ];

    /// From where to where.
    pub(crate) const fn places(self) -> (Place, Place) {
        match self {
            Self::Bought => (Place::Outside, Place::Available),
            Self::Gone => (Place::Available, Place::Outside),
            Self::Broke => (Place::Available, Place::Down),
            Self::Mended => (Place::Down, Place::Available),
            Self::Missing => (Place::Available, Place::Lost),
            Self::Found => (Place::Lost, Place::Available),
            Self::BrokenLost => (Place::Down, Place::Lost),
            Self::FoundBroken => (Place::Lost, Place::Down),
        }
    }

    pub(crate) const fn text(self) -> Text {
        match self {
            Self::Bought => Text::ChangeBought,
            Self::Gone => Text::ChangeGone,
            Self::Broke => Text::ChangeBroke,
            Self::Mended => Text::ChangeMended,
            Self::Missing => Text::ChangeMissing,
            Self::Found => Text::ChangeFound,
            Self::BrokenLost => Text::ChangeBrokenLost,
            Self::FoundBroken => Text::ChangeFoundBroken,
        }
    }

    pub(crate) fn step(self, by: isize) -> Self {
        let place = (self as usize).checked_add_signed(by).unwrap_or(Self::ALL.len() - 1);
        Self::ALL[place % Self::ALL.len()]
    }
}
