//! The order under the cursor beside the list, where the terminal is wide enough.
//!
//! It follows the cursor at once with what is in memory. The rest of its
//! history is fetched only when the cursor has rested: moving through the list
//! asks nobody.

use crate::core::layout;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::order_page::OrderPage;
use crate::core::timers::{Timer, after};
use crate::i18n::Text;
use crate::input::{Action, Scope};
use crate::theme::Tone;

/// How long the cursor must rest before the history is fetched.
const REST_MS: u64 = 150;

/// Shows the preview, or takes it away.
pub(crate) fn toggle(model: &mut Model) {
    if layout::can_preview(model) {
        model.preview.is_off = !model.preview.is_off;
    } else {
        let key = model.key(Scope::List, Action::Open);
        model.notify(Tone::Plain, Text::PreviewNarrow.with("n", u64::from(layout::FROM)).with("key", key));
    }
}

/// Keeps the preview on the order under the cursor.
pub(crate) fn follow(model: &mut Model) {
    let wanted = layout::has_preview(model).then(|| model.rentals.cursor()).flatten();
    if model.preview.page.as_ref().map(|page| page.order) == wanted {
        return;
    }
    model.preview.page = wanted.map(|order| OrderPage::open(order, model.events.iter()));
    if wanted.is_some() {
        model.timers.set(Timer::Preview, after(model.now, REST_MS));
    } else {
        model.timers.drop(Timer::Preview);
    }
}

/// The cursor has rested: fetches the history of the order it is on.
pub(crate) fn fetch(model: &mut Model) -> Vec<Effect> {
    let Some(page) = &model.preview.page else { return Vec::new() };
    model.loader.fetching += 1;
    vec![Effect::FetchRental(page.order)]
}

#[cfg(test)]
mod tests {
    use crate::core::msg::{Effect, Msg};
    use crate::testing::{TestApp, order};
    use rental_model::OrderId;
    use rental_model::totalview::{Rental, SourcePositions, Timeline};

    fn wide() -> TestApp {
        let mut app = TestApp::live();
        for number in 1..30 {
            app.receive_delivered(number);
        }
        app.tell(Msg::Resize { width: 140, height: 40 });
        app.asked();
        app
    }

    fn fetched(app: &mut TestApp) -> Vec<OrderId> {
        let fetched = app.asked().into_iter().filter_map(|effect| match effect {
            Effect::FetchRental(order) => Some(order),
            _ => None,
        });
        fetched.collect()
    }

    #[test]
    fn the_history_is_fetched_once_and_only_when_the_cursor_rests() {
        let mut app = wide();
        for _ in 0..10 {
            app.press("j");
            app.pass(100);
        }
        assert_eq!(fetched(&mut app), []);
        assert!(app.screen(140, 40).contains("delivery started"), "what is known is there at once");
        app.pass(50);
        assert_eq!(fetched(&mut app), [order(20)]);
        app.wait(1_000);
        app.wait(1_000);
        assert_eq!(fetched(&mut app), []);
        app.press("j");
        app.pass(150);
        assert_eq!(fetched(&mut app), [order(19)]);
    }

    #[test]
    fn the_answer_fills_the_preview_of_its_own_order_only() {
        let mut app = wide();
        app.model.events.clear();
        app.press("j");
        app.pass(150);
        let row = app.model.rentals.get(order(29)).unwrap().clone();
        let recorded_events = crate::testing::history(order(29));
        let mut timeline = Timeline::default();
        for recorded in &recorded_events {
            timeline.project(recorded);
        }
        let entries = timeline.0.len();
        app.press("j");
        let answer =
            |timeline| Ok(Box::new(Rental { rental: row.clone(), timeline, positions: SourcePositions::new() }));
        app.tell(Msg::Rental { order: order(29), answer: answer(timeline.clone()) });
        assert_eq!(app.model.preview.page.as_ref().unwrap().timeline.0.len(), 0, "it belongs to another order");
        app.press("k");
        app.tell(Msg::Rental { order: order(29), answer: answer(timeline) });
        assert_eq!(app.model.preview.page.as_ref().unwrap().timeline.0.len(), entries);
    }

    #[test]
    fn it_is_there_only_where_there_is_room_and_while_it_is_wanted() {
        let mut app = wide();
        assert!(app.screen(140, 40).contains("No order is selected: its history is shown here."));
        app.press("j");
        assert!(app.screen(140, 40).contains("Order 29"));
        assert!(!app.screen(139, 40).contains("Order 29"));
        app.pass(150);
        assert_eq!(fetched(&mut app), [], "a narrow terminal asks for nothing");
        app.press("p");
        assert!(app.model.notice.is_some(), "and says why p does nothing");
        app.screen(140, 40);
        app.press("p");
        assert!(!app.screen(140, 40).contains("Order 29"));
        app.press("p");
        assert!(app.screen(140, 40).contains("Order 29"));
    }
}
