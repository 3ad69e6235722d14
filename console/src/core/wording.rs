//! Names and times as every screen writes them.

use crate::core::model::Model;
use crate::i18n::Text;
use rental_bus::status::Parked;
use rental_model::{Context, UnixMs};

/// The names of some contexts, with commas between.
pub(crate) fn names(model: &Model, contexts: &[Context]) -> String {
    contexts.iter().map(|context| model.text(Text::from(*context))).collect::<Vec<_>>().join(", ")
}

/// The time of day in the terminal's zone. If that is not known, the column's head says what it is.
pub(crate) fn time(model: &Model, at: UnixMs) -> String {
    model.settings.zone.bare(at, "%H:%M:%S").unwrap_or_default()
}

/// Day and time for a column.
pub(crate) fn day(model: &Model, at: UnixMs) -> String {
    model.settings.zone.bare(at, "%m-%d %H:%M:%S").unwrap_or_default()
}

pub(crate) fn date(model: &Model, at: UnixMs) -> String {
    model.settings.zone.formatted(at, "%Y-%m-%d %H:%M:%S").unwrap_or_default()
}

/// Which message was parked.
pub(crate) fn parked_message(model: &Model, item: &Parked) -> String {
    format!("{}:{}", model.text(Text::from(item.source)), item.number)
}
