//! What a file says, what is wrong with it, and what counts in the end.

use super::*;
use crate::config::sorting::Column;
use crate::input::Scope;
use proptest::prelude::*;

/// Line and sentence of every mistake.
fn mistakes(text: &str) -> Vec<(usize, String)> {
    let settings = Settings::of_file(text);
    settings.mistakes.iter().map(|mistake| (mistake.line().unwrap_or(0), mistake.to_string())).collect()
}

fn variables(set: &[(&str, &str)]) -> Variables {
    set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const GOOD: &str = r#"
language = "ko"
operator = "김"
theme = "high-contrast"
glyphs = "ascii"
read_only = true
mouse = false
screen = "stock"

[sort]
rentals = "age desc"

[filters]
late = "status=requested age>1h"

[keys.list]
cancel = ["X", "F8"]

[keys]
global.help = "F2"
"#;

#[test]
fn every_setting_is_read_with_its_line() {
    let settings = Settings::of_file(GOOD);
    assert_eq!(settings.mistakes, []);
    assert_eq!(settings.language, Chosen { value: Some(Language::Korean), origin: Origin::File(2) });
    assert_eq!(settings.operator.value.as_deref(), Some("김"));
    assert_eq!(settings.theme.value, Some(Look::HighContrast));
    assert_eq!(settings.glyphs.value, Some(GlyphSet::Ascii));
    assert!(settings.is_read_only.value && !settings.has_mouse.value);
    assert_eq!(settings.screen, Chosen { value: Screen::Stock, origin: Origin::File(8) });
    let sorting = Sorting { column: Column::Age, is_rising: false };
    assert_eq!(settings.rentals_sorting, Chosen { value: sorting, origin: Origin::File(11) });
    assert_eq!(settings.filters[0].name, "late");
    let lines: Vec<_> = settings.remapped.iter().map(|wish| (wish.scope, wish.line)).collect();
    assert_eq!(lines, [(Scope::List, 17), (Scope::Global, 20)]);
}

/// A mistake anywhere in the file once gave a desk back its right to cancel.
#[test]
fn a_read_only_desk_stays_so_whatever_is_wrong_with_its_settings() {
    let of = |file: &str, value: &str| loaded(file, &Given::default(), &[("RENTAL_READ_ONLY", value)]);
    for (file, value) in [
        ("read_only = true\ntheme = dark", ""),
        ("read_only = 1", ""),
        ("read_only = \"true\"", ""),
        ("read_only = [true]", ""),
        ("read_only = true\nread_only = false", ""),
        ("\u{feff}read_only = true", ""),
        ("readonly = true", ""),
        ("read-only = 1", ""),
        ("read_olny = true", ""),
        ("READ_ONLY = true", ""),
        ("theme = \"dark\"\n[filters]\nread_only = true", ""),
        ("[filters]\nread_only = \"true\"", ""),
        ("[desk]\nread_only = true", ""),
        ("[keys.list]\nread_only = true", ""),
        ("desk.guards.readonly = true", ""),
        ("[[desk]]\nread_only = true", ""),
        ("desk = [{ read_only = true }]", ""),
        ("read_only true", ""),
        ("[sort\nreadonly = yes", ""),
        ("", "1"),
        ("", "yes"),
        ("", "TRUE"),
        ("", " on "),
        ("", "yes please"),
        ("", " "),
        ("", "\u{fffd}"),
        ("read_only = true", "maybe"),
        ("read_only = false", "maybe"),
    ] {
        assert!(of(file, value).is_read_only.value, "{file:?} {value:?}");
    }
    for (file, value) in [
        ("theme = dark", ""),
        ("", "0"),
        ("", "No"),
        ("readonly = false", ""),
        ("theme = dark\nread_only = false # as ever", ""),
        ("# read_only = true\ntheme = dark", ""),
        ("[filters]\nread_only = \"status=active\"", ""),
        ("read_only = true\ntheme = dark", "false"),
    ] {
        assert!(!of(file, value).is_read_only.value, "{file:?} {value:?}");
    }
}

/// Whatever makes a desk read-only without having been understood is also told.
#[test]
fn a_guard_that_was_not_understood_is_told() {
    let of = |file: &str, set: &[(&str, &str)]| loaded(file, &Given::default(), set);
    for (file, set, said) in [
        ("readonly = true", &[][..], "no such name: readonly; the nearest is read_only"),
        ("[desk]\nread_only = true", &[], "no such name: desk.read_only; the nearest is read_only"),
        ("", &[("RENTAL_READONLY", "1")], "no such name: RENTAL_READONLY; the nearest is RENTAL_READ_ONLY"),
        ("", &[("rental_read_only", "yes")], "no such name: rental_read_only; the nearest is RENTAL_READ_ONLY"),
        ("", &[("RENTAL_READ_ONLY", "ja")], "read_only must be one of: true, false"),
    ] {
        let settings = of(file, set);
        assert_eq!(settings.is_read_only, Chosen { value: true, origin: Origin::Doubt }, "{file:?} {set:?}");
        let told: Vec<_> = settings.mistakes.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|told| told == said), "{file:?} {set:?}: {told:?}");
    }
    let said_plainly = of("readonly = true", &[("RENTAL_READ_ONLY", "off")]);
    assert!(!said_plainly.is_read_only.value, "who says it plainly is believed");
}

#[test]
fn a_file_that_cannot_be_read_may_have_wanted_a_desk_that_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let load = |path: &std::path::Path, is_named: bool| {
        let location = Location { path: Some(path.to_owned()), is_named };
        Settings::load(&location, &Given::default(), &Variables::new())
    };
    assert!(!load(&path, false).is_read_only.value, "there need not be one");
    assert!(load(&path, true).is_read_only.value, "but one that was named must be there");
    assert!(load(folder.path(), false).is_read_only.value, "a folder is no file");
    let utf16: Vec<u8> = "\u{feff}read_only = true".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&path, utf16).unwrap();
    let settings = load(&path, false);
    assert!(settings.is_read_only.value && settings.mistakes.len() == 1, "{:?}", settings.mistakes);
}

#[test]
fn a_mouse_that_was_not_understood_is_the_terminals() {
    let of = |file: &str, value: &str| loaded(file, &Given::default(), &[("RENTAL_MOUSE", value)]).has_mouse.value;
    assert!(of("", "") && of("", "1") && !of("", "off"));
    assert!(!of("", "fasle") && !of("mouse = 0", ""));
}

#[test]
fn a_zone_that_nobody_knows_is_told_and_times_are_utc() {
    let of = |tz: &str| loaded("", &Given::default(), &[("TZ", tz)]);
    let seoul = of("Asia/Seoul");
    assert!(seoul.mistakes.is_empty() && !seoul.zone.is_fallback());
    let nowhere = of("Asia/Seol");
    assert!(nowhere.zone.is_fallback());
    let told = Language::English.say(&nowhere.mistakes[0].in_file(std::path::Path::new("config.toml")));
    assert_eq!(told, "TZ: no time zone is called Asia/Seol: times are shown in UTC");
}

#[test]
fn a_mistake_costs_its_own_entry_and_is_told_with_its_line() {
    let text = r#"langauge = "ko"
theme = "drak"
read_only = "yes"
operator = 7
mouse = false
sort = "age"

[filters]
good = "qty>2"
bad = "qty>x"

[keys.lits]
cancel = "X"

[keys.list]
cancle = "X"
cancel = "hyper-x"
open = "f"
new = ["N", 7]
sort = "o"

[keys.confirm]
yes = "enter"
"#;
    let told = mistakes(text);
    for (line, part) in [
        (1, "no such name: langauge; the nearest is language"),
        (2, "theme must be one of: auto, dark, light, high-contrast, none"),
        (3, "read_only must be one of: true, false"),
        (4, "operator must be"),
        (6, "[sort]"),
        (10, "character 5"),
        (12, "keys.lits; the nearest is keys.list"),
        (16, "keys.list.cancle; the nearest is keys.list.cancel"),
        (17, "hyper-x"),
        (18, "f would do two things in list: open and freeze"),
        (19, "keys.list.new must be a key"),
        (23, "can never be Enter or Esc"),
    ] {
        assert!(told.iter().any(|(at, why)| *at == line && why.contains(part)), "line {line}: {part}\n{told:#?}");
    }
    assert_eq!(told.len(), 12, "{told:#?}");
    let settings = Settings::of_file(text);
    assert!(settings.is_read_only.value, "who cannot be understood did not ask for a desk that writes");
    assert!(!settings.has_mouse.value, "what is right counts");
    assert_eq!(settings.filters.len(), 1);
    assert_eq!(settings.remapped.len(), 1);
    assert_eq!(settings.theme, Chosen::default());
}

#[test]
fn a_file_that_is_no_toml_counts_for_nothing_and_says_where() {
    let told = mistakes("theme = \"dark\"\nlanguage = \nmouse = false\n");
    assert_eq!(told.len(), 1);
    assert!(told[0].0 == 2 && told[0].1.contains("not TOML"), "{told:?}");
    let twice = mistakes("theme = \"dark\"\n\ntheme = \"light\"\n");
    assert_eq!((twice.len(), twice[0].0), (1, 3), "{twice:?}");
    assert_eq!(Settings::of_file("mouse = false\n[").has_mouse, Settings::default().has_mouse);
}

#[test]
fn what_is_hostile_in_a_file_is_told_harmlessly() {
    let told = mistakes("\"\\u001b[2J\" = 1\n[filters]\n\"\\u202e\" = 1\n");
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|(_, why)| !why.contains(['\u{1b}', '\u{202e}'])), "{told:?}");
}

fn loaded(text: &str, given: &Given, set: &[(&str, &str)]) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    Settings::load(&Location { path: Some(path), is_named: true }, given, &variables(set))
}

#[test]
fn a_flag_comes_before_the_environment_and_that_before_the_file() {
    let none = Given::default();
    assert_eq!(loaded("", &none, &[]).language, Chosen::default());
    let file = loaded("language = \"ko\"", &none, &[]);
    assert_eq!(file.language.origin, Origin::File(1));
    let english = ("RENTAL_LANG", "en");
    let environment = loaded("language = \"ko\"", &none, &[english]);
    let chosen = Chosen { value: Some(Language::English), origin: Origin::Environment("RENTAL_LANG") };
    assert_eq!(environment.language, chosen);
    let given = Given { language: Some("ko".to_owned()), is_read_only: Some(false), ..Given::default() };
    let flag = loaded("language = \"en\"\nread_only = true", &given, &[english]);
    assert_eq!(flag.language, Chosen { value: Some(Language::Korean), origin: Origin::Flag("--lang") });
    assert_eq!(flag.is_read_only, Chosen { value: false, origin: Origin::Flag("--read-only") });
}

#[test]
fn no_color_comes_before_the_file_but_not_before_what_is_meant_for_us() {
    let no_color = ("NO_COLOR", "1");
    let none = Given::default();
    let look = |given: &Given, set: &[(&str, &str)]| loaded("theme = \"dark\"", given, set).look(&variables(set));
    assert_eq!(look(&none, &[]), Some(Look::Dark));
    assert_eq!(look(&none, &[no_color]), Some(Look::None));
    assert_eq!(look(&none, &[("NO_COLOR", "")]), Some(Look::Dark), "empty is not set");
    assert_eq!(look(&none, &[no_color, ("RENTAL_THEME", "light")]), Some(Look::Light));
    let given = Given { theme: Some("light".to_owned()), ..Given::default() };
    assert_eq!(look(&given, &[no_color]), Some(Look::Light));
}

#[test]
fn a_variable_that_makes_no_sense_is_a_mistake_of_its_own() {
    let settings = loaded("theme = \"light\"", &Given::default(), &[("RENTAL_THEME", "pink"), ("RENTAL_MOUSE", "")]);
    assert_eq!(settings.theme.value, Some(Look::Light));
    assert_eq!(settings.mistakes.len(), 1);
    let told = Language::English.say(&settings.mistakes[0].in_file(std::path::Path::new("config.toml")));
    assert!(told.starts_with("RENTAL_THEME: theme must be one of"), "{told}");
}

#[test]
fn auto_is_found_out_from_the_surroundings() {
    let settings = Settings::default();
    let drawn = |set: &[(&str, &str)]| settings.drawn(&variables(set));
    assert_eq!(drawn(&[]), GlyphSet::Unicode);
    assert_eq!(drawn(&[("LANG", "ko_KR.UTF-8")]), GlyphSet::Unicode);
    assert_eq!(drawn(&[("LANG", "ko_KR.UTF-8"), ("LC_ALL", "C")]), GlyphSet::Ascii);
    assert_eq!(drawn(&[("LANG", "ko_KR.eucKR")]), GlyphSet::Ascii);
    assert_eq!(drawn(&[("LANG", "C.utf8"), ("TERM", "linux")]), GlyphSet::Ascii);
    assert_eq!(settings.look(&variables(&[("TERM", "dumb")])), Some(Look::None));
    assert_eq!(settings.look(&variables(&[("TERM", "xterm")])), None, "the terminal is asked");
    assert_eq!(settings.spoken(&variables(&[("LANG", "ko_KR.UTF-8")])), Language::Korean);
}

proptest! {
    #[test]
    fn no_file_is_too_odd_to_be_read(text in "(theme|keys|sort|\\[|\\]|\\.|=|\"|\n|#|ctrl-|[a-z]|\\PC|\\{|\\}|,| ){0,60}") {
        let settings = Settings::of_file(&text);
        let last = text.lines().count() + 1;
        prop_assert!(settings.mistakes.iter().all(|one| one.line().is_none_or(|line| (1..=last).contains(&line))));
        for mistake in &settings.mistakes {
            prop_assert!(mistake.to_string().chars().all(|c| !c.is_control()));
        }
    }
}
