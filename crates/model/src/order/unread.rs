//! What is left of a product for the next order, exactly, although inventory reads behind.
//!
//! The stock check tells how many units are available, and how far inventory
//! has read the order journal at that very moment. The orders of the product
//! behind that place are *unread*: inventory will decide about each, in their
//! order, before it comes to the next one. An unread order takes its units if
//! there are enough, else none; one that was cancelled meanwhile may take them
//! or not. Units that come back in between change which of them are served. So
//! how many are left is known between two bounds only:
//!
//! - *at least*: every unread order takes what it asks for. Enough by this is
//!   enough whatever happens; only staff who take units out of the stock, or
//!   have a parked request tried again, can still make it short.
//! - *at most*: only those take their units that surely get them. Short by this
//!   is short, unless units come back that are not back yet.
//!
//! Between the two nobody can know: inventory is asked again, until it has
//! read on. If all orders are refused rather than short, the bounds are one.

use super::{Order, OrderPolicy};
use crate::repository::{Aggregate, Repository, RepositoryMut, load, save};
use crate::values::{OrderId, ProductId, Qty};
use serde::{Deserialize, Serialize};

/// So many unread orders of one product are looked through for one decision.
const MOST_UNREAD: usize = 4096;

/// The stock check's answer, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stock {
    pub(super) available: u64,
    /// Up to which event of the order journal this takes orders into account.
    /// An inventory of an older version does not tell: then the check alone counts.
    #[serde(default)]
    pub(super) orders_read: Option<u64>,
    /// Inventory reads orders that it has decided about before once more.
    #[serde(default)]
    pub(super) is_rereading: bool,
}

/// Whether there is enough of a product for one more order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    Enough,
    Short {
        available: u64,
    },
    /// Inventory must read on first.
    Unclear,
}

/// The order of a product that was taken last. Every order names the one before it.
#[derive(Debug, Serialize, Deserialize)]
struct Latest(OrderId);

impl Aggregate for Latest {
    const KIND: u8 = 3;
}

/// From this event on every order names the one before it. Those of an older version do not.
#[derive(Debug, Serialize, Deserialize)]
struct ChainedFrom(u64);

impl Aggregate for ChainedFrom {
    const KIND: u8 = 4;
}

/// Keeps `order` as the latest of its product; answers with the one before it.
pub(super) fn enter(rows: &mut dyn RepositoryMut, number: u64, product: ProductId, order: OrderId) -> Option<OrderId> {
    if number == 1 {
        save(rows, 0, &ChainedFrom(1));
    }
    let before = load::<Latest>(rows, product.get());
    save(rows, product.get(), &Latest(order));
    before.map(|Latest(order)| order)
}

impl OrderPolicy {
    /// Repository of an older version: what is recorded from now on is chained.
    pub(super) fn begin_chain(rows: &mut dyn RepositoryMut, journal: u64) {
        if journal > 0 && load::<ChainedFrom>(rows, 0).is_none() {
            save(rows, 0, &ChainedFrom(journal + 1));
        }
    }
}

/// Whether `qty` units of `product` are left, behind all orders taken so far.
pub(super) fn left(rows: &dyn Repository, product: ProductId, qty: Qty, stock: Stock) -> Left {
    let wanted = u64::from(qty.get());
    let unread = stock.orders_read.map_or(Some(Vec::new()), |read| unread(rows, product, read));
    let Some(unread) = unread else { return Left::Unclear };
    if stock.is_rereading && !unread.is_empty() {
        return Left::Unclear;
    }
    let (mut at_least, mut at_most) = (stock.available, stock.available);
    for order in unread.iter().rev() {
        let taken = u64::from(order.qty.get());
        if order.cancelled.is_none() && at_least >= taken {
            at_most -= taken;
        }
        at_least = at_least.saturating_sub(taken);
    }
    if at_least >= wanted {
        Left::Enough
    } else if at_most < wanted {
        Left::Short { available: at_most }
    } else {
        Left::Unclear
    }
}

/// The orders of `product` behind event `read`, latest first; none if they are not all known, or too many.
fn unread(rows: &dyn Repository, product: ProductId, read: u64) -> Option<Vec<Order>> {
    if load::<ChainedFrom>(rows, 0).is_some_and(|ChainedFrom(first)| read.saturating_add(1) < first) {
        return None;
    }
    let mut unread = Vec::new();
    let mut next = load::<Latest>(rows, product.get()).map(|Latest(order)| order);
    while let Some(order) = next.and_then(|order| load::<Order>(rows, order.get())) {
        if order.requested.number <= read {
            break;
        }
        if unread.len() == MOST_UNREAD {
            return None;
        }
        next = order.previous;
        unread.push(order);
    }
    Some(unread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Decider;
    use crate::event::Event;
    use crate::repository::memory::MemoryRepository;
    use crate::testing::*;

    fn taken(orders: &[u64]) -> MemoryRepository {
        told(orders.iter().zip(1..).map(|(qty, order)| requested(order, units(*qty), won(10))))
    }

    fn told(events: impl IntoIterator<Item = Event>) -> MemoryRepository {
        let mut rows = MemoryRepository::default();
        for own in &happened(events) {
            OrderPolicy::default().apply(&mut rows, own);
        }
        rows
    }

    fn judged(rows: &MemoryRepository, qty: u64, available: u64, read: u64) -> Left {
        let stock = Stock { available, orders_read: Some(read), is_rereading: false };
        left(rows, product(PRODUCT), units(qty), stock)
    }

    #[test]
    fn what_inventory_has_read_is_in_its_count_and_what_it_has_not_is_taken_off() {
        let rows = taken(&[2, 3]);
        assert_eq!(judged(&rows, 5, 5, 2), Left::Enough);
        assert_eq!(judged(&rows, 5, 8, 1), Left::Enough);
        assert_eq!(judged(&rows, 5, 10, 0), Left::Enough);
        assert_eq!(judged(&rows, 6, 10, 0), Left::Short { available: 5 });
        assert_eq!(judged(&rows, 1, 5, 0), Left::Short { available: 0 });
        assert_eq!(judged(&taken(&[]), 1, 1, 0), Left::Enough);
    }

    #[test]
    fn an_unread_order_that_may_get_nothing_makes_it_unclear_only_if_that_matters() {
        let rows = taken(&[5]);
        assert_eq!(judged(&rows, 1, 1, 0), Left::Unclear);
        assert_eq!(judged(&rows, 2, 1, 0), Left::Short { available: 1 });
        assert_eq!(judged(&rows, 1, 6, 0), Left::Enough);
        assert_eq!(judged(&rows, 1, 1, 1), Left::Enough);
    }

    #[test]
    fn a_cancelled_unread_order_may_or_may_not_take_its_units() {
        let rows = told([requested(1, units(1), won(1)), cancelled(1)]);
        assert_eq!(judged(&rows, 1, 1, 0), Left::Unclear);
        assert_eq!(judged(&rows, 1, 2, 0), Left::Enough);
        assert_eq!(judged(&rows, 1, 0, 1), Left::Short { available: 0 });
    }

    #[test]
    fn other_products_take_nothing_off() {
        let mut rows = taken(&[3]);
        let event = Event::RentalRequested { order: order(9), product: product(1), qty: units(7), amount: won(1) };
        let own =
            crate::context::RecordedEvent { number: 2, event, ..happened([requested(9, units(1), won(1))]).remove(0) };
        OrderPolicy::default().apply(&mut rows, &own);
        assert_eq!(judged(&rows, 1, 4, 0), Left::Enough);
    }

    #[test]
    fn while_inventory_reads_again_its_count_is_not_added_to() {
        let again = |rows: &MemoryRepository, read| {
            let stock = Stock { available: 9, orders_read: Some(read), is_rereading: true };
            left(rows, product(PRODUCT), units(1), stock)
        };
        assert_eq!(again(&taken(&[1]), 0), Left::Unclear);
        assert_eq!(again(&taken(&[1]), 1), Left::Enough);
    }

    #[test]
    fn an_inventory_of_an_older_version_is_believed_as_before() {
        let stock = serde_json::from_str::<Stock>(r#"{"productId":2,"productName":"X","available":1,"isEnough":true}"#);
        assert_eq!(left(&taken(&[1]), product(PRODUCT), units(1), stock.unwrap()), Left::Enough);
    }

    #[test]
    fn with_rows_of_an_older_version_inventory_must_have_read_what_is_not_chained() {
        let mut rows = MemoryRepository::default();
        OrderPolicy::begin_chain(&mut rows, 7);
        assert_eq!(judged(&rows, 1, 1, 6), Left::Unclear);
        assert_eq!(judged(&rows, 1, 1, 7), Left::Enough);
        OrderPolicy::begin_chain(&mut rows, 9);
        assert_eq!(judged(&rows, 1, 1, 7), Left::Enough, "once is enough");
    }
}
