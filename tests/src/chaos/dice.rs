//! Chance that a seed repeats (splitmix64).

use std::ops::Range;
use std::time::Duration;

/// A sequence of throws, the same for the same seed.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Another sequence, for a companion.
    #[must_use]
    pub fn child(&mut self) -> Self {
        Self(self.throw())
    }

    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.throw() % (range.end - range.start).max(1)
    }

    /// True in `percent` of 100 throws.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.within(0..100) < percent
    }

    pub fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[usize::try_from(self.within(0..among.len() as u64)).unwrap_or(0)]
    }

    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, usize::try_from(self.within(0..last as u64 + 1)).unwrap_or(0));
        }
    }

    pub fn ms(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(self.within(range))
    }
}
