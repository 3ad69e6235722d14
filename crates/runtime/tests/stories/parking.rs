//! What could not be handled.

use crate::test_worker::{Stream, TestWorker, fee};
use rental_bus::status::ParkedList;
use rental_model::Context::Billing;
use rental_model::logistics::LogisticsPolicy;
use rental_runtime::{Input, Policy, queries};

/// Twenty large messages that are no events make a list the broker does not
/// take: the caller waited in vain, and nothing could be retried or dropped.
#[test]
fn a_list_that_does_not_fit_into_an_answer_shows_the_oldest_first() {
    let policy = Policy::deciding(LogisticsPolicy);
    let mut worker = TestWorker::serving(policy.clone());
    let mut stream = Stream::of((1..=20).map(fee)).messages();
    for message in &mut stream {
        message.payload = vec![b'x'; 60_000].into();
        message.headers.clear();
    }
    worker.step(stream.into_iter().map(|message| Input::Received { source: Billing, reading: 1, message }));
    assert_eq!(worker.progress().parked, 20);
    let shown = |worker: &TestWorker| {
        let answer = queries::answer(&policy, &*worker.reader(), &worker.progress(), "parked.list", b"{}").unwrap();
        assert!(answer.len() < 1024 * 1024, "{} bytes", answer.len());
        let list: ParkedList = serde_json::from_slice(&answer).unwrap();
        list.parked.iter().map(|parked| parked.id).collect::<Vec<_>>()
    };
    assert_eq!(shown(&worker), (1..=8).collect::<Vec<_>>());
    let payload = r#"{"id":1,"reason":"junk"}"#.into();
    worker.step([Input::Command { token: 1, endpoint: "parked.drop".to_owned(), payload, trace: None }]);
    assert_eq!(shown(&worker), (2..=9).collect::<Vec<_>>());
}
