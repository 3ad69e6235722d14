//! What chaos came to, as a table.

use super::faults::Fault;
use rental_audit::{Finding, Report};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What became of a shop under faults.
#[derive(Debug)]
pub struct Outcome {
    pub seed: u64,
    pub lasts: Duration,
    /// Rentals taken.
    pub accepted: u64,
    /// Answers that customers hold.
    pub answers: u64,
    /// What can befall such a shop.
    pub kinds: &'static [Fault],
    pub faults: BTreeMap<Fault, u64>,
    /// From each healed fault to the next rental taken.
    pub recoveries: Vec<Duration>,
    /// Of a cluster: from a healed fault until all streams had taken everything in again.
    pub regathered: Vec<Duration>,
    pub report: Report,
    pub findings: Vec<Finding>,
}

impl Outcome {
    fn count(&self, is_one: impl Fn(&Finding) -> bool) -> usize {
        self.findings.iter().filter(|finding| is_one(finding)).count()
    }

    /// The last line: what was promised, and how much of it was broken.
    pub fn verdict(&self) -> String {
        let lost =
            self.count(|f| matches!(f, Finding::Broken { .. } | Finding::Missing { .. } | Finding::Hidden { .. }));
        let doubled = self.count(|f| matches!(f, Finding::Twice { .. }));
        let stuck = self.count(|f| matches!(f, Finding::Stuck { .. } | Finding::NotReceived { .. }));
        match self.findings.len() - lost - doubled - stuck {
            0 => format!("lost {lost}, doubled {doubled}, stuck {stuck}, stock and money balance"),
            others => format!("lost {lost}, doubled {doubled}, stuck {stuck}, {others} other findings"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "FINDING: {finding}")?;
        }
        let judgement = &self.report.judgement;
        let events = self.report.events.values().fold(0_u64, |sum, events| sum.saturating_add(*events));
        writeln!(f, "seed {}, {} s", self.seed, self.lasts.as_secs())?;
        writeln!(f, "{:<22}{:>8}", "rentals accepted", self.accepted)?;
        writeln!(f, "{:<22}{:>8}", "answers given", self.answers)?;
        writeln!(f, "{:<22}{:>8}", "events recorded", events)?;
        writeln!(f, "{:<22}{:>8}", "won charged", judgement.charged_won)?;
        writeln!(f, "{:<22}{:>8}", "won refunded", judgement.refunded_won)?;
        for fault in self.kinds {
            writeln!(f, "{:<22}{:>8}", fault.words(), self.faults.get(fault).copied().unwrap_or(0))?;
        }
        row(f, "recovery", &self.recoveries)?;
        if !self.regathered.is_empty() {
            row(f, "streams whole again", &self.regathered)?;
        }
        write!(f, "{}", self.verdict())
    }
}

fn row(f: &mut fmt::Formatter<'_>, what: &str, durations: &[Duration]) -> fmt::Result {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let ms = |duration: Option<&Duration>| duration.map_or(0, Duration::as_millis);
    let (middle, longest) = (ms(sorted.get(sorted.len() / 2)), ms(sorted.last()));
    writeln!(f, "{what:<22}{middle:>5} ms p50, {longest} ms max ({} times)", sorted.len())
}
