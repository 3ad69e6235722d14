//! The bodies of events.

use crate::changes::{changed, changes, fuzz, value};
use crate::examples;
use proptest::prelude::*;
use rental_model::Event;
use serde_json::Value;

#[test]
fn a_changed_body_is_refused_or_is_an_event_that_means_what_it_says() {
    let inputs = (proptest::sample::select(examples::bodies()), changes());
    fuzz(&inputs, |(body, changes)| {
        if let Ok((event, number, at)) = Event::from_body(&changed(&body, &changes)) {
            let again = Event::from_body(&event.to_body(number.unwrap_or(1), at));
            prop_assert_eq!(again.map(|(event, _, at)| (event, at)), Ok((event, at)));
        }
        Ok(())
    });
}

#[test]
fn no_json_of_any_shape_makes_the_reader_panic() {
    fuzz(&value(), |value| {
        let _: Result<_, _> = Event::from_body(value.to_string().as_bytes());
        Ok(())
    });
}

#[test]
fn the_examples_are_events_of_every_kind() {
    let read = |body: &Value| Event::from_body(body.to_string().as_bytes()).unwrap().0.kind();
    let kinds: std::collections::BTreeSet<_> = examples::bodies().iter().map(read).collect();
    assert_eq!(kinds.len(), rental_model::Kind::ALL.len());
}
