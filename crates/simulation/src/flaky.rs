//! A policy that panics now and then, before or after it has done its work; and policies with a defect.

use crate::random::Random;
use rental_model::billing::{Bill, BillingPolicy};
use rental_model::logistics::{LogisticsPolicy, Shipment};
use rental_model::repository::{load, save};
use rental_model::{
    Context, Decider, Decision, Endpoint, Event, OrderId, QueryOutcome, RecordedEvent, Refusal, Repository,
    RepositoryMut, Request,
};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// When to panic; shared by all policies of a run.
#[derive(Debug, Clone)]
pub(crate) struct PanicInjector(Arc<Mutex<(Random, u32)>>);

impl PanicInjector {
    /// Panics once in `one_in` times; never if that is 0.
    pub(crate) fn new(seed: u64, one_in: u32) -> Self {
        Self(Arc::new(Mutex::new((Random::new(seed), one_in))))
    }

    pub(crate) fn calm_down(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = 0;
    }

    fn swing(&self) {
        let strikes = {
            let mut mood = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let one_in = mood.1;
            mood.0.one_in(one_in)
        };
        if strikes {
            // Like a panic, but without its message on the screen.
            std::panic::resume_unwind(Box::new("a bad mood"));
        }
    }
}

/// A decider in a mood.
#[derive(Debug)]
pub(crate) struct Flaky<P> {
    pub(crate) policy: P,
    pub(crate) mood: PanicInjector,
}

impl<P: Decider> Decider for Flaky<P> {
    fn context(&self) -> Context {
        self.policy.context()
    }

    fn subscriptions(&self) -> &'static [Context] {
        self.policy.subscriptions()
    }

    fn initial_events(&self) -> Vec<Event> {
        self.policy.initial_events()
    }

    fn opened(&self, rows: &mut dyn RepositoryMut, journal: u64) {
        self.policy.opened(rows, journal);
    }

    fn apply(&self, rows: &mut dyn RepositoryMut, own: &RecordedEvent) {
        self.mood.swing();
        self.policy.apply(rows, own);
        self.mood.swing();
    }

    fn react(&self, rows: &mut dyn RepositoryMut, recorded: &RecordedEvent) -> Vec<Event> {
        self.mood.swing();
        let decided = self.policy.react(rows, recorded);
        self.mood.swing();
        decided
    }

    fn commands(&self) -> &'static [Endpoint] {
        self.policy.commands()
    }

    fn decide(
        &self,
        rows: &dyn Repository,
        request: Request<'_>,
        query_outcome: Option<&QueryOutcome>,
    ) -> Result<Decision, Refusal> {
        self.mood.swing();
        self.policy.decide(rows, request, query_outcome)
    }

    fn became(&self, rows: &dyn Repository, event: &Event) -> Option<Value> {
        self.policy.became(rows, event)
    }

    fn queries(&self) -> &'static [Endpoint] {
        self.policy.queries()
    }

    fn query(&self, rows: &dyn Repository, request: Request<'_>) -> Result<Value, Refusal> {
        self.mood.swing();
        self.policy.query(rows, request)
    }
}

/// A policy with a defect in how it receives.
#[derive(Debug)]
pub(crate) struct Defective<P> {
    pub(crate) policy: P,
    pub(crate) receive: fn(&P, &mut dyn RepositoryMut, &RecordedEvent) -> Vec<Event>,
}

/// Billing without its tombstone: a cancellation that comes before its request is forgotten.
pub(crate) fn forget_early_ends(
    policy: &BillingPolicy,
    rows: &mut dyn RepositoryMut,
    recorded: &RecordedEvent,
) -> Vec<Event> {
    let is_request = matches!(recorded.event, Event::RentalRequested { .. });
    let order = recorded.event.order().map_or(0, OrderId::get);
    if !is_request && load::<Bill>(rows, order).is_none() {
        return Vec::new();
    }
    policy.react(rows, recorded)
}

/// Logistics that takes every stock for set aside as soon as the fee is in.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "one of several functions of this shape")]
pub(crate) fn send_at_once(
    policy: &LogisticsPolicy,
    rows: &mut dyn RepositoryMut,
    recorded: &RecordedEvent,
) -> Vec<Event> {
    if let Event::FeeReceived { order, .. } = recorded.event {
        let shipment = load::<Shipment>(rows, order.get()).unwrap_or_default();
        save(rows, order.get(), &Shipment { is_reserved: true, ..shipment });
    }
    policy.react(rows, recorded)
}

impl<P: Decider> Decider for Defective<P> {
    fn context(&self) -> Context {
        self.policy.context()
    }

    fn subscriptions(&self) -> &'static [Context] {
        self.policy.subscriptions()
    }

    fn apply(&self, rows: &mut dyn RepositoryMut, own: &RecordedEvent) {
        self.policy.apply(rows, own);
    }

    fn react(&self, rows: &mut dyn RepositoryMut, recorded: &RecordedEvent) -> Vec<Event> {
        (self.receive)(&self.policy, rows, recorded)
    }

    fn commands(&self) -> &'static [Endpoint] {
        self.policy.commands()
    }

    fn decide(
        &self,
        rows: &dyn Repository,
        request: Request<'_>,
        query_outcome: Option<&QueryOutcome>,
    ) -> Result<Decision, Refusal> {
        self.policy.decide(rows, request, query_outcome)
    }

    fn queries(&self) -> &'static [Endpoint] {
        self.policy.queries()
    }

    fn query(&self, rows: &dyn Repository, request: Request<'_>) -> Result<Value, Refusal> {
        self.policy.query(rows, request)
    }
}
