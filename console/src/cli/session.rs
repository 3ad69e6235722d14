//! Who asks, whom, and how: the settings of one run and its connection.

use crate::cli::failure::Failure;
use crate::cli::options::{Global, Once};
use crate::config::Variables;
use futures_util::future::select_all;
use rental_bus::{Bus, CallError, ConnectionSettings, Tls, keys, new_request_id};
use rental_model::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// What the process finds around it.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    /// The current folder.
    pub(crate) here: PathBuf,
    /// `RENTAL_NATS_PORT`
    pub(crate) nats_port: Option<String>,
    /// `USER`
    pub(crate) login: Option<String>,
    /// Both stdin and stdout are a terminal.
    pub(crate) is_terminal: bool,
    /// The whole environment.
    pub(crate) variables: Variables,
}

/// How to reach the broker with these options.
pub(crate) fn settings(
    global: &Global,
    around: &Surroundings,
    is_patient: bool,
) -> Result<ConnectionSettings, Failure> {
    let home = home(global.home.as_deref(), &around.here);
    Ok(ConnectionSettings {
        url: global.nats_url.clone().map_or_else(|| local_url(around.nats_port.as_deref()), Ok)?,
        key: keys::path(&home, &global.user),
        user: global.user.clone(),
        name: if is_patient { "rental-console" } else { "rental-cli" }.to_owned(),
        is_patient,
        tls: Tls { ca: global.tls_ca.clone(), certificate: global.tls_cert.clone(), key: global.tls_key.clone() },
    })
}

/// The installation: the one given, else the nearest `.rental` here or above.
pub(crate) fn home(given: Option<&Path>, here: &Path) -> PathBuf {
    let nearest = || here.ancestors().map(|folder| folder.join(".rental")).find(|home| home.is_dir());
    given.map(Path::to_owned).or_else(nearest).unwrap_or_else(|| here.join(".rental"))
}

fn local_url(port: Option<&str>) -> Result<String, Failure> {
    match port.unwrap_or("4222").trim().parse::<u16>() {
        Ok(port) if port > 0 => Ok(format!("nats://127.0.0.1:{port}")),
        _ => Err(Failure::Usage(format!(
            "RENTAL_NATS_PORT is {:?}; expected a port: a whole number from 1 to 65535",
            port.unwrap_or_default()
        ))),
    }
}

/// Who is recorded as having asked.
pub(crate) fn actor(global: &Global, around: &Surroundings) -> String {
    let login = || around.login.clone().filter(|login| !login.is_empty() && !login.chars().any(char::is_control));
    global.actor.clone().or_else(login).unwrap_or_else(|| global.user.clone())
}

/// A connection, and what every request of this run has in common.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) bus: Bus,
    actor: String,
    pub(crate) timeout: Duration,
}

impl Session {
    /// Connects, or fails at once.
    pub(crate) async fn connect(global: &Global, around: &Surroundings) -> Result<Self, Failure> {
        let bus = Bus::connect(settings(global, around, false)?).await?;
        Ok(Self { bus, actor: actor(global, around), timeout: global.timeout })
    }

    /// Asks something that changes nothing.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        context: Context,
        endpoint: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        Ok(self.bus.call(context, endpoint, body, self.timeout).await?)
    }

    /// Asks for something to be done; answers with what the service says it recorded.
    ///
    /// Sent with a request id, so that it is done at most once however often it is sent.
    pub(crate) async fn command(
        &self,
        context: Context,
        endpoint: &str,
        body: &impl Serialize,
        once: &Once,
    ) -> Result<Recorded, Failure> {
        let request_id = once.request_id.clone().unwrap_or_else(new_request_id);
        let body = signed(body, &request_id, &self.actor);
        let interrupted =
            interrupted().map_err(|error| Failure::Failed(format!("signals cannot be watched: {error}")))?;
        let answer = tokio::select! {
            answer = at_most_once(&request_id, async || self.bus.call(context, endpoint, &body, self.timeout).await) => answer?,
            why = interrupted => return Err(Failure::Unsure { context, why: why.to_owned(), request_id }),
        };
        Ok(Recorded { request_id, answer })
    }
}

/// What a service has recorded, and under which request.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) request_id: String,
    /// As it came.
    pub(crate) answer: Box<RawValue>,
}

/// Waits until somebody wants this program to end, from now on; answers with who.
fn interrupted() -> std::io::Result<impl Future<Output = &'static str>> {
    let mut signals = [
        (signal(SignalKind::interrupt())?, "Ctrl-C came before the answer"),
        (signal(SignalKind::terminate())?, "the program was told to end before the answer came"),
        (signal(SignalKind::hangup())?, "the terminal went away before the answer came"),
    ];
    Ok(async move {
        let waiting = signals.iter_mut().map(|(signal, why)| Box::pin(async { signal.recv().await.map(|()| *why) }));
        let (why, ..) = select_all(waiting).await;
        why.unwrap_or_default()
    })
}

/// The body with the two fields every command takes.
fn signed(body: &impl Serialize, request_id: &str, actor: &str) -> Value {
    let mut body = json!(body);
    body["requestId"] = json!(request_id);
    body["actor"] = json!(actor);
    body
}

/// Carries out `attempt`, and once more if it stays open whether the first did anything.
async fn at_most_once<T>(
    request_id: &str,
    mut attempt: impl AsyncFnMut() -> Result<T, CallError>,
) -> Result<T, Failure> {
    match attempt().await {
        Err(error) if error.is_unsure() => {}
        other => return Ok(other?),
    }
    let unsure = |context, why| Failure::Unsure { context, why, request_id: request_id.to_owned() };
    match attempt().await {
        // Whatever the second attempt met, the first may have got through.
        Err(CallError::Silent { context, why }) => Err(unsure(context, why.to_string())),
        Err(CallError::Unreadable { context, why }) => Err(unsure(context, why)),
        other => Ok(other?),
    }
}

/// Reads an answer that was kept as it came.
pub(crate) fn read<T: DeserializeOwned>(context: Context, answer: &RawValue) -> Result<T, Failure> {
    serde_json::from_str(answer.get()).map_err(|error| Failure::Unreadable { context, why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;
    use clap::Parser;

    fn global(line: &str) -> Global {
        Cli::try_parse_from(line.split_whitespace()).unwrap().global
    }

    fn around(here: &Path) -> Surroundings {
        let (nats_port, login) = (None, Some("kim".to_owned()));
        Surroundings { here: here.to_owned(), nats_port, login, is_terminal: false, variables: Variables::new() }
    }

    fn silent(is_unsure: bool) -> CallError {
        let why =
            if is_unsure { rental_bus::Silence::Late(Duration::from_secs(1)) } else { rental_bus::Silence::NotRunning };
        CallError::Silent { context: Context::Order, why }
    }

    async fn outcome(answers: impl IntoIterator<Item = Result<u8, CallError>>) -> (Result<u8, Failure>, usize) {
        let mut answers = answers.into_iter();
        let mut attempts = 0;
        let outcome = at_most_once("ABC", async || {
            attempts += 1;
            answers.next().unwrap()
        });
        let outcome = outcome.await;
        (outcome, attempts)
    }

    #[tokio::test]
    async fn only_an_unsure_outcome_is_tried_again_and_only_once() {
        assert!(matches!(outcome([Ok(1)]).await, (Ok(1), 1)));
        assert!(matches!(outcome([Err(silent(true)), Ok(2)]).await, (Ok(2), 2)));
        assert!(matches!(outcome([Err(silent(false))]).await, (Err(Failure::Silent { .. }), 1)));
        assert!(matches!(outcome([Err(silent(true)), Err(silent(true))]).await, (Err(Failure::Unsure { .. }), 2)));
    }

    #[tokio::test]
    async fn a_second_attempt_that_never_left_does_not_make_the_first_certain() {
        let (outcome, _) = outcome([Err(silent(true)), Err(silent(false))]).await;
        assert!(matches!(outcome, Err(Failure::Unsure { request_id, .. }) if request_id == "ABC"));
    }

    #[test]
    fn every_command_says_who_asks_and_can_be_repeated() {
        let body = signed(&json!({ "orderId": 2 }), "ABC", "kim");
        assert_eq!(body, json!({ "orderId": 2, "requestId": "ABC", "actor": "kim" }));
    }

    #[test]
    fn the_nearest_installation_is_found_from_any_folder_of_it() {
        let checkout = tempfile::tempdir().unwrap();
        let deep = checkout.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::create_dir(checkout.path().join(".rental")).unwrap();
        assert_eq!(home(None, &deep), checkout.path().join(".rental"));
        assert_eq!(home(Some(Path::new("other")), &deep), Path::new("other"));
        assert_eq!(home(None, Path::new("nowhere")), Path::new("nowhere/.rental"));
    }

    #[test]
    fn a_given_url_wins_over_the_port_and_a_bad_port_is_named() {
        let mut around = around(Path::new("."));
        around.nats_port = Some("4333".to_owned());
        let line = "rental --home . status";
        assert_eq!(settings(&global(line), &around, false).unwrap().url, "nats://127.0.0.1:4333");
        let given = format!("{line} --nats-url nats://desk:1");
        around.nats_port = Some("many".to_owned());
        assert_eq!(settings(&global(&given), &around, false).unwrap().url, "nats://desk:1");
        let failure = local_url(around.nats_port.as_deref()).unwrap_err();
        assert!(failure.to_string().contains("1 to 65535"), "{failure}");
    }

    #[test]
    fn the_actor_is_who_was_named_else_who_is_logged_in_else_the_user() {
        let mut around = around(Path::new("."));
        assert_eq!(actor(&global("rental status --actor lee"), &around), "lee");
        around.login = Some("k\u{1b}im".to_owned());
        assert_eq!(actor(&Global { actor: None, ..global("rental status") }, &around), "staff");
    }
}
