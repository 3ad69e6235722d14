//! What an audit can find: each a sentence that names the order or the number.

use rental_model::{Context, Kind, OrderId, ProductId, Won};

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    // The streams.
    #[error("{source_name}: events {from} to {to} are missing", source_name = stream(*.of))]
    Missing { of: Context, from: u64, to: u64 },
    #[error("{source_name}:{number} is not what was recorded there: {why}", source_name = stream(*.of))]
    Altered { of: Context, number: u64, why: String },
    #[error("the journal of {of} ends at {journal}, its stream at {end}")]
    Unpublished { of: Context, journal: u64, end: u64 },
    #[error("{by} has received {source_name}:{received}, the stream ends at {end}", source_name = stream(*.of))]
    PositionBeyondEnd { by: Context, of: Context, received: u64, end: u64 },
    // The orders.
    #[error("order {order} has two events {kind}, {source_name}:{first} and {second}", source_name = stream(kind.context()))]
    Twice { order: OrderId, kind: Kind, first: u64, second: u64 },
    #[error("order {order} has {first} and {second}, which exclude each other")]
    Both { order: OrderId, first: Kind, second: Kind },
    #[error("order {order} has {second} before {first}")]
    Reversed { order: OrderId, first: Kind, second: Kind },
    #[error("order {order}: {kind} names {cause} as its cause, which is no event of this order")]
    NoCause { order: OrderId, kind: Kind, cause: String },
    #[error("order {order} was charged {charged} won and refunded {refunded}")]
    Refund { order: OrderId, charged: Won, refunded: Won },
    #[error("order {order} asked for {asked} won and was charged {charged}")]
    Charge { order: OrderId, asked: Won, charged: Won },
    #[error("order {order}: {kind} is about {found}, the request about {asked}")]
    Units { order: OrderId, kind: Kind, asked: String, found: String },
    #[error("order {order}: the retrieval says dispatched {said}, the delivery says otherwise")]
    Dispatch { order: OrderId, said: bool },
    #[error("order {order} has waited for {waits_for} for {seconds} s")]
    Stuck { order: OrderId, waits_for: &'static str, seconds: u64 },
    #[error("{refunded_won} won were refunded, but only {charged_won} charged")]
    MoreRefunded { charged_won: u128, refunded_won: u128 },
    // The stock.
    #[error("INVENTORY:{number} takes {short} more units of product {product} than there were")]
    Overdrawn { product: ProductId, number: u64, short: u64 },
    #[error("product {product}: inventory shows {shown}, the events say {expected}")]
    Stock { product: ProductId, shown: String, expected: String },
    // The view.
    #[error("totalview does not show order {order}")]
    Hidden { order: OrderId },
    #[error("totalview shows order {order}, of which there is no event")]
    Invented { order: OrderId },
    #[error("totalview shows order {order} with {field} {shown}, the events say {expected}")]
    Shown { order: OrderId, field: String, shown: String, expected: String },
    #[error("totalview has not received {source_name}:{number} of order {order} for {seconds} s", source_name = stream(*.of))]
    NotReceived { order: OrderId, of: Context, number: u64, seconds: u64 },
    // What the contexts say themselves.
    #[error("{by} has parked {count} messages; see `rental parked list`")]
    Parked { by: Context, count: u64 },
    #[error("{by} says: {what}")]
    Alert { by: Context, what: String },
    // What customers were told.
    #[error("{asked} was answered, but {lost}")]
    Broken { asked: String, lost: String },
}

impl Finding {
    /// What kind of finding, for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Altered { .. } => "altered",
            Self::Unpublished { .. } => "unshipped",
            Self::PositionBeyondEnd { .. } => "heardBeyond",
            Self::Twice { .. } => "twice",
            Self::Both { .. } => "both",
            Self::Reversed { .. } => "reversed",
            Self::NoCause { .. } => "noCause",
            Self::Refund { .. } => "refund",
            Self::Charge { .. } => "charge",
            Self::Units { .. } => "units",
            Self::Dispatch { .. } => "dispatch",
            Self::Stuck { .. } => "stuck",
            Self::MoreRefunded { .. } => "moreRefunded",
            Self::Overdrawn { .. } => "overdrawn",
            Self::Stock { .. } => "stock",
            Self::Hidden { .. } => "hidden",
            Self::Invented { .. } => "invented",
            Self::Shown { .. } => "shown",
            Self::NotReceived { .. } => "unheard",
            Self::Parked { .. } => "parked",
            Self::Alert { .. } => "trouble",
            Self::Broken { .. } => "broken",
        }
    }
}

fn stream(source: Context) -> &'static str {
    source.stream().unwrap_or_default()
}
