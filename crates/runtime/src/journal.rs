//! A record as it lies in the store: a length, a JSON head, and the body as it is.

use bytes::Bytes;
use rental_bus::Record;
use rental_bus::record::{Hash, Origin};
use rental_model::{Kind, UnixMs};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Head {
    kind: Kind,
    key: u64,
    at: UnixMs,
    #[serde(flatten)]
    origin: Origin,
    hash: String,
}

pub(crate) fn encode(record: &Record) -> Vec<u8> {
    let Record { kind, key, at, origin, hash, body, .. } = record;
    let head = Head { kind: *kind, key: *key, at: *at, origin: origin.clone(), hash: hash.to_hex() };
    let head = serde_json::to_vec(&head).unwrap_or_default();
    let mut row = Vec::with_capacity(4 + head.len() + body.len());
    row.extend(u32::try_from(head.len()).unwrap_or(0).to_be_bytes());
    row.extend(head);
    row.extend(body);
    row
}

/// Reads a record back; none if it is damaged.
pub fn decode(number: u64, row: &[u8]) -> Option<Record> {
    let (length, rest) = row.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (head, body) = rest.split_at_checked(length)?;
    let Head { kind, key, at, origin, hash } = serde_json::from_slice(head).ok()?;
    Some(Record { number, kind, key, at, origin, hash: Hash::from_hex(&hash)?, body: Bytes::copy_from_slice(body) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rental_bus::record::GENESIS;
    use rental_model::{Event, OrderId};

    #[test]
    fn a_record_comes_back_as_it_was() {
        let event = Event::DeliveryStarted { order: OrderId::new(7).unwrap() };
        let origin = Origin { cause: Some("BILLING:3".to_owned()), ..Origin::default() };
        let record = Record::new(9, &event, UnixMs(1_587_605_794_123), origin, GENESIS);
        assert_eq!(decode(9, &encode(&record)), Some(record));
    }

    #[test]
    fn a_damaged_record_is_noticed() {
        for damaged in [&b""[..], b"\0\0", b"\0\0\0\xffxx", b"\0\0\0\x02{}body"] {
            assert_eq!(decode(1, damaged), None);
        }
    }
}
