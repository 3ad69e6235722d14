//! An event's JSON body: written field by field in the order of its row, read through [`Wire`].

use super::{Event, Kind, Place};
use crate::values::{OrderId, ProductId, Qty, Reason, UnixMs, Won};
use serde::Deserialize;
use serde::ser::{Serialize, SerializeMap, Serializer};

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

macro_rules! wire {
    ($($field:ident $name:literal: $type:ty,)+) => {
        /// Every field that any event may carry. A name means the same in all of them, and
        /// has to be right wherever it stands.
        #[derive(Deserialize)]
        pub(super) struct Wire {
            #[serde(rename = "eventType")]
            event_type: String,
            timestamp: String,
            id: Option<u64>,
            $(#[serde(rename = $name)] pub(super) $field: Option<$type>,)+
        }

        /// What the fields are called in a body.
        #[expect(non_upper_case_globals, reason = "each is called as the field it names")]
        pub(super) mod name {
            $(pub(in crate::event) const $field: &str = $name;)+
            /// Written for the original's sake, and never read.
            pub(in crate::event) const logistics_id: &str = "logistisId";
        }
    };
}

wire! {
    order_id "orderId": OrderId,
    product_id "productId": ProductId,
    product_name "productName": String,
    qty "qty": u32,
    amount "amount": Won,
    dispatched "dispatched": bool,
    down "down": u32,
    lost "lost": u32,
    from "from": Place,
    to "to": Place,
    reason "reason": Reason,
    attempt "attempt": u32,
    by_hand "byHand": Reason,
}

impl Wire {
    pub(super) fn read(self) -> Result<(Event, Option<u64>, UnixMs), Unreadable> {
        let at = UnixMs::from_stamp(&self.timestamp).ok_or_else(|| Unreadable::Timestamp(self.timestamp.clone()))?;
        let Some(kind) = Kind::from_wire_name(&self.event_type) else {
            return Err(Unreadable::UnknownKind(self.event_type));
        };
        let id = self.id;
        Ok((self.event(kind)?, id, at))
    }
}

/// An event as body `number` of its context's journal.
pub(super) struct Body<'a> {
    pub(super) event: &'a Event,
    pub(super) number: u64,
    pub(super) at: UnixMs,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("eventType", self.event.kind().wire_name())?;
        body.serialize_entry("timestamp", &self.at.stamp())?;
        if self.event.carries_id() {
            body.serialize_entry("id", &self.number)?;
        }
        self.event.write(&mut body, self.number)?;
        body.serialize_entry("me", &true)?;
        body.end()
    }
}

/// What an event's fields may be.
pub(super) trait Carried: Sized {
    /// As which a body carries it.
    type Raw;

    fn read(raw: Option<Self::Raw>) -> Option<Self>;

    /// What is missing where it cannot be read from the field of this name.
    fn lacking(name: &'static str) -> &'static str {
        name
    }

    /// Whether there is nothing to write.
    fn is_absent(&self) -> bool {
        false
    }

    /// The rental it names, if it names one.
    fn order(&self) -> Option<OrderId> {
        None
    }

    /// The product it names, if it names one.
    fn product(&self) -> Option<ProductId> {
        None
    }
}

macro_rules! carried_as_they_are {
    ($($type:ty),+) => {$(
        impl Carried for $type {
            type Raw = Self;

            fn read(raw: Option<Self>) -> Option<Self> {
                raw
            }
        }
    )+};
}

carried_as_they_are!(Won, Place, Reason, String, u32, bool);

impl Carried for OrderId {
    type Raw = Self;

    fn read(raw: Option<Self>) -> Option<Self> {
        raw
    }

    fn order(&self) -> Option<OrderId> {
        Some(*self)
    }
}

impl Carried for ProductId {
    type Raw = Self;

    fn read(raw: Option<Self>) -> Option<Self> {
        raw
    }

    fn product(&self) -> Option<ProductId> {
        Some(*self)
    }
}

/// A body carries any number; too small or too large a one is as good as none.
impl Carried for Qty {
    type Raw = u32;

    fn read(raw: Option<u32>) -> Option<Self> {
        raw.and_then(|count| Self::new(count.into()).ok())
    }

    fn lacking(_: &'static str) -> &'static str {
        "a qty of at least 1"
    }
}

impl<T: Carried> Carried for Option<T> {
    type Raw = T::Raw;

    fn read(raw: Option<T::Raw>) -> Option<Self> {
        Some(T::read(raw))
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}
