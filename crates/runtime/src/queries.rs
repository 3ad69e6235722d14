//! Questions: answered from a snapshot, beside the engine, never waiting for a commit.

use crate::commands;
use crate::engine::Progress;
use crate::intake::{fields, not_serving};
use crate::parking;
use crate::policy::Policy;
use crate::store::{Reader, StoreError};
use crate::subscription::panic_text;
use crate::unit_of_work::{ReadOnly, StoreFailure};
use rental_bus::status::ParkedList;
use rental_model::{Code, Refusal, Request, UnixMs};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What waits for a person, a sentence each.
pub(crate) fn alerts(policy: &Policy, reader: &dyn Reader, now: UnixMs) -> Vec<String> {
    let Ok(snapshot) = reader.snapshot() else { return Vec::new() };
    let rows = ReadOnly::new(snapshot);
    catch_unwind(AssertUnwindSafe(|| policy.alerts(&rows, now)))
        .unwrap_or_else(|panic| vec![format!("what waits for a person cannot be told: {}", panic_text(&*panic))])
}

/// Why a query has no answer.
#[derive(Debug)]
pub(crate) enum Unanswered {
    Refused(Refusal),
    /// What it needs cannot be read.
    StoreFailure(StoreFailure),
}

impl From<Refusal> for Unanswered {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for Unanswered {
    fn from(error: StoreError) -> Self {
        Self::StoreFailure(error.into())
    }
}

/// Answers one query.
pub fn answer(
    policy: &Policy,
    reader: &dyn Reader,
    progress: &Progress,
    endpoint: &str,
    payload: &[u8],
) -> Result<Vec<u8>, Refusal> {
    ask(policy, reader, progress, endpoint, payload).map_err(|unanswered| match unanswered {
        Unanswered::Refused(refusal) => refusal,
        Unanswered::StoreFailure(error) => unreadable(&error),
    })
}

/// What the caller is told where something cannot be read.
pub(crate) fn unreadable(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(Code::Failed, format!("the store cannot be read: {error}"))
}

/// The same, with what cannot be read kept apart.
pub(crate) fn ask(
    policy: &Policy,
    reader: &dyn Reader,
    progress: &Progress,
    endpoint: &str,
    payload: &[u8],
) -> Result<Vec<u8>, Unanswered> {
    let mut fields = fields(payload)?;
    // Accepted everywhere, so that a caller can treat questions like commands.
    fields.remove("requestId");
    fields.remove("actor");
    let snapshot = reader.snapshot()?;
    if endpoint == "parked.list" {
        let parked = parking::list(&*snapshot)?;
        return serde_json::to_vec(&ParkedList { parked }).map_err(|error| unreadable(&error).into());
    }
    if endpoint == "journal" {
        let asked = Request { endpoint, fields: &fields }.read()?;
        let page = commands::page(&*snapshot, &asked)??;
        return serde_json::to_vec(&page).map_err(|error| unreadable(&error).into());
    }
    if !policy.answers_in(progress.phase) {
        return Err(not_serving(&policy.context().to_string(), progress.phase).into());
    }
    let rows = ReadOnly::new(snapshot);
    let request = Request { endpoint, fields: &fields };
    let answer = catch_unwind(AssertUnwindSafe(|| policy.query(&rows, request))).unwrap_or_else(|panic| {
        Err(Refusal::new(Code::Failed, format!("{endpoint} failed inside: {}", panic_text(&*panic))))
    });
    match rows.broken() {
        Some(error) => Err(Unanswered::StoreFailure(error)),
        None => Ok(answer?.to_string().into_bytes()),
    }
}
