//! A store whose commits are measured.

use super::Observer;
use crate::store::{Reader, Store, StoreError, Write};
use std::sync::Arc;
use std::time::Instant;

/// Hands everything on to the store within, and notes how long its commits take.
pub(crate) struct MeasuredStore<S> {
    store: S,
    observer: Observer,
}

impl<S: Store> MeasuredStore<S> {
    pub(crate) fn new(store: S, observer: Observer) -> Self {
        Self { store, observer }
    }

    fn measure(
        &mut self,
        is_durable: bool,
        commit: impl FnOnce(&mut S) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let begun = Instant::now();
        let outcome = commit(&mut self.store);
        self.observer.committed(is_durable, begun.elapsed());
        outcome
    }
}

impl<S: Store> Store for MeasuredStore<S> {
    fn reader(&self) -> Arc<dyn Reader> {
        self.store.reader()
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        self.measure(true, |store| store.commit(writes))
    }

    fn commit_later(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        self.measure(false, |store| store.commit_later(writes))
    }
}
