//! What the model checker is to check: the orders, and what may happen to them.

use crate::audit::Books;
use crate::shop::{ContextState, Policies};
use rental_model::inventory::{Hold, Stage};
use rental_model::order::{Order, Status};
use rental_model::repository::load;
use rental_model::{Context, Event, Kind, OrderId};
use serde_json::{Value, json};

/// What is checked: the stock, and what may happen.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) name: &'static str,
    pub(crate) policies: Policies,
    /// Units of the one product.
    pub(crate) stock: u32,
    /// What people may ask for, at any time and as often as they like.
    pub(crate) requests: Vec<PersonRequest>,
    /// Listeners may be sent back to any earlier event.
    pub(crate) is_repeating: bool,
    /// These may lose their rows.
    pub(crate) losing: Vec<Context>,
    /// What must be seen at rest somewhere, or the check shows nothing.
    pub(crate) ends: &'static [End],
}

/// Something a person may ask for.
#[derive(Debug, Clone)]
pub(crate) struct PersonRequest {
    pub(crate) context: Context,
    pub(crate) endpoint: &'static str,
    pub(crate) fields: Value,
}

impl PersonRequest {
    pub(crate) fn new(context: Context, endpoint: &'static str, fields: Value) -> Self {
        Self { context, endpoint, fields }
    }

    /// One unit for ten won.
    pub(crate) fn request(order: u64) -> Self {
        Self::new(Context::Order, "request", json!({ "orderId": order, "productId": 1, "qty": 1, "amount": 10 }))
    }

    pub(crate) fn cancel(order: u64) -> Self {
        Self::new(Context::Order, "cancel", json!({ "orderId": order }))
    }

    pub(crate) fn end(order: u64) -> Self {
        Self::new(Context::Order, "end", json!({ "orderId": order }))
    }

    pub(crate) fn settle(order: u64, outcome: &str) -> Self {
        Self::new(Context::Billing, "settle", json!({ "orderId": order, "outcome": outcome }))
    }

    pub(crate) fn retry(order: u64) -> Self {
        Self::new(Context::Billing, "retry", json!({ "orderId": order }))
    }

    pub(crate) fn resolve(order: u64, outcome: &str) -> Self {
        let fields = json!({ "orderId": order, "outcome": outcome, "reason": "in cash" });
        Self::new(Context::Billing, "resolve", fields)
    }

    pub(crate) fn check_in(order: u64) -> Self {
        Self::new(Context::Inventory, "checkin", json!({ "orderId": order }))
    }
}

/// How order 1 can stand at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum End {
    Active,
    Ended,
    Cancelled,
    Short,
    Declined,
    /// Cancelled, and nothing had been set aside for it.
    Skipped,
    /// Cancelled, and its units never left.
    Released,
    /// Cancelled, and its units came back.
    Returned,
    /// Waiting for staff to check its units in.
    Returning,
    /// Cancelled, and the provider had declined to give the money back before.
    RefundDeclined,
    /// Cancelled, and staff gave the money back.
    ByHand,
    /// Both orders got the one unit, one after the other.
    BothServed,
}

/// How order 1 stands.
pub(crate) fn ends(books: &Books<'_>) -> Vec<End> {
    let status = |order| load::<Order>(&books.order.rows, order).map(|row| row.status);
    let Some(order) = OrderId::new(1).ok().filter(|_| status(1).is_some()) else { return Vec::new() };
    let stage = load::<Hold>(&books.inventory.rows, 1).unwrap_or_default().stage;
    let has = |context_state: &ContextState, kind| context_state.about(order).any(|event| event.kind() == kind);
    let is_cancelled = status(1) == Some(Status::Cancelled);
    [
        (End::Active, status(1) == Some(Status::Active)),
        (End::Ended, status(1) == Some(Status::Ended)),
        (End::Cancelled, is_cancelled),
        (End::Short, status(1) == Some(Status::Short)),
        (End::Declined, has(books.billing, Kind::FeeDeclined)),
        (End::Skipped, is_cancelled && stage == Stage::Skipped),
        (End::Released, is_cancelled && has(books.inventory, Kind::StockReleased)),
        (End::Returned, is_cancelled && has(books.inventory, Kind::ItemsReturned)),
        (End::Returning, stage == Stage::Returning),
        (End::RefundDeclined, is_cancelled && has(books.billing, Kind::RefundDeclined)),
        (
            End::ByHand,
            books.billing.about(order).any(|event| matches!(event, Event::FeeRefunded { by_hand: Some(_), .. })),
        ),
        (End::BothServed, status(1) == Some(Status::Cancelled) && status(2) == Some(Status::Active)),
    ]
    .into_iter()
    .filter_map(|(end, is_so)| is_so.then_some(end))
    .collect()
}
