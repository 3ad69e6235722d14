//! The command line: what can be typed.

use crate::cli::failure::Exit;
use crate::cli::{
    audit, config, doctor, events, journal, order, orders, pages, parked, payments, rentals, status, stock,
};
use clap::builder::{PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Parser, Subcommand};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

const ABOUT: &str = "\
The desk of the rental service: requests, cancellations, stock, and what became of them.

Alone, `rental` opens the console. With a command it does one thing and ends, for scripts and other systems.";

const EXAMPLES: &str = "\
Examples:
  rental                                          open the console
  rental request --product 2 --qty 10 --amount 10
  rental order 2
  rental orders --status active --limit 20
  rental events --follow --json | jq .eventType
  rental cancel --order 2 --reason 'changed their mind'
";

fn after() -> String {
    format!("{EXAMPLES}\nExit codes:\n{}", Exit::explained())
}

const GLOBAL: &str = "Global options";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "rental",
    version,
    about = "The desk of the rental service",
    long_about = ABOUT,
    after_help = after(),
    max_term_width = 110,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = GLOBAL)]
pub(crate) struct Global {
    /// Print JSON on stdout: the service's answer, or {"error":{"code","message"}}
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The installation: its keys, data and logs [default: the nearest .rental here or above]
    #[arg(long, global = true, env = "RENTAL_HOME", hide_env_values = true, value_name = "FOLDER")]
    pub(crate) home: Option<PathBuf>,
    #[arg(
        help = "The broker [default: port RENTAL_NATS_PORT or 4222 of this machine]",
        long, global = true, env = "RENTAL_NATS_URL", hide_env_values = true, value_name = "URL",
        value_parser = BrokerUrl
    )]
    pub(crate) nats_url: Option<String>,
    /// Trust the authorities in this PEM file, and talk to the broker with TLS only [default: the system's]
    #[arg(long, global = true, env = "RENTAL_TLS_CA", hide_env_values = true, value_name = "FILE")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// The certificate to show to the broker, in PEM
    #[arg(long, global = true, env = "RENTAL_TLS_CERT", hide_env_values = true, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The secret key of that certificate, in PEM
    #[arg(long, global = true, env = "RENTAL_TLS_KEY", hide_env_values = true, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Whose key to use: FOLDER/keys/USER.nk
    #[arg(
        long, global = true, value_name = "USER", default_value = "staff",
        value_parser = PossibleValuesParser::new(rental_bus::keys::USERS)
    )]
    pub(crate) user: String,
    /// Who is to be recorded as having asked [default: $USER]
    #[arg(
        long, global = true, env = "RENTAL_ACTOR", hide_env_values = true, value_name = "NAME",
        value_parser = actor
    )]
    pub(crate) actor: Option<String>,
    /// How long to wait for an answer, in seconds
    #[arg(
        long, global = true, value_name = "SECONDS", default_value = "3", allow_negative_numbers = true,
        value_parser = timeout
    )]
    pub(crate) timeout: Duration,
    /// Refuse every command that changes something
    #[arg(
        long, global = true, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
        require_equals = true
    )]
    pub(crate) read_only: Option<bool>,
    /// The console's language [default: the locale's]
    #[arg(long, global = true, value_name = "LANGUAGE", value_parser = PossibleValuesParser::new(["auto", "en", "ko"]))]
    pub(crate) lang: Option<String>,
    /// The console's colours [default: by the terminal's background]
    #[arg(
        long, global = true, value_name = "THEME",
        value_parser = PossibleValuesParser::new(["auto", "dark", "light", "high-contrast", "none"])
    )]
    pub(crate) theme: Option<String>,
    /// Append the program's own log to this file; as much as `RUST_LOG` says, else `info`
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) log_file: Option<PathBuf>,
    /// Draw the console with ASCII characters only
    #[arg(long, global = true)]
    pub(crate) ascii: bool,
    #[arg(
        help = "The settings [default: rental/config.toml in $XDG_CONFIG_HOME or ~/.config]",
        long,
        global = true,
        env = "RENTAL_CONFIG",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub(crate) config: Option<PathBuf>,
    /// Leave the mouse to the terminal
    #[arg(long, global = true)]
    pub(crate) no_mouse: bool,
}

/// One thing to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Request(rentals::Request),
    Cancel(rentals::Cancel),
    End(rentals::End),
    Order(order::One),
    Orders(orders::List),
    Stock(stock::Show),
    Register(stock::Register),
    Adjust(stock::Adjust),
    Checkin(stock::CheckIn),
    Events(events::Events),
    Journal(journal::Journal),
    Status(status::Status),
    Audit(audit::Audit),
    Doctor(doctor::Doctor),
    Parked(parked::Parked),
    Payments(payments::Payments),
    Config(config::Config),
    Completions(pages::Completions),
    Man(pages::Man),
}

impl Command {
    /// Its name if it changes something; else none.
    pub(crate) fn change(&self) -> Option<&'static str> {
        match self {
            Self::Request(_) => Some("request"),
            Self::Cancel(_) => Some("cancel"),
            Self::End(_) => Some("end"),
            Self::Register(_) => Some("register"),
            Self::Adjust(_) => Some("adjust"),
            Self::Checkin(_) => Some("checkin"),
            Self::Parked(parked) => parked.change(),
            Self::Payments(payments) => payments.change(),
            Self::Order(_)
            | Self::Orders(_)
            | Self::Stock(_)
            | Self::Events(_)
            | Self::Journal(_)
            | Self::Status(_)
            | Self::Audit(_)
            | Self::Doctor(_)
            | Self::Config(_)
            | Self::Completions(_)
            | Self::Man(_) => None,
        }
    }
}

/// What every command that changes something takes.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Once {
    /// Names this request: sent again with the same id, it is not carried out twice
    #[arg(long, value_name = "ID", value_parser = request_id)]
    pub(crate) request_id: Option<String>,
}

/// Takes an address without a password in it. A refused one is not repeated:
/// it may come from the environment, and the refusal go to a log.
#[derive(Debug, Clone)]
struct BrokerUrl;

impl TypedValueParser for BrokerUrl {
    type Value = String;

    fn parse_ref(&self, command: &clap::Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        let url = StringValueParser::new().parse_ref(command, arg, value)?;
        let refused = |why| clap::Error::raw(ErrorKind::ValueValidation, format!("the broker's URL: {why}\n"));
        rental_bus::check_url(&url).map_err(|why| refused(why).with_cmd(command))?;
        Ok(url)
    }
}

fn actor(text: &str) -> Result<String, String> {
    let text = text.trim();
    if (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err("expected a name: 1 to 64 characters without control characters".to_owned())
    }
}

fn request_id(text: &str) -> Result<String, String> {
    if (1..=100).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("expected a request id: 1 to 100 ASCII characters without spaces".to_owned())
    }
}

fn timeout(text: &str) -> Result<Duration, String> {
    match text.trim().parse::<f64>() {
        Ok(seconds) if (0.1..=600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("expected a time in seconds, from 0.1 to 600".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn refused(line: &str) -> String {
        let error = Cli::try_parse_from(line.split_whitespace()).expect_err(line);
        assert_eq!(error.exit_code(), 2, "{line}");
        error.render().to_string()
    }

    #[test]
    fn the_definitions_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_wrong_number_is_told_what_is_expected() {
        let quantity = "a quantity: a whole number from 1 to 1000000000";
        for (line, expected) in [
            ("rental request --product 2 --qty -1 --amount 10", quantity),
            ("rental request --product 2 --qty 0 --amount 10", quantity),
            ("rental request --product 2 --qty ten --amount 10", quantity),
            ("rental request --product 2 --qty 1.5 --amount 10", quantity),
            ("rental request --product 2 --qty 1 --amount -1", "whole won from 0"),
            ("rental request --product 0 --qty 1 --amount 1", "a product id: a whole number from 1"),
            ("rental order -2", "an order id: a whole number from 1"),
            ("rental cancel --order x", "an order id: a whole number from 1"),
            ("rental cancel --order 2 --reason ", "required"),
            ("rental stock 0", "a product id"),
            ("rental orders --limit 0", "1 to 100000"),
            ("rental orders --limit -5", "1 to 100000"),
            ("rental orders --status gone", "shortCancelled"),
            ("rental adjust --product 1 --delta 0 --reason counted", "not 0"),
            ("rental adjust --product 1 --from shelf --to down --qty 1 --reason x", "available, down, lost, outside"),
            ("rental register --name CAMERA --qty -5", "0 to 1000000000"),
            ("rental checkin --order 2 --down -1", "0 to 1000000000"),
            ("rental status --timeout 0", "from 0.1 to 600"),
            ("rental status --timeout -3", "from 0.1 to 600"),
            ("rental status --nats-url http://x", "nats://HOST:PORT"),
            ("rental status --nats-url nats://user:secret@x", "never in the URL"),
            ("rental status --user ../root", "inspect"),
            ("rental audit --stuck-after soon", "from 0 to 86400"),
            ("rental parked retry sales 1", "logistics"),
            ("rental parked drop billing 1", "--reason"),
            ("rental payments settle --order 1 --outcome refunded", "--reason"),
            ("rental payments settle --order 1 --outcome refundDeclined --reason x", "charged, declined, refunded"),
        ] {
            let said = refused(line);
            assert!(said.contains(expected), "{line}\n{said}");
        }
    }

    #[test]
    fn a_correction_is_a_change_or_a_move_but_not_both_and_not_half() {
        for line in [
            "rental adjust --product 1 --reason counted",
            "rental adjust --product 1 --delta -1 --qty 2 --reason counted",
            "rental adjust --product 1 --from available --to down --reason counted",
            "rental adjust --product 1 --to down --qty 1 --reason counted",
            "rental adjust --product 1 --qty 1 --reason counted",
        ] {
            refused(line);
        }
        let neither = refused("rental adjust --product 1 --reason counted");
        assert!(neither.contains("--delta <UNITS>|--from <PLACE>"), "{neither}");
        for line in [
            "rental adjust --product 1 --delta -1 --reason counted",
            "rental adjust --product 1 --from available --to down --qty 1 --reason counted",
        ] {
            assert!(Cli::try_parse_from(line.split_whitespace()).is_ok(), "{line}");
        }
    }

    #[test]
    fn global_options_are_taken_before_and_behind_the_command() {
        for line in ["rental --json --timeout 0.5 status", "rental status --json --timeout 0.5"] {
            let cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
            assert!(cli.global.json);
            assert_eq!(cli.global.timeout, Duration::from_millis(500));
        }
    }

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
        for name in crate::settings::Name::ALL {
            assert!(rental_bus::variables::KNOWN.contains(&name.variable()), "{name:?}");
        }
    }

    #[test]
    fn every_command_explains_itself_with_an_example() {
        for command in Cli::command().get_subcommands_mut() {
            let help = command.render_long_help().to_string();
            assert!(help.contains("Examples:") && help.contains("  rental "), "{help}");
        }
    }
}
