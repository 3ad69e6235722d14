//! The keys of the events screen.

use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::view;

pub(super) fn press(model: &mut Model, action: Action) {
    let height = view::events_height(model.width, model.height);
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
    use crate::tui::testing::{Desk, order, requested};

    #[test]
    fn scrolled_back_it_pauses_and_says_how_many_are_new() {
        let mut desk = Desk::live();
        for number in 1..20 {
            desk.hear_delivered(number);
        }
        desk.press("3");
        assert!(desk.screen(80, 24).contains("following"));
        desk.press("kkk");
        desk.hear(requested(order(99)));
        let screen = desk.screen(80, 24);
        assert!(screen.contains("paused, +4 new") && !screen.contains("99"), "{screen}");
        desk.press("G");
        assert!(desk.screen(80, 24).contains("99"));
    }

    #[test]
    fn a_filter_is_typed_kept_and_taken_away() {
        let mut desk = Desk::live();
        desk.hear_delivered(17);
        desk.hear_delivered(18);
        desk.press("3/fee 17");
        let screen = desk.screen(80, 24);
        assert!(screen.contains("fee received") && !screen.contains("delivery started"), "{screen}");
        desk.press("<enter>");
        assert!(!desk.model.events.is_typing && desk.screen(80, 24).contains("Filter: [fee] [17]"));
        desk.press("/zzz");
        assert!(desk.screen(80, 24).contains("Nothing matches"));
        desk.press("<esc>");
        assert!(desk.screen(80, 24).contains("delivery started"));
    }

    #[test]
    fn letters_typed_into_the_filter_are_no_commands() {
        let mut desk = Desk::live();
        desk.press("3/q2n");
        assert!(desk.model.overlay.is_none() && desk.model.events.filter().value() == "q2n");
        desk.press("<esc>2");
        assert!(desk.model.events.filter().value().is_empty());
    }
}
