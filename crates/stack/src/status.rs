//! `rental-stack status`.

use crate::say;
use anyhow::{Context as _, bail};
use rental_bus::status::{ContextStatus, Phase};
use rental_model::Context;
use rental_model::wording::counted;
use rental_stack::{Care, Found, Home, Report, SUPERVISOR};

/// Says which processes run and how the workers are; fails unless all serve.
pub(crate) async fn show(home: &Home) -> anyhow::Result<()> {
    let found = rental_stack::processes(home);
    let process = |name: &str| found.iter().find(|process| process.name == name);
    let report = process(SUPERVISOR).and_then(|supervisor| Report::of(home, supervisor.identity.pid));
    say::line(&format!("{SUPERVISOR:<10} {}", supervisor(process(SUPERVISOR))));
    for name in rental_stack::names() {
        let care = report.as_ref().and_then(|report| report.processes.get(name)).map(Care::to_string);
        say::line(&format!("{name:<10} {}", state(process(name), &care.unwrap_or_default())));
    }
    // A supervisor that can write nothing cannot say either why something does not run.
    if let Some(full) = rental_stack::full_disk(home) {
        say::line(&format!("{:<10} {full}", "disk"));
    }
    let Some(broker) = process("broker") else { bail!("the broker is not running; ./scripts/up") };
    let bus = rental_stack::staff(home, &broker.address).await.context("how the workers are cannot be asked")?;
    let mut all_serve = true;
    for (context, answer) in rental_stack::serving(&bus).await {
        all_serve &= answer.as_ref().is_ok_and(|status| status.phase == Phase::Serving);
        let runs = process(context.name()).is_some();
        let silent = |why| if runs { silence(home, context) } else { format!("{context:<10} {why}") };
        say::line(&answer.map_or_else(silent, |status| how(context, &status)));
    }
    if all_serve { Ok(()) } else { bail!("not all five workers serve") }
}

fn supervisor(process: Option<&Found>) -> String {
    match process {
        Some(process) => format!("process {}", process.identity.pid),
        None => "not running: what ends is not started again; ./scripts/up".to_owned(),
    }
}

fn state(process: Option<&Found>, care: &str) -> String {
    let state = match process {
        Some(process) => format!("process {:<8} {}", process.identity.pid, process.address),
        None => "not running".to_owned(),
    };
    if care.is_empty() { state } else { format!("{state}; {care}") }
}

/// Of a worker that runs; the broker's word would be that it does not.
fn silence(home: &Home, context: Context) -> String {
    let log = home.log(context.name());
    format!(
        "{context:<10} runs and does not answer: it starts, waits for the broker or another worker of it, or hangs; see {}",
        log.display()
    )
}

fn how(context: Context, status: &ContextStatus) -> String {
    let lag: u64 = status.positions.values().filter_map(|receiving| receiving.lag).sum();
    let alert_messages =
        [String::new()].into_iter().chain(status.alert_messages.iter().cloned()).collect::<Vec<_>>().join("; ");
    let phase = rental_stack::phase(status.phase);
    format!(
        "{context:<10} {phase}, {} {} recorded, {} published, {lag} behind, {} parked{alert_messages}",
        status.journal,
        counted(status.journal, "event"),
        status.published,
        status.parked
    )
}
