//! A policy that panics now and then, before or after it has done its work.

use crate::random::Random;
use rental_model::{
    Consulted, Context, Decider, Decision, Endpoint, Event, Fact, Refusal, Request, Rows, RowsMut, billing,
};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// When to panic; shared by all policies of a run.
#[derive(Debug, Clone)]
pub(crate) struct Mood(Arc<Mutex<(Random, u32)>>);

impl Mood {
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
    pub(crate) mood: Mood,
}

impl<P: Decider> Decider for Flaky<P> {
    fn context(&self) -> Context {
        self.policy.context()
    }

    fn hears(&self) -> &'static [Context] {
        self.policy.hears()
    }

    fn genesis(&self) -> Vec<Event> {
        self.policy.genesis()
    }

    fn apply(&self, rows: &mut dyn RowsMut, own: &Fact) {
        self.mood.swing();
        self.policy.apply(rows, own);
        self.mood.swing();
    }

    fn hear(&self, rows: &mut dyn RowsMut, fact: &Fact) -> Vec<Event> {
        self.mood.swing();
        let decided = self.policy.hear(rows, fact);
        self.mood.swing();
        decided
    }

    fn commands(&self) -> &'static [Endpoint] {
        self.policy.commands()
    }

    fn decide(
        &self,
        rows: &dyn Rows,
        request: Request<'_>,
        consulted: Option<&Consulted>,
    ) -> Result<Decision, Refusal> {
        self.mood.swing();
        self.policy.decide(rows, request, consulted)
    }

    fn queries(&self) -> &'static [Endpoint] {
        self.policy.queries()
    }

    fn query(&self, rows: &dyn Rows, request: Request<'_>) -> Result<Value, Refusal> {
        self.mood.swing();
        self.policy.query(rows, request)
    }
}

/// A defect: billing without its tombstone. A cancellation that comes before its request is forgotten.
#[derive(Debug)]
pub(crate) struct Forgetful(pub(crate) billing::BillingPolicy);

impl Decider for Forgetful {
    fn context(&self) -> Context {
        self.0.context()
    }

    fn hears(&self) -> &'static [Context] {
        self.0.hears()
    }

    fn apply(&self, rows: &mut dyn RowsMut, own: &Fact) {
        self.0.apply(rows, own);
    }

    fn hear(&self, rows: &mut dyn RowsMut, fact: &Fact) -> Vec<Event> {
        let is_request = matches!(fact.event, Event::RentalRequested { .. });
        let order = fact.event.order().map_or(0, rental_model::OrderId::get);
        if !is_request && rental_model::rows::load::<billing::Bill>(rows, order).is_none() {
            return Vec::new();
        }
        self.0.hear(rows, fact)
    }

    fn commands(&self) -> &'static [Endpoint] {
        self.0.commands()
    }

    fn decide(
        &self,
        rows: &dyn Rows,
        request: Request<'_>,
        consulted: Option<&Consulted>,
    ) -> Result<Decision, Refusal> {
        self.0.decide(rows, request, consulted)
    }

    fn queries(&self) -> &'static [Endpoint] {
        self.0.queries()
    }

    fn query(&self, rows: &dyn Rows, request: Request<'_>) -> Result<Value, Refusal> {
        self.0.query(rows, request)
    }
}
