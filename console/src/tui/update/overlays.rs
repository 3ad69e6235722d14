//! The form and the questions: their keys, and the answers they wait for.

use super::{bulk, filter, filters, form as open_form, sheets, timers};
use crate::text::sanitize;
use crate::tui::commands::{Issued, Receipt, Stage, UserCommand};
use crate::tui::confirm::Yes;
use crate::tui::form::{Field, Phase, Stock};
use crate::tui::i18n::Text;
use crate::tui::keymap::{Action, Scope};
use crate::tui::model::{Model, Overlay};
use crate::tui::msg::Effect;
use crate::tui::theme::Tone;
use crate::tui::timers::{Timer, after};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use rental_bus::CallError;
use rental_model::inventory::StockCheck;
use rental_model::{Code, ProductId, Qty};
use tui_input::InputRequest;

/// How often the stock in an open form is asked for again.
const CHECK_MS: u64 = 2_000;

/// How soon after a keystroke the stock is asked for.
const TYPED_MS: u64 = 150;

/// The longest a field can be.
const LONGEST_FIELD: usize = 100;

/// A key in the form that is no command: it types, or moves in the field.
pub(super) fn type_key(model: &mut Model, event: &KeyEvent) -> Vec<Effect> {
    let is_ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let request = match event.code {
        KeyCode::Char('a') if is_ctrl => InputRequest::GoToStart,
        KeyCode::Char('e') if is_ctrl => InputRequest::GoToEnd,
        KeyCode::Char('u') if is_ctrl => InputRequest::DeleteLine,
        KeyCode::Char('w') if is_ctrl => InputRequest::DeletePrevWord,
        KeyCode::Char(_) if is_ctrl || event.modifiers.contains(KeyModifiers::ALT) => return Vec::new(),
        KeyCode::Char(c) => return type_text(model, c.encode_utf8(&mut [0; 4])),
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        KeyCode::Enter => {
            bulk::type_count(model);
            return Vec::new();
        }
        _ => return Vec::new(),
    };
    edit(model, request);
    timers::plan_check(model, TYPED_MS);
    Vec::new()
}

/// Changes the field that has the focus, wherever it is.
fn edit(model: &mut Model, request: InputRequest) {
    if model.scope() == Scope::Filter {
        return filter::edit_filter(model, request);
    }
    match &mut model.overlay {
        Some(Overlay::Form(form)) => {
            form.edit(request);
        }
        Some(Overlay::Sheet(sheet)) => sheet.edit(request),
        Some(Overlay::SaveFilter(name)) => {
            name.handle(request);
        }
        Some(Overlay::Palette(palette)) => palette.edit(request),
        Some(Overlay::Bulk(bulk)) => {
            bulk.typed.handle(request);
        }
        _ => {}
    }
}

/// How long the text in the field is that has the focus.
fn typed_length(model: &Model) -> usize {
    let input = match &model.overlay {
        Some(Overlay::Form(form)) => form.input(form.focus),
        Some(Overlay::Sheet(sheet)) => sheet.input(),
        Some(Overlay::SaveFilter(name)) => name,
        Some(Overlay::Palette(palette)) => &palette.input,
        Some(Overlay::Bulk(bulk)) => &bulk.typed,
        _ => model.filter(),
    };
    input.value().chars().count()
}

/// Text was pasted.
pub(super) fn paste(model: &mut Model, text: &str) {
    type_text(model, text);
}

fn type_text(model: &mut Model, text: &str) -> Vec<Effect> {
    // The question about many orders takes a count, and nothing else.
    let is_figures = matches!(model.overlay, Some(Overlay::Bulk(_)));
    for c in sanitize(text).chars().filter(|c| !is_figures || c.is_ascii_digit()) {
        if typed_length(model) < LONGEST_FIELD {
            edit(model, InputRequest::InsertChar(c));
        }
    }
    timers::plan_check(model, TYPED_MS);
    Vec::new()
}

/// A command key where something is typed.
pub(super) fn form(model: &mut Model, action: Action) -> Vec<Effect> {
    match &model.overlay {
        Some(Overlay::Form(_)) => press_form(model, action),
        Some(Overlay::Sheet(_)) => sheets::press(model, action),
        Some(Overlay::SaveFilter(_)) => filters::press(model, action),
        _ => Vec::new(),
    }
}

/// A command key in the form of a new rental.
pub(super) fn press_form(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = &mut model.overlay else { return Vec::new() };
    match action {
        Action::Close => {
            model.overlay = None;
            return Vec::new();
        }
        Action::ChooseDown if form.focus == Field::Product => form.choose(1, &model.product_catalog),
        Action::ChooseUp if form.focus == Field::Product => form.choose(-1, &model.product_catalog),
        Action::NextField | Action::ChooseDown => form.focus_by(1, &model.product_catalog),
        Action::PreviousField | Action::ChooseUp => form.focus_by(-1, &model.product_catalog),
        Action::Submit => return submit(model),
        _ => {}
    }
    check_stock(model)
}

/// Enter in the form: sends, goes to what is missing, or asks again after silence.
fn submit(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = &mut model.overlay else { return Vec::new() };
    let user_command = match &form.phase {
        Phase::Sent(Stage::Unsure) => model.commands.find(&form.request_id).map(|issued| issued.user_command.clone()),
        Phase::Sent(Stage::Refused(_) | Stage::Failed(_) | Stage::Gone(_)) | Phase::Editing => {
            match form.user_command(&model.product_catalog) {
                Ok(user_command) => Some(user_command),
                Err((field, _)) => {
                    while form.focus != field {
                        form.focus_by(1, &model.product_catalog);
                    }
                    None
                }
            }
        }
        Phase::Sent(_) | Phase::Short { .. } => None,
    };
    let Some(user_command) = user_command else { return check_stock(model) };
    if !model.link.is_up() {
        model.notify(Tone::Warn, Text::NeedBroker);
        return Vec::new();
    }
    send_form(model, user_command)
}

fn send_form(model: &mut Model, user_command: UserCommand) -> Vec<Effect> {
    let Some(form) = open_form(model) else { return Vec::new() };
    form.phase = Phase::Sent(Stage::Sent);
    let request_id = form.request_id.clone();
    send(model, &request_id, user_command)
}

/// Sends a command, or sends it again under the same id.
pub(super) fn send(model: &mut Model, request_id: &str, user_command: UserCommand) -> Vec<Effect> {
    let issued = model.commands.issue(request_id, user_command);
    model.tell_life(&issued);
    let body = issued.body(&model.settings.operator);
    let (context, endpoint) = (issued.user_command.context(), issued.user_command.endpoint());
    vec![Effect::Send { request_id: issued.request_id, context, endpoint, body }]
}

/// Sends the last command that was not answered again.
pub(super) fn retry_last(model: &mut Model) -> Vec<Effect> {
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
pub(super) fn confirm(model: &mut Model, action: Action) -> Vec<Effect> {
    match (&model.overlay, action) {
        (Some(Overlay::Quit), Action::Yes) => vec![Effect::Quit],
        (Some(Overlay::Form(_)), _) => confirm_form(model, action),
        (Some(Overlay::Sheet(_)), _) => sheets::confirm(model, action),
        (Some(Overlay::Confirm(_)), Action::Yes) => confirm_order(model),
        _ => {
            model.overlay = None;
            Vec::new()
        }
    }
}

/// A key in the question whether to ask for more than there is.
pub(super) fn confirm_form(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = &mut model.overlay else { return Vec::new() };
    if action == Action::Yes {
        let user_command = form.user_command(&model.product_catalog);
        return user_command.map(|user_command| send_form(model, user_command)).unwrap_or_default();
    }
    form.phase = Phase::Editing;
    Vec::new()
}

/// The question about an order is answered with yes.
pub(super) fn confirm_order(model: &mut Model) -> Vec<Effect> {
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

/// What came of the command that was given here.
pub(super) fn answered(model: &mut Model, issued: &Issued, answer: &Result<Receipt, CallError>) {
    match &mut model.overlay {
        Some(Overlay::Confirm(question)) if question.request_id == issued.request_id => {
            if answer.is_ok() {
                model.overlay = None;
            } else {
                question.stage = Some(issued.stage.clone());
            }
        }
        Some(Overlay::Form(form)) if form.request_id == issued.request_id => answered_form(model, issued, answer),
        Some(Overlay::Sheet(sheet)) if sheet.request_id == issued.request_id => sheets::answered(model, issued, answer),
        _ => {}
    }
}

/// What came of the rental that was asked for in the open form.
pub(super) fn answered_form(model: &mut Model, issued: &Issued, answer: &Result<Receipt, CallError>) {
    let Some(Overlay::Form(form)) = &mut model.overlay else { return };
    match answer {
        // The order that was asked for is none any more: what is sent next is another request.
        Ok(_) if matches!(issued.stage, Stage::Gone(_)) => {
            form.phase = Phase::Sent(issued.stage.clone());
            form.request_id = model.commands.next_id();
        }
        Ok(_) => model.overlay = None,
        Err(error) => {
            form.phase = match short(error) {
                Some(available) => Phase::Short { available },
                None => Phase::Sent(issued.stage.clone()),
            };
            // A refusal records nothing; what is sent next is another request.
            if matches!(error, CallError::Refused(_)) {
                form.request_id = model.commands.next_id();
            }
        }
    }
}

/// How many are available, if that is why it was refused.
fn short(error: &CallError) -> Option<u64> {
    match error {
        CallError::Refused(refusal) if refusal.code == Code::Conflict => {
            refusal.recorded_events.get("available")?.as_u64()
        }
        _ => None,
    }
}

/// Asks inventory for the product in the form.
pub(super) fn check_stock(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = &mut model.overlay else { return Vec::new() };
    let Some(product) = form.product(&model.product_catalog) else {
        form.stock = Stock::Unasked;
        return Vec::new();
    };
    let is_other = !matches!(&form.stock, Stock::Known(check) if check.product_id == product);
    if is_other {
        form.stock = Stock::Asking;
    }
    let qty = form.qty();
    model.timers.set(Timer::CheckStock, after(model.now, CHECK_MS));
    if model.link.is_up() {
        vec![Effect::CheckStock { product, qty }]
    } else {
        form.stock = Stock::Silent;
        Vec::new()
    }
}

/// Inventory's answer about the product in the form.
pub(super) fn stock(
    model: &mut Model,
    product: ProductId,
    qty: Option<Qty>,
    answer: Result<StockCheck, CallError>,
) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = &mut model.overlay else { return Vec::new() };
    if form.product(&model.product_catalog) != Some(product) || form.qty() != qty {
        // An answer to what was typed before.
        return Vec::new();
    }
    form.stock = match answer {
        Ok(check) => Stock::Known(check),
        Err(CallError::Refused(refusal)) if refusal.code == Code::Unknown => Stock::NoSuchProduct,
        Err(_) => Stock::Silent,
    };
    Vec::new()
}
