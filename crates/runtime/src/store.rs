//! What the engine keeps things in: a few tables, written in one atomic,
//! durable commit at a time, read through snapshots.

use std::ops::ControlFlow;
use std::sync::Arc;

/// The tables of one context's store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// The aggregates: kind and id → row.
    Rows,
    /// The own events: number → record.
    Journal,
    /// The requests carried out: request id → the event that answers it, or the answer.
    Answers,
    /// How far each source was received: source → number and hash.
    Positions,
    /// What could not be handled: id → raw message and reason.
    Parked,
    /// What else the engine must remember.
    Meta,
    /// What was asked for, and what became of it: number → entry.
    Commands,
}

impl Table {
    pub const ALL: [Self; 7] =
        [Self::Rows, Self::Journal, Self::Answers, Self::Positions, Self::Parked, Self::Meta, Self::Commands];
}

/// One change of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    pub table: Table,
    pub key: Vec<u8>,
    /// The new value; none removes the key.
    pub value: Option<Vec<u8>>,
}

/// The store failed; nothing of the commit may be relied on.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {source}")]
pub struct StoreError {
    pub what: &'static str,
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    pub fn new(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { what, source: source.into() }
    }
}

/// Which way to walk through keys.
pub use rental_model::repository::Direction;

/// Sees one key and value; answers whether to go on.
pub type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>;

/// The store as some commit left it.
pub trait Snapshot: Send + Sync {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Visits keys from `low` to `high` (both inclusive), or back.
    fn walk(
        &self,
        table: Table,
        low: &[u8],
        high: &[u8],
        direction: Direction,
        each: Visit<'_>,
    ) -> Result<(), StoreError>;
}

/// Hands out snapshots, from any thread.
pub trait Reader: Send + Sync {
    /// The store after the last commit.
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, StoreError>;
}

/// One context's store.
pub trait Store: Send {
    fn reader(&self) -> Arc<dyn Reader>;

    /// Makes all of `writes` durable, or none of them.
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError>;

    /// Takes all of `writes`, or none of them. They may be lost in a crash
    /// until the next [`Store::commit`], but only from the last one back.
    fn commit_later(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        self.commit(writes)
    }
}

/// The last key of a table whose keys are numbers, and its value.
pub(crate) fn last(snapshot: &dyn Snapshot, table: Table) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
    let mut found = None;
    snapshot.walk(table, &[], &[0xff; 9], Direction::Down, &mut |key, value| {
        found = key.try_into().ok().map(|key| (u64::from_be_bytes(key), value.to_vec()));
        ControlFlow::Break(())
    })?;
    Ok(found)
}

pub mod memory {
    //! A store in memory, for tests: a commit is durable as long as the value lives.

    use super::{Arc, ControlFlow, Direction, Reader, Snapshot, Store, StoreError, Table, Visit, Write};
    use std::collections::BTreeMap;
    use std::sync::{Mutex, PoisonError};

    type Tables = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

    /// Tables in memory. Clones share them.
    #[derive(Debug, Clone, Default)]
    pub struct MemoryStore {
        tables: Arc<Mutex<Arc<Tables>>>,
    }

    struct MemorySnapshot(Arc<Tables>);

    impl Reader for MemoryStore {
        fn snapshot(&self) -> Result<Arc<dyn Snapshot>, StoreError> {
            let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(Arc::new(MemorySnapshot(tables.clone())))
        }
    }

    impl Store for MemoryStore {
        fn reader(&self) -> Arc<dyn Reader> {
            Arc::new(self.clone())
        }

        fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
            let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
            let tables = Arc::make_mut(&mut tables);
            for write in writes {
                let key = (write.table, write.key.clone());
                match &write.value {
                    Some(value) => tables.insert(key, value.clone()),
                    None => tables.remove(&key),
                };
            }
            Ok(())
        }
    }

    impl Snapshot for MemorySnapshot {
        fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            Ok(self.0.get(&(table, key.to_vec())).cloned())
        }

        fn walk(
            &self,
            table: Table,
            low: &[u8],
            high: &[u8],
            direction: Direction,
            each: Visit<'_>,
        ) -> Result<(), StoreError> {
            let range = self.0.range((table, low.to_vec())..=(table, high.to_vec()));
            let visit = |((_, key), value): (&(Table, Vec<u8>), &Vec<u8>)| each(key, value);
            let _: ControlFlow<()> = match direction {
                Direction::Up => { range }.try_for_each(visit),
                Direction::Down => range.rev().try_for_each(visit),
            };
            Ok(())
        }
    }
}
