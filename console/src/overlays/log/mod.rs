//! The log of the program itself.

pub(crate) mod update;
pub(crate) mod view;
