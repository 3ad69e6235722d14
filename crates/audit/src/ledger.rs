//! The ledger of a shop: what its events must add up to, whoever asks.
//!
//! Whoever reads the streams enters every event here ([`Ledger::enter`]); the
//! ledger keeps a few words per event, never its bytes. [`Ledger::judge`] then
//! tells what contradicts the rules. What services show is compared with the
//! same entries: the stock with [`Stock`](crate::Stock), the view with [`Ledger::compare`].
//! Everything is pure, and judges a shop at work: an order still moving is no
//! finding until it has not moved for too long.

use crate::finding::Finding;
use crate::order_audit::{self, OrderAudit};
use crate::stock_balance::StockBalance;
use rental_model::{Context, Event, Kind, OrderId, ProductId, RecordedEvent, UnixMs};
use std::collections::BTreeMap;

/// What the events of a shop add up to.
#[derive(Debug, Default)]
pub struct Ledger {
    pub(crate) orders: BTreeMap<OrderId, OrderAudit>,
    pub(crate) shelves: BTreeMap<ProductId, StockBalance>,
    /// Up to which event of each source it is kept.
    entered: BTreeMap<Context, u64>,
    // Wider than any event's amount: no number of events is too many to add up.
    charged_won: u128,
    refunded_won: u128,
    /// The first delivery that a reservation led to: from there on logistics is known to wait for
    /// them. Earlier versions sent goods out without one, and what became of that was right then.
    waits_since: Option<u64>,
    /// What was wrong with an event the moment it was entered.
    found: Vec<Finding>,
}

/// From when on an order that does not move is stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    pub now: UnixMs,
    pub stuck_after_ms: u64,
}

impl Patience {
    /// For how many seconds nothing happened since, if that is too long.
    pub(crate) fn exceeded_s(self, since: UnixMs) -> Option<u64> {
        let still_ms = self.now.0.saturating_sub(since.0);
        (still_ms > self.stuck_after_ms).then_some(still_ms / 1000)
    }
}

/// What the ledger says as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    pub orders: u64,
    pub charged_won: u128,
    pub refunded_won: u128,
    /// Not at rest, and not for too long: another look will find them further.
    pub moving: Vec<OrderId>,
    pub findings: Vec<Finding>,
}

impl Ledger {
    /// Enters one event. Each source's events come in the order of its journal.
    pub fn enter(&mut self, recorded: &RecordedEvent) {
        self.skip(recorded.source, recorded.number);
        if let Some(product) = recorded.event.product()
            && recorded.source == Context::Inventory
        {
            let stock = self.shelves.entry(product).or_default();
            if let Err(short) = stock.apply(&recorded.event) {
                self.found.push(Finding::Overdrawn { product, number: recorded.number, short });
            }
        }
        let Some(order) = recorded.event.order() else { return };
        if order_audit::follows_reservation(recorded) {
            self.waits_since.get_or_insert(recorded.number);
        }
        match self.orders.entry(order).or_default().enter(recorded) {
            Ok(()) => match recorded.event {
                Event::FeeReceived { amount, .. } => self.charged_won += u128::from(amount.get()),
                Event::FeeRefunded { amount, .. } => self.refunded_won += u128::from(amount.get()),
                _ => {}
            },
            Err(first) => {
                let (kind, second) = (recorded.event.kind(), recorded.number);
                self.found.push(Finding::Twice { order, kind, first, second });
            }
        }
    }

    /// Goes on behind an event that could not be entered.
    pub fn skip(&mut self, source: Context, number: u64) {
        self.entered.insert(source, number);
    }

    /// Up to which event of `source` it is kept.
    pub fn entered(&self, source: Context) -> u64 {
        self.entered.get(&source).copied().unwrap_or(0)
    }

    /// Every order there is an event of.
    pub fn orders(&self) -> impl Iterator<Item = OrderId> {
        self.orders.keys().copied()
    }

    /// The number under which the order's event of this kind stands in its journal.
    pub fn number(&self, order: OrderId, kind: Kind) -> Option<u64> {
        Some(self.orders.get(&order)?.entry(kind)?.number)
    }

    /// What contradicts the rules, and what still moves. `ends` is where the
    /// streams ended after everything was entered: a cause behind that end
    /// does not exist, one before it was merely not read yet.
    pub fn judge(&self, patience: Patience, ends: &BTreeMap<Context, u64>) -> Judgement {
        let mut findings = self.found.clone();
        let mut moving = Vec::new();
        for (&order, order_audit) in &self.orders {
            findings.extend(order_audit.contradictions(order));
            findings.extend(order_audit.unreserved(order, self.waits_since));
            findings.extend(order_audit.without_cause(order, |source, number| {
                number > self.entered(source) && number <= ends.get(&source).copied().unwrap_or(0)
            }));
            if let Some(waits_for) = order_audit.waits_for() {
                match patience.exceeded_s(order_audit.last_at()) {
                    Some(seconds) => findings.push(Finding::Stuck { order, waits_for, seconds }),
                    None => moving.push(order),
                }
            }
        }
        let (charged_won, refunded_won) = (self.charged_won, self.refunded_won);
        if refunded_won > charged_won {
            findings.push(Finding::MoreRefunded { charged_won, refunded_won });
        }
        Judgement { orders: self.orders.len() as u64, charged_won, refunded_won, moving, findings }
    }
}
