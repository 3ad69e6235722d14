//! Whether the journal is what was recorded: its chain of hashes, from the first record on.
//!
//! A worker compares the end of its journal with its stream. A record changed
//! further back, in the file itself, would go unnoticed until the stream is
//! lost and published anew: so the whole chain is followed once at every start,
//! beside the engine.

use crate::journal;
use crate::redb_store::{OpenError, RedbStore};
use crate::store::{Direction, Reader, Store, StoreError, Table, last};
use rental_bus::record::GENESIS;
use rental_model::Context;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The number of the first record that does not follow from those before it; none if all do,
/// or if `goes_on` says no before the end.
pub fn first_break(reader: &dyn Reader, goes_on: &dyn Fn() -> bool) -> Result<Option<u64>, StoreError> {
    let (mut before, mut expected, mut broken) = (GENESIS, 1_u64, None);
    reader.snapshot()?.walk(Table::Journal, &[], &[0xff; 9], Direction::Up, &mut |key, row| {
        if !goes_on() {
            return ControlFlow::Break(());
        }
        let number = key.try_into().map(u64::from_be_bytes).unwrap_or_default();
        let record = journal::decode(number, row).filter(|record| number == expected && record.continues(before));
        let Some(record) = record else {
            broken = Some(expected);
            return ControlFlow::Break(());
        };
        (before, expected) = (record.hash, expected + 1);
        ControlFlow::Continue(())
    })?;
    Ok(broken)
}

/// Why a data file cannot be vouched for.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("there is no {}", .0.display())]
    NotThere(PathBuf),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("{} cannot be read through", path.display())]
    Read { path: PathBuf, source: StoreError },
    #[error("{}: record {number} is not what was recorded", path.display())]
    StoreFailure { path: PathBuf, number: u64 },
}

/// How many events the journal in a file nobody has open holds; every one is what was recorded.
pub fn verify(path: &Path, context: Context) -> Result<u64, VerifyError> {
    if !path.exists() {
        return Err(VerifyError::NotThere(path.to_owned()));
    }
    let read = |source| VerifyError::Read { path: path.to_owned(), source };
    let store = RedbStore::open(path, context)?;
    let reader = store.reader();
    if let Some(number) = first_break(&*reader, &|| true).map_err(read)? {
        return Err(VerifyError::StoreFailure { path: path.to_owned(), number });
    }
    let snapshot = reader.snapshot().map_err(read)?;
    Ok(last(&*snapshot, Table::Journal).map_err(read)?.map_or(0, |(number, _)| number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Write;
    use crate::store::memory::MemoryStore;
    use rental_bus::Record;
    use rental_bus::record::Origin;
    use rental_model::{Event, OrderId, UnixMs, Won};

    /// A journal of five events, of which `change` may change the rows.
    fn broken_in(change: impl FnOnce(&mut Vec<Write>)) -> Option<u64> {
        let mut before = GENESIS;
        let row = |number| {
            let event = Event::FeeReceived {
                order: OrderId::new(number).unwrap(),
                amount: Won::new(10).unwrap(),
                by_hand: None,
            };
            let record = Record::new(number, &event, UnixMs(number), Origin::default(), before);
            before = record.hash;
            let (key, value) = (number.to_be_bytes().to_vec(), Some(journal::encode(&record)));
            Write { table: Table::Journal, key, value }
        };
        let mut writes: Vec<_> = (1..=5).map(row).collect();
        change(&mut writes);
        let mut store = MemoryStore::default();
        store.commit(&writes).unwrap();
        first_break(&*store.reader(), &|| true).unwrap()
    }

    #[test]
    fn a_journal_as_it_was_recorded_is_whole() {
        assert_eq!(broken_in(|_| {}), None);
        assert_eq!(broken_in(Vec::clear), None);
    }

    #[test]
    fn a_changed_a_missing_and_an_exchanged_record_are_found() {
        let change = |row: &mut Write, from: &str, to: &str| {
            let place = |row: &[u8]| row.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
            row.value = row.value.take().map(|mut row| {
                let place = place(&row);
                row.splice(place..place + from.len(), to.bytes());
                row
            });
        };
        assert_eq!(broken_in(|rows| change(&mut rows[1], "\"amount\":10", "\"amount\":11")), Some(2));
        assert_eq!(broken_in(|rows| change(&mut rows[3], "\"at\":4", "\"at\":5")), Some(4));
        assert_eq!(broken_in(|rows| drop(rows.remove(0))), Some(1));
        assert_eq!(broken_in(|rows| drop(rows.remove(2))), Some(3));
        let swap = |rows: &mut Vec<Write>| {
            let value = rows[2].value.take();
            rows[2].value = std::mem::replace(&mut rows[3].value, value);
        };
        assert_eq!(broken_in(swap), Some(3));
    }

    #[test]
    fn a_file_is_vouched_for_only_if_its_chain_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("billing.redb");
        assert!(matches!(verify(&path, Context::Billing), Err(VerifyError::NotThere(_))));
        let mut store = RedbStore::open(&path, Context::Billing).unwrap();
        let event =
            Event::FeeReceived { order: OrderId::new(1).unwrap(), amount: Won::new(10).unwrap(), by_hand: None };
        let record = Record::new(1, &event, UnixMs(1), Origin::default(), GENESIS);
        let put = |number: u64, row: Vec<u8>| {
            let key = number.to_be_bytes().to_vec();
            Write { table: Table::Journal, key, value: Some(row) }
        };
        store.commit(&[put(1, journal::encode(&record))]).unwrap();
        drop(store);
        assert_eq!(verify(&path, Context::Billing).unwrap(), 1);
        let mut store = RedbStore::open(&path, Context::Billing).unwrap();
        store.commit(&[put(2, journal::encode(&record))]).unwrap();
        drop(store);
        assert!(matches!(verify(&path, Context::Billing), Err(VerifyError::StoreFailure { number: 2, .. })));
    }
}
