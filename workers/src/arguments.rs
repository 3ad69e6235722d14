//! The command line, and the environment behind it.

use clap::builder::{StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Parser, ValueEnum};
use rental_bus::keys;
use rental_model::billing::{BillingPolicy, Provider};
use rental_model::{Context, OrderId, Won, inventory};
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Run one bounded context of the rental service.
///
/// Stops on SIGTERM, SIGINT or SIGHUP (not under nohup): finishes what it began, publishes it, and exits 0.
/// Exits 1 on a failure, and 78 if starting again does not help before somebody
/// has done what its last words say: about a damaged data file, say.
/// `rental-worker health <context>` asks one that runs on this machine how it is.
#[derive(Debug, Parser)]
#[command(name = "rental-worker", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// order, inventory, billing, logistics or totalview
    pub(crate) context: Context,

    /// The folder of this installation: its data, keys and logs
    #[arg(long, env = "RENTAL_HOME", default_value = ".rental", value_name = "DIR")]
    home: PathBuf,

    /// Where the broker listens; the brokers of a cluster with commas between [default: this machine, at the port below]
    #[arg(long, env = "RENTAL_NATS_URL", hide_env_values = true, value_name = "URL", value_parser = BrokerUrl)]
    nats_url: Option<String>,

    /// The broker's port on this machine, if no URL is given
    #[arg(long, env = "RENTAL_NATS_PORT", default_value_t = 4222, value_name = "PORT")]
    nats_port: u16,

    /// The redb file [default: HOME/data/CONTEXT.redb]
    #[arg(long, env = "RENTAL_DATA", value_name = "FILE")]
    data: Option<PathBuf>,

    /// The file with this context's nkey seed [default: HOME/keys/CONTEXT.nk]
    #[arg(long, env = "RENTAL_KEY", value_name = "FILE")]
    key: Option<PathBuf>,

    /// Trust the authorities in this PEM file, and talk to the broker with TLS only [default: the system's]
    #[arg(long, env = "RENTAL_TLS_CA", value_name = "FILE")]
    tls_ca: Option<PathBuf>,

    /// The certificate to show to the broker, in PEM
    #[arg(long, env = "RENTAL_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The secret key of that certificate, in PEM
    #[arg(long, env = "RENTAL_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// On how many brokers of a cluster this context's stream is kept
    #[arg(long, env = "RENTAL_REPLICAS", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=5))]
    replicas: u8,

    /// Answer /livez, /readyz, /healthz and /metrics here: a port of this machine, or ADDRESS:PORT [default: nowhere]
    #[arg(long, env = "RENTAL_HTTP", value_name = "PORT", value_parser = http_address)]
    http: Option<SocketAddr>,
    /// Check the data file and end: it opens, and its journal is what was recorded, from the first event on
    #[arg(long)]
    pub(crate) verify: bool,

    /// How log lines look
    #[arg(long, env = "RENTAL_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,

    /// order: where allocated order ids start; those below stay for whoever chooses their own
    #[arg(long, env = "RENTAL_FIRST_ORDER_ID", value_name = "ORDER")]
    pub(crate) first_order_id: Option<OrderId>,

    /// inventory: when retrieved units are back on the shelf
    #[arg(long, env = "RENTAL_CHECK_IN", value_enum, default_value_t = CheckIn::Auto)]
    pub(crate) check_in: CheckIn,

    /// billing: who takes the money
    #[arg(long, env = "RENTAL_PAYMENT", value_enum, default_value_t = Payment::Instant)]
    payment: Payment,

    /// billing, instant payment: fees above this many won are declined
    #[arg(long, env = "RENTAL_PAYMENT_LIMIT", value_name = "WON")]
    payment_limit: Option<Won>,

    /// billing, deferred payment: after how many seconds without the provider's word its silence is an alert
    #[arg(long, env = "RENTAL_PAYMENT_PATIENCE", value_name = "SECONDS", default_value_t = BillingPolicy::PATIENCE_MS / 1000)]
    payment_patience: u64,
}

/// A port is one of this machine's own, which nobody else reaches.
pub(crate) fn http_address(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse().or_else(|_| text.parse().map(|port| SocketAddr::from(([127, 0, 0, 1], port))));
    address.map_err(|_: std::num::ParseIntError| "expected a port, or an address with a port: 0.0.0.0:9464".to_owned())
}

/// The socket at which a context's worker answers those on its own machine.
pub(crate) fn socket(home: &Path, context: Context) -> PathBuf {
    home.join("run").join(format!("{context}.sock"))
}

/// Takes an address without a password in it. A refused one is not repeated:
/// what a worker says goes to a log.
#[derive(Debug, Clone)]
struct BrokerUrl;

impl TypedValueParser for BrokerUrl {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        let url = StringValueParser::new().parse_ref(command, arg, value)?;
        let refused = |why| clap::Error::raw(ErrorKind::ValueValidation, format!("the broker's URL: {why}\n"));
        rental_bus::check_url(&url).map_err(|why| refused(why).with_cmd(command))?;
        Ok(url)
    }
}

const EXAMPLES: &str = "RUST_LOG sets what is logged (default: info), for example RUST_LOG=debug.

Examples:
  rental-worker order
  rental-worker inventory --check-in staff
  rental-worker health inventory
  RENTAL_HOME=/srv/rental RENTAL_NATS_URL=nats://broker:4222 rental-worker billing --log-format json";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckIn {
    /// With the retrieval
    Auto,
    /// When staff check them in
    Staff,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Payment {
    /// Built in: at once
    Instant,
    /// An outside provider (user `payments`) receives `ChargeRequested` and `RefundRequested`, and answers with
    /// rental.billing.settle
    Deferred,
}

impl From<CheckIn> for inventory::CheckIn {
    fn from(check_in: CheckIn) -> Self {
        match check_in {
            CheckIn::Auto => Self::Auto,
            CheckIn::Staff => Self::Staff,
        }
    }
}

impl Arguments {
    pub(crate) fn billing(&self) -> BillingPolicy {
        let provider = match self.payment {
            Payment::Instant => Provider::Instant { limit: self.payment_limit },
            Payment::Deferred => Provider::Deferred,
        };
        BillingPolicy { provider, patience_ms: self.payment_patience.saturating_mul(1000) }
    }

    pub(crate) fn settings(&self) -> rental_runtime::WorkerSettings {
        let name = self.context.name();
        let data = self.data.clone().unwrap_or_else(|| self.home.join("data").join(format!("{name}.redb")));
        rental_runtime::WorkerSettings {
            bus: rental_bus::ConnectionSettings {
                url: self.nats_url.clone().unwrap_or_else(|| format!("nats://127.0.0.1:{}", self.nats_port)),
                user: name.to_owned(),
                key: self.key.clone().unwrap_or_else(|| keys::path(&self.home, name)),
                name: format!("rental-{name}"),
                is_patient: true,
                tls: rental_bus::Tls {
                    ca: self.tls_ca.clone(),
                    certificate: self.tls_cert.clone(),
                    key: self.tls_key.clone(),
                },
            },
            data,
            replicas: self.replicas.into(),
            watched: rental_runtime::observe::ObserverSettings {
                socket: Some(socket(&self.home, self.context)),
                http: self.http,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
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
        check(&Arguments::command());
    }

    #[test]
    fn everything_follows_from_the_context_and_the_home() {
        let arguments = Arguments::parse_from(["rental-worker", "billing", "--home", "shop", "--nats-port", "4333"]);
        let settings = arguments.settings();
        assert_eq!(settings.data, PathBuf::from("shop/data/billing.redb"));
        assert_eq!(settings.bus.key, PathBuf::from("shop/keys/billing.nk"));
        assert_eq!(settings.bus.url, "nats://127.0.0.1:4333");
    }

    #[test]
    fn a_bare_port_is_reached_from_this_machine_only() {
        assert_eq!(http_address("9464").unwrap().to_string(), "127.0.0.1:9464");
        assert_eq!(http_address("0.0.0.0:9464").unwrap().to_string(), "0.0.0.0:9464");
        assert_eq!(http_address("[::1]:9464").unwrap().to_string(), "[::1]:9464");
        assert!(http_address("everywhere").is_err());
    }

    #[test]
    fn an_unknown_context_names_the_known_ones() {
        let error = Arguments::try_parse_from(["rental-worker", "payments"]).unwrap_err().to_string();
        assert!(error.contains("order, inventory, billing, logistics, totalview"), "{error}");
    }
}
