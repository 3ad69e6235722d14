use super::*;
use crate::testing::*;
use crate::totalview::after_all;

/// Order 42: 10 units of product 2 for 12,000 won, active since second 4, then cancelled never.
fn row() -> Row {
    let events =
        [requested(42, units(10), won(12_000)), reserved(42, units(10)), fee_received(42, won(12_000)), delivered(42)];
    after_all(&happened(events)).unwrap()
}

fn finds_in(row: &Row, typed: &str) -> bool {
    let mut filter = Filter::parse(typed).unwrap();
    filter.learn_products(|word| if "2 macbook".contains(word) { vec![product(PRODUCT)] } else { Vec::new() });
    filter.matches(row, UnixMs(4_000 + 3_601_000))
}

fn finds(typed: &str) -> bool {
    finds_in(&row(), typed)
}

#[test]
fn every_word_must_hold() {
    for typed in [
        "",
        "status=active",
        "status=paid,active qty>2 age<2h !cancelled macbook 42",
        "상태=대여중 수량>=10 경과<2시간 !취소됨",
        "대여중",
        "MacB",
        "product=mac",
        "상품=mac",
        "qty=10 amount=12,000 order<43",
        "status!=paid age>=1h",
        "!ipad",
        "  42  ",
    ] {
        assert!(finds(typed), "{typed:?}");
    }
    for typed in ["status=paid", "qty>10", "age<1h", "!active", "ipad", "41", "active ipad", "amount!=12000"] {
        assert!(!finds(typed), "{typed:?}");
    }
}

#[test]
fn a_row_that_lacks_a_figure_is_found_by_none() {
    let row = after_all(&happened([refunded(42, won(0))])).unwrap();
    for typed in ["qty>=0", "qty!=1", "amount<1", "product=macbook"] {
        assert!(!finds_in(&row, typed), "{typed:?}");
    }
    assert!(finds_in(&row, "!qty>=0"));
}

#[test]
fn a_reason_is_searched_in_any_case_and_however_it_was_typed() {
    let typed: String = "고객이 Mind를 바꿈".nfd().collect();
    let row = after_all(&happened([cancelled_because(42, &typed)])).unwrap();
    assert!(finds_in(&row, "고객이 mind") && finds_in(&row, "MIND를") && !finds_in(&row, "배송"));
}

#[test]
fn decomposed_hangul_means_the_same() {
    assert!(finds(&"상태=대여중".nfd().collect::<String>()));
}

#[test]
fn every_status_is_named_by_its_word() {
    for status in Status::ALL {
        assert_eq!(Filter::parse(status.word()), Filter::parse(&format!("status={}", status.word())));
        let mut asked = Filter::default();
        asked.and_status(status);
        assert_eq!(Filter::parse(status.word()), Ok(asked));
    }
}

#[test]
fn a_mistake_says_where_it_is() {
    for (typed, at, why) in [
        ("qty>x", 5, Why::NeedsNumber),
        ("ipad qty>=", 11, Why::NeedsNumber),
        ("status=gone", 8, Why::NeedsStatus),
        ("status>paid", 7, Why::NeedsEqual),
        ("ipad age<2x", 10, Why::NeedsAge),
        ("age>99999999999999999d", 5, Why::NeedsAge),
        ("상태=없음", 4, Why::NeedsStatus),
        ("colour=red", 1, Why::NeedsName),
        ("a !", 4, Why::NeedsWord),
        ("qty!3", 4, Why::NeedsSign),
    ] {
        assert_eq!(Filter::parse(typed), Err(Mistake { at, why }), "{typed:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_reader(typed in ".{0,60}|[a-z상태수량=<>!:,0-9 ]{0,40}") {
        match Filter::parse(&typed) {
            Ok(filter) => { filter.matches(&row(), UnixMs(u64::MAX)); }
            Err(mistake) => assert!((1..=fold(&typed).chars().count() + 1).contains(&mistake.at), "{mistake}"),
        }
    }
}
