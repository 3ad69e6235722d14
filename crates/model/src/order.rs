//! Order: takes rentals, cancels them, ends them.
//!
//! An order is taken once the synchronous stock check has answered and the
//! product exists. Whether the units are really there is decided by
//! inventory's own transaction afterwards; a shortage it reports cancels the
//! order, and no order is ever deleted.

use crate::context::{Consulted, Context, Decider, Decision, Endpoint, Fact, Question, Request, no_such_endpoint};
use crate::event::{Event, Kind};
use crate::inventory::StockCheck;
use crate::refusal::{Code, Refusal};
use crate::rows::{Aggregate, Direction, Rows, RowsMut, load, save, walk};
use crate::values::{OrderId, ProductId, Qty, Reason, UnixMs, Won};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::ops::ControlFlow;

/// The order context.
#[derive(Debug, Clone, Copy, Default)]
pub struct OrderPolicy;

/// One rental, as the order context knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub order_id: OrderId,
    pub product_id: ProductId,
    pub qty: Qty,
    pub amount: Won,
    pub status: Status,
    pub reason: Option<String>,
    pub requested: Mark,
    pub cancelled: Option<Mark>,
    pub ended: Option<Mark>,
    /// When inventory found the stock short.
    pub short_at: Option<UnixMs>,
    /// Inventory has set the units aside.
    pub is_reserved: bool,
    /// Logistics has sent the units out.
    pub is_delivered: bool,
}

/// Where a rental stands. Only an active one can be cancelled or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    Active,
    Cancelled,
    /// Cancelled automatically: the stock was short.
    Short,
    Ended,
}

/// An event of the own journal, and when it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub number: u64,
    pub at: UnixMs,
}

impl Aggregate for Order {
    const KIND: u8 = 1;
}

/// The smallest order id never used.
#[derive(Debug, Serialize, Deserialize)]
struct NextFree(u64);

impl Aggregate for NextFree {
    const KIND: u8 = 2;
}

/// What to do when the stock check finds too few units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnShortage {
    /// Take the order; the saga compensates (the original's behaviour).
    #[default]
    Compensate,
    /// Refuse at once, recording nothing.
    Refuse,
}

/// `rental.order.request`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestRental {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    pub product_id: ProductId,
    pub qty: Qty,
    pub amount: Won,
    #[serde(default)]
    pub on_shortage: OnShortage,
}

/// `rental.order.cancel`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelRental {
    pub order_id: OrderId,
    /// When given, it must be the order's product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// `rental.order.end`, `rental.order.get`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OneOrder {
    pub order_id: OrderId,
}

/// `rental.order.list`: newest id first, `limit` at a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ListOrders {
    pub status: Option<Status>,
    /// At most this many, 1 to 1000; 100 if left out.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<u64>,
}

/// Why the order context refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error(
        "order {0} exists already, with other content: product {1}, qty {2}, amount {3}; leave orderId out to get a free one"
    )]
    Taken(OrderId, ProductId, Qty, Won),
    #[error(
        "{asked} of product {product} asked, {available} available; ask for fewer, or send it with onShortage \"compensate\""
    )]
    Short { product: ProductId, asked: Qty, available: u64 },
    #[error(
        "inventory does not answer the stock check ({0}); nothing was recorded or charged, try again when it is back"
    )]
    NoStockCheck(String),
    #[error("there is no order {0}")]
    NoSuchOrder(OrderId),
    #[error("order {order} is for product {actual}, not {given}")]
    OtherProduct { order: OrderId, given: ProductId, actual: ProductId },
    #[error("order {0} was already cancelled because the stock was short; its fee is refunded by itself")]
    AlreadyShort(OrderId),
    #[error("order {0} was cancelled and cannot be ended")]
    AlreadyCancelled(OrderId),
    #[error("order {0} has already ended; there is nothing left to cancel")]
    AlreadyEnded(OrderId),
    #[error("order {0} is not with the customer yet; wait for its delivery, or cancel it instead")]
    NotOut(OrderId),
    #[error("every order id is in use; give one")]
    NoFreeId,
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let code = match refused {
            Refused::NoStockCheck(_) => Code::Unavailable,
            Refused::NoSuchOrder(_) => Code::Unknown,
            _ => Code::Conflict,
        };
        let refusal = Self::new(code, refused.to_string());
        match refused {
            Refused::Short { product, asked, available } => {
                refusal.with("productId", product.get()).with("asked", asked.get()).with("available", available)
            }
            Refused::OtherProduct { actual, .. } => refusal.with("productId", actual.get()),
            _ => refusal,
        }
    }
}

impl Order {
    fn is_same(&self, asked: &RequestRental) -> bool {
        (self.product_id, self.qty, self.amount) == (asked.product_id, asked.qty, asked.amount)
    }

    /// Whether a cancellation may be recorded now, or already was.
    fn cancel(&self, asked: &CancelRental) -> Result<Decision, Refused> {
        let order = self.order_id;
        if let Some(given) = asked.product_id
            && given != self.product_id
        {
            return Err(Refused::OtherProduct { order, given, actual: self.product_id });
        }
        match (self.status, self.cancelled) {
            (_, Some(cancelled)) => Ok(Decision::Already(cancelled.number)),
            (Status::Short, _) => Err(Refused::AlreadyShort(order)),
            (Status::Ended, _) => Err(Refused::AlreadyEnded(order)),
            (Status::Active | Status::Cancelled, None) => Ok(Decision::Record(vec![Event::RentalCancelled {
                order,
                product: self.product_id,
                reason: asked.reason.clone(),
            }])),
        }
    }

    /// Whether the end of the rental may be recorded now, or already was.
    fn end(&self) -> Result<Decision, Refused> {
        let order = self.order_id;
        match (self.status, self.ended) {
            (_, Some(ended)) => Ok(Decision::Already(ended.number)),
            (Status::Cancelled, _) => Err(Refused::AlreadyCancelled(order)),
            (Status::Short, _) => Err(Refused::AlreadyShort(order)),
            (Status::Active | Status::Ended, None) if !(self.is_reserved && self.is_delivered) => {
                Err(Refused::NotOut(order))
            }
            (Status::Active | Status::Ended, None) => {
                Ok(Decision::Record(vec![Event::RentalEnded { order, product: self.product_id }]))
            }
        }
    }

    /// What follows for this order from what another context recorded.
    fn hear(&mut self, fact: &Fact) -> Vec<Event> {
        match &fact.event {
            Event::StockReserved { .. } => self.is_reserved = true,
            Event::DeliveryStarted { .. } => self.is_delivered = true,
            Event::StockShort { .. } => {
                self.short_at = self.short_at.or(Some(fact.at));
                if self.status == Status::Active {
                    self.status = Status::Short;
                    self.reason = Some("stock short".to_owned());
                }
            }
            // A declined fee takes the way of every cancellation: billing closes, nothing ships, stock returns.
            Event::FeeDeclined { .. } if self.status == Status::Active => {
                let reason = Reason::new("payment declined").ok();
                return vec![Event::RentalCancelled { order: self.order_id, product: self.product_id, reason }];
            }
            _ => {}
        }
        Vec::new()
    }
}

impl OrderPolicy {
    fn request(rows: &dyn Rows, asked: &RequestRental, consulted: Option<&Consulted>) -> Result<Decision, Refusal> {
        if let Some(order) = asked.order_id.and_then(|id| load::<Order>(rows, id.get())) {
            return if order.is_same(asked) {
                Ok(Decision::Already(order.requested.number))
            } else {
                Err(Refused::Taken(order.order_id, order.product_id, order.qty, order.amount).into())
            };
        }
        let Some(consulted) = consulted else {
            let body = json!({ "productId": asked.product_id, "qty": asked.qty }).to_string().into_bytes();
            return Ok(Decision::Ask(Question { context: Context::Inventory, endpoint: "check", body }));
        };
        let check = read_check(consulted)?;
        if asked.on_shortage == OnShortage::Refuse && check.available < u64::from(asked.qty.get()) {
            let (product, asked, available) = (asked.product_id, asked.qty, check.available);
            return Err(Refused::Short { product, asked, available }.into());
        }
        let order = match asked.order_id {
            Some(order) => order,
            None => OrderId::new(load(rows, 0).unwrap_or(NextFree(1)).0).map_err(|_| Refused::NoFreeId)?,
        };
        let RequestRental { product_id: product, qty, amount, .. } = *asked;
        Ok(Decision::Record(vec![Event::RentalRequested { order, product, qty, amount }]))
    }

    fn list(rows: &dyn Rows, asked: ListOrders) -> Value {
        let limit = asked.limit.unwrap_or(100).clamp(1, 1000) as usize;
        let mut orders = Vec::new();
        let mut next = None;
        walk::<Order>(rows, asked.cursor.unwrap_or(u64::MAX), Direction::Down, |id, order| {
            if orders.len() == limit {
                next = Some(id);
                return ControlFlow::Break(());
            }
            if asked.status.is_none_or(|status| status == order.status) {
                orders.push(order);
            }
            ControlFlow::Continue(())
        });
        json!({ "orders": orders, "next": next })
    }
}

fn read_check(consulted: &Consulted) -> Result<StockCheck, Refusal> {
    match consulted {
        Consulted::Answered(body) => serde_json::from_slice(body)
            .map_err(|error| Refused::NoStockCheck(format!("its answer cannot be read: {error}")).into()),
        Consulted::Refused(refusal) if refusal.code == Code::Unknown => Err(refusal.clone()),
        Consulted::Refused(refusal) => Err(Refused::NoStockCheck(refusal.message.clone()).into()),
        Consulted::Silent(why) => Err(Refused::NoStockCheck(why.clone()).into()),
    }
}

fn find(rows: &dyn Rows, order: OrderId) -> Result<Order, Refused> {
    load(rows, order.get()).ok_or(Refused::NoSuchOrder(order))
}

impl Decider for OrderPolicy {
    fn context(&self) -> Context {
        Context::Order
    }

    fn hears(&self) -> &'static [Context] {
        &[Context::Inventory, Context::Billing, Context::Logistics]
    }

    fn apply(&self, rows: &mut dyn RowsMut, own: &Fact) {
        let mark = Mark { number: own.number, at: own.at };
        match &own.event {
            Event::RentalRequested { order, product, qty, amount } => {
                let new = Order {
                    order_id: *order,
                    product_id: *product,
                    qty: *qty,
                    amount: *amount,
                    status: Status::Active,
                    reason: None,
                    requested: mark,
                    cancelled: None,
                    ended: None,
                    short_at: None,
                    is_reserved: false,
                    is_delivered: false,
                };
                save(rows, order.get(), &new);
                let NextFree(mut next) = load(rows, 0).unwrap_or(NextFree(1));
                if next == order.get() {
                    while rows.read(Order::KIND, next).is_some() {
                        next += 1;
                    }
                    save(rows, 0, &NextFree(next));
                }
            }
            Event::RentalCancelled { order, reason, .. } => {
                if let Some(mut row) = load::<Order>(rows, order.get()) {
                    row.status = Status::Cancelled;
                    row.reason = reason.as_ref().map(|reason| reason.as_str().to_owned());
                    row.cancelled = row.cancelled.or(Some(mark));
                    save(rows, order.get(), &row);
                }
            }
            Event::RentalEnded { order, .. } => {
                if let Some(mut row) = load::<Order>(rows, order.get()) {
                    row.status = Status::Ended;
                    row.ended = row.ended.or(Some(mark));
                    save(rows, order.get(), &row);
                }
            }
            _ => {}
        }
    }

    fn hear(&self, rows: &mut dyn RowsMut, fact: &Fact) -> Vec<Event> {
        let is_ours = matches!(
            fact.event.kind(),
            Kind::StockReserved | Kind::StockShort | Kind::DeliveryStarted | Kind::FeeDeclined
        );
        let Some(order) = fact.event.order().filter(|_| is_ours) else { return Vec::new() };
        // An order we never took cannot be answered for; its events are other contexts' affair.
        let Some(mut row) = load::<Order>(rows, order.get()) else { return Vec::new() };
        let decided = row.hear(fact);
        save(rows, order.get(), &row);
        decided
    }

    fn commands(&self) -> &'static [Endpoint] {
        &[
            Endpoint {
                name: "request",
                about: "Take a rental: checks stock, then records RentalRequested. Answers with the event.",
                example: r#"{"productId":2,"qty":10,"amount":10}"#,
            },
            Endpoint {
                name: "cancel",
                about: "Cancel a rental: refund, retrieval and stock follow by themselves.",
                example: r#"{"orderId":2}"#,
            },
            Endpoint {
                name: "end",
                about: "End a rental: the goods are retrieved, nothing is refunded.",
                example: r#"{"orderId":2}"#,
            },
        ]
    }

    fn decide(
        &self,
        rows: &dyn Rows,
        request: Request<'_>,
        consulted: Option<&Consulted>,
    ) -> Result<Decision, Refusal> {
        match request.endpoint {
            "request" => Self::request(rows, &request.read()?, consulted),
            "cancel" => {
                let asked: CancelRental = request.read()?;
                Ok(find(rows, asked.order_id)?.cancel(&asked)?)
            }
            "end" => Ok(find(rows, request.read::<OneOrder>()?.order_id)?.end()?),
            other => Err(no_such_endpoint(Context::Order, other)),
        }
    }

    fn queries(&self) -> &'static [Endpoint] {
        &[
            Endpoint { name: "get", about: "One order.", example: r#"{"orderId":2}"# },
            Endpoint { name: "list", about: "Orders, newest id first, a page at a time.", example: r#"{"limit":100}"# },
        ]
    }

    fn query(&self, rows: &dyn Rows, request: Request<'_>) -> Result<Value, Refusal> {
        match request.endpoint {
            "get" => Ok(json!(find(rows, request.read::<OneOrder>()?.order_id)?)),
            "list" => Ok(Self::list(rows, request.read()?)),
            other => Err(no_such_endpoint(Context::Order, other)),
        }
    }
}
