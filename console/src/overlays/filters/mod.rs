//! The saved filters.

pub(crate) mod update;
pub(crate) mod view;
