//! `rental payments`: what the payment provider was asked for and has not done, and what staff do about it.

use crate::cli::failure::{Exit, Failure};
use crate::cli::options::Once;
use crate::cli::output::{Output, money};
use crate::cli::session::Session;
use crate::cli::table::{Align, Table, grouped};
use clap::{Subcommand, ValueEnum};
use rental_model::billing::{Ask, ListOpen, Open, OpenPage, Outcome, Resolve};
use rental_model::order::OneOrder;
use rental_model::{Context, OrderId, Reason};
use serde_json::json;

/// How many are asked for at once.
const PAGE: u32 = 1000;

/// Show, ask again or settle by hand what the payment provider does not answer
///
/// With `rental-worker billing --payment deferred` an outside provider takes fees
/// and gives them back. Money is back when it says so; what it declines, or does
/// not answer, waits here for a person.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental payments list
  rental payments list --json | jq '.open[] | select(.declinedBy)'
  rental payments retry --order 7
  rental payments settle --order 7 --outcome refunded --reason 'paid back in cash'")]
pub(crate) struct Payments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the charges and refunds that are asked for and not settled
    List,
    /// Ask the provider once more; for it, it is the same request
    Retry {
        /// Which order
        #[arg(long, value_name = "ORDER", allow_negative_numbers = true)]
        order: OrderId,
        #[command(flatten)]
        once: Once,
    },
    /// Settle it for the provider; the reason is kept with the event
    Settle {
        /// Which order
        #[arg(long, value_name = "ORDER", allow_negative_numbers = true)]
        order: OrderId,
        /// What has become of it
        #[arg(long, value_name = "OUTCOME")]
        outcome: ByHand,
        /// Why, or how
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
        #[command(flatten)]
        once: Once,
    },
}

/// What a person may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ByHand {
    /// The customer has paid
    Charged,
    /// The customer will not pay: the rental is called off
    Declined,
    /// The customer has the money back
    Refunded,
}

impl From<ByHand> for Outcome {
    fn from(outcome: ByHand) -> Self {
        match outcome {
            ByHand::Charged => Self::Charged,
            ByHand::Declined => Self::Declined,
            ByHand::Refunded => Self::Refunded,
        }
    }
}

impl Payments {
    /// Its name if it changes something; else none.
    pub(crate) const fn change(&self) -> Option<&'static str> {
        match self.action {
            Action::List => None,
            Action::Retry { .. } => Some("payments retry"),
            Action::Settle { .. } => Some("payments settle"),
        }
    }

    pub(crate) async fn run(self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let (recorded, sentence) = match self.action {
            Action::List => return list(session, output).await,
            Action::Retry { order, once } => {
                let asked = OneOrder { order_id: order };
                let recorded = session.command(Context::Billing, "retry", &asked, &once).await?;
                (recorded, format!("the provider is asked once more about order {order}"))
            }
            Action::Settle { order, outcome, reason, once } => {
                let asked = Resolve { order_id: order, outcome: outcome.into(), reason };
                let recorded = session.command(Context::Billing, "resolve", &asked, &once).await?;
                (recorded, format!("order {order} is settled by hand"))
            }
        };
        output.done(&recorded, Some(sentence))
    }
}

async fn list(session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let (mut open, mut cursor) = (Vec::new(), None);
    loop {
        let asked = ListOpen { limit: Some(PAGE), cursor };
        let page = session.ask::<OpenPage>(Context::Billing, "open", &asked).await?;
        open.extend(page.open);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    print(&open, output)?;
    Ok(Exit::Done)
}

fn print(open: &[Open], output: &mut Output<'_>) -> Result<(), Failure> {
    if output.is_json {
        return output.json(&json!({ "open": open }));
    }
    if open.is_empty() {
        return output.sentence("the payment provider has answered everything");
    }
    let (left, right) = (Align::Left, Align::Right);
    let mut table = Table::new([
        ("ORDER", right),
        ("ASKED FOR", left),
        ("AMOUNT", right),
        ("TIMES", right),
        ("SINCE", left),
        ("STANDS AT", left),
    ]);
    for one in open {
        let what = match one.what {
            Ask::Charge => "charge",
            Ask::Refund => "refund",
        };
        let why = one.reason.as_ref().map(|reason| format!(": {}", reason.as_str())).unwrap_or_default();
        table.row([
            one.order_id.to_string(),
            what.to_owned(),
            money(one.amount),
            grouped(one.attempt.into()),
            one.since.map_or_else(|| "not known".to_owned(), |since| output.time(since)),
            if one.declined_by.is_some() { format!("declined{why}") } else { "no answer yet".to_owned() },
        ]);
    }
    output.text(&table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::printed;
    use rental_model::{UnixMs, Won};

    fn open() -> [Open; 2] {
        let refund = Open {
            order_id: OrderId::new(7).unwrap(),
            what: Ask::Refund,
            amount: Won::new(30_000).unwrap(),
            attempt: 2,
            since: Some(UnixMs(1_587_605_794_123)),
            declined_by: Some(9),
            reason: Reason::new("card closed\u{9b}").ok(),
        };
        let charge = Open {
            order_id: OrderId::new(8).unwrap(),
            what: Ask::Charge,
            attempt: 1,
            since: None,
            declined_by: None,
            reason: None,
            ..refund.clone()
        };
        [refund, charge]
    }

    #[test]
    fn what_is_open_is_listed_with_how_it_stands() {
        let (out, _) = printed(false, |output| print(&open(), output).unwrap());
        for words in ["refund", "30,000", "declined: card closed", "2020-04-23", "no answer yet", "not known"] {
            assert!(out.contains(words), "{words} is not in\n{out}");
        }
        assert!(!out.contains('\u{9b}'), "{out:?}");
        let (out, _) = printed(false, |output| print(&[], output).unwrap());
        assert_eq!(out, "the payment provider has answered everything\n");
    }

    #[test]
    fn for_programs_it_is_what_billing_says() {
        let (out, _) = printed(true, |output| print(&open(), output).unwrap());
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((&json["open"][0]["orderId"], &json["open"][0]["declinedBy"]), (&json!(7), &json!(9)));
        assert_eq!((&json["open"][1]["what"], &json["open"][1]["attempt"]), (&json!("charge"), &json!(1)));
    }
}
