//! What people see after these events, whatever the order they are received in.

use super::*;
use crate::event::Kind;
use crate::repository::memory::MemoryRepository;
use crate::testing::*;
use crate::values::UnixMs;

/// What the view shows after these events, whatever the order they are received in.
#[derive(Debug)]
struct View(MemoryRepository);

fn after(events: impl IntoIterator<Item = Event>) -> View {
    shown(&happened(events))
}

/// Receives them in order, in reverse and rotated, twice over: the view must be the same.
fn shown(recorded_events: &[RecordedEvent]) -> View {
    let fold = |recorded_events: &mut dyn Iterator<Item = &RecordedEvent>| {
        let mut rows = MemoryRepository::default();
        recorded_events.for_each(|recorded| TotalView.project(&mut rows, recorded));
        rows
    };
    let rows = fold(&mut recorded_events.iter());
    assert_eq!(
        fold(&mut recorded_events.iter().rev().chain(recorded_events)).dump(),
        rows.dump(),
        "reversed (left) and in order"
    );
    for start in 1..recorded_events.len() {
        let (early, late) = recorded_events.split_at(start);
        assert_eq!(fold(&mut late.iter().chain(recorded_events).chain(early)).dump(), rows.dump(), "from {start} on");
    }
    View(rows)
}

impl View {
    fn row(&self) -> Row {
        load(&self.0, ORDER).unwrap()
    }

    fn query(&self, endpoint: &str, fields: &Value) -> Result<Value, Refusal> {
        TotalView.query(&self.0, Request { endpoint, fields: fields.as_object().unwrap() })
    }

    /// The words that people read.
    fn then_shows(&self, status: Status, payment: Payment, delivery: Delivery) {
        let row = self.row();
        assert_eq!((row.status(), row.payment(), row.delivery()), (status, payment, delivery), "{row:?}");
    }
}

fn taken() -> Event {
    requested(ORDER, units(10), won(10))
}

fn active() -> [Event; 4] {
    [taken(), reserved(ORDER, units(10)), fee_received(ORDER, won(10)), delivered(ORDER)]
}

#[test]
fn a_rental_goes_from_requested_over_paid_to_active() {
    let mut events = vec![taken()];
    after(events.clone()).then_shows(Status::Requested, Payment::Waiting, Delivery::Waiting);
    events.push(fee_received(ORDER, won(10)));
    after(events.clone()).then_shows(Status::Paid, Payment::Charged, Delivery::Waiting);
    events.push(delivered(ORDER));
    after(events).then_shows(Status::Active, Payment::Charged, Delivery::Out);
}

#[test]
fn a_cancelled_rental_is_cancelling_until_refunded_and_retrieved() {
    let mut events = active().to_vec();
    events.push(cancelled_because(ORDER, "too late"));
    after(events.clone()).then_shows(Status::Cancelling, Payment::Charged, Delivery::Out);
    events.push(refunded(ORDER, won(10)));
    after(events.clone()).then_shows(Status::Cancelling, Payment::Refunded, Delivery::Out);
    events.push(retrieved(ORDER, true));
    after(events.clone()).then_shows(Status::Cancelled, Payment::Refunded, Delivery::Returning);
    events.push(returned(ORDER, units(10)));
    let view = after(events);
    view.then_shows(Status::Cancelled, Payment::Refunded, Delivery::Back);
    let row = view.row();
    assert_eq!((row.charged, row.refunded, row.reason.as_deref()), (Some(won(10)), Some(won(10)), Some("too late")));
}

#[test]
fn a_rental_called_off_before_anything_left_says_so() {
    after([taken(), reserved(ORDER, units(10)), cancelled(ORDER), refunded(ORDER, won(0)), retrieved(ORDER, false)])
        .then_shows(Status::Cancelled, Payment::Refunded, Delivery::CalledOff);
}

#[test]
fn a_rental_short_of_stock_is_short_until_refunded_and_retrieved() {
    let mut events = vec![taken(), fee_received(ORDER, won(10)), delivered(ORDER), short(ORDER)];
    after(events.clone()).then_shows(Status::Short, Payment::Charged, Delivery::Out);
    events.extend([refunded(ORDER, won(10)), retrieved(ORDER, true)]);
    after(events).then_shows(Status::ShortCancelled, Payment::Refunded, Delivery::Back);
}

/// Found by reading: nothing is held for a skipped rental, so nothing is
/// ever checked in, and its goods were shown as returning for ever.
#[test]
fn goods_of_a_rental_that_inventory_skipped_are_not_returning_for_ever() {
    let events = [
        taken(),
        fee_received(ORDER, won(10)),
        delivered(ORDER),
        cancelled(ORDER),
        refunded(ORDER, won(10)),
        retrieved(ORDER, true),
        skipped(ORDER),
    ];
    after(events).then_shows(Status::Cancelled, Payment::Refunded, Delivery::Back);
}

/// Found by reading: the order service said `cancelled`, the view `shortCancelled`.
#[test]
fn a_rental_that_was_cancelled_before_it_was_known_to_be_short_is_cancelled() {
    let mut events = vec![taken(), cancelled_because(ORDER, "too late"), short(ORDER)];
    after(events.clone()).then_shows(Status::Cancelling, Payment::Waiting, Delivery::Waiting);
    events.extend([refunded(ORDER, won(0)), retrieved(ORDER, false)]);
    after(events).then_shows(Status::Cancelled, Payment::Refunded, Delivery::CalledOff);
}

#[test]
fn an_ended_rental_is_ending_until_retrieved_and_keeps_its_fee() {
    let mut events = active().to_vec();
    events.push(ended(ORDER));
    after(events.clone()).then_shows(Status::Ending, Payment::Charged, Delivery::Out);
    events.push(retrieved(ORDER, true));
    after(events.clone()).then_shows(Status::Ended, Payment::Charged, Delivery::Returning);
    events.push(returned(ORDER, units(10)));
    after(events).then_shows(Status::Ended, Payment::Charged, Delivery::Back);
}

#[test]
fn a_declined_fee_is_shown() {
    let because = cancelled_because(ORDER, "payment declined");
    let events = [taken(), fee_declined(ORDER, won(10)), because, refunded(ORDER, won(0)), retrieved(ORDER, false)];
    after(events).then_shows(Status::Cancelled, Payment::Declined, Delivery::CalledOff);
}

#[test]
fn whichever_event_comes_first_makes_the_row() {
    for event in [taken(), cancelled(ORDER), short(ORDER), refunded(ORDER, won(0)), retrieved(ORDER, true)] {
        let kind = event.kind();
        let row = after([event]).row();
        assert_eq!((row.order_id, row.last_event), (order(ORDER), kind));
    }
}

#[test]
fn no_event_loses_the_product() {
    let mut events = active().to_vec();
    events.extend([cancelled(ORDER), refunded(ORDER, won(10)), retrieved(ORDER, true), returned(ORDER, units(10))]);
    assert_eq!(after(events).row().product_id, Some(product(PRODUCT)));
    assert_eq!(after([cancelled(ORDER)]).row().product_id, Some(product(PRODUCT)));
}

#[test]
fn the_last_event_is_the_latest_by_time_and_of_several_at_once_the_later_in_the_saga() {
    assert_eq!(after(active()).row().last_event, Kind::DeliveryStarted);
    let mut at_once = happened(active());
    for recorded in &mut at_once {
        recorded.at = UnixMs(5000);
    }
    let row = shown(&at_once).row();
    assert_eq!((row.last_event, row.last_at), (Kind::DeliveryStarted, UnixMs(5000)));
    assert_eq!(row.requested_at, Some(UnixMs(5000)));
}

#[test]
fn the_same_kind_of_event_again_changes_nothing() {
    let [first, again] = &happened([fee_received(ORDER, won(10)), fee_received(ORDER, won(11))])[..] else {
        panic!("two events happened")
    };
    let mut row = Row::begin(first).unwrap();
    let before = row.clone();
    assert!(!row.project(again));
    assert_eq!(row, before);
}

#[test]
fn events_about_the_shelf_alone_make_no_rental() {
    let view = after([
        registered(PRODUCT, "MACBOOK", 100),
        adjusted(crate::event::Place::Down, crate::event::Place::Lost, units(1)),
    ]);
    assert_eq!(view.query("list", &json!({})).unwrap()["rentals"], json!([]));
}

#[test]
fn a_rental_is_shown_with_its_product_its_words_and_its_history() {
    let mut events = active().to_vec();
    events.insert(0, registered(PRODUCT, "MACBOOK", 100));
    let shown = after(events).query("get", &json!({ "orderId": ORDER })).unwrap();
    let rental = &shown["rental"];
    assert_eq!(
        (&rental["productName"], &rental["status"], &rental["payment"], &rental["delivery"]),
        (&json!("MACBOOK"), &json!("active"), &json!("charged"), &json!("out"))
    );
    let history: Vec<_> = shown["timeline"].as_array().unwrap().iter().map(|e| e["eventType"].clone()).collect();
    assert_eq!(json!(history), json!(["RentalRequested", "StockReserved", "FeeReceived", "DeliveryStarted"]));
    assert_eq!(shown["timeline"][2]["amount"], json!(10));
    let typed: Rental = serde_json::from_value(shown).unwrap();
    assert_eq!(typed.rental.status(), Status::Active);
}

#[test]
fn an_unknown_order_is_refused() {
    let refusal = after([]).query("get", &json!({ "orderId": ORDER })).unwrap_err();
    assert_eq!(refusal.code, Code::Unknown);
}

fn three() -> View {
    after([requested(1, units(1), won(1)), requested(2, units(1), won(1)), fee_received(2, won(1)), cancelled(3)])
}

#[test]
fn rentals_are_counted_by_status() {
    let stats: Stats = serde_json::from_value(three().query("stats", &json!({})).unwrap()).unwrap();
    let counts = BTreeMap::from([(Status::Requested, 1), (Status::Paid, 1), (Status::Cancelling, 1)]);
    assert_eq!((stats.total, stats.by_status.0), (3, counts));
    assert_eq!(three().query("stats", &json!({ "x": 1 })).unwrap_err().code, Code::Malformed);
    assert_eq!(three().query("sum", &json!({})).unwrap_err().code, Code::Unknown);
}

#[test]
fn every_status_is_read_back_from_its_word() {
    for status in Status::ALL {
        assert_eq!(status.word().parse(), Ok(status));
        assert_eq!(json!(status), json!(status.word()));
    }
    assert!("happy".parse::<Status>().is_err());
}
