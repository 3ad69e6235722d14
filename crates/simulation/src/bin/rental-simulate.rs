//! Runs simulated worlds until a promise is broken, or all are done.

use anyhow::ensure;
use clap::Parser;
use rental_simulation::{Options, Progress, Scope, Summary, run, run_many};
use std::io::{Write, stderr, stdout};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

/// Simulate the rental service with everything going wrong.
///
/// Each seed is one world: the five real engines, and a broker, disks, clocks
/// and people made up from the seed. A seed always goes the same way.
#[derive(Debug, Parser)]
#[command(name = "rental-simulate", version, after_help = EXAMPLES)]
struct Arguments {
    /// How many worlds
    #[arg(default_value_t = 100_000)]
    worlds: u64,

    /// The first seed
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    seed: u64,

    /// Also lose what cannot be made up for by itself: it is promised to be noticed, not to be survived
    #[arg(long)]
    beyond: bool,

    /// Print what happens, line by line
    #[arg(long)]
    history: bool,
}

const EXAMPLES: &str = "Exits 1 if a promise was broken, naming the seeds.

Examples:
  scripts/simulate 1000000
  scripts/simulate 1 --seed 42 --history";

/// How many broken promises are enough to look at.
const ENOUGH: u64 = 10;

fn main() -> anyhow::Result<()> {
    let Arguments { worlds, seed, beyond, history } = Arguments::parse();
    let scope = if beyond { Scope::Beyond } else { Scope::Promised };
    let options = Options { scope, keeps_text: history, ..Options::default() };
    if history {
        return tell(seed..seed.saturating_add(worlds), options);
    }
    let began = Instant::now();
    let progress = Progress::default();
    let summary = thread::scope(|scope| {
        let running = scope.spawn(|| run_many(seed..seed.saturating_add(worlds), options, ENOUGH, &progress));
        while !running.is_finished() {
            thread::sleep(Duration::from_millis(200));
            show(&progress, worlds, began);
        }
        running.join()
    });
    let Ok(summary) = summary else { anyhow::bail!("the simulation itself failed") };
    report(&summary, began.elapsed())
}

/// One line that is written over and over.
fn show(progress: &Progress, worlds: u64, began: Instant) {
    let runs = progress.runs.load(Ordering::Relaxed);
    let seconds = began.elapsed().as_secs_f64();
    let broken = progress.violations.load(Ordering::Relaxed);
    // A screen that is gone is no reason to stop.
    let _ = write!(stderr(), "\r{runs} of {worlds} worlds, {seconds:.0} s, {broken} broken promises ");
}

fn report(summary: &Summary, elapsed: Duration) -> anyhow::Result<()> {
    writeln!(stderr())?;
    let mut out = stdout().lock();
    write!(out, "{}", summary.coverage)?;
    let broken = summary.violations.len();
    writeln!(out, "\n{} worlds in {:.1} s, {broken} broken promises", summary.runs, elapsed.as_secs_f64())?;
    for (seed, violation) in &summary.violations {
        writeln!(out, "seed {seed}: {violation}\n  replay: scripts/simulate 1 --seed {seed} --history")?;
    }
    ensure!(broken == 0, "a promise was broken");
    Ok(())
}

fn tell(seeds: std::ops::Range<u64>, options: Options) -> anyhow::Result<()> {
    let mut broken = 0;
    for seed in seeds {
        let outcome = run(seed, options);
        writeln!(stdout(), "seed {seed}\n{}", outcome.text.unwrap_or_default())?;
        broken += u64::from(outcome.violation.is_some());
    }
    ensure!(broken == 0, "a promise was broken");
    Ok(())
}
