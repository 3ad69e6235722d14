//! The live stream of events.

pub(crate) mod update;
pub(crate) mod view;

use crate::core::draw::Draw;
use crate::core::layout::Areas;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::screen::Screen;
use crate::input::{Action, Scope};
use tui_input::InputRequest;

/// The live stream.
pub(crate) struct Events;

impl Screen for Events {
    fn scope(&self) -> Scope {
        Scope::Events
    }

    fn action(&self, model: &mut Model, action: Action) -> Vec<Effect> {
        update::press(model, action);
        Vec::new()
    }

    fn start_filter(&self, model: &mut Model) {
        model.events.is_typing = true;
    }

    fn edit_filter(&self, model: &mut Model, request: InputRequest) {
        model.events.edit(request);
    }

    fn end_filter(&self, model: &mut Model, is_given_up: bool) -> Vec<Effect> {
        model.events.is_typing = false;
        if is_given_up {
            model.events.clear_filter();
        }
        Vec::new()
    }

    fn draw(&self, draw: &mut Draw, areas: &Areas) {
        view::chips(draw, areas.chips);
        view::log(draw, areas.body);
    }
}
