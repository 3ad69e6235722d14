//! Opening the question, and its yes.

use crate::core::commands::Stage;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::order_action::{OrderAction, denied};
use crate::core::overlay::Overlay;
use crate::core::send::send;
use crate::i18n::Text;
use crate::overlays::confirm::state::{Confirm, Yes};
use crate::theme::Tone;

/// Opens the question, if it makes sense to ask it.
pub(crate) fn ask(model: &mut Model, order_action: OrderAction) -> Vec<Effect> {
    let order = model.opened.as_ref().map(|page| page.order).or(model.rentals.cursor());
    let Some(row) = order.and_then(|order| model.rentals.get(order)).cloned() else {
        model.notify(Tone::Plain, Text::NothingSelected);
        return Vec::new();
    };
    if !model.link.is_live(model.now) {
        model.notify(Tone::Warn, Text::DeniedStale);
    } else if let Some(why) = denied(order_action, &row) {
        model.notify(Tone::Warn, why);
    } else {
        let request_id = model.commands.next_id();
        model.overlay = Some(Overlay::Confirm(Box::new(Confirm::new(order_action, row, request_id))));
    }
    Vec::new()
}

/// The question about an order is answered with yes.
pub(crate) fn confirm_order(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Confirm(question)) = &mut model.overlay else { return Vec::new() };
    let answer = match model.rentals.get(question.order) {
        Some(row) if model.link.is_live(model.now) => question.yes(row),
        _ => Yes::TooOld,
    };
    let request_id = question.request_id.clone();
    match answer {
        Yes::Send(user_command) => {
            question.stage = Some(Stage::Sent);
            return send(model, &request_id, user_command);
        }
        Yes::TooOld => model.notify(Tone::Warn, Text::DeniedStale),
        Yes::AskAgain | Yes::Nothing => {}
    }
    Vec::new()
}
