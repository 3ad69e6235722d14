//! The journal of commands: what it costs, and what it keeps.

use crate::test_worker::{message, requested};
use rental_bus::Record;
use rental_bus::commands::{Entry, Outcome};
use rental_bus::record::{GENESIS, Origin};
use rental_model::inventory::InventoryPolicy;
use rental_model::{Code, Context, UnixMs};
use rental_runtime::store::memory::MemoryStore;
use rental_runtime::store::{Direction, Reader, Store, StoreError, Table, Write};
use rental_runtime::{Effect, Engine, Input, Policy, journal};
use serde_json::json;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A store that counts how often it had to make something durable.
#[derive(Debug, Clone, Default)]
struct Counting {
    store: MemoryStore,
    fsyncs: Arc<AtomicU32>,
}

impl Store for Counting {
    fn reader(&self) -> Arc<dyn Reader> {
        self.store.reader()
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        self.fsyncs.fetch_add(1, Ordering::Relaxed);
        self.store.commit(writes)
    }

    fn commit_later(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        self.store.commit(writes)
    }
}

impl Counting {
    fn fsyncs(&self) -> u32 {
        self.fsyncs.swap(0, Ordering::Relaxed)
    }

    fn rows<T>(&self, table: Table, read: impl Fn(u64, &[u8]) -> T) -> Vec<T> {
        let mut rows = Vec::new();
        let mut keep = |key: &[u8], row: &[u8]| {
            rows.push(read(u64::from_be_bytes(key.try_into().unwrap()), row));
            ControlFlow::Continue(())
        };
        self.store.reader().snapshot().unwrap().walk(table, &[], &[0xff; 9], Direction::Up, &mut keep).unwrap();
        rows
    }

    /// Everything entered, oldest first.
    fn entries(&self) -> Vec<Entry> {
        self.rows(Table::Commands, |_, row| serde_json::from_slice(row).unwrap())
    }

    fn records(&self) -> Vec<Record> {
        self.rows(Table::Journal, |number, row| journal::decode(number, row).unwrap())
    }
}

/// Inventory, serving.
fn serving(store: &Counting) -> Engine {
    let policy = Policy::deciding(InventoryPolicy::default());
    let mut engine = Engine::open(policy, Box::new(store.clone())).unwrap();
    engine.start();
    step(&mut engine, vec![Input::Tip { epoch: 1, last: 0, hash: None }]);
    store.fsyncs();
    engine
}

fn step(engine: &mut Engine, inputs: Vec<Input>) -> Vec<Effect> {
    engine.step(UnixMs(1_587_605_794_000), inputs).unwrap()
}

fn ask(endpoint: &str, payload: &str) -> Input {
    Input::Command { token: 1, endpoint: endpoint.to_owned(), payload: payload.to_owned().into(), trace: None }
}

const REGISTER: &str = r#"{"productName":"LENS","qty":5,"actor":"kim"}"#;

#[test]
fn a_refusal_costs_no_fsync_and_is_made_durable_by_what_follows() {
    let store = Counting::default();
    let mut engine = serving(&store);
    for _ in 0..300 {
        step(&mut engine, vec![ask("adjust", r#"{"productId":99,"delta":1,"reason":"found"}"#)]);
    }
    assert_eq!((store.fsyncs(), store.entries().len()), (0, 300));
    step(&mut engine, vec![ask("register", REGISTER)]);
    assert_eq!(store.fsyncs(), 1);
    step(&mut engine, vec![Input::Tick]);
    assert_eq!(store.fsyncs(), 0, "nothing waits");
    step(&mut engine, vec![ask("adjust", "{")]);
    step(&mut engine, vec![Input::Tick]);
    assert_eq!(store.fsyncs(), 1, "what waits is not left to wait for ever");
}

#[test]
fn only_the_newest_hundred_thousand_entries_are_kept() {
    let mut store = Counting::default();
    let row = |number: u64| Write {
        table: Table::Commands,
        key: number.to_be_bytes().to_vec(),
        value: Some(
            json!({ "number": number, "at": 1, "endpoint": "adjust", "outcome": { "result": "nothing" } })
                .to_string()
                .into(),
        ),
    };
    store.commit(&[row(1), row(2), row(100_000)]).unwrap();
    let mut engine = serving(&store);
    step(&mut engine, vec![ask("register", REGISTER)]);
    let numbers: Vec<_> = store.entries().iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [2, 100_000, 100_001]);
    assert_eq!(engine.progress().commands, 100_001);
}

#[test]
fn whatever_is_refused_unread_is_entered_as_far_as_it_is_known_and_no_further() {
    let store = Counting::default();
    let mut engine = serving(&store);
    let long = format!(r#"{{"actor":"lee","requestId":"R","x":"{}"}}"#, "가".repeat(5_000));
    let junk = "j".repeat(1_000_000);
    step(
        &mut engine,
        vec![ask("adjust", &long), ask("adjust", &junk), ask("adjust", r#"{"actor":7,"requestId":"R2"}"#)],
    );
    let entries = store.entries();
    assert_eq!((entries[0].actor.as_deref(), entries[0].request_id.as_deref()), (Some("lee"), Some("R")));
    assert_eq!((entries[2].actor.as_deref(), entries[2].request_id.as_deref()), (None, Some("R2")));
    for entry in &entries {
        assert!(matches!(&entry.outcome, Outcome::Refused { code: Code::Malformed, .. }), "{entry:?}");
        assert!(serde_json::to_string(entry).unwrap().len() < 2_500, "{}", entry.number);
    }
}

#[test]
fn what_was_accepted_comes_back_from_the_stream_and_what_was_received_does_not_come_as_a_command() {
    let store = Counting::default();
    let mut engine = serving(&store);
    step(&mut engine, vec![ask("register", REGISTER), ask("register", r#"{"productName":"CASE","qty":1}"#)]);
    let request = Record::new(1, &requested(1), UnixMs(1), Origin::default(), GENESIS);
    let received = Input::Received { source: Context::Order, reading: 1, message: message(&request) };
    step(&mut engine, vec![received]);
    let records = store.records();
    assert_eq!(records.len(), 6, "three products to begin with, two registered, one reservation");
    let before: Vec<_> = store.entries().into_iter().map(|entry| (entry.actor, entry.outcome)).collect();

    let lost = Counting::default();
    let mut engine = Engine::open(Policy::deciding(InventoryPolicy::default()), Box::new(lost.clone())).unwrap();
    engine.start();
    let hash = records.last().map(|record| record.hash);
    step(&mut engine, vec![Input::Tip { epoch: 1, last: 6, hash }]);
    let own = records.iter().map(|record| Input::Own { epoch: 1, message: message(record) });
    step(&mut engine, own.collect());
    let after: Vec<_> = lost.entries().into_iter().map(|entry| (entry.actor, entry.outcome)).collect();
    assert_eq!((after.len(), &after), (2, &before));
    assert!(lost.entries().iter().all(|entry| entry.is_restored && entry.endpoint == "register"));
}
