//! What a run, or many, met: every fault and crash point, counted by where it struck.

use std::collections::BTreeMap;
use std::fmt;

/// How often what struck where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage(BTreeMap<(&'static str, &'static str), u64>);

impl Coverage {
    pub(crate) fn hit(&mut self, what: &'static str, place: &'static str) {
        *self.0.entry((what, place)).or_default() += 1;
    }

    /// How often `what` struck, anywhere.
    pub fn count(&self, what: &str) -> u64 {
        self.0.iter().filter(|((hit, _), _)| *hit == what).map(|(_, count)| count).sum()
    }

    /// How often `what` struck at `place`.
    pub fn count_at(&self, what: &str, place: &str) -> u64 {
        self.0.iter().filter(|((hit, at), _)| *hit == what && *at == place).map(|(_, count)| count).sum()
    }

    pub fn add(&mut self, other: &Self) {
        for (key, count) in &other.0 {
            *self.0.entry(*key).or_default() += count;
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table: BTreeMap<&str, Vec<(&str, u64)>> = BTreeMap::new();
        for ((what, place), count) in &self.0 {
            table.entry(what).or_default().push((place, *count));
        }
        for (what, places) in table {
            let total: u64 = places.iter().map(|(_, count)| count).sum();
            write!(f, "{what:<46} {total:>10}")?;
            for (place, count) in places.iter().filter(|(place, _)| !place.is_empty()) {
                write!(f, "  {place} {count}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
