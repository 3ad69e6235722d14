//! `rental stock`, `register`, `adjust`, `checkin`: what the shop owns, and where.

use crate::cli::failure::{Exit, Failure};
use crate::cli::options::Once;
use crate::cli::output::Output;
use crate::cli::session::{Session, read};
use crate::cli::table::{Align, Table, grouped};
use clap::ArgGroup;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use rental_model::event::Place;
use rental_model::inventory::{AdjustStock, CheckInItems, OneProduct, Product, RegisterProduct};
use rental_model::{Context, Event, OrderId, ProductId, Qty, Reason};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

/// As many as a quantity can be.
const MOST: i64 = 1_000_000_000;

/// Show the stock: where every unit is
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental stock
  rental stock 1 --json | jq .qty       (qty: available now)")]
pub(crate) struct Show {
    /// This product only
    #[arg(value_name = "PRODUCT", allow_negative_numbers = true)]
    product: Option<ProductId>,
}

/// Register a product with its first units
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental register --name CAMERA --qty 5
  rental register --name CAMERA --qty 5 --product 40")]
pub(crate) struct Register {
    /// 1 to 100 characters
    #[arg(long, value_name = "NAME", value_parser = product_name)]
    name: String,
    /// How many units there are, 0 or more
    #[arg(long, value_name = "UNITS", allow_negative_numbers = true, value_parser = count)]
    qty: u32,
    /// The product's id [default: the next free one]
    #[arg(long, value_name = "PRODUCT", allow_negative_numbers = true)]
    product: Option<ProductId>,
    #[command(flatten)]
    once: Once,
}

/// Correct the stock by hand; the reason is kept
///
/// Either --delta (units bought, or gone for good), or --from, --to and --qty
/// (units that are somewhere else than recorded).
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("change").args(["delta", "from"]).required(true))]
#[command(after_help = "\
Examples:
  rental adjust --product 1 --delta -1 --reason 'counted one less'
  rental adjust --product 1 --delta 20 --reason 'new delivery'
  rental adjust --product 1 --from available --to down --qty 2 --reason 'broken screens'")]
pub(crate) struct Adjust {
    /// Whose stock (see: rental stock)
    #[arg(long, value_name = "PRODUCT", allow_negative_numbers = true)]
    product: ProductId,
    /// Units more (5) or fewer (-1) on the shelf
    #[arg(long, value_name = "UNITS", allow_negative_numbers = true, value_parser = delta)]
    delta: Option<i64>,
    /// Where the units were
    #[arg(long, value_name = "PLACE", value_parser = place(), requires_all = ["to", "qty"])]
    from: Option<Place>,
    /// Where they are
    #[arg(long, value_name = "PLACE", value_parser = place(), requires = "from")]
    to: Option<Place>,
    /// How many are moved
    #[arg(long, value_name = "UNITS", allow_negative_numbers = true, requires = "from")]
    qty: Option<Qty>,
    /// Why; it is kept with the correction
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
    #[command(flatten)]
    once: Once,
}

/// Check in the retrieved units of an order
///
/// Needed only where inventory runs with check-in by staff; else retrieved
/// units are back on the shelf by themselves.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental checkin --order 2
  rental checkin --order 2 --down 1 --lost 0")]
pub(crate) struct CheckIn {
    /// Whose units are back
    #[arg(long, value_name = "ORDER", allow_negative_numbers = true)]
    order: OrderId,
    /// How many of them came back broken
    #[arg(long, value_name = "UNITS", default_value = "0", allow_negative_numbers = true, value_parser = count)]
    down: u32,
    /// How many of them did not come back
    #[arg(long, value_name = "UNITS", default_value = "0", allow_negative_numbers = true, value_parser = count)]
    lost: u32,
    #[command(flatten)]
    once: Once,
}

impl Show {
    pub(crate) async fn show(&self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        #[derive(Deserialize)]
        struct Products {
            products: Vec<Product>,
        }
        let context = Context::Inventory;
        let answer: Box<RawValue> = match self.product {
            Some(product_id) => session.ask(context, "get", &OneProduct { product_id }).await?,
            None => session.ask(context, "list", &json!({})).await?,
        };
        if output.is_json {
            output.answer(&answer)?;
        } else if self.product.is_some() {
            output.text(&table(&[read(context, &answer)?]))?;
        } else {
            output.text(&table(&read::<Products>(context, &answer)?.products))?;
        }
        Ok(Exit::Done)
    }
}

impl Register {
    pub(crate) async fn send(self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let Self { name: product_name, qty, product: product_id, once } = self;
        let body = RegisterProduct { product_id, product_name, qty };
        let answer = session.command(Context::Inventory, "register", &body, &once).await?;
        output.recorded(&answer, told)
    }
}

impl Adjust {
    pub(crate) async fn send(self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let Self { product: product_id, delta, from, to, qty, reason, once } = self;
        let body = AdjustStock { product_id, delta, from, to, qty, reason };
        let answer = session.command(Context::Inventory, "adjust", &body, &once).await?;
        output.recorded(&answer, told)
    }
}

impl CheckIn {
    pub(crate) async fn send(&self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let body = CheckInItems { order_id: self.order, down: self.down, lost: self.lost };
        let answer = session.command(Context::Inventory, "checkin", &body, &self.once).await?;
        output.recorded(&answer, told)
    }
}

/// What was done, in a sentence.
fn told(event: &Event) -> Option<String> {
    match event {
        Event::ProductRegistered { product, name, qty } => {
            Some(format!("product {product} registered: {name}, {qty} available"))
        }
        Event::StockAdjusted { product, from, to, qty, .. } => {
            Some(format!("product {product}: {qty} moved from {} to {}", from.word(), to.word()))
        }
        Event::ItemsReturned { order, product, qty, down, lost } => {
            Some(format!("order {order} checked in: {qty} of product {product}, of which {down} down and {lost} lost"))
        }
        _ => None,
    }
}

fn table(products: &[Product]) -> Table<9> {
    let units = ["OWNED", "AVAILABLE", "HELD", "OUT", "RETURNING", "DOWN", "LOST"].map(|name| (name, Align::Right));
    let [owned, available, held, out, returning, down, lost] = units;
    let mut table = Table::new([
        ("PRODUCT", Align::Right),
        ("NAME", Align::Left),
        owned,
        available,
        held,
        out,
        returning,
        down,
        lost,
    ]);
    for product in products {
        table.row([
            product.product_id.to_string(),
            product.product_name.clone(),
            grouped(product.owned()),
            grouped(product.available),
            grouped(product.held),
            grouped(product.out),
            grouped(product.returning),
            grouped(product.down),
            grouped(product.lost),
        ]);
    }
    table
}

fn place() -> impl TypedValueParser<Value = Place> {
    const PLACES: [Place; 4] = [Place::Available, Place::Down, Place::Lost, Place::Outside];
    PossibleValuesParser::new(PLACES.map(Place::word)).try_map(|word| {
        PLACES.into_iter().find(|place| place.word() == word).ok_or("expected available, down, lost or outside")
    })
}

fn product_name(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err("expected a name: 1 to 100 characters without control characters")
    }
}

fn count(text: &str) -> Result<u32, String> {
    text.trim()
        .parse()
        .ok()
        .filter(|units| i64::from(*units) <= MOST)
        .ok_or_else(|| format!("expected a number of units: a whole number from 0 to {MOST}"))
}

fn delta(text: &str) -> Result<i64, String> {
    text.trim()
        .parse()
        .ok()
        .filter(|units| *units != 0 && (-MOST..=MOST).contains(units))
        .ok_or_else(|| format!("expected a change of units: a whole number from -{MOST} to {MOST}, not 0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stock_is_shown_bucket_by_bucket() {
        let product = |id, name: &str, available| Product {
            product_id: ProductId::new(id).unwrap(),
            product_name: name.to_owned(),
            available,
            held: 1,
            out: 10,
            returning: 0,
            down: 2,
            lost: 0,
            registered_by: 1,
            decided: 0,
        };
        insta::assert_snapshot!(table(&[product(1, "IPAD", 87), product(12, "이어폰", 12_000)]), @"
        PRODUCT  NAME     OWNED  AVAILABLE  HELD  OUT  RETURNING  DOWN  LOST
              1  IPAD       100         87     1   10          0     2     0
             12  이어폰  12,013     12,000     1   10          0     2     0
        ");
    }

    #[test]
    fn a_correction_is_told_in_a_sentence() {
        let product = ProductId::new(1).unwrap();
        let (qty, reason) = (Qty::new(2).unwrap(), Reason::new("broken").unwrap());
        let event = Event::StockAdjusted { product, from: Place::Available, to: Place::Down, qty, reason };
        assert_eq!(told(&event).unwrap(), "product 1: 2 moved from available to down");
    }

    #[test]
    fn a_change_may_be_negative_but_not_nothing() {
        assert_eq!(delta("-1"), Ok(-1));
        assert_eq!(delta("+20"), Ok(20));
        for bad in ["0", "", "1.5", "-1000000001", "99999999999999999999"] {
            assert!(delta(bad).is_err(), "{bad}");
        }
    }
}
