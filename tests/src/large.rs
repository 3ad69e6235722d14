//! An installation of a broker and totalview alone, for very many rentals.

use crate::usage::Usage;
use crate::{Surroundings, fill, surroundings};
use anyhow::Context as _;
use rental_bus::status::ContextStatus;
use rental_bus::{Bus, ConnectionSettings};
use rental_model::Context;
use rental_model::totalview::Stats;
use rental_stack::{Home, Options, Process, broker_url, port};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How often it is said how far something is.
const TELL: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(30);

/// The installation.
#[derive(Debug)]
pub struct Large {
    options: Options,
    home: Home,
    url: String,
    /// A connection as staff.
    pub desk: Bus,
    worker: Option<Process>,
    broker: Process,
}

/// What receiving took.
#[derive(Debug, Clone, Copy)]
pub struct Received {
    pub events: u64,
    pub time: Duration,
}

impl Large {
    /// Starts the broker of the installation in `folder`.
    pub async fn open(folder: &Path) -> anyhow::Result<Self> {
        let options = Options::new(folder, port::free()?);
        let (home, url) = (options.home()?, broker_url(options.port));
        let broker = Process::start(options.broker()?)?;
        let settings = ConnectionSettings {
            url: url.clone(),
            user: "staff".to_owned(),
            key: home.key("staff"),
            name: "rental-large".to_owned(),
            is_patient: true,
            tls: rental_bus::Tls::default(),
        };
        let desk = tokio::time::timeout(PATIENCE, Bus::connect(settings)).await.context("no broker")??;
        tokio::time::timeout(PATIENCE, desk.wait_until_up()).await.context("the broker does not come up")?;
        Ok(Self { options, home, url, desk, worker: None, broker })
    }

    /// Fills the streams; answers how many events that took.
    pub async fn fill(&mut self, orders: u64, say: &mut impl FnMut(String)) -> anyhow::Result<u64> {
        let progress = fill::Progress::default();
        let filling = fill::fill(&self.home, &self.url, orders, progress.clone());
        tokio::pin!(filling);
        let begun = Instant::now();
        loop {
            if let Ok(filled) = tokio::time::timeout(TELL, &mut filling).await {
                return filled;
            }
            let events = progress.load(Ordering::Relaxed);
            say(format!("filled {events} events, {:.0}/s", per_second(events, begun.elapsed())));
        }
    }

    /// Starts totalview, and waits until it has received all there is.
    pub async fn receive(&mut self, say: &mut impl FnMut(String)) -> anyhow::Result<Received> {
        let begun = Instant::now();
        let worker = Process::start(self.options.worker(Context::Totalview)?)?;
        let worker = self.worker.insert(worker);
        let (mut told, mut moved, mut events) = (Instant::now(), Instant::now(), 0);
        loop {
            anyhow::ensure!(worker.is_running(), "totalview ended:\n{}", worker.log_end(15));
            anyhow::ensure!(moved.elapsed() < PATIENCE, "totalview receives nothing more:\n{}", worker.log_end(15));
            let answer =
                self.desk.call::<ContextStatus>(Context::Totalview, "status", &json!({}), Duration::from_secs(1)).await;
            if let Ok(status) = answer {
                let received = status.positions.values().map(|receiving| receiving.position).sum();
                if received != events {
                    (events, moved) = (received, Instant::now());
                }
                if status.positions.values().all(|receiving| receiving.lag == Some(0)) {
                    return Ok(Received { events, time: begun.elapsed() });
                }
            }
            if told.elapsed() > TELL {
                told = Instant::now();
                say(format!("received {events} events, {:.0}/s", per_second(events, begun.elapsed())));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Begins to record `per_second` events of new rentals a second, as the four contexts would.
    pub async fn pour(&self, per_second: u32) -> anyhow::Result<Pouring> {
        let stats: Stats = self.desk.call(Context::Totalview, "stats", &json!({}), PATIENCE).await?;
        let (progress, is_over) = (fill::Progress::default(), Arc::new(AtomicBool::new(false)));
        let (home, url, next) = (self.home.clone(), self.url.clone(), stats.total + 1);
        let (counted, ended) = (progress.clone(), is_over.clone());
        let task = tokio::spawn(async move { fill::pour(&home, &url, next, per_second, counted, ended).await });
        Ok(Pouring { begun: Instant::now(), progress, is_over, task })
    }

    /// The environment in which programs find this installation.
    pub fn surroundings(&self) -> Surroundings {
        surroundings(self.home.root(), self.options.port)
    }

    /// How much memory totalview has in use, in MiB.
    pub fn memory_mib(&self) -> anyhow::Result<u64> {
        let worker = self.worker.as_ref().context("totalview is not started")?;
        Ok(Usage::of(worker.pid())?.mib)
    }

    /// Stops both.
    pub async fn close(mut self) -> anyhow::Result<()> {
        for process in self.worker.iter_mut().chain([&mut self.broker]) {
            process.stop(PATIENCE).await?;
        }
        Ok(())
    }
}

/// Events that are being recorded all the while.
#[derive(Debug)]
pub struct Pouring {
    begun: Instant,
    progress: fill::Progress,
    is_over: Arc<AtomicBool>,
    task: JoinHandle<anyhow::Result<u64>>,
}

impl Pouring {
    /// Ends it; answers how many events a second it were.
    pub async fn end(self) -> anyhow::Result<f64> {
        self.is_over.store(true, Ordering::Relaxed);
        self.task.await??;
        Ok(per_second(self.progress.load(Ordering::Relaxed), self.begun.elapsed()))
    }
}

/// How many a second.
pub fn per_second(count: u64, time: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / time.as_secs_f64().max(0.001)
}
