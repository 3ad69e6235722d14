//! The readings of the other contexts' streams.

use super::{Input, LOOK_EVERY, Shared};
use rental_bus::Backoff;
use rental_bus::reader::{Acknowledger, Done, Reader};
use rental_bus::status::{ContextStatus, Phase};
use rental_model::Context;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;

/// How long a source may take to say where its journal ends.
const ASK_WITHIN: Duration = Duration::from_secs(1);

/// The readings under way, one per source at most.
pub(super) struct Subscriptions {
    shared: Shared,
    readings: BTreeMap<Context, Reading>,
}

struct Reading {
    task: AbortHandle,
    /// How to acknowledge what was handed to the engine, oldest first.
    unacknowledged: Arc<Mutex<Unacknowledged>>,
}

#[derive(Default)]
struct Unacknowledged {
    acknowledger: Option<Acknowledger>,
    deliveries: VecDeque<(u64, Done)>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Subscriptions {
    pub(super) fn new(shared: Shared) -> Self {
        Self { shared, readings: BTreeMap::new() }
    }

    /// Reads `source` from `from` on, in place of any reading before.
    pub(super) fn open(&mut self, source: Context, reading: u64, from: u64) {
        let unacknowledged = Arc::new(Mutex::new(Unacknowledged::default()));
        let read = read(self.shared.clone(), source, reading, from, unacknowledged.clone());
        let task = self.shared.tasks.start("reading", read);
        self.readings.insert(source, Reading { task, unacknowledged });
    }

    /// Tells the broker that everything up to `number` is dealt with.
    pub(super) async fn done(&self, source: Context, number: u64) {
        let Some(reading) = self.readings.get(&source) else { return };
        let last = {
            let mut waiting = reading.unacknowledged.lock().unwrap_or_else(PoisonError::into_inner);
            let mut last = None;
            while waiting.deliveries.front().is_some_and(|(delivered, _)| *delivered <= number) {
                last = waiting.deliveries.pop_front();
            }
            last.and_then(|(_, done)| Some((waiting.acknowledger.clone()?, done)))
        };
        if let Some((acknowledger, done)) = last {
            acknowledger.done(done).await;
        }
    }
}

async fn read(shared: Shared, source: Context, reading: u64, from: u64, unacknowledged: Arc<Mutex<Unacknowledged>>) {
    if reading > 1 {
        // A source that cannot be read on must not be asked without end.
        Backoff::default().pause().await;
    }
    let mut state = shared.bus.watch();
    compare(&shared, source, reading, from - 1).await;
    let mut backoff = Backoff::default();
    let mut reader = loop {
        shared.bus.wait_until_up().await;
        state.borrow_and_update();
        match Reader::open(&shared.bus, source, shared.policy.context(), from).await {
            Ok(reader) => break reader,
            Err(error) => tracing::debug!(%source, %error, "a stream cannot be received yet; trying again"),
        }
        backoff.pause().await;
    };
    unacknowledged.lock().unwrap_or_else(PoisonError::into_inner).acknowledger = Some(reader.acknowledger());
    loop {
        let next = tokio::select! {
            next = tokio::time::timeout(LOOK_EVERY, reader.next()) => next,
            // A broker that went away, if only for a moment, may have forgotten the consumer.
            _ = state.changed() => break,
        };
        match next {
            // Nothing new for a while: does the stream still hold what was received?
            Err(_) => {
                let received = shared.progress.borrow().positions.get(&source).copied().unwrap_or_default();
                compare(&shared, source, reading, received).await;
            }
            Ok(Ok(delivery)) => {
                shared.observer.received(source);
                remember(&unacknowledged, delivery.message.number, delivery.done);
                if shared.inputs.send(Input::Received { source, reading, message: delivery.message }).await.is_err() {
                    return;
                }
            }
            Ok(Err(error)) => {
                tracing::debug!(%source, %error, "hearing was interrupted; opening it again");
                break;
            }
        }
    }
    let _ = shared.inputs.send(Input::SubscriptionLost { source, reading }).await;
}

/// Makes sure that the stream still holds what was received, before reading on.
///
/// A stream that ends before `received` is either being published again, which is
/// waited for, or its source has lost events for good, which only the source
/// itself can tell.
async fn compare(shared: &Shared, source: Context, reading: u64, received: u64) {
    if received == 0 {
        return;
    }
    let mut backoff = Backoff::default();
    loop {
        shared.bus.wait_until_up().await;
        match shared.bus.tip(source).await {
            Ok(tip) if tip.last >= received => {
                if let Ok(message) = shared.bus.message(source, received).await {
                    let hash = message.hash();
                    let _ = shared.inputs.send(Input::Compared { source, reading, number: received, hash }).await;
                    return;
                }
            }
            Ok(tip) => {
                if backoff.failures() == 0 {
                    tracing::warn!(%source, received, stream_end = tip.last, "the stream ends before what was heard");
                }
                let asked =
                    shared.bus.call::<ContextStatus>(source, "status", &serde_json::json!({}), ASK_WITHIN).await;
                if let Ok(status) = asked
                    && status.phase == Phase::Serving
                    && status.journal < received
                {
                    let _ = shared.inputs.send(Input::SourceEnds { source, reading, journal: status.journal }).await;
                    return;
                }
            }
            Err(error) => tracing::debug!(%source, %error, "a stream cannot be asked yet; trying again"),
        }
        backoff.pause().await;
    }
}

fn remember(unacknowledged: &Mutex<Unacknowledged>, number: u64, done: Done) {
    unacknowledged.lock().unwrap_or_else(PoisonError::into_inner).deliveries.push_back((number, done));
}
