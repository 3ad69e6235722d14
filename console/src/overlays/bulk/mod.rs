//! Many orders at once: the question, and what became of each.

pub(crate) mod state;
pub(crate) mod update;
pub(crate) mod view;
