//! The log, on stderr. It never ends anything: what cannot be written is left out and
//! counted, and a reader that does not read is not waited for.

use crate::arguments::{Arguments, LogFormat};
use rental_model::Context;
use std::io::IsTerminal;
use std::time::Duration;
use tracing::{Event, Subscriber};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{Format, FormatEvent, FormatFields, Json, Writer};
use tracing_subscriber::registry::LookupSpan;

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
    pub(crate) fn start(arguments: &Arguments) -> Self {
        let filter = filter(std::env::var("RUST_LOG").ok().as_deref());
        // A thread of its own writes, and goes on whatever becomes of a line.
        let writer = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING_LINES);
        let (stderr, writer) = writer.finish(std::io::stderr());
        let lost = stderr.error_counter();
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).log_internal_errors(false);
        match arguments.log_format {
            LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
            LogFormat::Json => log.json().event_format(NamedJson::new(arguments.context)).init(),
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

/// What is logged: what `RUST_LOG` says, else `info`.
///
/// The broker's client reports every attempt to connect, which is what the bus
/// tells once a minute, with the cause. It is received only if it is asked for.
pub(crate) fn filter(wanted: Option<&str>) -> EnvFilter {
    let wanted = wanted.filter(|wanted| !wanted.trim().is_empty()).unwrap_or("info");
    let wants_client = ["async_nats", "debug", "trace"].iter().any(|word| wanted.to_lowercase().contains(word));
    let filter = if wants_client { wanted.to_owned() } else { format!("{wanted},async_nats=off") };
    EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info,async_nats=off"))
}

/// One JSON object a line, which names the context: five workers may log to one place.
pub(crate) struct NamedJson {
    json: Format<Json>,
    context: Context,
}

impl NamedJson {
    pub(crate) fn new(context: Context) -> Self {
        Self { json: Format::default().json(), context }
    }
}

impl<S, N> FormatEvent<S, N> for NamedJson
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> std::fmt::Result {
        let mut line = String::new();
        self.json.format_event(context, Writer::new(&mut line), event)?;
        let rest = line.strip_prefix('{').ok_or(std::fmt::Error)?;
        write!(to, "{{\"context\":\"{}\",{rest}", self.context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_an_object_that_names_the_context() {
        let lines = Lines::default();
        let to = lines.clone();
        let log = tracing_subscriber::fmt().json().event_format(NamedJson::new(Context::Billing));
        tracing::subscriber::with_default(log.with_writer(move || to.clone()).finish(), || {
            tracing::info!(events = 3, "shipped");
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let line: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
        assert_eq!((&line["context"], &line["fields"]["events"]), (&"billing".into(), &3.into()));
    }

    #[test]
    fn the_clients_own_words_are_left_out_unless_they_are_wanted() {
        for plain in [None, Some(""), Some("info"), Some("warn,rental_bus=info")] {
            assert!(filter(plain).to_string().contains("async_nats=off"), "{plain:?}");
        }
        for wanted in ["debug", "info,async_nats=info", "TRACE"] {
            assert!(!filter(Some(wanted)).to_string().contains("async_nats=off"), "{wanted}");
        }
    }
}
