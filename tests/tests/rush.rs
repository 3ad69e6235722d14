//! The last units, and more people than units: whoever would rather be refused is served or refused, never short.

use anyhow::Context as _;
use rental_model::{Context, Kind};
use rental_tests::{PATIENCE, Raw, Shop, assert_sound};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::timeout;

const CONNECTIONS: usize = 8;
const ASKING_AT_ONCE: u64 = 5;
const ROUNDS: usize = 6;

/// Asks for a rental, again where a busy machine had no time for the stock check.
async fn ask(desk: async_nats::Client, body: Value) -> anyhow::Result<Value> {
    let asking = async {
        loop {
            let answer = desk.request("rental.order.request", body.to_string().into()).await?;
            let answer: Value = serde_json::from_slice(&answer.payload)?;
            if answer["error"]["code"] != 503 {
                return anyhow::Ok(answer);
            }
        }
    };
    timeout(PATIENCE, asking).await.context("the stock check is never done")?
}

/// Everybody asks at once, over several connections. Answers with how many units were taken.
async fn rush(desks: &[Raw], product: &Value, qty: impl Fn(u64) -> u64) -> anyhow::Result<u64> {
    let mut asking = JoinSet::new();
    for desk in desks {
        for person in 0..ASKING_AT_ONCE {
            let (desk, qty) = (desk.client.clone(), qty(person));
            let body = json!({ "productId": product, "qty": qty, "amount": 10, "onShortage": "refuse" });
            asking.spawn(async move { (qty, ask(desk, body).await) });
        }
    }
    let mut taken = 0;
    while let Some(asked) = asking.join_next().await {
        let (qty, answer) = asked?;
        let answer = answer?;
        match &answer["error"]["code"] {
            Value::Null => taken += qty,
            code => assert_eq!(*code, json!(409), "{answer}"),
        }
    }
    Ok(taken)
}

async fn product(shop: &Shop, units: u64) -> anyhow::Result<Value> {
    let body = json!({ "productName": "LENS", "qty": units });
    Ok(shop.call(Context::Inventory, "register", &body).await?["productId"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_are_taken_as_there_are_units_from_any_number_of_connections() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let mut desks = Vec::new();
    for _ in 0..CONNECTIONS {
        desks.push(Raw::connect(&shop, "staff").await?);
    }
    let mut all = 0;
    for round in 0..ROUNDS {
        // One unit is the narrowest; the others ask for one each, and for one or two.
        let units = [1, 7, 13][round % 3];
        let lens = product(&shop, units).await?;
        let taken = rush(&desks, &lens, |person| 1 + u64::from(round > 2) * (person % 2)).await?;
        assert_eq!(taken, units, "round {round}");
        all += taken;
    }
    let books = assert_sound(&shop).await?;
    assert_eq!(books.with(Kind::StockShort), 0);
    assert!(books.with(Kind::StockReserved) <= usize::try_from(all)?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_too_large_to_be_served_does_not_have_others_refused() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let desk = Raw::connect(&shop, "staff").await?;
    for round in 0..10 {
        let lens = product(&shop, 1).await?;
        let large = json!({ "productId": lens, "qty": 5, "amount": 10, "onShortage": "compensate" });
        let small = json!({ "productId": lens, "qty": 1, "amount": 10, "onShortage": "refuse" });
        let (large, small) = tokio::join!(ask(desk.client.clone(), large), ask(desk.client.clone(), small));
        for answer in [large?, small?] {
            assert_eq!(answer["eventType"], "RentalRequested", "round {round}: {answer}");
        }
    }
    let books = assert_sound(&shop).await?;
    assert_eq!((books.with(Kind::StockReserved), books.with(Kind::StockShort)), (10, 10));
    Ok(())
}
