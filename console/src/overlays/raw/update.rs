//! Its keys.

use crate::core::model::Model;
use crate::core::overlay::Overlay;
use crate::input::Action;
use crate::overlays::raw::view as raw;
use crate::widgets::scroll::scroll;

/// A key while a parked message is looked at.
pub(crate) fn raw(model: &mut Model, action: Action) {
    let Some(Overlay::Raw(page)) = &model.overlay else { return };
    let (room, most) = raw::raw_room(model, page);
    match (&mut model.overlay, action) {
        (overlay, Action::Back | Action::Quit | Action::Help) => *overlay = None,
        (Some(Overlay::Raw(page)), _) => scroll(&mut page.scroll, action, room, most),
        _ => {}
    }
}
