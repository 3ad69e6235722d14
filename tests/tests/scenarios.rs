//! The three scenarios of the contract, seen by a plain NATS client.

use rental_model::totalview::Status;
use rental_tests::{Raw, Shop, assert_sound, read_all};
use serde_json::{Value, json};

/// The seven events' exact field names, in the original's words.
fn fields(body: &Value) -> Vec<&str> {
    let mut names: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

fn of_type<'a>(seen: &'a [(String, Value)], kind: &str) -> &'a Value {
    let found: Vec<_> = seen.iter().filter(|(_, body)| body["eventType"] == kind).collect();
    assert_eq!(found.len(), 1, "{kind} in {seen:#?}");
    let (subject, body) = found[0];
    assert!(subject.contains(kind) && subject.ends_with(".2"), "{subject}");
    let stamp = body["timestamp"].as_str().unwrap();
    assert!(stamp.len() == 14 && stamp.starts_with("20") && stamp.bytes().all(|b| b.is_ascii_digit()), "{stamp}");
    assert_eq!(body["me"], true, "{body}");
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rental_is_charged_and_delivered_and_a_cancellation_undoes_it() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let raw = Raw::connect(&shop, "staff").await?;
    let onlooker = Raw::connect(&shop, "inspect").await?;
    let mut events = onlooker.client.subscribe("rental.events.>").await?;
    onlooker.client.flush().await?;

    let body = json!({ "orderId": 2, "productId": 2, "qty": 10, "amount": 10 }).to_string();
    let (code, answer) = raw.ask("rental.order.request", body.as_bytes()).await?;
    assert_eq!(code, None, "{answer}");
    assert_eq!(answer["eventType"], "RentalRequested");
    let seen = read_all(&mut events, 4).await?;
    let requested = of_type(&seen, "RentalRequested");
    assert_eq!(fields(requested), ["amount", "eventType", "id", "me", "orderId", "productId", "qty", "timestamp"]);
    assert_eq!((&requested["qty"], &requested["amount"], &requested["productId"]), (&json!(10), &json!(10), &json!(2)));
    let received = of_type(&seen, "FeeReceived");
    assert_eq!(fields(received), ["amount", "eventType", "id", "me", "orderId", "timestamp"]);
    assert_eq!(received["amount"], 10);
    let started = of_type(&seen, "DeliveryStarted");
    assert_eq!(fields(started), ["eventType", "id", "logistisId", "me", "orderId", "timestamp"]);
    assert!(started["logistisId"].is_u64());
    of_type(&seen, "StockReserved");
    shop.until_status(2, Status::Active).await?;
    shop.until_available(2, 90).await?;

    let (code, answer) = raw.ask("rental.order.cancel", json!({ "orderId": 2 }).to_string().as_bytes()).await?;
    assert_eq!(code, None, "{answer}");
    let seen = read_all(&mut events, 4).await?;
    let cancelled = of_type(&seen, "RentalCancellationOccured");
    assert_eq!(fields(cancelled), ["eventType", "id", "me", "orderId", "productId", "timestamp"]);
    let refunded = of_type(&seen, "FeeRefundCompleted");
    assert_eq!((&refunded["amount"], &refunded["orderId"]), (&json!(10), &json!(2)));
    let retrieved = of_type(&seen, "RetriveStarted");
    assert_eq!(retrieved["dispatched"], true, "{retrieved}");
    of_type(&seen, "ItemsReturned");
    let order = |kind: &str| seen.iter().position(|(_, body)| body["eventType"] == kind).unwrap();
    assert!(order("RentalCancellationOccured") < order("FeeRefundCompleted"));
    assert!(order("FeeRefundCompleted") < order("RetriveStarted"));
    shop.until_status(2, Status::Cancelled).await?;
    shop.until_available(2, 100).await?;
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_beyond_the_stock_is_compensated() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let raw = Raw::connect(&shop, "staff").await?;
    let onlooker = Raw::connect(&shop, "inspect").await?;
    let mut events = onlooker.client.subscribe("rental.events.>").await?;
    onlooker.client.flush().await?;
    let body = json!({ "orderId": 2, "productId": 2, "qty": 110, "amount": 10 }).to_string();
    let (code, _) = raw.ask("rental.order.request", body.as_bytes()).await?;
    assert_eq!(code, None);
    let rental = shop.until_status(2, Status::ShortCancelled).await?;
    let charged = rental.rental.charged.map_or(0, rental_model::Won::get);
    assert_eq!(rental.rental.refunded.map(rental_model::Won::get), Some(charged), "refunded is what was charged");
    let seen = read_all(&mut events, rental.timeline.0.len()).await?;
    let shortage = of_type(&seen, "InventoryStockShortage");
    assert_eq!(fields(shortage), ["eventType", "me", "orderId", "productId", "timestamp"], "a shortage carries no id");
    of_type(&seen, "FeeRefundCompleted");
    of_type(&seen, "RetriveStarted");
    let left = seen.iter().any(|(_, body)| body["eventType"] == "DeliveryStarted");
    assert!(!left, "nothing was set aside for it: {seen:#?}");
    shop.until_available(2, 100).await?;
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rental_that_ends_is_retrieved_and_not_refunded() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    shop.request(7, 1, 3, 900).await?;
    shop.until_status(7, Status::Active).await?;
    let ended = rental_tests::eventually("order 7 can be ended", async || {
        shop.call(rental_model::Context::Order, "end", &json!({ "orderId": 7 })).await.ok()
    })
    .await?;
    assert_eq!(ended["eventType"], "RentalEnded");
    let rental = shop.until_status(7, Status::Ended).await?;
    assert_eq!(rental.rental.refunded, None);
    shop.until_available(1, 100).await?;
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_above_the_payment_limit_is_declined_and_the_rental_called_off() -> anyhow::Result<()> {
    let shop = Shop::open_with(&["--payment-limit", "1000"]).await?;
    shop.request(1, 1, 1, 1001).await?;
    let rental = shop.until_status(1, Status::Cancelled).await?;
    assert_eq!(rental.rental.reason.as_deref(), Some("payment declined"));
    assert_eq!(rental.rental.charged, None);
    shop.until_available(1, 100).await?;
    shop.request(2, 1, 1, 1000).await?;
    shop.until_status(2, Status::Active).await?;
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn retrieved_units_wait_for_staff_where_staff_check_in() -> anyhow::Result<()> {
    let shop = Shop::open_with(&["--check-in", "staff"]).await?;
    shop.request(1, 1, 5, 50).await?;
    shop.until_status(1, Status::Active).await?;
    rental_tests::eventually("the five units are out", async || {
        shop.stock(1).await.ok().filter(|stock| stock["out"] == 5)
    })
    .await?;
    shop.cancel(1).await?;
    rental_tests::eventually("the five units are on their way back", async || {
        shop.stock(1).await.ok().filter(|stock| stock["returning"] == 5)
    })
    .await?;
    let body = json!({ "orderId": 1, "down": 1, "lost": 1 });
    shop.call(rental_model::Context::Inventory, "checkin", &body).await?;
    let stock = shop.until_available(1, 98).await?;
    assert_eq!((&stock["down"], &stock["lost"], &stock["owned"]), (&json!(1), &json!(1), &json!(100)));
    assert_sound(&shop).await?;
    Ok(())
}
