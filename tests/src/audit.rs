//! The ledger of a shop at rest: does everything balance?

use crate::Shop;
use anyhow::ensure;
use rental_audit::AuditSettings;
use rental_bus::tail;
use rental_model::{Event, Kind, RecordedEvent};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the events of a shop add up to.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Each order's events, by kind.
    pub orders: BTreeMap<u64, BTreeMap<Kind, Vec<RecordedEvent>>>,
    pub charged: u128,
    pub refunded: u128,
}

impl Ledger {
    pub async fn read(shop: &Shop) -> anyhow::Result<Self> {
        let mut ledger = Self::default();
        for recorded in tail::history(&shop.desk, None).await? {
            match &recorded.event {
                Event::FeeReceived { amount, .. } => ledger.charged += u128::from(amount.get()),
                Event::FeeRefunded { amount, .. } => ledger.refunded += u128::from(amount.get()),
                _ => {}
            }
            if let Some(order) = recorded.event.order() {
                ledger.orders.entry(order.get()).or_default().entry(recorded.event.kind()).or_default().push(recorded);
            }
        }
        Ok(ledger)
    }

    /// How many orders have an event of this kind.
    pub fn with(&self, kind: Kind) -> usize {
        self.orders.values().filter(|events| events.contains_key(&kind)).count()
    }
}

/// Checks that a shop at rest is sound, as `rental audit` does; nothing may move any more.
pub async fn assert_sound(shop: &Shop) -> anyhow::Result<Ledger> {
    shop.until_quiet().await?;
    let settings = AuditSettings { stuck_after: Duration::ZERO, timeout: Duration::from_secs(10) };
    let judgement = rental_audit::run(&shop.desk, settings, &mut |_, _| {}).await?.judgement;
    let said: Vec<_> = judgement.findings.iter().map(ToString::to_string).collect();
    ensure!(said.is_empty(), "the audit found: {}", said.join("; "));
    ensure!(judgement.moving.is_empty(), "still moving: {:?}", judgement.moving);
    let ledger = Ledger::read(shop).await?;
    ensure!(ledger.charged == judgement.charged_won && ledger.refunded == judgement.refunded_won, "two sums of money");
    Ok(ledger)
}
