//! Receiving the other contexts.
//!
//! What counts is the own position, committed with whatever followed from the
//! event. Each position carries the hash of the last event received, compared
//! with the stream whenever a reading is opened: a source whose history
//! changed is noticed, said, and read again from its start, which is safe
//! because receiving twice changes nothing. So is a source of which the rules now
//! look at more than when its events were first received.

use crate::engine::{Effect, Engine, REBUILDING};
use crate::store::Table;
use crate::unit_of_work::UnitOfWork;
use rental_bus::Message;
use rental_bus::record::{GENESIS, Hash, Origin};
use rental_bus::status::{Phase, alert};
use rental_bus::subjects;
use rental_model::{Context, RecordedEvent};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How far a source was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SourcePosition {
    pub(crate) number: u64,
    hash: Hash,
    /// The latest reading; messages of older ones are stale.
    reading: u64,
    /// Up to here the source was found changed: on the way back there it is taken as it is,
    /// even if its chain is broken for good.
    changed_at: u64,
    /// Under which version of the subscription it was received.
    version: u32,
}

impl SourcePosition {
    /// Nothing of a source, to be received under this version of the subscription.
    pub(crate) const fn nothing(version: u32) -> Self {
        Self { number: 0, hash: GENESIS, reading: 0, changed_at: 0, version }
    }

    fn encode(self) -> Vec<u8> {
        let version = u64::from(self.version).to_be_bytes();
        [&self.number.to_be_bytes()[..], &self.hash.0, &self.changed_at.to_be_bytes(), &version].concat()
    }

    /// A position as it was stored; nothing if it was received under a lower version than this one.
    ///
    /// A program without versions leaves none behind, and so is followed by a second receiving, too.
    pub(crate) fn decode(row: &[u8], version: u32) -> Self {
        let number = |place: usize| {
            row.get(place..).and_then(|bytes| bytes.first_chunk::<8>()).map_or(0, |bytes| u64::from_be_bytes(*bytes))
        };
        if number(48) < u64::from(version) {
            return Self::nothing(version);
        }
        let hash = row.get(8..).and_then(|bytes| bytes.first_chunk::<32>()).copied();
        Self { number: number(0), hash: hash.map_or(GENESIS, Hash), changed_at: number(40), ..Self::nothing(version) }
    }
}

impl Engine {
    pub(crate) fn subscribe_to_all(&mut self) {
        for &source in self.policy.subscriptions() {
            self.open_reading(source);
        }
    }

    fn open_reading(&mut self, source: Context) {
        let Some(received) = self.positions.get_mut(&source) else { return };
        received.reading += 1;
        let effect = Effect::Subscribe { source, reading: received.reading, from: received.number + 1 };
        self.effects.push(effect);
    }

    pub(crate) fn subscription_lost(&mut self, source: Context, reading: u64) {
        if self.positions.get(&source).is_some_and(|received| received.reading == reading) {
            self.open_reading(source);
        }
    }

    /// Deals with one message of `source`, whatever it is.
    pub(crate) fn receive(&mut self, unit: &mut UnitOfWork, source: Context, reading: u64, message: &Message) {
        let Some(received) = self.positions.get(&source).copied().filter(|received| received.reading == reading) else {
            return;
        };
        if message.number <= received.number {
            return self.received_before(unit, source, received, message);
        }
        if message.number > received.number + 1 {
            self.alert(alert::SOURCE_GAP, Some(source), || {
                format!(
                    "events {} to {} of {source} are missing from its stream",
                    received.number + 1,
                    message.number - 1
                )
            });
            self.open_reading(source);
            return;
        }
        self.alerts.remove(&(alert::SOURCE_GAP, Some(source)));
        let expected = message.hash_after(received.hash);
        let claimed = message.hash().unwrap_or(expected);
        if claimed != expected && message.number > received.changed_at {
            return self.resubscribe_from_start(unit, source, message.number);
        }
        self.save_position(unit, source, SourcePosition { number: message.number, hash: claimed, ..received });
        // The position is kept whatever becomes of the message.
        unit.keep();
        if let Err(reason) = self.handle(unit, source, message) {
            tracing::error!(%source, number = message.number, reason, "parked an event that cannot be handled");
            self.park(unit, source, message, &reason);
        }
        self.effects.push(Effect::Ack { source, number: message.number });
    }

    /// A message that was dealt with: delivered again, or its stream lost its tail and has another one now.
    fn received_before(&mut self, unit: &mut UnitOfWork, source: Context, received: SourcePosition, message: &Message) {
        if message.number < received.number {
            // Only the last can be compared, and it is whenever a reading is opened.
            self.open_reading(source);
        } else if message.hash().is_some_and(|hash| hash != received.hash) {
            self.resubscribe_from_start(unit, source, message.number);
        } else {
            self.effects.push(Effect::Ack { source, number: received.number });
        }
    }

    /// Handles one event. An error leaves nothing behind and says why it was not possible.
    pub(crate) fn handle(&mut self, unit: &mut UnitOfWork, source: Context, message: &Message) -> Result<(), String> {
        let recorded = message.recorded(source).map_err(|error| error.to_string())?;
        if recorded.event.kind().context() != source {
            return Err(format!("{} is not {source}'s to say", recorded.event.kind()));
        }
        let mark = self.mark();
        let outcome = catch_unwind(AssertUnwindSafe(|| self.react(unit, &recorded, message)));
        outcome.map_err(|panic| {
            self.go_back(unit, mark);
            format!("the policy failed: {}", panic_text(&*panic))
        })
    }

    fn react(&mut self, unit: &mut UnitOfWork, recorded: &RecordedEvent, message: &Message) {
        let decided = self.policy.react(unit, recorded);
        if decided.is_empty() {
            return;
        }
        let stream = recorded.source.stream().unwrap_or_default();
        let origin = Origin {
            cause: Some(format!("{stream}:{}", recorded.number)),
            trace: message.header(subjects::TRACE).map(str::to_owned),
            ..Origin::default()
        };
        for event in decided {
            self.record(unit, &event, &origin);
        }
    }

    /// What was received last should still be what the stream holds.
    pub(crate) fn compared(
        &mut self,
        unit: &mut UnitOfWork,
        source: Context,
        reading: u64,
        number: u64,
        hash: Option<Hash>,
    ) {
        let Some(received) = self.positions.get(&source).copied().filter(|received| received.reading == reading) else {
            return;
        };
        if received.number == number && hash.is_some_and(|hash| hash != received.hash) {
            self.resubscribe_from_start(unit, source, number);
        }
    }

    /// A source whose journal is shorter than what was told of it has lost events for good.
    pub(crate) fn source_ends(&mut self, unit: &mut UnitOfWork, source: Context, reading: u64, journal: u64) {
        let Some(received) = self.positions.get(&source).copied().filter(|received| received.reading == reading) else {
            return;
        };
        if journal < received.number {
            self.resubscribe_from_start(unit, source, journal + 1);
        }
    }

    fn save_position(&mut self, unit: &mut UnitOfWork, source: Context, received: SourcePosition) {
        unit.put(Table::Positions, source.name().as_bytes(), received.encode());
        self.positions.insert(source, received);
    }

    /// Everything will be received again: what was received so far was received without knowing all of the own events.
    pub(crate) fn forget_positions(&mut self, unit: &mut UnitOfWork) {
        for (source, received) in self.positions.clone() {
            self.save_position(
                unit,
                source,
                SourcePosition { reading: received.reading, ..SourcePosition::nothing(received.version) },
            );
        }
    }

    /// The source tells another story than before: listen to it from its start.
    fn resubscribe_from_start(&mut self, unit: &mut UnitOfWork, source: Context, number: u64) {
        self.alert(alert::SOURCE_CHANGED, Some(source), || {
            format!("the history of {source} changed at or before event {number}; it was read again from its start")
        });
        let nothing = SourcePosition::nothing(self.policy.subscription_version(source));
        let reading = self.positions.get(&source).map_or(0, |received| received.reading);
        self.save_position(unit, source, SourcePosition { reading, changed_at: number, ..nothing });
        self.open_reading(source);
    }

    /// Says once what is wrong, until it is over; `source` tells alerts of one kind apart.
    pub(crate) fn alert(&mut self, code: &'static str, source: Option<Context>, text: impl FnOnce() -> String) {
        self.alerts.entry((code, source)).or_insert_with(|| {
            let text = text();
            tracing::error!(alert = code, "{text}");
            text
        });
    }

    /// Where the received streams end. Asked again, they may be shorter: what they lost for good is not waited for.
    pub(crate) fn set_goals(&mut self, asked: &BTreeMap<Context, u64>) {
        let goals = self.goals.get_or_insert_with(|| asked.clone());
        for (source, goal) in goals {
            *goal = asked.get(source).map_or(*goal, |asked| (*goal).min(*asked));
        }
    }

    /// Ends a rebuild once everything that was there at its begin is received again.
    pub(crate) fn finish_rebuild(&mut self, unit: &mut UnitOfWork) {
        if self.phase != Phase::Rebuilding {
            return;
        }
        let Some(goals) = &self.goals else { return };
        let is_received = |(source, goal): (&Context, &u64)| {
            self.positions.get(source).is_none_or(|received| received.number >= *goal)
        };
        if goals.iter().all(is_received) {
            unit.remove(Table::Meta, REBUILDING);
            self.is_rebuilding = false;
            self.phase = Phase::Serving;
            tracing::info!(journal = self.journal, "rebuilt from the streams; serving");
        }
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given")
}
