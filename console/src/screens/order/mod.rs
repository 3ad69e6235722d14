//! One order with its history.

pub(crate) mod update;
pub(crate) mod view;

use crate::core::draw::Draw;
use crate::core::layout::Areas;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::screen::Screen;
use crate::input::{Action, Scope};
use rental_model::UnixMs;

/// An opened order.
pub(crate) struct Order;

impl Screen for Order {
    fn scope(&self) -> Scope {
        Scope::Order
    }

    fn action(&self, model: &mut Model, action: Action) -> Vec<Effect> {
        update::order(model, action)
    }

    fn ages(&self, model: &Model) -> Vec<UnixMs> {
        let row = model.opened.as_ref().and_then(|page| model.rentals.get(page.order));
        row.map(|row| row.last_at).into_iter().collect()
    }

    fn draw(&self, draw: &mut Draw, areas: &Areas) {
        if let Some(page) = &draw.model.opened {
            view::page(draw, page, areas.page());
        }
    }
}
