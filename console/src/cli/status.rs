//! `rental status`: the broker and every context, asked at once.

use crate::cli::failure::{Exit, Failure};
use crate::cli::output::{Output, word};
use crate::cli::session::Session;
use crate::cli::table::{Align, Table, grouped};
use futures_util::future::join_all;
use rental_bus::ConnectError;
use rental_bus::health::{BEHIND_FOR, Condition, EXIT_CODES, Health, Verdict};
use rental_bus::status::{ContextStatus, SourceStatus};
use rental_model::Context;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

/// Show how every context and the broker are
///
/// Exit code 3 if one of them does not answer, or if the broker keeps what is recorded from the others;
/// the others are shown all the same.
///
/// With --check one line for each, the worst first, and an exit code that says
/// how bad it is: for scripts, timers and monitoring.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = after_help())]
pub(crate) struct Status {
    /// One line for each, and an exit code for monitoring
    #[arg(long)]
    check: bool,
    /// For how many seconds a context may be behind
    #[arg(long, value_name = "SECS", default_value_t = BEHIND_FOR.as_secs(), requires = "check")]
    behind_for: u64,
    /// Exit as a Nagios plugin: 0 OK, 1 WARNING (behind), 2 CRITICAL (alert, down), 3 UNKNOWN
    #[arg(long, requires = "check")]
    nagios: bool,
}

fn after_help() -> String {
    format!(
        "{EXIT_CODES}\n\nExamples:\n  rental status\n  \
         rental status --json | jq '.contexts[] | {{context, phase, parked}}'\n  \
         rental status --check --behind-for 300\n  rental status --check --nagios"
    )
}

/// How long a service may take to answer a check.
const CHECK_WITHIN: Duration = Duration::from_secs(2);

/// What was found out about all of them.
struct Report {
    url: String,
    /// The broker's version, or why there is none.
    broker: Result<String, String>,
    contexts: Vec<(Context, Result<ContextStatus, String>)>,
}

impl Status {
    /// Asks all of them at once.
    pub(crate) async fn show(&self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let timeout = if self.check { session.timeout.min(CHECK_WITHIN) } else { session.timeout };
        let report = ask(session, timeout).await;
        if self.check { self.judge(&report, output) } else { print(&report, output) }
    }

    /// What can be said when not even the broker answers.
    pub(crate) fn show_without_broker(
        &self,
        why: &ConnectError,
        url: &str,
        output: &mut Output<'_>,
    ) -> Result<Exit, Failure> {
        let unknown = || Err("not known without the broker".to_owned());
        let contexts = Context::ALL.into_iter().map(|context| (context, unknown())).collect();
        let report = Report { url: url.to_owned(), broker: Err(why.to_string()), contexts };
        if self.check { self.judge(&report, output) } else { print(&report, output) }
    }

    /// For Nagios a check that cannot be made is UNKNOWN; none if it is not for Nagios.
    pub(crate) fn not_made(&self, failure: &Failure, output: &mut Output<'_>) -> Result<Option<Exit>, Failure> {
        if self.nagios {
            output.sentence(&format!("unknown: {failure}"))?;
        }
        Ok(self.nagios.then_some(Exit::Checked(3)))
    }

    fn judge(&self, report: &Report, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let mut judged = report.judged(Duration::from_secs(self.behind_for));
        judged.sort_by_key(|(_, health)| std::cmp::Reverse(health.verdict));
        let worst = judged.first().map_or(Verdict::Well, |(_, health)| health.verdict);
        if output.is_json {
            let told = |(context, health): &(Option<Context>, Health)| {
                let name = context.map_or("broker", Context::name);
                json!({ "name": name, "verdict": health.verdict.word(), "words": health.words })
            };
            let all: Vec<_> = judged.iter().map(told).collect();
            output.json(&json!({ "verdict": worst.word(), "checks": all }))?;
        } else {
            for (_, health) in &judged {
                output.sentence(&health.to_string())?;
            }
        }
        Ok(Exit::Checked(if self.nagios { worst.nagios_code() } else { worst.exit_code() }))
    }
}

async fn ask(session: &Session, timeout: Duration) -> Report {
    let asked = Context::ALL.map(|context| async move {
        let answer = session.bus.call(context, "status", &json!({}), timeout).await.map_err(Failure::from);
        let answer = answer.map_err(|failure| match failure {
            Failure::Silent { why, .. } | Failure::Unreadable { why, .. } => why,
            other => other.to_string(),
        });
        (context, answer)
    });
    let contexts = join_all(asked).await;
    let broker =
        if session.bus.is_up() { Ok(session.bus.broker_version()) } else { Err("the connection was lost".to_owned()) };
    Report { url: session.bus.url().to_owned(), broker, contexts }
}

fn print(report: &Report, output: &mut Output<'_>) -> Result<Exit, Failure> {
    if output.is_json {
        output.json(&report.to_json())?;
    } else {
        output.text(&report.to_text())?;
    }
    let is_well = |answer: &Result<ContextStatus, String>| answer.as_ref().is_ok_and(|status| !status.is_cut_off());
    let is_whole = report.broker.is_ok() && report.contexts.iter().all(|(_, answer)| is_well(answer));
    Ok(if is_whole { Exit::Done } else { Exit::Silent })
}

impl Report {
    /// Each context, and the broker if it is down.
    fn judged(&self, behind_for: Duration) -> Vec<(Option<Context>, Health)> {
        let down = |words: String| Health::new(Verdict::Down, words);
        if let Err(why) = &self.broker {
            return vec![(None, down(why.clone()))];
        }
        let judge = |(context, answer): &(Context, Result<ContextStatus, String>)| {
            let health = match answer {
                Ok(status) => Condition::from(status).judge(behind_for),
                Err(why) => down(format!("{context} does not answer: {why}")),
            };
            (Some(*context), health)
        };
        self.contexts.iter().map(judge).collect()
    }

    fn to_json(&self) -> Value {
        let contexts = self.contexts.iter().map(|(context, answer)| match answer {
            Ok(status) => {
                let mut shown = json!(status);
                shown["isUp"] = json!(true);
                shown
            }
            Err(why) => json!({ "context": context, "isUp": false, "why": why }),
        });
        let contexts: Vec<_> = contexts.collect();
        let broker = match &self.broker {
            Ok(version) => json!({ "url": self.url, "isUp": true, "version": version }),
            Err(why) => json!({ "url": self.url, "isUp": false, "why": why }),
        };
        json!({ "broker": broker, "contexts": contexts })
    }

    fn to_text(&self) -> String {
        let (left, right) = (Align::Left, Align::Right);
        let mut broker = Table::new([("BROKER", left), ("STATE", left), ("", left)]);
        broker.row(match &self.broker {
            Ok(version) => [self.url.clone(), "up".to_owned(), format!("nats-server {version}")],
            Err(why) => [self.url.clone(), "DOWN".to_owned(), why.clone()],
        });
        let mut contexts = Table::new([
            ("CONTEXT", left),
            ("STATE", left),
            ("VERSION", left),
            ("UP FOR", right),
            ("JOURNAL", right),
            ("SHIPPED", right),
            ("PARKED", right),
            ("BEHIND", left),
        ]);
        for (context, answer) in &self.contexts {
            contexts.row(match answer {
                Ok(status) => context_row(status),
                Err(_) => down_row(*context),
            });
        }
        format!("{broker}\n{contexts}{}", self.remarks())
    }

    /// What is wrong, a sentence a line.
    fn remarks(&self) -> String {
        let mut remarks = String::new();
        for (context, answer) in &self.contexts {
            let sentences = match answer {
                Ok(status) => status.alert_messages.as_slice(),
                Err(why) => std::slice::from_ref(why),
            };
            for sentence in sentences {
                let _ = write!(remarks, "\n{context}: {}", crate::text::sanitize(sentence));
            }
        }
        if !remarks.is_empty() {
            remarks.push('\n');
        }
        remarks
    }
}

fn context_row(status: &ContextStatus) -> [String; 8] {
    // A projection records nothing of its own.
    let own = |number| status.context.stream().map_or_else(|| "-".to_owned(), |_| grouped(number));
    [
        status.context.to_string(),
        word(&status.phase),
        status.version.clone(),
        duration(status.uptime_ms),
        own(status.journal),
        own(status.published),
        grouped(status.parked),
        behind(status),
    ]
}

fn down_row(context: Context) -> [String; 8] {
    let mut cells = [const { String::new() }; 8];
    (cells[0], cells[1]) = (context.to_string(), "DOWN".to_owned());
    cells
}

/// How much of its own is not at the broker yet, and how far a context is behind each it receives;
/// those it has all told of are left out.
fn behind(status: &ContextStatus) -> String {
    let lag = |(source, receiving): (&Context, &SourceStatus)| match receiving.lag {
        Some(0) => None,
        Some(lag) => Some(format!("{source} {}", grouped(lag))),
        None => Some(format!("{source} ?")),
    };
    let own = Some(status.unpublished()).filter(|count| *count > 0 && status.context.stream().is_some());
    let own = own.map(|count| format!("{} not at the broker", grouped(count)));
    let lags: Vec<_> = own.into_iter().chain(status.positions.iter().filter_map(lag)).collect();
    if lags.is_empty() { "nothing".to_owned() } else { lags.join(", ") }
}

/// A time span in its two largest units.
fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) => format!("{minutes}m {:02}s", seconds % 60),
        (0, hours, minutes) => format!("{hours}h {minutes:02}m"),
        (days, hours, _) => format!("{days}d {hours:02}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::printed;
    use rental_bus::status::{Alert, Phase, alert};
    use std::collections::BTreeMap;

    fn status(context: Context) -> ContextStatus {
        let receiving = |lag: Option<u64>| SourceStatus { position: 5, last: lag.map(|lag| 5 + lag), lag };
        ContextStatus {
            context,
            version: "0.1.0".to_owned(),
            phase: Phase::Serving,
            uptime_ms: 3_725_000,
            journal: 12_017,
            published: 12_016,
            positions: BTreeMap::from([
                (Context::Inventory, receiving(Some(0))),
                (Context::Billing, receiving(Some(1200))),
                (Context::Logistics, receiving(None)),
            ]),
            parked: 1,
            commands: 2,
            handled: 3,
            handling: None,
            behind_ms: None,
            clock_ms: 0,
            alert_messages: vec!["the disk is nearly full\u{1b}[2J".to_owned()],
            alerts: Vec::new(),
        }
    }

    fn report() -> Report {
        let contexts = vec![
            (Context::Order, Ok(status(Context::Order))),
            (Context::Billing, Err("it is not running".to_owned())),
            (Context::Totalview, Ok(ContextStatus { positions: BTreeMap::new(), ..status(Context::Totalview) })),
        ];
        Report { url: "nats://127.0.0.1:4222".to_owned(), broker: Ok("2.12.1".to_owned()), contexts }
    }

    #[test]
    fn every_context_is_a_row_and_every_trouble_a_sentence() {
        insta::assert_snapshot!(report().to_text(), @"
        BROKER                 STATE
        nats://127.0.0.1:4222  up     nats-server 2.12.1

        CONTEXT    STATE    VERSION  UP FOR  JOURNAL  SHIPPED  PARKED  BEHIND
        order      serving  0.1.0    1h 02m   12,017   12,016       1  1 not at the broker, billing 1,200, logistics ?
        billing    DOWN
        totalview  serving  0.1.0    1h 02m        -        -       1  nothing

        order: the disk is nearly full�[2J
        billing: it is not running
        totalview: the disk is nearly full�[2J
        ");
    }

    #[test]
    fn one_that_does_not_answer_makes_exit_three_and_hides_no_other() {
        let (out, _) = printed(true, |output| assert_eq!(print(&report(), output).unwrap(), Exit::Silent));
        let json: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(json["contexts"][0]["isUp"], true);
        assert_eq!(json["contexts"][0]["journal"], 12_017);
        assert_eq!(json["contexts"][1], json!({ "context": "billing", "isUp": false, "why": "it is not running" }));
    }

    #[test]
    fn when_all_answer_it_is_done() {
        let mut report = report();
        report.contexts.retain(|(_, answer)| answer.is_ok());
        printed(false, |output| assert_eq!(print(&report, output).unwrap(), Exit::Done));
    }

    #[test]
    fn a_broker_that_keeps_events_from_the_others_makes_exit_three() {
        let mut report = report();
        report.contexts.retain(|(_, answer)| answer.is_ok());
        let Ok(status) = &mut report.contexts[0].1 else { panic!("it answers") };
        status.alerts.push(Alert { code: alert::BROKER_CANNOT_STORE.to_owned(), message: "full".to_owned() });
        printed(false, |output| assert_eq!(print(&report, output).unwrap(), Exit::Silent));
    }

    #[test]
    fn a_check_tells_the_worst_first_and_by_its_code() {
        let check = Status { check: true, behind_for: 60, nagios: false };
        let mut report = report();
        let (out, _) = printed(false, |output| assert_eq!(check.judge(&report, output).unwrap(), Exit::Checked(3)));
        assert_eq!(out.lines().next().unwrap(), "down: billing does not answer: it is not running");
        report.contexts.retain(|(_, answer)| answer.is_ok());
        let codes = |report: &Report, nagios: bool| {
            let check = Status { check: true, behind_for: 60, nagios };
            let mut exit = Exit::Done;
            printed(false, |output| exit = check.judge(report, output).unwrap());
            exit
        };
        assert_eq!((codes(&report, false), codes(&report, true)), (Exit::Checked(6), Exit::Checked(2)));
        for (_, status) in &mut report.contexts {
            if let Ok(status) = status {
                (status.parked, status.behind_ms) = (0, Some(61_000));
                status.alert_messages.clear();
            }
        }
        assert_eq!((codes(&report, false), codes(&report, true)), (Exit::Checked(7), Exit::Checked(1)));
        for (_, status) in &mut report.contexts {
            if let Ok(status) = status {
                status.behind_ms = Some(59_000);
            }
        }
        assert_eq!(codes(&report, false), Exit::Checked(0));
        report.broker = Err("no broker answers".to_owned());
        assert_eq!(codes(&report, false), Exit::Checked(3));
    }

    #[test]
    fn spans_are_told_in_two_units() {
        let shown: Vec<_> = [999, 59_000, 61_000, 3_725_000, 90_000_000].into_iter().map(duration).collect();
        assert_eq!(shown, ["0s", "59s", "1m 01s", "1h 02m", "1d 01h"]);
    }
}
