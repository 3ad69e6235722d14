//! totalView: one row per rental, folded from everyone's events.
//!
//! A projection: whatever arrives first makes the row, flags only ever turn
//! on, and the same event again changes nothing. The console folds live
//! events with this same code.

mod catalogue;
pub mod filter;
mod leaf;
mod listing;
mod reasons;
mod row;
mod standing;
mod timeline;

pub use listing::{Cursor, ListRentals, Page, Sort};
pub use row::Row;
pub use standing::{Delivery, Payment, Standing, Status};
pub use timeline::{Entry, Timeline};

use crate::context::{Context, Endpoint, Projection, RecordedEvent, Request, endpoints};
use crate::event::Event;
use crate::order::OneOrder;
use crate::refusal::{Code, Refusal};
use crate::repository::{Aggregate, Repository, RepositoryMut, load, save};
use crate::values::{OrderId, ProductId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The totalview projection.
#[derive(Debug, Clone, Copy, Default)]
pub struct TotalView;

/// A product's name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Name(String);

impl Aggregate for Name {
    const KIND: u8 = 3;
}

/// How many rentals there are of each status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(pub BTreeMap<Status, u64>);

impl Aggregate for Counts {
    const KIND: u8 = 4;
}

/// Up to which event of each source an answer is complete.
pub type SourcePositions = BTreeMap<Context, u64>;

/// `rental.totalview.get`'s answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rental {
    pub rental: Row,
    pub timeline: Timeline,
    #[serde(rename = "heard")]
    pub positions: SourcePositions,
}

/// `rental.totalview.stats`' answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    pub total: u64,
    pub by_status: Counts,
    #[serde(rename = "heard")]
    pub positions: SourcePositions,
}

fn positions(rows: &dyn Repository) -> SourcePositions {
    Context::DECIDERS.into_iter().map(|source| (source, rows.position(source))).collect()
}

fn name(rows: &dyn Repository, product: ProductId) -> Option<String> {
    load::<Name>(rows, product.get()).map(|name| name.0)
}

fn get(rows: &dyn Repository, order: OrderId) -> Result<Value, Refusal> {
    let mut row: Row = load(rows, order.get())
        .ok_or_else(|| Refusal::new(Code::Unknown, format!("totalview knows no order {order} (yet)")))?;
    row.product_name = row.product_id.and_then(|product| name(rows, product));
    let timeline = load::<Timeline>(rows, order.get()).unwrap_or_default();
    Ok(json!({ "rental": row.show(), "timeline": timeline, "heard": positions(rows) }))
}

fn stats(rows: &dyn Repository) -> Value {
    let by_status = load::<Counts>(rows, 0).unwrap_or_default();
    json!(Stats { total: by_status.0.values().sum(), by_status, positions: positions(rows) })
}

impl Projection for TotalView {
    fn context(&self) -> Context {
        Context::Totalview
    }

    fn subscriptions(&self) -> &'static [Context] {
        &Context::DECIDERS
    }

    fn project(&self, rows: &mut dyn RepositoryMut, recorded: &RecordedEvent) {
        if let Event::ProductRegistered { product, name, .. } = &recorded.event {
            save(rows, product.get(), &Name(name.clone()));
        }
        let Some(order) = recorded.event.order() else { return };
        let known: Option<Row> = load(rows, order.get());
        let before = known.as_ref().map(Row::status);
        let (row, is_new) = match known {
            Some(mut row) => {
                let is_new = row.project(recorded);
                (Some(row), is_new)
            }
            None => (Row::begin(recorded), true),
        };
        let mut timeline = load::<Timeline>(rows, order.get()).unwrap_or_default();
        let is_new = timeline.project(recorded) | is_new;
        let Some(row) = row.filter(|_| is_new) else { return };
        if before != Some(row.status()) {
            let mut counts = load::<Counts>(rows, 0).unwrap_or_default();
            if let Some(count) = before.and_then(|status| counts.0.get_mut(&status)) {
                *count = count.saturating_sub(1);
            }
            *counts.0.entry(row.status()).or_default() += 1;
            // A status that nothing has is left out: which ones were passed through depends on the order of arrival.
            counts.0.retain(|_, count| *count > 0);
            save(rows, 0, &counts);
        }
        save(rows, order.get(), &row);
        save(rows, order.get(), &timeline);
        catalogue::project(rows, &row);
    }

    fn migrate(&self, rows: &mut dyn RepositoryMut) {
        catalogue::migrate(rows);
    }

    fn queries(&self) -> &'static [Endpoint] {
        Query::ENDPOINTS
    }

    fn query(&self, rows: &dyn Repository, request: Request<'_>) -> Result<Value, Refusal> {
        match Query::read(request)? {
            Query::Get(asked) => get(rows, asked.order_id),
            Query::List(asked) => listing::list(rows, &asked),
            Query::Stats(Nothing {}) => Ok(stats(rows)),
        }
    }
}

endpoints! {
    /// What people ask totalview about.
    enum Query of Totalview {
        Get(OneOrder) = "get": "One rental with its history.", like r#"{"orderId":2}"#;
        List(ListRentals) = "list":
            "The rentals a filter finds, newest id first or sorted, a page at a time.",
            like r#"{"filter":"status=active qty>2 ipad","sort":"amount","limit":100}"#;
        Stats(Nothing) = "stats": "How many rentals there are of each status.", like "{}";
    }
}

/// A request without fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[cfg(test)]
mod tests;

/// The row these events make.
#[cfg(test)]
fn after_all(recorded_events: &[RecordedEvent]) -> Option<Row> {
    let mut row = Row::begin(recorded_events.first()?)?;
    for recorded in &recorded_events[1..] {
        row.project(recorded);
    }
    Some(row)
}
