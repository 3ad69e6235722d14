//! The question before an order is cancelled or ended.

pub(crate) mod state;
pub(crate) mod update;
pub(crate) mod view;
