//! One order's page in the ledger.

use crate::Finding;
use rental_model::totalview::{Row, SourcePositions};
use rental_model::{Context, Event, Kind, OrderId, ProductId, Qty, RecordedEvent, UnixMs, Won};

/// Pairs of which an order has one at most.
const EITHER: [(Kind, Kind); 6] = [
    (Kind::FeeReceived, Kind::FeeDeclined),
    (Kind::StockReserved, Kind::StockShort),
    (Kind::StockReserved, Kind::StockSkipped),
    (Kind::StockShort, Kind::StockSkipped),
    (Kind::StockReleased, Kind::ItemsReturned),
    (Kind::RentalCancelled, Kind::RentalEnded),
];

/// Pairs of one journal in which the second needs the first before it.
const AFTER: [(Kind, Kind); 4] = [
    (Kind::StockReserved, Kind::StockReleased),
    (Kind::StockReserved, Kind::ItemsReturned),
    (Kind::RentalRequested, Kind::RentalCancelled),
    (Kind::RentalRequested, Kind::RentalEnded),
];

/// An order's events.
#[derive(Debug, Default)]
pub(crate) struct OrderAudit {
    entries: Vec<Entry>,
}

/// What is kept of one event.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) at: UnixMs,
    cause: Option<(Context, u64)>,
    event: Event,
}

impl Entry {
    pub(crate) const fn source(&self) -> Context {
        self.event.kind().context()
    }
}

/// The event a cause names, if it names one and not a request.
fn event_named(cause: &str) -> Option<(Context, u64)> {
    let (stream, number) = cause.split_once(':')?;
    let source = Context::DECIDERS.into_iter().find(|context| context.stream() == Some(stream))?;
    Some((source, number.parse().ok()?))
}

/// Whether this is a delivery that started because the stock was set aside.
pub(crate) fn follows_reservation(recorded: &RecordedEvent) -> bool {
    let source = recorded.cause.as_deref().and_then(event_named).map(|(source, _)| source);
    recorded.event.kind() == Kind::DeliveryStarted && source == Some(Context::Inventory)
}

impl OrderAudit {
    /// Enters an event; if there is one of its kind, answers with that one's number.
    pub(crate) fn enter(&mut self, recorded: &RecordedEvent) -> Result<(), u64> {
        let (kind, attempt) = (recorded.event.kind(), recorded.event.attempt());
        let is_same = |entry: &&Entry| entry.event.kind() == kind && entry.event.attempt() == attempt;
        if let Some(first) = self.entries.iter().find(is_same) {
            return Err(first.number);
        }
        let cause = recorded.cause.as_deref().and_then(event_named);
        self.entries.push(Entry { number: recorded.number, at: recorded.at, cause, event: recorded.event.clone() });
        Ok(())
    }

    pub(crate) fn entry(&self, kind: Kind) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.event.kind() == kind)
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn has(&self, kind: Kind) -> bool {
        self.entry(kind).is_some()
    }

    pub(crate) fn last_at(&self) -> UnixMs {
        self.entries.iter().map(|entry| entry.at).max().unwrap_or_default()
    }

    fn money(&self, kind: Kind) -> Option<Won> {
        match self.entry(kind)?.event {
            Event::RentalRequested { amount, .. }
            | Event::FeeReceived { amount, .. }
            | Event::FeeRefunded { amount, .. } => Some(amount),
            _ => None,
        }
    }

    /// The product and the units set aside for it, if any are.
    pub(crate) fn reserved(&self) -> Option<(ProductId, Qty)> {
        match self.entry(Kind::StockReserved)?.event {
            Event::StockReserved { product, qty, .. } => Some((product, qty)),
            _ => None,
        }
    }

    pub(crate) fn is_back(&self) -> bool {
        self.has(Kind::StockReleased) || self.has(Kind::ItemsReturned)
    }

    pub(crate) fn is_called_back(&self) -> bool {
        self.has(Kind::RetrievalStarted)
    }

    /// The view's row when it has received so far; none if it has received nothing of this order.
    pub(crate) fn row(&self, received: &SourcePositions) -> Option<Row> {
        let mut row: Option<Row> = None;
        for Entry { number, at, event, .. } in &self.entries {
            let source = event.kind().context();
            if *number > received.get(&source).copied().unwrap_or(0) {
                continue;
            }
            let recorded =
                RecordedEvent { source, number: *number, at: *at, cause: None, actor: None, event: event.clone() };
            match &mut row {
                Some(row) => drop(row.project(&recorded)),
                None => row = Row::begin(&recorded),
            }
        }
        row
    }

    /// What can never be right, however far the order is.
    pub(crate) fn contradictions(&self, order: OrderId) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (first, second) in EITHER {
            if self.has(first) && self.has(second) {
                findings.push(Finding::Both { order, first, second });
            }
        }
        for (first, second) in AFTER {
            if let Some(later) = self.entry(second)
                && self.entry(first).is_none_or(|earlier| earlier.number > later.number)
            {
                findings.push(Finding::Reversed { order, first, second });
            }
        }
        findings.extend(self.money_found(order));
        findings.extend(self.entries.iter().filter_map(|entry| self.other_units(order, &entry.event)));
        if let Some(Entry { number, event: Event::RetrievalStarted { dispatched, .. }, .. }) =
            self.entry(Kind::RetrievalStarted)
        {
            // Both stand in one journal, which wrote what it knew.
            let was_sent = self.entry(Kind::DeliveryStarted).is_some_and(|sent| sent.number < *number);
            if was_sent != *dispatched {
                findings.push(Finding::Dispatch { order, said: *dispatched });
            }
        }
        findings
    }

    /// Goods that left although nothing was set aside for them, by a logistics known to wait for that.
    pub(crate) fn unreserved(&self, order: OrderId, waits_since: Option<u64>) -> Option<Finding> {
        let sent = self.entry(Kind::DeliveryStarted)?;
        let first = [Kind::StockShort, Kind::StockSkipped].into_iter().find(|kind| self.has(*kind))?;
        let is_bound = waits_since.is_some_and(|since| since <= sent.number);
        is_bound.then_some(Finding::Both { order, first, second: Kind::DeliveryStarted })
    }

    fn money_found(&self, order: OrderId) -> Vec<Finding> {
        let mut findings = Vec::new();
        let charged = self.money(Kind::FeeReceived);
        if let Some(refunded) = self.money(Kind::FeeRefunded)
            && refunded != charged.unwrap_or_default()
        {
            findings.push(Finding::Refund { order, charged: charged.unwrap_or_default(), refunded });
        }
        if let (Some(taken), Some(returned)) = (self.entry(Kind::FeeReceived), self.entry(Kind::FeeRefunded))
            && taken.number > returned.number
        {
            findings.push(Finding::Reversed { order, first: Kind::FeeReceived, second: Kind::FeeRefunded });
        }
        if let (Some(asked), Some(charged)) = (self.money(Kind::RentalRequested), charged)
            && asked != charged
        {
            findings.push(Finding::Charge { order, asked, charged });
        }
        findings
    }

    /// An event about another product, or about another quantity, than the request.
    fn other_units(&self, order: OrderId, event: &Event) -> Option<Finding> {
        let Event::RentalRequested { product, qty, .. } = &self.entry(Kind::RentalRequested)?.event else {
            return None;
        };
        let found_qty = match event {
            Event::StockReserved { qty, .. } | Event::StockReleased { qty, .. } | Event::ItemsReturned { qty, .. } => {
                *qty
            }
            _ => *qty,
        };
        let found_product = event.product().unwrap_or(*product);
        if (found_product, found_qty) == (*product, *qty) {
            return None;
        }
        let words = |product, qty| format!("{qty} of product {product}");
        let (asked, found) = (words(*product, *qty), words(found_product, found_qty));
        Some(Finding::Units { order, kind: event.kind(), asked, found })
    }

    /// Events whose cause is no event of this order. `is_unread`: it may exist, and was not entered yet.
    pub(crate) fn without_cause(&self, order: OrderId, is_unread: impl Fn(Context, u64) -> bool) -> Vec<Finding> {
        let unfounded = self.entries.iter().filter_map(|entry| {
            let (source, number) = entry.cause?;
            let is_known = self.entries.iter().any(|other| (other.source(), other.number) == (source, number));
            let cause = || format!("{}:{number}", source.stream().unwrap_or_default());
            (!is_known && !is_unread(source, number)).then(|| Finding::NoCause {
                order,
                kind: entry.event.kind(),
                cause: cause(),
            })
        });
        unfounded.collect()
    }

    /// What must still happen before the order is at rest; none if it is.
    ///
    /// Units that wait for staff to check them in are at rest: a person decides.
    pub(crate) fn waits_for(&self) -> Option<&'static str> {
        let has = |kind| self.has(kind);
        let waiting = [
            (has(Kind::RentalRequested), "its request"),
            (has(Kind::StockReserved) || has(Kind::StockShort) || has(Kind::StockSkipped), "its stock to be set aside"),
            (
                !has(Kind::ChargeRequested) || has(Kind::FeeReceived) || has(Kind::FeeDeclined),
                "the word of its payment provider",
            ),
        ];
        let further = if has(Kind::RentalCancelled) || has(Kind::StockShort) {
            let refund = if has(Kind::RefundRequested) { "its refund by the payment provider" } else { "its refund" };
            [(has(Kind::FeeRefunded), refund), (has(Kind::RetrievalStarted), "its retrieval")]
        } else if has(Kind::FeeDeclined) || has(Kind::FeeRefunded) || has(Kind::StockSkipped) {
            [(false, "its cancellation"), (true, "")]
        } else if has(Kind::RetrievalStarted) && !has(Kind::RentalEnded) {
            [(false, "its end"), (true, "")]
        } else {
            [(has(Kind::FeeReceived), "its fee"), (has(Kind::DeliveryStarted), "its delivery")]
        };
        let last = [
            (!has(Kind::RentalEnded) || has(Kind::RetrievalStarted), "its retrieval"),
            (!self.is_to_be_released() || self.is_back(), "its units to be free again"),
        ];
        waiting.into_iter().chain(further).chain(last).find(|(is_done, _)| !is_done).map(|(_, what)| what)
    }

    /// Units that never left the shelf go back to it without anyone's help.
    fn is_to_be_released(&self) -> bool {
        let retrieval = self.entry(Kind::RetrievalStarted).map(|entry| &entry.event);
        self.has(Kind::StockReserved) && matches!(retrieval, Some(Event::RetrievalStarted { dispatched: false, .. }))
    }
}
