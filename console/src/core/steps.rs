//! The steps of a rental: done, waited for, not needed, failed; and by whom.

use crate::i18n::Text;
use rental_model::totalview::{Payment, Row};
use rental_model::{Context, Kind};

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Done,
    /// It is this step's turn.
    Waiting,
    /// Not its turn yet.
    Later,
    /// Will not happen, and need not.
    Skipped,
    Failed,
}

/// One step of a rental.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) text: Text,
    /// Who takes the step.
    pub(crate) by: Context,
    pub(crate) state: State,
}

/// All steps of a rental as it stands, in the order in which they happen.
pub(crate) fn steps(row: &Row) -> Vec<Step> {
    let is_off = row.has_seen(Kind::RentalCancelled) || row.has_seen(Kind::StockShort);
    let is_ended = row.has_seen(Kind::RentalEnded);
    let mut steps = vec![
        step(Text::StepRequest, Context::Order, done_or_turn(row, Kind::RentalRequested, true)),
        step(Text::StepStock, Context::Inventory, stock(row, is_off)),
        step(Text::StepPayment, Context::Billing, payment(row, is_off)),
        step(Text::StepDelivery, Context::Logistics, delivery(row, is_off)),
    ];
    if row.has_seen(Kind::StockShort) {
        steps.push(step(Text::StepShortage, Context::Inventory, State::Done));
    } else if is_off {
        steps.push(step(Text::StepCancel, Context::Order, State::Done));
    } else if is_ended {
        steps.push(step(Text::StepEnd, Context::Order, State::Done));
    }
    if is_off {
        let (text, state) = refund(row);
        steps.push(step(text, Context::Billing, state));
    }
    if is_off || is_ended {
        let is_turn = is_ended || row.has_seen(Kind::FeeRefunded);
        steps.push(step(Text::StepRetrieval, Context::Logistics, done_or_turn(row, Kind::RetrievalStarted, is_turn)));
        if row.has_seen(Kind::StockReserved) {
            steps.push(step(Text::StepBack, Context::Inventory, back(row)));
        }
    }
    steps
}

/// Who the rental waits for now; empty when nothing more happens by itself.
pub(crate) fn awaited(row: &Row) -> Vec<Context> {
    let mut awaited: Vec<_> =
        steps(row).into_iter().filter(|step| step.state == State::Waiting).map(|step| step.by).collect();
    awaited.dedup();
    awaited
}

const fn step(text: Text, by: Context, state: State) -> Step {
    Step { text, by, state }
}

const fn done_or_turn(row: &Row, kind: Kind, is_turn: bool) -> State {
    if row.has_seen(kind) {
        State::Done
    } else if is_turn {
        State::Waiting
    } else {
        State::Later
    }
}

const fn stock(row: &Row, is_off: bool) -> State {
    if row.has_seen(Kind::StockShort) {
        State::Failed
    } else if row.has_seen(Kind::StockSkipped) {
        State::Skipped
    } else if is_off && !row.has_seen(Kind::StockReserved) {
        // The tombstone of a cancelled order: inventory will skip it.
        State::Skipped
    } else {
        done_or_turn(row, Kind::StockReserved, true)
    }
}

const fn payment(row: &Row, is_off: bool) -> State {
    if row.has_seen(Kind::FeeDeclined) {
        State::Failed
    } else if is_off && !row.has_seen(Kind::FeeReceived) {
        State::Skipped
    } else {
        done_or_turn(row, Kind::FeeReceived, true)
    }
}

/// Money that an outside provider is to give back waits for its word, or for a person.
const fn refund(row: &Row) -> (Text, State) {
    match row.payment() {
        Payment::Refunding => (Text::StepRefundAsked, State::Waiting),
        Payment::RefundDeclined => (Text::StepRefundDeclined, State::Failed),
        _ => (Text::StepRefund, done_or_turn(row, Kind::FeeRefunded, true)),
    }
}

const fn delivery(row: &Row, is_off: bool) -> State {
    if is_off && !row.has_seen(Kind::DeliveryStarted) {
        State::Skipped
    } else {
        let is_turn = row.has_seen(Kind::FeeReceived) && row.has_seen(Kind::StockReserved);
        done_or_turn(row, Kind::DeliveryStarted, is_turn)
    }
}

const fn back(row: &Row) -> State {
    if row.has_seen(Kind::StockReleased) {
        State::Done
    } else {
        done_or_turn(row, Kind::ItemsReturned, row.has_seen(Kind::RetrievalStarted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{order, recorded};
    use rental_model::Event;

    fn row(events: &[Event]) -> Row {
        let recorded_events: Vec<_> =
            (1..).zip(events).map(|(number, event)| recorded(number, event.clone())).collect();
        let mut row = Row::begin(&recorded_events[0]).unwrap();
        for recorded in &recorded_events {
            row.project(recorded);
        }
        row
    }

    fn requested() -> Event {
        crate::testing::requested(order(7))
    }

    fn paid() -> Event {
        Event::FeeReceived { order: order(7), amount: rental_model::Won::ZERO, by_hand: None }
    }

    #[test]
    fn a_new_rental_waits_for_stock_and_payment_but_not_yet_for_delivery() {
        assert_eq!(awaited(&row(&[requested()])), [Context::Inventory, Context::Billing]);
    }

    #[test]
    fn a_paid_rental_waits_for_logistics() {
        let reserved = Event::StockReserved {
            order: order(7),
            product: rental_model::ProductId::new(2).unwrap(),
            qty: rental_model::Qty::new(1).unwrap(),
        };
        assert_eq!(awaited(&row(&[requested(), reserved, paid()])), [Context::Logistics]);
    }

    #[test]
    fn a_cancelled_rental_waits_for_its_refund_and_then_for_the_retrieval() {
        let cancelled =
            Event::RentalCancelled { order: order(7), product: rental_model::ProductId::new(2).unwrap(), reason: None };
        let refunded = Event::FeeRefunded { order: order(7), amount: rental_model::Won::ZERO, by_hand: None };
        assert_eq!(awaited(&row(&[requested(), paid(), cancelled.clone()])), [Context::Billing]);
        assert_eq!(awaited(&row(&[requested(), paid(), cancelled, refunded])), [Context::Logistics]);
    }

    #[test]
    fn a_refund_that_the_provider_is_asked_for_says_so_and_a_declined_one_waits_for_a_person() {
        let amount = rental_model::Won::new(10).unwrap();
        let cancelled =
            Event::RentalCancelled { order: order(7), product: rental_model::ProductId::new(2).unwrap(), reason: None };
        let asked = Event::RefundRequested { order: order(7), amount, attempt: 1 };
        let declined = Event::RefundDeclined { order: order(7), amount, attempt: 1, reason: None };
        let has = |row: &Row, text, state| steps(row).iter().any(|step| step.text == text && step.state == state);
        let waiting = row(&[requested(), paid(), cancelled.clone(), asked.clone()]);
        assert!(has(&waiting, Text::StepRefundAsked, State::Waiting));
        let failed = row(&[requested(), paid(), cancelled, asked, declined]);
        assert!(has(&failed, Text::StepRefundDeclined, State::Failed));
        assert_eq!(awaited(&failed), []);
    }

    #[test]
    fn a_short_rental_at_rest_waits_for_nobody() {
        let product = rental_model::ProductId::new(2).unwrap();
        let short = Event::StockShort { order: order(7), product };
        let refunded = Event::FeeRefunded { order: order(7), amount: rental_model::Won::ZERO, by_hand: None };
        let retrieved = Event::RetrievalStarted { order: order(7), dispatched: false };
        let row = row(&[requested(), short, refunded, retrieved]);
        assert!(awaited(&row).is_empty());
        assert!(steps(&row).iter().any(|step| step.state == State::Failed && step.text == Text::StepStock));
    }
}
