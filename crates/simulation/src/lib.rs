//! The whole system in one thread, with everything going wrong.
//!
//! Five real [`rental_runtime::Engine`]s with the real policies run in a world
//! in which nothing is real but them: the broker, the disks, the clocks, the
//! people and every piece of luck are made up from one seed. [`run`] lets
//! people rent things while processes crash at every point, disks and streams
//! are lost, messages come twice, late or not at all; then heals the world,
//! lets it settle, and checks what was promised. The same seed goes the same
//! way to the last byte.
//!
//! - `world`: whose turn it is · `worker`: a process around its engine, as
//!   `rental_runtime::driver` is one · `tasks`, `readings`: what that driver
//!   does beside the engine · `people`: requests · `chaos`: faults.
//! - `broker`, `disk`: what the engine relies on, and how it may fail.
//! - `settle`: the way back to rest · `checks`: what must be true then; `entries`: of the journal of commands; `stock`: of who would rather be refused.

mod broker;
mod chaos;
mod checks;
mod coverage;
mod disk;
mod entries;
mod flaky;
mod history;
mod many;
mod people;
mod plan;
mod random;
mod readings;
mod settle;
mod stock;
mod tasks;
mod worker;
mod world;

pub use coverage::Coverage;
pub use many::{Progress, Summary, run_many};

/// What may go wrong in a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// Everything the system promises to survive.
    #[default]
    Promised,
    /// More than that: a context's store and its stream's tail at once, so that events are lost
    /// for good, or one event out of the middle of a stream, so that staff must help. What is
    /// promised then is that those concerned notice and say so, and that nobody fails.
    Beyond,
}

/// Something broken on purpose, to see that the simulation finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// A disk that says a commit is durable before it is.
    LosesLastCommit,
    /// A disk on which a crash leaves half of the last commit.
    TearsCommits,
    /// A disk that does not keep the answers given.
    ForgetsAnswers,
    /// A disk that does not keep the journal of commands.
    ForgetsCommands,
    /// Surroundings that answer people before the commit.
    RepliesBeforeCommit,
    /// Surroundings that publish before the commit.
    PublishesBeforeCommit,
    /// Surroundings that never say that the broker was away.
    KeepsOutagesQuiet,
    /// Surroundings that do not compare what was received when a reading is opened.
    NeverCompares,
    /// A broker that takes messages in any order.
    IgnoresSequence,
    /// A policy that forgets that a bill was closed.
    ChargesClosedBills,
    /// A policy that sends goods out for which no stock is set aside.
    SendsUnreserved,
}

impl Defect {
    pub const ALL: [Self; 11] = [
        Self::LosesLastCommit,
        Self::TearsCommits,
        Self::ForgetsAnswers,
        Self::ForgetsCommands,
        Self::RepliesBeforeCommit,
        Self::PublishesBeforeCommit,
        Self::KeepsOutagesQuiet,
        Self::NeverCompares,
        Self::IgnoresSequence,
        Self::ChargesClosedBills,
        Self::SendsUnreserved,
    ];
}

/// How to run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    pub scope: Scope,
    pub defect: Option<Defect>,
    /// Keep the history's text.
    pub keeps_text: bool,
}

/// How a run went.
#[derive(Debug)]
pub struct Outcome {
    pub seed: u64,
    /// What was found to be wrong; the seed replays it.
    pub violation: Option<String>,
    /// Of the whole history.
    pub digest: u64,
    /// The history, if it was to be kept.
    pub text: Option<String>,
    pub coverage: Coverage,
}

/// Runs the world that `seed` describes, from its first day to its audit.
pub fn run(seed: u64, options: Options) -> Outcome {
    let mut world = world::World::new(seed, options);
    world.live();
    world.settle();
    world.check();
    world.outcome(seed)
}
