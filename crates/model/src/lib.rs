//! The rental business, pure.
//!
//! Five bounded contexts share nothing but the events in [`event`]. Four of
//! them *decide* ([`order`], [`inventory`], [`billing`], [`logistics`]): they
//! take commands from people, receive the others' events, and record events of
//! their own. The fifth, [`totalview`], is a projection: it receives everyone and
//! records nothing. Which of the two a context is, is its type: [`Decider`] or
//! [`Projection`].
//!
//! Nothing in this crate does I/O, knows a clock, or can panic on data. State
//! is kept behind [`Repository`], the repository that the worker runtime provides.

pub mod billing;
pub mod context;
pub mod event;
pub mod inventory;
pub mod json;
pub mod logistics;
pub mod order;
pub mod refusal;
pub mod repository;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod totalview;
pub mod values;
pub mod wording;

pub use context::{
    Command, Context, Decider, Decision, Endpoint, Projection, QueryOutcome, RecordedEvent, RemoteQuery, Request,
};
pub use event::{Event, Kind};
pub use refusal::{Code, Refusal};
pub use repository::{Repository, RepositoryMut};
pub use values::{OrderId, ProductId, Qty, Reason, UnixMs, Won};
