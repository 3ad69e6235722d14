//! The outbox: the own stream holds what the journal holds, under the same numbers.
//!
//! There is no mark to trust. Whenever something is unclear the stream is
//! asked where it ends, and publishing goes on behind that. A stream that is
//! ahead of the journal is read back first.
//!
//! The broker compares numbers, not histories: of several publications on their
//! way, a later one can fit behind what a second worker has written in place of
//! the first. Hence two rules. After a pause one publication goes alone, and
//! only its success lets others follow: a worker that is out of date is refused
//! before it can do harm. And what the broker has not confirmed is read back
//! and compared before publishing goes on behind it.

use crate::engine::{Effect, Engine, Fatal, REBUILDING};
use crate::intake::remember_answer;
use crate::store::Table;
use crate::unit_of_work::UnitOfWork;
use rental_bus::record::{Hash, NotOurs, Origin};
use rental_bus::status::{Phase, alert};
use rental_bus::streams::PublishOutcome;
use rental_bus::{Message, Record};
use std::collections::{BTreeSet, VecDeque};

/// How many publications may be under way at once.
const WINDOW: u64 = 512;

/// After how many attempts in vain people are told that the stream cannot be asked.
const FAILURES_UNTIL_SAID: u32 = 10;

/// How far the stream is known to follow the journal.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Counts the questions where the stream ends; words about older ones are stale.
    epoch: u64,
    /// The stream's end is known, and publications may go behind it.
    is_synced: bool,
    /// Up to here the stream is known to hold the journal's events.
    published: u64,
    /// Confirmed, but something before it is not.
    confirmed: BTreeSet<u64>,
    /// The last event published.
    sent: u64,
    /// A publication has succeeded since the last pause: more may follow at once.
    is_open: bool,
    /// How often in a row the stream could not be asked.
    failures: u32,
    /// While the own stream is read: the next event, and the last.
    reads_next: u64,
    reads_to: u64,
    /// From where on it was last said that events are published again.
    said_from: Option<u64>,
    /// The journal's latest records, oldest first, as far as they are not known to be stored.
    recent: VecDeque<Record>,
}

impl Outbox {
    /// Records that are kept in memory for publishing; older ones are read from the store.
    const MEMORY: usize = 4096;

    pub(crate) fn published(&self) -> u64 {
        self.published
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

    /// The stream holds event `number`, as the journal has it.
    fn confirm(&mut self, number: u64) {
        if number <= self.published {
            return;
        }
        self.confirmed.insert(number);
        while self.confirmed.remove(&(self.published + 1)) {
            self.published += 1;
        }
        self.forget_until(self.published);
    }

    /// The stream ends with event `last`, and all of it is known to be the journal's.
    fn go_on_behind(&mut self, last: u64) {
        self.is_synced = true;
        self.is_open = false;
        self.failures = 0;
        self.confirmed.clear();
        (self.published, self.sent) = (last, last);
        self.forget_until(last);
    }

    fn forget_until(&mut self, number: u64) {
        while self.recent.front().is_some_and(|record| record.number <= number) {
            self.recent.pop_front();
        }
    }
}

impl Engine {
    pub(crate) fn ask_tip(&mut self) {
        self.outbox.is_synced = false;
        self.outbox.epoch += 1;
        self.effects.push(Effect::AskTip { epoch: self.outbox.epoch });
    }

    pub(crate) fn reconnected(&mut self) {
        // Also if a query is under way: its answer may be older than what was lost.
        if self.context.stream().is_some() {
            self.ask_tip();
        }
    }

    pub(crate) fn tick(&mut self) {
        if self.phase == Phase::Rebuilding {
            self.effects.push(Effect::AskGoals);
        }
        // What is being published finds out by itself.
        if self.outbox.is_synced && self.is_all_published() {
            self.ask_tip();
        }
    }

    /// The stream could not be asked or read: ask again (the driver takes its time).
    pub(crate) fn sync_lost(&mut self, epoch: u64) {
        if epoch != self.outbox.epoch || self.outbox.is_synced {
            return;
        }
        self.outbox.failures += 1;
        if self.outbox.failures >= FAILURES_UNTIL_SAID {
            let stream = self.context.stream().unwrap_or_default();
            self.alert(alert::STREAM_SILENT, None, || {
                format!("stream {stream} does not tell where it ends; what is recorded waits until it does")
            });
        }
        self.ask_tip();
    }

    fn read_own(&mut self, from: u64, to: u64) {
        (self.outbox.reads_next, self.outbox.reads_to) = (from, to);
        self.effects.push(Effect::ReadOwn { epoch: self.outbox.epoch, from, to });
    }

    /// Compares where the stream ends with where the journal ends.
    pub(crate) fn tip(
        &mut self,
        unit: &mut UnitOfWork,
        epoch: u64,
        last: u64,
        hash: Option<Hash>,
    ) -> Result<(), Fatal> {
        if epoch != self.outbox.epoch || self.outbox.is_synced {
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
            self.forget_positions(unit);
            self.read_own(self.journal + 1, last);
            return Ok(());
        }
        if last > 0 && hash != Some(self.hash_of(last)?) {
            return Err(Fatal::Forked { stream, number: last });
        }
        let known = self.outbox.published.max(last.saturating_sub(WINDOW));
        if known + 1 < last {
            self.read_own(known + 1, last);
        } else {
            self.synced(unit, last);
        }
        Ok(())
    }

    /// The stream ends with event `last`, and holds nothing but the journal's events.
    fn synced(&mut self, unit: &mut UnitOfWork, last: u64) {
        if last < self.journal && self.outbox.said_from != Some(last + 1) {
            // Once: a broker that takes nothing is asked again and again.
            self.outbox.said_from = Some(last + 1);
            tracing::info!(events = self.journal - last, from = last + 1, "shipping what the stream does not have");
        }
        self.outbox.go_on_behind(last);
        self.alerts.remove(&(alert::STREAM_SILENT, None));
        if matches!(self.phase, Phase::Starting | Phase::CatchingUp) {
            self.begin_serving(unit);
        }
    }

    fn hash_of(&self, number: u64) -> Result<Hash, Fatal> {
        if number == self.journal { Ok(self.tip_hash) } else { Ok(self.journaled(number)?.hash) }
    }

    /// Journal and stream agree: begin a new journal, or go on with this one.
    fn begin_serving(&mut self, unit: &mut UnitOfWork) {
        if self.journal == 0 {
            for event in self.policy.initial_events() {
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
        self.subscribe_to_all();
    }

    /// One of the own events, as the stream has it: the same as the journal's, or to be taken back.
    pub(crate) fn own(&mut self, unit: &mut UnitOfWork, epoch: u64, message: &Message) -> Result<(), Fatal> {
        let (number, expected) = (message.number, self.outbox.reads_next);
        if epoch != self.outbox.epoch || self.outbox.is_synced || number < expected {
            return Ok(());
        }
        let stream = self.context.stream().unwrap_or_default();
        // A hole, or what a broker does not show for a moment: whoever looks over the stream finds out.
        self.outbox.reads_next = number + 1;
        if number > self.journal {
            return self.take_back(unit, message);
        }
        if message.hash() != Some(self.hash_of(number)?) {
            return Err(Fatal::Forked { stream, number });
        }
        if number == self.outbox.reads_to {
            self.synced(unit, number);
        }
        Ok(())
    }

    /// Takes one of the own events back from the stream.
    fn take_back(&mut self, unit: &mut UnitOfWork, message: &Message) -> Result<(), Fatal> {
        let stream = self.context.stream().unwrap_or_default();
        let number = message.number;
        // Behind a hole nothing can be taken back: the chain is broken. The driver asks again in a while.
        if self.phase != Phase::CatchingUp || number != self.journal + 1 {
            return Ok(());
        }
        let not_ours = |why: String| Fatal::NotOurs { stream, number, why };
        let record = Record::from_message(message, self.tip_hash).map_err(|error| match error {
            NotOurs::Forked { number } => Fatal::Forked { stream, number },
            other => not_ours(other.to_string()),
        })?;
        let own = record.recorded().map_err(|error| not_ours(error.to_string()))?;
        if let (Some(id), Some(digest)) = (&record.origin.cause, &record.origin.digest) {
            remember_answer(unit, id, record.number, digest);
        }
        self.enter_restored(unit, &record, &own.event);
        self.append(unit, record);
        self.policy.apply(unit, &own);
        if number == self.outbox.reads_to {
            self.ask_tip();
        }
        Ok(())
    }

    pub(crate) fn published(&mut self, epoch: u64, number: u64, outcome: &PublishOutcome) {
        if epoch != self.outbox.epoch || !self.outbox.is_synced {
            return;
        }
        match outcome {
            PublishOutcome::Stored => {
                self.outbox.is_open = true;
                self.outbox.confirm(number);
            }
            PublishOutcome::Refused
            | PublishOutcome::Declined(_)
            | PublishOutcome::Silent
            | PublishOutcome::Unknown(_) => {
                tracing::debug!(number, ?outcome, "asking the stream where it ends");
                self.ask_tip();
            }
        }
    }

    /// Publishes what the journal has and the stream does not, as far as the window allows.
    pub(crate) fn publish(&mut self) -> Result<(), Fatal> {
        let window = if self.outbox.is_open { WINDOW } else { 1 };
        while self.outbox.is_synced
            && self.outbox.sent < self.journal
            && self.outbox.sent - self.outbox.published < window
        {
            let record = self.journaled(self.outbox.sent + 1)?;
            self.outbox.sent += 1;
            self.effects.push(Effect::Publish { epoch: self.outbox.epoch, record });
        }
        // Nothing is on its way: a pause.
        self.outbox.is_open &= self.outbox.sent > self.outbox.published;
        Ok(())
    }

    pub(crate) fn is_all_published(&self) -> bool {
        self.context.stream().is_none()
            || (self.outbox.is_synced && self.outbox.published == self.journal)
            // The stream is ahead.
            || self.phase == Phase::CatchingUp
    }
}
