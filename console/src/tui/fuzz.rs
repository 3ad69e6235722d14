//! What people type and what services answer, changed at random: nothing panics.
//!
//! 20,000 cases each; `RENTAL_FUZZ_CASES` sets another number, as `scripts/fuzz`
//! does. A decoder of the console that comes to be, of its settings file say,
//! has its place here.

use super::query::Query;
use crate::text::harmless;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use rental_model::totalview::Row;
use rental_model::{Kind, OrderId, ProductId, Qty, UnixMs, Won};

fn fuzz<S: Strategy>(inputs: &S, program: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let cases = std::env::var("RENTAL_FUZZ_CASES").map_or(20_000, |cases| cases.parse().expect("a number"));
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    if let Err(failure) = TestRunner::new(config).run(inputs, program) {
        panic!("{failure}");
    }
}

/// Pieces that mean something in a filter, and others, in any order.
fn filter() -> impl Strategy<Value = String> {
    const PIECES: [&str; 40] = [
        "status",
        "상태",
        "qty",
        "수량",
        "amount",
        "order",
        "age",
        "product",
        "=",
        ":",
        "!=",
        ">=",
        "<=",
        ">",
        "<",
        "!",
        "!!",
        " ",
        "  ",
        ",",
        "active",
        "대여중",
        "cancelled",
        "ipad",
        "2",
        "0",
        "99999999999999999999",
        "-1",
        "1.5",
        "2h",
        "30m",
        "1d",
        "9999999999999999d",
        "h",
        "\u{1112}\u{1161}\u{11ab}",
        "\u{1b}",
        "İ",
        "ß",
        "\t",
        "＝",
    ];
    let piece = prop_oneof![4 => proptest::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => "\\PC{0,4}"];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn row() -> Row {
    Row {
        order_id: OrderId::new(42).unwrap(),
        product_id: ProductId::new(1).ok(),
        product_name: None,
        qty: Qty::new(3).ok(),
        amount: Won::new(10).ok(),
        charged: None,
        refunded: None,
        reason: Some("damaged".to_owned()),
        was_dispatched: false,
        requested_at: None,
        last_event: Kind::RentalRequested,
        last_at: UnixMs(1_587_605_794_000),
        seen: Kind::RentalRequested.bit(),
    }
}

#[test]
fn any_filter_is_read_or_refused_at_a_place_within_it() {
    fuzz(&filter(), |typed| {
        match Query::parse(&typed) {
            Ok(query) => drop(query.matches(&row(), UnixMs(0)) || query.matches(&row(), UnixMs(u64::MAX))),
            // Composing and lower case may make a text longer, up to three times.
            Err(mistake) => prop_assert!((1..=3 * typed.chars().count() + 1).contains(&mistake.at), "{}", mistake.at),
        }
        Ok(())
    });
}

/// Any characters at all, the dangerous ones more often.
fn text() -> impl Strategy<Value = String> {
    let danger = "[\u{0}-\u{1f}\u{7f}-\u{9f}\u{ad}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}-\u{206f}\u{fe00}-\u{fe0f}\u{e0000}-\u{e007f}]";
    let piece = prop_oneof![danger.prop_map(|text: String| text), any::<char>().prop_map(String::from), "\\PC{0,9}"];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

#[test]
fn harmless_text_has_nothing_a_terminal_acts_on_and_stays_as_it_is() {
    fuzz(&text(), |text| {
        let clean = harmless(&text);
        let is_harmful = |c: char| {
            c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        };
        prop_assert!(!clean.chars().any(is_harmful), "{clean:?}");
        prop_assert!(clean.chars().count() <= 300);
        prop_assert_eq!(harmless(&clean), clean);
        Ok(())
    });
}
