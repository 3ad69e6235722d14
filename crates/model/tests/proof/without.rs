//! The real policies with one rule taken away, to show that the rule is needed
//! and that its loss is noticed.
//!
//! Nothing in the policies knows of this: the rule is taken away around them,
//! by making them forget what the rule looks at, or receive what they should not.

use crate::shop::Policies;
use rental_model::billing::{self, Bill};
use rental_model::inventory::Hold;
use rental_model::logistics::Shipment;
use rental_model::repository::{Aggregate, load, save};
use rental_model::{
    Context, Decider, Decision, Endpoint, Event, OrderId, QueryOutcome, RecordedEvent, Refusal, Repository,
    RepositoryMut, Request,
};
use serde_json::Value;
use std::sync::Arc;

/// The rules whose removal must be noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A cancellation releases nothing; the retrieval does.
    ReleaseWaitsForRetrieval,
    /// A bill that was closed before it was charged is never charged.
    BillingTombstone,
    /// A rental that was over before its request came holds nothing.
    InventoryTombstone,
    /// Nothing leaves for a rental known to be over.
    LogisticsLooksAtKnownFacts,
    /// Nothing leaves for which no stock is set aside.
    LogisticsWaitsForTheReservation,
    BillClosesOnce,
    /// A rental cancelled while its charge is under way gets the money back.
    CancelDuringChargingSettles,
    /// Money that an outside provider took is back when that says so.
    RefundIsAskedFor,
}

impl Rule {
    pub(crate) const ALL: [Self; 8] = [
        Self::ReleaseWaitsForRetrieval,
        Self::BillingTombstone,
        Self::InventoryTombstone,
        Self::LogisticsLooksAtKnownFacts,
        Self::LogisticsWaitsForTheReservation,
        Self::BillClosesOnce,
        Self::CancelDuringChargingSettles,
        Self::RefundIsAskedFor,
    ];

    fn context(self) -> Context {
        match self {
            Self::ReleaseWaitsForRetrieval | Self::InventoryTombstone => Context::Inventory,
            Self::BillingTombstone
            | Self::BillClosesOnce
            | Self::CancelDuringChargingSettles
            | Self::RefundIsAskedFor => Context::Billing,
            Self::LogisticsLooksAtKnownFacts | Self::LogisticsWaitsForTheReservation => Context::Logistics,
        }
    }

    /// What its context forgets just before it receives `event`.
    fn forget_before(self, rows: &mut dyn RepositoryMut, event: &Event) {
        match (self, event) {
            (Self::BillingTombstone, Event::RentalRequested { order, .. }) => {
                change(rows, *order, |bill: &mut Bill| {
                    if bill.stage == billing::Stage::Closed && bill.outcome.is_none() {
                        bill.stage = billing::Stage::None;
                    }
                });
            }
            (Self::InventoryTombstone, Event::RentalRequested { order, .. }) => {
                change(rows, *order, |hold: &mut Hold| hold.is_over = false);
            }
            (
                Self::LogisticsLooksAtKnownFacts,
                Event::FeeReceived { order, .. } | Event::StockReserved { order, .. },
            ) => {
                change(rows, *order, |shipment: &mut Shipment| shipment.is_over = false);
            }
            (Self::LogisticsWaitsForTheReservation, Event::FeeReceived { order, .. }) => {
                let shipment = load::<Shipment>(rows, order.get()).unwrap_or_default();
                save(rows, order.get(), &Shipment { is_reserved: true, ..shipment });
            }
            (Self::BillClosesOnce, Event::RentalCancelled { order, .. } | Event::StockShort { order, .. }) => {
                change(rows, *order, |bill: &mut Bill| {
                    if bill.stage == billing::Stage::Closed {
                        bill.stage = billing::Stage::Charged;
                    }
                });
            }
            _ => {}
        }
    }

    /// What its context does besides, having received `recorded`.
    fn misbehave_after(
        self,
        whole: &dyn Decider,
        rows: &mut dyn RepositoryMut,
        recorded: &RecordedEvent,
    ) -> Vec<Event> {
        match (self, &recorded.event) {
            (Self::ReleaseWaitsForRetrieval, Event::RentalCancelled { order, .. }) => {
                let event = Event::RetrievalStarted { order: *order, dispatched: false };
                whole.react(rows, &RecordedEvent { event, ..recorded.clone() })
            }
            (
                Self::CancelDuringChargingSettles,
                Event::RentalCancelled { order, .. } | Event::StockShort { order, .. },
            ) => {
                change(rows, *order, |bill: &mut Bill| bill.is_to_close = false);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }
}

/// As if the money were back because it was asked for.
fn count_as_paid(event: &mut Event) {
    if let Event::RefundRequested { order, amount, .. } = *event {
        *event = Event::FeeRefunded { order, amount, by_hand: None };
    }
}

fn change<A: Aggregate>(rows: &mut dyn RepositoryMut, order: OrderId, change: impl FnOnce(&mut A)) {
    if let Some(mut row) = load::<A>(rows, order.get()) {
        change(&mut row);
        save(rows, order.get(), &row);
    }
}

impl Policies {
    /// The same policies, one of them without this rule.
    pub(crate) fn without(&self, rule: Rule) -> Self {
        let whole = Arc::clone(self.shared(rule.context()));
        self.replaced(Arc::new(Without { rule, whole }))
    }
}

/// A policy with one rule taken away.
#[derive(Debug)]
struct Without {
    rule: Rule,
    whole: Arc<dyn Decider>,
}

impl Decider for Without {
    fn context(&self) -> Context {
        self.whole.context()
    }

    fn subscriptions(&self) -> &'static [Context] {
        self.whole.subscriptions()
    }

    fn subscription_version(&self, source: Context) -> u32 {
        self.whole.subscription_version(source)
    }

    fn initial_events(&self) -> Vec<Event> {
        self.whole.initial_events()
    }

    fn apply(&self, rows: &mut dyn RepositoryMut, own: &RecordedEvent) {
        self.whole.apply(rows, own);
    }

    fn react(&self, rows: &mut dyn RepositoryMut, recorded: &RecordedEvent) -> Vec<Event> {
        self.rule.forget_before(rows, &recorded.event);
        let mut decided = self.whole.react(rows, recorded);
        if self.rule == Rule::RefundIsAskedFor {
            decided.iter_mut().for_each(count_as_paid);
        }
        decided.extend(self.rule.misbehave_after(self.whole.as_ref(), rows, recorded));
        decided
    }

    fn commands(&self) -> &'static [Endpoint] {
        self.whole.commands()
    }

    fn decide(
        &self,
        rows: &dyn Repository,
        request: Request<'_>,
        query_outcome: Option<&QueryOutcome>,
    ) -> Result<Decision, Refusal> {
        self.whole.decide(rows, request, query_outcome)
    }

    fn queries(&self) -> &'static [Endpoint] {
        self.whole.queries()
    }

    fn query(&self, rows: &dyn Repository, request: Request<'_>) -> Result<Value, Refusal> {
        self.whole.query(rows, request)
    }
}
