//! The log of the program itself.

use crate::core::log::LogLine;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::overlay::Overlay;
use crate::i18n::Text;
use crate::input::Action;
use crate::overlays::log::view as log;
use crate::theme::Tone;

pub(crate) fn open(model: &mut Model) {
    model.log.look();
    model.overlay = Some(Overlay::Log { up: 0 });
}

/// Something was logged.
pub(crate) fn logged(model: &mut Model, lines: Vec<LogLine>) {
    let before = model.log.warnings();
    let count = lines.len();
    for line in lines {
        model.log.add(line);
    }
    match &mut model.overlay {
        Some(Overlay::Log { up }) => {
            // Scrolled up, one stays where one is.
            *up += if *up > 0 { count } else { 0 };
            model.log.look();
        }
        _ => model.is_dirty |= model.log.warnings() != before,
    }
    let (_, most) = log::room(model);
    if let Some(Overlay::Log { up }) = &mut model.overlay {
        *up = (*up).min(most);
    }
}

pub(crate) fn press(model: &mut Model, action: Action) -> Vec<Effect> {
    let (room, most) = log::room(model);
    let Some(Overlay::Log { up }) = &mut model.overlay else { return Vec::new() };
    match action {
        Action::Back | Action::Quit => model.overlay = None,
        Action::CopyLog => {
            let text = log::shown(model).join("\n");
            model.notify(Tone::Good, Text::LogCopied);
            return vec![Effect::Copy(text)];
        }
        Action::Top => *up = most,
        Action::Bottom => *up = 0,
        _ => {
            // The newest is at the bottom: down is towards it.
            let by = action.rows(isize::try_from(room.max(1)).unwrap_or(isize::MAX)).unwrap_or(0);
            *up = up.saturating_add_signed(by.saturating_neg()).min(most);
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use crate::core::log::LogLine;
    use crate::core::msg::{Effect, Msg};
    use crate::testing::{NOON, TestApp};
    use tracing::Level;

    fn logged(app: &mut TestApp, level: Level, messages: std::ops::Range<u64>) {
        let line = |number| LogLine { at: NOON, level, target: "bus".to_owned(), message: format!("message {number}") };
        app.tell(Msg::Logged(messages.map(line).collect()));
    }

    #[test]
    fn a_warning_is_counted_in_the_header_until_somebody_looks() {
        let mut app = TestApp::live();
        app.model.is_dirty = false;
        logged(&mut app, Level::INFO, 0..3);
        assert!(!app.model.is_dirty, "nothing to be seen");
        logged(&mut app, Level::WARN, 3..5);
        assert!(app.model.is_dirty && app.screen(80, 24).contains("! 2 warnings"));
        app.press("!");
        let screen = app.screen(80, 24);
        assert!(!screen.contains("2 warnings") && screen.contains("WARN  bus  message 4"), "{screen}");
        app.press("!");
        assert!(app.model.overlay.is_none());
    }

    #[test]
    fn the_newest_is_at_the_bottom_and_scrolled_up_one_stays() {
        let mut app = TestApp::live();
        logged(&mut app, Level::INFO, 0..100);
        app.press("!");
        assert!(app.screen(80, 24).contains("message 99"));
        app.press("kk");
        logged(&mut app, Level::INFO, 100..110);
        let screen = app.screen(80, 24);
        assert!(screen.contains("message 97") && !screen.contains("message 98"), "{screen}");
        app.press("g");
        assert!(app.screen(80, 24).contains("message 0"));
        app.press("G");
        assert!(app.screen(80, 24).contains("message 109"));
    }

    #[test]
    fn the_lines_shown_are_copied() {
        let mut app = TestApp::live();
        logged(&mut app, Level::INFO, 0..2);
        app.press("!");
        app.asked();
        app.press("y");
        let copied = "12:00:00 INFO  bus  message 0\n12:00:00 INFO  bus  message 1";
        assert_eq!(app.asked(), [Effect::Copy(copied.to_owned())]);
    }
}
