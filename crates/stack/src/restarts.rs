//! When a process that has ended is started again.

use std::time::Duration;

/// The exit code with which a worker says that starting it again does not help.
///
/// `EX_CONFIG` of `sysexits.h`: its data file is damaged, or newer than the
/// program, say. What is to be done stands in its log.
pub const HOPELESS: i32 = 78;

/// A process that lived this long had started well.
const WELL: Duration = Duration::from_mins(1);
/// How often in a row it may fail before it is given up.
const TRIES: u32 = 8;
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);
/// How long after it was given up it is tried once more: what was wrong may
/// have been mended by then, and nobody may think of typing `up`.
const ONCE_MORE: Duration = Duration::from_mins(10);

/// What is to be done about a process that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Again(Duration),
    /// Not before this long, and said aloud; none: not before somebody asks.
    GiveUp(Option<Duration>),
}

/// How often one process has failed in a row.
#[derive(Debug, Default)]
pub(crate) struct Restarts {
    failures: u32,
}

impl Restarts {
    /// It has ended after it `lived` so long. `dice` is between 0 and 1, and
    /// keeps those apart that fail together.
    pub(crate) fn after(&mut self, lived: Duration, is_hopeless: bool, dice: f64) -> Next {
        if is_hopeless {
            return Next::GiveUp(None);
        }
        if lived >= WELL {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        match self.failures {
            // Whoever dies for the first time is missed: at once.
            1 => Next::Again(Duration::ZERO),
            failures if failures <= TRIES => {
                let longest = FIRST.saturating_mul(1 << (failures - 2)).min(LONGEST);
                Next::Again(longest.mul_f64(0.5 + dice.clamp(0.0, 1.0) / 2.0))
            }
            _ => Next::GiveUp(Some(ONCE_MORE)),
        }
    }

    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// Somebody has asked for it: it begins anew.
    pub(crate) fn forget(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(1);

    #[test]
    fn the_first_death_is_healed_at_once_and_further_ones_ever_more_slowly() {
        let mut restarts = Restarts::default();
        let waits: Vec<Next> = (0..8).map(|_| restarts.after(SOON, false, 1.0)).collect();
        let ms = [0, 500, 1000, 2000, 4000, 8000, 16_000, 30_000];
        assert_eq!(waits, ms.map(|ms| Next::Again(Duration::from_millis(ms))));
        assert_eq!(restarts.after(SOON, false, 1.0), Next::GiveUp(Some(ONCE_MORE)));
        assert_eq!(restarts.after(SOON, false, 1.0), Next::GiveUp(Some(ONCE_MORE)), "once more, and again given up");
        restarts.forget();
        assert_eq!(restarts.after(SOON, false, 1.0), Next::Again(Duration::ZERO));
    }

    #[test]
    fn the_dice_at_most_halve_a_wait() {
        let mut restarts = Restarts { failures: 3 };
        assert_eq!(restarts.after(SOON, false, 0.0), Next::Again(Duration::from_secs(1)));
        let mut restarts = Restarts { failures: 3 };
        assert_eq!(restarts.after(SOON, false, 1.0), Next::Again(Duration::from_secs(2)));
    }

    #[test]
    fn who_lived_long_has_not_failed_before() {
        let mut restarts = Restarts { failures: 8 };
        assert_eq!(restarts.after(WELL, false, 0.5), Next::Again(Duration::ZERO));
    }

    #[test]
    fn where_starting_again_does_not_help_it_is_not_tried() {
        assert_eq!(Restarts::default().after(SOON, true, 0.5), Next::GiveUp(None));
    }
}
