//! Sources whose history changed.

use crate::test_worker::{Stream, TestWorker, delivered, fee, stored};
use rental_bus::Message;
use rental_bus::record::Hash;
use rental_model::Context::{Billing, Inventory, Order};
use rental_model::logistics::LogisticsPolicy;
use rental_runtime::{Effect, Input, Policy};
use std::collections::BTreeMap;

fn logistics() -> Policy {
    Policy::deciding(LogisticsPolicy)
}

fn received(reading: u64, message: Message) -> Input {
    Input::Received { source: Billing, reading, message }
}

fn compared(reading: u64, number: u64, hash: Hash) -> Input {
    Input::Compared { source: Billing, reading, number, hash: Some(hash) }
}

fn anew(reading: u64) -> Effect {
    Effect::Subscribe { source: Billing, reading, from: 1 }
}

/// A source lost its last event, with its stream, and recorded another one. A
/// listener whose consumer was pulled back took it for the one it knew.
#[test]
fn another_event_under_the_number_received_last_is_noticed() {
    let mut worker = TestWorker::serving(logistics());
    worker.receive(Billing, &Stream::of([fee(1), fee(2)]).messages());
    let changed = Stream::of([fee(1), fee(3)]);
    assert!(worker.step([received(1, changed.message(2))]).contains(&anew(2)));
    assert!(worker.alert_messages()[0].contains("the history of billing changed"), "{:?}", worker.alert_messages());
}

/// A message that was dealt with long ago may be a second delivery, or the
/// first of another history: the stream is compared before reading on.
#[test]
fn an_older_message_has_the_stream_compared() {
    let mut worker = TestWorker::serving(logistics());
    let stream = Stream::of([fee(1), fee(2)]);
    worker.receive(Billing, &stream.messages());
    assert_eq!(
        worker.step([received(1, stream.message(1))]),
        [Effect::Subscribe { source: Billing, reading: 2, from: 3 }]
    );
}

/// Somebody restores the same old copies twice: the second time, too, the
/// source is found changed at the same event.
#[test]
fn a_source_that_changes_twice_at_the_same_event_is_noticed_twice() {
    let mut worker = TestWorker::serving(logistics());
    worker.receive(Billing, &Stream::of([fee(1)]).messages());
    let second = Stream::of([fee(2)]);
    assert!(worker.step([compared(1, 1, second.hash())]).contains(&anew(2)));
    worker.step([received(2, second.message(1))]);
    assert_eq!(worker.position_of(Billing), 1);
    assert!(worker.step([compared(2, 1, Stream::of([fee(3)]).hash())]).contains(&anew(3)));
}

/// A stream that two workers wrote has two breaks. Each break sent the
/// listener back to the start, for ever.
#[test]
fn a_stream_whose_chain_is_broken_twice_is_received_to_its_end() {
    let mut worker = TestWorker::serving(logistics());
    let (ours, theirs) = (Stream::of([1, 2, 3].map(fee)), Stream::of([4, 5, 6].map(fee)));
    let mixed = [ours.message(1), theirs.message(2), ours.message(3)];
    let mut reading = 1;
    while worker.position_of(Billing) < 3 {
        assert!(reading < 5, "{:?}", worker.alert_messages());
        let effects = worker.step(mixed.iter().cloned().map(|message| received(reading, message)));
        reading += u64::from(effects.contains(&anew(reading + 1)));
    }
}

/// What a source lost for good will never be received again: a worker that waited
/// for it was being rebuilt for ever.
#[test]
fn a_rebuild_does_not_wait_for_what_a_source_has_lost() {
    let (mut worker, _) = TestWorker::open(logistics());
    let own = Stream::of([delivered(1)]);
    worker.step([Input::Tip { epoch: 1, last: 1, hash: Some(own.hash()) }]);
    worker.step([Input::Own { epoch: 1, message: own.message(1) }]);
    worker.step([Input::Tip { epoch: 2, last: 1, hash: Some(own.hash()) }]);
    let goals = |billing| Input::Goals(BTreeMap::from([(Order, 0), (Inventory, 0), (Billing, billing)]));
    worker.step([goals(2)]);
    worker.step([received(1, Stream::of([fee(1)]).message(1))]);
    let command = || Input::Command { token: 1, endpoint: String::new(), payload: bytes::Bytes::new(), trace: None };
    let refusal = |effects: Vec<Effect>| match &effects[..] {
        [Effect::Reply { answer: Err(refusal), .. }] => refusal.message.clone(),
        other => format!("{other:?}"),
    };
    assert!(refusal(worker.step([command()])).contains("being rebuilt"));
    assert!(worker.step([Input::Tick]).contains(&Effect::AskGoals));
    worker.step([stored(2, 1), goals(1)]);
    assert!(refusal(worker.step([command()])).contains("no endpoint"));
}
