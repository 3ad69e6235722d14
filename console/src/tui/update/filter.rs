//! Filters and sorting: the keys, and what they lead to.

use super::{filters, incoming, journal, listing};
use crate::tui::keymap::Action;
use crate::tui::model::{Model, Overlay};
use crate::tui::msg::Effect;
use crate::tui::query::message;
use crate::tui::rentals::Column;
use crate::tui::screen::Screen;
use crate::tui::theme::Tone;
use crate::tui::timers::{Timer, after};
use rental_model::totalview::filter::Filter;
use tui_input::{Input, InputRequest};

/// How often a filter with an age in it is applied again.
const AGES_MS: u64 = 1_000;

/// Begins to type the filter of this screen.
pub(super) fn start_filter(model: &mut Model) {
    match model.screen {
        Screen::Events => model.events.is_typing = true,
        Screen::Journal => model.journal.is_typing = true,
        _ => {
            model.search.is_typing = true;
            model.search.marked.clone_from(model.rentals.marks());
        }
    }
}

/// Changes the filter that is being typed.
pub(super) fn edit_filter(model: &mut Model, request: InputRequest) {
    if model.screen == Screen::Events {
        model.events.edit(request);
    } else if model.screen == Screen::Journal {
        journal::edit(model, request);
    } else {
        model.search.input.handle(request);
        apply(model);
    }
}

/// A command key while a filter is typed.
pub(super) fn press_filter(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::PickFilter {
        filters::pick(model);
        return Vec::new();
    }
    let is_given_up = action == Action::Close;
    if model.screen == Screen::Events {
        model.events.is_typing = false;
        if is_given_up {
            model.events.clear_filter();
        }
        return Vec::new();
    }
    if model.screen == Screen::Journal {
        return journal::typed(model, is_given_up);
    }
    if is_given_up || model.search.mistake.is_some() {
        clear(model);
    }
    model.search.is_typing = false;
    incoming::load_more(model)
}

/// Shows the rentals that this filter finds. One that cannot be read leaves the list as it is, and says why.
pub(super) fn show(model: &mut Model, query: &str) {
    model.screen = Screen::Rentals;
    model.opened = None;
    if let Err(mistake) = Filter::parse(query) {
        return model.notify(Tone::Bad, message(&mistake));
    }
    model.search.input = query.into();
    apply(model);
}

/// Lists everything again.
pub(super) fn clear(model: &mut Model) {
    model.search.input.reset();
    apply(model);
}

/// Lists what `filter` finds, as if it had been typed.
pub(super) fn put(model: &mut Model, filter: String) {
    model.search.input = Input::new(filter);
    apply(model);
}

/// Lists what the filter finds; one that cannot be read leaves the list as it is.
fn apply(model: &mut Model) {
    match Filter::parse(model.search.input.value()) {
        Ok(query) => {
            model.search.mistake = None;
            set(model, query);
            listing::typed(model);
        }
        Err(mistake) => model.search.mistake = Some(mistake),
    }
}

fn set(model: &mut Model, query: Filter) {
    let query = prepared(model, query);
    model.rentals.filter(query, model.now);
    if model.search.is_typing {
        // Half a filter hides what the whole one may find: it takes no mark away.
        model.rentals.mark(&model.search.marked);
    }
}

/// A filter that knows the products; one with an age in it is applied again by the clock.
fn prepared(model: &mut Model, mut query: Filter) -> Filter {
    query.learn_products(|word| model.product_catalog.naming(word));
    if query.has_age() {
        model.timers.set(Timer::Refilter, after(model.now, AGES_MS));
    }
    query
}

/// Applies the filter again: names were learned, or time has passed.
pub(super) fn again(model: &mut Model) {
    if !model.rentals.query().is_empty() {
        let query = prepared(model, model.rentals.query().clone());
        model.rentals.refilter(query, model.now);
        model.is_dirty = true;
    }
}

/// Opens the sort picker on what the list is sorted by.
pub(super) fn pick(model: &mut Model) {
    model.overlay = Some(Overlay::Sort { at: model.rentals.sorting().column as usize });
}

/// A key in the sort picker.
pub(super) fn choose(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Sort { at }) = &mut model.overlay else { return Vec::new() };
    let last = Column::ALL.len() - 1;
    match action {
        Action::Choose => {
            let column = Column::ALL[*at];
            model.rentals.sort_by(column, model.now);
            listing::changed(model);
            model.overlay = None;
        }
        Action::Close => model.overlay = None,
        Action::Top => *at = 0,
        Action::Bottom => *at = last,
        _ => *at = at.saturating_add_signed(action.rows(4).unwrap_or(0)).min(last),
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use crate::tui::testing::{TestApp, order, paid, requested};

    fn listed(app: &TestApp) -> Vec<u64> {
        app.model.rentals.window().map(|held| held.row.order_id.get()).collect()
    }

    /// Orders 1 to 3; only 2 is paid.
    fn app() -> TestApp {
        let mut app = TestApp::live();
        for number in 1..4 {
            app.receive(requested(order(number)));
        }
        app.receive(paid(order(2)));
        app
    }

    #[test]
    fn the_list_is_filtered_while_one_types_and_esc_clears_it() {
        let mut app = app();
        app.press("/status=paid");
        assert_eq!(listed(&app), [2]);
        app.press("<enter>");
        let screen = app.screen(80, 24);
        assert!(screen.contains("Filter: [status=paid]") && screen.contains("1 of 3"), "{screen}");
        app.receive(paid(order(3)));
        assert_eq!(listed(&app), [3, 2], "what matches now comes in");
        app.press("<esc>");
        assert_eq!(listed(&app), [3, 2, 1]);
    }

    #[test]
    fn a_mistake_is_told_with_its_place_and_leaves_the_list_alone() {
        let mut app = app();
        app.press("/paid !");
        let screen = app.screen(80, 24);
        assert!(screen.contains("Filter, character 7: a word must follow !"), "{screen}");
        assert_eq!(listed(&app), [2]);
        app.press("<enter>");
        assert_eq!(listed(&app), [3, 2, 1], "a filter that cannot be read is not kept");
    }

    #[test]
    fn products_are_found_by_name_and_commands_stay_letters() {
        let mut app = app();
        app.press("/macbook");
        assert_eq!(listed(&app), [3, 2, 1]);
        app.press("<esc>/ipad");
        assert!(listed(&app).is_empty() && app.screen(80, 24).contains("Nothing matches"));
    }

    #[test]
    fn an_age_in_the_filter_goes_on_by_itself() {
        let mut app = app();
        app.press("/age>30s<enter>");
        assert!(listed(&app).is_empty());
        for _ in 0..32 {
            app.wait(1_000);
        }
        assert_eq!(listed(&app), [3, 2, 1]);
    }

    #[test]
    fn a_frozen_list_stays_frozen_when_an_age_goes_on() {
        let mut app = app();
        app.press("/!age>30s<enter>f");
        for _ in 0..32 {
            app.wait(1_000);
        }
        assert_eq!((listed(&app), app.model.rentals.waiting()), (vec![3, 2, 1], Some(3)));
        app.press("f");
        assert!(listed(&app).is_empty());
    }

    #[test]
    fn the_list_is_sorted_by_what_was_picked_and_turned_round() {
        let mut app = app();
        app.press("jsj<enter>");
        assert_eq!(listed(&app), [2, 3, 1], "by status, the furthest first");
        assert_eq!(app.model.rentals.cursor(), Some(order(3)));
        app.press("S");
        assert_eq!(listed(&app), [1, 3, 2]);
        app.press("sg<enter>S");
        assert_eq!(listed(&app), [3, 2, 1]);
        app.press("s<esc>");
        assert!(app.model.overlay.is_none());
    }
}
