//! The repository: where a policy keeps its aggregates.
//!
//! A policy sees rows by kind and id and nothing else; the worker runtime
//! decides where they live. Reading can fail underneath: the policy then gets
//! nothing, and the runtime, which knows, throws away whatever was decided.

use crate::context::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ops::ControlFlow;

/// A row that belongs to one kind of aggregate.
pub trait Aggregate: Serialize + DeserializeOwned {
    /// Tells this kind's rows from the others of the same context.
    const KIND: u8;
}

/// Which way to walk through ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
}

impl Direction {
    /// The id a walk in this direction meets first.
    pub const fn start(self) -> u64 {
        match self {
            Self::Up => 0,
            Self::Down => u64::MAX,
        }
    }
}

/// Reads the rows of one context.
pub trait Repository {
    fn read(&self, kind: u8, id: u64) -> Option<Vec<u8>>;

    /// Visits rows by id, beginning at `from` (inclusive), until `each` breaks.
    fn walk(&self, kind: u8, from: u64, direction: Direction, each: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>);

    /// Up to which event of `source` these rows have received.
    fn position(&self, source: Context) -> u64;

    /// A row that cannot be read is damage: nothing decided on top of it may be kept.
    fn damaged(&self, what: String);
}

/// Reads and writes the rows of one context.
pub trait RepositoryMut: Repository {
    fn write(&mut self, kind: u8, id: u64, row: Vec<u8>);

    fn remove(&mut self, kind: u8, id: u64);
}

/// The aggregate with this id, if there is one.
pub fn load<A: Aggregate>(rows: &(impl Repository + ?Sized), id: u64) -> Option<A> {
    decode(rows, id, &rows.read(A::KIND, id)?)
}

/// Keeps the aggregate under this id.
pub fn save<A: Aggregate>(rows: &mut (impl RepositoryMut + ?Sized), id: u64, aggregate: &A) {
    match serde_json::to_vec(aggregate) {
        Ok(row) => rows.write(A::KIND, id, row),
        Err(error) => rows.damaged(format!("row {}/{id} cannot be written: {error}", A::KIND)),
    }
}

/// Removes the aggregate with this id, if there is one.
pub fn remove<A: Aggregate>(rows: &mut (impl RepositoryMut + ?Sized), id: u64) {
    rows.remove(A::KIND, id);
}

/// Visits the aggregates of one kind by id, beginning at `from` (inclusive).
pub fn walk<A: Aggregate>(
    rows: &(impl Repository + ?Sized),
    from: u64,
    direction: Direction,
    mut each: impl FnMut(u64, A) -> ControlFlow<()>,
) {
    rows.walk(A::KIND, from, direction, &mut |id, row| match decode(rows, id, row) {
        Some(aggregate) => each(id, aggregate),
        None => ControlFlow::Break(()),
    });
}

fn decode<A: Aggregate>(rows: &(impl Repository + ?Sized), id: u64, row: &[u8]) -> Option<A> {
    serde_json::from_slice(row)
        .inspect_err(|error| rows.damaged(format!("row {}/{id} cannot be read: {error}", A::KIND)))
        .ok()
}

pub mod memory {
    //! Repository in memory, for rules to be tried on without a store.

    use super::{ControlFlow, Direction, Repository, RepositoryMut};
    use crate::context::Context;
    use std::collections::BTreeMap;

    /// Repository that live as long as this value.
    #[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub struct MemoryRepository {
        rows: BTreeMap<(u8, u64), Vec<u8>>,
    }

    impl MemoryRepository {
        /// Every row, as text, for messages about a difference.
        pub fn dump(&self) -> Vec<String> {
            let line =
                |((kind, id), row): (&(u8, u64), &Vec<u8>)| format!("{kind}/{id} {}", String::from_utf8_lossy(row));
            self.rows.iter().map(line).collect()
        }
    }

    impl Repository for MemoryRepository {
        fn read(&self, kind: u8, id: u64) -> Option<Vec<u8>> {
            self.rows.get(&(kind, id)).cloned()
        }

        fn walk(&self, kind: u8, from: u64, direction: Direction, each: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>) {
            let visit = |((_, id), row): (&(u8, u64), &Vec<u8>)| each(*id, row);
            let _: ControlFlow<()> = match direction {
                Direction::Up => self.rows.range((kind, from)..=(kind, u64::MAX)).try_for_each(visit),
                Direction::Down => self.rows.range((kind, 0)..=(kind, from)).rev().try_for_each(visit),
            };
        }

        fn position(&self, _source: Context) -> u64 {
            0
        }

        fn damaged(&self, what: String) {
            debug_assert!(false, "{what}");
        }
    }

    impl RepositoryMut for MemoryRepository {
        fn write(&mut self, kind: u8, id: u64, row: Vec<u8>) {
            self.rows.insert((kind, id), row);
        }

        fn remove(&mut self, kind: u8, id: u64) {
            self.rows.remove(&(kind, id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::memory::MemoryRepository;
    use super::*;

    #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
    struct Note(String);

    impl Aggregate for Note {
        const KIND: u8 = 9;
    }

    fn notes(ids: &[u64]) -> MemoryRepository {
        let mut rows = MemoryRepository::default();
        rows.write(8, 3, b"of another kind".to_vec());
        for id in ids {
            save(&mut rows, *id, &Note(id.to_string()));
        }
        rows
    }

    fn walked(from: u64, direction: Direction, most: usize) -> Vec<u64> {
        let mut ids = Vec::new();
        walk::<Note>(&notes(&[1, 2, 5, u64::MAX]), from, direction, |id, note| {
            assert_eq!(note, Note(id.to_string()));
            ids.push(id);
            if ids.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        ids
    }

    #[test]
    fn a_saved_aggregate_is_loaded_by_its_id() {
        let rows = notes(&[1]);
        assert_eq!((load::<Note>(&rows, 1), load::<Note>(&rows, 3)), (Some(Note("1".to_owned())), None));
    }

    #[test]
    fn a_removed_aggregate_is_gone() {
        let mut rows = notes(&[1, 2]);
        remove::<Note>(&mut rows, 1);
        remove::<Note>(&mut rows, 3);
        assert_eq!((load::<Note>(&rows, 1), load::<Note>(&rows, 2)), (None, Some(Note("2".to_owned()))));
    }

    #[test]
    fn a_walk_begins_at_its_id_either_way_and_stops_when_told() {
        assert_eq!(walked(2, Direction::Up, 9), [2, 5, u64::MAX]);
        assert_eq!(walked(3, Direction::Up, 1), [5]);
        assert_eq!(walked(4, Direction::Down, 9), [2, 1]);
        assert_eq!(walked(u64::MAX, Direction::Down, 2), [u64::MAX, 5]);
    }
}
