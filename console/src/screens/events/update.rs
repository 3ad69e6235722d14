//! The keys of the events screen.

use crate::core::layout;
use crate::core::model::Model;
use crate::input::Action;

pub(crate) fn press(model: &mut Model, action: Action) {
    let height = layout::events_height(model.width, model.height);
    let page = isize::try_from(height.max(1)).unwrap_or(isize::MAX);
    match action {
        Action::Top => model.events.move_by(isize::MIN, height),
        Action::Bottom => model.events.follow(),
        Action::Follow => {
            model.events.clear_filter();
            model.events.follow();
        }
        _ => {
            if let Some(by) = action.rows(page) {
                model.events.move_by(by, height);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{TestApp, order, requested};

    #[test]
    fn scrolled_back_it_pauses_and_says_how_many_are_new() {
        let mut app = TestApp::live();
        for number in 1..20 {
            app.receive_delivered(number);
        }
        app.press("3");
        assert!(app.screen(80, 24).contains("following"));
        app.press("kkk");
        app.receive(requested(order(99)));
        let screen = app.screen(80, 24);
        assert!(screen.contains("paused, +4 new") && !screen.contains("99"), "{screen}");
        app.press("G");
        assert!(app.screen(80, 24).contains("99"));
    }

    #[test]
    fn a_filter_is_typed_kept_and_taken_away() {
        let mut app = TestApp::live();
        app.receive_delivered(17);
        app.receive_delivered(18);
        app.press("3/fee 17");
        let screen = app.screen(80, 24);
        assert!(screen.contains("fee received") && !screen.contains("delivery started"), "{screen}");
        app.press("<enter>");
        assert!(!app.model.events.is_typing && app.screen(80, 24).contains("Filter: [fee] [17]"));
        app.press("/zzz");
        assert!(app.screen(80, 24).contains("Nothing matches"));
        app.press("<esc>");
        assert!(app.screen(80, 24).contains("delivery started"));
    }

    #[test]
    fn letters_typed_into_the_filter_are_no_commands() {
        let mut app = TestApp::live();
        app.press("3/q2n");
        assert!(app.model.overlay.is_none() && app.model.events.filter().value() == "q2n");
        app.press("<esc>2");
        assert!(app.model.events.filter().value().is_empty());
    }
}
