//! The journal of commands: who asked for what, when, and what became of it.
//!
//! An entry is written in the same commit as what follows from its command. One
//! of which nothing follows (a refusal) may wait for the next durable commit.
//! What was accepted also stands in the event journal, for ever, and comes back
//! from there with a lost data file; refusals are lost with the file.

use crate::engine::Engine;
use crate::intake::CommandRequest;
use crate::store::{Direction, Snapshot, StoreError, Table, last};
use crate::unit_of_work::UnitOfWork;
use rental_bus::Record;
use rental_bus::commands::{Entry, JournalPage, Outcome, ReadJournal};
use rental_model::{Command, Event, OrderId, Refusal};
use serde_json::Value;
use std::ops::ControlFlow;
use unicode_normalization::UnicodeNormalization;

/// How many entries are kept: the newest.
const KEPT: u64 = 100_000;
/// The longest request that is kept whole, in bytes of JSON: of a command that was carried out, and of another.
const LONGEST_BODY: usize = 4096;
const LONGEST_REFUSED: usize = 1024;
/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 500;
/// How many entries a page has if nobody says.
const PAGE: u32 = 100;
const MOST_ON_PAGE: u32 = 1000;
/// How many entries one query looks through, and how many bytes its answer may have: the broker allows 1 MiB.
const MOST_LOOKED_THROUGH: u32 = 20_000;
const MOST_BYTES: usize = 512 * 1024;

impl Engine {
    /// Enters a command and what became of it.
    pub(crate) fn enter(
        &mut self,
        unit: &mut UnitOfWork,
        asked: &CommandRequest,
        outcome: Outcome,
        order: Option<OrderId>,
    ) {
        let longest = if outcome.event().is_some() { LONGEST_BODY } else { LONGEST_REFUSED };
        let body = asked.body(longest);
        let (endpoint, at) = (asked.endpoint.clone(), self.now());
        let (actor, request_id) = (asked.actor.clone(), asked.request_id.clone());
        let named = || asked.fields.get("orderId").and_then(Value::as_u64).and_then(|id| OrderId::new(id).ok());
        let order_id = order.or_else(named);
        let is_restored = false;
        self.keep_entry(
            unit,
            Entry { number: 0, at, endpoint, actor, request_id, order_id, body, is_restored, outcome },
        );
    }

    /// Enters the command behind an event that is taken back from the stream.
    pub(crate) fn enter_restored(&mut self, unit: &mut UnitOfWork, record: &Record, event: &Event) {
        let Some(endpoint) = event.asked_by().filter(|_| record.origin.digest.is_some()) else { return };
        let mut fields: Command = serde_json::from_slice(&record.body).unwrap_or_default();
        for name in ["eventType", "timestamp", "me", "id"] {
            fields.remove(name);
        }
        let entry = Entry {
            number: 0,
            at: record.at,
            endpoint: endpoint.to_owned(),
            actor: record.origin.actor.clone(),
            request_id: record.origin.cause.clone(),
            order_id: event.order(),
            body: whole_or_cut(&fields, LONGEST_BODY),
            is_restored: true,
            outcome: Outcome::Recorded { event: record.number },
        };
        self.keep_entry(unit, entry);
    }

    fn keep_entry(&mut self, unit: &mut UnitOfWork, entry: Entry) {
        self.commands += 1;
        let number = self.commands;
        let row = serde_json::to_vec(&Entry { number, ..entry }).unwrap_or_default();
        unit.put(Table::Commands, &number.to_be_bytes(), row);
        if let Some(oldest) = number.checked_sub(KEPT) {
            unit.remove(Table::Commands, &oldest.to_be_bytes());
        }
    }
}

impl CommandRequest {
    /// What was asked for, if that is not too long; else its beginning, as text.
    fn body(&self, longest: usize) -> Value {
        match &self.unread {
            Some(text) => Value::String(cut(text, longest)),
            None => whole_or_cut(&self.fields, longest),
        }
    }
}

/// What a refusal leaves behind.
pub(crate) fn refused(refusal: &Refusal) -> Outcome {
    Outcome::Refused { code: refusal.code, message: cut_reason(&refusal.message) }
}

pub(crate) fn cut_reason(reason: &str) -> String {
    match reason.char_indices().nth(LONGEST_REASON) {
        Some((place, _)) => cut(reason, place),
        None => reason.to_owned(),
    }
}

fn whole_or_cut(fields: &Command, longest: usize) -> Value {
    if fields.is_empty() {
        return Value::Null;
    }
    let whole = Value::Object(fields.clone());
    let text = whole.to_string();
    if text.len() <= longest { whole } else { Value::String(cut(&text, longest)) }
}

/// The beginning of `text`, of at most so many bytes and with a mark behind it; or all of it.
fn cut(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let end = (0..=longest).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// Reads a page: newest first.
pub(crate) fn page(snapshot: &dyn Snapshot, asked: &ReadJournal) -> Result<Result<JournalPage, StoreError>, Refusal> {
    let limit = asked.limit.unwrap_or(PAGE);
    if !(1..=MOST_ON_PAGE).contains(&limit) {
        return Err(Refusal::malformed(format!("limit: {limit} is not a whole number from 1 to {MOST_ON_PAGE}")));
    }
    Ok(read(snapshot, asked, usize::try_from(limit).unwrap_or(usize::MAX)))
}

fn read(snapshot: &dyn Snapshot, asked: &ReadJournal, limit: usize) -> Result<JournalPage, StoreError> {
    let commands = last(snapshot, Table::Commands)?.map_or(0, |(number, _)| number);
    let mut page = JournalPage { commands, ..JournalPage::default() };
    let highest = asked.before.map_or(u64::MAX, |before| before.saturating_sub(1));
    let words: Vec<_> = asked.text.iter().flat_map(|text| text.split_whitespace()).map(folded).collect();
    let (mut looked_through, mut bytes, mut lowest) = (0, 0, None);
    snapshot.walk(Table::Commands, &[0; 8], &highest.to_be_bytes(), Direction::Down, &mut |key, row| {
        if page.entries.len() == limit || bytes >= MOST_BYTES || looked_through == MOST_LOOKED_THROUGH {
            page.next = lowest;
            return ControlFlow::Break(());
        }
        looked_through += 1;
        lowest = key.try_into().ok().map(u64::from_be_bytes);
        if let Some(entry) = serde_json::from_slice::<Entry>(row).ok().filter(|entry| has_words(entry, &words)) {
            bytes += row.len();
            page.entries.push(entry);
        }
        ControlFlow::Continue(())
    })?;
    Ok(page)
}

/// Composed and in small letters, so that what looks the same is found.
fn folded(text: &str) -> String {
    text.nfc().flat_map(char::to_lowercase).collect()
}

/// Whether every word occurs somewhere in the entry.
fn has_words(entry: &Entry, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let Entry { endpoint, actor, request_id, body, outcome, .. } = entry;
    let event = outcome.event().map(|event| format!("#{event}"));
    let parts = [
        Some(endpoint.as_str()),
        actor.as_deref(),
        request_id.as_deref(),
        Some(outcome.word()),
        outcome.why(),
        event.as_deref(),
    ];
    let mut text: Vec<_> = parts.into_iter().flatten().map(folded).collect();
    text.push(folded(&body.to_string()));
    words.iter().all(|word| text.iter().any(|part| part.contains(word.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;
    use crate::store::{Store, Write};
    use rental_model::{Code, UnixMs};
    use serde_json::json;

    fn entry(number: u64, actor: &str, order: u64) -> Entry {
        Entry {
            number,
            at: UnixMs(1_587_605_794_000 + number),
            endpoint: "cancel".to_owned(),
            actor: Some(actor.to_owned()),
            request_id: None,
            order_id: OrderId::new(order).ok(),
            body: json!({ "orderId": order, "reason": "변심" }),
            is_restored: false,
            outcome: Outcome::Refused { code: Code::Unknown, message: format!("there is no order {order}") },
        }
    }

    fn kept(entries: impl IntoIterator<Item = Entry>) -> MemoryStore {
        let mut store = MemoryStore::default();
        let write = |entry: Entry| Write {
            table: Table::Commands,
            key: entry.number.to_be_bytes().to_vec(),
            value: serde_json::to_vec(&entry).ok(),
        };
        let writes: Vec<_> = entries.into_iter().map(write).collect();
        store.commit(&writes).unwrap();
        store
    }

    fn asked(store: &MemoryStore, asked: &ReadJournal) -> (Vec<u64>, Option<u64>) {
        let snapshot = store.reader().snapshot().unwrap();
        let page = page(&*snapshot, asked).unwrap().unwrap();
        (page.entries.iter().map(|entry| entry.number).collect(), page.next)
    }

    #[test]
    fn pages_go_back_from_the_newest_and_end() {
        let store = kept((1..=5).map(|number| entry(number, "kim", number)));
        let of = |before, limit| ReadJournal { before, limit: Some(limit), text: None };
        assert_eq!(asked(&store, &of(None, 2)), (vec![5, 4], Some(4)));
        assert_eq!(asked(&store, &of(Some(4), 2)), (vec![3, 2], Some(2)));
        assert_eq!(asked(&store, &of(Some(2), 2)), (vec![1], None));
        assert_eq!(asked(&store, &of(Some(0), 2)), (vec![], None));
    }

    #[test]
    fn every_word_must_occur_and_composed_hangul_finds_decomposed() {
        let store = kept([entry(1, "kim", 17), entry(2, "Lee", 17), entry(3, "lee", 18)]);
        let with = |text: &str| ReadJournal { text: Some(text.to_owned()), ..ReadJournal::default() };
        assert_eq!(asked(&store, &with("17 LEE")).0, [2]);
        assert_eq!(asked(&store, &with("\u{1107}\u{1167}\u{11ab}\u{1109}\u{1175}\u{11b7} refused")).0, [3, 2, 1]);
        assert_eq!(asked(&store, &with("park")).0, [0; 0]);
    }

    #[test]
    fn a_page_is_never_larger_than_the_broker_carries() {
        let long = |number| Entry { body: Value::String("x".repeat(LONGEST_BODY)), ..entry(number, "kim", 1) };
        let store = kept((1..=1000).map(long));
        let (first, next) = asked(&store, &ReadJournal { limit: Some(1000), ..ReadJournal::default() });
        assert!(first.len() < 200 && next == first.last().copied(), "{}", first.len());
    }

    #[test]
    fn a_page_of_nothing_or_of_everything_is_refused() {
        let snapshot = MemoryStore::default().reader().snapshot().unwrap();
        for limit in [0, 1001] {
            assert!(page(&*snapshot, &ReadJournal { limit: Some(limit), ..ReadJournal::default() }).is_err());
        }
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        assert_eq!(cut("가나다", 4), "가…");
        assert_eq!(cut("가나다", 9), "가나다");
        assert_eq!(cut_reason(&"나".repeat(501)).chars().count(), 501);
    }
}
