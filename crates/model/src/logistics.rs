//! Logistics: sends the goods out once, fetches them back once.
//!
//! Delivery starts when the fee is in, unless the rental is known to be over.
//! Retrieval waits for the refund (or for the end of the rental), never for
//! the cancellation alone: the customer's money goes back first.

use crate::context::{Consulted, Context, Decider, Decision, Endpoint, Fact, Request, no_such_endpoint};
use crate::event::Event;
use crate::order::OneOrder;
use crate::refusal::{Code, Refusal};
use crate::rows::{Aggregate, Rows, RowsMut, load, save};
use crate::values::OrderId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The logistics context.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogisticsPolicy;

/// One order's way out and back. Every flag only ever turns on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shipment {
    /// Cancelled, short of stock, refunded or ended: nothing may leave any more.
    pub is_over: bool,
    pub is_delivery_started: bool,
    pub is_retrieval_started: bool,
}

impl Aggregate for Shipment {
    const KIND: u8 = 1;
}

impl Shipment {
    /// What logistics does on hearing `heard`, knowing what it knew before.
    fn react(self, heard: &Event) -> Vec<Event> {
        match heard {
            Event::FeeReceived { order, .. } if !(self.is_over || self.is_delivery_started) => {
                vec![Event::DeliveryStarted { order: *order }]
            }
            Event::FeeRefunded { order, .. } | Event::RentalEnded { order, .. } if !self.is_retrieval_started => {
                vec![Event::RetrievalStarted { order: *order, dispatched: self.is_delivery_started }]
            }
            _ => Vec::new(),
        }
    }
}

impl Decider for LogisticsPolicy {
    fn context(&self) -> Context {
        Context::Logistics
    }

    fn hears(&self) -> &'static [Context] {
        &[Context::Order, Context::Inventory, Context::Billing]
    }

    fn apply(&self, rows: &mut dyn RowsMut, own: &Fact) {
        let Some(order) = own.event.order() else { return };
        let mut shipment = load::<Shipment>(rows, order.get()).unwrap_or_default();
        match own.event {
            Event::DeliveryStarted { .. } => shipment.is_delivery_started = true,
            Event::RetrievalStarted { .. } => {
                shipment.is_retrieval_started = true;
                shipment.is_over = true;
            }
            _ => {}
        }
        save(rows, order.get(), &shipment);
    }

    fn hear(&self, rows: &mut dyn RowsMut, fact: &Fact) -> Vec<Event> {
        let (Event::FeeReceived { order, .. }
        | Event::RentalCancelled { order, .. }
        | Event::StockShort { order, .. }
        | Event::FeeRefunded { order, .. }
        | Event::RentalEnded { order, .. }) = &fact.event
        else {
            return Vec::new();
        };
        let mut shipment = load::<Shipment>(rows, order.get()).unwrap_or_default();
        let is_over = !matches!(fact.event, Event::FeeReceived { .. });
        if is_over && !shipment.is_over {
            shipment.is_over = true;
            save(rows, order.get(), &shipment);
        }
        shipment.react(&fact.event)
    }

    fn commands(&self) -> &'static [Endpoint] {
        &[]
    }

    fn decide(&self, _: &dyn Rows, request: Request<'_>, _: Option<&Consulted>) -> Result<Decision, Refusal> {
        Err(no_such_endpoint(Context::Logistics, request.endpoint))
    }

    fn queries(&self) -> &'static [Endpoint] {
        &[Endpoint { name: "get", about: "One order's way out and back.", example: r#"{"orderId":2}"# }]
    }

    fn query(&self, rows: &dyn Rows, request: Request<'_>) -> Result<Value, Refusal> {
        match request.endpoint {
            "get" => {
                let order = request.read::<OneOrder>()?.order_id;
                let shipment: Shipment = load(rows, order.get()).ok_or_else(|| no_shipment(order))?;
                let mut body = json!(shipment);
                body["orderId"] = json!(order);
                Ok(body)
            }
            other => Err(no_such_endpoint(Context::Logistics, other)),
        }
    }
}

fn no_shipment(order: OrderId) -> Refusal {
    Refusal::new(Code::Unknown, format!("nothing is known to ship for order {order}"))
}
