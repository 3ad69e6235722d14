//! Whether the view shows what the events say.

use crate::{Finding, Ledger, Patience};
use rental_model::totalview::{Row, SourcePositions};
use rental_model::{Context, OrderId};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

impl Ledger {
    /// Compares the rows the view shows of all orders with ids in `ids`, up to
    /// which events it says it has received, with the entries up to there.
    ///
    /// The ledger must be kept at least that far.
    pub fn compare(
        &self,
        rows: &[Row],
        ids: Range<u64>,
        received: &SourcePositions,
        patience: Patience,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut shown = BTreeSet::new();
        for row in rows {
            let order = row.order_id;
            shown.insert(order);
            match self.orders.get(&order).and_then(|order_audit| order_audit.row(received)) {
                Some(expected) => findings.extend(difference(order, row, &expected)),
                None => findings.push(Finding::Invented { order }),
            }
        }
        let mut late: BTreeMap<Context, Finding> = BTreeMap::new();
        for (&order, order_audit) in self.orders.iter().filter(|(order, _)| ids.contains(&order.get())) {
            if !shown.contains(&order) && order_audit.row(received).is_some() {
                findings.push(Finding::Hidden { order });
            }
            for entry in order_audit.entries() {
                let (of, number) = (entry.source(), entry.number);
                if number > received.get(&of).copied().unwrap_or(0)
                    && let Some(seconds) = patience.exceeded_s(entry.at)
                {
                    // One of each source says it all.
                    late.entry(of).or_insert(Finding::NotReceived { order, of, number, seconds });
                }
            }
        }
        findings.extend(late.into_values());
        findings
    }
}

/// The first field in which a row is not as expected.
fn difference(order: OrderId, shown: &Row, expected: &Row) -> Option<Finding> {
    // A name is the view's own addition.
    let shown = Row { product_name: None, ..shown.clone() };
    if shown == *expected {
        return None;
    }
    let (shown, expected) = (shown.show(), expected.show());
    let fields: BTreeSet<&String> =
        [&shown, &expected].into_iter().filter_map(Value::as_object).flat_map(serde_json::Map::keys).collect();
    let field = fields.into_iter().find(|field| shown.get(field) != expected.get(field))?;
    let word = |row: &Value| row.get(field).unwrap_or(&Value::Null).to_string();
    Some(Finding::Shown { order, field: field.clone(), shown: word(&shown), expected: word(&expected) })
}
