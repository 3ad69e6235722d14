//! The stock of every product.

pub(crate) mod update;
pub(crate) mod view;

use crate::core::draw::Draw;
use crate::core::layout::Areas;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::screen::Screen;
use crate::core::timers::Timer;
use crate::input::{Action, Scope};
use rental_model::{Event, RecordedEvent, UnixMs};

/// The stock.
pub(crate) struct Stock;

impl Screen for Stock {
    fn scope(&self) -> Scope {
        Scope::Stock
    }

    fn enter(&self, model: &mut Model) -> Vec<Effect> {
        update::list(model)
    }

    fn action(&self, model: &mut Model, action: Action) -> Vec<Effect> {
        update::press(model, action);
        Vec::new()
    }

    fn event(&self, model: &mut Model, recorded: &RecordedEvent) {
        let event = &recorded.event;
        if event.product().is_some() || matches!(event, Event::DeliveryStarted { .. } | Event::RetrievalStarted { .. })
        {
            update::plan_listing(model, update::MOVED_MS);
        }
    }

    fn timer(&self, model: &mut Model, timer: Timer) -> Vec<Effect> {
        if timer == Timer::ListProducts { update::list(model) } else { Vec::new() }
    }

    fn ages(&self, model: &Model) -> Vec<UnixMs> {
        let told_at = model.product_catalog.told_at.filter(|_| model.product_catalog.is_silent);
        told_at.into_iter().collect()
    }

    fn draw(&self, draw: &mut Draw, areas: &Areas) {
        view::chips(draw, areas.chips);
        view::products(draw, areas.body);
    }
}
