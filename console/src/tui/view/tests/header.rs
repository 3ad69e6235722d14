//! What the header says of a shop in trouble, and that nothing hides it.

use super::{busy, pictures, with_keys};
use crate::tui::fit::width;
use crate::tui::model::Overlay;
use crate::tui::msg::Msg;
use crate::tui::testing::{Desk, serving};
use rental_bus::LinkState;
use rental_bus::status::{ContextStatus, Phase};
use rental_model::Context;

/// A desk whose shop lacks these services.
fn without(mut desk: Desk, down: &[Context]) -> Desk {
    for context in down {
        desk.tell_status(Err(*context));
    }
    desk
}

fn half_dead() -> Desk {
    without(busy(), &[Context::Order, Context::Inventory, Context::Logistics])
}

/// A desk whose shop serves, and has something of every kind wrong with it.
fn troubled() -> Desk {
    let mut desk = busy();
    let troubles = vec!["the disk is nearly full".to_owned()];
    desk.tell_status(Ok(ContextStatus { troubles, ..serving(Context::Billing, 2) }));
    desk.tell_status(Ok(ContextStatus { phase: Phase::Rebuilding, ..serving(Context::Totalview, 0) }));
    desk
}

fn header(desk: &mut Desk, width: u16, height: u16) -> String {
    desk.screen(width, height).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn half_a_shop() {
    pictures("half_dead", half_dead);
}

#[test]
fn a_shop_in_trouble() {
    pictures("troubled", troubled);
}

#[test]
fn the_header_of_every_screen_says_who_is_down_whatever_lies_over_it() {
    for keys in ["", "j<enter>", "2", "3", "4", "5", "n", "jjx", "?", ":", "!", "q", "s", "*x", "/", "z", "T", "jy"] {
        for (width, height, said) in [(80, 24, "✗ order, inventory, logistics down"), (20, 5, "✗")] {
            let mut desk = with_keys(half_dead(), keys);
            let header = header(&mut desk, width, height);
            assert!(header.contains(said), "{keys} {width}x{height}: {header}");
            assert!(!header.contains("◉"), "{keys} {width}x{height}: {header}");
        }
    }
}

#[test]
fn what_is_wrong_is_told_in_as_few_words_as_there_is_room_for() {
    let told = |mut desk: Desk, width: u16| header(&mut desk, width, 24);
    let all = || without(busy(), &Context::ALL);
    assert!(told(all(), 80).contains("✗ all services down"), "{}", told(all(), 80));
    for (desk, name) in [(half_dead as fn() -> Desk, "half dead"), (troubled, "troubled"), (all, "all")] {
        for cells in 5..200 {
            for (language, mut desk) in [("en", desk()), ("ko", desk().korean())] {
                let header = header(&mut desk, cells, 24);
                let marked = header.contains('✗') || header.contains('!');
                assert!(marked && width(&header) <= cells.into(), "{name} {language} {cells}: {header}");
            }
        }
    }
    assert!(told(troubled(), 120).contains("! billing: alert │ ! totalview rebuilding │ ! 2 parked"));
    assert!(told(troubled(), 60).contains("! 3 troubles"), "{}", told(troubled(), 60));
}

#[test]
fn live_is_said_only_of_a_shop_whose_services_were_seen_to_serve() {
    let corner = |desk: &mut Desk| header(desk, 80, 24).trim_end().to_owned();
    let mut desk = Desk::live();
    assert!(corner(&mut desk).ends_with("◉ LIVE"));
    desk.tell_status(Err(Context::Totalview));
    assert!(corner(&mut desk).ends_with("✗ totalview down │ ◉ LIVE"), "the events flow all the same");
    desk.tell_status(Ok(ContextStatus { phase: Phase::Starting, ..serving(Context::Billing, 0) }));
    assert!(corner(&mut desk).ends_with("! billing starting │ ◌ PARTLY LIVE"), "{}", corner(&mut desk));
    desk.tell_status(Ok(serving(Context::Totalview, 0)));
    desk.tell_status(Ok(serving(Context::Billing, 0)));
    assert!(corner(&mut desk).ends_with("◉ LIVE"));
    desk.tell(Msg::Link(LinkState::Down("gone".to_owned())));
    desk.tell(Msg::Link(LinkState::Up));
    desk.beat();
    assert!(corner(&mut desk).ends_with("◌ CONNECTING"), "nobody has said yet how they are");
    desk.answer_all();
    assert!(corner(&mut desk).ends_with("◉ LIVE"));
}

/// With totalview and order dead it once said that renting and cancelling still work.
#[test]
fn only_what_works_is_said_to_work() {
    let told = |down: &[Context]| {
        let screen = without(busy(), down).screen(120, 24);
        screen.lines().nth(22).unwrap_or_default().trim().to_owned()
    };
    let (both, cancel, none) = (
        "Renting and cancelling work.",
        "Cancelling works; renting waits for inventory.",
        "Renting and cancelling wait for order.",
    );
    let view = "No answer from totalview: rows come from live events.";
    assert_eq!(told(&[Context::Totalview]), format!("{both} {view}"));
    assert_eq!(told(&[Context::Billing, Context::Logistics]), format!("{both} No answer from: billing, logistics."));
    assert_eq!(told(&[Context::Inventory]), format!("{cancel} No answer from: inventory."));
    assert_eq!(told(&[Context::Order, Context::Totalview]), format!("{none} No answer from: order, totalview."));
    let mut unknown = Desk::started();
    unknown.tell(Msg::Link(LinkState::Up));
    unknown.load(Vec::new());
    unknown.beat();
    unknown.tell_status(Err(Context::Totalview));
    let screen = unknown.screen(120, 24);
    assert!(screen.contains(view) && !screen.contains("work"), "{screen}");
}

#[test]
fn a_message_for_the_person_leaves_the_header_as_it_is() {
    let mut desk = half_dead();
    let before = header(&mut desk, 80, 24);
    desk.press("z");
    assert!(desk.model.notice.is_some());
    assert_eq!(header(&mut desk, 80, 24), before);
    desk.press("n");
    assert!(matches!(desk.model.overlay, Some(Overlay::Form(_))));
    assert_eq!(header(&mut desk, 80, 24), before);
}
