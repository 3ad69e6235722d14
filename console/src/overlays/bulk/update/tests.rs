//! Marks and bulk actions, told as key presses and answers.

use crate::core::msg::{Effect, Msg};
use crate::core::overlay::Overlay;
use crate::overlays::bulk::state::MOST_FLYING;
use crate::testing::{TestApp, cancelled, order, paid, requested};
use rental_bus::{CallError, LinkState, Silence};
use rental_model::{Code, Context, Refusal};

/// Delivered orders 1 to `count`; the newest is listed first.
fn app(count: u64) -> TestApp {
    let mut app = TestApp::live();
    for number in 1..=count {
        app.receive_delivered(number);
    }
    app
}

/// The commands sent since the last time: order, request id.
fn sent(app: &mut TestApp) -> Vec<(u64, String)> {
    let sent = app.asked().into_iter().filter_map(|effect| match effect {
        Effect::Send { request_id, body, .. } => Some((body["orderId"].as_u64().unwrap(), request_id)),
        _ => None,
    });
    sent.collect()
}

fn marked(app: &TestApp) -> Vec<u64> {
    let marked: Vec<_> = app.model.rentals.marked().map(|row| row.order_id.get()).collect();
    assert_eq!(marked.len(), app.model.rentals.marked_len(), "something is marked that is not listed");
    marked
}

fn is_asking(app: &TestApp) -> bool {
    matches!(app.model.overlay, Some(Overlay::Bulk(_)))
}

fn silent() -> CallError {
    CallError::Silent { context: Context::Order, why: Silence::Late(std::time::Duration::from_secs(3)) }
}

#[test]
fn marks_are_set_taken_away_and_cleared_before_anything_else_is() {
    let mut app = app(4);
    app.press("j  ");
    assert_eq!((marked(&app), app.model.rentals.cursor()), (vec![4, 3], Some(order(2))));
    app.press("k ");
    assert_eq!(marked(&app), [4]);
    assert!(app.screen(80, 24).contains("1 marked"));
    app.press("*");
    assert_eq!(marked(&app), [4, 3, 2, 1]);
    app.press("*");
    assert!(marked(&app).is_empty(), "all were marked: now none is");
    app.press("/active<enter>j <esc>");
    assert!(marked(&app).is_empty() && app.model.search.input.value() == "active", "the marks go first");
    app.press("<esc>");
    assert_eq!((app.model.search.input.value(), app.model.rentals.cursor()), ("", Some(order(3))));
    app.press("<esc>");
    assert_eq!(app.model.rentals.cursor(), None);
}

#[test]
fn a_mark_leaves_with_its_row() {
    let mut app = app(4);
    app.press("*/order>2");
    assert_eq!(marked(&app), [4, 3], "what the filter hides is not acted upon");
    app.press("<backspace>1");
    assert_eq!(marked(&app), [4, 3, 2], "a filter that is still being typed takes no mark away for good");
    app.press("<backspace>2<enter>");
    app.press("/<esc>");
    assert_eq!(marked(&app), [4, 3], "coming back does not mark it again");
    app.model.rentals.remove(order(4));
    assert_eq!(marked(&app), [3]);
}

#[test]
fn only_the_typed_count_and_then_y_confirms() {
    for keys in
        ["*xy", "*xyyy", "*x2y", "*x<enter>", "*x3<enter><enter>", "*x33y", "*x3x", "*x3<esc>y", "*x3 ", "*x3ny"]
    {
        let mut app = app(3);
        app.press(keys);
        assert_eq!(sent(&mut app), [], "{keys} has sent something");
    }
    let mut app = app(3);
    app.press("*x3<enter>");
    assert!(app.screen(80, 24).contains("Type 3, then press y. Enter never confirms."));
    app.press("<backspace>");
    assert_eq!(sent(&mut app), []);
    app.press("z가3.ㅛ");
    let sent = sent(&mut app);
    assert_eq!(sent.iter().map(|(order, _)| *order).collect::<Vec<_>>(), [3, 2, 1]);
    assert!(sent[0].1 != sent[1].1, "each has a request id of its own");
}

#[test]
fn the_question_adds_up_what_follows_and_names_what_is_left_out() {
    let mut app = app(3);
    app.receive(requested(order(4)));
    app.receive(cancelled(order(1)));
    app.press("*x");
    let screen = app.screen(80, 24);
    for said in [
        "Cancel 3 orders?",
        "refund of 24,000 won in all",
        "1 not charged yet",
        "20 units are called back",
        "deliveries called off: 1",
        "stock of 2 MACBOOK +20, once the goods are back",
        "Left out (1):",
        "1: Nothing to do: the order is cancelling.",
    ] {
        assert!(screen.contains(said), "{said}:\n{screen}");
    }
    app.press("<esc>r");
    let screen = app.screen(80, 24);
    assert!(screen.contains("End the rentals of 2 orders?") && screen.contains("Left out (2):"), "{screen}");
    assert!(screen.contains("4: The goods are not with the customer yet"), "{screen}");
}

#[test]
fn orders_that_changed_are_told_and_asked_about_again() {
    let mut app = app(2);
    app.receive(requested(order(3)));
    app.press("*x3");
    app.receive(paid(order(3)));
    app.receive(cancelled(order(1)));
    app.press("y");
    assert_eq!(sent(&mut app), [], "the person has not seen it");
    let screen = app.screen(80, 24);
    assert!(screen.contains("3: Status: requested -> paid, Payment: waiting -> charged"), "{screen}");
    assert!(screen.contains("type 2:") && screen.contains("1: Nothing to do"), "{screen}");
    app.press("y");
    assert_eq!(sent(&mut app), [], "the count is typed anew");
    app.press("2y");
    assert_eq!(sent(&mut app).len(), 2);
}

#[test]
fn an_order_that_left_the_list_is_left_out_and_asked_about() {
    let mut app = app(3);
    app.press("*x3");
    app.model.rentals.remove(order(2));
    app.press("y");
    assert_eq!(sent(&mut app), []);
    assert!(app.screen(80, 24).contains("2: it has left the list"));
    app.press("2y");
    assert_eq!(sent(&mut app).iter().map(|(order, _)| *order).collect::<Vec<_>>(), [3, 1]);
}

#[test]
fn a_few_go_out_at_a_time_and_each_result_is_kept() {
    let mut app = app(20);
    app.press("*x20y");
    let mut flying = sent(&mut app);
    assert_eq!(flying.len(), MOST_FLYING);
    app.press("<esc>gj");
    assert!(app.model.overlay.is_none(), "the console stays usable");
    let mut number = 0;
    while !flying.is_empty() {
        let (order, id) = flying.remove(0);
        number += 1;
        match order {
            7 => app.answer(&id, Err(CallError::Refused(Refusal::new(Code::Conflict, "the desk is closed")))),
            8 => app.answer(&id, Err(silent())),
            _ => app.answer(&id, Ok((number, order))),
        }
        flying.extend(sent(&mut app));
        assert!(flying.len() <= MOST_FLYING);
    }
    assert_eq!(marked(&app), [8, 7], "what was not accepted stays marked");
    let told = app.model.say(&app.model.notice.as_ref().unwrap().message);
    assert_eq!(told, "cancel: 18 of 20 accepted; the other 2 stay marked; b shows each");
    app.press("b");
    let screen = app.screen(80, 40);
    assert!(screen.contains("7 ✗ refused: the desk is closed"), "{screen}");
    assert!(screen.contains("8 ? no answer, perhaps done"), "{screen}");
    assert!(screen.contains("20 ✓ accepted (order event 1)") || screen.contains("20 ✓ done, in view"), "{screen}");
}

#[test]
fn what_was_not_answered_is_asked_again_under_the_same_id() {
    let mut app = app(2);
    app.press("*x2y");
    let first = sent(&mut app);
    app.answer(&first[0].1, Err(silent()));
    app.answer(&first[1].1, Ok((1, 1)));
    // It was done after all; that it has changed must not keep it from being asked again.
    app.receive(cancelled(order(2)));
    app.press("R");
    assert_eq!(sent(&mut app), first[..1]);
    let failed = CallError::Silent { context: Context::Order, why: Silence::NotRunning };
    app.answer(&first[0].1, Err(failed));
    app.press("R");
    assert_eq!(sent(&mut app), first[..1], "that the second did not arrive says nothing of the first");
    app.answer(&first[0].1, Ok((2, 2)));
    assert!(marked(&app).is_empty());
    app.press("R");
    assert_eq!(sent(&mut app), []);
}

#[test]
fn a_new_question_about_an_unanswered_order_keeps_its_id() {
    let mut app = app(1);
    app.press("*x1y");
    let first = sent(&mut app);
    app.answer(&first[0].1, Err(silent()));
    app.press("<esc>x1y");
    assert_eq!(sent(&mut app), first);
}

#[test]
fn a_late_second_answer_to_the_same_command_is_ignored() {
    let mut app = app(9);
    app.press("*x9y");
    let first = sent(&mut app);
    app.answer(&first[0].1, Ok((1, 9)));
    assert_eq!(sent(&mut app).len(), 1);
    app.answer(&first[0].1, Ok((1, 9)));
    assert_eq!(sent(&mut app).len(), 0);
}

#[test]
fn an_old_picture_or_a_read_only_console_denies_it() {
    let mut stale = app(3);
    stale.press("*x3");
    stale.tell(Msg::Link(LinkState::Down("gone".to_owned())));
    stale.press("y");
    assert_eq!(sent(&mut stale), []);
    stale.press("<esc>x");
    assert!(!is_asking(&stale));
    let mut reading = app(3);
    reading.model.settings.is_read_only = true;
    reading.press("*x");
    assert!(!is_asking(&reading));
}

#[test]
fn what_is_not_sent_before_the_picture_grows_old_is_not_sent() {
    let mut app = app(10);
    app.press("*x10y");
    let flying = sent(&mut app);
    app.tell(Msg::Link(LinkState::Down("gone".to_owned())));
    app.answer(&flying[0].1, Err(silent()));
    assert_eq!(sent(&mut app), []);
    assert!(app.screen(80, 40).contains("not sent: the picture was old"));
    app.press("R");
    assert_eq!(sent(&mut app), [], "still old");
    app.tell(Msg::Link(LinkState::Up));
    app.beat();
    app.press("R");
    let again: Vec<_> = sent(&mut app).into_iter().map(|(order, _)| order).collect();
    assert_eq!(again, [10], "seven are still in flight");
}

#[test]
fn an_order_that_changes_while_it_waits_for_its_turn_is_left_alone() {
    let mut app = app(9);
    app.press("*x9y");
    let flying = sent(&mut app);
    app.receive(cancelled(order(1)));
    app.answer(&flying[0].1, Ok((1, 9)));
    assert_eq!(sent(&mut app), []);
    assert!(app.screen(80, 40).contains("1 ✗ not sent: changed: Status: active -> cancelling"));
}
