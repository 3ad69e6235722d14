//! Following the events live, for people: no durable state, resumes by itself.

use crate::connection::Bus;
use crate::record::Message;
use crate::streams::{StreamError, from_delivery};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use futures_util::StreamExt;
use rental_model::event::Unreadable;
use rental_model::{Context, Fact};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// What following the events brings.
#[derive(Debug, Clone)]
pub enum Seen {
    Event(Box<Fact>),
    /// A message that is not one of our events.
    Unreadable {
        source: Context,
        number: u64,
        why: Unreadable,
    },
    /// The stream was made anew and ends before what was already seen: what follows may repeat.
    Rewound {
        source: Context,
        last: u64,
    },
    /// Reading this source was interrupted; it goes on by itself.
    Interrupted {
        source: Context,
        why: String,
    },
    /// Reading this source goes on.
    Resumed {
        source: Context,
    },
}

/// Follows every source from behind the given numbers (0: from its first event).
///
/// No event is left out and none comes twice, except after [`Seen::Rewound`].
/// Ends when the receiver is dropped.
pub fn follow(bus: &Bus, after: &BTreeMap<Context, u64>) -> mpsc::Receiver<Seen> {
    let (sender, receiver) = mpsc::channel(4096);
    for source in Context::DECIDERS {
        let (bus, sender) = (bus.clone(), sender.clone());
        let after = after.get(&source).copied().unwrap_or(0);
        tokio::spawn(async move { follow_one(&bus, source, after, &sender).await });
    }
    receiver
}

async fn follow_one(bus: &Bus, source: Context, mut after: u64, sender: &mpsc::Sender<Seen>) {
    let mut is_interrupted = false;
    while !sender.is_closed() {
        bus.wait_until_up().await;
        let why = match rewound(bus, source, &mut after, sender).await {
            Ok(()) => read(bus, source, &mut after, &mut is_interrupted, sender).await,
            Err(error) => error.to_string(),
        };
        if !is_interrupted {
            is_interrupted = true;
            let _ = sender.send(Seen::Interrupted { source, why }).await;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn rewound(bus: &Bus, source: Context, after: &mut u64, sender: &mpsc::Sender<Seen>) -> Result<(), StreamError> {
    let last = bus.tip(source).await?.last;
    if last < *after {
        *after = last;
        let _ = sender.send(Seen::Rewound { source, last }).await;
    }
    Ok(())
}

/// Reads until something goes wrong; answers what.
async fn read(
    bus: &Bus,
    source: Context,
    after: &mut u64,
    is_interrupted: &mut bool,
    sender: &mpsc::Sender<Seen>,
) -> String {
    let mut messages = match open(bus, source, *after + 1).await {
        Ok(messages) => messages,
        Err(error) => return error.to_string(),
    };
    if std::mem::take(is_interrupted) {
        let _ = sender.send(Seen::Resumed { source }).await;
    }
    loop {
        let next = tokio::select! {
            next = messages.next() => next,
            () = sender.closed() => return "nobody listens".to_owned(),
        };
        let message = match next {
            Some(Ok(message)) => message,
            Some(Err(error)) => return error.to_string(),
            None => return "the consumer is gone".to_owned(),
        };
        let Ok(number) = message.info().map(|info| info.stream_sequence) else {
            return "a message has no number".to_owned();
        };
        if number <= *after {
            continue;
        }
        *after = number;
        if sender.send(seen(source, &from_delivery(number, &message))).await.is_err() {
            return "nobody listens".to_owned();
        }
    }
}

fn seen(source: Context, message: &Message) -> Seen {
    match message.fact(source) {
        Ok(fact) => Seen::Event(Box::new(fact)),
        Err(why) => Seen::Unreadable { source, number: message.number, why },
    }
}

async fn open(bus: &Bus, source: Context, from: u64) -> Result<pull::Stream, StreamError> {
    let failed = |error: async_nats::Error| StreamError::new("the events cannot be followed", error);
    let name = source.stream().unwrap_or_default();
    let stream = bus.jetstream.get_stream(name).await.map_err(|error| failed(error.into()))?;
    let config = pull::Config {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: from },
        name: Some(crate::subjects::reading()),
        ack_policy: AckPolicy::None,
        inactive_threshold: Duration::from_mins(1),
        ..pull::Config::default()
    };
    let consumer = stream.create_consumer(config).await.map_err(|error| failed(error.into()))?;
    consumer
        .stream()
        .max_messages_per_batch(512)
        .heartbeat(Duration::from_secs(2))
        .expires(Duration::from_secs(10))
        .messages()
        .await
        .map_err(|error| failed(error.into()))
}

/// Every event recorded so far, oldest first, of one order or of all.
pub async fn history(bus: &Bus, order: Option<u64>) -> Result<Vec<Fact>, StreamError> {
    let mut readings = JoinSet::new();
    for source in Context::DECIDERS {
        let bus = bus.clone();
        readings.spawn(async move { history_of(&bus, source, order).await });
    }
    let mut facts = Vec::new();
    while let Some(reading) = readings.join_next().await {
        facts.extend(reading.map_err(|error| StreamError::new("reading was interrupted", error.into()))??);
    }
    facts.sort_by_key(|fact| (fact.at, fact.event.kind(), fact.number));
    Ok(facts)
}

async fn history_of(bus: &Bus, source: Context, order: Option<u64>) -> Result<Vec<Fact>, StreamError> {
    let tip = bus.tip(source).await?;
    let mut facts = Vec::new();
    if tip.last == 0 {
        return Ok(facts);
    }
    let filter = order.map(crate::subjects::events_of_order);
    bus.read_filtered(source, 1, tip.last, filter, |message| {
        if let Ok(fact) = message.fact(source)
            && order.is_none_or(|order| fact.event.order().is_some_and(|id| id.get() == order))
        {
            facts.push(fact);
        }
        true
    })
    .await?;
    Ok(facts)
}
