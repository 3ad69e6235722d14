//! Whether the engine turns.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long one step may take. A commit waits for the disk; one that waits this long will not come back.
const STUCK_AFTER: Duration = Duration::from_secs(30);

/// What the engine's thread is at. Resting, and waiting until what it did is
/// handed on, are no standstill: the first ends with the next input, the second
/// goes at the broker's pace, and no restart makes that faster.
#[derive(Debug, Default)]
pub(crate) struct Pulse(Mutex<Option<Instant>>);

impl Pulse {
    /// A step begins.
    pub(crate) fn steps(&self) {
        self.set(Some(Instant::now()));
    }

    /// The step is done.
    pub(crate) fn rests(&self) {
        self.set(None);
    }

    fn set(&self, since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// For how long the engine has been stuck in one step; none if it turns.
    pub(crate) fn stuck(&self, now: Instant) -> Option<Duration> {
        let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.map(|since| now.saturating_duration_since(since)).filter(|duration| *duration > STUCK_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_step_that_does_not_end_is_a_standstill() {
        let pulse = Pulse::default();
        let later = || Instant::now() + STUCK_AFTER + Duration::from_secs(1);
        assert_eq!(pulse.stuck(later()), None);
        pulse.steps();
        assert_eq!(pulse.stuck(Instant::now()), None);
        assert!(pulse.stuck(later()).is_some());
        pulse.rests();
        assert_eq!(pulse.stuck(later()), None);
    }
}
