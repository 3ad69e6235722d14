//! The message that is looked at.

use rental_bus::status::Parked;
use rental_model::Context;

/// A parked message that is looked at, as it was when it was opened.
#[derive(Debug)]
pub(crate) struct RawPage {
    pub(crate) context: Context,
    pub(crate) item: Parked,
    pub(crate) scroll: usize,
}
