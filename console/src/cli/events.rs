//! `rental events`: what happened, oldest first, and what happens now.

use crate::cli::failure::{Exit, Failure};
use crate::cli::output::{Output, money};
use crate::cli::session::Session;
use crate::text::sanitize;
use rental_bus::tail;
use rental_bus::tail::Seen;
use rental_model::wording::counted;
use rental_model::{Context, Event, Kind, OrderId, RecordedEvent};
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use unicode_width::UnicodeWidthStr;

/// Print every event so far, one a line
///
/// With --json each line is the event's body with `stream`, `number`, `at`
/// (milliseconds since 1970), `cause` and `actor` added.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental events --order 2
  rental events --follow
  rental events --follow --json | jq -r 'select(.eventType == \"FeeReceived\") | .amount'")]
pub(crate) struct Events {
    /// Go on with every event that happens from now on, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// Only this order's events
    #[arg(long, value_name = "ORDER", allow_negative_numbers = true)]
    order: Option<OrderId>,
}

impl Events {
    pub(crate) async fn show(&self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let mut after = BTreeMap::new();
        for source in Context::DECIDERS {
            after.insert(source, session.bus.tip(source).await?.last);
        }
        let recorded_events = tail::history(&session.bus, self.order.map(OrderId::get)).await?;
        for recorded in &recorded_events {
            // The history may reach behind the ends just asked for.
            let last = after.entry(recorded.source).or_default();
            *last = recorded.number.max(*last);
            print(recorded, output)?;
        }
        if self.order.is_none() {
            tell_unread(&recorded_events, &after, output);
        }
        if !self.follow {
            return Ok(Exit::Done);
        }
        output.flush()?;
        let mut live = tail::follow(&session.bus, &after);
        while let Some(seen) = live.recv().await {
            self.tell(&seen, output)?;
            if live.is_empty() {
                output.flush()?;
            }
        }
        Ok(Exit::Done)
    }

    fn tell(&self, seen: &Seen, output: &mut Output<'_>) -> Result<(), Failure> {
        match seen {
            Seen::Event(recorded) if self.order.is_none() || recorded.event.order() == self.order => {
                print(recorded, output)?;
            }
            Seen::Event(_) => {}
            Seen::Unreadable { source, number, why } => {
                output.note(&format!("{}:{number} cannot be read: {why}", stream(*source)));
            }
            Seen::Rewound { source, last } => {
                output.note(&format!("{} now ends at {last}: events that follow may repeat", stream(*source)));
            }
            Seen::Interrupted { source, why } => {
                output.note(&format!("{} cannot be read ({why}); it goes on by itself", stream(*source)));
            }
            Seen::Resumed { source } => output.note(&format!("{} goes on", stream(*source))),
        }
        Ok(())
    }
}

/// Messages up to the ends that are none of our events are not passed over in silence.
fn tell_unread(recorded_events: &[RecordedEvent], ends: &BTreeMap<Context, u64>, output: &mut Output<'_>) {
    for (&source, &end) in ends {
        let read = recorded_events.iter().filter(|recorded| recorded.source == source).count() as u64;
        let unread = end.saturating_sub(read);
        if unread > 0 {
            output.note(&format!(
                "{}: {unread} of {end} {} cannot be read as an event",
                stream(source),
                counted(end, "message")
            ));
        }
    }
}

fn print(recorded: &RecordedEvent, output: &mut Output<'_>) -> Result<(), Failure> {
    if output.is_json {
        output.answer(&raw(recorded)?)
    } else {
        let time = output.exact_time(recorded.at);
        output.text(&format!("{time}  {}\n", line(recorded)))
    }
}

/// The event's body as it stands in its stream, with what travels beside it added.
fn raw(recorded: &RecordedEvent) -> Result<Box<RawValue>, Failure> {
    let broken = |error: serde_json::Error| Failure::Failed(error.to_string());
    let body = String::from_utf8_lossy(&recorded.event.to_body(recorded.number, recorded.at)).into_owned();
    let mut beside = vec![("stream", json!(stream(recorded.source))), ("number", json!(recorded.number))];
    beside.extend([("at", json!(recorded.at)), ("cause", json!(recorded.cause)), ("actor", json!(recorded.actor))]);
    let beside: Vec<_> = beside.into_iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
    // The body's own fields keep their order and stand first.
    let whole = format!("{},{}}}", body.trim_end_matches('}'), beside.join(","));
    RawValue::from_string(whole).map_err(broken)
}

/// One event on one line, behind its time.
fn line(recorded: &RecordedEvent) -> String {
    let place = format!("{}:{}", stream(recorded.source), recorded.number);
    let key = recorded.event.order().map_or_else(|| "-".to_owned(), |order| format!("order {order}"));
    let kind = recorded.event.kind();
    let widest = Kind::ALL.iter().map(|kind| kind.wire_name().width()).max().unwrap_or(0);
    let mut parts: Vec<_> =
        fields(&recorded.event).into_iter().map(|(name, value)| format!("{name} {}", sanitize(&value))).collect();
    parts.extend(recorded.actor.as_ref().map(|actor| format!("by {}", sanitize(actor))));
    format!("{place:<16}  {kind:<widest$}  {key:<10}  {}", parts.join(", ")).trim_end().to_owned()
}

/// What an event says besides its order.
fn fields(event: &Event) -> Vec<(&'static str, String)> {
    let mut fields: Vec<_> = event.product().map(|product| ("product", product.to_string())).into_iter().collect();
    match event {
        Event::RentalRequested { qty, amount, .. } => {
            fields.extend([("qty", qty.to_string()), ("amount", money(*amount))]);
        }
        Event::RentalCancelled { reason, .. } => {
            fields.extend(reason.as_ref().map(|reason| ("reason", reason.as_str().to_owned())));
        }
        Event::StockReserved { qty, .. } | Event::StockReleased { qty, .. } => fields.push(("qty", qty.to_string())),
        Event::ItemsReturned { qty, down, lost, .. } => {
            fields.extend([("qty", qty.to_string()), ("down", down.to_string()), ("lost", lost.to_string())]);
        }
        Event::ProductRegistered { name, qty, .. } => fields.extend([("name", name.clone()), ("qty", qty.to_string())]),
        Event::StockAdjusted { from, to, qty, reason, .. } => fields.extend([
            ("qty", qty.to_string()),
            ("from", from.word().to_owned()),
            ("to", to.word().to_owned()),
            ("reason", reason.as_str().to_owned()),
        ]),
        Event::ChargeRequested { amount, attempt, .. } | Event::RefundRequested { amount, attempt, .. } => {
            fields.push(("amount", money(*amount)));
            fields.extend((*attempt > 1).then(|| ("attempt", attempt.to_string())));
        }
        Event::RefundDeclined { amount, reason, .. } => {
            fields.push(("amount", money(*amount)));
            fields.extend(reason.as_ref().map(|reason| ("reason", reason.as_str().to_owned())));
        }
        Event::FeeReceived { amount, by_hand, .. }
        | Event::FeeDeclined { amount, by_hand, .. }
        | Event::FeeRefunded { amount, by_hand, .. } => {
            fields.push(("amount", money(*amount)));
            fields.extend(by_hand.as_ref().map(|reason| ("by hand", reason.as_str().to_owned())));
        }
        Event::RetrievalStarted { dispatched, .. } => fields.push(("dispatched", dispatched.to_string())),
        Event::RentalEnded { .. }
        | Event::StockShort { .. }
        | Event::StockSkipped { .. }
        | Event::DeliveryStarted { .. } => {}
    }
    fields
}

fn stream(source: Context) -> &'static str {
    source.stream().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::printed;
    use rental_model::{ProductId, Qty, Reason, UnixMs, Won};

    fn recorded(number: u64, event: Event) -> RecordedEvent {
        let source = event.kind().context();
        let (cause, actor) = (Some("ABC".to_owned()), Some("김\u{202e}".to_owned()));
        RecordedEvent { source, number, at: UnixMs(1_587_605_794_123), cause, actor, event }
    }

    fn requested() -> Event {
        let (order, product) = (OrderId::new(2).unwrap(), ProductId::new(2).unwrap());
        Event::RentalRequested { order, product, qty: Qty::new(10).unwrap(), amount: Won::new(30_000).unwrap() }
    }

    fn cancelled() -> Event {
        let reason = Reason::new("changed\u{1b}[2J\ntheir mind").ok();
        Event::RentalCancelled { order: OrderId::new(2).unwrap(), product: ProductId::new(2).unwrap(), reason }
    }

    #[test]
    fn an_event_is_one_line_whatever_it_carries() {
        let (out, _) = printed(false, |output| {
            for (number, event) in [(17, requested()), (18, cancelled())] {
                print(&recorded(number, event), output).unwrap();
            }
        });
        insta::assert_snapshot!(out, @"
        2020-04-23 10:36:34.123  ORDER:17          RentalRequested            order 2     product 2, qty 10, amount 30,000 won, by 김
        2020-04-23 10:36:34.123  ORDER:18          RentalCancellationOccured  order 2     product 2, reason changed�[2J their mind, by 김
        ");
    }

    #[test]
    fn for_programs_it_is_the_raw_body_and_what_travels_beside_it() {
        let (out, _) = printed(true, |output| print(&recorded(18, cancelled()), output).unwrap());
        let expected = r#"{"eventType":"RentalCancellationOccured","timestamp":"20200423013634","id":18,"orderId":2,
            "productId":2,"reason":"changed\u001b[2J\ntheir mind","me":true,
            "stream":"ORDER","number":18,"at":1587605794123,"cause":"ABC","actor":"김\u202e"}"#;
        assert_eq!(out, format!("{}\n", expected.replace("\n            ", "")));
    }

    #[test]
    fn following_one_order_leaves_the_others_out() {
        let events = Events { follow: true, order: OrderId::new(3).ok() };
        let seen = Seen::Event(Box::new(recorded(17, requested())));
        assert_eq!(printed(false, |output| events.tell(&seen, output).unwrap()).0, "");
    }

    #[test]
    fn messages_that_are_no_events_are_counted() {
        let ends = BTreeMap::from([(Context::Order, 18), (Context::Billing, 0)]);
        let (_, err) = printed(false, |output| tell_unread(&[recorded(17, requested())], &ends, output));
        assert_eq!(err, "rental: ORDER: 17 of 18 messages cannot be read as an event\n");
    }
}
