//! One rental known twice: from totalview's answer and from live events.
//!
//! Either may lack what the other has seen. Facts only ever add up, so the
//! join of the two is right whichever came first, and joining again changes
//! nothing: that is what makes a snapshot and a stream into one picture
//! without gap or double.

use rental_model::totalview::Row;

pub(crate) fn join(ours: Row, theirs: Row) -> Row {
    let (last_at, last_event) = (ours.last_at, ours.last_event).max((theirs.last_at, theirs.last_event));
    Row {
        order_id: ours.order_id,
        product_id: ours.product_id.or(theirs.product_id),
        product_name: ours.product_name.or(theirs.product_name),
        qty: ours.qty.or(theirs.qty),
        amount: ours.amount.or(theirs.amount),
        charged: ours.charged.or(theirs.charged),
        refunded: ours.refunded.or(theirs.refunded),
        reason: ours.reason.or(theirs.reason),
        was_dispatched: ours.was_dispatched || theirs.was_dispatched,
        by_hand: ours.by_hand.or(theirs.by_hand),
        refund_attempt: ours.refund_attempt.max(theirs.refund_attempt),
        refund_declined: ours.refund_declined.max(theirs.refund_declined),
        requested_at: ours.requested_at.or(theirs.requested_at),
        last_event,
        last_at,
        seen: ours.seen | theirs.seen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{history, order};
    use proptest::prelude::*;

    fn fold(recorded_events: &[&rental_model::RecordedEvent]) -> Option<Row> {
        let (first, rest) = recorded_events.split_first()?;
        let mut row = Row::begin(first)?;
        for recorded in rest {
            row.project(recorded);
        }
        Some(row)
    }

    proptest! {
        /// However a rental's events are spread over snapshot and stream, overlapping or not,
        /// the row is the one that saw them all.
        #[test]
        fn no_gap_and_no_double_between_snapshot_and_stream(
            sides in prop::collection::vec(1u8..4, 6),
        ) {
            let recorded_events = history(order(7));
            let on = |side: u8| -> Vec<_> {
                recorded_events.iter().zip(&sides).filter(|(_, sides)| *sides & side != 0).map(|(recorded, _)| recorded).collect()
            };
            let whole = fold(&recorded_events.iter().collect::<Vec<_>>()).unwrap();
            let joined = match (fold(&on(1)), fold(&on(2))) {
                (Some(ours), Some(theirs)) => {
                    let joined = join(ours.clone(), theirs.clone());
                    prop_assert_eq!(&join(joined.clone(), theirs), &joined);
                    joined
                }
                (ours, theirs) => ours.or(theirs).unwrap(),
            };
            prop_assert_eq!(joined, whole);
        }
    }
}
