//! `rental-stack`: a local installation, up and down.

mod say;
mod status;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use rental_model::Context;
use rental_model::wording::counted;
use rental_stack::{Ending, Home, Options, Ownership, Progress, SUPERVISOR, Up, mend, permissions};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// The shop is open, but not all of it serves.
const PARTLY: u8 = 3;
/// What a shell shows of a command that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

/// Start, stop and look after a local installation of the rental service.
///
/// It consists of one broker (nats-server) and five workers. Several can live
/// side by side: give each its own home and port.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cli {
    /// The installation's folder: data, keys, logs
    #[arg(long, env = "RENTAL_HOME", default_value = ".rental", global = true)]
    home: PathBuf,

    /// The broker's port on this machine
    #[arg(long, env = "RENTAL_NATS_PORT", default_value_t = 4222, value_parser = clap::value_parser!(u16).range(1..), global = true)]
    port: u16,

    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str =
    "Exit codes: 0 done; 1 not done; 2 misused; 3 up, but not all five workers serve; 130 interrupted.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Start what is not running under a supervisor, and wait until all five workers serve
    Up(Programs),
    /// End everything that runs in the home: the supervisor, the workers, then the broker
    Down,
    /// Show which processes run, and how the workers are (exit 1 unless all serve)
    Status,
    /// What `up` starts in the background: run broker and workers, start again what dies
    ///
    /// SIGTERM or SIGINT: end the workers, then the broker. SIGHUP: try again
    /// what was given up. If it is killed, what it looked after lives on, and
    /// the next one takes it over.
    Supervise(Programs),
    /// Make the users' keys if they are missing, write what the broker reads (nats.conf, keys.conf)
    /// and print the public keys
    Keys(Keys),
    /// Write into a broker's configuration what each user may do, where it follows from the program
    ///
    /// Only what stands between `# <permissions: …>` and `# </permissions>` is
    /// written anew. For developers, and for a nats.conf of one's own after an
    /// upgrade.
    Permissions {
        /// The file
        #[arg(value_name = "NATS_CONF")]
        file: PathBuf,
    },
    /// Mend a stream that has a hole: have its whole ledger published anew
    ///
    /// Checks that the ledger has everything, stops the installation, sets the
    /// stream's folder aside (HOME/aside, to be removed by hand), brings the
    /// installation up again and waits until the stream is whole.
    MendStream(MendStream),
}

#[derive(Debug, Args)]
struct Programs {
    /// The nats-server program [default: the first on the PATH]
    #[arg(long, env = "RENTAL_NATS_SERVER")]
    nats_server: Option<PathBuf>,

    /// The folder of rental-worker [default: beside this program]
    #[arg(long, env = "RENTAL_BIN_DIR")]
    bin_dir: Option<PathBuf>,

    /// The broker's configuration [default: the one this version was built with]
    #[arg(long, env = "RENTAL_NATS_CONF")]
    nats_conf: Option<PathBuf>,

    /// A port of this machine (8222, say) for looking at the broker itself: its monitoring pages,
    /// and the `nats` tool as user `system` [default: neither]
    #[arg(long, env = "RENTAL_NATS_MONITORING", value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    monitoring: Option<u16>,

    /// Seconds all five may take until they serve
    #[arg(long, default_value_t = 30)]
    patience: u64,
}

#[derive(Debug, Args)]
struct Keys {
    /// Give this user another key, and have the running broker take it: whoever has the old one is
    /// put out, workers come back by themselves
    #[arg(long, value_name = "USER")]
    rotate: Vec<String>,
}

#[derive(Debug, Args)]
struct MendStream {
    /// ORDER, INVENTORY, BILLING or LOGISTICS
    #[arg(value_parser = |name: &str| name.to_lowercase().parse::<Context>())]
    stream: Context,

    #[command(flatten)]
    programs: Programs,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    for unknown in rental_bus::variables::unknown_here() {
        say::error(&unknown.to_string());
    }
    match run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            say::error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let home = Home::new(&cli.home)?;
    match cli.command {
        Command::Up(programs) => return bring_up(&home, &programs.options(&home, cli.port)).await,
        Command::Down => take_down(&home).await?,
        Command::Status => status::show(&home).await?,
        Command::Supervise(programs) => rental_stack::supervise(&programs.options(&home, cli.port)).await?,
        Command::Keys(keys) => manage_keys(&home, &keys.rotate).await?,
        Command::Permissions { file } => write_permissions(&file)?,
        Command::MendStream(MendStream { stream, programs }) => {
            return mend_stream(&home, &programs.options(&home, cli.port), stream).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Programs {
    fn options(self, home: &Home, port: u16) -> Options {
        Options {
            ownership: Ownership::Detached,
            nats_server: self.nats_server,
            bin_dir: self.bin_dir,
            broker_config: self.nats_conf,
            monitoring: self.monitoring,
            patience: Duration::from_secs(self.patience),
            ..Options::new(home.root(), port)
        }
    }
}

async fn bring_up(home: &Home, options: &Options) -> anyhow::Result<ExitCode> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let has_begun = AtomicBool::new(false);
    let mut progress = say::Progress::new();
    let outcome = tokio::select! {
        outcome = rental_stack::up(options, |at: &Progress| progress.show(&at.to_string()), &has_begun) => Some(outcome),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
    };
    progress.end();
    match outcome {
        Some(Ok(up)) => Ok(tell(home, &up)),
        Some(Err(error)) => {
            rental_stack::undo(home, &has_begun).await?;
            Err(error.into())
        }
        None => {
            rental_stack::undo(home, &has_begun).await?;
            say::error("interrupted; what was started has been ended again");
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

async fn mend_stream(home: &Home, options: &Options, context: Context) -> anyhow::Result<ExitCode> {
    let Some(damage) = mend::damage(home, &options.url(), context).await? else {
        say::line("nothing is missing from that stream, as far as its worker has read it; nothing was changed");
        return Ok(ExitCode::SUCCESS);
    };
    say::line(&damage);
    take_down(home).await?;
    let mended = mend::check_ledger(options, context).and_then(|ledger| {
        say::line(&ledger);
        mend::set_aside(home, context)
    });
    // The shop opens again, mended or not.
    let code = bring_up(home, options).await?;
    say::line(&format!("the stream as it was is in {}", mended?.display()));
    let mut progress = say::Progress::new();
    let say = |published, journal| {
        progress.show(&format!("{published} of {journal} {} published", counted(journal, "event")));
    };
    let outcome = mend::published_anew(home, &options.url(), context, say).await;
    progress.end();
    let events = outcome?;
    say::line(&format!("mended: {events} {}; check with: rental audit", counted(events, "event")));
    Ok(code)
}

/// Says what is up; answers with the exit code.
fn tell(home: &Home, up: &Up) -> ExitCode {
    let word = if up.was_up { "already up" } else { "up" };
    let supervised = if up.was_up && up.is_newly_supervised { ", looked after by a new supervisor" } else { "" };
    let logs = home.logs();
    let (address, logs) = (&up.address, logs.display());
    for (context, alert) in &up.alerts {
        say::line(&format!("{context}: {alert}"));
    }
    if up.failing.is_empty() {
        say::line(&format!("{word}: broker at {address}, five workers serve{supervised}; logs in {logs}"));
        return ExitCode::SUCCESS;
    }
    for (context, why) in &up.failing {
        say::line(&format!("{context} does not serve: {why}"));
    }
    let serving = 5 - up.failing.len();
    say::line(&format!(
        "{word}, but not whole: broker at {address}, {serving} of 5 workers serve{supervised}; logs in {logs}"
    ));
    ExitCode::from(PARTLY)
}

async fn manage_keys(home: &Home, rotate: &[String]) -> anyhow::Result<()> {
    for (user, key) in home.prepare()? {
        if rotate.is_empty() {
            say::line(&format!("{}={key}", rental_stack::nkey_variable(user)));
        }
    }
    if rotate.is_empty() {
        return Ok(home.write_config()?);
    }
    let _lock = home.lock()?;
    for user in rotate {
        let word = if rental_stack::rotate(home, user).await? {
            "the broker knows it"
        } else {
            "no broker runs here; yours takes it at its next start, or with nats-server --signal reload"
        };
        say::line(&format!("{user} has another key; {word}"));
    }
    Ok(())
}

fn write_permissions(file: &Path) -> anyhow::Result<()> {
    let name = file.display();
    let config = std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?;
    let renewed = permissions::renewed(&config).with_context(|| format!("{name} was left as it is"))?;
    if renewed == config {
        say::line(&format!("{name} is as it must be"));
    } else {
        std::fs::write(file, renewed).with_context(|| format!("{name} cannot be written"))?;
        say::line(&format!(
            "{name} has been brought up to date; a running broker takes it with nats-server --signal reload"
        ));
    }
    Ok(())
}

async fn take_down(home: &Home) -> anyhow::Result<()> {
    let _lock = if home.pids().is_dir() { Some(home.lock_within(Duration::from_mins(1)).await?) } else { None };
    let ended = rental_stack::down(home).await?;
    for (name, ending) in &ended {
        if *ending == Ending::Killed {
            say::line(&format!("{name} did not end within 10 s and was killed; see {}", home.log(name).display()));
        }
    }
    let names: Vec<&str> = ended.iter().map(|(name, _)| name.as_str()).filter(|name| *name != SUPERVISOR).collect();
    say::line(&match (names.is_empty(), ended.is_empty()) {
        (true, true) => "nothing was running".to_owned(),
        (true, false) => format!("stopped: {SUPERVISOR}; nothing else was running"),
        (false, _) => format!("stopped: {}", names.join(", ")),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// What is read is known to all our programs, which say of the rest that nobody reads it.
    #[test]
    fn every_variable_that_is_read_is_listed() {
        fn check(command: &clap::Command) {
            for variable in command.get_arguments().filter_map(clap::Arg::get_env) {
                let variable = variable.to_string_lossy();
                assert!(rental_bus::variables::KNOWN.contains(&&*variable), "{variable}");
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
