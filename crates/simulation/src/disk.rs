//! A disk that survives its worker: only what was committed is on it.

use crate::Defect;
use rental_runtime::store::{Direction, Reader, Snapshot, Store, StoreError, Table, Visit, Write};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type StoredRows = BTreeMap<Arc<[u8]>, Arc<[u8]>>;

/// Everything on a disk at one moment. Cheap to copy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Image([Arc<StoredRows>; Table::ALL.len()]);

impl Image {
    fn write(&mut self, write: &Write) {
        let rows = Arc::make_mut(&mut self.0[write.table as usize]);
        match &write.value {
            Some(value) => rows.insert(write.key.as_slice().into(), value.as_slice().into()),
            None => rows.remove(write.key.as_slice()),
        };
    }

    pub(crate) fn rows(&self, table: Table) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0[table as usize].iter().map(|(key, value)| (&**key, &**value))
    }

    /// How many events the journal holds.
    pub(crate) fn journal(&self) -> u64 {
        self.0[Table::Journal as usize].len() as u64
    }
}

/// What becomes of the next commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Kept,
    /// It fails, and nothing is written.
    Refused,
    /// It is written, and fails all the same.
    Unsure,
}

#[derive(Debug)]
struct Platter {
    /// What a worker sees that goes on running.
    seen: Image,
    /// What is left after a crash: the same, unless the disk is defective.
    kept: Image,
    fate: Fate,
    commits: u64,
    defect: Option<Defect>,
}

/// One worker's disk. Clones are the same disk.
#[derive(Debug, Clone)]
pub(crate) struct Disk(Arc<Mutex<Platter>>);

impl Disk {
    pub(crate) fn new(image: Image, defect: Option<Defect>) -> Self {
        Self(Arc::new(Mutex::new(Platter { seen: image.clone(), kept: image, fate: Fate::Kept, commits: 0, defect })))
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is on it now.
    pub(crate) fn image(&self) -> Image {
        self.platter().seen.clone()
    }

    pub(crate) fn journal(&self) -> u64 {
        self.platter().seen.journal()
    }

    pub(crate) fn commits(&self) -> u64 {
        self.platter().commits
    }

    pub(crate) fn set_fate(&self, fate: Fate) {
        self.platter().fate = fate;
    }

    /// Its worker died: what was not durable is gone.
    pub(crate) fn crash(&self) {
        let mut platter = self.platter();
        platter.seen = platter.kept.clone();
    }

    /// What was committed so far is durable now; for surroundings that did not wait for it.
    pub(crate) fn flush(&self) {
        let mut platter = self.platter();
        platter.kept = platter.seen.clone();
    }

    /// Replaces what is on it.
    pub(crate) fn restore(&self, image: Image) {
        let mut platter = self.platter();
        platter.kept = image.clone();
        platter.seen = image;
    }
}

impl Reader for Disk {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, StoreError> {
        Ok(Arc::new(self.image()))
    }
}

impl Store for Disk {
    fn reader(&self) -> Arc<dyn Reader> {
        Arc::new(self.clone())
    }

    /// Seen at once, and lost in a crash until a commit that is durable.
    fn commit_later(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        let kept = self.platter().kept.clone();
        let outcome = self.commit(writes);
        self.platter().kept = kept;
        outcome
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        let mut platter = self.platter();
        let fate = std::mem::replace(&mut platter.fate, Fate::Kept);
        if fate == Fate::Refused {
            return Err(StoreError::new("the commit failed", "no space left"));
        }
        let defect = platter.defect;
        if matches!(defect, Some(Defect::LosesLastCommit | Defect::TearsCommits)) {
            platter.kept = platter.seen.clone();
        }
        for write in writes {
            let is_forgotten = match defect {
                Some(Defect::ForgetsAnswers) => write.table == Table::Answers,
                Some(Defect::ForgetsCommands) => write.table == Table::Commands,
                _ => false,
            };
            if is_forgotten {
                continue;
            }
            platter.seen.write(write);
        }
        let is_late = matches!(
            defect,
            Some(Defect::LosesLastCommit | Defect::RepliesBeforeCommit | Defect::PublishesBeforeCommit)
        );
        if defect == Some(Defect::TearsCommits) {
            for write in writes.iter().filter(|write| write.table != Table::Journal) {
                platter.kept.write(write);
            }
        } else if !is_late {
            platter.kept = platter.seen.clone();
        }
        platter.commits += 1;
        if fate == Fate::Unsure {
            return Err(StoreError::new("the commit failed", "the disk did not answer"));
        }
        Ok(())
    }
}

impl Snapshot for Image {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0[table as usize].get(key).map(|value| value.to_vec()))
    }

    fn walk(
        &self,
        table: Table,
        low: &[u8],
        high: &[u8],
        direction: Direction,
        each: Visit<'_>,
    ) -> Result<(), StoreError> {
        use std::ops::Bound::Included;
        let mut range = self.0[table as usize].range::<[u8], _>((Included(low), Included(high)));
        let visit = |(key, value): (&Arc<[u8]>, &Arc<[u8]>)| each(key, value);
        let _: ControlFlow<()> = match direction {
            Direction::Up => range.try_for_each(visit),
            Direction::Down => range.rev().try_for_each(visit),
        };
        Ok(())
    }
}
