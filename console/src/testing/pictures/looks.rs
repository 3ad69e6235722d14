//! What colours and glyphs carry, and that nothing is carried by colour alone.

use crate::testing::pictures::{busy, with_keys, working};
use crate::testing::{TestApp, text};
use crate::theme::{Glyphs, Look, Theme};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier, Style};

fn in_look(mut app: TestApp, look: Look, width: u16, height: u16) -> Buffer {
    app.model.settings.theme = look.theme();
    app.buffer(width, height)
}

/// The picture says the same without colours, has none, and shows by reversal
/// and weight what stands out by colour.
pub(crate) fn without_colour(mut app: TestApp, width: u16, height: u16) {
    let coloured = app.buffer(width, height);
    let plain = in_look(app, Look::None, width, height);
    assert_eq!(text(&plain), text(&coloured), "a mark or a word depends on the theme");
    let dark = Theme::dark();
    let papers = [dark.bar.bg, dark.selected.bg, dark.button.bg];
    let strong = [dark.warn.fg, dark.bad.fg, dark.key.fg];
    for (cell, before) in plain.content().iter().zip(coloured.content()) {
        assert_eq!((cell.fg, cell.bg, cell.underline_color), (Color::Reset, Color::Reset, Color::Reset));
        if papers.contains(&Some(before.bg)) {
            assert!(cell.modifier.contains(Modifier::REVERSED), "{before:?} stands out by colour alone");
        }
        let is_inked = before.symbol() != " " && before.bg == Color::Reset && strong.contains(&Some(before.fg));
        // What goes on by itself has the ink of a key, and a glyph instead of its weight.
        if is_inked && Some(before.fg) != dark.busy.fg {
            assert!(cell.modifier.contains(Modifier::BOLD), "{before:?} stands out by colour alone");
        }
    }
}

/// With ASCII glyphs and in English, only data is beyond ASCII.
pub(crate) fn ascii(name: &str, mut app: TestApp) -> String {
    app.model.settings.glyphs = Glyphs::ASCII;
    let picture = app.screen(80, 24);
    // The pictures' data is Korean, or marks where control characters were.
    let is_data = |c: char| matches!(c, '가'..='힣' | '\u{fffd}');
    if let Some(drawn) = picture.chars().find(|c| !c.is_ascii() && !is_data(*c)) {
        panic!("{drawn:?} is drawn in {name}:\n{picture}");
    }
    picture
}

/// The first cell of `words` in the buffer.
fn cell<'b>(buffer: &'b Buffer, words: &str) -> &'b Cell {
    let lines = text(buffer);
    let found = lines.lines().enumerate().find_map(|(y, line)| Some((line.split_once(words)?.0.chars().count(), y)));
    let (x, y) = found.unwrap_or_else(|| panic!("{words:?} is not in\n{lines}"));
    &buffer[(u16::try_from(x).unwrap(), u16::try_from(y).unwrap())]
}

fn looks_like(cell: &Cell, style: Style) -> bool {
    let mut styled = Cell::default();
    styled.set_style(style);
    (cell.fg, cell.bg, cell.modifier) == (styled.fg, styled.bg, styled.modifier)
}

#[test]
fn in_every_theme_a_status_has_the_style_of_its_urgency() {
    for look in Look::ALL {
        let buffer = in_look(with_keys(busy(), "jj"), look, 120, 40);
        let theme = look.theme();
        // Of the counters above the list, each a glyph and a word.
        for (words, style) in [
            ("◌ requested", theme.busy),
            ("◉ active", theme.good),
            ("⊘ cancelling", theme.warn),
            ("! short", theme.bad),
            ("✗ cancelled", theme.dim),
        ] {
            assert!(looks_like(cell(&buffer, words), style), "{look:?}: {words} {:?}", cell(&buffer, words));
        }
        assert!(looks_like(cell(&buffer, "▸"), theme.selected), "{look:?}");
        let live = theme.bar.patch(theme.good).add_modifier(Modifier::BOLD);
        assert!(looks_like(cell(&buffer, "◉ LIVE"), live), "{look:?}");
        assert!(looks_like(cell(&buffer, "n new rental"), theme.key), "{look:?}");
    }
}

#[test]
fn in_every_theme_a_worker_that_is_down_stands_out() {
    for look in Look::ALL {
        let buffer = in_look(working(), look, 120, 40);
        assert!(looks_like(cell(&buffer, "✗ DOWN"), look.theme().bad), "{look:?}");
        assert!(looks_like(cell(&buffer, "◉ serving"), look.theme().good), "{look:?}");
    }
}

#[test]
fn the_selected_row_is_marked_by_more_than_colour() {
    for keys in ["jj", "2j", "4j"] {
        let app = if keys == "4j" { with_keys(working(), "j") } else { with_keys(busy(), keys) };
        let buffer = in_look(app, Look::None, 120, 40);
        assert!(cell(&buffer, "▸").modifier.contains(Modifier::REVERSED), "{keys}");
    }
}

#[test]
fn a_key_shows_the_next_theme_at_once_and_all_come_round() {
    let mut app = busy();
    let first = app.model.settings.theme.look;
    for words in ["light", "high contrast", "no colour", "dark"] {
        app.press("T");
        assert!(app.screen(80, 24).contains(&format!("Colours: {words}.")), "{words}");
    }
    assert_eq!(app.model.settings.theme.look, first);
    app.press("xT");
    assert!(app.screen(80, 24).contains("Colours: light."), "in a question too");
    app.press("<esc>/T");
    assert_eq!(app.model.search.input.value(), "T", "but not where it is a letter");
}

#[test]
fn remapped_keys_are_shown_wherever_keys_are_shown() {
    let settings = crate::config::Settings::of_file(
        "[keys.global]\nhelp = \"F9\"\nlanguage = \"K\"\ngo-stock = \"F2\"\n[keys.list]\ncancel = [\"D\", \"F8\"]\nnew = \"N\"\n\
         [keys.confirm]\nyes = \"Y\"\n[keys.form]\nsubmit = \"ctrl-s\"\nclose = \"ctrl-q\"\n[keys.stock]\nregister = \"N\"\n",
    );
    assert_eq!(settings.mistakes, []);
    let app = |keys: &str| {
        let mut app = TestApp::live();
        app.model.keymap = settings.keymap.clone();
        app.press(keys);
        app
    };
    let shows = |keys: &str, parts: &[&str]| {
        let screen = app(keys).screen(120, 40);
        for part in parts {
            assert!(screen.contains(part), "{keys}: {part}\n{screen}");
        }
    };
    shows("", &["Press N for the first", "N new rental", "D cancel", "F9 help", "K Korean", "F2 Stock"]);
    shows("Nmac<tab>10<tab>12000", &["Ctrl-s sends the request", "Ctrl-s send", "Ctrl-q close"]);
    shows("ㅜ", &["choose a product"]);
    shows("z", &["F9 shows the keys"]);
    let mut cancelling = app("");
    cancelling.receive_delivered(17);
    cancelling.press("jㅇ");
    let screen = cancelling.screen(80, 24);
    assert!(screen.contains("Y yes, cancel it"), "the jamo of D asks: {screen}");
    cancelling.press("y");
    assert!(cancelling.sent().is_none(), "y is Yes no more");
    cancelling.press("Y");
    assert!(cancelling.sent().is_some());
}

#[test]
fn a_mistake_in_the_settings_stays_on_the_message_line() {
    let mut app = TestApp::live();
    let mistakes = crate::config::Settings::of_file("\ntheme = \"pink\"\n").mistakes;
    app.model.settings.mistake = Some(mistakes[0].in_file(std::path::Path::new("config.toml")));
    for _ in 0..3 {
        app.wait(20_000);
        let screen = app.screen(120, 40);
        assert!(screen.contains("config.toml, line 2: theme must be one of: auto, dark"), "{screen}");
    }
    assert!(app.screen(20, 5).contains("help"), "but not in the place of the hints");
    let korean = app.korean().screen(120, 40);
    assert!(korean.contains("config.toml 2번째 줄: theme 값은"), "{korean}");
}
