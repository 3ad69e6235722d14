//! Calling a service, typed.

use crate::connection::Bus;
use crate::subjects;
use async_nats::client::RequestErrorKind;
use async_nats::service::{NATS_SERVICE_ERROR, NATS_SERVICE_ERROR_CODE};
use rental_model::{Code, Context, Refusal};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Why a call brought no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The service answered no.
    #[error("{0}")]
    Refused(Refusal),
    #[error("{context} does not answer: {why}")]
    Silent { context: Context, why: Silence },
    #[error("{context}'s answer cannot be read: {why}")]
    Unreadable { context: Context, why: String },
}

impl CallError {
    /// Whether it may have been carried out all the same: retry with the same request id.
    pub fn is_unsure(&self) -> bool {
        match self {
            Self::Refused(_) => false,
            Self::Silent { why, .. } => why.is_unsure(),
            Self::Unreadable { .. } => true,
        }
    }
}

/// Why nobody answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    #[error("the broker is not connected")]
    NotConnected,
    /// The broker is of a version that is not asked anything.
    #[error("{0}")]
    OldBroker(String),
    #[error("it is not running")]
    NotRunning,
    #[error("nothing within {} ms", .0.as_millis())]
    Late(Duration),
    /// The client gave the request up, for what it says.
    #[error("{0}")]
    GivenUp(String),
}

impl Silence {
    /// Whether the request may have arrived.
    pub fn is_unsure(&self) -> bool {
        match self {
            Self::NotConnected | Self::OldBroker(_) | Self::NotRunning => false,
            Self::Late(_) | Self::GivenUp(_) => true,
        }
    }
}

/// An id that makes retries of a request safe: send the same id again.
pub fn new_request_id() -> String {
    nuid::next().to_string()
}

impl Bus {
    /// Calls `rental.<context>.<endpoint>` and reads the answer as `T`.
    pub async fn call<T: DeserializeOwned>(
        &self,
        context: Context,
        endpoint: &str,
        body: &impl Serialize,
        timeout: Duration,
    ) -> Result<T, CallError> {
        let unreadable = |why: serde_json::Error| CallError::Unreadable { context, why: why.to_string() };
        let body = serde_json::to_vec(body).map_err(unreadable)?;
        let answer = self.call_raw(context, endpoint, body, timeout).await?;
        serde_json::from_slice(&answer).map_err(unreadable)
    }

    /// Calls `rental.<context>.<endpoint>` with a body as it is.
    pub async fn call_raw(
        &self,
        context: Context,
        endpoint: &str,
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<bytes::Bytes, CallError> {
        if !self.is_up() {
            return Err(CallError::Silent { context, why: Silence::NotConnected });
        }
        if let Some(why) = self.too_old() {
            return Err(CallError::Silent { context, why: Silence::OldBroker(why.to_string()) });
        }
        let request = async_nats::Request::new().payload(body.into()).timeout(Some(timeout));
        let subject = subjects::endpoint(context, endpoint);
        let answer = match self.client().send_request(subject, request).await {
            Ok(answer) => answer,
            Err(error) => {
                let why = match error.kind() {
                    RequestErrorKind::NoResponders => Silence::NotRunning,
                    RequestErrorKind::TimedOut => Silence::Late(timeout),
                    _ => Silence::GivenUp(error.to_string()),
                };
                return Err(CallError::Silent { context, why });
            }
        };
        let headers = answer.headers.as_ref();
        let Some(text) = headers.and_then(|headers| headers.get(NATS_SERVICE_ERROR)) else {
            return Ok(answer.payload);
        };
        let code = headers.and_then(|headers| headers.get(NATS_SERVICE_ERROR_CODE));
        Err(CallError::Refused(Refusal::from_body(&answer.payload).unwrap_or_else(|| {
            let code = code.and_then(|code| code.as_str().parse::<u16>().ok());
            Refusal::new(code.and_then(|code| Code::try_from(code).ok()).unwrap_or(Code::Failed), text.as_str())
        })))
    }
}
