use super::*;
use crate::context::{Projection, RecordedEvent, Request};
use crate::event::Event;
use crate::refusal::Code;
use crate::repository::RepositoryMut;
use crate::repository::memory::MemoryRepository;
use crate::testing::*;
use crate::totalview::TotalView;
use crate::values::OrderId;
use proptest::prelude::*;
use std::collections::{BTreeSet, HashSet};

const LARGEST: u64 = 9_007_199_254_740_991;
const NOW: UnixMs = UnixMs(100_000);

fn receive(rows: &mut MemoryRepository, at: u64, event: Event) {
    let source = event.kind().context();
    TotalView.project(rows, &RecordedEvent { source, number: 1, at: UnixMs(at), cause: None, actor: None, event });
}

fn ask(rows: &MemoryRepository, fields: &Value) -> Result<Page, Refusal> {
    let answer = TotalView.query(rows, Request { endpoint: "list", fields: fields.as_object().unwrap() })?;
    Ok(serde_json::from_value(answer).unwrap())
}

fn ids(page: &Page) -> Vec<u64> {
    page.rentals.iter().map(Row::order).collect()
}

/// Order 3 is cancelled, 2 is paid, 1 is requested: of products 2, 2 and 1.
fn three() -> MemoryRepository {
    let mut rows = MemoryRepository::default();
    receive(&mut rows, 1, registered(1, "IPAD", 100));
    receive(&mut rows, 1, registered(2, "맥북", 100));
    receive(
        &mut rows,
        2,
        Event::RentalRequested { order: order(1), product: product(1), qty: units(3), amount: won(5) },
    );
    receive(&mut rows, 3, requested(2, units(1), won(9)));
    receive(&mut rows, 4, fee_received(2, won(9)));
    receive(&mut rows, 5, cancelled_because(3, "Too Late"));
    rows
}

#[test]
fn rentals_are_listed_newest_first_a_page_at_a_time() {
    let rows = three();
    let page = ask(&rows, &json!({ "limit": 2 })).unwrap();
    assert_eq!((ids(&page), page.matching), (vec![3, 2], Some(3)));
    let page = ask(&rows, &json!({ "limit": 2, "cursor": page.next.unwrap() })).unwrap();
    assert_eq!((ids(&page), page.next, page.matching), (vec![1], None, Some(3)));
    assert_eq!(ids(&ask(&rows, &json!({ "isAscending": true, "limit": 2 })).unwrap()), [1, 2]);
}

#[test]
fn rentals_are_filtered_and_sorted() {
    let rows = three();
    for (fields, expected) in [
        (json!({ "status": "paid" }), vec![2]),
        (json!({ "productId": 1 }), vec![1]),
        (json!({ "productId": 2, "status": "requested" }), vec![]),
        (json!({ "filter": "ipad" }), vec![1]),
        (json!({ "filter": "too late" }), vec![3]),
        (json!({ "filter": "!맥북" }), vec![1]),
        (json!({ "filter": "결제됨,requested" }), vec![2, 1]),
        (json!({ "filter": "age>=95s", "at": 100_004 }), vec![3, 2, 1]),
        (json!({ "filter": "age>100s", "at": 100_004 }), vec![1]),
        (json!({ "sort": "amount" }), vec![2, 1, 3]),
        (json!({ "sort": "qty", "isAscending": true }), vec![3, 2, 1]),
        (json!({ "filter": "order<3", "sort": "status" }), vec![2, 1]),
    ] {
        let page = ask(&rows, &fields).unwrap();
        assert_eq!((ids(&page), page.matching), (expected.clone(), Some(expected.len() as u64)), "{fields}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place_and_the_way_out() {
    let rows = three();
    for (fields, words) in [
        (json!({ "filter": "ipad qty>=" }), "filter, character 11: a number is expected, as in qty>2"),
        (json!({ "filter": "age<2h" }), "needs the present time"),
        (json!({ "filter": "x".repeat(501) }), "at most 500 characters"),
        (json!({ "sort": "colour" }), "sort: unknown variant"),
        (json!({ "cursor": 7 }), "cursor: invalid type"),
        (json!({ "cursor": "7" }), "cursor: \"7\" is no cursor"),
        (json!({ "cursor": "amount.up.7.1" }), "sorted by amount, ascending"),
        (json!({ "limit": "ten" }), "limit: invalid type"),
        (json!({ "status": "happy" }), "status: unknown variant"),
        (json!({ "page": 1 }), "unknown field `page`"),
    ] {
        let refusal = ask(&rows, &fields).unwrap_err();
        assert_eq!(refusal.code, Code::Malformed, "{fields}");
        assert!(refusal.message.contains(words), "{fields}: {}", refusal.message);
    }
}

/// Something that happens to one of a few orders, near ones and far ones.
fn event() -> impl Strategy<Value = (u64, Event)> {
    let id = prop_oneof![1..200_u64, Just(LARGEST), Just(LARGEST - 64), Just(1 << 40), 1..LARGEST];
    let reasons = prop::sample::select(vec!["Too late", "너무 늦음", "broken", "late again"]);
    (0..100_000_u64, id, 0..12_u8, 1..5_u64, 0..3_u64, reasons).prop_map(|(at, id, what, number, price, reason)| {
        let event = match what {
            0..4 => Event::RentalRequested {
                order: order(id),
                product: product(number),
                qty: units(number),
                amount: won(price * 1000),
            },
            4 => fee_received(id, won(price)),
            5 => delivered(id),
            6 => cancelled_because(id, reason),
            7 => cancelled(id),
            8 => short(id),
            9 => ended(id),
            10 => refunded(id, won(price)),
            _ => retrieved(id, at % 2 == 0),
        };
        (at, event)
    })
}

fn history() -> impl Strategy<Value = MemoryRepository> {
    proptest::collection::vec(event(), 0..150).prop_map(|events| {
        let mut rows = MemoryRepository::default();
        for (id, name) in [(1, "IPAD"), (2, "맥북"), (3, "Late phone")] {
            receive(&mut rows, 1, registered(id, name, 1));
        }
        for (at, event) in events {
            receive(&mut rows, at, event);
        }
        rows
    })
}

fn asked() -> impl Strategy<Value = ListRentals> {
    let terms = ["active", "status=paid,requested", "qty>2", "amount<=1000", "!late", "late", "age<50s", "order<100"];
    let terms = prop::sample::select([&terms[..], &["ipad", "너무", "!cancelled", "product=맥", "again"]].concat());
    let filter = proptest::collection::vec(terms, 0..4).prop_map(|terms| terms.join(" "));
    let product = proptest::option::of((1..4_u64).prop_map(product));
    let sort = prop::sample::select(Sort::ALL.to_vec());
    (filter, sort, any::<bool>(), 1..20_u32, product).prop_map(|(filter, sort, is_ascending, limit, product_id)| {
        let limit = Some(limit);
        ListRentals { filter, sort, is_ascending, limit, product_id, at: Some(NOW), ..ListRentals::default() }
    })
}

/// The same by looking at every row.
fn naive(rows: &MemoryRepository, asked: &ListRentals) -> Vec<Row> {
    let mut filter = Filter::parse(&asked.filter).unwrap();
    let names = folded_labels(rows);
    filter.learn_products(|word| names.iter().filter(|(_, name)| name.contains(word)).map(|(id, _)| *id).collect());
    let mut found = Vec::new();
    walk::<Row>(rows, 0, Direction::Up, |_, row| {
        if filter.matches(&row, NOW) && asked.product_id.is_none_or(|product| row.product_id == Some(product)) {
            found.push(row);
        }
        ControlFlow::Continue(())
    });
    found.sort_by_key(|row| (asked.sort.key(row), row.order_id));
    if !asked.is_ascending {
        found.reverse();
    }
    found
}

/// All pages, one after the other; `between` may change the rows before each but the first.
fn pages(
    rows: &mut MemoryRepository,
    asked: &ListRentals,
    mut between: impl FnMut(&mut MemoryRepository),
) -> Vec<Page> {
    let mut asked = asked.clone();
    let mut pages: Vec<Page> = Vec::new();
    loop {
        let page = ask(rows, &json!(asked)).unwrap();
        asked.cursor = page.next;
        pages.push(page);
        if asked.cursor.is_none() {
            return pages;
        }
        between(rows);
    }
}

proptest! {
    #[test]
    fn every_list_is_what_looking_at_every_row_gives((mut rows, asked) in (history(), asked())) {
        let expected = naive(&rows, &asked);
        let pages = pages(&mut rows, &asked, |_| {});
        let limit = asked.limit.unwrap() as usize;
        for (number, page) in pages.iter().enumerate() {
            prop_assert!(page.rentals.len() == limit || number + 1 == pages.len());
            prop_assert!(page.matching.is_none_or(|matching| matching == expected.len() as u64));
        }
        prop_assert_eq!(pages[0].matching, Some(expected.len() as u64));
        let listed: Vec<u64> = pages.iter().flat_map(ids).collect();
        prop_assert_eq!(listed, expected.iter().map(Row::order).collect::<Vec<_>>());
    }

    #[test]
    fn a_row_that_stays_is_listed_once_whatever_moves_between_the_pages(
        (mut rows, asked, later) in (history(), asked(), proptest::collection::vec(event(), 1..40))
    ) {
        let before = naive(&rows, &asked);
        let moved: HashSet<u64> = later.iter().filter_map(|(_, event)| event.order()).map(OrderId::get).collect();
        let mut later = later.into_iter();
        let pages = pages(&mut rows, &asked, |rows| later.by_ref().take(5).for_each(|(at, event)| receive(rows, at, event)));
        let listed: Vec<u64> = pages.iter().flat_map(ids).filter(|order| !moved.contains(order)).collect();
        let stayed: Vec<u64> = before.iter().map(Row::order).filter(|order| !moved.contains(order)).collect();
        prop_assert_eq!(listed, stayed);
    }

    #[test]
    fn rows_older_than_the_catalogue_are_catalogued_when_the_store_is_opened(rows in history()) {
        let mut old = MemoryRepository::default();
        for kind in 1..=4 {
            rows.walk(kind, 0, Direction::Up, &mut |id, row| {
                old.write(kind, id, row.to_vec());
                ControlFlow::Continue(())
            });
        }
        TotalView.migrate(&mut old);
        prop_assert_eq!(old.dump(), rows.dump());
        TotalView.migrate(&mut old);
        prop_assert_eq!(old.dump(), rows.dump());
    }
}

#[test]
fn every_sort_has_its_word() {
    assert_eq!(Sort::ALL.iter().map(|sort| sort.word()).collect::<BTreeSet<_>>().len(), Sort::ALL.len());
    for sort in Sort::ALL {
        assert_eq!(json!(sort), json!(sort.word()));
    }
}
