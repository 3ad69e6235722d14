//! Intake: what people and programs ask for.
//!
//! Every command may carry `requestId` and `actor` beside its own fields. A
//! request id makes a retry safe: the answer to a command is the event it
//! recorded or, if that was done before, the event that did it; and asking
//! again under the same id brings that event again. What is done about a
//! parked message is no event: there the answer itself is kept.
//! Whatever is answered, but for such a repetition, is entered in the journal
//! of [`commands`].

use crate::commands;
use crate::engine::{Effect, Engine};
use crate::store::Table;
use crate::subscription::panic_text;
use crate::unit_of_work::UnitOfWork;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use rental_bus::Record;
use rental_bus::commands::Outcome;
use rental_bus::record::Origin;
use rental_bus::status::Phase;
use rental_model::{Code, Command, Decision, Event, OrderId, QueryOutcome, Refusal, RemoteQuery, Request, json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many commands may wait for another context's answer at once.
const MOST_PENDING: usize = 1024;
/// How often another context is asked again for one command, until it has caught up.
const MOST_ASKED_AGAIN: u32 = 12;

/// A command that waits for another context's answer.
#[derive(Debug)]
pub(crate) struct AwaitingQuery {
    asked: CommandRequest,
    /// How often the other context was asked again.
    again: u32,
}

/// A command, understood as far as the runtime must understand it.
#[derive(Debug, Default)]
pub(crate) struct CommandRequest {
    pub(crate) endpoint: String,
    pub(crate) fields: Command,
    pub(crate) request_id: Option<String>,
    pub(crate) actor: Option<String>,
    trace: Option<String>,
    digest: String,
    /// The request itself, if it is no JSON object.
    pub(crate) unread: Option<String>,
}

/// A row of [`Table::Answers`]: the event that answers, or the answer.
#[derive(Serialize, Deserialize)]
struct Answer {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
}

/// An answer, and what it leaves in the journal of commands.
pub(crate) struct Answered {
    pub(crate) answer: Result<Bytes, Refusal>,
    pub(crate) outcome: Outcome,
    /// The order that was recorded about.
    pub(crate) order: Option<OrderId>,
}

/// How far a command was carried out.
enum Execution {
    /// It was done before, under the same request id: the same answer, and no second entry.
    Replayed(Result<Bytes, Refusal>),
    Done(Answered),
    /// Another context is asked first.
    NeedsQuery(RemoteQuery),
}

/// The fields of a request: a JSON object, or nothing at all.
pub(crate) fn fields(payload: &[u8]) -> Result<Command, Refusal> {
    if payload.is_empty() {
        return Ok(Command::new());
    }
    match json::read(payload) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Refusal::malformed("the request must be a JSON object, such as {\"orderId\":2}")),
        Err(error) if error.is_data() => Err(Refusal::malformed(format!("the request is ambiguous: {error}"))),
        Err(error) => Err(Refusal::malformed(format!("the request is not JSON: {error}"))),
    }
}

impl CommandRequest {
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
        Ok(Self { endpoint: endpoint.to_owned(), fields, request_id, actor, trace, digest, unread: None })
    }

    /// As much of a request as can be known that is refused unread.
    fn best_effort(endpoint: &str, payload: &[u8]) -> Self {
        let endpoint = endpoint.to_owned();
        let Ok(mut fields) = fields(payload) else {
            let unread = Some(String::from_utf8_lossy(payload).into_owned());
            return Self { endpoint, unread, ..Self::default() };
        };
        let request_id = word(&mut fields, "requestId", 100).ok().flatten();
        let actor = word(&mut fields, "actor", 64).ok().flatten();
        Self { endpoint, fields, request_id, actor, ..Self::default() }
    }

    fn origin(&self) -> Origin {
        Origin {
            cause: self.request_id.clone(),
            actor: self.actor.clone(),
            digest: Some(self.digest.clone()),
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
        unit: &mut UnitOfWork,
        token: u64,
        endpoint: &str,
        payload: &[u8],
        trace: Option<String>,
    ) {
        let asked = if self.shown_phase() == Phase::Serving {
            CommandRequest::read(endpoint, payload, trace)
        } else {
            Err(not_serving(&self.context.to_string(), self.shown_phase()))
        };
        match asked {
            Ok(asked) => self.attempt(unit, token, AwaitingQuery { asked, again: 0 }, None),
            Err(refusal) => self.refuse(unit, token, &CommandRequest::best_effort(endpoint, payload), refusal),
        }
    }

    pub(crate) fn query_outcome(&mut self, unit: &mut UnitOfWork, token: u64, query_outcome: &QueryOutcome) {
        if let Some(pending) = self.pending.remove(&token) {
            self.attempt(unit, token, pending, Some(query_outcome));
        }
    }

    /// Carries a command out, enters it, and answers, unless another context is asked first.
    fn attempt(
        &mut self,
        unit: &mut UnitOfWork,
        token: u64,
        pending: AwaitingQuery,
        query_outcome: Option<&QueryOutcome>,
    ) {
        let AwaitingQuery { asked, mut again } = pending;
        match self.carry_out(unit, &asked, query_outcome) {
            Err(refusal) => self.refuse(unit, token, &asked, refusal),
            Ok(Execution::Replayed(answer)) => self.reply(token, answer),
            Ok(Execution::Done(Answered { answer, outcome, order })) => {
                self.enter(unit, &asked, outcome, order);
                self.reply(token, answer);
            }
            Ok(Execution::NeedsQuery(query)) if query_outcome.is_some() && again == MOST_ASKED_AGAIN => {
                let behind = format!(
                    "{} has not caught up with {} yet; nothing was recorded, try again in a moment",
                    query.context, self.context
                );
                self.refuse(unit, token, &asked, Refusal::unavailable(behind));
            }
            Ok(Execution::NeedsQuery(_)) if self.pending.len() >= MOST_PENDING => {
                let busy = Refusal::unavailable(format!("{} is overloaded; try again in a moment", self.context));
                self.refuse(unit, token, &asked, busy);
            }
            Ok(Execution::NeedsQuery(query)) => {
                again += u32::from(query_outcome.is_some());
                self.pending.insert(token, AwaitingQuery { asked, again });
                self.effects.push(Effect::Query { token, query, again });
            }
        }
    }

    fn refuse(&mut self, unit: &mut UnitOfWork, token: u64, asked: &CommandRequest, refusal: Refusal) {
        self.enter(unit, asked, commands::refused(&refusal), None);
        self.reply(token, Err(refusal));
    }

    fn carry_out(
        &mut self,
        unit: &mut UnitOfWork,
        asked: &CommandRequest,
        query_outcome: Option<&QueryOutcome>,
    ) -> Result<Execution, Refusal> {
        let mark = self.mark();
        let carried = catch_unwind(AssertUnwindSafe(|| self.try_out(unit, asked, query_outcome)));
        carried.unwrap_or_else(|panic| {
            self.go_back(unit, mark);
            let text = panic_text(&*panic);
            tracing::error!(endpoint = asked.endpoint, text, "a command failed inside its policy");
            Err(Refusal::new(Code::Failed, format!("{} failed inside; nothing was recorded: {text}", asked.endpoint)))
        })
    }

    fn try_out(
        &mut self,
        unit: &mut UnitOfWork,
        asked: &CommandRequest,
        query_outcome: Option<&QueryOutcome>,
    ) -> Result<Execution, Refusal> {
        if let Some(answer) = self.answered_before(unit, asked)? {
            return Ok(Execution::Replayed(answer));
        }
        let request = Request { endpoint: &asked.endpoint, fields: &asked.fields };
        let about_parked = match asked.endpoint.as_str() {
            "parked.retry" => Some(self.retry_parked(unit, request)?),
            "parked.drop" => Some(self.drop_parked(unit, request, asked.actor.as_deref())?),
            _ => None,
        };
        if let Some(answered) = about_parked {
            keep_answer(unit, asked, &answered.answer);
            return Ok(Execution::Done(answered));
        }
        self.decide(unit, asked, query_outcome)
    }

    fn decide(
        &mut self,
        unit: &mut UnitOfWork,
        asked: &CommandRequest,
        query_outcome: Option<&QueryOutcome>,
    ) -> Result<Execution, Refusal> {
        let request = Request { endpoint: &asked.endpoint, fields: &asked.fields };
        let mut order = None;
        let (answer, outcome) = match self.policy.decide(unit, request, query_outcome)? {
            Decision::Query(query) => return Ok(Execution::NeedsQuery(query)),
            Decision::Duplicate(event) => self.repeat(unit, asked, event)?,
            Decision::DuplicateFor { event, others } => {
                let made = recorded(unit, event)?;
                if asked.request_id.is_some() && asked.request_id != made.origin.cause {
                    return Err(others);
                }
                self.repeat(unit, asked, event)?
            }
            Decision::Record(events) => {
                let mut origin = asked.origin();
                order = events.first().and_then(Event::order);
                let mut answer = None;
                for event in &events {
                    let record = self.record(unit, event, &origin);
                    answer.get_or_insert(record);
                    // By its digest the entry of a command is found again: one event carries it.
                    origin.digest = None;
                }
                match answer {
                    None => {
                        let nothing = Bytes::from_static(b"{}");
                        keep_answer(unit, asked, &Ok(nothing.clone()));
                        (nothing, Outcome::Nothing)
                    }
                    Some(first) => {
                        if let Some(id) = &asked.request_id {
                            remember_answer(unit, id, first.number, &asked.digest);
                        }
                        (first.body, Outcome::Recorded { event: first.number })
                    }
                }
            }
        };
        Ok(Execution::Done(Answered { answer: Ok(answer), outcome, order }))
    }

    /// Answers with an event recorded earlier, and keeps that as the answer to this request id.
    fn repeat(&self, unit: &mut UnitOfWork, asked: &CommandRequest, event: u64) -> Result<(Bytes, Outcome), Refusal> {
        let answer = self.answer_again(unit, event)?;
        if let Some(id) = &asked.request_id {
            remember_answer(unit, id, event, &asked.digest);
        }
        Ok((answer, Outcome::Already { event }))
    }

    /// An event as an answer once more: its body, and beside it what became of it.
    fn answer_again(&self, unit: &UnitOfWork, number: u64) -> Result<Bytes, Refusal> {
        let record = recorded(unit, number)?;
        let became = record.recorded().ok().and_then(|recorded| self.policy.became(unit, &recorded.event));
        Ok(match (became, record.body.strip_suffix(b"}")) {
            (Some(became), Some(open)) => [open, format!(r#","became":{became}}}"#).as_bytes()].concat().into(),
            _ => record.body,
        })
    }

    /// The answer that this request id got before, if it did.
    fn answered_before(
        &self,
        unit: &UnitOfWork,
        asked: &CommandRequest,
    ) -> Result<Option<Result<Bytes, Refusal>>, Refusal> {
        let Some(id) = &asked.request_id else { return Ok(None) };
        let Some(row) = unit.get(Table::Answers, id.as_bytes()) else { return Ok(None) };
        let unreadable = |why: &str| Refusal::new(Code::Failed, format!("the answer to {id:?} cannot be read: {why}"));
        match serde_json::from_slice::<Answer>(&row).map_err(|error| unreadable(&error.to_string()))? {
            answer if answer.digest != asked.digest => {
                let event = answer.number.map(|number| format!(" (event {number})")).unwrap_or_default();
                let used = format!("requestId {id:?} was used before, for something else{event}");
                Err(Refusal::new(Code::Conflict, used))
            }
            Answer { number: Some(number), .. } => self.answer_again(unit, number).map(|body| Some(Ok(body))),
            Answer { refusal: Some(refusal), .. } => Ok(Some(Err(refusal))),
            Answer { body: Some(body), .. } => Ok(Some(Ok(body.to_string().into()))),
            Answer { .. } => Err(unreadable("it is empty")),
        }
    }
}

/// An event recorded earlier.
fn recorded(unit: &UnitOfWork, number: u64) -> Result<Record, Refusal> {
    unit.get(Table::Journal, &number.to_be_bytes())
        .and_then(|row| crate::journal::decode(number, &row))
        .ok_or_else(|| Refusal::new(Code::Failed, format!("event {number} cannot be read from the journal")))
}

/// Keeps the first answer of a request id.
pub(crate) fn remember_answer(unit: &mut UnitOfWork, id: &str, number: u64, digest: &str) {
    let answer = Answer { number: Some(number), digest: digest.to_owned(), body: None, refusal: None };
    remember(unit, id, &answer);
}

/// Keeps an answer that is no event.
fn keep_answer(unit: &mut UnitOfWork, asked: &CommandRequest, answer: &Result<Bytes, Refusal>) {
    let Some(id) = &asked.request_id else { return };
    let body = answer.as_ref().ok().and_then(|body| serde_json::from_slice(body).ok());
    let refusal = answer.as_ref().err().cloned();
    remember(unit, id, &Answer { number: None, digest: asked.digest.clone(), body, refusal });
}

fn remember(unit: &mut UnitOfWork, id: &str, answer: &Answer) {
    if unit.get(Table::Answers, id.as_bytes()).is_none() {
        unit.put(Table::Answers, id.as_bytes(), serde_json::to_vec(answer).unwrap_or_default());
    }
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
