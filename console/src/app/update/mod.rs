//! The core: what every message changes, and what is to be done about it.
//!
//! Pure: the same messages lead to the same model and the same effects.

#[cfg(test)]
mod tests;

use crate::app::{due, incoming, keys, mouse, questions, typing};
use crate::core::commands::Receipt;
use crate::core::health::Vitals;
use crate::core::model::Model;
use crate::core::msg::{Effect, Msg};
use crate::core::overlay::Overlay;
use crate::core::{commands, layout, orders, paging, preview};
use crate::i18n::Text;
use crate::input::Screen;
use crate::overlays::bulk::update as bulk;
use crate::overlays::filters::update as filters;
use crate::overlays::log::update as log;
use crate::overlays::new_rental::update as new_rental;
use crate::screens;
use crate::screens::journal::update as journal;
use crate::screens::rentals::export;
use crate::screens::services::update as services;
use crate::screens::stock::update as stock;
use crate::theme::Tone;
use rental_bus::CallError;

/// Opens the console on `screen`.
pub(crate) fn begin(model: &mut Model, screen: Screen) -> Vec<Effect> {
    keys::go(model, screen)
}

/// Takes `msg` in, and answers what is to be done outside.
pub(crate) fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    // The clock alone changes nothing to be seen; its timers say when it does.
    let is_quiet = match &msg {
        Msg::Clock(_) | Msg::Beat { .. } => true,
        // Silence goes on.
        Msg::Products(answer) => answer.is_err() && model.product_catalog.is_silent,
        // That all is as it was is nothing to be seen where nobody looks at just that.
        Msg::Status { .. } => model.screen != Screen::Workers && model.opened.is_none(),
        Msg::Logged(_) => !matches!(model.overlay, Some(Overlay::Log { .. })),
        _ => false,
    };
    let effects = match msg {
        Msg::Clock(now) => {
            model.now = now;
            due::run(model)
        }
        Msg::Key(event) => keys::press(model, &event),
        Msg::Mouse(event) => mouse::event(model, event),
        Msg::Paste(text) => {
            typing::paste(model, &text);
            Vec::new()
        }
        Msg::Resize { width, height } => {
            (model.width, model.height) = (width, height);
            Vec::new()
        }
        Msg::Background(look) => {
            model.settings.theme = look.theme();
            Vec::new()
        }
        Msg::Link(state) => incoming::link(model, state),
        Msg::Beat { tips, stats } => incoming::beat(model, tips, stats),
        Msg::Page { epoch, .. } | Msg::Following { epoch, .. } | Msg::Seen { epoch, .. }
            if epoch != model.loader.epoch =>
        {
            Vec::new()
        }
        Msg::Page { is_first, answer, .. } => incoming::page(model, is_first, answer),
        Msg::Listed { round, is_first, answer } => paging::page(model, round, is_first, answer),
        Msg::Following { after, .. } => {
            model.link.begin(&after);
            Vec::new()
        }
        Msg::Seen { seen, .. } => incoming::seen(model, seen),
        Msg::Rental { order, answer } => orders::rental(model, order, answer),
        Msg::History { order, answer } => orders::history(model, order, answer),
        Msg::Products(answer) => stock::products(model, answer),
        Msg::Stock { product, qty, answer } => new_rental::stock(model, product, qty, answer),
        Msg::Answered { request_id, answer } => answered(model, &request_id, &answer),
        Msg::Saved { file, answer } => {
            export::saved(model, &file, answer);
            Vec::new()
        }
        Msg::FilterSaved { name, filter, answer } => {
            filters::saved(model, name, filter, answer);
            Vec::new()
        }
        Msg::Parked { context, answer } => services::parked(model, context, answer),
        Msg::Status { context, answer } => {
            let told = screens::ALL.into_iter().flat_map(|screen| screen.status(model, context, &answer));
            let effects = told.collect();
            orders::status(model, context, answer);
            effects
        }
        Msg::Journal { asked, answer } => journal::told(model, &asked, answer),
        Msg::Logged(lines) => {
            log::logged(model, lines);
            Vec::new()
        }
    };
    model.is_dirty |= !is_quiet;
    settle(model);
    effects
}

/// What came of a command: told on the message line, and where the command was given.
fn answered(model: &mut Model, request_id: &str, answer: &Result<Receipt, CallError>) -> Vec<Effect> {
    if let Some(effects) = bulk::answered(model, request_id, answer) {
        return effects;
    }
    if let Some(issued) = model.commands.answer(request_id, answer) {
        model.tell_life(&issued);
        if let (Ok(Receipt { order_id: Some(order), .. }), commands::UserCommand::Request { .. }) =
            (answer, &issued.user_command)
        {
            // Its event may have been faster than the answer.
            model.awaited = model.rentals.get(*order).is_none().then_some(*order);
            model.rentals.select(*order);
        }
        questions::answered(model, &issued, answer);
        incoming::tell_arrivals(model);
        if answer.is_ok() && !issued.user_command.is_recorded() {
            // No event tells what has become of it.
            let context = issued.user_command.context();
            return vec![Effect::AskStatus(context), Effect::ListParked(context)];
        }
    }
    Vec::new()
}

/// Keeps what depends on everything else in order: the window's height, and the next drawing.
fn settle(model: &mut Model) {
    let height = layout::list_height(model.width, model.height);
    model.rentals.set_height(height);
    if let Some((left, now)) = model.rentals.tell_left() {
        model.notify(Tone::Warn, Text::CursorLeft.with("left", left).with("now", now));
    }
    preview::follow(model);
    let vitals = Vitals::of(&model.workers, model.link.is_up(), model.now);
    if model.vitals != vitals {
        model.vitals = vitals;
        model.is_dirty = true;
    }
    if model.is_dirty {
        due::plan_redraw(model);
    }
}
