//! The worker without its surroundings.
//!
//! [`Engine::step`] takes whatever has arrived, decides each input against the
//! state, makes one durable commit, and only then says what is to be done
//! outside: answers, acknowledgements, publications. A crash before the commit
//! means that nothing happened; a crash after it loses nothing, because the
//! journal, the answers and the received positions are in that one commit.

use crate::inspection::Inspected;
use crate::intake::AwaitingQuery;
use crate::journal;
use crate::outbox::Outbox;
use crate::policy::Policy;
use crate::store::{Reader, Snapshot, Store, StoreError, Table, Write, last};
use crate::subscription::SourcePosition;
use crate::unit_of_work::{StoreFailure, UnitOfWork};
use bytes::Bytes;
use rental_bus::record::{GENESIS, Hash, Origin};
use rental_bus::status::{Alert, Phase, alert};
use rental_bus::streams::PublishOutcome;
use rental_bus::{Message, Record};
use rental_model::{Context, Event, QueryOutcome, RecordedEvent, Refusal, RemoteQuery, UnixMs};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What reaches a worker.
#[derive(Debug)]
pub enum Input {
    /// A person or a program asks for something to be done.
    Command { token: u64, endpoint: String, payload: Bytes, trace: Option<String> },
    /// What became of [`Effect::Query`].
    QueryOutcome { token: u64, query_outcome: QueryOutcome },
    /// A message of a stream that is received. `reading` tells the latest reading from older ones.
    Received { source: Context, reading: u64, message: Message },
    /// The reading broke off.
    SubscriptionLost { source: Context, reading: u64 },
    /// What the stream now holds under the number that was received last.
    Compared { source: Context, reading: u64, number: u64, hash: Option<Hash> },
    /// The source itself says that its journal ends here.
    SourceEnds { source: Context, reading: u64, journal: u64 },
    /// Where the own stream ends, and the hash its last message claims.
    Tip { epoch: u64, last: u64, hash: Option<Hash> },
    /// The own stream could not be asked.
    TipUnknown { epoch: u64 },
    /// What became of a publication.
    Published { epoch: u64, number: u64, outcome: PublishOutcome },
    /// A message of the own stream, asked for with [`Effect::ReadOwn`].
    Own { epoch: u64, message: Message },
    /// The reading of the own stream broke off.
    OwnLost { epoch: u64 },
    /// Where the received streams end now, asked for with [`Effect::AskGoals`].
    Goals(BTreeMap<Context, u64>),
    /// What looking over the own stream came to.
    Inspected(Inspected),
    /// The first record of the own journal that is not what was recorded.
    JournalBroken { number: u64 },
    /// The broker is back: what was published last may be lost.
    Reconnected,
    /// Time has passed: what was published, or was to be received again, may be lost although
    /// nobody was disconnected.
    Tick,
    /// Finish: no more commands; publish what is left.
    Stop,
}

/// What a worker wants done outside. All of it may be repeated or lost without harm.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    Reply {
        token: u64,
        answer: Result<Bytes, Refusal>,
    },
    Query {
        token: u64,
        query: RemoteQuery,
        /// How often it was asked before: the other context must catch up, so give it time.
        again: u32,
    },
    Publish {
        epoch: u64,
        record: Record,
    },
    /// Ask the own stream for its last message.
    AskTip {
        epoch: u64,
    },
    /// Read the own stream, both ends included.
    ReadOwn {
        epoch: u64,
        from: u64,
        to: u64,
    },
    /// (Re)open the reading of a stream at this event.
    Subscribe {
        source: Context,
        reading: u64,
        from: u64,
    },
    /// Everything of this source up to this event is dealt with.
    Ack {
        source: Context,
        number: u64,
    },
    /// Ask where the received streams end.
    AskGoals,
    /// Everything is published; the worker may end.
    Stopped,
}

/// Why a worker must end at once.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    #[error("{0}; free the disk or mend the store, then start again: nothing that was answered is lost")]
    Store(#[from] StoreFailure),
    #[error(
        "the journal and stream {stream} differ at event {number}: they belong to different histories; \
         restore the right data file or stream before starting again"
    )]
    Forked { stream: &'static str, number: u64 },
    #[error(
        "another {context} worker has written event {number} of stream {stream}: this one is out of date and stops; \
         run one {context} worker only"
    )]
    Fenced { context: Context, stream: &'static str, number: u64 },
    #[error("event {number} of stream {stream} cannot be taken back: {why}")]
    NotOurs { stream: &'static str, number: u64, why: String },
}

impl From<StoreError> for Fatal {
    fn from(error: StoreError) -> Self {
        Self::Store(error.into())
    }
}

/// How far a worker is; for `status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    pub journal: u64,
    pub published: u64,
    pub positions: BTreeMap<Context, u64>,
    pub parked: u64,
    pub commands: u64,
    pub handled: u64,
    pub alerts: Vec<Alert>,
}

impl Progress {
    /// What is wrong, a sentence each.
    pub fn alert_messages(&self) -> Vec<String> {
        self.alerts.iter().map(|alert| alert.message.clone()).collect()
    }
}

/// One worker.
pub struct Engine {
    pub(crate) policy: Policy,
    pub(crate) context: Context,
    store: Box<dyn Store>,
    reader: Arc<dyn Reader>,
    /// The store after the last commit.
    snapshot: Arc<dyn Snapshot>,
    pub(crate) phase: Phase,
    /// To end as soon as everything is published, whatever the phase.
    pub(crate) is_stopping: bool,
    /// How many events the journal holds, and the hash of the last.
    pub(crate) journal: u64,
    pub(crate) tip_hash: Hash,
    last_at: UnixMs,
    pub(crate) positions: BTreeMap<Context, SourcePosition>,
    pub(crate) outbox: Outbox,
    pub(crate) pending: HashMap<u64, AwaitingQuery>,
    pub(crate) goals: Option<BTreeMap<Context, u64>>,
    pub(crate) is_rebuilding: bool,
    pub(crate) parked: u64,
    pub(crate) next_parked: u64,
    /// The number of the newest entry in the journal of commands.
    pub(crate) commands: u64,
    /// Something is committed that a crash would forget.
    has_waiting: bool,
    pub(crate) handled: u64,
    pub(crate) alerts: BTreeMap<(&'static str, Option<Context>), String>,
    pub(crate) effects: Vec<Effect>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("progress", &self.progress()).finish_non_exhaustive()
    }
}

/// The key of [`Table::Meta`] that says: own events were taken back from the stream, and not all is received again yet.
pub(crate) const REBUILDING: &[u8] = b"rebuilding";

/// The key of [`Table::Meta`] with the version of the rows, where a policy has more than one.
const ROWS_VERSION: &[u8] = b"rowsVersion";

/// Brings what an earlier version stored up to date.
fn migrate(policy: &Policy, unit: &mut UnitOfWork) {
    let version = policy.rows_version();
    let row = unit.get(Table::Meta, ROWS_VERSION);
    let stored = row.and_then(|row| row.try_into().ok()).map_or(0, u32::from_be_bytes);
    policy.migrate(unit, stored);
    if stored < version {
        unit.put(Table::Meta, ROWS_VERSION, version.to_be_bytes().to_vec());
    }
}

impl Engine {
    /// A worker on top of what its store holds.
    pub fn open(policy: Policy, mut store: Box<dyn Store>) -> Result<Self, Fatal> {
        let context = policy.context();
        let reader = store.reader();
        let snapshot = reader.snapshot()?;
        let recorded = last(&*snapshot, Table::Journal)?.map_or(0, |(number, _)| number);
        let mut unit = UnitOfWork::new(snapshot);
        migrate(&policy, &mut unit);
        policy.opened(&mut unit, recorded);
        let migrated = unit.finish()?;
        if !migrated.is_empty() {
            tracing::info!(rows = migrated.len(), "brought what an earlier version stored up to date");
            store.commit(&migrated)?;
        }
        let snapshot = reader.snapshot()?;
        let (journal, tip_hash, last_at) = match last(&*snapshot, Table::Journal)? {
            None => (0, GENESIS, UnixMs(0)),
            Some((number, row)) => {
                let record = journal::decode(number, &row)
                    .ok_or_else(|| StoreFailure::Damaged(format!("record {number} cannot be read")))?;
                (number, record.hash, record.at)
            }
        };
        let mut received = BTreeMap::new();
        for &source in policy.subscriptions() {
            let row = snapshot.get(Table::Positions, source.name().as_bytes())?;
            let version = policy.subscription_version(source);
            let position =
                row.as_ref().map_or(SourcePosition::nothing(version), |row| SourcePosition::decode(row, version));
            if row.is_some() && position == SourcePosition::nothing(version) {
                tracing::info!(%source, "reads it again from its start: this version looks at more of it");
            }
            received.insert(source, position);
        }
        let mut parked = 0;
        let mut next_parked = 1;
        crate::parking::count(&*snapshot, &mut parked, &mut next_parked)?;
        let commands = last(&*snapshot, Table::Commands)?.map_or(0, |(number, _)| number);
        let is_rebuilding = snapshot.get(Table::Meta, REBUILDING)?.is_some();
        Ok(Self {
            policy,
            context,
            store,
            reader,
            snapshot,
            phase: Phase::Starting,
            is_stopping: false,
            journal,
            tip_hash,
            last_at,
            positions: received,
            outbox: Outbox::default(),
            pending: HashMap::new(),
            goals: None,
            is_rebuilding,
            parked,
            next_parked,
            commands,
            has_waiting: false,
            handled: 0,
            alerts: BTreeMap::new(),
            effects: Vec::new(),
        })
    }

    /// What to do first.
    pub fn start(&mut self) -> Vec<Effect> {
        if self.context.stream().is_some() {
            self.ask_tip();
        } else {
            self.phase = Phase::Serving;
            self.subscribe_to_all();
        }
        std::mem::take(&mut self.effects)
    }

    /// Snapshots of the store, for queries on other threads.
    pub fn reader(&self) -> Arc<dyn Reader> {
        self.reader.clone()
    }

    /// Handles `inputs`, in order, in one commit. The effects are to be carried out in order.
    pub fn step(&mut self, now: UnixMs, inputs: Vec<Input>) -> Result<Vec<Effect>, Fatal> {
        // A clock that is set back must not order events before their causes.
        self.last_at = self.last_at.max(now);
        // Now and then, and at the end, what waits is made durable all the same.
        let must_last = inputs.iter().any(|input| matches!(input, Input::Tick | Input::Stop));
        let mut unit = UnitOfWork::new(self.snapshot.clone());
        for input in inputs {
            self.take(&mut unit, input)?;
            unit.keep();
        }
        self.finish_rebuild(&mut unit);
        let writes = unit.finish()?;
        self.commit(&writes, must_last)?;
        self.publish()?;
        if self.is_stopping && self.pending.is_empty() && self.is_all_published() {
            self.effects.push(Effect::Stopped);
        }
        Ok(std::mem::take(&mut self.effects))
    }

    /// Commits what a batch has changed; at once durable, unless it may wait.
    ///
    /// What was only received can be received again, and of a refusal nothing follows
    /// but its entry. Both wait for a commit that must be durable, which then
    /// makes them durable too: most of what a context receives moves nothing but
    /// its position, and whoever floods it with nonsense causes no fsync each.
    fn commit(&mut self, writes: &[Write], must_last: bool) -> Result<(), StoreError> {
        if writes.is_empty() && !(must_last && self.has_waiting) {
            return Ok(());
        }
        let may_wait = |write: &Write| matches!(write.table, Table::Rows | Table::Positions | Table::Commands);
        self.has_waiting = !must_last && writes.iter().all(may_wait);
        if self.has_waiting {
            self.store.commit_later(writes)?;
        } else {
            self.store.commit(writes)?;
        }
        self.snapshot = self.reader.snapshot()?;
        Ok(())
    }

    fn take(&mut self, unit: &mut UnitOfWork, input: Input) -> Result<(), Fatal> {
        match input {
            Input::Command { token, endpoint, payload, trace } => {
                self.handled += 1;
                self.command(unit, token, &endpoint, &payload, trace);
            }
            Input::QueryOutcome { token, query_outcome } => self.query_outcome(unit, token, &query_outcome),
            Input::Received { source, reading, message } => {
                self.handled += 1;
                self.receive(unit, source, reading, &message);
            }
            Input::SubscriptionLost { source, reading } => self.subscription_lost(source, reading),
            Input::Compared { source, reading, number, hash } => self.compared(unit, source, reading, number, hash),
            Input::SourceEnds { source, reading, journal } => self.source_ends(unit, source, reading, journal),
            Input::Tip { epoch, last, hash } => self.tip(unit, epoch, last, hash)?,
            Input::TipUnknown { epoch } | Input::OwnLost { epoch } => self.sync_lost(epoch),
            Input::Published { epoch, number, outcome } => self.published(epoch, number, &outcome),
            Input::Own { epoch, message } => self.own(unit, epoch, &message)?,
            Input::Goals(goals) => self.set_goals(&goals),
            Input::Inspected(found) => self.inspected(&found),
            Input::JournalBroken { number } => self.alert(alert::JOURNAL_DAMAGED, None, || {
                format!(
                    "record {number} of the journal is not what was recorded: the data file was changed or damaged; \
                     keep it; restore a backup, or, if all is published and the stream is whole, stop this worker, move \
                     the file away and start again to have it read back from the stream"
                )
            }),
            Input::Reconnected => self.reconnected(),
            Input::Tick => self.tick(),
            Input::Stop => self.is_stopping = true,
        }
        Ok(())
    }

    /// Records `event` as the journal's next: here, in the rows, and for the stream.
    pub(crate) fn record(&mut self, unit: &mut UnitOfWork, event: &Event, origin: &Origin) -> Record {
        let record = Record::new(self.journal + 1, event, self.last_at, origin.clone(), self.tip_hash);
        self.append(unit, record.clone());
        let own = RecordedEvent {
            source: self.context,
            number: record.number,
            at: record.at,
            cause: origin.cause.clone(),
            actor: origin.actor.clone(),
            event: event.clone(),
        };
        self.policy.apply(unit, &own);
        record
    }

    /// Appends a record to the journal, without folding it.
    pub(crate) fn append(&mut self, unit: &mut UnitOfWork, record: Record) {
        unit.put(Table::Journal, &record.number.to_be_bytes(), journal::encode(&record));
        self.journal = record.number;
        self.tip_hash = record.hash;
        // One that was taken back may be later than this machine's clock.
        self.last_at = self.last_at.max(record.at);
        self.outbox.remember(record);
    }

    /// The journal as it stands, to go back to if an input goes wrong.
    pub(crate) fn mark(&self) -> (u64, Hash) {
        (self.journal, self.tip_hash)
    }

    /// Undoes what the input at hand recorded.
    pub(crate) fn go_back(&mut self, unit: &mut UnitOfWork, (journal, tip_hash): (u64, Hash)) {
        unit.discard();
        self.outbox.forget_after(journal);
        (self.journal, self.tip_hash) = (journal, tip_hash);
    }

    pub(crate) fn now(&self) -> UnixMs {
        self.last_at
    }

    pub(crate) fn reply(&mut self, token: u64, answer: Result<Bytes, Refusal>) {
        self.effects.push(Effect::Reply { token, answer });
    }

    /// A record of the journal, from memory or from the store.
    pub(crate) fn journaled(&self, number: u64) -> Result<Record, Fatal> {
        if let Some(record) = self.outbox.remembered(number) {
            return Ok(record.clone());
        }
        let row = self.snapshot.get(Table::Journal, &number.to_be_bytes())?;
        row.and_then(|row| journal::decode(number, &row))
            .ok_or_else(|| StoreFailure::Damaged(format!("record {number} is missing")).into())
    }

    /// The phase, as people see it.
    pub(crate) fn shown_phase(&self) -> Phase {
        if self.is_stopping && self.phase == Phase::Serving { Phase::Stopping } else { self.phase }
    }

    pub fn progress(&self) -> Progress {
        let alert = |(key, message): (&(&str, _), &String)| Alert { code: key.0.to_owned(), message: message.clone() };
        Progress {
            phase: self.shown_phase(),
            journal: self.journal,
            published: self.outbox.published(),
            positions: self.positions.iter().map(|(source, received)| (*source, received.number)).collect(),
            parked: self.parked,
            commands: self.commands,
            handled: self.handled,
            alerts: self.alerts.iter().map(alert).collect(),
        }
    }
}
