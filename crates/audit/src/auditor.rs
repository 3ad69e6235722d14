//! Auditing a live shop: reads its streams and what its contexts show into
//! [`Ledger`], and judges them.
//!
//! The shop goes on working meanwhile. So everything shown is read after the
//! streams, and compared at the position it was shown at: the ledger is kept
//! on until there first.

use crate::{Chain, Finding, Judgement, Ledger, Patience, Stock};
use rental_bus::status::ContextStatus;
use rental_bus::streams::StreamError;
use rental_bus::{Bus, CallError, Message};
use rental_model::inventory::Product;
use rental_model::totalview::{ListRentals, Page};
use rental_model::{Context, UnixMs};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a journal's end may take to appear on its stream: a worker that was idle when the
/// stream lost its end looks at it every ten seconds.
const SHIPPED_WITHIN: Duration = Duration::from_secs(12);
/// How long a context that is in trouble may take to get out of it again, and a view to show what it
/// says it has received.
const MENDED_WITHIN: Duration = Duration::from_secs(5);
/// How long a stream may not tell or not show: while the brokers of a cluster elect a leader, or
/// while the one that is read from has not caught up. A hole that stays this long is one.
const TOLD_WITHIN: Duration = Duration::from_secs(20);
/// Between two questions to a stream.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(200);
/// How often a picture that does not agree is taken again before it counts.
const LOOKS: usize = 3;

/// How to audit.
#[derive(Debug, Clone, Copy)]
pub struct AuditSettings {
    /// From when on an order that does not move is stuck.
    pub stuck_after: Duration,
    /// How long a service may take to answer.
    pub timeout: Duration,
}

/// What an audit came to.
#[derive(Debug, Default)]
pub struct Report {
    /// How many events each stream has.
    pub events: BTreeMap<Context, u64>,
    pub judgement: Judgement,
    pub ledger: Ledger,
}

/// Why an audit could not be finished: nothing is known.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Audits the shop; `say` is told how far it is: events read, and of how many.
pub async fn run(bus: &Bus, settings: AuditSettings, say: &mut dyn FnMut(u64, u64)) -> Result<Report, AuditError> {
    let mut auditor = Auditor {
        bus,
        settings,
        ledger: Ledger::default(),
        chains: Context::DECIDERS.map(|source| (source, Chain::new(source))).into(),
        findings: Vec::new(),
        read: 0,
        goal: 0,
    };
    auditor.read_all(say).await?;
    auditor.view(say).await?;
    auditor.stock(say).await?;
    let statuses = auditor.contexts(say).await?;
    let ends = auditor.ends().await?;
    let mut judgement = auditor.ledger.judge(auditor.patience(), &ends);
    let received_all = statuses.iter().all(|status| status.positions.values().all(|received| received.lag == Some(0)));
    if received_all && judgement.moving.is_empty() && judgement.findings.is_empty() {
        auditor.findings.extend(auditor.stock_at_rest(&statuses).await?);
    }
    judgement.findings.splice(0..0, auditor.findings);
    let events = Context::DECIDERS.map(|source| (source, auditor.ledger.entered(source))).into();
    Ok(Report { events, judgement, ledger: auditor.ledger })
}

struct Auditor<'a> {
    bus: &'a Bus,
    settings: AuditSettings,
    ledger: Ledger,
    chains: BTreeMap<Context, Chain>,
    findings: Vec<Finding>,
    /// How many events were read, and how many there are to read.
    read: u64,
    goal: u64,
}

#[derive(Deserialize)]
struct StockList {
    products: Vec<Product>,
}

impl Auditor<'_> {
    async fn ask<T: DeserializeOwned>(&self, context: Context, endpoint: &str, body: &Value) -> Result<T, CallError> {
        self.bus.call(context, endpoint, body, self.settings.timeout).await
    }

    async fn status(&self, context: Context) -> Result<ContextStatus, CallError> {
        self.ask(context, "status", &json!({})).await
    }

    /// What a context says of itself; a trouble that passes by itself is none.
    async fn settled_status(&self, context: Context) -> Result<ContextStatus, CallError> {
        let deadline = Instant::now() + MENDED_WITHIN;
        loop {
            let status = self.status(context).await?;
            if status.alert_messages.is_empty() || Instant::now() > deadline {
                return Ok(status);
            }
            tokio::time::sleep(ASK_AGAIN_AFTER).await;
        }
    }

    async fn ends(&self) -> Result<BTreeMap<Context, u64>, StreamError> {
        let mut ends = BTreeMap::new();
        for source in Context::DECIDERS {
            ends.insert(source, self.end(source).await?);
        }
        Ok(ends)
    }

    /// Where a stream ends, asked until it tells.
    async fn end(&self, source: Context) -> Result<u64, StreamError> {
        let deadline = Instant::now() + TOLD_WITHIN;
        loop {
            match self.bus.tip(source).await {
                Ok(tip) => return Ok(tip.last),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => tokio::time::sleep(ASK_AGAIN_AFTER).await,
            }
        }
    }

    fn patience(&self) -> Patience {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Patience { now: UnixMs(ms(since_1970)), stuck_after_ms: ms(self.settings.stuck_after) }
    }

    async fn read_all(&mut self, say: &mut dyn FnMut(u64, u64)) -> Result<(), AuditError> {
        let ends = self.ends().await?;
        self.goal = ends.values().fold(0, |goal, end| goal.saturating_add(*end));
        for (source, end) in ends {
            self.read_to(source, end, None, say).await?;
        }
        Ok(())
    }

    /// Keeps the ledger up to event `to`, which the stream has. `stock` looks on after every event.
    async fn read_to(
        &mut self,
        source: Context,
        to: u64,
        mut stock: Option<&mut Stock>,
        say: &mut dyn FnMut(u64, u64),
    ) -> Result<(), AuditError> {
        let Some(chain) = self.chains.get_mut(&source) else { return Ok(()) };
        if chain.last() >= to {
            return Ok(());
        }
        let (ledger, findings, read, goal) = (&mut self.ledger, &mut self.findings, &mut self.read, self.goal);
        // Until when what is not shown is waited for; once for all holes.
        let mut deadline = None;
        loop {
            let from = chain.last().saturating_add(1);
            // What a broker behind the others does not show, or one that lost power has not got
            // again yet, is not missing.
            let is_over = deadline.is_some_and(|deadline| Instant::now() > deadline);
            let each = |message: Message| {
                if message.number > chain.last().saturating_add(1) && !is_over {
                    return false;
                }
                let (recorded, finding) = chain.next(&message);
                findings.extend(finding);
                match recorded {
                    Some(recorded) => ledger.enter(&recorded),
                    None => ledger.skip(source, message.number),
                }
                if let Some(stock) = &mut stock {
                    stock.look(ledger);
                }
                *read += 1;
                say(*read, goal);
                true
            };
            let outcome = self.bus.read_range(source, from, to, each).await;
            if chain.last() < to && is_over && outcome.is_err() {
                // The broker answers, and has no words for this one event.
                let next = chain.last().saturating_add(1);
                if self.bus.message(source, next).await.is_err() && self.bus.tip(source).await.is_ok() {
                    findings.extend(chain.end(next));
                    ledger.skip(source, next);
                    continue;
                }
            }
            if chain.last() >= to || is_over {
                outcome?;
                break;
            }
            deadline.get_or_insert_with(|| Instant::now() + TOLD_WITHIN);
            tokio::time::sleep(ASK_AGAIN_AFTER).await;
        }
        findings.extend(chain.end(to));
        ledger.skip(source, to);
        Ok(())
    }

    /// The same for an event the stream may still lack: it is given time. Answers where the stream ends if it does.
    async fn read_when_there(
        &mut self,
        source: Context,
        to: u64,
        stock: Option<&mut Stock>,
        say: &mut dyn FnMut(u64, u64),
    ) -> Result<Option<u64>, AuditError> {
        let deadline = Instant::now() + SHIPPED_WITHIN;
        loop {
            let end = if self.ledger.entered(source) >= to { to } else { self.end(source).await? };
            if end >= to {
                self.read_to(source, to, stock, say).await?;
                return Ok(None);
            }
            if Instant::now() > deadline {
                return Ok(Some(end));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Compares what the view shows, page by page, each at the position it was shown at.
    async fn view(&mut self, say: &mut dyn FnMut(u64, u64)) -> Result<(), AuditError> {
        let mut from = 0;
        let mut cursor = None;
        // Until when it is looked again; once for all pages.
        let mut deadline = None;
        loop {
            let asked = ListRentals { is_ascending: true, limit: Some(1000), cursor, ..Default::default() };
            let page: Page = self.ask(Context::Totalview, "list", &json!(asked)).await?;
            for (&of, &received) in &page.positions {
                if let Some(end) = self.read_when_there(of, received, None, say).await? {
                    self.findings.push(Finding::PositionBeyondEnd { by: Context::Totalview, of, received, end });
                    return Ok(());
                }
            }
            // The next page begins behind the order its cursor names.
            let end = page.next.map_or(u64::MAX, |next| next.order() + 1);
            let findings = self.ledger.compare(&page.rentals, from..end, &page.positions, self.patience());
            // A view that receives a source once more says how far it is, and still shows what it knew.
            if !findings.is_empty() && Instant::now() < *deadline.get_or_insert_with(|| Instant::now() + MENDED_WITHIN)
            {
                tokio::time::sleep(ASK_AGAIN_AFTER).await;
                continue;
            }
            self.findings.extend(findings);
            if page.next.is_none() {
                return Ok(());
            }
            (from, cursor) = (end, page.next);
        }
    }

    /// Compares what inventory shows with some moment between its events before and behind.
    async fn stock(&mut self, say: &mut dyn FnMut(u64, u64)) -> Result<(), AuditError> {
        let mut look = 1;
        loop {
            let before = self.status(Context::Inventory).await?.journal;
            self.read_when_there(Context::Inventory, before, None, say).await?;
            let list: StockList = self.ask(Context::Inventory, "list", &json!({})).await?;
            let behind = self.status(Context::Inventory).await?.journal;
            let mut stock = Stock::new(list.products);
            stock.look(&self.ledger);
            self.read_when_there(Context::Inventory, behind, Some(&mut stock), say).await?;
            let findings = stock.findings(&self.ledger);
            if findings.is_empty() || look == LOOKS {
                self.findings.extend(findings);
                return Ok(());
            }
            look += 1;
        }
    }

    /// For a shop in which nothing moved: whether the units away are where the events say.
    async fn stock_at_rest(&self, before: &[ContextStatus]) -> Result<Vec<Finding>, AuditError> {
        let list: StockList = self.ask(Context::Inventory, "list", &json!({})).await?;
        for status in before {
            if self.status(status.context).await?.journal != status.journal {
                return Ok(Vec::new());
            }
        }
        Ok(Stock::new(list.products).findings_at_rest(&self.ledger))
    }

    /// What the contexts say of themselves, and whether their streams hold their journals.
    async fn contexts(&mut self, say: &mut dyn FnMut(u64, u64)) -> Result<Vec<ContextStatus>, AuditError> {
        let mut statuses = Vec::new();
        for by in Context::ALL {
            let status = self.settled_status(by).await?;
            if status.parked > 0 {
                self.findings.push(Finding::Parked { by, count: status.parked });
            }
            self.findings.extend(status.alert_messages.iter().map(|what| Finding::Alert { by, what: what.clone() }));
            if by.stream().is_some() {
                let journal = status.journal;
                if let Some(end) = self.read_when_there(by, journal, None, say).await? {
                    self.findings.push(Finding::Unpublished { of: by, journal, end });
                }
            }
            for (&of, receiving) in &status.positions {
                if let Some(end) = self.read_when_there(of, receiving.position, None, say).await? {
                    self.findings.push(Finding::PositionBeyondEnd { by, of, received: receiving.position, end });
                }
            }
            statuses.push(status);
        }
        Ok(statuses)
    }
}
