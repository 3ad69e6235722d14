//! The world: everything there is in a run, and whose turn it is.

use crate::broker::Broker;
use crate::disk::{Disk, Image};
use crate::flaky::{Defective, Flaky, PanicInjector, forget_early_ends, send_at_once};
use crate::history::History;
use crate::people::{self, PersonAction};
use crate::plan::Plan;
use crate::random::Random;
use crate::worker::Worker;
use crate::{Coverage, Defect, Options, Outcome, Scope};
use rental_model::billing::BillingPolicy;
use rental_model::inventory::InventoryPolicy;
use rental_model::logistics::LogisticsPolicy;
use rental_model::order::OrderPolicy;
use rental_model::totalview::TotalView;
use rental_model::{Context, Decider};
use rental_runtime::Policy;
use std::collections::BTreeMap;
use std::fmt;

/// When every run begins: 2020-04-23 01:36:34 UTC.
const FIRST_DAY: u64 = 1_587_605_794_000;

/// Everything there is.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) plan: Plan,
    pub(crate) random: Random,
    /// Counts the turns.
    pub(crate) tick: u64,
    /// The true time, in milliseconds.
    pub(crate) now: u64,
    pub(crate) broker: Broker,
    pub(crate) workers: Vec<Worker>,
    pub(crate) actions: Vec<PersonAction>,
    /// How many processes were started.
    pub(crate) processes: u64,
    /// How long each journal ever was on a disk.
    pub(crate) longest: BTreeMap<Context, u64>,
    /// Older copies of the disks of the five workers.
    pub(crate) copies: Vec<Vec<Image>>,
    /// Faults are over.
    pub(crate) is_healing: bool,
    /// Something was lost for good: not everything that is promised can be had any more.
    pub(crate) outside_fault_model: bool,
    /// A stream lost something without anybody being told.
    pub(crate) was_quiet: bool,
    mood: PanicInjector,
    pub(crate) coverage: Coverage,
    pub(crate) violation: Option<String>,
    history: History,
}

impl World {
    pub(crate) fn new(seed: u64, options: Options) -> Self {
        let mut random = Random::new(seed);
        let plan = Plan::draw(&mut random, options.scope);
        let actions = people::wishes(&mut random, &plan);
        let mood = PanicInjector::new(random.between(0, u64::MAX), plan.panic_one_in);
        let most_skew = if plan.skews_clocks { 3_600_000 } else { 0 };
        let workers = Context::ALL.map(|context| Worker {
            context,
            policy: policy(context, &plan, &mood, options.defect),
            disk: Disk::new(Image::default(), options.defect),
            process: None,
            skew_ms: random.between(0, most_skew),
            is_retired: false,
        });
        let ignores_sequence = options.defect == Some(Defect::IgnoresSequence);
        Self {
            options,
            plan,
            random,
            tick: 0,
            now: FIRST_DAY,
            broker: Broker::new(ignores_sequence),
            workers: workers.into(),
            actions,
            processes: 0,
            longest: BTreeMap::new(),
            copies: vec![Vec::new(); Context::ALL.len()],
            is_healing: false,
            outside_fault_model: false,
            was_quiet: false,
            mood,
            coverage: Coverage::default(),
            violation: None,
            history: History::new(options.keeps_text),
        }
    }

    /// Lets everything go on and go wrong.
    pub(crate) fn live(&mut self) {
        for worker in 0..self.workers.len() {
            self.start(worker);
        }
        while self.tick < self.plan.ticks && self.violation.is_none() {
            self.chaos();
            self.turn_of_somebody();
        }
    }

    /// One turn of somebody: a worker, a wire, a person.
    pub(crate) fn turn_of_somebody(&mut self) {
        self.tick += 1;
        self.now += self.random.between(0, 20);
        match self.random.below(10) {
            0..=6 => {
                let worker = self.random.below(self.workers.len());
                self.work(worker);
            }
            7..=8 => self.carry(),
            _ => self.act(),
        }
    }

    /// The next message on one of the wires arrives.
    fn carry(&mut self) {
        if !self.broker.is_up {
            return;
        }
        let senders: Vec<_> = self.broker.senders().collect();
        let Some(process) = self.random.pick(&senders) else { return };
        if self.inject_fault("a publication was dropped") {
            return self.broker.cut(process, 1);
        }
        let is_received =
            self.workers.iter().any(|worker| worker.process.as_ref().is_some_and(|running| running.id == process));
        if !is_received {
            self.coverage.hit("a dead process' publication arrived", "");
        }
        if let Some((source, number, outcome)) = self.broker.take(process, is_received) {
            self.note(format_args!("stream {source}: {number} from process {process}: {outcome:?}"));
        }
    }

    /// The workers of a context that have not been retired.
    pub(crate) fn workers_of(&self, context: Context) -> impl Iterator<Item = usize> {
        let is_of = move |worker: &Worker| worker.context == context && !worker.is_retired;
        self.workers.iter().enumerate().filter(move |(_, worker)| is_of(worker)).map(|(place, _)| place)
    }

    /// A worker's disk changed.
    pub(crate) fn committed(&mut self, worker: usize) {
        let Worker { context, disk, .. } = &self.workers[worker];
        let longest = self.longest.entry(*context).or_default();
        *longest = disk.journal().max(*longest);
        if worker < self.copies.len() && !self.is_healing && self.random.one_in(8) {
            let image = self.workers[worker].disk.image();
            let copies = &mut self.copies[worker];
            copies.push(image);
            if copies.len() > 4 {
                let oldest = self.random.below(copies.len());
                copies.remove(oldest);
            }
        }
    }

    /// Whether a small thing goes wrong here and now.
    pub(crate) fn inject_fault(&mut self, what: &'static str) -> bool {
        let inject_fault = !self.is_healing && self.random.one_in(self.plan.slip_one_in);
        if inject_fault {
            self.coverage.hit(what, "");
        }
        inject_fault
    }

    pub(crate) fn has(&self, defect: Defect) -> bool {
        self.options.defect == Some(defect)
    }

    pub(crate) fn is_flaky(&self) -> bool {
        self.plan.panic_one_in > 0 && !self.is_healing
    }

    pub(crate) fn calm_down(&mut self) {
        self.is_healing = true;
        self.mood.calm_down();
    }

    pub(crate) fn note(&mut self, line: fmt::Arguments<'_>) {
        self.history.note(format_args!("{:>6} {line}", self.tick));
    }

    /// Something is wrong; the first finding counts.
    pub(crate) fn fail(&mut self, what: String) {
        self.note(format_args!("VIOLATION {what}"));
        self.violation.get_or_insert(what);
    }

    pub(crate) fn outcome(mut self, seed: u64) -> Outcome {
        if self.options.scope == Scope::Beyond && self.outside_fault_model {
            self.coverage.hit("a run went beyond what is promised", "");
        }
        Outcome {
            seed,
            violation: self.violation,
            digest: self.history.digest(),
            text: self.history.into_text(),
            coverage: self.coverage,
        }
    }
}

fn policy(context: Context, plan: &Plan, mood: &PanicInjector, defect: Option<Defect>) -> Policy {
    fn flaky(policy: impl Decider, plan: &Plan, mood: &PanicInjector) -> Policy {
        if plan.panic_one_in > 0 {
            Policy::deciding(Flaky { policy, mood: mood.clone() })
        } else {
            Policy::deciding(policy)
        }
    }
    let billing = BillingPolicy::of(plan.provider);
    match context {
        Context::Order => flaky(OrderPolicy::default(), plan, mood),
        Context::Inventory => flaky(InventoryPolicy { check_in: plan.check_in }, plan, mood),
        Context::Billing if defect == Some(Defect::ChargesClosedBills) => {
            Policy::deciding(Defective { policy: billing, receive: forget_early_ends })
        }
        Context::Billing => flaky(billing, plan, mood),
        Context::Logistics if defect == Some(Defect::SendsUnreserved) => {
            Policy::deciding(Defective { policy: LogisticsPolicy, receive: send_at_once })
        }
        Context::Logistics => flaky(LogisticsPolicy, plan, mood),
        Context::Totalview => Policy::projecting(TotalView),
    }
}
