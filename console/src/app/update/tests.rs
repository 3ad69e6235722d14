//! Days at the desk, told as key presses and news.

use crate::core::commands::Stage;
use crate::core::link::Freshness;
use crate::core::model::Model;
use crate::core::msg::{Effect, Epoch, Msg};
use crate::core::overlay::Overlay;
use crate::core::timers::after;
use crate::overlays::new_rental::state::Phase;
use crate::testing::{TestApp, delivered, order, paid, recorded, requested, reserved};
use rental_bus::tail::Seen;
use rental_bus::{CallError, LinkState, Silence};
use rental_model::totalview::{Cursor, Page, Rental, Row, SourcePositions, Timeline};
use rental_model::{Code, Context, Event, RecordedEvent, Refusal};
use serde_json::json;

fn silent(context: Context, is_unsure: bool) -> CallError {
    let why = if is_unsure { Silence::Late(std::time::Duration::from_secs(3)) } else { Silence::NotRunning };
    CallError::Silent { context, why }
}

fn refused(code: Code) -> CallError {
    CallError::Refused(Refusal::new(code, "no"))
}

fn is_asking(model: &Model) -> bool {
    matches!(model.overlay, Some(Overlay::Confirm(_)))
}

fn told(app: &TestApp) -> String {
    app.model.notice.as_ref().map(|notice| app.model.say(&notice.message)).unwrap_or_default()
}

#[test]
fn a_cancellation_is_confirmed_by_y_and_by_nothing_else() {
    for keys in ["jx", "jxx", "jx<enter>", "jx<esc>", "jxn", "jx<enter><enter>", "jx<tab><enter>", "jx "] {
        let mut app = TestApp::live();
        app.receive_delivered(17);
        app.press(keys);
        assert_eq!(app.sent(), None, "{keys} has sent something");
    }
    let mut app = TestApp::live();
    app.receive_delivered(17);
    app.press("jxy");
    let (request_id, endpoint, body) = app.sent().unwrap();
    assert_eq!(endpoint, "cancel");
    assert_eq!(body, json!({ "orderId": 17, "productId": 2, "requestId": request_id, "actor": "kim" }));
}

#[test]
fn with_the_input_method_on_a_whole_syllable_never_confirms() {
    let mut app = TestApp::live();
    app.receive_delivered(17);
    app.press("ㅓ툐");
    assert!(is_asking(&app.model), "the first jamo is x");
    assert_eq!(app.sent(), None, "the second is y, but was typed before the question was seen");
    app.press("ㅛ");
    assert!(app.sent().is_some());
    let mut app = TestApp::live();
    app.receive_delivered(17);
    app.press("ㅓ투");
    assert!(is_asking(&app.model), "x and n: the form of n must not cover the question of x");
}

#[test]
fn an_order_that_changed_is_asked_about_again() {
    let mut app = TestApp::live();
    app.receive(requested(order(17)));
    app.press("jx");
    app.receive(paid(order(17)));
    app.press("y");
    assert_eq!(app.sent(), None, "the person has not seen that it was paid");
    assert!(app.screen(80, 24).contains("Payment: waiting -> charged"));
    app.press("y");
    assert!(app.sent().is_some());
}

#[test]
fn the_question_stays_on_its_order_when_others_arrive() {
    let mut app = TestApp::live();
    app.receive_delivered(17);
    app.press("jx");
    app.receive_delivered(18);
    app.press("y");
    let (_, _, body) = app.sent().unwrap();
    assert_eq!(body["orderId"], 17);
}

#[test]
fn an_order_that_is_over_cannot_be_cancelled_while_the_question_is_open() {
    let mut app = TestApp::live();
    app.receive_delivered(17);
    app.press("jx");
    let product = rental_model::ProductId::new(2).unwrap();
    app.receive(Event::RentalEnded { order: order(17), product });
    app.press("yyy");
    assert_eq!(app.sent(), None);
}

#[test]
fn a_cursor_whose_order_left_says_so_and_the_next_action_key_is_ignored_once() {
    let mut app = TestApp::live();
    app.receive_delivered(16);
    app.receive_delivered(17);
    app.press("/active<enter>j");
    app.receive(crate::testing::cancelled(order(17)));
    assert!(told(&app).contains("Order 17 left the list; the cursor is on 16"), "{}", told(&app));
    app.press("x");
    assert!(!is_asking(&app.model) && told(&app).contains("Press the key again"), "{}", told(&app));
    app.press("x");
    let Some(Overlay::Confirm(question)) = &app.model.overlay else { panic!("it is ignored once only") };
    assert_eq!(question.order, order(16));
    app.press("<esc>");
    app.receive_delivered(15);
    app.receive(crate::testing::cancelled(order(16)));
    app.press("j");
    app.press("x");
    assert!(is_asking(&app.model), "who moves the cursor sees where it is");
}

#[test]
fn the_life_of_a_command_is_told() {
    let mut app = TestApp::live();
    app.receive_delivered(17);
    app.press("jxy");
    let (request_id, ..) = app.sent().unwrap();
    assert_eq!(told(&app), "cancel order 17: sent...");
    app.answer(&request_id, Ok((2, 17)));
    assert_eq!(told(&app), "cancel order 17: accepted (order event 2)");
    assert!(!is_asking(&app.model));
    app.receive(crate::testing::cancelled(order(17)));
    assert_eq!(told(&app), "cancel order 17: done, in view (order event 2)");
}

#[test]
fn an_event_faster_than_its_answer_is_in_view_at_once() {
    let mut app = TestApp::live();
    app.receive_delivered(17);
    app.press("jxy");
    let (request_id, ..) = app.sent().unwrap();
    app.receive(crate::testing::cancelled(order(17)));
    app.answer(&request_id, Ok((2, 17)));
    assert_eq!(told(&app), "cancel order 17: done, in view (order event 2)");
}

#[test]
fn silence_is_asked_again_under_the_same_id() {
    let mut app = TestApp::live();
    app.receive_delivered(17);
    app.press("jxy");
    let (first, _, body) = app.sent().unwrap();
    app.answer(&first, Err(silent(Context::Order, true)));
    assert!(told(&app).contains("perhaps done"), "{}", told(&app));
    app.pass(60_000);
    assert!(told(&app).contains("perhaps done"), "it stays until it is dealt with");
    app.beat();
    app.press("y");
    assert_eq!(app.sent().unwrap(), (first.clone(), "cancel", body.clone()));
    app.answer(&first, Err(silent(Context::Order, true)));
    app.press("<esc>R");
    assert_eq!(app.sent().unwrap(), (first, "cancel", body), "also from outside the question");
}

#[test]
fn a_new_rental_is_sent_as_it_stands_in_the_form() {
    let mut app = TestApp::live();
    app.press("nmac<tab>10<tab>12,000<enter>");
    let (request_id, endpoint, body) = app.sent().unwrap();
    assert_eq!(endpoint, "request");
    let expected = json!({
        "productId": 2, "qty": 10, "amount": 12_000, "onShortage": "refuse",
        "requestId": request_id, "actor": "kim",
    });
    assert_eq!(body, expected);
    app.answer(&request_id, Ok((1, 40)));
    assert!(app.model.overlay.is_none());
    app.receive(requested(order(40)));
    assert_eq!(app.model.rentals.cursor(), Some(order(40)), "the new rental is what one looks at next");
}

#[test]
fn what_is_missing_is_gone_to_instead_of_sent() {
    let mut app = TestApp::live();
    app.press("nmac<enter>");
    assert_eq!(app.sent(), None);
    app.press("ten<enter>");
    assert_eq!(app.sent(), None);
    assert!(app.screen(80, 24).contains("quantity: a whole number from 1"));
    app.press("<backspace><backspace><backspace>10<enter>0<enter>");
    let (_, _, body) = app.sent().unwrap();
    assert_eq!((&body["qty"], &body["amount"]), (&json!(10), &json!(0)));
}

#[test]
fn a_short_request_is_sent_anyway_only_after_y_and_as_another_request() {
    let mut app = TestApp::live();
    app.press("near<tab>10<tab>10<enter>");
    let (first, _, body) = app.sent().unwrap();
    assert_eq!((&body["onShortage"], &body["productId"]), (&json!("refuse"), &json!(3)));
    let refusal = Refusal::new(Code::Conflict, "short").with("available", 5);
    app.answer(&first, Err(CallError::Refused(refusal)));
    assert!(app.screen(80, 24).contains("Only 5 of 10 are available."));
    app.press("<enter>");
    assert_eq!(app.sent(), None, "Enter means no");
    app.press("<enter>");
    let (second, ..) = app.sent().unwrap();
    let refusal = Refusal::new(Code::Conflict, "short").with("available", 5);
    app.answer(&second, Err(CallError::Refused(refusal)));
    app.press("y");
    let (third, _, body) = app.sent().unwrap();
    assert_eq!(body["onShortage"], "compensate");
    assert!(third != second && second != first, "a refused request is over: what follows is another");
}

#[test]
fn a_request_that_may_have_been_done_cannot_be_edited_into_another() {
    let mut app = TestApp::live();
    app.press("nmac<tab>10<tab>10<enter>");
    let (first, _, body) = app.sent().unwrap();
    app.answer(&first, Err(silent(Context::Order, true)));
    app.press("999<enter>");
    assert_eq!(app.sent().unwrap(), (first, "request", body));
}

#[test]
fn a_refused_request_can_be_corrected() {
    let mut app = TestApp::live();
    app.press("nmac<tab>10<tab>10<tab>17<enter>");
    let (first, ..) = app.sent().unwrap();
    app.answer(&first, Err(refused(Code::Conflict)));
    assert!(app.screen(80, 24).contains("refused: no"));
    app.press("8<enter>");
    let (second, _, body) = app.sent().unwrap();
    assert_eq!(body["orderId"], 178);
    assert_ne!(first, second);
}

#[test]
fn read_only_denies_every_command_but_shows_everything() {
    let mut app = TestApp::live();
    app.receive_delivered(17);
    app.model.settings.is_read_only = true;
    for keys in ["n", "jx", "r", "R"] {
        app.press(keys);
        assert!(app.model.overlay.is_none(), "{keys}");
        assert_eq!(told(&app), "This console is read-only.");
    }
    app.press("<enter>");
    assert!(app.model.opened.is_some());
}

#[test]
fn an_old_picture_denies_what_needs_a_fresh_one() {
    let mut app = TestApp::live();
    app.receive_delivered(17);
    app.press("j");
    app.tell(Msg::Link(LinkState::Down("gone".to_owned())));
    app.press("x");
    assert!(app.model.overlay.is_none());
    assert!(told(&app).contains("wait until it is LIVE"));
}

#[test]
fn when_the_order_under_the_cursor_leaves_the_next_key_is_ignored_once() {
    let mut app = TestApp::live();
    app.receive_delivered(17);
    app.receive_delivered(18);
    app.press("j");
    let cursor = app.model.rentals.cursor().unwrap();
    app.model.rentals.remove(cursor);
    app.press("x");
    assert!(!is_asking(&app.model));
    assert!(told(&app).contains("left the list"), "{}", told(&app));
    app.press("x");
    assert!(is_asking(&app.model));
}

#[test]
fn quitting_is_asked_at_the_root_and_twice_ctrl_c_needs_no_answer() {
    let mut app = TestApp::live();
    app.receive_delivered(17);
    app.press("j<enter>q");
    assert!(app.model.opened.is_none() && app.model.overlay.is_none(), "q goes back first");
    app.press("q<enter>");
    assert!(!app.asked().contains(&Effect::Quit), "Enter means no");
    app.press("qy");
    assert!(app.asked().contains(&Effect::Quit));
    let mut app = TestApp::live();
    app.press("n<ctrl-c>j<ctrl-c>");
    assert!(!app.asked().contains(&Effect::Quit), "another key in between");
    app.press("<ctrl-c>");
    assert!(app.asked().contains(&Effect::Quit));
}

#[test]
fn the_first_picture_is_followed_from_where_it_ends() {
    let mut app = TestApp::started();
    app.tell(Msg::Link(LinkState::Up));
    let epoch = Epoch(0);
    assert!(app.asked().contains(&Effect::Load { epoch, cursor: None }));
    let received = SourcePositions::from([(Context::Order, 5), (Context::Billing, 3)]);
    let page = Page { next: Some(Cursor::behind_order(9, false)), positions: received.clone(), ..Page::default() };
    app.tell(Msg::Page { epoch, is_first: true, answer: Ok(page) });
    assert_eq!(app.asked(), [Effect::Follow { epoch, after: received }]);
}

/// Rows that were loaded long ago are not in the first page that is loaded after a reconnection:
/// what happened to them meanwhile is only in the events.
#[test]
fn after_a_reconnection_no_event_is_skipped() {
    let mut app = TestApp::live();
    app.receive_delivered(17);
    let seen = app.model.link.seen(Context::Order);
    app.tell(Msg::Link(LinkState::Down("connection lost".to_owned())));
    app.tell(Msg::Link(LinkState::Up));
    app.asked();
    let received = Context::DECIDERS.into_iter().map(|context| (context, seen + 1_000)).collect();
    let epoch = app.model.loader.epoch;
    app.tell(Msg::Page { epoch, is_first: true, answer: Ok(Page { positions: received, ..Page::default() }) });
    let asked = app.asked();
    let [Effect::Follow { after, .. }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(after[&Context::Order], seen);
}

#[test]
fn older_rentals_are_loaded_at_the_end_of_the_list_and_where_that_was_survives_a_reconnection() {
    let mut app = TestApp::started();
    app.tell(Msg::Link(LinkState::Up));
    let behind = |order| Some(Cursor::behind_order(order, false));
    let page = |order| Ok(Page { next: behind(order), ..Page::default() });
    app.tell(Msg::Page { epoch: Epoch(0), is_first: true, answer: page(900) });
    app.asked();
    app.press("G");
    let more = |order| Effect::Load { epoch: Epoch(0), cursor: behind(order) };
    assert_eq!(app.asked(), [more(900)]);
    app.press("G");
    assert_eq!(app.asked(), [], "one page at a time");
    app.tell(Msg::Page { epoch: Epoch(0), is_first: false, answer: page(800) });
    app.tell(Msg::Page { epoch: Epoch(0), is_first: true, answer: page(900) });
    app.asked();
    app.press("G");
    assert_eq!(app.asked(), [more(800)]);
}

#[test]
fn without_totalview_events_are_followed_and_rentals_still_taken() {
    let mut app = TestApp::started();
    app.tell(Msg::Link(LinkState::Up));
    app.asked();
    app.tell(Msg::Page { epoch: Epoch(0), is_first: true, answer: Err(silent(Context::Totalview, false)) });
    assert_eq!(app.asked(), [Effect::FollowRecent { epoch: Epoch(0) }]);
    app.tell(Msg::Following { epoch: Epoch(0), after: SourcePositions::new() });
    app.tell(Msg::Beat { tips: Some(SourcePositions::new()), stats: Err(silent(Context::Totalview, false)) });
    assert_eq!(app.model.link.freshness(app.model.now), Freshness::Live);
    assert!(app.screen(80, 24).contains("No answer from totalview"));
    app.receive_delivered(17);
    app.press("jxy");
    assert!(app.sent().is_some());
    app.pass(2_000);
    assert!(app.asked().contains(&Effect::Load { epoch: Epoch(0), cursor: None }), "it is asked again by itself");
}

#[test]
fn a_row_that_begins_late_is_fetched_unless_its_beginning_arrives() {
    let mut app = TestApp::live();
    app.receive(paid(order(17)));
    app.receive(reserved(order(18)));
    app.receive(requested(order(18)));
    app.pass(500);
    assert!(app.asked().iter().filter(|e| matches!(e, Effect::FetchRental(_))).eq([&Effect::FetchRental(order(17))]));
    let row = Row::begin(&recorded(1, requested(order(17)))).unwrap();
    let rental = Rental { rental: row, timeline: Timeline::default(), positions: SourcePositions::new() };
    app.tell(Msg::Rental { order: order(17), answer: Ok(Box::new(rental)) });
    let row = app.model.rentals.get(order(17)).unwrap();
    assert!(row.requested_at.is_some() && row.charged.is_some(), "both halves are there: {row:?}");
}

#[test]
fn a_stream_made_anew_is_read_from_the_start_and_old_answers_are_ignored() {
    let mut app = TestApp::live();
    app.receive_delivered(17);
    let old = app.model.loader.epoch;
    app.asked();
    app.tell(Msg::Seen { epoch: old, seen: vec![Seen::Rewound { source: Context::Order, last: 0 }] });
    assert_eq!(app.model.rentals.len(), 0);
    let new = app.model.loader.epoch;
    assert!(app.asked().contains(&Effect::Load { epoch: new, cursor: None }));
    let late: RecordedEvent = recorded(1, requested(order(17)));
    app.tell(Msg::Seen { epoch: old, seen: vec![Seen::Event(Box::new(late))] });
    assert_eq!(app.model.rentals.len(), 0);
}

#[test]
fn an_idle_console_draws_nothing_but_ages() {
    let mut app = TestApp::live();
    app.model.is_dirty = false;
    for _ in 0..60 {
        app.wait(1_000);
    }
    assert!(!app.model.is_dirty, "an empty list has no ages");
    app.receive_delivered(17);
    app.wait(3_600_000);
    app.model.is_dirty = false;
    app.tell(Msg::Resize { width: 80, height: 24 });
    app.model.is_dirty = false;
    for _ in 0..60 {
        app.wait(1_000);
    }
    assert!(!app.model.is_dirty, "an age in hours does not change within a minute");
}

#[test]
fn live_ends_by_itself_when_the_broker_falls_silent() {
    let mut app = TestApp::live();
    app.model.is_dirty = false;
    app.pass(3_501);
    assert!(app.model.is_dirty);
    assert!(app.screen(80, 24).contains("STALE 3 s"));
    assert!(app.model.wakes_at().is_some_and(|at| at <= after(app.model.now, 1_000)), "the age goes on");
}

#[test]
fn a_timeline_without_totalview_comes_from_the_streams() {
    let mut app = TestApp::live();
    app.receive_delivered(17);
    app.press("j<enter>");
    assert!(app.asked().contains(&Effect::FetchRental(order(17))));
    app.tell(Msg::Rental { order: order(17), answer: Err(silent(Context::Totalview, true)) });
    assert_eq!(app.asked(), [Effect::FetchHistory(order(17))]);
    let recorded_events = (1..).zip(delivered(order(17))).map(|(number, event)| recorded(number, event)).collect();
    app.tell(Msg::History { order: order(17), answer: Ok(recorded_events) });
    let page = app.model.opened.as_ref().unwrap();
    assert_eq!(page.timeline.0.len(), 4, "what was seen live is not there twice");
}

#[test]
fn the_form_asks_inventory_again_when_stock_moves() {
    let mut app = TestApp::live();
    app.press("nmac<tab>10");
    app.asked();
    app.receive(reserved(order(50)));
    app.pass(100);
    assert!(app.asked().iter().any(|effect| matches!(effect, Effect::CheckStock { .. })));
}

#[test]
fn a_command_that_did_not_leave_is_told_as_such() {
    let mut app = TestApp::live();
    app.press("nmac<tab>10<tab>10<enter>");
    let (request_id, ..) = app.sent().unwrap();
    app.answer(&request_id, Err(silent(Context::Order, false)));
    assert_eq!(told(&app), "new rental: not sent: order is not running");
    let Some(Overlay::Form(form)) = &app.model.overlay else { panic!("the form is closed") };
    assert!(matches!(form.phase, Phase::Sent(Stage::Failed(_))));
}

/// Sent again after silence, a request once ended as done, although its order had been cancelled meanwhile.
#[test]
fn a_request_whose_order_is_none_any_more_is_not_told_as_done() {
    let mut app = TestApp::live();
    app.press("nmac<tab>10<tab>10<enter>");
    let (request_id, ..) = app.sent().unwrap();
    app.answer(&request_id, Err(silent(Context::Order, true)));
    app.press("<enter>");
    let (again, ..) = app.sent().unwrap();
    let answer = r#"{"id":7,"orderId":5,"became":{"status":"cancelled","reason":"payment declined"}}"#;
    app.tell(Msg::Answered { request_id: again, answer: Ok(serde_json::from_str(answer).unwrap()) });
    let said = "rental of order 5: asked for before, and now cancelled (payment declined). Nothing new was taken.";
    assert_eq!(told(&app), said);
    let screen = app.screen(120, 40);
    assert!(screen.contains("New rental") && screen.contains("now cancelled (payment"), "{screen}");
    app.press("<enter>");
    assert_ne!(app.sent().unwrap().0, request_id, "what is sent next is another rental");
    let ended = r#"{"id":7,"orderId":5,"became":{"status":"active"}}"#;
    let request_id = app.model.commands.latest().unwrap().request_id.clone();
    app.tell(Msg::Answered { request_id, answer: Ok(serde_json::from_str(ended).unwrap()) });
    assert!(told(&app).contains("accepted"), "{}", told(&app));
}

#[test]
fn signs_of_life_are_asked_for_less_often_while_nothing_happens() {
    let mut app = TestApp::live();
    let beats = |app: &mut TestApp| app.asked().iter().filter(|effect| matches!(effect, Effect::Beat)).count();
    app.pass(1_000);
    assert_eq!(beats(&mut app), 1);
    app.beat();
    app.pass(1_999);
    assert_eq!((beats(&mut app), app.model.link.is_live(app.model.now)), (0, true));
    app.pass(1);
    assert_eq!(beats(&mut app), 1);
    app.beat();
    app.pass(100);
    app.receive(requested(order(1)));
    app.pass(1_000);
    assert_eq!(beats(&mut app), 1, "an event is news again");
}

#[test]
fn a_silence_that_goes_on_is_not_drawn_again() {
    let mut app = TestApp::live();
    let mut is_drawn_after = |silence: bool| {
        app.model.is_dirty = false;
        let answer = if silence { Err(silent(Context::Inventory, false)) } else { Ok(Vec::new()) };
        app.tell(Msg::Products(answer));
        app.model.is_dirty
    };
    assert_eq!([true, true, false, true].map(&mut is_drawn_after), [true, false, true, true]);
}

#[test]
fn ages_are_drawn_again_together_and_in_time() {
    let mut app = TestApp::live();
    for number in 1..8 {
        app.receive(requested(order(number)));
        app.pass(130);
    }
    app.wait(2_500);
    app.model.is_dirty = false;
    let mut drawn = 0;
    for _ in 0..300 {
        app.wait(100);
        drawn += usize::from(std::mem::take(&mut app.model.is_dirty));
    }
    assert_eq!(drawn, 30, "once a second");
    app.wait(60_000);
    app.model.is_dirty = false;
    let mut drawn = 0;
    for _ in 0..600 {
        app.wait(100);
        drawn += usize::from(std::mem::take(&mut app.model.is_dirty));
    }
    assert!((1..=2).contains(&drawn), "{drawn} times a minute");
}
