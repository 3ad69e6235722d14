//! What lies in a store.

use crate::changes::{Change, changed, changed_bytes, changes, fuzz};
use crate::desk::{self, Desk};
use crate::examples;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use rental_model::{Context, Event};
use rental_runtime::store::memory::MemoryStore;
use rental_runtime::store::{Direction, Store, Table, Write};
use rental_runtime::{Fatal, Policy, journal};
use serde_json::Value;
use std::ops::ControlFlow;

/// Everything in a store.
fn dump(store: &MemoryStore) -> Vec<Write> {
    let snapshot = store.reader().snapshot().unwrap();
    let mut found = Vec::new();
    for table in Table::ALL {
        let mut each = |key: &[u8], value: &[u8]| {
            found.push(Write { table, key: key.to_vec(), value: Some(value.to_vec()) });
            ControlFlow::Continue(())
        };
        snapshot.walk(table, &[], &[0xff; 40], Direction::Up, &mut each).unwrap();
    }
    found
}

/// A row changed as JSON, if it is that, else as bytes. A record's JSON is behind its length.
fn changed_row(row: &[u8], changes: &[Change]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(row) {
        Ok(value) => changed(&value, changes),
        Err(_) => changed_bytes(row.to_vec(), changes),
    }
}

#[test]
fn a_changed_record_is_damaged_or_can_be_read() {
    let rows: Vec<_> = Context::DECIDERS
        .into_iter()
        .map(|context| {
            let policy = examples::policies().into_iter().find(|policy| policy.context() == context).unwrap();
            let store = MemoryStore::default();
            drop(Desk::at_work(policy, store.clone()));
            dump(&store)
        })
        .flat_map(|writes| writes.into_iter().filter(|write| write.table == Table::Journal))
        .map(|write| write.value.unwrap())
        .collect();
    fuzz(&(proptest::sample::select(rows), changes()), |(row, changes)| {
        let _: Option<_> = journal::decode(1, &changed_bytes(row, &changes));
        Ok(())
    });
}

/// A store with one row changed opens or says that it is damaged; a worker on
/// it serves or ends with a reason. It never panics.
#[test]
fn a_worker_on_a_damaged_store_serves_or_ends_with_a_reason() {
    let stores: Vec<(Policy, Vec<Write>)> = examples::policies()
        .into_iter()
        .map(|policy| {
            let store = MemoryStore::default();
            drop(Desk::at_work(policy.clone(), store.clone()));
            let writes = dump(&store);
            assert!(writes.len() > 3, "{policy:?}");
            (policy, writes)
        })
        .collect();
    let inputs = (proptest::sample::select(stores), any::<usize>(), changes(), any::<bool>());
    fuzz(&inputs, |((policy, mut writes), which, changes, is_key)| {
        let which = which % writes.len();
        let row = &mut writes[which];
        if is_key {
            row.key = changed_bytes(std::mem::take(&mut row.key), &changes);
        } else {
            row.value = row.value.take().map(|value| changed_row(&value, &changes));
        }
        let mut store = MemoryStore::default();
        store.commit(&writes).unwrap();
        match work(policy, store) {
            Ok(()) | Err(Fatal::Store(_)) => Ok(()),
            Err(other) => Err(TestCaseError::fail(other.to_string())),
        }
    });
}

/// Opens the store, asks everything, and hears of everything.
fn work(policy: Policy, store: MemoryStore) -> Result<(), Fatal> {
    let mut desk = Desk::on(policy, store)?;
    for endpoint in desk.endpoints() {
        desk.ask(endpoint.name, endpoint.example.into(), &desk::enough())?;
    }
    for event in examples::events() {
        let source = event.kind().context();
        let mut message = desk.next_message(source, &event);
        message.number = desk.engine.progress().heard.get(&source).map_or(1, |heard| heard.saturating_add(1));
        message.headers.retain(|(name, _)| name != rental_bus::subjects::HASH);
        desk.hear(source, message)?;
    }
    let again = Event::DeliveryStarted { order: desk::order(2) };
    let message = desk.next_message(Context::Logistics, &again);
    desk.hear(Context::Logistics, message)?;
    Ok(())
}
