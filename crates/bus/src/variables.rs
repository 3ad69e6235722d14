//! The variables of the environment that are ours: one list for all our programs.
//!
//! A program that finds another one says so: whoever misspells a name wanted
//! something, and would never learn that nothing of it counts. Each program has
//! a test that what its command line reads is listed here.

use std::ffi::OsString;

/// What some program or script of ours reads.
pub const KNOWN: [&str; 35] = [
    "RENTAL_ACTOR",
    "RENTAL_BIN_DIR",
    "RENTAL_CHECK",
    "RENTAL_CHECK_IN",
    "RENTAL_CONFIG",
    "RENTAL_DATA",
    "RENTAL_FIRST_ORDER_ID",
    "RENTAL_FUZZ_CASES",
    "RENTAL_GLYPHS",
    "RENTAL_HOME",
    "RENTAL_HTTP",
    "RENTAL_JETSTREAM_DIR",
    "RENTAL_KEY",
    "RENTAL_LANG",
    "RENTAL_LOG_FORMAT",
    "RENTAL_MOUSE",
    "RENTAL_NATS_CONF",
    "RENTAL_NATS_HOST",
    "RENTAL_NATS_MONITORING",
    "RENTAL_NATS_PORT",
    "RENTAL_NATS_SERVER",
    "RENTAL_NATS_URL",
    "RENTAL_PAYMENT",
    "RENTAL_PAYMENT_LIMIT",
    "RENTAL_PAYMENT_PATIENCE",
    "RENTAL_PROFILE",
    "RENTAL_READ_ONLY",
    "RENTAL_REPLICAS",
    "RENTAL_SCREEN",
    "RENTAL_STACK_HOME",
    "RENTAL_STACK_PROCESS",
    "RENTAL_THEME",
    "RENTAL_TLS_CA",
    "RENTAL_TLS_CERT",
    "RENTAL_TLS_KEY",
];

/// A user's public key, for a broker's configuration; the user's name follows.
const KEYS: &str = "RENTAL_NKEY_";

/// A variable that has our first word, and that nobody reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such variable: {name}; the nearest is {nearest}")]
pub struct Unknown {
    pub name: String,
    pub nearest: &'static str,
}

impl Unknown {
    /// Whether it may have been meant for a variable whose name begins so: the nearest does, or
    /// the word is in it.
    pub fn may_mean(&self, beginning: &str) -> bool {
        let word = beginning.trim_start_matches("RENTAL_");
        self.nearest.starts_with(beginning) || self.name.to_ascii_uppercase().contains(word)
    }
}

/// The names among those that are set to something that nobody reads, in order.
pub fn unknown<'a>(set: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Unknown> {
    let ours = set.into_iter().filter(|(name, value)| !value.is_empty() && is_ours(name));
    let names = ours.map(|(name, _)| name).filter(|name| !KNOWN.contains(name) && !name.starts_with(KEYS));
    let mut unknown: Vec<_> = names.map(|name| Unknown { name: plain(name), nearest: nearest(name) }).collect();
    unknown.sort_by(|one, other| one.name.cmp(&other.name));
    unknown
}

/// The same for this process.
pub fn unknown_here() -> Vec<Unknown> {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let set: Vec<_> = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
    unknown(set.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

fn is_ours(name: &str) -> bool {
    let first = name.get(..6).is_some_and(|first| first.eq_ignore_ascii_case("rental"));
    // `RENTAL` itself, and `RENTALS`, are somebody else's.
    first && name.get(6..).is_some_and(|rest| rest.starts_with(|c: char| !c.is_alphanumeric()))
}

fn nearest(name: &str) -> &'static str {
    let name = name.to_ascii_uppercase();
    let nearest = KNOWN.into_iter().min_by_key(|known| strsim::damerau_levenshtein(&name, known));
    nearest.unwrap_or_default()
}

/// It is shown in a terminal and in a log: nothing in it may do anything there.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str) -> Vec<String> {
        unknown([(name, "1")]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_misspelled_name_is_told_with_the_one_that_was_meant() {
        for (name, nearest) in [
            ("RENTAL_PAYMENTLIMIT", "RENTAL_PAYMENT_LIMIT"),
            ("RENTAL_READONLY", "RENTAL_READ_ONLY"),
            ("RENTAL_NAT_URL", "RENTAL_NATS_URL"),
            ("rental_home", "RENTAL_HOME"),
            ("RENTAL-TLS-CA", "RENTAL_TLS_CA"),
        ] {
            assert_eq!(told(name), [format!("no such variable: {name}; the nearest is {nearest}")]);
        }
        assert!(!told("RENTAL_\u{1b}[2J")[0].contains('\u{1b}'));
    }

    #[test]
    fn what_is_read_what_is_empty_and_what_is_not_ours_is_nobodys_mistake() {
        for name in
            KNOWN.into_iter().chain(["RENTAL_NKEY_STAFF", "HOME", "RENT", "RENTAL", "RENTALS_URL", "한국어판", ""])
        {
            assert_eq!(told(name), [""; 0], "{name}");
        }
        assert_eq!(unknown([("RENTAL_READONLY", "")]), []);
    }

    #[test]
    fn what_may_be_meant_is_known_by_its_neighbour_or_its_word() {
        let means = |name: &str, beginning: &str| unknown([(name, "1")])[0].may_mean(beginning);
        assert!(means("RENTAL_PAYMENTLIMIT", "RENTAL_PAYMENT") && means("RENTAL_PAYMNT_LIMIT", "RENTAL_PAYMENT"));
        assert!(means("RENTAL_MAX_PAYMENT", "RENTAL_PAYMENT") && !means("RENTAL_PORT", "RENTAL_PAYMENT"));
    }
}
