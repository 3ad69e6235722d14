//! The two kinds of context the runtime can run.

use rental_bus::status::Phase;
use rental_model::{
    Context, Decider, Decision, Endpoint, Event, Projection, QueryOutcome, RecordedEvent, Refusal, Repository,
    RepositoryMut, Request, UnixMs,
};
use serde_json::Value;
use std::sync::Arc;

/// A context's rules: deciding, or only showing.
#[derive(Debug, Clone)]
pub enum Policy {
    Deciding(Arc<dyn Decider>),
    Projecting(Arc<dyn Projection>),
}

impl Policy {
    pub fn deciding(decider: impl Decider) -> Self {
        Self::Deciding(Arc::new(decider))
    }

    pub fn projecting(projection: impl Projection) -> Self {
        Self::Projecting(Arc::new(projection))
    }

    pub fn context(&self) -> Context {
        match self {
            Self::Deciding(decider) => decider.context(),
            Self::Projecting(projection) => projection.context(),
        }
    }

    pub fn subscriptions(&self) -> &'static [Context] {
        match self {
            Self::Deciding(decider) => decider.subscriptions(),
            Self::Projecting(projection) => projection.subscriptions(),
        }
    }

    pub(crate) fn subscription_version(&self, source: Context) -> u32 {
        match self {
            Self::Deciding(decider) => decider.subscription_version(source),
            Self::Projecting(projection) => projection.subscription_version(source),
        }
    }

    pub(crate) fn initial_events(&self) -> Vec<Event> {
        match self {
            Self::Deciding(decider) => decider.initial_events(),
            Self::Projecting(_) => Vec::new(),
        }
    }

    /// The version of what it keeps in rows.
    pub(crate) fn rows_version(&self) -> u32 {
        match self {
            Self::Deciding(decider) => decider.rows_version(),
            Self::Projecting(_) => 0,
        }
    }

    /// Brings rows that an earlier version wrote, `stored`, up to date.
    pub(crate) fn migrate(&self, rows: &mut dyn RepositoryMut, stored: u32) {
        match self {
            Self::Deciding(decider) if stored < decider.rows_version() => decider.migrate(rows),
            Self::Deciding(_) => {}
            // It sees for itself whether there is anything to do.
            Self::Projecting(projection) => projection.migrate(rows),
        }
    }

    /// Its rows were opened: `journal` events were folded into them.
    pub(crate) fn opened(&self, rows: &mut dyn RepositoryMut, journal: u64) {
        if let Self::Deciding(decider) = self {
            decider.opened(rows, journal);
        }
    }

    /// What waits for a person, a sentence each.
    pub(crate) fn alerts(&self, rows: &dyn Repository, now: UnixMs) -> Vec<String> {
        match self {
            Self::Deciding(decider) => decider.alerts(rows, now),
            Self::Projecting(_) => Vec::new(),
        }
    }

    pub(crate) fn apply(&self, rows: &mut dyn RepositoryMut, own: &RecordedEvent) {
        if let Self::Deciding(decider) = self {
            decider.apply(rows, own);
        }
    }

    pub(crate) fn react(&self, rows: &mut dyn RepositoryMut, recorded: &RecordedEvent) -> Vec<Event> {
        match self {
            Self::Deciding(decider) => decider.react(rows, recorded),
            Self::Projecting(projection) => {
                projection.project(rows, recorded);
                Vec::new()
            }
        }
    }

    pub fn commands(&self) -> &'static [Endpoint] {
        match self {
            Self::Deciding(decider) => decider.commands(),
            Self::Projecting(_) => &[],
        }
    }

    pub(crate) fn decide(
        &self,
        rows: &dyn Repository,
        request: Request<'_>,
        query_outcome: Option<&QueryOutcome>,
    ) -> Result<Decision, Refusal> {
        match self {
            Self::Deciding(decider) => decider.decide(rows, request, query_outcome),
            Self::Projecting(projection) => {
                Err(Refusal::malformed(format!("{} takes no commands", projection.context())))
            }
        }
    }

    pub(crate) fn became(&self, rows: &dyn Repository, event: &Event) -> Option<Value> {
        match self {
            Self::Deciding(decider) => decider.became(rows, event),
            Self::Projecting(_) => None,
        }
    }

    pub fn queries(&self) -> &'static [Endpoint] {
        match self {
            Self::Deciding(decider) => decider.queries(),
            Self::Projecting(projection) => projection.queries(),
        }
    }

    pub(crate) fn query(&self, rows: &dyn Repository, request: Request<'_>) -> Result<Value, Refusal> {
        match self {
            Self::Deciding(decider) => decider.query(rows, request),
            Self::Projecting(projection) => projection.query(rows, request),
        }
    }

    /// Whether it answers queries in `phase`. What only shows may show what it has so far.
    pub(crate) fn answers_in(&self, phase: Phase) -> bool {
        matches!(self, Self::Projecting(_)) || matches!(phase, Phase::Serving | Phase::Stopping)
    }
}
