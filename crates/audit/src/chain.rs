//! A journal read back from its stream, checked event by event.

use crate::Finding;
use rental_bus::record::{GENESIS, Hash, Message, Record};
use rental_bus::subjects;
use rental_model::{Context, RecordedEvent};

/// Follows the numbers and the hash chain of one journal.
///
/// After a finding it goes on with what the stream claims, so that one damage
/// is one finding and not one for every event behind it.
#[derive(Debug)]
pub struct Chain {
    of: Context,
    last: u64,
    hash: Hash,
}

impl Chain {
    pub const fn new(of: Context) -> Self {
        Self { of, last: 0, hash: GENESIS }
    }

    /// The number of the last event it has seen.
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// Takes the next message; answers with the event if it can be read, and with what is wrong.
    pub fn next(&mut self, message: &Message) -> (Option<RecordedEvent>, Option<Finding>) {
        let (of, number) = (self.of, message.number);
        // A broker may say any number.
        let next = self.last.saturating_add(1);
        let missing = (number > next).then(|| Finding::Missing { of, from: next, to: number - 1 });
        let record = Record::from_message(message, self.hash);
        self.last = number;
        let claimed = message.hash();
        let finding = match (&record, missing) {
            (Ok(record), None) => {
                self.hash = record.hash;
                None
            }
            // Behind a hole the chain cannot be followed; the hole says it all.
            (_, Some(missing)) => Some(missing),
            (Err(why), None) => Some(Finding::Altered { of, number, why: why.to_string() }),
        };
        self.hash = claimed.unwrap_or(self.hash);
        let recorded = message.recorded(of).ok().map(|recorded| RecordedEvent {
            // A request's id is the cause of what it led to, and may look like anything.
            cause: recorded.cause.filter(|_| message.header(subjects::DIGEST).is_none()),
            ..recorded
        });
        (recorded, finding)
    }

    /// The stream is said to reach to `end`; what lies between was not delivered.
    pub fn end(&mut self, end: u64) -> Option<Finding> {
        let missing = (end > self.last).then(|| Finding::Missing { of: self.of, from: self.last + 1, to: end });
        self.last = self.last.max(end);
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rental_bus::record::Origin;
    use rental_model::{Event, OrderId, UnixMs, Won};

    fn journal(length: u64) -> Vec<Message> {
        let mut before = GENESIS;
        let message = |number| {
            let event = Event::FeeReceived {
                order: OrderId::new(number).unwrap(),
                amount: Won::new(10).unwrap(),
                by_hand: None,
            };
            let origin = Origin { cause: Some("ORDER:1".to_owned()), ..Origin::default() };
            let record = Record::new(number, &event, UnixMs(number), origin, before);
            before = record.hash;
            Message {
                number,
                subject: record.subject(),
                headers: record.headers().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                payload: record.body,
            }
        };
        (1..=length).map(message).collect()
    }

    fn findings(messages: &[Message]) -> Vec<String> {
        let mut chain = Chain::new(Context::Billing);
        messages.iter().filter_map(|message| chain.next(message).1).map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn a_whole_journal_has_no_findings() {
        assert!(findings(&journal(5)).is_empty());
    }

    #[test]
    fn a_hole_is_one_finding_that_names_its_ends() {
        let mut messages = journal(6);
        messages.drain(1..3);
        assert_eq!(findings(&messages), ["BILLING: events 2 to 3 are missing"]);
        assert_eq!(findings(&journal(6)[2..]), ["BILLING: events 1 to 2 are missing"]);
    }

    #[test]
    fn an_end_that_is_not_delivered_is_a_hole_too() {
        let mut chain = Chain::new(Context::Billing);
        for message in journal(2) {
            drop(chain.next(&message));
        }
        assert_eq!(chain.end(2), None);
        assert_eq!(chain.end(4), Some(Finding::Missing { of: Context::Billing, from: 3, to: 4 }));
    }

    /// Found by fuzzing: the largest number there is has none behind it.
    #[test]
    fn a_number_without_a_next_is_a_finding_and_no_panic() {
        let mut messages = journal(3);
        messages[1].number = u64::MAX;
        assert_eq!(findings(&messages), ["BILLING: events 2 to 18446744073709551614 are missing"]);
    }

    #[test]
    fn a_changed_amount_is_one_finding_that_names_the_event() {
        let mut messages = journal(4);
        let body = String::from_utf8_lossy(&messages[1].payload).replace("\"amount\":10", "\"amount\":99");
        messages[1].payload = body.into();
        assert_eq!(
            findings(&messages),
            ["BILLING:2 is not what was recorded there: journal and stream differ at event 2"]
        );
    }

    #[test]
    fn an_event_under_another_number_is_found() {
        let mut messages = journal(2);
        messages[1].payload = messages[0].payload.clone();
        assert_eq!(
            findings(&messages),
            ["BILLING:2 is not what was recorded there: event 2 of the stream calls itself 1"]
        );
    }

    #[test]
    fn the_cause_of_a_request_is_no_event() {
        let mut messages = journal(2);
        messages[1].headers.push((subjects::DIGEST.to_owned(), "ab".to_owned()));
        let mut chain = Chain::new(Context::Billing);
        let causes: Vec<_> = messages.iter().map(|message| chain.next(message).0.unwrap().cause).collect();
        assert_eq!(causes, [Some("ORDER:1".to_owned()), None]);
    }
}
