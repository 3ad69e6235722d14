//! Since when something waits to be published or received.

use rental_model::Context;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// How many marks are kept of one stream; between them the time is that of the older.
const MOST_MARKS: usize = 720;

/// Where a stream or journal was seen to end, and when; oldest first.
#[derive(Debug, Default)]
struct Marks(VecDeque<(Instant, u64)>);

impl Marks {
    /// It ends at `end` now, and everything up to `done` is dealt with.
    fn note(&mut self, now: Instant, end: u64, done: u64) {
        self.settle(done);
        // A stream that lost its end has no such events any more.
        while self.0.back().is_some_and(|(_, mark)| *mark > end) {
            self.0.pop_back();
        }
        let known = self.0.back().map_or(done, |(_, mark)| *mark);
        if end > known && self.0.len() < MOST_MARKS {
            self.0.push_back((now, end));
        }
    }

    fn settle(&mut self, done: u64) {
        while self.0.front().is_some_and(|(_, mark)| *mark <= done) {
            self.0.pop_front();
        }
    }

    fn since(&mut self, done: u64) -> Option<Instant> {
        self.settle(done);
        self.0.front().map(|(since, _)| *since)
    }
}

/// What waits, of the own journal and of each context that is received.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    publishing: Marks,
    receiving: BTreeMap<Context, Marks>,
    /// Where the received streams ended when they were asked last.
    ends: BTreeMap<Context, u64>,
}

impl Backlog {
    /// The own journal has `journal` events, of which `published` are in the stream.
    pub(crate) fn note_publishing(&mut self, now: Instant, journal: u64, published: u64) {
        self.publishing.note(now, journal, published);
    }

    /// The stream of `source` ends at `end`, and is received up to `received`.
    pub(crate) fn note_receiving(&mut self, now: Instant, source: Context, end: u64, received: u64) {
        self.ends.insert(source, end);
        self.receiving.entry(source).or_default().note(now, end, received);
    }

    /// For how long the oldest of all has been waiting; none if nothing is.
    pub(crate) fn behind(
        &mut self,
        now: Instant,
        published: u64,
        received: &BTreeMap<Context, u64>,
    ) -> Option<Duration> {
        let publishing = self.publishing.since(published);
        let of =
            |(source, marks): (&Context, &mut Marks)| marks.since(received.get(source).copied().unwrap_or_default());
        let oldest = self.receiving.iter_mut().filter_map(of).chain(publishing).min();
        oldest.map(|since| now.saturating_duration_since(since))
    }

    /// How many events of `source` are not received yet, as far as is known.
    pub(crate) fn lag(&self, source: Context, received: u64) -> Option<u64> {
        self.ends.get(&source).map(|end| end.saturating_sub(received))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn whoever_keeps_up_is_not_behind_however_much_there_is() {
        let start = Instant::now();
        let mut backlog = Backlog::default();
        for second in 0..100 {
            let now = start + SECOND * second;
            let received = u64::from(second) * 10;
            backlog.note_receiving(now, Context::Order, received + 10, received);
            let behind = backlog.behind(now, 0, &BTreeMap::from([(Context::Order, received)]));
            assert!(behind.is_none_or(|behind| behind <= SECOND), "{behind:?}");
        }
    }

    #[test]
    fn the_oldest_event_that_waits_counts() {
        let start = Instant::now();
        let mut backlog = Backlog::default();
        backlog.note_publishing(start, 5, 5);
        assert_eq!(backlog.behind(start, 5, &BTreeMap::new()), None);
        backlog.note_publishing(start + SECOND, 6, 5);
        backlog.note_publishing(start + SECOND * 9, 7, 5);
        assert_eq!(backlog.behind(start + SECOND * 10, 5, &BTreeMap::new()), Some(SECOND * 9));
        assert_eq!(backlog.behind(start + SECOND * 10, 6, &BTreeMap::new()), Some(SECOND));
        assert_eq!(backlog.behind(start + SECOND * 10, 7, &BTreeMap::new()), None);
    }

    #[test]
    fn a_stream_that_lost_its_end_keeps_nobody_behind() {
        let start = Instant::now();
        let mut backlog = Backlog::default();
        let received = BTreeMap::from([(Context::Billing, 3)]);
        backlog.note_receiving(start, Context::Billing, 9, 3);
        assert!(backlog.behind(start, 0, &received).is_some());
        backlog.note_receiving(start, Context::Billing, 3, 3);
        assert_eq!(backlog.behind(start, 0, &received), None);
        assert_eq!(backlog.lag(Context::Billing, 3), Some(0));
    }
}
