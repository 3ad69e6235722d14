//! Scrolling a text by keys.

use crate::input::Action;

/// Scrolls a text of which `room` lines are shown and that can move by `most`.
pub(crate) fn scroll(place: &mut usize, action: Action, room: usize, most: usize) {
    *place = match action {
        Action::Down => *place + 1,
        Action::Up => place.saturating_sub(1),
        Action::PageDown => *place + room,
        Action::PageUp => place.saturating_sub(room),
        Action::HalfDown => *place + room / 2,
        Action::HalfUp => place.saturating_sub(room / 2),
        Action::Top => 0,
        Action::Bottom => most,
        _ => *place,
    }
    .min(most);
}
