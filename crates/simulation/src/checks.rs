//! What must be true when everything has come to rest.

use crate::Scope;
use crate::world::World;
use rental_audit::{Ledger, Patience, Stock};
use rental_bus::Record;
use rental_bus::record::{GENESIS, Hash};
use rental_model::repository::memory::MemoryRepository;
use rental_model::repository::{Aggregate, Direction, walk};
use rental_model::{Context, Kind, RecordedEvent, UnixMs, totalview};
use rental_runtime::store::{Reader, Table};
use rental_runtime::{Policy, ReadOnly, journal};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// A context's journal, as its stream has it.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) records: Vec<Record>,
    pub(crate) recorded_events: Vec<RecordedEvent>,
}

pub(crate) type Journals = BTreeMap<Context, Journal>;

impl World {
    /// Checks everything that was promised.
    pub(crate) fn check(&mut self) {
        if self.violation.is_some() {
            return;
        }
        let mut findings = Vec::new();
        let journals = self.journals(&mut findings);
        self.check_positions(&journals, &mut findings);
        if !self.outside_fault_model {
            self.check_rows(&journals, &mut findings);
            findings.extend(self.book_findings(&journals));
            self.check_deeds(&journals, &mut findings);
            self.check_shortages(&journals, &mut findings);
            self.check_entries(&journals, &mut findings);
        }
        if findings.is_empty() && self.options.scope == Scope::Promised {
            self.ask_everything_again(&journals, &mut findings);
        }
        if let Some(first) = findings.first() {
            let more = findings.len() - 1;
            self.fail(if more == 0 { first.clone() } else { format!("{first} (and {more} more)") });
        }
    }

    pub(crate) fn worker_of(&self, context: Context) -> usize {
        self.workers_of(context).next().unwrap_or_default()
    }

    /// Reads the streams: gap-free, in one unbroken chain, and the same as the journals on the disks.
    fn journals(&self, findings: &mut Vec<String>) -> Journals {
        let mut journals = Journals::new();
        for context in Context::DECIDERS {
            let image = self.workers[self.worker_of(context)].disk.image();
            let mut kept = image.rows(Table::Journal);
            let journal: &mut Journal = journals.entry(context).or_default();
            let mut before = GENESIS;
            for message in self.broker.stream(context).unwrap_or_default() {
                let Some(message) = message else {
                    findings.push(format!("{context}: there is a hole in the stream"));
                    break;
                };
                let number = message.number;
                let record = match Record::from_message(message, before) {
                    Ok(record) => record,
                    Err(error) => {
                        findings.push(format!("{context}: {error}"));
                        break;
                    }
                };
                let on_disk = kept.next().and_then(|(_, row)| journal::decode(number, row));
                if on_disk.as_ref() != Some(&record) {
                    findings.push(format!("{context}: event {number} is {on_disk:?} on disk"));
                }
                if journal.recorded_events.last().is_some_and(|last| last.at > record.at) {
                    findings.push(format!("{context}: event {number} is earlier than the one before it"));
                }
                before = record.hash;
                journal.recorded_events.extend(record.recorded().ok());
                journal.records.push(record);
            }
            let unpublished = kept.count();
            if unpublished > 0 {
                findings.push(format!("{context}: {unpublished} events are on disk but not on the stream"));
            }
        }
        journals
    }

    /// Everyone has received everything, and the same history.
    fn check_positions(&self, journals: &Journals, findings: &mut Vec<String>) {
        for listener in Context::ALL {
            let worker = &self.workers[self.worker_of(listener)];
            let image = worker.disk.image();
            for &source in worker.policy.subscriptions() {
                let row = image.rows(Table::Positions).find(|(key, _)| *key == source.name().as_bytes());
                let received = row.map(|(_, row)| row).and_then(|row| Some((row.get(..8)?, row.get(8..40)?)));
                let last = journals.get(&source).and_then(|journal| journal.records.last());
                let expected = last.map(|record| (record.number.to_be_bytes(), record.hash));
                let is_same = match (received, expected) {
                    (Some((number, hash)), Some((expected, Hash(chain)))) => number == expected && *hash == chain,
                    (Some((number, _)), None) => *number == [0; 8],
                    (None, None) => true,
                    _ => false,
                };
                if !is_same {
                    findings.push(format!("{listener} received another history of {source} than there is"));
                }
            }
            if image.rows(Table::Parked).next().is_some() {
                findings.push(format!("{listener} has parked something"));
            }
        }
    }

    /// The rows are the fold of the own events, then of those received; and receiving decides nothing new.
    fn check_rows(&self, journals: &Journals, findings: &mut Vec<String>) {
        for context in Context::ALL {
            let worker = &self.workers[self.worker_of(context)];
            let image = worker.disk.image();
            let mut rows = MemoryRepository::default();
            let recorded_events =
                |of: Context| journals.get(&of).map(|journal| journal.recorded_events.as_slice()).unwrap_or_default();
            match &worker.policy {
                Policy::Deciding(decider) => {
                    for own in recorded_events(context) {
                        decider.apply(&mut rows, own);
                    }
                    for other in decider.subscriptions().iter().flat_map(|source| recorded_events(*source)) {
                        let more = decider.react(&mut rows, other);
                        if !more.is_empty() {
                            findings.push(format!("{context}, receiving {other:?} again, decides {more:?}"));
                        }
                    }
                }
                Policy::Projecting(projection) => {
                    projection
                        .subscriptions()
                        .iter()
                        .flat_map(|source| recorded_events(*source))
                        .for_each(|received| projection.project(&mut rows, received));
                }
            }
            let kept: Vec<_> = image.rows(Table::Rows).map(line).collect();
            let folded = rows.dump();
            if kept != folded {
                let differs = kept.iter().zip(&folded).find(|(kept, folded)| kept != folded);
                findings.push(format!("{context}: rows on disk (left) are not the fold of the events: {differs:?}"));
            }
        }
    }

    /// What the audit of a live shop finds, which this one must pass at rest.
    fn book_findings(&self, journals: &Journals) -> Vec<String> {
        let mut books = Ledger::default();
        for recorded in journals.values().flat_map(|journal| &journal.recorded_events) {
            books.enter(recorded);
        }
        let ends: BTreeMap<_, _> =
            journals.iter().map(|(source, journal)| (*source, journal.recorded_events.len() as u64)).collect();
        let patience = Patience { now: UnixMs(u64::MAX), stuck_after_ms: 0 };
        let mut findings = books.judge(patience, &ends).findings.iter().map(ToString::to_string).collect();
        unreserved(&books, &mut findings);
        let mut stock = Stock::new(self.rows_of(Context::Inventory));
        stock.look(&books);
        let mut more = stock.findings(&books);
        more.extend(stock.findings_at_rest(&books));
        let rows: Vec<totalview::Row> = self.rows_of(Context::Totalview);
        more.extend(books.compare(&rows, 0..u64::MAX, &ends, patience));
        findings.extend(more.iter().map(ToString::to_string));
        findings
    }

    /// All aggregates of one kind on a context's disk.
    fn rows_of<A: Aggregate>(&self, context: Context) -> Vec<A> {
        let mut found = Vec::new();
        if let Ok(snapshot) = self.workers[self.worker_of(context)].disk.snapshot() {
            walk(&ReadOnly::new(snapshot), 0, Direction::Up, |_, aggregate| {
                found.push(aggregate);
                ControlFlow::Continue(())
            });
        }
        found
    }

    /// What was accepted is there, once; what was refused is not.
    fn check_deeds(&self, journals: &Journals, findings: &mut Vec<String>) {
        for action in &self.actions {
            let Some(journal) = journals.get(&action.context) else { continue };
            let mut kinds = BTreeSet::new();
            let mut recorded = 0;
            for record in journal.records.iter().filter(|record| record.origin.actor.as_deref() == Some(&action.actor))
            {
                recorded += 1;
                if !kinds.insert(record.kind) {
                    findings.push(format!("{} did {} twice", action.actor, record.kind));
                }
            }
            let mut answers = BTreeSet::new();
            for (worker, body) in &action.accepted {
                if let Some(record) = journal.records.iter().find(|record| action.is_answered_by(record, body)) {
                    answers.insert(record.number);
                } else if !self.workers[*worker].is_retired {
                    let body = String::from_utf8_lossy(body);
                    findings.push(format!("{} was told {body}, which is not in the journal", action.actor));
                }
            }
            if answers.len() > 1 && action.request_id.is_some() && !action.is_clashing {
                findings.push(format!("{} got different answers to the same request", action.actor));
            }
            if recorded > 0 && action.refused == action.delivered {
                findings.push(format!("{} was refused, and it was recorded all the same", action.actor));
            }
        }
    }

    /// Every request id brings its answer once more, and nothing is recorded for it.
    fn ask_everything_again(&mut self, journals: &Journals, findings: &mut Vec<String>) {
        let mut expected: Vec<(usize, Record)> = Vec::new();
        for number in 0..self.actions.len() {
            let action = &self.actions[number];
            let known = journals.get(&action.context).map(|journal| journal.records.as_slice()).unwrap_or_default();
            let answers = action.accepted.iter().map(|(_, body)| body);
            let answer = answers.rev().find_map(|body| known.iter().find(|record| action.is_answered_by(record, body)));
            let answer = answer.cloned();
            let Some(answer) = answer.filter(|_| action.request_id.is_some() && !action.is_clashing) else { continue };
            let (endpoint, payload, context) = (action.endpoint, action.payload.clone(), action.context);
            let worker = self.worker_of(context);
            self.actions[number].accepted.clear();
            self.actions[number].delivered += 1;
            self.command(worker, number, endpoint, payload);
            expected.push((number, answer));
        }
        self.rest();
        for (number, answer) in expected {
            let action = &self.actions[number];
            if !action.accepted.last().is_some_and(|(_, body)| action.is_answered_by(&answer, body)) {
                findings.push(format!("{} asked again, and got {:?}", action.actor, action.accepted));
            }
        }
        if findings.is_empty() {
            self.check_entries(journals, findings);
        }
        for (context, journal) in journals {
            if self.broker.last(*context) != journal.records.len() as u64 {
                findings.push(format!("{context} recorded something when everything was asked again"));
            }
        }
    }
}

/// Goods never leave for which no stock was set aside.
fn unreserved(books: &Ledger, findings: &mut Vec<String>) {
    let has = |order, kind| books.number(order, kind).is_some();
    let sent = books.orders().filter(|order| has(*order, Kind::DeliveryStarted));
    let unreserved = sent.filter(|order| !has(*order, Kind::StockReserved));
    findings.extend(unreserved.map(|order| format!("order {order} left, and nothing was set aside for it")));
}

/// A row on disk, as [`MemoryRepository::dump`] shows it.
fn line((key, row): (&[u8], &[u8])) -> String {
    let kind = key.first().copied().unwrap_or_default();
    let id = key.get(1..).and_then(|id| id.try_into().ok()).map_or(0, u64::from_be_bytes);
    format!("{kind}/{id} {}", String::from_utf8_lossy(row))
}
