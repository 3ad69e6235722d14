//! Takes requests, and sends answers.

use super::{Input, Shared};
use crate::queries;
use crate::store::Reader;
use rental_bus::service::{Incoming, Responder, Service};
use rental_bus::status::{ContextStatus, Hearing};
use rental_model::{Endpoint, Refusal};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinSet};

/// How many requests may wait to be looked at; more are refused at once.
const WAITING: usize = 2048;
/// How many questions are answered at the same time.
const QUERIES_AT_ONCE: usize = 16;
/// How many callers are told the worker's status at the same time; more are refused at once,
/// for each has the broker asked a few things.
const STATUSES_AT_ONCE: usize = 64;
/// How long `status` waits for the broker to say how long the heard streams are.
const LAG_WITHIN: Duration = Duration::from_millis(500);

/// What every context offers beside its own endpoints.
const COMMON: [Endpoint; 5] = [
    Endpoint { name: "status", about: "How the worker is: journal, shipped, heard, lag, parked.", example: "{}" },
    Endpoint {
        name: "journal",
        about: "What was asked for, by whom, and what became of it; newest first.",
        example: r#"{"limit":100,"text":"cancel"}"#,
    },
    Endpoint { name: "parked.list", about: "Messages that could not be handled.", example: "{}" },
    Endpoint { name: "parked.retry", about: "Try a parked message again.", example: r#"{"id":1}"# },
    Endpoint {
        name: "parked.drop",
        about: "Give a parked message up, for a reason.",
        example: r#"{"id":1,"reason":"a test"}"#,
    },
];

/// The ways back to the callers whose commands the engine has.
#[derive(Debug, Clone, Default)]
pub(super) struct Responders(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    responders: HashMap<u64, Responder>,
}

impl Responders {
    fn keep(&self, responder: Responder) -> u64 {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.next += 1;
        let token = waiting.next;
        waiting.responders.insert(token, responder);
        token
    }

    pub(super) async fn answer(&self, token: u64, answer: Result<Vec<u8>, Refusal>) {
        let responder = self.0.lock().unwrap_or_else(PoisonError::into_inner).responders.remove(&token);
        if let Some(responder) = responder {
            responder.send(answer).await;
        }
    }
}

/// The running service.
pub(super) struct Server {
    service: Service,
    intake: AbortHandle,
    responders: Responders,
}

impl Server {
    pub(super) async fn start(shared: Shared, reader: Arc<dyn Reader>) -> Result<Self, String> {
        let (requests, arriving) = mpsc::channel(WAITING);
        let own = shared.policy.commands().iter().chain(shared.policy.queries());
        let endpoints: Vec<_> = own.copied().chain(COMMON).collect();
        let service = Service::start(&shared.bus, shared.policy.context(), &endpoints, requests)
            .await
            .map_err(|error| error.to_string())?;
        let responders = Responders::default();
        let intake = tokio::spawn(take_in(shared, reader, responders.clone(), arriving)).abort_handle();
        Ok(Self { service, intake, responders })
    }

    pub(super) fn responders(&self) -> Responders {
        self.responders.clone()
    }

    /// Takes no more requests. Those already taken are still answered.
    pub(super) async fn stop(self) {
        self.service.stop().await;
        self.intake.abort();
    }
}

async fn take_in(
    shared: Shared,
    reader: Arc<dyn Reader>,
    responders: Responders,
    mut arriving: mpsc::Receiver<Incoming>,
) {
    let at_once = Arc::new(Semaphore::new(QUERIES_AT_ONCE));
    let statuses_at_once = Arc::new(Semaphore::new(STATUSES_AT_ONCE));
    let is_command = |name: &str| {
        shared.policy.commands().iter().any(|command| command.name == name)
            || matches!(name, "parked.retry" | "parked.drop")
    };
    let mut questions = JoinSet::new();
    while let Some(incoming) = arriving.recv().await {
        while questions.try_join_next().is_some() {}
        let Incoming { endpoint, payload, trace, responder } = incoming;
        if is_command(endpoint) {
            let token = responders.keep(responder);
            let command = Input::Command { token, endpoint: endpoint.to_owned(), payload, trace };
            if shared.inputs.send(command).await.is_err() {
                return;
            }
        } else if endpoint == "status" {
            let (shared, permit) = (shared.clone(), statuses_at_once.clone().try_acquire_owned());
            let reader = reader.clone();
            questions.spawn(async move {
                let answer = match &permit {
                    Ok(_) => status(&shared, reader).await,
                    Err(_) => Err(Refusal::unavailable("too many ask for the status; try again in a moment")),
                };
                responder.send(answer).await;
            });
        } else {
            let Ok(permit) = at_once.clone().acquire_owned().await else { return };
            let (policy, progress) = (shared.policy.clone(), shared.progress.borrow().clone());
            let reader = reader.clone();
            questions.spawn(async move {
                let answering = move || queries::answer(&policy, &*reader, &progress, endpoint, &payload);
                let answer = tokio::task::spawn_blocking(answering).await;
                let gone = |_| Err(Refusal::unavailable("the worker is stopping; try again when it is back"));
                responder.send(answer.unwrap_or_else(gone)).await;
                // Only now: answers that wait for the broker to take them count too.
                drop(permit);
            });
        }
    }
}

async fn status(shared: &Shared, reader: Arc<dyn Reader>) -> Result<Vec<u8>, Refusal> {
    let progress = shared.progress.borrow().clone();
    let policy = shared.policy.clone();
    let waiting = tokio::task::spawn_blocking(move || queries::troubles(&policy, &*reader, super::now()));
    let mut asking = JoinSet::new();
    for &source in progress.heard.keys() {
        let bus = shared.bus.clone();
        asking.spawn(async move { (source, tokio::time::timeout(LAG_WITHIN, bus.tip(source)).await) });
    }
    let mut ends = BTreeMap::new();
    while let Some(asked) = asking.join_next().await {
        if let Ok((source, Ok(Ok(tip)))) = asked {
            ends.insert(source, tip.last);
        }
    }
    let hearing = |(&source, &heard): (_, &u64)| {
        let last = ends.get(&source).copied();
        (source, Hearing { heard, last, lag: last.map(|last| last.saturating_sub(heard)) })
    };
    let mut troubles = progress.troubles;
    troubles.extend(waiting.await.unwrap_or_default());
    let status = ContextStatus {
        context: shared.policy.context(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        phase: progress.phase,
        uptime_ms: u64::try_from(shared.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        journal: progress.journal,
        shipped: progress.shipped,
        heard: progress.heard.iter().map(hearing).collect(),
        parked: progress.parked,
        commands: progress.commands,
        handled: progress.handled,
        handling: shared.durations.told(),
        troubles,
    };
    serde_json::to_vec(&status).map_err(|error| Refusal::unavailable(error.to_string()))
}
