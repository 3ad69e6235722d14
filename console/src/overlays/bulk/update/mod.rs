//! Many orders at once: the question's keys, and sending a few at a time.

#[cfg(test)]
mod tests;

use crate::core::commands::Receipt;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::order_action::OrderAction;
use crate::core::overlay::Overlay;
use crate::i18n::Text;
use crate::input::{Action, Scope};
use crate::overlays::bulk::state::{Answer, Bulk, Run};
use crate::overlays::bulk::view as bulk;
use crate::theme::Tone;
use crate::widgets::fit::grouped;
use crate::widgets::scroll::scroll;
use rental_bus::CallError;

/// Opens the question about the marked orders, if it makes sense to ask it.
pub(crate) fn ask(model: &mut Model, order_action: OrderAction) {
    if !model.link.is_live(model.now) {
        return model.notify(Tone::Warn, Text::DeniedStale);
    }
    if model.run.as_ref().is_some_and(|run| !run.is_over()) {
        return model.notify(Tone::Warn, Text::BulkRunning);
    }
    let rows = model.rentals.marked().cloned().collect();
    // What was not answered is asked again under its old id: that never doubles.
    let mut known = model.run.as_ref().map(|run| run.unsure_ids(order_action)).unwrap_or_default();
    let commands = &mut model.commands;
    let bulk = Bulk::open(order_action, rows, |order| known.remove(&order).unwrap_or_else(|| commands.next_id()));
    model.overlay = Some(Overlay::Bulk(Box::new(bulk)));
}

/// A command key in the question.
pub(crate) fn press(model: &mut Model, action: Action) -> Vec<Effect> {
    let (room, most) = bulk::question_room(model);
    let is_live = model.link.is_live(model.now);
    let Some(Overlay::Bulk(bulk)) = &mut model.overlay else { return Vec::new() };
    match action {
        Action::Close => model.overlay = None,
        Action::Yes if !is_live => model.notify(Tone::Warn, Text::DeniedStale),
        Action::Yes => {
            let rentals = &model.rentals;
            match bulk.yes(|order| rentals.get(order).filter(|_| rentals.is_marked(order))) {
                Answer::Go(run) => return go(model, run),
                Answer::AskAgain => {}
                Answer::WrongCount => type_count(model),
            }
        }
        _ => scroll(&mut bulk.scroll, action, room, most),
    }
    Vec::new()
}

/// Says how to confirm: by the count and y, never by Enter.
pub(crate) fn type_count(model: &mut Model) {
    let Some(Overlay::Bulk(bulk)) = &model.overlay else { return };
    let count = bulk.items.len();
    if count == 0 {
        return model.notify(Tone::Plain, Text::BulkNone);
    }
    let key = model.key(Scope::Bulk, Action::Yes);
    model.notify(Tone::Warn, Text::BulkTypeFirst.with("n", count).with("key", key));
}

/// The question was confirmed: the commands go out, and the results are shown.
fn go(model: &mut Model, run: Run) -> Vec<Effect> {
    model.run = Some(run);
    model.overlay = Some(Overlay::Results { scroll: 0 });
    send(model)
}

/// Sends what may go out now.
fn send(model: &mut Model) -> Vec<Effect> {
    let is_live = model.link.is_live(model.now);
    let Some(run) = &mut model.run else { return Vec::new() };
    if !is_live {
        run.halt(Text::WhyStale);
    }
    let mut effects = Vec::new();
    while let Some(issued) = run.next(|order| model.rentals.get(order)) {
        let body = issued.body(&model.settings.operator);
        let (context, endpoint) = (issued.user_command.context(), issued.user_command.endpoint());
        effects.push(Effect::Send { request_id: issued.request_id, context, endpoint, body });
    }
    tell(model);
    effects
}

/// Tells how far the run has come.
fn tell(model: &mut Model) {
    let Some(run) = &model.run else { return };
    let (tally, is_over) = (run.tally(), run.is_over());
    let grouped = |count: usize| grouped(count as u64);
    let what = match run.order_action {
        OrderAction::Cancel => Text::DoCancel,
        OrderAction::End => Text::DoEnd,
    };
    let (text, tone) = match (is_over, tally.accepted == tally.total) {
        (false, _) => (Text::BulkProgress, Tone::Busy),
        (true, true) => (Text::BulkDone, Tone::Good),
        (true, false) => (Text::BulkPartly, Tone::Warn),
    };
    let key = model.key(Scope::List, Action::Results);
    let message = text.with("what", what).with("settled", grouped(tally.settled)).with("total", grouped(tally.total));
    let message = message.with("accepted", grouped(tally.accepted)).with("key", key);
    model.notify(tone, message.with("rest", grouped(tally.total - tally.accepted)));
}

/// What came of a command of the run, if it was one of its.
pub(crate) fn answered(
    model: &mut Model,
    request_id: &str,
    answer: &Result<Receipt, CallError>,
) -> Option<Vec<Effect>> {
    let (order, is_accepted) = model.run.as_mut()?.answer(request_id, answer)?;
    if is_accepted {
        model.rentals.unmark(order);
    }
    Some(send(model))
}

/// Sends again what was not answered or not sent, if there is any.
pub(crate) fn retry(model: &mut Model) -> Option<Vec<Effect>> {
    let run = model.run.as_mut().filter(|run| run.is_open())?;
    if model.link.is_live(model.now) {
        run.retry();
        return Some(send(model));
    }
    model.notify(Tone::Warn, Text::DeniedStale);
    Some(Vec::new())
}

/// Shows what became of the last bulk action.
pub(crate) fn show(model: &mut Model) {
    if model.run.is_some() {
        model.overlay = Some(Overlay::Results { scroll: 0 });
    } else {
        model.notify(Tone::Plain, Text::NoResults);
    }
}

/// A key on the results page.
pub(crate) fn scroll_results(model: &mut Model, action: Action) {
    let (room, most) = bulk::results_room(model);
    match &mut model.overlay {
        Some(Overlay::Results { scroll: place }) if !matches!(action, Action::Back | Action::Quit) => {
            scroll(place, action, room, most);
        }
        overlay => *overlay = None,
    }
}
