//! The keys of the sort picker.

use crate::config::Column;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::overlay::Overlay;
use crate::core::paging;
use crate::input::Action;

/// Opens the sort picker on what the list is sorted by.
pub(crate) fn pick(model: &mut Model) {
    model.overlay = Some(Overlay::Sort { at: model.rentals.sorting().column as usize });
}

/// A key in the sort picker.
pub(crate) fn choose(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Sort { at }) = &mut model.overlay else { return Vec::new() };
    let last = Column::ALL.len() - 1;
    match action {
        Action::Choose => {
            let column = Column::ALL[*at];
            model.rentals.sort_by(column, model.now);
            paging::changed(model);
            model.overlay = None;
        }
        Action::Close => model.overlay = None,
        Action::Top => *at = 0,
        Action::Bottom => *at = last,
        _ => *at = at.saturating_add_signed(action.rows(4).unwrap_or(0)).min(last),
    }
    Vec::new()
}
