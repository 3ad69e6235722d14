//! What people and programs ask of every context, and what it receives.

use crate::changes::{Change, changed, changes, fuzz};
use crate::examples;
use crate::test_worker::{self, Pause};
use data_encoding::BASE64;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use rental_bus::status::ParkedList;
use rental_bus::subjects;
use rental_model::{Code, Event, QueryOutcome, Refusal};
use serde_json::Value;

/// What the other context says when it is consulted.
fn query_outcome() -> impl Strategy<Value = QueryOutcome> {
    prop_oneof![
        3 => Just(test_worker::enough()),
        3 => changes().prop_map(|changes| QueryOutcome::Answered(changed(&test_worker::check(), &changes))),
        1 => proptest::sample::select(&[Code::Malformed, Code::Unknown, Code::Conflict, Code::Failed][..])
            .prop_map(|code| QueryOutcome::Refused(Refusal::new(code, "no"))),
        1 => Just(QueryOutcome::Silent("nobody there".to_owned())),
    ]
}

/// A panic inside a policy is caught and answered with 500: here that is a failure.
#[test]
fn a_changed_request_is_refused_without_a_trace_or_records_events_that_can_be_read() {
    let ask = (any::<usize>(), changes(), query_outcome());
    let inputs = (proptest::sample::select(Pause::all()), proptest::collection::vec(ask, 1..5));
    fuzz(&inputs, |(pause, asks)| {
        let mut worker = pause.end();
        let endpoints = worker.endpoints();
        for (which, changes, query_outcome) in asks {
            let endpoint = endpoints[which % endpoints.len()];
            let example: Value = serde_json::from_str(endpoint.example).unwrap();
            let payload = changed(&example, &changes);
            let said = worker.ask(endpoint.name, payload.clone().into(), &query_outcome);
            let said = said.map_err(|fatal| TestCaseError::fail(fatal.to_string()))?;
            let asked = String::from_utf8_lossy(&payload);
            match said.answer {
                Err(refusal) => {
                    prop_assert!(refusal.code != Code::Failed, "{} {asked}: {refusal}", endpoint.name);
                    prop_assert!(!said.has_recorded, "{} {asked}: {refusal}", endpoint.name);
                    prop_assert!(!refusal.message.is_empty());
                    prop_assert_eq!(Refusal::from_body(&refusal.to_body()), Some(refusal));
                }
                Ok(body) => {
                    prop_assert!(serde_json::from_slice::<Value>(&body).is_ok());
                    prop_assert!(!said.has_recorded || Event::from_body(&body).is_ok(), "{} {asked}", endpoint.name);
                }
            }
        }
        Ok(())
    });
}

/// One event received: of which kind, changed how, and with a hash or without.
fn told() -> impl Strategy<Value = (usize, u64, Vec<Change>, bool)> {
    (any::<usize>(), 1..4_u64, changes(), any::<bool>())
}

/// What is received cannot be refused. It is handled, or parked with its bytes;
/// and a policy never panics.
#[test]
fn a_changed_event_is_handled_or_parked_whole_and_the_next_is_received() {
    let bodies = examples::bodies();
    let inputs = (proptest::sample::select(Pause::all()), proptest::collection::vec(told(), 1..6));
    fuzz(&inputs, |(pause, told)| {
        let mut worker = pause.end();
        let mut sent = Vec::new();
        for (which, order, changes, has_hash) in told {
            let mut body = bodies[which % bodies.len()].clone();
            let event = Event::from_body(body.to_string().as_bytes()).unwrap().0;
            let source = event.kind().context();
            if let Some(id) = body.get_mut("orderId") {
                *id = order.into();
            }
            let mut message = worker.next_message(source, &event);
            message.payload = changed(&body, &changes).into();
            message.headers.retain(|(name, _)| has_hash || name != subjects::HASH);
            let number = message.number;
            let payload = message.payload.clone();
            let is_received =
                worker.receive(source, message).map_err(|fatal| TestCaseError::fail(fatal.to_string()))?;
            if is_received && worker.engine.progress().positions[&source] == number {
                sent.push((source, number, payload));
            } else if is_received {
                // Its hash shows that it was changed: the source is read again from its start.
                prop_assert!(has_hash && worker.engine.progress().positions[&source] == 0);
                return Ok(());
            }
        }
        let list = worker.ask("parked.list", "{}".into(), &test_worker::enough()).unwrap().answer.unwrap();
        for parked in serde_json::from_slice::<ParkedList>(&list).unwrap().parked {
            let bytes = BASE64.decode(parked.payload.as_bytes()).unwrap();
            let is_whole = sent.iter().any(|(source, number, payload)| {
                (*source, *number, &payload[..]) == (parked.source, parked.number, &bytes[..])
            });
            prop_assert!(is_whole, "{:?}", parked);
            prop_assert!(!parked.reason.contains("policy failed"), "{:?}", parked);
        }
        Ok(())
    });
}
