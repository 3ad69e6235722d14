//! What a request is answered when it is repeated, or takes the name of another.

use crate::desk::{Desk, Stream, short};
use bytes::Bytes;
use rental_bus::commands::{JournalPage, Outcome};
use rental_model::order::OrderPolicy;
use rental_model::{Code, Consulted, Context, Refusal};
use rental_runtime::{Effect, Input, Policy};
use serde_json::{Value, json};

fn order() -> Desk {
    Desk::serving(Policy::deciding(OrderPolicy::default()))
}

/// Asks, with a hundred units of everything in stock.
#[expect(clippy::needless_pass_by_value, reason = "a story gives text or JSON, as it has it")]
fn ask(desk: &mut Desk, endpoint: &str, payload: impl ToString) -> Result<Bytes, Refusal> {
    let (endpoint, payload) = (endpoint.to_owned(), payload.to_string().into());
    let mut effects = desk.step([Input::Command { token: 1, endpoint, payload, trace: None }]);
    if effects.iter().any(|effect| matches!(effect, Effect::Ask { .. })) {
        let check = json!({ "productId": 1, "productName": "IPAD", "available": 100, "isEnough": true });
        let consulted = Consulted::Answered(check.to_string().into());
        effects = desk.step([Input::Consulted { token: 1, consulted }]);
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
fn entered(desk: &Desk, id: &str) -> usize {
    let page: JournalPage = serde_json::from_str(&desk.answer("journal", "{}").unwrap()).unwrap();
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
    let mut desk = order();
    for id in [1, 2] {
        ask(&mut desk, "request", request(&json!({ "orderId": id }))).unwrap();
    }
    let first = ask(&mut desk, "cancel", cancel(1, "c-1")).unwrap();
    assert_eq!(ask(&mut desk, "cancel", cancel(1, "c-2")).unwrap(), first);
    for _ in 0..2 {
        refused(ask(&mut desk, "cancel", cancel(2, "c-2")), Code::Conflict, "used before");
        assert_eq!(ask(&mut desk, "cancel", cancel(1, "c-2")).unwrap(), first);
        assert_eq!(entered(&desk, "c-2"), 1, "a retry is no second command");
        let before = desk.progress().journal;
        let (again, _) = desk.restart();
        desk = again;
        desk.step([Input::Tip { sync: 1, last: 0, hash: None }]);
        assert_eq!(desk.progress().journal, before);
    }
}

#[test]
fn an_order_asked_for_under_another_request_id_is_a_conflict() {
    for made_under in [json!({ "requestId": "desk-1" }), json!({})] {
        let mut desk = order();
        let first = ask(&mut desk, "request", request(&made_under)).unwrap();
        let same = json!({ "orderId": 1 });
        for _ in 0..2 {
            let web = request(&json!({ "orderId": 1, "requestId": "web-77" }));
            refused(ask(&mut desk, "request", web), Code::Conflict, "another request");
        }
        assert_eq!(ask(&mut desk, "request", request(&same)).unwrap(), first, "who names no request gets the answer");
        if made_under["requestId"].is_string() {
            assert_eq!(ask(&mut desk, "request", request(&made_under)).unwrap(), first);
        }
        assert_eq!(entered(&desk, "web-77"), 0);
    }
}

#[test]
fn a_repeated_request_is_told_what_became_of_the_order_and_the_first_is_not() {
    let mut desk = order();
    let asked = request(&json!({ "orderId": 5, "requestId": "r-5" }));
    let first = ask(&mut desk, "request", &asked).unwrap();
    assert_eq!(ask(&mut desk, "request", &asked).unwrap(), first, "nothing became of it yet");
    let because = json!({ "orderId": 5, "reason": "too \"late\"" });
    let cancelled = ask(&mut desk, "cancel", &because).unwrap();
    assert_eq!(ask(&mut desk, "cancel", &because).unwrap(), cancelled);
    let became = r#","became":{"reason":"too \"late\"","status":"cancelled"}}"#;
    let expected = [&first[..first.len() - 1], became.as_bytes()].concat();
    for asked in [&asked, &request(&json!({ "orderId": 5 }))] {
        let again = ask(&mut desk, "request", asked).unwrap();
        assert_eq!(again, expected, "{}", String::from_utf8_lossy(&again));
    }

    ask(&mut desk, "request", request(&json!({ "orderId": 7 }))).unwrap();
    desk.hear(Context::Inventory, &Stream::of([short(7)]).messages());
    let again = ask(&mut desk, "request", request(&json!({ "orderId": 7 }))).unwrap();
    let again: Value = serde_json::from_slice(&again).unwrap();
    assert_eq!((&again["eventType"], &again["became"]["status"]), (&json!("RentalRequested"), &json!("short")));
}

#[test]
fn a_request_that_could_mean_two_things_is_refused_and_means_neither() {
    let mut desk = order();
    for (payload, words) in [
        (r#"{"productId":1,"qty":1,"amount":10,"qty":100}"#, r#""qty" stands there twice"#),
        (r#"{"orderId":1,"productId":1,"qty":1,"amount":10,"requestId":"a","requestId":"b"}"#, r#""requestId""#),
        (r#"{"productId":1,"qty":1,"amount":9007199254740993}"#, "9007199254740993"),
        (r#"{"orderId":18446744073709551617,"productId":1,"qty":1,"amount":1}"#, "is beyond"),
    ] {
        refused(ask(&mut desk, "request", payload), Code::Malformed, words);
    }
    assert_eq!(desk.progress().journal, 0);
    for endpoint in ["get", "list", "journal", "parked.list"] {
        let refusal = desk.answer(endpoint, r#"{"orderId":1,"orderId":2}"#).unwrap_err();
        assert_eq!(refusal.code, Code::Malformed, "{endpoint}: {refusal}");
        assert!(refusal.message.contains(r#""orderId""#), "{endpoint}: {refusal}");
    }
}
