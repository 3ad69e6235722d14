//! What the driver does with each effect: `runtime::driver::effects`, one step at a time.

use crate::readings::Reading;
use crate::world::World;
use crate::{Defect, worker};
use rental_bus::Message;
use rental_bus::record::Hash;
use rental_bus::status::Phase;
use rental_bus::streams::Shipped;
use rental_model::{Consulted, Context, Question};
use rental_runtime::{Effect, Input, queries};
use std::collections::BTreeMap;

/// A task beside the engine, at some point on its way.
#[derive(Debug)]
pub(crate) enum Task {
    Ask {
        token: u64,
        question: Question,
    },
    Consulted {
        token: u64,
        consulted: Consulted,
    },
    AskTip {
        sync: u64,
    },
    /// The stream's end is known, the hash of its last message is not.
    AskHash {
        sync: u64,
        last: u64,
    },
    Tip {
        sync: u64,
        last: u64,
        hash: Option<Hash>,
    },
    TipUnknown {
        sync: u64,
    },
    ReadOwn {
        sync: u64,
        next: u64,
        to: u64,
        /// The outage during which it began cuts it off.
        began: Option<u64>,
        is_whole: bool,
    },
    OwnLost {
        sync: u64,
    },
    AskGoals {
        goals: BTreeMap<Context, u64>,
    },
    /// Waits for the broker's word on a publication.
    Ticket {
        sync: u64,
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
                if let Some(deed) = process.callers.remove(&token) {
                    self.check_entered(worker, deed, &answer);
                    if let (Err(refusal), Some(checked)) = (&answer, checked) {
                        self.check_refusal(worker, &checked, refusal);
                    }
                    self.answered(worker, deed, answer);
                }
            }
            Effect::Ask { token, question, .. } => process.tasks.push(Task::Ask { token, question }),
            Effect::Ship { sync, record } => {
                let ticket = self.broker.publish(process.id, context, &record);
                let began = self.broker.outages;
                process.tasks.push(Task::Ticket { sync, number: record.number, ticket, began });
            }
            Effect::AskTip { sync } => process.tasks.push(Task::AskTip { sync }),
            Effect::ReadOwn { sync, from, to } => {
                process.tasks.push(Task::ReadOwn { sync, next: from, to, began: None, is_whole: true });
            }
            Effect::Hear { source, reading, from } => {
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
            Task::Ask { token, question } => Some(self.consult(worker, token, &question)),
            Task::Consulted { token, consulted } => {
                self.tell(worker, Input::Consulted { token, consulted });
                None
            }
            Task::AskTip { sync } => Some(self.ask_tip(context, sync)),
            Task::AskHash { sync, last } => Some(self.ask_hash(context, sync, last)),
            Task::Tip { sync, last, hash } => {
                self.note(format_args!("{context} {worker}: stream ends at {last}"));
                self.tell(worker, Input::Tip { sync, last, hash });
                None
            }
            Task::TipUnknown { sync } => {
                self.tell(worker, Input::TipUnknown { sync });
                None
            }
            Task::ReadOwn { sync, next, to, began, is_whole } => {
                self.read_own(worker, (sync, next, to), began, is_whole)
            }
            Task::OwnLost { sync } => {
                self.tell(worker, Input::OwnLost { sync });
                None
            }
            Task::AskGoals { goals } => self.ask_goals(worker, goals),
            Task::Ticket { sync, number, ticket, began } => self.wait_for_word(worker, sync, number, ticket, began),
        };
        if let (Some(next), Some(process)) = (next, &mut self.workers[worker].process) {
            process.tasks.push(next);
        }
    }

    /// Asks another context, as `call_raw` does: whatever goes wrong is silence.
    fn consult(&mut self, worker: usize, token: u64, question: &Question) -> Task {
        let silent = |why: &str| Consulted::Silent(why.to_owned());
        let asked = self.workers_of(question.context).collect::<Vec<_>>();
        let consulted = match self.random.pick(&asked) {
            _ if !self.broker.is_up => silent("the broker is not connected"),
            _ if self.slips("a question without an answer") => silent("nothing within 1000 ms"),
            None => silent("it is not running"),
            Some(asked) => match self.query(asked, question.endpoint, &question.body) {
                None => silent("it is not running"),
                Some(Ok(answer)) => {
                    self.note_check(worker, token, asked);
                    Consulted::Answered(answer)
                }
                Some(Err(refusal)) => Consulted::Refused(refusal),
            },
        };
        Task::Consulted { token, consulted }
    }

    /// A question to a worker's query threads; none if it is not running.
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

    fn ask_tip(&mut self, context: Context, sync: u64) -> Task {
        if !self.broker.is_up {
            return Task::AskTip { sync };
        }
        if self.slips("the own stream did not answer") {
            return Task::TipUnknown { sync };
        }
        self.broker.ensure(context);
        match self.broker.last(context) {
            0 => Task::Tip { sync, last: 0, hash: None },
            last => Task::AskHash { sync, last },
        }
    }

    fn ask_hash(&mut self, context: Context, sync: u64, last: u64) -> Task {
        match self.broker.message(context, last).filter(|_| self.broker.is_up) {
            Some(message) => Task::Tip { sync, last, hash: message.hash() },
            None => Task::TipUnknown { sync },
        }
    }

    /// `Bus::read_range`: some messages, then the rest; it ends at `to`, or where the stream does.
    fn read_own(
        &mut self,
        worker: usize,
        (sync, next, to): (u64, u64, u64),
        began: Option<u64>,
        is_whole: bool,
    ) -> Option<Task> {
        let context = self.workers[worker].context;
        let is_cut = began.is_some_and(|began| began != self.broker.outages);
        if is_cut || !self.broker.is_up || self.slips("reading back was cut off") {
            return Some(Task::OwnLost { sync });
        }
        let Some(stream) = self.broker.stream(context) else { return Some(Task::OwnLost { sync }) };
        let end = (stream.len() as u64).min(to);
        let until = end.min(next + self.random.between(0, 7));
        let messages: Vec<Message> =
            (next..=until).filter_map(|number| self.broker.message(context, number).cloned()).collect();
        let is_whole = is_whole && messages.len() == (next..=until).count();
        for message in messages {
            self.tell(worker, Input::Own { sync, message });
        }
        if until >= end {
            if end < to {
                self.coverage.hit("the own stream ended early", "");
            }
            return (end < to || !is_whole).then_some(Task::OwnLost { sync });
        }
        Some(Task::ReadOwn { sync, next: until + 1, to, began: Some(self.broker.outages), is_whole })
    }

    fn ask_goals(&mut self, worker: usize, mut goals: BTreeMap<Context, u64>) -> Option<Task> {
        let sources = self.workers[worker].policy.hears();
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
    fn wait_for_word(&mut self, worker: usize, sync: u64, number: u64, ticket: u64, began: u64) -> Option<Task> {
        let process = self.workers[worker].process.as_ref()?.id;
        let word = self.broker.word(process, ticket);
        let is_cut = began != self.broker.outages && self.random.one_in(2);
        let outcome = match word {
            Some(Shipped::Stored) if is_cut || self.slips("stored, but the word was lost") => {
                Shipped::Unknown("no word in time".to_owned())
            }
            Some(_) if is_cut => Shipped::Unknown("no word in time".to_owned()),
            Some(word) => word,
            None if !self.broker.is_on_its_way(process, ticket) => {
                self.coverage.hit("a publication was lost", "");
                Shipped::Unknown("no word in time".to_owned())
            }
            None if self.slips("the word was too slow") => Shipped::Unknown("no word in time".to_owned()),
            None => return Some(Task::Ticket { sync, number, ticket, began }),
        };
        if outcome == Shipped::Refused {
            self.coverage.hit("a publication was refused", "");
        }
        self.tell(worker, Input::Shipped { sync, number, outcome });
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
