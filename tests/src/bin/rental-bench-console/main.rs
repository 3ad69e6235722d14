//! How fast the console is: `scripts/bench console [ORDERS] [HOME]`.
//!
//! A broker and a totalview worker receive as many rentals as asked. The real
//! console is then opened in a pseudo terminal of 120×40 and used: started,
//! moved in, filtered, sorted, left alone, and moved in again while events
//! arrive. Every time is from the key (or the start) to the picture that shows
//! its effect, as the terminal received it. HOME is one that `rental-fill` has
//! filled; without it a new one is filled, and removed afterwards.

mod watched;

use anyhow::Context as _;
use rental_tests::large::Large;
use rental_tests::usage::Usage;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use watched::{Times, Watched, amounts, cursor_order, has_rows};

/// How often the console is started.
const STARTS: usize = 7;
/// How many keys are pressed in each row of them, and the mean time between two.
const KEYS: u32 = 500;
const APART_MS: u64 = 20;
/// How often each filter is typed.
const TYPED: usize = 7;
/// How long the console is left alone.
const ALONE: Duration = Duration::from_secs(20);
/// How many events a second arrive while it is used.
const EVENTS_PER_SECOND: u32 = 5_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let orders = arguments.next().map_or(Ok(1_000_000), |text| text.parse()).context("how many orders?")?;
    let folder = tempfile::Builder::new().prefix("rental-console-").tempdir()?;
    let filled = arguments.next().map(PathBuf::from);
    let mut tell_how_far = |line: String| say(&line);
    let mut shop = Large::open(filled.as_deref().unwrap_or(folder.path())).await?;
    if filled.is_none() {
        shop.fill(orders, &mut tell_how_far).await?;
    }
    say("totalview receives what it has not received yet");
    shop.receive(&mut tell_how_far).await?;
    measure(&shop).await?;
    shop.close().await
}

#[expect(clippy::print_stdout, reason = "a program that tells how it goes")]
fn say(line: &str) {
    println!("{line}");
}

async fn measure(shop: &Large) -> anyhow::Result<()> {
    let mut console = starts(shop)?;
    say(&format!("{:<52} {}", "", Times::HEAD));
    let keys = moves(&mut console)?;
    tell("key to repaint, nothing else happening", &keys, "16 ms");
    lists(&mut console, "")?;
    alone(&mut console)?;
    let pouring = shop.pour(EVENTS_PER_SECOND).await?;
    console.look_on(Duration::from_secs(3))?;
    let before = Usage::of(console.pid()?)?;
    let begun = Instant::now();
    let keys = moves(&mut console)?;
    let busy = Usage::of(console.pid()?)?.since(before, begun.elapsed());
    tell("key to repaint, events arriving", &keys, "16 ms");
    lists(&mut console, ", events arriving")?;
    let rate = pouring.end().await?;
    say(&format!("events that arrived: {rate:.0} a second; the console meanwhile: {busy}"));
    let memory = Usage::of(console.pid()?)?;
    say(&format!("memory: {} MiB, at most {} MiB (target 600 MiB)", memory.mib, memory.most_mib));
    Ok(())
}

fn tell(what: &str, times: &Times, target: &str) {
    say(&format!("{what:<52} {times}   target {target}"));
}

/// Starts the console again and again; answers the last one.
fn starts(shop: &Large) -> anyhow::Result<Watched> {
    let (mut rows, mut live) = (Times::default(), Times::default());
    let mut last = None;
    for _ in 0..STARTS {
        let mut console = Watched::start(shop)?;
        let begun = console.begun;
        rows.note(console.until(begun, "rentals are listed", has_rows)?);
        live.note(console.until(begun, "the picture is live", |text| text.contains(" LIVE"))?);
        console.settle()?;
        last = Some(console);
    }
    say(&format!("{:<52} {}", "", Times::HEAD));
    tell("start to the first rentals", &rows, "300 ms");
    tell("start to LIVE", &live, "-");
    last.context("no console was started")
}

/// Moves the cursor down and up again; answers how long each key took.
fn moves(console: &mut Watched) -> anyhow::Result<Times> {
    let mut times = Times::default();
    console.press_until("g", "the cursor is on a rental", |text| cursor_order(text).is_some())?;
    for pressed in 0..KEYS {
        let key = if pressed < KEYS / 2 { "j" } else { "k" };
        // Keys fall anywhere between two frames.
        console.look_on(Duration::from_millis(APART_MS / 2 + u64::from(pressed * 7 % 20)))?;
        let before = cursor_order(console.text());
        times.note(console.press_until(key, "the cursor moves", |text| cursor_order(text) != before)?);
    }
    console.press_until("\x1b", "the cursor is gone", |text| cursor_order(text).is_none())?;
    Ok(times)
}

/// Filters and sorts.
fn lists(console: &mut Watched, when: &str) -> anyhow::Result<()> {
    for (name, filter) in [("finding 0.1 %", "amount=123000"), ("finding 50 %", "amount<500000"), ("of a word", "late")]
    {
        let (mut first, mut whole) = (Times::default(), Times::default());
        for _ in 0..TYPED {
            let (shown, answered) = filtered(console, filter)?;
            first.note(shown);
            whole.note(answered);
        }
        tell(&format!("filter {name}{when}: shown"), &first, "50 ms");
        tell(&format!("filter {name}{when}: all of it"), &whole, "- (progress is shown)");
    }
    let (mut first, mut whole) = (Times::default(), Times::default());
    for _ in 0..TYPED {
        let (shown, answered) = sorted(console)?;
        first.note(shown);
        whole.note(answered);
    }
    tell(&format!("sorting by amount{when}: shown"), &first, "50 ms");
    tell(&format!("sorting by amount{when}: all of it"), &whole, "- (progress is shown)");
    Ok(())
}

/// From the filter's last letter to a picture of it, and to the one that has all.
fn filtered(console: &mut Watched, filter: &str) -> anyhow::Result<(Duration, Duration)> {
    let (start, end) = filter.split_at(filter.len() - 1);
    let all_of = |filter: &str, text: &str| {
        text.contains(&format!("Filter: {filter}")) && text.contains(" filtered ") && !is_asking(text)
    };
    console.press_until(&format!("/{start}"), "a part of the filter is answered", |text| all_of(start, text))?;
    let begun = Instant::now();
    let shown = console.press_until(end, "the filter is shown", |text| text.contains(&format!("Filter: {filter}")))?;
    let whole = console.until(begun, "the filter is answered", |text| all_of(filter, text))?;
    console.press_until("\x1b", "the filter is gone", |text| !text.contains("Filter: ") && !is_asking(text))?;
    Ok((shown, whole))
}

/// From the choice to a picture of the sorted list, and to the one that has the best of all.
fn sorted(console: &mut Watched) -> anyhow::Result<(Duration, Duration)> {
    let is_sorted = |text: &str| amounts(text).is_sorted_by(|one, next| one >= next);
    console.press_until("s", "the columns are offered", |text| text.contains("Sort by"))?;
    console.press_until("gjjjj", "amount is offered", |text| text.contains("▸ Amount"))?;
    let begun = Instant::now();
    let shown = console.press_until("\r", "the list is sorted", |text| !text.contains("Sort by") && is_sorted(text))?;
    let whole = console.until(begun, "all rentals are sorted", |text| {
        !is_asking(text) && is_sorted(text) && amounts(text).next() == Some(999_000)
    })?;
    console.press_until("sg\r", "the newest are listed", |text| !text.contains("Sort by") && !is_sorted(text))?;
    console.settle()?;
    Ok((shown, whole))
}

fn is_asking(text: &str) -> bool {
    text.contains("Searching the older ones") || text.contains(" loading ")
}

/// What the console does while nothing happens.
fn alone(console: &mut Watched) -> anyhow::Result<()> {
    for (what, opens, closes) in [("the list", "", ""), ("the help", "?", "\x1b")] {
        console.press(opens)?;
        console.settle()?;
        let before = Usage::of(console.pid()?)?;
        let begun = Instant::now();
        let drawn = console.look_on(ALONE)?;
        let used = Usage::of(console.pid()?)?.since(before, begun.elapsed());
        say(&format!("alone with {what} for {} s: {used}, {drawn} pictures", ALONE.as_secs()));
        console.press(closes)?;
        console.settle()?;
    }
    Ok(())
}
