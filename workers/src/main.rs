//! One bounded context as a process: `rental-worker <context>`.
//!
//! Reads its configuration, opens its redb file, connects, and runs the
//! context until SIGTERM, SIGINT or SIGHUP; then it finishes what it began, publishes it,
//! and exits 0. A failure exits 1 with a sentence, and loses nothing that was
//! answered; 78 if starting again cannot help before somebody has done what the
//! sentence says.

mod arguments;
mod health;
mod log;
mod misspelled;
mod registry;

use arguments::Arguments;
use clap::Parser;
use health::HealthCheck;
use log::Log;
use rental_model::wording::counted;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How long queries under way may take to end once the worker has; they have the data file open.
const END_WITHIN: Duration = Duration::from_secs(5);

/// `EX_CONFIG` of `sysexits.h`: whoever restarts workers can leave this one be.
const HOPELESS: u8 = 78;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|first| first == "health") {
        tell_misspelled();
        return HealthCheck::parse_from(std::env::args_os().skip(1)).run();
    }
    let arguments = Arguments::parse();
    if arguments.verify {
        tell_misspelled();
        return verify(&arguments);
    }
    let log = Log::start(&arguments);
    if let Err(error) = misspelled::tell(rental_bus::variables::unknown_here(), arguments.context) {
        tracing::error!(context = %arguments.context, "{error}");
        return ExitCode::from(HOPELESS);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "cannot start");
            return ExitCode::FAILURE;
        }
    };
    runtime.spawn(log.tell_losses());
    let ended = runtime.block_on(run(&arguments));
    runtime.shutdown_timeout(END_WITHIN);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(context = %arguments.context, "{error:#}");
            let is_hopeless = error.downcast_ref().is_some_and(rental_runtime::driver::RunError::is_hopeless);
            if is_hopeless { ExitCode::from(HOPELESS) } else { ExitCode::FAILURE }
        }
    }
}

/// Says on stderr which variables count for nothing.
fn tell_misspelled() {
    for unknown in rental_bus::variables::unknown_here() {
        let _ = writeln!(std::io::stderr(), "rental-worker: {unknown}");
    }
}

/// Checks the data file, which nobody may have open.
fn verify(arguments: &Arguments) -> ExitCode {
    let data = arguments.settings().data;
    match rental_runtime::proof::verify(&data, arguments.context) {
        Ok(events) => {
            let said = format!("{}: {events} {}, each as it was recorded", data.display(), counted(events, "event"));
            // A reader that went away has its answer in the exit code.
            let _ = writeln!(std::io::stdout(), "{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "rental-worker: {:#}", anyhow::Error::from(error));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // Under nohup it is ignored, and is to stay so.
    let mut hangup = if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
    let stop = async move {
        let hung_up = async {
            match &mut hangup {
                Some(hangup) => drop(hangup.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = hung_up => {}
        }
    };
    let settings = arguments.settings();
    rental_runtime::run(registry::policy(arguments), settings, stop).await?;
    Ok(())
}

/// Whether the process was started with SIGHUP ignored: bit 0 of what the kernel says of it.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
