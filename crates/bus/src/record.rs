//! One event as it stands in a journal, and on its stream.
//!
//! Both hold the same bytes under the same number, so each can be rebuilt from
//! the other. [`Record::hash`] chains every record to all before it: two
//! journals with the same hash at a number are the same up to there.

use crate::subjects;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use rental_model::event::Unreadable;
use rental_model::{Context, Event, Kind, RecordedEvent, UnixMs};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The chain's value before the first record.
pub const GENESIS: Hash = Hash([0; 32]);

/// SHA-256 over a journal up to some record.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    pub fn to_hex(self) -> String {
        HEXLOWER.encode(&self.0)
    }

    pub fn from_hex(hex: &str) -> Option<Self> {
        HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// What travels with an event beside its body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// `<STREAM>:<number>` of the event that led to it, or the request's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// A raw message of a stream, readable or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number in the stream.
    pub number: u64,
    pub subject: String,
    pub headers: Vec<(String, String)>,
    pub payload: Bytes,
}

impl Message {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The chain's value it claims.
    pub fn hash(&self) -> Option<Hash> {
        Hash::from_hex(self.header(subjects::HASH)?)
    }

    /// The chain's value it should claim after `before`.
    pub fn hash_after(&self, before: Hash) -> Hash {
        let at = self.header(subjects::AT).unwrap_or_default();
        let parts = [subjects::CAUSE, subjects::ACTOR, subjects::DIGEST, subjects::TRACE].map(|name| self.header(name));
        chain(before, self.number, &self.subject, at, parts, &self.payload)
    }

    /// Reads it as an event of `source`.
    pub fn recorded(&self, source: Context) -> Result<RecordedEvent, Unreadable> {
        let (event, _, second) = Event::from_body(&self.payload)?;
        let at = self.header(subjects::AT).and_then(|ms| ms.parse().ok()).map_or(second, UnixMs);
        Ok(RecordedEvent {
            source,
            number: self.number,
            at,
            cause: self.header(subjects::CAUSE).map(str::to_owned),
            actor: self.header(subjects::ACTOR).map(str::to_owned),
            event,
        })
    }
}

/// One event of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub number: u64,
    pub kind: Kind,
    /// The order id, or the product id of an event about the shelf alone.
    pub key: u64,
    pub at: UnixMs,
    pub origin: Origin,
    pub hash: Hash,
    /// The JSON body.
    pub body: Bytes,
}

impl Record {
    /// The record that follows one whose hash is `before`.
    pub fn new(number: u64, event: &Event, at: UnixMs, origin: Origin, before: Hash) -> Self {
        let body = Bytes::from(event.to_body(number, at));
        let mut record = Self { number, kind: event.kind(), key: event.key(), at, origin, hash: GENESIS, body };
        record.hash = record.hash_after(before);
        record
    }

    /// Whether it is what was recorded behind a record whose hash is `before`.
    pub fn continues(&self, before: Hash) -> bool {
        self.hash_after(before) == self.hash
    }

    fn hash_after(&self, before: Hash) -> Hash {
        let Origin { cause, actor, digest, trace } = &self.origin;
        let parts = [cause, actor, digest, trace].map(Option::as_deref);
        chain(before, self.number, &self.subject(), &self.at.0.to_string(), parts, &self.body)
    }

    pub fn subject(&self) -> String {
        subjects::event(self.kind, self.key)
    }

    /// The headers it is published with.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let Origin { cause, actor, digest, trace } = &self.origin;
        let optional =
            [(subjects::CAUSE, cause), (subjects::ACTOR, actor), (subjects::DIGEST, digest), (subjects::TRACE, trace)];
        let mut headers = vec![(subjects::AT, self.at.0.to_string()), (subjects::HASH, self.hash.to_hex())];
        headers.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
        headers
    }

    /// Rebuilds the record from its message, if that is one of ours and
    /// continues the chain after `before`.
    pub fn from_message(message: &Message, before: Hash) -> Result<Self, NotOurs> {
        let number = message.number;
        let (event, named, second) =
            Event::from_body(&message.payload).map_err(|cause| NotOurs::Unreadable { number, cause })?;
        if named.is_some_and(|named| named != number) {
            return Err(NotOurs::OtherNumber { number, named: named.unwrap_or_default() });
        }
        // For the chain one that is empty is none: so it is none here.
        let header = |name| message.header(name).filter(|value| !value.is_empty()).map(str::to_owned);
        let record = Self {
            number,
            kind: event.kind(),
            key: event.key(),
            at: header(subjects::AT).and_then(|ms| ms.parse().ok()).map_or(second, UnixMs),
            origin: Origin {
                cause: header(subjects::CAUSE),
                actor: header(subjects::ACTOR),
                digest: header(subjects::DIGEST),
                trace: header(subjects::TRACE),
            },
            hash: message.hash_after(before),
            body: message.payload.clone(),
        };
        if message.hash() == Some(record.hash) && message.subject == record.subject() {
            Ok(record)
        } else {
            Err(NotOurs::Forked { number })
        }
    }

    /// What it says, as others receive it.
    pub fn recorded(&self) -> Result<RecordedEvent, Unreadable> {
        let (event, _, _) = Event::from_body(&self.body)?;
        Ok(RecordedEvent {
            source: self.kind.context(),
            number: self.number,
            at: self.at,
            cause: self.origin.cause.clone(),
            actor: self.origin.actor.clone(),
            event,
        })
    }
}

/// Why a message cannot be the next record of a journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    #[error("event {number} of the stream cannot be read: {cause}")]
    Unreadable { number: u64, cause: Unreadable },
    #[error("event {number} of the stream calls itself {named}")]
    OtherNumber { number: u64, named: u64 },
    #[error("journal and stream differ at event {number}")]
    Forked { number: u64 },
}

fn chain(before: Hash, number: u64, subject: &str, at: &str, parts: [Option<&str>; 4], body: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(before.0);
    hasher.update(number.to_be_bytes());
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    part(subject.as_bytes());
    part(at.as_bytes());
    for value in parts {
        part(value.unwrap_or_default().as_bytes());
    }
    part(body);
    Hash(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rental_model::{OrderId, Won};

    fn record(number: u64, before: Hash) -> Record {
        let order = OrderId::new(7).unwrap();
        let event = Event::FeeReceived { order, amount: Won::new(10).unwrap(), by_hand: None };
        let origin = Origin { cause: Some("ORDER:3".to_owned()), actor: Some("김".to_owned()), ..Origin::default() };
        Record::new(number, &event, UnixMs(1_587_605_794_123), origin, before)
    }

    fn message(record: &Record) -> Message {
        Message {
            number: record.number,
            subject: record.subject(),
            headers: record.headers().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            payload: record.body.clone(),
        }
    }

    #[test]
    fn a_record_is_rebuilt_from_its_message() {
        let first = record(1, GENESIS);
        let second = record(2, first.hash);
        assert_eq!(Record::from_message(&message(&second), first.hash), Ok(second.clone()));
        assert_eq!(message(&second).recorded(Context::Billing), Ok(second.recorded().unwrap()));
    }

    #[test]
    fn a_record_after_another_history_is_refused() {
        let message = message(&record(2, record(1, GENESIS).hash));
        assert_eq!(Record::from_message(&message, GENESIS), Err(NotOurs::Forked { number: 2 }));
    }

    #[test]
    fn a_changed_header_or_body_breaks_the_chain() {
        let original = record(1, GENESIS);
        for (place, (name, _)) in original.headers().into_iter().enumerate() {
            let mut changed = message(&original);
            changed.headers[place].1 = "9".to_owned();
            assert!(Record::from_message(&changed, GENESIS).is_err(), "{name}");
        }
        let mut changed = message(&original);
        changed.payload = Bytes::from(String::from_utf8_lossy(&original.body).replace("10", "11"));
        assert!(Record::from_message(&changed, GENESIS).is_err());
    }

    #[test]
    fn a_message_under_another_number_is_refused() {
        let mut moved = message(&record(1, GENESIS));
        moved.number = 2;
        assert_eq!(Record::from_message(&moved, GENESIS), Err(NotOurs::OtherNumber { number: 2, named: 1 }));
    }
}
