//! The small forms: their keys, and what came of them.

use crate::core::commands::{Issued, Receipt, Stage};
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::overlay::Overlay;
use crate::core::send;
use crate::i18n::Text;
use crate::input::Action;
use crate::overlays::form::state::{Sheet, Task};
use crate::theme::Tone;
use rental_bus::CallError;

pub(crate) fn open(model: &mut Model, task: Task) {
    let request_id = model.commands.next_id();
    model.overlay = Some(Overlay::Sheet(Box::new(Sheet::new(task, request_id))));
}

/// A command key in a sheet.
pub(crate) fn press(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Sheet(sheet)) = &mut model.overlay else { return Vec::new() };
    match action {
        Action::Close => model.overlay = None,
        Action::ChooseDown if sheet.choose(1) => {}
        Action::ChooseUp if sheet.choose(-1) => {}
        Action::NextField | Action::ChooseDown => sheet.focus_by(1),
        Action::PreviousField | Action::ChooseUp => sheet.focus_by(-1),
        Action::Submit => return submit(model),
        _ => {}
    }
    Vec::new()
}

/// Enter: sends, goes to what is missing, or asks again after silence.
fn submit(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Sheet(sheet)) = &mut model.overlay else { return Vec::new() };
    let user_command = match &sheet.stage {
        Some(Stage::Unsure) => model.commands.find(&sheet.request_id).map(|issued| issued.user_command.clone()),
        Some(Stage::Refused(_) | Stage::Failed(_) | Stage::Gone(_)) | None => match sheet.user_command() {
            Ok(user_command) => Some(user_command),
            Err((slot, _)) => {
                sheet.focus_on(slot);
                None
            }
        },
        Some(_) => None,
    };
    let Some(user_command) = user_command else { return Vec::new() };
    if sheet.needs_yes() && !sheet.is_asking && sheet.stage.is_none() {
        sheet.is_asking = true;
        return Vec::new();
    }
    if !model.link.is_up() {
        model.notify(Tone::Warn, Text::NeedBroker);
        return Vec::new();
    }
    sheet.is_asking = false;
    sheet.stage = Some(Stage::Sent);
    let request_id = sheet.request_id.clone();
    send::send(model, &request_id, user_command)
}

/// A key in the question whether it is meant.
pub(crate) fn confirm(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::Yes {
        return submit(model);
    }
    if let Some(Overlay::Sheet(sheet)) = &mut model.overlay {
        sheet.is_asking = false;
    }
    Vec::new()
}

/// What came of the command that was given in the open sheet.
pub(crate) fn answered(model: &mut Model, issued: &Issued, answer: &Result<Receipt, CallError>) {
    let Some(Overlay::Sheet(sheet)) = &mut model.overlay else { return };
    match answer {
        Ok(_) => model.overlay = None,
        Err(error) => {
            sheet.stage = Some(issued.stage.clone());
            // A refusal records nothing; what is sent next is another request.
            if matches!(error, CallError::Refused(_)) {
                sheet.request_id = model.commands.next_id();
            }
        }
    }
}
