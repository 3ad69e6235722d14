//! When to try again: one policy for everything that asks the broker until it answers.

use std::time::Duration;

/// The first pause. Short: most of what fails once is there again at once.
const FIRST: Duration = Duration::from_millis(100);
/// The longest pause. Whatever comes back is used again within this time.
const LONGEST: Duration = Duration::from_secs(5);

/// Longer and longer pauses, each up to half shorter or longer by chance: many
/// who lost the same thing at the same moment do not all come back in one.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Counts a failure; how long to wait before the next attempt.
    pub fn failed(&mut self) -> Duration {
        let pause = pause(self.failures);
        self.failures = self.failures.saturating_add(1);
        pause
    }

    /// Counts a failure, and waits before the next attempt.
    pub async fn pause(&mut self) {
        tokio::time::sleep(self.failed()).await;
    }

    /// How long to wait before the next attempt after the failures so far.
    pub fn again(&self) -> Duration {
        pause(self.failures.saturating_sub(1))
    }

    /// It worked: the next failure is a first one.
    pub fn worked(&mut self) {
        self.failures = 0;
    }

    pub fn failures(&self) -> u32 {
        self.failures
    }
}

/// How long to wait after this many failures before.
pub(crate) fn pause(failures: u32) -> Duration {
    let mean = FIRST.saturating_mul(1 << failures.min(10)).min(LONGEST);
    mean.mul_f64(0.5 + fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_differ_by_chance() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..20).map(|_| backoff.failed()).collect();
        assert!(pauses[0] >= FIRST / 2 && pauses[0] <= FIRST * 3 / 2, "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= LONGEST * 3 / 2), "{pauses:?}");
        assert!(pauses[10..].iter().all(|pause| *pause >= LONGEST / 2), "{pauses:?}");
        assert!(pauses[10..].windows(2).any(|two| two[0] != two[1]), "{pauses:?}");
        backoff.worked();
        assert!(backoff.failed() <= FIRST * 3 / 2);
    }
}
