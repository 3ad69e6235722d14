//! Hearing the other contexts.
//!
//! What counts is the own position, committed with whatever followed from the
//! event. Each position carries the hash of the last event heard, compared
//! with the stream whenever a reading is opened: a source whose history
//! changed is noticed, said, and heard again from its start, which is safe
//! because hearing twice changes nothing. So is a source of which the rules now
//! look at more than when its events were first heard.

use crate::engine::{Effect, Engine, REBUILDING};
use crate::store::Table;
use crate::unit::Unit;
use rental_bus::Message;
use rental_bus::record::{GENESIS, Hash, Origin};
use rental_bus::status::{Phase, alert};
use rental_bus::subjects;
use rental_model::{Context, Fact};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How far a source was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) number: u64,
    hash: Hash,
    /// The latest reading; messages of older ones are stale.
    reading: u64,
    /// Up to here the source was found changed: on the way back there it is taken as it is,
    /// even if its chain is broken for good.
    changed_at: u64,
    /// Under which version of the subscription it was heard.
    version: u32,
}

impl Heard {
    /// Nothing of a source, to be heard under this version of the subscription.
    pub(crate) const fn nothing(version: u32) -> Self {
        Self { number: 0, hash: GENESIS, reading: 0, changed_at: 0, version }
    }

    fn encode(self) -> Vec<u8> {
        let version = u64::from(self.version).to_be_bytes();
        [&self.number.to_be_bytes()[..], &self.hash.0, &self.changed_at.to_be_bytes(), &version].concat()
    }

    /// A position as it was stored; nothing if it was heard under a lower version than this one.
    ///
    /// A program without versions leaves none behind, and so is followed by a second hearing, too.
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
    pub(crate) fn hear_everyone(&mut self) {
        for &source in self.policy.hears() {
            self.open_reading(source);
        }
    }

    fn open_reading(&mut self, source: Context) {
        let Some(heard) = self.heard.get_mut(&source) else { return };
        heard.reading += 1;
        let effect = Effect::Hear { source, reading: heard.reading, from: heard.number + 1 };
        self.effects.push(effect);
    }

    pub(crate) fn hearing_lost(&mut self, source: Context, reading: u64) {
        if self.heard.get(&source).is_some_and(|heard| heard.reading == reading) {
            self.open_reading(source);
        }
    }

    /// Deals with one message of `source`, whatever it is.
    pub(crate) fn hear(&mut self, unit: &mut Unit, source: Context, reading: u64, message: &Message) {
        let Some(heard) = self.heard.get(&source).copied().filter(|heard| heard.reading == reading) else { return };
        if message.number <= heard.number {
            return self.heard_before(unit, source, heard, message);
        }
        if message.number > heard.number + 1 {
            self.alert(alert::SOURCE_GAP, Some(source), || {
                format!("events {} to {} of {source} are missing from its stream", heard.number + 1, message.number - 1)
            });
            self.open_reading(source);
            return;
        }
        self.alerts.remove(&(alert::SOURCE_GAP, Some(source)));
        let expected = message.hash_after(heard.hash);
        let claimed = message.hash().unwrap_or(expected);
        if claimed != expected && message.number > heard.changed_at {
            return self.hear_anew(unit, source, message.number);
        }
        self.note_heard(unit, source, Heard { number: message.number, hash: claimed, ..heard });
        // The position is kept whatever becomes of the message.
        unit.keep();
        if let Err(reason) = self.handle(unit, source, message) {
            tracing::error!(%source, number = message.number, reason, "parked an event that cannot be handled");
            self.park(unit, source, message, &reason);
        }
        self.effects.push(Effect::Ack { source, number: message.number });
    }

    /// A message that was dealt with: delivered again, or its stream lost its tail and has another one now.
    fn heard_before(&mut self, unit: &mut Unit, source: Context, heard: Heard, message: &Message) {
        if message.number < heard.number {
            // Only the last can be compared, and it is whenever a reading is opened.
            self.open_reading(source);
        } else if message.hash().is_some_and(|hash| hash != heard.hash) {
            self.hear_anew(unit, source, message.number);
        } else {
            self.effects.push(Effect::Ack { source, number: heard.number });
        }
    }

    /// Handles one event. An error leaves nothing behind and says why it was not possible.
    pub(crate) fn handle(&mut self, unit: &mut Unit, source: Context, message: &Message) -> Result<(), String> {
        let fact = message.fact(source).map_err(|error| error.to_string())?;
        if fact.event.kind().context() != source {
            return Err(format!("{} is not {source}'s to say", fact.event.kind()));
        }
        let mark = self.mark();
        let outcome = catch_unwind(AssertUnwindSafe(|| self.react(unit, &fact, message)));
        outcome.map_err(|panic| {
            self.go_back(unit, mark);
            format!("the policy failed: {}", panic_text(&*panic))
        })
    }

    fn react(&mut self, unit: &mut Unit, fact: &Fact, message: &Message) {
        let decided = self.policy.hear(unit, fact);
        if decided.is_empty() {
            return;
        }
        let stream = fact.source.stream().unwrap_or_default();
        let origin = Origin {
            cause: Some(format!("{stream}:{}", fact.number)),
            trace: message.header(subjects::TRACE).map(str::to_owned),
            ..Origin::default()
        };
        for event in decided {
            self.record(unit, &event, &origin);
        }
    }

    /// What was heard last should still be what the stream holds.
    pub(crate) fn compared(&mut self, unit: &mut Unit, source: Context, reading: u64, number: u64, hash: Option<Hash>) {
        let Some(heard) = self.heard.get(&source).copied().filter(|heard| heard.reading == reading) else { return };
        if heard.number == number && hash.is_some_and(|hash| hash != heard.hash) {
            self.hear_anew(unit, source, number);
        }
    }

    /// A source whose journal is shorter than what was heard of it has lost events for good.
    pub(crate) fn source_ends(&mut self, unit: &mut Unit, source: Context, reading: u64, journal: u64) {
        let Some(heard) = self.heard.get(&source).copied().filter(|heard| heard.reading == reading) else { return };
        if journal < heard.number {
            self.hear_anew(unit, source, journal + 1);
        }
    }

    fn note_heard(&mut self, unit: &mut Unit, source: Context, heard: Heard) {
        unit.put(Table::Heard, source.name().as_bytes(), heard.encode());
        self.heard.insert(source, heard);
    }

    /// Everything will be heard again: what was heard so far was heard without knowing all of the own events.
    pub(crate) fn forget_what_was_heard(&mut self, unit: &mut Unit) {
        for (source, heard) in self.heard.clone() {
            self.note_heard(unit, source, Heard { reading: heard.reading, ..Heard::nothing(heard.version) });
        }
    }

    /// The source tells another story than before: listen to it from its start.
    fn hear_anew(&mut self, unit: &mut Unit, source: Context, number: u64) {
        self.alert(alert::SOURCE_CHANGED, Some(source), || {
            format!("the history of {source} changed at or before event {number}; it was heard again from its start")
        });
        let nothing = Heard::nothing(self.policy.subscription_version(source));
        let reading = self.heard.get(&source).map_or(0, |heard| heard.reading);
        self.note_heard(unit, source, Heard { reading, changed_at: number, ..nothing });
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

    /// Where the heard streams end. Asked again, they may be shorter: what they lost for good is not waited for.
    pub(crate) fn set_goals(&mut self, asked: &BTreeMap<Context, u64>) {
        let goals = self.goals.get_or_insert_with(|| asked.clone());
        for (source, goal) in goals {
            *goal = asked.get(source).map_or(*goal, |asked| (*goal).min(*asked));
        }
    }

    /// Ends a rebuild once everything that was there at its begin is heard again.
    pub(crate) fn finish_rebuild(&mut self, unit: &mut Unit) {
        if self.phase != Phase::Rebuilding {
            return;
        }
        let Some(goals) = &self.goals else { return };
        let is_heard =
            |(source, goal): (&Context, &u64)| self.heard.get(source).is_none_or(|heard| heard.number >= *goal);
        if goals.iter().all(is_heard) {
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
