//! The saga as a state machine that a model checker can walk through completely.
//!
//! A state is the four desks and how far each listener has heard each source.
//! From there: anyone waiting hears the next event; a listener is sent back to
//! any earlier one; a context loses its rows; a person asks. Nothing is
//! bounded but the orders: each of these may happen at any time, again and
//! again. Desks are few and states are many, so a state holds the numbers of
//! its desks, and what a desk does is asked of the real policy once.

use crate::audit::Books;
use crate::setup::{End, Setup, Wish, ends};
use crate::shop::{Desk, Ear, answer};
use rental_model::rows::memory::MemoryRows;
use rental_model::{Context, Decision, Event, Fact, Kind, ProductId, UnixMs};
use stateright::{Model, Property};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock, RwLockReadGuard};

/// Whose turn it is, and for what. The numbers point into [`Setup::wishes`] and [`Saga::ears`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Ask(u8),
    Hear(u8),
    /// One event back; again and again, to any.
    SendBack(u8),
    Lose(Context),
}

/// The numbers of the four desks, in the order of [`Context::DECIDERS`].
type Desks = [u32; 4];

/// How many pairs of a listener and a source there are.
const EARS: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct State {
    desks: Desks,
    /// How much each of [`Saga::ears`] has heard.
    heard: [u8; EARS],
    /// Goods left although logistics had heard that their rental was over.
    is_reckless: bool,
}

/// What can happen at a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Input {
    Hear(u32),
    /// A wish, and the desk of the inventory that is consulted.
    Ask(u8, u32),
    Lose,
}

#[derive(Debug)]
struct Known {
    desk: Desk,
    /// The numbers of its journal's events.
    facts: Vec<u32>,
}

/// Everything met so far, under its number.
#[derive(Debug, Default)]
struct Memory {
    desks: Vec<Arc<Known>>,
    numbers: HashMap<(MemoryRows, Vec<u32>), u32>,
    facts: Vec<Fact>,
    steps: HashMap<(Context, u32, Input), u32>,
    at_any_time: HashMap<Desks, bool>,
    at_rest: HashMap<Desks, Arc<Rest>>,
}

/// What is to be said of four desks that have heard everything of each other.
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
            .flat_map(|context| setup.policies.of(context).hears().iter().map(move |source| (context, *source)))
            .collect();
        assert_eq!(ears.len(), EARS);
        Self { setup, ears, memory: RwLock::default() }
    }

    fn memory(&self) -> RwLockReadGuard<'_, Memory> {
        self.memory.read().expect("no checker thread panics")
    }

    fn known(&self, desk: u32) -> Arc<Known> {
        Arc::clone(&self.memory().desks[desk as usize])
    }

    /// The number of a desk, a new one if it was never met.
    fn number(&self, desk: Desk) -> u32 {
        let mut memory = self.memory.write().expect("no checker thread panics");
        let Memory { desks, numbers, facts, .. } = &mut *memory;
        let mut number_of = |fact: &Fact| {
            let place = facts.iter().position(|known| known == fact).unwrap_or_else(|| {
                facts.push(fact.clone());
                facts.len() - 1
            });
            u32::try_from(place).expect("few facts")
        };
        let journal: Vec<u32> = desk.journal.iter().map(&mut number_of).collect();
        *numbers.entry((desk.rows.clone(), journal.clone())).or_insert_with(|| {
            desks.push(Arc::new(Known { desk, facts: journal }));
            u32::try_from(desks.len() - 1).expect("few desks")
        })
    }

    /// The desk of `context` after `input`: remembered, or asked of the policy.
    fn step(&self, context: Context, desk: u32, input: Input) -> u32 {
        let key = (context, desk, input);
        if let Some(after) = self.memory().steps.get(&key) {
            return *after;
        }
        let policy = self.setup.policies.of(context);
        let mut after = self.known(desk).desk.clone();
        match input {
            Input::Hear(fact) => {
                let fact = self.memory().facts[fact as usize].clone();
                after.hear(policy, NOW, &fact);
            }
            Input::Lose => after.lose_rows(policy),
            Input::Ask(wish, inventory) => {
                let Wish { endpoint, fields, .. } = &self.setup.wishes[usize::from(wish)];
                if let Ok(Decision::Ask(question)) = after.ask(policy, NOW, (endpoint, fields), None) {
                    let consulted = answer(&self.setup.policies, &self.known(inventory).desk, 0, &question);
                    let _: Result<_, _> = after.ask(policy, NOW, (endpoint, fields), Some(&consulted));
                }
            }
        }
        let after = self.number(after);
        self.memory.write().expect("no checker thread panics").steps.insert(key, after);
        after
    }

    /// The next event that this ear waits for.
    fn next_fact(&self, memory: &Memory, state: &State, ear: usize) -> Option<u32> {
        let source = state.desks[place(self.ears[ear].1)];
        memory.desks[source as usize].facts.get(usize::from(state.heard[ear])).copied()
    }

    fn is_quiet(&self, state: &State) -> bool {
        let memory = self.memory();
        (0..EARS).all(|ear| self.next_fact(&memory, state, ear).is_none())
    }

    fn is_sound(&self, state: &State) -> bool {
        if let Some(sound) = self.memory().at_any_time.get(&state.desks) {
            return *sound;
        }
        let is_sound = self.findings_at_any_time(state).is_empty();
        self.memory.write().expect("no checker thread panics").at_any_time.insert(state.desks, is_sound);
        is_sound
    }

    /// What is to be said of a state in which nothing more happens by itself.
    fn rest(&self, state: &State) -> Option<Arc<Rest>> {
        if !self.is_quiet(state) {
            return None;
        }
        if let Some(rest) = self.memory().at_rest.get(&state.desks) {
            return Some(Arc::clone(rest));
        }
        let rest = Arc::new(self.look_at_rest(state.desks));
        self.memory.write().expect("no checker thread panics").at_rest.insert(state.desks, Arc::clone(&rest));
        Some(rest)
    }

    fn look_at_rest(&self, desks: Desks) -> Rest {
        let known = desks.map(|desk| self.known(desk));
        let books = books(&known);
        if books.is_waiting() {
            return Rest::default();
        }
        let mut rebuild_findings = self.rebuild_findings(desks);
        rebuild_findings.extend(books.view_findings());
        Rest { findings: books.findings_at_rest(), rebuild_findings, ends: ends(&books) }
    }

    /// Each context, rebuilt from its journal and from hearing everything in
    /// every possible order, must end where it was, recording nothing.
    fn rebuild_findings(&self, desks: Desks) -> Vec<String> {
        let mut findings = Vec::new();
        for (place_of, context) in Context::DECIDERS.into_iter().enumerate() {
            let sources = self.setup.policies.of(context).hears();
            let streams: Vec<_> = sources.iter().map(|source| self.known(desks[place(*source)])).collect();
            let lost = self.step(context, desks[place_of], Input::Lose);
            let mut ways = vec![(vec![0; streams.len()], lost)];
            let mut met: HashSet<_> = ways.iter().cloned().collect();
            while let Some((heard, desk)) = ways.pop() {
                let mut is_last = true;
                for (stream, known) in streams.iter().enumerate() {
                    let Some(fact) = known.facts.get(heard[stream]) else { continue };
                    is_last = false;
                    let mut heard = heard.clone();
                    heard[stream] += 1;
                    let way = (heard, self.step(context, desk, Input::Hear(*fact)));
                    if met.insert(way.clone()) {
                        ways.push(way);
                    }
                }
                if is_last && desk != desks[place_of] {
                    let (lost, rebuilt) = (self.known(desks[place_of]), self.known(desk));
                    findings.push(format!("{context} was {}, and rebuilt is {}", lost.desk, rebuilt.desk));
                }
            }
        }
        findings
    }

    fn findings_at_any_time(&self, state: &State) -> Vec<String> {
        let known = state.desks.map(|desk| self.known(desk));
        books(&known).findings_at_any_time()
    }

    /// Whether logistics just sent goods out for a rental of which it had heard that it is over.
    fn is_reckless(&self, before: &State, after: &State) -> bool {
        let memory = self.memory();
        let journal = |state: &State| &memory.desks[state.desks[3] as usize].desk.journal;
        let Some(Event::DeliveryStarted { order }) = journal(after).get(journal(before).len()).map(|fact| &fact.event)
        else {
            return false;
        };
        self.ears.iter().zip(before.heard).filter(|((listener, _), _)| *listener == Context::Logistics).any(
            |((_, source), heard)| {
                let facts = &memory.desks[before.desks[place(*source)] as usize].desk.journal;
                facts.iter().take(usize::from(heard)).map(|fact| &fact.event).any(|event| {
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
        self.memory().desks.len()
    }

    /// An action in words.
    pub(crate) fn tell(&self, state: &State, action: Action) -> String {
        match action {
            Action::Ask(wish) => {
                let Wish { context, endpoint, fields } = &self.setup.wishes[usize::from(wish)];
                format!("{context} is asked to {endpoint} {fields}")
            }
            Action::Hear(ear) => {
                let (listener, source) = self.ears[usize::from(ear)];
                let memory = self.memory();
                let fact = self.next_fact(&memory, state, usize::from(ear));
                let event = fact.map_or("nothing", |fact| memory.facts[fact as usize].event.kind().wire_name());
                format!("{listener} hears {source}'s {event}")
            }
            Action::SendBack(ear) => {
                let (listener, source) = self.ears[usize::from(ear)];
                format!("{listener} is sent back to {source}'s event {}", state.heard[usize::from(ear)])
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
    Books { order: &order.desk, inventory: &inventory.desk, billing: &billing.desk, logistics: &logistics.desk }
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
        let mut inventory = Desk::default();
        let product = ProductId::new(1).expect("1 is an id");
        let registered = Event::ProductRegistered { product, name: "IPAD".to_owned(), qty: self.setup.stock };
        inventory.record(self.setup.policies.of(Context::Inventory), NOW, registered);
        // Nobody decides anything on hearing of a product, so everyone may have heard of it.
        let heard: Vec<u8> = self.ears.iter().map(|(_, source)| u8::from(*source == Context::Inventory)).collect();
        let empty = || self.number(Desk::default());
        let desks = [empty(), self.number(inventory), empty(), empty()];
        vec![State { desks, heard: heard.try_into().expect("one for each ear"), is_reckless: false }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let memory = self.memory();
        for (ear, place) in (0..).zip(0..EARS) {
            if self.next_fact(&memory, state, place).is_some() {
                actions.push(Action::Hear(ear));
            }
            if self.setup.is_repeating && state.heard[place] > 0 {
                actions.push(Action::SendBack(ear));
            }
        }
        let asked = |place: usize| memory.desks[state.desks[place] as usize].desk.journal.iter();
        let attempts = asked(2).filter(|fact| fact.event.attempt() > 1).count();
        for (number, wish) in (0..).zip(&self.setup.wishes) {
            // A provider can be asked again for ever; twice is enough to see what that leads to.
            if wish.endpoint != "retry" || attempts == 0 {
                actions.push(Action::Ask(number));
            }
        }
        actions.extend(self.setup.losing.iter().map(|context| Action::Lose(*context)));
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = *before;
        match action {
            Action::Ask(wish) => {
                let context = self.setup.wishes[usize::from(wish)].context;
                let consulted = if context == Context::Order { state.desks[1] } else { 0 };
                let desk = &mut state.desks[place(context)];
                *desk = self.step(context, *desk, Input::Ask(wish, consulted));
            }
            Action::Hear(ear) => {
                let ear = usize::from(ear);
                let fact = self.next_fact(&self.memory(), before, ear)?;
                let (listener, _) = self.ears[ear];
                let desk = &mut state.desks[place(listener)];
                *desk = self.step(listener, *desk, Input::Hear(fact));
                state.heard[ear] += 1;
                state.is_reckless |= listener == Context::Logistics && self.is_reckless(before, &state);
            }
            Action::SendBack(ear) => state.heard[usize::from(ear)] -= 1,
            Action::Lose(context) => {
                let desk = &mut state.desks[place(context)];
                *desk = self.step(context, *desk, Input::Lose);
                for (heard, (listener, _)) in state.heard.iter_mut().zip(&self.ears) {
                    *heard = if *listener == context { 0 } else { *heard };
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
