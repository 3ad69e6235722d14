//! One worker for every bounded context.
//!
//! [`Engine`] is the worker without its surroundings: inputs go in, one store
//! commit happens, effects come out. It knows no clock, no broker and no named
//! context, so a test can be its broker. [`store`] is what it keeps things in
//! ([`redb_store`] for real). [`driver`] connects it to the bus and runs it.

mod commands;
mod damage;
pub mod driver;
pub mod engine;
pub mod inspection;
mod intake;
pub mod journal;
pub mod observe;
mod outbox;
mod parking;
pub mod policy;
pub mod proof;
pub mod queries;
pub mod redb_store;
pub mod store;
mod subscription;
mod unit_of_work;

pub use driver::{WorkerSettings, run};
pub use engine::{Effect, Engine, Fatal, Input, Progress};
pub use policy::Policy;
pub use unit_of_work::ReadOnly;
