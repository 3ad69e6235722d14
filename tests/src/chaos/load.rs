//! Customers who ask until they are answered, and remember every answer.

use super::dice::Dice;
use rental_bus::{Bus, CallError};
use rental_model::{Context, Kind, OrderId};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How many customers ask at the same time.
pub(super) const LANES: u64 = 6;
/// Between two things a customer does.
const PACE: Duration = Duration::from_millis(25);
/// How long a customer waits for an answer before asking again.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// An answer somebody holds in their hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) order: OrderId,
    /// What was asked for.
    pub(super) kind: Kind,
    /// The number of the event that was recorded, or the code of the refusal.
    pub(super) told: Result<u64, u16>,
}

/// What the customers share.
#[derive(Debug, Default)]
pub(super) struct Till {
    pub(super) answers: Mutex<Vec<Answer>>,
    /// Rentals taken.
    pub(super) accepted: AtomicU64,
    pub(super) is_closing: AtomicBool,
    /// When faults were healed that no rental was taken behind yet.
    healed: Mutex<Vec<Instant>>,
    /// How long it took from each healed fault to the next rental taken.
    pub(super) recoveries: Mutex<Vec<Duration>>,
}

impl Till {
    pub(super) fn note_healed(&self) {
        locked(&self.healed).push(Instant::now());
    }

    fn note_accepted(&self, asked: Instant) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        // One that was asked before, and only told now, says nothing about the healing.
        let over: Vec<_> = locked(&self.healed).extract_if(.., |healed| *healed <= asked).collect();
        locked(&self.recoveries).extend(over.iter().map(Instant::elapsed));
    }
}

/// A panic of another customer is told where it happened.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// One customer: rents, and then keeps, cancels or ends, until the till closes.
pub(super) async fn customer(desk: Bus, till: &Till, lane: u64, mut dice: Dice) {
    for round in 0.. {
        if till.is_closing.load(Ordering::Relaxed) {
            return;
        }
        let Ok(order) = OrderId::new(1 + round * LANES + lane) else { return };
        let body = json!({ "orderId": order, "productId": dice.within(1..4), "qty": dice.within(1..4),
            "amount": dice.within(0..10_000) });
        if ask(&desk, till, order, Kind::RentalRequested, body).await.is_ok() {
            match dice.within(0..3) {
                0 => {
                    let _ = ask(&desk, till, order, Kind::RentalCancelled, json!({ "orderId": order })).await;
                }
                1 => end(&desk, till, order).await,
                _ => {}
            }
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Ends a rental as soon as it is with the customer; one that never gets there is left.
async fn end(desk: &Bus, till: &Till, order: OrderId) {
    for _ in 0..40 {
        if ask(desk, till, order, Kind::RentalEnded, json!({ "orderId": order })).await.is_ok() {
            return;
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Asks until there is an answer, and remembers it. The request id makes that safe.
async fn ask(desk: &Bus, till: &Till, order: OrderId, kind: Kind, mut body: Value) -> Result<u64, u16> {
    let endpoint = match kind {
        Kind::RentalCancelled => "cancel",
        Kind::RentalEnded => "end",
        _ => "request",
    };
    body["requestId"] = json!(format!("{endpoint}-{order}"));
    let told = loop {
        let asked = Instant::now();
        match desk.call::<Value>(Context::Order, endpoint, &body, ANSWER_WITHIN).await {
            Ok(answer) => {
                if kind == Kind::RentalRequested {
                    till.note_accepted(asked);
                }
                break Ok(answer["id"].as_u64().unwrap_or_default());
            }
            Err(CallError::Refused(refusal)) if u16::from(refusal.code) != 503 => break Err(refusal.code.into()),
            // Down, or not yet up again: what a customer does then is to ask again a little later.
            Err(_) => tokio::time::sleep(PACE).await,
        }
    };
    locked(&till.answers).push(Answer { order, kind, told });
    told
}
