//! `rental request`, `cancel`, `end`: the life of a rental.

use crate::cli::failure::{Exit, Failure};
use crate::cli::options::Once;
use crate::cli::output::{Output, money};
use crate::cli::session::Session;
use rental_model::order::{Became, CancelRental, OnShortage, OneOrder, RequestRental, Status};
use rental_model::{Code, Context, Event, OrderId, ProductId, Qty, Reason, Won};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Request a rental
///
/// The stock is checked first; payment and delivery follow by themselves.
/// When too few units are available the request is refused, unless
/// --send-anyway is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental request --product 2 --qty 10 --amount 10
  rental request --product 2 --qty 1 --amount 30000 --order 77 --json
  rental request --product 2 --qty 110 --amount 10 --send-anyway")]
pub(crate) struct Request {
    /// What to rent (see: rental stock)
    #[arg(long, value_name = "PRODUCT", allow_negative_numbers = true)]
    product: ProductId,
    /// How many units, at least 1
    #[arg(long, value_name = "UNITS", allow_negative_numbers = true)]
    qty: Qty,
    /// The total fee in won
    #[arg(long, value_name = "WON", allow_negative_numbers = true)]
    amount: Won,
    /// The order's id [default: the next free one]
    #[arg(long, value_name = "ORDER", allow_negative_numbers = true)]
    order: Option<OrderId>,
    /// Take the order even if the stock is short: it is then cancelled and refunded by itself
    #[arg(long)]
    send_anyway: bool,
    #[command(flatten)]
    once: Once,
}

/// Cancel a rental
///
/// Refund, retrieval and stock follow by themselves. Cancelling twice is the
/// same as cancelling once.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental cancel --order 2
  rental cancel --order 2 --product 2 --reason 'changed their mind'")]
pub(crate) struct Cancel {
    /// Which rental (see: rental orders)
    #[arg(long, value_name = "ORDER", allow_negative_numbers = true)]
    order: OrderId,
    /// Refuse unless the order is for this product
    #[arg(long, value_name = "PRODUCT", allow_negative_numbers = true)]
    product: Option<ProductId>,
    /// Why; it is kept with the order
    #[arg(long, value_name = "TEXT")]
    reason: Option<Reason>,
    #[command(flatten)]
    once: Once,
}

/// End a rental: the goods are called back, nothing is refunded
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental end --order 2")]
pub(crate) struct End {
    /// Which rental (see: rental orders)
    #[arg(long, value_name = "ORDER", allow_negative_numbers = true)]
    order: OrderId,
    #[command(flatten)]
    once: Once,
}

const SEND_ANYWAY: &str =
    "with --send-anyway the order is taken all the same, and cancelled and refunded by itself if the stock stays short";

impl Request {
    fn body(&self) -> RequestRental {
        let on_shortage = if self.send_anyway { OnShortage::Compensate } else { OnShortage::Refuse };
        let Self { product: product_id, qty, amount, order: order_id, .. } = *self;
        RequestRental { order_id, product_id, qty, amount, on_shortage }
    }

    pub(crate) async fn send(&self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        match session.command(Context::Order, "request", &self.body(), &self.once).await {
            Ok(answer) => match what_became(&answer.answer) {
                None => output.recorded(&answer, told),
                Some(sentence) => {
                    if output.is_json {
                        output.answer(&answer.answer)?;
                    }
                    output.note(&sentence);
                    Ok(Exit::Refused)
                }
            },
            Err(Failure::Refused { refusal, .. })
                if refusal.code == Code::Conflict && refusal.facts.contains_key("available") =>
            {
                Err(Failure::Refused { refusal, hint: Some(SEND_ANYWAY) })
            }
            Err(failure) => Err(failure),
        }
    }
}

impl Cancel {
    pub(crate) async fn send(self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let Self { order: order_id, product: product_id, reason, once } = self;
        let body = CancelRental { order_id, product_id, reason };
        let answer = session.command(Context::Order, "cancel", &body, &once).await?;
        output.recorded(&answer, told)
    }
}

impl End {
    pub(crate) async fn send(&self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let body = OneOrder { order_id: self.order };
        let answer = session.command(Context::Order, "end", &body, &self.once).await?;
        output.recorded(&answer, told)
    }
}

/// What to say of an order that was taken long ago and is no rental any more.
fn what_became(answer: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Repeated {
        order_id: OrderId,
        became: Became,
    }
    let Repeated { order_id, became: Became { status, reason } } = serde_json::from_str(answer.get()).ok()?;
    let now = match status {
        Status::Active => return None,
        Status::Cancelled => "is cancelled now",
        Status::Short => "was cancelled, for the stock was short",
        Status::Ended => "has ended",
    };
    let because = reason.filter(|_| status == Status::Cancelled).map(|why| format!(" ({why})")).unwrap_or_default();
    Some(format!(
        "order {order_id} was taken by this same request before, and {now}{because}; nothing was changed: \
         for a new rental ask without --order and --request-id"
    ))
}

/// What was done, in a sentence.
fn told(event: &Event) -> Option<String> {
    match event {
        Event::RentalRequested { order, product, qty, amount } => {
            Some(format!("order {order} taken: {qty} of product {product} for {}", money(*amount)))
        }
        Event::RentalCancelled { order, .. } => {
            Some(format!("order {order} cancelled; refund, retrieval and stock follow by themselves"))
        }
        Event::RentalEnded { order, .. } => Some(format!("order {order} ended; its goods are called back")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command};
    use clap::Parser;
    use serde_json::{Value, json};

    fn body(line: &str) -> Value {
        match Cli::try_parse_from(line.split_whitespace()).unwrap().command {
            Some(Command::Request(asked)) => json!(asked.body()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_short_stock_refuses_unless_the_person_insists() {
        let line = "rental request --product 2 --qty 10 --amount 10";
        assert_eq!(body(line), json!({ "productId": 2, "qty": 10, "amount": 10, "onShortage": "refuse" }));
        let insisting = body(&format!("{line} --send-anyway --order 7"));
        assert_eq!((&insisting["onShortage"], &insisting["orderId"]), (&json!("compensate"), &json!(7)));
    }

    #[test]
    fn an_order_that_is_no_rental_any_more_is_not_told_as_taken() {
        let told = |became: &str| {
            let answer = format!(r#"{{"eventType":"RentalRequested","id":17,"orderId":2,"me":true{became}}}"#);
            what_became(&serde_json::from_str::<Box<RawValue>>(&answer).unwrap())
        };
        assert_eq!(told(""), None);
        assert_eq!(told(r#","became":{"status":"active"}"#), None);
        let declined = told(r#","became":{"status":"cancelled","reason":"payment declined"}"#).unwrap();
        assert!(declined.contains("order 2") && declined.contains("is cancelled now (payment declined)"), "{declined}");
        assert!(
            told(r#","became":{"status":"short","reason":"stock short"}"#).unwrap().contains("the stock was short;")
        );
        assert!(told(r#","became":{"status":"ended"}"#).unwrap().contains("has ended;"));
    }

    #[test]
    fn what_was_recorded_is_told_in_a_sentence() {
        let body = br#"{"eventType":"RentalRequested","timestamp":"20200423013634","id":17,"orderId":2,
            "productId":2,"qty":10,"amount":30000,"me":true}"#;
        let (event, _, _) = Event::from_body(body).unwrap();
        assert_eq!(told(&event).unwrap(), "order 2 taken: 10 of product 2 for 30,000 won");
    }
}
