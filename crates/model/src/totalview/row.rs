//! One row per rental.

use super::standing::{Delivery, Payment, Standing, Status};
use crate::context::RecordedEvent;
use crate::event::{Event, Kind};
use crate::repository::Aggregate;
use crate::values::{OrderId, ProductId, Qty, Reason, UnixMs, Won};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Everything known about one rental.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub order_id: OrderId,
    pub product_id: Option<ProductId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    pub qty: Option<Qty>,
    /// The fee asked for.
    pub amount: Option<Won>,
    /// Money taken; none until it was.
    pub charged: Option<Won>,
    /// Money returned; none until it was.
    pub refunded: Option<Won>,
    /// Why it was cancelled, in the words of whoever did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The goods were on their way, or there, when they were called back.
    #[serde(default)]
    pub was_dispatched: bool,
    /// Why staff settled a charge or the refund by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<String>,
    /// The latest attempt to have the fee given back, and the latest that was declined.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refund_attempt: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refund_declined: u32,
    pub requested_at: Option<UnixMs>,
    /// The latest event by time; of several at the same time, the later in the saga.
    pub last_event: Kind,
    pub last_at: UnixMs,
    /// Which kinds of event were seen: the sum of their [`Kind::bit`]s.
    pub seen: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Aggregate for Row {
    const KIND: u8 = 1;
}

impl Row {
    /// The row that `recorded` begins; none if it is not about a rental.
    pub fn begin(recorded: &RecordedEvent) -> Option<Self> {
        let mut row = Self {
            order_id: recorded.event.order()?,
            product_id: None,
            product_name: None,
            qty: None,
            amount: None,
            charged: None,
            refunded: None,
            reason: None,
            was_dispatched: false,
            by_hand: None,
            refund_attempt: 0,
            refund_declined: 0,
            requested_at: None,
            last_event: recorded.event.kind(),
            last_at: recorded.at,
            seen: 0,
        };
        row.project(recorded);
        Some(row)
    }

    pub const fn has_seen(&self, kind: Kind) -> bool {
        self.standing().has_seen(kind)
    }

    /// Folds one event in. The same again changes nothing; answers whether it was new.
    pub fn project(&mut self, recorded: &RecordedEvent) -> bool {
        let kind = recorded.event.kind();
        if self.has_seen(kind) && !kind.may_repeat() {
            return false;
        }
        let before = kind.may_repeat().then(|| self.clone());
        self.fold(recorded);
        before.is_none_or(|before| before != *self)
    }

    fn fold(&mut self, recorded: &RecordedEvent) {
        let kind = recorded.event.kind();
        self.seen |= kind.bit();
        if (recorded.at, kind) >= (self.last_at, self.last_event) {
            (self.last_at, self.last_event) = (recorded.at, kind);
        }
        if let Some(product) = recorded.event.product() {
            self.product_id = self.product_id.or(Some(product));
        }
        match &recorded.event {
            Event::RentalRequested { product, qty, amount, .. } => {
                self.product_id = Some(*product);
                self.qty = Some(*qty);
                self.amount = Some(*amount);
                self.requested_at = Some(recorded.at);
            }
            Event::RentalCancelled { reason, .. } => {
                self.reason = reason.as_ref().map(|reason| reason.as_str().to_owned());
            }
            Event::FeeReceived { amount, by_hand, .. } => {
                self.charged = Some(*amount);
                self.settled_by_hand(by_hand.as_ref());
            }
            Event::FeeDeclined { by_hand, .. } => self.settled_by_hand(by_hand.as_ref()),
            Event::RefundRequested { attempt, .. } => self.refund_attempt = self.refund_attempt.max(*attempt),
            Event::RefundDeclined { attempt, .. } => self.refund_declined = self.refund_declined.max(*attempt),
            Event::FeeRefunded { amount, by_hand, .. } => {
                self.refunded = Some(*amount);
                self.settled_by_hand(by_hand.as_ref());
            }
            Event::RetrievalStarted { dispatched, .. } => self.was_dispatched = *dispatched,
            _ => {}
        }
    }

    fn settled_by_hand(&mut self, why: Option<&Reason>) {
        if let Some(why) = why {
            self.by_hand = Some(why.as_str().to_owned());
        }
    }

    /// What its words derive from.
    pub const fn standing(&self) -> Standing {
        let is_refund_declined = self.refund_declined > 0 && self.refund_declined >= self.refund_attempt;
        Standing { seen: self.seen, was_dispatched: self.was_dispatched, is_refund_declined }
    }

    pub const fn status(&self) -> Status {
        self.standing().status()
    }

    pub const fn payment(&self) -> Payment {
        self.standing().payment()
    }

    pub const fn delivery(&self) -> Delivery {
        self.standing().delivery()
    }

    /// The row with its derived words, for JSON readers.
    pub fn show(&self) -> Value {
        let mut shown = json!(self);
        shown["status"] = json!(self.status());
        shown["payment"] = json!(self.payment());
        shown["delivery"] = json!(self.delivery());
        shown
    }
}
