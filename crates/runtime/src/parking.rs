//! Parking: what cannot be handled waits for staff, whole, while all else goes on.

use crate::commands::cut_reason;
use crate::engine::Engine;
use crate::intake::Answered;
use crate::store::{Direction, Snapshot, StoreError, Table};
use crate::unit_of_work::UnitOfWork;
use data_encoding::BASE64;
use rental_bus::Message;
use rental_bus::commands::Outcome;
use rental_bus::status::{DropParked, Parked, RetryParked};
use rental_model::{Code, Context, Refusal, Request};
use serde_json::json;
use std::ops::ControlFlow;

/// Counts the parked messages, and finds the next free id.
pub(crate) fn count(snapshot: &dyn Snapshot, parked: &mut u64, next: &mut u64) -> Result<(), StoreError> {
    snapshot.walk(Table::Parked, &[], &[0xff; 9], Direction::Up, &mut |key, _| {
        *parked += 1;
        *next = key.try_into().map_or(*next, |key| u64::from_be_bytes(key) + 1);
        ControlFlow::Continue(())
    })
}

/// An answer larger than the broker takes would never arrive.
const LARGEST_LIST_BYTES: usize = 700_000;

/// The parked messages, oldest first, as many as fit into an answer: the next
/// ones show when these are dealt with.
pub(crate) fn list(snapshot: &dyn Snapshot) -> Result<Vec<Parked>, StoreError> {
    let (mut parked, mut bytes) = (Vec::new(), 0);
    snapshot.walk(Table::Parked, &[], &[0xff; 9], Direction::Up, &mut |_, row| {
        bytes += row.len();
        if bytes > LARGEST_LIST_BYTES && !parked.is_empty() {
            return ControlFlow::Break(());
        }
        parked.extend(serde_json::from_slice::<Parked>(row).ok());
        ControlFlow::Continue(())
    })?;
    Ok(parked)
}

impl Engine {
    pub(crate) fn park(&mut self, unit: &mut UnitOfWork, source: Context, message: &Message, reason: &str) {
        let parked = Parked {
            id: self.next_parked,
            source,
            number: message.number,
            subject: message.subject.clone(),
            headers: message.headers.clone(),
            payload: BASE64.encode(&message.payload),
            reason: reason.to_owned(),
            attempts: 1,
            parked_at: self.now(),
        };
        self.next_parked += 1;
        self.parked += 1;
        keep(unit, &parked);
    }

    /// Tries a parked message again.
    pub(crate) fn retry_parked(&mut self, unit: &mut UnitOfWork, request: Request<'_>) -> Result<Answered, Refusal> {
        let RetryParked { id } = request.read()?;
        let mut parked = find(unit, id)?;
        let payload = BASE64.decode(parked.payload.as_bytes()).unwrap_or_default();
        let message = Message {
            number: parked.number,
            subject: parked.subject.clone(),
            headers: parked.headers.clone(),
            payload: payload.into(),
        };
        match self.handle(unit, parked.source, &message) {
            Ok(()) => {
                self.take_out(unit, id);
                let answer = json!({ "id": id, "outcome": "handled" });
                Ok(Answered { answer: Ok(answer.to_string().into()), outcome: Outcome::Handled, order: None })
            }
            Err(reason) => {
                parked.attempts += 1;
                parked.reason.clone_from(&reason);
                keep(unit, &parked);
                let still = format!("parked message {id} still cannot be handled: {reason}");
                let outcome = Outcome::StillFails { message: cut_reason(&reason) };
                let refusal = Refusal::new(Code::Conflict, still).with("attempts", parked.attempts);
                Ok(Answered { answer: Err(refusal), outcome, order: None })
            }
        }
    }

    /// Gives a parked message up, for a reason.
    pub(crate) fn drop_parked(
        &mut self,
        unit: &mut UnitOfWork,
        request: Request<'_>,
        actor: Option<&str>,
    ) -> Result<Answered, Refusal> {
        let DropParked { id, reason } = request.read()?;
        let parked = find(unit, id)?;
        self.take_out(unit, id);
        tracing::warn!(
            id,
            source = %parked.source,
            number = parked.number,
            subject = parked.subject,
            payload = parked.payload,
            actor,
            reason = reason.as_str(),
            "a parked message was dropped"
        );
        let answer = json!({ "id": id, "outcome": "dropped" });
        let outcome = Outcome::Dropped { reason: cut_reason(reason.as_str()) };
        Ok(Answered { answer: Ok(answer.to_string().into()), outcome, order: None })
    }

    fn take_out(&mut self, unit: &mut UnitOfWork, id: u64) {
        unit.remove(Table::Parked, &id.to_be_bytes());
        self.parked = self.parked.saturating_sub(1);
    }
}

fn find(unit: &UnitOfWork, id: u64) -> Result<Parked, Refusal> {
    unit.get(Table::Parked, &id.to_be_bytes())
        .and_then(|row| serde_json::from_slice(&row).ok())
        .ok_or_else(|| Refusal::new(Code::Unknown, format!("no message is parked under {id}")))
}

fn keep(unit: &mut UnitOfWork, parked: &Parked) {
    let row = serde_json::to_vec(parked).unwrap_or_default();
    unit.put(Table::Parked, &parked.id.to_be_bytes(), row);
}
