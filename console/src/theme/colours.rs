//! The themes.
//!
//! What is good and what is bad differ in blue as well as in red and green,
//! and in brightness, so that people who do not see red or green tell them
//! apart; the tests compute it. Every ink can be read on its paper. All
//! colours are of the 256-colour palette, which every terminal draws alike.

use crate::theme::{Look, Theme};
use ratatui::style::{Color, Modifier, Style};

const fn ink(number: u8) -> Style {
    Style::new().fg(Color::Indexed(number))
}

const fn on(paper: u8, number: u8) -> Style {
    ink(number).bg(Color::Indexed(paper))
}

const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);

impl Theme {
    /// For a dark background, and bearable on a light one.
    pub(crate) const fn dark() -> Self {
        Self {
            look: Look::Dark,
            bar: on(236, 252),
            head: ink(246).add_modifier(Modifier::BOLD),
            strong: BOLD,
            dim: ink(246),
            busy: ink(75),
            good: ink(79),
            warn: ink(221),
            bad: ink(209),
            selected: on(24, 255),
            changed: BOLD.add_modifier(Modifier::UNDERLINED),
            key: ink(75).add_modifier(Modifier::BOLD),
            button: on(24, 255).add_modifier(Modifier::BOLD),
            border: ink(242),
            faded: ink(244),
        }
    }

    /// For a light background.
    pub(crate) const fn light() -> Self {
        Self {
            look: Look::Light,
            bar: on(254, 235),
            head: ink(241).add_modifier(Modifier::BOLD),
            strong: BOLD,
            dim: ink(241),
            busy: ink(25),
            good: ink(23),
            warn: ink(94),
            bad: ink(160),
            selected: on(153, 16),
            changed: BOLD.add_modifier(Modifier::UNDERLINED),
            key: ink(25).add_modifier(Modifier::BOLD),
            button: on(25, 231).add_modifier(Modifier::BOLD),
            border: ink(245),
            faded: ink(242),
        }
    }

    /// For any background: what has a meaning brings its own paper along.
    pub(crate) const fn high_contrast() -> Self {
        Self {
            look: Look::HighContrast,
            bar: on(231, 16).add_modifier(Modifier::BOLD),
            head: BOLD.add_modifier(Modifier::UNDERLINED),
            strong: BOLD,
            dim: Style::new(),
            busy: on(17, 231),
            good: on(121, 16),
            warn: on(226, 16).add_modifier(Modifier::BOLD),
            bad: on(88, 231).add_modifier(Modifier::BOLD),
            selected: on(51, 16).add_modifier(Modifier::BOLD),
            changed: BOLD.add_modifier(Modifier::UNDERLINED),
            key: BOLD.add_modifier(Modifier::UNDERLINED),
            button: on(51, 16).add_modifier(Modifier::BOLD),
            border: BOLD,
            faded: Style::new().add_modifier(Modifier::ITALIC),
        }
    }

    /// No colour at all: weight, underline and reversal only.
    pub(crate) const fn plain() -> Self {
        let none = Style::new();
        let reversed = none.add_modifier(Modifier::REVERSED);
        Self {
            look: Look::None,
            bar: reversed,
            head: BOLD,
            strong: BOLD,
            dim: none,
            busy: none,
            good: none,
            warn: BOLD,
            bad: BOLD,
            selected: reversed,
            changed: BOLD.add_modifier(Modifier::UNDERLINED),
            key: BOLD,
            button: reversed.add_modifier(Modifier::BOLD),
            border: none,
            faded: none.add_modifier(Modifier::DIM),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Linear red, green and blue, 0 to 1, of a colour of the 256-colour palette.
    fn light(colour: Color) -> [f64; 3] {
        let Color::Indexed(number @ 16..) = colour else { panic!("{colour:?} looks different on every terminal") };
        let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
        let bytes = match number {
            232.. => [8 + 10 * (number - 232); 3],
            _ => [(number - 16) / 36, (number - 16) / 6 % 6, (number - 16) % 6].map(level),
        };
        bytes.map(|byte| {
            let share = f64::from(byte) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn brightness([red, green, blue]: [f64; 3]) -> f64 {
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// How well two colours are told apart by brightness (WCAG 2), 1 to 21.
    fn contrast(one: Color, other: Color) -> f64 {
        let (one, other) = (brightness(light(one)) + 0.05, brightness(light(other)) + 0.05);
        one.max(other) / one.min(other)
    }

    /// What someone without the red or the green cones sees (Viénot, Brettel and Mollon 1999).
    fn seen_without(cone: &str, [red, green, blue]: [f64; 3]) -> [f64; 3] {
        let (yellow, blue) = match cone {
            "red" => (0.11238 * red + 0.88762 * green, 0.00401 * red - 0.00401 * green + blue),
            _ => (0.29275 * red + 0.70725 * green, -0.02234 * red + 0.02234 * green + blue),
        };
        [yellow, yellow, blue.max(0.0)]
    }

    /// How different two lights look: the distance in CIE Lab.
    fn difference(one: [f64; 3], other: [f64; 3]) -> f64 {
        let lab = |[red, green, blue]: [f64; 3]| {
            let x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505;
            let y = brightness([red, green, blue]);
            let z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089;
            let [x, y, z] = [x, y, z].map(f64::cbrt);
            [116.0 * y, 500.0 * (x - y), 200.0 * (y - z)]
        };
        let (one, other) = (lab(one), lab(other));
        (0..3).map(|place| (one[place] - other[place]).powi(2)).sum::<f64>().sqrt()
    }

    const BLACK: Color = Color::Indexed(16);
    const WHITE: Color = Color::Indexed(231);

    fn styles(theme: &Theme) -> [(&'static str, Style); 14] {
        [
            ("bar", theme.bar),
            ("head", theme.head),
            ("strong", theme.strong),
            ("dim", theme.dim),
            ("busy", theme.busy),
            ("good", theme.good),
            ("warn", theme.warn),
            ("bad", theme.bad),
            ("selected", theme.selected),
            ("changed", theme.changed),
            ("key", theme.key),
            ("button", theme.button),
            ("border", theme.border),
            ("faded", theme.faded),
        ]
    }

    #[test]
    fn every_ink_can_be_read_on_its_paper() {
        for (theme, paper, least) in [(Theme::dark(), BLACK, 4.5), (Theme::light(), WHITE, 4.5)] {
            for (role, style) in styles(&theme) {
                let Some(ink) = style.fg else { continue };
                let least = if role == "border" { 3.0 } else { least };
                let reached = contrast(ink, style.bg.unwrap_or(paper));
                assert!(reached >= least, "{:?} {role}: {reached:.1}", theme.look);
            }
        }
        for (role, style) in styles(&Theme::high_contrast()) {
            assert_eq!(style.fg.is_some(), style.bg.is_some(), "{role} relies on the terminal's background");
            if let (Some(ink), Some(paper)) = (style.fg, style.bg) {
                let reached = contrast(ink, paper);
                assert!(reached >= 7.0, "{role}: {reached:.1}");
            }
        }
    }

    #[test]
    fn the_tones_on_the_bar_can_be_read_too() {
        for look in Look::ALL {
            let theme = look.theme();
            for style in [theme.good, theme.warn] {
                let style = theme.bar.patch(style);
                if let (Some(ink), Some(paper)) = (style.fg, style.bg) {
                    let reached = contrast(ink, paper);
                    assert!(reached >= 4.5, "{look:?}: {reached:.1}");
                }
            }
        }
    }

    #[test]
    fn good_warn_and_bad_are_told_apart_without_red_or_green() {
        for theme in [Theme::dark(), Theme::light(), Theme::high_contrast()] {
            let colour = |style: Style| light(style.bg.or(style.fg).unwrap());
            for (name, one, other) in [
                ("good and bad", theme.good, theme.bad),
                ("good and warn", theme.good, theme.warn),
                ("busy and bad", theme.busy, theme.bad),
                ("busy and warn", theme.busy, theme.warn),
            ] {
                for cone in ["red", "green"] {
                    let seen = |style| seen_without(cone, colour(style));
                    let reached = difference(seen(one), seen(other));
                    assert!(reached >= 20.0, "{:?} {name}, no {cone}: {reached:.0}", theme.look);
                }
            }
        }
    }

    #[test]
    fn the_plain_theme_has_no_colour() {
        for (role, style) in styles(&Theme::plain()) {
            assert_eq!((style.fg, style.bg), (None, None), "{role}");
        }
    }
}
