//! What a bounded context is to the runtime that runs it.

use crate::event::Event;
use crate::refusal::Refusal;
use crate::repository::{Repository, RepositoryMut};
use crate::values::UnixMs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::str::FromStr;

/// One row a context: its name everywhere, what it is, its policy, and, if it decides, the name
/// of its journal on the wire.
macro_rules! contexts {
    ($(
        $(#[$doc:meta])*
        $context:ident = $name:literal is a $role:ident $policy:path $(, records $stream:literal)?;
    )+) => {
        /// The bounded contexts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Context {
            $(
                $(#[$doc])*
                #[serde(rename = $name)]
                $context,
            )+
        }

        impl Context {
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$context),+];
            /// The contexts that record events; the others only receive.
            pub const DECIDERS: [Self; [$($($stream,)?)+].len()] = [$($((Self::$context, $stream).0,)?)+];

            pub const fn name(self) -> &'static str {
                match self { $(Self::$context => $name),+ }
            }

            /// The name of its journal on the wire; a projection has none.
            pub const fn stream(self) -> Option<&'static str> {
                match self { $($(Self::$context => Some($stream),)?)+ _ => None }
            }
        }

        // That each policy is what its row says, the compiler checks.
        $(const _: () = is_a::$role::<$policy>();)+
    };
}

contexts! {
    /// Takes rentals, cancels them, ends them.
    Order = "order" is a decider crate::order::OrderPolicy, records "ORDER";
    /// Knows where every unit is, and sets units aside.
    Inventory = "inventory" is a decider crate::inventory::InventoryPolicy, records "INVENTORY";
    /// Takes the fee and gives it back.
    Billing = "billing" is a decider crate::billing::BillingPolicy, records "BILLING";
    /// Sends the goods out and fetches them.
    Logistics = "logistics" is a decider crate::logistics::LogisticsPolicy, records "LOGISTICS";
    /// Shows every rental, from everyone's events.
    Totalview = "totalview" is a projection crate::totalview::TotalView;
}

mod is_a {
    pub(super) const fn decider<P: super::Decider>() {}
    pub(super) const fn projection<P: super::Projection>() {}
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Context {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|context| context.name() == name)
            .ok_or_else(|| format!("{name:?} is none of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// An event as another context receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Whose journal it comes from.
    pub source: Context,
    /// Its number there.
    pub number: u64,
    pub at: UnixMs,
    /// `<STREAM>:<number>` of the event that led to it, or the request's id.
    pub cause: Option<String>,
    /// Who asked for it, if a person did.
    pub actor: Option<String>,
    pub event: Event,
}

/// A request's JSON object, without what the runtime keeps for itself (`requestId`, `actor`).
pub type Command = Map<String, Value>;

/// A request to a policy.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The endpoint's name (`request`, `cancel` …).
    pub endpoint: &'a str,
    pub fields: &'a Command,
}

impl Request<'_> {
    /// The fields as `T`, or a refusal that names the field.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_path_to_error::deserialize(Value::Object(self.fields.clone())).map_err(|error| {
            let (path, cause) = (error.path().to_string(), error.inner().to_string());
            let place = if path == "." { String::new() } else { format!("{path}: ") };
            Refusal::malformed(format!("{place}{cause}"))
        })
    }
}

/// A service endpoint: the last part of its subject, and a sentence for `nats micro info`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    pub name: &'static str,
    pub about: &'static str,
    /// An example request body.
    pub example: &'static str,
}

/// What people may ask a context for, one row each: the variant, the fields, the endpoint, and
/// what is said of it. A request is read once ([`Request`] → the enum); no name of an endpoint
/// goes beyond that.
macro_rules! endpoints {
    ($(#[$doc:meta])* enum $name:ident of $context:ident {
        $($variant:ident($fields:ty) = $endpoint:literal: $about:literal, like $example:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Debug)]
        enum $name { $($variant($fields)),* }

        impl $name {
            const ENDPOINTS: &[$crate::context::Endpoint] =
                &[$($crate::context::Endpoint { name: $endpoint, about: $about, example: $example }),*];

            fn read(
                request: $crate::context::Request<'_>,
            ) -> Result<Self, $crate::refusal::Refusal> {
                match request.endpoint {
                    $($endpoint => Ok(Self::$variant(request.read()?)),)*
                    other => Err($crate::context::no_such_endpoint($crate::context::Context::$context, other)),
                }
            }
        }
    };
}

pub(crate) use endpoints;

/// A query to another context, to be answered before a command is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteQuery {
    pub context: Context,
    pub endpoint: &'static str,
    pub body: Vec<u8>,
}

/// What became of a [`RemoteQuery`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryOutcome {
    Answered(Vec<u8>),
    Refused(Refusal),
    /// Nobody answered in time; why, for the operator.
    Silent(String),
}

/// What a command leads to, if it is not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Record these, in this order. The answer is the first of them.
    Record(Vec<Event>),
    /// It was done before, as this event of the own journal: the answer is that event again.
    Duplicate(u64),
    /// The same, but only for whoever asks as they did then: under another request id than that
    /// event's it is somebody else's request, and refused with this.
    DuplicateFor { event: u64, others: Refusal },
    /// Ask this first, then decide again with the answer. Asking once more means that the other
    /// context must catch up before anything can be decided.
    Query(RemoteQuery),
}

/// A context that decides. Every method is pure and total: no clock, no I/O, no panic on data.
pub trait Decider: fmt::Debug + Send + Sync + 'static {
    fn context(&self) -> Context;

    /// Whose events it receives.
    fn subscriptions(&self) -> &'static [Context];

    /// Which of what `source` records its rows know of. Raised when a rule begins to look at
    /// what it ignored before: a store filled under a lower version reads that source again
    /// from its start, once, which changes nothing else.
    fn subscription_version(&self, _source: Context) -> u32 {
        0
    }

    /// The version of its rows. A store filled under a lower one is renewed when it is opened.
    fn rows_version(&self) -> u32 {
        0
    }

    /// Brings rows that an earlier version wrote up to date, before anything is received or asked.
    fn migrate(&self, _rows: &mut dyn RepositoryMut) {}

    /// The first events of a journal that has never existed before.
    fn initial_events(&self) -> Vec<Event> {
        Vec::new()
    }

    /// Its rows were opened, and renewed if need be: `journal` events were folded into them.
    /// For what can be known only from there on. Most often there is nothing to do.
    fn opened(&self, _rows: &mut dyn RepositoryMut, _journal: u64) {}

    /// Folds an own event into the rows.
    fn apply(&self, rows: &mut dyn RepositoryMut, own: &RecordedEvent);

    /// Notes what another context recorded, and decides what follows from it.
    /// The same event again must decide nothing.
    fn react(&self, rows: &mut dyn RepositoryMut, recorded: &RecordedEvent) -> Vec<Event>;

    fn commands(&self) -> &'static [Endpoint];

    /// Decides what a person asks for.
    fn decide(
        &self,
        rows: &dyn Repository,
        request: Request<'_>,
        query_outcome: Option<&QueryOutcome>,
    ) -> Result<Decision, Refusal>;

    /// What is to be said beside an own event that is an answer once more: what became of it
    /// since. Its first answer says nothing of this.
    fn became(&self, _rows: &dyn Repository, _event: &Event) -> Option<Value> {
        None
    }

    fn queries(&self) -> &'static [Endpoint];

    /// What waits for a person, a sentence each.
    fn alerts(&self, _rows: &dyn Repository, _now: UnixMs) -> Vec<String> {
        Vec::new()
    }

    /// Answers a query with JSON; records nothing.
    fn query(&self, rows: &dyn Repository, request: Request<'_>) -> Result<Value, Refusal>;
}

/// A context that only shows. It has no way to record an event, so replaying
/// everything to it is free of side effects.
pub trait Projection: fmt::Debug + Send + Sync + 'static {
    fn context(&self) -> Context;

    /// Whose events it receives.
    fn subscriptions(&self) -> &'static [Context];

    /// Which of what `source` records its rows know of. Raised when a rule begins to look at
    /// what it ignored before: a store filled under a lower version reads that source again
    /// from its start, once, which changes nothing else.
    fn subscription_version(&self, _source: Context) -> u32 {
        0
    }

    /// Brings rows that an earlier version wrote up to date, before anything is
    /// received or asked. Most often there is nothing to do.
    fn migrate(&self, _rows: &mut dyn RepositoryMut) {}

    /// Folds an event into the rows. Folding the same again must change nothing.
    fn project(&self, rows: &mut dyn RepositoryMut, recorded: &RecordedEvent);

    fn queries(&self) -> &'static [Endpoint];

    /// Answers a query with JSON; records nothing.
    fn query(&self, rows: &dyn Repository, request: Request<'_>) -> Result<Value, Refusal>;
}

/// The refusal for an endpoint a policy does not have.
pub(crate) fn no_such_endpoint(context: Context, endpoint: &str) -> Refusal {
    Refusal::new(crate::refusal::Code::Unknown, format!("{context} has no endpoint {endpoint:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Qty;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Fields {
        qty: Qty,
    }

    fn read(fields: &Value) -> Result<Fields, Refusal> {
        Request { endpoint: "try", fields: fields.as_object().unwrap() }.read()
    }

    #[test]
    fn a_request_that_cannot_be_read_names_the_field_and_what_was_expected() {
        assert_eq!(read(&serde_json::json!({ "qty": 3 })).unwrap().qty.get(), 3);
        for (fields, words) in [
            (serde_json::json!({ "qty": "three" }), "qty: invalid type: string \"three\", expected a quantity"),
            (serde_json::json!({}), "missing field `qty`"),
            (serde_json::json!({ "qty": 3, "colour": "red" }), "unknown field `colour`"),
        ] {
            let refusal = read(&fields).unwrap_err();
            assert_eq!(refusal.code, crate::refusal::Code::Malformed);
            assert!(refusal.message.contains(words), "{}", refusal.message);
        }
    }

    #[test]
    fn every_context_is_read_back_from_its_name() {
        for context in Context::ALL {
            assert_eq!(context.name().parse(), Ok(context));
            assert_eq!(serde_json::to_string(&context).unwrap(), format!("{:?}", context.name()));
        }
        let refused = "orders".parse::<Context>().unwrap_err();
        assert_eq!(refused, "\"orders\" is none of order, inventory, billing, logistics, totalview");
    }

    #[test]
    fn only_a_context_that_decides_has_a_journal() {
        for context in Context::ALL {
            assert_eq!(context.stream().is_some(), Context::DECIDERS.contains(&context));
        }
    }
}
