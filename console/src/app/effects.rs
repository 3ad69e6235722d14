//! Doing what the core asks for: the only part that speaks with the broker.

use crate::app::decode::Sanitized;
use crate::config::save_filter;
use crate::core::log::Sink;
use crate::core::msg::{Effect, Epoch, Msg};
use crate::text::sanitize;
use rental_bus::status::ParkedList;
use rental_bus::{Backoff, Bus, CallError, tail};
use rental_model::inventory::{CheckStock, Product};
use rental_model::order::OneOrder;
use rental_model::totalview::{ListRentals, Rental, SourcePositions};
use rental_model::{Context, OrderId, ProductId, Qty};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

/// How long a command may take.
const COMMAND: Duration = Duration::from_secs(3);

/// How long a question may take.
const QUESTION: Duration = Duration::from_secs(2);

/// How many rentals a page holds.
const PAGE: u32 = 1_000;

/// How far back events are read when there is no first picture, per stream.
const RECENT: u64 = 1_000;

/// How many events reach the core at once, at most: a key waits no longer than these take.
const BATCH: usize = 128;

/// How long events are gathered behind others before they are handed on: no frame comes sooner.
const GATHERING: Duration = Duration::from_millis(16);

/// The runner, as the core's effects reach it.
#[derive(Debug)]
pub(crate) struct EffectRunner {
    bus: Bus,
    /// Where the config file is looked for.
    config: Option<PathBuf>,
    inbox: mpsc::Sender<Msg>,
    tasks: JoinSet<()>,
    following: Option<AbortHandle>,
}

impl EffectRunner {
    pub(crate) fn new(bus: Bus, config: Option<PathBuf>, inbox: mpsc::Sender<Msg>, log: Sink) -> Self {
        let mut runner = Self { bus, config, inbox, tasks: JoinSet::new(), following: None };
        runner.watch_link();
        runner.watch_log(log);
        runner
    }

    /// Waits until a task has ended; fails if it panicked.
    pub(crate) async fn watch(&mut self) -> anyhow::Result<()> {
        match self.tasks.join_next().await {
            Some(Err(error)) if error.is_panic() => Err(anyhow::anyhow!("a part of the console has failed: {error}")),
            Some(_) => Ok(()),
            None => std::future::pending().await,
        }
    }

    fn watch_link(&mut self) {
        let (mut state, inbox) = (self.bus.watch(), self.inbox.clone());
        self.tasks.spawn(async move {
            loop {
                let now = state.borrow_and_update().clone();
                if inbox.send(Msg::Link(now)).await.is_err() || state.changed().await.is_err() {
                    return;
                }
            }
        });
    }

    fn watch_log(&mut self, log: Sink) {
        let inbox = self.inbox.clone();
        self.tasks.spawn(async move { while inbox.send(Msg::Logged(log.next().await)).await.is_ok() {} });
    }

    /// Does `effect`; what comes of it arrives as a message.
    pub(crate) fn perform(&mut self, effect: Effect) {
        let bus = self.bus.clone();
        match effect {
            Effect::Beat => self.spawn(async move { beat(&bus).await }),
            Effect::Load { epoch, cursor } => self.spawn(async move {
                let body = ListRentals { limit: Some(PAGE), cursor, ..ListRentals::default() };
                let answer = bus.call(Context::Totalview, "list", &body, QUESTION).await;
                Msg::Page { epoch, is_first: cursor.is_none(), answer: answer.sanitize() }
            }),
            Effect::List { round, question } => self.spawn(async move {
                let body = ListRentals { limit: Some(PAGE), ..question };
                let answer = bus.call(Context::Totalview, "list", &body, QUESTION).await;
                Msg::Listed { round, is_first: body.cursor.is_none(), answer: answer.sanitize() }
            }),
            Effect::Follow { epoch, after } => self.follow(epoch, async move { Some((bus, after)) }),
            Effect::FollowRecent { epoch } => {
                let inbox = self.inbox.clone();
                self.follow(epoch, async move {
                    let after = recent(&bus).await;
                    inbox.send(Msg::Following { epoch, after: after.clone() }).await.ok()?;
                    Some((bus, after))
                });
            }
            Effect::FetchRental(order) => self.spawn(async move {
                let body = OneOrder { order_id: order };
                let answer = bus.call::<Box<Rental>>(Context::Totalview, "get", &body, QUESTION).await;
                Msg::Rental { order, answer: answer.sanitize() }
            }),
            Effect::FetchHistory(order) => self.spawn(async move { history(&bus, order).await }),
            Effect::ListProducts => self.spawn(async move { Msg::Products(products(&bus).await.sanitize()) }),
            Effect::CheckStock { product, qty } => self.spawn(async move { check(&bus, product, qty).await }),
            Effect::Send { request_id, context, endpoint, body } => self.spawn(async move {
                let answer = bus.call(context, endpoint, &body, COMMAND).await;
                Msg::Answered { request_id, answer: answer.sanitize() }
            }),
            Effect::AskStatus(context) => self.spawn(async move {
                let answer = bus.call::<Box<_>>(context, "status", &json!({}), QUESTION).await;
                Msg::Status { context, answer: answer.sanitize() }
            }),
            Effect::ListParked(context) => self.spawn(async move {
                let answer = bus.call::<ParkedList>(context, "parked.list", &json!({}), QUESTION).await;
                Msg::Parked { context, answer: answer.sanitize() }
            }),
            Effect::ReadJournal(asked) => self.spawn(async move {
                let answer = bus.call(asked.context, "journal", &asked.body(), QUESTION).await;
                Msg::Journal { asked, answer: answer.sanitize() }
            }),
            Effect::Save { file, content } => self.spawn(async move {
                let answer = save(&file, &content).await.map_err(|error| error.to_string());
                Msg::Saved { file, answer }
            }),
            Effect::SaveFilter { name, filter } => {
                let config = self.config.clone();
                self.spawn(async move { keep(config, name, filter).await });
            }
            // The loop's own affairs.
            Effect::Copy(_) | Effect::Mouse(_) | Effect::Suspend | Effect::Quit => {}
        }
    }

    fn spawn(&mut self, work: impl Future<Output = Msg> + Send + 'static) {
        let inbox = self.inbox.clone();
        self.tasks.spawn(async move {
            // Nobody listens once the console is leaving.
            let _ = inbox.send(work.await).await;
        });
    }

    /// Follows the events from where `begin` says, instead of any others.
    fn follow(&mut self, epoch: Epoch, begin: impl Future<Output = Option<(Bus, SourcePositions)>> + Send + 'static) {
        if let Some(before) = self.following.take() {
            before.abort();
        }
        let inbox = self.inbox.clone();
        let task = self.tasks.spawn(async move {
            let Some((bus, after)) = begin.await else { return };
            let mut events = tail::follow(&bus, &after);
            let mut batch = Vec::with_capacity(BATCH);
            let mut rested = Instant::now();
            while events.recv_many(&mut batch, BATCH).await > 0 {
                if batch.len() < BATCH {
                    tokio::time::sleep_until(rested).await;
                    batch.extend(std::iter::from_fn(|| events.try_recv().ok()).take(BATCH - batch.len()));
                }
                rested = Instant::now() + GATHERING;
                let seen = std::mem::take(&mut batch).sanitize();
                if inbox.send(Msg::Seen { epoch, seen }).await.is_err() {
                    return;
                }
            }
        });
        self.following = Some(task);
    }
}

/// Writes a new file; one that is there already is left alone.
async fn save(file: &str, content: &str) -> std::io::Result<()> {
    let mut open = tokio::fs::OpenOptions::new().write(true).create_new(true).open(file).await?;
    open.write_all(content.as_bytes()).await?;
    open.flush().await?;
    // Only now can it be said to be written.
    open.sync_all().await
}

/// Saves a filter in the config file.
async fn keep(config: Option<PathBuf>, name: String, filter: String) -> Msg {
    let saved = (name.clone(), filter.clone());
    let work = tokio::task::spawn_blocking(move || {
        let path = config.ok_or_else(|| "there is no home folder".to_owned())?;
        save_filter(&path, &saved.0, &saved.1).map_err(|error| error.to_string())?;
        Ok(path.display().to_string())
    });
    let answer = work.await.unwrap_or_else(|error| Err(error.to_string()));
    let answer = answer.map(|file| sanitize(&file)).map_err(|why: String| sanitize(&why));
    Msg::FilterSaved { name, filter, answer }
}

/// Where the streams end, and totalview's figures.
async fn beat(bus: &Bus) -> Msg {
    let nothing = json!({});
    let stats = bus.call(Context::Totalview, "stats", &nothing, QUESTION);
    let (tips, stats) = tokio::join!(tokio::time::timeout(QUESTION, tips(bus)), stats);
    Msg::Beat { tips: tips.ok().flatten(), stats: stats.map_err(Sanitized::sanitize) }
}

async fn tips(bus: &Bus) -> Option<SourcePositions> {
    let end = |context| async move { Some((context, bus.tip(context).await.ok()?.last)) };
    futures_util::future::join_all(Context::DECIDERS.map(end)).await.into_iter().collect()
}

/// A little while before the streams' ends.
async fn recent(bus: &Bus) -> SourcePositions {
    let mut backoff = Backoff::default();
    loop {
        bus.wait_until_up().await;
        match tokio::time::timeout(QUESTION, tips(bus)).await {
            Ok(Some(tips)) => {
                return tips.into_iter().map(|(context, last)| (context, last.saturating_sub(RECENT))).collect();
            }
            _ => backoff.pause().await,
        }
    }
}

async fn history(bus: &Bus, order: OrderId) -> Msg {
    let answer = match tokio::time::timeout(COMMAND, tail::history(bus, Some(order.get()))).await {
        Ok(Ok(recorded_events)) => Ok(recorded_events.sanitize()),
        Ok(Err(error)) => Err(crate::text::sanitize(&error.to_string())),
        Err(late) => Err(late.to_string()),
    };
    Msg::History { order, answer }
}

async fn products(bus: &Bus) -> Result<Vec<Product>, CallError> {
    #[derive(Deserialize)]
    struct Listed {
        products: Vec<Product>,
    }
    let nothing: Value = json!({});
    bus.call::<Listed>(Context::Inventory, "list", &nothing, QUESTION).await.map(|listed| listed.products)
}

async fn check(bus: &Bus, product: ProductId, qty: Option<Qty>) -> Msg {
    let body = CheckStock { product_id: product, qty };
    let answer = bus.call(Context::Inventory, "check", &body, QUESTION).await.sanitize();
    Msg::Stock { product, qty, answer }
}
