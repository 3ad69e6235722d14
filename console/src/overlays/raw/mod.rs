//! A parked message, as it is.

pub(crate) mod state;
pub(crate) mod update;
pub(crate) mod view;
