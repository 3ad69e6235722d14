//! How things look: colours by role, and the glyphs beside them.
//!
//! Colour never carries a meaning alone: a status has a glyph and a word, the
//! selected row a mark, a changed cell an underline. [`Theme::plain`] (for
//! `NO_COLOR`) therefore loses nothing. The glyphs are chosen from characters
//! that are one cell wide in East Asian terminals too; [`Glyphs::ASCII`] is
//! for terminals and fonts that show even those wrongly.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;
use rental_model::totalview::Status;

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

/// A style for every role.
#[derive(Debug, Clone)]
pub(crate) struct Theme {
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

const fn ink(number: u8) -> Style {
    Style::new().fg(Color::Indexed(number))
}

impl Theme {
    /// Colours that read well on a dark background, and bearably on a light one.
    pub(crate) const fn dark() -> Self {
        Self {
            bar: Style::new().fg(Color::Indexed(252)).bg(Color::Indexed(236)),
            head: ink(245).add_modifier(Modifier::BOLD),
            strong: Style::new().add_modifier(Modifier::BOLD),
            dim: ink(245),
            busy: ink(75),
            good: ink(71),
            warn: ink(178),
            bad: ink(203),
            selected: Style::new().fg(Color::Indexed(255)).bg(Color::Indexed(24)),
            changed: Style::new().add_modifier(Modifier::BOLD).add_modifier(Modifier::UNDERLINED),
            key: ink(75).add_modifier(Modifier::BOLD),
            button: Style::new().fg(Color::Indexed(255)).bg(Color::Indexed(24)).add_modifier(Modifier::BOLD),
            border: ink(240),
            faded: Style::new().fg(Color::Indexed(243)),
        }
    }

    /// No colour at all: weight, underline and reversal only.
    pub(crate) const fn plain() -> Self {
        let none = Style::new();
        let bold = none.add_modifier(Modifier::BOLD);
        let reversed = none.add_modifier(Modifier::REVERSED);
        Self {
            bar: reversed,
            head: bold,
            strong: bold,
            dim: none,
            busy: none,
            good: none,
            warn: bold,
            bad: bold,
            selected: reversed,
            changed: bold.add_modifier(Modifier::UNDERLINED),
            key: bold,
            button: reversed.add_modifier(Modifier::BOLD),
            border: none,
            faded: none.add_modifier(Modifier::DIM),
        }
    }

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
        done: "x",
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
                assert_eq!(super::super::fit::width(glyph), 1, "{glyph}");
                assert!(!seen.contains(&glyph), "{glyph} stands for two statuses");
                seen.push(glyph);
            }
        }
    }

    #[test]
    fn the_plain_theme_has_no_colour() {
        let Theme { bar, head, strong, dim, busy, good, warn, bad, selected, changed, key, button, border, faded } =
            Theme::plain();
        for style in [bar, head, strong, dim, busy, good, warn, bad, selected, changed, key, button, border, faded] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }
}
