//! How fast the engine is: rentals through a whole shop, every commit fsynced.
//!
//! `scripts/bench engine [RENTALS]`. A shop of its own, on this machine, with
//! the broker, the five workers and this program sharing its processors. A
//! rental counts as done when totalview shows it paid and delivered.

use anyhow::Context as _;
use rental_bus::{Bus, new_request_id};
use rental_model::Context;
use rental_model::totalview::{Stats, Status};
use rental_tests::Shop;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);
/// The product that never runs out.
const PRODUCT: u64 = 1000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let rentals = std::env::args().nth(1).map_or(Ok(5000), |text| text.parse())?;
    let shop = Shop::open().await?;
    let stock = json!({ "productId": PRODUCT, "productName": "BENCH", "qty": 1_000_000_000 });
    shop.call(Context::Inventory, "register", &stock).await?;
    // A warm-up, not counted.
    run(&shop, rentals.min(500), 8).await?;
    let mut out = std::io::stdout();
    writeln!(out, "in flight   rentals   answered/s   whole saga/s   answer p50      p99      max")?;
    let line = |out: &mut dyn Write, head: String, mut times: Vec<Duration>| {
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).or(times.last()).copied().unwrap_or_default();
        writeln!(out, "{head:<50}   {:>7.2} ms {:>5.2} ms {:>5.2} ms", ms(at(50)), ms(at(99)), ms(at(100)))
    };
    for (in_flight, rentals) in [(1, rentals.div_ceil(5)), (8, rentals), (32, rentals), (256, rentals)] {
        let Measured { answered, settled, times } = run(&shop, rentals, in_flight).await?;
        let per_second = |time: Duration| f64::from(u32::try_from(rentals).unwrap_or(u32::MAX)) / time.as_secs_f64();
        let (answered, settled) = (per_second(answered), per_second(settled));
        line(&mut out, format!("{in_flight:>9} {rentals:>9} {answered:>12.0} {settled:>14.0}"), times)?;
    }
    line(&mut out, format!("one every {} ms", PACE.as_millis()), paced(&shop.desk).await?)?;
    writeln!(out, "durable: every answer was fsynced by order before it was given, every step by its context")?;
    shop.stack.stop().await?;
    Ok(())
}

/// How often a desk that is not in a hurry asks.
const PACE: Duration = Duration::from_millis(50);

/// How long an answer takes when the saga before is over: what a person at the desk waits for.
async fn paced(desk: &Bus) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    let mut pace = tokio::time::interval(PACE);
    for _ in 0..200 {
        pace.tick().await;
        times.extend(lane(desk.clone(), Arc::new(AtomicU64::new(1))).await?);
    }
    Ok(times)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

struct Measured {
    /// Until the last answer.
    answered: Duration,
    /// Until the last rental was paid and delivered, in totalview.
    settled: Duration,
    times: Vec<Duration>,
}

async fn run(shop: &Shop, rentals: u64, in_flight: usize) -> anyhow::Result<Measured> {
    let before = active(&shop.desk).await?;
    let left = Arc::new(AtomicU64::new(rentals));
    let begun = Instant::now();
    let mut lanes = tokio::task::JoinSet::new();
    for _ in 0..in_flight {
        lanes.spawn(lane(shop.desk.clone(), left.clone()));
    }
    let mut times = Vec::new();
    while let Some(lane) = lanes.join_next().await {
        times.extend(lane??);
    }
    let answered = begun.elapsed();
    let settle = async {
        let mut look = tokio::time::interval(Duration::from_millis(2));
        while active(&shop.desk).await? < before + rentals {
            look.tick().await;
        }
        anyhow::Ok(())
    };
    timeout(PATIENCE, settle).await.context("not every rental came to rest in time")??;
    Ok(Measured { answered, settled: begun.elapsed(), times })
}

async fn lane(desk: Bus, left: Arc<AtomicU64>) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let body = json!({ "productId": PRODUCT, "qty": 1, "amount": 10, "requestId": new_request_id() });
        let asked = Instant::now();
        desk.call::<Value>(Context::Order, "request", &body, PATIENCE).await?;
        times.push(asked.elapsed());
    }
    Ok(times)
}

async fn active(desk: &Bus) -> anyhow::Result<u64> {
    let stats: Stats = desk.call(Context::Totalview, "stats", &json!({}), PATIENCE).await?;
    Ok(stats.by_status.0.get(&Status::Active).copied().unwrap_or(0))
}
