//! Where a rental stands, in words: derived from which events were seen, and nowhere else.

use crate::event::Kind;
use serde::{Deserialize, Serialize};

/// Where a rental stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Taken; the fee is not in yet.
    Requested,
    /// The fee is in; the goods have not left.
    Paid,
    /// Paid, and the goods are out.
    Active,
    /// Cancelled; refund or retrieval is still to come.
    Cancelling,
    Cancelled,
    /// The stock was short; refund or retrieval is still to come.
    Short,
    /// Cancelled automatically: the stock was short.
    ShortCancelled,
    /// Ended; the retrieval is still to come.
    Ending,
    Ended,
}

impl Status {
    pub const ALL: [Self; 9] = [
        Self::Requested,
        Self::Paid,
        Self::Active,
        Self::Cancelling,
        Self::Cancelled,
        Self::Short,
        Self::ShortCancelled,
        Self::Ending,
        Self::Ended,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Paid => "paid",
            Self::Active => "active",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
            Self::Short => "short",
            Self::ShortCancelled => "shortCancelled",
            Self::Ending => "ending",
            Self::Ended => "ended",
        }
    }

    /// Nothing more will happen to it by itself.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Active | Self::Cancelled | Self::ShortCancelled | Self::Ended)
    }
}

impl std::str::FromStr for Status {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|status| status.word().eq_ignore_ascii_case(word)).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|status| status.word()).collect();
            format!("{word:?} is no status; known: {}", known.join(", "))
        })
    }
}

/// What became of the fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Payment {
    Waiting,
    Charged,
    Declined,
    /// Whoever took it is asked to give it back, and has not said that it did.
    Refunding,
    /// It was asked and will not: a person decides.
    RefundDeclined,
    Refunded,
}

/// Where the goods are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Delivery {
    /// Nothing has left.
    Waiting,
    /// Sent to the customer.
    Out,
    /// Called back; not on the shelf yet.
    Returning,
    /// Back on the shelf.
    Back,
    /// Called off before anything left.
    CalledOff,
}

/// All that the words derive from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Standing {
    /// Which kinds of event were seen: the sum of their [`Kind::bit`]s.
    pub seen: u32,
    /// The goods were on their way, or there, when they were called back.
    pub was_dispatched: bool,
    /// The last attempt to have the fee given back was declined.
    pub is_refund_declined: bool,
}

impl Standing {
    pub const fn has_seen(self, kind: Kind) -> bool {
        self.seen & kind.bit() != 0
    }

    pub const fn status(self) -> Status {
        let is_settled = self.has_seen(Kind::FeeRefunded) && self.has_seen(Kind::RetrievalStarted);
        // As in the order context: what was cancelled stays so, whenever the shortage became known.
        if self.has_seen(Kind::RentalCancelled) {
            if is_settled { Status::Cancelled } else { Status::Cancelling }
        } else if self.has_seen(Kind::StockShort) {
            if is_settled { Status::ShortCancelled } else { Status::Short }
        } else if self.has_seen(Kind::RentalEnded) {
            if self.has_seen(Kind::RetrievalStarted) { Status::Ended } else { Status::Ending }
        } else if self.has_seen(Kind::DeliveryStarted) {
            Status::Active
        } else if self.has_seen(Kind::FeeReceived) {
            Status::Paid
        } else {
            Status::Requested
        }
    }

    pub const fn payment(self) -> Payment {
        if self.has_seen(Kind::FeeDeclined) {
            Payment::Declined
        } else if self.has_seen(Kind::FeeRefunded) {
            Payment::Refunded
        } else if self.is_refund_declined {
            Payment::RefundDeclined
        } else if self.has_seen(Kind::RefundRequested) {
            Payment::Refunding
        } else if self.has_seen(Kind::FeeReceived) {
            Payment::Charged
        } else {
            Payment::Waiting
        }
    }

    pub const fn delivery(self) -> Delivery {
        if self.has_seen(Kind::ItemsReturned) {
            Delivery::Back
        } else if self.has_seen(Kind::RetrievalStarted) {
            if !self.was_dispatched {
                Delivery::CalledOff
            } else if self.has_seen(Kind::StockShort) || self.has_seen(Kind::StockSkipped) {
                // Nothing is held for it, so nothing will ever be checked in.
                Delivery::Back
            } else {
                Delivery::Returning
            }
        } else if self.has_seen(Kind::DeliveryStarted) {
            Delivery::Out
        } else {
            Delivery::Waiting
        }
    }
}
