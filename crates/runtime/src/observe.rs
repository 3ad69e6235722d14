//! What a worker shows to whoever watches it: probes, metrics, and systemd.
//!
//! It looks on. The engine and the tasks around it tell it what they do; it
//! decides nothing, and nothing waits for it. Alive means that the engine
//! turns; ready, that commands are taken and events are received in time. A broker
//! that is away makes a worker unready and not dead: no restart of the worker
//! brings a broker back.

mod backlog;
mod http;
mod metrics;
mod pulse;
mod socket;
mod store;
mod systemd;

use crate::engine::Progress;
use backlog::Backlog;
use metrics::{Level, Metrics};
use pulse::Pulse;
use rental_bus::health::{Condition, Health, Verdict};
use rental_bus::status::{Alert, Phase};
use rental_bus::streams::PublishOutcome;
use rental_bus::{Bus, LinkState};
use rental_model::{Context, Refusal};
pub use socket::probe;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
pub(crate) use store::MeasuredStore;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How often the received streams are asked where they end.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long a stream may take to say it.
const ASK_WITHIN: Duration = Duration::from_millis(500);

/// Where a worker can be watched.
#[derive(Debug, Clone, Default)]
pub struct ObserverSettings {
    /// The socket that `rental-worker health` asks.
    pub socket: Option<PathBuf>,
    /// Where probes and metrics are answered over the network.
    pub http: Option<SocketAddr>,
}

/// The address asked for cannot be listened at.
#[derive(Debug, thiserror::Error)]
#[error("cannot answer probes at {address}; give each worker an address of its own (--http)")]
pub struct ListenError {
    address: SocketAddr,
    source: std::io::Error,
}

/// One worker, watched. Clones share what they see.
#[derive(Debug, Clone)]
pub(crate) struct Observer(Arc<Seen>);

#[derive(Debug)]
struct Seen {
    context: Context,
    started: Instant,
    data: PathBuf,
    pulse: Pulse,
    metrics: Metrics,
    backlog: Mutex<Backlog>,
    is_stopping: AtomicBool,
    /// From when on there is one.
    link: OnceLock<watch::Receiver<LinkState>>,
    progress: OnceLock<watch::Receiver<Progress>>,
    around: OnceLock<Around>,
}

/// What the surroundings of the engine know to be wrong.
struct Around {
    alerts: Box<dyn Fn() -> Vec<Alert> + Send + Sync>,
    /// What waits for a person, a sentence each. Reads the data file.
    waiting: Box<dyn Fn() -> Vec<String> + Send + Sync>,
}

impl std::fmt::Debug for Around {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Around")
    }
}

/// The tasks that answer and look. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Watching {
    tasks: JoinSet<()>,
    socket: Option<PathBuf>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        if let Some(socket) = &self.socket {
            let _ = std::fs::remove_file(socket);
        }
    }
}

impl Observer {
    pub(crate) fn new(context: Context, data: &Path) -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(Arc::new(Seen {
            context,
            started: Instant::now(),
            data: data.to_owned(),
            pulse: Pulse::default(),
            metrics: Metrics::new(context, since_1970),
            backlog: Mutex::default(),
            is_stopping: AtomicBool::new(false),
            link: OnceLock::new(),
            progress: OnceLock::new(),
            around: OnceLock::new(),
        }))
    }

    /// Begins to answer. A socket that cannot be had costs only the local health check.
    pub(crate) async fn watch(&self, settings: &ObserverSettings) -> Result<Watching, ListenError> {
        let mut watching = Watching { tasks: JoinSet::new(), socket: None };
        if let Some(address) = settings.http {
            let failed = |source| ListenError { address, source };
            let listener = tokio::net::TcpListener::bind(address).await.map_err(failed)?;
            tracing::info!(address = %listener.local_addr().map_err(failed)?, "answering probes and metrics");
            watching.tasks.spawn(http::serve_tcp(self.clone(), listener));
        }
        if let Some(path) = &settings.socket {
            let listening = socket::listen(path).and_then(|listener| {
                listener.set_nonblocking(true)?;
                tokio::net::UnixListener::from_std(listener)
            });
            match listening {
                Ok(listener) => {
                    watching.socket = Some(path.clone());
                    watching.tasks.spawn(http::serve_unix(self.clone(), listener));
                }
                Err(error) => {
                    tracing::warn!(socket = %path.display(), %error, "rental-worker health cannot ask this worker");
                }
            }
        }
        if systemd::is_wanted() {
            watching.tasks.spawn(systemd::keep_telling(self.clone()));
        }
        Ok(watching)
    }

    /// There is a connection, up or not yet.
    pub(crate) fn connects(&self, bus: &Bus) {
        let _ = self.0.link.set(bus.watch());
    }

    /// The engine runs. Looks now and then how far behind it is.
    pub(crate) fn runs(&self, watching: &mut Watching, bus: &Bus, progress: &watch::Receiver<Progress>) {
        let _ = self.0.progress.set(progress.clone());
        watching.tasks.spawn(look(self.clone(), bus.clone(), progress.clone()));
        watching.tasks.spawn(count_connections(self.clone(), bus.watch()));
    }

    pub(crate) fn stops(&self) {
        self.0.is_stopping.store(true, Ordering::Relaxed);
        systemd::stopping();
    }

    pub(crate) fn pulse(&self) -> &Pulse {
        &self.0.pulse
    }

    /// A command or a query was answered.
    pub(crate) fn answered<T>(&self, endpoint: &str, is_command: bool, answer: &Result<T, Refusal>) {
        self.0.metrics.answered(endpoint, is_command, answer);
    }

    /// The broker has said what became of a publication, or has not in time.
    pub(crate) fn published(&self, outcome: &PublishOutcome, took: Duration) {
        self.0.metrics.published(outcome, took);
    }

    pub(crate) fn received(&self, source: Context) {
        self.0.metrics.received(source);
    }

    pub(crate) fn committed(&self, is_durable: bool, took: Duration) {
        self.0.metrics.committed(is_durable, took);
    }

    /// Whether the engine turns.
    pub(crate) fn live(&self) -> Health {
        let context = self.0.context;
        match self.0.pulse.stuck(Instant::now()) {
            None => Health::new(Verdict::Well, format!("{context} is alive")),
            Some(stuck) => {
                let words = format!("{context} has been stuck in one commit for {} s: its disk?", stuck.as_secs());
                Health::new(Verdict::Down, words)
            }
        }
    }

    /// Whether it serves, has its broker, and is not behind for longer than that.
    pub(crate) fn ready(&self, behind_for: Duration) -> Health {
        self.judge(|_| Vec::new(), |condition| condition.serves(behind_for))
    }

    /// The same, and whether it says that something is wrong.
    pub(crate) fn health(&self, behind_for: Duration) -> Health {
        self.judge(|progress| self.alert_messages(progress), |condition| condition.judge(behind_for))
    }

    pub(crate) fn is_serving(&self) -> bool {
        self.0.progress.get().is_some_and(|progress| progress.borrow().phase == Phase::Serving)
    }

    fn judge(
        &self,
        alert_messages: impl FnOnce(&Progress) -> Vec<String>,
        judge: impl FnOnce(Condition<'_>) -> Health,
    ) -> Health {
        let context = self.0.context;
        let down = |words: String| Health::new(Verdict::Down, words);
        if self.live().verdict != Verdict::Well {
            return self.live();
        }
        if self.0.is_stopping.load(Ordering::Relaxed) {
            return down(format!("{context} is stopping"));
        }
        let Some(link) = self.0.link.get() else { return down(format!("{context} is opening its data file")) };
        if let LinkState::Down(why) = &*link.borrow() {
            return down(format!("{context} has no broker: {why}"));
        }
        let Some(progress) = self.0.progress.get() else { return down(format!("{context} is starting")) };
        let progress = progress.borrow().clone();
        let alerts = alert_messages(&progress);
        judge(Condition {
            context,
            phase: progress.phase,
            alerts: &alerts,
            parked: progress.parked,
            behind: self.behind(&progress),
        })
    }

    /// Whom to ask what else is wrong.
    pub(crate) fn also_tells(
        &self,
        alerts: impl Fn() -> Vec<Alert> + Send + Sync + 'static,
        waiting: impl Fn() -> Vec<String> + Send + Sync + 'static,
    ) {
        let _ = self.0.around.set(Around { alerts: Box::new(alerts), waiting: Box::new(waiting) });
    }

    pub(crate) fn alerts(&self, progress: &Progress) -> Vec<Alert> {
        let more = self.0.around.get().map(|around| (around.alerts)()).unwrap_or_default();
        [more, progress.alerts.clone()].concat()
    }

    /// All that is wrong, a sentence each: what `status`, the health check and the metrics tell. Blocks.
    pub(crate) fn alert_messages(&self, progress: &Progress) -> Vec<String> {
        let waiting = self.0.around.get().map(|around| (around.waiting)()).unwrap_or_default();
        self.alerts(progress).into_iter().map(|alert| alert.message).chain(waiting).collect()
    }

    /// For how long the oldest event has been waiting to be published or received.
    pub(crate) fn behind(&self, progress: &Progress) -> Option<Duration> {
        let mut backlog = self.0.backlog.lock().unwrap_or_else(PoisonError::into_inner);
        backlog.behind(Instant::now(), progress.published, &progress.positions)
    }

    pub(super) fn metrics_text(&self) -> String {
        let seen = &self.0;
        let mut level = Level {
            is_live: self.live().verdict == Verdict::Well,
            is_connected: seen.link.get().is_some_and(|link| *link.borrow() == LinkState::Up),
            uptime: seen.started.elapsed(),
            file_bytes: std::fs::metadata(&seen.data).map(|file| file.len()).unwrap_or_default(),
            free_bytes: free_bytes(&seen.data),
            ..Level::default()
        };
        if let Some(progress) = seen.progress.get().map(|progress| progress.borrow().clone()) {
            level.behind = self.behind(&progress).unwrap_or_default();
            level.is_serving = progress.phase == Phase::Serving;
            level.journal = progress.journal;
            level.unpublished = progress.journal.saturating_sub(progress.published);
            level.parked = progress.parked;
            level.alerts = self.alert_messages(&progress).len() as u64;
            let backlog = seen.backlog.lock().unwrap_or_else(PoisonError::into_inner);
            let lag = |(&source, &received): (&Context, &u64)| Some((source, backlog.lag(source, received)?));
            level.lag = progress.positions.iter().filter_map(lag).collect();
        }
        seen.metrics.text(&level)
    }
}

/// What is free on the disk of `path`, or 0.
fn free_bytes(path: &Path) -> u64 {
    let folder = path.parent().unwrap_or(Path::new("."));
    rustix::fs::statvfs(folder).map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)).unwrap_or_default()
}

/// Looks how far journal and received streams have come.
async fn look(observer: Observer, bus: Bus, progress: watch::Receiver<Progress>) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut recorded = progress.borrow().journal;
    loop {
        ticks.tick().await;
        let now = progress.borrow().clone();
        observer.0.metrics.recorded(recorded, now.journal);
        recorded = recorded.max(now.journal);
        {
            let mut backlog = observer.0.backlog.lock().unwrap_or_else(PoisonError::into_inner);
            backlog.note_publishing(Instant::now(), now.journal, now.published);
        }
        if !bus.is_up() {
            continue;
        }
        for (&source, &received) in &now.positions {
            // One that cannot be asked leaves what was known.
            if let Ok(Ok(tip)) = tokio::time::timeout(ASK_WITHIN, bus.tip(source)).await {
                let mut backlog = observer.0.backlog.lock().unwrap_or_else(PoisonError::into_inner);
                backlog.note_receiving(Instant::now(), source, tip.last, received);
            }
        }
    }
}

async fn count_connections(observer: Observer, mut link: watch::Receiver<LinkState>) {
    loop {
        if *link.borrow_and_update() == LinkState::Up {
            observer.0.metrics.connected();
        }
        if link.changed().await.is_err() {
            return;
        }
    }
}
