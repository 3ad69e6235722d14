//! The events, and their exact JSON.
//!
//! The seven of the original keep its wire names, misspellings included
//! (`RentalCancellationOccured`, `RetriveStarted`, `logistisId`), and its
//! fields; the Rust names are spelled correctly. Every body carries
//! `eventType`, `timestamp` and `me`; all but the shortage carry `id`, the
//! event's number in its context's journal. Readers ignore fields they do not
//! know, and take a null `id`, `logistisId` or refund `amount`.

use crate::context::Context;
use crate::values::{OrderId, ProductId, Qty, Reason, UnixMs, Won};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Something that happened, in the words of the context that decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    // order
    RentalRequested {
        order: OrderId,
        product: ProductId,
        qty: Qty,
        amount: Won,
    },
    RentalCancelled {
        order: OrderId,
        product: ProductId,
        reason: Option<Reason>,
    },
    RentalEnded {
        order: OrderId,
        product: ProductId,
    },
    // inventory
    StockShort {
        order: OrderId,
        product: ProductId,
    },
    StockReserved {
        order: OrderId,
        product: ProductId,
        qty: Qty,
    },
    /// The rental was over before its stock was reserved: nothing is held for it, ever.
    StockSkipped {
        order: OrderId,
        product: ProductId,
    },
    /// Units that never left the shelf are free again.
    StockReleased {
        order: OrderId,
        product: ProductId,
        qty: Qty,
    },
    /// Units came back: `down` of them broken, `lost` of them missing, the rest fit for the shelf.
    ItemsReturned {
        order: OrderId,
        product: ProductId,
        qty: Qty,
        down: u32,
        lost: u32,
    },
    ProductRegistered {
        product: ProductId,
        name: String,
        qty: u32,
    },
    StockAdjusted {
        product: ProductId,
        from: Place,
        to: Place,
        qty: Qty,
        reason: Reason,
    },
    // billing
    /// An outside provider is asked to take the fee, with the order id as its idempotency key.
    ChargeRequested {
        order: OrderId,
        amount: Won,
        /// 1, and one more whenever it is asked again.
        attempt: u32,
    },
    FeeReceived {
        order: OrderId,
        amount: Won,
        /// Staff said so for a provider that did not, and why.
        by_hand: Option<Reason>,
    },
    FeeDeclined {
        order: OrderId,
        amount: Won,
        by_hand: Option<Reason>,
    },
    /// The provider that took the fee is asked to give it back; the order id is the key here, too.
    RefundRequested {
        order: OrderId,
        amount: Won,
        attempt: u32,
    },
    /// It will not, this time: a person decides what next.
    RefundDeclined {
        order: OrderId,
        amount: Won,
        attempt: u32,
        reason: Option<Reason>,
    },
    /// `amount` is the money really returned, 0 if none was taken.
    FeeRefunded {
        order: OrderId,
        amount: Won,
        by_hand: Option<Reason>,
    },
    // logistics
    DeliveryStarted {
        order: OrderId,
    },
    /// `dispatched`: the goods had left, so they are on their way back; else they never moved.
    RetrievalStarted {
        order: OrderId,
        dispatched: bool,
    },
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

macro_rules! kinds {
    ($($kind:ident = $wire:literal by $context:ident, bit $bit:literal;)+) => {
        /// What kind of event, in the order in which a rental meets them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($kind),+ }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The `eventType` on the wire.
            pub const fn wire_name(self) -> &'static str {
                match self { $(Self::$kind => $wire),+ }
            }

            /// Who records it.
            pub const fn context(self) -> Context {
                match self { $(Self::$kind => Context::$context),+ }
            }

            /// Its place in a stored set of kinds. Never changes, never reused.
            pub const fn bit(self) -> u32 {
                match self { $(Self::$kind => 1 << $bit),+ }
            }

            /// Whether an order may have more than one: whoever is asked may be asked again.
            pub const fn may_repeat(self) -> bool {
                matches!(self, Self::ChargeRequested | Self::RefundRequested | Self::RefundDeclined)
            }

            pub fn from_wire_name(name: &str) -> Option<Self> {
                match name { $($wire => Some(Self::$kind),)+ _ => None }
            }
        }
    };
}

kinds! {
    ProductRegistered = "ProductRegistered" by Inventory, bit 0;
    StockAdjusted = "StockAdjusted" by Inventory, bit 1;
    RentalRequested = "RentalRequested" by Order, bit 2;
    StockReserved = "StockReserved" by Inventory, bit 3;
    ChargeRequested = "ChargeRequested" by Billing, bit 4;
    FeeReceived = "FeeReceived" by Billing, bit 5;
    FeeDeclined = "FeeDeclined" by Billing, bit 6;
    DeliveryStarted = "DeliveryStarted" by Logistics, bit 7;
    RentalCancelled = "RentalCancellationOccured" by Order, bit 8;
    StockShort = "InventoryStockShortage" by Inventory, bit 9;
    StockSkipped = "StockSkipped" by Inventory, bit 10;
    RentalEnded = "RentalEnded" by Order, bit 11;
    RefundRequested = "RefundRequested" by Billing, bit 16;
    RefundDeclined = "RefundDeclined" by Billing, bit 17;
    FeeRefunded = "FeeRefundCompleted" by Billing, bit 12;
    RetrievalStarted = "RetriveStarted" by Logistics, bit 13;
    StockReleased = "StockReleased" by Inventory, bit 14;
    ItemsReturned = "ItemsReturned" by Inventory, bit 15;
}

/// Serialized by wire name: what people meet is the `eventType`.
impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.wire_name())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_wire_name(&name).ok_or_else(|| serde::de::Error::custom(format!("unknown eventType {name:?}")))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.wire_name())
    }
}

impl Event {
    pub const fn kind(&self) -> Kind {
        match self {
            Self::RentalRequested { .. } => Kind::RentalRequested,
            Self::RentalCancelled { .. } => Kind::RentalCancelled,
            Self::RentalEnded { .. } => Kind::RentalEnded,
            Self::StockShort { .. } => Kind::StockShort,
            Self::StockReserved { .. } => Kind::StockReserved,
            Self::StockSkipped { .. } => Kind::StockSkipped,
            Self::StockReleased { .. } => Kind::StockReleased,
            Self::ItemsReturned { .. } => Kind::ItemsReturned,
            Self::ProductRegistered { .. } => Kind::ProductRegistered,
            Self::StockAdjusted { .. } => Kind::StockAdjusted,
            Self::ChargeRequested { .. } => Kind::ChargeRequested,
            Self::FeeReceived { .. } => Kind::FeeReceived,
            Self::FeeDeclined { .. } => Kind::FeeDeclined,
            Self::RefundRequested { .. } => Kind::RefundRequested,
            Self::RefundDeclined { .. } => Kind::RefundDeclined,
            Self::FeeRefunded { .. } => Kind::FeeRefunded,
            Self::DeliveryStarted { .. } => Kind::DeliveryStarted,
            Self::RetrievalStarted { .. } => Kind::RetrievalStarted,
        }
    }

    /// The rental it is about; none for an event about the shelf alone.
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::RentalRequested { order, .. }
            | Self::RentalCancelled { order, .. }
            | Self::RentalEnded { order, .. }
            | Self::StockShort { order, .. }
            | Self::StockReserved { order, .. }
            | Self::StockSkipped { order, .. }
            | Self::StockReleased { order, .. }
            | Self::ItemsReturned { order, .. }
            | Self::ChargeRequested { order, .. }
            | Self::FeeReceived { order, .. }
            | Self::FeeDeclined { order, .. }
            | Self::RefundRequested { order, .. }
            | Self::RefundDeclined { order, .. }
            | Self::FeeRefunded { order, .. }
            | Self::DeliveryStarted { order }
            | Self::RetrievalStarted { order, .. } => Some(*order),
            Self::ProductRegistered { .. } | Self::StockAdjusted { .. } => None,
        }
    }

    /// The product it names, if it names one.
    pub const fn product(&self) -> Option<ProductId> {
        match self {
            Self::RentalRequested { product, .. }
            | Self::RentalCancelled { product, .. }
            | Self::RentalEnded { product, .. }
            | Self::StockShort { product, .. }
            | Self::StockReserved { product, .. }
            | Self::StockSkipped { product, .. }
            | Self::StockReleased { product, .. }
            | Self::ItemsReturned { product, .. }
            | Self::ProductRegistered { product, .. }
            | Self::StockAdjusted { product, .. } => Some(*product),
            Self::ChargeRequested { .. }
            | Self::FeeReceived { .. }
            | Self::FeeDeclined { .. }
            | Self::RefundRequested { .. }
            | Self::RefundDeclined { .. }
            | Self::FeeRefunded { .. }
            | Self::DeliveryStarted { .. }
            | Self::RetrievalStarted { .. } => None,
        }
    }

    /// The command that people or programs give for it, if there is one.
    pub const fn asked_by(&self) -> Option<&'static str> {
        match self {
            Self::RentalRequested { .. } => Some("request"),
            Self::RentalCancelled { .. } => Some("cancel"),
            Self::RentalEnded { .. } => Some("end"),
            Self::ProductRegistered { .. } => Some("register"),
            Self::StockAdjusted { .. } => Some("adjust"),
            Self::ItemsReturned { .. } => Some("checkin"),
            Self::FeeReceived { by_hand: Some(_), .. }
            | Self::FeeDeclined { by_hand: Some(_), .. }
            | Self::FeeRefunded { by_hand: Some(_), .. } => Some("resolve"),
            Self::FeeReceived { .. }
            | Self::FeeDeclined { .. }
            | Self::FeeRefunded { .. }
            | Self::RefundDeclined { .. } => Some("settle"),
            Self::ChargeRequested { .. } | Self::RefundRequested { .. } => Some("retry"),
            _ => None,
        }
    }

    /// Which attempt of what may be tried again; 0 for what happens once.
    pub const fn attempt(&self) -> u32 {
        match self {
            Self::ChargeRequested { attempt, .. }
            | Self::RefundRequested { attempt, .. }
            | Self::RefundDeclined { attempt, .. } => *attempt,
            _ => 0,
        }
    }

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

/// Why a body is not one of our events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("not an event: {0}")]
    Json(String),
    #[error("unknown eventType {0:?}")]
    UnknownKind(String),
    #[error("{kind} without {field}")]
    Missing { kind: Kind, field: &'static str },
    #[error("timestamp {0:?} is not 14 digits of a real UTC time")]
    Timestamp(String),
}

struct Body<'a> {
    event: &'a Event,
    number: u64,
    at: UnixMs,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("eventType", self.event.kind().wire_name())?;
        body.serialize_entry("timestamp", &self.at.stamp())?;
        if self.event.kind() != Kind::StockShort {
            body.serialize_entry("id", &self.number)?;
        }
        match self.event {
            Event::RentalRequested { order, product, qty, amount } => {
                body.serialize_entry("orderId", order)?;
                body.serialize_entry("productId", product)?;
                body.serialize_entry("qty", qty)?;
                body.serialize_entry("amount", amount)?;
            }
            Event::RentalCancelled { order, product, reason } => {
                body.serialize_entry("orderId", order)?;
                body.serialize_entry("productId", product)?;
                if let Some(reason) = reason {
                    body.serialize_entry("reason", reason)?;
                }
            }
            Event::RentalEnded { order, product }
            | Event::StockShort { order, product }
            | Event::StockSkipped { order, product } => {
                body.serialize_entry("orderId", order)?;
                body.serialize_entry("productId", product)?;
            }
            Event::StockReserved { order, product, qty } | Event::StockReleased { order, product, qty } => {
                body.serialize_entry("orderId", order)?;
                body.serialize_entry("productId", product)?;
                body.serialize_entry("qty", qty)?;
            }
            Event::ItemsReturned { order, product, qty, down, lost } => {
                body.serialize_entry("orderId", order)?;
                body.serialize_entry("productId", product)?;
                body.serialize_entry("qty", qty)?;
                body.serialize_entry("down", down)?;
                body.serialize_entry("lost", lost)?;
            }
            Event::ProductRegistered { product, name, qty } => {
                body.serialize_entry("productId", product)?;
                body.serialize_entry("productName", name)?;
                body.serialize_entry("qty", qty)?;
            }
            Event::StockAdjusted { product, from, to, qty, reason } => {
                body.serialize_entry("productId", product)?;
                body.serialize_entry("from", from)?;
                body.serialize_entry("to", to)?;
                body.serialize_entry("qty", qty)?;
                body.serialize_entry("reason", reason)?;
            }
            Event::ChargeRequested { order, amount, attempt } | Event::RefundRequested { order, amount, attempt } => {
                body.serialize_entry("amount", amount)?;
                body.serialize_entry("orderId", order)?;
                if *attempt > 1 {
                    body.serialize_entry("attempt", attempt)?;
                }
            }
            Event::RefundDeclined { order, amount, attempt, reason } => {
                body.serialize_entry("amount", amount)?;
                body.serialize_entry("orderId", order)?;
                if *attempt > 1 {
                    body.serialize_entry("attempt", attempt)?;
                }
                if let Some(reason) = reason {
                    body.serialize_entry("reason", reason)?;
                }
            }
            Event::FeeReceived { order, amount, by_hand }
            | Event::FeeDeclined { order, amount, by_hand }
            | Event::FeeRefunded { order, amount, by_hand } => {
                body.serialize_entry("amount", amount)?;
                body.serialize_entry("orderId", order)?;
                if let Some(reason) = by_hand {
                    body.serialize_entry("byHand", reason)?;
                }
            }
            Event::DeliveryStarted { order } => {
                body.serialize_entry("orderId", order)?;
                body.serialize_entry("logistisId", &self.number)?;
            }
            Event::RetrievalStarted { order, dispatched } => {
                body.serialize_entry("orderId", order)?;
                body.serialize_entry("dispatched", dispatched)?;
            }
        }
        body.serialize_entry("me", &true)?;
        body.end()
    }
}

/// Every field any event may carry.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    event_type: String,
    timestamp: String,
    id: Option<u64>,
    order_id: Option<OrderId>,
    product_id: Option<ProductId>,
    product_name: Option<String>,
    qty: Option<u32>,
    amount: Option<Won>,
    dispatched: Option<bool>,
    down: Option<u32>,
    lost: Option<u32>,
    from: Option<Place>,
    to: Option<Place>,
    reason: Option<Reason>,
    attempt: Option<u32>,
    by_hand: Option<Reason>,
}

impl Wire {
    fn read(self) -> Result<(Event, Option<u64>, UnixMs), Unreadable> {
        let at = UnixMs::from_stamp(&self.timestamp).ok_or(Unreadable::Timestamp(self.timestamp))?;
        let kind = Kind::from_wire_name(&self.event_type).ok_or(Unreadable::UnknownKind(self.event_type))?;
        let missing = |field| move || Unreadable::Missing { kind, field };
        let order = || self.order_id.ok_or_else(missing("orderId"));
        let product = || self.product_id.ok_or_else(missing("productId"));
        let qty = || self.qty.and_then(|n| Qty::new(n.into()).ok()).ok_or_else(missing("a qty of at least 1"));
        let amount = || self.amount.ok_or_else(missing("amount"));
        let attempt = self.attempt.unwrap_or(1);
        let event = match kind {
            Kind::RentalRequested => {
                Event::RentalRequested { order: order()?, product: product()?, qty: qty()?, amount: amount()? }
            }
            Kind::RentalCancelled => {
                Event::RentalCancelled { order: order()?, product: product()?, reason: self.reason }
            }
            Kind::RentalEnded => Event::RentalEnded { order: order()?, product: product()? },
            Kind::StockShort => Event::StockShort { order: order()?, product: product()? },
            Kind::StockReserved => Event::StockReserved { order: order()?, product: product()?, qty: qty()? },
            Kind::StockSkipped => Event::StockSkipped { order: order()?, product: product()? },
            Kind::StockReleased => Event::StockReleased { order: order()?, product: product()?, qty: qty()? },
            Kind::ItemsReturned => Event::ItemsReturned {
                order: order()?,
                product: product()?,
                qty: qty()?,
                down: self.down.unwrap_or(0),
                lost: self.lost.unwrap_or(0),
            },
            Kind::ProductRegistered => Event::ProductRegistered {
                product: product()?,
                name: self.product_name.ok_or_else(missing("productName"))?,
                qty: self.qty.ok_or_else(missing("qty"))?,
            },
            Kind::StockAdjusted => Event::StockAdjusted {
                product: product()?,
                from: self.from.ok_or_else(missing("from"))?,
                to: self.to.ok_or_else(missing("to"))?,
                qty: qty()?,
                reason: self.reason.ok_or_else(missing("reason"))?,
            },
            Kind::ChargeRequested => Event::ChargeRequested { order: order()?, amount: amount()?, attempt },
            Kind::FeeReceived => Event::FeeReceived { order: order()?, amount: amount()?, by_hand: self.by_hand },
            Kind::FeeDeclined => Event::FeeDeclined { order: order()?, amount: amount()?, by_hand: self.by_hand },
            Kind::RefundRequested => Event::RefundRequested { order: order()?, amount: amount()?, attempt },
            Kind::RefundDeclined => {
                Event::RefundDeclined { order: order()?, amount: amount()?, attempt, reason: self.reason }
            }
            Kind::FeeRefunded => {
                let amount = self.amount.unwrap_or(Won::ZERO);
                Event::FeeRefunded { order: order()?, amount, by_hand: self.by_hand }
            }
            Kind::DeliveryStarted => Event::DeliveryStarted { order: order()? },
            // The original never says whether the goods had left; then they must be looked for.
            Kind::RetrievalStarted => {
                Event::RetrievalStarted { order: order()?, dispatched: self.dispatched.unwrap_or(true) }
            }
        };
        Ok((event, self.id, at))
    }
}
