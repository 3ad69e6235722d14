//! The journal and its stream.

use crate::test_worker::{
    Stream, TestWorker, delivered, fee, message, numbers, published, requested, reserved, short, stored,
};
use rental_bus::inspection::Ranges;
use rental_bus::streams::PublishOutcome;
use rental_model::logistics::LogisticsPolicy;
use rental_model::order::OrderPolicy;
use rental_model::{Context, UnixMs};
use rental_runtime::inspection::Inspected;
use rental_runtime::{Effect, Fatal, Input, Policy};

fn logistics() -> Policy {
    Policy::deciding(LogisticsPolicy)
}

/// The stock of these orders is set aside: every fee leads to an event.
fn reserve(worker: &mut TestWorker) {
    worker.receive(Context::Inventory, &Stream::of((1..=9).map(reserved)).messages());
}

/// A worker that has recorded `count` events, and has been told that the first is stored.
fn with_events(count: u64) -> (TestWorker, Vec<rental_bus::Record>) {
    let mut worker = TestWorker::serving(logistics());
    reserve(&mut worker);
    let first = worker.receive(Context::Billing, &Stream::of((1..=count).map(fee)).messages());
    let mut records = published(first);
    records.extend(published(worker.step([stored(1, 1)])));
    (worker, records)
}

/// A machine whose clock is behind loses its store. What it records after
/// catching up was earlier, by its time, than what it had recorded before.
#[test]
fn events_after_a_loss_are_not_earlier_than_those_before() {
    let (mut worker, _) = TestWorker::open(logistics());
    worker.now = UnixMs(5);
    let own = Stream::of([delivered(1)]);
    worker.step([Input::Tip { epoch: 1, last: 1, hash: Some(own.hash()) }]);
    worker.step([Input::Own { epoch: 1, message: own.message(1) }]);
    worker.step([Input::Tip { epoch: 2, last: 1, hash: Some(own.hash()) }]);
    reserve(&mut worker);
    let records = published(worker.receive(Context::Billing, &Stream::of([fee(2)]).messages()));
    assert_eq!(numbers(&records), [2]);
    assert!(records[0].at >= own.last_at(), "{:?}", records[0].at);
}

/// Two workers of one context, both at event 0. One writes events 1 and 2; the
/// other has 1, 2 and 3 on their way. The broker refuses its 1 and 2, and takes
/// its 3, which fits behind the other's 2: a stream that is nobody's journal.
/// If only event 1 is on its way, it is refused, and nothing follows.
#[test]
fn after_a_pause_one_publication_goes_alone() {
    let mut worker = TestWorker::serving(logistics());
    reserve(&mut worker);
    let first = worker.receive(Context::Billing, &Stream::of([fee(1), fee(2), fee(3)]).messages());
    assert_eq!(numbers(&published(first)), [1]);
    assert_eq!(numbers(&published(worker.step([stored(1, 1)]))), [2, 3]);
    assert_eq!(numbers(&published(worker.step([stored(1, 2), stored(1, 3)]))), [0; 0]);
    let (_, again) = (worker.position_of(Context::Billing), Stream::of([1, 2, 3, 4, 5].map(fee)));
    assert_eq!(numbers(&published(worker.receive(Context::Billing, &again.messages()[3..]))), [4]);
}

/// The same, while publications are under way: then it may still happen, and
/// must be noticed. The stream's last event is ours, so comparing that alone
/// would find nothing wrong.
#[test]
fn a_foreign_event_among_ours_is_noticed_although_the_last_is_ours() {
    let (mut worker, records) = with_events(3);
    let asked =
        worker.step([Input::Published { epoch: 1, number: 2, outcome: PublishOutcome::Unknown("slow".to_owned()) }]);
    assert_eq!(asked, [Effect::AskTip { epoch: 2 }]);
    let looked = worker.step([Input::Tip { epoch: 2, last: 3, hash: Some(records[2].hash) }]);
    assert_eq!(looked, [Effect::ReadOwn { epoch: 2, from: 2, to: 3 }]);
    let foreign = Stream::of([7, 8].map(delivered)).message(2);
    let end = worker.try_step([Input::Own { epoch: 2, message: foreign }]);
    assert!(matches!(end, Err(Fatal::Forked { number: 2, .. })), "{end:?}");
}

#[test]
fn events_that_were_stored_without_a_word_are_read_back_and_not_shipped_again() {
    let (mut worker, records) = with_events(3);
    worker.step([Input::Published { epoch: 1, number: 2, outcome: PublishOutcome::Unknown("slow".to_owned()) }]);
    worker.step([Input::Tip { epoch: 2, last: 3, hash: Some(records[2].hash) }]);
    let own = |record| Input::Own { epoch: 2, message: message(record) };
    assert_eq!(worker.step([own(&records[1]), own(&records[2])]), []);
    let next = worker.receive(Context::Billing, &Stream::of((1..=4).map(fee)).messages()[3..]);
    assert_eq!(numbers(&published(next)), [4]);
}

/// A block of the broker's disk is gone, and with it some events in the middle.
#[test]
fn a_hole_in_the_own_stream_is_said_with_its_true_ranges_until_it_is_mended() {
    let (mut worker, _) = with_events(3);
    let missing: Ranges = [1, 3].into_iter().collect();
    worker.step([Input::Inspected(Inspected { missing, ..Inspected::default() })]);
    let said = worker.alert_messages()[0].clone();
    assert!(said.contains("events 1, 3 are missing from stream LOGISTICS"), "{said}");
    assert!(said.contains("this ledger has them: `rental-stack mend-stream LOGISTICS`"), "{said}");
    worker.step([Input::Inspected(Inspected::default())]);
    assert_eq!(worker.alert_messages(), Vec::<String>::new());
}

/// A worker that takes its own events back cannot mend what it lacks itself.
#[test]
fn a_hole_that_the_ledger_has_too_needs_a_backup() {
    let (mut worker, _) = with_events(3);
    let missing: Ranges = [3, 4].into_iter().collect();
    worker.step([Input::Inspected(Inspected { missing, ..Inspected::default() })]);
    let said = worker.alert_messages()[0].clone();
    assert!(said.contains("does not have them either") && said.contains("backup of logistics.redb"), "{said}");
    assert!(!said.contains("mend-stream"), "{said}");
}

#[test]
fn changed_events_and_settings_that_cannot_be_put_back_are_said() {
    let (mut worker, _) = with_events(3);
    let (altered, drift) = ([2].into_iter().collect(), vec!["max-msgs is 100, not none".to_owned()]);
    worker.step([Input::Inspected(Inspected { altered, drift, ..Inspected::default() })]);
    let said = worker.alert_messages().join("\n");
    assert!(said.contains("event 2 is not what this ledger has: stream LOGISTICS"), "{said}");
    assert!(said.contains("max-msgs is 100, not none"), "{said}");
}

/// A broker that does not show an event for a moment has not lost it: false alarms came of power cuts.
#[test]
fn what_was_not_shown_once_is_not_said_to_be_missing() {
    let (mut worker, records) = with_events(3);
    worker.step([Input::Published { epoch: 1, number: 2, outcome: PublishOutcome::Unknown("slow".to_owned()) }]);
    worker.step([Input::Tip { epoch: 2, last: 3, hash: Some(records[2].hash) }]);
    worker.step([Input::Own { epoch: 2, message: message(&records[2]) }, Input::OwnLost { epoch: 2 }]);
    assert_eq!(worker.alert_messages(), Vec::<String>::new());
}

/// Reading on behind a hole would break the chain, and asking at once would ask without end.
#[test]
fn a_worker_that_catches_up_waits_before_a_hole() {
    let (mut worker, _) = TestWorker::open(logistics());
    let own = Stream::of([1, 2, 3].map(delivered));
    worker.step([Input::Tip { epoch: 1, last: 3, hash: Some(own.hash()) }]);
    assert_eq!(worker.step([1, 3].map(|number| Input::Own { epoch: 1, message: own.message(number) })), []);
    assert_eq!(worker.step([Input::OwnLost { epoch: 1 }]), [Effect::AskTip { epoch: 2 }]);
}

/// The broker knows of a last event and cannot show it: its disk is damaged.
/// The worker asked for ever, and nobody knew why nothing was published.
#[test]
fn a_stream_that_does_not_tell_its_end_is_said_until_it_does() {
    let (mut worker, records) = with_events(1);
    worker.step([Input::Reconnected]);
    for epoch in 2..12 {
        assert_eq!(worker.step([Input::TipUnknown { epoch }]), [Effect::AskTip { epoch: epoch + 1 }]);
    }
    assert!(
        worker.alert_messages()[0].contains("LOGISTICS does not tell where it ends"),
        "{:?}",
        worker.alert_messages()
    );
    worker.step([Input::Tip { epoch: 12, last: 1, hash: Some(records[0].hash) }]);
    assert_eq!(worker.alert_messages(), [""; 0]);
}

/// A worker that is out of date learns of an order that another worker took, and
/// passes over it. When it takes the order back from the stream, it must receive
/// of it again.
#[test]
fn what_was_received_before_catching_up_is_received_again() {
    let mut worker = TestWorker::serving(Policy::deciding(OrderPolicy::default()));
    worker.receive(Context::Inventory, &Stream::of([short(1)]).messages());
    assert_eq!(worker.position_of(Context::Inventory), 1);
    let own = Stream::of([requested(1)]);
    let (mut worker, _) = worker.restart();
    worker.step([Input::Tip { epoch: 1, last: 1, hash: Some(own.hash()) }]);
    worker.step([Input::Own { epoch: 1, message: own.message(1) }]);
    let effects = worker.step([Input::Tip { epoch: 2, last: 1, hash: Some(own.hash()) }]);
    assert!(effects.contains(&Effect::Subscribe { source: Context::Inventory, reading: 1, from: 1 }), "{effects:?}");
}

/// The answer to a query may be older than the outage that lost what it
/// counts. Believing it, an idle worker never publishes again what is gone.
#[test]
fn an_answer_from_before_the_outage_is_not_believed() {
    let (mut worker, records) = with_events(1);
    assert_eq!(worker.step([Input::Reconnected]), [Effect::AskTip { epoch: 2 }]);
    assert_eq!(worker.step([Input::Reconnected]), [Effect::AskTip { epoch: 3 }]);
    assert_eq!(worker.step([Input::Tip { epoch: 2, last: 1, hash: Some(records[0].hash) }]), []);
    assert_eq!(numbers(&published(worker.step([Input::Tip { epoch: 3, last: 0, hash: None }]))), [1]);
}

/// A cluster can lose events without disconnecting anybody. An idle worker
/// would never know, and its listeners would wait for ever.
#[test]
fn an_idle_worker_finds_out_that_its_stream_is_shorter() {
    let (mut worker, _) = with_events(1);
    assert_eq!(worker.step([Input::Tick]), [Effect::AskTip { epoch: 2 }]);
    assert_eq!(numbers(&published(worker.step([Input::Tip { epoch: 2, last: 0, hash: None }]))), [1]);
}
