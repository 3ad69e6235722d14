//! The list of rentals.

pub(crate) mod chips;
pub(crate) mod export;
pub(crate) mod update;
pub(crate) mod view;

use crate::core::draw::Draw;
use crate::core::layout::Areas;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::screen::Screen;
use crate::core::{layout, paging, search};
use crate::input::{Action, Scope};
use rental_model::UnixMs;
use tui_input::InputRequest;

/// The list of rentals.
pub(crate) struct Rentals;

impl Screen for Rentals {
    fn scope(&self) -> Scope {
        Scope::List
    }

    fn action(&self, model: &mut Model, action: Action) -> Vec<Effect> {
        update::list(model, action)
    }

    fn start_filter(&self, model: &mut Model) {
        model.search.is_typing = true;
        model.search.marked.clone_from(model.rentals.marks());
    }

    fn edit_filter(&self, model: &mut Model, request: InputRequest) {
        model.search.input.handle(request);
        search::apply(model);
    }

    fn end_filter(&self, model: &mut Model, is_given_up: bool) -> Vec<Effect> {
        if is_given_up || model.search.mistake.is_some() {
            search::clear(model);
        }
        model.search.is_typing = false;
        paging::load_more(model)
    }

    fn ages(&self, model: &Model) -> Vec<UnixMs> {
        model.rentals.window().map(|held| held.row.last_at).collect()
    }

    fn draw(&self, draw: &mut Draw, areas: &Areas) {
        chips::chips(draw, areas.chips);
        let (table, _) = layout::split(draw.model, areas.body);
        view::table(draw, table);
    }
}
