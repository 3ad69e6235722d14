//! People: they ask, lose patience, ask again, and remember what they were told.

use crate::plan::Plan;
use crate::random::Random;
use crate::world::World;
use bytes::Bytes;
use rental_bus::Record;
use rental_model::billing::{Ask, Provider};
use rental_model::inventory::CheckIn;
use rental_model::{Code, Context, Refusal};
use rental_runtime::Input;
use serde_json::{Map, Value, json};

/// A caller whose answer nobody checks.
pub(crate) const STAFF: usize = usize::MAX;

/// How often somebody asks for the same before giving up.
const MOST_ATTEMPTS: u32 = 12;

/// Something a person wants, until it is done, refused or given up.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked by itself when the action is done")]
pub(crate) struct PersonAction {
    pub(crate) context: Context,
    pub(crate) endpoint: &'static str,
    pub(crate) payload: Bytes,
    pub(crate) request_id: Option<String>,
    /// Marks whatever is recorded for this action.
    pub(crate) actor: String,
    /// Another action carries the same request id.
    pub(crate) is_clashing: bool,
    /// It may have been done before, by somebody else.
    is_idempotent: bool,
    /// Asking twice does not do it twice.
    is_repeatable: bool,
    attempts: u32,
    state: State,
    /// How often it reached an engine, and how often it was refused there.
    pub(crate) delivered: u32,
    pub(crate) refused: u32,
    /// Who accepted it, with which answer.
    pub(crate) accepted: Vec<(usize, Bytes)>,
    /// It is to be refused rather than be short.
    pub(crate) refuses: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Due { at: u64 },
    CommandRequest { at: u64 },
    Done,
}

impl PersonAction {
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether `body` is this record, and the record may be the answer.
    pub(crate) fn is_answered_by(&self, record: &Record, body: &Bytes) -> bool {
        let is_own = record.origin.actor.as_deref() == Some(&self.actor);
        is_answer(record, body) && (is_own || self.is_idempotent || self.is_clashing)
    }

    fn new(number: usize, (context, endpoint): (Context, &'static str), mut fields: Map<String, Value>) -> Self {
        let actor = format!("person {number}");
        let is_named = fields.contains_key("requestId");
        let refuses = fields.get("onShortage").is_some_and(|wanted| wanted == "refuse");
        let request_id = fields.get("requestId").and_then(Value::as_str).map(str::to_owned);
        // Asked again, a provider is asked again: each time is another event.
        // An order belongs to the request that made it; it is nobody else's answer.
        let is_anybodys = endpoint != "retry" && !(endpoint == "request" && is_named);
        let is_idempotent = fields.contains_key("orderId") && is_anybodys;
        fields.insert("actor".to_owned(), json!(actor));
        Self {
            context,
            endpoint,
            payload: Value::Object(fields).to_string().into(),
            request_id,
            actor,
            is_clashing: false,
            is_idempotent,
            is_repeatable: is_named || is_idempotent,
            attempts: 0,
            state: State::Due { at: 0 },
            delivered: 0,
            refused: 0,
            accepted: Vec::new(),
            refuses,
        }
    }
}

/// Whether `body` is this event, perhaps with what became of it since beside it.
pub(crate) fn is_answer(record: &Record, body: &Bytes) -> bool {
    let rest = record.body.strip_suffix(b"}").and_then(|event| body.strip_prefix(event));
    rest.is_some_and(|rest| rest == b"}" || rest.starts_with(br#","became":{"#))
}

/// What people will want in a run.
pub(crate) fn wishes(random: &mut Random, plan: &Plan) -> Vec<PersonAction> {
    let mut actions: Vec<PersonAction> = Vec::new();
    for number in 0..plan.actions {
        let (target, mut fields) = wish(random, plan, number < 2);
        let mut is_clashing = false;
        if random.one_in(8)
            && let Some(other) =
                actions.iter_mut().find(|action| action.context == target.0 && action.request_id.is_some())
        {
            other.is_clashing = true;
            is_clashing = true;
            fields.insert("requestId".to_owned(), json!(other.request_id));
        } else if !random.one_in(4) {
            fields.insert("requestId".to_owned(), json!(format!("wish-{number}")));
        }
        let mut action = PersonAction::new(number, target, fields);
        action.is_clashing = is_clashing;
        let first = if target.1 == "request" { 0 } else { plan.ticks / 4 };
        action.state = State::Due { at: random.between(first, plan.ticks) / if number < 2 { 4 } else { 1 } };
        actions.push(action);
    }
    actions
}

fn wish(random: &mut Random, plan: &Plan, is_first: bool) -> ((Context, &'static str), Map<String, Value>) {
    let order = random.between(1, 3);
    let product = random.between(1, 2);
    let fields = |value: Value| value.as_object().cloned().unwrap_or_default();
    match if is_first { 0 } else { random.below(15) } {
        0..=4 => {
            let qty = random.pick(&[1, 40, 60, 100, 101]).unwrap_or(1);
            let mut asked = fields(json!({
                "productId": product,
                "qty": qty,
                "amount": random.pick(&[0, 10, 30]).unwrap_or(0),
                "onShortage": random.pick(&["compensate", "refuse"]).unwrap_or("compensate"),
            }));
            if !random.one_in(4) {
                asked.insert("orderId".to_owned(), json!(order));
            }
            ((Context::Order, "request"), asked)
        }
        5..=7 => ((Context::Order, "cancel"), fields(json!({ "orderId": order, "reason": "changed my mind" }))),
        8..=9 => ((Context::Order, "end"), fields(json!({ "orderId": order }))),
        10..=11 if plan.provider == Provider::Deferred => {
            let outcomes = ["charged", "charged", "declined", "refunded", "refundDeclined"];
            let outcome = random.pick(&outcomes).unwrap_or("charged");
            match random.below(6) {
                0 => ((Context::Billing, "retry"), fields(json!({ "orderId": order }))),
                1 => {
                    let by_hand = json!({ "orderId": order, "outcome": "refunded", "reason": "in cash" });
                    ((Context::Billing, "resolve"), fields(by_hand))
                }
                _ => ((Context::Billing, "settle"), fields(json!({ "orderId": order, "outcome": outcome }))),
            }
        }
        10 | 12 if plan.check_in == CheckIn::Staff => {
            ((Context::Inventory, "checkin"), fields(json!({ "orderId": order, "down": random.below(2) })))
        }
        13 => ((Context::Inventory, "register"), fields(json!({ "productName": "LENS", "qty": 5 }))),
        _ => {
            let asked = match random.below(3) {
                0 => json!({ "productId": product, "delta": 50, "reason": "bought" }),
                1 => json!({ "productId": product, "delta": -30, "reason": "sold" }),
                _ => json!({ "productId": product, "from": "available", "to": "down", "qty": 5, "reason": "broken" }),
            };
            ((Context::Inventory, "adjust"), fields(asked))
        }
    }
}

impl World {
    /// One person does something.
    pub(crate) fn act(&mut self) {
        let number = self.random.below(self.actions.len());
        let Some(action) = self.actions.get(number) else { return };
        let (state, is_repeatable, attempts) = (action.state, action.is_repeatable, action.attempts);
        let next = match state {
            State::Due { at } if at > self.tick && !self.is_healing => return,
            State::Due { .. } => return self.ask(number),
            State::CommandRequest { at } if self.tick < at + 60 || !self.random.one_in(6) => return,
            State::CommandRequest { .. } if is_repeatable && (attempts < MOST_ATTEMPTS || self.is_healing) => {
                self.coverage.hit("a person asked again", "");
                State::Due { at: 0 }
            }
            State::Done if is_repeatable && !self.is_healing && attempts > 0 && self.random.one_in(40) => {
                self.coverage.hit("a person asked again after the answer", "");
                State::Due { at: 0 }
            }
            State::Done => return,
            State::CommandRequest { .. } => State::Done,
        };
        self.actions[number].state = next;
    }

    /// Sends the request to whichever worker of the context takes it.
    fn ask(&mut self, number: usize) {
        let context = self.actions[number].context;
        let workers: Vec<_> = self.workers_of(context).collect();
        if !self.broker.is_up || self.inject_fault("a request was lost") {
            return;
        }
        let Some(worker) = self.random.pick(&workers) else { return };
        let action = &self.actions[number];
        let (endpoint, payload) = (action.endpoint, action.payload.clone());
        if self.command(worker, number, endpoint, payload) {
            let at = self.tick;
            let action = &mut self.actions[number];
            action.attempts += 1;
            action.delivered += 1;
            action.state = State::CommandRequest { at };
        }
    }

    /// Hands a request to a worker's engine, if it takes any.
    pub(crate) fn command(&mut self, worker: usize, caller: usize, endpoint: &str, payload: Bytes) -> bool {
        let Some(process) = self.workers[worker].process.as_mut().filter(|process| process.takes_requests) else {
            return false;
        };
        process.tokens += 1;
        let token = process.tokens;
        process.callers.insert(token, caller);
        process.inputs.push_back(Input::Command { token, endpoint: endpoint.to_owned(), payload, trace: None });
        true
    }

    /// A worker has sent an answer. It may get lost, but it was given.
    pub(crate) fn answered(&mut self, worker: usize, number: usize, answer: Result<Bytes, Refusal>) {
        let is_lost = !self.broker.is_up || self.inject_fault("an answer was lost");
        let Some(action) = self.actions.get_mut(number) else { return };
        let is_later = match &answer {
            Ok(_) => false,
            // What an engine that is not ready or a policy that failed refuses is worth another try.
            Err(refusal) => matches!(refusal.code, Code::Unavailable | Code::Failed) && action.is_repeatable,
        };
        let text = match answer {
            Ok(body) => {
                action.accepted.push((worker, body));
                "accepted".to_owned()
            }
            Err(refusal) => {
                action.refused += 1;
                refusal.message
            }
        };
        let is_late = !matches!(action.state, State::CommandRequest { .. });
        if !is_lost && !is_late {
            action.state = if is_later { State::Due { at: self.tick + 30 } } else { State::Done };
        }
        let context = action.context;
        let endpoint = action.endpoint;
        if action.is_clashing {
            self.coverage.hit("the same request id for something else", "");
        }
        if is_late {
            self.coverage.hit("an answer came late", "");
        }
        let lost = if is_lost { " (lost)" } else { "" };
        self.note(format_args!("{context} {worker} to person {number}, {endpoint}: {text}{lost}"));
    }
}

/// A action of the audit: what a provider was asked for is settled, by it or by hand.
pub(crate) fn settlement(number: usize, order: u64, what: Ask, dice: usize) -> PersonAction {
    let (endpoint, outcome) = match (what, dice) {
        (Ask::Charge, 0) => ("settle", "charged"),
        (Ask::Charge, _) => ("settle", "declined"),
        (Ask::Refund, 0) => ("resolve", "refunded"),
        (Ask::Refund, _) => ("settle", "refunded"),
    };
    let request = format!("settle-{what:?}-{order}-{number}");
    let fields = json!({ "orderId": order, "outcome": outcome, "reason": "the audit", "requestId": request })
        .as_object()
        .cloned();
    PersonAction::new(number, (Context::Billing, endpoint), fields.unwrap_or_default())
}
