//! Billing: takes the fee once, returns it once.
//!
//! A bill goes one way: none → (charging →) charged or declined → closed. A
//! closed bill never charges, because a cancellation may overtake its request.

use crate::context::{Consulted, Context, Decider, Decision, Endpoint, Fact, Request, no_such_endpoint};
use crate::event::Event;
use crate::order::OneOrder;
use crate::refusal::{Code, Refusal};
use crate::rows::{Aggregate, Rows, RowsMut, load, save};
use crate::values::{OrderId, Won};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Who takes the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Built in: takes every fee at once, declining those above `limit`.
    Instant { limit: Option<Won> },
    /// Outside: hears `ChargeRequested`, and reports back with `rental.billing.settle`.
    Deferred,
}

/// The billing context.
#[derive(Debug, Clone, Copy)]
pub struct BillingPolicy {
    pub provider: Provider,
}

impl Default for BillingPolicy {
    fn default() -> Self {
        Self { provider: Provider::Instant { limit: None } }
    }
}

/// One order's bill.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bill {
    pub stage: Stage,
    /// The fee, once it is known.
    pub fee: Option<Won>,
    /// Money taken from the customer.
    pub charged: Won,
    /// Money given back; never more than was charged.
    pub refunded: Won,
    /// The rental was over while a charge was under way: what it brings goes straight back.
    pub is_to_close: bool,
    /// The number of the event that settled the charge.
    pub settled_by: Option<u64>,
    /// What that event said.
    pub outcome: Option<Outcome>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    #[default]
    None,
    Charging,
    Charged,
    Declined,
    Closed,
}

impl Aggregate for Bill {
    const KIND: u8 = 1;
}

/// `rental.billing.settle`: what became of a charge that a provider was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settle {
    pub order_id: OrderId,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    Charged,
    Declined,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Charged => "charged",
            Self::Declined => "declined",
        }
    }
}

/// Why billing refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("there is no bill for order {0}")]
    NoSuchBill(OrderId),
    #[error("no charge of order {0} is under way")]
    NotCharging(OrderId),
    #[error("the charge of order {0} was settled before, as {1}; it stays so, set it right with the provider")]
    OtherOutcome(OrderId, &'static str),
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let code = match refused {
            Refused::NoSuchBill(_) => Code::Unknown,
            Refused::NotCharging(_) | Refused::OtherOutcome(..) => Code::Conflict,
        };
        Self::new(code, refused.to_string())
    }
}

impl Bill {
    /// Won really taken from the customer and not yet returned.
    ///
    /// Never negative: a refund returns at most what was charged.
    pub fn balance_won(&self) -> u64 {
        self.charged.get().saturating_sub(self.refunded.get())
    }

    /// What billing does on hearing `heard`. A closed bill never charges: the
    /// cancellation may have overtaken the request.
    fn react(&self, provider: Provider, heard: &Event) -> Vec<Event> {
        match (self.stage, heard) {
            (Stage::None, Event::RentalRequested { order, amount, .. }) => vec![charge(provider, *order, *amount)],
            (
                Stage::None | Stage::Charged | Stage::Declined,
                Event::RentalCancelled { order, .. } | Event::StockShort { order, .. },
            ) => vec![Event::FeeRefunded { order: *order, amount: self.charged }],
            // While a provider is being asked, closing waits for its word: see `hear`, `settle`.
            _ => Vec::new(),
        }
    }

    /// What the provider's word leads to.
    fn settle(&self, order: OrderId, outcome: Outcome) -> Result<Decision, Refused> {
        let amount = self.fee.unwrap_or(Won::ZERO);
        match (self.stage, self.settled_by, self.outcome) {
            (_, Some(number), Some(settled)) if settled == outcome => Ok(Decision::Already(number)),
            (_, Some(_), Some(settled)) => Err(Refused::OtherOutcome(order, settled.word())),
            (Stage::Charging, ..) => {
                let (settled, taken) = match outcome {
                    Outcome::Charged => (Event::FeeReceived { order, amount }, amount),
                    Outcome::Declined => (Event::FeeDeclined { order, amount }, Won::ZERO),
                };
                let refund = self.is_to_close.then_some(Event::FeeRefunded { order, amount: taken });
                Ok(Decision::Record([settled].into_iter().chain(refund).collect()))
            }
            _ => Err(Refused::NotCharging(order)),
        }
    }

    fn apply(&mut self, own: &Fact) {
        match own.event {
            Event::ChargeRequested { amount, .. } => {
                self.stage = Stage::Charging;
                self.fee = Some(amount);
            }
            Event::FeeReceived { amount, .. } => {
                self.stage = Stage::Charged;
                self.fee = Some(amount);
                self.charged = amount;
                self.settled_by = Some(own.number);
                self.outcome = Some(Outcome::Charged);
            }
            Event::FeeDeclined { amount, .. } => {
                self.stage = Stage::Declined;
                self.fee = Some(amount);
                self.settled_by = Some(own.number);
                self.outcome = Some(Outcome::Declined);
            }
            Event::FeeRefunded { amount, .. } => {
                self.stage = Stage::Closed;
                self.refunded = amount;
                // Done; and a bill rebuilt from the journal does not know that it once had to wait.
                self.is_to_close = false;
            }
            _ => {}
        }
    }
}

fn charge(provider: Provider, order: OrderId, amount: Won) -> Event {
    match provider {
        Provider::Deferred => Event::ChargeRequested { order, amount },
        Provider::Instant { limit: Some(limit) } if amount > limit => Event::FeeDeclined { order, amount },
        Provider::Instant { .. } => Event::FeeReceived { order, amount },
    }
}

impl Decider for BillingPolicy {
    fn context(&self) -> Context {
        Context::Billing
    }

    fn hears(&self) -> &'static [Context] {
        &[Context::Order, Context::Inventory]
    }

    fn apply(&self, rows: &mut dyn RowsMut, own: &Fact) {
        let Some(order) = own.event.order() else { return };
        let mut bill = load::<Bill>(rows, order.get()).unwrap_or_default();
        bill.apply(own);
        save(rows, order.get(), &bill);
    }

    fn hear(&self, rows: &mut dyn RowsMut, fact: &Fact) -> Vec<Event> {
        let (Event::RentalRequested { order, .. }
        | Event::RentalCancelled { order, .. }
        | Event::StockShort { order, .. }) = &fact.event
        else {
            return Vec::new();
        };
        let mut bill = load::<Bill>(rows, order.get()).unwrap_or_default();
        let is_over = !matches!(fact.event, Event::RentalRequested { .. });
        if is_over && bill.stage == Stage::Charging && !bill.is_to_close {
            bill.is_to_close = true;
            save(rows, order.get(), &bill);
        }
        bill.react(self.provider, &fact.event)
    }

    fn commands(&self) -> &'static [Endpoint] {
        &[Endpoint {
            name: "settle",
            about: "For payment providers: what became of a requested charge (charged or declined).",
            example: r#"{"orderId":2,"outcome":"charged"}"#,
        }]
    }

    fn decide(&self, rows: &dyn Rows, request: Request<'_>, _: Option<&Consulted>) -> Result<Decision, Refusal> {
        match request.endpoint {
            "settle" => {
                let asked: Settle = request.read()?;
                let bill: Bill = load(rows, asked.order_id.get()).ok_or(Refused::NoSuchBill(asked.order_id))?;
                Ok(bill.settle(asked.order_id, asked.outcome)?)
            }
            other => Err(no_such_endpoint(Context::Billing, other)),
        }
    }

    fn queries(&self) -> &'static [Endpoint] {
        &[Endpoint { name: "get", about: "One order's bill.", example: r#"{"orderId":2}"# }]
    }

    fn query(&self, rows: &dyn Rows, request: Request<'_>) -> Result<Value, Refusal> {
        match request.endpoint {
            "get" => {
                let order = request.read::<OneOrder>()?.order_id;
                let bill: Bill = load(rows, order.get()).ok_or(Refused::NoSuchBill(order))?;
                let mut body = json!(bill);
                body["orderId"] = json!(order);
                body["balance"] = json!(bill.balance_won());
                Ok(body)
            }
            other => Err(no_such_endpoint(Context::Billing, other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    const LIMITED: BillingPolicy = BillingPolicy { provider: Provider::Instant { limit: Some(Won::ZERO) } };
    const DEFERRED: BillingPolicy = BillingPolicy { provider: Provider::Deferred };

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
        given([]).hearing(requested(ORDER, units(3), won(10))).then([fee_received(ORDER, won(10))]);
    }

    #[test]
    fn a_rental_for_nothing_is_charged_nothing() {
        given([]).hearing(requested(ORDER, units(3), won(0))).then([fee_received(ORDER, won(0))]);
    }

    #[test]
    fn a_bill_is_charged_once() {
        given([requested(ORDER, units(3), won(10))]).hearing(requested(ORDER, units(3), won(10))).then_nothing();
    }

    #[test]
    fn a_cancellation_returns_what_was_charged() {
        given([requested(ORDER, units(3), won(10))]).hearing(cancelled(ORDER)).then([refunded(ORDER, won(10))]);
    }

    #[test]
    fn a_shortage_returns_what_was_charged() {
        given([requested(ORDER, units(110), won(10))]).hearing(short(ORDER)).then([refunded(ORDER, won(10))]);
    }

    #[test]
    fn a_bill_closes_once() {
        given([requested(ORDER, units(3), won(10)), cancelled(ORDER)]).hearing(short(ORDER)).then_nothing();
        given([requested(ORDER, units(3), won(10)), short(ORDER)]).hearing(cancelled(ORDER)).then_nothing();
        given([cancelled(ORDER)]).hearing(short(ORDER)).then_nothing();
    }

    #[test]
    fn a_cancellation_before_any_charge_closes_the_bill_and_returns_nothing() {
        given([]).hearing(cancelled(ORDER)).then([refunded(ORDER, Won::ZERO)]);
        given([]).hearing(short(ORDER)).then([refunded(ORDER, Won::ZERO)]);
    }

    #[test]
    fn a_cancellation_that_overtakes_its_request_is_never_charged() {
        given([cancelled(ORDER)]).hearing(requested(ORDER, units(3), won(10))).then_nothing();
    }

    #[test]
    fn a_shortage_that_overtakes_its_request_is_never_charged() {
        given([short(ORDER)]).hearing(requested(ORDER, units(110), won(10))).then_nothing();
        story(DEFERRED, [short(ORDER)]).hearing(requested(ORDER, units(110), won(10))).then_nothing();
        story(LIMITED, [short(ORDER)]).hearing(requested(ORDER, units(110), won(10))).then_nothing();
    }

    #[test]
    fn every_order_has_its_own_bill() {
        given([cancelled(ORDER)]).hearing(requested(7, units(3), won(10))).then([fee_received(7, won(10))]);
    }

    #[test]
    fn the_end_of_a_rental_returns_no_money() {
        given([requested(ORDER, units(3), won(10))]).hearing(ended(ORDER)).then_nothing();
    }

    #[test]
    fn a_fee_above_the_limit_is_declined_and_its_bill_closes_with_nothing_returned() {
        let limited = BillingPolicy { provider: Provider::Instant { limit: Some(won(10)) } };
        story(limited, []).hearing(requested(ORDER, units(3), won(10))).then([fee_received(ORDER, won(10))]);
        story(limited, [])
            .hearing(requested(ORDER, units(3), won(11)))
            .then([fee_declined(ORDER, won(11))])
            .hearing(cancelled(ORDER))
            .then([refunded(ORDER, Won::ZERO)]);
    }

    #[test]
    fn an_outside_provider_is_asked_once_and_its_word_settles_the_charge() {
        given_deferred([])
            .hearing(requested(ORDER, units(3), won(10)))
            .then([charge_requested(ORDER, won(10))])
            .hearing(requested(ORDER, units(3), won(10)))
            .then_nothing()
            .asked("settle", &settle("charged"))
            .then([fee_received(ORDER, won(10))])
            .hearing(cancelled(ORDER))
            .then([refunded(ORDER, won(10))]);
    }

    #[test]
    fn a_provider_may_decline() {
        given_deferred([requested(ORDER, units(3), won(10))])
            .asked("settle", &settle("declined"))
            .then([fee_declined(ORDER, won(10))])
            .hearing(cancelled(ORDER))
            .then([refunded(ORDER, Won::ZERO)]);
    }

    #[test]
    fn a_cancel_during_charging_waits_for_the_provider_and_then_settles() {
        for over in [cancelled(ORDER), short(ORDER)] {
            let given = || given_deferred([requested(ORDER, units(3), won(10))]).hearing(over.clone()).then_nothing();
            given().asked("settle", &settle("charged")).then([fee_received(ORDER, won(10)), refunded(ORDER, won(10))]);
            given()
                .asked("settle", &settle("declined"))
                .then([fee_declined(ORDER, won(10)), refunded(ORDER, Won::ZERO)]);
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
        let closed = charged.hearing(cancelled(ORDER)).story();
        let bill = closed.query("get", &json!({ "orderId": ORDER })).unwrap();
        assert_eq!((&bill["stage"], &bill["refunded"], &bill["balance"]), (&json!("closed"), &json!(10), &json!(0)));
        let unknown = closed.query("get", &json!({ "orderId": 7 })).unwrap_err();
        assert_eq!(unknown.code, Code::Unknown);
    }
}
