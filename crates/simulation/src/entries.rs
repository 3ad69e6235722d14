//! The journal of commands: whatever was answered stands in it, once, with that outcome.

use crate::checks::Journals;
use crate::disk::Image;
use crate::people::{PersonAction, is_answer};
use crate::world::World;
use bytes::Bytes;
use rental_bus::commands::{Entry, Outcome};
use rental_model::{Context, Refusal};
use rental_runtime::journal;
use rental_runtime::store::{Snapshot, Table};
use std::collections::BTreeMap;

/// Everything that a context has entered, oldest first.
fn entries(image: &Image) -> impl Iterator<Item = Entry> {
    image.rows(Table::Commands).filter_map(|(_, row)| serde_json::from_slice(row).ok())
}

/// Whether `entry` is what this answer leaves behind.
fn is_of(entry: &Entry, action: &PersonAction, image: &Image, answer: &Result<Bytes, Refusal>) -> bool {
    let is_own = entry.actor.as_deref() == Some(&action.actor);
    match (answer, &entry.outcome) {
        (Err(refusal), Outcome::Refused { code, message }) => {
            is_own && *code == refusal.code && refusal.message.starts_with(message.trim_end_matches('…'))
        }
        (Ok(body), Outcome::Recorded { event } | Outcome::Already { event }) => {
            // A retry gets the answer that somebody got before under the same request id.
            let is_asked = is_own || (action.request_id.is_some() && entry.request_id == action.request_id);
            let row = image.get(Table::Journal, &event.to_be_bytes()).ok().flatten();
            is_asked && row.and_then(|row| journal::decode(*event, &row)).is_some_and(|record| is_answer(&record, body))
        }
        _ => false,
    }
}

impl World {
    /// An answer leaves: what it says is entered already.
    pub(crate) fn check_entered(&mut self, worker: usize, number: usize, answer: &Result<Bytes, Refusal>) {
        let Some(action) = self.actions.get(number) else { return };
        let image = self.workers[worker].disk.image();
        if !entries(&image).any(|entry| is_of(&entry, action, &image, answer)) {
            let (actor, context) = (action.actor.clone(), action.context);
            self.fail(format!("{context} told {actor} {answer:?}, and has not entered it"));
        }
    }

    /// Every command that was carried out is entered once, and nothing else as such.
    pub(crate) fn check_entries(&self, journals: &Journals, findings: &mut Vec<String>) {
        for context in Context::ALL {
            let image = self.workers[self.worker_of(context)].disk.image();
            let mut recorded: BTreeMap<u64, Vec<Entry>> = BTreeMap::new();
            let mut by_actor: BTreeMap<String, u32> = BTreeMap::new();
            let mut by_request: BTreeMap<String, u32> = BTreeMap::new();
            for (expected, entry) in (1..).zip(entries(&image)) {
                if entry.number != expected {
                    findings.push(format!("{context} lacks entry {expected}"));
                    break;
                }
                if let Some(actor) = &entry.actor {
                    *by_actor.entry(actor.clone()).or_default() += 1;
                }
                if let (Some(id), Some(_)) = (&entry.request_id, entry.outcome.event()) {
                    *by_request.entry(id.clone()).or_default() += 1;
                }
                if let Outcome::Recorded { event } = entry.outcome {
                    recorded.entry(event).or_default().push(entry);
                }
            }
            for (id, times) in by_request.into_iter().filter(|(_, times)| *times > 1) {
                findings.push(format!("{context} has carried out request {id} {times} times"));
            }
            for record in journals.get(&context).map(|journal| journal.records.as_slice()).unwrap_or_default() {
                let asked_by = record.recorded().ok().and_then(|recorded| recorded.event.asked_by());
                let is_asked_for = record.origin.digest.is_some() && asked_by.is_some();
                let found = recorded.remove(&record.number).unwrap_or_default();
                let is_right = |entry: &Entry| {
                    entry.actor == record.origin.actor
                        && entry.request_id == record.origin.cause
                        && Some(entry.endpoint.as_str()) == asked_by
                };
                if found.len() != usize::from(is_asked_for) || !found.iter().all(is_right) {
                    findings.push(format!("{context}: event {} is entered as {found:?}", record.number));
                }
            }
            if let Some((event, _)) = recorded.first_key_value() {
                findings.push(format!("{context} has entered event {event}, which is not in its journal"));
            }
            for action in self.actions.iter().filter(|action| action.context == context) {
                let entered = by_actor.get(&action.actor).copied().unwrap_or_default();
                if entered > action.delivered {
                    let asked = action.delivered;
                    findings.push(format!(
                        "{} asked {context} {asked} times, and is entered {entered} times",
                        action.actor
                    ));
                }
            }
        }
    }
}
