//! The saga as a state machine that a model checker can walk through completely.
//!
//! A state is the four desks and how far each listener has received each source.
//! From there: anyone waiting receives the next event; a listener is sent back to
//! any earlier one; a context loses its rows; a person asks. Nothing is
//! bounded but the orders: each of these may happen at any time, again and
//! again. Contexts are few and states are many, so a state holds the numbers of
//! its desks, and what a desk does is asked of the real policy once.

use crate::audit::Books;
use crate::setup::{End, PersonRequest, Setup, ends};
use crate::shop::{ContextState, Ear, answer};
use rental_model::repository::memory::MemoryRepository;
use rental_model::{Context, Decision, Event, Kind, ProductId, RecordedEvent, UnixMs};
use stateright::{Model, Property};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock, RwLockReadGuard};

/// Whose turn it is, and for what. The numbers point into [`Setup::requests`] and [`Saga::ears`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Ask(u8),
    Receive(u8),
    /// One event back; again and again, to any.
    SendBack(u8),
    Lose(Context),
}

/// The numbers of the four desks, in the order of [`Context::DECIDERS`].
type ContextStates = [u32; 4];

/// How many pairs of a listener and a source there are.
const EARS: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct State {
    context_states: ContextStates,
    /// How much each of [`Saga::ears`] has received.
    received: [u8; EARS],
    /// Goods left although logistics had received that their rental was over.
    is_reckless: bool,
}

/// What can happen at a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Input {
    Receive(u32),
    /// A wish, and the desk of the inventory that is consulted.
    Ask(u8, u32),
    Lose,
}

#[derive(Debug)]
struct Known {
    context_state: ContextState,
    /// The numbers of its journal's events.
    recorded_events: Vec<u32>,
}

/// Everything met so far, under its number.
#[derive(Debug, Default)]
struct Memory {
    context_states: Vec<Arc<Known>>,
    numbers: HashMap<(MemoryRepository, Vec<u32>), u32>,
    recorded_events: Vec<RecordedEvent>,
    steps: HashMap<(Context, u32, Input), u32>,
    at_any_time: HashMap<ContextStates, bool>,
    at_rest: HashMap<ContextStates, Arc<Rest>>,
}

/// What is to be said of four desks that have received everything of each other.
#[derive(Debug, Default)]
struct Rest {
    findings: Vec<String>,
    /// What would be different after a loss.
    rebuild_findings: Vec<String>,
    ends: Vec<End>,
}

#[derive(Debug)]
pub(crate) struct Saga {
    pub(crate) setup: Setup,
    ears: Vec<Ear>,
    memory: RwLock<Memory>,
}

/// Everything happens at once: no rule may look at the time.
const NOW: UnixMs = UnixMs(0);

impl Saga {
    /// The names of what must hold in every state.
    pub(crate) const ALWAYS: [&'static str; 4] =
        ["sound at any time", "nothing leaves for a rental known to be over", "sound at rest", "rebuilt the same"];

    pub(crate) fn new(setup: Setup) -> Self {
        let ears: Vec<Ear> = Context::DECIDERS
            .into_iter()
            .flat_map(|context| setup.policies.of(context).subscriptions().iter().map(move |source| (context, *source)))
            .collect();
        assert_eq!(ears.len(), EARS);
        Self { setup, ears, memory: RwLock::default() }
    }

    fn memory(&self) -> RwLockReadGuard<'_, Memory> {
        self.memory.read().expect("no checker thread panics")
    }

    fn known(&self, context_state: u32) -> Arc<Known> {
        Arc::clone(&self.memory().context_states[context_state as usize])
    }

    /// The number of a desk, a new one if it was never met.
    fn number(&self, context_state: ContextState) -> u32 {
        let mut memory = self.memory.write().expect("no checker thread panics");
        let Memory { context_states, numbers, recorded_events, .. } = &mut *memory;
        let mut number_of = |recorded: &RecordedEvent| {
            let place = recorded_events.iter().position(|known| known == recorded).unwrap_or_else(|| {
                recorded_events.push(recorded.clone());
                recorded_events.len() - 1
            });
            u32::try_from(place).expect("few facts")
        };
        let journal: Vec<u32> = context_state.journal.iter().map(&mut number_of).collect();
        *numbers.entry((context_state.rows.clone(), journal.clone())).or_insert_with(|| {
            context_states.push(Arc::new(Known { context_state, recorded_events: journal }));
            u32::try_from(context_states.len() - 1).expect("few desks")
        })
    }

    /// The desk of `context` after `input`: remembered, or asked of the policy.
    fn step(&self, context: Context, context_state: u32, input: Input) -> u32 {
        let key = (context, context_state, input);
        if let Some(after) = self.memory().steps.get(&key) {
            return *after;
        }
        let policy = self.setup.policies.of(context);
        let mut after = self.known(context_state).context_state.clone();
        match input {
            Input::Receive(recorded) => {
                let recorded = self.memory().recorded_events[recorded as usize].clone();
                after.react(policy, NOW, &recorded);
            }
            Input::Lose => after.lose_rows(policy),
            Input::Ask(request, inventory) => {
                let PersonRequest { endpoint, fields, .. } = &self.setup.requests[usize::from(request)];
                if let Ok(Decision::Query(query)) = after.ask(policy, NOW, (endpoint, fields), None) {
                    let query_outcome = answer(&self.setup.policies, &self.known(inventory).context_state, 0, &query);
                    let _: Result<_, _> = after.ask(policy, NOW, (endpoint, fields), Some(&query_outcome));
                }
            }
        }
        let after = self.number(after);
        self.memory.write().expect("no checker thread panics").steps.insert(key, after);
        after
    }

    /// The next event that this ear waits for.
    fn next_fact(&self, memory: &Memory, state: &State, ear: usize) -> Option<u32> {
        let source = state.context_states[place(self.ears[ear].1)];
        memory.context_states[source as usize].recorded_events.get(usize::from(state.received[ear])).copied()
    }

    fn is_quiet(&self, state: &State) -> bool {
        let memory = self.memory();
        (0..EARS).all(|ear| self.next_fact(&memory, state, ear).is_none())
    }

    fn is_sound(&self, state: &State) -> bool {
        if let Some(sound) = self.memory().at_any_time.get(&state.context_states) {
            return *sound;
        }
        let is_sound = self.findings_at_any_time(state).is_empty();
        self.memory.write().expect("no checker thread panics").at_any_time.insert(state.context_states, is_sound);
        is_sound
    }

    /// What is to be said of a state in which nothing more happens by itself.
    fn rest(&self, state: &State) -> Option<Arc<Rest>> {
        if !self.is_quiet(state) {
            return None;
        }
        if let Some(rest) = self.memory().at_rest.get(&state.context_states) {
            return Some(Arc::clone(rest));
        }
        let rest = Arc::new(self.look_at_rest(state.context_states));
        self.memory.write().expect("no checker thread panics").at_rest.insert(state.context_states, Arc::clone(&rest));
        Some(rest)
    }

    fn look_at_rest(&self, context_states: ContextStates) -> Rest {
        let known = context_states.map(|context_state| self.known(context_state));
        let books = books(&known);
        if books.is_waiting() {
            return Rest::default();
        }
        let mut rebuild_findings = self.rebuild_findings(context_states);
        rebuild_findings.extend(books.view_findings());
        Rest { findings: books.findings_at_rest(), rebuild_findings, ends: ends(&books) }
    }

    /// Each context, rebuilt from its journal and from receiving everything in
    /// every possible order, must end where it was, recording nothing.
    fn rebuild_findings(&self, context_states: ContextStates) -> Vec<String> {
        let mut findings = Vec::new();
        for (place_of, context) in Context::DECIDERS.into_iter().enumerate() {
            let sources = self.setup.policies.of(context).subscriptions();
            let streams: Vec<_> = sources.iter().map(|source| self.known(context_states[place(*source)])).collect();
            let lost = self.step(context, context_states[place_of], Input::Lose);
            let mut ways = vec![(vec![0; streams.len()], lost)];
            let mut met: HashSet<_> = ways.iter().cloned().collect();
            while let Some((received, context_state)) = ways.pop() {
                let mut is_last = true;
                for (stream, known) in streams.iter().enumerate() {
                    let Some(recorded) = known.recorded_events.get(received[stream]) else { continue };
                    is_last = false;
                    let mut received = received.clone();
                    received[stream] += 1;
                    let way = (received, self.step(context, context_state, Input::Receive(*recorded)));
                    if met.insert(way.clone()) {
                        ways.push(way);
                    }
                }
                if is_last && context_state != context_states[place_of] {
                    let (lost, rebuilt) = (self.known(context_states[place_of]), self.known(context_state));
                    findings.push(format!(
                        "{context} was {}, and rebuilt is {}",
                        lost.context_state, rebuilt.context_state
                    ));
                }
            }
        }
        findings
    }

    fn findings_at_any_time(&self, state: &State) -> Vec<String> {
        let known = state.context_states.map(|context_state| self.known(context_state));
        books(&known).findings_at_any_time()
    }

    /// Whether logistics just sent goods out for a rental of which it had received that it is over.
    fn is_reckless(&self, before: &State, after: &State) -> bool {
        let memory = self.memory();
        let journal = |state: &State| &memory.context_states[state.context_states[3] as usize].context_state.journal;
        let Some(Event::DeliveryStarted { order }) =
            journal(after).get(journal(before).len()).map(|recorded| &recorded.event)
        else {
            return false;
        };
        self.ears.iter().zip(before.received).filter(|((listener, _), _)| *listener == Context::Logistics).any(
            |((_, source), received)| {
                let recorded_events =
                    &memory.context_states[before.context_states[place(*source)] as usize].context_state.journal;
                recorded_events.iter().take(usize::from(received)).map(|recorded| &recorded.event).any(|event| {
                    let is_end = matches!(
                        event.kind(),
                        Kind::RentalCancelled | Kind::RentalEnded | Kind::StockShort | Kind::FeeRefunded
                    );
                    is_end && event.order() == Some(*order)
                })
            },
        )
    }

    /// What is wrong in this state, in words.
    pub(crate) fn findings(&self, state: &State) -> Vec<String> {
        let mut findings = self.findings_at_any_time(state);
        findings.extend(state.is_reckless.then(|| "goods left for a rental known to be over".to_owned()));
        if let Some(rest) = self.rest(state) {
            findings.extend(rest.findings.iter().chain(&rest.rebuild_findings).cloned());
        }
        findings.dedup();
        findings
    }

    /// How many different desks there were.
    pub(crate) fn desk_count(&self) -> usize {
        self.memory().context_states.len()
    }

    /// An action in words.
    pub(crate) fn tell(&self, state: &State, action: Action) -> String {
        match action {
            Action::Ask(request) => {
                let PersonRequest { context, endpoint, fields } = &self.setup.requests[usize::from(request)];
                format!("{context} is asked to {endpoint} {fields}")
            }
            Action::Receive(ear) => {
                let (listener, source) = self.ears[usize::from(ear)];
                let memory = self.memory();
                let recorded = self.next_fact(&memory, state, usize::from(ear));
                let event = recorded
                    .map_or("nothing", |recorded| memory.recorded_events[recorded as usize].event.kind().wire_name());
                format!("{listener} receives {source}'s {event}")
            }
            Action::SendBack(ear) => {
                let (listener, source) = self.ears[usize::from(ear)];
                format!("{listener} is sent back to {source}'s event {}", state.received[usize::from(ear)])
            }
            Action::Lose(context) => format!("{context} loses its rows"),
        }
    }
}

fn place(context: Context) -> usize {
    match context {
        Context::Order => 0,
        Context::Inventory => 1,
        Context::Billing => 2,
        Context::Logistics | Context::Totalview => 3,
    }
}

fn books(known: &[Arc<Known>; 4]) -> Books<'_> {
    let [order, inventory, billing, logistics] = known;
    Books {
        order: &order.context_state,
        inventory: &inventory.context_state,
        billing: &billing.context_state,
        logistics: &logistics.context_state,
    }
}

macro_rules! reaches {
    ($($end:ident),+) => {
        /// The property that somewhere an order rests like this.
        fn reaches(end: End) -> Property<Saga> {
            match end {
                $(End::$end => Property::sometimes(stringify!($end), |saga: &Saga, state: &State| {
                    saga.rest(state).is_some_and(|rest| rest.ends.contains(&End::$end))
                })),+
            }
        }
    };
}

reaches!(
    Active,
    Ended,
    Cancelled,
    Short,
    Declined,
    Skipped,
    Released,
    Returned,
    Returning,
    RefundDeclined,
    ByHand,
    BothServed
);

impl Model for Saga {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut inventory = ContextState::default();
        let product = ProductId::new(1).expect("1 is an id");
        let registered = Event::ProductRegistered { product, name: "IPAD".to_owned(), qty: self.setup.stock };
        inventory.record(self.setup.policies.of(Context::Inventory), NOW, registered);
        // Nobody decides anything on learning of a product, so everyone may have told of it.
        let received: Vec<u8> = self.ears.iter().map(|(_, source)| u8::from(*source == Context::Inventory)).collect();
        let empty = || self.number(ContextState::default());
        let context_states = [empty(), self.number(inventory), empty(), empty()];
        vec![State { context_states, received: received.try_into().expect("one for each ear"), is_reckless: false }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let memory = self.memory();
        for (ear, place) in (0..).zip(0..EARS) {
            if self.next_fact(&memory, state, place).is_some() {
                actions.push(Action::Receive(ear));
            }
            if self.setup.is_repeating && state.received[place] > 0 {
                actions.push(Action::SendBack(ear));
            }
        }
        let asked =
            |place: usize| memory.context_states[state.context_states[place] as usize].context_state.journal.iter();
        let attempts = asked(2).filter(|recorded| recorded.event.attempt() > 1).count();
        for (number, request) in (0..).zip(&self.setup.requests) {
            // A provider can be asked again for ever; twice is enough to see what that leads to.
            if request.endpoint != "retry" || attempts == 0 {
                actions.push(Action::Ask(number));
            }
        }
        actions.extend(self.setup.losing.iter().map(|context| Action::Lose(*context)));
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = *before;
        match action {
            Action::Ask(request) => {
                let context = self.setup.requests[usize::from(request)].context;
                let query_outcome = if context == Context::Order { state.context_states[1] } else { 0 };
                let context_state = &mut state.context_states[place(context)];
                *context_state = self.step(context, *context_state, Input::Ask(request, query_outcome));
            }
            Action::Receive(ear) => {
                let ear = usize::from(ear);
                let recorded = self.next_fact(&self.memory(), before, ear)?;
                let (listener, _) = self.ears[ear];
                let context_state = &mut state.context_states[place(listener)];
                *context_state = self.step(listener, *context_state, Input::Receive(recorded));
                state.received[ear] += 1;
                state.is_reckless |= listener == Context::Logistics && self.is_reckless(before, &state);
            }
            Action::SendBack(ear) => state.received[usize::from(ear)] -= 1,
            Action::Lose(context) => {
                let context_state = &mut state.context_states[place(context)];
                *context_state = self.step(context, *context_state, Input::Lose);
                for (received, (listener, _)) in state.received.iter_mut().zip(&self.ears) {
                    *received = if *listener == context { 0 } else { *received };
                }
            }
        }
        (state != *before).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let [at_any_time, not_reckless, at_rest, rebuilt] = Self::ALWAYS;
        let mut properties = vec![
            Property::always(at_any_time, |saga: &Self, state: &State| saga.is_sound(state)),
            Property::always(not_reckless, |_: &Self, state: &State| !state.is_reckless),
            Property::always(at_rest, |saga: &Self, state: &State| {
                saga.rest(state).is_none_or(|rest| rest.findings.is_empty())
            }),
            Property::always(rebuilt, |saga: &Self, state: &State| {
                saga.rest(state).is_none_or(|rest| rest.rebuild_findings.is_empty())
            }),
        ];
        properties.extend(self.setup.ends.iter().map(|end| reaches(*end)));
        properties
    }
}
