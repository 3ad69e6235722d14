//! Told to stop, at any time.

use crate::desk::{Desk, Stream, delivered};
use rental_model::logistics::LogisticsPolicy;
use rental_runtime::{Effect, Input, Policy};

/// Being told to stop replaced the phase, so that a worker whose stream was
/// ahead took itself for one that another worker had overtaken.
#[test]
fn a_worker_told_to_stop_while_it_starts_is_not_fenced() {
    let (mut desk, _) = Desk::open(Policy::deciding(LogisticsPolicy));
    assert_eq!(desk.step([Input::Stop]), []);
    let own = Stream::of([delivered(1), delivered(2)]);
    let effects = desk.step([Input::Tip { sync: 1, last: 2, hash: Some(own.hash()) }]);
    assert_eq!(effects.last(), Some(&Effect::Stopped), "{effects:?}");
}

/// For the same reason it never came to an end while it was reading its events back.
#[test]
fn a_worker_told_to_stop_while_it_catches_up_stops_at_once() {
    let (mut desk, _) = Desk::open(Policy::deciding(LogisticsPolicy));
    let own = Stream::of([delivered(1), delivered(2)]);
    desk.step([Input::Tip { sync: 1, last: 2, hash: Some(own.hash()) }]);
    assert_eq!(desk.step([Input::Stop]), [Effect::Stopped]);
}
