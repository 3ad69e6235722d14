//! `rental doctor`: what may be wrong here, and how to mend it.

pub(crate) mod local;
pub(crate) mod remote;

use crate::cli::failure::{Exit, Failure};
use crate::cli::options::Global;
use crate::cli::output::Output;
use crate::cli::session::Surroundings;
use crate::cli::{config, session};
use crate::config::{Location, Settings};
use crate::i18n::Language;
use rental_bus::{Bus, ConnectError};
use serde_json::{Value, json};
use std::error::Error;

/// Look for what may be wrong, and say how to mend it
///
/// Looks at this machine (files and their rights, disk, settings, terminal) and
/// at the shop (broker, services, streams, clocks, what waits). It changes
/// nothing, and tells what is in order too.
///
/// Exit code 0 if nothing is to be mended, 1 if something is, 3 if the broker
/// or a service does not answer.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental doctor
  rental doctor --json | jq -r '.findings[] | select(.level != \"ok\") | .mend'")]
pub(crate) struct Doctor {}

/// How bad a finding is; a later one is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Ok,
    /// It works, and may not for long or for everybody.
    Warning,
    Problem,
    /// It does not answer.
    Silent,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
            Self::Silent => "silent",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    area: &'static str,
    level: Level,
    says: String,
    /// What to do; empty if nothing is to be done.
    mend: String,
}

impl Finding {
    fn ok(area: &'static str, says: impl Into<String>) -> Self {
        Self { area, level: Level::Ok, says: says.into(), mend: String::new() }
    }

    fn new(area: &'static str, level: Level, says: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { area, level, says: says.into(), mend: mend.into() }
    }
}

impl Doctor {
    pub(crate) async fn run(
        &self,
        global: &Global,
        around: &Surroundings,
        (location, settings): (&Location, &Settings),
        output: &mut Output<'_>,
    ) -> Result<Exit, Failure> {
        let home = session::home(global.home.as_deref(), &around.here);
        let mut findings = local::look(&home, around);
        findings.extend(settings_findings(location, settings));
        let broker = session::settings(global, around, false)?;
        let user = broker.user.clone();
        match Bus::connect(broker).await {
            Ok(bus) => findings.extend(remote::look(&bus, &user, global.timeout).await),
            Err(error) => findings.push(without_broker(error)),
        }
        print(&findings, output)
    }
}

fn without_broker(error: ConnectError) -> Finding {
    let cause = error.source().map(|cause| format!(" ({cause})")).unwrap_or_default();
    let failure = Failure::from(error);
    let level = if failure.exit() == Exit::Silent { Level::Silent } else { Level::Problem };
    let mend = "do what the sentence says; without the broker the rest cannot be looked at";
    Finding::new("broker", level, format!("{failure}{cause}"), mend)
}

fn settings_findings(location: &Location, settings: &Settings) -> Vec<Finding> {
    let mut findings: Vec<_> = settings
        .mistakes
        .iter()
        .map(|mistake| {
            let says = Language::English.say(&mistake.in_file(location.path()));
            Finding::new("settings", Level::Problem, says, "rental config --check tells every line; mend the file")
        })
        .collect();
    if findings.is_empty() {
        findings.push(Finding::ok("settings", "no mistake in the file or the environment"));
    }
    if settings.is_read_only.value {
        let says = format!("read-only ({}): nothing can be changed here", config::origin(settings.is_read_only.origin));
        findings.push(Finding::ok("settings", says));
    }
    findings
}

fn print(findings: &[Finding], output: &mut Output<'_>) -> Result<Exit, Failure> {
    let worst = findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok);
    if output.is_json {
        let all: Vec<_> = findings.iter().map(to_json).collect();
        output.json(&json!({ "level": worst.word(), "findings": all }))?;
    } else {
        for finding in findings {
            output.sentence(&format!("{:<8} {:<9} {}", finding.level.word(), finding.area, finding.says))?;
            if !finding.mend.is_empty() {
                output.sentence(&format!("{:18} -> {}", "", finding.mend))?;
            }
        }
    }
    Ok(match worst {
        Level::Ok | Level::Warning => Exit::Done,
        Level::Problem => Exit::Checked(1),
        Level::Silent => Exit::Silent,
    })
}

fn to_json(finding: &Finding) -> Value {
    json!({ "area": finding.area, "level": finding.level.word(), "says": finding.says, "mend": finding.mend })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::printed;

    #[test]
    fn every_finding_says_how_to_mend_it_and_the_worst_counts() {
        let findings = [
            Finding::ok("broker", "nats-server 2.15.1"),
            Finding::new("disk", Level::Problem, "the disk is full", "free space"),
        ];
        let mut exit = Exit::Done;
        let (out, _) = printed(false, |output| exit = print(&findings, output).unwrap());
        assert_eq!(exit, Exit::Checked(1));
        assert!(out.contains("problem  disk      the disk is full\n") && out.contains("-> free space"), "{out}");
        let silent = [Finding::new("services", Level::Silent, "order does not answer", "start it")];
        printed(true, |output| assert_eq!(print(&silent, output).unwrap(), Exit::Silent));
        let warned = [Finding::new("terminal", Level::Warning, "narrow", "make it wider")];
        printed(true, |output| assert_eq!(print(&warned, output).unwrap(), Exit::Done));
    }
}
