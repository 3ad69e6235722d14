//! Bringing an installation up, under a supervisor.

use crate::down::{self, names};
use crate::found::{self, Found, SUPERVISOR};
use crate::home::{Home, HomeError};
use crate::identity::Identity;
use crate::launch::{BROKER, LaunchError, Options};
use crate::log;
use crate::port::{self, Occupant};
use crate::process::{Process, ProcessError};
use crate::report::{Care, Report};
use crate::wait::{self, Progress};
use rental_bus::status::ContextStatus;
use rental_bus::{Bus, ConnectError};
use rental_model::Context;
use rustix::process::Signal;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long another `up` or `down` is waited for.
const OTHERS: Duration = Duration::from_mins(1);
/// How long a supervisor may take to take over.
const TAKE_OVER: Duration = Duration::from_secs(10);
/// How often it is asked whether all serve.
const LOOK: Duration = Duration::from_millis(100);
/// Who has failed this often in a row is not waited for any longer.
const FAILURES: u32 = 3;
/// How many lines of a log explain why its process failed.
const LOG_LINES: usize = 15;

/// Why an installation did not come up.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Launch(#[from] LaunchError),
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("port {port} is in use by {who}; end that, or choose another with RENTAL_NATS_PORT")]
    PortTaken { port: u16, who: Occupant },
    #[error(
        "this installation is already up at {found}; run ./scripts/down first, or set RENTAL_NATS_PORT to its port"
    )]
    OtherPort { found: String },
    #[error("the supervisor does not start or answer; the end of {}:\n{end}", log.display())]
    NoSupervisor { log: PathBuf, end: String },
    #[error("the broker does not start: {why}; the end of {}:\n{end}", log.display())]
    NoBroker { why: String, log: PathBuf, end: String },
    #[error("the supervisor was ended while the workers were waited for: by a `down`?")]
    Ended,
    #[error(transparent)]
    Refused(ConnectError),
}

/// An installation that is up, if not all of it.
#[derive(Debug)]
pub struct Up {
    /// Where the broker is reached.
    pub address: String,
    /// Whether everything was running before.
    pub was_up: bool,
    /// Whether nobody looked after it until now.
    pub is_newly_supervised: bool,
    /// Who does not serve, and why.
    pub failing: Vec<(Context, String)>,
    /// What those who serve say is wrong.
    pub alerts: Vec<(Context, String)>,
}

/// Starts a supervisor if there is none, and waits until all that can serve do.
///
/// `has_begun` is set once there is something that whoever gives up waiting has
/// to end with [`down::down`].
pub async fn up(options: &Options, mut say: impl FnMut(&Progress), has_begun: &AtomicBool) -> Result<Up, UpError> {
    let home = options.home()?;
    home.make_folders()?;
    let lock = home.lock_within(OTHERS).await?;
    // Two of them at once would make the keys twice.
    home.prepare()?;
    // All that can be missing is found out before anything is started.
    options.launches()?;
    let found = found::processes(&home);
    let is_elsewhere =
        |process: &&Found| matches!(process.name.as_str(), BROKER | SUPERVISOR) && process.address != options.url();
    if let Some(other) = found.iter().find(is_elsewhere) {
        return Err(UpError::OtherPort { found: other.address.clone() });
    }
    let runs = |name: &str| found.iter().any(|process| process.name == name);
    let was_up = names().all(runs);
    let supervisor = found.iter().find(|process| process.name == SUPERVISOR).map(|found| found.identity.clone());
    let is_newly_supervised = supervisor.is_none();
    let supervisor = if let Some(supervisor) = supervisor {
        // Somebody may have halted it.
        let _ = supervisor.signal(Signal::CONT);
        try_again(&home, &supervisor).await?;
        supervisor
    } else {
        if !runs(BROKER)
            && let Some(who) = port::occupant_after_all(options.port).await
        {
            return Err(UpError::PortTaken { port: options.port, who });
        }
        has_begun.store(true, Ordering::Relaxed);
        start_supervisor(&home, options).await?
    };
    drop(lock);
    let mut waiting = Waiting { home: &home, options, supervisor, bus: None };
    let (failing, alerts) = waiting.until_settled(&mut say).await?;
    Ok(Up { address: options.url(), was_up, is_newly_supervised, failing, alerts })
}

async fn start_supervisor(home: &Home, options: &Options) -> Result<Identity, UpError> {
    let process = Process::start(options.supervisor(home)?)?;
    let identity = process.identity().clone();
    told(home, &identity, |_| true).await.map(|_| identity)
}

/// Has a supervisor try again what it has given up, and waits until it has received that.
async fn try_again(home: &Home, supervisor: &Identity) -> Result<(), UpError> {
    // Whoever has not begun yet would end of the signal.
    let before = told(home, supervisor, |_| true).await?;
    let _ = supervisor.signal(Signal::HUP);
    told(home, supervisor, |report| report.tries > before.tries).await.map(drop)
}

/// Waits until a supervisor says something in particular.
async fn told(home: &Home, supervisor: &Identity, is_it: impl Fn(&Report) -> bool) -> Result<Report, UpError> {
    let deadline = Instant::now() + TAKE_OVER;
    loop {
        if let Some(report) = Report::of(home, supervisor.pid).filter(&is_it) {
            return Ok(report);
        }
        if !supervisor.is_running() || Instant::now() > deadline {
            let log = home.log(SUPERVISOR);
            return Err(UpError::NoSupervisor { end: log::end(&log, 0, LOG_LINES), log });
        }
        tokio::time::sleep(LOOK / 5).await;
    }
}

struct Waiting<'a> {
    home: &'a Home,
    options: &'a Options,
    supervisor: Identity,
    bus: Option<Bus>,
}

type Named = Vec<(Context, String)>;

impl Waiting<'_> {
    /// Waits until everyone serves, or will not for now: who does not, and what the others find wrong.
    async fn until_settled(&mut self, say: &mut impl FnMut(&Progress)) -> Result<(Named, Named), UpError> {
        let deadline = Instant::now() + self.options.patience;
        loop {
            if !self.supervisor.is_running() {
                return Err(UpError::Ended);
            }
            let report = Report::of(self.home, self.supervisor.pid).unwrap_or_default();
            self.check_broker(&report)?;
            self.connect().await?;
            let answers = match &self.bus {
                Some(bus) => wait::serving(bus).await,
                None => Vec::new(),
            };
            let waiting = wait::not_serving(&answers);
            let progress = Progress { is_broker_up: self.bus.is_some(), waiting };
            say(&progress);
            let is_late = Instant::now() > deadline;
            let fails = |context: Context| is_failing(report.processes.get(context.name()));
            if is_late || (progress.is_broker_up && progress.waiting.iter().all(|(context, _)| fails(*context))) {
                return Ok((explain(progress, &report), alerts(answers)));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Without a broker nothing of a shop works.
    fn check_broker(&self, report: &Report) -> Result<(), UpError> {
        let care = report.processes.get(BROKER);
        if !is_failing(care) {
            return Ok(());
        }
        let why = care.map(|care| care.last.clone()).unwrap_or_default();
        let log = self.home.log(BROKER);
        Err(UpError::NoBroker { why, end: log::end(&log, 0, LOG_LINES), log })
    }

    async fn connect(&mut self) -> Result<(), UpError> {
        if self.bus.is_none() {
            match wait::staff(self.home, &self.options.url()).await {
                Ok(bus) => self.bus = Some(bus),
                Err(ConnectError::Unreachable { .. }) => {}
                Err(error) => return Err(UpError::Refused(error)),
            }
        }
        Ok(())
    }
}

fn is_failing(care: Option<&Care>) -> bool {
    care.is_some_and(|care| care.state.is_over() || care.failures >= FAILURES)
}

/// Why each that does not serve does not.
fn explain(progress: Progress, report: &Report) -> Named {
    let waiting = if progress.is_broker_up {
        progress.waiting
    } else {
        Context::ALL.map(|context| (context, "the broker does not answer yet".to_owned())).to_vec()
    };
    let why = |context: Context, at: String| match report.processes.get(context.name()).map(Care::to_string) {
        Some(care) if !care.is_empty() => care,
        _ => at,
    };
    waiting.into_iter().map(|(context, at)| (context, why(context, at))).collect()
}

fn alerts(answers: Vec<(Context, Result<ContextStatus, String>)>) -> Named {
    let of = |(context, answer): (Context, Result<ContextStatus, String>)| {
        answer.into_iter().flat_map(|status| status.alert_messages).map(move |trouble| (context, trouble))
    };
    answers.into_iter().flat_map(of).collect()
}

/// Ends what a [`up()`] that was given up has begun.
pub async fn undo(home: &Home, has_begun: &AtomicBool) -> Result<(), UpError> {
    if has_begun.load(Ordering::Relaxed) {
        let _lock = home.lock_within(OTHERS).await?;
        down::down(home).await?;
    }
    Ok(())
}
