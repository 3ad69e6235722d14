//! Chance, drawn from the seed and from nothing else.

/// The only source of chance of a run.
#[derive(Debug)]
pub(crate) struct Random(fastrand::Rng);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        // Neighbouring seeds must not begin alike.
        let mut mixed = fastrand::Rng::with_seed(seed);
        Self(fastrand::Rng::with_seed(mixed.u64(..)))
    }

    /// From 0 to `count` - 1; 0 if there is nothing to choose from.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        if count == 0 { 0 } else { self.0.usize(..count) }
    }

    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        self.0.u64(least..=most)
    }

    /// True once in `count` times; never if that is 0.
    pub(crate) fn one_in(&mut self, count: u32) -> bool {
        count != 0 && self.0.u32(..count) == 0
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.below(from.len())).cloned()
    }
}
