//! The `rental` command line: one thing, done or refused, with an exit code.
//!
//! [`args`] is what can be typed; each command's own arguments stand with what
//! it does ([`rentals`], [`order`], [`orders`], [`stock`], [`events`],
//! [`journal`], [`status`], [`audit`], [`doctor`], [`parked`], [`payments`], [`config`], [`pages`]). [`session`] asks the services,
//! [`output`] speaks, and [`failure`] knows the exit codes.

pub(crate) mod args;
pub(crate) mod audit;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod failure;
pub(crate) mod journal;
pub(crate) mod log;
pub(crate) mod options;
pub(crate) mod order;
pub(crate) mod orders;
pub(crate) mod output;
pub(crate) mod pages;
pub(crate) mod parked;
pub(crate) mod payments;
pub(crate) mod rentals;
pub(crate) mod session;
pub(crate) mod status;
pub(crate) mod stdout;
pub(crate) mod stock;
pub(crate) mod table;

use crate::app::run;
use crate::cli::args::{Cli, Command};
use crate::cli::failure::{Exit, Failure};
use crate::cli::options::Global;
use crate::cli::output::Output;
use crate::cli::session::{Session, Surroundings};
use crate::config::{Given, Location, Settings};
use crate::core::log as core_log;
use crate::zone::Zone;
use crate::{app, i18n};
use clap::{CommandFactory, Parser};
use rental_bus::{Bus, ConnectError};
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use tokio::runtime;

/// Does what the process was started for.
pub(crate) fn main() -> ExitCode {
    let around = Surroundings {
        here: std::env::current_dir().unwrap_or_default(),
        nats_port: std::env::var("RENTAL_NATS_PORT").ok(),
        login: std::env::var("USER").ok(),
        is_terminal: std::io::stdin().is_terminal() && std::io::stdout().is_terminal(),
        variables: std::env::vars_os()
            // A value that is no text must not be as good as none: what it was to be may protect.
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
            .collect(),
    };
    let arguments: Vec<OsString> = std::env::args_os().collect();
    run(&arguments, &around, &mut *stdout::stdout(), &mut std::io::stderr()).into()
}

fn run(arguments: &[OsString], around: &Surroundings, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let wants_json = arguments.iter().any(|argument| argument == "--json");
    let mut output = Output::new(wants_json, Zone::unknown(), out, err);
    let ended = match Cli::try_parse_from(arguments) {
        Ok(Cli { mut global, command }) => {
            let (location, settings) = settings(&global, around);
            global.actor.clone_from(&settings.operator.value);
            output.zone = settings.zone.clone();
            match command {
                Some(command) => perform(&global, command, around, (&location, &settings), &mut output),
                None => open_console(&global, around, location, settings),
            }
        }
        Err(error) if error.use_stderr() => {
            output.usage(&error.render().to_string());
            Ok(Exit::Usage)
        }
        // `--help` and `--version` are answers too.
        Err(answer) => answer.print().map(|()| Exit::Done).map_err(Failure::from),
    };
    match output.end(ended) {
        Ok(exit) => exit,
        Err(failure) if failure.is_closed_pipe() => Exit::Done,
        Err(failure) => {
            output.failure(&failure);
            failure.exit()
        }
    }
}

/// The settings that count for this run, and the file they may come from.
fn settings(global: &Global, around: &Surroundings) -> (Location, Settings) {
    let location = Location::of(global.config.as_deref(), &around.variables);
    let given = Given {
        language: global.lang.clone(),
        operator: global.actor.clone(),
        theme: global.theme.clone(),
        is_ascii: global.ascii,
        is_read_only: global.read_only,
        has_no_mouse: global.no_mouse,
    };
    let settings = Settings::load(&location, &given, &around.variables);
    (location, settings)
}

/// Carries out one command.
fn perform(
    global: &Global,
    command: Command,
    around: &Surroundings,
    (location, settings): (&Location, &Settings),
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    match &command {
        Command::Completions(asked) => return asked.print(Cli::command(), output),
        Command::Man(asked) => return asked.print(Cli::command(), output),
        Command::Config(asked) if asked.is_check() => return asked.run(location, settings, output),
        _ => {}
    }
    for mistake in &settings.mistakes {
        output.note(&i18n::Language::English.say(&mistake.in_file(location.path())));
    }
    if let Command::Config(asked) = &command {
        return asked.run(location, settings, output);
    }
    if let Some(name) = command.change().filter(|_| settings.is_read_only.value) {
        return Err(Failure::ReadOnly { command: name, by: config::origin(settings.is_read_only.origin) });
    }
    log::to_stderr(global.log_file.as_deref())?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::Failed(error.to_string()))?.block_on(async {
        if let Command::Doctor(asked) = &command {
            return asked.run(global, around, (location, settings), output).await;
        }
        match (Session::connect(global, around).await, &command) {
            (Ok(session), _) => call(&session, command, output).await,
            (Err(Failure::Connect(error @ ConnectError::Unreachable { .. })), Command::Status(asked)) => {
                asked.show_without_broker(&error, &session::settings(global, around, false)?.url, output)
            }
            (Err(failure), Command::Status(asked)) => asked.not_made(&failure, output)?.ok_or(failure),
            (Err(failure), _) => Err(failure),
        }
    })
}

/// Carries out a command that needs the services.
async fn call(session: &Session, command: Command, output: &mut Output<'_>) -> Result<Exit, Failure> {
    match command {
        Command::Request(asked) => asked.send(session, output).await,
        Command::Cancel(asked) => asked.send(session, output).await,
        Command::End(asked) => asked.send(session, output).await,
        Command::Order(asked) => asked.show(session, output).await,
        Command::Orders(asked) => asked.show(session, output).await,
        Command::Stock(asked) => asked.show(session, output).await,
        Command::Register(asked) => asked.send(session, output).await,
        Command::Adjust(asked) => asked.send(session, output).await,
        Command::Checkin(asked) => asked.send(session, output).await,
        Command::Events(asked) => asked.show(session, output).await,
        Command::Journal(asked) => asked.show(session, output).await,
        Command::Status(asked) => asked.show(session, output).await,
        Command::Audit(asked) => asked.run(session, output).await,
        Command::Parked(asked) => asked.run(session, output).await,
        Command::Payments(asked) => asked.run(session, output).await,
        Command::Completions(asked) => asked.print(Cli::command(), output),
        Command::Man(asked) => asked.print(Cli::command(), output),
        // They need no connection, or make their own.
        Command::Config(_) | Command::Doctor(_) => Ok(Exit::Done),
    }
}

fn open_console(
    global: &Global,
    around: &Surroundings,
    location: Location,
    settings: Settings,
) -> Result<Exit, Failure> {
    if global.json || !around.is_terminal {
        let why = if global.json { "prints no JSON" } else { "needs a terminal on stdin and stdout" };
        let commands = Cli::command();
        let names: Vec<_> = commands.get_subcommands().map(clap::Command::get_name).collect();
        return Err(Failure::Usage(format!(
            "the console {why}; name a command: {} (see rental --help)",
            names.join(", ")
        )));
    }
    let broker = session::settings(global, around, true)?;
    let log = core_log::Sink::default();
    log::to_screen(&log, global.log_file.as_deref())?;
    let options = app::Options {
        language: settings.spoken(&around.variables),
        operator: session::actor(global, around),
        look: settings.look(&around.variables),
        glyphs: settings.drawn(&around.variables),
        location,
        settings,
    };
    // The loop has this thread for itself. One more is enough for the broker, and
    // wakes up less often than several that hand each other what arrives.
    let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.map_err(|error| Failure::Failed(error.to_string()))?.block_on(async {
        let bus = Bus::connect(broker).await?;
        run::run(bus, options, log).await.map_err(|error| Failure::Failed(format!("{error:#}")))?;
        Ok(Exit::Done)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Variables;
    use rental_bus::keys;
    use serde_json::Value;
    use std::path::Path;

    /// Exit, stdout and stderr of a run in `here`, without a terminal.
    fn ran(line: &str, here: &Path) -> (Exit, String, String) {
        let around = Surroundings {
            here: here.to_owned(),
            nats_port: None,
            login: None,
            is_terminal: false,
            variables: Variables::new(),
        };
        let arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let exit = run(&arguments, &around, &mut out, &mut err);
        (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    /// An installation whose broker does not run: its folder, and the options that name it.
    fn silent_installation() -> (tempfile::TempDir, String) {
        let home = tempfile::tempdir().unwrap();
        keys::ensure(&keys::path(home.path(), "staff")).unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let options = format!("--home {} --nats-url nats://{free}", home.path().display());
        (home, options)
    }

    fn error_of(out: &str) -> Value {
        serde_json::from_str::<Value>(out).unwrap()["error"].clone()
    }

    #[test]
    fn without_a_terminal_the_console_says_so_and_names_the_commands() {
        let (exit, out, err) = ran("rental", Path::new("."));
        assert_eq!((exit, out.as_str()), (Exit::Usage, ""));
        assert!(err.contains("needs a terminal") && err.contains("request, cancel, end, order"), "{err}");
    }

    #[test]
    fn a_wrong_argument_is_a_usage_error_for_people_and_for_programs() {
        let line = "rental request --product 2 --qty -1 --amount 10 --json";
        let (exit, out, err) = ran(line, Path::new("."));
        assert_eq!(exit, Exit::Usage);
        assert!(err.contains("a quantity: a whole number from 1"), "{err}");
        assert_eq!(error_of(&out)["code"], 400);
        assert!(error_of(&out)["message"].as_str().unwrap().contains("a quantity"), "{out}");
    }

    #[test]
    fn an_argument_cannot_send_an_escape_sequence_back() {
        let (exit, _, err) = ran("rental cancel --order \u{1b}[2J", Path::new("."));
        assert_eq!(exit, Exit::Usage);
        assert!(err.chars().all(|c| c == '\n' || !c.is_control()), "{err:?}");
    }

    #[test]
    fn an_installation_without_a_key_is_a_set_up_mistake() {
        let empty = tempfile::tempdir().unwrap();
        let (exit, out, err) = ran(&format!("rental stock --json --home {}", empty.path().display()), empty.path());
        assert_eq!(exit, Exit::Usage);
        assert!(err.contains("there is no key"), "{err}");
        assert_eq!(error_of(&out)["code"], 400);
    }

    #[test]
    fn a_broker_that_does_not_answer_is_exit_three() {
        let (_home, options) = silent_installation();
        for command in ["request --product 2 --qty 1 --amount 1", "orders", "events --follow", "parked list"] {
            let (exit, out, err) = ran(&format!("rental {command} --json {options}"), Path::new("."));
            assert_eq!(exit, Exit::Silent, "{command}: {err}");
            assert!(err.contains("no broker answers at"), "{err}");
            assert_eq!(error_of(&out)["code"], 503);
        }
    }

    #[test]
    fn status_says_what_it_can_without_a_broker() {
        let (_home, options) = silent_installation();
        let (exit, out, _) = ran(&format!("rental status --json {options}"), Path::new("."));
        let report: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(exit, Exit::Silent);
        assert_eq!(report["broker"]["isUp"], false);
        assert_eq!(report["contexts"].as_array().unwrap().len(), 5);
    }

    #[test]
    fn read_only_refuses_every_change_before_anything_is_sent() {
        for command in [
            "request --product 2 --qty 1 --amount 1",
            "cancel --order 2",
            "end --order 2",
            "register --name CAMERA --qty 5",
            "adjust --product 1 --delta -1 --reason counted",
            "checkin --order 2",
            "parked retry billing 1",
            "parked drop billing 1 --reason junk",
            "payments retry --order 1",
            "payments settle --order 1 --outcome refunded --reason cash",
        ] {
            let (exit, out, err) = ran(&format!("rental --read-only {command}"), Path::new("."));
            assert_eq!((exit, out.as_str()), (Exit::Refused, ""), "{command}");
            assert!(err.contains("--read-only"), "{err}");
        }
    }
}
