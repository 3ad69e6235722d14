//! Looking over a stream: whether it still has every event, and our settings.
//!
//! Events are counted against their numbers, which is cheap. A message whose
//! bytes are damaged on the broker's disk is counted all the same, and only
//! missed by whoever reads it ([`Bus::read_range`]).

use crate::connection::Bus;
use crate::streams::{StreamError, settings};
use async_nats::jetstream::stream::{Config, State};
use rental_model::Context;
use rental_model::wording::counted;

/// A stream as the broker tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// When it was made; it changes only if the stream is made anew.
    pub made_at: String,
    /// The number of its last event.
    pub last: u64,
    /// Which numbers up to that one it does not have.
    pub missing: Ranges,
    /// Which of its settings are not ours: what they are, and what they should be.
    pub drift: Vec<String>,
}

/// Numbers, as ranges with both ends included, in order and apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(u64, u64)>);

/// How many ranges are named to people.
const NAMED: usize = 4;

impl Ranges {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many numbers there are in all.
    pub fn count(&self) -> u64 {
        self.0.iter().fold(0, |count: u64, (from, to)| count.saturating_add(to - from + 1))
    }

    pub fn last(&self) -> Option<u64> {
        self.0.last().map(|(_, to)| *to)
    }

    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.iter().copied()
    }

    /// Adds the numbers from `from` to `to`.
    pub fn add(&mut self, from: u64, to: u64) {
        if from > to {
            return;
        }
        let (mut from, mut to) = (from, to);
        let touches = |&(low, high): &(u64, u64)| low <= to.saturating_add(1) && from <= high.saturating_add(1);
        let (touching, mut apart): (Vec<_>, Vec<_>) = self.0.iter().copied().partition(touches);
        for (low, high) in touching {
            (from, to) = (from.min(low), to.max(high));
        }
        apart.push((from, to));
        apart.sort_unstable();
        self.0 = apart;
    }

    /// Whether all numbers from `from` to `to` are among them.
    pub fn covers(&self, from: u64, to: u64) -> bool {
        self.0.iter().any(|&(low, high)| low <= from && to <= high)
    }

    /// Numbers of either.
    #[must_use]
    pub fn with(&self, others: &Self) -> Self {
        let mut all = self.clone();
        others.iter().for_each(|(from, to)| all.add(from, to));
        all
    }
}

impl FromIterator<u64> for Ranges {
    fn from_iter<T: IntoIterator<Item = u64>>(numbers: T) -> Self {
        let mut numbers: Vec<u64> = numbers.into_iter().collect();
        numbers.sort_unstable();
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for number in numbers {
            match ranges.last_mut() {
                Some((_, to)) if number <= to.saturating_add(1) => *to = number,
                _ => ranges.push((number, number)),
            }
        }
        Self(ranges)
    }
}

impl std::fmt::Display for Ranges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, (from, to)) in self.0.iter().take(NAMED).enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            if from == to { write!(f, "{comma}{from}")? } else { write!(f, "{comma}{from} to {to}")? }
        }
        match self.0.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, " and {more} more {}, {} events in all", counted(more as u64, "place"), self.count()),
        }
    }
}

impl Bus {
    /// Looks over the context's stream, which should be kept on `replicas` brokers.
    pub async fn inspect(&self, context: Context, replicas: usize) -> Result<Inspection, StreamError> {
        let stream = self.stream(context).await?;
        let info = stream.cached_info();
        let state = &info.state;
        let holds_all = state.messages == expected(state);
        let deleted = if holds_all {
            Vec::new()
        } else {
            let failed = |error: async_nats::Error| StreamError::new("the stream cannot be looked over", error);
            let asked = stream.info_builder().with_deleted(true).fetch().await;
            asked.map_err(|error| failed(error.into()))?.info.state.deleted.unwrap_or_default()
        };
        let ours = settings(context, replicas);
        Ok(Inspection {
            made_at: info.created.to_string(),
            last: state.last_sequence,
            missing: missing(state, deleted),
            drift: ours.map(|ours| drift(&info.config, &ours)).unwrap_or_default(),
        })
    }
}

/// How many messages there are from the first to the last number.
fn expected(state: &State) -> u64 {
    state.last_sequence.saturating_add(1).saturating_sub(state.first_sequence.max(1))
}

fn missing(state: &State, deleted: Vec<u64>) -> Ranges {
    let mut missing: Ranges = deleted.into_iter().filter(|number| *number <= state.last_sequence).collect();
    // Before the first nothing is listed.
    missing.add(1, state.first_sequence.saturating_sub(1).min(state.last_sequence));
    missing
}

/// The settings that decide what a stream takes and keeps, and differ.
fn drift(found: &Config, ours: &Config) -> Vec<String> {
    let limit = |number: i64| if number > 0 { number.to_string() } else { "none".to_owned() };
    let told = |config: &Config| {
        [
            ("subjects", config.subjects.join(" ")),
            ("retention", format!("{:?}", config.retention)),
            ("storage", format!("{:?}", config.storage)),
            ("replicas", config.num_replicas.to_string()),
            ("max-msgs", limit(config.max_messages)),
            ("max-bytes", limit(config.max_bytes)),
            ("max-msgs-per-subject", limit(config.max_messages_per_subject)),
            ("max-age", limit(i64::try_from(config.max_age.as_secs()).unwrap_or(i64::MAX))),
            ("max-msg-size", limit(config.max_message_size.into())),
            ("deny-delete", config.deny_delete.to_string()),
            ("deny-purge", config.deny_purge.to_string()),
            ("allow-direct", config.allow_direct.to_string()),
            ("allow-rollup", config.allow_rollup.to_string()),
            ("sealed", config.sealed.to_string()),
            ("no-ack", config.no_ack.to_string()),
            ("mirror", config.mirror.is_some().to_string()),
            ("sources", config.sources.as_ref().is_some_and(|sources| !sources.is_empty()).to_string()),
            ("transform", config.subject_transform.is_some().to_string()),
        ]
    };
    let pairs = told(found).into_iter().zip(told(ours));
    let differs = pairs.filter(|((_, found), (_, ours))| found != ours);
    differs.map(|((name, found), (_, ours))| format!("{name} is {found}, not {ours}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(numbers: &[u64]) -> String {
        numbers.iter().copied().collect::<Ranges>().to_string()
    }

    #[test]
    fn numbers_are_told_as_ranges() {
        assert_eq!(ranges(&[]), "");
        assert_eq!(ranges(&[7]), "7");
        assert_eq!(ranges(&[9, 1, 2, 3, 3, 8]), "1 to 3, 8 to 9");
        assert_eq!(ranges(&[1, 3, 5, 7, 9, 10]), "1, 3, 5, 7 and 1 more place, 6 events in all");
    }

    #[test]
    fn ranges_that_touch_become_one() {
        let mut all: Ranges = [3, 4, 9].into_iter().collect();
        all.add(5, 7);
        assert_eq!((all.to_string().as_str(), all.count(), all.last()), ("3 to 7, 9", 6, Some(9)));
        all.add(8, 8);
        assert_eq!(all.iter().collect::<Vec<_>>(), [(3, 9)]);
        all.add(9, 1);
        all.add(1, u64::MAX);
        assert_eq!((all.iter().collect::<Vec<_>>(), all.count()), (vec![(1, u64::MAX)], u64::MAX));
    }

    #[test]
    fn a_limit_somebody_has_set_is_drift_and_what_the_broker_makes_of_ours_is_not() {
        let ours = settings(Context::Order, 1).unwrap();
        let kept = Config { max_messages: -1, max_bytes: -1, max_messages_per_subject: -1, ..ours.clone() };
        assert_eq!(drift(&kept, &ours), Vec::<String>::new());
        let edited = Config { max_messages: 100, deny_delete: false, ..kept };
        assert_eq!(drift(&edited, &ours), ["max-msgs is 100, not none", "deny-delete is false, not true"]);
    }
}
