//! A large shop's streams without the shop: as many rentals as wanted, each
//! with a whole history, chained and numbered as the four contexts would have
//! recorded them, published through a real broker.

use rental_bus::record::{GENESIS, Hash, Origin};
use rental_bus::streams::{PublishOutcome, Ticket};
use rental_bus::{Bus, ConnectionSettings, Record};
use rental_model::{Context, Event, OrderId, ProductId, Qty, Reason, UnixMs, Won};
use rental_stack::Home;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How many publications of a stream are on their way at once.
const WINDOW: usize = 2_048;

/// How long after the one before a rental is requested.
const APART_MS: u64 = 1_000;

/// How many products the rentals are for.
pub const PRODUCTS: u64 = 10;

/// What rentals cost: a thousand won times something below this, evenly.
pub const PRICES: u64 = 1_000;

/// Why rentals are cancelled; the last is rare.
const REASONS: [&str; 4] = ["changed their mind", "필요 없어짐", "found it cheaper", "too late"];

/// How far the filling is: events published.
pub type Progress = Arc<AtomicU64>;

/// An event on its way to its context's stream.
struct Written {
    event: Event,
    at: UnixMs,
    origin: Origin,
}

/// Fills the empty streams of `home` with `orders` rentals, the last of them now.
pub async fn fill(home: &Home, url: &str, orders: u64, progress: Progress) -> anyhow::Result<u64> {
    let (author, lanes) = open(home, url, None, &progress).await?;
    let is_empty = author.desks.iter().all(|(_, _, number)| *number == 0);
    anyhow::ensure!(is_empty, "the streams of {} are not empty; fill a fresh home", home.root().display());
    let author = tokio::spawn(write(author, orders, now()?));
    finish(author, lanes).await?;
    Ok(progress.load(Ordering::Relaxed))
}

/// Goes on behind what the streams of `home` hold, `per_second` events a second,
/// with whole rentals from number `next` on until `is_over`; answers the next number.
pub async fn pour(
    home: &Home,
    url: &str,
    mut next: u64,
    per_second: u32,
    progress: Progress,
    is_over: Arc<AtomicBool>,
) -> anyhow::Result<u64> {
    let mut pace = interval(Duration::from_secs(1) / per_second);
    // What the timer is late is made up for.
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut author, lanes) = open(home, url, Some(pace), &progress).await?;
    let author = tokio::spawn(async move {
        while !is_over.load(Ordering::Relaxed) {
            author.write_rental(next, now()?.0).await?;
            next += 1;
        }
        Ok(next)
    });
    finish(author, lanes).await
}

type Lanes = tokio::task::JoinSet<anyhow::Result<()>>;

/// An author behind what each stream holds, and what publishes what it writes.
async fn open(home: &Home, url: &str, pace: Option<Interval>, progress: &Progress) -> anyhow::Result<(Author, Lanes)> {
    let mut desks = Vec::new();
    let mut lanes = Lanes::new();
    for context in Context::DECIDERS {
        let bus = Bus::connect(settings(home, url, context)).await?;
        bus.ensure_stream(context, 1).await?;
        let last = bus.tip(context).await?.last;
        let hash = if last == 0 { Some(GENESIS) } else { bus.message(context, last).await?.hash() };
        let hash = hash.ok_or_else(|| anyhow::anyhow!("event {last} of {context} has no hash"))?;
        let (desk, written) = mpsc::channel(4 * WINDOW);
        desks.push((context, desk, last));
        lanes.spawn(publish(bus, written, (last, hash), progress.clone()));
    }
    Ok((Author { desks, pace }, lanes))
}

/// Waits until all is written and published.
async fn finish<T>(author: tokio::task::JoinHandle<anyhow::Result<T>>, mut lanes: Lanes) -> anyhow::Result<T> {
    while let Some(lane) = lanes.join_next().await {
        lane??;
    }
    author.await?
}

fn now() -> anyhow::Result<UnixMs> {
    Ok(UnixMs(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?))
}

fn settings(home: &Home, url: &str, context: Context) -> ConnectionSettings {
    let user = context.name().to_owned();
    ConnectionSettings {
        url: url.to_owned(),
        key: home.key(&user),
        user,
        name: "rental-fill".to_owned(),
        is_patient: false,
        tls: rental_bus::Tls::default(),
    }
}

/// Whoever writes the histories, and how many events each context has.
struct Author {
    desks: Vec<(Context, mpsc::Sender<Written>, u64)>,
    /// When the next event may be written; none: at once.
    pace: Option<Interval>,
}

impl Author {
    /// Hands an event to its context; answers how others name it.
    async fn write(&mut self, event: Event, at: UnixMs, cause: Option<String>) -> anyhow::Result<Option<String>> {
        if let Some(pace) = &mut self.pace {
            pace.tick().await;
        }
        let context = event.kind().context();
        let actor = (context == Context::Order).then(|| "fill".to_owned());
        let desk = self.desks.iter_mut().find(|(owner, ..)| *owner == context);
        let (_, desk, number) = desk.ok_or_else(|| anyhow::anyhow!("{context} has no stream"))?;
        *number += 1;
        let name = format!("{}:{number}", context.stream().unwrap_or_default());
        let origin = Origin { cause, actor, ..Origin::default() };
        desk.send(Written { event, at, origin })
            .await
            .map_err(|_| anyhow::anyhow!("the publishing of {context} ended"))?;
        Ok(Some(name))
    }

    /// Writes the whole history of rental number `id`, requested `at`.
    async fn write_rental(&mut self, id: u64, mut at: u64) -> anyhow::Result<()> {
        // Each step follows from the one before.
        let mut cause = Some(format!("fill-{id}"));
        for event in history(id)? {
            cause = self.write(event, UnixMs(at), cause).await?;
            at += 20;
        }
        Ok(())
    }
}

async fn write(mut author: Author, orders: u64, now: UnixMs) -> anyhow::Result<()> {
    let begin = now.0.saturating_sub((orders + 1) * APART_MS);
    for id in 1..=PRODUCTS {
        let name = ["IPAD", "MACBOOK", "EARPHONE"].get(usize::try_from(id)? - 1);
        let name = name.map_or_else(|| format!("PRODUCT {id}"), |name| (*name).to_owned());
        let event = Event::ProductRegistered { product: ProductId::new(id)?, name, qty: 1_000_000_000 };
        author.write(event, UnixMs(begin), None).await?;
    }
    for id in 1..=orders {
        author.write_rental(id, begin + id * APART_MS).await?;
    }
    Ok(())
}

/// Evenly spread, and the same every time.
const fn scattered(id: u64) -> u64 {
    let mixed = (id ^ (id >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 11
}

/// What rental number `id` goes through: of twenty, twelve are out, three are
/// back, three are cancelled with a reason and one before it left, one was short.
fn history(id: u64) -> anyhow::Result<Vec<Event>> {
    let luck = scattered(id);
    let order = OrderId::new(id)?;
    let product = ProductId::new(1 + luck % PRODUCTS)?;
    let qty = Qty::new(1 + luck / 10 % 5)?;
    let amount = Won::new(luck / 50 % PRICES * 1_000)?;
    let requested = Event::RentalRequested { order, product, qty, amount };
    let reserved = Event::StockReserved { order, product, qty };
    let charged = Event::FeeReceived { order, amount, by_hand: None };
    let delivered = Event::DeliveryStarted { order };
    let returned = Event::ItemsReturned { order, product, qty, down: 0, lost: 0 };
    let retrieved = |dispatched| Event::RetrievalStarted { order, dispatched };
    let cancelled = |reason| Event::RentalCancelled { order, product, reason };
    let refunded = |amount| Event::FeeRefunded { order, amount, by_hand: None };
    Ok(match luck / 50_000 % 20 {
        0..12 => vec![requested, reserved, charged, delivered],
        12..15 => {
            let ended = Event::RentalEnded { order, product };
            vec![requested, reserved, charged, delivered, ended, retrieved(true), returned]
        }
        15..18 => {
            let reason = if (luck / 1_000_000).is_multiple_of(100) { 3 } else { luck / 1_000_000 % 3 };
            let reason = Reason::new(REASONS[usize::try_from(reason)?])?;
            let undone = [cancelled(Some(reason)), refunded(amount), retrieved(true), returned];
            [requested, reserved, charged, delivered].into_iter().chain(undone).collect()
        }
        18 => {
            let released = Event::StockReleased { order, product, qty };
            vec![requested, reserved, cancelled(None), refunded(Won::ZERO), retrieved(false), released]
        }
        _ => vec![requested, Event::StockShort { order, product }, refunded(Won::ZERO), retrieved(false)],
    })
}

/// Ships what was written, in its order, behind the event of this number and hash.
async fn publish(
    bus: Bus,
    mut written: mpsc::Receiver<Written>,
    (mut number, mut hash): (u64, Hash),
    progress: Progress,
) -> anyhow::Result<()> {
    let mut under_way: VecDeque<Ticket> = VecDeque::new();
    while let Some(Written { event, at, origin }) = written.recv().await {
        number += 1;
        let record = Record::new(number, &event, at, origin, hash);
        hash = record.hash;
        under_way.push_back(bus.publish(&record).await);
        if under_way.len() == WINDOW {
            settle(&mut under_way, WINDOW / 2, &progress).await?;
        }
    }
    settle(&mut under_way, 0, &progress).await
}

/// Waits until at most `most` publications are under way.
async fn settle(under_way: &mut VecDeque<Ticket>, most: usize, progress: &Progress) -> anyhow::Result<()> {
    while under_way.len() > most {
        let Some(ticket) = under_way.pop_front() else { break };
        match ticket.outcome().await {
            PublishOutcome::Stored => progress.fetch_add(1, Ordering::Relaxed),
            other => anyhow::bail!("the broker did not store an event: {other:?}; fill a fresh home"),
        };
    }
    Ok(())
}
