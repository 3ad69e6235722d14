//! The journal of commands: who asked a context for what, when, and what
//! became of it. `rental.<context>.journal`.

use rental_model::{Code, OrderId, UnixMs};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One command that a context carried out or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Counts the context's commands.
    pub number: u64,
    pub at: UnixMs,
    /// As in `rental.<context>.<endpoint>`.
    pub endpoint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The order it is about, if it is known to be about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The fields of the request; text, if they were too long to be kept whole or could not be read.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub body: Value,
    /// It came back from the stream after the data file was lost: `body` is what the event says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_restored: bool,
    pub outcome: Outcome,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "camelCase")]
pub enum Outcome {
    /// It is the context's event of this number.
    Recorded {
        event: u64,
    },
    /// It had been done before, as this event.
    Already {
        event: u64,
    },
    /// There was nothing to record.
    Nothing,
    Refused {
        code: Code,
        message: String,
    },
    /// A parked message was tried again, and is dealt with.
    Handled,
    /// A parked message was tried again, in vain.
    StillFails {
        message: String,
    },
    /// A parked message was given up.
    Dropped {
        reason: String,
    },
}

impl Outcome {
    /// The event it stands for, if any.
    pub const fn event(&self) -> Option<u64> {
        match self {
            Self::Recorded { event } | Self::Already { event } => Some(*event),
            _ => None,
        }
    }

    /// Its word on the wire.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Recorded { .. } => "recorded",
            Self::Already { .. } => "already",
            Self::Nothing => "nothing",
            Self::Refused { .. } => "refused",
            Self::Handled => "handled",
            Self::StillFails { .. } => "stillFails",
            Self::Dropped { .. } => "dropped",
        }
    }

    /// Why, if it says so.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Refused { message, .. } | Self::StillFails { message } => Some(message),
            Self::Dropped { reason } => Some(reason),
            _ => None,
        }
    }
}

/// `rental.<context>.journal`: newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadJournal {
    /// Only entries with a lower number: the answer's `next`, to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// At most so many, 1 to 1000; 100 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only entries in which all of these words occur.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The answer to [`ReadJournal`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalPage {
    pub entries: Vec<Entry>,
    /// What to ask for as `before` for what may follow; none if there is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// The number of the newest entry there is.
    pub commands: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_on_the_wire_is_camel_case_and_leaves_out_what_is_not_known() {
        let entry = Entry {
            number: 7,
            at: UnixMs(1_587_605_794_123),
            endpoint: "cancel".to_owned(),
            actor: Some("김".to_owned()),
            request_id: Some("R-1".to_owned()),
            order_id: OrderId::new(17).ok(),
            body: json!({ "orderId": 17 }),
            is_restored: false,
            outcome: Outcome::Refused { code: Code::Unknown, message: "there is no order 17".to_owned() },
        };
        let wire = json!({
            "number": 7, "at": 1_587_605_794_123_u64, "endpoint": "cancel", "actor": "김", "requestId": "R-1",
            "orderId": 17, "body": { "orderId": 17 },
            "outcome": { "result": "refused", "code": 404, "message": "there is no order 17" },
        });
        assert_eq!(json!(entry), wire);
        assert_eq!(serde_json::from_value::<Entry>(wire).unwrap(), entry);
    }

    #[test]
    fn every_outcome_is_called_on_the_wire_what_its_word_says() {
        for outcome in [
            Outcome::Recorded { event: 1 },
            Outcome::Already { event: 1 },
            Outcome::Nothing,
            Outcome::Refused { code: Code::Conflict, message: String::new() },
            Outcome::Handled,
            Outcome::StillFails { message: String::new() },
            Outcome::Dropped { reason: String::new() },
        ] {
            assert_eq!(json!(outcome)["result"], outcome.word());
        }
    }
}
