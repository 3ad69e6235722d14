//! A rental's history.

use crate::context::{Context, Fact};
use crate::event::{Event, Kind};
use crate::rows::Aggregate;
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
    /// Adds one event at its place in time. The same kind again changes nothing.
    pub fn note(&mut self, fact: &Fact) {
        let kind = fact.event.kind();
        if self.0.iter().any(|entry| entry.event_type == kind) {
            return;
        }
        let amount = match fact.event {
            Event::RentalRequested { amount, .. }
            | Event::ChargeRequested { amount, .. }
            | Event::FeeReceived { amount, .. }
            | Event::FeeDeclined { amount, .. }
            | Event::FeeRefunded { amount, .. } => Some(amount),
            _ => None,
        };
        let entry = Entry {
            event_type: kind,
            source: fact.source,
            number: fact.number,
            at: fact.at,
            amount,
            cause: fact.cause.clone(),
            actor: fact.actor.clone(),
        };
        let place = self.0.partition_point(|other| (other.at, other.event_type) <= (entry.at, entry.event_type));
        self.0.insert(place, entry);
    }
}
