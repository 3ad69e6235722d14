//! The palette: its keys, and doing what was chosen.

use super::{filter, keys, orders};
use crate::tui::keymap::Action;
use crate::tui::model::{Model, Overlay};
use crate::tui::msg::Effect;
use crate::tui::palette::{Choice, Palette, offers};
use crate::tui::screen::Screen;
use crate::tui::theme::Tone;
use rental_model::ProductId;

/// Opens the palette over whatever screen is shown.
pub(super) fn open(model: &mut Model) {
    model.overlay = None;
    model.overlay = Some(Overlay::Palette(Box::new(Palette::open(model.scope()))));
}

/// A command key in the palette.
pub(super) fn press(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Palette(palette)) = &model.overlay else { return Vec::new() };
    let offers = offers(model, palette);
    let beneath = palette.beneath;
    let position = palette.position(&offers);
    match action {
        Action::Choose => {
            let Some(offer) = offers.into_iter().nth(position) else { return Vec::new() };
            if let Some(why) = offer.denied {
                model.notify(Tone::Warn, why);
                return Vec::new();
            }
            model.overlay = None;
            match offer.choice {
                Choice::Do(action) => return keys::act(model, beneath, action),
                Choice::Order(order) => {
                    model.screen = Screen::Rentals;
                    return orders::open(model, order);
                }
                Choice::Product(product) => {
                    let query = query_of(model, product);
                    filter::show(model, &query);
                }
                Choice::Saved(_, query) => filter::show(model, &query),
            }
        }
        Action::Close => model.overlay = None,
        action => {
            if let (Some(Overlay::Palette(palette)), Some(by)) = (&mut model.overlay, action.choices()) {
                palette.move_by(&offers, by);
            }
        }
    }
    Vec::new()
}

/// The filter that finds a product's rentals: each word of its name must be there.
fn query_of(model: &Model, product: ProductId) -> String {
    let name = model.shelf.name(product).unwrap_or_default();
    let words: Vec<_> = name.split_whitespace().map(|word| format!("product={word}")).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use crate::tui::model::Overlay;
    use crate::tui::msg::{Effect, Msg};
    use crate::tui::palette::offers;
    use crate::tui::screen::Screen;
    use crate::tui::testing::{Desk, order};
    use rental_bus::CallError;
    use rental_model::{Code, Refusal};
    use unicode_normalization::UnicodeNormalization;

    /// The names of what is offered, as they are shown.
    fn names(desk: &Desk) -> Vec<String> {
        let Some(Overlay::Palette(palette)) = &desk.model.overlay else { panic!("the palette is closed") };
        offers(&desk.model, palette).iter().map(|offer| desk.model.say(&offer.name)).collect()
    }

    fn told(desk: &Desk) -> String {
        desk.model.notice.as_ref().map(|notice| desk.model.say(&notice.saying)).unwrap_or_default()
    }

    #[test]
    fn screens_and_actions_are_found_by_a_few_letters_of_either_language() {
        for (typed, found) in
            [("stock", "go to Stock"), ("재고", "go to Stock"), ("nwrn", "new rental"), ("렌탈", "new rental")]
        {
            let mut desk = Desk::live();
            desk.press(":");
            desk.press(typed);
            assert!(names(&desk).iter().any(|name| name == found), "{typed}: {:?}", names(&desk));
        }
        let mut desk = Desk::live();
        desk.press("<ctrl-p>");
        desk.press(&"새 렌탈".nfd().collect::<String>());
        assert_eq!(names(&desk).first().map(String::as_str), Some("new rental"), "decomposed Hangul too");
        desk.press("<enter>");
        assert!(matches!(desk.model.overlay, Some(Overlay::Form(_))));
    }

    #[test]
    fn the_actions_are_those_of_the_place_beneath() {
        let mut desk = Desk::live();
        desk.press("2:");
        let stock = names(&desk);
        assert!(stock.contains(&"register".to_owned()) && !stock.contains(&"cancel".to_owned()), "{stock:?}");
        desk.press("rental<esc>1:");
        assert!(names(&desk).contains(&"cancel".to_owned()));
        desk.press("go to work<enter>");
        assert_eq!(desk.model.screen, Screen::Workers);
    }

    #[test]
    fn a_number_opens_that_order_wherever_it_is() {
        let mut desk = Desk::live();
        desk.asked();
        desk.press("2:123");
        assert_eq!(names(&desk)[0], "open order 123");
        desk.press("<enter>");
        assert_eq!(desk.model.opened.as_ref().map(|page| page.order), Some(order(123)));
        assert_eq!(desk.model.screen, Screen::Rentals);
        assert!(desk.asked().contains(&Effect::FetchRental(order(123))));
        assert!(desk.screen(80, 24).contains("Asking for this order..."));
        let unknown = CallError::Refused(Refusal::new(Code::Unknown, "order 123 is unknown"));
        desk.tell(Msg::Rental { order: order(123), answer: Err(unknown) });
        assert!(desk.screen(80, 24).contains("This order could not be read: order 123 is unknown"));
    }

    #[test]
    fn a_product_and_a_saved_filter_filter_the_list() {
        let mut desk = Desk::live();
        desk.hear_delivered(17);
        desk.model.settings.filters = vec![("late ones".to_owned(), "active age>1d".to_owned())];
        desk.press("4:macbook<enter>");
        assert_eq!((desk.model.screen, desk.model.search.input.value()), (Screen::Rentals, "product=MACBOOK"));
        assert_eq!(desk.model.rentals.len(), 1);
        desk.press(":late<enter>");
        assert_eq!(desk.model.search.input.value(), "active age>1d");
        assert_eq!(desk.model.rentals.len(), 0);
        desk.model.settings.filters[0].1 = "qty>x".to_owned();
        desk.press(":late<enter>");
        assert_eq!(told(&desk), "Filter, character 5: a number is expected");
        assert_eq!(desk.model.search.input.value(), "active age>1d", "a filter that cannot be read is not taken");
    }

    #[test]
    fn what_would_be_denied_says_why_and_stays_open() {
        let mut desk = Desk::live();
        desk.press(":cancel");
        assert!(desk.screen(80, 24).contains("No order is selected."));
        desk.press("<enter>");
        assert!(matches!(desk.model.overlay, Some(Overlay::Palette(_))));
        assert_eq!(told(&desk), "No order is selected.");
        desk.hear_delivered(17);
        desk.press("<esc>j:cancel<enter>");
        assert!(matches!(desk.model.overlay, Some(Overlay::Confirm(_))), "and then it asks as the key would");
        desk.model.settings.is_read_only = true;
        desk.press("<esc>:new rental<enter>");
        assert_eq!(told(&desk), "This console is read-only.");
    }

    #[test]
    fn the_arrows_choose_and_typing_chooses_the_best_again() {
        let mut desk = Desk::live();
        desk.press(":go to <down><down>");
        let Some(Overlay::Palette(palette)) = &desk.model.overlay else { panic!() };
        assert_eq!(palette.position(&offers(&desk.model, palette)), 2);
        desk.press("stock<enter>");
        assert_eq!(desk.model.screen, Screen::Stock);
    }
}
