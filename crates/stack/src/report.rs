//! What the supervisor says about the processes it looks after.

use crate::home::Home;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `pids/supervisor.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The number of the supervisor that says it.
    pub supervisor: u32,
    /// Where the broker is reached.
    pub address: String,
    pub processes: BTreeMap<String, Care>,
    /// How often it was asked to try again what it has given up.
    pub tries: u64,
}

/// How it stands with one process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Care {
    pub state: State,
    /// How often it was started again since the supervisor began.
    pub restarts: u32,
    /// How often in a row it has failed.
    pub failures: u32,
    /// When and why it was last started again, or failed; empty if never.
    pub last: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Not started yet.
    #[default]
    Starting,
    Running,
    /// It has ended, and will be started again soon.
    Waiting,
    /// It fails each time; it is tried again once in a while.
    GivenUp,
    /// Starting it again does not help: somebody must do something first.
    Hopeless,
}

impl State {
    /// Whether nobody need wait for it.
    pub fn is_over(self) -> bool {
        matches!(self, Self::GivenUp | Self::Hopeless)
    }
}

impl std::fmt::Display for Care {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = match self.state {
            State::Starting => "starting".to_owned(),
            State::Running if self.restarts == 0 => return Ok(()),
            State::Running => format!("restarted {}, last", times(self.restarts)),
            State::Waiting => format!("failed {}, is started again soon", times(self.failures)),
            State::GivenUp => {
                format!(
                    "GIVEN UP after it failed {}; tried once more every ten minutes, or now by `up`",
                    times(self.failures)
                )
            }
            State::Hopeless => "STAYS DOWN: starting it again does not help; mend it, then `up`".to_owned(),
        };
        f.write_str(&state)?;
        if self.last.is_empty() { Ok(()) } else { write!(f, ": {}", self.last) }
    }
}

fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}

impl Report {
    /// What the supervisor with this number says; nothing if another one said it.
    pub fn of(home: &Home, supervisor: u32) -> Option<Self> {
        let text = std::fs::read(home.report()).ok()?;
        serde_json::from_slice(&text).ok().filter(|report: &Self| report.supervisor == supervisor)
    }

    /// It was asked to try again: what stood here of failures holds no longer.
    pub(crate) fn try_again(&mut self) {
        self.tries += 1;
        for care in self.processes.values_mut().filter(|care| care.state != State::Running) {
            *care = Care { state: State::Starting, failures: 0, ..care.clone() };
        }
    }

    /// Puts it where `status` and `up` find it.
    pub(crate) fn write(&self, home: &Home) -> std::io::Result<()> {
        let draft = home.report().with_extension("new");
        std::fs::write(&draft, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(draft, home.report())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_believed_from_the_supervisor_that_wrote_it_only() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path()).unwrap();
        home.prepare().unwrap();
        assert_eq!(Report::of(&home, 7), None);
        let report = Report { supervisor: 7, ..Report::default() };
        report.write(&home).unwrap();
        assert_eq!(Report::of(&home, 7), Some(report));
        assert_eq!(Report::of(&home, 8), None);
    }

    #[test]
    fn what_goes_well_has_nothing_to_say_and_what_does_not_says_why() {
        let care = |state, restarts, failures| Care { state, restarts, failures, last: "ended".to_owned() }.to_string();
        assert_eq!(care(State::Running, 0, 0), "");
        assert_eq!(care(State::Running, 3, 0), "restarted 3 times, last: ended");
        assert_eq!(care(State::Waiting, 0, 2), "failed twice, is started again soon: ended");
        assert!(care(State::GivenUp, 0, 9).starts_with("GIVEN UP after it failed 9 times"));
        assert!(care(State::Hopeless, 0, 1).starts_with("STAYS DOWN"));
    }
}
