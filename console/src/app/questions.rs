//! The boxes that ask: which of them a key or an answer is for.

use crate::core::commands::{Issued, Receipt};
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::overlay::Overlay;
use crate::core::send::send;
use crate::i18n::Text;
use crate::input::Action;
use crate::overlays::bulk::update as bulk;
use crate::overlays::confirm::update::confirm_order;
use crate::overlays::filters::update as filters;
use crate::overlays::form::update as form;
use crate::overlays::new_rental::update::{answered_form, confirm_form, press_form};
use crate::theme::Tone;
use rental_bus::CallError;

/// A command key where something is typed.
pub(crate) fn form(model: &mut Model, action: Action) -> Vec<Effect> {
    match &model.overlay {
        Some(Overlay::Form(_)) => press_form(model, action),
        Some(Overlay::Sheet(_)) => form::press(model, action),
        Some(Overlay::SaveFilter(_)) => filters::press(model, action),
        _ => Vec::new(),
    }
}

/// Sends the last command that was not answered again.
pub(crate) fn retry_last(model: &mut Model) -> Vec<Effect> {
    if let Some(issued) = model.commands.last_unsure().cloned() {
        return send(model, &issued.request_id, issued.user_command);
    }
    if let Some(effects) = bulk::retry(model) {
        return effects;
    }
    model.notify(Tone::Plain, Text::NothingToRetry);
    Vec::new()
}

/// A key in a question.
pub(crate) fn confirm(model: &mut Model, action: Action) -> Vec<Effect> {
    match (&model.overlay, action) {
        (Some(Overlay::Quit), Action::Yes) => vec![Effect::Quit],
        (Some(Overlay::Form(_)), _) => confirm_form(model, action),
        (Some(Overlay::Sheet(_)), _) => form::confirm(model, action),
        (Some(Overlay::Confirm(_)), Action::Yes) => confirm_order(model),
        _ => {
            model.overlay = None;
            Vec::new()
        }
    }
}

/// What came of the command that was given here.
pub(crate) fn answered(model: &mut Model, issued: &Issued, answer: &Result<Receipt, CallError>) {
    match &mut model.overlay {
        Some(Overlay::Confirm(question)) if question.request_id == issued.request_id => {
            if answer.is_ok() {
                model.overlay = None;
            } else {
                question.stage = Some(issued.stage.clone());
            }
        }
        Some(Overlay::Form(form)) if form.request_id == issued.request_id => answered_form(model, issued, answer),
        Some(Overlay::Sheet(sheet)) if sheet.request_id == issued.request_id => form::answered(model, issued, answer),
        _ => {}
    }
}
