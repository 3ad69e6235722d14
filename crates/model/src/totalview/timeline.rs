//! A rental's history.

use crate::context::{Context, RecordedEvent};
use crate::event::{Event, Kind};
use crate::repository::Aggregate;
use crate::values::{UnixMs, Won};
use serde::{Deserialize, Serialize};

/// One event of a rental's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub event_type: Kind,
    pub source: Context,
    /// Its number in the source's journal.
    pub number: u64,
    pub at: UnixMs,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Won>,
    /// `<STREAM>:<number>` of the event that led to it, or the request's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// A rental's events, in the order they happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timeline(pub Vec<Entry>);

impl Aggregate for Timeline {
    const KIND: u8 = 2;
}

impl Timeline {
    /// Adds one event at its place in time. The same again changes nothing; answers whether it was new.
    pub fn project(&mut self, recorded: &RecordedEvent) -> bool {
        let kind = recorded.event.kind();
        let is_same =
            |entry: &Entry| entry.event_type == kind && (!kind.may_repeat() || entry.number == recorded.number);
        if self.0.iter().any(is_same) {
            return false;
        }
        let amount = match recorded.event {
            Event::RentalRequested { amount, .. }
            | Event::ChargeRequested { amount, .. }
            | Event::FeeReceived { amount, .. }
            | Event::FeeDeclined { amount, .. }
            | Event::RefundRequested { amount, .. }
            | Event::RefundDeclined { amount, .. }
            | Event::FeeRefunded { amount, .. } => Some(amount),
            _ => None,
        };
        let entry = Entry {
            event_type: kind,
            source: recorded.source,
            number: recorded.number,
            at: recorded.at,
            amount,
            cause: recorded.cause.clone(),
            actor: recorded.actor.clone(),
        };
        let key = |entry: &Entry| (entry.at, entry.event_type, entry.number);
        let place = self.0.partition_point(|other| key(other) <= key(&entry));
        self.0.insert(place, entry);
        true
    }
}
