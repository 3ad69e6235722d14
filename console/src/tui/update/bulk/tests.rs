//! Marks and bulk actions, told as key presses and answers.

use crate::tui::bulk::MOST_FLYING;
use crate::tui::model::Overlay;
use crate::tui::msg::{Effect, Msg};
use crate::tui::testing::{Desk, cancelled, order, paid, requested};
use rental_bus::{CallError, LinkState};
use rental_model::{Code, Context, Refusal};

/// Delivered orders 1 to `count`; the newest is listed first.
fn desk(count: u64) -> Desk {
    let mut desk = Desk::live();
    for number in 1..=count {
        desk.hear_delivered(number);
    }
    desk
}

/// The commands sent since the last time: order, request id.
fn sent(desk: &mut Desk) -> Vec<(u64, String)> {
    let sent = desk.asked().into_iter().filter_map(|effect| match effect {
        Effect::Send { request_id, body, .. } => Some((body["orderId"].as_u64().unwrap(), request_id)),
        _ => None,
    });
    sent.collect()
}

fn marked(desk: &Desk) -> Vec<u64> {
    let marked: Vec<_> = desk.model.rentals.marked().map(|row| row.order_id.get()).collect();
    assert_eq!(marked.len(), desk.model.rentals.marked_len(), "something is marked that is not listed");
    marked
}

fn is_asking(desk: &Desk) -> bool {
    matches!(desk.model.overlay, Some(Overlay::Bulk(_)))
}

fn silent() -> CallError {
    CallError::Silent { context: Context::Order, why: "no answer".to_owned(), is_unsure: true }
}

#[test]
fn marks_are_set_taken_away_and_cleared_before_anything_else_is() {
    let mut desk = desk(4);
    desk.press("j  ");
    assert_eq!((marked(&desk), desk.model.rentals.cursor()), (vec![4, 3], Some(order(2))));
    desk.press("k ");
    assert_eq!(marked(&desk), [4]);
    assert!(desk.screen(80, 24).contains("1 marked"));
    desk.press("*");
    assert_eq!(marked(&desk), [4, 3, 2, 1]);
    desk.press("*");
    assert!(marked(&desk).is_empty(), "all were marked: now none is");
    desk.press("/active<enter>j <esc>");
    assert!(marked(&desk).is_empty() && desk.model.search.input.value() == "active", "the marks go first");
    desk.press("<esc>");
    assert_eq!((desk.model.search.input.value(), desk.model.rentals.cursor()), ("", Some(order(3))));
    desk.press("<esc>");
    assert_eq!(desk.model.rentals.cursor(), None);
}

#[test]
fn a_mark_leaves_with_its_row() {
    let mut desk = desk(4);
    desk.press("*/order>2");
    assert_eq!(marked(&desk), [4, 3], "what the filter hides is not acted upon");
    desk.press("<backspace>1");
    assert_eq!(marked(&desk), [4, 3, 2], "a filter that is still being typed takes no mark away for good");
    desk.press("<backspace>2<enter>");
    desk.press("/<esc>");
    assert_eq!(marked(&desk), [4, 3], "coming back does not mark it again");
    desk.model.rentals.remove(order(4));
    assert_eq!(marked(&desk), [3]);
}

#[test]
fn only_the_typed_count_and_then_y_confirms() {
    for keys in
        ["*xy", "*xyyy", "*x2y", "*x<enter>", "*x3<enter><enter>", "*x33y", "*x3x", "*x3<esc>y", "*x3 ", "*x3ny"]
    {
        let mut desk = desk(3);
        desk.press(keys);
        assert_eq!(sent(&mut desk), [], "{keys} has sent something");
    }
    let mut desk = desk(3);
    desk.press("*x3<enter>");
    assert!(desk.screen(80, 24).contains("Type 3, then press y. Enter never confirms."));
    desk.press("<backspace>");
    assert_eq!(sent(&mut desk), []);
    desk.press("z가3.ㅛ");
    let sent = sent(&mut desk);
    assert_eq!(sent.iter().map(|(order, _)| *order).collect::<Vec<_>>(), [3, 2, 1]);
    assert!(sent[0].1 != sent[1].1, "each has a request id of its own");
}

#[test]
fn the_question_adds_up_what_follows_and_names_what_is_left_out() {
    let mut desk = desk(3);
    desk.hear(requested(order(4)));
    desk.hear(cancelled(order(1)));
    desk.press("*x");
    let screen = desk.screen(80, 24);
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
    desk.press("<esc>r");
    let screen = desk.screen(80, 24);
    assert!(screen.contains("End the rentals of 2 orders?") && screen.contains("Left out (2):"), "{screen}");
    assert!(screen.contains("4: The goods are not with the customer yet"), "{screen}");
}

#[test]
fn orders_that_changed_are_told_and_asked_about_again() {
    let mut desk = desk(2);
    desk.hear(requested(order(3)));
    desk.press("*x3");
    desk.hear(paid(order(3)));
    desk.hear(cancelled(order(1)));
    desk.press("y");
    assert_eq!(sent(&mut desk), [], "the person has not seen it");
    let screen = desk.screen(80, 24);
    assert!(screen.contains("3: Status: requested -> paid, Payment: waiting -> charged"), "{screen}");
    assert!(screen.contains("type 2:") && screen.contains("1: Nothing to do"), "{screen}");
    desk.press("y");
    assert_eq!(sent(&mut desk), [], "the count is typed anew");
    desk.press("2y");
    assert_eq!(sent(&mut desk).len(), 2);
}

#[test]
fn an_order_that_left_the_list_is_left_out_and_asked_about() {
    let mut desk = desk(3);
    desk.press("*x3");
    desk.model.rentals.remove(order(2));
    desk.press("y");
    assert_eq!(sent(&mut desk), []);
    assert!(desk.screen(80, 24).contains("2: it has left the list"));
    desk.press("2y");
    assert_eq!(sent(&mut desk).iter().map(|(order, _)| *order).collect::<Vec<_>>(), [3, 1]);
}

#[test]
fn a_few_go_out_at_a_time_and_each_result_is_kept() {
    let mut desk = desk(20);
    desk.press("*x20y");
    let mut flying = sent(&mut desk);
    assert_eq!(flying.len(), MOST_FLYING);
    desk.press("<esc>gj");
    assert!(desk.model.overlay.is_none(), "the console stays usable");
    let mut number = 0;
    while !flying.is_empty() {
        let (order, id) = flying.remove(0);
        number += 1;
        match order {
            7 => desk.answer(&id, Err(CallError::Refused(Refusal::new(Code::Conflict, "the desk is closed")))),
            8 => desk.answer(&id, Err(silent())),
            _ => desk.answer(&id, Ok((number, order))),
        }
        flying.extend(sent(&mut desk));
        assert!(flying.len() <= MOST_FLYING);
    }
    assert_eq!(marked(&desk), [8, 7], "what was not accepted stays marked");
    let told = desk.model.say(&desk.model.notice.as_ref().unwrap().saying);
    assert_eq!(told, "cancel: 18 of 20 accepted; the other 2 stay marked; b shows each");
    desk.press("b");
    let screen = desk.screen(80, 40);
    assert!(screen.contains("7 ✗ refused: the desk is closed"), "{screen}");
    assert!(screen.contains("8 ? no answer, perhaps done"), "{screen}");
    assert!(screen.contains("20 ✓ accepted (order event 1)") || screen.contains("20 ✓ done, in view"), "{screen}");
}

#[test]
fn what_was_not_answered_is_asked_again_under_the_same_id() {
    let mut desk = desk(2);
    desk.press("*x2y");
    let first = sent(&mut desk);
    desk.answer(&first[0].1, Err(silent()));
    desk.answer(&first[1].1, Ok((1, 1)));
    // It was done after all; that it has changed must not keep it from being asked again.
    desk.hear(cancelled(order(2)));
    desk.press("R");
    assert_eq!(sent(&mut desk), first[..1]);
    let failed = CallError::Silent { context: Context::Order, why: "it is not running".to_owned(), is_unsure: false };
    desk.answer(&first[0].1, Err(failed));
    desk.press("R");
    assert_eq!(sent(&mut desk), first[..1], "that the second did not arrive says nothing of the first");
    desk.answer(&first[0].1, Ok((2, 2)));
    assert!(marked(&desk).is_empty());
    desk.press("R");
    assert_eq!(sent(&mut desk), []);
}

#[test]
fn a_new_question_about_an_unanswered_order_keeps_its_id() {
    let mut desk = desk(1);
    desk.press("*x1y");
    let first = sent(&mut desk);
    desk.answer(&first[0].1, Err(silent()));
    desk.press("<esc>x1y");
    assert_eq!(sent(&mut desk), first);
}

#[test]
fn a_late_second_answer_to_the_same_command_is_ignored() {
    let mut desk = desk(9);
    desk.press("*x9y");
    let first = sent(&mut desk);
    desk.answer(&first[0].1, Ok((1, 9)));
    assert_eq!(sent(&mut desk).len(), 1);
    desk.answer(&first[0].1, Ok((1, 9)));
    assert_eq!(sent(&mut desk).len(), 0);
}

#[test]
fn an_old_picture_or_a_read_only_console_denies_it() {
    let mut stale = desk(3);
    stale.press("*x3");
    stale.tell(Msg::Link(LinkState::Down("gone".to_owned())));
    stale.press("y");
    assert_eq!(sent(&mut stale), []);
    stale.press("<esc>x");
    assert!(!is_asking(&stale));
    let mut reading = desk(3);
    reading.model.settings.is_read_only = true;
    reading.press("*x");
    assert!(!is_asking(&reading));
}

#[test]
fn what_is_not_sent_before_the_picture_grows_old_is_not_sent() {
    let mut desk = desk(10);
    desk.press("*x10y");
    let flying = sent(&mut desk);
    desk.tell(Msg::Link(LinkState::Down("gone".to_owned())));
    desk.answer(&flying[0].1, Err(silent()));
    assert_eq!(sent(&mut desk), []);
    assert!(desk.screen(80, 40).contains("not sent: the picture was old"));
    desk.press("R");
    assert_eq!(sent(&mut desk), [], "still old");
    desk.tell(Msg::Link(LinkState::Up));
    desk.beat();
    desk.press("R");
    let again: Vec<_> = sent(&mut desk).into_iter().map(|(order, _)| order).collect();
    assert_eq!(again, [10], "seven are still in flight");
}

#[test]
fn an_order_that_changes_while_it_waits_for_its_turn_is_left_alone() {
    let mut desk = desk(9);
    desk.press("*x9y");
    let flying = sent(&mut desk);
    desk.hear(cancelled(order(1)));
    desk.answer(&flying[0].1, Ok((1, 9)));
    assert_eq!(sent(&mut desk), []);
    assert!(desk.screen(80, 40).contains("1 ✗ not sent: changed: Status: active -> cancelling"));
}
