//! Sources whose history changed.

use crate::desk::{Desk, Stream, delivered, fee, stored};
use rental_bus::Message;
use rental_bus::record::Hash;
use rental_model::Context::{Billing, Inventory, Order};
use rental_model::logistics::LogisticsPolicy;
use rental_runtime::{Effect, Input, Policy};
use std::collections::BTreeMap;

fn logistics() -> Policy {
    Policy::deciding(LogisticsPolicy)
}

fn heard(reading: u64, message: Message) -> Input {
    Input::Heard { source: Billing, reading, message }
}

fn compared(reading: u64, number: u64, hash: Hash) -> Input {
    Input::Compared { source: Billing, reading, number, hash: Some(hash) }
}

fn anew(reading: u64) -> Effect {
    Effect::Hear { source: Billing, reading, from: 1 }
}

/// A source lost its last event, with its stream, and recorded another one. A
/// listener whose consumer was pulled back took it for the one it knew.
#[test]
fn another_event_under_the_number_heard_last_is_noticed() {
    let mut desk = Desk::serving(logistics());
    desk.hear(Billing, &Stream::of([fee(1), fee(2)]).messages());
    let changed = Stream::of([fee(1), fee(3)]);
    assert!(desk.step([heard(1, changed.message(2))]).contains(&anew(2)));
    assert!(desk.troubles()[0].contains("the history of billing changed"), "{:?}", desk.troubles());
}

/// A message that was dealt with long ago may be a second delivery, or the
/// first of another history: the stream is compared before reading on.
#[test]
fn an_older_message_has_the_stream_compared() {
    let mut desk = Desk::serving(logistics());
    let stream = Stream::of([fee(1), fee(2)]);
    desk.hear(Billing, &stream.messages());
    assert_eq!(desk.step([heard(1, stream.message(1))]), [Effect::Hear { source: Billing, reading: 2, from: 3 }]);
}

/// Somebody restores the same old copies twice: the second time, too, the
/// source is found changed at the same event.
#[test]
fn a_source_that_changes_twice_at_the_same_event_is_noticed_twice() {
    let mut desk = Desk::serving(logistics());
    desk.hear(Billing, &Stream::of([fee(1)]).messages());
    let second = Stream::of([fee(2)]);
    assert!(desk.step([compared(1, 1, second.hash())]).contains(&anew(2)));
    desk.step([heard(2, second.message(1))]);
    assert_eq!(desk.heard(Billing), 1);
    assert!(desk.step([compared(2, 1, Stream::of([fee(3)]).hash())]).contains(&anew(3)));
}

/// A stream that two workers wrote has two breaks. Each break sent the
/// listener back to the start, for ever.
#[test]
fn a_stream_whose_chain_is_broken_twice_is_heard_to_its_end() {
    let mut desk = Desk::serving(logistics());
    let (ours, theirs) = (Stream::of([1, 2, 3].map(fee)), Stream::of([4, 5, 6].map(fee)));
    let mixed = [ours.message(1), theirs.message(2), ours.message(3)];
    let mut reading = 1;
    while desk.heard(Billing) < 3 {
        assert!(reading < 5, "{:?}", desk.troubles());
        let effects = desk.step(mixed.iter().cloned().map(|message| heard(reading, message)));
        reading += u64::from(effects.contains(&anew(reading + 1)));
    }
}

/// What a source lost for good will never be heard again: a worker that waited
/// for it was being rebuilt for ever.
#[test]
fn a_rebuild_does_not_wait_for_what_a_source_has_lost() {
    let (mut desk, _) = Desk::open(logistics());
    let own = Stream::of([delivered(1)]);
    desk.step([Input::Tip { sync: 1, last: 1, hash: Some(own.hash()) }]);
    desk.step([Input::Own { sync: 1, message: own.message(1) }]);
    desk.step([Input::Tip { sync: 2, last: 1, hash: Some(own.hash()) }]);
    let goals = |billing| Input::Goals(BTreeMap::from([(Order, 0), (Inventory, 0), (Billing, billing)]));
    desk.step([goals(2)]);
    desk.step([heard(1, Stream::of([fee(1)]).message(1))]);
    let command = || Input::Command { token: 1, endpoint: String::new(), payload: bytes::Bytes::new(), trace: None };
    let refusal = |effects: Vec<Effect>| match &effects[..] {
        [Effect::Reply { answer: Err(refusal), .. }] => refusal.message.clone(),
        other => format!("{other:?}"),
    };
    assert!(refusal(desk.step([command()])).contains("being rebuilt"));
    assert!(desk.step([Input::Look]).contains(&Effect::AskGoals));
    desk.step([stored(2, 1), goals(1)]);
    assert!(refusal(desk.step([command()])).contains("no endpoint"));
}
