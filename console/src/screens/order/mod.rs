//! One order with its history.

pub(crate) mod update;
pub(crate) mod view;
