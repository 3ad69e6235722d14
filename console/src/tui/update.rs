//! The core: what every message changes, and what is to be done about it.
//!
//! Pure: the same messages lead to the same model and the same effects.

mod bulk;
mod events;
mod export;
mod filter;
mod filters;
mod incoming;
mod journal;
mod keys;
mod listing;
mod log;
mod mouse;
mod orders;
mod overlays;
mod palette;
mod preview;
mod sheets;
mod stock;
mod timers;
mod workers;

use super::commands::{self, Receipt};
use super::health::Vitals;
use super::i18n::Text;
use super::model::{Model, Overlay};
use super::msg::{Effect, Msg};
use super::rentals::MARK_MS;
use super::screen::Screen;
use super::theme::Tone;
use super::timers::{Timer, after};
use super::view;
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
            timers::run(model)
        }
        Msg::Key(event) => keys::press(model, &event),
        Msg::Mouse(event) => mouse::event(model, event),
        Msg::Paste(text) => {
            overlays::paste(model, &text);
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
        Msg::Listed { round, is_first, answer } => listing::page(model, round, is_first, answer),
        Msg::Following { after, .. } => {
            model.link.begin(&after);
            Vec::new()
        }
        Msg::Seen { seen, .. } => incoming::seen(model, seen),
        Msg::Rental { order, answer } => orders::rental(model, order, answer),
        Msg::History { order, answer } => orders::history(model, order, answer),
        Msg::Products(answer) => stock::products(model, answer),
        Msg::Stock { product, qty, answer } => overlays::stock(model, product, qty, answer),
        Msg::Answered { request_id, answer } => answered(model, &request_id, &answer),
        Msg::Saved { file, answer } => {
            export::saved(model, &file, answer);
            Vec::new()
        }
        Msg::FilterSaved { name, filter, answer } => {
            filters::saved(model, name, filter, answer);
            Vec::new()
        }
        Msg::Parked { context, answer } => workers::parked(model, context, answer),
        Msg::Status { context, answer } => {
            let mut effects = workers::status(model, context, &answer);
            effects.extend(journal::status(model, context, &answer));
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
        overlays::answered(model, &issued, answer);
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
    let height = view::list_height(model.width, model.height);
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
        timers::plan_redraw(model);
    }
}

/// Marks of changed cells go by themselves.
fn plan_unmark(model: &mut Model) {
    let at = after(model.now, MARK_MS);
    model.timers.no_later_than(Timer::Redraw, at);
}

/// The form, if it is open.
fn form(model: &mut Model) -> Option<&mut super::form::Form> {
    match &mut model.overlay {
        Some(Overlay::Form(form)) => Some(form),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
