//! `rental parked`: messages a context could not handle, and what staff do about them.

use crate::cli::failure::{Exit, Failure};
use crate::cli::options::Once;
use crate::cli::output::Output;
use crate::cli::session::Session;
use crate::cli::table::{Align, Table, grouped};
use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use futures_util::future::join_all;
use rental_bus::status::Parked as Item;
use rental_bus::status::{DropParked, ParkedList, RetryParked};
use rental_model::{Context, Reason};
use serde::Serialize;
use serde_json::json;

/// Show, retry or drop what a context could not handle
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental parked list
  rental parked list billing --json
  rental parked retry billing 3
  rental parked drop billing 3 --reason 'a test message'")]
pub(crate) struct Parked {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List what is parked, of one context or of all
    List {
        /// Of this context only
        #[arg(value_name = "CONTEXT", value_parser = context())]
        context: Option<Context>,
    },
    /// Handle a parked message again
    Retry {
        /// Whose
        #[arg(value_name = "CONTEXT", value_parser = context())]
        context: Context,
        /// As listed
        #[arg(value_name = "ID", allow_negative_numbers = true, value_parser = id)]
        id: u64,
        #[command(flatten)]
        once: Once,
    },
    /// Give up a parked message; the reason is kept
    Drop {
        /// Whose
        #[arg(value_name = "CONTEXT", value_parser = context())]
        context: Context,
        /// As listed
        #[arg(value_name = "ID", allow_negative_numbers = true, value_parser = id)]
        id: u64,
        /// Why it is not needed
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
        #[command(flatten)]
        once: Once,
    },
}

impl Parked {
    /// Its name if it changes something; else none.
    pub(crate) fn change(&self) -> Option<&'static str> {
        match self.action {
            Action::List { .. } => None,
            Action::Retry { .. } => Some("parked retry"),
            Action::Drop { .. } => Some("parked drop"),
        }
    }

    pub(crate) async fn run(self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let (recorded, sentence) = match self.action {
            Action::List { context } => return list(context, session, output).await,
            Action::Retry { context, id, once } => {
                let recorded = session.command(context, "parked.retry", &RetryParked { id }, &once).await?;
                (recorded, format!("{context} has handled item {id}"))
            }
            Action::Drop { context, id, reason, once } => {
                let recorded = session.command(context, "parked.drop", &DropParked { id, reason }, &once).await?;
                (recorded, format!("{context} has dropped item {id}"))
            }
        };
        output.done(&recorded, Some(sentence))
    }
}

/// Lists what is parked; a context that does not answer hides no other.
async fn list(only: Option<Context>, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let asked = Context::ALL.into_iter().filter(|context| only.is_none_or(|only| only == *context));
    let answers =
        join_all(asked.map(|context| async move {
            (context, session.ask::<ParkedList>(context, "parked.list", &json!({})).await)
        }));
    let (mut items, mut failures) = (Vec::new(), Vec::new());
    for (context, answer) in answers.await {
        match answer {
            Ok(list) => items.extend(list.parked.into_iter().map(|item| (context, item))),
            Err(failure) => failures.push(failure),
        }
    }
    match failures.pop() {
        Some(failure) if only.is_some() => return Err(failure),
        Some(failure) => failures.push(failure),
        None => {}
    }
    // With someone silent, "nothing is parked" would be a guess.
    if failures.is_empty() || !items.is_empty() || output.is_json {
        print(&items, output)?;
    }
    for failure in &failures {
        output.note(&failure.to_string());
    }
    Ok(if failures.is_empty() { Exit::Done } else { Exit::Silent })
}

fn print(items: &[(Context, Item)], output: &mut Output<'_>) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Shown<'a> {
        context: Context,
        #[serde(flatten)]
        item: &'a Item,
    }
    if output.is_json {
        let shown: Vec<_> = items.iter().map(|(context, item)| Shown { context: *context, item }).collect();
        return output.json(&json!({ "parked": shown }));
    }
    if items.is_empty() {
        return output.sentence("nothing is parked");
    }
    let left = Align::Left;
    let mut table = Table::new([
        ("CONTEXT", left),
        ("ID", Align::Right),
        ("MESSAGE", left),
        ("TRIED", Align::Right),
        ("PARKED AT", left),
        ("REASON", left),
    ]);
    for (context, item) in items {
        table.row([
            context.to_string(),
            item.id.to_string(),
            format!("{}:{}", item.source.stream().unwrap_or_default(), item.number),
            grouped(item.attempts.into()),
            output.time(item.parked_at),
            item.reason.clone(),
        ]);
    }
    output.text(&table)
}

fn context() -> impl TypedValueParser<Value = Context> {
    PossibleValuesParser::new(Context::ALL.map(Context::name)).try_map(|name| name.parse::<Context>())
}

fn id(text: &str) -> Result<u64, &'static str> {
    text.trim().parse().map_err(|_| "expected the id of a parked item: a whole number (see rental parked list)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::printed;
    use rental_model::UnixMs;

    fn items() -> [(Context, Item); 1] {
        let item = Item {
            id: 3,
            source: Context::Order,
            number: 17,
            subject: "rental.events.order.Odd.2".to_owned(),
            headers: Vec::new(),
            payload: "e30=".to_owned(),
            reason: "unknown eventType \"Odd\u{9b}\"".to_owned(),
            attempts: 2,
            parked_at: UnixMs(1_587_605_794_123),
        };
        [(Context::Billing, item)]
    }

    #[test]
    fn what_is_parked_is_listed_with_why() {
        let (out, _) = printed(false, |output| print(&items(), output).unwrap());
        insta::assert_snapshot!(out, @r#"
        CONTEXT  ID  MESSAGE   TRIED  PARKED AT            REASON
        billing   3  ORDER:17      2  2020-04-23 10:36:34  unknown eventType "Odd�"
        "#);
        assert_eq!(printed(false, |output| print(&[], output).unwrap()).0, "nothing is parked\n");
    }

    #[test]
    fn for_programs_every_item_says_whose_it_is_and_carries_its_bytes() {
        let (out, _) = printed(true, |output| print(&items(), output).unwrap());
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((&json["parked"][0]["context"], &json["parked"][0]["payload"]), (&json!("billing"), &json!("e30=")));
    }
}
