//! `rental-chaos [--cluster] [seconds] [seed]`: a whole shop under load and faults, then its audit.

#![expect(clippy::print_stdout, reason = "a program that tells how it goes")]

use anyhow::Context as _;
use rental_tests::{Shop, chaos};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1).peekable();
    let is_cluster = arguments.next_if_eq("--cluster").is_some();
    let seconds = arguments
        .next()
        .map_or(Ok(60), |text| text.parse())
        .context("usage: rental-chaos [--cluster] [seconds] [seed]")?;
    let seed = match arguments.next() {
        Some(text) => text.parse().context("a seed is a whole number")?,
        None => u64::from(SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_nanos()),
    };
    println!("seed {seed}, {seconds} s");
    let mut shop = if is_cluster { Shop::open_cluster().await? } else { Shop::open().await? };
    let outcome = chaos::run(&mut shop, seed, Duration::from_secs(seconds), &mut |line| println!("{line}")).await;
    match outcome {
        Ok(outcome) if outcome.findings.is_empty() => {
            println!("\n{outcome}");
            Ok(ExitCode::SUCCESS)
        }
        Ok(outcome) => {
            println!("\n{outcome}\nkept for inspection: {}", shop.keep().display());
            Ok(ExitCode::FAILURE)
        }
        Err(error) => {
            println!("kept for inspection: {}", shop.keep().display());
            Err(error)
        }
    }
}
