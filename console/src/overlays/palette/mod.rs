//! Everything the console can do, found by a few letters of its name.

pub(crate) mod offers;
pub(crate) mod state;
pub(crate) mod update;
pub(crate) mod view;
