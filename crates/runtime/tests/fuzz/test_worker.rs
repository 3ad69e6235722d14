//! One worker on a store in memory, which has received and done a little of everything.

use crate::examples;
use bytes::Bytes;
use rental_bus::Message;
use rental_bus::record::{GENESIS, Hash, Origin};
use rental_model::{Context, Endpoint, Event, OrderId, QueryOutcome, Refusal, UnixMs};
use rental_runtime::store::memory::MemoryStore;
use rental_runtime::store::{Direction, Store, Table, Write};
use rental_runtime::{Effect, Engine, Fatal, Input, Policy, queries};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

pub(crate) struct TestWorker {
    pub(crate) engine: Engine,
    pub(crate) policy: Policy,
    /// How many messages of each source it was given, and the hash of the last.
    told: BTreeMap<Context, (u64, Hash)>,
    token: u64,
}

/// A worker's store and surroundings after a day's work, to go on from any number of times.
#[derive(Debug, Clone)]
pub(crate) struct Pause {
    pub(crate) policy: Policy,
    pub(crate) writes: Vec<Write>,
    told: BTreeMap<Context, (u64, Hash)>,
}

impl Pause {
    /// One for each policy.
    pub(crate) fn all() -> Vec<Self> {
        let pause = |policy: Policy| {
            let store = MemoryStore::default();
            let worker = TestWorker::at_work(policy.clone(), store.clone());
            let writes = dump(&store);
            assert!(writes.len() > 3, "{policy:?} did nothing");
            Self { policy, writes, told: worker.told }
        };
        examples::policies().into_iter().map(pause).collect()
    }

    /// Goes on, in a store of its own.
    pub(crate) fn end(self) -> TestWorker {
        let mut store = MemoryStore::default();
        store.commit(&self.writes).expect("a store in memory commits");
        let worker = TestWorker::on(self.policy, store).expect("what was kept can be opened");
        TestWorker { told: self.told, ..worker }
    }
}

/// Everything in a store.
fn dump(store: &MemoryStore) -> Vec<Write> {
    let snapshot = store.reader().snapshot().expect("a store in memory can be read");
    let mut found = Vec::new();
    for table in Table::ALL {
        let mut each = |key: &[u8], value: &[u8]| {
            found.push(Write { table, key: key.to_vec(), value: Some(value.to_vec()) });
            ControlFlow::Continue(())
        };
        snapshot.walk(table, &[], &[0xff; 40], Direction::Up, &mut each).expect("a store in memory can be read");
    }
    found
}

/// What an endpoint said, and whether anything was recorded.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) answer: Result<Bytes, Refusal>,
    pub(crate) has_recorded: bool,
}

impl TestWorker {
    /// Serves, and has recorded nothing but what comes first.
    pub(crate) fn on(policy: Policy, store: MemoryStore) -> Result<Self, Fatal> {
        let mut engine = Engine::open(policy.clone(), Box::new(store))?;
        engine.start();
        let mut worker = Self { engine, policy, told: BTreeMap::new(), token: 0 };
        worker.step(Input::Tip { epoch: 1, last: 0, hash: None })?;
        Ok(worker)
    }

    /// The same with a day's work behind it: every endpoint's example, and an event of every kind received.
    fn at_work(policy: Policy, store: MemoryStore) -> Self {
        let mut worker = Self::on(policy, store).expect("an empty store opens");
        for endpoint in worker.policy.commands() {
            let example: Value = serde_json::from_str(endpoint.example).expect("examples are JSON");
            worker.ask(endpoint.name, example.to_string().into(), &enough()).expect("nothing fatal happens");
        }
        for event in examples::events() {
            let message = worker.next_message(event.kind().context(), &event);
            worker.receive(event.kind().context(), message).expect("nothing fatal happens");
        }
        worker
    }

    pub(crate) fn step(&mut self, input: Input) -> Result<Vec<Effect>, Fatal> {
        self.engine.step(UnixMs(1_587_605_794_000), vec![input])
    }

    /// Every endpoint of this worker; the last is none.
    pub(crate) fn endpoints(&self) -> Vec<Endpoint> {
        const OTHERS: [Endpoint; 4] = [
            Endpoint { name: "parked.list", about: "", example: "{}" },
            Endpoint { name: "parked.retry", about: "", example: r#"{"id":1}"# },
            Endpoint { name: "parked.drop", about: "", example: r#"{"id":1,"reason":"x"}"# },
            Endpoint { name: "nothing", about: "", example: "{}" },
        ];
        self.policy.commands().iter().chain(self.policy.queries()).chain(&OTHERS).copied().collect()
    }

    /// Asks for something; `consulted` is what another context says, if it is asked.
    pub(crate) fn ask(&mut self, endpoint: &str, payload: Bytes, query_outcome: &QueryOutcome) -> Result<Said, Fatal> {
        let before = self.engine.progress().journal;
        let is_question = endpoint == "parked.list" || self.policy.queries().iter().any(|query| query.name == endpoint);
        if is_question {
            let progress = self.engine.progress();
            let answer = queries::answer(&self.policy, &*self.engine.reader(), &progress, endpoint, &payload);
            return Ok(Said { answer: answer.map(Bytes::from), has_recorded: false });
        }
        self.token += 1;
        let token = self.token;
        let mut effects = self.step(Input::Command { token, endpoint: endpoint.to_owned(), payload, trace: None })?;
        while effects.iter().any(|effect| matches!(effect, Effect::Query { .. })) {
            effects = self.step(Input::QueryOutcome { token, query_outcome: query_outcome.clone() })?;
        }
        let mut answers = effects.into_iter().filter_map(|effect| match effect {
            Effect::Reply { token: to, answer } if to == token => Some(answer),
            _ => None,
        });
        let answer = answers.next().expect("every request is answered");
        assert_eq!(answers.next(), None, "answered twice");
        Ok(Said { answer, has_recorded: self.engine.progress().journal > before })
    }

    /// `event` as the next message of its source.
    pub(crate) fn next_message(&self, source: Context, event: &Event) -> Message {
        let (number, before) = self.told.get(&source).copied().unwrap_or((0, GENESIS));
        let at = UnixMs(1_587_605_794_000 + number);
        examples::message(&rental_bus::Record::new(number + 1, event, at, Origin::default(), before))
    }

    /// Tells the worker a message, if it receives that source; answers whether it does.
    pub(crate) fn receive(&mut self, source: Context, message: Message) -> Result<bool, Fatal> {
        if !self.policy.subscriptions().contains(&source) {
            return Ok(false);
        }
        let (_, before) = self.told.get(&source).copied().unwrap_or((0, GENESIS));
        let hash = message.hash().unwrap_or_else(|| message.hash_after(before));
        let number = message.number;
        self.step(Input::Received { source, reading: 1, message })?;
        if self.engine.progress().positions[&source] == number {
            self.told.insert(source, (number, hash));
        }
        Ok(true)
    }
}

/// What inventory answers to the check of a request that can be met.
pub(crate) fn enough() -> QueryOutcome {
    QueryOutcome::Answered(check().to_string().into_bytes())
}

pub(crate) fn check() -> Value {
    json!({ "productId": 2, "productName": "MACBOOK", "available": 100, "isEnough": true, "ordersRead": 1 })
}

pub(crate) fn order(id: u64) -> OrderId {
    OrderId::new(id).expect("a small number")
}
