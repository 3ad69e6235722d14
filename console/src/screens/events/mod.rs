//! The live stream of events.

pub(crate) mod update;
pub(crate) mod view;
