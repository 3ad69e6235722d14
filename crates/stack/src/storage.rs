//! A broker that does not store although it could again.
//!
//! nats-server switches JetStream off when a write fails for want of space, and
//! does not switch it on again by itself: it must be restarted. That is safe
//! once there is space; before, it would only fail again.
//!
//! A worker whose disk is full ends, and fails again until there is space: then
//! what was given up meanwhile is tried again, and nobody need type `up`.

use crate::home::Home;
use crate::launch::Options;
use crate::log::note;
use crate::supervisor::Order;
use crate::wait;
use rental_bus::Bus;
use rental_model::Context;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// The codes of the alerts with which a worker says that its broker does not store.
const DOES_NOT_STORE: [&str; 3] = ["broker-cannot-store", "broker-needs-restart", "broker-has-no-streams"];
/// How often the workers are asked.
const LOOK: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(2);
/// The broker gets this long to go on by itself once there is space.
const BY_ITSELF: Duration = Duration::from_secs(15);
/// A restart is not repeated sooner than this, and then ever more rarely.
const PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// With less on the disk a restart would lead to nothing.
const SPACE_BYTES: u64 = 64 * 1024 * 1024;
/// With less a disk counts as full: the next commit may not fit.
const FULL_BYTES: u64 = 8 * 1024 * 1024;

/// Restarts the broker whenever that is what it needs.
pub(crate) async fn watch(home: Home, options: Options, broker: mpsc::UnboundedSender<Order>) {
    let mut ailment = Ailment::default();
    loop {
        tokio::time::sleep(LOOK).await;
        let is_ill = tokio::time::timeout(LOOK, does_not_store(&home, &options.url())).await == Ok(true);
        // Looked at only when it matters: the folder can hold very many files.
        let has_space = is_ill && has_space(&home.jetstream(), options.file_store_limit());
        if ailment.needs_restart(Instant::now(), is_ill, has_space) {
            let reason = "it did not store any more, and there is space again".to_owned();
            if broker.send(Order::Restart(reason)).is_err() {
                return;
            }
        }
    }
}

/// Has `try_again` called whenever the disk of the home was full and has space again.
pub(crate) async fn watch_disk(home: Home, try_again: impl Fn()) {
    let mut disk = Disk::default();
    loop {
        tokio::time::sleep(LOOK).await;
        let was_full = disk.is_full;
        let has_recovered = free_bytes(home.root()).is_some_and(|free| disk.has_recovered(free));
        if disk.is_full && !was_full {
            note(&format!("supervisor: the disk of {} is full; make room (64 MiB at least)", home.root().display()));
        }
        if has_recovered {
            note("supervisor: the disk has space again; what has failed is tried again");
            try_again();
        }
    }
}

/// Says so if the disk of a home is full.
pub fn full_disk(home: &Home) -> Option<String> {
    let free = free_bytes(home.root()).filter(|free| *free < FULL_BYTES)?;
    let (kib, root) = (free / 1024, home.root().display());
    Some(format!(
        "FULL: {kib} KiB free for {root}; make room (64 MiB at least): what ended for want of it is started again then"
    ))
}

/// What a user may still write at `place`; none if nobody knows.
fn free_bytes(place: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(place).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Whether a disk is full. It has space again only with some to spare, so that nobody is started
/// for a few bytes.
#[derive(Debug, Default)]
struct Disk {
    is_full: bool,
}

impl Disk {
    fn has_recovered(&mut self, free: u64) -> bool {
        let was_full = self.is_full;
        self.is_full = free < if was_full { SPACE_BYTES } else { FULL_BYTES };
        was_full && !self.is_full
    }
}

/// Whether a worker says that the broker does not store.
async fn does_not_store(home: &Home, url: &str) -> bool {
    // No broker, no such alert: a dead one is the keeper's matter.
    let Ok(bus) = wait::staff(home, url).await else { return false };
    for context in Context::DECIDERS {
        if says_so(&status(&bus, context).await) {
            return true;
        }
    }
    false
}

async fn status(bus: &Bus, context: Context) -> Value {
    bus.call(context, "status", &serde_json::json!({}), ANSWER).await.unwrap_or_default()
}

fn says_so(status: &Value) -> bool {
    let alerts = status.get("alerts").and_then(Value::as_array).into_iter().flatten();
    let mut codes = alerts.into_iter().filter_map(|alert| alert.get("code")?.as_str());
    codes.any(|code| DOES_NOT_STORE.contains(&code))
}

/// Whether the disk has space, and the streams are below their limit.
fn has_space(streams: &Path, limit_bytes: Option<u64>) -> bool {
    let place = if streams.is_dir() { streams } else { streams.parent().unwrap_or(streams) };
    let is_disk_free = free_bytes(place).is_some_and(|free| free >= SPACE_BYTES);
    is_disk_free && limit_bytes.is_none_or(|limit| used_bytes(streams) < limit - limit / 50)
}

/// What the files below a folder hold.
fn used_bytes(folder: &Path) -> u64 {
    let mut used = 0;
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(inside) if inside.is_dir() => folders.push(entry.path()),
                Ok(file) => used += file.len(),
                // It was deleted meanwhile.
                Err(_) => {}
            }
        }
    }
    used
}

/// The limit a configuration sets for all streams together, if it says one.
pub(crate) fn limit_bytes(config: &str) -> Option<u64> {
    let value = config.lines().find_map(|line| {
        let line = line.split('#').next()?.trim();
        let line = line.strip_prefix("max_file_store").or_else(|| line.strip_prefix("max_file"))?;
        Some(line.trim_start_matches([' ', ':', '=']).trim_matches(['"', ' ', ',']))
    })?;
    let digits = value.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(value.len());
    let (number, unit) = value.split_at(digits);
    let unit: u64 = match unit.split_whitespace().next().unwrap_or_default().to_uppercase().as_str() {
        "" => 1,
        "K" => 1000,
        "KB" | "KIB" => 1 << 10,
        "M" => 1_000_000,
        "MB" | "MIB" => 1 << 20,
        "G" => 1_000_000_000,
        "GB" | "GIB" => 1 << 30,
        "T" => 1_000_000_000_000,
        "TB" | "TIB" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// How it goes with a broker that does not store.
#[derive(Debug, Default)]
struct Ailment {
    /// Since when it could.
    could_since: Option<Instant>,
    restarted: Option<Instant>,
    restarts: u32,
}

impl Ailment {
    fn needs_restart(&mut self, now: Instant, is_ill: bool, has_space: bool) -> bool {
        if !is_ill || !has_space {
            self.could_since = None;
            if !is_ill && self.restarted.is_some_and(|at| now - at > LONGEST_PAUSE) {
                *self = Self::default();
            }
            return false;
        }
        let since = *self.could_since.get_or_insert(now);
        let pause = PAUSE.saturating_mul(1 << self.restarts.saturating_sub(1).min(4)).min(LONGEST_PAUSE);
        let is_too_soon = self.restarted.is_some_and(|at| now - at < pause);
        if now - since < BY_ITSELF || is_too_soon {
            return false;
        }
        *self = Self { could_since: None, restarted: Some(now), restarts: self.restarts + 1 };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds after the start, when it was looked at every ten of them, at which it is restarted.
    fn restarts(until: u64, is_ill: impl Fn(u64) -> bool, has_space: impl Fn(u64) -> bool) -> Vec<u64> {
        let (mut ailment, start) = (Ailment::default(), Instant::now());
        let mut looks = (0..until).step_by(10).collect::<Vec<_>>();
        looks.retain(|at| ailment.needs_restart(start + Duration::from_secs(*at), is_ill(*at), has_space(*at)));
        looks
    }

    #[test]
    fn a_broker_that_stores_or_has_no_space_is_left_alone() {
        assert_eq!(restarts(3600, |_| false, |_| true), [0; 0]);
        assert_eq!(restarts(3600, |_| true, |_| false), [0; 0]);
        assert_eq!(restarts(3600, |at| at % 20 == 0, |_| true), [0; 0], "it goes on by itself");
    }

    #[test]
    fn it_is_restarted_once_there_is_space_and_ever_more_rarely_if_that_does_not_help() {
        assert_eq!(restarts(600, |at| at < 325, |at| at >= 300), [320]);
        assert_eq!(restarts(2000, |_| true, |_| true), [20, 80, 200, 440, 920, 1820]);
    }

    #[test]
    fn a_disk_that_was_full_has_space_again_once_and_with_some_to_spare() {
        let mut disk = Disk::default();
        let mib = [500, 70, 9, 7, 0, 12, 63, 64, 30, 9, 500];
        let told: Vec<u64> = mib.into_iter().filter(|mib| disk.has_recovered(mib << 20)).collect();
        assert_eq!(told, [64]);
        assert!(!disk.is_full);
    }

    #[test]
    fn only_alerts_of_these_codes_count() {
        assert!(says_so(&serde_json::json!({"alerts": [{"code": "x"}, {"code": "broker-cannot-store", "text": "…"}]})));
        assert!(!says_so(&serde_json::json!({"alerts": [{"code": "x"}], "troubles": ["broker-cannot-store"]})));
        assert!(!says_so(&Value::Null));
    }

    #[test]
    fn the_limit_is_read_from_the_configuration() {
        assert_eq!(limit_bytes(crate::launch::BROKER_CONFIG), Some(32 << 30));
        assert_eq!(limit_bytes("jetstream {\n max_file = 10M\n}"), Some(10_000_000));
        assert_eq!(limit_bytes("  max_file_store: 1048576 # bytes"), Some(1 << 20));
        assert_eq!(limit_bytes("max_file_store: $LIMIT"), None);
        assert_eq!(limit_bytes(""), None);
    }

    #[test]
    fn space_is_what_the_disk_has_and_the_limit_leaves() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("inner")).unwrap();
        std::fs::write(folder.path().join("inner/block"), vec![0; 990]).unwrap();
        assert_eq!(used_bytes(folder.path()), 990);
        assert!(has_space(folder.path(), Some(2000)));
        assert!(!has_space(folder.path(), Some(1000)), "within two hundredths of it");
    }
}
