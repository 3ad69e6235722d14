//! The cells of one rental, to copy one of them.

pub(crate) mod update;
pub(crate) mod view;
