//! The broker: four streams, their consumers, and the wires to it.
//!
//! A stream takes a message only behind the one the publisher names, as
//! JetStream does with `Nats-Expected-Last-Sequence`. It can lose its tail, be
//! lost as a whole, and come back. A consumer that is ahead of its stream is
//! pulled back to the stream's end.

use crate::random::Random;
use rental_bus::streams::PublishOutcome;
use rental_bus::{Message, Record};
use rental_model::Context;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// A listener's consumer of a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Consumer {
    /// Which making of the consumer this is.
    pub(crate) made: u64,
    /// The next message it delivers.
    pub(crate) next: u64,
    /// Everything up to here is acknowledged.
    pub(crate) acked: u64,
}

/// A message on its way to a stream.
#[derive(Debug)]
struct Publication {
    ticket: u64,
    source: Context,
    message: Arc<Message>,
}

/// A hole is a message that was lost out of the middle.
type Messages = Vec<Option<Arc<Message>>>;

#[derive(Debug, Default)]
pub(crate) struct Broker {
    pub(crate) is_up: bool,
    /// How often it went away.
    pub(crate) outages: u64,
    streams: BTreeMap<Context, Messages>,
    /// What streams held before they lost it.
    lost: BTreeMap<Context, Messages>,
    consumers: BTreeMap<(Context, Context), Consumer>,
    made: u64,
    /// By process: messages travel in order.
    wires: BTreeMap<u64, VecDeque<Publication>>,
    /// By process and ticket.
    words: BTreeMap<(u64, u64), PublishOutcome>,
    tickets: u64,
    /// A defect: messages are taken in any order.
    ignores_sequence: bool,
}

impl Broker {
    pub(crate) fn new(ignores_sequence: bool) -> Self {
        Self { is_up: true, ignores_sequence, ..Self::default() }
    }

    /// The context's stream, if it is there.
    pub(crate) fn stream(&self, source: Context) -> Option<&[Option<Arc<Message>>]> {
        self.streams.get(&source).map(Vec::as_slice)
    }

    /// The number of the stream's last message, 0 if it has none.
    pub(crate) fn last(&self, source: Context) -> u64 {
        self.streams.get(&source).map_or(0, |messages| messages.len() as u64)
    }

    pub(crate) fn message(&self, source: Context, number: u64) -> Option<&Message> {
        let place = usize::try_from(number.checked_sub(1)?).ok()?;
        self.streams.get(&source)?.get(place)?.as_deref()
    }

    /// The first message that is missing from the middle of a stream.
    pub(crate) fn hole(&self, source: Context) -> Option<u64> {
        let place = self.streams.get(&source)?.iter().position(Option::is_none)?;
        Some(place as u64 + 1)
    }

    /// One message is lost, and those behind it are not.
    pub(crate) fn lose_one(&mut self, source: Context, number: u64) {
        let place = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
        if let Some(message) = self.streams.get_mut(&source).and_then(|messages| messages.get_mut(place)) {
            *message = None;
        }
    }

    pub(crate) fn ensure(&mut self, source: Context) {
        self.streams.entry(source).or_default();
    }

    /// Puts a message on the wire; the ticket tells later what became of it.
    pub(crate) fn publish(&mut self, process: u64, source: Context, record: &Record) -> u64 {
        self.tickets += 1;
        let message = Message {
            number: record.number,
            subject: record.subject(),
            headers: record.headers().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            payload: record.body.clone(),
        };
        let publication = Publication { ticket: self.tickets, source, message: Arc::new(message) };
        self.wires.entry(process).or_default().push_back(publication);
        self.tickets
    }

    /// The processes whose messages are on their way.
    pub(crate) fn senders(&self) -> impl Iterator<Item = u64> {
        self.wires.keys().copied()
    }

    /// Takes the next message of a process, as the stream does.
    pub(crate) fn take(&mut self, process: u64, is_received: bool) -> Option<(Context, u64, PublishOutcome)> {
        let wire = self.wires.get_mut(&process)?;
        let next = wire.pop_front();
        if wire.is_empty() {
            self.wires.remove(&process);
        }
        let Publication { ticket, source, message } = next?;
        let number = message.number;
        let outcome = match self.streams.get_mut(&source) {
            None => PublishOutcome::Unknown("no stream took it".to_owned()),
            Some(messages) if messages.len() as u64 + 1 == number => {
                messages.push(Some(message));
                PublishOutcome::Stored
            }
            Some(messages) if self.ignores_sequence => {
                let number = messages.len() as u64 + 1;
                messages.push(Some(Arc::new(Message { number, ..(*message).clone() })));
                PublishOutcome::Stored
            }
            Some(_) => PublishOutcome::Refused,
        };
        if is_received {
            self.words.insert((process, ticket), outcome.clone());
        }
        Some((source, number, outcome))
    }

    /// What became of a publication, if the word has arrived.
    pub(crate) fn word(&mut self, process: u64, ticket: u64) -> Option<PublishOutcome> {
        self.words.remove(&(process, ticket))
    }

    /// Whether a publication may still arrive.
    pub(crate) fn is_on_its_way(&self, process: u64, ticket: u64) -> bool {
        self.wires.get(&process).is_some_and(|wire| wire.iter().any(|publication| publication.ticket == ticket))
    }

    /// A process is gone: nobody waits for its words. Its messages may still arrive.
    pub(crate) fn forget(&mut self, process: u64) {
        self.words.retain(|(of, _), _| *of != process);
    }

    /// The first messages on a wire are lost.
    pub(crate) fn cut(&mut self, process: u64, count: usize) {
        if let Some(wire) = self.wires.get_mut(&process) {
            wire.drain(..count.min(wire.len()));
            if wire.is_empty() {
                self.wires.remove(&process);
            }
        }
    }

    pub(crate) fn on_wire(&self, process: u64) -> usize {
        self.wires.get(&process).map_or(0, VecDeque::len)
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.wires.is_empty()
    }

    /// Keeps the first `left` messages of a stream.
    pub(crate) fn lose_tail(&mut self, source: Context, left: u64) {
        let Some(messages) = self.streams.get_mut(&source) else { return };
        if self.lost.get(&source).is_none_or(|lost| lost.len() < messages.len()) {
            self.lost.insert(source, messages.clone());
        }
        messages.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        self.pull_back(source);
    }

    pub(crate) fn lose_stream(&mut self, source: Context) {
        self.lose_tail(source, 0);
        self.streams.remove(&source);
        self.consumers.retain(|(of, _), _| *of != source);
    }

    /// What a stream had lost is there again, if it goes on from what it holds. Answers whether it did.
    pub(crate) fn come_back(&mut self, source: Context) -> bool {
        let Some(lost) = self.lost.remove(&source) else { return false };
        let messages = self.streams.entry(source).or_default();
        let is_more = lost.len() > messages.len() && lost.starts_with(messages);
        if is_more {
            *messages = lost;
        }
        is_more
    }

    /// What a stream had lost will not come back.
    pub(crate) fn forget_lost(&mut self, source: Context) {
        self.lost.remove(&source);
    }

    fn pull_back(&mut self, source: Context) {
        let end = self.last(source) + 1;
        for ((of, _), consumer) in &mut self.consumers {
            if *of == source {
                consumer.next = consumer.next.min(end);
                consumer.acked = consumer.acked.min(end - 1);
            }
        }
    }

    /// Makes a listener's consumer anew; none if there is no such stream.
    pub(crate) fn make_consumer(&mut self, source: Context, listener: Context, from: u64) -> Option<u64> {
        let end = self.stream(source)?.len() as u64 + 1;
        self.made += 1;
        let next = from.min(end);
        self.consumers.insert((source, listener), Consumer { made: self.made, next, acked: next - 1 });
        Some(self.made)
    }

    pub(crate) fn consumer(&mut self, source: Context, listener: Context, made: u64) -> Option<&mut Consumer> {
        self.consumers.get_mut(&(source, listener)).filter(|consumer| consumer.made == made)
    }

    /// Some consumers do not survive.
    pub(crate) fn drop_consumers(&mut self, random: &mut Random) {
        self.consumers.retain(|_, _| !random.one_in(2));
    }
}
