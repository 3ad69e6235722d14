//! Each kind of finding, triggered once; and a shop in which there is none.

use crate::{Finding, Ledger, Patience, Stock, StockBalance};
use rental_model::event::Place;
use rental_model::inventory::Product;
use rental_model::testing::*;
use rental_model::totalview::{Row, SourcePositions};
use rental_model::{Context, Event, Kind, RecordedEvent, UnixMs, Won};
use std::collections::BTreeMap;

const ORDER_ID: u64 = 2;
const NOW: UnixMs = UnixMs(100_000);
const EVERYTHING: Patience = Patience { now: NOW, stuck_after_ms: 60_000 };

fn taken() -> Vec<Event> {
    let (qty, fee) = (units(10), won(30));
    vec![
        registered(PRODUCT, "MACBOOK", 100),
        requested(ORDER_ID, qty, fee),
        reserved(ORDER_ID, qty),
        fee_received(ORDER_ID, fee),
        delivered(ORDER_ID),
    ]
}

fn and(mut story: Vec<Event>, then: impl IntoIterator<Item = Event>) -> Vec<Event> {
    story.extend(then);
    story
}

fn without(mut story: Vec<Event>, kind: Kind) -> Vec<Event> {
    story.retain(|event| event.kind() != kind);
    story
}

fn cancelled_whole() -> Vec<Event> {
    let qty = units(10);
    let undone = [cancelled(ORDER_ID), refunded(ORDER_ID, won(30)), retrieved(ORDER_ID, true), returned(ORDER_ID, qty)];
    and(taken(), undone)
}

fn ledger(story: Vec<Event>) -> Ledger {
    let mut ledger = Ledger::default();
    for recorded in &happened(story) {
        ledger.enter(recorded);
    }
    ledger
}

fn ends(ledger: &Ledger) -> BTreeMap<Context, u64> {
    Context::DECIDERS.into_iter().map(|source| (source, ledger.entered(source))).collect()
}

fn judged(story: Vec<Event>) -> Vec<Finding> {
    let ledger = ledger(story);
    ledger.judge(EVERYTHING, &ends(&ledger)).findings
}

#[track_caller]
fn finds(story: Vec<Event>, expected: &str) {
    let said: Vec<String> = judged(story).iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|sentence| sentence == expected), "{expected:?} is not among {said:#?}");
}

#[test]
fn a_shop_that_balances_has_no_findings() {
    let short_story = [requested(3, units(101), won(5)), short(3), refunded(3, won(0)), retrieved(3, false)];
    let ended_story = [ended(4), retrieved(4, true), returned_with(4, units(1), 1, 0)];
    let active = [requested(4, units(1), won(1)), reserved(4, units(1)), fee_received(4, won(1)), delivered(4)];
    let stock_balance =
        [adjusted(Place::Available, Place::Outside, units(5)), adjusted(Place::Down, Place::Available, units(1))];
    let story = and(and(and(and(cancelled_whole(), short_story), active), ended_story), stock_balance);
    let ledger = ledger(story);
    let judgement = ledger.judge(EVERYTHING, &ends(&ledger));
    assert_eq!(judgement.findings, []);
    assert_eq!((judgement.orders, judgement.charged_won, judgement.refunded_won), (3, 31, 30));
    assert_eq!(judgement.moving, []);
    assert_eq!(ledger.shelves[&product(PRODUCT)], StockBalance { available: 95, ..StockBalance::default() });
}

/// The sum went wrong silently, or ended the audit, once it passed what one number of the machine holds.
#[test]
fn any_number_of_the_largest_fees_adds_up() {
    let mut ledger = Ledger::default();
    let largest = won(1_000_000_000_000_000);
    for order in 1..=20_000 {
        let event = fee_received(order, largest);
        ledger.enter(&RecordedEvent {
            source: Context::Billing,
            number: order,
            at: NOW,
            cause: None,
            actor: None,
            event,
        });
    }
    let judgement = ledger.judge(EVERYTHING, &ends(&ledger));
    assert_eq!(judgement.charged_won, 20_000_000_000_000_000_000);
    assert!(judgement.charged_won > u128::from(u64::MAX));
}

/// What a service shows may be any number.
#[test]
fn stock_shown_beyond_every_number_is_a_finding_and_no_panic() {
    let mut shown = shown(u64::MAX, u64::MAX, u64::MAX);
    shown[0].down = u64::MAX;
    let mut stock = Stock::new(shown);
    let ledger = Ledger::default();
    stock.look(&ledger);
    assert_eq!(stock.findings(&ledger).len(), 1);
}

#[test]
fn an_event_that_comes_twice_is_found_with_both_numbers() {
    finds(and(taken(), [fee_received(ORDER_ID, won(30))]), "order 2 has two events FeeReceived, BILLING:1 and 2");
}

#[test]
fn whoever_is_asked_may_be_asked_again_but_not_twice_for_the_same_attempt() {
    let asked = |attempt| refund_requested(ORDER_ID, won(30), attempt);
    let twice = and(taken(), [cancelled(ORDER_ID), asked(1), refund_declined(ORDER_ID, won(30), 1, "no"), asked(2)]);
    assert!(judged(twice.clone()).iter().all(|finding| finding.word() == "stuck"), "{:?}", judged(twice.clone()));
    finds(and(twice, [asked(2)]), "order 2 has two events RefundRequested, BILLING:4 and 5");
}

#[test]
fn events_that_exclude_each_other_are_found() {
    finds(
        and(taken(), [short(ORDER_ID)]),
        "order 2 has StockReserved and InventoryStockShortage, which exclude each other",
    );
}

/// An earlier version sent goods out as soon as the fee was in, and fetched them back when the stock was short.
#[test]
fn goods_sent_out_unreserved_are_found_once_logistics_is_known_to_wait() {
    let short_of = |id| [requested(id, units(101), won(5)), short(id), fee_received(id, won(5)), delivered(id)];
    let undone = |id| [refunded(id, won(5)), retrieved(id, true)];
    let history = [taken(), [short_of(5), short_of(6)].concat(), [undone(5), undone(6)].concat()].concat();
    let judged = |cause: Option<(u64, &str)>| {
        let mut ledger = Ledger::default();
        for mut recorded in happened(history.clone()) {
            let is_it = |(number, _): &(u64, &str)| (recorded.source, *number) == (Context::Logistics, recorded.number);
            recorded.cause = cause.filter(is_it).map(|(_, cause)| cause.to_owned());
            ledger.enter(&recorded);
        }
        let said = ledger.judge(EVERYTHING, &ends(&ledger)).findings;
        said.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(judged(None), [""; 0], "an old history");
    assert_eq!(judged(Some((1, "BILLING:1"))), [""; 0], "an old history, too");
    let found =
        |order| format!("order {order} has InventoryStockShortage and DeliveryStarted, which exclude each other");
    assert_eq!(judged(Some((1, "INVENTORY:2"))), [found(5), found(6)]);
}

#[test]
fn a_charge_after_the_bill_was_closed_is_found() {
    let story = without(cancelled_whole(), Kind::FeeReceived);
    finds(and(story, [fee_received(ORDER_ID, won(30))]), "order 2 has FeeRefundCompleted before FeeReceived");
}

#[test]
fn a_refund_that_is_not_what_was_charged_is_found() {
    for returned in [29, 31, 0] {
        let story = and(without(cancelled_whole(), Kind::FeeRefunded), [refunded(ORDER_ID, won(returned))]);
        finds(story, &format!("order 2 was charged 30 won and refunded {returned}"));
    }
}

#[test]
fn more_refunded_than_charged_is_found_in_the_sum_too() {
    let story = and(without(cancelled_whole(), Kind::FeeReceived), []);
    finds(story, "30 won were refunded, but only 0 charged");
}

#[test]
fn a_charge_other_than_asked_is_found() {
    let story = and(without(taken(), Kind::FeeReceived), [fee_received(ORDER_ID, won(3))]);
    finds(story, "order 2 asked for 30 won and was charged 3");
}

#[test]
fn units_other_than_asked_are_found() {
    let story = and(without(taken(), Kind::StockReserved), [reserved(ORDER_ID, units(9))]);
    finds(story, "order 2: StockReserved is about 9 of product 2, the request about 10 of product 2");
}

#[test]
fn a_retrieval_that_forgets_the_delivery_is_found() {
    let story = and(taken(), [ended(ORDER_ID), retrieved(ORDER_ID, false)]);
    finds(story, "order 2: the retrieval says dispatched false, the delivery says otherwise");
}

#[test]
fn an_order_that_has_not_moved_for_too_long_is_stuck_and_says_what_it_waits_for() {
    let waits = |story, what: &str| finds(story, &format!("order 2 has waited for {what} s"));
    waits(without(taken(), Kind::RentalRequested), "its request for 96");
    waits(without(taken(), Kind::StockReserved), "its stock to be set aside for 96");
    waits(without(taken(), Kind::FeeReceived), "its fee for 96");
    waits(without(taken(), Kind::DeliveryStarted), "its delivery for 96");
    waits(without(cancelled_whole(), Kind::FeeRefunded), "its refund for 92");
    waits(without(cancelled_whole(), Kind::RetrievalStarted), "its retrieval for 92");
    waits(and(taken(), [ended(ORDER_ID)]), "its retrieval for 94");
    waits(without(cancelled_whole(), Kind::RentalCancelled), "its cancellation for 92");
    let asking = and(without(taken(), Kind::FeeReceived), [charge_requested(ORDER_ID, won(30))]);
    waits(asking, "the word of its payment provider for 95");
    let refunding = and(taken(), [cancelled(ORDER_ID), refund_requested(ORDER_ID, won(30), 1)]);
    waits(refunding, "its refund by the payment provider for 93");
    let unsent = without(and(taken(), [cancelled(ORDER_ID), refunded(ORDER_ID, won(30))]), Kind::DeliveryStarted);
    waits(and(unsent, [retrieved(ORDER_ID, false)]), "its units to be free again for 93");
}

#[test]
fn an_order_that_still_moves_is_no_finding() {
    let ledger = ledger(without(taken(), Kind::DeliveryStarted));
    let patient = Patience { now: NOW, stuck_after_ms: 96_000 };
    let judgement = ledger.judge(patient, &ends(&ledger));
    assert_eq!((judgement.findings, judgement.moving), (vec![], vec![order(ORDER_ID)]));
}

#[test]
fn units_that_wait_for_staff_are_at_rest() {
    assert_eq!(judged(without(cancelled_whole(), Kind::ItemsReturned)), []);
}

#[test]
fn a_cause_that_does_not_exist_is_found_and_one_not_read_yet_is_not() {
    let mut ledger = Ledger::default();
    let mut recorded_events = happened(taken());
    recorded_events[3].cause = Some("ORDER:7".to_owned());
    recorded_events[2].cause = Some("ORDER:1".to_owned());
    recorded_events[1].cause = Some("till-1:42".to_owned());
    for recorded in &recorded_events {
        ledger.enter(recorded);
    }
    let mut ends = ends(&ledger);
    let said = ledger.judge(EVERYTHING, &ends).findings;
    let expected = Finding::NoCause { order: order(ORDER_ID), kind: Kind::FeeReceived, cause: "ORDER:7".to_owned() };
    assert_eq!(said, [expected]);
    ends.insert(Context::Order, 7);
    assert_eq!(ledger.judge(EVERYTHING, &ends).findings, []);
}

#[test]
fn units_that_were_not_there_are_found() {
    let story = and(taken(), [adjusted(Place::Available, Place::Lost, units(91))]);
    finds(story, "INVENTORY:3 takes 1 more units of product 2 than there were");
}

fn shown(available: u64, out: u64, returning: u64) -> Vec<Product> {
    let body = serde_json::json!({ "productId": PRODUCT, "productName": "MACBOOK", "qty": available, "held": 0, "out": out,
        "returning": returning, "down": 0, "lost": 0, "registeredBy": 1 });
    vec![serde_json::from_value(body).unwrap()]
}

#[test]
fn stock_shown_as_it_never_was_is_found() {
    let ledger = ledger(taken());
    let findings = |shown| {
        let mut stock = Stock::new(shown);
        stock.look(&ledger);
        stock.findings(&ledger).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(findings(shown(90, 10, 0)).is_empty());
    let expected = "product 2: inventory shows 91 available, 10 away, 0 down, 0 lost of 101 owned, \
                    the events say 90 available, 10 away, 0 down, 0 lost of 100 owned";
    assert_eq!(findings(shown(91, 10, 0)), [expected]);
    assert!(findings(vec![])[0].contains("shows no such product"));
}

#[test]
fn stock_that_was_so_for_a_moment_while_reading_is_fine() {
    let mut ledger = Ledger::default();
    let mut stock = Stock::new(shown(100, 0, 0));
    for recorded in happened(taken()) {
        ledger.enter(&recorded);
        stock.look(&ledger);
    }
    assert_eq!(stock.findings(&ledger), []);
}

#[test]
fn units_away_are_where_the_events_say() {
    let ledger = ledger(taken());
    assert_eq!(Stock::new(shown(90, 10, 0)).findings_at_rest(&ledger), []);
    let said = Stock::new(shown(90, 0, 10)).findings_at_rest(&ledger)[0].to_string();
    assert!(said.ends_with("shows 0 held, 0 out, 10 returning, the events say 0 held, 10 out, 0 returning"), "{said}");
}

fn compared(ledger: &Ledger, rows: &[Row], received: &SourcePositions) -> Vec<String> {
    ledger.compare(rows, 0..u64::MAX, received, EVERYTHING).iter().map(ToString::to_string).collect()
}

#[test]
fn a_view_that_shows_what_the_events_say_is_true_at_every_position() {
    let ledger = ledger(cancelled_whole());
    let mut received = SourcePositions::new();
    for recorded in happened(cancelled_whole()) {
        received.insert(recorded.source, recorded.number);
        let rows: Vec<_> = ledger.orders.values().filter_map(|order_audit| order_audit.row(&received)).collect();
        let behind = compared(&ledger, &rows, &received);
        assert!(behind.iter().all(|sentence| sentence.starts_with("totalview has not received")), "{behind:?}");
    }
    let row = ledger.orders[&order(ORDER_ID)].row(&received).unwrap();
    let named = Row { product_name: Some("MACBOOK".to_owned()), ..row };
    assert!(compared(&ledger, &[named], &received).is_empty());
}

#[test]
fn a_view_that_hides_invents_or_changes_an_order_is_found() {
    let ledger = ledger(taken());
    let received = ends(&ledger);
    let row = ledger.orders[&order(ORDER_ID)].row(&received).unwrap();
    assert_eq!(compared(&ledger, &[], &received), ["totalview does not show order 2"]);
    let invented = Row { order_id: order(9), ..row.clone() };
    let expected = "totalview shows order 9, of which there is no event";
    assert_eq!(compared(&ledger, &[row.clone(), invented], &received), [expected]);
    let changed = Row { charged: Some(Won::ZERO), ..row };
    assert_eq!(compared(&ledger, &[changed], &received), ["totalview shows order 2 with charged 0, the events say 30"]);
}

#[test]
fn a_view_that_lags_for_too_long_is_found() {
    let ledger = ledger(taken());
    let mut received = ends(&ledger);
    received.insert(Context::Billing, 0);
    let row = ledger.orders[&order(ORDER_ID)].row(&received).unwrap();
    assert_eq!(compared(&ledger, &[row], &received), ["totalview has not received BILLING:1 of order 2 for 96 s"]);
}
