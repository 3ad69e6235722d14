//! Days at the desk, told as key presses and news.

use crate::tui::agenda::after;
use crate::tui::commands::Stage;
use crate::tui::form::Phase;
use crate::tui::link::Freshness;
use crate::tui::model::{Model, Overlay};
use crate::tui::msg::{Effect, Epoch, Msg};
use crate::tui::testing::{Desk, delivered, fact, order, paid, requested, reserved};
use rental_bus::tail::Seen;
use rental_bus::{CallError, LinkState};
use rental_model::totalview::{Cursor, Heard, Page, Rental, Row, Timeline};
use rental_model::{Code, Context, Event, Fact, Refusal};
use serde_json::json;

fn silent(context: Context, is_unsure: bool) -> CallError {
    CallError::Silent { context, why: "it is not running".to_owned(), is_unsure }
}

fn refused(code: Code) -> CallError {
    CallError::Refused(Refusal::new(code, "no"))
}

fn is_asking(model: &Model) -> bool {
    matches!(model.overlay, Some(Overlay::Confirm(_)))
}

fn told(desk: &Desk) -> String {
    desk.model.notice.as_ref().map(|notice| desk.model.say(&notice.saying)).unwrap_or_default()
}

#[test]
fn a_cancellation_is_confirmed_by_y_and_by_nothing_else() {
    for keys in ["jx", "jxx", "jx<enter>", "jx<esc>", "jxn", "jx<enter><enter>", "jx<tab><enter>", "jx "] {
        let mut desk = Desk::live();
        desk.hear_delivered(17);
        desk.press(keys);
        assert_eq!(desk.sent(), None, "{keys} has sent something");
    }
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    desk.press("jxy");
    let (request_id, endpoint, body) = desk.sent().unwrap();
    assert_eq!(endpoint, "cancel");
    assert_eq!(body, json!({ "orderId": 17, "productId": 2, "requestId": request_id, "actor": "kim" }));
}

#[test]
fn with_the_input_method_on_a_whole_syllable_never_confirms() {
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    desk.press("ㅓ툐");
    assert!(is_asking(&desk.model), "the first jamo is x");
    assert_eq!(desk.sent(), None, "the second is y, but was typed before the question was seen");
    desk.press("ㅛ");
    assert!(desk.sent().is_some());
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    desk.press("ㅓ투");
    assert!(is_asking(&desk.model), "x and n: the form of n must not cover the question of x");
}

#[test]
fn an_order_that_changed_is_asked_about_again() {
    let mut desk = Desk::live();
    desk.hear(requested(order(17)));
    desk.press("jx");
    desk.hear(paid(order(17)));
    desk.press("y");
    assert_eq!(desk.sent(), None, "the person has not seen that it was paid");
    assert!(desk.screen(80, 24).contains("Payment: waiting -> charged"));
    desk.press("y");
    assert!(desk.sent().is_some());
}

#[test]
fn the_question_stays_on_its_order_when_others_arrive() {
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    desk.press("jx");
    desk.hear_delivered(18);
    desk.press("y");
    let (_, _, body) = desk.sent().unwrap();
    assert_eq!(body["orderId"], 17);
}

#[test]
fn an_order_that_is_over_cannot_be_cancelled_while_the_question_is_open() {
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    desk.press("jx");
    let product = rental_model::ProductId::new(2).unwrap();
    desk.hear(Event::RentalEnded { order: order(17), product });
    desk.press("yyy");
    assert_eq!(desk.sent(), None);
}

#[test]
fn a_cursor_whose_order_left_says_so_and_the_next_action_key_is_ignored_once() {
    let mut desk = Desk::live();
    desk.hear_delivered(16);
    desk.hear_delivered(17);
    desk.press("/active<enter>j");
    desk.hear(crate::tui::testing::cancelled(order(17)));
    assert!(told(&desk).contains("Order 17 left the list; the cursor is on 16"), "{}", told(&desk));
    desk.press("x");
    assert!(!is_asking(&desk.model) && told(&desk).contains("Press the key again"), "{}", told(&desk));
    desk.press("x");
    let Some(Overlay::Confirm(question)) = &desk.model.overlay else { panic!("it is ignored once only") };
    assert_eq!(question.order, order(16));
    desk.press("<esc>");
    desk.hear_delivered(15);
    desk.hear(crate::tui::testing::cancelled(order(16)));
    desk.press("j");
    desk.press("x");
    assert!(is_asking(&desk.model), "who moves the cursor sees where it is");
}

#[test]
fn the_life_of_a_command_is_told() {
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    desk.press("jxy");
    let (request_id, ..) = desk.sent().unwrap();
    assert_eq!(told(&desk), "cancel order 17: sent...");
    desk.answer(&request_id, Ok((2, 17)));
    assert_eq!(told(&desk), "cancel order 17: accepted (order event 2)");
    assert!(!is_asking(&desk.model));
    desk.hear(crate::tui::testing::cancelled(order(17)));
    assert_eq!(told(&desk), "cancel order 17: done, in view (order event 2)");
}

#[test]
fn an_event_faster_than_its_answer_is_in_view_at_once() {
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    desk.press("jxy");
    let (request_id, ..) = desk.sent().unwrap();
    desk.hear(crate::tui::testing::cancelled(order(17)));
    desk.answer(&request_id, Ok((2, 17)));
    assert_eq!(told(&desk), "cancel order 17: done, in view (order event 2)");
}

#[test]
fn silence_is_asked_again_under_the_same_id() {
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    desk.press("jxy");
    let (first, _, body) = desk.sent().unwrap();
    desk.answer(&first, Err(silent(Context::Order, true)));
    assert!(told(&desk).contains("perhaps done"), "{}", told(&desk));
    desk.pass(60_000);
    assert!(told(&desk).contains("perhaps done"), "it stays until it is dealt with");
    desk.beat();
    desk.press("y");
    assert_eq!(desk.sent().unwrap(), (first.clone(), "cancel", body.clone()));
    desk.answer(&first, Err(silent(Context::Order, true)));
    desk.press("<esc>R");
    assert_eq!(desk.sent().unwrap(), (first, "cancel", body), "also from outside the question");
}

#[test]
fn a_new_rental_is_sent_as_it_stands_in_the_form() {
    let mut desk = Desk::live();
    desk.press("nmac<tab>10<tab>12,000<enter>");
    let (request_id, endpoint, body) = desk.sent().unwrap();
    assert_eq!(endpoint, "request");
    let expected = json!({
        "productId": 2, "qty": 10, "amount": 12_000, "onShortage": "refuse",
        "requestId": request_id, "actor": "kim",
    });
    assert_eq!(body, expected);
    desk.answer(&request_id, Ok((1, 40)));
    assert!(desk.model.overlay.is_none());
    desk.hear(requested(order(40)));
    assert_eq!(desk.model.rentals.cursor(), Some(order(40)), "the new rental is what one looks at next");
}

#[test]
fn what_is_missing_is_gone_to_instead_of_sent() {
    let mut desk = Desk::live();
    desk.press("nmac<enter>");
    assert_eq!(desk.sent(), None);
    desk.press("ten<enter>");
    assert_eq!(desk.sent(), None);
    assert!(desk.screen(80, 24).contains("quantity: a whole number from 1"));
    desk.press("<backspace><backspace><backspace>10<enter>0<enter>");
    let (_, _, body) = desk.sent().unwrap();
    assert_eq!((&body["qty"], &body["amount"]), (&json!(10), &json!(0)));
}

#[test]
fn a_short_request_is_sent_anyway_only_after_y_and_as_another_request() {
    let mut desk = Desk::live();
    desk.press("near<tab>10<tab>10<enter>");
    let (first, _, body) = desk.sent().unwrap();
    assert_eq!((&body["onShortage"], &body["productId"]), (&json!("refuse"), &json!(3)));
    let refusal = Refusal::new(Code::Conflict, "short").with("available", 5);
    desk.answer(&first, Err(CallError::Refused(refusal)));
    assert!(desk.screen(80, 24).contains("Only 5 of 10 are available."));
    desk.press("<enter>");
    assert_eq!(desk.sent(), None, "Enter means no");
    desk.press("<enter>");
    let (second, ..) = desk.sent().unwrap();
    let refusal = Refusal::new(Code::Conflict, "short").with("available", 5);
    desk.answer(&second, Err(CallError::Refused(refusal)));
    desk.press("y");
    let (third, _, body) = desk.sent().unwrap();
    assert_eq!(body["onShortage"], "compensate");
    assert!(third != second && second != first, "a refused request is over: what follows is another");
}

#[test]
fn a_request_that_may_have_been_done_cannot_be_edited_into_another() {
    let mut desk = Desk::live();
    desk.press("nmac<tab>10<tab>10<enter>");
    let (first, _, body) = desk.sent().unwrap();
    desk.answer(&first, Err(silent(Context::Order, true)));
    desk.press("999<enter>");
    assert_eq!(desk.sent().unwrap(), (first, "request", body));
}

#[test]
fn a_refused_request_can_be_corrected() {
    let mut desk = Desk::live();
    desk.press("nmac<tab>10<tab>10<tab>17<enter>");
    let (first, ..) = desk.sent().unwrap();
    desk.answer(&first, Err(refused(Code::Conflict)));
    assert!(desk.screen(80, 24).contains("refused: no"));
    desk.press("8<enter>");
    let (second, _, body) = desk.sent().unwrap();
    assert_eq!(body["orderId"], 178);
    assert_ne!(first, second);
}

#[test]
fn read_only_denies_every_command_but_shows_everything() {
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    desk.model.settings.is_read_only = true;
    for keys in ["n", "jx", "r", "R"] {
        desk.press(keys);
        assert!(desk.model.overlay.is_none(), "{keys}");
        assert_eq!(told(&desk), "This console is read-only.");
    }
    desk.press("<enter>");
    assert!(desk.model.opened.is_some());
}

#[test]
fn an_old_picture_denies_what_needs_a_fresh_one() {
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    desk.press("j");
    desk.tell(Msg::Link(LinkState::Down("gone".to_owned())));
    desk.press("x");
    assert!(desk.model.overlay.is_none());
    assert!(told(&desk).contains("wait until it is LIVE"));
}

#[test]
fn when_the_order_under_the_cursor_leaves_the_next_key_is_ignored_once() {
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    desk.hear_delivered(18);
    desk.press("j");
    let cursor = desk.model.rentals.cursor().unwrap();
    desk.model.rentals.remove(cursor);
    desk.press("x");
    assert!(!is_asking(&desk.model));
    assert!(told(&desk).contains("left the list"), "{}", told(&desk));
    desk.press("x");
    assert!(is_asking(&desk.model));
}

#[test]
fn quitting_is_asked_at_the_root_and_twice_ctrl_c_needs_no_answer() {
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    desk.press("j<enter>q");
    assert!(desk.model.opened.is_none() && desk.model.overlay.is_none(), "q goes back first");
    desk.press("q<enter>");
    assert!(!desk.asked().contains(&Effect::Quit), "Enter means no");
    desk.press("qy");
    assert!(desk.asked().contains(&Effect::Quit));
    let mut desk = Desk::live();
    desk.press("n<ctrl-c>j<ctrl-c>");
    assert!(!desk.asked().contains(&Effect::Quit), "another key in between");
    desk.press("<ctrl-c>");
    assert!(desk.asked().contains(&Effect::Quit));
}

#[test]
fn the_first_picture_is_followed_from_where_it_ends() {
    let mut desk = Desk::started();
    desk.tell(Msg::Link(LinkState::Up));
    let epoch = Epoch(0);
    assert!(desk.asked().contains(&Effect::Load { epoch, cursor: None }));
    let heard = Heard::from([(Context::Order, 5), (Context::Billing, 3)]);
    let page = Page { next: Some(Cursor::behind_order(9, false)), heard: heard.clone(), ..Page::default() };
    desk.tell(Msg::Page { epoch, is_first: true, answer: Ok(page) });
    assert_eq!(desk.asked(), [Effect::Follow { epoch, after: heard }]);
}

/// Rows that were loaded long ago are not in the first page that is loaded after a reconnection:
/// what happened to them meanwhile is only in the events.
#[test]
fn after_a_reconnection_no_event_is_skipped() {
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    let seen = desk.model.link.seen(Context::Order);
    desk.tell(Msg::Link(LinkState::Down("connection lost".to_owned())));
    desk.tell(Msg::Link(LinkState::Up));
    desk.asked();
    let heard = Context::DECIDERS.into_iter().map(|context| (context, seen + 1_000)).collect();
    let epoch = desk.model.loader.epoch;
    desk.tell(Msg::Page { epoch, is_first: true, answer: Ok(Page { heard, ..Page::default() }) });
    let asked = desk.asked();
    let [Effect::Follow { after, .. }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(after[&Context::Order], seen);
}

#[test]
fn older_rentals_are_loaded_at_the_end_of_the_list_and_where_that_was_survives_a_reconnection() {
    let mut desk = Desk::started();
    desk.tell(Msg::Link(LinkState::Up));
    let behind = |order| Some(Cursor::behind_order(order, false));
    let page = |order| Ok(Page { next: behind(order), ..Page::default() });
    desk.tell(Msg::Page { epoch: Epoch(0), is_first: true, answer: page(900) });
    desk.asked();
    desk.press("G");
    let more = |order| Effect::Load { epoch: Epoch(0), cursor: behind(order) };
    assert_eq!(desk.asked(), [more(900)]);
    desk.press("G");
    assert_eq!(desk.asked(), [], "one page at a time");
    desk.tell(Msg::Page { epoch: Epoch(0), is_first: false, answer: page(800) });
    desk.tell(Msg::Page { epoch: Epoch(0), is_first: true, answer: page(900) });
    desk.asked();
    desk.press("G");
    assert_eq!(desk.asked(), [more(800)]);
}

#[test]
fn without_totalview_events_are_followed_and_rentals_still_taken() {
    let mut desk = Desk::started();
    desk.tell(Msg::Link(LinkState::Up));
    desk.asked();
    desk.tell(Msg::Page { epoch: Epoch(0), is_first: true, answer: Err(silent(Context::Totalview, false)) });
    assert_eq!(desk.asked(), [Effect::FollowRecent { epoch: Epoch(0) }]);
    desk.tell(Msg::Following { epoch: Epoch(0), after: Heard::new() });
    desk.tell(Msg::Beat { tips: Some(Heard::new()), stats: Err(silent(Context::Totalview, false)) });
    assert_eq!(desk.model.link.freshness(desk.model.now), Freshness::Live);
    assert!(desk.screen(80, 24).contains("No answer from totalview"));
    desk.hear_delivered(17);
    desk.press("jxy");
    assert!(desk.sent().is_some());
    desk.pass(2_000);
    assert!(desk.asked().contains(&Effect::Load { epoch: Epoch(0), cursor: None }), "it is asked again by itself");
}

#[test]
fn a_row_that_begins_late_is_fetched_unless_its_beginning_arrives() {
    let mut desk = Desk::live();
    desk.hear(paid(order(17)));
    desk.hear(reserved(order(18)));
    desk.hear(requested(order(18)));
    desk.pass(500);
    assert!(desk.asked().iter().filter(|e| matches!(e, Effect::FetchRental(_))).eq([&Effect::FetchRental(order(17))]));
    let row = Row::begin(&fact(1, requested(order(17)))).unwrap();
    let rental = Rental { rental: row, timeline: Timeline::default(), heard: Heard::new() };
    desk.tell(Msg::Rental { order: order(17), answer: Ok(Box::new(rental)) });
    let row = desk.model.rentals.get(order(17)).unwrap();
    assert!(row.requested_at.is_some() && row.charged.is_some(), "both halves are there: {row:?}");
}

#[test]
fn a_stream_made_anew_is_read_from_the_start_and_old_answers_are_ignored() {
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    let old = desk.model.loader.epoch;
    desk.asked();
    desk.tell(Msg::Seen { epoch: old, seen: vec![Seen::Rewound { source: Context::Order, last: 0 }] });
    assert_eq!(desk.model.rentals.len(), 0);
    let new = desk.model.loader.epoch;
    assert!(desk.asked().contains(&Effect::Load { epoch: new, cursor: None }));
    let late: Fact = fact(1, requested(order(17)));
    desk.tell(Msg::Seen { epoch: old, seen: vec![Seen::Event(Box::new(late))] });
    assert_eq!(desk.model.rentals.len(), 0);
}

#[test]
fn an_idle_console_draws_nothing_but_ages() {
    let mut desk = Desk::live();
    desk.model.is_dirty = false;
    for _ in 0..60 {
        desk.wait(1_000);
    }
    assert!(!desk.model.is_dirty, "an empty list has no ages");
    desk.hear_delivered(17);
    desk.wait(3_600_000);
    desk.model.is_dirty = false;
    desk.tell(Msg::Resize { width: 80, height: 24 });
    desk.model.is_dirty = false;
    for _ in 0..60 {
        desk.wait(1_000);
    }
    assert!(!desk.model.is_dirty, "an age in hours does not change within a minute");
}

#[test]
fn live_ends_by_itself_when_the_broker_falls_silent() {
    let mut desk = Desk::live();
    desk.model.is_dirty = false;
    desk.pass(3_501);
    assert!(desk.model.is_dirty);
    assert!(desk.screen(80, 24).contains("STALE 3 s"));
    assert!(desk.model.wakes_at().is_some_and(|at| at <= after(desk.model.now, 1_000)), "the age goes on");
}

#[test]
fn a_timeline_without_totalview_comes_from_the_streams() {
    let mut desk = Desk::live();
    desk.hear_delivered(17);
    desk.press("j<enter>");
    assert!(desk.asked().contains(&Effect::FetchRental(order(17))));
    desk.tell(Msg::Rental { order: order(17), answer: Err(silent(Context::Totalview, true)) });
    assert_eq!(desk.asked(), [Effect::FetchHistory(order(17))]);
    let facts = (1..).zip(delivered(order(17))).map(|(number, event)| fact(number, event)).collect();
    desk.tell(Msg::History { order: order(17), answer: Ok(facts) });
    let page = desk.model.opened.as_ref().unwrap();
    assert_eq!(page.timeline.0.len(), 4, "what was seen live is not there twice");
}

#[test]
fn the_form_asks_inventory_again_when_stock_moves() {
    let mut desk = Desk::live();
    desk.press("nmac<tab>10");
    desk.asked();
    desk.hear(reserved(order(50)));
    desk.pass(100);
    assert!(desk.asked().iter().any(|effect| matches!(effect, Effect::CheckStock { .. })));
}

#[test]
fn a_command_that_did_not_leave_is_told_as_such() {
    let mut desk = Desk::live();
    desk.press("nmac<tab>10<tab>10<enter>");
    let (request_id, ..) = desk.sent().unwrap();
    desk.answer(&request_id, Err(silent(Context::Order, false)));
    assert_eq!(told(&desk), "new rental: not sent: order is not running");
    let Some(Overlay::Form(form)) = &desk.model.overlay else { panic!("the form is closed") };
    assert!(matches!(form.phase, Phase::Sent(Stage::Failed(_))));
}

/// Sent again after silence, a request once ended as done, although its order had been cancelled meanwhile.
#[test]
fn a_request_whose_order_is_none_any_more_is_not_told_as_done() {
    let mut desk = Desk::live();
    desk.press("nmac<tab>10<tab>10<enter>");
    let (request_id, ..) = desk.sent().unwrap();
    desk.answer(&request_id, Err(silent(Context::Order, true)));
    desk.press("<enter>");
    let (again, ..) = desk.sent().unwrap();
    let answer = r#"{"id":7,"orderId":5,"became":{"status":"cancelled","reason":"payment declined"}}"#;
    desk.tell(Msg::Answered { request_id: again, answer: Ok(serde_json::from_str(answer).unwrap()) });
    let said = "rental of order 5: asked for before, and now cancelled (payment declined). Nothing new was taken.";
    assert_eq!(told(&desk), said);
    let screen = desk.screen(120, 40);
    assert!(screen.contains("New rental") && screen.contains("now cancelled (payment"), "{screen}");
    desk.press("<enter>");
    assert_ne!(desk.sent().unwrap().0, request_id, "what is sent next is another rental");
    let ended = r#"{"id":7,"orderId":5,"became":{"status":"active"}}"#;
    let request_id = desk.model.commands.latest().unwrap().request_id.clone();
    desk.tell(Msg::Answered { request_id, answer: Ok(serde_json::from_str(ended).unwrap()) });
    assert!(told(&desk).contains("accepted"), "{}", told(&desk));
}

#[test]
fn signs_of_life_are_asked_for_less_often_while_nothing_happens() {
    let mut desk = Desk::live();
    let beats = |desk: &mut Desk| desk.asked().iter().filter(|effect| matches!(effect, Effect::Beat)).count();
    desk.pass(1_000);
    assert_eq!(beats(&mut desk), 1);
    desk.beat();
    desk.pass(1_999);
    assert_eq!((beats(&mut desk), desk.model.link.is_live(desk.model.now)), (0, true));
    desk.pass(1);
    assert_eq!(beats(&mut desk), 1);
    desk.beat();
    desk.pass(100);
    desk.hear(requested(order(1)));
    desk.pass(1_000);
    assert_eq!(beats(&mut desk), 1, "an event is news again");
}

#[test]
fn a_silence_that_goes_on_is_not_drawn_again() {
    let mut desk = Desk::live();
    let mut is_drawn_after = |silence: bool| {
        desk.model.is_dirty = false;
        let answer = if silence { Err(silent(Context::Inventory, false)) } else { Ok(Vec::new()) };
        desk.tell(Msg::Products(answer));
        desk.model.is_dirty
    };
    assert_eq!([true, true, false, true].map(&mut is_drawn_after), [true, false, true, true]);
}

#[test]
fn ages_are_drawn_again_together_and_in_time() {
    let mut desk = Desk::live();
    for number in 1..8 {
        desk.hear(requested(order(number)));
        desk.pass(130);
    }
    desk.wait(2_500);
    desk.model.is_dirty = false;
    let mut drawn = 0;
    for _ in 0..300 {
        desk.wait(100);
        drawn += usize::from(std::mem::take(&mut desk.model.is_dirty));
    }
    assert_eq!(drawn, 30, "once a second");
    desk.wait(60_000);
    desk.model.is_dirty = false;
    let mut drawn = 0;
    for _ in 0..600 {
        desk.wait(100);
        drawn += usize::from(std::mem::take(&mut desk.model.is_dirty));
    }
    assert!((1..=2).contains(&drawn), "{drawn} times a minute");
}
