//! The workers: asked how they are all the time, and what staff do about parked items.

use crate::core::commands::UserCommand;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::overlay::Overlay;
use crate::core::timers::{Timer, after};
use crate::core::{health, layout, send};
use crate::i18n::Text;
use crate::input::{Action, Screen};
use crate::overlays::form::state::Task;
use crate::overlays::form::update as form;
use crate::overlays::raw::state::RawPage;
use crate::theme::Tone;
use rental_bus::CallError;
use rental_bus::status::{ContextStatus, ParkedList};
use rental_model::Context;

/// How often all are asked how they are while somebody looks at just that.
const LOOK_MS: u64 = 1_000;

/// Asks all of them, and again after a while: every screen says who is down.
pub(crate) fn ask(model: &mut Model) -> Vec<Effect> {
    if !model.link.is_up() {
        // The connection's return begins it anew.
        return Vec::new();
    }
    let pause = if model.screen == Screen::Workers { LOOK_MS } else { health::ASK_MS };
    model.timers.set(Timer::AskWorkers, after(model.now, pause));
    Context::ALL.map(Effect::AskStatus).into()
}

/// How a worker is.
pub(crate) fn status(
    model: &mut Model,
    context: Context,
    answer: &Result<Box<ContextStatus>, CallError>,
) -> Vec<Effect> {
    let has_parked = model.workers.told(context, answer, model.now);
    if has_parked && model.screen == Screen::Workers { vec![Effect::ListParked(context)] } else { Vec::new() }
}

/// The items a context parked.
pub(crate) fn parked(model: &mut Model, context: Context, answer: Result<ParkedList, CallError>) -> Vec<Effect> {
    if let Ok(list) = answer {
        model.workers.fill(context, list);
    }
    Vec::new()
}

pub(crate) fn press(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Action::Open | Action::RetryParked | Action::DropParked = action {
        return act(model, action);
    }
    let keys = model.workers.keys();
    let page = isize::try_from(layout::list_height(model.width, model.height) / 2).unwrap_or(isize::MAX);
    match action {
        Action::Top => model.workers.cursor.move_to(&keys, 0),
        Action::Bottom => model.workers.cursor.move_to(&keys, usize::MAX),
        _ => {
            if let Some(by) = action.rows(page.max(1)) {
                model.workers.cursor.move_by(&keys, by);
            }
        }
    }
    Vec::new()
}

/// Does something about the parked item under the cursor.
fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some((context, id)) = model.workers.selected() else {
        model.notify(Tone::Plain, Text::NothingChosen);
        return Vec::new();
    };
    if action == Action::Open {
        let item = model.workers.parked().get(&(context, id)).cloned();
        model.overlay = item.map(|item| Overlay::Raw(Box::new(RawPage { context, item, scroll: 0 })));
    } else if !model.link.is_live(model.now) {
        model.notify(Tone::Warn, Text::DeniedStale);
    } else if action == Action::RetryParked {
        let request_id = model.commands.next_id();
        return send::send(model, &request_id, UserCommand::RetryParked { context, id });
    } else {
        form::open(model, Task::Drop(context, id));
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use crate::core::msg::{Effect, Msg};
    use crate::core::overlay::Overlay;
    use crate::testing::{TestApp, parked, serving};
    use rental_bus::status::ParkedList;
    use rental_bus::{CallError, LinkState, Silence};
    use rental_model::Context;
    use serde_json::json;

    /// On the workers screen; billing has parked two messages.
    fn app() -> TestApp {
        let mut app = TestApp::live();
        app.press("4");
        let status = serving(Context::Billing, 2);
        app.tell(Msg::Status { context: Context::Billing, answer: Ok(Box::new(status)) });
        let list = ParkedList { parked: vec![parked(3, b"{\x1b[2J}"), parked(4, b"junk")] };
        app.tell(Msg::Parked { context: Context::Billing, answer: Ok(list) });
        app.asked();
        app
    }

    #[test]
    fn the_workers_are_asked_once_a_second_while_looked_at_and_half_as_often_elsewhere() {
        let mut app = TestApp::live();
        app.press("4");
        assert_eq!(app.asked(), Context::ALL.map(Effect::AskStatus));
        let asks_within_4s = |app: &mut TestApp| {
            (0..4).for_each(|_| app.wait(1_000));
            app.asked().iter().filter(|e| matches!(e, Effect::AskStatus(_))).count()
        };
        assert_eq!(asks_within_4s(&mut app), 4 * 5);
        app.press("1");
        app.wait(1_000);
        app.asked();
        assert_eq!(asks_within_4s(&mut app), 2 * 5);
        app.tell(Msg::Link(LinkState::Down("gone".to_owned())));
        assert_eq!(asks_within_4s(&mut app), 0, "nobody can be asked");
        app.tell(Msg::Link(LinkState::Up));
        assert_eq!(app.asked().iter().filter(|e| matches!(e, Effect::AskStatus(_))).count(), 5, "at once");
    }

    #[test]
    fn that_all_are_as_they_were_is_not_drawn_again() {
        let mut app = TestApp::live();
        app.model.is_dirty = false;
        app.answer_all();
        assert!(!app.model.is_dirty);
        app.tell_status(Err(Context::Order));
        assert!(std::mem::take(&mut app.model.is_dirty));
        app.tell_status(Err(Context::Order));
        assert!(!app.model.is_dirty);
    }

    #[test]
    fn parked_items_are_asked_for_where_there_are_some_and_forgotten_where_there_are_none() {
        let mut app = TestApp::live();
        app.press("4");
        app.asked();
        let told =
            |parked| Msg::Status { context: Context::Order, answer: Ok(Box::new(serving(Context::Order, parked))) };
        app.tell(told(0));
        assert_eq!(app.asked(), []);
        app.tell(told(1));
        assert_eq!(app.asked(), [Effect::ListParked(Context::Order)]);
        let list = ParkedList { parked: vec![parked(1, b"x")] };
        app.tell(Msg::Parked { context: Context::Order, answer: Ok(list) });
        assert_eq!(app.model.workers.keys(), [(Context::Order, 1)]);
        app.tell(told(0));
        assert!(app.model.workers.keys().is_empty());
    }

    #[test]
    fn an_item_is_tried_again_and_its_context_asked_at_once() {
        let mut app = app();
        app.press("jt");
        let (request_id, endpoint, body) = app.sent().unwrap();
        assert_eq!((endpoint, &body["id"]), ("parked.retry", &json!(3)));
        app.answer(&request_id, Ok((3, 0)));
        assert_eq!(app.asked(), [Effect::AskStatus(Context::Billing), Effect::ListParked(Context::Billing)]);
        let told = app.model.notice.as_ref().map(|notice| app.model.say(&notice.message)).unwrap();
        assert_eq!(told, "try billing item 3 again: done");
    }

    #[test]
    fn an_item_is_dropped_with_a_reason_and_only_after_y() {
        let mut app = app();
        app.press("jjd<enter>");
        assert_eq!(app.sent(), None, "a reason is needed");
        app.press("junk y<enter>");
        assert_eq!(app.sent(), None, "it is asked first");
        app.press("<enter>");
        assert_eq!(app.sent(), None, "Enter means no");
        app.press("<enter>y");
        let (request_id, endpoint, body) = app.sent().unwrap();
        assert_eq!((endpoint, &body["id"], &body["reason"]), ("parked.drop", &json!(4), &json!("junk y")));
        let silent =
            CallError::Silent { context: Context::Billing, why: Silence::Late(std::time::Duration::from_secs(3)) };
        app.answer(&request_id, Err(silent));
        app.press("<enter>");
        assert_eq!(app.sent().unwrap(), (request_id, "parked.drop", body), "asking again is the same request");
    }

    #[test]
    fn the_raw_bytes_are_shown_escaped() {
        let mut app = app();
        app.press("j<enter>");
        let screen = app.screen(80, 24);
        assert!(screen.contains("{\\u{1b}[2J}"), "{screen}");
        app.press("<esc>");
        assert!(app.model.overlay.is_none());
    }

    #[test]
    fn nothing_is_done_without_a_row_a_fresh_picture_or_the_right() {
        let mut app = app();
        app.press("td");
        assert!(app.sent().is_none() && app.model.overlay.is_none(), "no row is selected");
        app.press("j");
        app.tell(Msg::Link(LinkState::Down("gone".to_owned())));
        app.press("td");
        assert!(app.sent().is_none() && app.model.overlay.is_none(), "the picture is old");
        let mut app = self::app();
        app.model.settings.is_read_only = true;
        app.press("jtd");
        assert!(app.sent().is_none() && app.model.overlay.is_none(), "read only");
        app.press("<enter>");
        assert!(matches!(app.model.overlay, Some(Overlay::Raw(_))), "looking is allowed");
    }

    #[test]
    fn an_item_that_is_gone_is_not_mistaken_for_its_neighbour() {
        let mut app = app();
        app.press("j");
        let list = ParkedList { parked: vec![parked(4, b"junk")] };
        app.tell(Msg::Parked { context: Context::Billing, answer: Ok(list) });
        app.press("t");
        assert_eq!(app.sent(), None);
    }
}
