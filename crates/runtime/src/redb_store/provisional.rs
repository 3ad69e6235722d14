//! A file that is only looked at until it is known to be ours.
//!
//! Opening a redb file writes to it: the mark that somebody has it open, and
//! after a crash a repair. A file of a newer version, or of another context,
//! must stay as it is to the last byte. So what redb writes is kept in memory
//! until [`Provisional::settle`], and only then done, in the same order and
//! with the same syncs: a crash in between leaves what it would have left anyway.

use redb::{BackendError, StorageBackend};
use std::io::{Error, ErrorKind};
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug)]
enum Change {
    Write { offset: u64, data: Vec<u8> },
    Length(u64),
    Sync,
}

#[derive(Debug)]
struct Inner<B> {
    backend: B,
    /// What is to be done to the file, oldest first.
    changes: Mutex<Vec<Change>>,
    is_settled: AtomicBool,
}

/// A storage that takes nothing in before it is settled. Clones share it.
#[derive(Debug)]
pub(super) struct Provisional<B>(Arc<Inner<B>>);

impl<B> Clone for Provisional<B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: StorageBackend> Provisional<B> {
    pub(super) fn new(backend: B) -> Self {
        Self(Arc::new(Inner { backend, changes: Mutex::default(), is_settled: AtomicBool::new(false) }))
    }

    /// Does what was kept so far, and everything else at once from now on.
    pub(super) fn settle(&self) -> Result<(), Error> {
        let mut changes = self.0.changes.lock().unwrap_or_else(PoisonError::into_inner);
        for change in changes.drain(..) {
            match change {
                Change::Write { offset, data } => self.0.backend.write(offset, &data)?,
                Change::Length(length) => self.0.backend.set_len(length)?,
                Change::Sync => self.0.backend.sync_data()?,
            }
        }
        self.0.is_settled.store(true, Ordering::Release);
        Ok(())
    }

    /// Keeps the change; answers whether it was kept, and is not to be done now.
    fn keeps(&self, change: impl FnOnce() -> Change) -> bool {
        if self.0.is_settled.load(Ordering::Acquire) {
            return false;
        }
        let mut changes = self.0.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let is_settled = self.0.is_settled.load(Ordering::Acquire);
        if !is_settled {
            changes.push(change());
        }
        !is_settled
    }
}

/// The part of `data`, which lies at `offset`, that falls into `out`, which lies at `at`.
fn lay_over(out: &mut [u8], at: u64, offset: u64, data: &[u8]) {
    let begin = offset.max(at);
    let end = (offset + data.len() as u64).min(at + out.len() as u64);
    if begin < end
        && let (Ok(to), Ok(from), Ok(count)) =
            (usize::try_from(begin - at), usize::try_from(begin - offset), usize::try_from(end - begin))
    {
        out[to..to + count].copy_from_slice(&data[from..from + count]);
    }
}

/// Zeroes what lies behind `length`: a file that is cut and extended again has zeroes there.
fn cut(out: &mut [u8], at: u64, length: u64) {
    let keep = usize::try_from(length.saturating_sub(at)).unwrap_or(usize::MAX).min(out.len());
    out[keep..].fill(0);
}

impl<B: StorageBackend> StorageBackend for Provisional<B> {
    fn len(&self) -> Result<u64, Error> {
        let changes = self.0.changes.lock().unwrap_or_else(PoisonError::into_inner);
        changes.iter().try_fold(self.0.backend.len()?, |length, change| {
            Ok(match change {
                Change::Write { offset, data } => length.max(offset + data.len() as u64),
                Change::Length(length) => *length,
                Change::Sync => length,
            })
        })
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        if self.0.is_settled.load(Ordering::Acquire) {
            return self.0.backend.read(offset, out);
        }
        if offset + out.len() as u64 > self.len()? {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let changes = self.0.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let there = usize::try_from(self.0.backend.len()?.saturating_sub(offset)).unwrap_or(usize::MAX);
        let (stored, beyond) = out.split_at_mut(there.min(out.len()));
        beyond.fill(0);
        if !stored.is_empty() {
            self.0.backend.read(offset, stored)?;
        }
        for change in changes.iter() {
            match change {
                Change::Write { offset: place, data } => lay_over(out, offset, *place, data),
                Change::Length(length) => cut(out, offset, *length),
                Change::Sync => {}
            }
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        if self.keeps(|| Change::Length(length)) { Ok(()) } else { self.0.backend.set_len(length) }
    }

    fn sync_data(&self) -> Result<(), Error> {
        if self.keeps(|| Change::Sync) { Ok(()) } else { self.0.backend.sync_data() }
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        if self.keeps(|| Change::Write { offset, data: data.to_vec() }) {
            Ok(())
        } else {
            self.0.backend.write(offset, data)
        }
    }

    fn close(&self) -> Result<(), Error> {
        self.0.backend.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.backend.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.backend.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.backend.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.backend.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.backend.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.backend.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redb::backends::InMemoryBackend;

    fn contents(storage: &impl StorageBackend) -> Vec<u8> {
        let mut out = vec![0; usize::try_from(storage.len().unwrap()).unwrap()];
        storage.read(0, &mut out).unwrap();
        out
    }

    /// The same changes to a provisional storage and to a plain one.
    fn change(storage: &impl StorageBackend) {
        storage.write(2, b"abc").unwrap();
        storage.set_len(4).unwrap();
        storage.set_len(12).unwrap();
        storage.write(3, b"xy").unwrap();
        storage.sync_data().unwrap();
        storage.write(8, b"end").unwrap();
    }

    fn holding(bytes: &[u8]) -> InMemoryBackend {
        let backend = InMemoryBackend::new();
        backend.set_len(bytes.len() as u64).unwrap();
        backend.write(0, bytes).unwrap();
        backend
    }

    #[test]
    fn it_reads_as_if_changed_and_changes_nothing_before_it_is_settled() {
        let plain = holding(b"0123456");
        change(&plain);
        let provisional = Provisional::new(holding(b"0123456"));
        change(&provisional);
        assert_eq!(contents(&provisional), contents(&plain));
        for (from, to) in [(0, 3), (2, 5), (4, 12), (9, 10)] {
            let mut part = vec![0; to - from];
            provisional.read(from as u64, &mut part).unwrap();
            assert_eq!(part, contents(&plain)[from..to], "{from} to {to}");
        }
        assert!(provisional.read(10, &mut [0; 3]).is_err(), "behind the end");
        assert_eq!(contents(&provisional.0.backend), b"0123456");
        provisional.settle().unwrap();
        assert_eq!(contents(&provisional.0.backend), contents(&plain));
        provisional.write(0, b"!").unwrap();
        assert_eq!(contents(&provisional.0.backend)[0], b'!', "at once, from now on");
    }
}
