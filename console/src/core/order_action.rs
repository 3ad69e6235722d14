//! What can be done to an order, whether it makes sense, and what follows from it.

use crate::core::commands::UserCommand;
use crate::i18n::{Message, Text};
use crate::widgets::fit::grouped;
use rental_model::Kind;
use rental_model::totalview::{Delivery, Row, Status};

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderAction {
    Cancel,
    End,
}

/// What is sent to the service for the order as it was `seen`.
pub(crate) const fn user_command(order_action: OrderAction, seen: &Row) -> UserCommand {
    match order_action {
        OrderAction::Cancel => UserCommand::Cancel { order: seen.order_id, product: seen.product_id },
        OrderAction::End => UserCommand::End { order: seen.order_id },
    }
}

/// Why this cannot be done to the order as it stands.
pub(crate) fn denied(order_action: OrderAction, row: &Row) -> Option<Message> {
    let status = row.status();
    match (order_action, status) {
        (OrderAction::Cancel, Status::Requested | Status::Paid | Status::Active)
        | (OrderAction::End, Status::Active) => None,
        (OrderAction::End, Status::Requested | Status::Paid) => Some(Text::DeniedNotOut.into()),
        _ => Some(Text::DeniedGone.with("status", Text::from(status))),
    }
}

/// What reads differently now, one sentence each.
pub(crate) fn changes(seen: &Row, now: &Row) -> Vec<Message> {
    let fields = [
        (Text::HeadStatus, Text::from(seen.status()), Text::from(now.status())),
        (Text::HeadPayment, Text::from(seen.payment()), Text::from(now.payment())),
        (Text::HeadDelivery, Text::from(seen.delivery()), Text::from(now.delivery())),
    ];
    let mut changes: Vec<_> = fields
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(what, before, after)| Text::ChangedTo.with("what", what).with("before", before).with("after", after))
        .collect();
    if seen.has_seen(Kind::StockReserved) != now.has_seen(Kind::StockReserved) {
        let (before, after) = (Text::DeliveryWaiting, Text::EventStockReserved);
        changes.push(Text::ChangedTo.with("what", Text::StepStock).with("before", before).with("after", after));
    }
    changes
}

/// What will follow, one sentence each. `product` is the product's name.
pub(crate) fn consequences(order_action: OrderAction, row: &Row, product: &str) -> Vec<Message> {
    let mut follows = Vec::new();
    match (order_action, row.charged) {
        (OrderAction::End, _) => follows.push(Text::WillNotRefund.into()),
        (OrderAction::Cancel, Some(won)) => {
            follows.push(Text::WillRefund.with("won", Text::Money.with("won", grouped(won.get()))));
        }
        (OrderAction::Cancel, None) if row.requested_at.is_none() => follows.push(Text::WillRefundUnknown.into()),
        (OrderAction::Cancel, None) => follows.push(Text::WillRefundNothing.into()),
    }
    let is_out = row.delivery() == Delivery::Out;
    follows.push(if is_out { Text::WillRetrieve } else { Text::WillCallOff }.into());
    if let (true, Some(qty)) = (row.has_seen(Kind::StockReserved), row.qty) {
        let text = if is_out { Text::WillStock } else { Text::WillStockNow };
        follows.push(text.with("product", product).with("qty", qty));
    }
    if order_action == OrderAction::End {
        follows.push(Text::WillClose.into());
    }
    follows
}
