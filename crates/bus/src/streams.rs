//! A context's own stream: the copy of its journal that others receive.

use crate::connection::Bus;
use crate::record::{Message, Record};
use crate::subjects;
use async_nats::HeaderMap;
use async_nats::jetstream::context::{PublishAckFuture, PublishErrorKind};
use async_nats::jetstream::message::{PublishMessage, StreamMessage};
use async_nats::jetstream::stream::{Config, RetentionPolicy, StorageType, Stream};
use rental_model::Context;

/// Events are small; anything larger is not one of ours.
const LARGEST_EVENT_BYTES: i32 = 64 * 1024;

/// The broker did not do what was asked. Nothing is known: ask again.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {source}")]
pub struct StreamError {
    what: &'static str,
    source: async_nats::Error,
}

impl StreamError {
    pub(crate) fn new(what: &'static str, source: async_nats::Error) -> Self {
        Self { what, source }
    }

    /// Whether nobody at the broker deals with streams: `JetStream` is off.
    pub fn is_without_streams(&self) -> bool {
        let text = crate::with_causes(self).to_lowercase();
        // The client's words for nobody who answers, and the broker's own.
        ["no responders", "jetstream unavailable", "jetstream not enabled"].iter().any(|words| text.contains(words))
    }
}

fn failed<E: Into<async_nats::Error>>(what: &'static str) -> impl FnOnce(E) -> StreamError {
    move |source| StreamError { what, source: source.into() }
}

/// The settings of a context's stream; none for a context without one.
pub(crate) fn settings(context: Context, replicas: usize) -> Option<Config> {
    Some(Config {
        name: context.stream()?.to_owned(),
        description: Some(format!("The journal of the {context} context: event n is message n")),
        subjects: vec![subjects::events_of(context)],
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        num_replicas: replicas,
        max_message_size: LARGEST_EVENT_BYTES,
        deny_delete: true,
        deny_purge: true,
        allow_direct: true,
        ..Config::default()
    })
}

/// Where a stream ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// The number of its last event, 0 if it has none.
    pub last: u64,
    /// The number of the oldest event it still has.
    pub first: u64,
    /// Which broker of a cluster leads it; none without a cluster, or while nobody is elected.
    pub leader: Option<String>,
    /// How many brokers have all of it.
    pub copies: usize,
}

/// What became of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishOutcome {
    /// Stored, under the expected number.
    Stored,
    /// The stream does not end where we thought: look again.
    Refused,
    /// The broker did not take it, for a reason of its own; in its words.
    Declined(String),
    /// It reached the broker, as far as anybody knows, and no answer came in time.
    Silent,
    /// It may be stored or not: the connection was lost.
    Unknown(String),
}

impl Bus {
    /// Creates the context's stream, or brings its settings up to date.
    pub async fn ensure_stream(&self, context: Context, replicas: usize) -> Result<(), StreamError> {
        let Some(config) = settings(context, replicas) else { return Ok(()) };
        self.jetstream().create_or_update_stream(config).await.map_err(failed("the stream cannot be created"))?;
        Ok(())
    }

    pub(crate) async fn stream(&self, context: Context) -> Result<Stream, StreamError> {
        self.jetstream()
            .get_stream(context.stream().unwrap_or_default())
            .await
            .map_err(failed("the stream cannot be found"))
    }

    /// Where the context's stream ends now.
    pub async fn tip(&self, context: Context) -> Result<Tip, StreamError> {
        let stream = self.stream(context).await?;
        let info = stream.cached_info();
        let leader = info.cluster.as_ref().and_then(|cluster| cluster.leader.clone());
        let others = info.cluster.iter().flat_map(|cluster| &cluster.replicas);
        let copies = 1 + others.filter(|broker| broker.current && !broker.offline).count();
        Ok(Tip { last: info.state.last_sequence, first: info.state.first_sequence, leader, copies })
    }

    /// Message `number` of the context's stream, as the stream's leader has it.
    pub async fn message(&self, context: Context, number: u64) -> Result<Message, StreamError> {
        let stream = self.stream(context).await?;
        let message = stream.get_raw_message(number).await.map_err(failed("an event cannot be read"))?;
        Ok(raw(message))
    }

    /// Publishes `record` behind event `number - 1`, which must be the stream's last.
    ///
    /// Returns once it is on its way; the ticket tells what became of it.
    pub async fn publish(&self, record: &Record) -> Ticket {
        let mut headers = HeaderMap::new();
        for (name, value) in record.headers() {
            headers.insert(name, value.as_str());
        }
        let publish = PublishMessage::build()
            .headers(headers)
            .payload(record.body.clone())
            .expected_last_sequence(record.number - 1);
        let outcome = self.jetstream().send_publish(record.subject(), publish).await;
        Ticket { number: record.number, outcome: outcome.map_err(|error| error.to_string()) }
    }
}

/// A publication on its way.
#[derive(Debug)]
pub struct Ticket {
    number: u64,
    outcome: Result<PublishAckFuture, String>,
}

impl Ticket {
    /// Waits for the broker's word.
    pub async fn outcome(self) -> PublishOutcome {
        let ack = match self.outcome {
            Ok(ack) => ack,
            Err(why) => return PublishOutcome::Unknown(why),
        };
        match ack.await {
            Ok(ack) if ack.sequence == self.number => PublishOutcome::Stored,
            Ok(_) => PublishOutcome::Refused,
            Err(error) => match error.kind() {
                PublishErrorKind::WrongLastSequence => PublishOutcome::Refused,
                PublishErrorKind::TimedOut => PublishOutcome::Silent,
                PublishErrorKind::Other => PublishOutcome::Declined(words(&error)),
                _ => PublishOutcome::Unknown(error.to_string()),
            },
        }
    }
}

/// The broker's own words, without what the client has put around them.
fn words(error: &async_nats::jetstream::context::PublishError) -> String {
    use std::error::Error;
    let source = error.source().map(ToString::to_string);
    source.unwrap_or_else(|| error.to_string())
}

pub(crate) fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    headers.iter().flat_map(|(name, values)| values.iter().map(|v| (name.to_string(), v.to_string()))).collect()
}

fn raw(message: StreamMessage) -> Message {
    Message {
        number: message.sequence,
        subject: message.subject.to_string(),
        headers: pairs(&message.headers),
        payload: message.payload,
    }
}

pub(crate) fn from_delivery(number: u64, message: &async_nats::jetstream::Message) -> Message {
    Message {
        number,
        subject: message.subject.to_string(),
        headers: message.headers.as_ref().map(pairs).unwrap_or_default(),
        payload: message.payload.clone(),
    }
}
