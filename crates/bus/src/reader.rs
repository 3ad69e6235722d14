//! Receiving another context: a durable pull consumer, named after the listener.
//!
//! The listener's own position counts, not the consumer's: the consumer is
//! made anew behind that position whenever reading begins. Acknowledging tells
//! onlookers (`nats consumer report ORDER`) how far the listener is.

use crate::connection::Bus;
use crate::record::Message;
use crate::streams::{StreamError, from_delivery};
use crate::subjects;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use bytes::Bytes;
use futures_util::StreamExt;
use rental_model::Context;
use std::time::Duration;

/// How many unacknowledged messages a listener may have before it.
const WINDOW: i64 = 4096;

/// One listener's reading of one stream.
pub struct Reader {
    messages: pull::Stream,
    client: async_nats::Client,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reader")
    }
}

/// A message, and how to say that it and all before it are done with.
#[derive(Debug)]
pub struct Delivery {
    pub message: Message,
    pub done: Done,
}

/// Says that a message and all before it are done with.
#[derive(Debug, Clone)]
pub struct Done(Option<async_nats::Subject>);

impl Reader {
    /// Begins reading `source` with event `from`.
    pub async fn open(bus: &Bus, source: Context, listener: Context, from: u64) -> Result<Self, StreamError> {
        let failed = |error: async_nats::Error| StreamError::new("the stream cannot be heard", error);
        let stream = bus
            .jetstream()
            .get_stream(source.stream().unwrap_or_default())
            .await
            .map_err(|error| failed(error.into()))?;
        let name = subjects::consumer(listener);
        // Gone already is as good; anything else shows in the creation below.
        let _ = stream.delete_consumer(name).await;
        let config = pull::Config {
            durable_name: Some(name.to_owned()),
            description: Some(format!("{listener} receives {source}")),
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: from.max(1) },
            ack_policy: AckPolicy::All,
            max_deliver: -1,
            max_ack_pending: WINDOW,
            ..pull::Config::default()
        };
        let consumer = stream.create_consumer(config).await.map_err(|error| failed(error.into()))?;
        let messages = consumer
            .stream()
            .max_messages_per_batch(256)
            .heartbeat(Duration::from_secs(2))
            .expires(Duration::from_secs(10))
            .messages()
            .await
            .map_err(|error| failed(error.into()))?;
        Ok(Self { messages, client: bus.client() })
    }

    /// The next message. After an error, open a new reader.
    pub async fn next(&mut self) -> Result<Delivery, StreamError> {
        let failed = |error: async_nats::Error| StreamError::new("hearing was interrupted", error);
        match self.messages.next().await {
            Some(Ok(message)) => {
                let number = message.info().map_err(failed)?.stream_sequence;
                let done = Done(message.reply.clone());
                Ok(Delivery { message: from_delivery(number, &message), done })
            }
            Some(Err(error)) => Err(failed(error.into())),
            None => Err(failed("the consumer is gone".into())),
        }
    }

    /// The acknowledger to use for this reader's messages.
    pub fn acknowledger(&self) -> Acknowledger {
        Acknowledger { client: self.client.clone() }
    }
}

/// Acknowledges messages of a [`Reader`].
#[derive(Debug, Clone)]
pub struct Acknowledger {
    client: async_nats::Client,
}

impl Acknowledger {
    pub async fn done(&self, done: Done) {
        if let Some(subject) = done.0 {
            // Lost acknowledgements cost nothing: the listener's own position counts.
            let _ = self.client.publish(subject, Bytes::from_static(b"+ACK")).await;
        }
    }
}
