//! The program's own log, as the console shows it: the last thousand records.
//!
//! [`Sink`] is where tracing writes to; it never blocks and never grows. The
//! core has a [`Log`] of its own, told by messages like everything else.

use crate::text::sanitize;
use rental_model::UnixMs;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// How many records are kept.
const MOST_KEPT: usize = 1_000;

/// One record, sanitize to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogLine {
    pub(crate) at: UnixMs,
    pub(crate) level: Level,
    pub(crate) target: String,
    pub(crate) message: String,
}

/// The records as the console has them, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Log {
    lines: VecDeque<LogLine>,
    /// Warnings and errors that nobody has looked at.
    unseen: u64,
}

impl Log {
    pub(crate) const fn lines(&self) -> &VecDeque<LogLine> {
        &self.lines
    }

    /// How many warnings and errors came since somebody looked.
    pub(crate) const fn warnings(&self) -> u64 {
        self.unseen
    }

    pub(crate) const fn look(&mut self) {
        self.unseen = 0;
    }

    pub(crate) fn add(&mut self, line: LogLine) {
        if self.lines.len() == MOST_KEPT {
            self.lines.pop_front();
        }
        // More severe is less, for tracing.
        self.unseen += u64::from(line.level <= Level::WARN);
        self.lines.push_back(line);
    }
}

/// Where tracing's records go. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sink {
    waiting: Arc<Mutex<VecDeque<LogLine>>>,
    news: Arc<Notify>,
}

impl Sink {
    /// What was written since the last time; waits until there is something.
    pub(crate) async fn next(&self) -> Vec<LogLine> {
        loop {
            let written = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            if !written.is_empty() {
                return written.into();
            }
            self.news.notified().await;
        }
    }

    fn add(&self, line: LogLine) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() == MOST_KEPT {
            waiting.pop_front();
        }
        waiting.push_back(line);
        drop(waiting);
        self.news.notify_one();
    }
}

impl<S: Subscriber> Layer<S> for Sink {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut told = Told::default();
        event.record(&mut told);
        let metadata = event.metadata();
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        self.add(LogLine {
            at: UnixMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)),
            level: *metadata.level(),
            target: sanitize(metadata.target()),
            message: sanitize(&(told.message + &told.fields)),
        });
    }
}

/// An event's message, and its fields behind it.
#[derive(Default)]
struct Told {
    message: String,
    fields: String,
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt;

    fn line(number: usize, level: Level) -> LogLine {
        LogLine { at: UnixMs(0), level, target: "test".to_owned(), message: number.to_string() }
    }

    #[tokio::test]
    async fn what_is_logged_arrives_harmless_and_in_order() {
        let sink = Sink::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(sink.clone()), || {
            tracing::warn!(order = 17, "gone \u{1b}[2J");
            tracing::info!("back");
        });
        let lines = sink.next().await;
        assert_eq!((lines[0].level, lines[0].message.as_str()), (Level::WARN, "gone \u{fffd}[2J order=17"));
        assert_eq!((lines.len(), lines[1].message.as_str()), (2, "back"));
    }

    #[tokio::test]
    async fn neither_the_sink_nor_the_log_grows_beyond_its_bound() {
        let (sink, mut log) = (Sink::default(), Log::default());
        for number in 0..3 * MOST_KEPT {
            sink.add(line(number, Level::ERROR));
            log.add(line(number, if number % 2 == 0 { Level::WARN } else { Level::INFO }));
        }
        let lines = sink.next().await;
        assert_eq!((lines.len(), lines[0].message.as_str()), (MOST_KEPT, "2000"));
        assert_eq!((log.lines().len(), log.warnings()), (MOST_KEPT, 1_500));
    }
}
