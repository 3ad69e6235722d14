//! The order under the cursor beside the list, where the terminal is wide enough.
//!
//! It follows the cursor at once with what is in memory. The rest of its
//! history is fetched only when the cursor has rested: moving through the list
//! asks nobody.

use crate::tui::agenda::{Errand, after};
use crate::tui::i18n::Text;
use crate::tui::keymap::{Action, Scope};
use crate::tui::model::Model;
use crate::tui::msg::Effect;
use crate::tui::order_page::OrderPage;
use crate::tui::theme::Tone;
use crate::tui::view;

/// How long the cursor must rest before the history is fetched.
const REST_MS: u64 = 150;

/// Shows the preview, or takes it away.
pub(super) fn toggle(model: &mut Model) {
    if view::can_preview(model) {
        model.preview.is_off = !model.preview.is_off;
    } else {
        let key = model.key(Scope::List, Action::Open);
        model.notify(Tone::Plain, Text::PreviewNarrow.with("n", u64::from(view::PREVIEW_FROM)).with("key", key));
    }
}

/// Keeps the preview on the order under the cursor.
pub(super) fn follow(model: &mut Model) {
    let wanted = view::has_preview(model).then(|| model.rentals.cursor()).flatten();
    if model.preview.page.as_ref().map(|page| page.order) == wanted {
        return;
    }
    model.preview.page = wanted.map(|order| OrderPage::open(order, model.events.iter()));
    if wanted.is_some() {
        model.agenda.set(Errand::Preview, after(model.now, REST_MS));
    } else {
        model.agenda.drop(Errand::Preview);
    }
}

/// The cursor has rested: fetches the history of the order it is on.
pub(super) fn fetch(model: &mut Model) -> Vec<Effect> {
    let Some(page) = &model.preview.page else { return Vec::new() };
    model.loader.fetching += 1;
    vec![Effect::FetchRental(page.order)]
}

#[cfg(test)]
mod tests {
    use crate::tui::msg::{Effect, Msg};
    use crate::tui::testing::{Desk, order};
    use rental_model::OrderId;
    use rental_model::totalview::{Heard, Rental, Timeline};

    fn wide() -> Desk {
        let mut desk = Desk::live();
        for number in 1..30 {
            desk.hear_delivered(number);
        }
        desk.tell(Msg::Resize { width: 140, height: 40 });
        desk.asked();
        desk
    }

    fn fetched(desk: &mut Desk) -> Vec<OrderId> {
        let fetched = desk.asked().into_iter().filter_map(|effect| match effect {
            Effect::FetchRental(order) => Some(order),
            _ => None,
        });
        fetched.collect()
    }

    #[test]
    fn the_history_is_fetched_once_and_only_when_the_cursor_rests() {
        let mut desk = wide();
        for _ in 0..10 {
            desk.press("j");
            desk.pass(100);
        }
        assert_eq!(fetched(&mut desk), []);
        assert!(desk.screen(140, 40).contains("delivery started"), "what is known is there at once");
        desk.pass(50);
        assert_eq!(fetched(&mut desk), [order(20)]);
        desk.wait(1_000);
        desk.wait(1_000);
        assert_eq!(fetched(&mut desk), []);
        desk.press("j");
        desk.pass(150);
        assert_eq!(fetched(&mut desk), [order(19)]);
    }

    #[test]
    fn the_answer_fills_the_preview_of_its_own_order_only() {
        let mut desk = wide();
        desk.model.events.clear();
        desk.press("j");
        desk.pass(150);
        let row = desk.model.rentals.get(order(29)).unwrap().clone();
        let facts = crate::tui::testing::history(order(29));
        let mut timeline = Timeline::default();
        for fact in &facts {
            timeline.note(fact);
        }
        let entries = timeline.0.len();
        desk.press("j");
        let answer = |timeline| Ok(Box::new(Rental { rental: row.clone(), timeline, heard: Heard::new() }));
        desk.tell(Msg::Rental { order: order(29), answer: answer(timeline.clone()) });
        assert_eq!(desk.model.preview.page.as_ref().unwrap().timeline.0.len(), 0, "it belongs to another order");
        desk.press("k");
        desk.tell(Msg::Rental { order: order(29), answer: answer(timeline) });
        assert_eq!(desk.model.preview.page.as_ref().unwrap().timeline.0.len(), entries);
    }

    #[test]
    fn it_is_there_only_where_there_is_room_and_while_it_is_wanted() {
        let mut desk = wide();
        assert!(desk.screen(140, 40).contains("No order is selected: its history is shown here."));
        desk.press("j");
        assert!(desk.screen(140, 40).contains("Order 29"));
        assert!(!desk.screen(139, 40).contains("Order 29"));
        desk.pass(150);
        assert_eq!(fetched(&mut desk), [], "a narrow terminal asks for nothing");
        desk.press("p");
        assert!(desk.model.notice.is_some(), "and says why p does nothing");
        desk.screen(140, 40);
        desk.press("p");
        assert!(!desk.screen(140, 40).contains("Order 29"));
        desk.press("p");
        assert!(desk.screen(140, 40).contains("Order 29"));
    }
}
