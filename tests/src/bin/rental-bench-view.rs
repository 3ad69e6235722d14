//! How fast totalview answers: `scripts/bench view [ORDERS] [HOME]`.
//!
//! A broker and a totalview worker receive as many rentals as asked, and are then
//! asked for pages. HOME is one that `rental-fill` has filled; without it a new
//! one is filled, and removed afterwards.

use anyhow::Context as _;
use rental_model::totalview::{Cursor, ListRentals, Page, Sort, Stats};
use rental_model::{Context, UnixMs};
use rental_tests::large::{Large, per_second};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often each question is asked.
const TIMES: usize = 100;
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let orders = arguments.next().map_or(Ok(1_000_000), |text| text.parse()).context("how many orders?")?;
    let folder = tempfile::Builder::new().prefix("rental-view-").tempdir()?;
    let filled = arguments.next().map(PathBuf::from);
    let mut out = std::io::stdout();
    let mut say = |line: String| drop(writeln!(std::io::stdout(), "{line}"));
    let mut shop = Large::open(filled.as_deref().unwrap_or(folder.path())).await?;
    if filled.is_none() {
        shop.fill(orders, &mut say).await?;
    }
    let received = shop.receive(&mut say).await?;
    let speed = per_second(received.events, received.time);
    writeln!(out, "heard {} events in {:.1} s: {speed:.0}/s", received.events, received.time.as_secs_f64())?;
    measure(&shop, &mut out).await?;
    writeln!(out, "totalview's memory: {} MiB", shop.memory_mib()?)?;
    shop.close().await?;
    tell_size(filled.as_deref().unwrap_or(folder.path()), &mut out)
}

async fn measure(shop: &Large, out: &mut impl Write) -> anyhow::Result<()> {
    let stats: Stats = shop.desk.call(Context::Totalview, "stats", &json!({}), PATIENCE).await?;
    let middle = stats.total / 2;
    let at = UnixMs(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?);
    let filter = |filter: &str| ListRentals { filter: filter.to_owned(), at: Some(at), ..ListRentals::default() };
    let sorted = |sort| ListRentals { sort, ..ListRentals::default() };
    let amounts: Cursor = format!("amount.down.500000.{middle}").parse().map_err(anyhow::Error::msg)?;
    let questions = [
        ("first page", ListRentals::default()),
        ("first page of 1,000", ListRentals { limit: Some(1_000), ..ListRentals::default() }),
        ("deep page", ListRentals { cursor: Some(Cursor::behind_order(middle, false)), ..ListRentals::default() }),
        ("filter finding 0.1 %", filter("amount=123000")),
        ("filter finding 50 %", filter("amount<500000")),
        ("filter of four words", filter("status=active qty>2 age<60d !ipad")),
        ("word in a reason", filter("late")),
        ("word in many reasons", filter("!mind")),
        ("sort by amount", sorted(Sort::Amount)),
        ("sort by amount, deep page", ListRentals { cursor: Some(amounts), ..sorted(Sort::Amount) }),
        ("sort by age, lowest first", ListRentals { is_ascending: true, ..sorted(Sort::Age) }),
        ("sort by status, filter 50 %", ListRentals { sort: Sort::Status, ..filter("amount<500000") }),
    ];
    writeln!(out, "{:<30} {:>9} {:>6}       p50       p99", "", "matching", "rows")?;
    for (name, asked) in questions {
        let asked = json!(asked);
        let page: Page = shop.desk.call(Context::Totalview, "list", &asked, PATIENCE).await?;
        let matching = page.matching.map_or_else(|| "-".to_owned(), |matching| matching.to_string());
        let (p50, p99) = time(shop, "list", &asked).await?;
        writeln!(out, "{name:<30} {matching:>9} {:>6} {p50:>6.1} ms {p99:>6.1} ms", page.rentals.len())?;
    }
    let (p50, p99) = time(shop, "stats", &json!({})).await?;
    writeln!(out, "{:<30} {:>9} {:>6} {p50:>6.1} ms {p99:>6.1} ms", "stats", stats.total, "")?;
    Ok(())
}

/// Half of the answers, and all but the slowest hundredth, come within this many milliseconds.
async fn time(shop: &Large, endpoint: &str, asked: &Value) -> anyhow::Result<(f64, f64)> {
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begun = Instant::now();
        shop.desk.call::<Value>(Context::Totalview, endpoint, asked, PATIENCE).await?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1_000.0;
    Ok((at(50), at(99)))
}

fn tell_size(home: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let bytes = std::fs::metadata(home.join("data").join("totalview.redb"))?.len();
    Ok(writeln!(out, "totalview's file: {} MiB", bytes / 1024 / 1024)?)
}
