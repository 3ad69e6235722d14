//! Faults: what strikes, and when it may.

use crate::disk::{Disk, Fate, Image};
use crate::plan::Fault;
use crate::worker::Worker;
use crate::world::World;
use rental_bus::status::Phase;
use rental_model::Context;
use rental_runtime::{Effect, Input};

/// What becomes of a step's commit, and of the process with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitFate {
    Kept,
    CrashBefore,
    CrashAfter,
    Refused,
    Unsure,
}

impl CommitFate {
    pub(crate) const fn on_disk(self) -> Fate {
        match self {
            Self::Kept | Self::CrashAfter => Fate::Kept,
            Self::CrashBefore | Self::Refused => Fate::Refused,
            Self::Unsure => Fate::Unsure,
        }
    }

    pub(crate) const fn is_failure(self) -> bool {
        matches!(self, Self::CrashBefore | Self::Refused | Self::Unsure)
    }

    pub(crate) fn is_crash(self) -> bool {
        self == Self::CrashAfter
    }

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Kept => "a commit",
            Self::CrashBefore => "crash before a commit",
            Self::CrashAfter => "crash after a commit",
            Self::Refused => "a commit failed",
            Self::Unsure => "a commit was stored and reported as failed",
        }
    }
}

impl World {
    /// Whether a worker dies at the crash point at hand.
    pub(crate) fn strikes(&mut self, worker: usize) -> bool {
        if self.is_healing || self.is_doubled(self.workers[worker].context) {
            return false;
        }
        let is_serving = self.workers[worker].process.as_ref().is_some_and(|p| p.progress.phase == Phase::Serving);
        // The rarer phases are the shorter ones.
        let one_in = if is_serving { self.plan.crash_one_in } else { self.plan.crash_one_in.div_ceil(8) };
        self.random.one_in(one_in)
    }

    /// The same for what is rarely done while rebuilding, where it is rarely met by chance.
    pub(crate) fn strikes_rebuilding(&mut self, worker: usize) -> bool {
        let Some(process) = &self.workers[worker].process else { return false };
        let is_rare = matches!(process.effects.front(), Some(Effect::Ack { .. } | Effect::Publish { .. }));
        let is_spared = self.is_healing || self.is_doubled(self.workers[worker].context);
        let is_rebuilding = process.progress.phase == Phase::Rebuilding;
        is_rare && is_rebuilding && !is_spared && self.random.one_in(self.plan.crash_one_in.div_ceil(30))
    }

    pub(crate) fn commit_fate(&mut self, worker: usize) -> CommitFate {
        if !self.strikes(worker) {
            return CommitFate::Kept;
        }
        let fates = [CommitFate::CrashBefore, CommitFate::CrashAfter, CommitFate::Refused, CommitFate::Unsure];
        self.random.pick(&fates).unwrap_or(CommitFate::Kept)
    }

    /// The driver looks at its own stream every few seconds; a rebuild is rarely that long, but may be.
    fn look_while_rebuilding(&mut self) {
        let is_rebuilding = |worker: &Worker| {
            worker.process.as_ref().is_some_and(|process| process.progress.phase == Phase::Rebuilding)
        };
        if let Some(worker) = self.workers.iter().position(is_rebuilding)
            && self.random.one_in(16)
        {
            self.tell(worker, Input::Tick);
        }
    }

    /// A fault from outside, now and then.
    pub(crate) fn chaos(&mut self) {
        if !self.broker.is_up && self.random.one_in(30) {
            self.broker_up();
        }
        let recovers = |worker: &Worker| {
            let phase = worker.process.as_ref().map(|process| process.progress.phase);
            matches!(phase, Some(Phase::CatchingUp | Phase::Rebuilding))
        };
        let is_tender = self.workers.iter().any(recovers);
        self.look_while_rebuilding();
        if !self.random.one_in(self.plan.fault_one_in.div_ceil(if is_tender { 4 } else { 1 })) {
            return;
        }
        let Some(fault) = self.random.pick(&self.plan.faults.clone()) else { return };
        let worker = self.random.below(Context::ALL.len());
        let is_doubled = self.is_doubled(self.workers[worker].context);
        match fault {
            Fault::BrokerDown => self.broker_down(),
            Fault::LoseQuietly => self.lose_quietly(),
            Fault::ComeBack => self.come_back(),
            Fault::ClockJump => self.jump(worker),
            Fault::Stop => self.stop(worker),
            Fault::Crash | Fault::LoseStore | Fault::RestoreStore | Fault::SecondWorker | Fault::LoseBoth
                if is_doubled || self.workers[worker].is_retired => {}
            Fault::Crash => self.crash(worker, "crash at any time"),
            Fault::LoseStore => self.lose_store(worker),
            Fault::RestoreStore => self.restore_store(worker),
            Fault::SecondWorker => self.second_worker(worker),
            Fault::LoseBoth => self.lose_both(worker),
            Fault::LoseMiddle => self.lose_middle(self.workers[worker].context),
        }
    }

    /// Two workers of the same context are at work.
    pub(crate) fn is_doubled(&self, context: Context) -> bool {
        self.workers_of(context).count() > 1
    }

    /// Whether some worker's disk holds the whole journal there ever was.
    fn has_whole_journal(&self, context: Context) -> bool {
        let longest = self.longest.get(&context).copied().unwrap_or_default();
        !self.is_doubled(context) && self.workers_of(context).all(|place| self.workers[place].disk.journal() == longest)
    }

    /// Whether the stream holds the whole journal there ever was.
    fn has_whole_stream(&self, context: Context) -> bool {
        let longest = self.longest.get(&context).copied().unwrap_or_default();
        context.stream().is_none() || (self.broker.last(context) >= longest && self.broker.hole(context).is_none())
    }

    fn lose_store(&mut self, worker: usize) {
        if self.has_whole_stream(self.workers[worker].context) {
            self.crash(worker, "crash with the store");
            self.workers[worker].disk.restore(Image::default());
            self.lost_store(worker, "a store was lost");
        }
    }

    fn restore_store(&mut self, worker: usize) {
        let Some(copy) = self.random.pick(&self.copies[worker]) else { return };
        if self.has_whole_stream(self.workers[worker].context) {
            self.crash(worker, "crash with the store");
            self.workers[worker].disk.restore(copy);
            self.lost_store(worker, "a store was restored from an older copy");
        }
    }

    fn lost_store(&mut self, worker: usize, what: &'static str) {
        let context = self.workers[worker].context;
        self.coverage.hit(what, context.name());
        self.note(format_args!("{context} {worker}: {what}"));
    }

    fn broker_down(&mut self) {
        if !self.broker.is_up {
            return;
        }
        self.note(format_args!("the broker goes down"));
        self.coverage.hit("the broker was down", "");
        self.broker.is_up = false;
        self.broker.outages += 1;
        let mut random = crate::random::Random::new(self.random.between(0, u64::MAX));
        self.broker.drop_consumers(&mut random);
        let senders: Vec<_> = self.broker.senders().collect();
        for process in senders {
            let lost = self.random.below(self.broker.on_wire(process) + 1);
            self.broker.cut(process, lost);
        }
        if self.random.one_in(4) {
            let can_all = Context::DECIDERS.into_iter().all(|context| self.has_whole_journal(context));
            self.coverage.hit(if can_all { "all streams were lost" } else { "some streams were lost" }, "");
            for context in Context::DECIDERS {
                self.lose_stream(context);
            }
        } else {
            for context in Context::DECIDERS {
                if self.random.one_in(3) {
                    self.lose_tail(context);
                }
            }
        }
    }

    pub(crate) fn broker_up(&mut self) {
        self.note(format_args!("the broker is back"));
        self.broker.is_up = true;
    }

    /// A stream loses something without anybody being disconnected, as a cluster can.
    fn lose_quietly(&mut self) {
        let Some(context) = self.random.pick(&Context::DECIDERS) else { return };
        self.was_quiet |= self.has_whole_journal(context);
        if self.random.one_in(4) {
            self.lose_stream(context);
        } else {
            self.lose_tail(context);
        }
    }

    fn lose_tail(&mut self, context: Context) {
        let last = self.broker.last(context);
        if last == 0 || !self.has_whole_journal(context) {
            return;
        }
        let left = self.random.between(0, last - 1);
        self.note(format_args!("stream {context} loses everything behind {left}"));
        self.coverage.hit("a stream lost its tail", context.name());
        self.broker.lose_tail(context, left);
    }

    fn lose_stream(&mut self, context: Context) {
        if self.has_whole_journal(context) {
            self.note(format_args!("stream {context} is lost"));
            self.coverage.hit("a stream was lost", context.name());
            self.broker.lose_stream(context);
        }
    }

    fn come_back(&mut self) {
        let Some(context) = self.random.pick(&Context::DECIDERS) else { return };
        if !self.outside_fault_model && self.broker.come_back(context) {
            self.note(format_args!("stream {context} has its tail back"));
            self.coverage.hit("a lost tail came back", context.name());
        }
    }

    fn jump(&mut self, worker: usize) {
        let skew = self.random.between(0, 3_600_000);
        self.coverage
            .hit(if skew < self.workers[worker].skew_ms { "a clock was set back" } else { "a clock jumped ahead" }, "");
        self.workers[worker].skew_ms = skew;
    }

    /// A stop, and the end that the driver makes of it when it takes too long.
    fn stop(&mut self, worker: usize) {
        let Some(process) = &mut self.workers[worker].process else { return };
        if process.takes_requests {
            process.takes_requests = false;
            let phase = crate::worker::word(process.progress.phase);
            self.coverage.hit("told to stop", phase);
            self.note(format_args!("{worker}: is to stop ({phase})"));
            self.tell(worker, Input::Stop);
        } else {
            self.crash(worker, "stopped before everything was shipped");
        }
    }

    /// A second worker begins to work, on a copy of the first one's store.
    fn second_worker(&mut self, worker: usize) {
        let Worker { context, policy, disk, skew_ms, .. } = &self.workers[worker];
        let (context, policy, skew_ms) = (*context, policy.clone(), *skew_ms);
        let second = Context::ALL.len();
        let is_whole = self.has_whole_journal(context) && self.has_whole_stream(context);
        if context.stream().is_none() || self.workers.len() > second || !is_whole {
            return;
        }
        let now = disk.image();
        let older = self.random.pick(&self.copies[worker]).filter(|_| self.random.one_in(2));
        let image = older.unwrap_or(now);
        self.note(format_args!("{context}: a second worker, journal {}", image.journal()));
        self.coverage.hit("a second worker began", context.name());
        let disk = Disk::new(image, self.options.defect);
        self.workers.push(Worker { context, policy, disk, process: None, skew_ms, is_retired: false });
        self.start(second);
    }

    /// A stream loses one event, and keeps those behind it. The journal has it.
    fn lose_middle(&mut self, context: Context) {
        let last = self.broker.last(context);
        if last < 2 || !self.has_whole_journal(context) {
            return;
        }
        let number = self.random.between(1, last - 1);
        self.note(format_args!("stream {context} loses event {number}"));
        self.coverage.hit("a stream lost an event in the middle", context.name());
        self.broker.lose_one(context, number);
        self.broker.forget_lost(context);
        self.was_quiet = true;
    }

    /// A context loses its store and its stream's tail at once: some of its events are gone for good.
    fn lose_both(&mut self, worker: usize) {
        let context = self.workers[worker].context;
        if context.stream().is_none() {
            return;
        }
        self.crash(worker, "crash with the store");
        let copy = self.random.pick(&self.copies[worker]).filter(|_| self.random.one_in(2));
        self.workers[worker].disk.restore(copy.unwrap_or_default());
        self.copies[worker].clear();
        let left = self.random.between(0, self.broker.last(context));
        let senders: Vec<_> = self.broker.senders().collect();
        for process in senders {
            self.broker.cut(process, usize::MAX);
        }
        self.broker.lose_tail(context, left);
        self.broker.forget_lost(context);
        let journal = self.workers[worker].disk.journal();
        self.longest.insert(context, journal.max(left));
        self.note(format_args!("{context} loses its store (journal {journal}) and its stream's tail ({left} left)"));
        self.coverage.hit("a store and its stream's tail were lost", context.name());
        self.outside_fault_model = true;
        self.was_quiet = true;
    }
}
