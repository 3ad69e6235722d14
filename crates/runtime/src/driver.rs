//! Connects an [`Engine`] to the bus, and runs it until it is told to stop.
//!
//! redb blocks, so the engine owns a plain thread. Everything else is async
//! around two queues: inputs to the engine, effects from it. Questions to the
//! outside are asked again by their own tasks until they are answered; only
//! the engine decides what an answer means.

mod broker;
mod durations;
mod effects;
mod inspecting;
mod serving;
mod subscription;
mod tasks;

use crate::damage;
use crate::engine::{Effect, Engine, Fatal, Input, Progress};
use crate::observe::{self, ListenError, Observer};
use crate::policy::Policy;
use crate::proof;
use crate::queries;
use crate::redb_store::OpenError;
use crate::store::Reader;
use broker::BrokerHealth;
use durations::Durations;
use rental_bus::keys::KeyError;
use rental_bus::seat::Seat;
use rental_bus::{Bus, ConnectError, LinkState};
use rental_model::UnixMs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tasks::Tasks;
use tokio::sync::{mpsc, oneshot, watch};

pub use tasks::TaskError;

/// How many inputs one commit may carry.
const BATCH: usize = 256;
/// How many inputs may wait for the engine.
const QUEUE: usize = 4096;
/// How many batches of effects may wait to be carried out. The engine waits then, and so do its inputs.
const BEHIND: usize = 64;
/// How often an idle worker looks whether its stream still holds everything: a
/// cluster can lose messages without disconnecting anybody.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How long a stopping worker publishes what is left.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// How long the engine may take to end what it is at, and to close its file.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);
/// How often it is told that messages were left out, while they are.
const TELL_MALFORMED_EVERY: Duration = Duration::from_mins(1);

/// What a worker needs to run.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    pub bus: rental_bus::ConnectionSettings,
    /// The redb file.
    pub data: PathBuf,
    /// On how many brokers the own stream is kept.
    pub replicas: usize,
    pub watched: observe::ObserverSettings,
}

/// Why a worker ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Fatal(#[from] Fatal),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Task(#[from] TaskError),
    #[error("durations cannot be counted")]
    Durations(#[source] hdrhistogram::CreationError),
    #[error("the engine's thread cannot be started")]
    Thread(#[source] std::io::Error),
    #[error("the engine ended without a word")]
    EngineGone,
    #[error("the view's data file was damaged, and lies in {} now; start again to have it built anew", aside.display())]
    Aside { aside: PathBuf, source: Box<RunError> },
}

impl RunError {
    /// Whether starting again cannot help: somebody has to do something about the data file first.
    pub fn is_hopeless(&self) -> bool {
        let is_refused = matches!(
            self,
            Self::Open(
                OpenError::Link(_)
                    | OpenError::Exposed { .. }
                    | OpenError::Permission { .. }
                    | OpenError::Newer { .. }
                    | OpenError::NotOurs { .. }
            ) | Self::Fatal(Fatal::Forked { .. } | Fatal::NotOurs { .. })
                | Self::Connect(ConnectError::Key(
                    KeyError::Link(_) | KeyError::Exposed { .. } | KeyError::NotASeed(_)
                ))
        );
        is_refused || damage::is_damage(self)
    }
}

/// What the tasks around the engine share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    bus: Bus,
    policy: Policy,
    inputs: mpsc::Sender<Input>,
    progress: watch::Receiver<Progress>,
    replicas: usize,
    started: Instant,
    durations: Durations,
    broker: BrokerHealth,
    tasks: Tasks,
    observer: Observer,
}

/// Runs the worker until `stop` completes. Returns when everything decided is published, or cannot be for now.
pub async fn run(policy: Policy, settings: WorkerSettings, stop: impl Future<Output = ()>) -> Result<(), RunError> {
    let data = settings.data.clone();
    run_on(policy.clone(), settings, stop).await.map_err(|error| {
        // Damage that was met at work: the next start finds an empty place, and not the same damage again.
        match damage::move_aside(&policy, &data, now(), &error) {
            Some(aside) => RunError::Aside { aside, source: Box::new(error) },
            None => error,
        }
    })
}

async fn run_on(policy: Policy, settings: WorkerSettings, stop: impl Future<Output = ()>) -> Result<(), RunError> {
    tokio::pin!(stop);
    let observer = Observer::new(policy.context(), &settings.data);
    let mut watching = observer.watch(&settings.watched).await?;
    let mut engine = damage::open(&policy, &settings.data, now(), &observer)?;
    tracing::info!(context = %policy.context(), data = %settings.data.display(), journal = engine.progress().journal, "opened");
    let bus = tokio::select! {
        bus = connect(&settings, &observer) => bus?,
        () = &mut stop => return Ok(()),
    };
    let mut seat = Seat::new(bus.clone(), policy.context(), now());
    tokio::select! {
        () = seat.take() => {}
        () = &mut stop => return Ok(()),
    }
    let (inputs, inputs_out) = mpsc::channel(QUEUE);
    let (effects, effects_out) = mpsc::channel(BEHIND);
    let (tasks, mut failures) = Tasks::new();
    let first = engine.start();
    let (progress_in, progress) = watch::channel(engine.progress());
    observer.runs(&mut watching, &bus, &progress);
    let reader = engine.reader();
    tasks.start("proof", prove(reader.clone(), inputs.downgrade()));
    let durations = Durations::new().map_err(RunError::Durations)?;
    let broker = BrokerHealth::new(policy.context().stream());
    observer.also_tells(
        {
            let broker = broker.clone();
            move || broker.alerts()
        },
        {
            // Whoever looks on must not keep the data file open.
            let (policy, reader) = (policy.clone(), Arc::downgrade(&reader));
            move || reader.upgrade().map(|reader| queries::alerts(&policy, &*reader, now())).unwrap_or_default()
        },
    );
    let (replicas, started) = (settings.replicas, Instant::now());
    let shared = Shared { bus, policy, inputs, progress, replicas, started, durations, broker, tasks, observer };
    let _ = effects.send(first).await;
    let mut has_ended =
        spawn(engine, inputs_out, effects, progress_in, shared.durations.clone(), shared.observer.clone())?;
    if shared.policy.context().stream().is_some() {
        shared.tasks.keep("inspection", inspecting::inspect(shared.clone(), reader.clone()));
    }
    let server = serving::Server::start(&shared, reader, seat);
    let executor = effects::Executor::new(shared.clone(), server.pending_replies());
    let (executed, mut is_executed) = oneshot::channel();
    shared.tasks.start("effects", async move {
        executor.run(effects_out).await;
        let _ = executed.send(());
    });
    shared.tasks.keep("reconnections", report_reconnections(shared.clone()));
    shared.tasks.keep("malformed messages", report_malformed(shared.bus.clone()));
    let outcome = tokio::select! {
        ended = &mut has_ended => return over(ended),
        failed = failures.recv() => Err(failed.map_or(RunError::EngineGone, RunError::from)),
        () = &mut stop => {
            tracing::info!("stopping: finishing what was begun");
            shared.observer.stops();
            server.stop().await;
            let _ = shared.inputs.send(Input::Stop).await;
            tokio::select! {
                ended = &mut has_ended => return over(ended),
                failed = failures.recv() => Err(failed.map_or(RunError::EngineGone, RunError::from)),
                () = finish(&shared, &mut is_executed) => Ok(()),
            }
        }
    };
    close(shared, has_ended).await;
    outcome
}

/// How the engine's thread ends: after its file is closed.
type Ended = oneshot::Receiver<Result<(), Fatal>>;

/// Starts the engine's thread.
fn spawn(
    mut engine: Engine,
    inputs: mpsc::Receiver<Input>,
    effects: mpsc::Sender<Vec<Effect>>,
    progress: watch::Sender<Progress>,
    durations: Durations,
    observer: Observer,
) -> Result<Ended, RunError> {
    let (ended, has_ended) = oneshot::channel();
    let work = move || {
        let outcome = turn(&mut engine, inputs, &effects, &progress, &durations, &observer);
        // Closing a damaged file may fail as well; what was met first is what counts.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(engine)));
        let _ = ended.send(outcome);
    };
    std::thread::Builder::new().name("engine".to_owned()).spawn(work).map_err(RunError::Thread)?;
    Ok(has_ended)
}

fn over(ended: Result<Result<(), Fatal>, oneshot::error::RecvError>) -> Result<(), RunError> {
    ended.map_or(Err(RunError::EngineGone), |outcome| outcome.map_err(RunError::from))
}

/// Ends all tasks and then the engine, so that nobody has the data file open any more: a file that
/// is not closed is gone through at the next start.
async fn close(shared: Shared, has_ended: Ended) {
    shared.tasks.end().await;
    shared.bus.flush(Duration::from_secs(1)).await;
    // With the last sender of inputs.
    drop(shared);
    if tokio::time::timeout(CLOSE_WITHIN, has_ended).await.is_err() {
        tracing::warn!("the data file is left unclosed: its disk is too slow; the next start takes longer for it");
    }
}

/// Waits until everything is published, or time is up.
async fn finish(shared: &Shared, is_executed: &mut oneshot::Receiver<()>) {
    // The executor ends with `Effect::Stopped`.
    if tokio::time::timeout(STOP_WITHIN, is_executed).await.is_ok() {
        tracing::info!("everything is published; bye");
    } else {
        let progress = shared.progress.borrow().clone();
        let left = progress.journal.saturating_sub(progress.published);
        tracing::warn!(events = left, "stopping before everything is published; the rest goes out at the next start");
    }
}

async fn connect(settings: &WorkerSettings, observer: &Observer) -> Result<Bus, ConnectError> {
    let bus = Bus::connect(settings.bus.clone()).await?;
    observer.connects(&bus);
    // Meanwhile the bus says that none answers, and why.
    bus.wait_until_up().await;
    bus.check_version()?;
    Ok(bus)
}

/// The engine's thread: gather, step, hand on. Never waits while there is something to do.
fn turn(
    engine: &mut Engine,
    mut inputs: mpsc::Receiver<Input>,
    effects: &mpsc::Sender<Vec<Effect>>,
    progress: &watch::Sender<Progress>,
    durations: &Durations,
    observer: &Observer,
) -> Result<(), Fatal> {
    while let Some(first) = inputs.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(next) = inputs.try_recv()
        {
            batch.push(next);
        }
        let (begun, count) = (Instant::now(), batch.len());
        observer.pulse().steps();
        let todo = engine.step(now(), batch)?;
        observer.pulse().rests();
        durations.note(begun.elapsed(), count);
        progress.send_replace(engine.progress());
        if !todo.is_empty() && effects.blocking_send(todo).is_err() {
            break;
        }
    }
    Ok(())
}

/// Follows the chain of the journal that was there at the start; gives up when the worker does.
async fn prove(reader: Arc<dyn Reader>, inputs: mpsc::WeakSender<Input>) {
    let follow = move || {
        let inputs_live = || inputs.strong_count() > 0;
        match proof::first_break(&*reader, &inputs_live) {
            Ok(None) => tracing::debug!("the journal is whole"),
            Ok(Some(number)) => {
                if let Some(inputs) = inputs.upgrade() {
                    let _ = inputs.blocking_send(Input::JournalBroken { number });
                }
            }
            // The engine meets it too, where it matters.
            Err(error) => tracing::error!(%error, "the journal cannot be read through"),
        }
    };
    if let Err(error) = tokio::task::spawn_blocking(follow).await
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}

/// Tells the engine when to look at its stream.
async fn report_reconnections(shared: Shared) {
    let mut state = shared.bus.watch();
    loop {
        let input = tokio::select! {
            changed = state.changed() => match changed {
                Err(_) => return,
                // A link that was down only for a moment shows as up, and up again.
                Ok(()) if *state.borrow_and_update() == LinkState::Up => {
                    shared.broker.is_back();
                    Input::Reconnected
                }
                Ok(()) => continue,
            },
            () = tokio::time::sleep(LOOK_EVERY) => Input::Tick,
        };
        if shared.inputs.send(input).await.is_err() {
            return;
        }
    }
}

/// Says how many messages had to be left out: somebody sends what is none.
async fn report_malformed(bus: Bus) {
    let mut told = 0;
    loop {
        tokio::time::sleep(TELL_MALFORMED_EVERY).await;
        let malformed = bus.malformed();
        if malformed > told {
            tracing::warn!(messages = malformed - told, "left out messages whose headers cannot be read");
        }
        told = malformed;
    }
}

pub(crate) fn now() -> UnixMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
