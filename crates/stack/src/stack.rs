//! The broker and the five workers of one installation.

use crate::home::Home;
use crate::launch::{LaunchError, Options};
use crate::port::{self, Occupant};
use crate::process::{Process, ProcessError};
use crate::wait::{self, Progress};
use rental_bus::{Bus, ConnectError};
use rental_model::Context;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How many lines of a log explain why its process failed.
const LOG_LINES: usize = 15;
/// How often the workers are asked whether they serve.
const LOOK: Duration = Duration::from_millis(100);

/// Why an installation did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Launch(#[from] LaunchError),
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("port {port} is in use by {who}; end that, or choose another with RENTAL_NATS_PORT")]
    PortTaken { port: u16, who: Occupant },
    #[error("{name} ended while starting; the end of {}:\n{end}", log.display())]
    Ended { name: String, log: PathBuf, end: String },
    #[error("{waiting} within {} s{ends}", patience.as_secs())]
    TooSlow { waiting: String, patience: Duration, ends: String },
    #[error(transparent)]
    Refused(ConnectError),
}

/// What an installation consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Of one or several.
    Broker(usize),
    Worker(Context),
}

/// A running installation whose processes belong to whoever holds this: a test,
/// say. Nobody restarts what ends.
#[derive(Debug)]
pub struct Stack {
    home: Home,
    url: String,
    /// The brokers first, then the workers.
    processes: BTreeMap<Part, Process>,
    bus: Option<Bus>,
}

impl Stack {
    /// Starts everything, and waits until all five serve.
    ///
    /// If they do not, what was started is stopped again. `say` is told how it goes on.
    pub async fn start(options: &Options, mut say: impl FnMut(&Progress)) -> Result<Self, StartError> {
        let mut stack = Self {
            home: options.home().map_err(LaunchError::from)?,
            url: options.url(),
            processes: BTreeMap::new(),
            bus: None,
        };
        let outcome = match stack.launch(options).await {
            Ok(()) => stack.wait(options.patience, &mut say).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => Ok(stack),
            Err(error) => {
                stack.stop_started().await;
                Err(error)
            }
        }
    }

    async fn launch(&mut self, options: &Options) -> Result<(), StartError> {
        // All that can be missing is found out before anything is started.
        let (brokers, workers) = options.launches()?;
        for port in options.ports() {
            if let Some(who) = port::occupant_after_all(port).await {
                return Err(StartError::PortTaken { port, who });
            }
        }
        for (index, broker) in brokers.into_iter().enumerate() {
            self.processes.insert(Part::Broker(index), Process::start(broker)?);
        }
        for (context, worker) in Context::ALL.into_iter().zip(workers) {
            self.processes.insert(Part::Worker(context), Process::start(worker)?);
        }
        Ok(())
    }

    /// Waits until all five serve, or one of the processes ends.
    async fn wait(&mut self, patience: Duration, say: &mut impl FnMut(&Progress)) -> Result<(), StartError> {
        let deadline = Instant::now() + patience;
        loop {
            let progress = self.progress().await?;
            say(&progress);
            if progress.is_broker_up && progress.waiting.is_empty() {
                return Ok(());
            }
            if let Some(ended) = self.processes.values().find(|process| !process.is_running()) {
                return Err(StartError::Ended {
                    name: ended.name().to_owned(),
                    log: ended.log_path().to_owned(),
                    end: ended.log_end(LOG_LINES),
                });
            }
            if Instant::now() > deadline {
                return Err(self.too_slow(&progress, patience));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn progress(&mut self) -> Result<Progress, StartError> {
        if self.bus.is_none() {
            match wait::staff(&self.home, &self.url).await {
                Ok(bus) => self.bus = Some(bus),
                Err(ConnectError::Unreachable { .. }) => {}
                Err(error) => return Err(StartError::Refused(error)),
            }
        }
        Ok(match &self.bus {
            Some(bus) => Progress { is_broker_up: true, waiting: wait::not_serving(&wait::serving(bus).await) },
            None => Progress { is_broker_up: false, waiting: Vec::new() },
        })
    }

    fn too_slow(&self, progress: &Progress, patience: Duration) -> StartError {
        let mut late: Vec<&Process> =
            progress.waiting.iter().filter_map(|(context, _)| self.processes.get(&Part::Worker(*context))).collect();
        if !progress.is_broker_up {
            late.extend(
                self.processes.iter().filter(|(part, _)| matches!(part, Part::Broker(_))).map(|(_, process)| process),
            );
        }
        let end = |process: &Process| {
            format!("\nthe end of {}:\n{}", process.log_path().display(), process.log_end(LOG_LINES))
        };
        let names: Vec<&str> = late.iter().map(|process| process.name()).collect();
        StartError::TooSlow {
            waiting: format!("no answer from {}", names.join(", ")),
            patience,
            ends: late.iter().map(|process| end(process)).collect(),
        }
    }

    async fn stop_started(&mut self) {
        for process in self.processes.values_mut().rev() {
            // The failure that led here is the one to tell.
            let _ = process.stop(Duration::from_secs(2)).await;
        }
    }

    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Where the broker is reached; several addresses with commas between.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The connection, as staff, that was used to see whether all serve.
    pub fn bus(&self) -> Option<&Bus> {
        self.bus.as_ref()
    }

    /// The broker's process; of a cluster the first.
    pub fn broker(&mut self) -> &mut Process {
        self.process(Part::Broker(0))
    }

    /// How many brokers there are.
    pub fn brokers(&self) -> usize {
        self.processes.keys().filter(|part| matches!(part, Part::Broker(_))).count()
    }

    /// One broker of [`Stack::brokers`], counted from 0.
    pub fn member(&mut self, index: usize) -> &mut Process {
        self.process(Part::Broker(index))
    }

    /// A context's process.
    pub fn worker(&mut self, context: Context) -> &mut Process {
        self.process(Part::Worker(context))
    }

    fn process(&mut self, part: Part) -> &mut Process {
        self.processes.get_mut(&part).expect("a stack that has started has all its processes")
    }

    /// Waits again until all five serve: after a restart, say.
    pub async fn wait_until_serving(&mut self, patience: Duration) -> Result<(), StartError> {
        self.wait(patience, &mut |_: &Progress| {}).await
    }

    /// Stops everything: the workers together, then the broker.
    pub async fn stop(mut self) -> Result<(), StartError> {
        for (_, process) in self.processes.iter_mut().rev() {
            process.stop(Duration::from_secs(10)).await?;
        }
        Ok(())
    }
}
