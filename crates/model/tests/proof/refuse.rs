//! A request that would rather be refused than be short, whoever else asks at the same time.
//!
//! Order and inventory are the real ones, and everything between them takes
//! any time: the check is answered from inventory as it was then, and decided
//! about at any moment later; inventory reads orders and retrievals when it
//! likes, and the orders from the start again. Checked completely:
//!
//! - what was taken with `refuse` is never short;
//! - what is refused would have been short: inventory as it was when it
//!   answered, reading all orders taken since, has too few units left;
//! - nobody is made to wait once inventory has read everything.
//!
//! And each shortcut that suggests itself breaks one of these.

use crate::shop::{CheckIn, ContextState, InventoryPolicy, OrderPolicy, Positioned, request};
use rental_model::inventory::Product;
use rental_model::order::Order;
use rental_model::repository::memory::MemoryRepository;
use rental_model::repository::{Direction, load, walk};
use rental_model::{Code, Context, Decider, Decision, Event, OrderId, ProductId, QueryOutcome, RecordedEvent, UnixMs};
use serde_json::{Value, json};
use stateright::{Checker, HasDiscoveries, Model, Property};
use std::hash::{Hash, Hasher};
use std::ops::ControlFlow;

const NOW: UnixMs = UnixMs(0);
const INVENTORY: InventoryPolicy = InventoryPolicy { check_in: CheckIn::Auto };
const ORDER: OrderPolicy = OrderPolicy { first_order_id: None };

/// Somebody wants so many units of the one product.
#[derive(Debug, Clone, Copy)]
struct PersonRequest {
    qty: u64,
    refuses: bool,
}

const fn refuse(qty: u64) -> PersonRequest {
    PersonRequest { qty, refuses: true }
}

const fn compensate(qty: u64) -> PersonRequest {
    PersonRequest { qty, refuses: false }
}

/// What order makes of inventory's answer in place of what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shortcut {
    None,
    /// It takes nothing off for the orders that inventory has not read.
    TakesNothingOff,
    /// It takes all of them off, also those that will be short.
    TakesAllOff,
    /// It takes those off that would get their units if nothing came back meanwhile.
    ForeseesTooMuch,
    /// It does not care whether inventory reads for the first time.
    TrustsThePosition,
}

#[derive(Debug, Clone)]
struct Counter {
    name: &'static str,
    stock: u32,
    requests: Vec<PersonRequest>,
    /// The first order may be cancelled, and its units retrieved.
    cancels: bool,
    rereads: bool,
    shortcut: Shortcut,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Asker {
    Waiting,
    /// Inventory has answered: as it was then, having read so many orders.
    Answered(MemoryRepository, usize),
    Taken,
    Refused,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    order: ContextState,
    inventory: ContextState,
    is_retrieved: bool,
    /// How many events of order, and of logistics, inventory has read.
    read: [usize; 2],
    askers: Vec<Asker>,
    harm: Option<&'static str>,
}

impl Hash for State {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.order.rows, self.order.journal.len(), &self.inventory.rows).hash(state);
        for recorded in &self.inventory.journal {
            (recorded.event.kind().wire_name(), recorded.event.key(), &recorded.cause).hash(state);
        }
        (self.is_retrieved, self.read, &self.askers, self.harm).hash(state);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Action {
    Check(usize),
    Decide(usize),
    ReadOrder,
    ReadLogistics,
    Reread,
    Cancel,
    Retrieve,
}

fn available(rows: &MemoryRepository) -> u64 {
    load::<Product>(rows, 1).map_or(0, |product| product.available)
}

/// The retrieval of the first order.
fn retrieval() -> RecordedEvent {
    let event = Event::RetrievalStarted { order: OrderId::new(1).expect("1 is an id"), dispatched: false };
    RecordedEvent { source: Context::Logistics, number: 1, at: NOW, cause: None, actor: None, event }
}

impl Counter {
    /// Inventory's answer, as this counter's order understands it.
    fn told(&self, order: &ContextState, (rows, read): (&MemoryRepository, usize)) -> QueryOutcome {
        let positioned = Positioned { rows, received: read as u64 };
        let mut answer = INVENTORY.query(&positioned, request("check", &json!({ "productId": 1 }))).expect("it exists");
        let mut unread: Vec<Order> = Vec::new();
        walk::<Order>(&order.rows, 0, Direction::Up, |_, row| {
            unread.extend((row.requested.number > read as u64).then_some(row));
            ControlFlow::Continue(())
        });
        unread.sort_by_key(|order| order.requested.number);
        let take = |left: u64, order: &Order| match self.shortcut {
            Shortcut::TakesAllOff => left.saturating_sub(order.qty.get().into()),
            Shortcut::ForeseesTooMuch => left.checked_sub(order.qty.get().into()).unwrap_or(left),
            _ => left,
        };
        answer["available"] = unread.iter().fold(available(rows), take).into();
        match self.shortcut {
            Shortcut::None => {}
            Shortcut::TrustsThePosition => answer["isRereading"] = false.into(),
            _ => answer["ordersRead"] = 1_000_000.into(),
        }
        QueryOutcome::Answered(answer.to_string().into_bytes())
    }

    fn decide(&self, state: &mut State, asker: usize) {
        let Asker::Answered(rows, read) = &state.askers[asker] else { return };
        let PersonRequest { qty, refuses } = self.requests[asker];
        let on_shortage = if refuses { "refuse" } else { "compensate" };
        let fields: Value =
            json!({ "orderId": asker + 1, "productId": 1, "qty": qty, "amount": 1, "onShortage": on_shortage });
        let query_outcome = self.told(&state.order, (rows, *read));
        let next = match state.order.ask(&ORDER, NOW, ("request", &fields), Some(&query_outcome)) {
            Ok(Decision::Query(_)) => {
                if *read == state.order.journal.len() {
                    state.harm = Some("made to wait, and inventory had read everything");
                }
                Asker::Waiting
            }
            Ok(_) => Asker::Taken,
            Err(refusal) => {
                assert_eq!(refusal.code, Code::Conflict, "{refusal}");
                let mut inventory = ContextState { rows: rows.clone(), journal: Vec::new() };
                for recorded in &state.order.journal[*read..] {
                    inventory.react(&INVENTORY, NOW, recorded);
                }
                if available(&inventory.rows) >= qty {
                    state.harm = Some("refused, and a unit was free");
                }
                Asker::Refused
            }
        };
        state.askers[asker] = next;
    }

    fn is_cancelled(state: &State) -> bool {
        load::<Order>(&state.order.rows, 1).is_some_and(|order| order.cancelled.is_some())
    }

    fn read_order(&self, state: &mut State) {
        let Some(recorded) = state.order.journal.get(state.read[0]).cloned() else { return };
        let known = state.inventory.journal.len();
        state.inventory.react(&INVENTORY, NOW, &recorded);
        state.read[0] += 1;
        let is_promised =
            |order: OrderId| (1..).zip(&self.requests).any(|(id, request)| id == order.get() && request.refuses);
        if state.inventory.journal[known..]
            .iter()
            .any(|own| matches!(own.event, Event::StockShort { order, .. } if is_promised(order)))
        {
            state.harm = Some("taken, and short");
        }
    }
}

impl Model for Counter {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut inventory = ContextState::default();
        let product = ProductId::new(1).expect("1 is an id");
        let registered = Event::ProductRegistered { product, name: "IPAD".to_owned(), qty: self.stock };
        inventory.record(&INVENTORY, NOW, registered);
        vec![State {
            order: ContextState::default(),
            inventory,
            is_retrieved: false,
            read: [0, 0],
            askers: vec![Asker::Waiting; self.requests.len()],
            harm: None,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (place, asker) in state.askers.iter().enumerate() {
            actions.extend((*asker == Asker::Waiting).then_some(Action::Check(place)));
            actions.extend(matches!(asker, Asker::Answered(..)).then_some(Action::Decide(place)));
        }
        actions.extend([Action::ReadOrder, Action::ReadLogistics]);
        actions.extend(self.rereads.then_some(Action::Reread));
        actions.extend(self.cancels.then_some([Action::Cancel, Action::Retrieve]).into_iter().flatten());
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        match action {
            Action::Check(asker) => {
                state.askers[asker] = Asker::Answered(state.inventory.rows.clone(), state.read[0]);
            }
            Action::Decide(asker) => self.decide(&mut state, asker),
            Action::ReadOrder => self.read_order(&mut state),
            Action::ReadLogistics if state.is_retrieved && state.read[1] == 0 => {
                state.inventory.react(&INVENTORY, NOW, &retrieval());
                state.read[1] = 1;
            }
            Action::Reread => state.read[0] = 0,
            Action::Cancel => drop(state.order.ask(&ORDER, NOW, ("cancel", &json!({ "orderId": 1 })), None)),
            Action::Retrieve => state.is_retrieved |= Self::is_cancelled(&state),
            Action::ReadLogistics => {}
        }
        (state != *before).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nobody is told what is not so", |_: &Self, state: &State| state.harm.is_none()),
            Property::sometimes("somebody is refused", |_: &Self, state: &State| {
                state.askers.contains(&Asker::Refused)
            }),
            Property::sometimes("every unit is set aside", |_: &Self, state: &State| {
                available(&state.inventory.rows) == 0
            }),
        ]
    }
}

fn counter(name: &'static str, stock: u32, requests: &[PersonRequest]) -> Counter {
    let requests = requests.to_vec();
    Counter { name, stock, requests, cancels: false, rereads: true, shortcut: Shortcut::None }
}

fn rush() -> Counter {
    counter("three for two units", 2, &[refuse(1), refuse(1), refuse(1)])
}

fn too_large() -> Counter {
    counter("one too large, two that fit", 2, &[compensate(3), refuse(1), refuse(2)])
}

fn given_back() -> Counter {
    let requests = [refuse(1), compensate(2), refuse(1)];
    Counter { cancels: true, rereads: false, ..counter("units come back meanwhile", 2, &requests) }
}

/// The harm that can come of it, if any can.
fn harm(counter: Counter) -> Option<&'static str> {
    let (name, shortcut) = (counter.name, counter.shortcut);
    let checker = counter.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    println!("{name}, {shortcut:?}: {} states", checker.unique_state_count());
    if shortcut == Shortcut::None {
        assert!(checker.discovery("somebody is refused").is_some(), "{name}: nobody is ever refused");
        assert!(checker.discovery("every unit is set aside").is_some(), "{name}: a unit is always left");
    }
    let path = checker.discovery("nobody is told what is not so")?;
    let harm = path.last_state().harm;
    println!("{harm:?}: {:?}", path.into_actions());
    harm
}

#[test]
fn as_many_are_taken_as_there_are_units_and_none_is_refused_that_was_free() {
    for counter in [rush(), too_large(), given_back()] {
        let name = counter.name;
        assert_eq!(harm(counter), None, "{name}");
    }
}

#[test]
fn each_shortcut_breaks_the_promise() {
    for (counter, shortcut, expected) in [
        (rush(), Shortcut::TakesNothingOff, "taken, and short"),
        (too_large(), Shortcut::TakesAllOff, "refused, and a unit was free"),
        (given_back(), Shortcut::ForeseesTooMuch, "taken, and short"),
        (rush(), Shortcut::TrustsThePosition, "refused, and a unit was free"),
    ] {
        let rereads = shortcut == Shortcut::TrustsThePosition;
        assert_eq!(harm(Counter { rereads, shortcut, ..counter }), Some(expected), "{shortcut:?}");
    }
}
