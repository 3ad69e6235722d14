//! How a context is, in one word and one sentence: the same for `rental status
//! --check`, `rental-worker health`, the probes and the doctor.

use crate::status::{ContextStatus, Phase};
use rental_model::Context;
use std::time::Duration;

/// How long a context may be behind before that is said, unless somebody asks for another time.
pub const BEHIND_FOR: Duration = Duration::from_mins(1);

/// The exit codes of every check, for `--help` and the manual.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  well
  2  misused: wrong arguments, or a set-up that cannot work
  3  down: does not answer, does not serve, or has no broker
  6  alert: it says that something is wrong, or has parked messages; a person is needed
  7  behind: an event has waited to be published or received for longer than --behind-for";

/// What a check comes to; a later one is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Well,
    Behind,
    Alert,
    Down,
}

impl Verdict {
    pub const ALL: [Self; 4] = [Self::Well, Self::Behind, Self::Alert, Self::Down];

    pub fn word(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Behind => "behind",
            Self::Alert => "alert",
            Self::Down => "down",
        }
    }

    pub fn exit_code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Down => 3,
            Self::Alert => 6,
            Self::Behind => 7,
        }
    }

    /// The code a check for Nagios and its like ends with: OK, WARNING, CRITICAL.
    pub fn nagios_code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Behind => 1,
            Self::Alert | Self::Down => 2,
        }
    }
}

/// A verdict, and what there is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    pub verdict: Verdict,
    pub words: String,
}

impl Health {
    pub fn new(verdict: Verdict, words: impl Into<String>) -> Self {
        Self { verdict, words: words.into() }
    }

    /// Reads what [`Display`](std::fmt::Display) wrote.
    pub fn parse(line: &str) -> Option<Self> {
        let (word, words) = line.trim_end().split_once(": ")?;
        let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.word() == word)?;
        Some(Self::new(verdict, words))
    }
}

impl std::fmt::Display for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.verdict.word(), self.words)
    }
}

/// What is judged of a context.
#[derive(Debug, Clone, Copy)]
pub struct Condition<'a> {
    pub context: Context,
    pub phase: Phase,
    pub alerts: &'a [String],
    pub parked: u64,
    /// For how long the oldest event it has not published or received has been waiting.
    pub behind: Option<Duration>,
}

impl<'a> From<&'a ContextStatus> for Condition<'a> {
    fn from(status: &'a ContextStatus) -> Self {
        Self {
            context: status.context,
            phase: status.phase,
            alerts: &status.alert_messages,
            parked: status.parked,
            behind: status.behind_ms.map(Duration::from_millis),
        }
    }
}

impl Condition<'_> {
    /// Whether it is down, in trouble, or behind for longer than `behind_for`: the worst of them.
    pub fn judge(&self, behind_for: Duration) -> Health {
        let context = self.context;
        if self.phase != Phase::Serving {
            return Health::new(Verdict::Down, format!("{context} {}", phase_words(self.phase)));
        }
        if let Some(words) = self.alert() {
            return Health::new(Verdict::Alert, words);
        }
        self.serves(behind_for)
    }

    /// The same for whoever only wants to know whether it does its work: alerts are for people.
    pub fn serves(&self, behind_for: Duration) -> Health {
        let context = self.context;
        match self.behind {
            _ if self.phase != Phase::Serving => {
                Health::new(Verdict::Down, format!("{context} {}", phase_words(self.phase)))
            }
            Some(behind) if behind > behind_for => {
                Health::new(Verdict::Behind, format!("{context} is behind for {} s", behind.as_secs()))
            }
            _ => Health::new(Verdict::Well, format!("{context} serves")),
        }
    }

    fn alert(&self) -> Option<String> {
        let context = self.context;
        let parked = match self.parked {
            0 => None,
            parked => Some(format!("{parked} parked (rental parked list)")),
        };
        let first = self.alerts.first().cloned().or_else(|| parked.clone())?;
        let others = self.alerts.len() + usize::from(parked.is_some()) - 1;
        let more = if others == 0 { String::new() } else { format!(" (and {others} more)") };
        Some(format!("{context}: {first}{more}"))
    }
}

fn phase_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Starting => "is starting: it compares its journal with its stream",
        Phase::CatchingUp => "is reading its events back from its stream",
        Phase::Rebuilding => "is being rebuilt from the streams",
        Phase::Stopping => "is stopping",
        Phase::Serving => "serves",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Condition<'_> =
        Condition { context: Context::Order, phase: Phase::Serving, alerts: &[], parked: 0, behind: None };

    #[test]
    fn the_worst_is_said_first() {
        let alerts = ["a hole".to_owned()];
        let behind = Some(Duration::from_secs(61));
        let judged = |condition: Condition<'_>| condition.judge(BEHIND_FOR).verdict;
        assert_eq!(judged(WELL), Verdict::Well);
        assert_eq!(judged(Condition { behind: Some(Duration::from_mins(1)), ..WELL }), Verdict::Well);
        assert_eq!(judged(Condition { behind, ..WELL }), Verdict::Behind);
        assert_eq!(judged(Condition { behind, parked: 1, ..WELL }), Verdict::Alert);
        assert_eq!(judged(Condition { behind, alerts: &alerts, ..WELL }), Verdict::Alert);
        assert_eq!(judged(Condition { phase: Phase::Rebuilding, alerts: &alerts, ..WELL }), Verdict::Down);
        assert_eq!(Condition { alerts: &alerts, ..WELL }.serves(BEHIND_FOR).verdict, Verdict::Well);
    }

    #[test]
    fn several_alerts_are_counted() {
        let alerts = ["a hole".to_owned(), "a fork".to_owned()];
        let health = Condition { alerts: &alerts, parked: 3, ..WELL }.judge(BEHIND_FOR);
        assert_eq!(health.to_string(), "alert: order: a hole (and 2 more)");
        assert_eq!(Health::parse(&health.to_string()), Some(health));
    }

    #[test]
    fn every_exit_code_is_in_the_help() {
        for verdict in Verdict::ALL {
            let line = format!("\n  {}  {}", verdict.exit_code(), verdict.word());
            assert!(EXIT_CODES.contains(&line), "{line}");
        }
    }
}
