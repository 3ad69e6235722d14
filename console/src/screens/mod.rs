//! The screens, a folder each: its keys and how it is drawn. None knows another.

pub(crate) mod events;
pub(crate) mod journal;
pub(crate) mod order;
pub(crate) mod rentals;
pub(crate) mod services;
pub(crate) mod stock;
