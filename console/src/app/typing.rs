//! What is typed: into a field of a box, or into the filter of a screen.

use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::overlay::Overlay;
use crate::input::{Action, Scope};
use crate::overlays::bulk::update as bulk;
use crate::overlays::filters::update as filters;
use crate::overlays::new_rental::update as new_rental;
use crate::screens;
use crate::text::sanitize;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::InputRequest;

/// How soon after a keystroke the stock is asked for.
const TYPED_MS: u64 = 150;

/// The longest a field can be.
const LONGEST_FIELD: usize = 100;

/// A key in the form that is no command: it types, or moves in the field.
pub(crate) fn type_key(model: &mut Model, event: &KeyEvent) -> Vec<Effect> {
    let is_ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let request = match event.code {
        KeyCode::Char('a') if is_ctrl => InputRequest::GoToStart,
        KeyCode::Char('e') if is_ctrl => InputRequest::GoToEnd,
        KeyCode::Char('u') if is_ctrl => InputRequest::DeleteLine,
        KeyCode::Char('w') if is_ctrl => InputRequest::DeletePrevWord,
        KeyCode::Char(_) if is_ctrl || event.modifiers.contains(KeyModifiers::ALT) => return Vec::new(),
        KeyCode::Char(c) => return type_text(model, c.encode_utf8(&mut [0; 4])),
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        KeyCode::Enter => {
            bulk::type_count(model);
            return Vec::new();
        }
        _ => return Vec::new(),
    };
    edit(model, request);
    new_rental::plan_check(model, TYPED_MS);
    Vec::new()
}

/// Changes the field that has the focus, wherever it is.
fn edit(model: &mut Model, request: InputRequest) {
    if model.scope() == Scope::Filter {
        return screens::of(model.screen).edit_filter(model, request);
    }
    match &mut model.overlay {
        Some(Overlay::Form(form)) => {
            form.edit(request);
        }
        Some(Overlay::Sheet(sheet)) => sheet.edit(request),
        Some(Overlay::SaveFilter(name)) => {
            name.handle(request);
        }
        Some(Overlay::Palette(palette)) => palette.edit(request),
        Some(Overlay::Bulk(bulk)) => {
            bulk.typed.handle(request);
        }
        _ => {}
    }
}

/// How long the text in the field is that has the focus.
fn typed_length(model: &Model) -> usize {
    let input = match &model.overlay {
        Some(Overlay::Form(form)) => form.input(form.focus),
        Some(Overlay::Sheet(sheet)) => sheet.input(),
        Some(Overlay::SaveFilter(name)) => name,
        Some(Overlay::Palette(palette)) => &palette.input,
        Some(Overlay::Bulk(bulk)) => &bulk.typed,
        _ => model.filter(),
    };
    input.value().chars().count()
}

/// Text was pasted.
pub(crate) fn paste(model: &mut Model, text: &str) {
    type_text(model, text);
}

fn type_text(model: &mut Model, text: &str) -> Vec<Effect> {
    // The question about many orders takes a count, and nothing else.
    let is_figures = matches!(model.overlay, Some(Overlay::Bulk(_)));
    for c in sanitize(text).chars().filter(|c| !is_figures || c.is_ascii_digit()) {
        if typed_length(model) < LONGEST_FIELD {
            edit(model, InputRequest::InsertChar(c));
        }
    }
    new_rental::plan_check(model, TYPED_MS);
    Vec::new()
}

/// Begins to type the filter of this screen.
/// A command key while a filter is typed.
pub(crate) fn press_filter(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::PickFilter {
        filters::pick(model);
        return Vec::new();
    }
    screens::of(model.screen).end_filter(model, action == Action::Close)
}

#[cfg(test)]
mod tests {
    use crate::testing::{TestApp, order, paid, requested};

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
