//! Intake: what people and programs ask for.
//!
//! Every command may carry `requestId` and `actor` beside its own fields. A
//! request id makes a retry safe: the answer to a command is the event it
//! recorded, and asking again under the same id brings that event again.

use crate::engine::{Effect, Engine};
use crate::hearing::panic_text;
use crate::store::Table;
use crate::unit::Unit;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use rental_bus::record::Origin;
use rental_bus::status::Phase;
use rental_model::{Code, Command, Consulted, Decision, Refusal, Request};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many commands may wait for another context's answer at once.
const MOST_PENDING: usize = 1024;

/// A command that waits for another context's answer.
#[derive(Debug)]
pub(crate) struct Pending {
    order: Order,
}

/// A command, understood as far as the runtime must understand it.
#[derive(Debug)]
struct Order {
    endpoint: String,
    fields: Command,
    request_id: Option<String>,
    actor: Option<String>,
    trace: Option<String>,
    digest: String,
}

/// A row of [`Table::Answers`].
#[derive(Serialize, Deserialize)]
struct Answer {
    number: u64,
    digest: String,
}

/// The fields of a request: a JSON object, or nothing at all.
pub(crate) fn fields(payload: &[u8]) -> Result<Command, Refusal> {
    if payload.is_empty() {
        return Ok(Command::new());
    }
    match serde_json::from_slice(payload) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Refusal::malformed("the request must be a JSON object, such as {\"orderId\":2}")),
        Err(error) => Err(Refusal::malformed(format!("the request is not JSON: {error}"))),
    }
}

impl Order {
    fn read(endpoint: &str, payload: &[u8], trace: Option<String>) -> Result<Self, Refusal> {
        let mut fields = fields(payload)?;
        let request_id = word(&mut fields, "requestId", 100)?;
        let actor = word(&mut fields, "actor", 64)?;
        let mut hasher = Sha256::new();
        hasher.update(endpoint);
        hasher.update([0]);
        hasher.update(Value::Object(fields.clone()).to_string());
        let digest = HEXLOWER.encode(hasher.finalize().get(..8).unwrap_or_default());
        let trace = trace.filter(|trace| is_trace(trace));
        Ok(Self { endpoint: endpoint.to_owned(), fields, request_id, actor, trace, digest })
    }

    fn origin(&self) -> Origin {
        Origin {
            cause: self.request_id.clone(),
            actor: self.actor.clone(),
            // Without a request id there is no retry to tell from another request.
            digest: self.request_id.is_some().then(|| self.digest.clone()),
            trace: self.trace.clone(),
        }
    }
}

/// Takes a short line of text out of the fields. It will travel in a header.
fn word(fields: &mut Command, name: &str, longest: usize) -> Result<Option<String>, Refusal> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text))
            if !text.trim().is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control) =>
        {
            Ok(Some(text.trim().to_owned()))
        }
        Some(_) => Err(Refusal::malformed(format!(
            "{name} must be text of 1 to {longest} characters without control characters"
        ))),
    }
}

/// W3C trace context, version 00.
fn is_trace(trace: &str) -> bool {
    trace.len() == 55 && trace.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

impl Engine {
    pub(crate) fn command(
        &mut self,
        unit: &mut Unit,
        token: u64,
        endpoint: &str,
        payload: &[u8],
        trace: Option<String>,
    ) {
        let answer = if self.shown_phase() == Phase::Serving {
            Order::read(endpoint, payload, trace).and_then(|order| self.carry_out(unit, token, order, None))
        } else {
            Err(not_serving(&self.context.to_string(), self.shown_phase()))
        };
        self.answer(token, answer);
    }

    pub(crate) fn consulted(&mut self, unit: &mut Unit, token: u64, consulted: &Consulted) {
        let Some(Pending { order }) = self.pending.remove(&token) else { return };
        let answer = self.carry_out(unit, token, order, Some(consulted));
        self.answer(token, answer);
    }

    fn answer(&mut self, token: u64, answer: Result<Option<Bytes>, Refusal>) {
        match answer {
            Ok(Some(body)) => self.reply(token, Ok(body)),
            Ok(None) => {}
            Err(refusal) => self.reply(token, Err(refusal)),
        }
    }

    /// Carries a command out. No answer yet means that another context is asked first.
    fn carry_out(
        &mut self,
        unit: &mut Unit,
        token: u64,
        order: Order,
        consulted: Option<&Consulted>,
    ) -> Result<Option<Bytes>, Refusal> {
        if let Some(answer) = answered_before(unit, &order)? {
            return Ok(Some(answer));
        }
        let request = Request { endpoint: &order.endpoint, fields: &order.fields };
        match order.endpoint.as_str() {
            "parked.retry" => return self.retry_parked(unit, request).map(Some),
            "parked.drop" => return self.drop_parked(unit, request, order.actor.as_deref()).map(Some),
            _ => {}
        }
        let mark = self.mark();
        let decided = catch_unwind(AssertUnwindSafe(|| {
            Ok(match self.policy.decide(unit, request, consulted)? {
                Decision::Record(events) => {
                    let origin = order.origin();
                    let records: Vec<_> = events.iter().map(|event| self.record(unit, event, &origin)).collect();
                    Decided::Recorded(records.into_iter().next().map(|first| (first.number, first.body)))
                }
                Decision::Already(number) => Decided::Already(number),
                Decision::Ask(question) => Decided::Ask(question),
            })
        }));
        let decided = decided.unwrap_or_else(|panic| {
            self.go_back(unit, mark);
            let text = panic_text(&*panic);
            tracing::error!(endpoint = order.endpoint, text, "a command failed inside its policy");
            Err(Refusal::new(Code::Failed, format!("{} failed inside; nothing was recorded: {text}", order.endpoint)))
        })?;
        match decided {
            Decided::Recorded(Some((number, body))) => {
                if let Some(id) = &order.request_id {
                    remember_answer(unit, id, number, &order.digest);
                }
                Ok(Some(body))
            }
            Decided::Recorded(None) => Ok(Some(Bytes::from_static(b"{}"))),
            Decided::Already(number) => recorded(unit, number).map(Some),
            Decided::Ask(_) if consulted.is_some() || self.pending.len() >= MOST_PENDING => {
                Err(Refusal::unavailable(format!("{} is overloaded; try again in a moment", self.context)))
            }
            Decided::Ask(question) => {
                self.pending.insert(token, Pending { order });
                self.effects.push(Effect::Ask { token, question });
                Ok(None)
            }
        }
    }
}

/// The body of an event recorded earlier.
fn recorded(unit: &Unit, number: u64) -> Result<Bytes, Refusal> {
    unit.get(Table::Journal, &number.to_be_bytes())
        .and_then(|row| crate::journal::decode(number, &row))
        .map(|record| record.body)
        .ok_or_else(|| Refusal::new(Code::Failed, format!("event {number} cannot be read from the journal")))
}

/// Keeps the first answer of a request id.
pub(crate) fn remember_answer(unit: &mut Unit, id: &str, number: u64, digest: &str) {
    if unit.get(Table::Answers, id.as_bytes()).is_none() {
        let answer = Answer { number, digest: digest.to_owned() };
        unit.put(Table::Answers, id.as_bytes(), serde_json::to_vec(&answer).unwrap_or_default());
    }
}

/// The answer that this request id got before, if it did.
fn answered_before(unit: &Unit, order: &Order) -> Result<Option<Bytes>, Refusal> {
    let Some(id) = &order.request_id else { return Ok(None) };
    let Some(row) = unit.get(Table::Answers, id.as_bytes()) else { return Ok(None) };
    match serde_json::from_slice::<Answer>(&row) {
        Ok(answer) if answer.digest == order.digest => recorded(unit, answer.number).map(Some),
        Ok(answer) => Err(Refusal::new(
            Code::Conflict,
            format!("requestId {id:?} was used before, for something else (event {})", answer.number),
        )),
        Err(error) => Err(Refusal::new(Code::Failed, format!("the answer to {id:?} cannot be read: {error}"))),
    }
}

enum Decided {
    Recorded(Option<(u64, Bytes)>),
    Already(u64),
    Ask(rental_model::Question),
}

/// The refusal of a worker that is not ready.
pub(crate) fn not_serving(context: &str, phase: Phase) -> Refusal {
    Refusal::unavailable(match phase {
        Phase::Stopping => format!("{context} is stopping; try again when it is back"),
        Phase::Starting => format!("{context} is starting; try again in a moment"),
        Phase::CatchingUp => format!("{context} is reading its events back; try again in a moment"),
        Phase::Rebuilding => format!("{context} is being rebuilt from the streams; try again in a moment"),
        Phase::Serving => format!("{context} is busy; try again in a moment"),
    })
}
