//! The columns of the list of rentals, and what it is sorted by.

use rental_model::totalview::Sort;

/// A column of the list, in the order in which they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Column {
    #[default]
    Order,
    Status,
    Product,
    Qty,
    Amount,
    Payment,
    Delivery,
    Age,
    Event,
}

impl Column {
    pub(crate) const ALL: [Self; 9] = [
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

    /// What rentals are sorted by when sorted by this column: the highest first, ids deciding between equals.
    pub(crate) const fn sort(self) -> Sort {
        match self {
            Self::Order => Sort::Order,
            Self::Status => Sort::Status,
            Self::Product => Sort::Product,
            Self::Qty => Sort::Qty,
            Self::Amount => Sort::Amount,
            Self::Payment => Sort::Payment,
            Self::Delivery => Sort::Delivery,
            Self::Age => Sort::Age,
            Self::Event => Sort::Event,
        }
    }
}

/// By which column a list is sorted, and which way, as the column reads top to bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sorting {
    pub(crate) column: Column,
    pub(crate) is_rising: bool,
}

impl Sorting {
    /// The newest order first.
    pub(crate) const NEWEST: Self = Self { column: Column::Order, is_rising: false };

    /// Whether the lowest key stands first.
    pub(crate) const fn is_reversed(self) -> bool {
        self.is_rising != self.column.runs_backwards()
    }
}

impl Default for Sorting {
    fn default() -> Self {
        Self::NEWEST
    }
}

impl Column {
    /// Whether the column reads lower where the key is higher: what is newer has a lower age.
    pub(crate) const fn runs_backwards(self) -> bool {
        matches!(self, Self::Age)
    }
}
