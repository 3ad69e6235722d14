//! What a request is answered when it is repeated, or takes the name of another.

use crate::test_worker::{Stream, TestWorker, short};
use bytes::Bytes;
use rental_bus::commands::{JournalPage, Outcome};
use rental_model::order::OrderPolicy;
use rental_model::{Code, Context, QueryOutcome, Refusal};
use rental_runtime::{Effect, Input, Policy};
use serde_json::{Value, json};

fn order() -> TestWorker {
    TestWorker::serving(Policy::deciding(OrderPolicy::default()))
}

/// Asks, with a hundred units of everything in stock.
#[expect(clippy::needless_pass_by_value, reason = "a story gives text or JSON, as it has it")]
fn ask(worker: &mut TestWorker, endpoint: &str, payload: impl ToString) -> Result<Bytes, Refusal> {
    let (endpoint, payload) = (endpoint.to_owned(), payload.to_string().into());
    let mut effects = worker.step([Input::Command { token: 1, endpoint, payload, trace: None }]);
    if effects.iter().any(|effect| matches!(effect, Effect::Query { .. })) {
        let check = json!({ "productId": 1, "productName": "IPAD", "available": 100, "isEnough": true });
        let query_outcome = QueryOutcome::Answered(check.to_string().into());
        effects = worker.step([Input::QueryOutcome { token: 1, query_outcome }]);
    }
    let answer = |effect| if let Effect::Reply { answer, .. } = effect { Some(answer) } else { None };
    effects.into_iter().find_map(answer).expect("every request is answered")
}

fn request(fields: &Value) -> Value {
    let mut request = json!({ "productId": 1, "qty": 1, "amount": 10 });
    request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    request
}

fn cancel(order: u64, id: &str) -> Value {
    json!({ "orderId": order, "requestId": id })
}

/// How often this request id stands in the journal of commands.
fn entered(worker: &TestWorker, id: &str) -> usize {
    let page: JournalPage = serde_json::from_str(&worker.answer("journal", "{}").unwrap()).unwrap();
    let is_of = |entry: &&rental_bus::commands::Entry| {
        entry.request_id.as_deref() == Some(id) && !matches!(entry.outcome, Outcome::Refused { .. })
    };
    page.entries.iter().filter(is_of).count()
}

fn refused(answer: Result<Bytes, Refusal>, code: Code, words: &str) {
    let refusal = answer.expect_err(words);
    assert_eq!(refusal.code, code, "{refusal}");
    assert!(refusal.message.contains(words), "{refusal}");
}

#[test]
fn a_request_id_answered_with_an_earlier_event_stands_for_that_for_ever() {
    let mut worker = order();
    for id in [1, 2] {
        ask(&mut worker, "request", request(&json!({ "orderId": id }))).unwrap();
    }
    let first = ask(&mut worker, "cancel", cancel(1, "c-1")).unwrap();
    assert_eq!(ask(&mut worker, "cancel", cancel(1, "c-2")).unwrap(), first);
    for _ in 0..2 {
        refused(ask(&mut worker, "cancel", cancel(2, "c-2")), Code::Conflict, "used before");
        assert_eq!(ask(&mut worker, "cancel", cancel(1, "c-2")).unwrap(), first);
        assert_eq!(entered(&worker, "c-2"), 1, "a retry is no second command");
        let before = worker.progress().journal;
        let (again, _) = worker.restart();
        worker = again;
        worker.step([Input::Tip { epoch: 1, last: 0, hash: None }]);
        assert_eq!(worker.progress().journal, before);
    }
}

#[test]
fn an_order_asked_for_under_another_request_id_is_a_conflict() {
    for made_under in [json!({ "requestId": "worker-1" }), json!({})] {
        let mut worker = order();
        let first = ask(&mut worker, "request", request(&made_under)).unwrap();
        let same = json!({ "orderId": 1 });
        for _ in 0..2 {
            let web = request(&json!({ "orderId": 1, "requestId": "web-77" }));
            refused(ask(&mut worker, "request", web), Code::Conflict, "another request");
        }
        assert_eq!(ask(&mut worker, "request", request(&same)).unwrap(), first, "who names no request gets the answer");
        if made_under["requestId"].is_string() {
            assert_eq!(ask(&mut worker, "request", request(&made_under)).unwrap(), first);
        }
        assert_eq!(entered(&worker, "web-77"), 0);
    }
}

#[test]
fn a_repeated_request_is_told_what_became_of_the_order_and_the_first_is_not() {
    let mut worker = order();
    let asked = request(&json!({ "orderId": 5, "requestId": "r-5" }));
    let first = ask(&mut worker, "request", &asked).unwrap();
    assert_eq!(ask(&mut worker, "request", &asked).unwrap(), first, "nothing became of it yet");
    let because = json!({ "orderId": 5, "reason": "too \"late\"" });
    let cancelled = ask(&mut worker, "cancel", &because).unwrap();
    assert_eq!(ask(&mut worker, "cancel", &because).unwrap(), cancelled);
    let became = r#","became":{"reason":"too \"late\"","status":"cancelled"}}"#;
    let expected = [&first[..first.len() - 1], became.as_bytes()].concat();
    for asked in [&asked, &request(&json!({ "orderId": 5 }))] {
        let again = ask(&mut worker, "request", asked).unwrap();
        assert_eq!(again, expected, "{}", String::from_utf8_lossy(&again));
    }

    ask(&mut worker, "request", request(&json!({ "orderId": 7 }))).unwrap();
    worker.receive(Context::Inventory, &Stream::of([short(7)]).messages());
    let again = ask(&mut worker, "request", request(&json!({ "orderId": 7 }))).unwrap();
    let again: Value = serde_json::from_slice(&again).unwrap();
    assert_eq!((&again["eventType"], &again["became"]["status"]), (&json!("RentalRequested"), &json!("short")));
}

#[test]
fn a_request_that_could_mean_two_things_is_refused_and_means_neither() {
    let mut worker = order();
    for (payload, words) in [
        (r#"{"productId":1,"qty":1,"amount":10,"qty":100}"#, r#""qty" stands there twice"#),
        (r#"{"orderId":1,"productId":1,"qty":1,"amount":10,"requestId":"a","requestId":"b"}"#, r#""requestId""#),
        (r#"{"productId":1,"qty":1,"amount":9007199254740993}"#, "9007199254740993"),
        (r#"{"orderId":18446744073709551617,"productId":1,"qty":1,"amount":1}"#, "is beyond"),
    ] {
        refused(ask(&mut worker, "request", payload), Code::Malformed, words);
    }
    assert_eq!(worker.progress().journal, 0);
    for endpoint in ["get", "list", "journal", "parked.list"] {
        let refusal = worker.answer(endpoint, r#"{"orderId":1,"orderId":2}"#).unwrap_err();
        assert_eq!(refusal.code, Code::Malformed, "{endpoint}: {refusal}");
        assert!(refusal.message.contains(r#""orderId""#), "{endpoint}: {refusal}");
    }
}
