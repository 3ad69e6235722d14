//! The filter of the list: `status=active qty>2 age<2h !cancelled ipad 42`.
//!
//! Words are joined by "and"; `!` turns one round. `name=value` compares a
//! field, in English or Korean (`상태=대여중`); any other word is an order id,
//! a status, or part of a product's name or of a reason.

use super::i18n::{Language, Saying, Text};
use super::shelf::Shelf;
use rental_model::totalview::{Row, Status};
use rental_model::{ProductId, UnixMs};
use unicode_normalization::UnicodeNormalization;

/// What a filter asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<Term>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    is_not: bool,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Status(Vec<Status>),
    Qty(Compare, u64),
    Amount(Compare, u64),
    Order(Compare, u64),
    /// Milliseconds since the last event.
    Age(Compare, u64),
    Product(Word),
    Word(Word),
}

/// A word, and the products whose name has it in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    text: String,
    products: Vec<ProductId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// Why a filter cannot be read, and where: the number of the character, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) at: usize,
    why: Text,
}

impl Mistake {
    pub(crate) fn saying(&self) -> Saying {
        Text::FilterMistake.with("at", self.at).with("why", self.why)
    }
}

impl Compare {
    const ALL: [(&'static str, Self); 7] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("!=", Self::NotEqual),
        ("=", Self::Equal),
        (":", Self::Equal),
        (">", Self::More),
        ("<", Self::Less),
    ];

    const fn holds(self, value: u64, with: u64) -> bool {
        match self {
            Self::Equal => value == with,
            Self::NotEqual => value != with,
            Self::Less => value < with,
            Self::AtMost => value <= with,
            Self::More => value > with,
            Self::AtLeast => value >= with,
        }
    }
}

impl Query {
    /// Reads a filter as it was typed.
    pub(crate) fn parse(typed: &str) -> Result<Self, Mistake> {
        let mut terms = Vec::new();
        let mut at = 0;
        // Composed, or Hangul from some keyboards is never found.
        for word in typed.nfc().collect::<String>().to_lowercase().split(' ') {
            if !word.is_empty() {
                terms.push(term(word).map_err(|(within, why)| Mistake { at: at + within + 1, why })?);
            }
            at += word.chars().count() + 1;
        }
        Ok(Self(terms))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether what it finds changes by time alone.
    pub(crate) fn has_age(&self) -> bool {
        self.0.iter().any(|term| matches!(term.test, Test::Age(..)))
    }

    /// Looks up which products the words mean.
    pub(crate) fn learn(&mut self, products: &Shelf) {
        for term in &mut self.0 {
            if let Test::Word(word) | Test::Product(word) = &mut term.test {
                word.products = products.naming(&word.text);
            }
        }
    }

    pub(crate) fn matches(&self, row: &Row, now: UnixMs) -> bool {
        self.0.iter().all(|term| term.test.matches(row, now) != term.is_not)
    }
}

impl Test {
    fn matches(&self, row: &Row, now: UnixMs) -> bool {
        match self {
            Self::Status(wanted) => wanted.contains(&row.status()),
            Self::Qty(compare, with) => row.qty.is_some_and(|qty| compare.holds(qty.get().into(), *with)),
            Self::Amount(compare, with) => row.amount.is_some_and(|won| compare.holds(won.get(), *with)),
            Self::Order(compare, with) => compare.holds(row.order_id.get(), *with),
            Self::Age(compare, with) => compare.holds(now.0.saturating_sub(row.last_at.0), *with),
            Self::Product(word) => word.is_product_of(row),
            Self::Word(word) => {
                word.is_product_of(row)
                    || row.reason.as_ref().is_some_and(|why| why.to_lowercase().contains(&word.text))
            }
        }
    }
}

impl Word {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), products: Vec::new() }
    }

    fn is_product_of(&self, row: &Row) -> bool {
        row.product_id.is_some_and(|id| self.products.contains(&id))
    }
}

/// Reads one word; fails with where in it, and why.
fn term(word: &str) -> Result<Term, (usize, Text)> {
    let (is_not, rest) = match word.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    let skipped = usize::from(is_not);
    if rest.is_empty() {
        return Err((skipped, Text::FilterNeedsWord));
    }
    let test = test(rest).map_err(|(at, why)| (at + skipped, why))?;
    Ok(Term { is_not, test })
}

fn test(word: &str) -> Result<Test, (usize, Text)> {
    let Some(sign_at) = word.find(['=', ':', '<', '>', '!']) else { return Ok(bare(word)) };
    let (name, rest) = word.split_at(sign_at);
    let signs = Compare::ALL.into_iter().find_map(|(sign, compare)| Some((compare, rest.strip_prefix(sign)?)));
    let behind_name = name.chars().count();
    let Some((compare, value)) = signs else { return Err((behind_name, Text::FilterNeedsSign)) };
    let value_at = behind_name + rest.chars().count() - value.chars().count();
    let number = || value.replace(',', "").parse().map_err(|_| (value_at, Text::FilterNeedsNumber));
    match name {
        "status" | "상태" if matches!(compare, Compare::Equal | Compare::NotEqual) => {
            let wanted = statuses(value).ok_or((value_at, Text::FilterNeedsStatus))?;
            let others = || Status::ALL.into_iter().filter(|status| !wanted.contains(status)).collect();
            Ok(Test::Status(if compare == Compare::Equal { wanted.clone() } else { others() }))
        }
        "qty" | "수량" => Ok(Test::Qty(compare, number()?)),
        "amount" | "fee" | "금액" | "요금" => Ok(Test::Amount(compare, number()?)),
        "order" | "주문" => Ok(Test::Order(compare, number()?)),
        "age" | "경과" => Ok(Test::Age(compare, lasting(value).ok_or((value_at, Text::FilterNeedsAge))?)),
        "product" | "상품" if compare == Compare::Equal && !value.is_empty() => Ok(Test::Product(Word::new(value))),
        "status" | "상태" | "product" | "상품" => Err((behind_name, Text::FilterNeedsEqual)),
        _ => Err((0, Text::FilterNeedsName)),
    }
}

/// A word of its own: an order id, a status, or part of a name.
fn bare(word: &str) -> Test {
    if let Ok(number) = word.parse() {
        return Test::Order(Compare::Equal, number);
    }
    statuses(word).map_or_else(|| Test::Word(Word::new(word)), Test::Status)
}

/// The statuses of a list like `active,paid`, by their words on the wire and on the screen.
fn statuses(words: &str) -> Option<Vec<Status>> {
    let named = |status: &Status, word: &str| {
        let shown = [Language::English, Language::Korean].map(|language| language.text(Text::from(*status)));
        // `대여 중` is two words on the screen and one in a filter.
        status.word().eq_ignore_ascii_case(word) || shown.iter().any(|shown| shown.replace(' ', "") == word)
    };
    words.split(',').map(|word| Status::ALL.into_iter().find(|status| named(status, word))).collect()
}

/// `90s`, `2h`, `3일` in milliseconds.
fn lasting(value: &str) -> Option<u64> {
    let unit_at = value.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = value.split_at(unit_at);
    let seconds = match unit {
        "s" | "초" => 1,
        "m" | "min" | "분" => 60,
        "h" | "시간" => 3_600,
        "d" | "일" => 86_400,
        _ => return None,
    };
    count.parse::<u64>().ok()?.checked_mul(seconds * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::{NOON, delivered, fact, order, product};

    /// Order 42: 10 of MACBOOK for 12,000 won, active since just after noon.
    fn row() -> Row {
        let facts: Vec<_> = delivered(order(42)).into_iter().map(|event| fact(1, event)).collect();
        let mut row = Row::begin(&facts[0]).unwrap();
        for fact in &facts[1..] {
            row.note(fact);
        }
        row
    }

    fn finds(typed: &str) -> bool {
        let mut shelf = Shelf::default();
        shelf.fill(vec![product(1, "IPAD", 1), product(2, "MACBOOK", 1)], NOON);
        let mut query = Query::parse(typed).unwrap();
        query.learn(&shelf);
        query.matches(&row(), UnixMs(NOON.0 + 3_601_000))
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
    fn decomposed_hangul_means_the_same() {
        let typed: String = "상태=대여중".nfd().collect();
        assert!(finds(&typed));
    }

    #[test]
    fn a_mistake_says_where_it_is() {
        for (typed, at, why) in [
            ("qty>x", 5, Text::FilterNeedsNumber),
            ("ipad qty>=", 11, Text::FilterNeedsNumber),
            ("status=gone", 8, Text::FilterNeedsStatus),
            ("status>paid", 7, Text::FilterNeedsEqual),
            ("ipad age<2x", 10, Text::FilterNeedsAge),
            ("상태=없음", 4, Text::FilterNeedsStatus),
            ("colour=red", 1, Text::FilterNeedsName),
            ("a !", 4, Text::FilterNeedsWord),
            ("qty!3", 4, Text::FilterNeedsSign),
        ] {
            assert_eq!(Query::parse(typed), Err(Mistake { at, why }), "{typed:?}");
        }
    }
}
