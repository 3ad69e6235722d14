//! The columns of the list, and which of them an event has changed.

use crate::config::Column;
use rental_model::totalview::Row;

/// A set of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Columns(u16);

impl Columns {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const ALL: Self = Self(u16::MAX);

    pub(crate) const fn has(self, column: Column) -> bool {
        self.0 & (1 << column as u16) != 0
    }

    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The columns that read differently in the two.
    pub(crate) fn between(before: &Row, after: &Row) -> Self {
        let differs = [
            (Column::Status, before.status() != after.status()),
            (Column::Product, before.product_id != after.product_id),
            (Column::Qty, before.qty != after.qty),
            (Column::Amount, before.amount != after.amount),
            (Column::Payment, before.payment() != after.payment()),
            (Column::Delivery, before.delivery() != after.delivery()),
            (Column::Event, before.last_event != after.last_event),
        ];
        differs
            .into_iter()
            .filter(|(_, is_changed)| *is_changed)
            .fold(Self::NONE, |set, (column, _)| Self(set.0 | 1 << column as u16))
    }
}
