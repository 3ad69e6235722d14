//! The books of a shop at rest: does everything balance?

use crate::Shop;
use anyhow::ensure;
use rental_bus::{audit, tail};
use rental_model::{Event, Fact, Kind};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the events of a shop add up to.
#[derive(Debug, Default)]
pub struct Books {
    /// Each order's events, by kind.
    pub orders: BTreeMap<u64, BTreeMap<Kind, Vec<Fact>>>,
    pub charged: u128,
    pub refunded: u128,
}

impl Books {
    pub async fn read(shop: &Shop) -> anyhow::Result<Self> {
        let mut books = Self::default();
        for fact in tail::history(&shop.desk, None).await? {
            match &fact.event {
                Event::FeeReceived { amount, .. } => books.charged += u128::from(amount.get()),
                Event::FeeRefunded { amount, .. } => books.refunded += u128::from(amount.get()),
                _ => {}
            }
            if let Some(order) = fact.event.order() {
                books.orders.entry(order.get()).or_default().entry(fact.event.kind()).or_default().push(fact);
            }
        }
        Ok(books)
    }

    /// How many orders have an event of this kind.
    pub fn with(&self, kind: Kind) -> usize {
        self.orders.values().filter(|events| events.contains_key(&kind)).count()
    }
}

/// Checks that a shop at rest is sound, as `rental audit` does; nothing may move any more.
pub async fn assert_sound(shop: &Shop) -> anyhow::Result<Books> {
    shop.until_quiet().await?;
    let settings = audit::Settings { stuck_after: Duration::ZERO, timeout: Duration::from_secs(10) };
    let judgement = audit::run(&shop.desk, settings, &mut |_, _| {}).await?.judgement;
    let said: Vec<_> = judgement.findings.iter().map(ToString::to_string).collect();
    ensure!(said.is_empty(), "the audit found: {}", said.join("; "));
    ensure!(judgement.moving.is_empty(), "still moving: {:?}", judgement.moving);
    let books = Books::read(shop).await?;
    ensure!(books.charged == judgement.charged_won && books.refunded == judgement.refunded_won, "two sums of money");
    Ok(books)
}
