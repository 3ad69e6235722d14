//! Inventory: what the shop owns, and where every unit is.
//!
//! Every unit is in exactly one bucket:
//! available + held + out + returning + down + lost = owned.
//! Only hearing `RentalRequested` sets units aside; the stock check never
//! does. A cancellation alone gives nothing back: the retrieval does, because
//! until then the goods may be on their way to the customer.

use crate::context::{Consulted, Context, Decider, Decision, Endpoint, Fact, Request, no_such_endpoint};
use crate::event::{Event, Place};
use crate::refusal::{Code, Refusal};
use crate::rows::{Aggregate, Direction, Rows, RowsMut, load, save, walk};
use crate::values::{OrderId, ProductId, Qty, Reason};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::ops::ControlFlow;

/// When retrieved units count as back on the shelf.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CheckIn {
    /// With the retrieval, as in the original.
    #[default]
    Auto,
    /// When staff check them in.
    Staff,
}

/// The inventory context.
#[derive(Debug, Clone, Copy, Default)]
pub struct InventoryPolicy {
    pub check_in: CheckIn,
}

/// One product: how many units are where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    pub product_id: ProductId,
    pub product_name: String,
    /// On the shelf, free to rent. The wire's `qty`, as the original called it.
    #[serde(rename = "qty")]
    pub available: u64,
    /// On the shelf, set aside for an order.
    pub held: u64,
    /// With customers.
    pub out: u64,
    /// On the way back, or back and not yet checked in.
    pub returning: u64,
    /// In the shop but broken.
    pub down: u64,
    pub lost: u64,
    /// The number of the event that registered it.
    pub registered_by: u64,
}

impl Aggregate for Product {
    const KIND: u8 = 1;
}

/// What is set aside, or out, for one order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    pub stage: Stage,
    pub product: Option<ProductId>,
    pub qty: Option<Qty>,
    /// A cancellation or retrieval was heard: nothing may be set aside any more.
    pub is_over: bool,
    /// Delivery was heard, perhaps before the request.
    pub is_delivered: bool,
    /// The number of the event that brought the units back.
    pub returned_by: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    #[default]
    None,
    Held,
    Out,
    Returning,
    /// Released or returned.
    Back,
    /// The stock was short.
    Short,
    /// Over before anything was set aside.
    Skipped,
}

impl Aggregate for Hold {
    const KIND: u8 = 2;
}

/// The smallest product id never used.
#[derive(Debug, Serialize, Deserialize)]
struct NextFree(u64);

impl Aggregate for NextFree {
    const KIND: u8 = 3;
}

/// `rental.inventory.check`'s answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockCheck {
    pub product_id: ProductId,
    pub product_name: String,
    pub available: u64,
    /// Whether `available` covers the quantity asked about.
    pub is_enough: bool,
}

/// `rental.inventory.check`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckStock {
    pub product_id: ProductId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qty: Option<Qty>,
}

/// `rental.inventory.get`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OneProduct {
    pub product_id: ProductId,
}

/// `rental.inventory.register`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegisterProduct {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// 1 to 100 characters, no control characters.
    pub product_name: String,
    #[serde(default)]
    pub qty: u32,
}

/// `rental.inventory.adjust`: either `delta` (bought or sold), or `from`, `to` and `qty` (moved).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdjustStock {
    pub product_id: ProductId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Place>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Place>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qty: Option<Qty>,
    pub reason: Reason,
}

/// `rental.inventory.checkin`: retrieved units are back, `down` of them broken, `lost` missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckInItems {
    pub order_id: OrderId,
    #[serde(default)]
    pub down: u32,
    #[serde(default)]
    pub lost: u32,
}

/// Why inventory refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("there is no product {0}; known products: {1}")]
    NoSuchProduct(ProductId, String),
    #[error("product {0} exists already, as {1:?}; leave productId out to get a free one, or adjust its stock")]
    ProductExists(ProductId, String),
    #[error("productName must be 1 to 100 characters without control characters")]
    BadName,
    #[error("qty is at most 1000000000")]
    TooMany,
    #[error("give either delta (not 0), or from, to and qty")]
    NoMove,
    #[error("from and to are both {0:?}; a move needs two places")]
    SamePlace(&'static str),
    #[error("only {there} of product {product} are {place}; {asked} cannot be taken from there")]
    NotThere { product: ProductId, place: &'static str, asked: u64, there: u64 },
    #[error("nothing is held for order {0}")]
    NoHold(OrderId),
    #[error("the units of order {0} are not on their way back; cancel or end the rental first")]
    NotReturning(OrderId),
    #[error("{down} down and {lost} lost are more than the {qty} units of order {order}")]
    MoreThanOut { order: OrderId, down: u32, lost: u32, qty: Qty },
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let code = match refused {
            Refused::NoSuchProduct(..) | Refused::NoHold(_) => Code::Unknown,
            Refused::BadName | Refused::TooMany | Refused::NoMove | Refused::SamePlace(_) => Code::Malformed,
            _ => Code::Conflict,
        };
        let refusal = Self::new(code, refused.to_string());
        match refused {
            Refused::NotThere { there, .. } => refusal.with("available", there),
            _ => refusal,
        }
    }
}

impl Product {
    /// How many units the shop owns: every one is in exactly one bucket.
    pub fn owned(&self) -> u64 {
        self.available + self.held + self.out + self.returning + self.down + self.lost
    }

    fn place(&mut self, place: Place) -> Option<&mut u64> {
        match place {
            Place::Available => Some(&mut self.available),
            Place::Down => Some(&mut self.down),
            Place::Lost => Some(&mut self.lost),
            Place::Outside => None,
        }
    }

    fn adjust(&mut self, asked: &AdjustStock) -> Result<Event, Refused> {
        let (from, to, count) = match (asked.delta, asked.from, asked.to, asked.qty) {
            (Some(delta), None, None, None) if delta > 0 => (Place::Outside, Place::Available, delta.unsigned_abs()),
            (Some(delta), None, None, None) if delta < 0 => (Place::Available, Place::Outside, delta.unsigned_abs()),
            (None, Some(from), Some(to), Some(qty)) => (from, to, qty.get().into()),
            _ => return Err(Refused::NoMove),
        };
        if from == to {
            return Err(Refused::SamePlace(from.word()));
        }
        let product = self.product_id;
        if let Some(there) = self.place(from).map(|there| *there)
            && there < count
        {
            return Err(Refused::NotThere { product, place: from.word(), asked: count, there });
        }
        let qty = Qty::new(count).map_err(|_| Refused::TooMany)?;
        Ok(Event::StockAdjusted { product, from, to, qty, reason: asked.reason.clone() })
    }

    /// Takes units that are counted for a hold out of their bucket.
    fn take(&mut self, stage: Stage, count: u64) {
        let bucket = match stage {
            Stage::Held => &mut self.held,
            Stage::Out => &mut self.out,
            Stage::Returning => &mut self.returning,
            Stage::None | Stage::Back | Stage::Short | Stage::Skipped => return,
        };
        *bucket = bucket.saturating_sub(count);
    }
}

impl Hold {
    /// What inventory does on hearing of this order, `available` units being free.
    fn react(&self, check_in: CheckIn, heard: &Event, available: u64) -> Option<Event> {
        match (self.stage, heard) {
            (Stage::None, Event::RentalRequested { order, product, qty, .. }) => {
                let (order, product, qty) = (*order, *product, *qty);
                Some(if self.is_over {
                    Event::StockSkipped { order, product }
                } else if available >= u64::from(qty.get()) {
                    Event::StockReserved { order, product, qty }
                } else {
                    Event::StockShort { order, product }
                })
            }
            (Stage::Held, Event::RetrievalStarted { order, dispatched: false }) => {
                Some(Event::StockReleased { order: *order, product: self.product?, qty: self.qty? })
            }
            (Stage::Held | Stage::Out, Event::RetrievalStarted { order, .. }) if check_in == CheckIn::Auto => {
                Some(Event::ItemsReturned { order: *order, product: self.product?, qty: self.qty?, down: 0, lost: 0 })
            }
            _ => None,
        }
    }

    /// The stage after hearing what moves units without a decision of ours.
    fn moved(&self, check_in: CheckIn, heard: &Event) -> Stage {
        match (self.stage, heard) {
            (Stage::Held, Event::DeliveryStarted { .. }) => Stage::Out,
            (Stage::Held, Event::RetrievalStarted { dispatched: true, .. })
            | (Stage::Out, Event::RetrievalStarted { .. })
                if check_in == CheckIn::Staff =>
            {
                Stage::Returning
            }
            (stage, _) => stage,
        }
    }

    fn check_in(&self, asked: CheckInItems) -> Result<Decision, Refused> {
        let order = asked.order_id;
        match (self.stage, self.product, self.qty, self.returned_by) {
            (Stage::Back, _, _, Some(number)) => Ok(Decision::Already(number)),
            (Stage::Returning, Some(product), Some(qty), _) => {
                let CheckInItems { down, lost, .. } = asked;
                if u64::from(down) + u64::from(lost) > u64::from(qty.get()) {
                    return Err(Refused::MoreThanOut { order, down, lost, qty });
                }
                Ok(Decision::Record(vec![Event::ItemsReturned { order, product, qty, down, lost }]))
            }
            (Stage::Held | Stage::Out, ..) => Err(Refused::NotReturning(order)),
            _ => Err(Refused::NoHold(order)),
        }
    }
}

/// Moves the hold to `stage`, and its units to that stage's bucket.
fn move_hold(rows: &mut dyn RowsMut, order: OrderId, mut hold: Hold, stage: Stage) {
    if let (Some(product), Some(qty)) = (hold.product, hold.qty)
        && let Some(mut product) = load::<Product>(rows, product.get())
    {
        let count = u64::from(qty.get());
        product.take(hold.stage, count);
        match stage {
            Stage::Held => product.held += count,
            Stage::Out => product.out += count,
            Stage::Returning => product.returning += count,
            Stage::Back => product.available += count,
            Stage::None | Stage::Short | Stage::Skipped => {}
        }
        save(rows, product.product_id.get(), &product);
    }
    hold.stage = stage;
    save(rows, order.get(), &hold);
}

fn find(rows: &dyn Rows, product: ProductId) -> Result<Product, Refused> {
    load(rows, product.get()).ok_or_else(|| {
        let mut known = Vec::new();
        walk::<Product>(rows, 0, Direction::Up, |id, row| {
            known.push(format!("{id} {}", row.product_name));
            if known.len() < 10 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        Refused::NoSuchProduct(product, if known.is_empty() { "none".to_owned() } else { known.join(", ") })
    })
}

fn register(rows: &dyn Rows, asked: &RegisterProduct) -> Result<Decision, Refused> {
    let name = asked.product_name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Refused::BadName);
    }
    if asked.qty > 1_000_000_000 {
        return Err(Refused::TooMany);
    }
    if let Some(there) = asked.product_id.and_then(|id| load::<Product>(rows, id.get())) {
        return Err(Refused::ProductExists(there.product_id, there.product_name));
    }
    let free = || ProductId::new(load(rows, 0).unwrap_or(NextFree(1)).0).map_err(|_| Refused::TooMany);
    let product = asked.product_id.map_or_else(free, Ok)?;
    Ok(Decision::Record(vec![Event::ProductRegistered { product, name, qty: asked.qty }]))
}

fn list(rows: &dyn Rows) -> Value {
    let mut products = Vec::new();
    walk::<Product>(rows, 0, Direction::Up, |_, product| {
        products.push(show(&product));
        ControlFlow::Continue(())
    });
    json!({ "products": products })
}

fn show(product: &Product) -> Value {
    let mut shown = json!(product);
    shown["owned"] = json!(product.owned());
    shown
}

impl Decider for InventoryPolicy {
    fn context(&self) -> Context {
        Context::Inventory
    }

    fn hears(&self) -> &'static [Context] {
        &[Context::Order, Context::Logistics]
    }

    fn genesis(&self) -> Vec<Event> {
        [(1, "IPAD"), (2, "MACBOOK"), (3, "EARPHONE")]
            .into_iter()
            .filter_map(|(id, name)| {
                let product = ProductId::new(id).ok()?;
                Some(Event::ProductRegistered { product, name: name.to_owned(), qty: 100 })
            })
            .collect()
    }

    fn apply(&self, rows: &mut dyn RowsMut, own: &Fact) {
        match &own.event {
            Event::ProductRegistered { product, name, qty } => {
                let row = Product {
                    product_id: *product,
                    product_name: name.clone(),
                    available: u64::from(*qty),
                    held: 0,
                    out: 0,
                    returning: 0,
                    down: 0,
                    lost: 0,
                    registered_by: own.number,
                };
                save(rows, product.get(), &row);
                let NextFree(mut next) = load(rows, 0).unwrap_or(NextFree(1));
                while rows.read(Product::KIND, next).is_some() {
                    next += 1;
                }
                save(rows, 0, &NextFree(next));
            }
            Event::StockAdjusted { product, from, to, qty, .. } => {
                if let Some(mut row) = load::<Product>(rows, product.get()) {
                    let count = u64::from(qty.get());
                    if let Some(bucket) = row.place(*from) {
                        *bucket = bucket.saturating_sub(count);
                    }
                    if let Some(bucket) = row.place(*to) {
                        *bucket += count;
                    }
                    save(rows, product.get(), &row);
                }
            }
            Event::StockReserved { order, product, qty } => {
                if let Some(mut row) = load::<Product>(rows, product.get()) {
                    row.available = row.available.saturating_sub(u64::from(qty.get()));
                    save(rows, product.get(), &row);
                }
                let mut hold = load::<Hold>(rows, order.get()).unwrap_or_default();
                hold.product = Some(*product);
                hold.qty = Some(*qty);
                // The delivery may have been heard before the request.
                let stage = if hold.is_delivered { Stage::Out } else { Stage::Held };
                move_hold(rows, *order, hold, stage);
            }
            Event::StockShort { order, product } | Event::StockSkipped { order, product } => {
                let mut hold = load::<Hold>(rows, order.get()).unwrap_or_default();
                hold.product = Some(*product);
                let is_short = matches!(own.event, Event::StockShort { .. });
                hold.stage = if is_short { Stage::Short } else { Stage::Skipped };
                save(rows, order.get(), &hold);
            }
            Event::StockReleased { order, .. } | Event::ItemsReturned { order, .. } => {
                let Some(mut hold) = load::<Hold>(rows, order.get()) else { return };
                hold.returned_by = Some(own.number);
                move_hold(rows, *order, hold, Stage::Back);
                if let Event::ItemsReturned { product, down, lost, .. } = &own.event
                    && (*down, *lost) != (0, 0)
                    && let Some(mut row) = load::<Product>(rows, product.get())
                {
                    let (down, lost) = (u64::from(*down), u64::from(*lost));
                    row.available = row.available.saturating_sub(down + lost);
                    row.down += down;
                    row.lost += lost;
                    save(rows, product.get(), &row);
                }
            }
            _ => {}
        }
    }

    fn hear(&self, rows: &mut dyn RowsMut, fact: &Fact) -> Vec<Event> {
        let (Event::RentalRequested { order, .. }
        | Event::RentalCancelled { order, .. }
        | Event::DeliveryStarted { order }
        | Event::RetrievalStarted { order, .. }) = &fact.event
        else {
            return Vec::new();
        };
        let before = load::<Hold>(rows, order.get()).unwrap_or_default();
        let mut hold = before;
        match &fact.event {
            Event::RentalCancelled { .. } | Event::RetrievalStarted { .. } => hold.is_over = true,
            Event::DeliveryStarted { .. } => hold.is_delivered = true,
            _ => {}
        }
        let stage = hold.moved(self.check_in, &fact.event);
        if stage != hold.stage {
            move_hold(rows, *order, hold, stage);
            return Vec::new();
        }
        if hold != before {
            save(rows, order.get(), &hold);
        }
        let wanted = match &fact.event {
            Event::RentalRequested { product, .. } => load::<Product>(rows, product.get()),
            _ => None,
        };
        hold.react(self.check_in, &fact.event, wanted.map_or(0, |product| product.available)).into_iter().collect()
    }

    fn commands(&self) -> &'static [Endpoint] {
        &[
            Endpoint {
                name: "register",
                about: "Register a product with its first units.",
                example: r#"{"productName":"CAMERA","qty":5}"#,
            },
            Endpoint {
                name: "adjust",
                about: "Correct the stock by hand: delta, or from/to/qty; the reason is kept.",
                example: r#"{"productId":1,"delta":-1,"reason":"counted"}"#,
            },
            Endpoint {
                name: "checkin",
                about: "Retrieved units of an order are back (with check-in by staff).",
                example: r#"{"orderId":2}"#,
            },
        ]
    }

    fn decide(&self, rows: &dyn Rows, request: Request<'_>, _: Option<&Consulted>) -> Result<Decision, Refusal> {
        match request.endpoint {
            "register" => Ok(register(rows, &request.read()?)?),
            "adjust" => {
                let asked: AdjustStock = request.read()?;
                Ok(Decision::Record(vec![find(rows, asked.product_id)?.adjust(&asked)?]))
            }
            "checkin" => {
                let asked: CheckInItems = request.read()?;
                let hold: Hold = load(rows, asked.order_id.get()).ok_or(Refused::NoHold(asked.order_id))?;
                Ok(hold.check_in(asked)?)
            }
            other => Err(no_such_endpoint(Context::Inventory, other)),
        }
    }

    fn queries(&self) -> &'static [Endpoint] {
        &[
            Endpoint {
                name: "check",
                about: "The synchronous stock check: how many are available now. Sets nothing aside.",
                example: r#"{"productId":2,"qty":10}"#,
            },
            Endpoint { name: "get", about: "One product's stock.", example: r#"{"productId":1}"# },
            Endpoint { name: "list", about: "Every product's stock.", example: "{}" },
        ]
    }

    fn query(&self, rows: &dyn Rows, request: Request<'_>) -> Result<Value, Refusal> {
        match request.endpoint {
            "check" => {
                let asked: CheckStock = request.read()?;
                let product = find(rows, asked.product_id)?;
                Ok(json!(StockCheck {
                    product_id: product.product_id,
                    product_name: product.product_name,
                    available: product.available,
                    is_enough: product.available >= asked.qty.map_or(1, |qty| u64::from(qty.get())),
                }))
            }
            "get" => Ok(show(&find(rows, request.read::<OneProduct>()?.product_id)?)),
            "list" => Ok(list(rows)),
            other => Err(no_such_endpoint(Context::Inventory, other)),
        }
    }
}
