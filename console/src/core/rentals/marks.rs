//! Which orders are marked, to be acted upon together.
//!
//! **Only listed orders are marked**: a mark leaves with its row, whether the
//! order is forgotten or the filter no longer lets it through.

use crate::core::rentals::Rentals;
use rental_model::OrderId;
use rental_model::totalview::Row;
use std::collections::BTreeSet;

impl Rentals {
    pub(crate) fn is_marked(&self, order: OrderId) -> bool {
        self.marks.contains(&order)
    }

    /// How many are marked.
    pub(crate) fn marked_len(&self) -> usize {
        self.marks.len()
    }

    /// The rows that are marked, top to bottom.
    pub(crate) fn marked(&self) -> impl Iterator<Item = &Row> {
        self.rows().filter(|row| self.is_marked(row.order_id))
    }

    /// Marks a listed order, or takes its mark away.
    pub(crate) fn toggle_mark(&mut self, order: OrderId) {
        if !self.marks.remove(&order) && self.position(order).is_some() {
            self.marks.insert(order);
        }
    }

    pub(crate) fn unmark(&mut self, order: OrderId) {
        self.marks.remove(&order);
    }

    /// Marks all that are listed; if they are already, takes all marks away.
    pub(crate) fn toggle_all_marks(&mut self) {
        if self.marks.len() == self.len() {
            self.marks.clear();
        } else {
            self.marks = self.rows().map(|row| row.order_id).collect();
        }
    }

    /// Marks those of `orders` that are listed.
    pub(crate) fn mark(&mut self, orders: &BTreeSet<OrderId>) {
        let listed = orders.iter().filter(|order| self.position(**order).is_some());
        self.marks = listed.copied().collect();
    }

    pub(crate) const fn marks(&self) -> &BTreeSet<OrderId> {
        &self.marks
    }

    pub(crate) fn clear_marks(&mut self) {
        self.marks.clear();
    }
}
