//! What is to be done at a later time, and when.
//!
//! The core has no timers: it notes an timer here, the loop sleeps until the
//! earliest one, and the next clock message finds it due. An timer stands at
//! most once.

use rental_model::UnixMs;
use std::collections::BTreeMap;

/// Something to do later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Ask the broker and totalview for a sign of life.
    Beat,
    /// Ask totalview for the first picture again.
    LoadFirst,
    /// Fetch the rows that began late.
    FetchLate,
    /// Fetch the history of the order in the preview.
    Preview,
    /// Ask for the stock of the product in the form.
    CheckStock,
    /// Ask for the product list again.
    ListProducts,
    /// Ask the services an opened order waits for how they are.
    AskAwaited,
    /// Ask all workers how they are.
    AskWorkers,
    /// Ask the journals of those who have something new.
    ReadJournal,
    /// Apply a filter with an age in it again.
    Refilter,
    /// Ask totalview for the list.
    AskListing,
    /// Draw again: something on the screen has a time in it.
    Redraw,
    /// The last proof that the picture is fresh runs out.
    ProofEnds,
    /// Take the notice away.
    ClearNotice,
}

/// The timers, each with its time.
#[derive(Debug, Default)]
pub(crate) struct Timers(BTreeMap<Timer, UnixMs>);

impl Timers {
    /// Puts `timer` at `at`, or leaves it where it is if that is earlier.
    pub(crate) fn no_later_than(&mut self, timer: Timer, at: UnixMs) {
        let known = self.0.entry(timer).or_insert(at);
        *known = (*known).min(at);
    }

    /// Puts `timer` at `at`, wherever it was.
    pub(crate) fn set(&mut self, timer: Timer, at: UnixMs) {
        self.0.insert(timer, at);
    }

    /// Puts `timer` at `at` if it stands later than that; one that does not stand is not begun.
    pub(crate) fn hasten(&mut self, timer: Timer, at: UnixMs) {
        if let Some(known) = self.0.get_mut(&timer) {
            *known = (*known).min(at);
        }
    }

    pub(crate) fn drop(&mut self, timer: Timer) {
        self.0.remove(&timer);
    }

    /// When the next timer is due.
    pub(crate) fn next(&self) -> Option<UnixMs> {
        self.0.values().min().copied()
    }

    /// Takes what is due at `now`.
    pub(crate) fn due(&mut self, now: UnixMs) -> Vec<Timer> {
        let due: Vec<_> = self.0.iter().filter(|(_, at)| **at <= now).map(|(timer, _)| *timer).collect();
        for timer in &due {
            self.0.remove(timer);
        }
        due
    }
}

/// `ms` after `now`.
pub(crate) const fn after(now: UnixMs, ms: u64) -> UnixMs {
    UnixMs(now.0.saturating_add(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errand_is_done_once_and_never_later_than_asked_for() {
        let mut timers = Timers::default();
        timers.no_later_than(Timer::Redraw, UnixMs(50));
        timers.no_later_than(Timer::Redraw, UnixMs(90));
        timers.no_later_than(Timer::FetchLate, UnixMs(95));
        timers.hasten(Timer::FetchLate, UnixMs(60));
        timers.hasten(Timer::FetchLate, UnixMs(80));
        timers.hasten(Timer::Refilter, UnixMs(1));
        timers.set(Timer::Beat, UnixMs(10));
        timers.set(Timer::Beat, UnixMs(70));
        assert_eq!(timers.next(), Some(UnixMs(50)));
        assert_eq!(timers.due(UnixMs(60)), [Timer::FetchLate, Timer::Redraw]);
        assert_eq!(timers.due(UnixMs(60)), []);
        assert_eq!(timers.next(), Some(UnixMs(70)));
    }
}
