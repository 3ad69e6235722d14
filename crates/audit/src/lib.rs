//! The audit of a shop: whether everything its contexts ever recorded adds up.
//!
//! [`Ledger`] is what the events of a shop must add up to, whoever asks; it is
//! pure, as are its [`Finding`]s. [`Chain`] follows one journal's numbers and
//! hashes. [`run`] reads a live shop into both through the bus, and judges it.
//! The simulation enters the journals of its own world instead.

mod auditor;
mod chain;
mod finding;
mod groups;
mod ledger;
mod order_audit;
mod stock_balance;
#[cfg(test)]
mod tests;
mod view;

pub use auditor::{AuditError, AuditSettings, Report, run};
pub use chain::Chain;
pub use finding::Finding;
pub use groups::{Group, groups};
pub use ledger::{Judgement, Ledger, Patience};
pub use stock_balance::{Stock, StockBalance};
