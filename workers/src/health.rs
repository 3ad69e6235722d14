//! `rental-worker health <context>`: how the worker on this machine is.

use crate::arguments;
use clap::Parser;
use rental_bus::health::{BEHIND_FOR, EXIT_CODES, Health};
use rental_model::Context;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Ask the worker of a context that runs on this machine how it is: one line, and an exit code.
///
/// It answers itself, at its socket in HOME/run: neither the broker nor a key is needed, and it takes two
/// seconds at most.
#[derive(Debug, Parser)]
#[command(name = "rental-worker health", version, after_help = help())]
pub(crate) struct HealthCheck {
    /// order, inventory, billing, logistics or totalview
    context: Context,

    /// Only whether it does its work: serves, has its broker, is not behind; alerts are left out
    #[arg(long, conflicts_with = "live")]
    ready: bool,

    /// Only whether it is alive: its engine turns, with or without a broker
    #[arg(long)]
    live: bool,

    /// For how many seconds it may be behind
    #[arg(long, value_name = "SECS", default_value_t = BEHIND_FOR.as_secs())]
    behind_for: u64,

    /// The folder of this installation
    #[arg(long, env = "RENTAL_HOME", default_value = ".rental", value_name = "DIR")]
    home: PathBuf,
}

fn help() -> String {
    format!(
        "{EXIT_CODES}\n\nExamples:\n  rental-worker health order\n  \
         rental-worker health order --live                   a liveness probe\n  \
         rental-worker health order --ready --behind-for 30  a readiness probe"
    )
}

impl HealthCheck {
    pub(crate) fn run(&self) -> ExitCode {
        let health = self.ask();
        // Whoever does not want to read it has the code.
        let _ = writeln!(std::io::stdout(), "{health}");
        ExitCode::from(health.verdict.exit_code())
    }

    fn ask(&self) -> Health {
        let what = if self.live {
            "livez"
        } else if self.ready {
            "readyz"
        } else {
            "healthz"
        };
        let question = format!("/{what}?behind-for={}", self.behind_for);
        rental_runtime::observe::probe(&arguments::socket(&self.home, self.context), &question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use rental_bus::health::Verdict;

    #[test]
    fn the_command_line_is_consistent_and_names_the_exit_codes() {
        HealthCheck::command().debug_assert();
        assert!(HealthCheck::command().render_long_help().to_string().contains("7  behind"));
    }

    #[test]
    fn where_no_worker_runs_it_is_down() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_string_lossy().into_owned();
        let check = HealthCheck::parse_from(["rental-worker health", "order", "--live", "--home", &home]);
        assert_eq!(check.ask().verdict, Verdict::Down);
    }
}
