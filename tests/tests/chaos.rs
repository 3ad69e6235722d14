//! A minute of everything that can go wrong.

use rental_tests::chaos::Fault;
use rental_tests::{Shop, chaos};
use std::time::Duration;

/// The same faults in every run; `scripts/chaos` takes any other seed.
const SEED: u64 = 20;

/// Runs the shop through chaos, and answers with the faults it saw; any finding fails.
#[expect(clippy::print_stdout, reason = "how it went explains a failure")]
async fn survives(mut shop: Shop, lasts: Duration, command: &str) -> anyhow::Result<Vec<Fault>> {
    println!("seed {SEED}: {command} {} {SEED} makes the same faults again", lasts.as_secs());
    let outcome = chaos::run(&mut shop, SEED, lasts, &mut |line| println!("{line}")).await;
    if !outcome.as_ref().is_ok_and(|outcome| outcome.findings.is_empty()) {
        println!("kept for inspection: {}", shop.keep().display());
    }
    let outcome = outcome?;
    println!("{outcome}");
    assert!(outcome.findings.is_empty(), "seed {SEED}: {}", outcome.verdict());
    assert!(outcome.accepted > 0 && !outcome.faults.is_empty(), "nothing was tried");
    let (code, audit) = shop.command_json(&["audit"])?;
    assert_eq!((code, &audit["isSound"]), (0, &serde_json::json!(true)), "{audit}");
    Ok(outcome.faults.into_keys().collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_and_faults_nothing_is_lost_doubled_or_stuck() -> anyhow::Result<()> {
    survives(Shop::open().await?, Duration::from_mins(1), "rental-chaos").await?;
    Ok(())
}

/// Goes on until every fault a cluster knows was there once, however slow the machine.
#[tokio::test(flavor = "multi_thread")]
async fn with_three_brokers_too_nothing_is_lost_doubled_or_stuck() -> anyhow::Result<()> {
    let faults = survives(Shop::open_cluster().await?, Duration::from_secs(20), "rental-chaos --cluster").await?;
    for fault in [Fault::QuorumKilled, Fault::AllBrokersKilled, Fault::BrokerFrozen] {
        assert!(faults.contains(&fault), "no {}: {faults:?}", fault.words());
    }
    Ok(())
}
