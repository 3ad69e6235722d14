//! Many runs, on all processors.

use crate::{Coverage, Options, run};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// What many runs came to.
#[derive(Debug, Default)]
pub struct Summary {
    pub runs: u64,
    pub coverage: Coverage,
    /// The seeds whose runs broke a promise, and which, by seed.
    pub violations: Vec<(u64, String)>,
}

impl Summary {
    fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.coverage.add(&other.coverage);
        self.violations.extend(other.violations);
        self.violations.sort();
    }
}

/// How far many runs are.
#[derive(Debug, Default)]
pub struct Progress {
    pub runs: AtomicU64,
    pub violations: AtomicU64,
}

/// Runs every seed of `seeds`. Stops early once `enough` violations were found.
pub fn run_many(seeds: Range<u64>, options: Options, enough: u64, progress: &Progress) -> Summary {
    let next = AtomicU64::new(seeds.start);
    let summary = Mutex::new(Summary::default());
    let work = || {
        let mut own = Summary::default();
        while progress.violations.load(Ordering::Relaxed) < enough {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                break;
            }
            let outcome = run(seed, options);
            own.runs += 1;
            own.coverage.add(&outcome.coverage);
            progress.runs.fetch_add(1, Ordering::Relaxed);
            if let Some(violation) = outcome.violation {
                progress.violations.fetch_add(1, Ordering::Relaxed);
                own.violations.push((seed, violation));
            }
        }
        summary.lock().unwrap_or_else(PoisonError::into_inner).add(own);
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    summary.into_inner().unwrap_or_else(PoisonError::into_inner)
}
