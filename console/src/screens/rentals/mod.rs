//! The list of rentals.

pub(crate) mod chips;
pub(crate) mod export;
pub(crate) mod update;
pub(crate) mod view;
