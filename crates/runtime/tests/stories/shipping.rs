//! The journal and its stream.

use crate::desk::{Desk, Stream, delivered, fee, message, numbers, requested, shipped, short, stored};
use rental_bus::streams::Shipped;
use rental_model::logistics::LogisticsPolicy;
use rental_model::order::OrderPolicy;
use rental_model::{Context, UnixMs};
use rental_runtime::{Effect, Fatal, Input, Policy};

fn logistics() -> Policy {
    Policy::deciding(LogisticsPolicy)
}

/// A worker that has recorded `count` events, and has been told that the first is stored.
fn with_events(count: u64) -> (Desk, Vec<rental_bus::Record>) {
    let mut desk = Desk::serving(logistics());
    let first = desk.hear(Context::Billing, &Stream::of((1..=count).map(fee)).messages());
    let mut records = shipped(first);
    records.extend(shipped(desk.step([stored(1, 1)])));
    (desk, records)
}

/// A machine whose clock is behind loses its store. What it records after
/// catching up was earlier, by its time, than what it had recorded before.
#[test]
fn events_after_a_loss_are_not_earlier_than_those_before() {
    let (mut desk, _) = Desk::open(logistics());
    desk.now = UnixMs(5);
    let own = Stream::of([delivered(1)]);
    desk.step([Input::Tip { sync: 1, last: 1, hash: Some(own.hash()) }]);
    desk.step([Input::Own { sync: 1, message: own.message(1) }]);
    desk.step([Input::Tip { sync: 2, last: 1, hash: Some(own.hash()) }]);
    let records = shipped(desk.hear(Context::Billing, &Stream::of([fee(2)]).messages()));
    assert_eq!(numbers(&records), [2]);
    assert!(records[0].at >= own.last_at(), "{:?}", records[0].at);
}
