//! Looks after the broker and the workers of a home, so that a shop heals by itself.
//!
//! One small process for all of them. It is told of a death by the kernel, and
//! starts again what has died: at once, then ever more slowly, and at last not
//! any more, which it says. If it dies itself, all it looked after lives on; the
//! next one adopts it.

use crate::down;
use crate::home::{Home, HomeError};
use crate::launch::{LaunchError, Options};
use crate::log::note;
use crate::port;
use crate::process::{Launch, Process, ProcessError};
use crate::report::{Care, Report, State};
use crate::restarts::{HOPELESS, Next, Restarts};
use crate::storage;
use std::process::ExitStatus;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// How long a process that is to be restarted may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why nobody looks after a home.
#[derive(Debug, thiserror::Error)]
pub enum SuperviseError {
    #[error("{} has a supervisor already{process}", home.display())]
    Already { home: std::path::PathBuf, process: String },
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Launch(#[from] LaunchError),
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("signals cannot be received")]
    Signals(#[source] std::io::Error),
}

/// What a keeper is told.
#[derive(Debug)]
pub(crate) enum Order {
    /// Forget past failures, and start it if it does not run.
    TryAgain,
    /// Restart it, for this reason.
    Restart(String),
}

/// Looks after everything of `options.home`, until SIGTERM or SIGINT; then ends
/// the workers and the broker. SIGHUP has it try again what it has given up.
pub async fn supervise(options: &Options) -> Result<(), SuperviseError> {
    let home = options.home()?;
    home.prepare()?;
    let on = |kind| signal(kind).map_err(SuperviseError::Signals);
    let (mut terminate, mut interrupt) = (on(SignalKind::terminate())?, on(SignalKind::interrupt())?);
    let mut hang_up = on(SignalKind::hangup())?;
    let _lock = home.supervise_within(Duration::ZERO).await.map_err(|error| match error {
        HomeError::Busy { home, process } => SuperviseError::Already { home, process },
        other => other.into(),
    })?;
    let mut keepers = Keepers::start(&home, options)?;
    note(&format!("supervisor: looks after {}", home.root().display()));
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => try_again(&keepers.report, &keepers.orders),
            _ = keepers.reports.changed() => keepers.report(&home),
        }
    }
    note("supervisor: asked to end; ends the workers, then the broker");
    keepers.tasks.shutdown().await;
    for (name, ending) in down::end_all(&home).await? {
        note(&format!("{name}: {ending:?}"));
    }
    let _ = std::fs::remove_file(home.report());
    Ok(())
}

/// Those who look after one process each.
#[derive(Debug)]
struct Keepers {
    tasks: JoinSet<()>,
    orders: Vec<mpsc::UnboundedSender<Order>>,
    report: watch::Sender<Report>,
    reports: watch::Receiver<Report>,
}

impl Keepers {
    fn start(home: &Home, options: &Options) -> Result<Self, LaunchError> {
        let (brokers, workers) = options.launches()?;
        let first = Report { supervisor: std::process::id(), address: options.url(), ..Report::default() };
        let (report, mut reports) = watch::channel(first);
        reports.mark_changed();
        let mut keepers = Self { tasks: JoinSet::new(), orders: Vec::new(), report, reports };
        let ports = options.ports().into_iter().map(Some).chain(std::iter::repeat(None));
        for (launch, port) in brokers.into_iter().chain(workers).zip(ports) {
            let (order, orders) = mpsc::unbounded_channel();
            keepers.orders.push(order);
            let (home, report) = (home.clone(), keepers.report.clone());
            let keeper =
                Keeper { home, launch, port, orders, report, restarts: Restarts::default(), care: Care::default() };
            keepers.tasks.spawn(keeper.keep());
        }
        if let [broker, ..] = keepers.orders.as_slice() {
            keepers.tasks.spawn(storage::watch(home.clone(), options.clone(), broker.clone()));
        }
        let (report, orders) = (keepers.report.clone(), keepers.orders.clone());
        keepers.tasks.spawn(storage::watch_disk(home.clone(), move || try_again(&report, &orders)));
        Ok(keepers)
    }

    fn report(&mut self, home: &Home) {
        let report = self.reports.borrow_and_update().clone();
        if let Err(error) = report.write(home) {
            note(&format!("supervisor: {} cannot be written ({error})", home.report().display()));
        }
    }
}

/// Has everything that does not run started.
fn try_again(report: &watch::Sender<Report>, orders: &[mpsc::UnboundedSender<Order>]) {
    report.send_modify(Report::try_again);
    for order in orders {
        let _ = order.send(Order::TryAgain);
    }
}

/// How a process ended.
#[derive(Debug)]
struct End {
    why: String,
    is_hopeless: bool,
}

/// Looks after one process.
#[derive(Debug)]
struct Keeper {
    home: Home,
    launch: Launch,
    /// Where it is to listen.
    port: Option<u16>,
    orders: mpsc::UnboundedReceiver<Order>,
    report: watch::Sender<Report>,
    restarts: Restarts,
    care: Care,
}

impl Keeper {
    async fn keep(mut self) {
        loop {
            let begun = Instant::now();
            let end = match self.start().await {
                Ok(process) => self.attend(process).await,
                Err(end) => Some(end),
            };
            if let Some(end) = end {
                self.pause(begun.elapsed(), end).await;
            }
            self.care.restarts += 1;
        }
    }

    /// Starts it, or takes over the one that runs.
    async fn start(&mut self) -> Result<Process, End> {
        if let Some(found) = down::running(&self.home, &self.launch.name) {
            note(&format!(
                "{}: runs already (process {}), and is looked after from now on",
                found.name, found.identity.pid
            ));
            return Ok(Process::adopt(self.launch.clone(), found));
        }
        if let Some(port) = self.port
            && let Some(who) = port::occupant_after_all(port).await
        {
            return Err(End { why: format!("port {port} is in use by {who}"), is_hopeless: false });
        }
        Process::start(self.launch.clone()).map_err(|error| {
            let is_hopeless = matches!(&error, ProcessError::Ended { status, .. } if status.code() == Some(HOPELESS));
            let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
            End { why: format!("{error}{source}"), is_hopeless }
        })
    }

    /// Waits for its end; nothing is answered if it was ended to be started again.
    async fn attend(&mut self, mut process: Process) -> Option<End> {
        note(&format!("{}: runs (process {})", self.launch.name, process.pid()));
        self.tell(State::Running, None);
        loop {
            let reason = tokio::select! {
                ended = process.ended() => return Some(how(&process, ended)),
                order = self.orders.recv() => match order? {
                    Order::TryAgain => continue,
                    Order::Restart(reason) => reason,
                },
            };
            note(&format!("{}: is restarted: {reason}", self.launch.name));
            if let Err(error) = process.stop(PATIENCE).await {
                note(&format!("{}: {error}", self.launch.name));
            }
            self.tell(State::Starting, Some(reason));
            return None;
        }
    }

    /// Waits until it is to be started again.
    async fn pause(&mut self, lived: Duration, end: End) {
        let next = self.restarts.after(lived, end.is_hopeless, fastrand::f64());
        let (state, what) = match next {
            Next::Again(Duration::ZERO) => (State::Waiting, "is started again".to_owned()),
            Next::Again(wait) => (State::Waiting, format!("is started again in {:.1} s", wait.as_secs_f64())),
            Next::GiveUp(Some(wait)) => (State::GivenUp, format!("GIVEN UP; once more in {} min", wait.as_secs() / 60)),
            Next::GiveUp(None) => (State::Hopeless, "STAYS DOWN: starting it again does not help".to_owned()),
        };
        note(&format!("{}: {}; {what}", self.launch.name, end.why));
        self.tell(state, Some(end.why));
        let (Next::Again(wait) | Next::GiveUp(Some(wait))) = next else {
            return self.asked().await;
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.asked() => {}
        }
    }

    /// Waits until somebody wants it to run.
    async fn asked(&mut self) {
        match self.orders.recv().await {
            Some(_) => self.restarts.forget(),
            // The supervisor ends, and this with it.
            None => std::future::pending().await,
        }
    }

    fn tell(&mut self, state: State, last: Option<String>) {
        self.care.state = state;
        self.care.failures = self.restarts.failures();
        if let Some(last) = last {
            self.care.last = format!("{:.0} {last}", jiff::Timestamp::now());
        }
        self.report.send_modify(|report| {
            report.processes.insert(self.launch.name.clone(), self.care.clone());
        });
    }
}

fn how(process: &Process, ended: std::io::Result<Option<ExitStatus>>) -> End {
    let status = match ended {
        Ok(status) => status,
        Err(error) => return End { why: format!("cannot be watched ({error})"), is_hopeless: false },
    };
    let ended = status.map_or_else(|| "ended".to_owned(), |status| format!("ended ({status})"));
    // Whoever is killed says nothing about it.
    let last = status.and_then(|status| status.code()).map(|_| process.log_end(1)).unwrap_or_default();
    let colon = if last.is_empty() { "" } else { "; its last words: " };
    End { why: format!("{ended}{colon}{last}"), is_hopeless: status.and_then(|status| status.code()) == Some(HOPELESS) }
}
