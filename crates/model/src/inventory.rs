//! Inventory: what the shop owns, and where every unit is.
//!
//! Every unit is in exactly one bucket:
//! available + held + out + returning + down + lost = owned.
//! Only receiving `RentalRequested` sets units aside; the stock check never
//! does. A cancellation alone gives nothing back: the retrieval does, because
//! until then the goods may be on their way to the customer.

use crate::context::{Context, Decider, Decision, Endpoint, QueryOutcome, RecordedEvent, Request, endpoints};
use crate::event::{Event, Place};
use crate::refusal::{Code, Refusal};
use crate::repository::{Aggregate, Direction, Repository, RepositoryMut, load, save, walk};
use crate::values::{LARGEST, OrderId, ProductId, Qty, Reason};
use serde::de::IgnoredAny;
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
    /// The highest number of an order's request that was decided about: what is available
    /// takes it into account, even while the order journal is read again from before it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub decided: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over like this")]
fn is_zero(number: &u64) -> bool {
    *number == 0
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
    /// A cancellation or retrieval was received: nothing may be set aside any more.
    pub is_over: bool,
    /// Delivery was received, perhaps before the request.
    pub is_delivered: bool,
    /// The number of the event that brought the units back.
    pub returned_by: Option<u64>,
    /// How many of them came back broken, and how many not at all.
    pub down: u32,
    pub lost: u32,
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
    #[error("product {product} would have {count} units, more than can be counted exactly; correct its stock first")]
    Uncountable { product: ProductId, count: u64 },
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
    #[error("the units of order {0} are already back, {1} down and {2} lost; correct that with adjust")]
    AlreadyBack(OrderId, u32, u32),
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
        [self.available, self.held, self.out, self.returning, self.down, self.lost]
            .into_iter()
            .fold(0, u64::saturating_add)
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
        let owned = self.owned().saturating_add(count);
        if from == Place::Outside && owned > LARGEST {
            return Err(Refused::Uncountable { product, count: owned });
        }
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
    /// What inventory does on learning of this order, `available` units being free.
    fn react(&self, check_in: CheckIn, received: &Event, available: u64) -> Option<Event> {
        match (self.stage, received) {
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

    /// The stage after receiving what moves units without a decision of ours.
    fn moved(&self, check_in: CheckIn, received: &Event) -> Stage {
        match (self.stage, received) {
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
            (Stage::Back, _, _, Some(number)) if (self.down, self.lost) == (asked.down, asked.lost) => {
                Ok(Decision::Duplicate(number))
            }
            (Stage::Back, ..) => Err(Refused::AlreadyBack(order, self.down, self.lost)),
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

/// The number of the order's request that led to this event.
fn request_behind(own: &RecordedEvent) -> Option<u64> {
    own.cause.as_deref()?.strip_prefix(Context::Order.stream()?)?.strip_prefix(':')?.parse().ok()
}

/// Notes that what is available takes this request into account.
fn note_decided(rows: &mut dyn RepositoryMut, own: &RecordedEvent, product: ProductId) {
    if let Some(request) = request_behind(own)
        && let Some(mut row) = load::<Product>(rows, product.get())
        && row.decided < request
    {
        row.decided = request;
        save(rows, product.get(), &row);
    }
}

/// Moves the hold to `stage`, and its units to that stage's bucket.
fn move_hold(rows: &mut dyn RepositoryMut, order: OrderId, mut hold: Hold, stage: Stage) {
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

fn find(rows: &dyn Repository, product: ProductId) -> Result<Product, Refused> {
    load(rows, product.get()).ok_or_else(|| {
        let mut known = Vec::new();
        walk::<Product>(rows, 0, Direction::Up, |id, row| {
            known.push(format!("{id} {}", row.product_name));
            if known.len() < 10 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        Refused::NoSuchProduct(product, if known.is_empty() { "none".to_owned() } else { known.join(", ") })
    })
}

fn register(rows: &dyn Repository, asked: &RegisterProduct) -> Result<Decision, Refused> {
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

fn list(rows: &dyn Repository) -> Value {
    let mut products = Vec::new();
    walk::<Product>(rows, 0, Direction::Up, |_, product| {
        products.push(show(&product));
        ControlFlow::Continue(())
    });
    json!({ "products": products })
}

fn show(product: &Product) -> Value {
    let mut shown = json!(Product { decided: 0, ..product.clone() });
    shown["owned"] = json!(product.owned());
    shown
}

endpoints! {
    /// What people ask inventory to do.
    enum Command of Inventory {
        Register(RegisterProduct) = "register":
            "Register a product with its first units.",
            like r#"{"productName":"CAMERA","qty":5}"#;
        Adjust(AdjustStock) = "adjust":
            "Correct the stock by hand: delta, or from/to/qty; the reason is kept.",
            like r#"{"productId":1,"delta":-1,"reason":"counted"}"#;
        CheckIn(CheckInItems) = "checkin":
            "Retrieved units of an order are back (with check-in by staff).",
            like r#"{"orderId":2}"#;
    }
}

endpoints! {
    /// What people, and order, ask inventory about.
    enum Query of Inventory {
        Check(CheckStock) = "check":
            "The synchronous stock check: how many are available now. Sets nothing aside.",
            like r#"{"productId":2,"qty":10}"#;
        Get(OneProduct) = "get": "One product's stock.", like r#"{"productId":1}"#;
        List(IgnoredAny) = "list": "Every product's stock.", like "{}";
    }
}

impl Decider for InventoryPolicy {
    fn context(&self) -> Context {
        Context::Inventory
    }

    fn subscriptions(&self) -> &'static [Context] {
        &[Context::Order, Context::Logistics]
    }

    fn initial_events(&self) -> Vec<Event> {
        [(1, "IPAD"), (2, "MACBOOK"), (3, "EARPHONE")]
            .into_iter()
            .filter_map(|(id, name)| {
                let product = ProductId::new(id).ok()?;
                Some(Event::ProductRegistered { product, name: name.to_owned(), qty: 100 })
            })
            .collect()
    }

    fn apply(&self, rows: &mut dyn RepositoryMut, own: &RecordedEvent) {
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
                    decided: 0,
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
                        *bucket = bucket.saturating_add(count);
                    }
                    save(rows, product.get(), &row);
                }
            }
            Event::StockReserved { order, product, qty } => {
                if let Some(mut row) = load::<Product>(rows, product.get()) {
                    row.available = row.available.saturating_sub(u64::from(qty.get()));
                    save(rows, product.get(), &row);
                }
                note_decided(rows, own, *product);
                let mut hold = load::<Hold>(rows, order.get()).unwrap_or_default();
                hold.product = Some(*product);
                hold.qty = Some(*qty);
                // The delivery may have been received before the request.
                let stage = if hold.is_delivered { Stage::Out } else { Stage::Held };
                move_hold(rows, *order, hold, stage);
            }
            Event::StockShort { order, product } | Event::StockSkipped { order, product } => {
                let mut hold = load::<Hold>(rows, order.get()).unwrap_or_default();
                hold.product = Some(*product);
                let is_short = matches!(own.event, Event::StockShort { .. });
                hold.stage = if is_short { Stage::Short } else { Stage::Skipped };
                save(rows, order.get(), &hold);
                note_decided(rows, own, *product);
            }
            Event::StockReleased { order, .. } | Event::ItemsReturned { order, .. } => {
                let Some(mut hold) = load::<Hold>(rows, order.get()) else { return };
                hold.returned_by = Some(own.number);
                if let Event::ItemsReturned { down, lost, .. } = own.event {
                    (hold.down, hold.lost) = (down, lost);
                }
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

    fn react(&self, rows: &mut dyn RepositoryMut, recorded: &RecordedEvent) -> Vec<Event> {
        let (Event::RentalRequested { order, .. }
        | Event::RentalCancelled { order, .. }
        | Event::DeliveryStarted { order }
        | Event::RetrievalStarted { order, .. }) = &recorded.event
        else {
            return Vec::new();
        };
        let before = load::<Hold>(rows, order.get()).unwrap_or_default();
        let mut hold = before;
        match &recorded.event {
            Event::RentalCancelled { .. } | Event::RetrievalStarted { .. } => hold.is_over = true,
            Event::DeliveryStarted { .. } => hold.is_delivered = true,
            _ => {}
        }
        let stage = hold.moved(self.check_in, &recorded.event);
        if stage != hold.stage {
            move_hold(rows, *order, hold, stage);
            return Vec::new();
        }
        if hold != before {
            save(rows, order.get(), &hold);
        }
        let wanted = match &recorded.event {
            Event::RentalRequested { product, .. } => load::<Product>(rows, product.get()),
            _ => None,
        };
        hold.react(self.check_in, &recorded.event, wanted.map_or(0, |product| product.available)).into_iter().collect()
    }

    fn commands(&self) -> &'static [Endpoint] {
        Command::ENDPOINTS
    }

    fn decide(
        &self,
        rows: &dyn Repository,
        request: Request<'_>,
        _: Option<&QueryOutcome>,
    ) -> Result<Decision, Refusal> {
        match Command::read(request)? {
            Command::Register(asked) => Ok(register(rows, &asked)?),
            Command::Adjust(asked) => Ok(Decision::Record(vec![find(rows, asked.product_id)?.adjust(&asked)?])),
            Command::CheckIn(asked) => {
                let hold: Hold = load(rows, asked.order_id.get()).ok_or(Refused::NoHold(asked.order_id))?;
                Ok(hold.check_in(asked)?)
            }
        }
    }

    fn queries(&self) -> &'static [Endpoint] {
        Query::ENDPOINTS
    }

    fn query(&self, rows: &dyn Repository, request: Request<'_>) -> Result<Value, Refusal> {
        match Query::read(request)? {
            Query::Check(asked) => check(rows, asked),
            Query::Get(asked) => Ok(show(&find(rows, asked.product_id)?)),
            Query::List(_) => Ok(list(rows)),
        }
    }
}

/// How many units are available, and how far the order journal was read when they were.
fn check(rows: &dyn Repository, asked: CheckStock) -> Result<Value, Refusal> {
    let product = find(rows, asked.product_id)?;
    let orders_read = rows.position(Context::Order);
    let is_rereading = product.decided > orders_read;
    let mut answer = json!(StockCheck {
        product_id: product.product_id,
        product_name: product.product_name,
        available: product.available,
        is_enough: product.available >= asked.qty.map_or(1, |qty| u64::from(qty.get())),
    });
    // For order, which knows what comes behind that.
    answer["ordersRead"] = json!(orders_read);
    if is_rereading {
        answer["isRereading"] = json!(true);
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use crate::values::Won;

    /// A shop with 100 MACBOOK, and what happened there since.
    fn given(history: impl IntoIterator<Item = Event>) -> Story<InventoryPolicy> {
        shop(CheckIn::Auto, history)
    }

    /// The same, where staff check in what comes back.
    fn given_staff(history: impl IntoIterator<Item = Event>) -> Story<InventoryPolicy> {
        shop(CheckIn::Staff, history)
    }

    fn shop(check_in: CheckIn, history: impl IntoIterator<Item = Event>) -> Story<InventoryPolicy> {
        let policy = InventoryPolicy { check_in };
        story(policy, [registered(PRODUCT, "MACBOOK", 100)].into_iter().chain(history))
    }

    fn asking(qty: u64) -> Event {
        requested(ORDER, units(qty), Won::ZERO)
    }

    fn checkin(down: u32, lost: u32) -> Value {
        json!({ "orderId": ORDER, "down": down, "lost": lost })
    }

    fn adjust(fields: Value) -> Value {
        let mut adjust = fields;
        adjust["productId"] = json!(PRODUCT);
        adjust["reason"] = json!("counted");
        adjust
    }

    impl Story<InventoryPolicy> {
        /// The buckets that are not empty; all together they are what the shop owns.
        fn then_stock(self, expected: &Value) -> Self {
            let product: Product = self.row(PRODUCT).unwrap();
            let buckets = [
                ("available", product.available),
                ("held", product.held),
                ("out", product.out),
                ("returning", product.returning),
                ("down", product.down),
                ("lost", product.lost),
            ];
            let filled: serde_json::Map<_, _> = buckets
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .map(|(name, count)| (name.to_owned(), json!(count)))
                .collect();
            assert_eq!(Value::from(filled), *expected);
            self
        }
    }

    #[test]
    fn the_first_start_registers_three_products_of_a_hundred() {
        let expected = [registered(1, "IPAD", 100), registered(2, "MACBOOK", 100), registered(3, "EARPHONE", 100)];
        assert_eq!(InventoryPolicy::default().initial_events(), expected);
    }

    #[test]
    fn a_request_sets_its_units_aside() {
        given([])
            .receiving(asking(10))
            .then([reserved(ORDER, units(10))])
            .then_stock(&json!({ "available": 90, "held": 10 }));
    }

    #[test]
    fn exactly_what_is_left_is_enough() {
        given([]).receiving(asking(100)).then([reserved(ORDER, units(100))]).then_stock(&json!({ "held": 100 }));
    }

    #[test]
    fn one_more_than_what_is_left_is_short_and_takes_nothing() {
        given([]).receiving(asking(101)).then([short(ORDER)]).then_stock(&json!({ "available": 100 }));
        given([asking(100)]).receiving(requested(7, units(1), won(1))).then([short(7)]);
    }

    #[test]
    fn a_product_that_does_not_exist_is_short() {
        story(InventoryPolicy::default(), []).receiving(asking(1)).then([short(ORDER)]);
    }

    #[test]
    fn a_request_is_answered_once() {
        given([asking(10)]).receiving(asking(10)).then_nothing();
        given([asking(101), cancelled(ORDER)]).receiving(asking(101)).then_nothing();
    }

    #[test]
    fn a_cancellation_alone_releases_nothing() {
        given([asking(10)])
            .receiving(cancelled(ORDER))
            .then_nothing()
            .then_stock(&json!({ "available": 90, "held": 10 }));
        given([asking(10), delivered(ORDER)])
            .receiving(cancelled(ORDER))
            .then_nothing()
            .then_stock(&json!({ "available": 90, "out": 10 }));
    }

    #[test]
    fn a_retrieval_of_goods_that_never_left_releases_them_at_once() {
        for shop in [given, given_staff] as [fn([Event; 2]) -> _; 2] {
            shop([asking(10), cancelled(ORDER)])
                .receiving(retrieved(ORDER, false))
                .then([released(ORDER, units(10))])
                .then_stock(&json!({ "available": 100 }));
        }
    }

    #[test]
    fn a_delivery_takes_the_units_out_of_the_shop() {
        given([asking(10)])
            .receiving(delivered(ORDER))
            .then_nothing()
            .then_stock(&json!({ "available": 90, "out": 10 }));
    }

    #[test]
    fn units_delivered_before_they_were_set_aside_are_out_too() {
        given([delivered(ORDER)])
            .receiving(asking(10))
            .then([reserved(ORDER, units(10))])
            .then_stock(&json!({ "available": 90, "out": 10 }));
    }

    #[test]
    fn dispatched_units_come_back_with_their_retrieval() {
        given([asking(10), delivered(ORDER)])
            .receiving(retrieved(ORDER, true))
            .then([returned(ORDER, units(10))])
            .then_stock(&json!({ "available": 100 }));
    }

    #[test]
    fn with_check_in_by_staff_dispatched_units_are_returning_until_then() {
        given_staff([asking(10), delivered(ORDER)])
            .receiving(retrieved(ORDER, true))
            .then_nothing()
            .then_stock(&json!({ "available": 90, "returning": 10 }))
            .asked("checkin", &json!({ "orderId": ORDER }))
            .then([returned(ORDER, units(10))])
            .then_stock(&json!({ "available": 100 }));
    }

    #[test]
    fn broken_and_missing_units_do_not_go_back_on_the_shelf() {
        given_staff([asking(10), delivered(ORDER), retrieved(ORDER, true)])
            .asked("checkin", &checkin(2, 3))
            .then([returned_with(ORDER, units(10), 2, 3)])
            .then_stock(&json!({ "available": 95, "down": 2, "lost": 3 }));
    }

    #[test]
    fn more_broken_and_missing_than_were_out_is_refused() {
        let story = given_staff([asking(10), delivered(ORDER), retrieved(ORDER, true)]);
        let story = story.asked("checkin", &checkin(6, 5)).then_refused(Code::Conflict, "more than the 10 units");
        let story = story.asked("checkin", &checkin(u32::MAX, u32::MAX)).then_refused(Code::Conflict, "more than");
        story.asked("checkin", &checkin(5, 5)).then([returned_with(ORDER, units(10), 5, 5)]);
    }

    #[test]
    fn a_second_check_in_gets_the_first_ones_answer() {
        given_staff([asking(10), delivered(ORDER), retrieved(ORDER, true)])
            .asked("checkin", &checkin(1, 0))
            .then([returned_with(ORDER, units(10), 1, 0)])
            .asked("checkin", &checkin(1, 0))
            .then_already(3);
        given([asking(10), delivered(ORDER), retrieved(ORDER, true)]).asked("checkin", &checkin(0, 0)).then_already(3);
    }

    /// Found by reading: a second check-in that named broken units was
    /// answered as done, and the broken units stayed on the shelf.
    #[test]
    fn a_second_check_in_with_other_numbers_is_refused() {
        given([asking(10), delivered(ORDER), retrieved(ORDER, true)])
            .asked("checkin", &checkin(2, 0))
            .then_refused(Code::Conflict, "already back");
        given_staff([asking(10), delivered(ORDER), retrieved(ORDER, true)])
            .asked("checkin", &checkin(1, 0))
            .then([returned_with(ORDER, units(10), 1, 0)])
            .asked("checkin", &checkin(0, 1))
            .then_refused(Code::Conflict, "already back");
    }

    #[test]
    fn only_units_on_their_way_back_can_be_checked_in() {
        given([]).asked("checkin", &checkin(0, 0)).then_refused(Code::Unknown, "nothing is held for order 2");
        given([asking(10)]).asked("checkin", &checkin(0, 0)).then_refused(Code::Conflict, "not on their way back");
        given([asking(10), delivered(ORDER)]).asked("checkin", &checkin(0, 0)).then_refused(Code::Conflict, "not on");
        given([asking(101)]).asked("checkin", &checkin(0, 0)).then_refused(Code::Unknown, "nothing is held");
    }

    #[test]
    fn a_request_that_comes_after_its_cancellation_or_retrieval_holds_nothing() {
        for over in [cancelled(ORDER), retrieved(ORDER, false), retrieved(ORDER, true)] {
            given([over]).receiving(asking(10)).then([skipped(ORDER)]).then_stock(&json!({ "available": 100 }));
        }
    }

    #[test]
    fn units_come_back_once() {
        given([asking(10), retrieved(ORDER, false)]).receiving(retrieved(ORDER, false)).then_nothing();
        given([asking(10), delivered(ORDER), retrieved(ORDER, true)])
            .receiving(retrieved(ORDER, true))
            .then_nothing()
            .receiving(delivered(ORDER))
            .then_nothing()
            .then_stock(&json!({ "available": 100 }));
        given([asking(101)]).receiving(retrieved(ORDER, true)).then_nothing().then_stock(&json!({ "available": 100 }));
    }

    #[test]
    fn released_units_are_free_for_the_next_order_but_a_short_one_stays_short() {
        let second = || requested(7, units(100), won(1));
        given([asking(100), second(), retrieved(ORDER, false)])
            .receiving(second())
            .then_nothing()
            .receiving(requested(8, units(100), won(1)))
            .then([reserved(8, units(100))]);
    }

    #[test]
    fn the_check_tells_what_is_available_and_sets_nothing_aside() {
        let story = given([asking(30)]);
        let check = |qty: u64| story.query("check", &json!({ "productId": PRODUCT, "qty": qty })).unwrap();
        let expected = json!({ "productId": 2, "productName": "MACBOOK", "available": 70, "isEnough": true,
            "ordersRead": 0 });
        assert_eq!(check(70), expected);
        assert_eq!(check(70), expected);
        assert_eq!(check(71)["isEnough"], json!(false));
        assert_eq!(story.query("check", &json!({ "productId": PRODUCT })).unwrap()["isEnough"], json!(true));
    }

    #[test]
    fn an_unknown_product_is_refused_with_the_known_ones() {
        let refusal = given([]).query("check", &json!({ "productId": 9 })).unwrap_err();
        assert_eq!(refusal.code, Code::Unknown);
        assert!(refusal.message.contains("2 MACBOOK"), "{}", refusal.message);
        assert_eq!(given([]).query("get", &json!({ "productId": 9 })).unwrap_err().code, Code::Unknown);
        assert_eq!(
            given([]).query("check", &json!({ "productId": PRODUCT, "qty": 0 })).unwrap_err().code,
            Code::Malformed
        );
    }

    #[test]
    fn one_product_is_shown_as_the_original_did_and_where_its_units_are() {
        let shown = given([asking(30)]).query("get", &json!({ "productId": PRODUCT })).unwrap();
        assert_eq!((&shown["productId"], &shown["productName"]), (&json!(2), &json!("MACBOOK")));
        assert_eq!((&shown["qty"], &shown["held"], &shown["owned"]), (&json!(70), &json!(30), &json!(100)));
        let list = given([registered(1, "IPAD", 5)]).query("list", &json!({})).unwrap();
        let names: Vec<_> = list["products"].as_array().unwrap().iter().map(|p| p["productName"].clone()).collect();
        assert_eq!(json!(names), json!(["IPAD", "MACBOOK"]));
    }

    #[test]
    fn a_product_is_registered_under_the_next_free_id() {
        let camera = json!({ "productName": " CAMERA ", "qty": 5 });
        given([registered(1, "IPAD", 5)]).asked("register", &camera).then([registered(3, "CAMERA", 5)]);
        given([]).asked("register", &json!({ "productId": 9, "productName": "LENS" })).then([registered(9, "LENS", 0)]);
    }

    #[test]
    fn a_product_that_exists_is_not_registered_again() {
        given([])
            .asked("register", &json!({ "productId": PRODUCT, "productName": "LENS" }))
            .then_refused(Code::Conflict, "MACBOOK");
    }

    #[test]
    fn a_product_needs_a_printable_name() {
        for name in ["", "  ", "a\u{1b}[2J", &"x".repeat(101)] {
            given([]).asked("register", &json!({ "productName": name })).then_refused(Code::Malformed, "productName");
        }
        let many = json!({ "productName": "LENS", "qty": 1_000_000_001 });
        given([]).asked("register", &many).then_refused(Code::Malformed, "at most 1000000000");
    }

    #[test]
    fn units_are_bought_and_sold() {
        given([])
            .asked("adjust", &adjust(json!({ "delta": 5 })))
            .then([adjusted(Place::Outside, Place::Available, units(5))])
            .then_stock(&json!({ "available": 105 }))
            .asked("adjust", &adjust(json!({ "delta": -105 })))
            .then([adjusted(Place::Available, Place::Outside, units(105))])
            .then_stock(&json!({}));
    }

    #[test]
    fn units_are_moved_by_hand() {
        given([asking(90)])
            .asked("adjust", &adjust(json!({ "from": "available", "to": "down", "qty": 10 })))
            .then([adjusted(Place::Available, Place::Down, units(10))])
            .then_stock(&json!({ "held": 90, "down": 10 }))
            .asked("adjust", &adjust(json!({ "from": "down", "to": "lost", "qty": 4 })))
            .then([adjusted(Place::Down, Place::Lost, units(4))])
            .then_stock(&json!({ "held": 90, "down": 6, "lost": 4 }));
    }

    #[test]
    fn units_that_are_not_there_cannot_be_moved() {
        let held = || given([asking(99)]);
        for (fields, words) in [
            (json!({ "delta": -2 }), "only 1 of product 2 are available"),
            (json!({ "delta": i64::MIN }), "only 1 of product 2 are available"),
            (json!({ "from": "down", "to": "available", "qty": 1 }), "only 0 of product 2 are down"),
        ] {
            held().asked("adjust", &adjust(fields)).then_refused(Code::Conflict, words);
        }
    }

    #[test]
    fn a_stock_that_could_not_be_counted_exactly_is_refused() {
        let full = Product { available: LARGEST - 5, ..given([]).row(PRODUCT).unwrap() };
        let buying = |delta: i64| {
            let asked = adjust(json!({ "delta": delta }));
            full.clone().adjust(&serde_json::from_value(asked).unwrap())
        };
        assert!(buying(5).is_ok());
        assert!(matches!(buying(6), Err(Refused::Uncountable { count, .. }) if count == LARGEST + 1));
    }

    #[test]
    fn an_adjustment_says_one_thing_and_why() {
        for (fields, words) in [
            (json!({}), "either delta"),
            (json!({ "delta": 0 }), "either delta"),
            (json!({ "delta": 1, "qty": 1 }), "either delta"),
            (json!({ "from": "lost", "qty": 1 }), "either delta"),
            (json!({ "from": "lost", "to": "lost", "qty": 1 }), "two places"),
            (json!({ "delta": i64::MAX }), "at most 1000000000"),
            (json!({ "from": "held", "to": "lost", "qty": 1 }), "from"),
            (json!({ "delta": 1.5 }), "delta"),
        ] {
            given([]).asked("adjust", &adjust(fields)).then_refused(Code::Malformed, words);
        }
        let silent = json!({ "productId": PRODUCT, "delta": 1 });
        given([]).asked("adjust", &silent).then_refused(Code::Malformed, "reason");
        let unknown = json!({ "productId": 9, "delta": 1, "reason": "counted" });
        given([]).asked("adjust", &unknown).then_refused(Code::Unknown, "no product 9");
    }
}
