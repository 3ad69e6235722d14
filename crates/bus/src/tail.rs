//! Following the events live, for people: creates nothing at the broker, resumes by itself.
//!
//! Every event is read from its stream (`past.rs`). What arrives live
//! only says that it is time to look: such a message may be lost on its way,
//! may never have made it into the stream, and anybody at the desk can have
//! the broker send one.

use crate::connection::Bus;
use crate::past::Questions;
use crate::record::Message;
use crate::retry::Backoff;
use crate::streams::StreamError;
use crate::subjects;
use futures_util::StreamExt;
use rental_model::event::Unreadable;
use rental_model::{Context, RecordedEvent};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// How often a stream is asked where it ends when nothing was received: what was sent live may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Between two tries to go on after an interruption, and between two looks at a stream that seems cut.
const TRY_AGAIN: Duration = Duration::from_millis(250);
/// An event is received a little before the stream has it: in a cluster, once a majority has.
const STORED_WITHIN_MS: [u64; 9] = [0, 1, 2, 4, 8, 16, 32, 64, 128];

/// What following the events brings.
#[derive(Debug, Clone)]
pub enum Seen {
    Event(Box<RecordedEvent>),
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
    let mut bells = BTreeMap::new();
    for source in Context::DECIDERS {
        let (bell, last) = watch::channel(0);
        bells.insert(source, bell);
        let after = after.get(&source).copied().unwrap_or(0);
        let follower =
            Follower { bus: bus.clone(), source, after, received: last, is_interrupted: false, sender: sender.clone() };
        tokio::spawn(follower.run());
    }
    tokio::spawn(listen(bus.clone(), bells, sender));
    receiver
}

/// Rings a source's bell with the number of the event received, until nobody listens any more.
async fn listen(bus: Bus, bells: BTreeMap<Context, watch::Sender<u64>>, sender: mpsc::Sender<Seen>) {
    let mut backoff = Backoff::default();
    while !sender.is_closed() {
        if let Ok(mut live) = bus.client().subscribe(subjects::ALL_EVENTS).await {
            backoff.worked();
            loop {
                let message = tokio::select! {
                    message = live.next() => message,
                    () = sender.closed() => return,
                };
                let Some(message) = message else { break };
                let source = message.subject.split('.').nth(2).and_then(|name| name.parse::<Context>().ok());
                if let Some(bell) = source.and_then(|source| bells.get(&source)) {
                    bell.send_replace(number_of(&message));
                }
            }
        }
        backoff.pause().await;
    }
}

/// Under which number a live message wants to be stored; 0 if it does not say.
fn number_of(message: &async_nats::Message) -> u64 {
    let before =
        message.headers.as_ref().and_then(|headers| headers.get(async_nats::header::NATS_EXPECTED_LAST_SEQUENCE));
    before.and_then(|before| before.as_str().parse::<u64>().ok()).map_or(0, |before| before.saturating_add(1))
}

struct Follower {
    bus: Bus,
    source: Context,
    /// The number of the last event handed on.
    after: u64,
    /// The number of the event received last.
    received: watch::Receiver<u64>,
    is_interrupted: bool,
    sender: mpsc::Sender<Seen>,
}

impl Follower {
    async fn run(mut self) {
        let mut backoff = Backoff::default();
        while !self.sender.is_closed() {
            self.bus.wait_until_up().await;
            if let Err(error) = self.go_on().await
                && !std::mem::replace(&mut self.is_interrupted, true)
            {
                backoff.worked();
                let interrupted = Seen::Interrupted { source: self.source, why: error.to_string() };
                let _ = self.sender.send(interrupted).await;
            }
            backoff.pause().await;
        }
    }

    /// Reads whatever comes until something goes wrong, or nobody listens any more.
    async fn go_on(&mut self) -> Result<(), StreamError> {
        let mut link = self.bus.watch();
        link.mark_unchanged();
        while !self.sender.is_closed() {
            self.see_the_end().await?;
            if std::mem::take(&mut self.is_interrupted) {
                let _ = self.sender.send(Seen::Resumed { source: self.source }).await;
            }
            self.read().await?;
            let look = tokio::time::sleep(LOOK_EVERY);
            tokio::pin!(look);
            loop {
                tokio::select! {
                    rung = self.received.changed() => match rung {
                        Ok(()) => self.read_received().await?,
                        Err(_) => return Ok(()),
                    },
                    () = &mut look => break,
                    _ = link.changed() => break,
                    () = self.sender.closed() => return Ok(()),
                }
            }
        }
        Ok(())
    }

    /// Says so if the stream ends before what was already seen, also when looked at twice: a
    /// leader that does not know yet that it was replaced may name an earlier end for a moment.
    async fn see_the_end(&mut self) -> Result<(), StreamError> {
        if self.bus.tip(self.source).await?.last < self.after {
            tokio::time::sleep(TRY_AGAIN).await;
            let last = self.bus.tip(self.source).await?.last;
            if last < self.after {
                self.after = last;
                let _ = self.sender.send(Seen::Rewound { source: self.source, last }).await;
            }
        }
        Ok(())
    }

    /// Reads up to the event received last, as soon as the stream has it.
    async fn read_received(&mut self) -> Result<(), StreamError> {
        let received = *self.received.borrow_and_update();
        for pause in STORED_WITHIN_MS {
            if received != 0 && received <= self.after {
                break;
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
            self.read().await?;
        }
        Ok(())
    }

    /// Reads and hands on what the stream has by now.
    async fn read(&mut self) -> Result<(), StreamError> {
        let mut questions = Questions::new(&self.bus, self.source, None).await?;
        loop {
            let page = questions.page(self.after + 1).await?;
            for message in page.messages {
                self.after = message.number;
                if self.sender.send(seen(self.source, &message)).await.is_err() {
                    return Ok(());
                }
            }
            if page.is_last {
                return Ok(());
            }
        }
    }
}

fn seen(source: Context, message: &Message) -> Seen {
    match message.recorded(source) {
        Ok(recorded) => Seen::Event(Box::new(recorded)),
        Err(why) => Seen::Unreadable { source, number: message.number, why },
    }
}

/// Every event recorded so far, oldest first, of one order or of all.
pub async fn history(bus: &Bus, order: Option<u64>) -> Result<Vec<RecordedEvent>, StreamError> {
    let mut readings = JoinSet::new();
    for source in Context::DECIDERS {
        let bus = bus.clone();
        readings.spawn(async move { history_of(&bus, source, order).await });
    }
    let mut recorded_events = Vec::new();
    while let Some(reading) = readings.join_next().await {
        recorded_events.extend(reading.map_err(|error| StreamError::new("reading was interrupted", error.into()))??);
    }
    recorded_events.sort_by_key(|recorded| (recorded.at, recorded.event.kind(), recorded.number));
    Ok(recorded_events)
}

async fn history_of(bus: &Bus, source: Context, order: Option<u64>) -> Result<Vec<RecordedEvent>, StreamError> {
    let tip = bus.tip(source).await?;
    let mut recorded_events = Vec::new();
    if tip.last == 0 {
        return Ok(recorded_events);
    }
    let filter = order.map(crate::subjects::events_of_order);
    bus.read_filtered(source, 1, tip.last, filter, |message| {
        if let Ok(recorded) = message.recorded(source)
            && order.is_none_or(|order| recorded.event.order().is_some_and(|id| id.get() == order))
        {
            recorded_events.push(recorded);
        }
        true
    })
    .await?;
    Ok(recorded_events)
}
