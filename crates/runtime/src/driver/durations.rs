//! How long handling takes, since the start, for `status`.

use hdrhistogram::Histogram;
use rental_bus::status::Handling;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The longest duration that is told apart from longer ones.
const LONGEST: Duration = Duration::from_mins(1);

/// Durations in microseconds, to two digits. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Durations(Arc<Mutex<Histogram<u64>>>);

impl Durations {
    pub(crate) fn new() -> Result<Self, hdrhistogram::CreationError> {
        let longest = u64::try_from(LONGEST.as_micros()).unwrap_or(u64::MAX);
        Ok(Self(Arc::new(Mutex::new(Histogram::new_with_bounds(1, longest, 2)?))))
    }

    /// Notes that `count` inputs took `each`, one batch of them.
    pub(crate) fn note(&self, each: Duration, count: usize) {
        let micros = u64::try_from(each.as_micros()).unwrap_or(u64::MAX).max(1);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.saturating_record_n(micros, count as u64);
    }

    pub(crate) fn told(&self) -> Option<Handling> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = |quantile| known.value_at_quantile(quantile);
        (!known.is_empty()).then(|| Handling { p50_us: at(0.5), p99_us: at(0.99) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_them_and_nearly_all_are_told_apart() {
        let durations = Durations::new().unwrap();
        assert_eq!(durations.told(), None);
        durations.note(Duration::from_micros(100), 90);
        durations.note(Duration::from_millis(5), 10);
        durations.note(Duration::from_hours(1), 1);
        let told = durations.told().unwrap();
        assert!((99..=101).contains(&told.p50_us), "{told:?}");
        assert!((4_900..=5_100).contains(&told.p99_us), "{told:?}");
    }
}
