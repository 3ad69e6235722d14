//! The entry that is looked at.

use rental_bus::commands::Entry;
use rental_model::Context;

/// An entry that is looked at.
#[derive(Debug)]
pub(crate) struct EntryPage {
    pub(crate) context: Context,
    pub(crate) entry: Entry,
    pub(crate) scroll: usize,
}
