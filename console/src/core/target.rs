//! What can be clicked.

use crate::core::workers::ItemKey;
use crate::input::Action;
use crate::overlays::palette::state::Choice;
use rental_model::{OrderId, ProductId};

/// Something that can be clicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A tab or a hint: as its key.
    Key(Action),
    /// The buttons of a question.
    Yes,
    No,
    Order(OrderId),
    Product(ProductId),
    Item(ItemKey),
    Offer(Choice),
    /// A column to sort by.
    Column(usize),
}
