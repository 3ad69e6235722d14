//! The command line: what can be typed.

use crate::cli::failure::Exit;
use crate::cli::options::Global;
use crate::cli::{
    audit, config, doctor, events, journal, order, orders, pages, parked, payments, rentals, status, stock,
};
use clap::{Parser, Subcommand};

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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use std::time::Duration;

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
        for name in crate::config::Name::ALL {
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
