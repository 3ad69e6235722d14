//! `rental.totalview.list`: a page of the rentals a filter finds, in some order.

use super::filter::{Filter, Listed, fold};
use super::row::Row;
use super::standing::Status;
use super::{Counts, Name, SourcePositions, catalogue, positions};
use crate::refusal::Refusal;
use crate::repository::{Direction, Repository, load, walk};
use crate::values::{ProductId, UnixMs};
use cursor::Place;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::ControlFlow;

mod cursor;

pub use cursor::Cursor;

/// The longest filter that is read.
const LONGEST_FILTER: usize = 500;

/// Which rentals, in which order, and from where on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ListRentals {
    /// Such as `status=active qty>2 ipad`: see [`Filter`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filter: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    #[serde(skip_serializing_if = "Sort::is_default")]
    pub sort: Sort,
    /// Lowest first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_ascending: bool,
    /// At most this many, 1 to 1000; 100 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// `next` of the page before, which was asked for with the same filter, sort and direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// The present time, for a filter with an age.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<UnixMs>,
}

/// A page of rentals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub rentals: Vec<Row>,
    /// Where the next page begins; none after the last.
    pub next: Option<Cursor>,
    /// How many rentals there are on all pages; none if they were not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matching: Option<u64>,
    /// The rows hold exactly the events up to here.
    #[serde(rename = "heard")]
    pub positions: SourcePositions,
}

/// What rentals are sorted by. Order ids decide between equals, in the same direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Sort {
    #[default]
    Order,
    /// How far it has come.
    Status,
    /// By product id.
    Product,
    Qty,
    Amount,
    Payment,
    Delivery,
    /// By the time of the last event.
    Age,
    /// By the last event's place in the saga.
    Event,
}

impl Sort {
    pub const ALL: [Self; 9] = [
        Self::Order,
        Self::Status,
        Self::Product,
        Self::Qty,
        Self::Amount,
        Self::Payment,
        Self::Delivery,
        Self::Age,
        Self::Event,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Status => "status",
            Self::Product => "product",
            Self::Qty => "qty",
            Self::Amount => "amount",
            Self::Payment => "payment",
            Self::Delivery => "delivery",
            Self::Age => "age",
            Self::Event => "event",
        }
    }

    /// Where a rental stands in this sorting, the order id aside: what it lacks counts as 0.
    pub fn key(self, row: &impl Listed) -> u64 {
        match self {
            Self::Order => 0,
            Self::Status => row.standing().status() as u64,
            Self::Product => row.product().unwrap_or(0),
            Self::Qty => row.qty().unwrap_or(0),
            Self::Amount => row.amount().unwrap_or(0),
            Self::Payment => row.standing().payment() as u64,
            Self::Delivery => row.standing().delivery() as u64,
            Self::Age => row.last_at().0,
            Self::Event => row.last_event() as u64,
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl std::str::FromStr for Sort {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|sort| sort.word() == word).ok_or_else(|| format!("{word:?} is no sort"))
    }
}

/// Answers with a page.
pub(super) fn list(rows: &dyn Repository, asked: &ListRentals) -> Result<Value, Refusal> {
    let plan = Plan::new(rows, asked)?;
    let found = plan.find(rows);
    let mut names = BTreeMap::new();
    let shown: Vec<Value> = found.rentals.into_iter().map(|row| named(rows, &mut names, row).show()).collect();
    let mut page = json!({ "rentals": shown, "next": found.next, "heard": positions(rows) });
    if let Some(matching) = found.matching {
        page["matching"] = json!(matching);
    }
    Ok(page)
}

/// What was asked for, ready to be looked up.
struct Plan {
    filter: Filter,
    now: UnixMs,
    sort: Sort,
    direction: Direction,
    limit: usize,
    behind: Option<Place>,
}

struct Found {
    rentals: Vec<Row>,
    next: Option<Cursor>,
    matching: Option<u64>,
}

impl Plan {
    fn new(rows: &dyn Repository, asked: &ListRentals) -> Result<Self, Refusal> {
        let mut filter = read_filter(&asked.filter, asked.at)?;
        if let Some(status) = asked.status {
            filter.and_status(status);
        }
        if let Some(product) = asked.product_id {
            filter.and_product(product);
        }
        let names = if filter.has_words() { folded_labels(rows) } else { Vec::new() };
        filter.learn_products(|word| {
            names.iter().filter(|(_, label)| label.contains(word)).map(|(product, _)| *product).collect()
        });
        catalogue::learn_reasons(rows, &mut filter);
        let direction = if asked.is_ascending { Direction::Up } else { Direction::Down };
        let behind = match asked.cursor {
            None => None,
            Some(cursor) => Some(cursor.place(asked.sort, direction).map_err(Refusal::malformed)?),
        };
        let limit = asked.limit.unwrap_or(100).clamp(1, 1000) as usize;
        Ok(Self { filter, now: asked.at.unwrap_or_default(), sort: asked.sort, direction, limit, behind })
    }

    fn find(&self, rows: &dyn Repository) -> Found {
        if self.filter.is_empty() && self.sort == Sort::Order { self.walk(rows) } else { self.scan(rows) }
    }

    /// The rows as they lie: nothing is looked at but the page.
    fn walk(&self, rows: &dyn Repository) -> Found {
        let mut rentals = Vec::new();
        let mut is_more = false;
        walk::<Row>(rows, self.begin(), self.direction, |order, row| {
            if self.behind.is_some_and(|behind| order == behind.order) {
                return ControlFlow::Continue(());
            }
            if rentals.len() == self.limit {
                is_more = true;
                return ControlFlow::Break(());
            }
            rentals.push(row);
            ControlFlow::Continue(())
        });
        let last = rentals.last().filter(|_| is_more);
        let next = last.map(|row| Cursor::new(self.sort, self.direction, Place { key: 0, order: row.order() }));
        let matching = Some(load::<Counts>(rows, 0).unwrap_or_default().0.values().sum());
        Found { rentals, next, matching }
    }

    /// The best of the catalogue.
    ///
    /// Every page counts all that match, unless the answer can end early: when
    /// the list is by order id and this is not its first page.
    fn scan(&self, rows: &dyn Repository) -> Found {
        let ends_early = self.sort == Sort::Order && self.behind.is_some();
        let begin = if ends_early { self.begin() } else { self.direction.start() };
        let mut best = Best::new(self.limit);
        let mut matching = 0;
        catalogue::scan(rows, begin, self.direction, |line| {
            if !self.filter.matches(&line, self.now) {
                return ControlFlow::Continue(());
            }
            matching += 1;
            let place = Place { key: self.sort.key(&line), order: line.order() };
            if self.behind.is_none_or(|behind| behind.is_before(place, self.direction)) {
                best.offer(place.rank(self.direction));
            }
            if ends_early && best.is_more { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let (places, is_more) = best.places(self.direction);
        let last = places.last().filter(|_| is_more);
        let next = last.map(|place| Cursor::new(self.sort, self.direction, *place));
        let rentals = places.iter().filter_map(|place| load(rows, place.order)).collect();
        Found { rentals, next, matching: (!ends_early).then_some(matching) }
    }

    /// Where to begin when the list is by order id.
    fn begin(&self) -> u64 {
        self.behind.map_or(self.direction.start(), |behind| behind.order)
    }
}

/// The best places seen so far, as ranks: the lowest is the best.
struct Best {
    limit: usize,
    /// The worst on top.
    ranks: BinaryHeap<Place>,
    /// More were offered than are kept.
    is_more: bool,
}

impl Best {
    fn new(limit: usize) -> Self {
        Self { limit, ranks: BinaryHeap::with_capacity(limit), is_more: false }
    }

    fn offer(&mut self, rank: Place) {
        if self.ranks.len() < self.limit {
            self.ranks.push(rank);
            return;
        }
        self.is_more = true;
        if let Some(mut worst) = self.ranks.peek_mut()
            && rank < *worst
        {
            *worst = rank;
        }
    }

    /// The best first, and whether there were more.
    fn places(self, direction: Direction) -> (Vec<Place>, bool) {
        // Turned round twice, a rank is its place again.
        (self.ranks.into_sorted_vec().into_iter().map(|rank| rank.rank(direction)).collect(), self.is_more)
    }
}

fn read_filter(typed: &str, at: Option<UnixMs>) -> Result<Filter, Refusal> {
    if typed.chars().count() > LONGEST_FILTER {
        return Err(Refusal::malformed(format!("filter: at most {LONGEST_FILTER} characters are read")));
    }
    let filter = Filter::parse(typed)
        .map_err(|mistake| Refusal::malformed(mistake.to_string()).with("character", mistake.at as u64))?;
    if filter.has_age() && at.is_none() {
        let sentence = "filter: an age needs the present time; send it as \"at\", in milliseconds since 1970";
        return Err(Refusal::malformed(sentence));
    }
    Ok(filter)
}

/// Every product as the desk writes it, `2 MACBOOK`, as words are looked for in it.
fn folded_labels(rows: &dyn Repository) -> Vec<(ProductId, String)> {
    let mut labels = Vec::new();
    walk::<Name>(rows, 0, Direction::Up, |id, name| {
        if let Ok(product) = ProductId::new(id) {
            labels.push((product, fold(&format!("{id} {}", name.0))));
        }
        ControlFlow::Continue(())
    });
    labels
}

/// The row with its product's name, looked up once for each product.
fn named(rows: &dyn Repository, names: &mut BTreeMap<ProductId, Option<String>>, mut row: Row) -> Row {
    if let Some(product) = row.product_id {
        let name = names.entry(product).or_insert_with(|| super::name(rows, product));
        row.product_name.clone_from(name);
    }
    row
}

#[cfg(test)]
mod tests;
