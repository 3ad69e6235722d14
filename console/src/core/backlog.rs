//! What a service had to do at some moment, to know later whether it is behind.

use rental_bus::status::ContextStatus;
use rental_model::totalview::SourcePositions;
use rental_model::{Context, UnixMs};

/// What there was to do at some moment.
#[derive(Debug, Clone)]
pub(crate) struct Backlog {
    pub(crate) since: UnixMs,
    /// The last event of each source.
    positions: SourcePositions,
    journal: u64,
}

impl Backlog {
    /// What was still to do `before` if it is not done yet; else what is to do now.
    pub(crate) fn next(before: Option<Self>, status: &ContextStatus, now: UnixMs) -> Option<Self> {
        before.filter(|before| !before.is_done(status)).or_else(|| {
            let has_unheard = status.positions.values().any(|receiving| receiving.lag != Some(0));
            let is_unpublished = status.context.stream().is_some() && status.published < status.journal;
            (has_unheard || is_unpublished).then(|| Self {
                since: now,
                positions: status
                    .positions
                    .iter()
                    .map(|(source, receiving)| (*source, receiving.last.unwrap_or(u64::MAX)))
                    .collect(),
                journal: status.journal,
            })
        })
    }

    fn is_done(&self, status: &ContextStatus) -> bool {
        let has_received = |(source, goal): (&Context, &u64)| {
            status.positions.get(source).is_none_or(|receiving| match receiving.last {
                // A stream that was made anew may end before the goal.
                Some(last) => receiving.position >= *goal.min(&last),
                None => false,
            })
        };
        let is_published = status.context.stream().is_none() || status.published >= self.journal.min(status.journal);
        is_published && self.positions.iter().all(has_received)
    }
}
