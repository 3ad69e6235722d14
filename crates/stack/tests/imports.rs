//! Who imports whom within a package, read from the `use` lines: no circles between
//! files, and in the console the layers of ARCHITECTURE.md.
//!
//! What a module re-exports is imported from where it is defined. What only tests
//! import does not count, nor does a path that is written out where it is used.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The circles that are still there, package by package: they may shrink, never grow, and none may come.
const CIRCLES: [(&str, &[&str]); 15] = [
    ("crates/audit", &["ledger", "stock_balance"]),
    ("crates/bus", &["relay", "service"]),
    ("crates/model", &["billing", "billing::bill", "billing::open"]),
    ("crates/model", &["context", "event", "event::wire", "repository"]),
    ("crates/model", &["order", "order::unread"]),
    ("crates/model", &["totalview::listing", "totalview::listing::cursor"]),
    ("crates/runtime", &["commands", "engine", "inspection", "intake", "outbox", "subscription"]),
    ("crates/runtime", &["damage", "driver"]),
    ("crates/runtime", &["redb_store", "redb_store::format"]),
    ("crates/simulation", &["people", "readings", "tasks", "worker", "world"]),
    ("crates/stack", &["broker_files", "found", "home", "launch", "process"]),
    ("crates/stack", &["storage", "supervisor"]),
    ("console", &[]),
    ("tests", &[]),
    ("workers", &[]),
];

/// The console's layers, and what each must not know.
const NEVER: [(&str, &[&str]); 8] = [
    ("config", &["core", "overlays", "screens", "app", "cli"]),
    ("i18n", &["core", "overlays", "screens", "app", "cli", "config", "input", "theme", "widgets"]),
    ("input", &["core", "overlays", "screens", "app", "cli", "config", "widgets"]),
    ("theme", &["core", "overlays", "screens", "app", "cli", "config", "input", "widgets"]),
    ("widgets", &["core", "overlays", "screens", "app", "cli", "config"]),
    ("core", &["screens", "app", "cli"]),
    ("overlays", &["screens", "app", "cli"]),
    ("screens", &["app", "cli"]),
];

/// A module as a path without `crate`: `["screens", "stock", "view"]`.
type Name = Vec<String>;

/// What a source says of the others.
#[derive(Debug, Default)]
struct Source {
    uses: Vec<Name>,
    /// What it passes on, by the name it has here.
    exports: BTreeMap<String, Name>,
    /// The modules it has for tests only.
    test_modules: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folders of all our packages.
fn packages() -> Vec<String> {
    let crates = std::fs::read_dir(root().join("crates")).unwrap();
    let crates = crates.map(|entry| format!("crates/{}", entry.unwrap().file_name().to_string_lossy()));
    crates.chain(["console", "tests", "workers"].map(str::to_owned)).collect()
}

fn sources(folder: &Path, name: &[String], all: &mut BTreeMap<Name, Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let child: Name = name.iter().cloned().chain([stem.clone()]).collect();
        if path.is_dir() {
            sources(&path, &child, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let is_of_folder = ["mod", "lib", "main"].contains(&stem.as_str());
            let name = if is_of_folder { name.to_vec() } else { child };
            all.insert(name, source(&std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn source(text: &str) -> Source {
    let mut source = Source::default();
    let mut lines = text.lines().map(|line| line.split("//").next().unwrap_or_default().trim()).peekable();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            let next = lines.peek().copied().unwrap_or_default();
            if next.contains("mod ") && next.ends_with('{') {
                // The tests at its end.
                break;
            }
            source.test_modules.extend(next.strip_prefix("mod ").map(|name| name.trim_end_matches(';').to_owned()));
            continue;
        }
        let Some((before, first)) = line.split_once("use ").filter(|(before, _)| is_visibility(before)) else {
            continue;
        };
        let mut tree = first.to_owned();
        while !tree.ends_with(';') {
            let Some(line) = lines.next() else { break };
            tree.push_str(line);
        }
        for path in paths(tree.trim_end_matches(';')) {
            let (path, alias) =
                path.split_once(" as ").map_or((path.as_str(), None), |(path, alias)| (path, Some(alias)));
            let mut path: Name = path.split("::").map(|part| part.trim().to_owned()).collect();
            if path.last().is_some_and(|last| last == "self") {
                path.pop();
            }
            if before.is_empty() {
                source.uses.push(path);
            } else if let Some(last) = path.last() {
                source.exports.insert(alias.map_or_else(|| last.clone(), |alias| alias.trim().to_owned()), path);
            }
        }
    }
    source
}

/// Whether this can stand before `use`.
fn is_visibility(before: &str) -> bool {
    before.is_empty() || before.trim_end() == "pub" || (before.starts_with("pub(") && before.ends_with(") "))
}

/// The paths of a tree like `a::{b, c::{d, e}}`.
fn paths(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, rest)) = tree.split_once('{') else { return vec![tree.to_owned()] };
    let within = rest.rsplit_once('}').map_or(rest, |(within, _)| within);
    let (mut parts, mut depth) = (vec![String::new()], 0_usize);
    for c in within.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match parts.last_mut() {
            Some(part) if c != ',' || depth > 0 => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| paths(part)).map(|part| format!("{before}{part}")).collect()
}

/// The path from the crate's root, if it stays within the crate.
fn absolute(all: &BTreeMap<Name, Source>, from: &[String], path: &[String]) -> Option<Name> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let (base, rest) = match path.first()?.as_str() {
        "crate" => (&[][..], &path[1..]),
        "self" => (from, &path[1..]),
        "super" => (from.get(..from.len().checked_sub(ups)?)?, &path[ups..]),
        _ => (from, path),
    };
    let whole: Name = base.iter().chain(rest).cloned().collect();
    let is_ours = ["crate", "self", "super"].contains(&path[0].as_str()) || all.contains_key(&whole[..=from.len()]);
    is_ours.then_some(whole)
}

/// The module in which what this path names is defined.
fn module(all: &BTreeMap<Name, Source>, path: &[String], depth: usize) -> Option<Name> {
    let length = (0..=path.len()).rev().find(|length| all.contains_key(&path[..*length]))?;
    let (found, rest) = path.split_at(length);
    let passed_on = rest.first().and_then(|name| all[found].exports.get(name)).filter(|_| depth < 8);
    let elsewhere = passed_on.and_then(|target| absolute(all, found, target));
    match elsewhere {
        Some(target) => module(all, &[target, rest[1..].to_vec()].concat(), depth + 1),
        None => Some(found.to_vec()),
    }
}

/// Who imports whom in a package. Its tests import, but are not told of.
fn imports(all: &BTreeMap<Name, Source>) -> BTreeMap<Name, BTreeSet<Name>> {
    let tests: Vec<Name> = all
        .iter()
        .flat_map(|(name, source)| source.test_modules.iter().map(|test| [name.clone(), vec![test.clone()]].concat()))
        .collect();
    let is_test = |name: &Name| tests.iter().any(|test| name.starts_with(test));
    let of = |name: &Name, source: &Source| {
        let targets = source.uses.iter().filter_map(|path| module(all, &absolute(all, name, path)?, 0));
        targets.filter(|target| target != name).collect::<BTreeSet<_>>()
    };
    all.iter().filter(|(name, _)| !is_test(name)).map(|(name, source)| (name.clone(), of(name, source))).collect()
}

/// Each set of modules that reach each other, as sorted paths.
fn circles(imports: &BTreeMap<Name, BTreeSet<Name>>) -> BTreeSet<BTreeSet<String>> {
    let reached = |from: &Name| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(module) = next.pop() {
            next.extend(imports.get(module).into_iter().flatten().filter(|target| reached.insert((*target).clone())));
        }
        reached
    };
    let all: BTreeMap<&Name, BTreeSet<Name>> = imports.keys().map(|name| (name, reached(name))).collect();
    let in_circle = all.iter().filter(|(name, reached)| reached.contains(**name));
    let circle = |(name, reached): (&&Name, &BTreeSet<Name>)| {
        let mutual = reached.iter().filter(|other| all.get(other).is_some_and(|back| back.contains(*name)));
        mutual.map(|module| if module.is_empty() { "crate".to_owned() } else { module.join("::") }).collect()
    };
    in_circle.map(circle).collect()
}

fn of_package(package: &str) -> BTreeMap<Name, BTreeSet<Name>> {
    let mut all = BTreeMap::new();
    sources(&root().join(package).join("src"), &[], &mut all);
    imports(&all)
}

#[test]
fn no_circle_of_imports_comes_and_none_grows() {
    for package in packages() {
        let known = CIRCLES.iter().filter(|(of, _)| *of == package);
        let known: Vec<BTreeSet<String>> =
            known.map(|(_, circle)| circle.iter().map(|&name| name.into()).collect()).collect();
        assert!(!known.is_empty(), "{package} is new: say in CIRCLES that it has none");
        for circle in circles(&of_package(&package)) {
            assert!(
                known.iter().any(|known| circle.is_subset(known)),
                "{package}: these import each other: {circle:?}"
            );
        }
    }
}

#[test]
fn the_layers_of_the_console_know_only_those_below() {
    let imports = of_package("console");
    // A test that looked at nothing would pass as well.
    assert!(imports.len() > 100 && imports.values().map(BTreeSet::len).sum::<usize>() > 500);
    for (layer, never) in NEVER {
        let of_layer: Vec<_> =
            imports.iter().filter(|(name, _)| name.first().is_some_and(|first| first == layer)).collect();
        assert!(!of_layer.is_empty(), "there is no {layer} any more");
        for (name, targets) in of_layer {
            let forbidden =
                targets.iter().find(|target| target.first().is_some_and(|first| never.contains(&first.as_str())));
            assert_eq!(forbidden, None, "{} must not import it", name.join("::"));
        }
    }
}

#[test]
fn no_screen_knows_another() {
    let imports = of_package("console");
    let screen = |name: &Name| (name.len() > 1 && name[0] == "screens").then(|| name[1].clone());
    let screens: BTreeSet<_> = imports.keys().filter_map(screen).collect();
    assert!(screens.len() >= 6, "{screens:?}");
    for (name, targets) in imports.iter().filter(|(name, _)| screen(name).is_some()) {
        let other = targets.iter().find(|target| screen(target).is_some_and(|other| Some(other) != screen(name)));
        assert_eq!(other, None, "{} must not import it", name.join("::"));
    }
}

#[test]
fn a_circle_is_found_through_aliases_reexports_and_groups_and_tests_are_none() {
    let texts = [
        ("a", "use crate::b::{self, C as D};\nuse std::fmt;\n#[cfg(test)]\nmod tests {\n    use crate::d::E;\n}"),
        ("b", "#[cfg(test)]\nmod tests;\npub(crate) use c::C;"),
        ("b::c", "use super::super::{\n    f::G,\n};"),
        ("b::tests", "use crate::a::A;"),
        ("d", "use crate::a::A;"),
        ("f", "use crate::a::A;"),
    ];
    let name = |path: &str| path.split("::").map(str::to_owned).collect::<Name>();
    let all = texts.into_iter().map(|(path, text)| (name(path), source(text))).collect();
    let found = circles(&imports(&all));
    let expected: BTreeSet<String> = ["a", "b::c", "f"].map(str::to_owned).into();
    assert_eq!(found, [expected].into());
}
