//! The readings of other contexts' streams: `runtime::driver::receiving`, one step at a time.

use crate::Defect;
use crate::world::World;
use rental_bus::status::Phase;
use rental_model::Context;
use rental_runtime::Input;

/// One reading of one stream.
#[derive(Debug)]
pub(crate) struct Reading {
    source: Context,
    /// Its number; the engine calls it the reading.
    id: u64,
    from: u64,
    state: State,
    /// The event to be compared, and what to go on with afterwards.
    compares: u64,
    resumes: Option<(u64, u64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Is the stream as long as what was received?
    Compare,
    /// It is: does it hold the same?
    CompareHash,
    /// It is not: what does the source say?
    AskSource,
    Compared,
    Open,
    Streaming {
        made: u64,
        outages: u64,
    },
    Lost,
    Over,
}

impl Reading {
    pub(crate) fn new(source: Context, reading: u64, from: u64) -> Self {
        Self { source, id: reading, from, state: State::Compare, compares: from - 1, resumes: None }
    }

    /// Nothing came for a while: is the stream still what it was?
    pub(crate) fn look(&mut self, received: u64) {
        if let State::Streaming { made, outages } = self.state {
            self.compares = received;
            self.resumes = Some((made, outages));
            self.state = State::Compare;
        }
    }

    fn after_comparing(&mut self) -> State {
        self.resumes.take().map_or(State::Open, |(made, outages)| State::Streaming { made, outages })
    }

    /// It waits for messages, and for nothing else.
    pub(crate) fn is_streaming(&self) -> bool {
        matches!(self.state, State::Streaming { .. })
    }
}

impl World {
    /// One step of the worker's reading number `place`.
    pub(crate) fn read_on(&mut self, worker: usize, place: usize) {
        let Some(process) = &self.workers[worker].process else { return };
        let Some(open) = process.readings.values().nth(place) else { return };
        let Reading { source, id: reading, from, state, compares, .. } = *open;
        let next = match state {
            State::Compare if compares == 0 || self.has(Defect::NeverCompares) => State::Compared,
            State::Compare if !self.broker.is_up || self.broker.stream(source).is_none() => State::Compare,
            State::Compare if self.broker.last(source) >= compares => State::CompareHash,
            State::Compare => {
                self.coverage.hit("a stream ended before what was heard", "");
                State::AskSource
            }
            State::CompareHash => self.compare_hash(worker, source, reading, compares),
            State::AskSource => match self.status(source).filter(|_| self.broker.is_up) {
                Some((Phase::Serving, journal)) if journal < compares => {
                    self.note(format_args!("{worker}: {source} says it ends at {journal}"));
                    self.tell(worker, Input::SourceEnds { source, reading, journal });
                    State::Compared
                }
                _ => State::Compare,
            },
            State::Compared => State::Compared,
            State::Open => self.open(worker, source, from),
            State::Streaming { made, outages } => self.deliver(worker, source, reading, made, outages),
            State::Lost => {
                self.tell(worker, Input::SubscriptionLost { source, reading });
                State::Over
            }
            State::Over => State::Over,
        };
        let Some(process) = &mut self.workers[worker].process else { return };
        if let Some(open) = process.readings.get_mut(&source).filter(|open| open.id == reading) {
            open.state = if next == State::Compared { open.after_comparing() } else { next };
        }
    }

    fn compare_hash(&mut self, worker: usize, source: Context, reading: u64, number: u64) -> State {
        let message = self.broker.message(source, number).filter(|_| self.broker.is_up);
        let Some(message) = message else { return State::Compare };
        let hash = message.hash();
        self.tell(worker, Input::Compared { source, reading, number, hash });
        State::Compared
    }

    fn open(&mut self, worker: usize, source: Context, from: u64) -> State {
        if !self.broker.is_up {
            return State::Open;
        }
        let listener = self.workers[worker].context;
        let outages = self.broker.outages;
        match self.broker.make_consumer(source, listener, from) {
            Some(made) => State::Streaming { made, outages },
            None => State::Open,
        }
    }

    /// The next messages: in order, unless a fault is injected.
    fn deliver(&mut self, worker: usize, source: Context, reading: u64, made: u64, outages: u64) -> State {
        if outages != self.broker.outages {
            return State::Lost;
        }
        let streaming = State::Streaming { made, outages };
        if !self.broker.is_up {
            return streaming;
        }
        let listener = self.workers[worker].context;
        let last = self.broker.last(source);
        let again = last > 0 && self.inject_fault("messages were delivered again");
        let skips = last > 0 && self.inject_fault("another reading took a message");
        if last > 0 && self.inject_fault("hearing was interrupted") {
            return State::Lost;
        }
        let count = self.random.between(1, 8);
        let is_ack_overdue = self.random.one_in(20);
        let Some(consumer) = self.broker.consumer(source, listener, made) else { return State::Lost };
        if again || (is_ack_overdue && consumer.next > last && consumer.acked < last) {
            consumer.next = consumer.acked + 1;
        }
        if skips && consumer.next <= last {
            consumer.next += 1;
        }
        let from = consumer.next;
        let until = last.min(from + count - 1);
        consumer.next = consumer.next.max(until + 1);
        for number in from..=until {
            // A hole is passed over.
            let Some(message) = self.broker.message(source, number).cloned() else { continue };
            if self.inject_fault("a message came twice") {
                self.tell(worker, Input::Received { source, reading, message: message.clone() });
            }
            self.tell(worker, Input::Received { source, reading, message });
        }
        streaming
    }

    /// Everything of `source` up to `number` is dealt with.
    pub(crate) fn acknowledge(&mut self, worker: usize, source: Context, number: u64) {
        let listener = self.workers[worker].context;
        let Some(process) = &self.workers[worker].process else { return };
        let Some(State::Streaming { made, .. }) = process.readings.get(&source).map(|open| open.state) else { return };
        if let Some(consumer) = self.broker.consumer(source, listener, made) {
            // Only what this consumer delivered can be acknowledged.
            consumer.acked = consumer.acked.max(number.min(consumer.next - 1));
        }
    }
}
