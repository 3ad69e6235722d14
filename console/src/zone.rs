//! The zone in which people read times: the one `TZ` names, else the system's.
//!
//! Names are looked up in the system's zoneinfo, and where it has none, or not
//! this one, in the list that comes with the program. **A zone that is not
//! found is said**, and times then say that they are UTC.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned};
use rental_model::UnixMs;
use std::path::Path;

/// Where times are read.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    zone: TimeZone,
    /// UTC because no zone is known: times say so.
    is_fallback: bool,
}

impl Zone {
    /// The zone that `tz`, the environment's `TZ`, names; without it the system's.
    /// None if `tz` names none.
    pub(crate) fn named(tz: Option<&str>) -> Option<Self> {
        let Some(tz) = tz else {
            let system = TimeZone::try_system().ok();
            return Some(system.map_or_else(Self::unknown, Self::known));
        };
        find(tz).map(Self::known)
    }

    pub(crate) const fn known(zone: TimeZone) -> Self {
        Self { zone, is_fallback: false }
    }

    /// UTC, for want of a better one.
    pub(crate) const fn unknown() -> Self {
        Self { zone: TimeZone::UTC, is_fallback: true }
    }

    /// `at` as `format` says, and that it is UTC if the reader cannot know. None for a time no calendar has.
    pub(crate) fn formatted(&self, at: UnixMs, format: &str) -> Option<String> {
        let utc = if self.is_fallback { " UTC" } else { "" };
        Some(self.bare(at, format)? + utc)
    }

    /// The same without a word about the zone, where that is said elsewhere.
    pub(crate) fn bare(&self, at: UnixMs, format: &str) -> Option<String> {
        Some(self.zoned(at)?.strftime(format).to_string())
    }

    pub(crate) const fn is_fallback(&self) -> bool {
        self.is_fallback
    }

    fn zoned(&self, at: UnixMs) -> Option<Zoned> {
        let timestamp = Timestamp::from_millisecond(i64::try_from(at.0).ok()?).ok()?;
        Some(timestamp.to_zoned(self.zone.clone()))
    }
}

/// A zone by its name (`Asia/Seoul`), by its rule (`KST-9`) or by its file, as `TZ` writes them.
fn find(tz: &str) -> Option<TimeZone> {
    let tz = tz.strip_prefix(':').unwrap_or(tz).trim();
    if tz.is_empty() {
        return Some(TimeZone::UTC);
    }
    let name = tz.rsplit_once("zoneinfo/").map_or(tz, |(_, name)| name);
    let by_name = TimeZone::get(name).or_else(|_| bundled(name));
    by_name.or_else(|_| TimeZone::posix(tz)).ok().or_else(|| of_file(Path::new(tz)))
}

fn bundled(name: &str) -> Result<TimeZone, jiff::Error> {
    TimeZoneDatabase::bundled().get(name)
}

fn of_file(path: &Path) -> Option<TimeZone> {
    let is_file = path.is_absolute() && path.is_file();
    let data = is_file.then(|| std::fs::read(path).ok()).flatten()?;
    TimeZone::tzif("TZ", &data).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noon in UTC on the first of July 2026.
    const NOON: UnixMs = UnixMs(1_782_907_200_000);

    fn hour(tz: &str) -> Option<String> {
        Zone::named(Some(tz))?.formatted(NOON, "%H:%M")
    }

    #[test]
    fn a_zone_is_found_by_its_name_its_rule_or_its_file() {
        for (tz, shown) in [
            ("Asia/Seoul", "21:00"),
            (":Asia/Seoul", "21:00"),
            ("/usr/share/zoneinfo/Asia/Seoul", "21:00"),
            ("America/New_York", "08:00"),
            ("EST5EDT", "08:00"),
            ("KST-9", "21:00"),
            ("EST5EDT,M3.2.0,M11.1.0", "08:00"),
            ("UTC", "12:00"),
            ("UTC0", "12:00"),
            ("", "12:00"),
        ] {
            assert_eq!(hour(tz).as_deref(), Some(shown), "{tz}");
        }
    }

    #[test]
    fn a_zone_has_a_name_on_a_machine_without_a_list_of_them() {
        for name in ["Asia/Seoul", "Europe/Berlin", "US/Eastern"] {
            assert!(bundled(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_names_no_zone_is_none() {
        for tz in ["Asia/Seol", "KST", "somewhere", "/etc/hostname", "/", "../../etc/passwd", "\u{fffd}"] {
            assert_eq!(hour(tz), None, "{tz}");
        }
    }

    #[test]
    fn times_in_no_known_zone_say_that_they_are_utc() {
        assert_eq!(Zone::unknown().formatted(NOON, "%H:%M").unwrap(), "12:00 UTC");
        assert_eq!(Zone::known(TimeZone::UTC).formatted(NOON, "%H:%M").unwrap(), "12:00");
        assert_eq!(Zone::unknown().formatted(UnixMs(u64::MAX), "%H:%M"), None);
    }
}
