//! What the console knows, and how it changes: shared by every screen and box.
//!
//! Pure: no handles, no clock, no randomness. Nothing here knows a screen.

pub(crate) mod backlog;
pub(crate) mod buttons;
pub(crate) mod cells;
pub(crate) mod change;
pub(crate) mod commands;
pub(crate) mod draw;
pub(crate) mod entry;
pub(crate) mod event_log;
pub(crate) mod export;
pub(crate) mod filtering;
pub(crate) mod health;
pub(crate) mod journal;
pub(crate) mod layout;
pub(crate) mod link;
pub(crate) mod listing;
pub(crate) mod log;
pub(crate) mod model;
pub(crate) mod msg;
pub(crate) mod order_action;
pub(crate) mod order_page;
pub(crate) mod orders;
pub(crate) mod overlay;
pub(crate) mod paging;
pub(crate) mod preview;
pub(crate) mod product_catalog;
pub(crate) mod rentals;
pub(crate) mod screen;
pub(crate) mod search;
pub(crate) mod send;
pub(crate) mod steps;
pub(crate) mod target;
pub(crate) mod timers;
pub(crate) mod wording;
pub(crate) mod workers;
