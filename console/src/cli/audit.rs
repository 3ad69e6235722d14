//! `rental audit`: does everything add up?

use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::session::Session;
use crate::cli::table::{grouped, grouped_sum};
use rental_audit::{AuditSettings, Report, groups};
use rental_model::Context;
use rental_model::wording::counted;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How often it is told how far the reading is.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// How many findings of a kind are shown, unless all are asked for.
const SHOWN: usize = 5;

/// Up to here every JSON reader keeps a whole number exactly (2^53 - 1).
const EXACT: u128 = 9_007_199_254_740_991;

/// Check that everything ever recorded adds up
///
/// Reads every event of every stream, and what the contexts show, and checks:
/// the numbers have no gaps and the hash chain holds; every event is there at
/// most once for an order, and has its cause; what was refunded is what was
/// charged; every unit of the stock is in one place; no order is stuck; the
/// view shows what the events say; nothing is parked, unpublished or in trouble.
/// The shop can go on working meanwhile.
///
/// Findings are told by kind, five of each; with --all every one. With --json
/// `counts` says how many there are of each, and a sum beyond 2^53 is a string,
/// because a JSON reader would round it.
///
/// Exit code 0 if all is sound, 1 if not, 3 if something does not answer.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental audit
  rental audit --stuck-after 10
  rental audit --all
  rental audit --json | jq -r '.findings[].sentence'")]
pub(crate) struct Audit {
    /// From when on an order that does not move counts as stuck
    #[arg(
        long, value_name = "SECONDS", default_value = "60", allow_negative_numbers = true,
        value_parser = seconds
    )]
    stuck_after: Duration,

    /// Tell every finding, and not five of each kind
    #[arg(long)]
    all: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.trim().parse::<f64>() {
        Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("expected a time in seconds, from 0 to 86400".to_owned()),
    }
}

impl Audit {
    pub(crate) async fn run(&self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let settings = AuditSettings { stuck_after: self.stuck_after, timeout: session.timeout };
        let mut told = Instant::now();
        let mut say = |read, goal| {
            if told.elapsed() >= TOLD_EVERY {
                told = Instant::now();
                output.note(&format!("{} of {} events read", grouped(read), grouped(goal)));
            }
        };
        let report = rental_audit::run(&session.bus, settings, &mut say).await?;
        print(&report, self.shown(), output)
    }

    /// How many findings of a kind to show.
    fn shown(&self) -> usize {
        if self.all { usize::MAX } else { SHOWN }
    }
}

fn print(report: &Report, shown: usize, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let is_sound = report.judgement.findings.is_empty();
    if output.is_json {
        output.json(&to_json(report, shown))?;
    } else {
        print_findings(report, shown, output)?;
        output.sentence(&summary(report))?;
    }
    Ok(if is_sound { Exit::Done } else { Exit::Refused })
}

fn print_findings(report: &Report, shown: usize, output: &mut Output<'_>) -> Result<(), Failure> {
    let groups = groups(&report.judgement.findings);
    let (mut has_cause, mut is_said) = (false, false);
    for group in &groups {
        if has_cause && !group.is_cause() && !is_said {
            output.sentence("what follows may come from that; mend the streams first:")?;
            is_said = true;
        }
        has_cause |= group.is_cause();
        for finding in group.findings.iter().take(shown) {
            output.sentence(&finding.to_string())?;
        }
        match group.findings.len().saturating_sub(shown) {
            0 => {}
            more => output.sentence(&format!("… and {} more of this kind: --all", grouped(more as u64)))?,
        }
    }
    Ok(())
}

fn summary(report: &Report) -> String {
    let judgement = &report.judgement;
    let events: u128 = report.events.values().copied().map(u128::from).sum();
    let verdict = match judgement.findings.len() {
        0 => "sound".to_owned(),
        1 => "1 finding".to_owned(),
        count => format!("{} findings", grouped(count as u64)),
    };
    format!(
        "{verdict}: {} {}, {} of them moving; {} {}; {} won charged, {} refunded",
        grouped(judgement.orders),
        counted(judgement.orders, "order"),
        grouped(judgement.moving.len() as u64),
        grouped_sum(events),
        counted(events, "event"),
        grouped_sum(judgement.charged_won),
        grouped_sum(judgement.refunded_won)
    )
}

fn to_json(report: &Report, shown: usize) -> Value {
    let judgement = &report.judgement;
    let groups = groups(&judgement.findings);
    let counts: serde_json::Map<_, _> =
        groups.iter().map(|group| (group.word.to_owned(), json!(group.findings.len()))).collect();
    let findings = groups.iter().flat_map(|group| group.findings.iter().take(shown));
    let findings: Vec<_> =
        findings.map(|finding| json!({ "finding": finding.word(), "sentence": finding.to_string() })).collect();
    let events: serde_json::Map<_, _> = Context::DECIDERS
        .into_iter()
        .map(|source| (source.to_string(), exact(report.events.get(&source).copied().unwrap_or(0).into())))
        .collect();
    json!({
        "isSound": findings.is_empty(),
        "orders": judgement.orders,
        "moving": judgement.moving,
        "chargedWon": exact(judgement.charged_won),
        "refundedWon": exact(judgement.refunded_won),
        "events": events,
        "counts": counts,
        "findings": findings,
    })
}

/// A number that no JSON reader rounds: text, where one would.
fn exact(number: u128) -> Value {
    match u64::try_from(number) {
        Ok(small) if number <= EXACT => json!(small),
        _ => json!(number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::printed;
    use rental_audit::{Finding, Judgement};
    use rental_model::OrderId;

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
        let (out, _) = printed(false, |output| assert_eq!(print(&report(vec![]), SHOWN, output).unwrap(), Exit::Done));
        assert_eq!(out, "sound: 1,200 orders, 1 of them moving; 2,200 events; 30,000 won charged, 10 refunded\n");
    }

    #[test]
    fn every_finding_is_a_line_and_the_command_fails() {
        let report = report(vec![stuck(), Finding::Parked { by: Context::Billing, count: 2 }]);
        let (out, _) = printed(false, |output| assert_eq!(print(&report, SHOWN, output).unwrap(), Exit::Refused));
        insta::assert_snapshot!(out, @"
        order 3 has waited for its refund for 75 s
        billing has parked 2 messages; see `rental parked list`
        2 findings: 1,200 orders, 1 of them moving; 2,200 events; 30,000 won charged, 10 refunded
        ");
    }

    #[test]
    fn for_programs_it_is_one_object() {
        let (out, _) =
            printed(true, |output| assert_eq!(print(&report(vec![stuck()]), SHOWN, output).unwrap(), Exit::Refused));
        let expected = json!({
            "isSound": false, "orders": 1200, "moving": [7], "chargedWon": 30000, "refundedWon": 10,
            "events": { "order": 1300, "inventory": 0, "billing": 900, "logistics": 0 },
            "counts": { "stuck": 1 },
            "findings": [{ "finding": "stuck", "sentence": "order 3 has waited for its refund for 75 s" }],
        });
        assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), expected);
    }

    /// A hole that thousands of orders show is told in a few lines, the stream first.
    #[test]
    fn one_cause_is_not_told_once_for_every_order() {
        let hidden = |order| Finding::Hidden { order: OrderId::new(order).unwrap() };
        let mut findings: Vec<_> = (1..=23_660).map(hidden).collect();
        findings.push(Finding::Missing { of: Context::Order, from: 5, to: 9 });
        let report = report(findings);
        let (out, _) = printed(false, |output| assert_eq!(print(&report, SHOWN, output).unwrap(), Exit::Refused));
        insta::assert_snapshot!(out, @"
        ORDER: events 5 to 9 are missing
        what follows may come from that; mend the streams first:
        totalview does not show order 1
        totalview does not show order 2
        totalview does not show order 3
        totalview does not show order 4
        totalview does not show order 5
        … and 23,655 more of this kind: --all
        23,661 findings: 1,200 orders, 1 of them moving; 2,200 events; 30,000 won charged, 10 refunded
        ");
        let (all, _) = printed(false, |output| assert_eq!(print(&report, usize::MAX, output).unwrap(), Exit::Refused));
        assert_eq!(all.lines().count(), 23_663);
        let json = to_json(&report, SHOWN);
        assert_eq!(json["counts"], json!({ "missing": 1, "hidden": 23_660 }));
        assert_eq!((json["findings"].as_array().unwrap().len(), &json["isSound"]), (6, &json!(false)));
    }

    #[test]
    fn a_sum_that_a_reader_would_round_is_text() {
        let mut report = report(vec![]);
        report.judgement.charged_won = EXACT;
        report.judgement.refunded_won = EXACT + 1;
        let json = to_json(&report, SHOWN);
        assert_eq!(json["chargedWon"], json!(9_007_199_254_740_991_u64));
        assert_eq!(json["refundedWon"], json!("9007199254740992"));
        report.judgement.charged_won = u128::from(u64::MAX) * 2;
        report.events = [(Context::Order, u64::MAX), (Context::Billing, u64::MAX)].into();
        assert_eq!(to_json(&report, SHOWN)["chargedWon"], json!("36893488147419103230"));
        assert!(summary(&report).contains("36,893,488,147,419,103,230 events"), "{}", summary(&report));
    }
}
