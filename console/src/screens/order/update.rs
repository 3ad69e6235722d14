//! The keys of an opened order.

use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::order_action::OrderAction;
use crate::input::Action;
use crate::overlays::cells::update as cells;
use crate::overlays::confirm::update::ask;
use crate::screens::order::view as order;
use crate::widgets::scroll::scroll;

pub(crate) fn order(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Back | Action::Quit => model.opened = None,
        Action::Copy => return cells::copy(model, model.opened.as_ref().map(|page| page.order)),
        Action::CopyCell => cells::pick(model, model.opened.as_ref().map(|page| page.order)),
        Action::Cancel => return ask(model, OrderAction::Cancel),
        Action::End => return ask(model, OrderAction::End),
        _ => {
            let (room, most) = order::room(model);
            if let Some(page) = &mut model.opened {
                scroll(&mut page.scroll, action, room, most);
            }
        }
    }
    Vec::new()
}
