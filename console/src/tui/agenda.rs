//! What is to be done at a later time, and when.
//!
//! The core has no timers: it notes an errand here, the loop sleeps until the
//! earliest one, and the next clock message finds it due. An errand stands at
//! most once.

use rental_model::UnixMs;
use std::collections::BTreeMap;

/// Something to do later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Errand {
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

/// The errands, each with its time.
#[derive(Debug, Default)]
pub(crate) struct Agenda(BTreeMap<Errand, UnixMs>);

impl Agenda {
    /// Puts `errand` at `at`, or leaves it where it is if that is earlier.
    pub(crate) fn no_later_than(&mut self, errand: Errand, at: UnixMs) {
        let known = self.0.entry(errand).or_insert(at);
        *known = (*known).min(at);
    }

    /// Puts `errand` at `at`, wherever it was.
    pub(crate) fn set(&mut self, errand: Errand, at: UnixMs) {
        self.0.insert(errand, at);
    }

    /// Puts `errand` at `at` if it stands later than that; one that does not stand is not begun.
    pub(crate) fn hasten(&mut self, errand: Errand, at: UnixMs) {
        if let Some(known) = self.0.get_mut(&errand) {
            *known = (*known).min(at);
        }
    }

    pub(crate) fn drop(&mut self, errand: Errand) {
        self.0.remove(&errand);
    }

    /// When the next errand is due.
    pub(crate) fn next(&self) -> Option<UnixMs> {
        self.0.values().min().copied()
    }

    /// Takes what is due at `now`.
    pub(crate) fn due(&mut self, now: UnixMs) -> Vec<Errand> {
        let due: Vec<_> = self.0.iter().filter(|(_, at)| **at <= now).map(|(errand, _)| *errand).collect();
        for errand in &due {
            self.0.remove(errand);
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
        let mut agenda = Agenda::default();
        agenda.no_later_than(Errand::Redraw, UnixMs(50));
        agenda.no_later_than(Errand::Redraw, UnixMs(90));
        agenda.no_later_than(Errand::FetchLate, UnixMs(95));
        agenda.hasten(Errand::FetchLate, UnixMs(60));
        agenda.hasten(Errand::FetchLate, UnixMs(80));
        agenda.hasten(Errand::Refilter, UnixMs(1));
        agenda.set(Errand::Beat, UnixMs(10));
        agenda.set(Errand::Beat, UnixMs(70));
        assert_eq!(agenda.next(), Some(UnixMs(50)));
        assert_eq!(agenda.due(UnixMs(60)), [Errand::FetchLate, Errand::Redraw]);
        assert_eq!(agenda.due(UnixMs(60)), []);
        assert_eq!(agenda.next(), Some(UnixMs(70)));
    }
}
