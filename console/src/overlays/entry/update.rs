//! Its keys.

use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::orders;
use crate::core::overlay::Overlay;
use crate::i18n::Text;
use crate::input::{Action, Screen};
use crate::overlays::entry::view as entry;
use crate::theme::Tone;
use crate::widgets::scroll::scroll;

/// A key while an entry is looked at.
pub(crate) fn press_entry(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Entry(page)) = &model.overlay else { return Vec::new() };
    let (room, most) = entry::room(model, page);
    let order = page.entry.order_id;
    match (&mut model.overlay, action) {
        (overlay, Action::Back | Action::Quit) => *overlay = None,
        (overlay, Action::OpenOrder) => match order {
            Some(order) => {
                *overlay = None;
                model.screen = Screen::Rentals;
                return orders::open(model, order);
            }
            None => model.notify(Tone::Plain, Text::EntryNoOrder),
        },
        (Some(Overlay::Entry(page)), _) => scroll(&mut page.scroll, action, room, most),
        _ => {}
    }
    Vec::new()
}
