//! The unit of work: what one batch reads and changes before it is committed.
//!
//! Changes lie in two layers over the snapshot: those of the input at hand,
//! and those of the inputs before it. An input that goes wrong loses its own
//! layer and nothing else.

use crate::store::{Direction, Snapshot, StoreError, Table, Write};
use rental_model::{Context, Repository, RepositoryMut};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

type Layer = BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>>;

/// Why the work cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreFailure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the store is damaged: {0}")]
    Damaged(String),
}

/// One batch's work.
pub(crate) struct UnitOfWork {
    snapshot: Arc<dyn Snapshot>,
    batch: Layer,
    input: Layer,
    /// The first thing that went wrong while reading; found out at the end.
    broken: RefCell<Option<StoreFailure>>,
}

impl UnitOfWork {
    pub(crate) fn new(snapshot: Arc<dyn Snapshot>) -> Self {
        Self { snapshot, batch: Layer::new(), input: Layer::new(), broken: RefCell::new(None) }
    }

    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Option<Vec<u8>> {
        let place = (table, key.to_vec());
        if let Some(value) = self.input.get(&place).or_else(|| self.batch.get(&place)) {
            return value.clone();
        }
        self.snapshot.get(table, key).unwrap_or_else(|error| {
            self.note(error.into());
            None
        })
    }

    pub(crate) fn put(&mut self, table: Table, key: &[u8], value: Vec<u8>) {
        self.input.insert((table, key.to_vec()), Some(value));
    }

    pub(crate) fn remove(&mut self, table: Table, key: &[u8]) {
        self.input.insert((table, key.to_vec()), None);
    }

    /// The input is done: its changes belong to the batch.
    pub(crate) fn keep(&mut self) {
        self.batch.append(&mut self.input);
    }

    /// The input went wrong: its changes are gone.
    pub(crate) fn discard(&mut self) {
        self.input.clear();
    }

    /// What to commit, unless something read on the way was broken.
    pub(crate) fn finish(mut self) -> Result<Vec<Write>, StoreFailure> {
        self.keep();
        match self.broken.into_inner() {
            Some(broken) => Err(broken),
            None => Ok(self.batch.into_iter().map(|((table, key), value)| Write { table, key, value }).collect()),
        }
    }

    fn note(&self, broken: StoreFailure) {
        self.broken.borrow_mut().get_or_insert(broken);
    }
}

pub(crate) fn row_key(kind: u8, id: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(9);
    key.push(kind);
    key.extend(id.to_be_bytes());
    key
}

impl Repository for UnitOfWork {
    fn read(&self, kind: u8, id: u64) -> Option<Vec<u8>> {
        self.get(Table::Rows, &row_key(kind, id))
    }

    /// Walks the committed rows only: no rule may depend on a walk (queries and messages do).
    fn walk(&self, kind: u8, from: u64, direction: Direction, each: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>) {
        if let Err(error) = walk_rows(&*self.snapshot, kind, from, direction, each) {
            self.note(error.into());
        }
    }

    fn position(&self, source: Context) -> u64 {
        received(self.get(Table::Positions, source.name().as_bytes()).as_deref())
    }

    fn damaged(&self, what: String) {
        self.note(StoreFailure::Damaged(what));
    }
}

impl RepositoryMut for UnitOfWork {
    fn write(&mut self, kind: u8, id: u64, row: Vec<u8>) {
        self.put(Table::Rows, &row_key(kind, id), row);
    }

    fn remove(&mut self, kind: u8, id: u64) {
        self.remove(Table::Rows, &row_key(kind, id));
    }
}

/// A snapshot's rows, for queries.
pub struct ReadOnly {
    snapshot: Arc<dyn Snapshot>,
    broken: RefCell<Option<StoreFailure>>,
}

impl std::fmt::Debug for ReadOnly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadOnly").field("broken", &self.broken).finish_non_exhaustive()
    }
}

impl ReadOnly {
    pub fn new(snapshot: Arc<dyn Snapshot>) -> Self {
        Self { snapshot, broken: RefCell::new(None) }
    }

    /// What went wrong while reading, if anything did.
    pub fn broken(self) -> Option<StoreFailure> {
        self.broken.into_inner()
    }

    fn note(&self, broken: StoreFailure) {
        self.broken.borrow_mut().get_or_insert(broken);
    }

    fn get(&self, table: Table, key: &[u8]) -> Option<Vec<u8>> {
        self.snapshot.get(table, key).unwrap_or_else(|error| {
            self.note(error.into());
            None
        })
    }
}

impl Repository for ReadOnly {
    fn read(&self, kind: u8, id: u64) -> Option<Vec<u8>> {
        self.get(Table::Rows, &row_key(kind, id))
    }

    fn walk(&self, kind: u8, from: u64, direction: Direction, each: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>) {
        if let Err(error) = walk_rows(&*self.snapshot, kind, from, direction, each) {
            self.note(error.into());
        }
    }

    fn position(&self, source: Context) -> u64 {
        received(self.get(Table::Positions, source.name().as_bytes()).as_deref())
    }

    fn damaged(&self, what: String) {
        self.note(StoreFailure::Damaged(what));
    }
}

fn walk_rows(
    snapshot: &dyn Snapshot,
    kind: u8,
    from: u64,
    direction: Direction,
    each: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let (low, high) = match direction {
        Direction::Up => (row_key(kind, from), row_key(kind, u64::MAX)),
        Direction::Down => (row_key(kind, 0), row_key(kind, from)),
    };
    snapshot.walk(Table::Rows, &low, &high, direction, &mut |key, row| match key
        .get(1..)
        .and_then(|id| id.try_into().ok())
    {
        Some(id) => each(u64::from_be_bytes(id), row),
        None => ControlFlow::Continue(()),
    })
}

/// The number in a row of [`Table::Positions`]: 8 bytes, before the hash's 32.
fn received(row: Option<&[u8]>) -> u64 {
    row.and_then(|row| row.first_chunk::<8>()).map_or(0, |number| u64::from_be_bytes(*number))
}
