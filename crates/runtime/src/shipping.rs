//! Shipping: the own stream holds what the journal holds, under the same numbers.
//!
//! There is no mark to trust. Whenever something is unclear the stream is
//! asked where it ends, and shipping goes on behind that. A stream that is
//! ahead of the journal is read back first.

use crate::engine::{Effect, Engine, Fatal, REBUILDING};
use crate::intake::remember_answer;
use crate::store::Table;
use crate::unit::Unit;
use rental_bus::record::{Hash, NotOurs, Origin};
use rental_bus::status::Phase;
use rental_bus::streams::Shipped;
use rental_bus::{Message, Record};
use std::collections::VecDeque;

/// How many publications may be under way at once.
const WINDOW: u64 = 512;

/// How far the stream is known to follow the journal.
#[derive(Debug, Default)]
pub(crate) struct Shipper {
    /// Counts the questions where the stream ends; words about older ones are stale.
    sync: u64,
    /// The stream's end is known, and publications may go behind it.
    is_synced: bool,
    /// The last event known to be stored, and the last published.
    shipped: u64,
    sent: u64,
    /// Where the reading of the own stream ends, while it is read back.
    reading_to: u64,
    /// The journal's latest records, oldest first, as far as they are not known to be stored.
    recent: VecDeque<Record>,
}

impl Shipper {
    /// Records that are kept in memory for shipping; older ones are read from the store.
    const MEMORY: usize = 4096;

    pub(crate) fn shipped(&self) -> u64 {
        self.shipped
    }

    pub(crate) fn remember(&mut self, record: Record) {
        self.recent.push_back(record);
        if self.recent.len() > Self::MEMORY {
            self.recent.pop_front();
        }
    }

    pub(crate) fn remembered(&self, number: u64) -> Option<&Record> {
        let first = self.recent.front()?.number;
        self.recent.get(usize::try_from(number.checked_sub(first)?).ok()?)
    }

    pub(crate) fn forget_after(&mut self, number: u64) {
        while self.recent.back().is_some_and(|record| record.number > number) {
            self.recent.pop_back();
        }
    }

    fn forget_until(&mut self, number: u64) {
        while self.recent.front().is_some_and(|record| record.number <= number) {
            self.recent.pop_front();
        }
    }
}

impl Engine {
    pub(crate) fn ask_tip(&mut self) {
        self.shipper.is_synced = false;
        self.shipper.sync += 1;
        self.effects.push(Effect::AskTip { sync: self.shipper.sync });
    }

    pub(crate) fn reconnected(&mut self) {
        // A question that is under way already answers itself.
        if self.shipper.is_synced {
            self.ask_tip();
        }
    }

    /// The stream could not be asked or read: ask again (the driver takes its time).
    pub(crate) fn sync_lost(&mut self, sync: u64) {
        if sync == self.shipper.sync {
            self.ask_tip();
        }
    }

    /// Compares where the stream ends with where the journal ends.
    pub(crate) fn tip(&mut self, unit: &mut Unit, sync: u64, last: u64, hash: Option<Hash>) -> Result<(), Fatal> {
        if sync != self.shipper.sync || self.shipper.is_synced {
            return Ok(());
        }
        let stream = self.context.stream().unwrap_or_default();
        if last > self.journal {
            if !matches!(self.phase, Phase::Starting | Phase::CatchingUp) {
                return Err(Fatal::Fenced { context: self.context, stream, number: self.journal + 1 });
            }
            tracing::warn!(
                journal = self.journal,
                stream_end = last,
                "the stream is ahead of the journal: reading it back"
            );
            self.phase = Phase::CatchingUp;
            self.is_rebuilding = true;
            unit.put(Table::Meta, REBUILDING, Vec::new());
            self.shipper.reading_to = last;
            self.effects.push(Effect::ReadOwn { sync, from: self.journal + 1, to: last });
            return Ok(());
        }
        if last > 0 {
            let ours = if last == self.journal { self.tip_hash } else { self.journaled(last)?.hash };
            if hash != Some(ours) {
                return Err(Fatal::Forked { stream, number: last });
            }
        }
        if last < self.journal {
            tracing::info!(events = self.journal - last, from = last + 1, "shipping what the stream does not have");
        }
        self.shipper.is_synced = true;
        (self.shipper.shipped, self.shipper.sent) = (last, last);
        self.shipper.forget_until(last);
        if matches!(self.phase, Phase::Starting | Phase::CatchingUp) {
            self.begin_serving(unit);
        }
        Ok(())
    }

    /// Journal and stream agree: begin a new journal, or go on with this one.
    fn begin_serving(&mut self, unit: &mut Unit) {
        if self.journal == 0 {
            for event in self.policy.genesis() {
                self.record(unit, &event, &Origin::default());
            }
        }
        if self.is_rebuilding {
            self.phase = Phase::Rebuilding;
            self.effects.push(Effect::AskGoals);
        } else {
            self.phase = Phase::Serving;
            tracing::info!(journal = self.journal, "serving");
        }
        self.hear_everyone();
    }

    /// Takes one of the own events back from the stream.
    pub(crate) fn take_back(&mut self, unit: &mut Unit, sync: u64, message: &Message) -> Result<(), Fatal> {
        if sync != self.shipper.sync || self.phase != Phase::CatchingUp || message.number <= self.journal {
            return Ok(());
        }
        let stream = self.context.stream().unwrap_or_default();
        if message.number != self.journal + 1 {
            self.ask_tip();
            return Ok(());
        }
        let number = message.number;
        let not_ours = |why: String| Fatal::NotOurs { stream, number, why };
        let record = Record::from_message(message, self.tip_hash).map_err(|error| match error {
            NotOurs::Forked { number } => Fatal::Forked { stream, number },
            other => not_ours(other.to_string()),
        })?;
        let own = record.fact().map_err(|error| not_ours(error.to_string()))?;
        if let (Some(id), Some(digest)) = (&record.origin.cause, &record.origin.digest) {
            remember_answer(unit, id, record.number, digest);
        }
        self.append(unit, record);
        self.policy.apply(unit, &own);
        if number == self.shipper.reading_to {
            self.ask_tip();
        }
        Ok(())
    }

    pub(crate) fn shipped(&mut self, sync: u64, number: u64, outcome: &Shipped) {
        if sync != self.shipper.sync || !self.shipper.is_synced {
            return;
        }
        match outcome {
            Shipped::Stored => {
                self.shipper.shipped = self.shipper.shipped.max(number);
                let shipped = self.shipper.shipped;
                self.shipper.forget_until(shipped);
            }
            Shipped::Refused | Shipped::Unknown(_) => {
                tracing::debug!(number, ?outcome, "asking the stream where it ends");
                self.ask_tip();
            }
        }
    }

    /// Publishes what the journal has and the stream does not, as far as the window allows.
    pub(crate) fn ship(&mut self) -> Result<(), Fatal> {
        while self.shipper.is_synced
            && self.shipper.sent < self.journal
            && self.shipper.sent - self.shipper.shipped < WINDOW
        {
            let record = self.journaled(self.shipper.sent + 1)?;
            self.shipper.sent += 1;
            self.effects.push(Effect::Ship { sync: self.shipper.sync, record });
        }
        Ok(())
    }

    pub(crate) fn is_all_shipped(&self) -> bool {
        self.context.stream().is_none() || (self.shipper.is_synced && self.shipper.shipped == self.journal)
    }
}
