//! What every context tells about itself: `rental.<context>.status` and `….parked.*`.

use rental_model::{Context, UnixMs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `rental.<context>.status`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContextStatus {
    pub context: Context,
    pub version: String,
    pub phase: Phase,
    pub uptime_ms: u64,
    /// How many events it has recorded.
    pub journal: u64,
    /// How many of them its stream is known to hold.
    #[serde(rename = "shipped")]
    pub published: u64,
    /// How far it is with each context it receives.
    #[serde(rename = "heard")]
    pub positions: BTreeMap<Context, SourceStatus>,
    /// Messages it could not handle, waiting for staff.
    pub parked: u64,
    /// How many commands its journal of commands has counted.
    #[serde(default)]
    pub commands: u64,
    /// Requests and received events handled since it started.
    pub handled: u64,
    /// How long handling took; none before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
    /// For how long the oldest event it has not published or received has been waiting, as far
    /// as it knows; none if none waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind_ms: Option<u64>,
    /// Its clock; 0 from versions that did not tell it.
    #[serde(default)]
    pub clock_ms: u64,
    /// What is wrong, in a sentence; empty if nothing is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "troubles")]
    pub alert_messages: Vec<String>,
    /// The same for programs: of what kind each trouble is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<Alert>,
}

impl ContextStatus {
    /// How many recorded events its stream is not known to hold: nobody else has told of them.
    pub fn unpublished(&self) -> u64 {
        self.journal.saturating_sub(self.published)
    }

    /// Whether the broker keeps what is recorded here from the others.
    pub fn is_cut_off(&self) -> bool {
        let codes = [alert::BROKER_CANNOT_STORE, alert::BROKER_NEEDS_RESTART, alert::BROKER_HAS_NO_STREAMS];
        codes.into_iter().any(|code| self.has_alert(code))
    }

    pub fn has_alert(&self, code: &str) -> bool {
        self.alerts.iter().any(|alert| alert.code == code)
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Of which kind, in a word that stays: one of [`alert`], or one a later version knows.
    pub code: String,
    /// What is wrong and what to do, in a sentence.
    pub message: String,
}

/// The kinds of alert.
pub mod alert {
    /// The broker takes no more into a stream: its disk is full, or a limit is reached.
    ///
    /// The message has the broker's own words. The worker keeps trying, and goes on
    /// by itself where the broker does.
    pub const BROKER_CANNOT_STORE: &str = "broker-cannot-store";
    /// There is room again, and the broker refuses all the same: it takes nothing into
    /// this stream until it is restarted. Whoever supervises it should do that; nothing
    /// recorded is lost by it, the journals have it all.
    pub const BROKER_NEEDS_RESTART: &str = "broker-needs-restart";
    /// The broker runs, and answers no question about streams: `JetStream` is off, or gone.
    pub const BROKER_HAS_NO_STREAMS: &str = "broker-has-no-streams";
    /// The own stream does not tell where it ends.
    pub const STREAM_SILENT: &str = "stream-silent";
    /// Events are missing from the own stream.
    pub const STREAM_HOLE: &str = "stream-hole";
    /// Events of the own stream are not what the journal has under their numbers.
    pub const STREAM_ALTERED: &str = "stream-altered";
    /// Somebody changed the own stream's settings, and they cannot be put back.
    pub const STREAM_SETTINGS: &str = "stream-settings";
    /// Events are missing from a stream that is received.
    pub const SOURCE_GAP: &str = "source-gap";
    /// A source's history changed; it was read again from its start.
    pub const SOURCE_CHANGED: &str = "source-changed";
    /// The data file is not what was written to it.
    pub const JOURNAL_DAMAGED: &str = "journal-damaged";
    /// The view's data file was damaged, is moved aside, and is built anew.
    pub const VIEW_DAMAGED: &str = "view-damaged";
}

/// How long requests and received events took from being looked at to being committed, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handling {
    /// Half of them took no longer, in microseconds.
    pub p50_us: u64,
    /// 99 of 100 took no longer.
    pub p99_us: u64,
}

/// How far a worker is on its way to serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Comparing its journal with its stream.
    Starting,
    /// Reading its own events back: its stream is ahead of its journal.
    CatchingUp,
    /// Receiving again what it had received before its journal was lost.
    Rebuilding,
    Serving,
    Stopping,
}

/// How far a listener is with one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceStatus {
    /// The number of the last event it has dealt with.
    #[serde(rename = "heard")]
    pub position: u64,
    /// The number of the source's last event; none if the stream cannot be asked.
    pub last: Option<u64>,
    /// How many events it is behind; none if the stream cannot be asked.
    pub lag: Option<u64>,
}

/// A message that could not be handled; an item of `parked.list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parked {
    /// Names it for `parked.retry` and `parked.drop`.
    pub id: u64,
    pub source: Context,
    /// Its number in the source's stream.
    pub number: u64,
    pub subject: String,
    pub headers: Vec<(String, String)>,
    /// The raw bytes, in base64.
    pub payload: String,
    /// Why it could not be handled, the last time it was tried.
    pub reason: String,
    pub attempts: u32,
    pub parked_at: UnixMs,
}

/// `rental.<context>.parked.list`'s answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedList {
    pub parked: Vec<Parked>,
}

/// `rental.<context>.parked.retry`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryParked {
    pub id: u64,
}

/// `rental.<context>.parked.drop`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropParked {
    pub id: u64,
    pub reason: rental_model::Reason,
}
