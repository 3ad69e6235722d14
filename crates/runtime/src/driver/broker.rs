//! What the broker does not do, as far as this worker notices, and when to try again.

use rental_bus::Backoff;
use rental_bus::status::{Alert, alert};
use rental_bus::streams::{PublishOutcome, StreamError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// After how many publications without an answer, in a row, people are told.
const SILENCES_UNTIL_SAID: u32 = 2;
/// After how many questions in vain, in a row, people are told that there are no streams: a
/// broker that starts takes a moment to have them.
const QUESTIONS_UNTIL_SAID: u32 = 5;

/// Clones share what is known.
#[derive(Debug, Clone)]
pub(super) struct BrokerHealth {
    stream: &'static str,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    alerts: BTreeMap<&'static str, String>,
    backoff: Backoff,
    /// Which query where the stream ends the last failure belongs to: of the many
    /// publications behind one query the first failure counts.
    counted: u64,
    /// The lowest event that was not taken.
    waiting: Option<u64>,
    silences: u32,
    questions: u32,
}

impl BrokerHealth {
    pub(super) fn new(stream: Option<&'static str>) -> Self {
        Self { stream: stream.unwrap_or_default(), known: Arc::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what became of a publication.
    pub(super) fn published(&self, epoch: u64, number: u64, outcome: &PublishOutcome) {
        let mut known = self.known();
        match outcome {
            PublishOutcome::Stored => known.takes_events(self.stream),
            // Not a fault of the broker's.
            PublishOutcome::Refused => {}
            PublishOutcome::Declined(_) | PublishOutcome::Silent | PublishOutcome::Unknown(_) => {
                known.waiting = Some(known.waiting.map_or(number, |waiting| waiting.min(number)));
                if known.counted < epoch {
                    known.counted = epoch;
                    known.backoff.failed();
                    known.refused(self.stream, outcome);
                }
            }
        }
    }

    /// Notes that the own stream ends with event `last`, or why it did not say.
    pub(super) fn asked(&self, answer: Result<u64, &StreamError>) {
        let mut known = self.known();
        match answer {
            Ok(last) => {
                known.questions = 0;
                known.over(alert::BROKER_HAS_NO_STREAMS);
                // Taken after all: only the word of it was lost.
                if known.waiting.is_some_and(|waiting| waiting <= last) {
                    known.takes_events(self.stream);
                }
            }
            Err(error) => {
                known.backoff.failed();
                known.questions += 1;
                if known.questions >= QUESTIONS_UNTIL_SAID && error.is_without_streams() {
                    known.tell(alert::BROKER_HAS_NO_STREAMS, || {
                        format!(
                            "the broker has no streams: {}; switch JetStream on (nats.conf does) and restart the \
                             broker; what is recorded waits here and goes out by itself",
                            rental_bus::with_causes(error)
                        )
                    });
                }
            }
        }
    }

    /// How long to wait before the stream is asked where it ends.
    pub(super) fn pause(&self) -> Duration {
        let known = self.known();
        if known.backoff.failures() == 0 { Duration::ZERO } else { known.backoff.again() }
    }

    /// The broker was away: whatever was wrong may be over.
    pub(super) fn is_back(&self) {
        self.known().backoff.worked();
    }

    pub(super) fn alerts(&self) -> Vec<Alert> {
        let known = self.known();
        let alert = |(code, message): (&&str, &String)| Alert { code: (*code).to_owned(), message: message.clone() };
        known.alerts.iter().map(alert).collect()
    }
}

impl Known {
    fn refused(&mut self, stream: &str, outcome: &PublishOutcome) {
        match outcome {
            PublishOutcome::Declined(words) if words.contains("no space left") => self.tell(alert::BROKER_NEEDS_RESTART, || {
                format!(
                    "the broker cannot store: stream {stream} takes nothing ({words}); make room on the broker's disk, \
                     then restart the broker: it does not go on by itself; what is recorded waits here"
                )
            }),
            PublishOutcome::Declined(words) => self.tell(alert::BROKER_CANNOT_STORE, || {
                format!(
                    "the broker cannot store: stream {stream} takes nothing ({words}); make room on the broker's disk, \
                     or raise max_file_store in nats.conf and reload it; what is recorded waits here and goes out by \
                     itself"
                )
            }),
            PublishOutcome::Silent => {
                self.silences += 1;
                if self.silences >= SILENCES_UNTIL_SAID {
                    self.tell(alert::BROKER_NEEDS_RESTART, || {
                        format!(
                            "the broker cannot store: stream {stream} tells where it ends and takes nothing, without a \
                             word (its log has the reason: mostly its disk is or was full); make room, then restart \
                             the broker: it does not go on by itself; what is recorded waits here"
                        )
                    });
                }
            }
            PublishOutcome::Stored | PublishOutcome::Refused | PublishOutcome::Unknown(_) => {}
        }
    }

    fn takes_events(&mut self, stream: &str) {
        self.backoff.worked();
        (self.silences, self.waiting) = (0, None);
        let was_told = self.over(alert::BROKER_CANNOT_STORE) | self.over(alert::BROKER_NEEDS_RESTART);
        if was_told {
            tracing::info!("stream {stream} takes events again");
        }
    }

    /// Says it once, until it is over.
    fn tell(&mut self, code: &'static str, text: impl FnOnce() -> String) {
        self.alerts.entry(code).or_insert_with(|| {
            let text = text();
            tracing::error!(alert = code, "{text}");
            text
        });
    }

    fn over(&mut self, code: &str) -> bool {
        self.alerts.remove(code).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(health: &BrokerHealth) -> Vec<String> {
        health.alerts().into_iter().map(|alert| alert.code).collect()
    }

    #[test]
    fn what_the_broker_says_is_told_until_it_takes_events_again() {
        let health = BrokerHealth::new(Some("ORDER"));
        assert_eq!(health.pause(), Duration::ZERO);
        for number in 7..100 {
            health.published(1, number, &PublishOutcome::Declined("insufficient resources".to_owned()));
        }
        assert_eq!(codes(&health), [alert::BROKER_CANNOT_STORE]);
        assert!(health.alerts()[0].message.contains("(insufficient resources)"));
        // Many publications behind one query are one failure.
        assert!(health.pause() > Duration::ZERO && health.pause() < Duration::from_secs(1));
        health.published(2, 7, &PublishOutcome::Stored);
        assert_eq!((codes(&health), health.pause()), (vec![], Duration::ZERO));
    }

    #[test]
    fn a_broker_that_says_nothing_must_be_restarted() {
        let health = BrokerHealth::new(Some("ORDER"));
        health.published(1, 7, &PublishOutcome::Silent);
        assert_eq!(codes(&health), [""; 0], "once may be chance");
        health.asked(Ok(6));
        health.published(2, 7, &PublishOutcome::Silent);
        assert_eq!(codes(&health), [alert::BROKER_NEEDS_RESTART]);
        health.asked(Ok(6));
        assert_eq!(codes(&health), [alert::BROKER_NEEDS_RESTART]);
        health.asked(Ok(7));
        assert_eq!(codes(&health), [""; 0], "it had taken the event after all");
    }

    #[test]
    fn words_about_space_name_the_restart() {
        let health = BrokerHealth::new(Some("ORDER"));
        health.published(1, 7, &PublishOutcome::Declined("write 1.blk: no space left on device".to_owned()));
        assert_eq!(codes(&health), [alert::BROKER_NEEDS_RESTART]);
    }
}
