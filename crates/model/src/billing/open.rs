//! What an outside provider is asked for, and has not said to be done.
//!
//! A row for each, for as long as it is open: a provider that was away asks
//! for them, and so do those who look after what waits too long.

use super::bill::{Bill, Stage};
use crate::context::RecordedEvent;
use crate::event::Event;
use crate::repository::{Aggregate, Direction, Repository, RepositoryMut, load, save, walk};
use crate::values::{OrderId, Reason, UnixMs, Won};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// How many a page has if nobody says, and at most.
const PAGE: u32 = 100;
const MOST_ON_PAGE: u32 = 1000;
/// How many are looked at to tell how many wait.
const MOST_COUNTED: u64 = 10_000;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ask {
    Charge,
    Refund,
}

/// One open request to the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    pub order_id: OrderId,
    pub what: Ask,
    pub amount: Won,
    /// How often it was asked.
    pub attempt: u32,
    /// When it was first asked; none if an earlier version asked, and did not note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<UnixMs>,
    /// The number of the event with which the provider declined the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined_by: Option<u64>,
    /// Why, if it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl Aggregate for Open {
    const KIND: u8 = 2;
}

/// `rental.billing.open`: lowest order id first, a page at a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ListOpen {
    /// At most this many, 1 to 1000; 100 if left out.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<u64>,
}

/// `rental.billing.open`'s answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenPage {
    pub open: Vec<Open>,
    /// Where the next page begins; none if this is the last.
    pub next: Option<u64>,
}

impl Open {
    /// What is open once `own` has asked. Since when stays, if it is not the first attempt.
    pub(super) fn asked(known: Option<Self>, own: &RecordedEvent, what: Ask, amount: Won) -> Option<Self> {
        let known = known.filter(|known| known.what == what);
        let since = known.map_or(Some(own.at), |known| known.since);
        let attempt = own.event.attempt();
        Some(Self { order_id: own.event.order()?, what, amount, attempt, since, declined_by: None, reason: None })
    }

    /// Asks once more.
    pub(super) const fn retry(&self) -> Event {
        let (order, amount, attempt) = (self.order_id, self.amount, self.attempt.saturating_add(1));
        match self.what {
            Ask::Charge => Event::ChargeRequested { order, amount, attempt },
            Ask::Refund => Event::RefundRequested { order, amount, attempt },
        }
    }
}

pub(super) fn page(rows: &dyn Repository, asked: ListOpen) -> OpenPage {
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, MOST_ON_PAGE) as usize;
    let mut page = OpenPage::default();
    walk::<Open>(rows, asked.cursor.unwrap_or(0), Direction::Up, |id, open| {
        if page.open.len() == limit {
            page.next = Some(id);
            return ControlFlow::Break(());
        }
        page.open.push(open);
        ControlFlow::Continue(())
    });
    page
}

/// Notes what earlier versions asked a provider for, who kept no list of it.
pub(super) fn migrate(rows: &mut dyn RepositoryMut) {
    const WORD: &[u8] = b"charging";
    let mut charging = Vec::new();
    rows.walk(Bill::KIND, 0, Direction::Up, &mut |id, row| {
        // A look at the bytes first: nearly all bills are settled, and there may be millions.
        if row.windows(WORD.len()).any(|bytes| bytes == WORD) {
            charging.push(id);
        }
        ControlFlow::Continue(())
    });
    for id in charging {
        let Some(bill) = load::<Bill>(rows, id).filter(|bill| bill.stage == Stage::Charging) else { continue };
        let Ok(order_id) = OrderId::new(id) else { continue };
        let (what, amount) = (Ask::Charge, bill.fee.unwrap_or(Won::ZERO));
        save(rows, id, &Open { order_id, what, amount, attempt: 1, since: None, declined_by: None, reason: None });
    }
}

/// What of it waits for a person: declined, or unanswered for longer than `patience_ms`.
pub(super) fn alerts(rows: &dyn Repository, now: UnixMs, patience_ms: u64) -> Vec<String> {
    let (mut declined, mut charges, mut refunds) = (Waiting::default(), Waiting::default(), Waiting::default());
    let mut looked_at = 0;
    walk::<Open>(rows, 0, Direction::Up, |_, open| {
        looked_at += 1;
        let age_ms = open.since.map(|since| now.0.saturating_sub(since.0));
        if open.declined_by.is_some() {
            declined.add(&open, age_ms);
        } else if age_ms.is_none_or(|age_ms| age_ms > patience_ms) {
            let waiting = if open.what == Ask::Charge { &mut charges } else { &mut refunds };
            waiting.add(&open, age_ms);
        }
        if looked_at < MOST_COUNTED { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let told = [
        declined.told("refund", "declined by the payment provider"),
        refunds.told("refund", "asked for and not answered by the payment provider"),
        charges.told("charge", "asked for and not answered by the payment provider"),
    ];
    told.into_iter().flatten().collect()
}

/// Some of a kind that wait.
#[derive(Debug, Default)]
struct Waiting {
    count: u64,
    /// The one that has waited longest, and for how long; for ever, if that is not known.
    oldest: Option<(u64, OrderId)>,
}

impl Waiting {
    fn add(&mut self, open: &Open, age_ms: Option<u64>) {
        self.count += 1;
        let this = (age_ms.unwrap_or(u64::MAX), open.order_id);
        if self.oldest.is_none_or(|(age_ms, _)| this.0 > age_ms) {
            self.oldest = Some(this);
        }
    }

    fn told(&self, what: &str, how: &str) -> Option<String> {
        let (age_ms, order) = self.oldest?;
        let plural = if self.count == 1 { "" } else { "s" };
        let age = if age_ms == u64::MAX { String::new() } else { format!(" for {}", lasting(age_ms / 1000)) };
        let count = self.count;
        Some(format!("{count} {what}{plural} {how}, order {order}{age}; see `rental payments list`"))
    }
}

/// A time in its largest whole unit.
fn lasting(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
