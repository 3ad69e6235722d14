//! What lies in a store.

use crate::changes::{Change, changed, changed_bytes, changes, fuzz};
use crate::examples;
use crate::test_worker::{self, Pause, TestWorker};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use rental_model::{Context, Event};
use rental_runtime::store::memory::MemoryStore;
use rental_runtime::store::{Store, Table};
use rental_runtime::{Fatal, Policy, journal};
use serde_json::Value;

/// A row changed as JSON, if it is that, else as bytes. A record's JSON is behind its length.
fn changed_row(row: &[u8], changes: &[Change]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(row) {
        Ok(value) => changed(&value, changes),
        Err(_) => changed_bytes(row.to_vec(), changes),
    }
}

#[test]
fn a_changed_record_is_damaged_or_can_be_read() {
    let writes = Pause::all().into_iter().flat_map(|pause| pause.writes);
    let rows: Vec<_> = writes.filter(|write| write.table == Table::Journal).filter_map(|write| write.value).collect();
    fuzz(&(proptest::sample::select(rows), changes()), |(row, changes)| {
        let _: Option<_> = journal::decode(1, &changed_bytes(row, &changes));
        Ok(())
    });
}

/// A store with one row changed opens or says that it is damaged; a worker on
/// it serves or ends with a reason. It never panics.
#[test]
fn a_worker_on_a_damaged_store_serves_or_ends_with_a_reason() {
    let inputs = (proptest::sample::select(Pause::all()), any::<usize>(), changes(), any::<bool>());
    fuzz(&inputs, |(Pause { policy, mut writes, .. }, which, changes, is_key)| {
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

/// Opens the store, asks everything, and learns of everything.
fn work(policy: Policy, store: MemoryStore) -> Result<(), Fatal> {
    let mut worker = TestWorker::on(policy, store)?;
    for endpoint in worker.endpoints() {
        worker.ask(endpoint.name, endpoint.example.into(), &test_worker::enough())?;
    }
    for event in examples::events() {
        let source = event.kind().context();
        let mut message = worker.next_message(source, &event);
        message.number =
            worker.engine.progress().positions.get(&source).map_or(1, |received| received.saturating_add(1));
        message.headers.retain(|(name, _)| name != rental_bus::subjects::HASH);
        worker.receive(source, message)?;
    }
    let again = Event::DeliveryStarted { order: test_worker::order(2) };
    let message = worker.next_message(Context::Logistics, &again);
    worker.receive(Context::Logistics, message)?;
    Ok(())
}
