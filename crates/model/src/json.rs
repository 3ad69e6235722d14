//! Reading JSON without guessing.
//!
//! serde's own `Value` keeps the last of two values under one key, and rounds
//! whole numbers that are too long. A request like that has two meanings; it
//! is refused rather than given one of them.

use crate::values::LARGEST;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Reads one JSON value in which every key stands once and every number is kept exactly.
///
/// What is JSON and breaks this is a data error; its sentence names the key or the number.
pub fn read(text: &[u8]) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Exact { key: None }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Reads a value; `key` is what it stands under, if anything.
#[derive(Clone, Copy)]
struct Exact<'a> {
    key: Option<&'a str>,
}

impl<'de> DeserializeSeed<'de> for Exact<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Exact<'_> {
    fn inexact<E: Error>(self, number: impl fmt::Display) -> E {
        let place = self.key.map(|key| format!("{key}: ")).unwrap_or_default();
        E::custom(format!("{place}the number {number} is beyond {LARGEST}, up to which every JSON reader is exact"))
    }
}

impl<'de> Visitor<'de> for Exact<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        if number > LARGEST { Err(self.inexact(number)) } else { Ok(number.into()) }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        if number.unsigned_abs() > LARGEST { Err(self.inexact(number)) } else { Ok(number.into()) }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        // Whole numbers that do not fit into 64 bits arrive here too, rounded.
        if number.abs() >= 9_007_199_254_740_992.0 { Err(self.inexact(number)) } else { Ok(number.into()) }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = elements.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if fields.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} stands there twice")));
            }
            let value = entries.next_value_seed(Exact { key: Some(&key) })?;
            fields.insert(key, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let error = read(text.as_bytes()).unwrap_err();
        assert!(error.is_data(), "{text}: {error}");
        error.to_string()
    }

    #[test]
    fn what_has_one_meaning_is_read_as_serde_reads_it() {
        for text in [
            "null",
            "[]",
            "{}",
            r#" {"a":[1,-2,2.5,true,null,"\u0000x",{"a":{}}],"b":"\ud55c","c":9007199254740991} "#,
            "-9007199254740991",
        ] {
            assert_eq!(read(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn a_key_that_stands_there_twice_is_named_at_any_depth() {
        assert!(refused(r#"{"qty":1,"productId":2,"qty":100}"#).contains(r#"the key "qty" stands there twice"#));
        assert!(refused(r#"[{"a":{"b":1,"\u0062":1}}]"#).contains(r#"the key "b""#));
        assert_eq!(read(br#"{"a":{"b":1},"b":{"b":1}}"#).unwrap()["b"]["b"], 1);
    }

    #[test]
    fn a_number_that_some_reader_would_round_is_named() {
        for number in ["9007199254740992", "-9007199254740992", "18446744073709551616", "1e30"] {
            assert!(refused(&format!(r#"{{"qty":{number}}}"#)).contains("qty: the number"), "{number}");
            assert!(refused(&format!("[{number}]")).contains("is beyond 9007199254740991"), "{number}");
        }
    }

    #[test]
    fn what_is_no_json_is_told_apart() {
        for text in ["", "{", "{\"a\":1}}", "1 2", "{a:1}", "1e999"] {
            assert!(!read(text.as_bytes()).unwrap_err().is_data(), "{text}");
        }
    }
}
