//! Stories for the rules: `given([…]).receiving(…).then([…])`.
//!
//! Every step of a story also checks the two laws that hold for every rule:
//! the same event again decides nothing and changes nothing, and a context
//! that lost its rows gets the same ones from its own journal and from what it
//! received, deciding nothing.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test may fail loudly")]

use crate::context::{Context, Decider, Decision, QueryOutcome, RecordedEvent, RemoteQuery, Request};
use crate::event::{Event, Place};
use crate::refusal::{Code, Refusal};
use crate::repository::memory::MemoryRepository;
use crate::repository::{Aggregate, load};
use crate::values::{OrderId, ProductId, Qty, Reason, UnixMs, Won};
use serde_json::Value;
use std::collections::BTreeMap;

/// The order of the stories, and its product.
pub const ORDER: u64 = 2;
pub const PRODUCT: u64 = 2;

pub fn order(id: u64) -> OrderId {
    OrderId::new(id).unwrap()
}

pub fn product(id: u64) -> ProductId {
    ProductId::new(id).unwrap()
}

pub fn units(count: u64) -> Qty {
    Qty::new(count).unwrap()
}

pub fn won(amount: u64) -> Won {
    Won::new(amount).unwrap()
}

pub fn reason(text: &str) -> Reason {
    Reason::new(text).unwrap()
}

pub fn requested(id: u64, qty: Qty, amount: Won) -> Event {
    Event::RentalRequested { order: order(id), product: product(PRODUCT), qty, amount }
}

pub fn cancelled(id: u64) -> Event {
    Event::RentalCancelled { order: order(id), product: product(PRODUCT), reason: None }
}

pub fn cancelled_because(id: u64, why: &str) -> Event {
    Event::RentalCancelled { order: order(id), product: product(PRODUCT), reason: Some(reason(why)) }
}

pub fn ended(id: u64) -> Event {
    Event::RentalEnded { order: order(id), product: product(PRODUCT) }
}

pub fn short(id: u64) -> Event {
    Event::StockShort { order: order(id), product: product(PRODUCT) }
}

pub fn reserved(id: u64, qty: Qty) -> Event {
    Event::StockReserved { order: order(id), product: product(PRODUCT), qty }
}

pub fn skipped(id: u64) -> Event {
    Event::StockSkipped { order: order(id), product: product(PRODUCT) }
}

pub fn released(id: u64, qty: Qty) -> Event {
    Event::StockReleased { order: order(id), product: product(PRODUCT), qty }
}

pub fn returned(id: u64, qty: Qty) -> Event {
    returned_with(id, qty, 0, 0)
}

pub fn returned_with(id: u64, qty: Qty, down: u32, lost: u32) -> Event {
    Event::ItemsReturned { order: order(id), product: product(PRODUCT), qty, down, lost }
}

pub fn registered(id: u64, name: &str, qty: u32) -> Event {
    Event::ProductRegistered { product: product(id), name: name.to_owned(), qty }
}

pub fn adjusted(from: Place, to: Place, qty: Qty) -> Event {
    Event::StockAdjusted { product: product(PRODUCT), from, to, qty, reason: reason("counted") }
}

pub fn charge_requested(id: u64, amount: Won) -> Event {
    Event::ChargeRequested { order: order(id), amount, attempt: 1 }
}

pub fn fee_received(id: u64, amount: Won) -> Event {
    Event::FeeReceived { order: order(id), amount, by_hand: None }
}

pub fn fee_declined(id: u64, amount: Won) -> Event {
    Event::FeeDeclined { order: order(id), amount, by_hand: None }
}

pub fn refunded(id: u64, amount: Won) -> Event {
    Event::FeeRefunded { order: order(id), amount, by_hand: None }
}

pub fn refund_requested(id: u64, amount: Won, attempt: u32) -> Event {
    Event::RefundRequested { order: order(id), amount, attempt }
}

pub fn refund_declined(id: u64, amount: Won, attempt: u32, why: &str) -> Event {
    Event::RefundDeclined { order: order(id), amount, attempt, reason: Some(reason(why)) }
}

pub fn delivered(id: u64) -> Event {
    Event::DeliveryStarted { order: order(id) }
}

pub fn retrieved(id: u64, dispatched: bool) -> Event {
    Event::RetrievalStarted { order: order(id), dispatched }
}

/// These events, a second apart, each with its number in its own journal.
pub fn happened(events: impl IntoIterator<Item = Event>) -> Vec<RecordedEvent> {
    let mut recorded_events: Vec<RecordedEvent> = Vec::new();
    for event in events {
        let source = event.kind().context();
        let number = 1 + recorded_events.iter().filter(|recorded| recorded.source == source).count() as u64;
        let at = UnixMs(1000 * (1 + recorded_events.len() as u64));
        recorded_events.push(RecordedEvent { source, number, at, cause: None, actor: None, event });
    }
    recorded_events
}

/// A story about one context.
#[derive(Debug)]
pub struct Story<P> {
    policy: P,
    pub rows: MemoryRepository,
    /// How many events of each context there are.
    numbers: BTreeMap<Context, u64>,
    own: Vec<RecordedEvent>,
    received: Vec<RecordedEvent>,
}

/// What the last step of a story led to.
#[derive(Debug)]
pub struct Outcome<P> {
    story: Story<P>,
    decided: Result<Decision, Refusal>,
}

/// `history` has happened: what is the context's own is in its journal, the rest it has received and acted upon.
pub fn story<P: Decider>(policy: P, history: impl IntoIterator<Item = Event>) -> Story<P> {
    let mut story = Story {
        policy,
        rows: MemoryRepository::default(),
        numbers: BTreeMap::new(),
        own: Vec::new(),
        received: Vec::new(),
    };
    for event in history {
        if event.kind().context() == story.policy.context() {
            story.record(event);
        } else {
            story.receive(event);
        }
    }
    story
}

impl<P: Decider> Story<P> {
    pub fn receiving(mut self, event: Event) -> Outcome<P> {
        let decided = self.receive(event);
        Outcome { story: self, decided: Ok(Decision::Record(decided)) }
    }

    /// A person asks, and no other context needs to be consulted, or none was yet.
    pub fn asked(self, endpoint: &str, fields: &Value) -> Outcome<P> {
        self.ask(endpoint, fields, None)
    }

    /// A person asks, and the other context has said this.
    pub fn asked_after(self, query_outcome: &QueryOutcome, endpoint: &str, fields: &Value) -> Outcome<P> {
        self.ask(endpoint, fields, Some(query_outcome))
    }

    pub fn query(&self, endpoint: &str, fields: &Value) -> Result<Value, Refusal> {
        let fields = fields.as_object().unwrap();
        self.policy.query(&self.rows, Request { endpoint, fields })
    }

    pub fn row<A: Aggregate>(&self, id: u64) -> Option<A> {
        load(&self.rows, id)
    }

    pub fn rows(&self) -> MemoryRepository {
        self.rows.clone()
    }

    fn ask(mut self, endpoint: &str, fields: &Value, query_outcome: Option<&QueryOutcome>) -> Outcome<P> {
        let fields = fields.as_object().unwrap();
        let decided = self.policy.decide(&self.rows, Request { endpoint, fields }, query_outcome);
        if let Ok(Decision::Record(events)) = &decided {
            events.iter().cloned().for_each(|event| self.record(event));
        }
        self.check_rebuild();
        Outcome { story: self, decided }
    }

    fn number(&mut self, source: Context) -> u64 {
        let number = self.numbers.entry(source).or_default();
        *number += 1;
        *number
    }

    fn recorded(&mut self, event: Event) -> RecordedEvent {
        let source = event.kind().context();
        let number = self.number(source);
        RecordedEvent { source, number, at: UnixMs(1000 * number), cause: None, actor: None, event }
    }

    fn record(&mut self, event: Event) {
        let own = self.recorded(event);
        self.policy.apply(&mut self.rows, &own);
        self.own.push(own);
    }

    fn receive(&mut self, event: Event) -> Vec<Event> {
        let recorded = self.recorded(event);
        let decided = self.policy.react(&mut self.rows, &recorded);
        decided.iter().cloned().for_each(|event| self.record(event));
        let after = self.rows.clone();
        assert_eq!(self.policy.react(&mut self.rows, &recorded), [], "received again: {recorded:?}");
        assert_eq!(self.rows.dump(), after.dump(), "received again: {recorded:?}");
        self.received.push(recorded);
        self.check_rebuild();
        decided
    }

    fn check_rebuild(&self) {
        let mut rows = MemoryRepository::default();
        for own in &self.own {
            self.policy.apply(&mut rows, own);
        }
        for recorded in &self.received {
            assert_eq!(self.policy.react(&mut rows, recorded), [], "rebuilt, receiving {recorded:?}");
        }
        assert_eq!(rows.dump(), self.rows.dump(), "rebuilt rows (left) differ");
    }
}

impl<P: Decider> Outcome<P> {
    /// Exactly these events were decided, in this order.
    pub fn then(self, expected: impl IntoIterator<Item = Event>) -> Story<P> {
        assert_eq!(self.decided, Ok(Decision::Record(expected.into_iter().collect())));
        self.story
    }

    /// Whatever was decided: the story goes on.
    pub fn story(self) -> Story<P> {
        self.story
    }

    pub fn then_nothing(self) -> Story<P> {
        self.then([])
    }

    /// It was done before, as this event of the own journal.
    pub fn then_already(self, number: u64) -> Story<P> {
        match &self.decided {
            Ok(Decision::Duplicate(event) | Decision::DuplicateFor { event, .. }) => assert_eq!(*event, number),
            other => panic!("expected event {number} again, got {other:?}"),
        }
        self.story
    }

    pub fn then_asks(self) -> RemoteQuery {
        match self.decided {
            Ok(Decision::Query(query)) => query,
            other => panic!("expected a query, got {other:?}"),
        }
    }

    /// It was refused with this code, and the message says `words`.
    pub fn then_refused(self, code: Code, words: &str) -> Story<P> {
        match &self.decided {
            Err(refusal) => {
                assert_eq!(refusal.code, code, "{refusal:?}");
                assert!(refusal.message.contains(words), "{:?} does not say {words:?}", refusal.message);
            }
            other => panic!("expected a refusal, got {other:?}"),
        }
        self.story
    }
}
