//! The five contexts in one place, in memory.
//!
//! A listener receives each stream in that stream's order, may be sent back to
//! any earlier event, and receives different streams in any interleaving, at its
//! own pace. Whoever drives the [`Shop`] chooses.

use crate::audit::Books;
use rental_model::repository::memory::MemoryRepository;
use rental_model::repository::{Direction, load};
use rental_model::totalview::{Row, TotalView};
use rental_model::{
    Code, Context, Decider, Decision, Event, Kind, OrderId, Projection, QueryOutcome, RecordedEvent, Refusal,
    RemoteQuery, Repository, Request, UnixMs,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

pub(crate) use rental_model::billing::{BillingPolicy, Provider};
pub(crate) use rental_model::inventory::{CheckIn, InventoryPolicy};
pub(crate) use rental_model::logistics::LogisticsPolicy;
pub(crate) use rental_model::order::OrderPolicy;

/// The four deciding policies, by context.
#[derive(Debug, Clone)]
pub(crate) struct Policies(BTreeMap<Context, Arc<dyn Decider>>);

impl Policies {
    pub(crate) fn new(check_in: CheckIn, provider: Provider) -> Self {
        let deciders: [Arc<dyn Decider>; 4] = [
            Arc::new(OrderPolicy::default()),
            Arc::new(InventoryPolicy { check_in }),
            Arc::new(BillingPolicy::of(provider)),
            Arc::new(LogisticsPolicy),
        ];
        Self(deciders.into_iter().map(|decider| (decider.context(), decider)).collect())
    }

    pub(crate) fn of(&self, context: Context) -> &dyn Decider {
        self.shared(context).as_ref()
    }

    pub(crate) fn shared(&self, context: Context) -> &Arc<dyn Decider> {
        &self.0[&context]
    }

    /// The same policies but for one context's.
    pub(crate) fn replaced(&self, decider: Arc<dyn Decider>) -> Self {
        let mut policies = self.clone();
        policies.0.insert(decider.context(), decider);
        policies
    }
}

impl Default for Policies {
    fn default() -> Self {
        Self::new(CheckIn::Auto, Provider::Instant { limit: None })
    }
}

/// What one deciding context keeps: its rows, and the journal of what it decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ContextState {
    pub(crate) rows: MemoryRepository,
    pub(crate) journal: Vec<RecordedEvent>,
}

impl fmt::Display for ContextState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let journal: Vec<_> = self.journal.iter().map(|recorded| recorded.event.kind().wire_name()).collect();
        write!(f, "{journal:?} with {}", self.rows.dump().join(", "))
    }
}

impl ContextState {
    pub(crate) fn record(&mut self, policy: &dyn Decider, at: UnixMs, event: Event) {
        self.record_because(policy, at, event, None);
    }

    fn record_because(&mut self, policy: &dyn Decider, at: UnixMs, event: Event, cause: Option<String>) {
        let number = self.journal.len() as u64 + 1;
        let own = RecordedEvent { source: policy.context(), number, at, cause, actor: None, event };
        policy.apply(&mut self.rows, &own);
        self.journal.push(own);
    }

    /// Receives `recorded`, and records what follows. Answers whether anything did.
    pub(crate) fn react(&mut self, policy: &dyn Decider, at: UnixMs, recorded: &RecordedEvent) -> bool {
        let decided = policy.react(&mut self.rows, recorded);
        let is_news = !decided.is_empty();
        for event in decided {
            let cause = recorded.source.stream().map(|stream| format!("{stream}:{}", recorded.number));
            self.record_because(policy, at, event, cause);
        }
        is_news
    }

    /// A person asks; what was decided is recorded.
    pub(crate) fn ask(
        &mut self,
        policy: &dyn Decider,
        at: UnixMs,
        (endpoint, fields): (&str, &Value),
        query_outcome: Option<&QueryOutcome>,
    ) -> Result<Decision, Refusal> {
        let decision = policy.decide(&self.rows, request(endpoint, fields), query_outcome)?;
        if let Decision::Record(events) = &decision {
            events.iter().cloned().for_each(|event| self.record(policy, at, event));
        }
        Ok(decision)
    }

    /// Loses the rows; the journal brings back what the context itself decided.
    pub(crate) fn lose_rows(&mut self, policy: &dyn Decider) {
        self.rows = MemoryRepository::default();
        for own in &self.journal {
            policy.apply(&mut self.rows, own);
        }
    }

    /// The events of one order, in the order of the journal.
    pub(crate) fn about(&self, order: OrderId) -> impl Iterator<Item = &Event> {
        self.journal.iter().map(|recorded| &recorded.event).filter(move |event| event.order() == Some(order))
    }
}

pub(crate) fn request<'a>(endpoint: &'a str, fields: &'a Value) -> Request<'a> {
    Request { endpoint, fields: fields.as_object().expect("a request is a JSON object") }
}

/// Repository that know how much of order's journal was received for them.
pub(crate) struct Positioned<'a> {
    pub(crate) rows: &'a MemoryRepository,
    pub(crate) received: u64,
}

impl Repository for Positioned<'_> {
    fn read(&self, kind: u8, id: u64) -> Option<Vec<u8>> {
        self.rows.read(kind, id)
    }

    fn walk(&self, kind: u8, from: u64, direction: Direction, each: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>) {
        self.rows.walk(kind, from, direction, each);
    }

    fn position(&self, source: Context) -> u64 {
        if source == Context::Order { self.received } else { 0 }
    }

    fn damaged(&self, what: String) {
        self.rows.damaged(what);
    }
}

/// Answers `query` as the context it is for would, having received so much of order.
pub(crate) fn answer(
    policies: &Policies,
    context_state: &ContextState,
    received: u64,
    query: &RemoteQuery,
) -> QueryOutcome {
    let fields: Value = serde_json::from_slice(&query.body).expect("a query is JSON");
    let rows = Positioned { rows: &context_state.rows, received };
    match policies.of(query.context).query(&rows, request(query.endpoint, &fields)) {
        Ok(answer) => QueryOutcome::Answered(answer.to_string().into_bytes()),
        Err(refusal) => QueryOutcome::Refused(refusal),
    }
}

/// What a person got as the answer: the event, which may have been recorded before.
pub(crate) type Answer = Result<RecordedEvent, Refusal>;

/// A listener, and whom it listens to.
pub(crate) type Ear = (Context, Context);

/// The five contexts.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) policies: Policies,
    pub(crate) context_states: BTreeMap<Context, ContextState>,
    pub(crate) view: MemoryRepository,
    /// How many events of each source each listener has received.
    pub(crate) received: BTreeMap<Ear, usize>,
    /// Contexts that do not answer requests and receive nothing.
    pub(crate) stopped: Vec<Context>,
    pub(crate) now: UnixMs,
}

impl Shop {
    /// A shop on its first day: what inventory registers by itself, and nothing else.
    pub(crate) fn new(policies: Policies) -> Self {
        let ears = Context::DECIDERS.into_iter().flat_map(|context| {
            let receives = policies.of(context).subscriptions();
            receives.iter().map(move |source| (context, *source))
        });
        let eyes = TotalView.subscriptions().iter().map(|source| (Context::Totalview, *source));
        let mut shop = Self {
            received: ears.chain(eyes).map(|ear| (ear, 0)).collect(),
            context_states: Context::DECIDERS.into_iter().map(|context| (context, ContextState::default())).collect(),
            policies,
            view: MemoryRepository::default(),
            stopped: Vec::new(),
            now: UnixMs(1_587_605_794_000),
        };
        for context in Context::DECIDERS {
            for event in shop.policies.of(context).initial_events() {
                shop.record(context, event);
            }
        }
        shop
    }

    pub(crate) fn context_state(&self, context: Context) -> &ContextState {
        &self.context_states[&context]
    }

    /// What is needed to work at a desk: its policy and the time.
    fn at_desk(&mut self, context: Context) -> (&mut ContextState, &dyn Decider, UnixMs) {
        let context_state = self.context_states.get_mut(&context).expect("every deciding context has a desk");
        (context_state, self.policies.of(context), self.now)
    }

    /// Puts an event into a context's journal, whatever its policy thinks of it.
    pub(crate) fn record(&mut self, context: Context, event: Event) {
        let (context_state, policy, now) = self.at_desk(context);
        context_state.record(policy, now, event);
    }

    /// A person asks `context` for something.
    pub(crate) fn ask(&mut self, context: Context, endpoint: &str, fields: &Value) -> Answer {
        if self.stopped.contains(&context) {
            return Err(Refusal::unavailable(format!("{context} does not answer")));
        }
        let (context_state, policy, now) = self.at_desk(context);
        let mut decided = context_state.ask(policy, now, (endpoint, fields), None)?;
        if let Decision::Query(query) = decided {
            let query_outcome = if self.stopped.contains(&query.context) {
                QueryOutcome::Silent("no answer in time".to_owned())
            } else {
                let received = self.received.get(&(query.context, Context::Order)).copied().unwrap_or_default();
                answer(&self.policies, self.context_state(query.context), received as u64, &query)
            };
            let (context_state, policy, now) = self.at_desk(context);
            decided = context_state.ask(policy, now, (endpoint, fields), Some(&query_outcome))?;
        }
        let journal = &self.context_state(context).journal;
        let number = match decided {
            Decision::Duplicate(number) | Decision::DuplicateFor { event: number, .. } => {
                usize::try_from(number).expect("a journal fits in memory")
            }
            Decision::Record(events) => journal.len() + 1 - events.len(),
            Decision::Query(query) => {
                return Err(Refusal::new(Code::Failed, format!("asked a second time: {query:?}")));
            }
        };
        Ok(journal[number - 1].clone())
    }

    /// A person asks to be shown something.
    pub(crate) fn query(&self, context: Context, endpoint: &str, fields: &Value) -> Result<Value, Refusal> {
        match context {
            Context::Totalview => TotalView.query(&self.view, request(endpoint, fields)),
            _ => self.policies.of(context).query(&self.context_state(context).rows, request(endpoint, fields)),
        }
    }

    /// Who has something to receive, and from whom.
    pub(crate) fn waiting(&self) -> Vec<Ear> {
        let is_behind = |(listener, source): Ear, received: usize| {
            received < self.context_state(source).journal.len() && !self.stopped.contains(&listener)
        };
        self.received.iter().filter(|(ear, received)| is_behind(**ear, **received)).map(|(ear, _)| *ear).collect()
    }

    /// The listener receives its source's next event, if there is one. Answers whether it recorded anything.
    pub(crate) fn deliver(&mut self, (listener, source): Ear) -> bool {
        let received = self.received[&(listener, source)];
        let Some(recorded) = self.context_state(source).journal.get(received).cloned() else { return false };
        self.received.insert((listener, source), received + 1);
        if listener == Context::Totalview {
            TotalView.project(&mut self.view, &recorded);
            return false;
        }
        let (context_state, policy, now) = self.at_desk(listener);
        context_state.react(policy, now, &recorded)
    }

    /// Lets everyone receive everything; `pick` chooses whose turn it is. Answers how many events that led to.
    pub(crate) fn rest(&mut self, pick: &mut dyn FnMut(usize) -> usize) -> usize {
        let mut news = 0;
        loop {
            let waiting = self.waiting();
            if waiting.is_empty() {
                return news;
            }
            news += usize::from(self.deliver(waiting[pick(waiting.len()) % waiting.len()]));
        }
    }

    /// Sends a listener back to an earlier event of one source.
    pub(crate) fn send_back(&mut self, ear: Ear, to: usize) {
        if let Some(received) = self.received.get_mut(&ear) {
            *received = to.min(*received);
        }
    }

    /// A context loses its rows, folds its own journal, and is to receive everything again.
    pub(crate) fn lose_rows(&mut self, context: Context) {
        if context == Context::Totalview {
            self.view = MemoryRepository::default();
        } else {
            let (context_state, policy, _) = self.at_desk(context);
            context_state.lose_rows(policy);
        }
        self.received
            .iter_mut()
            .filter(|((listener, _), _)| *listener == context)
            .for_each(|(_, received)| *received = 0);
    }

    /// Everything that ever happened about an order, by time, then by its place in the saga.
    pub(crate) fn history(&self, order: u64) -> Vec<Kind> {
        let recorded_events = self.context_states.values().flat_map(|context_state| &context_state.journal);
        let mut found: Vec<_> = recorded_events
            .filter(|recorded| recorded.event.order().is_some_and(|id| id.get() == order))
            .map(|recorded| (recorded.at, recorded.event.kind()))
            .collect();
        found.sort();
        found.into_iter().map(|(_, kind)| kind).collect()
    }
}

/// The desk's everyday words.
impl Shop {
    pub(crate) fn request(&mut self, order: u64, product: u64, qty: u64, amount: u64) -> Answer {
        let fields = json!({ "orderId": order, "productId": product, "qty": qty, "amount": amount });
        self.ask(Context::Order, "request", &fields)
    }

    pub(crate) fn cancel(&mut self, order: u64) -> Answer {
        self.ask(Context::Order, "cancel", &json!({ "orderId": order }))
    }

    pub(crate) fn end(&mut self, order: u64) -> Answer {
        self.ask(Context::Order, "end", &json!({ "orderId": order }))
    }

    pub(crate) fn settle(&mut self, order: u64, outcome: &str) -> Answer {
        self.ask(Context::Billing, "settle", &json!({ "orderId": order, "outcome": outcome }))
    }

    pub(crate) fn check_in(&mut self, order: u64, down: u64, lost: u64) -> Answer {
        self.ask(Context::Inventory, "checkin", &json!({ "orderId": order, "down": down, "lost": lost }))
    }

    /// How many units of a product are available.
    pub(crate) fn available(&self, product: u64) -> u64 {
        let shown = self.query(Context::Inventory, "get", &json!({ "productId": product }));
        shown.ok().and_then(|shown| shown["qty"].as_u64()).expect("the product is registered")
    }

    /// What the view says of an order.
    pub(crate) fn seen(&self, order: u64) -> Option<Row> {
        load(&self.view, order)
    }

    pub(crate) fn books(&self) -> Books<'_> {
        Books {
            order: self.context_state(Context::Order),
            inventory: self.context_state(Context::Inventory),
            billing: self.context_state(Context::Billing),
            logistics: self.context_state(Context::Logistics),
        }
    }
}
