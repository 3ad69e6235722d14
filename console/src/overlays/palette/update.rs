//! The palette: its keys, and doing what was chosen.

use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::overlay::Overlay;
use crate::core::{orders, search};
use crate::input::{Action, Scope, Screen};
use crate::overlays::palette::offers::offers;
use crate::overlays::palette::state::{Choice, Palette};
use crate::theme::Tone;
use rental_model::ProductId;

/// Opens the palette over whatever screen is shown.
pub(crate) fn open(model: &mut Model) {
    model.overlay = None;
    model.overlay = Some(Overlay::Palette(Box::new(Palette::open(model.scope()))));
}

/// What a key in the palette leads to.
pub(crate) enum Outcome {
    Done(Vec<Effect>),
    /// An action was chosen, to be done as if its key had been pressed there.
    Act(Scope, Action),
}

/// A command key in the palette.
pub(crate) fn press(model: &mut Model, action: Action) -> Outcome {
    let Some(Overlay::Palette(palette)) = &model.overlay else { return Outcome::Done(Vec::new()) };
    let offers = offers(model, palette);
    let beneath = palette.beneath;
    let position = palette.position(&offers);
    match action {
        Action::Choose => {
            let Some(offer) = offers.into_iter().nth(position) else { return Outcome::Done(Vec::new()) };
            if let Some(why) = offer.denied {
                model.notify(Tone::Warn, why);
                return Outcome::Done(Vec::new());
            }
            model.overlay = None;
            match offer.choice {
                Choice::Do(action) => return Outcome::Act(beneath, action),
                Choice::Order(order) => {
                    model.screen = Screen::Rentals;
                    return Outcome::Done(orders::open(model, order));
                }
                Choice::Product(product) => {
                    let query = query_of(model, product);
                    search::show(model, &query);
                }
                Choice::Saved(_, query) => search::show(model, &query),
            }
        }
        Action::Close => model.overlay = None,
        action => {
            if let (Some(Overlay::Palette(palette)), Some(by)) = (&mut model.overlay, action.choices()) {
                palette.move_by(&offers, by);
            }
        }
    }
    Outcome::Done(Vec::new())
}

/// The filter that finds a product's rentals: each word of its name must be there.
fn query_of(model: &Model, product: ProductId) -> String {
    let name = model.product_catalog.name(product).unwrap_or_default();
    let words: Vec<_> = name.split_whitespace().map(|word| format!("product={word}")).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use crate::core::msg::{Effect, Msg};
    use crate::core::overlay::Overlay;
    use crate::input::Screen;
    use crate::overlays::palette::offers::offers;
    use crate::testing::{TestApp, order};
    use rental_bus::CallError;
    use rental_model::{Code, Refusal};
    use unicode_normalization::UnicodeNormalization;

    /// The names of what is offered, as they are shown.
    fn names(app: &TestApp) -> Vec<String> {
        let Some(Overlay::Palette(palette)) = &app.model.overlay else { panic!("the palette is closed") };
        offers(&app.model, palette).iter().map(|offer| app.model.say(&offer.name)).collect()
    }

    fn told(app: &TestApp) -> String {
        app.model.notice.as_ref().map(|notice| app.model.say(&notice.message)).unwrap_or_default()
    }

    #[test]
    fn screens_and_actions_are_found_by_a_few_letters_of_either_language() {
        for (typed, found) in
            [("stock", "go to Stock"), ("재고", "go to Stock"), ("nwrn", "new rental"), ("렌탈", "new rental")]
        {
            let mut app = TestApp::live();
            app.press(":");
            app.press(typed);
            assert!(names(&app).iter().any(|name| name == found), "{typed}: {:?}", names(&app));
        }
        let mut app = TestApp::live();
        app.press("<ctrl-p>");
        app.press(&"새 렌탈".nfd().collect::<String>());
        assert_eq!(names(&app).first().map(String::as_str), Some("new rental"), "decomposed Hangul too");
        app.press("<enter>");
        assert!(matches!(app.model.overlay, Some(Overlay::Form(_))));
    }

    #[test]
    fn the_actions_are_those_of_the_place_beneath() {
        let mut app = TestApp::live();
        app.press("2:");
        let stock = names(&app);
        assert!(stock.contains(&"register".to_owned()) && !stock.contains(&"cancel".to_owned()), "{stock:?}");
        app.press("rental<esc>1:");
        assert!(names(&app).contains(&"cancel".to_owned()));
        app.press("go to work<enter>");
        assert_eq!(app.model.screen, Screen::Workers);
    }

    #[test]
    fn a_number_opens_that_order_wherever_it_is() {
        let mut app = TestApp::live();
        app.asked();
        app.press("2:123");
        assert_eq!(names(&app)[0], "open order 123");
        app.press("<enter>");
        assert_eq!(app.model.opened.as_ref().map(|page| page.order), Some(order(123)));
        assert_eq!(app.model.screen, Screen::Rentals);
        assert!(app.asked().contains(&Effect::FetchRental(order(123))));
        assert!(app.screen(80, 24).contains("Asking for this order..."));
        let unknown = CallError::Refused(Refusal::new(Code::Unknown, "order 123 is unknown"));
        app.tell(Msg::Rental { order: order(123), answer: Err(unknown) });
        assert!(app.screen(80, 24).contains("This order could not be read: order 123 is unknown"));
    }

    #[test]
    fn a_product_and_a_saved_filter_filter_the_list() {
        let mut app = TestApp::live();
        app.receive_delivered(17);
        app.model.settings.filters = vec![("late ones".to_owned(), "active age>1d".to_owned())];
        app.press("4:macbook<enter>");
        assert_eq!((app.model.screen, app.model.search.input.value()), (Screen::Rentals, "product=MACBOOK"));
        assert_eq!(app.model.rentals.len(), 1);
        app.press(":late<enter>");
        assert_eq!(app.model.search.input.value(), "active age>1d");
        assert_eq!(app.model.rentals.len(), 0);
        app.model.settings.filters[0].1 = "qty>x".to_owned();
        app.press(":late<enter>");
        assert_eq!(told(&app), "Filter, character 5: a number is expected");
        assert_eq!(app.model.search.input.value(), "active age>1d", "a filter that cannot be read is not taken");
    }

    #[test]
    fn what_would_be_denied_says_why_and_stays_open() {
        let mut app = TestApp::live();
        app.press(":cancel");
        assert!(app.screen(80, 24).contains("No order is selected."));
        app.press("<enter>");
        assert!(matches!(app.model.overlay, Some(Overlay::Palette(_))));
        assert_eq!(told(&app), "No order is selected.");
        app.receive_delivered(17);
        app.press("<esc>j:cancel<enter>");
        assert!(matches!(app.model.overlay, Some(Overlay::Confirm(_))), "and then it asks as the key would");
        app.model.settings.is_read_only = true;
        app.press("<esc>:new rental<enter>");
        assert_eq!(told(&app), "This console is read-only.");
    }

    #[test]
    fn the_arrows_choose_and_typing_chooses_the_best_again() {
        let mut app = TestApp::live();
        app.press(":go to <down><down>");
        let Some(Overlay::Palette(palette)) = &app.model.overlay else { panic!() };
        assert_eq!(palette.position(&offers(&app.model, palette)), 2);
        app.press("stock<enter>");
        assert_eq!(app.model.screen, Screen::Stock);
    }
}
