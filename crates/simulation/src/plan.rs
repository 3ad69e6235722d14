//! What a seed makes of a run: which faults may strike, how often, and what people want.
//!
//! Every run draws only some kinds of fault, so that rare ones are not drowned
//! by common ones.

use crate::Scope;
use crate::random::Random;
use rental_model::Won;
use rental_model::billing::Provider;
use rental_model::inventory::CheckIn;

/// A fault from outside. Those at a worker's crash points come on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Crash,
    Stop,
    LoseStore,
    RestoreStore,
    BrokerDown,
    /// A stream loses its tail, or all, and nobody is told.
    LoseQuietly,
    ComeBack,
    ClockJump,
    SecondWorker,
    /// A store and its stream's tail at once.
    LoseBoth,
    /// One event out of the middle of a stream.
    LoseMiddle,
}

impl Fault {
    const PROMISED: [Self; 9] = [
        Self::Crash,
        Self::Stop,
        Self::LoseStore,
        Self::RestoreStore,
        Self::BrokerDown,
        Self::LoseQuietly,
        Self::ComeBack,
        Self::ClockJump,
        Self::SecondWorker,
    ];
}

#[derive(Debug)]
pub(crate) struct Plan {
    /// How long it goes wrong.
    pub(crate) ticks: u64,
    pub(crate) faults: Vec<Fault>,
    /// One fault in so many ticks.
    pub(crate) fault_one_in: u32,
    /// One crash in so many crash points.
    pub(crate) crash_one_in: u32,
    /// One slip in so many messages.
    pub(crate) slip_one_in: u32,
    /// One panic in so many calls of a policy.
    pub(crate) panic_one_in: u32,
    pub(crate) provider: Provider,
    pub(crate) check_in: CheckIn,
    pub(crate) actions: usize,
    pub(crate) skews_clocks: bool,
}

impl Plan {
    pub(crate) fn draw(random: &mut Random, scope: Scope) -> Self {
        let mut faults: Vec<Fault> = Fault::PROMISED.into_iter().filter(|_| !random.one_in(3)).collect();
        if scope == Scope::Beyond {
            faults.retain(|fault| *fault != Fault::SecondWorker);
            faults.push(random.pick(&[Fault::LoseBoth, Fault::LoseMiddle]).unwrap_or(Fault::LoseBoth));
        }
        let limit = Won::new(20).ok();
        let providers = [Provider::Instant { limit: None }, Provider::Instant { limit }, Provider::Deferred];
        Self {
            ticks: random.between(200, 1500),
            faults,
            fault_one_in: random.pick(&[40, 100, 250]).unwrap_or_default(),
            crash_one_in: random.pick(&[0, 40, 150, 400]).unwrap_or_default(),
            slip_one_in: random.pick(&[0, 10, 40, 150]).unwrap_or_default(),
            panic_one_in: random.pick(&[0, 0, 0, 60, 300]).unwrap_or_default(),
            provider: random.pick(&providers).unwrap_or(Provider::Deferred),
            check_in: random.pick(&[CheckIn::Auto, CheckIn::Staff]).unwrap_or_default(),
            actions: 3 + random.below(8),
            skews_clocks: random.one_in(2),
        }
    }
}
