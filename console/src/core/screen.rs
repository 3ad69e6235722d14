//! What the console asks of a screen. Its state is in the model; which screens
//! there are, only the registry of `screens` knows.

use crate::core::draw::Draw;
use crate::core::layout::Areas;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::timers::Timer;
use crate::input::{Action, Scope};
use rental_bus::CallError;
use rental_bus::status::ContextStatus;
use rental_model::{Context, RecordedEvent, UnixMs};
use tui_input::InputRequest;

/// A screen with its keys and its drawing.
pub(crate) trait Screen: Sync {
    /// Where its keys go while nothing is typed.
    fn scope(&self) -> Scope;

    /// It is gone to: what it needs is asked for.
    fn enter(&self, _: &mut Model) -> Vec<Effect> {
        Vec::new()
    }

    /// A key that is not the same everywhere.
    fn action(&self, model: &mut Model, action: Action) -> Vec<Effect>;

    /// An event was seen, whether the screen is shown or not.
    fn event(&self, _: &mut Model, _: &RecordedEvent) {}

    /// A timer is due; each screen knows its own.
    fn timer(&self, _: &mut Model, _: Timer) -> Vec<Effect> {
        Vec::new()
    }

    /// A service has told how it is, or has not answered.
    fn status(&self, _: &mut Model, _: Context, _: &Result<Box<ContextStatus>, CallError>) -> Vec<Effect> {
        Vec::new()
    }

    /// Its filter begins to be typed.
    fn start_filter(&self, _: &mut Model) {}

    /// Its filter is changed.
    fn edit_filter(&self, _: &mut Model, _: InputRequest) {}

    /// Its filter is typed, or given up.
    fn end_filter(&self, _: &mut Model, _is_given_up: bool) -> Vec<Effect> {
        Vec::new()
    }

    /// The times of which it shows how long ago they were.
    fn ages(&self, _: &Model) -> Vec<UnixMs> {
        Vec::new()
    }

    fn draw(&self, draw: &mut Draw, areas: &Areas);
}
