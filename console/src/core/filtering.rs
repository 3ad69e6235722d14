//! The filter of the rentals as it is applied to what is in memory.

use crate::core::model::Model;
use crate::core::timers::{Timer, after};
use rental_model::totalview::filter::Filter;

/// How often a filter with an age in it is applied again.
const AGES_MS: u64 = 1_000;

pub(crate) fn set(model: &mut Model, query: Filter) {
    let query = prepared(model, query);
    model.rentals.filter(query, model.now);
    if model.search.is_typing {
        // Half a filter hides what the whole one may find: it takes no mark away.
        model.rentals.mark(&model.search.marked);
    }
}

/// A filter that knows the products; one with an age in it is applied again by the clock.
fn prepared(model: &mut Model, mut query: Filter) -> Filter {
    query.learn_products(|word| model.product_catalog.naming(word));
    if query.has_age() {
        model.timers.set(Timer::Refilter, after(model.now, AGES_MS));
    }
    query
}

/// Applies the filter again: names were learned, or time has passed.
pub(crate) fn again(model: &mut Model) {
    if !model.rentals.query().is_empty() {
        let query = prepared(model, model.rentals.query().clone());
        model.rentals.refilter(query, model.now);
        model.is_dirty = true;
    }
}
