//! The arrows of the architecture: who may depend on whom.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use rental_model::Context;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each package, and the packages of ours it may use.
const ARROWS: [(&str, &[&str]); 9] = [
    ("rental-model", &[]),
    ("rental-bus", &["rental-model"]),
    ("rental-audit", &["rental-bus", "rental-model"]),
    ("rental-runtime", &["rental-bus", "rental-model"]),
    ("rental-simulation", &["rental-audit", "rental-runtime", "rental-bus", "rental-model"]),
    ("rental-worker", &["rental-runtime", "rental-bus", "rental-model"]),
    ("rental-console", &["rental-audit", "rental-bus", "rental-model"]),
    ("rental-stack", &["rental-bus", "rental-model"]),
    ("rental-tests", &["rental-audit", "rental-model", "rental-bus", "rental-runtime", "rental-stack"]),
];

/// Each package, and what it must not reach even through others.
const FAR_FROM: [(&str, &[&str]); 6] = [
    ("rental-model", &["tokio", "async-nats", "redb", "tracing", "ratatui", "crossterm", "rustix"]),
    ("rental-bus", &["redb", "ratatui", "crossterm", "clap"]),
    ("rental-audit", &["redb", "rental-runtime", "ratatui", "crossterm", "clap"]),
    ("rental-runtime", &["ratatui", "crossterm", "clap"]),
    ("rental-console", &["redb", "rental-runtime"]),
    ("rental-stack", &["redb", "rental-runtime", "ratatui"]),
];

/// The only packages that know async-nats; all others speak through the bus.
const SPEAK_NATS: [&str; 2] = ["rental-bus", "rental-tests"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// For each package: what it uses directly, in the program itself (no tests, no build scripts).
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let host = Command::new("rustc").arg("-vV").output().unwrap();
    let host = String::from_utf8(host.stdout).unwrap();
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform", host])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let texts = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
    let names: BTreeMap<String, String> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (texts(package, "id"), texts(package, "name")))
        .collect();
    let uses = |node: &Value| {
        let deps = node["deps"].as_array().unwrap().iter();
        let normal = deps.filter(|dep| dep["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null()));
        normal.map(|dep| names[&texts(dep, "pkg")].clone()).collect::<BTreeSet<_>>()
    };
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array().unwrap() {
        all.entry(names[&texts(node, "id")].clone()).or_default().extend(uses(node));
    }
    all
}

fn reached(all: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(package) = next.pop() {
        for used in all.get(&package).into_iter().flatten() {
            if reached.insert(used.clone()) {
                next.push(used.clone());
            }
        }
    }
    reached
}

#[test]
fn every_arrow_between_our_packages_is_an_allowed_one() {
    let all = dependencies();
    let ours: Vec<&String> = all.keys().filter(|name| name.starts_with("rental-")).collect();
    assert!(ours.len() >= ARROWS.len());
    for package in ours {
        let (_, allowed) = ARROWS
            .iter()
            .find(|(name, _)| name == package)
            .unwrap_or_else(|| panic!("{package} is new: say in ARROWS what it may use"));
        for used in all[package].iter().filter(|used| used.starts_with("rental-")) {
            assert!(allowed.contains(&used.as_str()), "{package} must not use {used}");
        }
    }
}

#[test]
fn nobody_reaches_what_they_must_stay_far_from() {
    let all = dependencies();
    for (package, forbidden) in FAR_FROM {
        let reached = reached(&all, package);
        for name in forbidden {
            assert!(!reached.contains(*name), "{package} reaches {name}; see: cargo tree -p {package} -i {name}");
        }
    }
    // A test that looked at nothing would pass as well.
    assert!(reached(&all, "rental-bus").contains("tokio"));
}

#[test]
fn only_the_bus_speaks_nats() {
    for (package, used) in dependencies().iter().filter(|(name, _)| name.starts_with("rental-")) {
        let may = SPEAK_NATS.contains(&package.as_str());
        assert!(may || !used.contains("async-nats"), "{package} must speak through rental-bus");
    }
}

#[test]
fn the_runtime_names_no_context() {
    let mut files = Vec::new();
    sources(&root().join("crates/runtime/src"), &mut files);
    assert!(!files.is_empty());
    for file in files {
        for (number, line) in program(&std::fs::read_to_string(&file).unwrap()) {
            if let Some(name) = named_context(line) {
                panic!("{}:{number} names {name}: {line}", file.display());
            }
        }
    }
}

#[test]
fn the_bus_knows_no_contexts_rules() {
    let mut files = Vec::new();
    sources(&root().join("crates/bus/src"), &mut files);
    assert!(!files.is_empty());
    for file in files {
        for (number, line) in program(&std::fs::read_to_string(&file).unwrap()) {
            let used = Context::ALL.into_iter().find(|context| line.contains(&format!("{context}::")));
            assert_eq!(used, None, "{}:{number}: {line}", file.display());
        }
    }
}

/// The context, or the event of one, that a line of program names: as a value,
/// as a module, or in a text. (A variable may well be called `order`.)
fn named_context(line: &str) -> Option<String> {
    let words = |text: &str| text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect::<Vec<_>>();
    let is_context = |word: &String| word.parse::<Context>().is_ok();
    if let Some(text) = line.split('"').skip(1).step_by(2).find(|text| words(text).iter().any(is_context)) {
        return Some(format!("a context in {text:?}"));
    }
    let parts: Vec<&str> = line.split("::").collect();
    parts.windows(2).find_map(|pair| {
        let (before, after) = (words(pair[0]).pop()?, words(pair[1]).into_iter().find(|word| !word.is_empty())?);
        let is_value = before == "context" && is_context(&after);
        let is_event = pair[0].ends_with("Event") && pair[1].starts_with(char::is_uppercase);
        let is_module = is_context(&before) && pair[0].ends_with(&before);
        (is_value || is_event || is_module).then(|| format!("{before}::{after}"))
    })
}

#[test]
fn a_named_context_is_recognised() {
    for line in [
        "if c == Context::Billing {",
        "rental_model::inventory::Inventory",
        "\"rental.order.get\"",
        "Event::FeeReceived {",
    ] {
        assert!(named_context(line).is_some(), "{line}");
    }
    for line in [
        "let order = 1;",
        "Context::ALL",
        "context.name()",
        "event::Event",
        "\"in one transaction\"",
        "Event::from_body(x)",
    ] {
        assert_eq!(named_context(line), None, "{line}");
    }
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests.rs" {
            files.push(path);
        }
    }
}

/// The numbered lines of a source without its comments, and without the tests at its end.
fn program(source: &str) -> Vec<(usize, &str)> {
    let numbered = source.lines().enumerate().map(|(index, line)| (index + 1, line));
    let before_tests = numbered.take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"));
    before_tests.map(|(number, line)| (number, line.split("//").next().unwrap_or_default())).collect()
}

#[test]
fn comments_and_tests_are_not_program() {
    let source = "let a = 1; // order\n/// billing\nfn b() {}\n#[cfg(test)]\nmod tests { order }";
    let lines: Vec<&str> = program(source).into_iter().map(|(_, line)| line.trim()).collect();
    assert_eq!(lines, ["let a = 1;", "", "fn b() {}"]);
}
