//! What is counted and measured, as Prometheus reads it.

use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use rental_bus::streams::PublishOutcome;
use rental_model::{Code, Context, Refusal};
use std::borrow::Cow;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Bounds of the histograms, in seconds: from a commit on a fast disk to one that is nearly given up.
const BUCKETS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    endpoint: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Source {
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Durable {
    durable: &'static str,
}

type U64Gauge = Gauge<u64, AtomicU64>;
type F64Gauge = Gauge<f64, AtomicU64>;

/// The metrics of one worker.
pub(crate) struct Metrics {
    registry: Registry,
    commands: Family<Request, Counter>,
    queries: Family<Request, Counter>,
    published: Family<Outcome, Counter>,
    received: Family<Source, Counter>,
    commits: Family<Durable, Histogram, fn() -> Histogram>,
    publications: Histogram,
    connections: Counter,
    recorded: Counter,
    levels: Levels,
}

/// What is looked up when somebody asks.
#[derive(Debug, Default)]
struct Levels {
    is_live: U64Gauge,
    is_serving: U64Gauge,
    is_connected: U64Gauge,
    journal: U64Gauge,
    unpublished: U64Gauge,
    behind: F64Gauge,
    lag: Family<Source, U64Gauge>,
    parked: U64Gauge,
    alerts: U64Gauge,
    uptime: F64Gauge,
    started: F64Gauge,
    file_bytes: U64Gauge,
    free_bytes: U64Gauge,
}

/// A worker as it is when it is asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Level {
    pub(crate) is_live: bool,
    pub(crate) is_serving: bool,
    pub(crate) is_connected: bool,
    pub(crate) journal: u64,
    pub(crate) unpublished: u64,
    pub(crate) behind: Duration,
    /// How many events of each context are not received yet; without those that are not known.
    pub(crate) lag: Vec<(Context, u64)>,
    pub(crate) parked: u64,
    pub(crate) alerts: u64,
    pub(crate) uptime: Duration,
    pub(crate) file_bytes: u64,
    pub(crate) free_bytes: u64,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Metrics {
    pub(crate) fn new(context: Context, started: Duration) -> Self {
        let labels = [(Cow::from("context"), Cow::from(context.name()))];
        let mut metrics = Self {
            registry: Registry::with_prefix_and_labels("rental", labels.into_iter()),
            commands: Family::default(),
            queries: Family::default(),
            published: Family::default(),
            received: Family::default(),
            commits: Family::new_with_constructor(histogram),
            publications: histogram(),
            connections: Counter::default(),
            recorded: Counter::default(),
            levels: Levels::default(),
        };
        metrics.levels.started.set(started.as_secs_f64());
        metrics.register();
        metrics
    }

    /// The library ends each help with a full stop.
    fn register(&mut self) {
        let Self { registry, levels, .. } = self;
        registry.register("commands", "Commands answered, by endpoint and outcome", self.commands.clone());
        registry.register("queries", "Queries answered, by endpoint and outcome", self.queries.clone());
        registry.register("events_recorded", "Events this process recorded in its journal", self.recorded.clone());
        registry.register("events_published", "Publications to the own stream, by outcome", self.published.clone());
        registry.register(
            "events_received",
            "Events received of each context, repetitions included",
            self.received.clone(),
        );
        let (commits, publications) = (self.commits.clone(), self.publications.clone());
        let seconds = || Unit::Seconds;
        registry.register_with_unit("commit_duration", "How long commits took", seconds(), commits);
        registry.register_with_unit(
            "publish_duration",
            "From a publication to the broker's word on it",
            seconds(),
            publications,
        );
        registry.register("connections", "Connections made to a broker", self.connections.clone());
        registry.register("live", "1 while the engine turns", levels.is_live.clone());
        registry.register("serving", "1 while commands are taken", levels.is_serving.clone());
        registry.register("connected", "1 while there is a broker", levels.is_connected.clone());
        registry.register("journal_events", "Events in the journal", levels.journal.clone());
        registry.register(
            "unpublished_events",
            "Events the own stream is not known to hold",
            levels.unpublished.clone(),
        );
        registry.register("lag_events", "Events of each context that are not received yet", levels.lag.clone());
        registry.register_with_unit(
            "behind",
            "How long the oldest event has waited to be published or received; 0 if none waits",
            seconds(),
            levels.behind.clone(),
        );
        registry.register("parked_messages", "Messages that wait for staff", levels.parked.clone());
        registry.register("alerts", "What is wrong, as rental status tells it", levels.alerts.clone());
        registry.register_with_unit("uptime", "Since the process started", seconds(), levels.uptime.clone());
        registry.register_with_unit("start_time", "When the process started", seconds(), levels.started.clone());
        registry.register_with_unit("data_file", "Size of the data file", Unit::Bytes, levels.file_bytes.clone());
        registry.register_with_unit(
            "disk_free",
            "Free on the data file's disk",
            Unit::Bytes,
            levels.free_bytes.clone(),
        );
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", build);
    }

    /// A command or query was answered.
    pub(crate) fn answered<T>(&self, endpoint: &str, is_command: bool, answer: &Result<T, Refusal>) {
        let request = Request { endpoint: endpoint.to_owned(), outcome: outcome(answer) };
        let of = if is_command { &self.commands } else { &self.queries };
        of.get_or_create(&request).inc();
    }

    pub(crate) fn published(&self, outcome: &PublishOutcome, took: Duration) {
        let outcome = match outcome {
            PublishOutcome::Stored => "stored",
            PublishOutcome::Refused => "refused",
            PublishOutcome::Declined(_) => "declined",
            PublishOutcome::Silent => "silent",
            PublishOutcome::Unknown(_) => "unknown",
        };
        self.published.get_or_create(&Outcome { outcome }).inc();
        self.publications.observe(took.as_secs_f64());
    }

    pub(crate) fn received(&self, source: Context) {
        self.received.get_or_create(&Source { source: source.name() }).inc();
    }

    pub(crate) fn committed(&self, is_durable: bool, took: Duration) {
        let durable = if is_durable { "true" } else { "false" };
        self.commits.get_or_create(&Durable { durable }).observe(took.as_secs_f64());
    }

    pub(crate) fn connected(&self) {
        self.connections.inc();
    }

    /// The journal has grown to `journal` events, from `before`.
    pub(crate) fn recorded(&self, before: u64, journal: u64) {
        self.recorded.inc_by(journal.saturating_sub(before));
    }

    /// All of it, in the text format 0.0.4.
    pub(crate) fn text(&self, level: &Level) -> String {
        let levels = &self.levels;
        levels.is_live.set(level.is_live.into());
        levels.is_serving.set(level.is_serving.into());
        levels.is_connected.set(level.is_connected.into());
        levels.journal.set(level.journal);
        levels.unpublished.set(level.unpublished);
        levels.behind.set(level.behind.as_secs_f64());
        levels.lag.clear();
        for (source, lag) in &level.lag {
            levels.lag.get_or_create(&Source { source: source.name() }).set(*lag);
        }
        levels.parked.set(level.parked);
        levels.alerts.set(level.alerts);
        levels.uptime.set(level.uptime.as_secs_f64());
        levels.file_bytes.set(level.file_bytes);
        levels.free_bytes.set(level.free_bytes);
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = prometheus_text::encode(&mut text, &self.registry);
        text
    }
}

fn outcome<T>(answer: &Result<T, Refusal>) -> &'static str {
    match answer.as_ref().map_err(|refusal| refusal.code) {
        Ok(_) => "ok",
        Err(Code::Malformed) => "malformed",
        Err(Code::Unknown) => "unknown",
        Err(Code::Conflict) => "conflict",
        Err(Code::Failed) => "failed",
        Err(Code::Unavailable) => "unavailable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<&str> {
        text.lines().filter(|line| !line.starts_with('#')).collect()
    }

    #[test]
    fn what_happened_is_counted_under_the_fields_names() {
        let metrics = Metrics::new(Context::Order, Duration::from_secs(1_700_000_000));
        metrics.answered("request", true, &Ok(()));
        metrics.answered("request", true, &Ok(()));
        metrics.answered("request", true, &Err::<(), _>(Refusal::malformed("no")));
        metrics.published(&PublishOutcome::Stored, Duration::from_millis(3));
        metrics.committed(true, Duration::from_millis(4));
        let level = Level { lag: vec![(Context::Billing, 7)], is_live: true, ..Level::default() };
        let text = metrics.text(&level);
        let lines = lines(&text);
        for line in [
            r#"rental_commands_total{context="order",endpoint="request",outcome="ok"} 2"#,
            r#"rental_commands_total{context="order",endpoint="request",outcome="malformed"} 1"#,
            r#"rental_events_published_total{context="order",outcome="stored"} 1"#,
            r#"rental_publish_duration_seconds_count{context="order"} 1"#,
            r#"rental_commit_duration_seconds_bucket{context="order",durable="true",le="0.005"} 1"#,
            r#"rental_lag_events{context="order",source="billing"} 7"#,
            r#"rental_live{context="order"} 1"#,
            r#"rental_build_info{context="order",version="0.1.0"} 1"#,
        ] {
            assert!(lines.contains(&line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_lag_that_is_not_known_any_more_is_not_told() {
        let metrics = Metrics::new(Context::Order, Duration::ZERO);
        metrics.text(&Level { lag: vec![(Context::Billing, 7)], ..Level::default() });
        assert!(!metrics.text(&Level::default()).contains("billing"));
    }
}
