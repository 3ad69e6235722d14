//! This machine: files and their rights, the disk, the terminal.

use crate::cli::doctor::{Finding, Level};
use crate::cli::session::Surroundings;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Less free space than this is too little for a day's work.
const ENOUGH_BYTES: u64 = 1 << 30;

/// The console needs as much to show its lists whole.
const WIDE_ENOUGH: u16 = 80;

pub(crate) fn look(home: &Path, around: &Surroundings) -> Vec<Finding> {
    let mut findings = files(home);
    findings.extend(disk(home));
    findings.extend(terminal(around));
    findings
}

/// Keys and ledgers must be their owner's alone.
fn files(home: &Path) -> Vec<Finding> {
    if !home.is_dir() {
        let says = format!("there is no installation at {}", home.display());
        let mend = "set RENTAL_HOME to its folder, or make one with ./scripts/up";
        return vec![Finding::new("files", Level::Problem, says, mend)];
    }
    let named = |folder: &str, end: &str| files_of(&home.join(folder), end);
    let all: Vec<_> = named("keys", "nk").into_iter().chain(named("data", "redb")).collect();
    let mut findings: Vec<_> = all.iter().filter_map(|path| exposed(path)).collect();
    if findings.is_empty() {
        let says = format!("{}: {} keys and ledgers, all their owner's alone", home.display(), all.len());
        findings.push(Finding::ok("files", says));
    }
    findings
}

fn files_of(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<_> = entries.filter(|path| path.extension().is_some_and(|found| found == end)).collect();
    found.sort();
    found
}

fn exposed(path: &Path) -> Option<Finding> {
    let shown = path.display();
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => {
            let mend = "let its owner look, or give yourself the right to";
            return Some(Finding::new("files", Level::Warning, format!("{shown} cannot be seen: {error}"), mend));
        }
    };
    let mode = metadata.mode() & 0o777;
    if metadata.is_symlink() {
        let says = format!("{shown} is a symbolic link, which no program of ours follows");
        return Some(Finding::new("files", Level::Problem, says, "put the file itself there"));
    }
    let says = || format!("others can read {shown} (mode {mode:o})");
    (mode & 0o077 != 0).then(|| Finding::new("files", Level::Problem, says(), format!("chmod 600 {shown}")))
}

/// Only where the installation lies on this machine.
fn disk(home: &Path) -> Option<Finding> {
    let data = home.join("data");
    let disk = rustix::fs::statvfs(&data).ok()?;
    let (free, all) = (disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks.saturating_mul(disk.f_frsize));
    let says = format!("{} MiB of {} MiB are free at {}", free >> 20, all >> 20, data.display());
    if free >= ENOUGH_BYTES {
        return Some(Finding::ok("disk", says));
    }
    let mend = "free some: a worker whose disk is full ends, and a broker stores nothing more";
    Some(Finding::new("disk", Level::Problem, says, mend))
}

fn terminal(around: &Surroundings) -> Vec<Finding> {
    let variable = |name: &str| around.variables.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).unwrap_or_default();
    let is_utf8 = ["utf-8", "utf8"].iter().any(|name| locale.to_lowercase().ends_with(name));
    let mut findings = Vec::new();
    if is_utf8 {
        findings.push(Finding::ok("terminal", format!("the locale {locale} is UTF-8")));
    } else {
        let says = format!("the locale {locale:?} is not UTF-8: Korean and box characters may be garbled");
        findings.push(Finding::new(
            "terminal",
            Level::Warning,
            says,
            "set LANG=C.UTF-8 or ko_KR.UTF-8, or use --ascii",
        ));
    }
    if variable("TERM").is_none_or(|term| term == "dumb") && around.is_terminal {
        let says = "TERM names no terminal that can be drawn on";
        findings.push(Finding::new("terminal", Level::Warning, says, "set TERM, for example to xterm-256color"));
    }
    match crossterm::terminal::size() {
        Ok((width, height)) if around.is_terminal && width < WIDE_ENOUGH => {
            let says = format!("{width} columns and {height} lines: lists are cut");
            findings.push(Finding::new("terminal", Level::Warning, says, "make the window 80 columns wide or more"));
        }
        _ => {}
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Variables;
    use std::os::unix::fs::PermissionsExt;

    fn around(lang: &str) -> Surroundings {
        Surroundings {
            here: PathBuf::new(),
            nats_port: None,
            login: None,
            is_terminal: false,
            variables: Variables::from([("LANG".to_owned(), lang.to_owned())]),
        }
    }

    #[test]
    fn a_key_that_others_can_read_is_found_with_the_command_that_mends_it() {
        let home = tempfile::tempdir().unwrap();
        let key = home.path().join("keys/staff.nk");
        std::fs::create_dir(home.path().join("keys")).unwrap();
        std::fs::write(&key, "secret").unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        let found = files(home.path());
        assert_eq!((found.len(), found[0].level), (1, Level::Problem));
        assert_eq!(found[0].mend, format!("chmod 600 {}", key.display()));
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(files(home.path())[0].level, Level::Ok);
    }

    #[test]
    fn a_missing_installation_and_a_locale_without_korean_are_said() {
        assert_eq!(files(Path::new("/nowhere"))[0].level, Level::Problem);
        assert_eq!(terminal(&around("C"))[0].level, Level::Warning);
        assert_eq!(terminal(&around("ko_KR.UTF-8"))[0].level, Level::Ok);
    }
}
