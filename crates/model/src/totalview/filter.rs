//! The filter of the list: `status=active qty>2 age<2h !cancelled ipad 42`.
//!
//! Words are joined by "and"; `!` turns one round. `name=value` compares a
//! field, in English or Korean (`상태=대여중`); any other word is an order id,
//! a status, or part of a product's name or of a reason.
//!
//! What a product is called, and what the reasons say, is not in every row:
//! whoever knows tells the filter before it is applied.

mod parse;
mod words;

pub use parse::{Mistake, Why};

use super::row::Row;
use super::standing::{Standing, Status};
use crate::event::Kind;
use crate::values::{ProductId, UnixMs};
use unicode_normalization::UnicodeNormalization;

/// What a filter asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter(Vec<Term>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    is_not: bool,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Status(Statuses),
    Qty(Compare, u64),
    Amount(Compare, u64),
    Order(Compare, u64),
    /// Milliseconds since the last event.
    Age(Compare, u64),
    ProductId(ProductId),
    Product(Word),
    Word(Word),
}

/// A word to be looked for, in lower case and composed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    text: String,
    /// The products whose name has it in it.
    products: Vec<ProductId>,
    /// The orders whose reason has it in it, by id: for rows without their reason at hand.
    orders: Vec<u64>,
}

/// A set of statuses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Statuses(u16);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// A rental, as far as filters and sorts look at it.
pub trait Listed {
    fn order(&self) -> u64;
    fn standing(&self) -> Standing;
    fn product(&self) -> Option<u64>;
    fn qty(&self) -> Option<u64>;
    fn amount(&self) -> Option<u64>;
    fn last_at(&self) -> UnixMs;
    fn last_event(&self) -> Kind;
    /// Whether its reason has `word` in it.
    fn reason_has(&self, word: &Word) -> bool;
}

impl Filter {
    /// Reads a filter as it was typed.
    pub fn parse(typed: &str) -> Result<Self, Mistake> {
        parse::filter(typed)
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether what it finds changes by time alone.
    pub fn has_age(&self) -> bool {
        self.0.iter().any(|term| matches!(term.test, Test::Age(..)))
    }

    /// Whether it has words that may be part of a product's name.
    pub fn has_words(&self) -> bool {
        self.0.iter().any(|term| matches!(term.test, Test::Word(_) | Test::Product(_)))
    }

    /// Asks for this status too.
    pub fn and_status(&mut self, status: Status) {
        self.0.push(Term { is_not: false, test: Test::Status(Statuses::default().with(status)) });
    }

    /// Asks for this product too.
    pub fn and_product(&mut self, product: ProductId) {
        self.0.push(Term { is_not: false, test: Test::ProductId(product) });
    }

    /// Looks up which products its words mean: those whose name has the word in it, in any case.
    pub fn learn_products(&mut self, mut naming: impl FnMut(&str) -> Vec<ProductId>) {
        for term in &mut self.0 {
            if let Test::Word(word) | Test::Product(word) = &mut term.test {
                word.products = naming(&word.text);
            }
        }
    }

    /// The words that may be part of a reason.
    pub(super) fn words_mut(&mut self) -> impl Iterator<Item = &mut Word> {
        self.0.iter_mut().filter_map(|term| match &mut term.test {
            Test::Word(word) => Some(word),
            _ => None,
        })
    }

    /// Whether `row` is one of those asked for, `now` being the present time.
    pub fn matches(&self, row: &impl Listed, now: UnixMs) -> bool {
        self.0.iter().all(|term| term.test.matches(row, now) != term.is_not)
    }
}

impl Test {
    fn matches(&self, row: &impl Listed, now: UnixMs) -> bool {
        match self {
            Self::Status(wanted) => wanted.has(row.standing().status()),
            Self::Qty(compare, with) => row.qty().is_some_and(|qty| compare.holds(qty, *with)),
            Self::Amount(compare, with) => row.amount().is_some_and(|won| compare.holds(won, *with)),
            Self::Order(compare, with) => compare.holds(row.order(), *with),
            Self::Age(compare, with) => compare.holds(now.0.saturating_sub(row.last_at().0), *with),
            Self::ProductId(product) => row.product() == Some(product.get()),
            Self::Product(word) => word.is_product_of(row),
            Self::Word(word) => word.is_product_of(row) || row.reason_has(word),
        }
    }
}

impl Compare {
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

impl Statuses {
    const ALL: Self = Self((1 << Status::ALL.len()) - 1);

    const fn has(self, status: Status) -> bool {
        self.0 & 1 << status as u16 != 0
    }

    const fn with(self, status: Status) -> Self {
        Self(self.0 | 1 << status as u16)
    }

    const fn others(self) -> Self {
        Self(Self::ALL.0 & !self.0)
    }
}

impl Word {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), products: Vec::new(), orders: Vec::new() }
    }

    /// Whether `folded`, a text made with [`fold`], has it in it.
    pub(super) fn is_in(&self, folded: &str) -> bool {
        folded.contains(&self.text)
    }

    /// Whether it was found in this order's reason.
    pub(super) fn was_found_in(&self, order: u64) -> bool {
        self.orders.binary_search(&order).is_ok()
    }

    /// Notes an order whose reason has it in it. Orders come by id, lowest first.
    pub(super) fn found_in(&mut self, order: u64) {
        self.orders.push(order);
    }

    fn is_product_of(&self, row: &impl Listed) -> bool {
        !self.products.is_empty() && row.product().is_some_and(|id| self.products.iter().any(|p| p.get() == id))
    }
}

/// A text as words are looked for in it: composed, or Hangul from some keyboards is never found, and in lower case.
pub fn fold(text: &str) -> String {
    text.nfc().collect::<String>().to_lowercase()
}

impl Listed for Row {
    fn order(&self) -> u64 {
        self.order_id.get()
    }

    fn standing(&self) -> Standing {
        self.standing()
    }

    fn product(&self) -> Option<u64> {
        self.product_id.map(ProductId::get)
    }

    fn qty(&self) -> Option<u64> {
        self.qty.map(|qty| qty.get().into())
    }

    fn amount(&self) -> Option<u64> {
        self.amount.map(crate::values::Won::get)
    }

    fn last_at(&self) -> UnixMs {
        self.last_at
    }

    fn last_event(&self) -> Kind {
        self.last_event
    }

    fn reason_has(&self, word: &Word) -> bool {
        self.reason.as_ref().is_some_and(|reason| word.is_in(&fold(reason)))
    }
}

#[cfg(test)]
mod tests;
