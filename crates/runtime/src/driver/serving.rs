//! Takes requests, and sends answers.

use super::{Input, Shared, TaskError};
use crate::damage;
use crate::intake;
use crate::observe::Observer;
use crate::policy::Policy;
use crate::queries::{self, Unanswered};
use crate::store::Reader;
use rental_bus::Backoff;
use rental_bus::seat::Seat;
use rental_bus::service::{Incoming, Responder, Service};
use rental_bus::status::{ContextStatus, SourceStatus};
use rental_model::{Endpoint, Refusal};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{AbortHandle, JoinSet};

/// How many requests may wait to be looked at; more are refused at once.
const WAITING: usize = 2048;
/// How many questions are answered at the same time.
const QUERIES_AT_ONCE: usize = 16;
/// How many callers are told the worker's status at the same time; more are refused at once,
/// for each has the broker asked a few things.
const STATUSES_AT_ONCE: usize = 64;
/// How long `status` waits for the broker to say how long the received streams are.
const LAG_WITHIN: Duration = Duration::from_millis(500);

/// What every context offers beside its own endpoints.
const COMMON: [Endpoint; 5] = [
    Endpoint { name: "status", about: "How the worker is: journal, published, received, lag, parked.", example: "{}" },
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
#[derive(Debug, Clone)]
pub(super) struct PendingReplies {
    waiting: Arc<Mutex<Waiting>>,
    observer: Observer,
}

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    /// With the endpoint that was called.
    pending_replies: HashMap<u64, (&'static str, Responder)>,
}

impl PendingReplies {
    fn keep(&self, endpoint: &'static str, responder: Responder) -> u64 {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.next += 1;
        let token = waiting.next;
        waiting.pending_replies.insert(token, (endpoint, responder));
        token
    }

    pub(super) async fn answer(&self, token: u64, answer: Result<Vec<u8>, Refusal>) {
        let responder = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pending_replies.remove(&token);
        if let Some((endpoint, responder)) = responder {
            self.observer.answered(endpoint, true, &answer);
            responder.send(answer).await;
        }
    }
}

/// The running service.
pub(super) struct Server {
    stop: oneshot::Sender<oneshot::Sender<()>>,
    intake: AbortHandle,
    pending_replies: PendingReplies,
}

impl Server {
    pub(super) fn start(shared: &Shared, reader: Arc<dyn Reader>, seat: Seat) -> Self {
        let (requests, arriving) = mpsc::channel(WAITING);
        let (stop, is_stopped) = oneshot::channel();
        let pending_replies = PendingReplies { waiting: Arc::default(), observer: shared.observer.clone() };
        let intake = take_in(shared.clone(), reader, pending_replies.clone(), arriving);
        let intake = shared.tasks.start("intake", intake);
        shared.tasks.start("service", serve(shared.clone(), seat, requests, is_stopped));
        Self { stop, intake, pending_replies }
    }

    pub(super) fn pending_replies(&self) -> PendingReplies {
        self.pending_replies.clone()
    }

    /// Takes no more requests. Those already taken are still answered.
    pub(super) async fn stop(self) {
        let (done, is_done) = oneshot::channel();
        if self.stop.send(done).is_ok() {
            let _ = is_done.await;
        }
        self.intake.abort();
    }
}

/// Offers the service, until told to stop. Whenever the connection was lost, another worker may
/// have come: the seat is claimed again first, and nothing is served until then.
async fn serve(
    shared: Shared,
    mut seat: Seat,
    requests: mpsc::Sender<Incoming>,
    mut stop: oneshot::Receiver<oneshot::Sender<()>>,
) {
    let own = shared.policy.commands().iter().chain(shared.policy.queries());
    let endpoints: Vec<_> = own.copied().chain(COMMON).collect();
    let mut backoff = Backoff::default();
    let mut state = shared.bus.watch();
    loop {
        let offered = tokio::select! {
            offered = offer(&shared, &endpoints, &requests) => offered,
            done = &mut stop => return drop(done),
        };
        if let Some(mut service) = offered {
            tokio::select! {
                why = service.ended() => tracing::warn!("{why}; the service is offered anew"),
                () = seat.hold() => {}
                _ = state.changed() => {}
                done = &mut stop => {
                    service.stop().await;
                    return drop(done);
                }
            }
            service.stop().await;
        }
        tokio::select! {
            () = claim_again(&shared, &mut seat, &mut backoff) => {}
            done = &mut stop => return drop(done),
        }
        state.borrow_and_update();
    }
}

async fn offer(shared: &Shared, endpoints: &[Endpoint], requests: &mpsc::Sender<Incoming>) -> Option<Service> {
    let service = Service::start(&shared.bus, shared.policy.context(), endpoints, requests.clone()).await;
    service.inspect_err(|error| tracing::warn!(%error, "the service cannot be offered; trying again")).ok()
}

/// Waits for the broker, and claims the seat again; a worker that finds it taken is out of date.
async fn claim_again(shared: &Shared, seat: &mut Seat, backoff: &mut Backoff) {
    backoff.worked();
    loop {
        backoff.pause().await;
        shared.bus.wait_until_up().await;
        match seat.claim().await {
            Ok(true) => return,
            Ok(false) => return shared.tasks.fail(TaskError::Superseded(shared.policy.context())),
            Err(error) => tracing::debug!(%error, "the seat cannot be claimed yet"),
        }
    }
}

async fn take_in(
    shared: Shared,
    reader: Arc<dyn Reader>,
    pending_replies: PendingReplies,
    mut arriving: mpsc::Receiver<Incoming>,
) {
    let at_once = Arc::new(Semaphore::new(QUERIES_AT_ONCE));
    let statuses_at_once = Arc::new(Semaphore::new(STATUSES_AT_ONCE));
    let is_command = |name: &str| {
        shared.policy.commands().iter().any(|command| command.name == name)
            || matches!(name, "parked.retry" | "parked.drop")
    };
    while let Some(incoming) = arriving.recv().await {
        let Incoming { endpoint, payload, trace, responder } = incoming;
        if is_command(endpoint) {
            let token = pending_replies.keep(endpoint, responder);
            let command = Input::Command { token, endpoint: endpoint.to_owned(), payload, trace };
            if shared.inputs.send(command).await.is_err() {
                return;
            }
        } else if endpoint == "status" {
            let (asked, permit) = (shared.clone(), statuses_at_once.clone().try_acquire_owned());
            let is_readable = intake::fields(&payload);
            shared.tasks.start("status", async move {
                let answer = match (&permit, is_readable) {
                    (_, Err(refusal)) => Err(refusal),
                    (Ok(_), Ok(_)) => status(&asked).await,
                    (Err(_), Ok(_)) => Err(Refusal::unavailable("too many ask for the status; try again in a moment")),
                };
                asked.observer.answered(endpoint, false, &answer);
                responder.send(answer).await;
            });
        } else {
            let Ok(permit) = at_once.clone().acquire_owned().await else { return };
            let (policy, progress) = (shared.policy.clone(), shared.progress.borrow().clone());
            let (reader, observer) = (reader.clone(), shared.observer.clone());
            let tasks = shared.tasks.clone();
            shared.tasks.start("query", async move {
                let is_view = matches!(policy, Policy::Projecting(_));
                let answering = move || queries::ask(&policy, &*reader, &progress, endpoint, &payload);
                let answer = match tokio::task::spawn_blocking(answering).await {
                    Ok(Ok(answer)) => Ok(answer),
                    Ok(Err(Unanswered::Refused(refusal))) => Err(refusal),
                    Ok(Err(Unanswered::StoreFailure(broken))) => {
                        // A view is built anew at the next start; a ledger serves on with what can be read.
                        if is_view && damage::is_broken(&broken) {
                            tasks.fail(TaskError::Damaged(broken.to_string()));
                        }
                        Err(queries::unreadable(&broken))
                    }
                    Err(_) => Err(Refusal::unavailable("the worker is stopping; try again when it is back")),
                };
                observer.answered(endpoint, false, &answer);
                responder.send(answer).await;
                // Only now: answers that wait for the broker to take them count too.
                drop(permit);
            });
        }
    }
}

async fn status(shared: &Shared) -> Result<Vec<u8>, Refusal> {
    let progress = shared.progress.borrow().clone();
    let (observer, at) = (shared.observer.clone(), progress.clone());
    let telling = tokio::task::spawn_blocking(move || (observer.alerts(&at), observer.alert_messages(&at)));
    let mut asking = JoinSet::new();
    for &source in progress.positions.keys() {
        let bus = shared.bus.clone();
        asking.spawn(async move { (source, tokio::time::timeout(LAG_WITHIN, bus.tip(source)).await) });
    }
    let mut ends = BTreeMap::new();
    while let Some(asked) = asking.join_next().await {
        if let Ok((source, Ok(Ok(tip)))) = asked {
            ends.insert(source, tip.last);
        }
    }
    let receiving = |(&source, &received): (_, &u64)| {
        let last = ends.get(&source).copied();
        (source, SourceStatus { position: received, last, lag: last.map(|last| last.saturating_sub(received)) })
    };
    let behind = shared.observer.behind(&progress);
    let gone = |_| Refusal::unavailable("the worker is stopping; try again when it is back");
    let (alerts, alert_messages) = telling.await.map_err(gone)?;
    let status = ContextStatus {
        context: shared.policy.context(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        phase: progress.phase,
        uptime_ms: u64::try_from(shared.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        journal: progress.journal,
        published: progress.published,
        positions: progress.positions.iter().map(receiving).collect(),
        parked: progress.parked,
        commands: progress.commands,
        handled: progress.handled,
        handling: shared.durations.told(),
        behind_ms: behind.map(|behind| u64::try_from(behind.as_millis()).unwrap_or(u64::MAX)),
        clock_ms: super::now().0,
        alert_messages,
        alerts,
    };
    serde_json::to_vec(&status).map_err(|error| Refusal::unavailable(error.to_string()))
}
