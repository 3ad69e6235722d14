//! The way back to rest: faults are over, and everything has time to finish.

use crate::people::{self, STAFF};
use crate::worker::Worker;
use crate::world::World;
use bytes::Bytes;
use rental_bus::status::{ParkedList, Phase};
use rental_model::Context;
use rental_model::billing::Open;
use rental_model::repository::{Direction, walk};
use rental_runtime::store::Reader;
use rental_runtime::{Input, ReadOnly};
use serde_json::json;
use std::ops::ControlFlow;

/// How many turns a healed world may take to come to rest.
const PATIENCE: u64 = 400_000;
/// How long two workers of one context may go on side by side.
const SIDE_BY_SIDE: u64 = 4_000;
/// How long it may take to say that events are missing.
const TIME_TO_SAY: u64 = 6_000;
/// How often the driver looks at its own stream although nothing has happened.
const LOOK_EVERY: u64 = 8_000;

impl World {
    /// Heals the world and lets it come to rest.
    pub(crate) fn settle(&mut self) {
        self.note(format_args!("the world heals"));
        self.calm_down();
        self.broker_up();
        let began = self.tick;
        let mut looked = 0;
        while self.violation.is_none() {
            self.turn_of_somebody();
            let passed = self.tick - began;
            if !passed.is_multiple_of(64) {
                continue;
            }
            if passed > SIDE_BY_SIDE {
                self.leave_one();
            }
            if passed > TIME_TO_SAY {
                self.mend_holes();
            }
            if self.was_quiet && passed >= looked * LOOK_EVERY {
                looked += 1;
                self.look();
            }
            let has_looked = looked > 1 || !self.was_quiet;
            if has_looked && self.is_at_rest() && !self.has_work_for_staff() {
                return;
            }
            if passed > PATIENCE {
                let state = self.unrest();
                return self.fail(format!("it does not come to rest: {state}"));
            }
        }
    }

    /// Every worker looks whether its stream, and those it receives, are still what they were.
    fn look(&mut self) {
        for worker in 0..self.workers.len() {
            self.tell(worker, Input::Tick);
            let Some(process) = &mut self.workers[worker].process else { continue };
            for (source, reading) in &mut process.readings {
                reading.look(process.progress.positions.get(source).copied().unwrap_or_default());
            }
        }
    }

    /// Staff delete a stream that has a hole, once everybody who waits for what is missing has said so.
    fn mend_holes(&mut self) {
        for context in Context::DECIDERS {
            let Some(hole) = self.broker.hole(context) else { continue };
            let says = |worker: &Worker| {
                let alert_messages = worker.process.as_ref().map(|process| process.progress.alert_messages().concat());
                alert_messages.is_some_and(|alert_messages| {
                    alert_messages.contains("missing") || alert_messages.contains("does not tell")
                })
            };
            let is_silent = |worker: &&Worker| {
                let Some(process) = worker.process.as_ref().filter(|_| !worker.is_retired) else { return false };
                let waits = process.progress.positions.get(&context).is_some_and(|received| received + 1 == hole);
                waits && !says(worker)
            };
            if self.workers_of(context).any(|owner| says(&self.workers[owner])) {
                self.coverage.hit("the owner said that its stream is damaged", context.name());
            } else if let Some(silent) = self.workers.iter().find(is_silent) {
                let silent = silent.context;
                return self.fail(format!("{silent} waits for event {hole} of {context}, and does not say so"));
            }
            self.note(format_args!("stream {context} is deleted: event {hole} is missing from it"));
            self.broker.lose_stream(context);
            self.broker.forget_lost(context);
        }
    }

    /// Of two workers of one context that have nothing left to publish, one is ended.
    fn leave_one(&mut self) {
        for context in Context::DECIDERS {
            let pair: Vec<_> = self.workers_of(context).collect();
            let is_idle = |place: &usize| {
                self.workers[*place].process.as_ref().is_some_and(|process| {
                    process.callers.is_empty()
                        && process.inputs.is_empty()
                        && process.progress.phase == Phase::Serving
                        && process.progress.published == process.progress.journal
                })
            };
            let &[first, second] = pair.as_slice() else { continue };
            if pair.iter().all(is_idle) {
                let last = self.broker.last(context);
                let loser = if self.workers[first].disk.journal() < last { first } else { second };
                self.note(format_args!("{context} {loser} is ended: one worker is enough"));
                self.coverage.hit("a second worker was ended by hand", context.name());
                self.end_process(loser);
                self.workers[loser].is_retired = true;
            }
        }
    }

    fn is_at_rest(&self) -> bool {
        self.broker.is_quiet()
            && self.actions.iter().all(people::PersonAction::is_done)
            && Context::ALL.into_iter().all(|context| self.workers_of(context).count() == 1)
            && self.workers.iter().filter(|worker| !worker.is_retired).all(|worker| self.rests(worker))
    }

    fn rests(&self, worker: &Worker) -> bool {
        let Some(process) = &worker.process else { return false };
        let progress = &process.progress;
        process.inputs.is_empty()
            && process.effects.is_empty()
            && process.tasks.is_empty()
            && process.outages == self.broker.outages
            && progress.phase == Phase::Serving
            && (worker.context.stream().is_none() || progress.published == progress.journal)
            && process.readings.values().all(crate::readings::Reading::is_streaming)
            && progress.positions.iter().all(|(source, received)| *received == self.broker.last(*source))
    }

    /// Who has not come to rest, and why.
    fn unrest(&self) -> String {
        let restless = self.workers.iter().filter(|worker| !worker.is_retired && !self.rests(worker));
        let workers: Vec<_> = restless.map(|worker| format!("{} {:?}", worker.context, worker.process)).collect();
        let actions: Vec<_> =
            self.actions.iter().filter(|action| !action.is_done()).map(|action| &action.actor).collect();
        let streams = Context::DECIDERS.map(|context| self.broker.stream(context).map(<[_]>::len));
        format!("streams {streams:?}, waiting {actions:?}, {}", workers.join("; "))
    }

    /// Staff retry what is parked, and what the provider was asked for is settled.
    fn has_work_for_staff(&mut self) -> bool {
        let mut has_work = false;
        for context in Context::ALL {
            let Some(worker) = self.workers_of(context).next() else { continue };
            let list = self.query(worker, "parked.list", b"{}").and_then(Result::ok).unwrap_or_default();
            let parked = serde_json::from_slice::<ParkedList>(&list).map(|list| list.parked).unwrap_or_default();
            for message in parked {
                self.coverage.hit("a parked message was retried", context.name());
                let payload = json!({ "id": message.id }).to_string();
                has_work |= self.command(worker, STAFF, "parked.retry", Bytes::from(payload));
            }
        }
        for open in self.open_requests() {
            let dice = self.random.below(2);
            let number = self.actions.len();
            self.actions.push(people::settlement(number, open.order_id.get(), open.what, dice));
            has_work = true;
        }
        has_work
    }

    /// What the provider has not settled yet.
    fn open_requests(&self) -> Vec<Open> {
        let mut found = Vec::new();
        let Some(worker) = self.workers_of(Context::Billing).next() else { return found };
        let Ok(snapshot) = self.workers[worker].disk.snapshot() else { return found };
        walk::<Open>(&ReadOnly::new(snapshot), 0, Direction::Up, |_, open| {
            found.push(open);
            ControlFlow::Continue(())
        });
        found
    }

    /// Lets the healed world go on until it is at rest again.
    pub(crate) fn rest(&mut self) {
        let began = self.tick;
        while self.violation.is_none() && !(self.tick.is_multiple_of(16) && self.is_at_rest()) {
            self.turn_of_somebody();
            if self.tick - began > PATIENCE {
                let state = self.unrest();
                self.fail(format!("it does not come to rest again: {state}"));
            }
        }
    }
}
