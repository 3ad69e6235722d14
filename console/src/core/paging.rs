//! Keeping the list whole: what memory lacks is asked of totalview.

use crate::core::commands::is_silent;
use crate::core::filtering;
use crate::core::link::View;
use crate::core::listing::{Reach, Round};
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::timers::{Timer, after};
use rental_bus::CallError;
use rental_model::totalview::{Cursor, Page, Row};

/// How soon a silent totalview is asked for the first picture again.
pub(crate) const AGAIN_MS: u64 = 2_000;

/// Takes rows in from totalview, and the names of their products.
pub(crate) fn join(model: &mut Model, rentals: Vec<Row>) {
    let mut has_learned = false;
    for mut row in rentals {
        if let (Some(product), Some(name)) = (row.product_id, row.product_name.take()) {
            has_learned |= model.product_catalog.learn(product, name);
        }
        model.rentals.join(row, model.now);
    }
    if has_learned {
        filtering::again(model);
    }
}

/// Everything down to here is in memory.
pub(crate) fn set_floor(model: &mut Model, next: Option<Cursor>) {
    let was_whole = model.loader.is_whole();
    model.loader.next = next;
    if model.listing.is_newest() {
        to_newest(model);
    } else if was_whole || !model.loader.has_first {
        // Until now, what the list needs was in memory, or there was nobody to ask.
        changed(model);
    }
}

/// Loads older rentals when the end of those in memory is near.
pub(crate) fn load_more(model: &mut Model) -> Vec<Effect> {
    if !model.listing.is_newest() {
        return load_next(model);
    }
    let Some(cursor) = model.loader.next else { return Vec::new() };
    if model.loader.is_loading || !model.rentals.is_near_end() || !model.link.is_up() {
        return Vec::new();
    }
    model.loader.is_loading = true;
    vec![Effect::Load { epoch: model.loader.epoch, cursor: Some(cursor) }]
}

/// How long typing must rest before totalview is asked: what is in memory is filtered at once.
const REST_MS: u64 = 80;

/// How often a list that changes by time alone is asked for again.
const AGES_MS: u64 = 10_000;

/// The filter has changed, and may go on to.
pub(crate) fn typed(model: &mut Model) {
    relist(model, REST_MS);
}

/// Another list was chosen.
pub(crate) fn changed(model: &mut Model) {
    relist(model, 0);
}

fn relist(model: &mut Model, rest_ms: u64) {
    let sorting = model.rentals.sorting();
    model.listing.begin(model.search.input.value(), sorting, Reach::Newest);
    model.timers.drop(Timer::AskListing);
    if model.listing.is_newest() {
        to_newest(model);
        return;
    }
    model.rentals.bound(None, model.now);
    if !model.loader.is_whole() {
        model.listing.reach = Reach::Asking;
        model.timers.set(Timer::AskListing, after(model.now, rest_ms));
    }
}

/// Back to the newest rentals: what is below the floor is here and there only.
pub(crate) fn to_newest(model: &mut Model) {
    if let Some(next) = model.loader.next {
        model.rentals.forget_below(next.order());
    }
    model.rentals.bound(model.loader.next.map(place), model.now);
}

fn place(cursor: Cursor) -> (u64, u64) {
    (cursor.key(), cursor.order())
}

/// Asks for the list's first page.
pub(crate) fn ask(model: &mut Model) -> Vec<Effect> {
    if model.listing.reach == Reach::Newest || !model.loader.has_first {
        return Vec::new();
    }
    model.listing.is_loading = true;
    let question = model.listing.question(None, model.now);
    vec![Effect::List { round: model.listing.round, question }]
}

/// A page of the list, or none.
pub(crate) fn page(model: &mut Model, round: Round, is_first: bool, answer: Result<Page, CallError>) -> Vec<Effect> {
    if round != model.listing.round {
        return Vec::new();
    }
    model.listing.is_loading = false;
    let page = match answer {
        Ok(page) => page,
        Err(error) => {
            if is_silent(&error) {
                model.link.view = View::Silent;
            }
            if model.listing.reach == Reach::Asking {
                model.listing.reach = Reach::Failed;
            }
            if is_first {
                model.timers.set(Timer::AskListing, after(model.now, AGAIN_MS));
            }
            // The end of the list asks again when it is scrolled to.
            return Vec::new();
        }
    };
    let is_again = is_first && model.listing.reach == Reach::Paged;
    join(model, page.rentals);
    if let Some(matching) = page.matching {
        model.listing.matching = Some(matching);
    }
    // The first page asked for again does not undo how far was scrolled.
    if !is_again {
        model.listing.next = page.next;
        model.listing.reach = Reach::Paged;
        model.rentals.bound(page.next.map(place), model.now);
    }
    if model.link.is_ahead_of(&page.positions) {
        // Totalview has yet to receive what was seen here already, and may no longer be in memory.
        model.timers.set(Timer::AskListing, after(model.now, AGAIN_MS));
    } else if model.rentals.query().has_age() {
        model.timers.set(Timer::AskListing, after(model.now, AGES_MS));
    }
    load_next(model)
}

/// Loads what is further down when the end of what is here is near.
pub(crate) fn load_next(model: &mut Model) -> Vec<Effect> {
    let is_wanted = model.rentals.is_near_end() && model.link.is_up() && model.rentals.waiting().is_none();
    let Some(cursor) = model.listing.next else { return Vec::new() };
    if !is_wanted || model.listing.is_loading || model.rentals.is_full() {
        return Vec::new();
    }
    model.listing.is_loading = true;
    let question = model.listing.question(Some(cursor), model.now);
    vec![Effect::List { round: model.listing.round, question }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::msg::Msg;
    use crate::testing::{TestApp, cancelled, order, paid, product, recorded, requested};
    use proptest::prelude::*;
    use rental_bus::LinkState;
    use rental_model::repository::memory::MemoryRepository;
    use rental_model::totalview::filter::Filter;
    use rental_model::totalview::{ListRentals, Row, TotalView};
    use rental_model::{Context, Event, ProductId, Projection, Qty, Request};

    /// How many rentals a page of the test's totalview holds.
    const PAGE: u32 = 7;

    /// A real totalview, in memory, with orders 1 to `count`.
    fn shop(count: u64) -> MemoryRepository {
        let mut rows = MemoryRepository::default();
        let product = ProductId::new(2).unwrap();
        TotalView.project(
            &mut rows,
            &recorded(1, Event::ProductRegistered { product, name: "MACBOOK".to_owned(), qty: 90 }),
        );
        let mut number = 0;
        for id in 1..=count {
            let mut events = vec![request(id)];
            events.extend((id % 3 != 0).then(|| paid(order(id))));
            events.extend((id % 5 == 0).then(|| cancelled(order(id))));
            for event in events {
                number += 1;
                TotalView.project(&mut rows, &recorded(number, event));
            }
        }
        rows
    }

    fn request(id: u64) -> Event {
        let mut event = requested(order(id));
        if let Event::RentalRequested { qty, .. } = &mut event {
            *qty = Qty::new(1 + id * 7 % 11).unwrap();
        }
        event
    }

    fn answer(rows: &MemoryRepository, question: ListRentals) -> Page {
        let fields = serde_json::to_value(ListRentals { limit: Some(PAGE), ..question }).unwrap();
        let request = Request { endpoint: "list", fields: fields.as_object().unwrap() };
        serde_json::from_value(TotalView.query(rows, request).unwrap()).unwrap()
    }

    /// Answers whatever the console asks until it asks for nothing more.
    fn serve(app: &mut TestApp, rows: &MemoryRepository) {
        loop {
            let before = app.model.rentals.held();
            let mut has_asked = false;
            for effect in app.asked() {
                match effect {
                    Effect::Load { epoch, cursor } => {
                        let page = answer(rows, ListRentals { cursor, ..ListRentals::default() });
                        app.tell(Msg::Page { epoch, is_first: cursor.is_none(), answer: Ok(page) });
                        has_asked = true;
                    }
                    Effect::List { round, question } => {
                        let is_first = question.cursor.is_none();
                        app.tell(Msg::Listed { round, is_first, answer: Ok(answer(rows, question)) });
                        has_asked = true;
                    }
                    _ => {}
                }
            }
            if !has_asked {
                assert!(app.model.rentals.held() >= before);
                return;
            }
        }
    }

    fn opened(rows: &MemoryRepository) -> TestApp {
        let mut app = TestApp::started();
        app.tell(Msg::Products(Ok(vec![product(2, "MACBOOK", 90)])));
        app.tell(Msg::Link(LinkState::Up));
        serve(&mut app, rows);
        let request = Request { endpoint: "stats", fields: &rental_model::Command::new() };
        let stats = serde_json::from_value(TotalView.query(rows, request).unwrap()).unwrap();
        app.tell(Msg::Beat { tips: None, stats: Ok(stats) });
        app.screen(80, 12);
        app
    }

    fn listed(app: &TestApp) -> Vec<u64> {
        app.model.rentals.rows().map(|row| row.order_id.get()).collect()
    }

    /// The whole list, by looking at every row there is.
    fn naive(rows: &MemoryRepository, app: &TestApp) -> Vec<u64> {
        let mut filter = Filter::parse(app.model.search.input.value()).unwrap();
        filter.learn_products(|word| app.model.product_catalog.naming(word));
        let sorting = app.model.rentals.sorting();
        let mut found = Vec::new();
        rental_model::repository::walk::<Row>(rows, 0, rental_model::repository::Direction::Up, |id, row| {
            if filter.matches(&row, app.model.now) {
                found.push((sorting.column.sort().key(&row), id));
            }
            std::ops::ControlFlow::Continue(())
        });
        found.sort_unstable();
        if !sorting.is_reversed() {
            found.reverse();
        }
        found.into_iter().map(|(_, id)| id).collect()
    }

    #[test]
    fn an_old_order_is_found_that_was_never_in_memory() {
        let rows = shop(300);
        let mut app = opened(&rows);
        assert!(app.model.rentals.get(order(3)).is_none());
        app.press("/3");
        assert!(app.screen(80, 24).contains("Searching the older ones too"), "{}", app.screen(80, 24));
        app.pass(100);
        serve(&mut app, &rows);
        assert_eq!(listed(&app), [3]);
        assert!(app.screen(80, 24).contains("1 of 300"), "{}", app.screen(80, 24));
    }

    #[test]
    fn another_sorting_has_no_gap_and_grows_when_scrolled() {
        let rows = shop(300);
        let mut app = opened(&rows);
        app.press("s");
        app.press("jjj<enter>");
        app.pass(100);
        serve(&mut app, &rows);
        let whole = naive(&rows, &app);
        let first = listed(&app);
        assert!(first.len() < 60, "not all of it is here: {}", first.len());
        assert_eq!(first, whole[..first.len()]);
        for _ in 0..60 {
            app.press("G");
            serve(&mut app, &rows);
        }
        assert_eq!(listed(&app), whole);
        app.press("S");
        app.pass(100);
        serve(&mut app, &rows);
        let turned = listed(&app);
        assert_eq!(turned, naive(&rows, &app)[..turned.len()]);
    }

    #[test]
    fn another_sorting_is_asked_for_at_once_and_said_to_be_under_way() {
        let rows = shop(300);
        let mut app = opened(&rows);
        app.asked();
        app.press("sjjj<enter>");
        assert!(app.screen(80, 24).contains(" loading "), "{}", app.screen(80, 24));
        app.pass(0);
        let asked = app.asked();
        assert!(asked.iter().any(|effect| matches!(effect, Effect::List { .. })), "{asked:?}");
        serve(&mut app, &rows);
        app.press("/2");
        app.pass(0);
        assert_eq!(app.asked(), [], "a filter may be typed on");
    }

    #[test]
    fn back_at_the_newest_nothing_of_other_lists_is_left_over() {
        let rows = shop(300);
        let mut app = opened(&rows);
        let before = listed(&app);
        app.press("/cancelling<enter>");
        app.pass(100);
        serve(&mut app, &rows);
        app.press("G<esc>");
        serve(&mut app, &rows);
        assert_eq!(listed(&app)[..before.len()], before);
        assert_eq!(listed(&app), naive(&rows, &app)[..listed(&app).len()]);
    }

    #[test]
    fn what_is_exported_of_a_longer_list_says_how_much_is_left_out() {
        let rows = shop(300);
        let mut app = opened(&rows);
        app.press("/qty>0<enter>");
        app.pass(100);
        serve(&mut app, &rows);
        app.press("e");
        let Some(Effect::Save { file, content }) = app.asked().pop() else { panic!("nothing was written") };
        let written = content.lines().count() - 1;
        app.tell(Msg::Saved { file, answer: Ok(()) });
        let screen = app.screen(200, 24);
        assert!(
            screen.contains(&format!("{written} of 300 written")) && screen.contains("--filter 'qty>0'"),
            "{screen}"
        );
    }

    #[test]
    fn a_late_answer_to_an_earlier_filter_changes_nothing() {
        let rows = shop(300);
        let mut app = opened(&rows);
        app.press("/3");
        app.pass(100);
        let asked = app.asked();
        app.press("0");
        let Some(Effect::List { round, question }) = asked.into_iter().next() else { panic!("nothing was asked") };
        app.tell(Msg::Listed { round, is_first: true, answer: Ok(answer(&rows, question)) });
        assert_eq!(app.model.listing.reach, Reach::Asking, "30 is still being asked for");
        app.pass(100);
        serve(&mut app, &rows);
        assert_eq!(listed(&app), [30]);
    }

    #[test]
    fn without_totalview_what_is_in_memory_is_searched_and_said_so() {
        let rows = shop(300);
        let mut app = opened(&rows);
        app.press("/cancelling");
        app.pass(100);
        let why = CallError::Silent { context: Context::Totalview, why: rental_bus::Silence::NotRunning };
        for effect in app.asked() {
            if let Effect::List { round, .. } = effect {
                app.tell(Msg::Listed { round, is_first: true, answer: Err(why.clone()) });
            }
        }
        let screen = app.screen(80, 24);
        assert!(screen.contains("Only in memory: totalView is silent"), "{screen}");
        assert!(!listed(&app).is_empty());
        app.pass(3_000);
        serve(&mut app, &rows);
        assert_eq!(listed(&app), naive(&rows, &app)[..listed(&app).len()], "it is asked again by itself");
    }

    proptest! {
        /// Whatever is typed, sorted, scrolled and received: the list is the beginning of the whole list.
        #[test]
        fn nothing_is_ever_missing_in_the_middle(
            steps in prop::collection::vec((0u8..8, 1u64..200), 1..25),
        ) {
            let mut rows = shop(120);
            let mut app = opened(&rows);
            let (mut number, mut newest) = (1_000, 120);
            let mut gone = std::collections::BTreeSet::new();
            for (step, by) in steps {
                match step {
                    0 => app.press("<esc><esc>/status=cancelling<enter>"),
                    1 => app.press("<esc><esc>/qty>5 macb<enter>"),
                    2 => app.press("<esc><esc>"),
                    3 => app.press("S"),
                    4 => {
                        app.press("sg");
                        app.press(&"j".repeat(usize::try_from(by % 9).unwrap()));
                        app.press("<enter>");
                    }
                    5 => app.press("G"),
                    _ => {
                        let event = if step == 6 {
                            newest += 1;
                            request(newest)
                        } else {
                            let id = 1 + by % newest;
                            // Each event happens once to an order.
                            if id % 5 == 0 || !gone.insert(id) {
                                continue;
                            }
                            cancelled(order(id))
                        };
                        number += 1;
                        TotalView.project(&mut rows, &recorded(number, event.clone()));
                        app.tell(Msg::Seen {
                            epoch: app.model.loader.epoch,
                            seen: vec![rental_bus::tail::Seen::Event(Box::new(recorded(number, event)))],
                        });
                    }
                }
                app.pass(700);
                for effect in app.effects.clone() {
                    if let Effect::FetchRental(wanted) = effect {
                        let fields = serde_json::json!({ "orderId": wanted });
                        let request = Request { endpoint: "get", fields: fields.as_object().unwrap() };
                        let rental = serde_json::from_value(TotalView.query(&rows, request).unwrap()).unwrap();
                        app.tell(Msg::Rental { order: wanted, answer: Ok(Box::new(rental)) });
                    }
                }
                serve(&mut app, &rows);
                let (listed, whole) = (listed(&app), naive(&rows, &app));
                prop_assert_eq!(&listed[..], &whole[..listed.len().min(whole.len())], "after step {}: {:?}", step, app.model.listing);
                prop_assert!(!listed.is_empty() || whole.is_empty());
            }
        }
    }
}
