//! One order's bill, and what may become of it.

use super::open::{Ask, Open};
use super::{Outcome, Provider, Refused};
use crate::context::{Decision, RecordedEvent};
use crate::event::Event;
use crate::repository::Aggregate;
use crate::values::{OrderId, Reason, Won};
use serde::{Deserialize, Serialize};

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
    /// Who took the money, and gives it back. Repository of earlier versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<TakenBy>,
    /// The number of the event that settled a refund somebody was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded_by: Option<u64>,
    /// Staff settled that refund, not the provider.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_refunded_by_hand: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    #[default]
    None,
    Charging,
    Charged,
    Declined,
    /// The provider is asked to give the money back.
    Refunding,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TakenBy {
    BuiltIn,
    Outside,
}

impl Aggregate for Bill {
    const KIND: u8 = 1;
}

/// What somebody says became of a charge or a refund.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) outcome: Outcome,
    /// The sum it is about, if that was said.
    pub(super) amount: Option<Won>,
    pub(super) reason: Option<Reason>,
    /// Said by staff, for the provider.
    pub(super) is_by_hand: bool,
}

impl Word {
    fn by_hand(&self) -> Option<Reason> {
        self.reason.clone().filter(|_| self.is_by_hand)
    }

    /// Another sum than was asked for settles nothing.
    fn check_amount(&self, order: OrderId, asked: Won) -> Result<(), Refused> {
        match self.amount {
            Some(said) if said != asked => Err(Refused::OtherAmount { order, asked, said }),
            _ => Ok(()),
        }
    }
}

impl Bill {
    /// Won really taken from the customer and not yet returned.
    ///
    /// Never negative: a refund returns at most what was charged.
    pub fn balance_won(&self) -> u64 {
        self.charged.get().saturating_sub(self.refunded.get())
    }

    /// What billing does on receiving `received`. A closed bill never charges: the
    /// cancellation may have overtaken the request.
    pub(super) fn react(&self, provider: Provider, received: &Event) -> Vec<Event> {
        match (self.stage, received) {
            (Stage::None, Event::RentalRequested { order, amount, .. }) => vec![charge(provider, *order, *amount)],
            (
                Stage::None | Stage::Charged | Stage::Declined,
                Event::RentalCancelled { order, .. } | Event::StockShort { order, .. },
            ) => vec![self.refund(provider, *order, self.charged)],
            // While a provider is being asked, closing waits for its word: see `receive`, `settle`.
            _ => Vec::new(),
        }
    }

    /// The way back of `taken`: through whoever took it. Of nothing, nobody is asked.
    fn refund(&self, provider: Provider, order: OrderId, taken: Won) -> Event {
        let is_outside = match self.taken_by {
            Some(by) => by == TakenBy::Outside,
            None => provider == Provider::Deferred,
        };
        if is_outside && taken > Won::ZERO {
            Event::RefundRequested { order, amount: taken, attempt: 1 }
        } else {
            Event::FeeRefunded { order, amount: taken, by_hand: None }
        }
    }

    /// What a word about a charge or a refund leads to.
    pub(super) fn settle(
        &self,
        provider: Provider,
        order: OrderId,
        open: Option<&Open>,
        word: &Word,
    ) -> Result<Decision, Refused> {
        match word.outcome {
            Outcome::Charged | Outcome::Declined => self.settle_charge(provider, order, word),
            Outcome::Refunded => self.settle_refund(order, word),
            Outcome::RefundDeclined => self.decline_refund(order, open, word),
        }
    }

    fn settle_charge(&self, provider: Provider, order: OrderId, word: &Word) -> Result<Decision, Refused> {
        let amount = self.fee.unwrap_or(Won::ZERO);
        match (self.stage, self.settled_by, self.outcome) {
            (_, Some(number), Some(settled)) if settled == word.outcome => {
                word.check_amount(order, amount)?;
                Ok(Decision::Duplicate(number))
            }
            (_, Some(_), Some(settled)) => Err(Refused::OtherOutcome(order, settled.word())),
            (Stage::Charging, ..) => {
                word.check_amount(order, amount)?;
                let by_hand = word.by_hand();
                let (settled, taken) = match word.outcome {
                    Outcome::Charged => (Event::FeeReceived { order, amount, by_hand }, amount),
                    _ => (Event::FeeDeclined { order, amount, by_hand }, Won::ZERO),
                };
                let refund = self.is_to_close.then(|| self.refund(provider, order, taken));
                Ok(Decision::Record([settled].into_iter().chain(refund).collect()))
            }
            _ => Err(Refused::NotCharging(order)),
        }
    }

    fn settle_refund(&self, order: OrderId, word: &Word) -> Result<Decision, Refused> {
        match (self.stage, self.refunded_by) {
            // Both may have paid: that is for a person to look at.
            (Stage::Closed, Some(_)) if self.is_refunded_by_hand && !word.is_by_hand => Err(Refused::ByHand(order)),
            (Stage::Closed, Some(number)) => {
                word.check_amount(order, self.refunded)?;
                Ok(Decision::Duplicate(number))
            }
            (Stage::Refunding, _) => {
                word.check_amount(order, self.charged)?;
                let (amount, by_hand) = (self.charged, word.by_hand());
                Ok(Decision::Record(vec![Event::FeeRefunded { order, amount, by_hand }]))
            }
            _ => Err(Refused::NotRefunding(order)),
        }
    }

    fn decline_refund(&self, order: OrderId, open: Option<&Open>, word: &Word) -> Result<Decision, Refused> {
        match (self.stage, open) {
            (Stage::Refunding, Some(open)) => {
                word.check_amount(order, self.charged)?;
                Ok(match open.declined_by {
                    Some(number) => Decision::Duplicate(number),
                    None => Decision::Record(vec![Event::RefundDeclined {
                        order,
                        amount: self.charged,
                        attempt: open.attempt,
                        reason: word.reason.clone(),
                    }]),
                })
            }
            (Stage::Closed, _) if self.refunded_by.is_some() => Err(Refused::PaidBack(order)),
            _ => Err(Refused::NotRefunding(order)),
        }
    }

    /// Folds an own event in; `open` is what its provider is asked for.
    pub(super) fn apply(&mut self, own: &RecordedEvent, open: &mut Option<Open>) {
        match &own.event {
            Event::ChargeRequested { amount, .. } => {
                self.stage = Stage::Charging;
                self.fee = Some(*amount);
                self.taken_by = Some(TakenBy::Outside);
                *open = Open::asked(open.take(), own, Ask::Charge, *amount);
            }
            Event::FeeReceived { amount, .. } => {
                self.stage = Stage::Charged;
                self.charged = *amount;
                self.taken_by = self.taken_by.or(Some(TakenBy::BuiltIn));
                self.settled(*amount, own.number, Outcome::Charged);
                *open = None;
            }
            Event::FeeDeclined { amount, .. } => {
                self.stage = Stage::Declined;
                self.settled(*amount, own.number, Outcome::Declined);
                *open = None;
            }
            Event::RefundRequested { amount, .. } => {
                self.stage = Stage::Refunding;
                self.is_to_close = false;
                *open = Open::asked(open.take(), own, Ask::Refund, *amount);
            }
            Event::RefundDeclined { reason, .. } => {
                if let Some(open) = open {
                    open.declined_by = Some(own.number);
                    open.reason.clone_from(reason);
                }
            }
            Event::FeeRefunded { amount, by_hand, .. } => {
                if self.stage == Stage::Refunding {
                    self.refunded_by = Some(own.number);
                    self.is_refunded_by_hand = by_hand.is_some();
                }
                self.stage = Stage::Closed;
                self.refunded = *amount;
                // Done; and a bill rebuilt from the journal does not know that it once had to wait.
                self.is_to_close = false;
                *open = None;
            }
            _ => {}
        }
    }

    const fn settled(&mut self, fee: Won, number: u64, outcome: Outcome) {
        self.fee = Some(fee);
        self.settled_by = Some(number);
        self.outcome = Some(outcome);
    }
}

fn charge(provider: Provider, order: OrderId, amount: Won) -> Event {
    match provider {
        Provider::Deferred => Event::ChargeRequested { order, amount, attempt: 1 },
        Provider::Instant { limit: Some(limit) } if amount > limit => {
            Event::FeeDeclined { order, amount, by_hand: None }
        }
        Provider::Instant { .. } => Event::FeeReceived { order, amount, by_hand: None },
    }
}
