//! An entry of a journal of commands in the desk's words.

use crate::core::model::Model;
use crate::i18n::{Message, Text};
use crate::theme::Tone;
use rental_bus::commands::{Entry, Outcome};
use rental_model::{Context, ProductId};
use serde_json::Value;

/// What was asked for, in the desk's words where they are known.
pub(crate) fn asked(context: Context, entry: &Entry) -> Message {
    let number = |name: &str| entry.body.get(name).and_then(Value::as_u64);
    let text = |name: &str| entry.body.get(name).and_then(Value::as_str);
    let whose = Text::from(context);
    let known = match (entry.endpoint.as_str(), entry.order_id) {
        ("request", Some(order)) => Some(Text::DeedRequestFor.with("order", order)),
        ("request", None) if number("productId").is_some() => Some(Text::DeedRequest.into()),
        ("cancel", Some(order)) => Some(Text::DeedCancel.with("order", order)),
        ("end", Some(order)) => Some(Text::DeedEnd.with("order", order)),
        ("checkin", Some(order)) => Some(Text::DeedCheckIn.with("order", order)),
        ("settle", Some(order)) => Some(Text::DeedSettle.with("order", order)),
        ("register", _) => text("productName").map(|name| Text::DeedRegister.with("name", name)),
        ("adjust", _) => {
            let product = number("productId").and_then(|id| ProductId::new(id).ok());
            product.map(|product| Text::DeedAdjust.with("product", product))
        }
        ("parked.retry", _) => number("id").map(|id| Text::DeedRetryParked.with("context", whose).with("id", id)),
        ("parked.drop", _) => number("id").map(|id| Text::DeedDropParked.with("context", whose).with("id", id)),
        _ => None,
    };
    known.unwrap_or_else(|| {
        let body = if entry.body.is_null() { String::new() } else { entry.body.to_string() };
        Text::DeedOther.with("endpoint", entry.endpoint.as_str()).with("body", body)
    })
}

/// What became of it: a glyph and words.
pub(crate) fn result(model: &Model, outcome: &Outcome) -> (String, Tone) {
    let glyphs = &model.settings.glyphs;
    let (glyph, message, tone) = match outcome {
        Outcome::Recorded { event } => (glyphs.done, Text::ResultAccepted.with("event", *event), Tone::Good),
        Outcome::Already { event } => (glyphs.done, Text::ResultAlready.with("event", *event), Tone::Dim),
        Outcome::Nothing => (glyphs.done, Text::ResultNothing.into(), Tone::Good),
        Outcome::Refused { message, .. } => {
            (glyphs.failed, Text::ResultRefused.with("why", message.as_str()), Tone::Bad)
        }
        Outcome::Handled => (glyphs.done, Text::ResultHandled.into(), Tone::Good),
        Outcome::StillFails { message } => {
            (glyphs.failed, Text::ResultStillFails.with("why", message.as_str()), Tone::Bad)
        }
        Outcome::Dropped { reason } => (glyphs.done, Text::ResultDropped.with("why", reason.as_str()), Tone::Warn),
    };
    (format!("{glyph} {}", model.say(&message)), tone)
}
