//! Stores that an earlier version wrote.

use crate::desk::{Desk, Stream, delivered, fee, requested, reserved, shipped, short};
use rental_model::Context::{Billing, Inventory, Order};
use rental_model::logistics::{LogisticsPolicy, Shipment};
use rental_model::rows::load;
use rental_model::totalview::TotalView;
use rental_model::{Consulted, Context, Decider, Decision, Endpoint, Event, Fact, Refusal, Request, Rows, RowsMut};
use rental_runtime::{Effect, Input, Policy};
use serde_json::Value;

/// The kinds of row that totalview's catalogue is made of.
const CATALOGUE: [u8; 2] = [5, 6];

/// Totalview first kept no catalogue: what it lists from one must be right all the same.
#[test]
fn a_store_without_a_catalogue_is_given_one_when_it_is_opened() {
    let mut desk = Desk::open(Policy::projecting(TotalView)).0;
    desk.hear(Order, &Stream::of([requested(1), requested(2), requested(200)]).messages());
    desk.hear(Billing, &Stream::of([fee(2)]).messages());
    let ask = |desk: &Desk| desk.answer("list", r#"{"filter":"qty>0 !paid","sort":"age"}"#).unwrap();
    let whole = ask(&desk);
    assert!(whole.contains(r#""matching":2"#), "{whole}");
    desk.lose_rows(&CATALOGUE);
    assert!(ask(&desk).contains(r#""matching":0"#), "the list is made from the catalogue");
    let (desk, _) = desk.restart();
    assert_eq!(ask(&desk), whole);
}

/// Logistics as it was before it waited for the reservation: it ignored that, and kept rows without it.
#[derive(Debug)]
struct OldLogistics;

impl Decider for OldLogistics {
    fn context(&self) -> Context {
        Context::Logistics
    }

    fn hears(&self) -> &'static [Context] {
        LogisticsPolicy.hears()
    }

    fn apply(&self, rows: &mut dyn RowsMut, own: &Fact) {
        LogisticsPolicy.apply(rows, own);
    }

    fn hear(&self, rows: &mut dyn RowsMut, fact: &Fact) -> Vec<Event> {
        match fact.event {
            Event::StockReserved { .. } => Vec::new(),
            Event::FeeReceived { order, .. } => {
                let known = load::<Shipment>(rows, order.get()).unwrap_or_default();
                let starts = !known.is_over && !known.is_delivery_started;
                starts.then_some(Event::DeliveryStarted { order }).into_iter().collect()
            }
            _ => LogisticsPolicy.hear(rows, fact),
        }
    }

    fn commands(&self) -> &'static [Endpoint] {
        &[]
    }

    fn decide(&self, rows: &dyn Rows, request: Request<'_>, said: Option<&Consulted>) -> Result<Decision, Refusal> {
        LogisticsPolicy.decide(rows, request, said)
    }

    fn queries(&self) -> &'static [Endpoint] {
        LogisticsPolicy.queries()
    }

    fn query(&self, rows: &dyn Rows, request: Request<'_>) -> Result<Value, Refusal> {
        LogisticsPolicy.query(rows, request)
    }
}

/// The deliveries among the effects that are to be published.
fn sent(effects: Vec<Effect>) -> Vec<Event> {
    shipped(effects).iter().map(|record| record.fact().expect("an event of ours").event).collect()
}

fn heard(source: Context, reading: u64, message: rental_bus::Message) -> Input {
    Input::Heard { source, reading, message }
}

/// An order whose reservation the version before had heard, and ignored, and whose fee comes after the
/// upgrade would never have left.
#[test]
fn a_reservation_heard_by_the_version_before_is_known_after_the_upgrade() {
    let stock = Stream::of([reserved(1), reserved(2), short(3)]);
    let fees = Stream::of([fee(1), fee(2), fee(3)]);
    let mut old = Desk::serving(Policy::deciding(OldLogistics));
    old.hear(Billing, &[fees.message(1)]);
    old.hear(Inventory, &stock.messages());
    old.forget_versions();
    let (mut new, _) = old.upgrade(Policy::deciding(LogisticsPolicy));
    let first = new.step([Input::Tip { sync: 1, last: 0, hash: None }]);
    assert!(first.contains(&Effect::Hear { source: Inventory, reading: 1, from: 1 }), "{first:?}");
    assert!(first.contains(&Effect::Hear { source: Billing, reading: 1, from: 2 }), "{first:?}");
    assert_eq!(sent(first), [delivered(1)], "what the version before had not shipped");
    new.step([crate::desk::stored(1, 1)]);
    // The fee first, or the second hearing first: the goods leave once, and only those that are set aside.
    assert_eq!(sent(new.step([heard(Billing, 1, fees.message(2)), heard(Billing, 1, fees.message(3))])), []);
    let again = (1..=3).map(|number| heard(Inventory, 1, stock.message(number)));
    assert_eq!(sent(new.step(again)), [delivered(2)]);
    let (later, _) = new.restart();
    assert_eq!(later.heard(Inventory), 3, "heard again once");
}

/// While it hears again it may be ended; and the version before may have been started once more.
#[test]
fn an_upgrade_that_is_cut_off_or_taken_back_hears_again() {
    let stock = Stream::of([reserved(1), reserved(2)]);
    let mut old = Desk::serving(Policy::deciding(OldLogistics));
    old.hear(Inventory, &stock.messages());
    old.forget_versions();
    let (mut new, _) = old.upgrade(Policy::deciding(LogisticsPolicy));
    new.step([Input::Tip { sync: 1, last: 0, hash: None }]);
    new.step([heard(Inventory, 1, stock.message(1)), Input::Look]);
    let (cut_off, _) = new.restart();
    assert_eq!(cut_off.heard(Inventory), 1, "it goes on where it was");
    let (mut back, _) = cut_off.upgrade(Policy::deciding(OldLogistics));
    back.step([Input::Tip { sync: 1, last: 0, hash: None }]);
    back.step([heard(Inventory, 1, stock.message(2)), Input::Look]);
    back.forget_versions();
    let (again, _) = back.upgrade(Policy::deciding(LogisticsPolicy));
    assert_eq!(again.heard(Inventory), 0);
}
