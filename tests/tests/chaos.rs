//! Half a minute of everything that can go wrong.

use rental_tests::{Shop, chaos};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[tokio::test(flavor = "multi_thread")]
async fn under_load_and_faults_nothing_is_lost_doubled_or_stuck() -> anyhow::Result<()> {
    let seed = u64::from(SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_nanos());
    println!("seed {seed}: rental-chaos 20 {seed} makes the same faults again");
    let mut shop = Shop::open().await?;
    let outcome = chaos::run(&mut shop, seed, Duration::from_secs(20), &mut |line| println!("{line}")).await;
    if !outcome.as_ref().is_ok_and(|outcome| outcome.findings.is_empty()) {
        println!("kept for inspection: {}", shop.keep().display());
    }
    let outcome = outcome?;
    println!("{outcome}");
    assert!(outcome.findings.is_empty(), "seed {seed}: {}", outcome.verdict());
    assert!(outcome.accepted > 0 && !outcome.faults.is_empty(), "nothing was tried");
    let (code, audit) = shop.command_json(&["audit"])?;
    assert_eq!((code, &audit["isSound"]), (0, &serde_json::json!(true)), "{audit}");
    Ok(())
}
