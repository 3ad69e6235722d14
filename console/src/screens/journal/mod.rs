//! The journals of commands.

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
use rental_model::{Context, RecordedEvent};
use tui_input::InputRequest;

/// The journals of commands.
pub(crate) struct Journal;

impl Screen for Journal {
    fn scope(&self) -> Scope {
        Scope::Journal
    }

    fn enter(&self, model: &mut Model) -> Vec<Effect> {
        update::open(model)
    }

    fn action(&self, model: &mut Model, action: Action) -> Vec<Effect> {
        update::press(model, action)
    }

    fn event(&self, model: &mut Model, recorded: &RecordedEvent) {
        // An event without a person behind it is no command's.
        if recorded.actor.is_some() || recorded.cause.as_ref().is_none_or(|cause| !cause.contains(':')) {
            update::expect(model, recorded.source);
        }
    }

    fn timer(&self, model: &mut Model, timer: Timer) -> Vec<Effect> {
        if timer == Timer::ReadJournal { update::read_new(model) } else { Vec::new() }
    }

    fn status(
        &self,
        model: &mut Model,
        context: Context,
        answer: &Result<Box<ContextStatus>, CallError>,
    ) -> Vec<Effect> {
        update::status(model, context, answer)
    }

    fn start_filter(&self, model: &mut Model) {
        model.journal.is_typing = true;
    }

    fn edit_filter(&self, model: &mut Model, request: InputRequest) {
        update::edit(model, request);
    }

    fn end_filter(&self, model: &mut Model, is_given_up: bool) -> Vec<Effect> {
        update::typed(model, is_given_up)
    }

    fn draw(&self, draw: &mut Draw, areas: &Areas) {
        view::chips(draw, areas.chips);
        view::entries(draw, areas.body);
    }
}
