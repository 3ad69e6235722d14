//! What a person or a program is told when something is not done.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Why a request was not carried out, as the HTTP status the original would have given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
pub enum Code {
    /// 400: the request cannot be understood.
    Malformed,
    /// 404: it names something that does not exist.
    Unknown,
    /// 409: it contradicts what is recorded, or what is on the shelf.
    Conflict,
    /// 500: a defect of ours; recorded nothing.
    Failed,
    /// 503: a needed service does not answer; try again later.
    Unavailable,
}

impl From<Code> for u16 {
    fn from(code: Code) -> Self {
        match code {
            Code::Malformed => 400,
            Code::Unknown => 404,
            Code::Conflict => 409,
            Code::Failed => 500,
            Code::Unavailable => 503,
        }
    }
}

impl TryFrom<u16> for Code {
    type Error = String;

    fn try_from(number: u16) -> Result<Self, String> {
        Ok(match number {
            400 => Self::Malformed,
            404 => Self::Unknown,
            409 => Self::Conflict,
            500 => Self::Failed,
            503 => Self::Unavailable,
            other => return Err(format!("{other} is not one of 400, 404, 409, 500, 503")),
        })
    }
}

/// A refusal records nothing: it is an answer, not an event.
///
/// On the wire: `{"error":{"code":409,"message":"…", …facts}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    pub code: Code,
    /// One sentence: what is so, and the way out.
    pub message: String,
    /// The facts of the sentence, for programs (`available`, `productId` …).
    #[serde(flatten)]
    pub facts: Map<String, Value>,
}

impl Refusal {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), facts: Map::new() }
    }

    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(Code::Malformed, message)
    }

    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Code::Unavailable, message)
    }

    /// Adds a figure for programs.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// The JSON body of an error answer.
    pub fn to_body(&self) -> Vec<u8> {
        serde_json::json!({ "error": self }).to_string().into_bytes()
    }

    /// Reads an error answer's body, if it is one.
    pub fn from_body(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Body {
            error: Refusal,
        }
        serde_json::from_slice::<Body>(body).ok().map(|body| body.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_survives_the_wire_with_its_facts() {
        let refusal = Refusal::new(Code::Conflict, "90 of product 2 available").with("available", 90);
        let body = refusal.to_body();
        let json: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"error": {"code": 409, "message": "90 of product 2 available", "available": 90}})
        );
        assert_eq!(Refusal::from_body(&body), Some(refusal));
    }

    #[test]
    fn an_answer_that_is_no_error_is_not_read_as_one() {
        assert_eq!(Refusal::from_body(b"{\"orderId\":2}"), None);
        assert_eq!(Refusal::from_body(b""), None);
    }
}
