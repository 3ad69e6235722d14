//! How the shop is: which services are down or in trouble, as they answered
//! themselves within the last seconds.
//!
//! **Nothing is said to be well that was not seen to be**: who was not asked
//! yet, or has not been told of for a while, is unknown.

use crate::core::link::Freshness;
use crate::core::workers::{Worker, Workers};
use rental_bus::status::Phase;
use rental_model::{Context, UnixMs};

/// How often all are asked how they are. One that was killed is known at the next asking, one that
/// hangs when its answer is overdue: both within five seconds.
pub(crate) const ASK_MS: u64 = 2_000;

/// What a service told longer ago no longer counts: three askings have brought nothing since.
const PROOF_MS: u64 = 3 * ASK_MS + 500;

/// A service is behind when there are events it should have dealt with this long ago.
const BEHIND_MS: u64 = 5_000;

/// How a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    Unknown,
    Down,
    /// It answers, and does not serve yet, or no more.
    Unready(Phase),
    /// It serves, and says that something is wrong.
    Alert,
    Behind,
    Well,
}

/// How the worker is at `now`.
pub(crate) fn health(worker: Option<&Worker>, now: UnixMs) -> Health {
    let Some(worker) = worker else { return Health::Unknown };
    let is_recent = worker.received_of.is_some_and(|at| now.0.saturating_sub(at.0) <= PROOF_MS);
    match &worker.status {
        _ if !is_recent => Health::Unknown,
        _ if worker.silent.is_some() => Health::Down,
        None => Health::Unknown,
        Some(status) if status.phase != Phase::Serving => Health::Unready(status.phase),
        Some(status) if !status.alert_messages.is_empty() => Health::Alert,
        Some(_) => {
            let since = worker.backlog.as_ref().map(|backlog| backlog.since);
            let is_behind = since.is_some_and(|since| now.0.saturating_sub(since.0) >= BEHIND_MS);
            if is_behind { Health::Behind } else { Health::Well }
        }
    }
}

/// All of them at a glance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Vitals {
    healths: Vec<(Context, Health)>,
    /// How many messages wait for staff.
    pub(crate) parked: u64,
}

impl Vitals {
    /// Without a way to the broker nothing is known of anybody.
    pub(crate) fn of(workers: &Workers, is_up: bool, now: UnixMs) -> Self {
        let one = |context| {
            let worker = workers.get(context).filter(|_| is_up);
            (context, health(worker, now))
        };
        let healths: Vec<_> = Context::ALL.into_iter().map(one).collect();
        let known = healths.iter().filter(|(_, health)| !matches!(health, Health::Unknown | Health::Down));
        let parked = known.filter_map(|(context, _)| workers.get(*context)?.status.as_ref());
        Self { parked: parked.map(|status| status.parked).sum(), healths }
    }

    pub(crate) fn of_context(&self, context: Context) -> Health {
        self.healths.iter().find(|(known, _)| *known == context).map_or(Health::Unknown, |(_, health)| *health)
    }

    /// Those who are like this.
    pub(crate) fn those(&self, is: impl Fn(Health) -> bool) -> Vec<Context> {
        self.healths.iter().filter(|(_, health)| is(*health)).map(|(context, _)| *context).collect()
    }

    pub(crate) fn down(&self) -> Vec<Context> {
        self.those(|health| health == Health::Down)
    }

    /// Whether a service takes what it is asked for.
    fn serves(&self, context: Context) -> Option<bool> {
        match self.of_context(context) {
            Health::Unknown => None,
            Health::Down | Health::Unready(_) => Some(false),
            Health::Alert | Health::Behind | Health::Well => Some(true),
        }
    }

    /// Whether rentals can be requested: the order's service asks inventory first.
    pub(crate) fn can_request(&self) -> Option<bool> {
        Some(self.serves(Context::Order)? && self.serves(Context::Inventory)?)
    }

    pub(crate) fn can_cancel(&self) -> Option<bool> {
        self.serves(Context::Order)
    }

    /// How live the picture is: only as live as those who record what happens.
    pub(crate) fn liveness(&self, freshness: Freshness) -> Liveness {
        let recorders = Context::DECIDERS.map(|context| self.serves(context));
        match freshness {
            Freshness::Stale(age) => Liveness::Stale(age),
            Freshness::Connecting => Liveness::Connecting,
            Freshness::Live if recorders.contains(&Some(false)) => Liveness::Partly,
            Freshness::Live if recorders.contains(&None) => Liveness::Connecting,
            Freshness::Live => Liveness::Live,
        }
    }
}

/// What the corner of the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Liveness {
    Connecting,
    /// Everything recorded is on the screen, and everyone who records serves.
    Live,
    /// Everything recorded is on the screen, but not everyone records.
    Partly,
    /// The picture is this many milliseconds old.
    Stale(u64),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::serving;
    use rental_bus::status::{ContextStatus, SourceStatus};

    /// A service of which the last answer was that it has received so many of so many, and published all.
    fn status(received: u64, last: u64) -> ContextStatus {
        let receiving = SourceStatus { position: received, last: Some(last), lag: Some(last.saturating_sub(received)) };
        ContextStatus { positions: [(Context::Order, receiving)].into(), ..serving(Context::Billing, 0) }
    }

    fn told(worker: &mut Worker, status: ContextStatus, at: u64) -> Health {
        worker.tell(Ok(status), UnixMs(at));
        health(Some(worker), UnixMs(at))
    }

    #[test]
    fn a_busy_service_is_not_behind_and_one_that_stands_still_is() {
        let mut worker = Worker::default();
        for second in 0..20 {
            let received = second * 100;
            assert_eq!(told(&mut worker, status(received, received + 90), second * 1_000), Health::Well, "{second}");
        }
        let mut worker = Worker::default();
        assert_eq!(told(&mut worker, status(5, 8), 0), Health::Well);
        assert_eq!(told(&mut worker, status(5, 9), 4_000), Health::Well, "it may just be at it");
        assert_eq!(told(&mut worker, status(7, 9), 6_000), Health::Behind, "8 was there six seconds ago");
        assert_eq!(told(&mut worker, status(9, 9), 8_000), Health::Well);
    }

    #[test]
    fn what_is_recorded_and_not_shipped_is_work_left_undone() {
        let mut worker = Worker::default();
        let unpublished = || ContextStatus { journal: 9, published: 8, ..status(5, 5) };
        assert_eq!(told(&mut worker, unpublished(), 0), Health::Well);
        assert_eq!(told(&mut worker, unpublished(), 6_000), Health::Behind);
        let mut view = Worker::default();
        let projection = || ContextStatus { context: Context::Totalview, journal: 9, published: 0, ..status(5, 5) };
        told(&mut view, projection(), 0);
        assert_eq!(told(&mut view, projection(), 6_000), Health::Well, "it records nothing");
    }

    #[test]
    fn a_stream_made_anew_leaves_nobody_behind_for_ever() {
        let mut worker = Worker::default();
        told(&mut worker, status(500, 600), 0);
        assert_eq!(told(&mut worker, status(3, 3), 9_000), Health::Well);
    }

    #[test]
    fn who_has_not_been_received_of_lately_is_unknown() {
        let mut worker = Worker::default();
        assert_eq!(health(Some(&worker), UnixMs(0)), Health::Unknown);
        told(&mut worker, status(5, 5), 1_000);
        assert_eq!(health(Some(&worker), UnixMs(1_000 + PROOF_MS)), Health::Well);
        assert_eq!(health(Some(&worker), UnixMs(1_001 + PROOF_MS)), Health::Unknown);
    }
}
