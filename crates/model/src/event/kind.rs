//! A kind of event, as people and programs meet it: by its wire name.

use super::Kind;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

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
