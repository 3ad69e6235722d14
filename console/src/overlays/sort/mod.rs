//! What the list is sorted by.

pub(crate) mod update;
pub(crate) mod view;
