//! Every name on the wire: subjects, streams, consumers, headers.

use rental_model::{Context, Kind};

/// All events.
pub const ALL_EVENTS: &str = "rental.events.>";

/// The subject one event is published on.
pub fn event(kind: Kind, key: u64) -> String {
    format!("rental.events.{}.{}.{key}", kind.context(), kind.wire_name())
}

/// All events of one context: what its stream holds.
pub fn events_of(context: Context) -> String {
    format!("rental.events.{context}.>")
}

/// All events of one order, from every context.
pub fn events_of_order(order: u64) -> String {
    format!("rental.events.*.*.{order}")
}

/// The prefix of a context's service endpoints.
pub fn service_prefix(context: Context) -> String {
    format!("rental.{context}")
}

/// A service endpoint: `rental.order.request`, `rental.billing.parked.list` …
pub fn endpoint(context: Context, name: &str) -> String {
    format!("rental.{context}.{name}")
}

/// The name of a context's micro service.
pub fn service(context: Context) -> String {
    format!("rental-{context}")
}

/// Where onlookers' questions about services arrive: `$SRV.<verb>…` to them.
pub(crate) fn look_at_services(verb: &str) -> String {
    format!("look.srv.{verb}")
}

/// Where onlookers' questions about a context's journal of commands arrive.
pub(crate) fn look_at_journal(context: Context) -> String {
    format!("look.{context}.journal")
}

/// A listener's durable consumer carries the listener's name, so that
/// `nats consumer report ORDER` shows who lags.
pub fn consumer(listener: Context) -> &'static str {
    listener.name()
}

/// Where answers to `user` arrive; nobody else may read there.
pub fn inbox(user: &str) -> String {
    format!("_INBOX_{user}")
}

/// Milliseconds since 1970 at which the event happened.
pub const AT: &str = "Rental-At";
/// `<STREAM>:<number>` of the event that led to it, or the request's id.
pub const CAUSE: &str = "Rental-Cause";
/// Who asked for it.
pub const ACTOR: &str = "Rental-Actor";
/// What the request asked, condensed: tells a retry from another use of its id,
/// and what was asked for from what followed.
pub const DIGEST: &str = "Rental-Digest";
/// The chain over the journal up to and with this event, in hex.
pub const HASH: &str = "Rental-Hash";
/// W3C trace context.
pub const TRACE: &str = "traceparent";

/// Where workers of one context ask whether another of them serves.
pub fn seat(context: Context) -> String {
    format!("rental.claims.{context}.seat")
}

/// Where one of them gets its answer.
pub fn seat_answer(context: Context, instance: &str) -> String {
    format!("rental.claims.{context}.to.{instance}")
}
