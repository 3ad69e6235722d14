//! A worker: its disk and clock, and the process that may be running on them.

use crate::Defect;
use crate::disk::{Disk, Image};
use crate::readings::Reading;
use crate::tasks::Task;
use crate::world::World;
use rental_bus::status::Phase;
use rental_model::{Context, UnixMs};
use rental_runtime::store::Reader;
use rental_runtime::{Effect, Engine, Fatal, Input, Policy, Progress};
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// One worker of a context.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) context: Context,
    pub(crate) policy: Policy,
    pub(crate) disk: Disk,
    pub(crate) process: Option<Process>,
    /// How far its clock is off.
    pub(crate) skew_ms: u64,
    /// Another worker of its context has taken over: it does not come back.
    pub(crate) is_retired: bool,
}

/// A running process: what `driver::run` holds.
pub(crate) struct Process {
    pub(crate) id: u64,
    pub(crate) engine: Engine,
    pub(crate) reader: Arc<dyn Reader>,
    pub(crate) progress: Progress,
    pub(crate) inputs: VecDeque<Input>,
    pub(crate) effects: VecDeque<Effect>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) readings: BTreeMap<Context, Reading>,
    /// Who waits for which answer: token → action.
    pub(crate) callers: BTreeMap<u64, usize>,
    pub(crate) tokens: u64,
    /// Inventory as it was when it answered the stock check of a request: token → disk.
    pub(crate) checked: BTreeMap<u64, Image>,
    /// How many of the broker's outages its engine was told about.
    pub(crate) outages: u64,
    pub(crate) takes_requests: bool,
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process")
            .field("id", &self.id)
            .field("progress", &self.progress)
            .field("inputs", &self.inputs.len())
            .field("effects", &self.effects.len())
            .field("tasks", &self.tasks)
            .field("readings", &self.readings)
            .finish_non_exhaustive()
    }
}

pub(crate) const fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Starting => "starting",
        Phase::CatchingUp => "catchingUp",
        Phase::Rebuilding => "rebuilding",
        Phase::Serving => "serving",
        Phase::Stopping => "stopping",
    }
}

/// The names of the crash points around an effect.
const fn points(effect: &Effect) -> (&'static str, &'static str) {
    match effect {
        Effect::Reply { .. } => ("crash before a reply", "crash after a reply"),
        Effect::Query { .. } => ("crash before a query", "crash after a query"),
        Effect::Publish { .. } => ("crash before a publication", "crash after a publication"),
        Effect::AskTip { .. } => ("crash before asking the own stream", "crash after asking the own stream"),
        Effect::ReadOwn { .. } => ("crash before reading back", "crash after reading back began"),
        Effect::Subscribe { .. } => ("crash before a reading", "crash after a reading began"),
        Effect::Ack { .. } => ("crash before an ack", "crash after an ack"),
        Effect::AskGoals => ("crash before asking for goals", "crash after asking for goals"),
        Effect::Stopped => ("crash before the end", "crash after the end"),
    }
}

impl World {
    /// Starts the worker's process, if the broker is there (the driver waits for it).
    pub(crate) fn start(&mut self, worker: usize) {
        if !self.broker.is_up {
            return;
        }
        let Worker { policy, disk, context, .. } = &self.workers[worker];
        let context = *context;
        let mut engine = match Engine::open(policy.clone(), Box::new(disk.clone())) {
            Ok(engine) => engine,
            Err(fatal) => return self.fail(format!("{context} cannot open its store: {fatal}")),
        };
        self.processes += 1;
        let effects = engine.start().into();
        let (reader, progress) = (engine.reader(), engine.progress());
        let id = self.processes;
        self.note(format_args!("{context} {worker}: process {id} starts, journal {}", progress.journal));
        self.workers[worker].process = Some(Process {
            id,
            engine,
            reader,
            progress,
            inputs: VecDeque::new(),
            effects,
            tasks: Vec::new(),
            readings: BTreeMap::new(),
            callers: BTreeMap::new(),
            tokens: 0,
            checked: BTreeMap::new(),
            outages: self.broker.outages,
            takes_requests: true,
        });
    }

    /// The process is gone. What it had put on the wire may still arrive.
    pub(crate) fn end_process(&mut self, worker: usize) {
        if let Some(process) = self.workers[worker].process.take() {
            self.broker.forget(process.id);
            if self.random.one_in(2) {
                let lost = self.random.below(self.broker.on_wire(process.id) + 1);
                self.broker.cut(process.id, lost);
            }
        }
    }

    pub(crate) fn crash(&mut self, worker: usize, what: &'static str) {
        let Some(process) = &self.workers[worker].process else { return };
        let phase = process.progress.phase;
        self.crash_in(worker, phase, what);
    }

    /// A crash; `phase` is the one in which it is counted.
    fn crash_in(&mut self, worker: usize, phase: Phase, what: &'static str) {
        let phase = word(phase);
        self.coverage.hit(what, phase);
        let context = self.workers[worker].context;
        self.note(format_args!("{context} {worker}: {what} ({phase})"));
        self.end_process(worker);
        self.workers[worker].disk.crash();
    }

    /// One activity of the worker: its engine, its executor, or one of the tasks beside them.
    pub(crate) fn work(&mut self, worker: usize) {
        let Some(process) = &self.workers[worker].process else {
            if !self.workers[worker].is_retired && (self.is_healing || self.random.one_in(20)) {
                self.start(worker);
            }
            return;
        };
        let has_news = self.broker.is_up && process.outages < self.broker.outages;
        let (inputs, effects) = (!process.inputs.is_empty(), !process.effects.is_empty());
        let (tasks, readings) = (process.tasks.len(), process.readings.len());
        let choices = 2 * usize::from(inputs) + 2 * usize::from(effects) + tasks + readings + usize::from(has_news);
        let mut choice = self.random.below(choices);
        if inputs {
            if choice < 2 {
                return self.turn(worker);
            }
            choice -= 2;
        }
        if effects {
            if choice < 2 {
                return self.execute(worker);
            }
            choice -= 2;
        }
        if choice < tasks {
            return self.go_on(worker, choice);
        }
        choice -= tasks;
        if choice < readings {
            return self.read_on(worker, choice);
        }
        if has_news {
            self.tell_of_outage(worker);
        }
    }

    /// The engine's thread: one batch.
    fn turn(&mut self, worker: usize) {
        let fate = self.commit_fate(worker);
        let now = UnixMs(self.now.saturating_add(self.workers[worker].skew_ms));
        let Worker { process: Some(process), disk, .. } = &mut self.workers[worker] else { return };
        let count = 1 + self.random.below(process.inputs.len().min(256));
        let batch: Vec<_> = process.inputs.drain(..count).collect();
        let phase = process.progress.phase;
        let before = disk.commits();
        disk.set_fate(fate.on_disk());
        let stepped = catch_unwind(AssertUnwindSafe(|| process.engine.step(now, batch)));
        disk.set_fate(crate::disk::Fate::Kept);
        let has_committed = disk.commits() > before;
        process.progress = process.engine.progress();
        let (journal, shown) = (process.progress.journal, word(process.progress.phase));
        match stepped {
            Ok(Ok(effects)) => {
                let produced = effects.len();
                process.effects.extend(effects);
                self.hurry(worker);
                self.note(format_args!("{worker}: {count} inputs, {produced} effects, journal {journal}, {shown}"));
                self.committed(worker);
                if has_committed && fate.is_crash() {
                    self.crash_in(worker, phase, "crash after a commit");
                }
            }
            Ok(Err(Fatal::Store(_))) if fate.is_failure() => {
                self.coverage.hit(fate.words(), word(phase));
                self.note(format_args!("{worker}: {}", fate.words()));
                self.end_process(worker);
                self.workers[worker].disk.crash();
                self.committed(worker);
            }
            Ok(Err(fatal)) => self.ended_by(worker, &fatal),
            Err(_) => self.panicked(worker),
        }
    }

    /// The executor: one effect, with a crash before or after it now and then.
    fn execute(&mut self, worker: usize) {
        let is_before = self.strikes(worker) || self.strikes_rebuilding(worker);
        let is_after = self.strikes(worker) || self.strikes_rebuilding(worker);
        let Some(process) = &mut self.workers[worker].process else { return };
        let Some(effect) = process.effects.pop_front() else { return };
        let (before, after) = points(&effect);
        if is_before {
            return self.crash(worker, before);
        }
        self.make_durable_before(worker, Some(&effect));
        self.carry_out(worker, effect);
        if self.workers[worker].process.as_ref().is_some_and(|process| process.effects.is_empty()) {
            self.make_durable_before(worker, None);
        }
        if is_after {
            self.crash(worker, after);
        }
    }

    /// A defect: what is to be published goes before everything else.
    fn hurry(&mut self, worker: usize) {
        let is_hasty = self.has(Defect::PublishesBeforeCommit);
        let Some(process) = self.workers[worker].process.as_mut().filter(|_| is_hasty) else { return };
        process.effects.make_contiguous().sort_by_key(|effect| !matches!(effect, Effect::Publish { .. }));
    }

    /// A defect: the commit comes after some effects. Here is where it comes at last.
    fn make_durable_before(&mut self, worker: usize, effect: Option<&Effect>) {
        let may_wait = match effect {
            Some(Effect::Reply { .. }) => self.has(Defect::RepliesBeforeCommit),
            Some(Effect::Publish { .. }) => self.has(Defect::PublishesBeforeCommit),
            _ => false,
        };
        let is_late = self.has(Defect::RepliesBeforeCommit) || self.has(Defect::PublishesBeforeCommit);
        if is_late && !may_wait {
            self.workers[worker].disk.flush();
        }
    }

    fn panicked(&mut self, worker: usize) {
        if self.is_flaky() {
            self.crash(worker, "crash by a panic of the policy");
        } else {
            let context = self.workers[worker].context;
            self.fail(format!("{context}: the engine panicked"));
        }
    }

    /// A worker ended by itself. Only one that is not alone may.
    fn ended_by(&mut self, worker: usize, fatal: &Fatal) {
        let context = self.workers[worker].context;
        self.note(format_args!("{context} {worker}: {fatal}"));
        let what = match fatal {
            Fatal::Fenced { .. } => "a second worker was fenced",
            Fatal::Forked { .. } => "a second worker had forked",
            Fatal::Store(_) | Fatal::NotOurs { .. } => "",
        };
        let others = self.workers.iter().filter(|other| other.context == context).count() - 1;
        if what.is_empty() || others == 0 {
            return self.fail(format!("{context} ended by itself: {fatal}"));
        }
        self.end_process(worker);
        if self.is_doubled(context) {
            self.coverage.hit(what, context.name());
            self.workers[worker].is_retired = true;
        } else {
            self.begin_again_from(worker);
        }
    }

    /// Two workers wrote at the very same time, and both have stopped. Staff choose
    /// one journal, and delete the stream: it is published again from that journal.
    fn begin_again_from(&mut self, worker: usize) {
        let context = self.workers[worker].context;
        self.coverage.hit("both workers of a context stopped", context.name());
        self.note(format_args!("{context} {worker}: its journal is chosen, and its stream deleted"));
        self.broker.lose_stream(context);
        self.broker.forget_lost(context);
        self.longest.insert(context, self.workers[worker].disk.journal());
        self.outside_fault_model = true;
        self.was_quiet = true;
    }
}
