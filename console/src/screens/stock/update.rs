//! The stock screen: kept fresh while it is open, and its keys.

use crate::core::commands::is_silent;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::timers::{Timer, after};
use crate::core::{filtering, layout};
use crate::i18n::Text;
use crate::input::{Action, Screen};
use crate::overlays::form::state::Task;
use crate::overlays::form::update as form;
use crate::theme::Tone;
use rental_bus::CallError;
use rental_model::ProductId;
use rental_model::inventory::Product;

/// How soon a silent inventory is asked again.
const AGAIN_MS: u64 = 2_000;

/// How soon the stock is asked for after an event that moves units: inventory learns of it too.
pub(crate) const MOVED_MS: u64 = 250;

/// How often it is asked for while it is looked at and nothing is received.
const QUIET_MS: u64 = 5_000;

/// Asks inventory for its products.
pub(crate) fn list(model: &Model) -> Vec<Effect> {
    if model.link.is_up() { vec![Effect::ListProducts] } else { Vec::new() }
}

/// Asks for the products again within `ms`, if the stock is being looked at.
pub(crate) fn plan_listing(model: &mut Model, ms: u64) {
    if model.screen == Screen::Stock {
        model.timers.no_later_than(Timer::ListProducts, after(model.now, ms));
    }
}

/// Inventory's list of products.
pub(crate) fn products(model: &mut Model, answer: Result<Vec<Product>, CallError>) -> Vec<Effect> {
    match answer {
        Ok(products) => {
            model.product_catalog.fill(products, model.now);
            filtering::again(model);
            plan_listing(model, QUIET_MS);
        }
        Err(error) => {
            model.product_catalog.is_silent = true;
            if is_silent(&error) {
                model.timers.set(Timer::ListProducts, after(model.now, AGAIN_MS));
            }
        }
    }
    Vec::new()
}

pub(crate) fn press(model: &mut Model, action: Action) {
    let keys: Vec<ProductId> = model.product_catalog.products().map(|product| product.product_id).collect();
    if action == Action::Adjust {
        match model.stock.on(&keys) {
            None => model.notify(Tone::Plain, Text::NothingChosen),
            Some(_) if !model.link.is_live(model.now) => model.notify(Tone::Warn, Text::DeniedStale),
            Some(product) => form::open(model, Task::Adjust(product)),
        }
        return;
    }
    let page = isize::try_from(layout::list_height(model.width, model.height).max(1)).unwrap_or(isize::MAX);
    match action {
        Action::Top => model.stock.move_to(&keys, 0),
        Action::Bottom => model.stock.move_to(&keys, usize::MAX),
        _ => {
            if let Some(by) = action.rows(page) {
                model.stock.move_by(&keys, by);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::model::Model;
    use crate::core::msg::{Effect, Msg};
    use crate::core::overlay::Overlay;
    use crate::i18n::Text;
    use crate::input::Screen;
    use crate::testing::{TestApp, order, product, reserved};
    use rental_bus::{CallError, LinkState, Silence};
    use rental_model::{Code, Context, Refusal};
    use serde_json::json;

    /// On the stock screen, with nothing asked that was not answered.
    fn app() -> TestApp {
        let mut app = TestApp::live();
        app.press("2");
        app.asked();
        app
    }

    fn sheet_is_open(model: &Model) -> bool {
        matches!(model.overlay, Some(Overlay::Sheet(_)))
    }

    #[test]
    fn the_stock_is_asked_for_when_opened_and_when_units_move() {
        let mut app = TestApp::live();
        app.receive(reserved(order(50)));
        app.pass(1_000);
        assert!(!app.asked().contains(&Effect::ListProducts), "nobody looks at it");
        app.press("2");
        assert_eq!(app.asked(), [Effect::ListProducts]);
        app.receive(reserved(order(51)));
        app.pass(300);
        assert!(app.asked().contains(&Effect::ListProducts));
        app.tell(Msg::Products(Ok(vec![product(2, "MACBOOK", 80)])));
        assert!(app.screen(80, 24).contains("80"));
    }

    #[test]
    fn a_product_is_registered() {
        let mut app = app();
        app.press("nCAMERA<enter>");
        assert_eq!(app.sent(), None, "the number of units is missing, and gone to");
        app.press("5<enter>");
        let (request_id, endpoint, body) = app.sent().unwrap();
        let expected = json!({ "productName": "CAMERA", "qty": 5, "requestId": request_id, "actor": "kim" });
        assert_eq!((endpoint, body), ("register", expected));
        app.answer(&request_id, Ok((4, 0)));
        assert!(!sheet_is_open(&app.model));
        let told = app.model.notice.as_ref().map(|notice| app.model.say(&notice.message)).unwrap();
        assert_eq!(told, "register CAMERA: accepted (inventory event 4)");
    }

    #[test]
    fn a_correction_needs_a_product_a_count_and_a_reason() {
        let mut app = app();
        app.press("a");
        assert!(!sheet_is_open(&app.model), "no product is selected");
        app.press("jja<tab>2<enter>");
        assert_eq!(app.sent(), None, "a reason is needed");
        app.press("broken<enter>");
        let (_, endpoint, body) = app.sent().unwrap();
        assert_eq!(endpoint, "adjust");
        assert_eq!((&body["productId"], &body["delta"], &body["reason"]), (&json!(2), &json!(2), &json!("broken")));
        assert!(body.get("from").is_none() && body.get("qty").is_none());
    }

    #[test]
    fn units_that_are_elsewhere_are_moved_and_units_sold_are_a_negative_change() {
        let mut app = app();
        app.press("ja<down><down><tab>3<tab>screens<enter>");
        let (_, _, body) = app.sent().unwrap();
        assert_eq!((&body["from"], &body["to"], &body["qty"]), (&json!("available"), &json!("down"), &json!(3)));
        assert!(body.get("delta").is_none());
        app.press("<esc>a<down><tab>3<tab>sold<enter>");
        assert_eq!(app.sent().unwrap().2["delta"], -3);
    }

    #[test]
    fn a_refused_correction_says_why_and_can_be_corrected() {
        let mut app = app();
        app.press("ja<down><tab>999<tab>sold<enter>");
        let (first, ..) = app.sent().unwrap();
        let refusal = Refusal::new(Code::Conflict, "only 100 of product 1 are available");
        app.answer(&first, Err(CallError::Refused(refusal)));
        assert!(app.screen(80, 24).contains("only 100 of product 1 are available"));
        app.press("<up><backspace><enter>");
        let (second, _, body) = app.sent().unwrap();
        assert_eq!(body["delta"], -99);
        assert_ne!(first, second, "a refused request is over: what follows is another");
        let silent =
            CallError::Silent { context: Context::Inventory, why: Silence::Late(std::time::Duration::from_secs(3)) };
        app.answer(&second, Err(silent));
        app.press("7<enter>");
        assert_eq!(app.sent().unwrap(), (second, "adjust", body), "what may have been done is not edited");
    }

    #[test]
    fn goods_are_checked_in_by_their_order() {
        let mut app = app();
        app.press("c17<tab>1<enter>");
        let (_, endpoint, body) = app.sent().unwrap();
        assert_eq!(endpoint, "checkin");
        assert_eq!((&body["orderId"], &body["down"], &body["lost"]), (&json!(17), &json!(1), &json!(0)));
    }

    #[test]
    fn read_only_and_an_old_picture_deny() {
        let mut app = app();
        app.press("j");
        app.tell(Msg::Link(LinkState::Down("gone".to_owned())));
        app.press("a");
        assert!(!sheet_is_open(&app.model));
        app.model.settings.is_read_only = true;
        for key in ["n", "a", "c"] {
            app.press(key);
            assert!(!sheet_is_open(&app.model));
            let told = app.model.notice.as_ref().map(|notice| notice.message.clone());
            assert_eq!(told, Some(Text::DeniedReadOnly.into()), "{key}");
        }
    }

    #[test]
    fn an_inventory_that_falls_silent_is_said_with_the_age_of_its_figures() {
        let mut app = app();
        app.wait(12_000);
        let silent =
            CallError::Silent { context: Context::Inventory, why: Silence::Late(std::time::Duration::from_secs(3)) };
        app.tell(Msg::Products(Err(silent)));
        assert!(app.screen(80, 24).contains("these figures are 12 s old"));
    }

    #[test]
    fn the_screens_are_reached_by_number_and_by_tab_and_keep_their_place() {
        let mut app = TestApp::live();
        app.receive_delivered(17);
        app.press("j<enter>21");
        assert!(app.model.opened.is_none() && app.model.rentals.cursor().is_some());
        app.press("2j32");
        for _ in Screen::ALL {
            app.press("<tab>");
        }
        assert!(app.screen(80, 24).contains("▸ 1 IPAD"));
    }
}
