//! Billing's rules, told as stories.

use super::*;
use crate::repository::Aggregate;
use crate::testing::*;

const LIMITED: BillingPolicy = BillingPolicy::of(Provider::Instant { limit: Some(Won::ZERO) });
const DEFERRED: BillingPolicy = BillingPolicy::of(Provider::Deferred);

fn given(history: impl IntoIterator<Item = Event>) -> Story<BillingPolicy> {
    story(BillingPolicy::default(), history)
}

/// An outside provider takes the money, and reports what became of it.
fn given_deferred(history: impl IntoIterator<Item = Event>) -> Story<BillingPolicy> {
    story(DEFERRED, history)
}

fn settle(outcome: &str) -> Value {
    json!({ "orderId": ORDER, "outcome": outcome })
}

#[test]
fn a_request_is_charged_its_whole_amount() {
    given([]).receiving(requested(ORDER, units(3), won(10))).then([fee_received(ORDER, won(10))]);
}

#[test]
fn a_rental_for_nothing_is_charged_nothing() {
    given([]).receiving(requested(ORDER, units(3), won(0))).then([fee_received(ORDER, won(0))]);
}

#[test]
fn a_bill_is_charged_once() {
    given([requested(ORDER, units(3), won(10))]).receiving(requested(ORDER, units(3), won(10))).then_nothing();
}

#[test]
fn a_cancellation_returns_what_was_charged() {
    given([requested(ORDER, units(3), won(10))]).receiving(cancelled(ORDER)).then([refunded(ORDER, won(10))]);
}

#[test]
fn a_shortage_returns_what_was_charged() {
    given([requested(ORDER, units(110), won(10))]).receiving(short(ORDER)).then([refunded(ORDER, won(10))]);
}

#[test]
fn a_bill_closes_once() {
    given([requested(ORDER, units(3), won(10)), cancelled(ORDER)]).receiving(short(ORDER)).then_nothing();
    given([requested(ORDER, units(3), won(10)), short(ORDER)]).receiving(cancelled(ORDER)).then_nothing();
    given([cancelled(ORDER)]).receiving(short(ORDER)).then_nothing();
}

#[test]
fn a_cancellation_before_any_charge_closes_the_bill_and_returns_nothing() {
    given([]).receiving(cancelled(ORDER)).then([refunded(ORDER, Won::ZERO)]);
    given([]).receiving(short(ORDER)).then([refunded(ORDER, Won::ZERO)]);
}

#[test]
fn a_cancellation_that_overtakes_its_request_is_never_charged() {
    given([cancelled(ORDER)]).receiving(requested(ORDER, units(3), won(10))).then_nothing();
}

#[test]
fn a_shortage_that_overtakes_its_request_is_never_charged() {
    given([short(ORDER)]).receiving(requested(ORDER, units(110), won(10))).then_nothing();
    story(DEFERRED, [short(ORDER)]).receiving(requested(ORDER, units(110), won(10))).then_nothing();
    story(LIMITED, [short(ORDER)]).receiving(requested(ORDER, units(110), won(10))).then_nothing();
}

#[test]
fn every_order_has_its_own_bill() {
    given([cancelled(ORDER)]).receiving(requested(7, units(3), won(10))).then([fee_received(7, won(10))]);
}

#[test]
fn the_end_of_a_rental_returns_no_money() {
    given([requested(ORDER, units(3), won(10))]).receiving(ended(ORDER)).then_nothing();
}

#[test]
fn a_fee_above_the_limit_is_declined_and_its_bill_closes_with_nothing_returned() {
    let limited = BillingPolicy::of(Provider::Instant { limit: Some(won(10)) });
    story(limited, []).receiving(requested(ORDER, units(3), won(10))).then([fee_received(ORDER, won(10))]);
    story(limited, [])
        .receiving(requested(ORDER, units(3), won(11)))
        .then([fee_declined(ORDER, won(11))])
        .receiving(cancelled(ORDER))
        .then([refunded(ORDER, Won::ZERO)]);
}

#[test]
fn an_outside_provider_is_asked_once_and_its_word_settles_the_charge() {
    given_deferred([])
        .receiving(requested(ORDER, units(3), won(10)))
        .then([charge_requested(ORDER, won(10))])
        .receiving(requested(ORDER, units(3), won(10)))
        .then_nothing()
        .asked("settle", &settle("charged"))
        .then([fee_received(ORDER, won(10))])
        .receiving(cancelled(ORDER))
        .then([refund_requested(ORDER, won(10), 1)]);
}

#[test]
fn a_provider_may_decline() {
    given_deferred([requested(ORDER, units(3), won(10))])
        .asked("settle", &settle("declined"))
        .then([fee_declined(ORDER, won(10))])
        .receiving(cancelled(ORDER))
        .then([refunded(ORDER, Won::ZERO)]);
}

#[test]
fn a_cancel_during_charging_waits_for_the_provider_and_then_settles() {
    for over in [cancelled(ORDER), short(ORDER)] {
        let given = || given_deferred([requested(ORDER, units(3), won(10))]).receiving(over.clone()).then_nothing();
        given()
            .asked("settle", &settle("charged"))
            .then([fee_received(ORDER, won(10)), refund_requested(ORDER, won(10), 1)]);
        given().asked("settle", &settle("declined")).then([fee_declined(ORDER, won(10)), refunded(ORDER, Won::ZERO)]);
    }
}

#[test]
fn a_provider_that_repeats_itself_gets_the_same_answer() {
    given_deferred([requested(ORDER, units(3), won(10))])
        .asked("settle", &settle("charged"))
        .then([fee_received(ORDER, won(10))])
        .asked("settle", &settle("charged"))
        .then_already(2);
}

#[test]
fn a_provider_that_contradicts_itself_is_refused() {
    for (first, second) in [("charged", "declined"), ("declined", "charged")] {
        let settled = given_deferred([requested(ORDER, units(3), won(10))]).asked("settle", &settle(first)).story();
        settled.asked("settle", &settle(second)).then_refused(Code::Conflict, first);
    }
}

#[test]
fn a_charge_that_nobody_asked_for_cannot_be_settled() {
    given_deferred([]).asked("settle", &settle("charged")).then_refused(Code::Unknown, "no bill for order 2");
    given_deferred([cancelled(ORDER)]).asked("settle", &settle("charged")).then_refused(Code::Conflict, "order 2");
}

#[test]
fn a_malformed_word_of_a_provider_is_refused() {
    for (fields, place) in [
        (json!({}), "orderId"),
        (json!({ "orderId": 2 }), "outcome"),
        (json!({ "orderId": 0, "outcome": "charged" }), "orderId"),
        (json!({ "orderId": 2, "outcome": "perhaps" }), "outcome"),
        (json!({ "orderId": 2, "outcome": "charged", "tip": 1 }), "tip"),
    ] {
        given_deferred([]).asked("settle", &fields).then_refused(Code::Malformed, place);
    }
    given_deferred([]).asked("steal", &json!({})).then_refused(Code::Unknown, "steal");
}

#[test]
fn a_bill_shows_what_the_customer_has_paid_and_got_back() {
    let charged = given([requested(ORDER, units(3), won(10))]);
    let bill = charged.query("get", &json!({ "orderId": ORDER })).unwrap();
    assert_eq!((&bill["stage"], &bill["charged"], &bill["balance"]), (&json!("charged"), &json!(10), &json!(10)));
    let closed = charged.receiving(cancelled(ORDER)).story();
    let bill = closed.query("get", &json!({ "orderId": ORDER })).unwrap();
    assert_eq!((&bill["stage"], &bill["refunded"], &bill["balance"]), (&json!("closed"), &json!(10), &json!(0)));
    let unknown = closed.query("get", &json!({ "orderId": 7 })).unwrap_err();
    assert_eq!(unknown.code, Code::Unknown);
}

/// Charged by an outside provider, and cancelled: it is asked to give the money back.
fn refunding() -> Story<BillingPolicy> {
    given_deferred([requested(ORDER, units(3), won(10))])
        .asked("settle", &settle("charged"))
        .story()
        .receiving(cancelled(ORDER))
        .then([refund_requested(ORDER, won(10), 1)])
}

fn declines(why: &str) -> Value {
    json!({ "orderId": ORDER, "outcome": "refundDeclined", "reason": why })
}

fn by_hand(outcome: &str, why: &str) -> Value {
    json!({ "orderId": ORDER, "outcome": outcome, "reason": why })
}

fn open(story: &Story<BillingPolicy>) -> Vec<Open> {
    let page = story.query("open", &json!({})).unwrap();
    serde_json::from_value::<OpenPage>(page).unwrap().open
}

#[test]
fn a_refund_is_done_when_the_provider_says_so_and_once() {
    let asked = refunding().receiving(short(ORDER)).then_nothing();
    assert_eq!(asked.row::<Bill>(ORDER).unwrap().refunded, Won::ZERO, "asked for is not paid");
    asked
        .asked("settle", &settle("refunded"))
        .then([refunded(ORDER, won(10))])
        .asked("settle", &settle("refunded"))
        .then_already(4)
        .asked("settle", &settle("charged"))
        .then_already(2)
        .asked("settle", &declines("too late"))
        .then_refused(Code::Conflict, "was paid before");
}

#[test]
fn of_nothing_nobody_is_asked_to_give_it_back() {
    let free = given_deferred([requested(ORDER, units(3), won(0))]).asked("settle", &settle("charged")).story();
    free.receiving(cancelled(ORDER)).then([refunded(ORDER, won(0))]);
    given_deferred([]).receiving(cancelled(ORDER)).then([refunded(ORDER, won(0))]);
}

#[test]
fn a_declined_refund_stays_open_and_may_be_paid_after_all() {
    let declined = refunding()
        .asked("settle", &declines("card closed"))
        .then([refund_declined(ORDER, won(10), 1, "card closed")])
        .asked("settle", &declines("card closed"))
        .then_already(4);
    let waiting = open(&declined);
    assert_eq!((waiting[0].attempt, waiting[0].declined_by), (1, Some(4)));
    let retried = declined.asked("retry", &json!({ "orderId": ORDER })).then([refund_requested(ORDER, won(10), 2)]);
    assert_eq!(
        (open(&retried)[0].attempt, open(&retried)[0].declined_by),
        (2, None),
        "it is the provider's turn again"
    );
    assert_eq!(open(&retried)[0].since, waiting[0].since, "the customer has waited since the first time");
    let again = retried
        .asked("settle", &declines("card closed"))
        .then([refund_declined(ORDER, won(10), 2, "card closed")])
        .asked("settle", &settle("refunded"))
        .then([refunded(ORDER, won(10))]);
    assert_eq!(open(&again), []);
    again.asked("retry", &json!({ "orderId": ORDER })).then_refused(Code::Conflict, "nothing that a payment provider");
}

#[test]
fn a_refund_settled_by_hand_is_recorded_as_that_with_its_reason() {
    let paid = Event::FeeRefunded { order: order(ORDER), amount: won(10), by_hand: Some(reason("in cash")) };
    let settled = refunding().asked("resolve", &by_hand("refunded", "in cash")).then([paid]);
    assert_eq!(open(&settled), []);
    settled
        .asked("resolve", &by_hand("refunded", "in cash"))
        .then_already(4)
        .asked("settle", &settle("refunded"))
        .then_refused(Code::Conflict, "settled by hand before");
}

#[test]
fn a_charge_that_is_never_answered_is_asked_again_and_settled_by_hand() {
    let charging = || given_deferred([requested(ORDER, units(3), won(10))]);
    let again = Event::ChargeRequested { order: order(ORDER), amount: won(10), attempt: 2 };
    let retried = charging().asked("retry", &json!({ "orderId": ORDER })).then([again]);
    assert_eq!(open(&retried)[0].attempt, 2);
    let declined = Event::FeeDeclined { order: order(ORDER), amount: won(10), by_hand: Some(reason("gave up")) };
    retried.asked("resolve", &by_hand("declined", "gave up")).then([declined]);
    let charged = Event::FeeReceived { order: order(ORDER), amount: won(10), by_hand: Some(reason("in cash")) };
    charging()
        .receiving(cancelled(ORDER))
        .then_nothing()
        .asked("resolve", &by_hand("charged", "in cash"))
        .then([charged, refund_requested(ORDER, won(10), 1)]);
}

#[test]
fn a_person_gives_a_reason_and_cannot_decline_a_refund() {
    refunding().asked("resolve", &settle("refunded")).then_refused(Code::Malformed, "reason");
    refunding().asked("resolve", &by_hand("refundDeclined", "no")).then_refused(Code::Malformed, "outcome");
}

#[test]
fn another_sum_settles_nothing() {
    let said = |outcome: &str, amount: u64| json!({ "orderId": ORDER, "outcome": outcome, "amount": amount });
    let waiting = refunding().asked("settle", &said("refunded", 7)).then_refused(Code::Conflict, "10 won, not 7");
    assert_eq!(open(&waiting).len(), 1);
    let paid = waiting.asked("settle", &said("refunded", 10)).then([refunded(ORDER, won(10))]);
    paid.asked("settle", &said("refunded", 7)).then_refused(Code::Conflict, "10 won, not 7");
    given_deferred([requested(ORDER, units(3), won(10))])
        .asked("settle", &said("charged", 9))
        .then_refused(Code::Conflict, "10 won, not 9");
}

#[test]
fn a_refund_that_nobody_asked_for_cannot_be_settled() {
    let charged = || given([requested(ORDER, units(3), won(10))]);
    for outcome in ["refunded", "refundDeclined"] {
        charged().asked("settle", &settle(outcome)).then_refused(Code::Conflict, "no refund of order 2");
        let closed = charged().receiving(cancelled(ORDER)).then([refunded(ORDER, won(10))]);
        closed.asked("settle", &settle(outcome)).then_refused(Code::Conflict, "no refund of order 2");
    }
}

/// The shop changes its provider: the money goes back through the one that took it.
#[test]
fn whoever_took_the_money_gives_it_back() {
    let outside = [requested(ORDER, units(3), won(10)), charge_requested(ORDER, won(10)), fee_received(ORDER, won(10))];
    given(outside).receiving(cancelled(ORDER)).then([refund_requested(ORDER, won(10), 1)]);
    let built_in = [requested(ORDER, units(3), won(10)), fee_received(ORDER, won(10))];
    let mut rows = crate::repository::memory::MemoryRepository::default();
    for recorded in happened(built_in) {
        DEFERRED.apply(&mut rows, &recorded);
    }
    let over = happened([cancelled(ORDER)]);
    assert_eq!(DEFERRED.react(&mut rows, &over[0]), [refunded(ORDER, won(10))]);
}

/// A charge under way at the upgrade is listed as well; and money that an earlier version had an outside
/// provider take is asked back from it.
#[test]
fn rows_of_an_earlier_version_are_listed_and_refunded() {
    const OLD: [(u64, &str); 3] = [
        (
            2,
            r#"{"stage":"charging","fee":10,"charged":0,"refunded":0,"isToClose":false,"settledBy":null,"outcome":null}"#,
        ),
        (
            3,
            r#"{"stage":"charged","fee":10,"charged":10,"refunded":0,"isToClose":false,"settledBy":7,"outcome":"charged"}"#,
        ),
        (
            4,
            r#"{"stage":"closed","fee":10,"charged":10,"refunded":10,"isToClose":false,"settledBy":8,"outcome":"charged"}"#,
        ),
    ];
    let mut rows = crate::repository::memory::MemoryRepository::default();
    for (id, row) in OLD {
        rows.write(Bill::KIND, id, row.as_bytes().to_vec());
    }
    DEFERRED.migrate(&mut rows);
    let page = DEFERRED.query(&rows, Request { endpoint: "open", fields: &serde_json::Map::new() }).unwrap();
    let open = serde_json::from_value::<OpenPage>(page).unwrap().open;
    assert_eq!(open.iter().map(|open| (open.order_id.get(), open.since)).collect::<Vec<_>>(), [(2, None)]);
    let over = happened([cancelled(3), cancelled(4)]);
    assert_eq!(DEFERRED.react(&mut rows, &over[0]), [refund_requested(3, won(10), 1)]);
    assert_eq!(DEFERRED.react(&mut rows, &over[1]), []);
}

#[test]
fn what_waits_for_a_person_is_told_with_its_number_and_its_age() {
    let told = |story: &Story<BillingPolicy>, now: u64| DEFERRED.alerts(&story.rows, UnixMs(now));
    let waiting = refunding();
    assert_eq!(told(&waiting, 60_000), [""; 0], "a provider needs a moment");
    assert_eq!(
        told(&waiting, 7_300_000),
        ["1 refund asked for and not answered by the payment provider, order 2 for 2 h; see `rental payments list`"]
    );
    let declined = waiting.asked("settle", &declines("card closed")).story();
    assert_eq!(
        told(&declined, 4_000),
        ["1 refund declined by the payment provider, order 2 for 1 s; see `rental payments list`"]
    );
    let charging = given_deferred([requested(ORDER, units(3), won(10)), requested(3, units(3), won(10))]);
    assert!(told(&charging, 600_000)[0].starts_with("2 charges asked for"), "{:?}", told(&charging, 600_000));
}

#[test]
fn what_is_open_comes_a_page_at_a_time() {
    let story = given_deferred([1, 2, 3].map(|id| requested(id, units(1), won(10))));
    let page = |fields: Value| serde_json::from_value::<OpenPage>(story.query("open", &fields).unwrap()).unwrap();
    let first = page(json!({ "limit": 2 }));
    assert_eq!((first.open.len(), first.next), (2, Some(3)));
    let second = page(json!({ "limit": 2, "cursor": first.next }));
    assert_eq!((second.open[0].order_id.get(), second.next), (3, None));
}
