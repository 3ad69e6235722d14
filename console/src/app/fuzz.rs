//! What people type and what services answer, changed at random: nothing panics.
//!
//! 20,000 cases each, a tenth of that for whole files; `RENTAL_FUZZ_CASES` sets
//! another number, as `scripts/fuzz` does.

use crate::config::{Settings, default_file};
use crate::input::{Action, Scope};
use crate::text::sanitize;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use rental_model::totalview::Row;
use rental_model::totalview::filter::Filter;
use rental_model::{Kind, OrderId, ProductId, Qty, UnixMs, Won};

fn fuzz<S: Strategy>(inputs: &S, program: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    fuzz_each(1, inputs, program);
}

/// One in `every` of the cases: for what takes as many times longer.
fn fuzz_each<S: Strategy>(every: u32, inputs: &S, program: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let cases: u32 = std::env::var("RENTAL_FUZZ_CASES").map_or(20_000, |cases| cases.parse().expect("a number"));
    let cases = (cases / every).max(1);
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
        by_hand: None,
        refund_attempt: 0,
        refund_declined: 0,
        requested_at: None,
        last_event: Kind::RentalRequested,
        last_at: UnixMs(1_587_605_794_000),
        seen: Kind::RentalRequested.bit(),
    }
}

#[test]
fn any_filter_is_read_or_refused_at_a_place_within_it() {
    fuzz(&filter(), |typed| {
        match Filter::parse(&typed) {
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
        let clean = sanitize(&text);
        let is_harmful = |c: char| {
            c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        };
        prop_assert!(!clean.chars().any(is_harmful), "{clean:?}");
        prop_assert!(clean.chars().count() <= 300);
        prop_assert_eq!(sanitize(&clean), clean);
        Ok(())
    });
}

/// The default file with its settings made to count, and some of its lines changed, lost, doubled or moved.
fn settings_file() -> impl Strategy<Value = String> {
    const PIECES: [&str; 24] = [
        "=",
        "[",
        "]",
        "\"",
        "'",
        "#",
        "\n",
        ",",
        "{",
        "}",
        "true",
        "-1",
        "1e999",
        "[[x]]",
        "keys",
        "filters",
        "yes",
        "\"enter\"",
        "[\"x\", \"x\"]",
        "\"ctrl-c\"",
        "\"ㅌ\"",
        "\u{1b}",
        "\"\"\"",
        "\u{feff}",
    ];
    let change =
        (any::<prop::sample::Index>(), 0u8..5, any::<prop::sample::Index>(), prop::sample::select(&PIECES[..]));
    prop::collection::vec(change, 0..12).prop_map(|changes| {
        let text = default_file().replace("\n# ", "\n").replace("\n#", "\n");
        let mut lines: Vec<String> = text.lines().filter(|line| line.contains(['=', '['])).map(str::to_owned).collect();
        for (at, what, other, piece) in changes {
            if lines.is_empty() {
                break;
            }
            let (at, other) = (at.index(lines.len()), other.index(lines.len()));
            match what {
                0 => drop(lines.remove(at)),
                1 => lines.swap(at, other),
                2 => lines.insert(at, lines[other].clone()),
                3 => lines.insert(at, piece.to_owned()),
                _ => {
                    let place = lines[at].char_indices().map(|(place, _)| place).nth(other).unwrap_or(0);
                    lines[at].insert_str(place, piece);
                }
            }
        }
        lines.join("\n")
    })
}

#[test]
fn any_settings_file_leaves_a_console_that_can_be_used_and_names_lines_it_has() {
    fuzz_each(10, &settings_file(), |text| {
        let settings = Settings::of_file(&text);
        for mistake in &settings.mistakes {
            let line = mistake.line().unwrap_or(1);
            prop_assert!((1..=text.lines().count() + 1).contains(&line), "{line}: {mistake}");
            prop_assert!(!mistake.to_string().chars().any(char::is_control), "{mistake}");
        }
        let yes: Vec<_> = settings.keymap.of(Scope::Confirm).filter(|one| one.action == Action::Yes).collect();
        prop_assert!(!yes.is_empty(), "a question can be answered");
        Ok(())
    });
}
