//! `rental orders`: the rentals a filter finds, newest first or sorted.

use crate::cli::failure::{Exit, Failure};
use crate::cli::order::product;
use crate::cli::output::{Output, money, word};
use crate::cli::session::{Session, read};
use crate::cli::table::{Align, Table};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use rental_model::order::Status as OrderStatus;
use rental_model::order::{ListOrders, Order};
use rental_model::totalview::{Cursor, ListRentals, Row, Sort, SourcePositions, Status};
use rental_model::{Context, ProductId, UnixMs};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use std::time::{SystemTime, UNIX_EPOCH};

/// How many rows one answer may bring; what is missing is asked for again.
const ROWS_PER_ANSWER: u32 = 500;

/// List orders, newest first or sorted
///
/// A filter is words that must all hold: `field=value` with = != < <= > >=,
/// of status, qty, amount, order, age (90s, 5m, 2h, 3d) and product; or an
/// order id, a status, or part of a product's name or of a reason. `!` turns
/// a word round. Korean words do as well.
///
/// With --json: {"rentals":[…],"next":…,"matching":…}; a `next` that is not
/// null is the --cursor of the next page.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental orders
  rental orders --status active --product 2
  rental orders --filter 'status=active qty>2 age<2h !ipad'
  rental orders --filter 'too late' --sort amount --limit 20
  rental orders --limit 500 --json | jq -r '.rentals[].orderId'")]
pub(crate) struct List {
    /// Only orders that stand like this
    #[arg(long, value_name = "STATUS", value_parser = status(), ignore_case = true)]
    status: Option<Status>,
    /// Only orders for this product
    #[arg(long, value_name = "PRODUCT", allow_negative_numbers = true)]
    product: Option<ProductId>,
    /// Only orders that this finds
    #[arg(long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    filter: String,
    /// The order they come in, highest or latest first
    #[arg(long, value_name = "FIELD", default_value = "order", value_parser = sort())]
    sort: Sort,
    /// Lowest or earliest first
    #[arg(long)]
    ascending: bool,
    /// At most this many
    #[arg(long, value_name = "ORDERS", default_value = "50", allow_negative_numbers = true, value_parser = limit)]
    limit: u32,
    /// Go on where a page ended: its `next`
    #[arg(long, value_name = "NEXT")]
    cursor: Option<Cursor>,
}

/// A page as totalview answers it, each row as it came.
#[derive(Default, Serialize, Deserialize)]
struct Page {
    rentals: Vec<Box<RawValue>>,
    next: Option<Cursor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    matching: Option<u64>,
    #[serde(rename = "heard")]
    positions: SourcePositions,
}

/// A page of the order context.
#[derive(Default, Deserialize)]
struct OrderPage {
    orders: Vec<Order>,
    next: Option<u64>,
}

impl List {
    pub(crate) async fn show(&self, session: &Session, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let (table, next, matching) = match self.ask_totalview(session).await {
            Ok(page) if output.is_json => return output.json(&page).map(|()| Exit::Done),
            Ok(page) => {
                let rows: Result<Vec<Row>, _> = page.rentals.iter().map(|row| read(Context::Totalview, row)).collect();
                (table(&rows?, output), page.next, page.matching)
            }
            Err(why @ Failure::Silent { .. }) if self.is_plain() => {
                let page = self.ask_order(session).await?;
                output.note(&format!("{why}; listed by the order context instead, without payment and delivery"));
                if output.is_json {
                    let page = json!({ "rentals": page.orders, "next": page.next.map(before), "heard": {} });
                    return output.json(&page).map(|()| Exit::Done);
                }
                (order_table(&page.orders, output), page.next.map(before), None)
            }
            Err(failure) => return Err(failure),
        };
        output.text(&table)?;
        if let Some(next) = next {
            let all = matching.map(|all| format!(" ({all} in all)")).unwrap_or_default();
            output.note(&format!("there are more{all}: --cursor {next}"));
        }
        Ok(Exit::Done)
    }

    async fn ask_totalview(&self, session: &Session) -> Result<Page, Failure> {
        let mut whole = Page { next: self.cursor, ..Page::default() };
        let at = (!self.filter.is_empty()).then(now);
        loop {
            let missing = self.missing(whole.rentals.len());
            let body = ListRentals {
                filter: self.filter.clone(),
                status: self.status,
                product_id: self.product,
                sort: self.sort,
                is_ascending: self.ascending,
                limit: Some(missing.min(ROWS_PER_ANSWER)),
                cursor: whole.next,
                at,
            };
            let page: Page = session.ask(Context::Totalview, "list", &body).await?;
            if whole.rentals.is_empty() {
                (whole.positions, whole.matching) = (page.positions, page.matching);
            }
            whole.rentals.extend(page.rentals);
            whole.next = page.next;
            if whole.next.is_none() || self.missing(whole.rentals.len()) == 0 {
                return Ok(whole);
            }
        }
    }

    /// Whether the order context can answer in totalview's place.
    fn is_plain(&self) -> bool {
        self.filter.is_empty() && self.sort == Sort::Order && !self.ascending
    }

    /// The order context knows neither payment nor delivery, and no filter by product.
    async fn ask_order(&self, session: &Session) -> Result<OrderPage, Failure> {
        // Its pages begin at an order id, totalview's behind one.
        let begin = self.cursor.map(|cursor| cursor.order().saturating_sub(1));
        let mut whole = OrderPage { next: begin, ..OrderPage::default() };
        loop {
            let missing = self.missing(whole.orders.len());
            let limit = Some(missing.min(ROWS_PER_ANSWER));
            let body = ListOrders { status: self.status.map(coarse), limit, cursor: whole.next };
            let page: OrderPage = session.ask(Context::Order, "list", &body).await?;
            let is_wanted = |order: &Order| self.product.is_none_or(|product| order.product_id == product);
            whole.orders.extend(page.orders.into_iter().filter(is_wanted));
            whole.next = page.next;
            if whole.next.is_none() || self.missing(whole.orders.len()) == 0 {
                return Ok(whole);
            }
        }
    }

    fn missing(&self, found: usize) -> u32 {
        self.limit.saturating_sub(u32::try_from(found).unwrap_or(u32::MAX))
    }
}

/// The order context's word for where a rental stands.
fn coarse(status: Status) -> OrderStatus {
    match status {
        Status::Requested | Status::Paid | Status::Active => OrderStatus::Active,
        Status::Cancelling | Status::Cancelled => OrderStatus::Cancelled,
        Status::Short | Status::ShortCancelled => OrderStatus::Short,
        Status::Ending | Status::Ended => OrderStatus::Ended,
    }
}

fn heading() -> Table<9> {
    Table::new([
        ("ORDER", Align::Right),
        ("PRODUCT", Align::Left),
        ("QTY", Align::Right),
        ("AMOUNT", Align::Right),
        ("STATUS", Align::Left),
        ("PAYMENT", Align::Left),
        ("DELIVERY", Align::Left),
        ("LAST EVENT", Align::Left),
        ("AT", Align::Left),
    ])
}

fn table(rows: &[Row], output: &Output<'_>) -> Table<9> {
    let mut table = heading();
    for row in rows {
        table.row([
            row.order_id.to_string(),
            product(row).unwrap_or_default(),
            row.qty.map(|qty| qty.to_string()).unwrap_or_default(),
            row.amount.map(money).unwrap_or_default(),
            row.status().word().to_owned(),
            word(&row.payment()),
            word(&row.delivery()),
            row.last_event.to_string(),
            output.time(row.last_at),
        ]);
    }
    table
}

fn order_table(orders: &[Order], output: &Output<'_>) -> Table<9> {
    let mut table = heading();
    for order in orders {
        table.row([
            order.order_id.to_string(),
            order.product_id.to_string(),
            order.qty.to_string(),
            money(order.amount),
            word(&order.status),
            String::new(),
            String::new(),
            String::new(),
            output.time(order.requested.at),
        ]);
    }
    table
}

fn status() -> impl TypedValueParser<Value = Status> {
    PossibleValuesParser::new(Status::ALL.map(Status::word)).try_map(|word| word.parse::<Status>())
}

fn limit(text: &str) -> Result<u32, &'static str> {
    let limit = text.trim().parse().ok().filter(|limit| (1..=100_000).contains(limit));
    limit.ok_or("expected a number of orders: 1 to 100000")
}

fn sort() -> impl TypedValueParser<Value = Sort> {
    PossibleValuesParser::new(Sort::ALL.map(Sort::word)).try_map(|word| word.parse::<Sort>())
}

/// The cursor of a page that begins at this order id.
fn before(order: u64) -> Cursor {
    Cursor::behind_order(order.saturating_add(1), false)
}

fn now() -> UnixMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::printed;

    #[test]
    fn orders_are_shown_as_rows() {
        let row: Row = serde_json::from_value(json!({
            "orderId": 12, "productId": 2, "productName": "맥북", "qty": 10, "amount": 30_000, "charged": 30_000,
            "refunded": null, "requestedAt": 1_587_605_794_123_u64, "lastEvent": "FeeReceived",
            "lastAt": 1_587_605_795_000_u64, "seen": 0b10_0100, "status": "paid", "payment": "charged",
        }))
        .unwrap();
        let early: Row = serde_json::from_value(json!({
            "orderId": 3, "productId": null, "qty": null, "amount": null, "charged": null, "refunded": 0,
            "requestedAt": null, "lastEvent": "FeeRefundCompleted", "lastAt": 1_587_605_795_000_u64,
            "seen": 0b1_0001_0000_0000,
        }))
        .unwrap();
        printed(false, |output| {
            insta::assert_snapshot!(table(&[row, early], output), @"
            ORDER  PRODUCT  QTY      AMOUNT  STATUS      PAYMENT   DELIVERY  LAST EVENT          AT
               12  2 맥북    10  30,000 won  paid        charged   waiting   FeeReceived         2020-04-23 10:36:35
                3                            cancelling  refunded  waiting   FeeRefundCompleted  2020-04-23 10:36:35
            ");
        });
    }

    #[test]
    fn rows_are_handed_on_as_they_came() {
        let page: Page = serde_json::from_str(
            r#"{"rentals":[{"z":1,"a":"x"}],"next":"qty.up.7.2","matching":9,"heard":{"order":3}}"#,
        )
        .unwrap();
        let (out, _) = printed(true, |output| output.json(&page).unwrap());
        assert_eq!(
            out,
            "{\"rentals\":[{\"z\":1,\"a\":\"x\"}],\"next\":\"qty.up.7.2\",\"matching\":9,\"heard\":{\"order\":3}}\n"
        );
    }
}
