//! One entry of a journal of commands, whole.

pub(crate) mod state;
pub(crate) mod update;
pub(crate) mod view;
