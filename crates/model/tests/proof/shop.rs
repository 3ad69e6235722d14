//! The five contexts in one place, in memory.
//!
//! A listener hears each stream in that stream's order, may be sent back to
//! any earlier event, and hears different streams in any interleaving, at its
//! own pace. Whoever drives the [`Shop`] chooses.

use crate::audit::Books;
use rental_model::rows::memory::MemoryRows;
use rental_model::rows::{Direction, load};
use rental_model::totalview::{Row, TotalView};
use rental_model::{
    Code, Consulted, Context, Decider, Decision, Event, Fact, Kind, OrderId, Projection, Question, Refusal, Request,
    Rows, UnixMs,
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
pub(crate) struct Desk {
    pub(crate) rows: MemoryRows,
    pub(crate) journal: Vec<Fact>,
}

impl fmt::Display for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let journal: Vec<_> = self.journal.iter().map(|fact| fact.event.kind().wire_name()).collect();
        write!(f, "{journal:?} with {}", self.rows.dump().join(", "))
    }
}

impl Desk {
    pub(crate) fn record(&mut self, policy: &dyn Decider, at: UnixMs, event: Event) {
        self.record_because(policy, at, event, None);
    }

    fn record_because(&mut self, policy: &dyn Decider, at: UnixMs, event: Event, cause: Option<String>) {
        let number = self.journal.len() as u64 + 1;
        let own = Fact { source: policy.context(), number, at, cause, actor: None, event };
        policy.apply(&mut self.rows, &own);
        self.journal.push(own);
    }

    /// Hears `fact`, and records what follows. Answers whether anything did.
    pub(crate) fn hear(&mut self, policy: &dyn Decider, at: UnixMs, fact: &Fact) -> bool {
        let decided = policy.hear(&mut self.rows, fact);
        let is_news = !decided.is_empty();
        for event in decided {
            let cause = fact.source.stream().map(|stream| format!("{stream}:{}", fact.number));
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
        consulted: Option<&Consulted>,
    ) -> Result<Decision, Refusal> {
        let decision = policy.decide(&self.rows, request(endpoint, fields), consulted)?;
        if let Decision::Record(events) = &decision {
            events.iter().cloned().for_each(|event| self.record(policy, at, event));
        }
        Ok(decision)
    }

    /// Loses the rows; the journal brings back what the context itself decided.
    pub(crate) fn lose_rows(&mut self, policy: &dyn Decider) {
        self.rows = MemoryRows::default();
        for own in &self.journal {
            policy.apply(&mut self.rows, own);
        }
    }

    /// The events of one order, in the order of the journal.
    pub(crate) fn about(&self, order: OrderId) -> impl Iterator<Item = &Event> {
        self.journal.iter().map(|fact| &fact.event).filter(move |event| event.order() == Some(order))
    }
}

pub(crate) fn request<'a>(endpoint: &'a str, fields: &'a Value) -> Request<'a> {
    Request { endpoint, fields: fields.as_object().expect("a request is a JSON object") }
}

/// Rows that know how much of order's journal was heard for them.
pub(crate) struct Positioned<'a> {
    pub(crate) rows: &'a MemoryRows,
    pub(crate) heard: u64,
}

impl Rows for Positioned<'_> {
    fn read(&self, kind: u8, id: u64) -> Option<Vec<u8>> {
        self.rows.read(kind, id)
    }

    fn walk(&self, kind: u8, from: u64, direction: Direction, each: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>) {
        self.rows.walk(kind, from, direction, each);
    }

    fn heard(&self, source: Context) -> u64 {
        if source == Context::Order { self.heard } else { 0 }
    }

    fn damaged(&self, what: String) {
        self.rows.damaged(what);
    }
}

/// Answers `question` as the context it is for would, having heard so much of order.
pub(crate) fn answer(policies: &Policies, desk: &Desk, heard: u64, question: &Question) -> Consulted {
    let fields: Value = serde_json::from_slice(&question.body).expect("a question is JSON");
    let rows = Positioned { rows: &desk.rows, heard };
    match policies.of(question.context).query(&rows, request(question.endpoint, &fields)) {
        Ok(answer) => Consulted::Answered(answer.to_string().into_bytes()),
        Err(refusal) => Consulted::Refused(refusal),
    }
}

/// What a person got as the answer: the event, which may have been recorded before.
pub(crate) type Answer = Result<Fact, Refusal>;

/// A listener, and whom it listens to.
pub(crate) type Ear = (Context, Context);

/// The five contexts.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) policies: Policies,
    pub(crate) desks: BTreeMap<Context, Desk>,
    pub(crate) view: MemoryRows,
    /// How many events of each source each listener has heard.
    pub(crate) heard: BTreeMap<Ear, usize>,
    /// Contexts that do not answer requests and hear nothing.
    pub(crate) stopped: Vec<Context>,
    pub(crate) now: UnixMs,
}

impl Shop {
    /// A shop on its first day: what inventory registers by itself, and nothing else.
    pub(crate) fn new(policies: Policies) -> Self {
        let ears = Context::DECIDERS.into_iter().flat_map(|context| {
            let hears = policies.of(context).hears();
            hears.iter().map(move |source| (context, *source))
        });
        let eyes = TotalView.hears().iter().map(|source| (Context::Totalview, *source));
        let mut shop = Self {
            heard: ears.chain(eyes).map(|ear| (ear, 0)).collect(),
            desks: Context::DECIDERS.into_iter().map(|context| (context, Desk::default())).collect(),
            policies,
            view: MemoryRows::default(),
            stopped: Vec::new(),
            now: UnixMs(1_587_605_794_000),
        };
        for context in Context::DECIDERS {
            for event in shop.policies.of(context).genesis() {
                shop.record(context, event);
            }
        }
        shop
    }

    pub(crate) fn desk(&self, context: Context) -> &Desk {
        &self.desks[&context]
    }

    /// What is needed to work at a desk: its policy and the time.
    fn at_desk(&mut self, context: Context) -> (&mut Desk, &dyn Decider, UnixMs) {
        let desk = self.desks.get_mut(&context).expect("every deciding context has a desk");
        (desk, self.policies.of(context), self.now)
    }

    /// Puts an event into a context's journal, whatever its policy thinks of it.
    pub(crate) fn record(&mut self, context: Context, event: Event) {
        let (desk, policy, now) = self.at_desk(context);
        desk.record(policy, now, event);
    }

    /// A person asks `context` for something.
    pub(crate) fn ask(&mut self, context: Context, endpoint: &str, fields: &Value) -> Answer {
        if self.stopped.contains(&context) {
            return Err(Refusal::unavailable(format!("{context} does not answer")));
        }
        let (desk, policy, now) = self.at_desk(context);
        let mut decided = desk.ask(policy, now, (endpoint, fields), None)?;
        if let Decision::Ask(question) = decided {
            let consulted = if self.stopped.contains(&question.context) {
                Consulted::Silent("no answer in time".to_owned())
            } else {
                let heard = self.heard.get(&(question.context, Context::Order)).copied().unwrap_or_default();
                answer(&self.policies, self.desk(question.context), heard as u64, &question)
            };
            let (desk, policy, now) = self.at_desk(context);
            decided = desk.ask(policy, now, (endpoint, fields), Some(&consulted))?;
        }
        let journal = &self.desk(context).journal;
        let number = match decided {
            Decision::Already(number) | Decision::AlreadyFor { event: number, .. } => {
                usize::try_from(number).expect("a journal fits in memory")
            }
            Decision::Record(events) => journal.len() + 1 - events.len(),
            Decision::Ask(question) => {
                return Err(Refusal::new(Code::Failed, format!("asked a second time: {question:?}")));
            }
        };
        Ok(journal[number - 1].clone())
    }

    /// A person asks to be shown something.
    pub(crate) fn query(&self, context: Context, endpoint: &str, fields: &Value) -> Result<Value, Refusal> {
        match context {
            Context::Totalview => TotalView.query(&self.view, request(endpoint, fields)),
            _ => self.policies.of(context).query(&self.desk(context).rows, request(endpoint, fields)),
        }
    }

    /// Who has something to hear, and from whom.
    pub(crate) fn waiting(&self) -> Vec<Ear> {
        let is_behind = |(listener, source): Ear, heard: usize| {
            heard < self.desk(source).journal.len() && !self.stopped.contains(&listener)
        };
        self.heard.iter().filter(|(ear, heard)| is_behind(**ear, **heard)).map(|(ear, _)| *ear).collect()
    }

    /// The listener hears its source's next event, if there is one. Answers whether it recorded anything.
    pub(crate) fn deliver(&mut self, (listener, source): Ear) -> bool {
        let heard = self.heard[&(listener, source)];
        let Some(fact) = self.desk(source).journal.get(heard).cloned() else { return false };
        self.heard.insert((listener, source), heard + 1);
        if listener == Context::Totalview {
            TotalView.note(&mut self.view, &fact);
            return false;
        }
        let (desk, policy, now) = self.at_desk(listener);
        desk.hear(policy, now, &fact)
    }

    /// Lets everyone hear everything; `pick` chooses whose turn it is. Answers how many events that led to.
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
        if let Some(heard) = self.heard.get_mut(&ear) {
            *heard = to.min(*heard);
        }
    }

    /// A context loses its rows, folds its own journal, and is to hear everything again.
    pub(crate) fn lose_rows(&mut self, context: Context) {
        if context == Context::Totalview {
            self.view = MemoryRows::default();
        } else {
            let (desk, policy, _) = self.at_desk(context);
            desk.lose_rows(policy);
        }
        self.heard.iter_mut().filter(|((listener, _), _)| *listener == context).for_each(|(_, heard)| *heard = 0);
    }

    /// Everything that ever happened about an order, by time, then by its place in the saga.
    pub(crate) fn history(&self, order: u64) -> Vec<Kind> {
        let facts = self.desks.values().flat_map(|desk| &desk.journal);
        let mut found: Vec<_> = facts
            .filter(|fact| fact.event.order().is_some_and(|id| id.get() == order))
            .map(|fact| (fact.at, fact.event.kind()))
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
            order: self.desk(Context::Order),
            inventory: self.desk(Context::Inventory),
            billing: self.desk(Context::Billing),
            logistics: self.desk(Context::Logistics),
        }
    }
}
