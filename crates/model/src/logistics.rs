//! Logistics: sends the goods out once, fetches them back once.
//!
//! Delivery starts when the fee is in and the stock is set aside, whichever is
//! received last, unless the rental is known to be over. Retrieval waits for the refund (or for the end of the rental), never for
//! the cancellation alone: the customer's money goes back first.

use crate::context::{Context, Decider, Decision, Endpoint, QueryOutcome, RecordedEvent, Request, endpoints};
use crate::event::Event;
use crate::order::OneOrder;
use crate::refusal::{Code, Refusal};
use crate::repository::{Aggregate, Repository, RepositoryMut, load, save};
use crate::values::OrderId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The logistics context.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogisticsPolicy;

/// One order's way out and back. Every flag only ever turns on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a recorded received or recorded; they turn on in any order")]
pub struct Shipment {
    #[serde(default)]
    pub is_paid: bool,
    /// Inventory has set the units aside.
    #[serde(default)]
    pub is_reserved: bool,
    /// Cancelled, short of stock, refunded or ended: nothing may leave any more.
    pub is_over: bool,
    pub is_delivery_started: bool,
    pub is_retrieval_started: bool,
}

impl Aggregate for Shipment {
    const KIND: u8 = 1;
}

impl Shipment {
    /// Notes what is known after receiving `received`.
    const fn observe(&mut self, received: &Event) {
        match received {
            Event::FeeReceived { .. } => self.is_paid = true,
            Event::StockReserved { .. } => self.is_reserved = true,
            _ => self.is_over = true,
        }
    }

    const fn may_leave(self) -> bool {
        self.is_paid && self.is_reserved && !self.is_over && !self.is_delivery_started
    }

    /// What logistics does on receiving `received`, which is noted already.
    fn react(self, received: &Event) -> Vec<Event> {
        match received {
            Event::FeeReceived { order, .. } | Event::StockReserved { order, .. } if self.may_leave() => {
                vec![Event::DeliveryStarted { order: *order }]
            }
            Event::FeeRefunded { order, .. } | Event::RentalEnded { order, .. } if !self.is_retrieval_started => {
                vec![Event::RetrievalStarted { order: *order, dispatched: self.is_delivery_started }]
            }
            _ => Vec::new(),
        }
    }
}

endpoints! {
    /// Nothing: logistics does what the others' events lead to.
    enum Command of Logistics {}
}

endpoints! {
    /// What people ask logistics about.
    enum Query of Logistics {
        Get(OneOrder) = "get": "One order's way out and back.", like r#"{"orderId":2}"#;
    }
}

impl Decider for LogisticsPolicy {
    fn context(&self) -> Context {
        Context::Logistics
    }

    fn subscriptions(&self) -> &'static [Context] {
        &[Context::Order, Context::Inventory, Context::Billing]
    }

    fn subscription_version(&self, source: Context) -> u32 {
        // Reservations were once ignored, so rows of then do not know of them.
        u32::from(source == Context::Inventory)
    }

    fn apply(&self, rows: &mut dyn RepositoryMut, own: &RecordedEvent) {
        let Some(order) = own.event.order() else { return };
        let mut shipment = load::<Shipment>(rows, order.get()).unwrap_or_default();
        match own.event {
            Event::DeliveryStarted { .. } => shipment.is_delivery_started = true,
            Event::RetrievalStarted { .. } => {
                shipment.is_retrieval_started = true;
                shipment.is_over = true;
            }
            _ => {}
        }
        save(rows, order.get(), &shipment);
    }

    fn react(&self, rows: &mut dyn RepositoryMut, recorded: &RecordedEvent) -> Vec<Event> {
        let (Event::FeeReceived { order, .. }
        | Event::StockReserved { order, .. }
        | Event::RentalCancelled { order, .. }
        | Event::StockShort { order, .. }
        | Event::FeeRefunded { order, .. }
        | Event::RentalEnded { order, .. }) = &recorded.event
        else {
            return Vec::new();
        };
        let mut shipment = load::<Shipment>(rows, order.get()).unwrap_or_default();
        let known = shipment;
        shipment.observe(&recorded.event);
        if shipment != known {
            save(rows, order.get(), &shipment);
        }
        shipment.react(&recorded.event)
    }

    fn commands(&self) -> &'static [Endpoint] {
        Command::ENDPOINTS
    }

    fn decide(&self, _: &dyn Repository, request: Request<'_>, _: Option<&QueryOutcome>) -> Result<Decision, Refusal> {
        match Command::read(request)? {}
    }

    fn queries(&self) -> &'static [Endpoint] {
        Query::ENDPOINTS
    }

    fn query(&self, rows: &dyn Repository, request: Request<'_>) -> Result<Value, Refusal> {
        let Query::Get(OneOrder { order_id }) = Query::read(request)?;
        let shipment: Shipment = load(rows, order_id.get()).ok_or_else(|| no_shipment(order_id))?;
        let mut body = json!(shipment);
        body["orderId"] = json!(order_id);
        Ok(body)
    }
}

fn no_shipment(order: OrderId) -> Refusal {
    Refusal::new(Code::Unknown, format!("nothing is known to publish for order {order}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    fn given(history: impl IntoIterator<Item = Event>) -> Story<LogisticsPolicy> {
        story(LogisticsPolicy, history)
    }

    /// Paid and set aside: the goods are out.
    fn out() -> [Event; 2] {
        [fee_received(ORDER, won(10)), reserved(ORDER, units(3))]
    }

    #[test]
    fn delivery_starts_when_the_fee_is_in_and_the_stock_is_set_aside() {
        let [paid, reserved] = out();
        given([paid.clone()]).receiving(reserved.clone()).then([delivered(ORDER)]);
        given([reserved]).receiving(paid).then([delivered(ORDER)]);
    }

    #[test]
    fn nothing_leaves_before_the_fee_is_in() {
        for unpaid in
            [requested(ORDER, units(3), won(10)), charge_requested(ORDER, won(10)), fee_declined(ORDER, won(10))]
        {
            given([reserved(ORDER, units(3))]).receiving(unpaid).then_nothing();
        }
    }

    #[test]
    fn nothing_leaves_for_which_no_stock_is_set_aside() {
        given([]).receiving(fee_received(ORDER, won(10))).then_nothing();
        for short in [short(ORDER), skipped(ORDER), reserved(7, units(3))] {
            given([short]).receiving(fee_received(ORDER, won(10))).then_nothing();
        }
    }

    #[test]
    fn goods_leave_once() {
        for again in out() {
            given(out()).receiving(again).then_nothing();
        }
    }

    #[test]
    fn nothing_leaves_for_a_rental_known_to_be_over() {
        for over in [cancelled(ORDER), short(ORDER), refunded(ORDER, won(10)), ended(ORDER)] {
            let [paid, reserved] = out();
            given([over.clone(), paid.clone()]).receiving(reserved.clone()).then_nothing();
            given([over, reserved]).receiving(paid).then_nothing();
        }
    }

    #[test]
    fn another_orders_cancellation_stops_nothing() {
        let [paid, reserved] = out();
        given([cancelled(7), reserved]).receiving(paid).then([delivered(ORDER)]);
    }

    #[test]
    fn retrieval_waits_for_the_refund() {
        given(out())
            .receiving(cancelled(ORDER))
            .then_nothing()
            .receiving(refunded(ORDER, won(10)))
            .then([retrieved(ORDER, true)]);
    }

    #[test]
    fn a_retrieval_of_goods_that_never_left_says_so() {
        let [paid, reserved] = out();
        for known in [paid, reserved] {
            for over in [cancelled(ORDER), short(ORDER)] {
                given([known.clone(), over]).receiving(refunded(ORDER, won(10))).then([retrieved(ORDER, false)]);
            }
        }
    }

    #[test]
    fn the_end_of_a_rental_starts_its_retrieval() {
        given(out()).receiving(ended(ORDER)).then([retrieved(ORDER, true)]);
    }

    #[test]
    fn retrieval_starts_once() {
        for over in [refunded(ORDER, won(10)), ended(ORDER)] {
            for again in [refunded(ORDER, won(10)), ended(ORDER)] {
                given([out().to_vec(), vec![over.clone()]].concat()).receiving(again).then_nothing();
            }
        }
    }

    /// A version that knew of no reservations sent goods out before one, and then found the stock short.
    #[test]
    fn what_an_earlier_version_sent_out_unreserved_is_fetched_back() {
        given([delivered(ORDER), fee_received(ORDER, won(10)), short(ORDER)])
            .receiving(refunded(ORDER, won(10)))
            .then([retrieved(ORDER, true)]);
    }

    #[test]
    fn a_row_of_an_earlier_version_is_read_and_sends_nothing_out_twice() {
        let old = br#"{"isOver":false,"isDeliveryStarted":true,"isRetrievalStarted":false}"#;
        let mut rows = crate::repository::memory::MemoryRepository::default();
        rows.write(Shipment::KIND, ORDER, old.to_vec());
        for recorded in happened(out()) {
            assert_eq!(LogisticsPolicy.react(&mut rows, &recorded), []);
        }
    }

    #[test]
    fn a_person_can_look_but_not_command() {
        given([]).asked("retrieve", &json!({ "orderId": ORDER })).then_refused(Code::Unknown, "no endpoint");
        let shipment = given(out()).query("get", &json!({ "orderId": ORDER })).unwrap();
        let expected = json!({ "orderId": 2, "isPaid": true, "isReserved": true, "isOver": false,
            "isDeliveryStarted": true, "isRetrievalStarted": false });
        assert_eq!(shipment, expected);
        assert_eq!(given([]).query("get", &json!({ "orderId": ORDER })).unwrap_err().code, Code::Unknown);
        assert_eq!(given([]).query("get", &json!({ "orderId": "two" })).unwrap_err().code, Code::Malformed);
    }
}
