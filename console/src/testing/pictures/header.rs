//! What the header says of a shop in trouble, and that nothing hides it.

use crate::core::msg::Msg;
use crate::core::overlay::Overlay;
use crate::testing::pictures::{busy, pictures, with_keys};
use crate::testing::{TestApp, serving};
use crate::widgets::fit::width;
use rental_bus::LinkState;
use rental_bus::status::{ContextStatus, Phase};
use rental_model::Context;

/// A desk whose shop lacks these services.
fn without(mut app: TestApp, down: &[Context]) -> TestApp {
    for context in down {
        app.tell_status(Err(*context));
    }
    app
}

fn half_dead() -> TestApp {
    without(busy(), &[Context::Order, Context::Inventory, Context::Logistics])
}

/// A desk whose shop serves, and has something of every kind wrong with it.
fn troubled() -> TestApp {
    let mut app = busy();
    let alert_messages = vec!["the disk is nearly full".to_owned()];
    app.tell_status(Ok(ContextStatus { alert_messages, ..serving(Context::Billing, 2) }));
    app.tell_status(Ok(ContextStatus { phase: Phase::Rebuilding, ..serving(Context::Totalview, 0) }));
    app
}

fn header(app: &mut TestApp, width: u16, height: u16) -> String {
    app.screen(width, height).lines().next().unwrap_or_default().to_owned()
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
            let mut app = with_keys(half_dead(), keys);
            let header = header(&mut app, width, height);
            assert!(header.contains(said), "{keys} {width}x{height}: {header}");
            assert!(!header.contains("◉"), "{keys} {width}x{height}: {header}");
        }
    }
}

#[test]
fn what_is_wrong_is_told_in_as_few_words_as_there_is_room_for() {
    let told = |mut app: TestApp, width: u16| header(&mut app, width, 24);
    let all = || without(busy(), &Context::ALL);
    assert!(told(all(), 80).contains("✗ all services down"), "{}", told(all(), 80));
    for (app, name) in [(half_dead as fn() -> TestApp, "half dead"), (troubled, "troubled"), (all, "all")] {
        for cells in 5..200 {
            for (language, mut app) in [("en", app()), ("ko", app().korean())] {
                let header = header(&mut app, cells, 24);
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
    let corner = |app: &mut TestApp| header(app, 80, 24).trim_end().to_owned();
    let mut app = TestApp::live();
    assert!(corner(&mut app).ends_with("◉ LIVE"));
    app.tell_status(Err(Context::Totalview));
    assert!(corner(&mut app).ends_with("✗ totalview down │ ◉ LIVE"), "the events flow all the same");
    app.tell_status(Ok(ContextStatus { phase: Phase::Starting, ..serving(Context::Billing, 0) }));
    assert!(corner(&mut app).ends_with("! billing starting │ ◌ PARTLY LIVE"), "{}", corner(&mut app));
    app.tell_status(Ok(serving(Context::Totalview, 0)));
    app.tell_status(Ok(serving(Context::Billing, 0)));
    assert!(corner(&mut app).ends_with("◉ LIVE"));
    app.tell(Msg::Link(LinkState::Down("gone".to_owned())));
    app.tell(Msg::Link(LinkState::Up));
    app.beat();
    assert!(corner(&mut app).ends_with("◌ CONNECTING"), "nobody has said yet how they are");
    app.answer_all();
    assert!(corner(&mut app).ends_with("◉ LIVE"));
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
    let mut unknown = TestApp::started();
    unknown.tell(Msg::Link(LinkState::Up));
    unknown.load(Vec::new());
    unknown.beat();
    unknown.tell_status(Err(Context::Totalview));
    let screen = unknown.screen(120, 24);
    assert!(screen.contains(view) && !screen.contains("work"), "{screen}");
}

#[test]
fn a_message_for_the_person_leaves_the_header_as_it_is() {
    let mut app = half_dead();
    let before = header(&mut app, 80, 24);
    app.press("z");
    assert!(app.model.notice.is_some());
    assert_eq!(header(&mut app, 80, 24), before);
    app.press("n");
    assert!(matches!(app.model.overlay, Some(Overlay::Form(_))));
    assert_eq!(header(&mut app, 80, 24), before);
}
