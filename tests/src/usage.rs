//! What a process uses of the machine, by the system's own ledger.

use anyhow::Context as _;
use std::fmt;
use std::time::Duration;

/// What a process has used up to now.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    processor: Duration,
    /// How long its threads were ready to run while others had the processors.
    queued: Duration,
    /// How often a thread of it has waited for something, and was woken.
    waits: u64,
    /// Memory in use.
    pub mib: u64,
    /// The most memory that ever was in use.
    pub most_mib: u64,
}

/// What it has used over some time.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    percent: f64,
    queued_percent: f64,
    waits_per_second: f64,
}

impl Usage {
    pub fn of(pid: u32) -> anyhow::Result<Self> {
        let (mut processor, mut queued, mut waits) = (Duration::ZERO, Duration::ZERO, 0);
        for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            let thread = thread?.path();
            // A thread may end while it is looked at.
            let Ok(scheduled) = std::fs::read_to_string(thread.join("schedstat")) else { continue };
            let Ok(status) = std::fs::read_to_string(thread.join("status")) else { continue };
            let mut times = scheduled.split_whitespace().map(|time| time.parse().map(Duration::from_nanos));
            processor += times.next().context("no time in schedstat")??;
            queued += times.next().context("only one time in schedstat")??;
            waits += field(&status, "voluntary_ctxt_switches:")?;
        }
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let mib = |name| field(&status, name).map(|kib| kib / 1024);
        Ok(Self { processor, queued, waits, mib: mib("VmRSS:")?, most_mib: mib("VmHWM:")? })
    }

    /// What was used since `before`, `time` ago.
    pub fn since(self, before: Self, time: Duration) -> Share {
        let percent = |used: Duration, before| 100.0 * used.saturating_sub(before).as_secs_f64() / time.as_secs_f64();
        let waits = u32::try_from(self.waits.saturating_sub(before.waits)).unwrap_or(u32::MAX);
        Share {
            percent: percent(self.processor, before.processor),
            queued_percent: percent(self.queued, before.queued),
            waits_per_second: f64::from(waits) / time.as_secs_f64(),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { percent, queued_percent, waits_per_second } = self;
        write!(
            f,
            "{percent:.2} % of a processor, {queued_percent:.2} % in the queue for one, {waits_per_second:.1} wake-ups a second"
        )
    }
}

fn field(status: &str, name: &str) -> anyhow::Result<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
    Ok(value.trim().trim_end_matches("kB").trim().parse()?)
}
