//! What every command takes, and what every command that changes something takes.

use clap::Arg;
use clap::builder::{PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

const GLOBAL: &str = "Global options";

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

fn timeout(text: &str) -> Result<Duration, String> {
    match text.trim().parse::<f64>() {
        Ok(seconds) if (0.1..=600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("expected a time in seconds, from 0.1 to 600".to_owned()),
    }
}

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
