//! What `deny.toml` says of licences, bans and sources, for where cargo-deny is
//! not installed. Advisories need its database, and are not looked at here.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo).args(arguments).arg("--locked").current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Every package that is used on this system; those of others are not even fetched.
fn packages() -> Vec<Value> {
    let host = Command::new("rustc").arg("-vV").output().unwrap();
    let host = String::from_utf8(host.stdout).unwrap();
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = cargo(&["metadata", "--format-version=1", "--filter-platform", host]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    // Metadata also has what features that are off would use; the tree has not.
    let tree = cargo(&["tree", "--workspace", "--edges=normal,build,dev", "--prefix=none", "--format={p}"]);
    let used = tree.lines().filter_map(|line| {
        let (name, version) = line.split_once(" v")?;
        Some((name, version.split(' ').next()?))
    });
    let used: BTreeSet<_> = used.collect();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.filter(|package| used.contains(&(text(package, "name"), text(package, "version")))).cloned().collect()
}

fn text<'a>(package: &'a Value, field: &str) -> &'a str {
    package[field].as_str().unwrap_or_default()
}

fn name(package: &Value) -> String {
    format!("{} {}", text(package, "name"), text(package, "version"))
}

/// The texts of one list in one section of `deny.toml`.
fn listed(section: &str, list: &str) -> BTreeSet<String> {
    let file = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    listed_in(&file, section, list)
}

fn listed_in(file: &str, section: &str, list: &str) -> BTreeSet<String> {
    let lines = file.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let of_section =
        lines.skip_while(|line| *line != format!("[{section}]")).skip(1).take_while(|line| !line.starts_with('['));
    let from_list: Vec<&str> = of_section.skip_while(|line| !line.starts_with(&format!("{list} = ["))).collect();
    let text = from_list.join("\n");
    let (_, behind) = text.split_once('[').unwrap_or_default();
    let (within, _) = behind.split_once(']').unwrap_or_default();
    within.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether the expression can be met with these licences alone.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    // Older packages write `MIT/Apache-2.0`.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let is_met = either(&mut words, allowed);
    is_met && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut is_met = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        is_met |= all(words, allowed);
    }
    is_met
}

fn all(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut is_met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        is_met &= one(words, allowed);
    }
    is_met
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    match words.next() {
        Some("(") => {
            let is_met = either(words, allowed);
            words.next_if_eq(&")").is_some() && is_met
        }
        // An exception makes it another licence, to be allowed by its whole name.
        Some(licence) => match words.next_if_eq(&"WITH").and_then(|_| words.next()) {
            Some(exception) => allowed.contains(&format!("{licence} WITH {exception}")),
            None => allowed.contains(licence),
        },
        None => false,
    }
}

#[test]
fn every_licence_is_an_allowed_one() {
    let allowed = listed("licenses", "allow");
    assert!(allowed.contains("MIT"));
    let packages = packages();
    let foreign: Vec<_> = packages.iter().filter(|package| !is_allowed(text(package, "license"), &allowed)).collect();
    let told: Vec<_> = foreign.iter().map(|package| format!("{}: {}", name(package), package["license"])).collect();
    assert_eq!(told, [""; 0], "see [licenses] in deny.toml");
    assert!(packages.len() > 100, "only {} packages were looked at", packages.len());
}

#[test]
fn everything_comes_from_the_registry_or_from_here() {
    const REGISTRY: &str = "https://github.com/rust-lang/crates.io-index";
    assert_eq!(listed("sources", "allow-registry"), BTreeSet::from([REGISTRY.to_owned()]));
    for package in packages() {
        let is_ours = text(&package, "name").starts_with("rental-") && package["source"].is_null();
        let is_theirs = text(&package, "source") == format!("registry+{REGISTRY}");
        // One of theirs with a change of ours lies here, and the change beside it.
        let folder = std::path::Path::new(text(&package, "manifest_path")).with_file_name("");
        let is_kept =
            folder.parent().is_some_and(|vendor| vendor.ends_with("vendor")) && folder.join("change.patch").exists();
        assert!(is_ours || is_theirs || is_kept, "{} comes from {}", name(&package), package["source"]);
    }
}

#[test]
fn nothing_banned_is_used_and_no_version_is_left_open() {
    let banned = listed("bans", "deny");
    assert!(!banned.is_empty());
    let packages = packages();
    for package in &packages {
        assert!(!banned.contains(text(package, "name")), "{} is banned; see deny.toml", name(package));
        if package["source"].is_null() {
            let open = package["dependencies"].as_array().unwrap().iter();
            let mut open = open.filter(|used| used["req"] == "*" && used["path"].is_null());
            assert!(open.next().is_none(), "{} takes any version of something", name(package));
        }
    }
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in &packages {
        versions.entry(text(package, "name")).or_default().push(text(package, "version"));
    }
    versions.retain(|_, versions| versions.len() > 1);
    println!("in several versions, which others decide: {versions:?}");
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = BTreeSet::from(["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned));
    for met in ["MIT", "MIT OR GPL-3.0", "GPL-3.0/MIT", "(GPL-3.0 OR ISC) AND MIT", "Apache-2.0 WITH LLVM-exception"] {
        assert!(is_allowed(met, &allowed), "{met}");
    }
    for unmet in
        ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-3.0", "(MIT", "MIT WITH x", "Apache-2.0", "MIT MIT"]
    {
        assert!(!is_allowed(unmet, &allowed), "{unmet}");
    }
}

#[test]
fn a_list_is_found_in_its_section() {
    let file = "[a]\nallow = [\"x\"]\n[b]\nother = [\"y\"]\nallow = [\n    # \"no\"\n    \"z\",\n    \"w\",\n]\ndeny = [\"v\"]";
    assert_eq!(listed_in(file, "b", "allow"), BTreeSet::from(["w".to_owned(), "z".to_owned()]));
    assert!(listed_in(file, "c", "allow").is_empty());
}
