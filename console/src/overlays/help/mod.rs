//! The keys, all of them.

pub(crate) mod update;
pub(crate) mod view;
