//! The journals of commands.

pub(crate) mod update;
pub(crate) mod view;
