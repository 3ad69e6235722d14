//! What services answer to those who ask them.

use crate::changes::{changed, changes, fuzz};
use proptest::prelude::*;
use rental_bus::status::{ContextStatus, ParkedList};
use rental_model::Refusal;
use rental_model::totalview::Page;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn answers() -> Vec<Value> {
    let row = json!({ "orderId": 2, "productId": 2, "productName": "MACBOOK", "qty": 10, "amount": 10, "charged": 10,
        "refunded": null, "wasDispatched": true, "requestedAt": 1_587_605_794_123_u64,
        "lastEvent": "DeliveryStarted", "lastAt": 1_587_605_794_999_u64, "seen": 172 });
    let parked = json!({ "id": 1, "source": "billing", "number": 7, "subject": "rental.events.billing.Odd.2",
        "headers": [["Rental-At", "1"]], "payload": "e30=", "reason": "not an event", "attempts": 1, "parkedAt": 1 });
    vec![
        json!({ "context": "order", "version": "0.1.0", "phase": "serving", "uptimeMs": 5, "journal": 3, "shipped": 3,
            "heard": { "billing": { "heard": 2, "last": 3, "lag": 1 } }, "parked": 0, "commands": 4, "handled": 9, "troubles": ["x"],
            "alerts": [{ "code": "stream-hole", "message": "x" }] }),
        json!({ "parked": [parked] }),
        json!({ "error": { "code": 409, "message": "90 available", "available": 90 } }),
        json!({ "rentals": [row], "next": "qty.down.3.17", "matching": 9, "heard": { "order": 7 } }),
    ]
}

/// What is read is read the same way again.
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    body: &[u8],
) -> Result<(), proptest::test_runner::TestCaseError> {
    if let Ok(read) = serde_json::from_slice::<T>(body) {
        let again = serde_json::from_slice::<T>(&serde_json::to_vec(&read).expect("what was read can be written"));
        prop_assert_eq!(again.ok(), Some(read));
    }
    Ok(())
}

#[test]
fn a_changed_answer_is_unreadable_or_means_what_it_says() {
    fuzz(&(proptest::sample::select(answers()), changes()), |(answer, changes)| {
        let body = changed(&answer, &changes);
        comes_back::<ContextStatus>(&body)?;
        comes_back::<ParkedList>(&body)?;
        comes_back::<Page>(&body)?;
        if let Some(refusal) = Refusal::from_body(&body) {
            // Of its facts the names alone: a fraction, which none of ours is, may lose its last digit.
            let told = |refusal: Refusal| {
                (refusal.code, refusal.message, refusal.facts.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
            };
            prop_assert_eq!(Refusal::from_body(&refusal.to_body()).map(told), Some(told(refusal)));
        }
        Ok(())
    });
}

#[test]
fn the_examples_can_be_read() {
    let [status, parked, refusal, page] = &answers()[..] else { panic!("four examples") };
    serde_json::from_value::<ContextStatus>(status.clone()).unwrap();
    serde_json::from_value::<ParkedList>(parked.clone()).unwrap();
    Refusal::from_body(refusal.to_string().as_bytes()).unwrap();
    serde_json::from_value::<Page>(page.clone()).unwrap();
}
