//! Everything from the wire that people will read, made sanitize once, here.

use crate::core::commands::Receipt;
use crate::text::{harmless_to, sanitize};
use rental_bus::commands::{Entry, JournalPage, Outcome};
use rental_bus::status::{ContextStatus, ParkedList};
use rental_bus::tail::Seen;
use rental_bus::{CallError, Silence};
use rental_model::inventory::{Product, StockCheck};
use rental_model::totalview::{Page, Rental, Row};
use rental_model::{Event, Reason, RecordedEvent};
use serde_json::Value;

/// Something with texts in it that came from outside.
pub(crate) trait Sanitized {
    /// Makes the texts sanitize.
    #[must_use]
    fn sanitize(self) -> Self;
}

fn text(text: &mut String) {
    *text = sanitize(text);
}

fn texts(texts: &mut Option<String>) {
    *texts = texts.take().map(|text| sanitize(&text));
}

/// A reason of nothing but invisible characters still was a reason.
fn reason(reason: &Reason) -> Option<Reason> {
    Reason::new(&sanitize(reason.as_str())).or_else(|_| Reason::new("?")).ok()
}

impl Sanitized for RecordedEvent {
    fn sanitize(mut self) -> Self {
        texts(&mut self.cause);
        texts(&mut self.actor);
        match &mut self.event {
            Event::ProductRegistered { name, .. } => text(name),
            Event::RentalCancelled { reason: Some(given), .. }
            | Event::StockAdjusted { reason: given, .. }
            | Event::RefundDeclined { reason: Some(given), .. }
            | Event::FeeReceived { by_hand: Some(given), .. }
            | Event::FeeDeclined { by_hand: Some(given), .. }
            | Event::FeeRefunded { by_hand: Some(given), .. } => {
                if let Some(clean) = reason(given) {
                    *given = clean;
                }
            }
            _ => {}
        }
        self
    }
}

impl Sanitized for Seen {
    fn sanitize(self) -> Self {
        match self {
            Self::Event(recorded) => Self::Event(recorded.sanitize()),
            Self::Interrupted { source, why } => Self::Interrupted { source, why: sanitize(&why) },
            other => other,
        }
    }
}

impl Sanitized for Row {
    fn sanitize(mut self) -> Self {
        texts(&mut self.product_name);
        texts(&mut self.reason);
        texts(&mut self.by_hand);
        self
    }
}

impl Sanitized for Page {
    fn sanitize(mut self) -> Self {
        self.rentals = self.rentals.into_iter().map(Sanitized::sanitize).collect();
        self
    }
}

impl Sanitized for Rental {
    fn sanitize(mut self) -> Self {
        self.rental = self.rental.sanitize();
        for entry in &mut self.timeline.0 {
            texts(&mut entry.cause);
            texts(&mut entry.actor);
        }
        self
    }
}

impl Sanitized for Receipt {
    fn sanitize(mut self) -> Self {
        if let Some(became) = &mut self.became {
            text(&mut became.status);
            texts(&mut became.reason);
        }
        self
    }
}

impl Sanitized for Product {
    fn sanitize(mut self) -> Self {
        text(&mut self.product_name);
        self
    }
}

impl Sanitized for StockCheck {
    fn sanitize(mut self) -> Self {
        text(&mut self.product_name);
        self
    }
}

impl Sanitized for ContextStatus {
    fn sanitize(mut self) -> Self {
        text(&mut self.version);
        self.alert_messages.iter_mut().for_each(text);
        for alert in &mut self.alerts {
            text(&mut alert.code);
            text(&mut alert.message);
        }
        self
    }
}

impl Sanitized for ParkedList {
    fn sanitize(mut self) -> Self {
        for item in &mut self.parked {
            text(&mut item.subject);
            text(&mut item.reason);
            for (name, value) in &mut item.headers {
                text(name);
                text(value);
            }
        }
        self
    }
}

/// The longest text that the journal keeps of a request.
const LONGEST_BODY: usize = 4_200;

/// Every text in a JSON value, names included.
fn value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(harmless_to(&text, LONGEST_BODY)),
        Value::Array(items) => Value::Array(items.into_iter().map(self::value).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, field)| (sanitize(&name), self::value(field))).collect())
        }
        other => other,
    }
}

impl Sanitized for Entry {
    fn sanitize(mut self) -> Self {
        text(&mut self.endpoint);
        texts(&mut self.actor);
        texts(&mut self.request_id);
        self.body = value(self.body);
        match &mut self.outcome {
            Outcome::Refused { message: said, .. }
            | Outcome::StillFails { message: said }
            | Outcome::Dropped { reason: said } => *said = harmless_to(said, LONGEST_BODY),
            _ => {}
        }
        self
    }
}

impl Sanitized for JournalPage {
    fn sanitize(mut self) -> Self {
        self.entries = self.entries.sanitize();
        self
    }
}

impl Sanitized for CallError {
    fn sanitize(mut self) -> Self {
        match &mut self {
            Self::Refused(refusal) => text(&mut refusal.message),
            Self::Silent { why: Silence::OldBroker(why) | Silence::GivenUp(why), .. }
            | Self::Unreadable { why, .. } => {
                text(why);
            }
            Self::Silent { why: Silence::NotConnected | Silence::NotRunning | Silence::Late(_), .. } => {}
        }
        self
    }
}

impl<T: Sanitized> Sanitized for Vec<T> {
    fn sanitize(self) -> Self {
        self.into_iter().map(Sanitized::sanitize).collect()
    }
}

impl<T: Sanitized> Sanitized for Box<T> {
    fn sanitize(self) -> Self {
        Self::new((*self).sanitize())
    }
}

impl<T: Sanitized> Sanitized for Result<T, CallError> {
    fn sanitize(self) -> Self {
        self.map(Sanitized::sanitize).map_err(Sanitized::sanitize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rental_model::{Context, OrderId, ProductId, UnixMs};

    #[test]
    fn no_text_of_a_fact_keeps_its_escapes() {
        let hostile = "\u{1b}[2J\u{202e}evil";
        let recorded = RecordedEvent {
            source: Context::Order,
            number: 1,
            at: UnixMs(1),
            cause: Some(hostile.to_owned()),
            actor: Some(hostile.to_owned()),
            event: Event::RentalCancelled {
                order: OrderId::new(1).unwrap(),
                product: ProductId::new(1).unwrap(),
                reason: Reason::new(hostile).ok(),
            },
        };
        let (order, amount, said) = (OrderId::new(1).unwrap(), rental_model::Won::ZERO, Reason::new(hostile).ok());
        let declined = Event::RefundDeclined { order, amount, attempt: 1, reason: said.clone() };
        let by_hand = Event::FeeRefunded { order, amount, by_hand: said };
        for event in [recorded.event.clone(), declined, by_hand] {
            let shown = format!("{:?}", RecordedEvent { event, ..recorded.clone() }.sanitize());
            assert!(!shown.contains("\\u{1b}") && !shown.contains("\\u{202e}"), "{shown}");
            assert!(shown.matches("evil").count() == 3, "{shown}");
        }
    }
}
