//! Told to stop, at any time.

use crate::test_worker::{Stream, TestWorker, delivered};
use rental_model::logistics::LogisticsPolicy;
use rental_runtime::{Effect, Input, Policy};

/// Being told to stop replaced the phase, so that a worker whose stream was
/// ahead took itself for one that another worker had overtaken.
#[test]
fn a_worker_told_to_stop_while_it_starts_is_not_fenced() {
    let (mut worker, _) = TestWorker::open(Policy::deciding(LogisticsPolicy));
    assert_eq!(worker.step([Input::Stop]), []);
    let own = Stream::of([delivered(1), delivered(2)]);
    let effects = worker.step([Input::Tip { epoch: 1, last: 2, hash: Some(own.hash()) }]);
    assert_eq!(effects.last(), Some(&Effect::Stopped), "{effects:?}");
}

/// For the same reason it never came to an end while it was reading its events back.
#[test]
fn a_worker_told_to_stop_while_it_catches_up_stops_at_once() {
    let (mut worker, _) = TestWorker::open(Policy::deciding(LogisticsPolicy));
    let own = Stream::of([delivered(1), delivered(2)]);
    worker.step([Input::Tip { epoch: 1, last: 2, hash: Some(own.hash()) }]);
    assert_eq!(worker.step([Input::Stop]), [Effect::Stopped]);
}
