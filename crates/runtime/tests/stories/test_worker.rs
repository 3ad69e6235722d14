//! One engine on a store in memory; the test is its broker.

use rental_bus::record::{GENESIS, Hash, Origin};
use rental_bus::streams::PublishOutcome;
use rental_bus::{Message, Record};
use rental_model::{Context, Event, OrderId, ProductId, Qty, Refusal, UnixMs, Won};
use rental_runtime::store::memory::MemoryStore;
use rental_runtime::store::{Direction, Reader, Store, Table, Write};
use rental_runtime::{Effect, Engine, Fatal, Input, Policy, Progress, queries};
use std::ops::ControlFlow;
use std::sync::Arc;

/// A worker at its worker.
#[derive(Debug)]
pub(crate) struct TestWorker {
    engine: Engine,
    policy: Policy,
    store: MemoryStore,
    pub(crate) now: UnixMs,
}

impl TestWorker {
    /// A worker with an empty store, and what it does first.
    pub(crate) fn open(policy: Policy) -> (Self, Vec<Effect>) {
        Self::on(policy, MemoryStore::default())
    }

    fn on(policy: Policy, store: MemoryStore) -> (Self, Vec<Effect>) {
        let mut engine = Engine::open(policy.clone(), Box::new(store.clone())).expect("a store in memory opens");
        let first = engine.start();
        (Self { engine, policy, store, now: UnixMs(1_587_605_794_000) }, first)
    }

    /// A worker whose stream is empty, and which serves.
    pub(crate) fn serving(policy: Policy) -> Self {
        let (mut worker, _) = Self::open(policy);
        worker.step([Input::Tip { epoch: 1, last: 0, hash: None }]);
        worker
    }

    /// The process ends, and another begins on the same store.
    pub(crate) fn restart(self) -> (Self, Vec<Effect>) {
        Self::on(self.policy, self.store)
    }

    /// The process ends, and one of another version begins on the same store.
    pub(crate) fn upgrade(self, policy: Policy) -> (Self, Vec<Effect>) {
        Self::on(policy, self.store)
    }

    pub(crate) fn step(&mut self, inputs: impl IntoIterator<Item = Input>) -> Vec<Effect> {
        self.try_step(inputs).expect("nothing fatal happens")
    }

    pub(crate) fn try_step(&mut self, inputs: impl IntoIterator<Item = Input>) -> Result<Vec<Effect>, Fatal> {
        self.engine.step(self.now, inputs.into_iter().collect())
    }

    /// Receives these messages, in the first reading.
    pub(crate) fn receive(&mut self, source: Context, messages: &[Message]) -> Vec<Effect> {
        self.step(messages.iter().cloned().map(|message| Input::Received { source, reading: 1, message }))
    }

    pub(crate) fn position_of(&self, source: Context) -> u64 {
        self.engine.progress().positions[&source]
    }

    /// What it answers to a query.
    pub(crate) fn answer(&self, endpoint: &str, query: &str) -> Result<String, Refusal> {
        let (reader, progress) = (self.engine.reader(), self.engine.progress());
        let answer = queries::answer(&self.policy, &*reader, &progress, endpoint, query.as_bytes())?;
        Ok(String::from_utf8(answer).expect("an answer is JSON"))
    }

    /// Forgets under which version of a subscription its sources were received, as a program without versions.
    pub(crate) fn forget_versions(&mut self) {
        let snapshot = self.store.snapshot().expect("a store in memory can be read");
        let mut writes = Vec::new();
        let cut = &mut |key: &[u8], row: &[u8]| {
            writes.push(Write { table: Table::Positions, key: key.to_vec(), value: Some(row[..48].to_vec()) });
            ControlFlow::Continue(())
        };
        snapshot.walk(Table::Positions, &[], &[0xff; 9], Direction::Up, cut).expect("a store in memory can be read");
        self.store.commit(&writes).expect("a store in memory can be written");
    }

    /// Loses its rows of these kinds, as if it had never kept any.
    pub(crate) fn lose_rows(&mut self, kinds: &[u8]) {
        let snapshot = self.store.snapshot().expect("a store in memory can be read");
        let mut writes = Vec::new();
        let lose = &mut |key: &[u8], _: &[u8]| {
            if kinds.contains(&key[0]) {
                writes.push(Write { table: Table::Rows, key: key.to_vec(), value: None });
            }
            ControlFlow::Continue(())
        };
        snapshot.walk(Table::Rows, &[], &[0xff; 9], Direction::Up, lose).expect("a store in memory can be read");
        self.store.commit(&writes).expect("a store in memory can be written");
    }

    pub(crate) fn progress(&self) -> Progress {
        self.engine.progress()
    }

    pub(crate) fn reader(&self) -> Arc<dyn Reader> {
        self.engine.reader()
    }

    pub(crate) fn alert_messages(&self) -> Vec<String> {
        self.engine.progress().alert_messages()
    }
}

/// A context's stream, written by the test.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stream(Vec<Record>);

impl Stream {
    pub(crate) fn of(events: impl IntoIterator<Item = Event>) -> Self {
        let mut stream = Self::default();
        for (second, event) in (1..).zip(events) {
            let number = stream.0.len() as u64 + 1;
            let at = UnixMs(1_587_605_800_000 + 1000 * second);
            stream.0.push(Record::new(number, &event, at, Origin::default(), stream.hash()));
        }
        stream
    }

    /// The hash of its last event.
    pub(crate) fn hash(&self) -> Hash {
        self.0.last().map_or(GENESIS, |record| record.hash)
    }

    pub(crate) fn last_at(&self) -> UnixMs {
        self.0.last().map_or(UnixMs(0), |record| record.at)
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.0.iter().map(message).collect()
    }

    pub(crate) fn message(&self, number: usize) -> Message {
        message(&self.0[number - 1])
    }
}

/// A record as the stream has it.
pub(crate) fn message(record: &Record) -> Message {
    Message {
        number: record.number,
        subject: record.subject(),
        headers: record.headers().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        payload: record.body.clone(),
    }
}

/// The records among the effects that are to be published.
pub(crate) fn published(effects: Vec<Effect>) -> Vec<Record> {
    let record = |effect| if let Effect::Publish { record, .. } = effect { Some(record) } else { None };
    effects.into_iter().filter_map(record).collect()
}

pub(crate) fn numbers(records: &[Record]) -> Vec<u64> {
    records.iter().map(|record| record.number).collect()
}

pub(crate) fn stored(epoch: u64, number: u64) -> Input {
    Input::Published { epoch, number, outcome: PublishOutcome::Stored }
}

fn order(id: u64) -> OrderId {
    OrderId::new(id).unwrap()
}

fn product() -> ProductId {
    ProductId::new(1).unwrap()
}

pub(crate) fn fee(id: u64) -> Event {
    Event::FeeReceived { order: order(id), amount: Won::new(10).unwrap(), by_hand: None }
}

pub(crate) fn delivered(id: u64) -> Event {
    Event::DeliveryStarted { order: order(id) }
}

pub(crate) fn reserved(id: u64) -> Event {
    Event::StockReserved { order: order(id), product: product(), qty: Qty::new(1).unwrap() }
}

pub(crate) fn requested(id: u64) -> Event {
    Event::RentalRequested {
        order: order(id),
        product: product(),
        qty: Qty::new(1).unwrap(),
        amount: Won::new(10).unwrap(),
    }
}

pub(crate) fn short(id: u64) -> Event {
    Event::StockShort { order: order(id), product: product() }
}
