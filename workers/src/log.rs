//! The log, on stderr. It never ends anything: what cannot be written is left out and
//! counted, and a reader that does not read is not waited for.

use crate::arguments::LogFormat;
use std::io::IsTerminal;
use std::time::Duration;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// How many lines may wait to be written; more are left out.
const WAITING_LINES: usize = 8_192;
/// How often it is told how many were left out, while some are.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// The running log; what waits is written when this is dropped, if it can be.
pub(crate) struct Log {
    lost: ErrorCounter,
    _writer: WorkerGuard,
}

impl Log {
    /// Logs from here on, panics too.
    pub(crate) fn start(format: LogFormat) -> Self {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        // A thread of its own writes, and goes on whatever becomes of a line.
        let writer = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING_LINES);
        let (stderr, writer) = writer.finish(std::io::stderr());
        let lost = stderr.error_counter();
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).log_internal_errors(false);
        match format {
            LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
            LogFormat::Json => log.json().init(),
        }
        // The usual words of a panic go to stderr past the log, and would wait for its reader.
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "panic: {}", panic.payload_as_str().unwrap_or("no reason given"));
        }));
        Self { lost, _writer: writer }
    }

    /// Tells how many lines were left out, for ever.
    pub(crate) fn tell_losses(&self) -> impl Future<Output = ()> + Send + 'static {
        let (lost, mut told) = (self.lost.clone(), 0);
        async move {
            loop {
                tokio::time::sleep(TELL_EVERY).await;
                let now = lost.dropped_lines();
                if now > told {
                    tracing::warn!(lines = now - told, "left out of the log: it was not read fast enough");
                }
                told = now;
            }
        }
    }
}
