//! A whole shop under load and under faults, and then its audit.
//!
//! Customers (`load.rs`) rent, cancel and end all the time; every 0.3 to 2 s
//! something breaks (`faults.rs`; `cluster.rs` for a shop with three brokers). At the end everything must be at rest, the
//! audit must find nothing, and every answer a customer holds must stand in
//! the ledger, under the number it named.

mod cluster;
mod dice;
mod faults;
mod load;
mod outcome;
mod wire;

pub use dice::Dice;
pub use faults::Fault;
pub use outcome::Outcome;

use crate::{Shop, eventually_within};
use anyhow::Context as _;
use faults::Mischief;
use load::{Answer, LANES, Till, locked};
use rental_audit::{AuditSettings, Finding, Report};
use rental_model::{Context, Kind};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long the shop may take to come to rest behind the last fault.
const REST_WITHIN: Duration = Duration::from_mins(2);

/// Runs a shop through chaos for `lasts`. `say` is told how it goes.
pub async fn run(shop: &mut Shop, seed: u64, lasts: Duration, say: &mut dyn FnMut(&str)) -> anyhow::Result<Outcome> {
    stock_up(shop).await?;
    let mut dice = Dice::new(seed);
    let mut mischief = Mischief::new(dice.child());
    if shop.stack.brokers() == 1 {
        mischief.lay_wires(shop).await?;
    }
    let till = Arc::new(Till::default());
    let mut customers = tokio::task::JoinSet::new();
    for lane in 0..LANES {
        let (desk, till, dice) = (shop.desk.clone(), till.clone(), dice.child());
        customers.spawn(async move { load::customer(desk, &till, lane, dice).await });
    }
    let (faults, ended, regathered) = torment(shop, &till, &mut mischief, lasts, say).await?;
    mischief.take_wires(shop).await?;
    till.is_closing.store(true, Ordering::Relaxed);
    say("closing: every customer gets an answer, every order comes to rest");
    let closing = tokio::time::timeout(REST_WITHIN, async { while customers.join_next().await.is_some() {} });
    let mut findings: Vec<Finding> = ended;
    if closing.await.is_err() {
        findings
            .push(Finding::Broken { asked: "a customer's last request".to_owned(), lost: "not in time".to_owned() });
    }
    let rested = rest(shop).await;
    let report = check(shop).await.context("the audit could not be finished")?;
    if let Err(why) = rested {
        findings.push(Finding::Broken { asked: "every request".to_owned(), lost: format!("{why:#}") });
    }
    findings.extend(report.judgement.findings.iter().cloned());
    let answers = locked(&till.answers).clone();
    findings.extend(broken(&answers, &report));
    let recoveries = locked(&till.recoveries).clone();
    let accepted = till.accepted.load(Ordering::Relaxed);
    let kinds = if shop.stack.brokers() > 1 { &Fault::OF_CLUSTER[..] } else { &Fault::OF_ONE };
    let answers = answers.len() as u64;
    Ok(Outcome { seed, lasts, accepted, answers, kinds, faults, recoveries, regathered, report, findings })
}

/// Enough of two products for the whole time; the third runs out.
async fn stock_up(shop: &Shop) -> anyhow::Result<()> {
    for product in [1, 2] {
        let body = json!({ "productId": product, "delta": 1_000_000, "reason": "chaos" });
        shop.call(Context::Inventory, "adjust", &body).await?;
    }
    Ok(())
}

type Struck = (BTreeMap<Fault, u64>, Vec<Finding>, Vec<Duration>);

async fn torment(
    shop: &mut Shop,
    till: &Till,
    mischief: &mut Mischief,
    lasts: Duration,
    say: &mut dyn FnMut(&str),
) -> anyhow::Result<Struck> {
    let begun = Instant::now();
    let mut faults = BTreeMap::new();
    let mut ended = Vec::new();
    let mut regathered = Vec::new();
    let is_cluster = shop.stack.brokers() > 1;
    while begun.elapsed() < lasts || (is_cluster && !mischief.has_dealt_all()) {
        faults::last(mischief.dice.ms(300..2000)).await;
        ended.extend(revive(shop).await?);
        let fault = mischief.strike(shop).await?;
        till.note_healed();
        *faults.entry(fault).or_default() += 1;
        let accepted = till.accepted.load(Ordering::Relaxed);
        say(&format!("{:>3} s, {accepted} rentals, {}", begun.elapsed().as_secs(), fault.words()));
        if is_cluster {
            regathered.extend(mischief.let_recover(shop).await?);
        }
    }
    ended.extend(revive(shop).await?);
    Ok((faults, ended, regathered))
}

/// Starts again whatever ended by itself, as a supervisor would. What it said is a finding.
async fn revive(shop: &mut Shop) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for by in Context::ALL {
        if !shop.worker(by).is_running() {
            let what = format!("(ended by itself) {}", shop.worker(by).log_end(1));
            findings.push(Finding::Alert { by, what });
            shop.worker(by).restart().await?;
        }
    }
    for broker in 0..shop.stack.brokers() {
        if !shop.stack.member(broker).is_running() {
            shop.stack.member(broker).restart().await?;
        }
    }
    Ok(findings)
}

/// Waits until everybody serves, nobody lags, and no order moves.
async fn rest(shop: &mut Shop) -> anyhow::Result<()> {
    eventually_within(REST_WITHIN, "everybody serves", async || {
        revive(shop).await.ok()?;
        shop.settle().await.ok()
    })
    .await?;
    eventually_within(REST_WITHIN, "every order is at rest", async || {
        shop.until_quiet().await.ok()?;
        let report = check(shop).await.ok()?;
        let is_late = |finding: &Finding| matches!(finding, Finding::Stuck { .. } | Finding::NotReceived { .. });
        (!report.judgement.findings.iter().any(is_late)).then_some(())
    })
    .await
}

/// The audit, for which everything must be at rest now.
async fn check(shop: &Shop) -> anyhow::Result<Report> {
    let settings = AuditSettings { stuck_after: Duration::ZERO, timeout: Duration::from_secs(5) };
    Ok(rental_audit::run(&shop.desk, settings, &mut |_, _| {}).await?)
}

/// Answers that do not stand in the ledger, and events nobody was promised.
fn broken(answers: &[Answer], report: &Report) -> Vec<Finding> {
    let mut told: BTreeMap<_, Vec<&Answer>> = BTreeMap::new();
    for answer in answers {
        told.entry((answer.order, answer.kind)).or_default().push(answer);
    }
    let mut findings = Vec::new();
    for ((order, kind), answers) in &told {
        let recorded = report.ledger.number(*order, *kind);
        let promised = answers.iter().find_map(|answer| answer.told.ok());
        if recorded != promised {
            let asked = format!("{kind} of order {order}");
            let lost = format!("the customer was told event {promised:?}, recorded is {recorded:?}");
            findings.push(Finding::Broken { asked, lost });
        }
    }
    for order in report.ledger.orders() {
        for kind in [Kind::RentalRequested, Kind::RentalCancelled, Kind::RentalEnded] {
            if report.ledger.number(order, kind).is_some() && !told.contains_key(&(order, kind)) {
                let asked = format!("nothing about {kind} of order {order}");
                findings.push(Finding::Broken { asked, lost: "it was recorded".to_owned() });
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use rental_model::{Event, OrderId, RecordedEvent, UnixMs, Won};

    fn order() -> OrderId {
        OrderId::new(7).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Ledger with the end of order 7, as event 3.
    fn report() -> Report {
        let product = rental_model::ProductId::new(1).unwrap_or_else(|why| panic!("{why}"));
        let event = Event::RentalEnded { order: order(), product };
        let mut report = Report::default();
        let (source, at) = (Context::Order, UnixMs(1));
        report.ledger.enter(&RecordedEvent { source, number: 3, at, cause: None, actor: None, event });
        let event = Event::FeeReceived { order: order(), amount: Won::ZERO, by_hand: None };
        report.ledger.enter(&RecordedEvent {
            source: Context::Billing,
            number: 1,
            at,
            cause: None,
            actor: None,
            event,
        });
        report
    }

    fn said(told: &[Result<u64, u16>]) -> usize {
        let answer = |&told| Answer { order: order(), kind: Kind::RentalEnded, told };
        broken(&told.iter().map(answer).collect::<Vec<_>>(), &report()).len()
    }

    #[test]
    fn an_answer_must_stand_in_the_books_under_its_number() {
        assert_eq!(said(&[Err(409), Ok(3)]), 0, "refused first, recorded later");
        assert_eq!(said(&[Ok(4)]), 1, "another number");
        assert_eq!(said(&[Err(409)]), 1, "refused, and recorded all the same");
        assert_eq!(said(&[]), 1, "recorded, and nobody asked");
    }
}
