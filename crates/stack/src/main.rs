//! `rental-stack`: a local installation, up and down.

mod say;

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand};
use rental_model::Context;
use rental_stack::{Ending, Home, Options, Ownership, Progress, Stack};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Start, stop and look after a local installation of the rental service.
///
/// It consists of one broker (nats-server) and five workers. Several can live
/// side by side: give each its own home and port.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
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

#[derive(Debug, Subcommand)]
enum Command {
    /// Start what is not running, and wait until all five workers serve
    Up(Up),
    /// Stop what `up` started: the workers first, then the broker
    Down,
    /// Show which processes run, and how the workers are (exit 1 unless all serve)
    Status,
    /// Make the users' keys if they are missing, write what the broker reads (nats.conf, keys.conf)
    /// and print the public keys
    Keys(Keys),
}

#[derive(Debug, Args)]
struct Up {
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

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let home = Home::new(&cli.home)?;
    match cli.command {
        Command::Up(up) => bring_up(&home, cli.port, up).await,
        Command::Down => take_down(&home).await,
        Command::Status => show_status(&home).await,
        Command::Keys(keys) => manage_keys(&home, &keys.rotate).await,
    }
}

async fn bring_up(home: &Home, port: u16, up: Up) -> anyhow::Result<()> {
    home.prepare()?;
    let _lock = home.lock()?;
    let options = Options {
        ownership: Ownership::Detached,
        nats_server: up.nats_server,
        bin_dir: up.bin_dir,
        broker_config: up.nats_conf,
        monitoring: up.monitoring,
        patience: Duration::from_secs(up.patience),
        ..Options::new(home.root(), port)
    };
    let mut progress = say::Progress::new();
    let outcome = Stack::start(&options, |at: &Progress| progress.show(&at.to_string())).await;
    progress.end();
    let stack = outcome?;
    let word = if stack.was_up() { "already up" } else { "up" };
    say::line(&format!("{word}: broker at {}, five workers serve; logs in {}", stack.url(), home.logs().display()));
    Ok(())
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
        let word = match rental_stack::rotate(home, user).await? {
            true => "the broker knows it",
            false => "no broker runs here; yours takes it at its next start, or with nats-server --signal reload",
        };
        say::line(&format!("{user} has another key; {word}"));
    }
    Ok(())
}

async fn take_down(home: &Home) -> anyhow::Result<()> {
    if !home.pids().is_dir() {
        say::line("nothing was running");
        return Ok(());
    }
    let _lock = home.lock()?;
    let ended = rental_stack::down(home).await?;
    for (name, ending) in &ended {
        if *ending == Ending::Killed {
            say::line(&format!("{name} did not end within 10 s and was killed; see {}", home.log(name).display()));
        }
    }
    let names: Vec<&str> = ended.iter().map(|(name, _)| name.as_str()).collect();
    say::line(&if names.is_empty() {
        "nothing was running".to_owned()
    } else {
        format!("stopped: {}", names.join(", "))
    });
    Ok(())
}

async fn show_status(home: &Home) -> anyhow::Result<()> {
    for name in rental_stack::names() {
        let state = match rental_stack::running(home, name) {
            Some(process) => format!("process {:<8} {}", process.pid(), process.address()),
            None => "not running".to_owned(),
        };
        say::line(&format!("{name:<10} {state}"));
    }
    let Some(broker) = rental_stack::running(home, "broker") else { bail!("the broker is not running; ./scripts/up") };
    let bus = rental_stack::staff(home, broker.address()).await.context("how the workers are cannot be asked")?;
    let answers = rental_stack::serving(&bus).await;
    let mut all_serve = true;
    for (context, answer) in answers {
        say::line(&match answer {
            Ok(status) => {
                all_serve &= status.phase == rental_bus::status::Phase::Serving;
                how(context, &status)
            }
            Err(why) => {
                all_serve = false;
                format!("{context:<10} {why}")
            }
        });
    }
    if all_serve { Ok(()) } else { bail!("not all five workers serve") }
}

fn how(context: Context, status: &rental_bus::status::ContextStatus) -> String {
    let lag: u64 = status.heard.values().filter_map(|hearing| hearing.lag).sum();
    let troubles = [String::new()].into_iter().chain(status.troubles.iter().cloned()).collect::<Vec<_>>().join("; ");
    let phase = rental_stack::phase(status.phase);
    format!(
        "{context:<10} {phase}, {} events recorded, {} shipped, {lag} behind, {} parked{troubles}",
        status.journal, status.shipped, status.parked
    )
}
