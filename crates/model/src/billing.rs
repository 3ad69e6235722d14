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

/// Why billing refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("there is no bill for order {0}")]
    NoSuchBill(OrderId),
    #[error("no charge of order {0} is under way")]
    NotCharging(OrderId),
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let code = match refused {
            Refused::NoSuchBill(_) => Code::Unknown,
            Refused::NotCharging(_) => Code::Conflict,
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
        match (self.stage, self.settled_by) {
            (_, Some(number)) => Ok(Decision::Already(number)),
            (Stage::Charging, None) => {
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
            }
            Event::FeeDeclined { amount, .. } => {
                self.stage = Stage::Declined;
                self.fee = Some(amount);
                self.settled_by = Some(own.number);
            }
            Event::FeeRefunded { amount, .. } => {
                self.stage = Stage::Closed;
                self.refunded = amount;
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
