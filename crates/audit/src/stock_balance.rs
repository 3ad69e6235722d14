//! Where a product's units are, as inventory's own events tell it.

use crate::{Finding, Ledger};
use rental_model::event::Place;
use rental_model::inventory::Product;
use rental_model::{Event, ProductId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One product's units. Never negative: that is a finding. What a service shows
/// or a stream claims may be any number: nothing here overflows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StockBalance {
    pub available: u64,
    /// Set aside, with customers, or on the way back.
    pub away: u64,
    pub down: u64,
    pub lost: u64,
}

impl StockBalance {
    /// How many units the shop owns: every one is in exactly one bucket.
    pub const fn owned(&self) -> u64 {
        self.available.saturating_add(self.away).saturating_add(self.down).saturating_add(self.lost)
    }

    /// Moves units as the event says; if there were too few, answers by how many.
    pub(crate) fn apply(&mut self, event: &Event) -> Result<(), u64> {
        match event {
            Event::ProductRegistered { qty, .. } => {
                add(&mut self.available, (*qty).into());
                Ok(())
            }
            Event::StockAdjusted { from, to, qty, .. } => {
                let count = u64::from(qty.get());
                let taken = self.place(*from).map_or(Ok(()), |bucket| take(bucket, count));
                if let Some(bucket) = self.place(*to) {
                    add(bucket, count);
                }
                taken
            }
            Event::StockReserved { qty, .. } => {
                add(&mut self.away, qty.get().into());
                take(&mut self.available, qty.get().into())
            }
            Event::StockReleased { qty, .. } => {
                add(&mut self.available, qty.get().into());
                take(&mut self.away, qty.get().into())
            }
            Event::ItemsReturned { qty, down, lost, .. } => {
                let (down, lost) = (u64::from(*down), u64::from(*lost));
                add(&mut self.down, down);
                add(&mut self.lost, lost);
                add(&mut self.available, u64::from(qty.get()).saturating_sub(down + lost));
                take(&mut self.away, qty.get().into())
            }
            _ => Ok(()),
        }
    }

    fn place(&mut self, place: Place) -> Option<&mut u64> {
        match place {
            Place::Available => Some(&mut self.available),
            Place::Down => Some(&mut self.down),
            Place::Lost => Some(&mut self.lost),
            Place::Outside => None,
        }
    }
}

impl From<&Product> for StockBalance {
    fn from(product: &Product) -> Self {
        let Product { available, held, out, returning, down, lost, .. } = *product;
        Self { available, away: held.saturating_add(out).saturating_add(returning), down, lost }
    }
}

impl fmt::Display for StockBalance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { available, away, down, lost } = self;
        write!(f, "{available} available, {away} away, {down} down, {lost} lost of {} owned", self.owned())
    }
}

fn add(bucket: &mut u64, count: u64) {
    *bucket = bucket.saturating_add(count);
}

fn take(bucket: &mut u64, count: u64) -> Result<(), u64> {
    let short = count.saturating_sub(*bucket);
    *bucket = bucket.saturating_sub(count);
    if short == 0 { Ok(()) } else { Err(short) }
}

/// The stock as inventory showed it at some moment between two of its events.
///
/// [`Stock::look`] at the ledger as of the first, and after every event up to
/// the second: each product must be as shown at one of these moments.
#[derive(Debug)]
pub struct Stock {
    shown: BTreeMap<ProductId, Product>,
    agreed: BTreeSet<ProductId>,
}

impl Stock {
    pub fn new(shown: Vec<Product>) -> Self {
        let shown = shown.into_iter().map(|product| (product.product_id, product)).collect();
        Self { shown, agreed: BTreeSet::new() }
    }

    fn products(&self, ledger: &Ledger) -> BTreeSet<ProductId> {
        self.shown.keys().chain(ledger.shelves.keys()).copied().collect()
    }

    pub fn look(&mut self, ledger: &Ledger) {
        for product in self.products(ledger) {
            if self.shown.get(&product).map(StockBalance::from) == ledger.shelves.get(&product).copied() {
                self.agreed.insert(product);
            }
        }
    }

    /// The products that were never as shown.
    pub fn findings(&self, ledger: &Ledger) -> Vec<Finding> {
        let words = |stock_balance: Option<StockBalance>| {
            stock_balance.map_or_else(|| "no such product".to_owned(), |stock_balance| stock_balance.to_string())
        };
        let differs = |&product: &ProductId| Finding::Stock {
            product,
            shown: words(self.shown.get(&product).map(StockBalance::from)),
            expected: words(ledger.shelves.get(&product).copied()),
        };
        self.products(ledger).difference(&self.agreed).map(differs).collect()
    }

    /// Whether the units away are where the events say. Only for a shop at rest.
    pub fn findings_at_rest(&self, ledger: &Ledger) -> Vec<Finding> {
        let mut whereabouts: BTreeMap<ProductId, (u64, u64)> = BTreeMap::new();
        for order_audit in ledger.orders.values().filter(|order_audit| !order_audit.is_back()) {
            if let Some((product, qty)) = order_audit.reserved() {
                let (out, returning) = whereabouts.entry(product).or_default();
                add(if order_audit.is_called_back() { returning } else { out }, qty.get().into());
            }
        }
        let words = |held, out, returning| format!("{held} held, {out} out, {returning} returning");
        let differs = |(&product, shown): (&ProductId, &Product)| {
            let (out, returning) = whereabouts.get(&product).copied().unwrap_or_default();
            ((shown.held, shown.out, shown.returning) != (0, out, returning)).then(|| Finding::Stock {
                product,
                shown: words(shown.held, shown.out, shown.returning),
                expected: words(0, out, returning),
            })
        };
        self.shown.iter().filter_map(differs).collect()
    }
}
