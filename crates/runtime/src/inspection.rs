//! What is wrong with the own stream, and how to mend it.
//!
//! Only what persists reaches this: the driver asks twice. It is said for as
//! long as it is so.

use crate::engine::Engine;
use rental_bus::inspection::Ranges;
use rental_bus::status::alert;

/// What looking over the own stream came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspected {
    /// Events it does not have, or cannot show.
    pub missing: Ranges,
    /// Events that are not what the journal has under their numbers.
    pub altered: Ranges,
    /// Settings that are not ours, and could not be put back.
    pub drift: Vec<String>,
}

impl Engine {
    pub(crate) fn inspected(&mut self, found: &Inspected) {
        let Inspected { missing, altered, drift } = found;
        let stream = self.context.stream().unwrap_or_default();
        let has_them = missing.last().is_none_or(|last| last <= self.journal);
        let hole = (!missing.is_empty()).then(|| hole(stream, self.context.name(), missing, has_them));
        self.say(alert::STREAM_HOLE, hole);
        let altered = (!altered.is_empty()).then(|| {
            format!(
                "{} not what this ledger has: stream {stream} in the broker's files was changed or damaged; {}",
                told(altered),
                mend(stream)
            )
        });
        self.say(alert::STREAM_ALTERED, altered);
        let drift = (!drift.is_empty()).then(|| {
            format!(
                "the settings of stream {stream} were changed and cannot be put back: {}; events may be lost until \
                 they are as before",
                drift.join("; ")
            )
        });
        self.say(alert::STREAM_SETTINGS, drift);
    }

    /// Says what is the matter, once, or that it is over.
    fn say(&mut self, code: &'static str, what: Option<String>) {
        let key = (code, None);
        if what.as_ref() == self.alerts.get(&key) {
            return;
        }
        if self.alerts.remove(&key).is_some() && what.is_none() {
            tracing::info!(alert = code, "the own stream is sound again");
        }
        if let Some(text) = what {
            self.alert(code, None, || text);
        }
    }
}

fn hole(stream: &str, context: &str, missing: &Ranges, has_them: bool) -> String {
    let way_out = if has_them {
        format!("this ledger has them: {}", mend(stream))
    } else {
        format!(
            "this ledger does not have them either: stop {context}, put a backup of {context}.redb that has them in its \
             place, and start it again"
        )
    };
    format!("{} missing from stream {stream}, and nobody can receive past that; {way_out}", told(missing))
}

fn told(events: &Ranges) -> String {
    if events.count() == 1 { format!("event {events} is") } else { format!("events {events} are") }
}

fn mend(stream: &str) -> String {
    format!("`rental-stack mend-stream {stream}` has all of it published anew (OPERATIONS.md: A stream has a hole)")
}
