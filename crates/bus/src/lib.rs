//! The cable between the contexts, and to people. The only user of async-nats.
//!
//! [`subjects`] names everything on the wire. [`Bus`] is a connection whose
//! state can be watched. Contexts publish their journals with [`streams`], receive
//! each other with [`reader`], and serve people with [`service`]; people call
//! with [`Bus::call`], read back what was asked for ([`commands`]), and follow
//! the events with [`tail`], which reads them like [`Bus::read_range`]. [`record`] is one
//! event as it stands in a journal and on its stream.

mod call;
pub mod commands;
mod connection;
pub mod drift;
pub mod health;
pub mod inspection;
pub mod keys;
mod past;
mod probe;
pub mod reader;
pub mod record;
mod relay;
mod retry;
pub mod seat;
pub mod service;
pub mod status;
pub mod streams;
pub mod subjects;
pub mod tail;
mod tls;
pub mod variables;

pub use call::{CallError, Silence, new_request_id};
pub use connection::{Bus, ConnectError, ConnectionSettings, LinkState, MINIMUM_BROKER, check_url};
pub use record::{Message, Record};
pub use retry::Backoff;
pub use tls::{Tls, TlsError};

/// An error and what lies behind it, in one line; what one of them repeats of the next is not said twice.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
