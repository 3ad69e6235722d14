//! The contexts' workers: how each is, and what waits for staff.

use crate::core::backlog::Backlog;
use crate::core::commands::why;
use crate::i18n::Arg;
use crate::widgets::cursor::Cursor;
use rental_bus::CallError;
use rental_bus::status::{ContextStatus, Parked, ParkedList};
use rental_model::{Context, UnixMs};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The longest message that is shown; the rest is counted.
const LONGEST: usize = 8_192;

/// Names a parked item: whose it is, and its id there.
pub(crate) type ItemKey = (Context, u64);

/// What is known of one worker.
#[derive(Debug, Default)]
pub(crate) struct Worker {
    /// What it told last.
    pub(crate) status: Option<ContextStatus>,
    /// When that was.
    pub(crate) told_at: Option<UnixMs>,
    /// How many requests and events it handled per second, between its last two answers.
    pub(crate) rate: Option<u64>,
    /// Why it has not answered since, if it has not.
    pub(crate) silent: Option<Arg>,
    /// When it last answered, or was known not to.
    pub(crate) received_of: Option<UnixMs>,
    /// What it had to do some time ago and has not done yet.
    pub(crate) backlog: Option<Backlog>,
}

impl Worker {
    /// Takes in what it told, or why it told nothing.
    pub(crate) fn tell(&mut self, answer: Result<ContextStatus, Arg>, now: UnixMs) {
        self.received_of = Some(now);
        match answer {
            Ok(status) => {
                self.rate = self.rate(&status, now);
                self.backlog = Backlog::next(self.backlog.take(), &status, now);
                (self.silent, self.told_at) = (None, Some(now));
                self.status = Some(status);
            }
            Err(why) => (self.silent, self.rate, self.backlog) = (Some(why), None, None),
        }
    }

    /// What it has handled per second since its last answer; none if it was started again since.
    fn rate(&self, status: &ContextStatus, now: UnixMs) -> Option<u64> {
        let before = self.status.as_ref().filter(|before| before.uptime_ms <= status.uptime_ms)?;
        let passed_ms = now.0.checked_sub(self.told_at?.0).filter(|passed| *passed > 0)?;
        Some(status.handled.saturating_sub(before.handled).saturating_mul(1_000).div_ceil(passed_ms))
    }
}

/// All workers, and the items they parked.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    known: BTreeMap<Context, Worker>,
    parked: BTreeMap<ItemKey, Parked>,
    pub(crate) cursor: Cursor<ItemKey>,
}

impl Workers {
    pub(crate) fn get(&self, context: Context) -> Option<&Worker> {
        self.known.get(&context)
    }

    /// The parked items, by context and id.
    pub(crate) const fn parked(&self) -> &BTreeMap<ItemKey, Parked> {
        &self.parked
    }

    pub(crate) fn keys(&self) -> Vec<ItemKey> {
        self.parked.keys().copied().collect()
    }

    /// The item under the cursor.
    pub(crate) fn selected(&self) -> Option<ItemKey> {
        self.cursor.on(&self.keys())
    }

    /// Takes an answer in; tells whether the items it parked should be asked for.
    pub(crate) fn told(
        &mut self,
        context: Context,
        answer: &Result<Box<ContextStatus>, CallError>,
        now: UnixMs,
    ) -> bool {
        let told = answer.as_ref().map(|status| (**status).clone()).map_err(why);
        self.known.entry(context).or_default().tell(told, now);
        let has_parked = answer.as_ref().is_ok_and(|status| status.parked > 0);
        if answer.is_ok() && !has_parked {
            self.parked.retain(|(whose, _), _| *whose != context);
        }
        has_parked
    }

    /// The connection has come anew: what was told before it went is no longer known to be so.
    pub(crate) fn doubt(&mut self) {
        self.known.values_mut().for_each(|worker| worker.received_of = None);
    }

    /// Takes the items of one context in.
    pub(crate) fn fill(&mut self, context: Context, list: ParkedList) {
        self.parked.retain(|(whose, _), _| *whose != context);
        self.parked.extend(list.parked.into_iter().map(|item| ((context, item.id), item)));
    }
}

/// The bytes of an item that are shown, and how many more there are.
pub(crate) fn payload(item: &Parked) -> (String, usize) {
    let Ok(bytes) = data_encoding::BASE64.decode(item.payload.as_bytes()) else {
        return (escaped(item.payload.as_bytes()), 0);
    };
    let shown = bytes.len().min(LONGEST);
    (escaped(&bytes[..shown]), bytes.len() - shown)
}

/// Text as it is; everything that is not visible text as an escape that says what it is.
fn escaped(bytes: &[u8]) -> String {
    let mut shown = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut buffer = [0; 4];
            let text: &str = c.encode_utf8(&mut buffer);
            match c {
                '\\' => shown.push_str("\\\\"),
                _ if crate::text::sanitize(text) == text => shown.push(c),
                _ => shown.extend(c.escape_default()),
            }
        }
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::serving;

    #[test]
    fn the_rate_is_what_was_handled_between_two_answers_of_one_life() {
        let mut workers = Workers::default();
        let mut told = |handled, uptime_ms, at| {
            let status = ContextStatus { handled, uptime_ms, ..serving(Context::Order, 0) };
            workers.told(Context::Order, &Ok(Box::new(status)), UnixMs(at));
            workers.get(Context::Order).unwrap().rate
        };
        assert_eq!(told(100, 5_000, 1_000), None, "nothing to compare with");
        assert_eq!(told(350, 7_000, 3_000), Some(125));
        assert_eq!(told(3, 200, 5_000), None, "it was started again");
    }

    #[test]
    fn bytes_are_shown_as_what_they_are() {
        assert_eq!(escaped("{\"이름\": 1}".as_bytes()), "{\"이름\": 1}");
        assert_eq!(escaped(b"\x1b[2J\n\\ \xff\x00"), "\\u{1b}[2J\\n\\\\ \\xff\\u{0}");
        assert_eq!(escaped("\u{202e}evil\u{200b}".as_bytes()), "\\u{202e}evil\\u{200b}");
    }
}
