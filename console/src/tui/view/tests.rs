//! Pictures of every screen and dialog, in both languages and every size.

mod header;
mod journal;

use crate::tui::msg::{Effect, Msg};
use crate::tui::testing::{
    Desk, cancelled, delivered, order, paid, parked, product, refunded, requested, reserved, serving,
};
use crate::tui::theme::Glyphs;
use rental_bus::status::{Hearing, ParkedList};
use rental_bus::{CallError, LinkState};
use rental_model::inventory::{Product, StockCheck};
use rental_model::{Code, Context, Event, ProductId, Qty, Refusal};

mod looks;

/// The smallest that must not fail, a terminal's usual size, and two larger ones.
const SIZES: [(u16, u16); 4] = [(20, 5), (80, 24), (120, 40), (200, 60)];

/// A desk in the middle of a day: one rental of every status.
fn busy() -> Desk {
    let mut desk = Desk::live();
    let product = ProductId::new(3).unwrap();
    desk.hear_delivered(11);
    desk.wait(3_600_000);
    desk.hear_delivered(12);
    desk.hear(cancelled(order(12)));
    desk.hear(refunded(order(12)));
    desk.hear(Event::RetrievalStarted { order: order(12), dispatched: true });
    desk.wait(300_000);
    for event in [requested(order(13)), Event::StockShort { order: order(13), product }] {
        desk.hear(event);
    }
    desk.wait(47_000);
    desk.hear_delivered(14);
    desk.hear(Event::RentalEnded { order: order(14), product });
    desk.wait(5_000);
    desk.hear_delivered(15);
    desk.hear(cancelled(order(15)));
    for event in [requested(order(16)), reserved(order(16)), paid(order(16))] {
        desk.hear(event);
    }
    desk.wait(12_000);
    desk.hear(requested(order(17)));
    desk
}

/// Draws the desk in both languages at every size and compares with the stored pictures;
/// in ASCII too; and without colour, which must lose nothing.
fn pictures(name: &str, mut desk: impl FnMut() -> Desk) {
    insta::assert_snapshot!(format!("{name}_ascii_80x24_en"), looks::ascii(name, desk()));
    for (width, height) in SIZES {
        looks::without_colour(desk(), width, height);
        looks::without_colour(desk().korean(), width, height);
        insta::assert_snapshot!(format!("{name}_{width}x{height}_en"), desk().screen(width, height));
        insta::assert_snapshot!(format!("{name}_{width}x{height}_ko"), desk().korean().screen(width, height));
    }
}

fn with_keys(mut desk: Desk, keys: &str) -> Desk {
    desk.press(keys);
    desk
}

#[test]
fn rentals() {
    pictures("rentals", || with_keys(busy(), "jj"));
}

#[test]
fn rentals_before_the_first() {
    pictures("rentals_empty", Desk::live);
}

#[test]
fn before_the_broker_was_there() {
    pictures("started", Desk::started);
}

#[test]
fn after_the_broker_was_lost() {
    pictures("stale", || {
        let mut desk = busy();
        desk.tell(Msg::Link(LinkState::Down("connection lost".to_owned())));
        desk.pass(12_000);
        desk
    });
}

#[test]
fn an_order_that_waits() {
    pictures("order", || {
        let mut desk = with_keys(busy(), "jj<enter>");
        let silent =
            CallError::Silent { context: Context::Logistics, why: "it is not running".to_owned(), is_unsure: false };
        desk.tell(Msg::Status { context: Context::Logistics, answer: Err(silent) });
        desk
    });
}

#[test]
fn a_cancellation() {
    pictures("cancel", || {
        let mut desk = Desk::live();
        desk.hear_delivered(17);
        with_keys(desk, "jx")
    });
}

#[test]
fn a_cancellation_whose_order_has_changed() {
    pictures("cancel_changed", || {
        let mut desk = Desk::live();
        desk.hear(requested(order(17)));
        desk.press("jx");
        desk.hear(paid(order(17)));
        desk.press("y");
        desk
    });
}

#[test]
fn the_end_of_a_rental() {
    pictures("end", || {
        let mut desk = Desk::live();
        desk.hear_delivered(17);
        with_keys(desk, "jr")
    });
}

fn filled(available: u64) -> Desk {
    let mut desk = with_keys(Desk::live(), "nmac<tab>10<tab>12000");
    let product = ProductId::new(2).unwrap();
    let check =
        StockCheck { product_id: product, product_name: "MACBOOK".to_owned(), available, is_enough: available >= 10 };
    desk.tell(Msg::Stock { product, qty: Qty::new(10).ok(), answer: Ok(check) });
    desk
}

#[test]
fn a_new_rental() {
    pictures("form", || filled(90));
}

#[test]
fn a_new_rental_while_the_product_is_chosen() {
    pictures("form_product", || with_keys(Desk::live(), "na"));
}

#[test]
fn a_new_rental_of_too_many() {
    pictures("form_short", || {
        let mut desk = filled(5);
        desk.press("<enter>");
        let (request_id, ..) = desk.sent().unwrap();
        let refusal = Refusal::new(Code::Conflict, "10 of product 2 asked, 5 available").with("available", 5);
        desk.answer(&request_id, Err(CallError::Refused(refusal)));
        desk
    });
}

#[test]
fn the_keys() {
    pictures("help", || with_keys(Desk::live(), "?"));
}

#[test]
fn leaving() {
    pictures("quit", || with_keys(Desk::live(), "q"));
}

/// Units of every kind.
fn stocked() -> Desk {
    let mut desk = Desk::live();
    let ipad = Product { held: 2, out: 30, returning: 4, down: 1, lost: 3, ..product(1, "IPAD", 60) };
    let macbook = Product { out: 1_200, ..product(2, "MACBOOK", 0) };
    desk.tell(Msg::Products(Ok(vec![ipad, macbook, product(3, "이어폰", 12_000)])));
    with_keys(desk, "2jj")
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
fn working() -> Desk {
    let mut desk = with_keys(Desk::live(), "4");
    for context in Context::ALL {
        let mut status = serving(context, if context == Context::Billing { 2 } else { 0 });
        if context == Context::Billing {
            status.heard.insert(Context::Inventory, Hearing { heard: 5, last: Some(8), lag: Some(3) });
            status.troubles = vec!["the disk is nearly full".to_owned()];
        }
        let silent = CallError::Silent { context, why: "it is not running".to_owned(), is_unsure: false };
        let answer = if context == Context::Logistics { Err(silent) } else { Ok(Box::new(status)) };
        desk.tell(Msg::Status { context, answer });
    }
    let list = ParkedList { parked: vec![parked(3, b"{\"eventType\":\"Odd\x1b\"}\xff"), parked(4, b"junk")] };
    desk.tell(Msg::Parked { context: Context::Billing, answer: Ok(list) });
    desk
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
fn with_filters() -> Desk {
    let mut desk = busy();
    let filters = [("late", "status=requested age>1h"), ("이번 달", "age<30d")];
    desk.model.settings.filters = filters.map(|(name, filter)| (name.to_owned(), filter.to_owned())).into();
    desk
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
        let mut desk = with_keys(busy(), "jf");
        desk.hear(requested(order(18)));
        desk
    });
}

/// The wide screen, on which an order has room beside the list.
fn wide_pictures(name: &str, mut desk: impl FnMut() -> Desk) {
    for (width, height) in [(140, 30), (200, 60)] {
        insta::assert_snapshot!(format!("{name}_{width}x{height}_en"), desk().screen(width, height));
        insta::assert_snapshot!(format!("{name}_{width}x{height}_ko"), desk().korean().screen(width, height));
    }
}

#[test]
fn an_order_beside_the_list() {
    wide_pictures("preview", || {
        let mut desk = busy();
        desk.tell(Msg::Resize { width: 140, height: 30 });
        with_keys(desk, "jj")
    });
    wide_pictures("preview_none", busy);
}

#[test]
fn the_palette() {
    pictures("palette", || with_keys(busy(), "j:r<down>"));
}

#[test]
fn the_palette_with_nothing_typed() {
    pictures("palette_all", || with_keys(Desk::live(), ":"));
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
        let mut desk = busy();
        desk.hear_delivered(18);
        desk.hear_delivered(19);
        desk.press("*r3");
        let product = ProductId::new(2).unwrap();
        desk.hear(Event::RentalEnded { order: order(18), product });
        desk.press("y");
        desk
    });
}

#[test]
fn what_became_of_many_orders() {
    pictures("results", || {
        let mut desk = with_keys(busy(), "*x3y");
        let ids = desk.asked().into_iter().filter_map(|effect| match effect {
            Effect::Send { request_id, .. } => Some(request_id),
            _ => None,
        });
        let ids: Vec<_> = ids.collect();
        desk.answer(&ids[0], Ok((99, 17)));
        desk.answer(&ids[1], Err(CallError::Refused(Refusal::new(Code::Conflict, "order 16 has ended"))));
        desk.answer(&ids[2], Err(CallError::Silent { context: Context::Order, why: String::new(), is_unsure: true }));
        desk
    });
}

#[test]
fn ascii_and_read_only() {
    let mut desk = with_keys(busy(), "jj");
    desk.model.settings.glyphs = Glyphs::ASCII;
    desk.model.settings.is_read_only = true;
    let screen = desk.screen(80, 24);
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
    let mut desk = busy();
    let faded = desk.model.settings.theme.faded.fg;
    let inks = |desk: &mut Desk| {
        let buffer = desk.buffer(80, 24);
        (0..80)
            .map(|x| buffer[(x, 6)].clone())
            .filter(|cell| cell.symbol() != " ")
            .map(|cell| cell.fg)
            .collect::<Vec<_>>()
    };
    assert!(!inks(&mut desk).iter().all(|ink| Some(*ink) == faded));
    desk.tell(Msg::Link(LinkState::Down("connection lost".to_owned())));
    let stale = inks(&mut desk);
    assert!(!stale.is_empty() && stale.iter().all(|ink| Some(*ink) == faded), "{stale:?}");
}

#[test]
fn columns_scroll_beside_the_order_id() {
    let mut desk = with_keys(busy(), "jj");
    let narrow = |desk: &mut Desk| desk.screen(60, 24);
    assert!(narrow(&mut desk).contains("Status") && !narrow(&mut desk).contains("Last event"));
    desk.press("<right><right><right><right><right><right><right><right>");
    let scrolled = narrow(&mut desk);
    assert!(scrolled.contains("Order") && scrolled.contains("Last event") && !scrolled.contains("Status"));
    desk.press("<left><left><left><left><left><left><left><left>");
    assert!(narrow(&mut desk).contains("Status"));
}

#[test]
fn hostile_names_leave_the_frame_intact() {
    let mut desk = Desk::live();
    let name = "\u{1100}\u{1161}\u{200b}\u{202e}\u{1b}[31m\u{1f468}\u{200d}\u{1f469}e\u{301}".repeat(200);
    let product = ProductId::new(2).unwrap();
    desk.hear(Event::ProductRegistered { product, name: crate::text::harmless(&name), qty: 1 });
    for event in delivered(order(17)) {
        desk.hear(event);
    }
    for keys in ["j", "<enter>", "x"] {
        desk.press(keys);
        // `screen` checks that every line is exactly as wide as the screen.
        assert!(!desk.screen(120, 40).contains('\u{1b}'));
        desk.screen(20, 5);
    }
}
