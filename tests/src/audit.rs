//! The books of a shop at rest: does everything balance?

use crate::{Shop, eventually};
use anyhow::ensure;
use rental_bus::tail;
use rental_model::totalview::{Delivery, Page, Payment, Row};
use rental_model::{Context, Event, Fact, Kind};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// What the events of a shop add up to.
#[derive(Debug, Default)]
pub struct Books {
    /// Each order's events, by kind.
    pub orders: BTreeMap<u64, BTreeMap<Kind, Vec<Fact>>>,
    pub charged: u64,
    pub refunded: u64,
}

impl Books {
    pub async fn read(shop: &Shop) -> anyhow::Result<Self> {
        let mut books = Self::default();
        for fact in tail::history(&shop.desk, None).await? {
            match &fact.event {
                Event::FeeReceived { amount, .. } => books.charged += amount.get(),
                Event::FeeRefunded { amount, .. } => books.refunded += amount.get(),
                _ => {}
            }
            if let Some(order) = fact.event.order() {
                books.orders.entry(order.get()).or_default().entry(fact.event.kind()).or_default().push(fact);
            }
        }
        Ok(books)
    }

    /// How many orders have an event of this kind.
    pub fn with(&self, kind: Kind) -> usize {
        self.orders.values().filter(|events| events.contains_key(&kind)).count()
    }

    fn order_is_sound(&self, id: u64) -> anyhow::Result<()> {
        let events = &self.orders[&id];
        for (kind, facts) in events {
            ensure!(facts.len() == 1, "order {id} has {} events {kind}", facts.len());
        }
        let has = |kind| events.contains_key(&kind);
        let amount = |kind: Kind| match events.get(&kind).map(|facts| &facts[0].event) {
            Some(Event::FeeReceived { amount, .. } | Event::FeeRefunded { amount, .. }) => amount.get(),
            _ => 0,
        };
        ensure!(has(Kind::RentalRequested), "order {id} was never requested: {events:?}");
        let is_compensated = has(Kind::RentalCancelled) || has(Kind::StockShort);
        if is_compensated {
            ensure!(has(Kind::FeeRefunded), "order {id} was not refunded");
            ensure!(
                amount(Kind::FeeReceived) == amount(Kind::FeeRefunded),
                "order {id}: refunded is not what was charged"
            );
            ensure!(has(Kind::RetrievalStarted), "order {id} was not retrieved");
        } else {
            ensure!(has(Kind::FeeReceived), "order {id} is not paid");
            ensure!(has(Kind::DeliveryStarted), "order {id} was not delivered");
            ensure!(has(Kind::StockReserved), "order {id} holds no stock");
            ensure!(!has(Kind::FeeRefunded), "order {id} was refunded without a reason");
            ensure!(
                has(Kind::RetrievalStarted) == has(Kind::RentalEnded),
                "order {id}: retrieval without an end, or an end without"
            );
        }
        let is_back = has(Kind::StockReleased) || has(Kind::ItemsReturned);
        let is_over = has(Kind::RetrievalStarted);
        ensure!(is_back == (is_over && has(Kind::StockReserved)), "order {id}: its units are not where they should be");
        Ok(())
    }
}

/// Checks that a shop at rest is sound: streams without holes, events once, money and stock balanced, the view true.
pub async fn assert_sound(shop: &Shop) -> anyhow::Result<Books> {
    shop.until_quiet().await?;
    for context in Context::DECIDERS {
        let mut expected = 1;
        let tip = shop.desk.tip(context).await?;
        shop.desk
            .read_range(context, 1, tip.last, |message| {
                let is_next = message.number == expected;
                expected += u64::from(is_next);
                is_next
            })
            .await?;
        ensure!(expected == tip.last + 1, "the stream of {context} has a hole before {expected}");
    }
    let books = Books::read(shop).await?;
    for id in books.orders.keys() {
        books.order_is_sound(*id)?;
    }
    stock_is_sound(shop, &books).await?;
    view_is_true(shop, &books).await?;
    Ok(books)
}

async fn stock_is_sound(shop: &Shop, books: &Books) -> anyhow::Result<()> {
    let list = shop.call(Context::Inventory, "list", &json!({})).await?;
    for product in list["products"].as_array().into_iter().flatten() {
        let number = |name: &str| product[name].as_u64().unwrap_or_default();
        let buckets: u64 = ["qty", "held", "out", "returning", "down", "lost"].map(number).iter().sum();
        ensure!(buckets == number("owned"), "{product}: the buckets do not add up");
        let out: u64 = books
            .orders
            .values()
            .filter(|events| events.contains_key(&Kind::StockReserved) && !events.contains_key(&Kind::RetrievalStarted))
            .filter_map(|events| match events[&Kind::StockReserved][0].event {
                Event::StockReserved { product, qty, .. } if product.get() == number("productId") => {
                    Some(u64::from(qty.get()))
                }
                _ => None,
            })
            .sum();
        ensure!(out == number("out") + number("held"), "{product}: {out} should be out");
    }
    Ok(())
}

async fn view_is_true(shop: &Shop, books: &Books) -> anyhow::Result<()> {
    let rows = eventually("the view shows every order", async || {
        let rows = all_rows(shop).await.ok()?;
        (rows.len() == books.orders.len()).then_some(rows)
    })
    .await?;
    for row in rows {
        let events = &books.orders[&row.order_id.get()];
        let mut facts: Vec<&Fact> = events.values().flatten().collect();
        facts.sort_by_key(|fact| (fact.at, fact.event.kind()));
        let mut folded: Option<Row> = None;
        for fact in facts {
            match &mut folded {
                Some(folded) => drop(folded.note(fact)),
                None => folded = Row::begin(fact),
            }
        }
        let shown = Row { product_name: None, ..row };
        ensure!(Some(&shown) == folded.as_ref(), "the view shows {shown:?}, the events say {folded:?}");
        ensure!(
            shown.payment() != Payment::Waiting && shown.delivery() != Delivery::Returning,
            "{shown:?} is not at rest"
        );
    }
    Ok(())
}

async fn all_rows(shop: &Shop) -> anyhow::Result<Vec<Row>> {
    let (mut rows, mut cursor) = (Vec::new(), None);
    loop {
        let body = json!({ "limit": 1000, "cursor": cursor });
        let page: Page = shop.desk.call(Context::Totalview, "list", &body, Duration::from_secs(3)).await?;
        rows.extend(page.rentals);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(rows),
        }
    }
}
