//! How things look: colours by role, and the glyphs beside them.
//!
//! Colour never carries a meaning alone: a status has a glyph and a word, the
//! selected row a mark, a changed cell an underline. [`Theme::plain`] (for
//! `NO_COLOR`) therefore loses nothing. The colours are in [`colours`]. The glyphs are chosen from characters
//! that are one cell wide in East Asian terminals too; [`Glyphs::ASCII`] is
//! for terminals and fonts that show even those wrongly.

pub(crate) mod colours;

use crate::i18n::Text;
use ratatui::style::Style;
use ratatui::symbols::border;
use rental_model::totalview::{Delivery, Payment, Status};

pub(crate) const fn payment_tone(payment: Payment) -> Tone {
    match payment {
        Payment::Waiting => Tone::Busy,
        Payment::Charged => Tone::Good,
        Payment::Refunding => Tone::Warn,
        Payment::Declined | Payment::RefundDeclined => Tone::Bad,
        Payment::Refunded => Tone::Dim,
    }
}

pub(crate) const fn delivery_tone(delivery: Delivery) -> Tone {
    match delivery {
        Delivery::Waiting => Tone::Busy,
        Delivery::Out => Tone::Good,
        Delivery::Returning => Tone::Warn,
        Delivery::Back | Delivery::CalledOff => Tone::Dim,
    }
}

/// What a text means, as far as looks go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    /// Goes on by itself; nobody has to do anything.
    Busy,
    Good,
    Warn,
    Bad,
    /// Over; of interest only to whoever looks for it.
    Dim,
}

/// Which theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Dark,
    Light,
    HighContrast,
    None,
}

impl Look {
    pub(crate) const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::HighContrast, Self::None];

    pub(crate) const fn theme(self) -> Theme {
        match self {
            Self::Dark => Theme::dark(),
            Self::Light => Theme::light(),
            Self::HighContrast => Theme::high_contrast(),
            Self::None => Theme::plain(),
        }
    }

    /// The next one, round and round.
    pub(crate) const fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    pub(crate) const fn text(self) -> Text {
        match self {
            Self::Dark => Text::LookDark,
            Self::Light => Text::LookLight,
            Self::HighContrast => Text::LookHighContrast,
            Self::None => Text::LookNone,
        }
    }
}

/// A style for every role.
#[derive(Debug, Clone)]
pub(crate) struct Theme {
    pub(crate) look: Look,
    pub(crate) bar: Style,
    pub(crate) head: Style,
    pub(crate) strong: Style,
    pub(crate) dim: Style,
    pub(crate) busy: Style,
    pub(crate) good: Style,
    pub(crate) warn: Style,
    pub(crate) bad: Style,
    pub(crate) selected: Style,
    pub(crate) changed: Style,
    /// A key that can be pressed.
    pub(crate) key: Style,
    /// The button that Enter presses.
    pub(crate) button: Style,
    pub(crate) border: Style,
    /// Laid over a picture that is no longer fresh.
    pub(crate) faded: Style,
}

impl Theme {
    pub(crate) const fn tone(&self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => Style::new(),
            Tone::Busy => self.busy,
            Tone::Good => self.good,
            Tone::Warn => self.warn,
            Tone::Bad => self.bad,
            Tone::Dim => self.dim,
        }
    }
}

/// How urgent a status is.
pub(crate) const fn status_tone(status: Status) -> Tone {
    match status {
        Status::Requested | Status::Paid | Status::Ending => Tone::Busy,
        Status::Active => Tone::Good,
        Status::Cancelling => Tone::Warn,
        Status::Short | Status::ShortCancelled => Tone::Bad,
        Status::Cancelled | Status::Ended => Tone::Dim,
    }
}

/// The characters that are not text.
#[derive(Debug, Clone)]
pub(crate) struct Glyphs {
    pub(crate) cursor: &'static str,
    /// An order that is marked.
    pub(crate) mark: &'static str,
    pub(crate) ellipsis: &'static str,
    pub(crate) separator: &'static str,
    pub(crate) bullet: &'static str,
    pub(crate) live: &'static str,
    pub(crate) stale: &'static str,
    pub(crate) done: &'static str,
    pub(crate) waiting: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) more_left: &'static str,
    pub(crate) more_right: &'static str,
    /// Sorted with the highest first, and with the lowest.
    pub(crate) falling: &'static str,
    pub(crate) rising: &'static str,
    pub(crate) up: &'static str,
    pub(crate) down: &'static str,
    pub(crate) left: &'static str,
    pub(crate) right: &'static str,
    /// From empty to full.
    pub(crate) bars: [&'static str; 8],
    pub(crate) border: border::Set<'static>,
    statuses: [&'static str; 9],
}

impl Glyphs {
    pub(crate) const FINE: Self = Self {
        cursor: "▸",
        mark: "✚",
        ellipsis: "…",
        separator: "│",
        bullet: "•",
        live: "◉",
        stale: "◌",
        done: "✓",
        waiting: "◌",
        failed: "✗",
        more_left: "‹",
        more_right: "›",
        falling: "↓",
        rising: "↑",
        up: "↑",
        down: "↓",
        left: "←",
        right: "→",
        bars: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        border: border::ROUNDED,
        statuses: ["◌", "◔", "◉", "⊘", "✗", "!", "⊗", "◕", "✓"],
    };

    pub(crate) const ASCII: Self = Self {
        cursor: ">",
        mark: "+",
        ellipsis: "~",
        separator: "|",
        bullet: "-",
        live: "*",
        stale: "?",
        done: "+",
        waiting: ".",
        failed: "!",
        more_left: "<",
        more_right: ">",
        falling: "v",
        rising: "^",
        up: "Up",
        down: "Down",
        left: "Left",
        right: "Right",
        bars: ["_", ".", ":", "-", "=", "+", "*", "#"],
        border: border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        },
        statuses: [".", "o", "*", "/", "x", "!", "#", "<", "="],
    };

    pub(crate) const fn status(&self, status: Status) -> &'static str {
        self.statuses[status as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_own_glyph_one_cell_wide() {
        for glyphs in [Glyphs::FINE, Glyphs::ASCII] {
            let mut seen = Vec::new();
            for status in Status::ALL {
                let glyph = glyphs.status(status);
                assert_eq!(crate::widgets::fit::width(glyph), 1, "{glyph}");
                assert!(!seen.contains(&glyph), "{glyph} stands for two statuses");
                seen.push(glyph);
            }
        }
    }
}
