//! `rental journal`: who asked for what, and what became of it, of every context.

use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::session::Session;
use crate::cli::table::{Align, Table};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use futures_util::future::join_all;
use rental_bus::commands::{Entry, JournalPage, Outcome, ReadJournal};
use rental_model::Context;
use serde::Serialize;
use serde_json::{Value, json};

/// How many entries a context tells at once.
const PAGE: u32 = 1000;

/// Show who asked for what, and what became of it
///
/// Newest first, of all contexts. Exit code 3 if one of them does not answer; the others are shown all the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental journal
  rental journal --text 'kim cancel'
  rental journal --context order --limit 1000 --json | jq '.entries[].outcome.result'")]
pub(crate) struct Journal {
    /// Of this context only
    #[arg(long, value_name = "CONTEXT", value_parser = context())]
    context: Option<Context>,
    /// How many entries at most
    #[arg(
        long, value_name = "N", default_value = "100", allow_negative_numbers = true,
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    limit: u32,
    /// Only entries in which all of these words occur
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
}

/// What a context told, or why it did not.
type Told = (Context, Result<Vec<Entry>, Failure>);

impl Journal {
    pub(crate) async fn show(&self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let asked = Context::ALL.into_iter().filter(|context| self.context.is_none_or(|only| only == *context));
        let mut told = join_all(asked.map(async |context| (context, self.read(session, context).await))).await;
        match told.pop() {
            Some((_, Err(failure))) if self.context.is_some() => return Err(failure),
            last => told.extend(last),
        }
        self.print(told, output)
    }

    /// Reads one context's journal, back to the limit.
    async fn read(&self, session: &Session, context: Context) -> Result<Vec<Entry>, Failure> {
        let (mut entries, mut before) = (Vec::new(), None);
        loop {
            let left = self.limit.saturating_sub(u32::try_from(entries.len()).unwrap_or(u32::MAX));
            let asked = ReadJournal { before, limit: Some(left.min(PAGE)), text: self.text.clone() };
            let page: JournalPage = session.ask(context, "journal", &asked).await?;
            entries.extend(page.entries);
            before = page.next;
            if before.is_none() || entries.len() >= usize::try_from(self.limit).unwrap_or(usize::MAX) {
                return Ok(entries);
            }
        }
    }

    fn print(&self, told: Vec<Told>, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let (mut entries, mut silent) = (Vec::new(), Vec::new());
        for (context, answer) in told {
            match answer {
                Ok(told) => entries.extend(told.into_iter().map(|entry| Shown { context, entry })),
                Err(failure) => silent.push((context, failure.to_string())),
            }
        }
        entries.sort_by_key(|shown| std::cmp::Reverse((shown.entry.at, shown.context, shown.entry.number)));
        entries.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        if output.is_json {
            let missing: Vec<_> =
                silent.iter().map(|(context, why)| json!({ "context": context, "why": why })).collect();
            output.json(&json!({ "entries": entries, "silent": missing }))?;
        } else if !entries.is_empty() {
            output.text(&table(&entries, output))?;
        } else if silent.is_empty() {
            output.sentence("there is no entry")?;
        }
        for (context, why) in &silent {
            output.note(&format!("the entries of {context} are missing: {why}"));
        }
        Ok(if silent.is_empty() { Exit::Done } else { Exit::Silent })
    }
}

/// An entry, and whose it is.
#[derive(Serialize)]
struct Shown {
    context: Context,
    #[serde(flatten)]
    entry: Entry,
}

fn table(entries: &[Shown], output: &Output<'_>) -> Table<5> {
    let left = Align::Left;
    let mut table = Table::new([("TIME", left), ("CONTEXT", left), ("WHO", left), ("WHAT", left), ("RESULT", left)]);
    for Shown { context, entry } in entries {
        table.row([
            output.time(entry.at),
            context.to_string(),
            entry.actor.clone().unwrap_or_else(|| "-".to_owned()),
            what(entry),
            result(*context, &entry.outcome),
        ]);
    }
    table
}

/// What was asked for, on one line.
fn what(entry: &Entry) -> String {
    let mut parts = vec![entry.endpoint.clone()];
    match &entry.body {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| (*name != "orderId", *name != "productId"));
            parts.extend(fields.into_iter().map(|(name, value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                format!("{} {value}", name.strip_suffix("Id").unwrap_or(name))
            }));
        }
        Value::String(text) => parts.push(text.clone()),
        _ => {}
    }
    let (first, rest) = parts.split_first().map(|(first, rest)| (first.clone(), rest.join(", "))).unwrap_or_default();
    format!("{first} {rest}").trim_end().to_owned()
}

fn result(context: Context, outcome: &Outcome) -> String {
    let event = |event: &u64| format!("{}:{event}", context.stream().unwrap_or_default());
    match outcome {
        Outcome::Recorded { event: number } => format!("accepted {}", event(number)),
        Outcome::Already { event: number } => format!("already {}", event(number)),
        Outcome::Nothing => "accepted".to_owned(),
        Outcome::Refused { message, .. } => format!("refused: {message}"),
        Outcome::Handled => "handled".to_owned(),
        Outcome::StillFails { message } => format!("still fails: {message}"),
        Outcome::Dropped { reason } => format!("dropped: {reason}"),
    }
}

fn context() -> impl TypedValueParser<Value = Context> {
    PossibleValuesParser::new(Context::ALL.map(Context::name)).try_map(|name| name.parse::<Context>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::printed;
    use rental_model::{Code, UnixMs};

    fn entry(number: u64, second: u64, endpoint: &str, body: Value, outcome: Outcome) -> Entry {
        Entry {
            number,
            at: UnixMs(1_587_605_794_123 + 1000 * second),
            endpoint: endpoint.to_owned(),
            actor: (number > 1).then(|| "김\u{202e}".to_owned()),
            request_id: None,
            order_id: None,
            body,
            is_restored: false,
            outcome,
        }
    }

    fn told() -> Vec<Told> {
        let refused = Outcome::Refused { code: Code::Unknown, message: "there is no order 17\u{1b}[2J".to_owned() };
        let request = json!({ "productId": 2, "qty": 10, "amount": 10, "orderId": 2 });
        let order = vec![
            entry(2, 3, "cancel", json!({ "orderId": 17 }), refused),
            entry(1, 0, "request", request, Outcome::Recorded { event: 5 }),
        ];
        let drop = Outcome::Dropped { reason: "junk".to_owned() };
        let billing = vec![entry(2, 1, "parked.drop", json!({ "id": 3, "reason": "junk" }), drop)];
        let silent = Failure::Silent { context: Context::Inventory, why: "it is not running".to_owned() };
        vec![(Context::Order, Ok(order)), (Context::Billing, Ok(billing)), (Context::Inventory, Err(silent))]
    }

    fn asked(limit: u32) -> Journal {
        Journal { context: None, limit, text: None }
    }

    #[test]
    fn the_contexts_are_merged_by_time_and_who_is_missing_is_said() {
        let (out, err) = printed(false, |output| {
            assert_eq!(asked(100).print(told(), output).unwrap(), Exit::Silent);
        });
        insta::assert_snapshot!(out, @"
        TIME                 CONTEXT  WHO  WHAT                                           RESULT
        2020-04-23 10:36:37  order    김   cancel order 17                                refused: there is no order 17�[2J
        2020-04-23 10:36:35  billing  김   parked.drop id 3, reason junk                  dropped: junk
        2020-04-23 10:36:34  order    -    request order 2, product 2, amount 10, qty 10  accepted ORDER:5
        ");
        assert!(err.starts_with("rental: the entries of inventory are missing: "), "{err}");
    }

    #[test]
    fn for_programs_an_entry_says_whose_it_is_and_the_limit_is_for_all_together() {
        let (out, _) = printed(true, |output| {
            asked(2).print(told(), output).unwrap();
        });
        let shown: Value = serde_json::from_str(&out).unwrap();
        let entries = shown["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!((&entries[0]["context"], &entries[0]["outcome"]["code"]), (&json!("order"), &json!(404)));
        assert_eq!(shown["silent"][0]["context"], "inventory");
    }

    #[test]
    fn an_empty_journal_is_said_only_if_everybody_answered() {
        let (out, _) = printed(false, |output| {
            asked(2).print(vec![(Context::Order, Ok(Vec::new()))], output).unwrap();
        });
        assert_eq!(out, "there is no entry\n");
    }
}
