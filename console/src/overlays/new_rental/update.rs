//! The keys of the form for a new rental, its answers, and the stock it asks for.

use crate::core::commands::{Issued, Receipt, Stage, UserCommand};
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::overlay::Overlay;
use crate::core::send::send;
use crate::core::timers::{Timer, after};
use crate::i18n::Text;
use crate::input::Action;
use crate::overlays::new_rental::state::{Field, Form, Phase, Stock};
use crate::theme::Tone;
use rental_bus::CallError;
use rental_model::inventory::StockCheck;
use rental_model::{Code, ProductId, Qty};

/// How often the stock in an open form is asked for again.
const CHECK_MS: u64 = 2_000;

/// A command key in the form of a new rental.
pub(crate) fn press_form(model: &mut Model, action: Action) -> Vec<Effect> {
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
    let Some(form) = form_of(model) else { return Vec::new() };
    form.phase = Phase::Sent(Stage::Sent);
    let request_id = form.request_id.clone();
    send(model, &request_id, user_command)
}

/// A key in the question whether to ask for more than there is.
pub(crate) fn confirm_form(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = &mut model.overlay else { return Vec::new() };
    if action == Action::Yes {
        let user_command = form.user_command(&model.product_catalog);
        return user_command.map(|user_command| send_form(model, user_command)).unwrap_or_default();
    }
    form.phase = Phase::Editing;
    Vec::new()
}

/// What came of the rental that was asked for in the open form.
pub(crate) fn answered_form(model: &mut Model, issued: &Issued, answer: &Result<Receipt, CallError>) {
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
        CallError::Refused(refusal) if refusal.code == Code::Conflict => refusal.facts.get("available")?.as_u64(),
        _ => None,
    }
}

/// Asks inventory for the product in the form.
pub(crate) fn check_stock(model: &mut Model) -> Vec<Effect> {
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
pub(crate) fn stock(
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

pub(crate) fn new_rental(model: &mut Model) -> Vec<Effect> {
    let request_id = model.commands.next_id();
    model.overlay = Some(Overlay::Form(Box::new(Form::new(request_id))));
    vec![Effect::ListProducts]
}

/// The form, if it is open.
fn form_of(model: &mut Model) -> Option<&mut crate::overlays::new_rental::state::Form> {
    match &mut model.overlay {
        Some(Overlay::Form(form)) => Some(form),
        _ => None,
    }
}

/// Asks for the stock again soon, while a form is open.
pub(crate) fn plan_check(model: &mut Model, in_ms: u64) {
    if form_of(model).is_some() {
        let at = after(model.now, in_ms);
        model.timers.set(Timer::CheckStock, at);
    }
}
