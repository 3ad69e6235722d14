//! Copying an order id, or a cell that is chosen.

use crate::core::cells;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::overlay::Overlay;
use crate::i18n::Text;
use crate::input::Action;
use crate::theme::Tone;
use rental_model::OrderId;

pub(crate) fn copy(model: &mut Model, order: Option<OrderId>) -> Vec<Effect> {
    let Some(order) = order else {
        model.notify(Tone::Plain, Text::NothingSelected);
        return Vec::new();
    };
    model.notify(Tone::Good, Text::Copied.with("order", order));
    vec![Effect::Copy(order.to_string())]
}

/// Offers the cells of a rental, to copy one.
pub(crate) fn pick(model: &mut Model, order: Option<OrderId>) {
    match order.filter(|order| model.rentals.get(*order).is_some()) {
        Some(order) => model.overlay = Some(Overlay::Cells { order, at: 0 }),
        None => model.notify(Tone::Plain, Text::NothingSelected),
    }
}

/// A key while a cell is chosen.
pub(crate) fn choose(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Cells { order, at }) = model.overlay else { return Vec::new() };
    let mut cells = model.rentals.get(order).map(|row| cells::cells(model, row)).unwrap_or_default();
    let last = cells.len().saturating_sub(1);
    match action {
        Action::Choose if cells.is_empty() => model.overlay = None,
        Action::Choose => {
            let (_, text) = cells.swap_remove(at.min(last));
            model.overlay = None;
            model.notify(Tone::Good, Text::CopiedCell.with("text", text.as_str()));
            return vec![Effect::Copy(text)];
        }
        Action::Close => model.overlay = None,
        Action::Top => model.overlay = Some(Overlay::Cells { order, at: 0 }),
        Action::Bottom => model.overlay = Some(Overlay::Cells { order, at: last }),
        _ => {
            let at = at.saturating_add_signed(action.rows(4).unwrap_or(0)).min(last);
            model.overlay = Some(Overlay::Cells { order, at });
        }
    }
    Vec::new()
}
