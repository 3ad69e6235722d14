//! `rental order`: everything about one rental, and its timeline.

use crate::cli::failure::{Exit, Failure};
use crate::cli::output::{Output, money, word};
use crate::cli::session::{Session, read};
use crate::cli::table::{Align, Table, sheet};
use rental_bus::tail;
use rental_model::order::{Mark, OneOrder, Order};
use rental_model::totalview::{Payment, Rental, Row, Timeline};
use rental_model::{Code, Context, Event, OrderId, Reason, RecordedEvent};
use serde_json::json;
use serde_json::value::RawValue;

/// Show one order: its fields and its timeline
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental order 2
  rental order 2 --json | jq -r .rental.status")]
pub(crate) struct One {
    /// Which one (see: rental orders)
    #[arg(value_name = "ORDER", allow_negative_numbers = true)]
    order: OrderId,
}

impl One {
    pub(crate) async fn show(&self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let body = OneOrder { order_id: self.order };
        match session.ask::<Box<RawValue>>(Context::Totalview, "get", &body).await {
            Ok(answer) if output.is_json => output.answer(&answer)?,
            Ok(answer) => {
                let Rental { rental, timeline, .. } = read(Context::Totalview, &answer)?;
                print(&rental, &timeline, output)?;
            }
            Err(failure) if is_worth_another_way(&failure) => {
                let (row, timeline) = self.gather(session, &failure, output).await?;
                if output.is_json {
                    output.json(&json!({ "rental": row.show(), "timeline": timeline, "heard": {} }))?;
                } else {
                    print(&row, &timeline, output)?;
                }
            }
            Err(failure) => return Err(failure),
        }
        Ok(Exit::Done)
    }

    /// The same from the order context and the events themselves.
    async fn gather(
        &self,
        session: &Session,
        why: &Failure,
        output: &mut Output<'_>,
    ) -> Result<(Row, Timeline), Failure> {
        let body = OneOrder { order_id: self.order };
        let (order, recorded_events) = tokio::join!(
            session.ask::<Order>(Context::Order, "get", &body),
            tail::history(&session.bus, Some(self.order.get()))
        );
        let (mut recorded_events, own, failure) = match (recorded_events, order) {
            (_, Err(failure @ Failure::Refused { .. })) => return Err(failure),
            (Ok(recorded_events), Ok(order)) => (recorded_events, own_facts(&order), None),
            (Ok(recorded_events), Err(failure)) => (recorded_events, Vec::new(), Some(failure)),
            (Err(error), Ok(order)) => (Vec::new(), own_facts(&order), Some(error.into())),
            (Err(error), Err(_)) => return Err(error.into()),
        };
        // What is decided but not published yet stands only with the order context.
        recorded_events.extend(own);
        output.note(&format!("{why}; shown from the order context and the events instead"));
        if let Some(failure) = &failure {
            output.note(&format!("{failure}; what is shown may be incomplete"));
        }
        fold(&recorded_events)
            .ok_or_else(|| failure.unwrap_or(Failure::Silent { context: Context::Totalview, why: why.to_string() }))
    }
}

/// totalview is down, or has not received of the order yet: others may know more.
fn is_worth_another_way(failure: &Failure) -> bool {
    match failure {
        Failure::Silent { .. } => true,
        Failure::Refused { refusal, .. } => matches!(refusal.code, Code::Unknown | Code::Unavailable),
        _ => false,
    }
}

/// What the order context has recorded about an order.
fn own_facts(order: &Order) -> Vec<RecordedEvent> {
    let (order_id, product) = (order.order_id, order.product_id);
    let recorded = |mark: Mark, event| RecordedEvent {
        source: Context::Order,
        number: mark.number,
        at: mark.at,
        cause: None,
        actor: None,
        event,
    };
    let requested = Event::RentalRequested { order: order_id, product, qty: order.qty, amount: order.amount };
    let mut recorded_events = vec![recorded(order.requested, requested)];
    if let Some(mark) = order.cancelled {
        let reason = order.reason.as_deref().and_then(|reason| Reason::new(reason).ok());
        recorded_events.push(recorded(mark, Event::RentalCancelled { order: order_id, product, reason }));
    }
    recorded_events.extend(order.ended.map(|mark| recorded(mark, Event::RentalEnded { order: order_id, product })));
    recorded_events
}

fn fold(recorded_events: &[RecordedEvent]) -> Option<(Row, Timeline)> {
    let mut row = Row::begin(recorded_events.first()?)?;
    let mut timeline = Timeline::default();
    for recorded in recorded_events {
        row.project(recorded);
        timeline.project(recorded);
    }
    Some((row, timeline))
}

fn print(row: &Row, timeline: &Timeline, output: &mut Output<'_>) -> Result<(), Failure> {
    let charged = row.charged.map(|won| format!("{} taken", money(won)));
    let refunded = row.refunded.map(|won| format!("{} returned", money(won)));
    let moved: Vec<_> = charged.into_iter().chain(refunded).collect();
    let payment = match row.payment() {
        Payment::Refunding => "refund asked, not yet paid back".to_owned(),
        Payment::RefundDeclined => "refund declined by the payment provider, see: rental payments list".to_owned(),
        other => word(&other),
    };
    let fields = sheet(&[
        ("order", Some(row.order_id.to_string())),
        ("status", Some(row.status().word().to_owned())),
        ("product", product(row)),
        ("quantity", row.qty.map(|qty| qty.to_string())),
        ("amount", row.amount.map(money)),
        ("payment", Some(if moved.is_empty() { payment } else { format!("{payment} ({})", moved.join(", ")) })),
        ("by hand", row.by_hand.clone()),
        ("delivery", Some(word(&row.delivery()))),
        ("reason", row.reason.clone()),
        ("requested", row.requested_at.map(|at| output.time(at))),
    ]);
    let left = Align::Left;
    let mut table = Table::new([
        ("TIME", left),
        ("EVENT", left),
        ("NUMBER", left),
        ("AMOUNT", Align::Right),
        ("BY", left),
        ("CAUSE", left),
    ]);
    for entry in &timeline.0 {
        table.row([
            output.exact_time(entry.at),
            entry.event_type.to_string(),
            format!("{}:{}", entry.source.stream().unwrap_or_default(), entry.number),
            entry.amount.map(money).unwrap_or_default(),
            entry.actor.clone().unwrap_or_default(),
            entry.cause.clone().unwrap_or_default(),
        ]);
    }
    output.text(&format!("{fields}\n{table}"))
}

/// A product by id, and by name where that is known.
pub(crate) fn product(row: &Row) -> Option<String> {
    let id = row.product_id?;
    Some(row.product_name.as_ref().map_or_else(|| id.to_string(), |name| format!("{id} {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::printed;
    use rental_model::order::Status;
    use rental_model::{ProductId, Qty, UnixMs, Won};

    fn order() -> Order {
        let mark = |number, at| Mark { number, at: UnixMs(at) };
        Order {
            order_id: OrderId::new(2).unwrap(),
            product_id: ProductId::new(2).unwrap(),
            qty: Qty::new(10).unwrap(),
            amount: Won::new(30_000).unwrap(),
            status: Status::Cancelled,
            reason: Some("changed\u{1b}[2J".to_owned()),
            requested: mark(17, 1_587_605_794_123),
            cancelled: Some(mark(18, 1_587_605_800_000)),
            ended: None,
            short_at: None,
            is_reserved: true,
            is_delivered: true,
            previous: None,
        }
    }

    fn fee_received() -> RecordedEvent {
        let event =
            Event::FeeReceived { order: OrderId::new(2).unwrap(), amount: Won::new(30_000).unwrap(), by_hand: None };
        let (cause, actor) = (Some("ORDER:17".to_owned()), Some("김".to_owned()));
        RecordedEvent { source: Context::Billing, number: 9, at: UnixMs(1_587_605_795_000), cause, actor, event }
    }

    #[test]
    fn an_order_is_shown_with_its_fields_and_its_timeline() {
        let mut recorded_events = vec![fee_received()];
        recorded_events.extend(own_facts(&order()));
        let (mut row, timeline) = fold(&recorded_events).unwrap();
        row.product_name = Some("MACBOOK".to_owned());
        let (out, _) = printed(false, |output| print(&row, &timeline, output).unwrap());
        insta::assert_snapshot!(out, @"
        order      2
        status     cancelling
        product    2 MACBOOK
        quantity   10
        amount     30,000 won
        payment    charged (30,000 won taken)
        delivery   waiting
        reason     changed�[2J
        requested  2020-04-23 10:36:34

        TIME                     EVENT                      NUMBER         AMOUNT  BY  CAUSE
        2020-04-23 10:36:34.123  RentalRequested            ORDER:17   30,000 won
        2020-04-23 10:36:35.000  FeeReceived                BILLING:9  30,000 won  김  ORDER:17
        2020-04-23 10:36:40.000  RentalCancellationOccured  ORDER:18
        ");
    }

    #[test]
    fn what_is_shipped_and_what_only_the_order_context_knows_make_one_picture() {
        let order = order();
        let published = fold(&own_facts(&order)[..1]).unwrap().1;
        let (row, timeline) = fold(&own_facts(&order)).unwrap();
        assert_eq!((published.0.len(), timeline.0.len()), (1, 2));
        assert_eq!(row.status(), rental_model::totalview::Status::Cancelling);
    }

    #[test]
    fn a_clear_no_is_not_asked_elsewhere() {
        let refused = |code| Failure::Refused { refusal: rental_model::Refusal::new(code, "no"), hint: None };
        assert!(is_worth_another_way(&refused(Code::Unknown)));
        assert!(is_worth_another_way(&Failure::Silent { context: Context::Totalview, why: String::new() }));
        assert!(!is_worth_another_way(&refused(Code::Malformed)));
    }
}
