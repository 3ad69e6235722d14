//! The keys of the help.

use crate::core::model::Model;
use crate::core::overlay::Overlay;
use crate::input::Action;
use crate::overlays::help::view as help;
use crate::widgets::scroll::scroll;

/// A key in the help.
pub(crate) fn help(model: &mut Model, action: Action) {
    let (room, most) = help::room(model);
    match (&mut model.overlay, action) {
        (overlay, Action::Back | Action::Quit | Action::Help) => *overlay = None,
        (Some(Overlay::Help { scroll: place }), _) => scroll(place, action, room, most),
        _ => {}
    }
}
