//! Messages of a stream: their headers, numbers and hashes.

use crate::changes::{Change, changed_bytes, changes, fuzz};
use crate::examples;
use proptest::prelude::*;
use rental_audit::Chain;
use rental_bus::record::GENESIS;
use rental_bus::subjects::{ACTOR, AT, CAUSE, DIGEST, HASH, TRACE};
use rental_bus::{Message, Record};
use rental_model::Context;

/// Where a message is changed.
#[derive(Debug, Clone)]
enum Spot {
    Body(Vec<Change>),
    Subject(Vec<Change>),
    Header(usize, Vec<Change>),
    NoHeader(usize),
    /// A header given once more, first or last.
    MoreHeaders(usize, String, bool),
    Number(u64),
}

fn spots() -> impl Strategy<Value = Vec<Spot>> {
    let spot = prop_oneof![
        3 => changes().prop_map(Spot::Body),
        1 => changes().prop_map(Spot::Subject),
        2 => (0..8_usize, changes()).prop_map(|(which, changes)| Spot::Header(which, changes)),
        1 => (0..8_usize).prop_map(Spot::NoHeader),
        1 => (0..8_usize, "[ -~가]{0,30}", any::<bool>()).prop_map(|(which, text, first)| Spot::MoreHeaders(which, text, first)),
        1 => prop_oneof![0..4_u64, any::<u64>()].prop_map(Spot::Number),
    ];
    proptest::collection::vec(spot, 0..4)
}

fn changed_text(text: &str, changes: &[Change]) -> String {
    String::from_utf8_lossy(&changed_bytes(text.as_bytes().to_vec(), changes)).into_owned()
}

fn changed(message: &Message, spots: &[Spot]) -> Message {
    let mut message = message.clone();
    for spot in spots {
        let count = message.headers.len().max(1);
        match spot {
            Spot::Body(changes) => message.payload = changed_bytes(message.payload.to_vec(), changes).into(),
            Spot::Subject(changes) => message.subject = changed_text(&message.subject, changes),
            Spot::Header(which, changes) => {
                if let Some((_, value)) = message.headers.get_mut(which % count) {
                    *value = changed_text(value, changes);
                }
            }
            Spot::NoHeader(which) if !message.headers.is_empty() => drop(message.headers.remove(which % count)),
            Spot::NoHeader(_) => {}
            Spot::MoreHeaders(which, text, is_first) => {
                if let Some((name, _)) = message.headers.get(which % count).cloned() {
                    let place = if *is_first { 0 } else { message.headers.len() };
                    message.headers.insert(place, (name, text.clone()));
                }
            }
            Spot::Number(number) => message.number = *number,
        }
    }
    message
}

/// What the chain is for: a message that is taken back into a journal is, in
/// every part that means something, the one that was recorded.
#[test]
fn a_changed_message_is_taken_back_only_if_it_says_the_same() {
    let with_hash_before = |journal: Vec<Record>| {
        let before = [GENESIS].into_iter().chain(journal.clone().into_iter().map(|record| record.hash));
        before.zip(journal).collect::<Vec<_>>()
    };
    let records = Context::DECIDERS.map(|of| with_hash_before(examples::journal(of))).concat();
    fuzz(&(proptest::sample::select(records), spots()), |((before, record), spots)| {
        let valid = examples::message(&record);
        let message = changed(&valid, &spots);
        if let Ok(taken) = Record::from_message(&message, before) {
            prop_assert_eq!(taken, record);
        }
        Ok(())
    });
}

/// A message that is changed in any way, or is missing, or comes twice, is a finding of the audit.
#[test]
fn a_stream_with_a_changed_message_is_never_called_sound() {
    let stream = |of| (of, examples::journal(of).iter().map(examples::message).collect::<Vec<_>>());
    let streams = Context::DECIDERS.map(stream).to_vec();
    let inputs = (proptest::sample::select(streams), any::<usize>(), spots());
    fuzz(&inputs, |((context, mut messages), which, spots)| {
        let which = which % messages.len();
        let valid = messages[which].clone();
        messages[which] = changed(&valid, &spots);
        let mut chain = Chain::new(context);
        let mut findings = 0;
        for message in &messages {
            let (_, finding) = chain.next(message);
            findings += usize::from(finding.is_some());
        }
        chain.end(u64::MAX);
        let changed = &messages[which];
        let says = |message: &Message| {
            let header = |name: &str| message.header(name).unwrap_or_default().to_owned();
            let headers = [ACTOR, AT, CAUSE, DIGEST, HASH, TRACE].map(header);
            (message.number, message.subject.clone(), message.payload.clone(), headers)
        };
        prop_assert_eq!(findings == 0, says(changed) == says(&valid), "{:?}", changed);
        Ok(())
    });
}
