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
mod hearing;
pub mod inspection;
mod intake;
pub mod journal;
pub mod observe;
mod parking;
pub mod policy;
pub mod proof;
pub mod queries;
pub mod redb_store;
mod shipping;
pub mod store;
mod unit;

pub use driver::{Settings, run};
pub use engine::{Effect, Engine, Fatal, Input, Progress};
pub use policy::Policy;
pub use unit::ReadOnly;
