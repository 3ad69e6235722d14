//! `rental audit`: does everything add up?

use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::session::Session;
use crate::cli::table::grouped;
use rental_bus::audit::{Report, Settings};
use rental_model::Context;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How often it is told how far the reading is.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// Check that everything ever recorded adds up
///
/// Reads every event of every stream, and what the contexts show, and checks:
/// the numbers have no gaps and the hash chain holds; every event is there at
/// most once for an order, and has its cause; what was refunded is what was
/// charged; every unit of the stock is in one place; no order is stuck; the
/// view shows what the events say; nothing is parked, unshipped or in trouble.
/// The shop can go on working meanwhile.
///
/// Exit code 0 if all is sound, 1 if not, 3 if something does not answer.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental audit
  rental audit --stuck-after 10
  rental audit --json | jq -r '.findings[].sentence'")]
pub(crate) struct Audit {
    /// From when on an order that does not move counts as stuck
    #[arg(
        long, value_name = "SECONDS", default_value = "60", allow_negative_numbers = true,
        value_parser = seconds
    )]
    stuck_after: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.trim().parse::<f64>() {
        Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("expected a time in seconds, from 0 to 86400".to_owned()),
    }
}

impl Audit {
    pub(crate) async fn run(&self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let settings = Settings { stuck_after: self.stuck_after, timeout: session.timeout };
        let mut told = Instant::now();
        let mut say = |read, goal| {
            if told.elapsed() >= TOLD_EVERY {
                told = Instant::now();
                output.note(&format!("{} of {} events read", grouped(read), grouped(goal)));
            }
        };
        let report = rental_bus::audit::run(&session.bus, settings, &mut say).await?;
        print(&report, output)
    }
}

fn print(report: &Report, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let is_sound = report.judgement.findings.is_empty();
    if output.is_json {
        output.json(&to_json(report))?;
    } else {
        for finding in &report.judgement.findings {
            output.sentence(&finding.to_string())?;
        }
        output.sentence(&summary(report))?;
    }
    Ok(if is_sound { Exit::Done } else { Exit::Refused })
}

fn summary(report: &Report) -> String {
    let judgement = &report.judgement;
    let events: u64 = report.events.values().sum();
    let verdict = match judgement.findings.len() {
        0 => "sound".to_owned(),
        1 => "1 finding".to_owned(),
        count => format!("{} findings", grouped(count as u64)),
    };
    format!(
        "{verdict}: {} orders, {} of them moving; {} events; {} won charged, {} refunded",
        grouped(judgement.orders),
        grouped(judgement.moving.len() as u64),
        grouped(events),
        grouped(judgement.charged_won),
        grouped(judgement.refunded_won)
    )
}

fn to_json(report: &Report) -> Value {
    let judgement = &report.judgement;
    let findings = judgement.findings.iter();
    let findings: Vec<_> =
        findings.map(|finding| json!({ "finding": finding.word(), "sentence": finding.to_string() })).collect();
    let events: serde_json::Map<_, _> = Context::DECIDERS
        .into_iter()
        .map(|source| (source.to_string(), json!(report.events.get(&source).copied().unwrap_or(0))))
        .collect();
    json!({
        "isSound": findings.is_empty(),
        "orders": judgement.orders,
        "moving": judgement.moving,
        "chargedWon": judgement.charged_won,
        "refundedWon": judgement.refunded_won,
        "events": events,
        "findings": findings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::printed;
    use rental_model::OrderId;
    use rental_model::audit::{Finding, Judgement};

    fn report(findings: Vec<Finding>) -> Report {
        let moving = vec![OrderId::new(7).unwrap()];
        let judgement = Judgement { orders: 1_200, charged_won: 30_000, refunded_won: 10, moving, findings };
        Report { events: [(Context::Order, 1_300), (Context::Billing, 900)].into(), judgement, ..Report::default() }
    }

    fn stuck() -> Finding {
        Finding::Stuck { order: OrderId::new(3).unwrap(), waits_for: "its refund", seconds: 75 }
    }

    #[test]
    fn a_sound_shop_is_one_line_and_success() {
        let (out, _) = printed(false, |output| assert_eq!(print(&report(vec![]), output).unwrap(), Exit::Done));
        assert_eq!(out, "sound: 1,200 orders, 1 of them moving; 2,200 events; 30,000 won charged, 10 refunded\n");
    }

    #[test]
    fn every_finding_is_a_line_and_the_command_fails() {
        let report = report(vec![stuck(), Finding::Parked { by: Context::Billing, count: 2 }]);
        let (out, _) = printed(false, |output| assert_eq!(print(&report, output).unwrap(), Exit::Refused));
        insta::assert_snapshot!(out, @"
        order 3 has waited for its refund for 75 s
        billing has parked 2 messages; see `rental parked list`
        2 findings: 1,200 orders, 1 of them moving; 2,200 events; 30,000 won charged, 10 refunded
        ");
    }

    #[test]
    fn for_programs_it_is_one_object() {
        let (out, _) =
            printed(true, |output| assert_eq!(print(&report(vec![stuck()]), output).unwrap(), Exit::Refused));
        let expected = json!({
            "isSound": false, "orders": 1200, "moving": [7], "chargedWon": 30000, "refundedWon": 10,
            "events": { "order": 1300, "inventory": 0, "billing": 900, "logistics": 0 },
            "findings": [{ "finding": "stuck", "sentence": "order 3 has waited for its refund for 75 s" }],
        });
        assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), expected);
    }
}
