//! The workers and what they parked.

pub(crate) mod update;
pub(crate) mod view;
