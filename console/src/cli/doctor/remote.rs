//! The shop: broker, services, streams, clocks, and what waits.

use crate::cli::doctor::{Finding, Level};
use futures_util::future::join_all;
use rental_bus::Bus;
use rental_bus::health::{BEHIND_FOR, Condition, Verdict};
use rental_bus::status::ContextStatus;
use rental_model::Context;
use rental_model::wording::counted;
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How far two clocks may be apart before ages and times mislead people.
const CLOCKS_APART: Duration = Duration::from_secs(2);

pub(crate) async fn look(bus: &Bus, user: &str, timeout: Duration) -> Vec<Finding> {
    let says = format!("nats-server {} at {}, as user {user}", bus.broker_version(), bus.url());
    let mut findings = vec![Finding::ok("broker", says)];
    let asked = join_all(Context::ALL.map(|context| async move {
        let before = now();
        let status = bus.call::<ContextStatus>(context, "status", &json!({}), timeout).await;
        (context, before, status, now())
    }));
    for (context, before, status, after) in asked.await {
        match status {
            Ok(status) => {
                findings.extend(service(&status));
                findings.extend(clock(&status, before, after));
                findings.extend(consumers(bus, &status).await);
            }
            Err(error) => {
                let mend =
                    format!("start it (./scripts/up, or systemctl start rental-{context}); its log says why it ended");
                findings.push(Finding::new("services", Level::Silent, error.to_string(), mend));
            }
        }
        findings.extend(stream(bus, context).await);
    }
    findings
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn service(status: &ContextStatus) -> Vec<Finding> {
    let context = status.context;
    let condition = Condition::from(status);
    let health = Condition { alerts: &[], parked: 0, ..condition }.judge(BEHIND_FOR);
    let mut findings = vec![match health.verdict {
        Verdict::Well => Finding::ok("services", format!("{context} {} serves", status.version)),
        Verdict::Behind => {
            let mend = "look at its log, and whether its disk or the broker's is slow";
            Finding::new("services", Level::Problem, health.words, mend)
        }
        _ => Finding::new("services", Level::Problem, health.words, "wait; if it stays so, its log says why"),
    }];
    let alert = |alert: &String| {
        Finding::new("services", Level::Problem, format!("{context}: {alert}"), "do what it says; see OPERATIONS.md")
    };
    findings.extend(status.alert_messages.iter().map(alert));
    if status.parked > 0 {
        let says = format!("{context} could not handle {} {}", status.parked, counted(status.parked, "message"));
        let mend = "rental parked list, then retry or drop each";
        findings.push(Finding::new("services", Level::Problem, says, mend));
    }
    if status.version != env!("CARGO_PKG_VERSION") {
        let says = format!("{context} is version {}, this program {}", status.version, env!("CARGO_PKG_VERSION"));
        findings.push(Finding::new("services", Level::Warning, says, "install the same version everywhere"));
    }
    findings
}

/// How far the worker's clock is outside of the time in which it was asked.
fn clock(status: &ContextStatus, before: u64, after: u64) -> Option<Finding> {
    let clock = status.clock_ms;
    let apart = Duration::from_millis(before.saturating_sub(clock).max(clock.saturating_sub(after)));
    let mend = "set both by NTP (timedatectl set-ntp true): ages and times on the screen depend on it";
    let says = || format!("the clock of {} is {:.1} s away from this machine's", status.context, apart.as_secs_f64());
    (clock > 0 && apart > CLOCKS_APART).then(|| Finding::new("clock", Level::Problem, says(), mend))
}

async fn consumers(bus: &Bus, status: &ContextStatus) -> Vec<Finding> {
    let listener = status.context;
    let mut findings = Vec::new();
    for &source in status.positions.keys() {
        if matches!(bus.has_consumer(source, listener).await, Ok(false)) {
            let says = format!("{listener} has no consumer in stream {}", source.stream().unwrap_or_default());
            let mend = format!("it makes it again by itself; if this stays so, start {listener} again");
            findings.push(Finding::new("streams", Level::Warning, says, mend));
        }
    }
    findings
}

async fn stream(bus: &Bus, context: Context) -> Vec<Finding> {
    let Some(name) = context.stream() else { return Vec::new() };
    match bus.drift(context).await {
        Ok(drifts) if drifts.is_empty() => vec![Finding::ok("streams", format!("{name} is set as it must be"))],
        Ok(drifts) => {
            let told = |drift: rental_bus::drift::Drift| {
                let rental_bus::drift::Drift { setting, expected, found } = drift;
                let says = format!("stream {name}: {setting} is {found}, and must be {expected}");
                let mend = format!("start {context} again: it sets its stream right");
                Finding::new("streams", Level::Problem, says, mend)
            };
            drifts.into_iter().map(told).collect()
        }
        Err(error) => {
            let mend =
                format!("see whether {context} runs and the broker's disk has room: the worker makes its stream");
            vec![Finding::new("streams", Level::Silent, format!("stream {name}: {error}"), mend)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rental_bus::status::Phase;
    use std::collections::BTreeMap;

    fn status() -> ContextStatus {
        ContextStatus {
            context: Context::Order,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            phase: Phase::Serving,
            uptime_ms: 1,
            journal: 1,
            published: 1,
            positions: BTreeMap::new(),
            parked: 0,
            commands: 0,
            handled: 0,
            handling: None,
            behind_ms: None,
            clock_ms: 1_000_000,
            alert_messages: Vec::new(),
            alerts: Vec::new(),
        }
    }

    fn levels(findings: &[Finding]) -> Vec<Level> {
        findings.iter().map(|finding| finding.level).collect()
    }

    #[test]
    fn a_clock_is_only_wrong_outside_of_the_time_it_took_to_ask() {
        assert_eq!(clock(&status(), 999_000, 1_001_000), None);
        assert_eq!(clock(&status(), 1_001_900, 1_001_950), None);
        let behind = clock(&status(), 1_063_000, 1_063_010).unwrap();
        assert!(behind.says.contains("63.0 s"), "{behind:?}");
        assert!(clock(&status(), 900_000, 900_010).unwrap().says.contains("100.0 s"));
        assert_eq!(clock(&ContextStatus { clock_ms: 0, ..status() }, 1, 2), None, "an older version does not tell");
    }

    #[test]
    fn each_thing_that_is_wrong_with_a_service_is_a_finding_of_its_own() {
        assert_eq!(levels(&service(&status())), [Level::Ok]);
        let troubled = ContextStatus { parked: 2, alert_messages: vec!["a hole".to_owned()], ..status() };
        assert_eq!(levels(&service(&troubled)), [Level::Ok, Level::Problem, Level::Problem]);
        let behind = ContextStatus { behind_ms: Some(61_000), ..status() };
        assert_eq!(levels(&service(&behind)), [Level::Problem]);
        assert!(service(&troubled).iter().all(|finding| finding.level == Level::Ok || !finding.mend.is_empty()));
    }
}
