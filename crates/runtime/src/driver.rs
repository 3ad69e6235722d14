//! Connects an [`Engine`] to the bus, and runs it until it is told to stop.
//!
//! redb blocks, so the engine owns a plain thread. Everything else is async
//! around two queues: inputs to the engine, effects from it. Questions to the
//! outside are asked again by their own tasks until they are answered; only
//! the engine decides what an answer means.

mod durations;
mod effects;
mod hearing;
mod serving;

use crate::engine::{Effect, Engine, Fatal, Input, Progress};
use crate::policy::Policy;
use crate::proof;
use crate::redb_store::{OpenError, RedbStore};
use crate::store::Reader;
use durations::Durations;
use rental_bus::{Bus, ConnectError, LinkState};
use rental_model::UnixMs;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot, watch};

/// How many inputs one commit may carry.
const BATCH: usize = 256;
/// How many inputs may wait for the engine.
const QUEUE: usize = 4096;
/// How many batches of effects may wait to be carried out. The engine waits then, and so do its inputs.
const BEHIND: usize = 64;
/// How often an idle worker looks whether its stream still holds everything: a
/// cluster can lose messages without disconnecting anybody.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How long a stopping worker ships what is left.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// What a worker needs to run.
#[derive(Debug, Clone)]
pub struct Settings {
    pub bus: rental_bus::Settings,
    /// The redb file.
    pub data: PathBuf,
    /// On how many brokers the own stream is kept.
    pub replicas: usize,
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
    #[error("the service cannot be offered: {0}")]
    Service(String),
    #[error("durations cannot be counted")]
    Durations(#[source] hdrhistogram::CreationError),
    #[error("the engine's thread cannot be started")]
    Thread(#[source] std::io::Error),
    #[error("the engine ended without a word")]
    EngineGone,
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
}

/// Runs the worker until `stop` completes. Returns when everything decided is shipped, or cannot be for now.
pub async fn run(policy: Policy, settings: Settings, stop: impl Future<Output = ()>) -> Result<(), RunError> {
    tokio::pin!(stop);
    let mut engine = Engine::open(policy.clone(), Box::new(RedbStore::open(&settings.data, policy.context())?))?;
    tracing::info!(context = %policy.context(), data = %settings.data.display(), journal = engine.progress().journal, "opened");
    let bus = tokio::select! {
        bus = connect(&settings) => bus?,
        () = &mut stop => return Ok(()),
    };
    let (inputs, inputs_out) = mpsc::channel(QUEUE);
    let (effects, effects_out) = mpsc::channel(BEHIND);
    let first = engine.start();
    let (progress_in, progress) = watch::channel(engine.progress());
    let reader = engine.reader();
    tokio::task::spawn_blocking({
        let (reader, inputs) = (reader.clone(), inputs.clone());
        move || prove(&*reader, &inputs)
    });
    let durations = Durations::new().map_err(RunError::Durations)?;
    let shared =
        Shared { bus, policy, inputs, progress, replicas: settings.replicas, started: Instant::now(), durations };
    let _ = effects.send(first).await;
    let (ended, mut has_ended) = oneshot::channel();
    let durations = shared.durations.clone();
    std::thread::Builder::new()
        .name("engine".to_owned())
        .spawn(move || {
            let _ = ended.send(turn(engine, inputs_out, &effects, &progress_in, &durations));
        })
        .map_err(RunError::Thread)?;
    let server = serving::Server::start(shared.clone(), reader).await.map_err(RunError::Service)?;
    let executor = effects::Executor::new(shared.clone(), server.responders());
    let mut executing = tokio::spawn(executor.run(effects_out));
    let watching = tokio::spawn(report_reconnections(shared.clone()));
    let outcome = tokio::select! {
        ended = &mut has_ended => ended.map_or(Err(RunError::EngineGone), |outcome| outcome.map_err(RunError::from)),
        () = &mut stop => {
            tracing::info!("stopping: finishing what was begun");
            server.stop().await;
            let _ = shared.inputs.send(Input::Stop).await;
            finish(&shared, &mut executing, &mut has_ended).await
        }
    };
    watching.abort();
    executing.abort();
    shared.bus.flush(Duration::from_secs(1)).await;
    outcome
}

/// Waits until everything is shipped, or time is up.
async fn finish(
    shared: &Shared,
    executing: &mut tokio::task::JoinHandle<()>,
    has_ended: &mut oneshot::Receiver<Result<(), Fatal>>,
) -> Result<(), RunError> {
    tokio::select! {
        // The executor ends with `Effect::Stopped`.
        _ = executing => tracing::info!("everything is shipped; bye"),
        ended = has_ended => return ended.map_or(Err(RunError::EngineGone), |outcome| outcome.map_err(RunError::from)),
        () = tokio::time::sleep(STOP_WITHIN) => {
            let progress = shared.progress.borrow().clone();
            let left = progress.journal.saturating_sub(progress.shipped);
            tracing::warn!(events = left, "stopping before everything is shipped; the rest goes out at the next start");
        }
    }
    Ok(())
}

async fn connect(settings: &Settings) -> Result<Bus, ConnectError> {
    let bus = Bus::connect(settings.bus.clone()).await?;
    if !bus.is_up() {
        tracing::warn!(url = bus.url(), "no broker answers; waiting for it");
        bus.wait_until_up().await;
    }
    bus.check_version()?;
    Ok(bus)
}

/// The engine's thread: gather, step, hand on. Never waits while there is something to do.
fn turn(
    mut engine: Engine,
    mut inputs: mpsc::Receiver<Input>,
    effects: &mpsc::Sender<Vec<Effect>>,
    progress: &watch::Sender<Progress>,
    durations: &Durations,
) -> Result<(), Fatal> {
    while let Some(first) = inputs.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(next) = inputs.try_recv()
        {
            batch.push(next);
        }
        let (begun, count) = (Instant::now(), batch.len());
        let todo = engine.step(now(), batch)?;
        durations.note(begun.elapsed(), count);
        progress.send_replace(engine.progress());
        if !todo.is_empty() && effects.blocking_send(todo).is_err() {
            break;
        }
    }
    Ok(())
}

/// Follows the chain of the journal that was there at the start.
fn prove(reader: &dyn Reader, inputs: &mpsc::Sender<Input>) {
    match proof::first_break(reader) {
        Ok(None) => tracing::debug!("the journal is whole"),
        Ok(Some(number)) => drop(inputs.blocking_send(Input::JournalBroken { number })),
        // The engine meets it too, where it matters.
        Err(error) => tracing::error!(%error, "the journal cannot be read through"),
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
                Ok(()) if *state.borrow_and_update() == LinkState::Up => Input::Reconnected,
                Ok(()) => continue,
            },
            () = tokio::time::sleep(LOOK_EVERY) => Input::Look,
        };
        if shared.inputs.send(input).await.is_err() {
            return;
        }
    }
}

pub(crate) fn now() -> UnixMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
