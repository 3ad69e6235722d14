//! The question before a cancellation or the end of a rental.
//!
//! It is fixed on an order id and on what was seen of it when the question
//! opened. If the order changes meanwhile, `y` shows what changed and asks
//! again instead of acting. Enter always means No.

use crate::core::commands::{Stage, UserCommand};
use crate::core::order_action::{OrderAction, changes, denied, user_command};
use crate::i18n::Message;
use rental_model::OrderId;
use rental_model::totalview::Row;

/// An open question.
#[derive(Debug)]
pub(crate) struct Confirm {
    pub(crate) order_action: OrderAction,
    pub(crate) order: OrderId,
    /// The order as the person has seen it.
    pub(crate) seen: Row,
    /// What had changed when the person said yes, so that it was asked again.
    pub(crate) asked_again: Vec<Message>,
    pub(crate) request_id: String,
    /// How far the command has come, once it was confirmed.
    pub(crate) stage: Option<Stage>,
}

/// What a yes leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Yes {
    Send(UserCommand),
    AskAgain,
    Nothing,
    /// The order is not in view, or the view not fresh.
    TooOld,
}

impl Confirm {
    pub(crate) const fn new(order_action: OrderAction, seen: Row, request_id: String) -> Self {
        let order = seen.order_id;
        Self { order_action, order, seen, asked_again: Vec::new(), request_id, stage: None }
    }

    /// The person said yes, the order being `now`.
    pub(crate) fn yes(&mut self, now: &Row) -> Yes {
        match self.stage {
            None => {}
            // Asking again with the same id never doubles, whatever the order has become.
            Some(Stage::Unsure | Stage::Failed(_)) => return Yes::Send(user_command(self.order_action, &self.seen)),
            Some(_) => return Yes::Nothing,
        }
        let changes = changes(&self.seen, now);
        if !changes.is_empty() {
            self.seen = now.clone();
            self.asked_again = changes;
            return Yes::AskAgain;
        }
        if denied(self.order_action, now).is_some() {
            Yes::Nothing
        } else {
            Yes::Send(user_command(self.order_action, &self.seen))
        }
    }
}
