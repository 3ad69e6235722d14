//! Too large, too many, too fast: memory stays bounded, and others are served meanwhile.
//!
//! Whoever floods has staff's key; without one there is only the last story.

use crate::security::wire::Wire;
use rental_model::Context;
use rental_model::totalview::Status;
use rental_tests::{Shop, eventually};
use serde_json::json;
use std::time::Instant;

/// How much memory a worker may ever have used, and the broker.
const WORKER_MB: u64 = 256;
const BROKER_MB: u64 = 512;

/// The most memory the process has ever used.
fn peak_mb(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    Ok(peak.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}

/// Looks at what everyone has ever used; answers with it in a sentence.
fn bounded(shop: &mut Shop, what: &str) -> anyhow::Result<String> {
    let broker = peak_mb(shop.stack.broker().pid())?;
    let mut said = vec![format!("{what}: peak memory of the broker {broker} MB")];
    let mut is_bounded = broker <= BROKER_MB;
    for context in Context::ALL {
        let peak = peak_mb(shop.worker(context).pid())?;
        is_bounded &= peak <= WORKER_MB;
        said.push(format!("{context} {peak} MB"));
    }
    anyhow::ensure!(is_bounded, "{}", said.join(", "));
    Ok(said.join(", "))
}

/// No worker was so far behind that the broker cut it off.
fn assert_never_cut_off(shop: &Shop) -> anyhow::Result<()> {
    for context in Context::ALL {
        let log = std::fs::read_to_string(shop.stack.home().log(context.name()))?;
        assert!(!log.contains("lost the broker"), "{context}: {log}");
    }
    Ok(())
}

/// Somebody at the desk rents, asking again when told that it is busy.
async fn is_served(shop: &Shop, order: u64) -> anyhow::Result<()> {
    eventually(&format!("order {order} is taken"), async || shop.request(order, 1, 1, 10).await.ok()).await?;
    shop.until_status(order, Status::Active).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_megabytes_are_refused_before_they_are_read() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    for bytes in [10 * 1024 * 1024, 1024 * 1024] {
        for _ in 0..30 {
            let mut wire = Wire::connect(&shop, "staff").await?;
            let refusal = wire.send_too_much("rental.order.request", bytes).await?;
            assert!(refusal.contains("Maximum Payload Violation"), "{bytes} bytes: {refusal}");
        }
    }
    is_served(&shop, 1).await?;
    println!("{}", bounded(&mut shop, "10 MB and 1 MB, 30 times each")?);
    Ok(())
}

/// The largest the broker lets through, more than a gigabyte of it, to every
/// kind of endpoint; nobody waits for the answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_gigabyte_of_requests_that_are_far_too_large_is_refused() -> anyhow::Result<()> {
    const BYTES: usize = 60_000;
    let mut shop = Shop::open().await?;
    let mut floods = tokio::task::JoinSet::new();
    for subject in ["rental.order.request", "rental.inventory.check", "rental.totalview.list", "rental.billing.status"]
    {
        let mut wire = Wire::connect(&shop, "staff").await?;
        floods.spawn(async move { wire.send_many(&[(subject, vec![b'x'; BYTES])], 5_000).await });
    }
    is_served(&shop, 1).await?;
    while let Some(flood) = floods.join_next().await {
        flood??;
    }
    is_served(&shop, 2).await?;
    let large = json!({ "orderId": 1, "reason": "x".repeat(BYTES - 100) });
    let refused = shop.call(Context::Order, "cancel", &large).await;
    assert_eq!(rental_tests::code(&refused), Some(400), "{refused:?}");
    assert_never_cut_off(&shop)?;
    println!("{}", bounded(&mut shop, "1.2 GB of requests of 60 kB")?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_a_second_leave_room_for_others() -> anyhow::Result<()> {
    const EACH: usize = 25_000;
    let mut shop = Shop::open().await?;
    let requests = [
        ("rental.order.request", json!({ "productId": 77, "qty": 1, "amount": 1 })),
        ("rental.order.request", json!({ "orderId": 7, "productId": 1, "qty": 1, "amount": 1 })),
        ("rental.order.cancel", json!({ "orderId": 99, "requestId": "again" })),
        ("rental.inventory.check", json!({ "productId": 1, "qty": 1 })),
        ("rental.totalview.list", json!({ "limit": 1000 })),
        ("rental.totalview.status", json!({})),
        ("rental.billing.parked.list", json!({})),
        ("rental.logistics.get", json!("junk")),
    ];
    let requests = requests.map(|(subject, body)| (subject, body.to_string().into_bytes()));
    let begun = Instant::now();
    let mut floods = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (mut wire, requests) = (Wire::connect(&shop, "staff").await?, requests.clone());
        floods.spawn(async move { wire.send_many(&requests, EACH).await });
    }
    is_served(&shop, 1).await?;
    while let Some(flood) = floods.join_next().await {
        flood??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{} requests in {seconds:.1} s", 4 * EACH);
    is_served(&shop, 2).await?;
    assert_never_cut_off(&shop)?;
    println!("{}", bounded(&mut shop, "100,000 requests, nobody waiting for an answer")?);
    Ok(())
}

/// Answers that nobody fetches wait in the broker, for a while and up to a
/// limit. That was 32 MB for each who does not read: 700 MB for these twenty.
#[tokio::test(flavor = "multi_thread")]
async fn clients_that_never_read_their_answers_are_cut_off() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    for order in 1..=60 {
        is_served(&shop, order).await?;
    }
    let list = json!({ "limit": 1000 }).to_string().into_bytes();
    let mut deaf = Vec::new();
    for _ in 0..20 {
        let mut wire = Wire::connect(&shop, "staff").await?;
        wire.listen().await?;
        deaf.push(wire);
    }
    let mut floods = tokio::task::JoinSet::new();
    for mut wire in deaf {
        let list = list.clone();
        // The broker may close one that is too far behind: then there is nobody to send to.
        floods.spawn(async move {
            let _ = wire.send_many(&[("rental.totalview.list", list)], 1_000).await;
            wire
        });
    }
    is_served(&shop, 100).await?;
    let mut still_there = Vec::new();
    while let Some(wire) = floods.join_next().await {
        still_there.push(wire?);
    }
    is_served(&shop, 101).await?;
    println!("{}", bounded(&mut shop, "20 clients that do not read 20,000 lists")?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_connections_take_nobody_elses_place() -> anyhow::Result<()> {
    raise_file_limit()?;
    let mut shop = Shop::open().await?;
    let mut connections = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let mut wire = Wire::connect(&shop, "staff").await?;
        wire.listen().await?;
        wire.send("rental.order.status", b"{}").await?;
        connections.spawn(wire.stay());
    }
    is_served(&shop, 1).await?;
    println!("{}", bounded(&mut shop, "1,000 connections")?);
    // More, until the desks' share is used up: then another desk is refused, but no worker.
    let refusal = loop {
        assert!(connections.len() < 2_000, "there is no limit");
        match Wire::connect(&shop, "staff").await {
            Ok(wire) => drop(connections.spawn(wire.stay())),
            Err(error) => break error.to_string(),
        }
    };
    println!("{} connections of desks: {refusal}", connections.len());
    assert!(refusal.contains("maximum account active connections"), "{refusal}");
    shop.worker(Context::Order).restart().await?;
    shop.settle().await?;
    is_served(&shop, 2).await?;
    drop(connections);
    eventually("the next desk gets in", async || Wire::connect(&shop, "staff").await.ok()).await?;
    println!("{}", bounded(&mut shop, "as many connections as there may be")?);
    Ok(())
}

/// They can hold a place for two seconds, and there are more places than these take.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_connections_without_a_key_keep_nobody_out() -> anyhow::Result<()> {
    raise_file_limit()?;
    let mut shop = Shop::open().await?;
    let address = shop.stack.url().trim_start_matches("nats://").to_owned();
    let mut strangers = Vec::new();
    for _ in 0..1_000 {
        strangers.push(tokio::net::TcpStream::connect(&address).await?);
    }
    let output = shop.command(&["request", "--order", "1", "--product", "1", "--qty", "1", "--amount", "1"])?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    shop.until_status(1, Status::Active).await?;
    println!("{}", bounded(&mut shop, "1,000 connections without a key")?);
    Ok(())
}

/// The test itself needs a file for each connection.
fn raise_file_limit() -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}
