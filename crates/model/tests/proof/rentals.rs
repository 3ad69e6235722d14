//! The three scenarios of the contract, and each fault of the original that
//! must not come back, told with all five contexts.

use crate::shop::{CheckIn, Policies, Provider, Shop};
use rental_model::order::{Order, Status};
use rental_model::repository::load;
use rental_model::totalview::{self, Delivery, Payment};
use rental_model::{Code, Context, Event, Kind, Won};
use serde_json::json;

const IPAD: u64 = 1;
const MACBOOK: u64 = 2;

impl Shop {
    /// Time passes, and everyone receives everything, in every listener's own order.
    fn later(mut self) -> Self {
        self.now.0 += 1000;
        self.rest(&mut |_| 0);
        assert_eq!(self.books().findings_at_rest(), [""; 0]);
        self
    }

    fn then_history(self, order: u64, expected: &[Kind]) -> Self {
        assert_eq!(self.history(order), expected);
        self
    }

    fn then_seen(self, order: u64, status: totalview::Status, payment: Payment, delivery: Delivery) -> Self {
        let row = self.seen(order).expect("the view shows the order");
        assert_eq!((row.status(), row.payment(), row.delivery()), (status, payment, delivery));
        self
    }

    fn journal_lengths(&self) -> Vec<usize> {
        self.context_states.values().map(|context_state| context_state.journal.len()).collect()
    }

    /// Refused with `code`, and nothing recorded anywhere.
    fn refuses(&mut self, code: Code, context: Context, endpoint: &str, fields: &serde_json::Value) {
        let before = self.journal_lengths();
        let answer = self.ask(context, endpoint, fields);
        assert_eq!(answer.as_ref().map_err(|refusal| refusal.code), Err(code), "{endpoint} {fields}: {answer:?}");
        assert_eq!(self.clone().later_unchecked().journal_lengths(), before, "{endpoint} {fields} recorded something");
    }

    fn later_unchecked(mut self) -> Self {
        self.rest(&mut |_| 0);
        self
    }
}

fn shop() -> Shop {
    Shop::new(Policies::default())
}

/// A shop where order 2 has 10 MACBOOK for 10 won.
fn rented() -> Shop {
    let mut shop = shop();
    shop.request(2, MACBOOK, 10, 10).unwrap();
    shop.later()
}

const RENTED: [Kind; 4] = [Kind::RentalRequested, Kind::StockReserved, Kind::FeeReceived, Kind::DeliveryStarted];

#[test]
fn scenario_1_a_rental_is_paid_delivered_and_taken_from_the_stock() {
    let shop =
        rented().then_history(2, &RENTED).then_seen(2, totalview::Status::Active, Payment::Charged, Delivery::Out);
    assert_eq!(shop.available(MACBOOK), 90);
}

#[test]
fn scenario_2_a_cancelled_rental_is_refunded_retrieved_and_back_in_the_stock() {
    let mut shop = rented();
    shop.now.0 += 1000;
    shop.cancel(2).unwrap();
    let shop = shop
        .later()
        .then_history(
            2,
            &[&RENTED[..], &[Kind::RentalCancelled, Kind::FeeRefunded, Kind::RetrievalStarted, Kind::ItemsReturned]]
                .concat(),
        )
        .then_seen(2, totalview::Status::Cancelled, Payment::Refunded, Delivery::Back);
    assert_eq!(shop.available(MACBOOK), 100);
    assert_eq!(shop.seen(2).unwrap().refunded, Some(Won::new(10).unwrap()));
}

#[test]
fn scenario_3_a_rental_larger_than_the_stock_cancels_itself() {
    let mut shop = shop();
    shop.request(2, MACBOOK, 110, 10).unwrap();
    // As in the seed, inventory is the last to learn of it.
    shop.stopped.push(Context::Inventory);
    shop.rest(&mut |_| 0);
    shop.stopped.clear();
    shop.now.0 += 1000;
    let shop = shop
        .later()
        .then_history(
            2,
            &[Kind::RentalRequested, Kind::FeeReceived, Kind::StockShort, Kind::FeeRefunded, Kind::RetrievalStarted],
        )
        .then_seen(2, totalview::Status::ShortCancelled, Payment::Refunded, Delivery::CalledOff);
    assert_eq!(shop.available(MACBOOK), 100);
}

#[test]
fn nothing_leaves_for_a_rental_found_short_before_its_fee_is_in() {
    let mut shop = shop();
    shop.stopped.push(Context::Billing);
    shop.request(2, MACBOOK, 110, 10).unwrap();
    shop.rest(&mut |_| 0);
    shop.stopped.clear();
    let shop = shop.later().then_seen(2, totalview::Status::ShortCancelled, Payment::Refunded, Delivery::CalledOff);
    assert_eq!(shop.available(MACBOOK), 100);
}

#[test]
fn with_inventory_down_a_request_fails_and_nothing_is_recorded_or_charged() {
    let mut shop = shop();
    shop.stopped.push(Context::Inventory);
    let request = json!({ "orderId": 2, "productId": MACBOOK, "qty": 10, "amount": 10 });
    shop.refuses(Code::Unavailable, Context::Order, "request", &request);
    shop.stopped.clear();
    shop.ask(Context::Order, "request", &request).unwrap();
    shop.later().then_seen(2, totalview::Status::Active, Payment::Charged, Delivery::Out);
}

#[test]
fn with_any_other_context_down_orders_are_taken_and_it_catches_up_once_it_is_back() {
    for down in [Context::Billing, Context::Logistics, Context::Totalview] {
        let mut shop = shop();
        shop.stopped.push(down);
        shop.request(2, MACBOOK, 10, 10).unwrap();
        shop.rest(&mut |_| 0);
        shop.request(3, IPAD, 10, 10).unwrap();
        shop.cancel(3).unwrap();
        shop.rest(&mut |_| 0);
        shop.stopped.clear();
        let shop = shop.later().then_seen(2, totalview::Status::Active, Payment::Charged, Delivery::Out);
        assert_eq!(shop.seen(3).unwrap().status(), totalview::Status::Cancelled, "{down}");
        assert_eq!((shop.available(IPAD), shop.available(MACBOOK)), (100, 90), "{down}");
    }
}

#[test]
fn an_unknown_product_is_refused_before_anything_is_charged_or_shipped() {
    let unknown = json!({ "orderId": 2, "productId": 9, "qty": 1, "amount": 10 });
    shop().refuses(Code::Unknown, Context::Order, "request", &unknown);
}

#[test]
fn exactly_the_remaining_stock_is_not_short() {
    let mut shop = shop();
    shop.request(2, MACBOOK, 100, 10).unwrap();
    let mut shop = shop.later().then_seen(2, totalview::Status::Active, Payment::Charged, Delivery::Out);
    assert_eq!(shop.available(MACBOOK), 0);
    shop.request(3, MACBOOK, 1, 10).unwrap();
    assert_eq!(shop.later().seen(3).unwrap().status(), totalview::Status::ShortCancelled);
}

#[test]
fn a_cancellation_restores_the_stock() {
    for check_in in [CheckIn::Auto, CheckIn::Staff] {
        let mut shop = Shop::new(Policies::new(check_in, Provider::Instant { limit: None }));
        shop.request(2, MACBOOK, 10, 10).unwrap();
        shop = shop.later();
        shop.cancel(2).unwrap();
        shop = shop.later();
        assert_eq!(shop.available(MACBOOK), if check_in == CheckIn::Auto { 100 } else { 90 });
        shop.check_in(2, 0, 0).unwrap();
        assert_eq!(shop.later().available(MACBOOK), 100);
    }
}

#[test]
fn cancelling_an_unknown_order_refunds_nothing() {
    shop().refuses(Code::Unknown, Context::Order, "cancel", &json!({ "orderId": 2 }));
}

#[test]
fn cancelling_twice_refunds_once_and_answers_the_same() {
    let mut shop = rented();
    let first = shop.cancel(2).unwrap();
    let second = shop.cancel(2).unwrap();
    let mut shop = shop.later();
    let third = shop.cancel(2).unwrap();
    assert_eq!((&second, &third), (&first, &first));
    let history = shop.later().history(2);
    assert_eq!(history.iter().filter(|kind| **kind == Kind::FeeRefunded).count(), 1);
}

#[test]
fn one_cancellation_starts_one_retrieval() {
    let mut shop = rented();
    shop.cancel(2).unwrap();
    let mut shop = shop.later();
    for (ear, _) in shop.received.clone() {
        shop.send_back(ear, 0);
    }
    let history = shop.later().history(2);
    assert_eq!(history.iter().filter(|kind| **kind == Kind::RetrievalStarted).count(), 1);
}

#[test]
fn zero_and_negative_quantities_and_amounts_are_refused() {
    for (qty, amount) in [(0, 10), (-1, 10), (-100, 10), (10, -1)] {
        let fields = json!({ "orderId": 2, "productId": MACBOOK, "qty": qty, "amount": amount });
        shop().refuses(Code::Malformed, Context::Order, "request", &fields);
    }
    let mut shop = shop();
    shop.request(2, MACBOOK, 1, 0).unwrap();
    shop.later().then_seen(2, totalview::Status::Active, Payment::Charged, Delivery::Out);
}

#[test]
fn the_same_order_twice_is_one_rental_and_gets_one_answer() {
    let mut shop = shop();
    let first = shop.request(2, MACBOOK, 10, 10).unwrap();
    assert_eq!(shop.request(2, MACBOOK, 10, 10), Ok(first.clone()));
    let mut shop = shop.later();
    assert_eq!(shop.request(2, MACBOOK, 10, 10), Ok(first));
    assert_eq!(shop.later().then_history(2, &RENTED).available(MACBOOK), 90);
}

#[test]
fn the_same_order_with_other_content_is_a_conflict_and_records_nothing() {
    for (product, qty, amount) in [(IPAD, 10, 10), (MACBOOK, 11, 10), (MACBOOK, 10, 11)] {
        let other = json!({ "orderId": 2, "productId": product, "qty": qty, "amount": amount });
        rented().refuses(Code::Conflict, Context::Order, "request", &other);
    }
}

#[test]
fn an_order_short_of_stock_is_kept_with_its_reason() {
    let mut shop = shop();
    shop.request(2, MACBOOK, 110, 10).unwrap();
    let shop = shop.later();
    let order: Order = load(&shop.context_state(Context::Order).rows, 2).unwrap();
    assert_eq!((order.status, order.reason.as_deref()), (Status::Short, Some("stock short")));
    let listed = shop.query(Context::Order, "list", &json!({})).unwrap();
    assert_eq!(listed["orders"].as_array().unwrap().len(), 1);
}

#[test]
fn the_view_shows_cancellation_and_refund_and_keeps_the_product() {
    let mut shop = rented();
    shop.cancel(2).unwrap();
    let shop = shop.later();
    let row = shop.seen(2).unwrap();
    assert_eq!(row.product_id.map(rental_model::ProductId::get), Some(MACBOOK));
    assert!(row.has_seen(Kind::RentalCancelled) && row.has_seen(Kind::FeeRefunded));
    let shown = shop.query(Context::Totalview, "get", &json!({ "orderId": 2 })).unwrap();
    assert_eq!(shown["timeline"].as_array().unwrap().len(), 8);
}

#[test]
fn an_event_of_an_order_that_nobody_took_kills_nobody() {
    let mut shop = shop();
    let order = rental_model::OrderId::new(99).unwrap();
    for (context, event) in [
        (Context::Billing, Event::FeeReceived { order, amount: Won::ZERO, by_hand: None }),
        (Context::Logistics, Event::RetrievalStarted { order, dispatched: true }),
        (Context::Inventory, Event::StockShort { order, product: rental_model::ProductId::new(9).unwrap() }),
    ] {
        shop.record(context, event);
    }
    shop.request(2, MACBOOK, 10, 10).unwrap();
    let shop = shop.later_unchecked();
    assert_eq!(shop.history(2), RENTED);
    assert!(shop.seen(99).is_some());
}

#[test]
fn a_restart_neither_resets_the_stock_nor_loses_an_order() {
    let mut shop = rented();
    let before = shop.clone();
    for context in Context::ALL {
        shop.lose_rows(context);
    }
    let shop = shop.later();
    assert_eq!((shop.available(MACBOOK), shop.seen(2)), (90, before.seen(2)));
    for context in Context::DECIDERS {
        assert_eq!(shop.context_state(context), before.context_state(context), "{context}");
    }
}

#[test]
fn a_rental_ends_with_its_goods_back_and_its_fee_kept() {
    let mut shop = rented();
    shop.now.0 += 1000;
    let ended = shop.end(2).unwrap();
    let mut shop = shop
        .later()
        .then_history(2, &[&RENTED[..], &[Kind::RentalEnded, Kind::RetrievalStarted, Kind::ItemsReturned]].concat())
        .then_seen(2, totalview::Status::Ended, Payment::Charged, Delivery::Back);
    assert_eq!((shop.available(MACBOOK), shop.end(2)), (100, Ok(ended)));
    shop.refuses(Code::Conflict, Context::Order, "cancel", &json!({ "orderId": 2 }));
}

#[test]
fn a_declined_fee_cancels_the_rental_and_frees_its_units() {
    let limit = Some(Won::new(9).unwrap());
    let mut shop = Shop::new(Policies::new(CheckIn::Auto, Provider::Instant { limit }));
    shop.request(2, MACBOOK, 10, 10).unwrap();
    let shop = shop.later().then_seen(2, totalview::Status::Cancelled, Payment::Declined, Delivery::CalledOff);
    assert_eq!(shop.available(MACBOOK), 100);
}

#[test]
fn a_cancellation_while_the_provider_is_asked_returns_what_it_took() {
    for outcome in ["charged", "declined"] {
        let mut shop = Shop::new(Policies::new(CheckIn::Auto, Provider::Deferred));
        shop.request(2, MACBOOK, 10, 10).unwrap();
        shop = shop.later_unchecked();
        shop.cancel(2).unwrap();
        shop = shop.later_unchecked();
        shop.settle(2, outcome).unwrap();
        if outcome == "charged" {
            shop = shop.later_unchecked();
            let row = shop.seen(2).unwrap();
            assert_eq!((row.payment(), row.status()), (Payment::Refunding, totalview::Status::Cancelling));
            shop.settle(2, "refunded").unwrap();
        }
        let shop = shop.later();
        assert_eq!((shop.available(MACBOOK), shop.seen(2).unwrap().status()), (100, totalview::Status::Cancelled));
    }
}

#[test]
fn a_declined_refund_is_seen_until_somebody_settles_it() {
    let mut shop = Shop::new(Policies::new(CheckIn::Auto, Provider::Deferred));
    shop.request(2, MACBOOK, 10, 10).unwrap();
    shop = shop.later_unchecked();
    shop.settle(2, "charged").unwrap();
    shop = shop.later_unchecked();
    shop.cancel(2).unwrap();
    shop = shop.later_unchecked();
    shop.settle(2, "refundDeclined").unwrap();
    shop = shop.later_unchecked();
    assert_eq!(shop.seen(2).unwrap().payment(), Payment::RefundDeclined);
    shop.ask(Context::Billing, "retry", &json!({ "orderId": 2 })).unwrap();
    shop = shop.later_unchecked();
    assert_eq!(shop.seen(2).unwrap().payment(), Payment::Refunding);
    let in_cash = json!({ "orderId": 2, "outcome": "refunded", "reason": "in cash" });
    shop.ask(Context::Billing, "resolve", &in_cash).unwrap();
    let shop = shop.later().then_seen(2, totalview::Status::Cancelled, Payment::Refunded, Delivery::Back);
    assert_eq!(shop.seen(2).unwrap().by_hand.as_deref(), Some("in cash"));
    assert_eq!(shop.available(MACBOOK), 100);
}
