//! The products: their names, and how many of each are free to rent.

use rental_model::inventory::Product;
use rental_model::{Event, ProductId, RecordedEvent, UnixMs};
use std::collections::{BTreeMap, VecDeque};

/// How many figures of a product's past are kept.
pub(crate) const TREND: u16 = 16;

/// What is known of the products.
#[derive(Debug, Default)]
pub(crate) struct ProductCatalog {
    names: BTreeMap<ProductId, String>,
    products: BTreeMap<ProductId, Product>,
    /// How many were available at each of the last lists that said something new, the latest last.
    trends: BTreeMap<ProductId, VecDeque<u64>>,
    /// When inventory last told its list.
    pub(crate) told_at: Option<UnixMs>,
    /// Inventory was asked since, and did not answer.
    pub(crate) is_silent: bool,
}

impl ProductCatalog {
    /// Takes inventory's whole list.
    pub(crate) fn fill(&mut self, products: Vec<Product>, now: UnixMs) {
        (self.told_at, self.is_silent) = (Some(now), false);
        for product in products {
            self.names.insert(product.product_id, product.product_name.clone());
            let trend = self.trends.entry(product.product_id).or_default();
            if trend.back() != Some(&product.available) {
                trend.push_back(product.available);
            }
            if trend.len() > TREND.into() {
                trend.pop_front();
            }
            self.products.insert(product.product_id, product);
        }
    }

    /// Learns a name that came with something else; answers whether there was none before.
    pub(crate) fn learn(&mut self, product: ProductId, name: String) -> bool {
        let is_new = !self.names.contains_key(&product);
        self.names.entry(product).or_insert(name);
        is_new
    }

    /// Learns from an event, if it names a product.
    pub(crate) fn project(&mut self, recorded: &RecordedEvent) {
        if let Event::ProductRegistered { product, name, .. } = &recorded.event {
            self.names.insert(*product, name.clone());
        }
    }

    /// The product as the desk writes it: `2 MACBOOK`.
    pub(crate) fn label(&self, product: ProductId) -> String {
        match self.names.get(&product) {
            Some(name) => format!("{product} {name}"),
            None => product.to_string(),
        }
    }

    pub(crate) fn name(&self, product: ProductId) -> Option<&str> {
        self.names.get(&product).map(String::as_str)
    }

    /// The products with their stock, by id.
    pub(crate) fn products(&self) -> impl Iterator<Item = &Product> {
        self.products.values()
    }

    /// How many were available of late, the latest last.
    pub(crate) fn trend(&self, product: ProductId) -> impl Iterator<Item = u64> {
        self.trends.get(&product).into_iter().flatten().copied()
    }

    pub(crate) fn product(&self, product: ProductId) -> Option<&Product> {
        self.products.get(&product)
    }

    /// The products whose label has `text`, in lower case, in it.
    pub(crate) fn naming(&self, text: &str) -> Vec<ProductId> {
        let has = |id: &&ProductId| self.label(**id).to_lowercase().contains(text);
        self.names.keys().filter(has).copied().collect()
    }

    /// How many are free to rent, as far as the last list said.
    pub(crate) fn available(&self, product: ProductId) -> Option<u64> {
        self.products.get(&product).map(|product| product.available)
    }

    /// The products that `wanted` may mean, best first: the same id, then names that
    /// begin with it, contain it, and hold its letters in this order.
    pub(crate) fn find(&self, wanted: &str) -> Vec<ProductId> {
        let wanted = wanted.trim().to_lowercase();
        let mut found: Vec<_> = self
            .names
            .iter()
            .filter_map(|(id, name)| Some((closeness(*id, &name.to_lowercase(), &wanted)?, *id)))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, id)| id).collect()
    }
}

/// How well a product fits what was typed: lower is better, none is not at all.
fn closeness(id: ProductId, name: &str, wanted: &str) -> Option<u8> {
    let number = id.to_string();
    let label = format!("{number} {name}");
    let mut letters = name.chars();
    if wanted.is_empty() {
        Some(0)
    } else if number == wanted || name == wanted || label == wanted {
        Some(1)
    } else if name.starts_with(wanted) {
        Some(2)
    } else if number.starts_with(wanted) {
        Some(3)
    } else if name.contains(wanted) {
        Some(4)
    } else if wanted.chars().all(|c| letters.any(|letter| letter == c)) {
        Some(5)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::product;

    #[test]
    fn a_trend_keeps_the_last_figures_that_said_something_new() {
        let mut product_catalog = ProductCatalog::default();
        for available in [90, 90, 80, 80, 85] {
            product_catalog.fill(vec![product(1, "IPAD", available)], UnixMs(0));
        }
        let id = ProductId::new(1).unwrap();
        assert_eq!(product_catalog.trend(id).collect::<Vec<_>>(), [90, 80, 85]);
        for available in 0..40 {
            product_catalog.fill(vec![product(1, "IPAD", available)], UnixMs(0));
        }
        assert!(product_catalog.trend(id).eq(24..40));
    }

    #[test]
    fn a_product_is_found_by_id_by_name_and_by_a_few_of_its_letters() {
        let mut product_catalog = ProductCatalog::default();
        product_catalog
            .fill(vec![product(1, "IPAD", 90), product(2, "MACBOOK", 5), product(12, "카메라", 3)], UnixMs(0));
        let found = |wanted| product_catalog.find(wanted).iter().map(|id| id.get()).collect::<Vec<_>>();
        assert_eq!(found("1"), [1, 12]);
        assert_eq!(found("mac"), [2]);
        assert_eq!(found("mbk"), [2]);
        assert_eq!(found("2 MACBOOK"), [2]);
        assert_eq!(found("카메"), [12]);
        assert!(found("zzz").is_empty());
        assert_eq!(found(""), [1, 2, 12]);
    }
}
