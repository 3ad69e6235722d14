//! `rental config`: the settings that count, and where each comes from.

use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;
use crate::config::{Location, Mistake, Name, Origin, Settings, default_file, keys_text, quoted, sorting_text};
use crate::i18n::Language;
use crate::input::{Chord, Keymap, Scope};
use crate::theme::Glyphs;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Show the settings that count, and where each comes from
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A setting on the command line counts first, then one in the environment, then one in the file.

Examples:
  rental config                                        what counts, and why
  rental config --default > ~/.config/rental/config.toml
  rental config --check                                exit 1 if something is wrong, with its line
  rental config --keys")]
#[expect(clippy::struct_excessive_bools, reason = "one for each question that can be asked")]
pub(crate) struct Config {
    /// Print a file with every setting, what it is for, and its default
    #[arg(long, group = "what")]
    default: bool,
    /// Print where the file is looked for
    #[arg(long, group = "what")]
    path: bool,
    /// List the mistakes of a file with their lines; exit 1 if there are any
    #[arg(long, group = "what", value_name = "FILE", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "not asked for, asked for, and asked for with a file")]
    check: Option<Option<PathBuf>>,
    /// Print which key does what, where
    #[arg(long, group = "what")]
    keys: bool,
    /// The keys as a table for a document
    #[arg(long, requires = "keys")]
    markdown: bool,
}

impl Config {
    pub(crate) const fn is_check(&self) -> bool {
        self.check.is_some()
    }

    pub(crate) fn run(
        &self,
        location: &Location,
        settings: &Settings,
        output: &mut Output<'_>,
    ) -> Result<Exit, Failure> {
        if let Some(file) = &self.check {
            let named = file.as_ref().map(|file| Location { path: Some(file.clone()), is_named: true });
            return check(&named.unwrap_or_else(|| location.clone()), output);
        }
        let (text, json) = if self.default {
            (default_file(), json!({ "file": default_file() }))
        } else if self.path {
            let path = location.path().display().to_string();
            (format!("{path}\n"), json!({ "path": path, "exists": location.path().is_file() }))
        } else if self.markdown {
            (markdown(&settings.keymap), keys_json(&settings.keymap))
        } else if self.keys {
            (keys_table(&settings.keymap), keys_json(&settings.keymap))
        } else {
            (effective(location, settings), effective_json(location, settings))
        };
        if output.is_json {
            output.json(&json)?;
        } else {
            text.lines().try_for_each(|line| output.sentence(line))?;
        }
        Ok(Exit::Done)
    }
}

/// Where a setting was decided, for people.
pub(crate) fn origin(origin: Origin) -> String {
    match origin {
        Origin::Default => "default".to_owned(),
        Origin::File(line) => format!("from the file, line {line}"),
        Origin::Environment(name) | Origin::Flag(name) => name.to_owned(),
        Origin::Doubt => "because what was said of it cannot be understood".to_owned(),
    }
}

fn check(location: &Location, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let mistakes = match location.read() {
        Ok(text) => Settings::of_file(&text.unwrap_or_default()).mistakes,
        Err(mistake) => vec![mistake],
    };
    let path = location.path();
    if output.is_json {
        output.json(&json!({ "path": path.display().to_string(), "mistakes": mistakes_json(&mistakes) }))?;
    } else if mistakes.is_empty() {
        let what = if path.exists() { "no mistakes" } else { "there is no file: the defaults count" };
        output.sentence(&format!("{}: {what}", path.display()))?;
    }
    for mistake in mistakes.iter().filter(|_| !output.is_json).collect::<Vec<_>>() {
        output.sentence(&Language::English.say(&mistake.in_file(path)))?;
    }
    Ok(if mistakes.is_empty() { Exit::Done } else { Exit::Refused })
}

fn mistakes_json(mistakes: &[Mistake]) -> Value {
    mistakes.iter().map(|mistake| json!({ "line": mistake.line(), "message": mistake.to_string() })).collect()
}

/// The settings that count, as a config file that would bring them about.
fn effective(location: &Location, settings: &Settings) -> String {
    let mut file = format!("# The file: {}{}\n", location.path().display(), missing(location.path()));
    for name in Name::ALL {
        let from = origin(name.origin(settings));
        let _ = writeln!(file, "{} = {} # {from}", name.name(), name.written(settings));
    }
    let sorting = settings.rentals_sorting;
    let _ = writeln!(file, "\n[sort]\nrentals = {} # {}", quoted(&sorting_text(sorting.value)), origin(sorting.origin));
    if !settings.filters.is_empty() {
        file.push_str("\n[filters]\n");
    }
    for filter in &settings.filters {
        let _ = writeln!(file, "{} = {} # {}", quoted(&filter.name), quoted(&filter.text), origin(filter.origin));
    }
    for scope in Scope::ALL {
        let mut wishes = settings.remapped.iter().filter(|wish| wish.scope == scope).peekable();
        if wishes.peek().is_some() {
            let _ = writeln!(file, "\n[keys.{}]", scope.name());
        }
        for wish in wishes {
            let from = origin(Origin::File(wish.line));
            let _ = writeln!(file, "{} = {} # {from}", wish.action.name(), keys_text(&wish.chords));
        }
    }
    file + "\n# All other keys are the default's: rental config --keys\n"
}

fn missing(path: &Path) -> &'static str {
    if path.exists() { "" } else { " (there is none)" }
}

fn effective_json(location: &Location, settings: &Settings) -> Value {
    let value = |written: &str| match written {
        "true" => json!(true),
        "false" => json!(false),
        text => json!(text.trim_matches('"')),
    };
    let one = |name: &Name| {
        let shown = json!({ "value": value(&name.written(settings)), "from": origin(name.origin(settings)) });
        (name.name().to_owned(), shown)
    };
    let mut shown: serde_json::Map<String, Value> = Name::ALL.iter().map(one).collect();
    // Quotation marks within a name are written otherwise than they are.
    shown["operator"]["value"] = json!(settings.operator.value.as_deref().unwrap_or_default());
    let sorting = settings.rentals_sorting;
    let sorting = json!({ "value": sorting_text(sorting.value), "from": origin(sorting.origin) });
    shown.insert("sort".to_owned(), json!({ "rentals": sorting }));
    let filters = settings.filters.iter();
    let filters: serde_json::Map<String, Value> = filters
        .map(|filter| (filter.name.clone(), json!({ "value": filter.text, "from": origin(filter.origin) })))
        .collect();
    shown.insert("filters".to_owned(), filters.into());
    shown.insert("keys".to_owned(), keys_json(&settings.keymap));
    json!({
        "path": location.path().display().to_string(),
        "settings": shown,
        "mistakes": mistakes_json(&settings.mistakes),
    })
}

fn keys_json(keymap: &Keymap) -> Value {
    let one = |scope: Scope| {
        let bindings = keymap.of(scope).map(|binding| {
            let keys: Vec<_> = binding.chords.iter().map(ToString::to_string).collect();
            (binding.action.name().to_owned(), json!(keys))
        });
        (scope.name().to_owned(), Value::Object(bindings.collect()))
    };
    Value::Object(Scope::ALL.into_iter().map(one).collect())
}

fn labels(chords: &[Chord]) -> Vec<String> {
    chords.iter().map(|chord| chord.label(&Glyphs::FINE)).collect()
}

fn keys_table(keymap: &Keymap) -> String {
    let mut table = String::new();
    for scope in Scope::ALL {
        let _ = writeln!(table, "[keys.{}]  {}", scope.name(), Language::English.text(scope.title()));
        for binding in keymap.of(scope) {
            let what = Language::English.text(binding.action.text());
            let keys = labels(&binding.chords).join(" ");
            // Cells, not bytes: the arrows are one cell wide.
            let _ = writeln!(table, "  {:<16} {keys:<20} {what}", binding.action.name());
        }
        table.push('\n');
    }
    table
}

/// A row for each action and its keys, with all places where that is so.
fn markdown(keymap: &Keymap) -> String {
    let mut rows: Vec<(Vec<&str>, &crate::input::Binding)> = Vec::new();
    for scope in Scope::SHOWN.into_iter().map(|(scope, _)| scope).chain([Scope::Help]) {
        for binding in keymap.of(scope) {
            let same = |row: &&mut (Vec<&str>, &crate::input::Binding)| {
                (row.1.action, &row.1.chords) == (binding.action, &binding.chords)
            };
            match rows.iter_mut().find(same) {
                Some((scopes, _)) => scopes.push(scope.name()),
                None => rows.push((vec![scope.name()], binding)),
            }
        }
    }
    let mut table = String::from("| Key | Does | Where | In the file |\n|---|---|---|---|\n");
    for (scopes, binding) in rows {
        let keys: Vec<_> = labels(&binding.chords).iter().map(|key| format!("`{key}`")).collect();
        let what = Language::English.text(binding.action.text());
        let _ = writeln!(table, "| {} | {what} | {} | `{}` |", keys.join(" "), scopes.join(" "), binding.action.name());
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::printed;
    use crate::config::{Given, Variables};

    const FILE: &str = "theme = \"dark\"\noperator = \"a \\\"b\\\"\"\nlangauge = \"ko\"\n\n[filters]\n\"이번 달\" = \"age<30d\"\n\n[keys.list]\nfreeze = [\"F6\", \"ctrl-f\"]\n";

    fn written(text: &str) -> (tempfile::TempDir, Location) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        (folder, Location { path: Some(path), is_named: false })
    }

    fn ran(is_json: bool, config: &Config, location: &Location) -> (Exit, String) {
        let variables = Variables::from([("RENTAL_LANG".to_owned(), "ko".to_owned())]);
        let settings = Settings::load(location, &Given::default(), &variables);
        let mut exit = Exit::Usage;
        let (out, _) = printed(is_json, |output| exit = config.run(location, &settings, output).unwrap());
        (exit, out)
    }

    fn asked() -> Config {
        Config { default: false, path: false, check: None, keys: false, markdown: false }
    }

    #[test]
    fn what_counts_is_shown_with_where_it_comes_from_and_can_be_read_again() {
        let (_folder, location) = written(FILE);
        let (_, out) = ran(false, &asked(), &location);
        for line in [
            "language = \"ko\" # RENTAL_LANG",
            "theme = \"dark\" # from the file, line 1",
            "mouse = true # default",
            "rentals = \"order desc\" # default",
            "\"이번 달\" = \"age<30d\" # from the file, line 6",
            "freeze = [\"F6\", \"ctrl-f\"] # from the file, line 9",
        ] {
            assert!(out.lines().any(|shown| shown == line), "{line}\n{out}");
        }
        let again = Settings::of_file(&out);
        assert_eq!(again.mistakes, []);
        assert_eq!(again.operator.value.as_deref(), Some("a \"b\""));
        assert_eq!((again.filters.len(), again.remapped.len()), (1, 1));
    }

    #[test]
    fn programs_get_the_same_as_json() {
        let (_folder, location) = written(FILE);
        let (_, out) = ran(true, &asked(), &location);
        let shown: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(shown["settings"]["theme"], json!({ "value": "dark", "from": "from the file, line 1" }));
        assert_eq!(shown["settings"]["operator"]["value"], "a \"b\"");
        assert_eq!(shown["settings"]["keys"]["list"]["freeze"], json!(["F6", "ctrl-f"]));
        assert_eq!(shown["mistakes"][0]["line"], 3);
    }

    #[test]
    fn a_check_names_every_line_and_is_exit_one() {
        let (_folder, location) = written("theme = \"pink\"\n\nmose = true\n");
        let check = |file: Option<PathBuf>| Config { check: Some(file), ..asked() };
        let (exit, out) = ran(false, &check(None), &location);
        assert_eq!(exit, Exit::Refused);
        assert!(out.contains("config.toml, line 1: theme must be one of"), "{out}");
        assert!(out.contains("config.toml, line 3: no such name: mose; the nearest is mouse"), "{out}");
        let (_other_folder, fine) = written(&default_file());
        let (exit, out) = ran(false, &check(fine.path.clone()), &location);
        assert!(exit == Exit::Done && out.contains("no mistakes"), "{out}");
        let missing = location.path().with_extension("gone");
        assert_eq!(ran(false, &check(Some(missing)), &location).0, Exit::Refused);
    }

    #[test]
    fn the_key_table_of_the_readme_is_the_default_keymap() {
        let readme = include_str!("../../../README.md");
        let (_, after) = readme.split_once("<!-- keys -->\n").unwrap();
        let (table, _) = after.split_once("<!-- /keys -->").unwrap();
        let now = markdown(&Keymap::default());
        assert_eq!(table, now, "write `rental --config /dev/null config --keys --markdown` between the marks");
    }

    #[test]
    fn every_key_is_listed() {
        let (_folder, location) = written("");
        let (_, out) = ran(false, &Config { keys: true, ..asked() }, &location);
        for name in ["[keys.list]", "cancel", "Ctrl-d", "export-csv", "Shift-Tab"] {
            assert!(out.contains(name), "{name}\n{out}");
        }
        let (_, out) = ran(false, &Config { path: true, ..asked() }, &location);
        assert_eq!(out.trim_end(), location.path().display().to_string());
        let (_, out) = ran(false, &Config { default: true, ..asked() }, &location);
        assert_eq!(out, default_file());
    }
}
