//! `rental-fill HOME [ORDERS]`: fills a fresh installation's streams with rentals.
//!
//! Only the broker is started, and stopped again. Whatever worker is started
//! in that home later finds a shop that has been at work for long.

#![expect(clippy::print_stdout, reason = "a program that tells how it goes")]

use anyhow::Context as _;
use rental_tests::large;
use std::path::Path;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let home = arguments.next().context("usage: rental-fill HOME [ORDERS]")?;
    let orders = arguments.next().map_or(Ok(1_000_000), |text| text.parse()).context("how many orders?")?;
    let mut shop = large::Large::open(Path::new(&home)).await?;
    let events = shop.fill(orders, &mut |line| println!("{line}")).await?;
    shop.close().await?;
    println!("{orders} orders, {events} events in {home}");
    Ok(())
}
