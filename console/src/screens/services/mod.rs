//! The workers and what they parked.

pub(crate) mod update;
pub(crate) mod view;

use crate::core::draw::Draw;
use crate::core::layout::Areas;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::screen::Screen;
use crate::core::timers::Timer;
use crate::input::{Action, Scope};
use rental_bus::CallError;
use rental_bus::status::ContextStatus;
use rental_model::{Context, UnixMs};

/// The workers.
pub(crate) struct Services;

impl Screen for Services {
    fn scope(&self) -> Scope {
        Scope::Workers
    }

    fn enter(&self, model: &mut Model) -> Vec<Effect> {
        update::ask(model)
    }

    fn action(&self, model: &mut Model, action: Action) -> Vec<Effect> {
        update::press(model, action)
    }

    fn timer(&self, model: &mut Model, timer: Timer) -> Vec<Effect> {
        if timer == Timer::AskWorkers { update::ask(model) } else { Vec::new() }
    }

    fn status(
        &self,
        model: &mut Model,
        context: Context,
        answer: &Result<Box<ContextStatus>, CallError>,
    ) -> Vec<Effect> {
        update::status(model, context, answer)
    }

    fn ages(&self, model: &Model) -> Vec<UnixMs> {
        Context::ALL.into_iter().filter_map(|context| model.workers.get(context)?.told_at).collect()
    }

    fn draw(&self, draw: &mut Draw, areas: &Areas) {
        view::chips(draw, areas.chips);
        view::workers(draw, areas.body);
    }
}
