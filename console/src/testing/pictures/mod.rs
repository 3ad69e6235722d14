//! Pictures of every screen and dialog, in both languages and every size.

pub(crate) mod header;
pub(crate) mod journal;
pub(crate) mod looks;

use crate::core::msg::{Effect, Msg};
use crate::testing::{
    TestApp, cancelled, delivered, order, paid, parked, product, refunded, requested, reserved, serving,
};
use crate::theme::Glyphs;
use rental_bus::status::{ParkedList, SourceStatus};
use rental_bus::{CallError, LinkState, Silence};
use rental_model::inventory::{Product, StockCheck};
use rental_model::{Code, Context, Event, ProductId, Qty, Refusal};

/// The smallest that must not fail, a terminal's usual size, and two larger ones.
const SIZES: [(u16, u16); 4] = [(20, 5), (80, 24), (120, 40), (200, 60)];

/// A desk in the middle of a day: one rental of every status.
pub(crate) fn busy() -> TestApp {
    let mut app = TestApp::live();
    let product = ProductId::new(3).unwrap();
    app.receive_delivered(11);
    app.wait(3_600_000);
    app.receive_delivered(12);
    app.receive(cancelled(order(12)));
    app.receive(refunded(order(12)));
    app.receive(Event::RetrievalStarted { order: order(12), dispatched: true });
    app.wait(300_000);
    for event in [requested(order(13)), Event::StockShort { order: order(13), product }] {
        app.receive(event);
    }
    app.wait(47_000);
    app.receive_delivered(14);
    app.receive(Event::RentalEnded { order: order(14), product });
    app.wait(5_000);
    app.receive_delivered(15);
    app.receive(cancelled(order(15)));
    for event in [requested(order(16)), reserved(order(16)), paid(order(16))] {
        app.receive(event);
    }
    app.wait(12_000);
    app.receive(requested(order(17)));
    app
}

/// Draws the desk in both languages at every size and compares with the stored pictures;
/// in ASCII too; and without colour, which must lose nothing.
pub(crate) fn pictures(name: &str, mut app: impl FnMut() -> TestApp) {
    insta::assert_snapshot!(format!("{name}_ascii_80x24_en"), looks::ascii(name, app()));
    for (width, height) in SIZES {
        looks::without_colour(app(), width, height);
        looks::without_colour(app().korean(), width, height);
        insta::assert_snapshot!(format!("{name}_{width}x{height}_en"), app().screen(width, height));
        insta::assert_snapshot!(format!("{name}_{width}x{height}_ko"), app().korean().screen(width, height));
    }
}

pub(crate) fn with_keys(mut app: TestApp, keys: &str) -> TestApp {
    app.press(keys);
    app
}

#[test]
fn rentals() {
    pictures("rentals", || with_keys(busy(), "jj"));
}

#[test]
fn rentals_before_the_first() {
    pictures("rentals_empty", TestApp::live);
}

#[test]
fn before_the_broker_was_there() {
    pictures("started", TestApp::started);
}

#[test]
fn after_the_broker_was_lost() {
    pictures("stale", || {
        let mut app = busy();
        app.tell(Msg::Link(LinkState::Down("connection lost".to_owned())));
        app.pass(12_000);
        app
    });
}

#[test]
fn an_order_that_waits() {
    pictures("order", || {
        let mut app = with_keys(busy(), "jj<enter>");
        let silent = CallError::Silent { context: Context::Logistics, why: Silence::NotRunning };
        app.tell(Msg::Status { context: Context::Logistics, answer: Err(silent) });
        app
    });
}

#[test]
fn a_cancellation() {
    pictures("cancel", || {
        let mut app = TestApp::live();
        app.receive_delivered(17);
        with_keys(app, "jx")
    });
}

#[test]
fn a_cancellation_whose_order_has_changed() {
    pictures("cancel_changed", || {
        let mut app = TestApp::live();
        app.receive(requested(order(17)));
        app.press("jx");
        app.receive(paid(order(17)));
        app.press("y");
        app
    });
}

#[test]
fn the_end_of_a_rental() {
    pictures("end", || {
        let mut app = TestApp::live();
        app.receive_delivered(17);
        with_keys(app, "jr")
    });
}

fn filled(available: u64) -> TestApp {
    let mut app = with_keys(TestApp::live(), "nmac<tab>10<tab>12000");
    let product = ProductId::new(2).unwrap();
    let check =
        StockCheck { product_id: product, product_name: "MACBOOK".to_owned(), available, is_enough: available >= 10 };
    app.tell(Msg::Stock { product, qty: Qty::new(10).ok(), answer: Ok(check) });
    app
}

#[test]
fn a_new_rental() {
    pictures("form", || filled(90));
}

#[test]
fn a_new_rental_while_the_product_is_chosen() {
    pictures("form_product", || with_keys(TestApp::live(), "na"));
}

#[test]
fn a_new_rental_of_too_many() {
    pictures("form_short", || {
        let mut app = filled(5);
        app.press("<enter>");
        let (request_id, ..) = app.sent().unwrap();
        let refusal = Refusal::new(Code::Conflict, "10 of product 2 asked, 5 available").with("available", 5);
        app.answer(&request_id, Err(CallError::Refused(refusal)));
        app
    });
}

#[test]
fn the_keys() {
    pictures("help", || with_keys(TestApp::live(), "?"));
}

#[test]
fn leaving() {
    pictures("quit", || with_keys(TestApp::live(), "q"));
}

/// Units of every kind.
fn stocked() -> TestApp {
    let mut app = TestApp::live();
    let ipad = Product { held: 2, out: 30, returning: 4, down: 1, lost: 3, ..product(1, "IPAD", 60) };
    let macbook = Product { out: 1_200, ..product(2, "MACBOOK", 0) };
    app.tell(Msg::Products(Ok(vec![ipad, macbook, product(3, "이어폰", 12_000)])));
    with_keys(app, "2jj")
}

#[test]
fn the_stock() {
    pictures("stock", stocked);
}

#[test]
fn a_product_to_register() {
    pictures("register", || with_keys(stocked(), "n카메라<tab>"));
}

#[test]
fn a_stock_count_to_correct() {
    pictures("adjust", || with_keys(stocked(), "ka<down><down><tab>2<tab>"));
}

#[test]
fn goods_to_check_in() {
    pictures("checkin", || with_keys(stocked(), "c17"));
}

#[test]
fn the_events() {
    pictures("events", || with_keys(busy(), "3"));
}

#[test]
fn the_events_while_a_filter_is_typed() {
    pictures("events_filter", || with_keys(busy(), "3k/결제"));
}

/// All but logistics serve; billing is behind and has parked two messages.
pub(crate) fn working() -> TestApp {
    let mut app = with_keys(TestApp::live(), "4");
    for context in Context::ALL {
        let mut status = serving(context, if context == Context::Billing { 2 } else { 0 });
        if context == Context::Billing {
            status.positions.insert(Context::Inventory, SourceStatus { position: 5, last: Some(8), lag: Some(3) });
            status.alert_messages = vec!["the disk is nearly full".to_owned()];
        }
        let silent = CallError::Silent { context, why: Silence::NotRunning };
        let answer = if context == Context::Logistics { Err(silent) } else { Ok(Box::new(status)) };
        app.tell(Msg::Status { context, answer });
    }
    let list = ParkedList { parked: vec![parked(3, b"{\"eventType\":\"Odd\x1b\"}\xff"), parked(4, b"junk")] };
    app.tell(Msg::Parked { context: Context::Billing, answer: Ok(list) });
    app
}

#[test]
fn the_workers() {
    pictures("workers", working);
}

#[test]
fn a_parked_message() {
    pictures("parked", || with_keys(working(), "j<enter>"));
}

#[test]
fn a_parked_message_to_drop() {
    pictures("drop", || with_keys(working(), "jjdjunk<enter>"));
}

#[test]
fn the_list_filtered() {
    pictures("filter", || with_keys(busy(), "/수량>2 !cancelled <enter>"));
}

#[test]
fn a_filter_that_cannot_be_read() {
    pictures("filter_mistake", || with_keys(busy(), "/qty>x"));
}

/// A desk with saved filters.
fn with_filters() -> TestApp {
    let mut app = busy();
    let filters = [("late", "status=requested age>1h"), ("이번 달", "age<30d")];
    app.model.settings.filters = filters.map(|(name, filter)| (name.to_owned(), filter.to_owned())).into();
    app
}

#[test]
fn the_saved_filters() {
    pictures("filters", || with_keys(with_filters(), "Fj"));
}

#[test]
fn a_filter_to_save() {
    pictures("filter_save", || with_keys(with_filters(), "/qty>2<enter>w많은 것"));
}

#[test]
fn what_to_sort_by() {
    pictures("sort", || with_keys(busy(), "sj<enter>Ss"));
}

#[test]
fn which_cell_to_copy() {
    pictures("cells", || with_keys(busy(), "jjYj"));
}

#[test]
fn the_list_frozen() {
    pictures("frozen", || {
        let mut app = with_keys(busy(), "jf");
        app.receive(requested(order(18)));
        app
    });
}

/// The wide screen, on which an order has room beside the list.
fn wide_pictures(name: &str, mut app: impl FnMut() -> TestApp) {
    for (width, height) in [(140, 30), (200, 60)] {
        insta::assert_snapshot!(format!("{name}_{width}x{height}_en"), app().screen(width, height));
        insta::assert_snapshot!(format!("{name}_{width}x{height}_ko"), app().korean().screen(width, height));
    }
}

#[test]
fn an_order_beside_the_list() {
    wide_pictures("preview", || {
        let mut app = busy();
        app.tell(Msg::Resize { width: 140, height: 30 });
        with_keys(app, "jj")
    });
    wide_pictures("preview_none", busy);
}

#[test]
fn the_palette() {
    pictures("palette", || with_keys(busy(), "j:r<down>"));
}

#[test]
fn the_palette_with_nothing_typed() {
    pictures("palette_all", || with_keys(TestApp::live(), ":"));
}

#[test]
fn marked_rows() {
    pictures("marked", || with_keys(busy(), "jj  k"));
}

#[test]
fn many_orders_to_cancel() {
    pictures("bulk", || with_keys(busy(), "*x3"));
}

#[test]
fn many_orders_to_end_of_which_some_have_changed() {
    pictures("bulk_changed", || {
        let mut app = busy();
        app.receive_delivered(18);
        app.receive_delivered(19);
        app.press("*r3");
        let product = ProductId::new(2).unwrap();
        app.receive(Event::RentalEnded { order: order(18), product });
        app.press("y");
        app
    });
}

#[test]
fn what_became_of_many_orders() {
    pictures("results", || {
        let mut app = with_keys(busy(), "*x3y");
        let ids = app.asked().into_iter().filter_map(|effect| match effect {
            Effect::Send { request_id, .. } => Some(request_id),
            _ => None,
        });
        let ids: Vec<_> = ids.collect();
        app.answer(&ids[0], Ok((99, 17)));
        app.answer(&ids[1], Err(CallError::Refused(Refusal::new(Code::Conflict, "order 16 has ended"))));
        app.answer(
            &ids[2],
            Err(CallError::Silent { context: Context::Order, why: Silence::Late(std::time::Duration::from_secs(3)) }),
        );
        app
    });
}

#[test]
fn ascii_and_read_only() {
    let mut app = with_keys(busy(), "jj");
    app.model.settings.glyphs = Glyphs::ASCII;
    app.model.settings.is_read_only = true;
    let screen = app.screen(80, 24);
    assert!(screen.is_ascii(), "{screen}");
    insta::assert_snapshot!("rentals_ascii_read_only_80x24_en", screen);
}

#[test]
fn no_size_is_too_small_or_too_odd() {
    for keys in [
        "",
        "jj",
        "jj<enter>",
        "jjx",
        "n",
        "nmac<tab>1",
        "?",
        "q",
        "2j",
        "2n",
        "2ja",
        "2c",
        "3kk",
        "3/fee",
        "4j",
        "4j<enter>",
        "4jd",
        "F",
        "/qty>2<enter>wx",
        "j *",
        ":ca",
        "*x1",
        "*x3yb",
    ] {
        for width in [1, 2, 3, 5, 10, 19, 29, 30, 31, 59, 61, 79, 100, 200] {
            for height in [1, 2, 3, 4, 7, 8, 9, 10, 13, 14, 60] {
                with_keys(busy(), keys).korean().screen(width, height);
            }
        }
    }
}

#[test]
fn a_stale_picture_is_dimmed_and_a_live_one_is_not() {
    let mut app = busy();
    let faded = app.model.settings.theme.faded.fg;
    let inks = |app: &mut TestApp| {
        let buffer = app.buffer(80, 24);
        (0..80)
            .map(|x| buffer[(x, 6)].clone())
            .filter(|cell| cell.symbol() != " ")
            .map(|cell| cell.fg)
            .collect::<Vec<_>>()
    };
    assert!(!inks(&mut app).iter().all(|ink| Some(*ink) == faded));
    app.tell(Msg::Link(LinkState::Down("connection lost".to_owned())));
    let stale = inks(&mut app);
    assert!(!stale.is_empty() && stale.iter().all(|ink| Some(*ink) == faded), "{stale:?}");
}

#[test]
fn columns_scroll_beside_the_order_id() {
    let mut app = with_keys(busy(), "jj");
    let narrow = |app: &mut TestApp| app.screen(60, 24);
    assert!(narrow(&mut app).contains("Status") && !narrow(&mut app).contains("Last event"));
    app.press("<right><right><right><right><right><right><right><right>");
    let scrolled = narrow(&mut app);
    assert!(scrolled.contains("Order") && scrolled.contains("Last event") && !scrolled.contains("Status"));
    app.press("<left><left><left><left><left><left><left><left>");
    assert!(narrow(&mut app).contains("Status"));
}

#[test]
fn hostile_names_leave_the_frame_intact() {
    let mut app = TestApp::live();
    let name = "\u{1100}\u{1161}\u{200b}\u{202e}\u{1b}[31m\u{1f468}\u{200d}\u{1f469}e\u{301}".repeat(200);
    let product = ProductId::new(2).unwrap();
    app.receive(Event::ProductRegistered { product, name: crate::text::sanitize(&name), qty: 1 });
    for event in delivered(order(17)) {
        app.receive(event);
    }
    for keys in ["j", "<enter>", "x"] {
        app.press(keys);
        // `screen` checks that every line is exactly as wide as the screen.
        assert!(!app.screen(120, 40).contains('\u{1b}'));
        app.screen(20, 5);
    }
}
