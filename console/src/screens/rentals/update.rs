//! The keys of the list of rentals.

use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::order_action::OrderAction;
use crate::core::overlay::Overlay;
use crate::core::{orders, paging, preview, search};
use crate::i18n::Text;
use crate::input::Action;
use crate::overlays::bulk::update as bulk;
use crate::overlays::cells::update as cells;
use crate::overlays::confirm::update::ask;
use crate::overlays::filters::update as filters;
use crate::overlays::sort::update as sort;
use crate::screens::rentals::export;
use crate::screens::rentals::view as rentals;
use crate::theme::Tone;
use crate::widgets::fit::grouped;

pub(crate) fn list(model: &mut Model, action: Action) -> Vec<Effect> {
    if action.is_aimed() && has_left(model) {
        return Vec::new();
    }
    let page = isize::try_from(model.rentals.height().max(1)).unwrap_or(isize::MAX);
    match action {
        Action::Top => model.rentals.move_to(0),
        Action::Bottom => model.rentals.move_to(usize::MAX),
        Action::Release if model.rentals.marked_len() > 0 => model.rentals.clear_marks(),
        Action::Release if !model.search.input.value().is_empty() => search::clear(model),
        Action::Release => model.rentals.release(),
        Action::Copy => return cells::copy(model, model.rentals.cursor()),
        Action::CopyCell => cells::pick(model, model.rentals.cursor()),
        Action::Export(format) => return export::export(model, format),
        Action::Freeze => model.rentals.freeze(model.now),
        Action::PickFilter => filters::pick(model),
        Action::SaveFilter => filters::name(model),
        Action::Sort => sort::pick(model),
        Action::Reverse => {
            model.rentals.reverse(model.now);
            paging::changed(model);
        }
        Action::ColumnLeft => model.rentals.columns_hidden = model.rentals.columns_hidden.saturating_sub(1),
        Action::ColumnRight => {
            let most = rentals::most_hidden_columns(model);
            model.rentals.columns_hidden = (model.rentals.columns_hidden + 1).min(most);
        }
        Action::Quit => model.overlay = Some(Overlay::Quit),
        Action::Open => match model.rentals.cursor() {
            Some(order) => return orders::open(model, order),
            None => model.notify(Tone::Plain, Text::NothingSelected),
        },
        Action::Mark => mark(model),
        Action::MarkAll => mark_all(model),
        Action::Results => bulk::show(model),
        Action::Preview => preview::toggle(model),
        Action::Cancel | Action::End => {
            let order_action = if action == Action::Cancel { OrderAction::Cancel } else { OrderAction::End };
            if model.rentals.marked_len() > 0 {
                bulk::ask(model, order_action);
                return Vec::new();
            }
            return ask(model, order_action);
        }
        _ => {
            if let Some(by) = action.rows(page) {
                model.rentals.move_by(by);
            }
        }
    }
    orders::moved(model)
}

/// Marks the order under the cursor, or takes its mark away, and goes on to the next.
fn mark(model: &mut Model) {
    match model.rentals.cursor() {
        Some(order) => {
            model.rentals.toggle_mark(order);
            model.rentals.move_by(1);
        }
        None => model.notify(Tone::Plain, Text::NothingSelected),
    }
}

/// Marks all that is listed, or nothing. What is not in memory cannot be marked.
fn mark_all(model: &mut Model) {
    model.rentals.toggle_all_marks();
    let marked = model.rentals.marked_len();
    if marked > 0 && model.loader.next.is_some() {
        model.notify(Tone::Plain, Text::MarkedHere.with("n", grouped(marked as u64)));
    }
}

/// Whether the order under the cursor has just left, so that this key is ignored once.
fn has_left(model: &mut Model) -> bool {
    let (Some(left), Some(now)) = (model.rentals.take_left(), model.rentals.cursor()) else { return false };
    model.notify(Tone::Warn, Text::CursorMoved.with("left", left).with("now", now));
    true
}
