//! A sorted set that knows positions.
//!
//! A table asks for "the rows from the 5,000th on" and "where is this row?"
//! at every frame, while rows come and go by the thousand. A sorted `Vec`
//! answers but inserts slowly; a `BTreeSet` inserts but does not answer. This
//! is a list of sorted runs of bounded length: both are cheap at any size.

/// Runs are split at this length: short enough to shift, long enough to be few.
const LONGEST_RUN: usize = 512;

/// A sorted set of keys, addressable by position.
#[derive(Debug, Clone)]
pub(crate) struct Ranked<K> {
    /// Sorted, none empty, all of a run below all of the next.
    runs: Vec<Vec<K>>,
    len: usize,
}

impl<K> Default for Ranked<K> {
    fn default() -> Self {
        Self { runs: Vec::new(), len: 0 }
    }
}

impl<K: Ord + Copy> Ranked<K> {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The position of the first run that may hold `key`.
    fn run_of(&self, key: &K) -> usize {
        self.runs.partition_point(|run| run.last().is_some_and(|last| last < key))
    }

    /// Adds `key`; answers whether it was new.
    pub(crate) fn insert(&mut self, key: K) -> bool {
        let at = self.run_of(&key).min(self.runs.len().saturating_sub(1));
        let Some(run) = self.runs.get_mut(at) else {
            self.runs.push(vec![key]);
            self.len = 1;
            return true;
        };
        let Err(place) = run.binary_search(&key) else { return false };
        run.insert(place, key);
        self.len += 1;
        if run.len() > LONGEST_RUN {
            let upper = run.split_off(LONGEST_RUN / 2);
            self.runs.insert(at + 1, upper);
        }
        true
    }

    /// Removes `key`; answers whether it was there.
    pub(crate) fn remove(&mut self, key: &K) -> bool {
        let at = self.run_of(key);
        let Some(run) = self.runs.get_mut(at) else { return false };
        let Ok(place) = run.binary_search(key) else { return false };
        run.remove(place);
        if run.is_empty() {
            self.runs.remove(at);
        }
        self.len -= 1;
        true
    }

    /// How many keys are below `key`.
    pub(crate) fn rank(&self, key: &K) -> usize {
        let at = self.run_of(key);
        let before: usize = self.runs[..at].iter().map(Vec::len).sum();
        before + self.runs.get(at).map_or(0, |run| run.partition_point(|other| other < key))
    }

    /// The key at `position`, counted from the lowest.
    pub(crate) fn get(&self, mut position: usize) -> Option<K> {
        for run in &self.runs {
            if let Some(key) = run.get(position) {
                return Some(*key);
            }
            position -= run.len();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_holds_what_a_plain_sorted_set_holds(steps in prop::collection::vec((any::<bool>(), 0u16..3000), 0..4000)) {
            let (mut ranked, mut plain) = (Ranked::default(), BTreeSet::new());
            for (is_insert, key) in steps {
                if is_insert {
                    prop_assert_eq!(ranked.insert(key), plain.insert(key));
                } else {
                    prop_assert_eq!(ranked.remove(&key), plain.remove(&key));
                }
            }
            prop_assert_eq!(ranked.len(), plain.len());
            let all: Vec<_> = (0..ranked.len()).filter_map(|position| ranked.get(position)).collect();
            prop_assert_eq!(&all, &plain.iter().copied().collect::<Vec<_>>());
            for key in [0, 1, 700, 1500, 2999, 3000] {
                prop_assert_eq!(ranked.rank(&key), plain.range(..key).count());
            }
            prop_assert_eq!(ranked.get(ranked.len()), None);
        }
    }
}
