//! What the driver does with each effect: `runtime::driver::effects`, one step at a time.

use crate::readings::Reading;
use crate::world::World;
use crate::{Defect, worker};
use rental_bus::Message;
use rental_bus::record::Hash;
use rental_bus::status::Phase;
use rental_bus::streams::PublishOutcome;
use rental_model::{Context, QueryOutcome, RemoteQuery};
use rental_runtime::{Effect, Input, queries};
use std::collections::BTreeMap;

/// A task beside the engine, at some point on its way.
#[derive(Debug)]
pub(crate) enum Task {
    Ask {
        token: u64,
        query: RemoteQuery,
    },
    QueryOutcome {
        token: u64,
        query_outcome: QueryOutcome,
    },
    AskTip {
        epoch: u64,
    },
    /// The stream's end is known, the hash of its last message is not.
    AskHash {
        epoch: u64,
        last: u64,
    },
    Tip {
        epoch: u64,
        last: u64,
        hash: Option<Hash>,
    },
    TipUnknown {
        epoch: u64,
    },
    ReadOwn {
        epoch: u64,
        next: u64,
        to: u64,
        /// The outage during which it began cuts it off.
        began: Option<u64>,
        is_whole: bool,
    },
    OwnLost {
        epoch: u64,
    },
    AskGoals {
        goals: BTreeMap<Context, u64>,
    },
    /// Waits for the broker's word on a publication.
    Ticket {
        epoch: u64,
        number: u64,
        ticket: u64,
        began: u64,
    },
}

impl World {
    pub(crate) fn carry_out(&mut self, worker: usize, effect: Effect) {
        let context = self.workers[worker].context;
        let Some(process) = &mut self.workers[worker].process else { return };
        match effect {
            Effect::Reply { token, answer } => {
                let checked = process.checked.remove(&token);
                if let Some(action) = process.callers.remove(&token) {
                    self.check_entered(worker, action, &answer);
                    if let (Err(refusal), Some(checked)) = (&answer, checked) {
                        self.check_refusal(worker, &checked, refusal);
                    }
                    self.answered(worker, action, answer);
                }
            }
            Effect::Query { token, query, .. } => process.tasks.push(Task::Ask { token, query }),
            Effect::Publish { epoch, record } => {
                let ticket = self.broker.publish(process.id, context, &record);
                let began = self.broker.outages;
                process.tasks.push(Task::Ticket { epoch, number: record.number, ticket, began });
            }
            Effect::AskTip { epoch } => process.tasks.push(Task::AskTip { epoch }),
            Effect::ReadOwn { epoch, from, to } => {
                process.tasks.push(Task::ReadOwn { epoch, next: from, to, began: None, is_whole: true });
            }
            Effect::Subscribe { source, reading, from } => {
                process.readings.insert(source, Reading::new(source, reading, from));
            }
            Effect::Ack { source, number } => self.acknowledge(worker, source, number),
            Effect::AskGoals => process.tasks.push(Task::AskGoals { goals: BTreeMap::new() }),
            Effect::Stopped => {
                self.note(format_args!("{context} {worker}: stopped"));
                self.coverage.hit("stopped in peace", context.name());
                self.end_process(worker);
            }
        }
    }

    /// Hands an input to the engine.
    pub(crate) fn tell(&mut self, worker: usize, input: Input) {
        if let Some(process) = &mut self.workers[worker].process {
            process.inputs.push_back(input);
        }
    }

    /// One step of one task.
    pub(crate) fn go_on(&mut self, worker: usize, task: usize) {
        let Some(process) = &mut self.workers[worker].process else { return };
        let task = process.tasks.swap_remove(task);
        let context = self.workers[worker].context;
        let next = match task {
            Task::Ask { token, query } => Some(self.consult(worker, token, &query)),
            Task::QueryOutcome { token, query_outcome } => {
                self.tell(worker, Input::QueryOutcome { token, query_outcome });
                None
            }
            Task::AskTip { epoch } => Some(self.ask_tip(context, epoch)),
            Task::AskHash { epoch, last } => Some(self.ask_hash(context, epoch, last)),
            Task::Tip { epoch, last, hash } => {
                self.note(format_args!("{context} {worker}: stream ends at {last}"));
                self.tell(worker, Input::Tip { epoch, last, hash });
                None
            }
            Task::TipUnknown { epoch } => {
                self.tell(worker, Input::TipUnknown { epoch });
                None
            }
            Task::ReadOwn { epoch, next, to, began, is_whole } => {
                self.read_own(worker, (epoch, next, to), began, is_whole)
            }
            Task::OwnLost { epoch } => {
                self.tell(worker, Input::OwnLost { epoch });
                None
            }
            Task::AskGoals { goals } => self.ask_goals(worker, goals),
            Task::Ticket { epoch, number, ticket, began } => self.wait_for_word(worker, epoch, number, ticket, began),
        };
        if let (Some(next), Some(process)) = (next, &mut self.workers[worker].process) {
            process.tasks.push(next);
        }
    }

    /// Asks another context, as `call_raw` does: whatever goes wrong is silence.
    fn consult(&mut self, worker: usize, token: u64, query: &RemoteQuery) -> Task {
        let silent = |why: &str| QueryOutcome::Silent(why.to_owned());
        let asked = self.workers_of(query.context).collect::<Vec<_>>();
        let query_outcome = match self.random.pick(&asked) {
            _ if !self.broker.is_up => silent("the broker is not connected"),
            _ if self.inject_fault("a query without an answer") => silent("nothing within 1000 ms"),
            None => silent("it is not running"),
            Some(asked) => match self.query(asked, query.endpoint, &query.body) {
                None => silent("it is not running"),
                Some(Ok(answer)) => {
                    self.note_check(worker, token, asked);
                    QueryOutcome::Answered(answer)
                }
                Some(Err(refusal)) => QueryOutcome::Refused(refusal),
            },
        };
        Task::QueryOutcome { token, query_outcome }
    }

    /// A query to a worker's query threads; none if it is not running.
    pub(crate) fn query(
        &self,
        worker: usize,
        endpoint: &str,
        body: &[u8],
    ) -> Option<Result<Vec<u8>, rental_model::Refusal>> {
        let worker = &self.workers[worker];
        let process = worker.process.as_ref()?;
        Some(queries::answer(&worker.policy, &*process.reader, &process.progress, endpoint, body))
    }

    fn ask_tip(&mut self, context: Context, epoch: u64) -> Task {
        if !self.broker.is_up {
            return Task::AskTip { epoch };
        }
        if self.inject_fault("the own stream did not answer") {
            return Task::TipUnknown { epoch };
        }
        self.broker.ensure(context);
        match self.broker.last(context) {
            0 => Task::Tip { epoch, last: 0, hash: None },
            last => Task::AskHash { epoch, last },
        }
    }

    fn ask_hash(&mut self, context: Context, epoch: u64, last: u64) -> Task {
        match self.broker.message(context, last).filter(|_| self.broker.is_up) {
            Some(message) => Task::Tip { epoch, last, hash: message.hash() },
            None => Task::TipUnknown { epoch },
        }
    }

    /// `Bus::read_range`: some messages, then the rest; it ends at `to`, or where the stream does.
    fn read_own(
        &mut self,
        worker: usize,
        (epoch, next, to): (u64, u64, u64),
        began: Option<u64>,
        is_whole: bool,
    ) -> Option<Task> {
        let context = self.workers[worker].context;
        let is_cut = began.is_some_and(|began| began != self.broker.outages);
        if is_cut || !self.broker.is_up || self.inject_fault("reading back was cut off") {
            return Some(Task::OwnLost { epoch });
        }
        let Some(stream) = self.broker.stream(context) else { return Some(Task::OwnLost { epoch }) };
        let end = (stream.len() as u64).min(to);
        let until = end.min(next + self.random.between(0, 7));
        let messages: Vec<Message> =
            (next..=until).filter_map(|number| self.broker.message(context, number).cloned()).collect();
        let is_whole = is_whole && messages.len() == (next..=until).count();
        for message in messages {
            self.tell(worker, Input::Own { epoch, message });
        }
        if until >= end {
            if end < to {
                self.coverage.hit("the own stream ended early", "");
            }
            return (end < to || !is_whole).then_some(Task::OwnLost { epoch });
        }
        Some(Task::ReadOwn { epoch, next: until + 1, to, began: Some(self.broker.outages), is_whole })
    }

    fn ask_goals(&mut self, worker: usize, mut goals: BTreeMap<Context, u64>) -> Option<Task> {
        let sources = self.workers[worker].policy.subscriptions();
        if let Some(&source) = sources.iter().find(|source| !goals.contains_key(source)) {
            if self.broker.is_up && self.broker.stream(source).is_some() {
                goals.insert(source, self.broker.last(source));
            }
            return Some(Task::AskGoals { goals });
        }
        self.tell(worker, Input::Goals(goals));
        None
    }

    /// The word arrives, or it is too late for it.
    fn wait_for_word(&mut self, worker: usize, epoch: u64, number: u64, ticket: u64, began: u64) -> Option<Task> {
        let process = self.workers[worker].process.as_ref()?.id;
        let word = self.broker.word(process, ticket);
        let is_cut = began != self.broker.outages && self.random.one_in(2);
        let outcome = match word {
            Some(PublishOutcome::Stored) if is_cut || self.inject_fault("stored, but the word was lost") => {
                PublishOutcome::Unknown("no word in time".to_owned())
            }
            Some(_) if is_cut => PublishOutcome::Unknown("no word in time".to_owned()),
            Some(word) => word,
            None if !self.broker.is_on_its_way(process, ticket) => {
                self.coverage.hit("a publication was lost", "");
                PublishOutcome::Unknown("no word in time".to_owned())
            }
            None if self.inject_fault("the word was too slow") => PublishOutcome::Unknown("no word in time".to_owned()),
            None => return Some(Task::Ticket { epoch, number, ticket, began }),
        };
        if outcome == PublishOutcome::Refused {
            self.coverage.hit("a publication was refused", "");
        }
        self.tell(worker, Input::Published { epoch, number, outcome });
        None
    }

    /// Tells the engine that the broker was away.
    pub(crate) fn tell_of_outage(&mut self, worker: usize) {
        let outages = self.broker.outages;
        let is_quiet = self.has(Defect::KeepsOutagesQuiet);
        let Some(process) = &mut self.workers[worker].process else { return };
        process.outages = outages;
        if !is_quiet {
            self.coverage.hit("told that the broker is back", worker::word(process.progress.phase));
            self.tell(worker, Input::Reconnected);
        }
    }

    /// What `status` says: the phase and the journal, if anybody answers.
    pub(crate) fn status(&mut self, source: Context) -> Option<(Phase, u64)> {
        let asked = self.workers_of(source).collect::<Vec<_>>();
        let asked = self.random.pick(&asked)?;
        let progress = &self.workers[asked].process.as_ref()?.progress;
        Some((progress.phase, progress.journal))
    }
}
