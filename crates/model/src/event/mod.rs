//! The events, and their exact JSON.
//!
//! The seven of the original keep its wire names, misspellings included
//! (`RentalCancellationOccured`, `RetriveStarted`, `logistisId`), and its
//! fields; the Rust names are spelled correctly. Every body carries
//! `eventType`, `timestamp` and `me`; all but the shortage carry `id`, the
//! event's number in its context's journal. Readers ignore fields they do not
//! know, and take a null `id`, `logistisId` or refund `amount`.
//!
//! An event is one row below; [`table`] says what a row tells, [`wire`] what
//! the fields are called.

mod kind;
mod table;
mod wire;

use crate::context::Context;
use crate::values::{OrderId, ProductId, Qty, Reason, UnixMs, Won};
use serde::Deserialize;
use serde::ser::SerializeMap;
use wire::{Body, Carried, Wire, name};

pub use wire::Unreadable;

/// What the original's null amount of a refund means.
const NOTHING: Won = Won::ZERO;

table::events! {
    ProductRegistered = "ProductRegistered" by Inventory, bit 0, asked "register" {
        product: ProductId = product_id,
        name: String = product_name,
        qty: u32 = qty,
    }
    StockAdjusted = "StockAdjusted" by Inventory, bit 1, asked "adjust" {
        product: ProductId = product_id,
        from: Place = from,
        to: Place = to,
        qty: Qty = qty,
        reason: Reason = reason,
    }
    RentalRequested = "RentalRequested" by Order, bit 2, asked "request" {
        order: OrderId = order_id,
        product: ProductId = product_id,
        qty: Qty = qty,
        amount: Won = amount,
    }
    StockReserved = "StockReserved" by Inventory, bit 3 {
        order: OrderId = order_id,
        product: ProductId = product_id,
        qty: Qty = qty,
    }
    /// An outside provider is asked to take the fee, with the order id as its idempotency key.
    ChargeRequested = "ChargeRequested" by Billing, bit 4, asked "retry", again by attempt {
        amount: Won = amount,
        order: OrderId = order_id,
        /// 1, and one more whenever it is asked again.
        attempt: u32 = attempt unless 1,
    }
    FeeReceived = "FeeReceived" by Billing, bit 5, asked "settle" or "resolve" with by_hand {
        amount: Won = amount,
        order: OrderId = order_id,
        /// Staff said so for a provider that did not, and why.
        by_hand: Option<Reason> = by_hand,
    }
    FeeDeclined = "FeeDeclined" by Billing, bit 6, asked "settle" or "resolve" with by_hand {
        amount: Won = amount,
        order: OrderId = order_id,
        by_hand: Option<Reason> = by_hand,
    }
    DeliveryStarted = "DeliveryStarted" by Logistics, bit 7, its number as logistics_id {
        order: OrderId = order_id,
    }
    RentalCancelled = "RentalCancellationOccured" by Order, bit 8, asked "cancel" {
        order: OrderId = order_id,
        product: ProductId = product_id,
        reason: Option<Reason> = reason,
    }
    StockShort = "InventoryStockShortage" by Inventory, bit 9, no id {
        order: OrderId = order_id,
        product: ProductId = product_id,
    }
    /// The rental was over before its stock was reserved: nothing is held for it, ever.
    StockSkipped = "StockSkipped" by Inventory, bit 10 {
        order: OrderId = order_id,
        product: ProductId = product_id,
    }
    RentalEnded = "RentalEnded" by Order, bit 11, asked "end" {
        order: OrderId = order_id,
        product: ProductId = product_id,
    }
    /// The provider that took the fee is asked to give it back; the order id is the key here, too.
    RefundRequested = "RefundRequested" by Billing, bit 16, asked "retry", again by attempt {
        amount: Won = amount,
        order: OrderId = order_id,
        attempt: u32 = attempt unless 1,
    }
    /// It will not, this time: a person decides what next.
    RefundDeclined = "RefundDeclined" by Billing, bit 17, asked "settle", again by attempt {
        amount: Won = amount,
        order: OrderId = order_id,
        attempt: u32 = attempt unless 1,
        reason: Option<Reason> = reason,
    }
    /// `amount` is the money really returned, 0 if none was taken.
    FeeRefunded = "FeeRefundCompleted" by Billing, bit 12, asked "settle" or "resolve" with by_hand {
        amount: Won = amount or NOTHING,
        order: OrderId = order_id,
        by_hand: Option<Reason> = by_hand,
    }
    /// `dispatched`: the goods had left, so they are on their way back; else they never moved.
    RetrievalStarted = "RetriveStarted" by Logistics, bit 13 {
        order: OrderId = order_id,
        // The original never says whether the goods had left; then they must be looked for.
        dispatched: bool = dispatched or true,
    }
    /// Units that never left the shelf are free again.
    StockReleased = "StockReleased" by Inventory, bit 14 {
        order: OrderId = order_id,
        product: ProductId = product_id,
        qty: Qty = qty,
    }
    /// Units came back: `down` of them broken, `lost` of them missing, the rest fit for the shelf.
    ItemsReturned = "ItemsReturned" by Inventory, bit 15, asked "checkin" {
        order: OrderId = order_id,
        product: ProductId = product_id,
        qty: Qty = qty,
        down: u32 = down or 0,
        lost: u32 = lost or 0,
    }
}

/// Where units can be moved from or to by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// On the shelf, free to rent.
    Available,
    /// In the shop but broken.
    Down,
    /// Owned but not to be found.
    Lost,
    /// Not owned: bought from or sold to there.
    Outside,
}

impl Place {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Down => "down",
            Self::Lost => "lost",
            Self::Outside => "outside",
        }
    }
}

impl Event {
    /// The last part of its subject: the order id, or the product id where there is no order.
    pub fn key(&self) -> u64 {
        match (self.order(), self.product()) {
            (Some(order), _) => order.get(),
            (None, Some(product)) => product.get(),
            (None, None) => 0,
        }
    }

    /// The JSON body, as event `number` of its context's journal.
    pub fn to_body(&self, number: u64, at: UnixMs) -> Vec<u8> {
        serde_json::to_vec(&Body { event: self, number, at }).unwrap_or_default()
    }

    /// Reads a body: the event, its number if it carries one, and the second it happened.
    pub fn from_body(body: &[u8]) -> Result<(Self, Option<u64>, UnixMs), Unreadable> {
        serde_json::from_slice::<Wire>(body).map_err(|error| Unreadable::Json(error.to_string()))?.read()
    }
}
