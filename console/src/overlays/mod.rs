//! What lies over a screen, a folder each: its state, its keys and how it is drawn.

pub(crate) mod bulk;
pub(crate) mod cells;
pub(crate) mod confirm;
pub(crate) mod entry;
pub(crate) mod filters;
pub(crate) mod form;
pub(crate) mod help;
pub(crate) mod log;
pub(crate) mod new_rental;
pub(crate) mod palette;
pub(crate) mod quit;
pub(crate) mod raw;
pub(crate) mod sort;
