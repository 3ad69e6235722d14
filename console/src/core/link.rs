//! How fresh the picture is.
//!
//! LIVE needs proof: the broker has answered within the last seconds, and no
//! stream of events is interrupted. Everything else is STALE, with the age of
//! the last proof. Silence of totalview alone does not make it stale: the
//! events still arrive.

use rental_bus::LinkState;
use rental_model::totalview::{SourcePositions, Stats};
use rental_model::{Context, UnixMs};
use std::collections::BTreeSet;

/// A proof older than this no longer counts.
pub(crate) const PROOF_MS: u64 = 3_500;

/// How fresh the picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// There has been no picture yet.
    Connecting,
    Live,
    /// This many milliseconds old.
    Stale(u64),
}

/// Whether totalview answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum View {
    /// Not asked yet.
    #[default]
    Unknown,
    Answers,
    Silent,
}

/// What is known of the connection and of those behind it.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) state: LinkState,
    pub(crate) view: View,
    /// How many rentals there are in all, and of which status, by totalview.
    pub(crate) stats: Option<Stats>,
    proved_at: Option<UnixMs>,
    interrupted: BTreeSet<Context>,
    /// The last event seen of each stream.
    seen: SourcePositions,
    /// The last event of each stream, by the broker.
    tips: SourcePositions,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            state: LinkState::Down("connecting".to_owned()),
            view: View::default(),
            stats: None,
            proved_at: None,
            interrupted: BTreeSet::new(),
            seen: SourcePositions::new(),
            tips: SourcePositions::new(),
        }
    }
}

impl Link {
    pub(crate) fn is_up(&self) -> bool {
        self.state == LinkState::Up
    }

    pub(crate) fn freshness(&self, now: UnixMs) -> Freshness {
        let Some(proved_at) = self.proved_at else { return Freshness::Connecting };
        let age = now.0.saturating_sub(proved_at.0);
        if self.is_up() && self.interrupted.is_empty() && age <= PROOF_MS {
            Freshness::Live
        } else {
            Freshness::Stale(age)
        }
    }

    pub(crate) fn is_live(&self, now: UnixMs) -> bool {
        self.freshness(now) == Freshness::Live
    }

    /// The broker has answered at `now`: its streams end at `tips`. Answers whether they did before.
    pub(crate) fn prove(&mut self, tips: SourcePositions, now: UnixMs) -> bool {
        if self.interrupted.is_empty() {
            self.proved_at = Some(now);
        }
        std::mem::replace(&mut self.tips, tips) == self.tips
    }

    /// Events are followed from behind these.
    pub(crate) fn begin(&mut self, positions: &SourcePositions) {
        self.seen.clone_from(positions);
        self.interrupted.clear();
    }

    /// From where on events must be followed so that nothing is missed: neither by the rows of an
    /// answer that holds everything up to `positions`, nor by those that are here already.
    pub(crate) fn gapless(&self, positions: &SourcePositions) -> SourcePositions {
        let earlier = |(source, positions): (&Context, &u64)| {
            (*source, self.seen.get(source).map_or(*positions, |seen| *seen.min(positions)))
        };
        positions.iter().map(earlier).collect()
    }

    /// Whether events were seen that an answer up to `positions` does not hold.
    pub(crate) fn is_ahead_of(&self, positions: &SourcePositions) -> bool {
        positions.iter().any(|(source, positions)| self.seen(*source) > *positions)
    }

    pub(crate) fn see(&mut self, source: Context, number: u64) {
        let seen = self.seen.entry(source).or_default();
        *seen = (*seen).max(number);
    }

    pub(crate) fn interrupt(&mut self, source: Context) {
        self.interrupted.insert(source);
    }

    pub(crate) fn resume(&mut self, source: Context) {
        self.interrupted.remove(&source);
    }

    /// The sources whose events do not arrive at present.
    pub(crate) const fn interrupted(&self) -> &BTreeSet<Context> {
        &self.interrupted
    }

    /// The number of the last event seen of `source`.
    pub(crate) fn seen(&self, source: Context) -> u64 {
        self.seen.get(&source).copied().unwrap_or(0)
    }

    /// How many events there are that were not seen yet.
    pub(crate) fn behind(&self) -> u64 {
        self.tips.iter().map(|(source, tip)| tip.saturating_sub(self.seen(*source))).fold(0, u64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proved(at: u64) -> Link {
        let mut link = Link { state: LinkState::Up, ..Link::default() };
        link.prove(SourcePositions::new(), UnixMs(at));
        link
    }

    #[test]
    fn live_needs_a_recent_proof() {
        let link = proved(10_000);
        assert_eq!(link.freshness(UnixMs(10_000 + PROOF_MS)), Freshness::Live);
        assert_eq!(link.freshness(UnixMs(10_001 + PROOF_MS)), Freshness::Stale(PROOF_MS + 1));
        assert_eq!(Link::default().freshness(UnixMs(10_000)), Freshness::Connecting);
    }

    #[test]
    fn an_interrupted_stream_makes_it_stale_whatever_the_broker_says() {
        let mut link = proved(10_000);
        link.interrupt(Context::Billing);
        link.prove(SourcePositions::new(), UnixMs(12_000));
        assert_eq!(link.freshness(UnixMs(12_000)), Freshness::Stale(2_000));
        link.resume(Context::Billing);
        link.prove(SourcePositions::new(), UnixMs(13_000));
        assert_eq!(link.freshness(UnixMs(13_000)), Freshness::Live);
    }

    #[test]
    fn a_lost_broker_is_stale_at_once() {
        let mut link = proved(10_000);
        link.state = LinkState::Down("gone".to_owned());
        assert_eq!(link.freshness(UnixMs(10_500)), Freshness::Stale(500));
    }

    #[test]
    fn behind_is_what_the_streams_hold_beyond_what_was_seen() {
        let mut link = proved(1);
        link.begin(&SourcePositions::from([(Context::Order, 5)]));
        link.prove(SourcePositions::from([(Context::Order, 7), (Context::Billing, 2)]), UnixMs(2));
        assert_eq!(link.behind(), 4);
        link.see(Context::Order, 9);
        link.see(Context::Billing, 2);
        assert_eq!(link.behind(), 0);
    }
}
