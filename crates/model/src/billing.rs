//! Billing: takes the fee once, returns it once.
//!
//! A bill goes one way: none → (charging →) charged or declined → (refunding →)
//! closed. A closed bill never charges, because a cancellation may overtake its
//! request. Money that an outside provider took is back when the provider says
//! so, or staff for it; until then the refund is asked for, and nothing more.

mod bill;
mod open;
#[cfg(test)]
mod tests;

pub use bill::{Bill, Stage, TakenBy};
pub use open::{Ask, ListOpen, Open, OpenPage};

use crate::context::{Context, Decider, Decision, Endpoint, QueryOutcome, RecordedEvent, Request, endpoints};
use crate::event::Event;
use crate::order::OneOrder;
use crate::refusal::{Code, Refusal};
use crate::repository::{Repository, RepositoryMut, load, remove, save};
use crate::values::{OrderId, Reason, UnixMs, Won};
use bill::Word;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Who takes the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Built in: takes every fee at once, declining those above `limit`.
    Instant { limit: Option<Won> },
    /// Outside: receives `ChargeRequested` and `RefundRequested`, and reports back with `rental.billing.settle`.
    Deferred,
}

/// The billing context.
#[derive(Debug, Clone, Copy)]
pub struct BillingPolicy {
    pub provider: Provider,
    /// How long an outside provider may take before its silence is told.
    pub patience_ms: u64,
}

impl BillingPolicy {
    /// How long an outside provider may take if nobody says.
    pub const PATIENCE_MS: u64 = 300_000;

    pub const fn of(provider: Provider) -> Self {
        Self { provider, patience_ms: Self::PATIENCE_MS }
    }
}

impl Default for BillingPolicy {
    fn default() -> Self {
        Self::of(Provider::Instant { limit: None })
    }
}

/// `rental.billing.settle`: what became of a charge or a refund that a provider was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settle {
    pub order_id: OrderId,
    pub outcome: Outcome,
    /// When given, it must be the sum that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Won>,
    /// Why a refund was declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// `rental.billing.resolve`: the same, said by staff for a provider that does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resolve {
    pub order_id: OrderId,
    pub outcome: Outcome,
    pub reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    Charged,
    Declined,
    Refunded,
    RefundDeclined,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Charged => "charged",
            Self::Declined => "declined",
            Self::Refunded => "refunded",
            Self::RefundDeclined => "refundDeclined",
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
    #[error("no refund of order {0} was asked for")]
    NotRefunding(OrderId),
    #[error("the refund of order {0} was paid before; it stays so, set it right with the provider")]
    PaidBack(OrderId),
    #[error("the refund of order {0} was settled by hand before; if the provider paid it too, get one of the two back")]
    ByHand(OrderId),
    #[error("order {order} is about {asked} won, not {said}; nothing is settled, set it right with the provider")]
    OtherAmount { order: OrderId, asked: Won, said: Won },
    #[error("nothing that a payment provider was asked for is open for order {0}")]
    NothingOpen(OrderId),
    #[error("outcome: a person settles as charged, declined or refunded")]
    NotByHand,
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let code = match refused {
            Refused::NoSuchBill(_) => Code::Unknown,
            Refused::NotByHand => Code::Malformed,
            _ => Code::Conflict,
        };
        let refusal = Self::new(code, refused.to_string());
        match refused {
            Refused::OtherAmount { asked, .. } => refusal.with("amount", asked.get()),
            _ => refusal,
        }
    }
}

impl BillingPolicy {
    fn settle(&self, rows: &dyn Repository, order: OrderId, word: &Word) -> Result<Decision, Refusal> {
        let bill: Bill = load(rows, order.get()).ok_or(Refused::NoSuchBill(order))?;
        let open: Option<Open> = load(rows, order.get());
        Ok(bill.settle(self.provider, order, open.as_ref(), word)?)
    }
}

endpoints! {
    /// What people and payment providers ask billing to do.
    enum Command of Billing {
        Settle(Settle) = "settle":
            "For payment providers: what became of a charge (charged, declined) or a refund (refunded, \
             refundDeclined) it was asked for.",
            like r#"{"orderId":2,"outcome":"charged"}"#;
        Retry(OneOrder) = "retry":
            "Ask the payment provider once more for what is open of an order.",
            like r#"{"orderId":2}"#;
        Resolve(Resolve) = "resolve":
            "Settle by hand what the payment provider does not: charged, declined or refunded.",
            like r#"{"orderId":2,"outcome":"refunded","reason":"paid in cash"}"#;
    }
}

endpoints! {
    /// What people and payment providers ask billing about.
    enum Query of Billing {
        Get(OneOrder) = "get": "One order's bill.", like r#"{"orderId":2}"#;
        Open(ListOpen) = "open":
            "The charges and refunds that the payment provider was asked for and that are not settled.",
            like r#"{"limit":100}"#;
    }
}

impl Decider for BillingPolicy {
    fn context(&self) -> Context {
        Context::Billing
    }

    fn subscriptions(&self) -> &'static [Context] {
        &[Context::Order, Context::Inventory]
    }

    fn rows_version(&self) -> u32 {
        1
    }

    fn migrate(&self, rows: &mut dyn RepositoryMut) {
        open::migrate(rows);
    }

    fn apply(&self, rows: &mut dyn RepositoryMut, own: &RecordedEvent) {
        let Some(order) = own.event.order() else { return };
        let mut bill = load::<Bill>(rows, order.get()).unwrap_or_default();
        let known: Option<Open> = load(rows, order.get());
        let mut open = known.clone();
        bill.apply(own, &mut open);
        save(rows, order.get(), &bill);
        match open {
            Some(open) => save(rows, order.get(), &open),
            None if known.is_some() => remove::<Open>(rows, order.get()),
            None => {}
        }
    }

    fn react(&self, rows: &mut dyn RepositoryMut, recorded: &RecordedEvent) -> Vec<Event> {
        let (Event::RentalRequested { order, .. }
        | Event::RentalCancelled { order, .. }
        | Event::StockShort { order, .. }) = &recorded.event
        else {
            return Vec::new();
        };
        let mut bill = load::<Bill>(rows, order.get()).unwrap_or_default();
        let is_over = !matches!(recorded.event, Event::RentalRequested { .. });
        if is_over && bill.stage == Stage::Charging && !bill.is_to_close {
            bill.is_to_close = true;
            save(rows, order.get(), &bill);
        }
        bill.react(self.provider, &recorded.event)
    }

    fn commands(&self) -> &'static [Endpoint] {
        Command::ENDPOINTS
    }

    fn decide(
        &self,
        rows: &dyn Repository,
        request: Request<'_>,
        _: Option<&QueryOutcome>,
    ) -> Result<Decision, Refusal> {
        match Command::read(request)? {
            Command::Settle(Settle { order_id, outcome, amount, reason }) => {
                self.settle(rows, order_id, &Word { outcome, amount, reason, is_by_hand: false })
            }
            Command::Retry(OneOrder { order_id }) => {
                let open: Open = load(rows, order_id.get()).ok_or(Refused::NothingOpen(order_id))?;
                Ok(Decision::Record(vec![open.retry()]))
            }
            Command::Resolve(Resolve { order_id, outcome, reason }) => {
                if outcome == Outcome::RefundDeclined {
                    return Err(Refused::NotByHand.into());
                }
                let word = Word { outcome, amount: None, reason: Some(reason), is_by_hand: true };
                self.settle(rows, order_id, &word)
            }
        }
    }

    fn queries(&self) -> &'static [Endpoint] {
        Query::ENDPOINTS
    }

    fn query(&self, rows: &dyn Repository, request: Request<'_>) -> Result<Value, Refusal> {
        match Query::read(request)? {
            Query::Get(OneOrder { order_id }) => {
                let bill: Bill = load(rows, order_id.get()).ok_or(Refused::NoSuchBill(order_id))?;
                let mut body = json!(bill);
                body["orderId"] = json!(order_id);
                body["balance"] = json!(bill.balance_won());
                if let Some(open) = load::<Open>(rows, order_id.get()) {
                    body["open"] = json!(open);
                }
                Ok(body)
            }
            Query::Open(asked) => Ok(json!(open::page(rows, asked))),
        }
    }

    fn alerts(&self, rows: &dyn Repository, now: UnixMs) -> Vec<String> {
        open::alerts(rows, now, self.patience_ms)
    }
}
