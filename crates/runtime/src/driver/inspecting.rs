//! Looks over the own stream, for as long as the worker runs.
//!
//! Counting its events is cheap and done at every (re)connection and every few
//! seconds. What is counted may be unreadable all the same: so the stream is
//! also read through and compared with the journal, slowly, after every
//! (re)connection and once a day.

use super::{Input, LOOK_EVERY, Shared};
use crate::inspection::Inspected;
use crate::journal;
use crate::store::{Reader, Snapshot, Table};
use rental_bus::inspection::{Inspection, Ranges};
use rental_bus::record::{GENESIS, Hash};
use rental_bus::streams::StreamError;
use rental_bus::{Message, Record};
use rental_model::Context;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Before something is said it is looked at again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// How many events are read in one go, and the pause after it: ten thousand a second at most.
const CHUNK: u64 = 2_000;
const PAUSE: Duration = Duration::from_millis(200);
/// How many goes there are between two countings.
const GOES: u32 = 20;
/// How often all of it is read.
const READ_EVERY: Duration = Duration::from_hours(24);

/// How far the reading is, and what it found.
#[derive(Default)]
struct Reading {
    made_at: String,
    begun: Option<Instant>,
    /// Up to here the stream was read.
    to: u64,
    unreadable: Ranges,
    altered: Ranges,
}

pub(super) async fn inspect(shared: Shared, reader: Arc<dyn Reader>) {
    let context = shared.policy.context();
    let mut state = shared.bus.watch();
    let mut reading = Reading::default();
    let mut said = Vec::new();
    loop {
        shared.bus.wait_until_up().await;
        let mut is_read = true;
        match look(&shared, context, &mut said).await {
            Ok(found) => {
                reading.begin_again_if_due(&found);
                is_read = reading.go_on(&shared, context, &*reader, &found).await;
                let inspected = Inspected {
                    missing: found.missing.with(&reading.unreadable),
                    altered: reading.altered.clone(),
                    drift: found.drift,
                };
                if shared.inputs.send(Input::Inspected(inspected)).await.is_err() {
                    return;
                }
            }
            Err(error) => tracing::debug!(%error, "the own stream cannot be looked over; trying again"),
        }
        tokio::select! {
            // What is on the broker's disk may be another now.
            changed = state.changed() => match changed {
                Ok(()) => reading = Reading::default(),
                Err(_) => return,
            },
            () = tokio::time::sleep(if is_read { LOOK_EVERY } else { PAUSE }) => {}
        }
    }
}

/// What counting says, and says again; settings that are not ours are put back first.
async fn look(shared: &Shared, context: Context, said: &mut Vec<String>) -> Result<Inspection, StreamError> {
    let mut found = shared.bus.inspect(context, shared.replicas).await?;
    if !found.drift.is_empty() {
        if *said != found.drift {
            tracing::warn!(
                changes = found.drift.join("; "),
                "somebody changed the own stream's settings: putting them back"
            );
            said.clone_from(&found.drift);
        }
        if let Err(error) = shared.bus.ensure_stream(context, shared.replicas).await {
            tracing::debug!(%error, "the settings cannot be put back");
        }
        found = shared.bus.inspect(context, shared.replicas).await?;
    }
    if found.missing.is_empty() {
        return Ok(found);
    }
    tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    let again = shared.bus.inspect(context, shared.replicas).await?;
    let missing = if again.missing == found.missing { again.missing } else { Ranges::default() };
    Ok(Inspection { missing, ..again })
}

impl Reading {
    fn begin_again_if_due(&mut self, found: &Inspection) {
        let is_another = self.made_at != found.made_at || found.last < self.to;
        if is_another || self.begun.is_none_or(|begun| begun.elapsed() > READ_EVERY) {
            *self = Self { made_at: found.made_at.clone(), begun: Some(Instant::now()), ..Self::default() };
        }
    }

    /// Reads a part; answers whether the end is reached.
    async fn go_on(&mut self, shared: &Shared, context: Context, ledger: &dyn Reader, found: &Inspection) -> bool {
        for _ in 0..GOES {
            if self.to >= found.last {
                return true;
            }
            let (from, to) = (self.to + 1, found.last.min(self.to + CHUNK));
            let Ok(snapshot) = ledger.snapshot() else { return true };
            let read = read(shared, context, &*snapshot, (from, to), &mut self.altered).await;
            let Ok(gaps) = read else { return true };
            for (from, to) in gaps.iter().filter(|(from, to)| !found.missing.covers(*from, *to)) {
                let Ok(gaps) = confirmed(shared, context, &*snapshot, (from, to), &mut self.altered).await else {
                    return true;
                };
                self.unreadable = self.unreadable.with(&gaps);
            }
            self.to = to;
            tokio::time::sleep(PAUSE).await;
        }
        self.to >= found.last
    }
}

/// What of a gap is not shown the second time either.
async fn confirmed(
    shared: &Shared,
    context: Context,
    ledger: &dyn Snapshot,
    range: (u64, u64),
    altered: &mut Ranges,
) -> Result<Ranges, StreamError> {
    tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    read(shared, context, ledger, range, altered).await
}

/// Reads a range, both ends included; answers which events were not shown.
async fn read(
    shared: &Shared,
    context: Context,
    ledger: &dyn Snapshot,
    (from, to): (u64, u64),
    altered: &mut Ranges,
) -> Result<Ranges, StreamError> {
    let (mut gaps, mut next) = (Ranges::default(), from);
    while next <= to {
        let start = next;
        let each = |message: Message| {
            gaps.add(next, message.number.min(to + 1) - 1);
            next = next.max(message.number + 1);
            if message.number <= to && !is_as_recorded(ledger, &message) {
                altered.add(message.number, message.number);
            }
            true
        };
        match shared.bus.read_range(context, start, to, each).await {
            Ok(()) => break,
            Err(_) if next > to => break,
            // The broker answers, and has no words for this one event.
            Err(error) => {
                let is_silent = shared.bus.message(context, next).await.is_err();
                if !is_silent || shared.bus.tip(context).await.is_err() {
                    return Err(error);
                }
                gaps.add(next, next);
                next += 1;
            }
        }
    }
    gaps.add(next, to);
    Ok(gaps)
}

/// Whether the stream shows what the journal has under this number. Where the journal has nothing,
/// or what it has is itself not what was recorded, the stream is not judged.
fn is_as_recorded(ledger: &dyn Snapshot, message: &Message) -> bool {
    let Some(record) = record(ledger, message.number) else { return true };
    if is_same(&record, message) {
        return true;
    }
    let before = if message.number == 1 { Some(GENESIS) } else { record_hash(ledger, message.number - 1) };
    before.is_none_or(|before| !record.continues(before))
}

fn record(ledger: &dyn Snapshot, number: u64) -> Option<Record> {
    let row = ledger.get(Table::Journal, &number.to_be_bytes());
    row.ok().flatten().and_then(|row| journal::decode(number, &row))
}

fn record_hash(ledger: &dyn Snapshot, number: u64) -> Option<Hash> {
    record(ledger, number).map(|record| record.hash)
}

fn is_same(record: &Record, message: &Message) -> bool {
    let has = |(name, value): (&str, String)| message.header(name) == Some(value.as_str());
    message.subject == record.subject() && message.payload == record.body && record.headers().into_iter().all(has)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;
    use crate::store::{Store, Write};
    use rental_bus::record::Origin;
    use rental_model::{Event, OrderId, UnixMs, Won};

    fn fee(number: u64, won: u64, before: Hash) -> Record {
        let event =
            Event::FeeReceived { order: OrderId::new(number).unwrap(), amount: Won::new(won).unwrap(), by_hand: None };
        Record::new(number, &event, UnixMs(number), Origin::default(), before)
    }

    fn message(record: &Record) -> Message {
        let headers = record.headers().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Message { number: record.number, subject: record.subject(), headers, payload: record.body.clone() }
    }

    fn ledger(records: &[Record]) -> Arc<dyn Snapshot> {
        let mut store = MemoryStore::default();
        let row = |record: &Record| Write {
            table: Table::Journal,
            key: record.number.to_be_bytes().to_vec(),
            value: Some(journal::encode(record)),
        };
        store.commit(&records.iter().map(row).collect::<Vec<_>>()).unwrap();
        store.reader().snapshot().unwrap()
    }

    #[test]
    fn who_of_stream_and_ledger_was_changed_is_told_apart() {
        let first = fee(1, 10, GENESIS);
        let second = fee(2, 10, first.hash);
        let forged = Record { body: fee(2, 11, first.hash).body, ..second.clone() };
        let whole = ledger(&[first.clone(), second.clone()]);
        assert!(is_as_recorded(&*whole, &message(&second)));
        assert!(!is_as_recorded(&*whole, &message(&forged)), "the stream was changed");
        let changed = ledger(&[first, forged]);
        assert!(is_as_recorded(&*changed, &message(&second)), "the ledger was changed: the stream is right");
        assert!(is_as_recorded(&*whole, &message(&fee(3, 1, second.hash))), "the ledger does not have it");
    }
}
