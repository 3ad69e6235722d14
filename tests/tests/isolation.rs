//! What works while one context is down, and that it catches up.

use rental_bus::CallError;
use rental_model::totalview::Status;
use rental_model::{Code, Context};
use rental_tests::{Shop, assert_sound, eventually, names};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn without_inventory_a_request_fails_fast_and_records_nothing() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.worker(Context::Inventory).stop(Duration::from_secs(10)).await?;
    // Refused in words; `request` itself gives up without any after ten.
    let outcome = shop.request(1, 1, 1, 10).await;
    let Err(CallError::Refused(refusal)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.code, Code::Unavailable);
    let output = shop.command(&["request", "--order", "1", "--product", "1", "--qty", "1", "--amount", "10"])?;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    shop.worker(Context::Inventory).restart().await?;
    shop.settle().await?;
    assert!(shop.events_of(1).await?.is_empty(), "a failed request left events behind");
    assert!(shop.call(Context::Order, "get", &json!({ "orderId": 1 })).await.is_err());
    shop.request(1, 1, 1, 10).await?;
    shop.until_status(1, Status::Active).await?;
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_inventory_is_given_up_before_the_caller_gives_up() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.worker(Context::Inventory).pause()?;
    let outcome = shop.request(1, 1, 1, 10).await;
    let Err(CallError::Refused(refusal)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.code, Code::Unavailable);
    shop.worker(Context::Inventory).resume()?;
    shop.settle().await?;
    assert!(shop.events_of(1).await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_taken_without_billing_logistics_or_totalview_and_each_catches_up_once() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    for (order, down) in [(1, Context::Billing), (2, Context::Logistics), (3, Context::Totalview)] {
        shop.worker(down).stop(Duration::from_secs(10)).await?;
        shop.request(order, 1, 1, 10).await?;
        let told = shop.call(Context::Order, "get", &json!({ "orderId": order })).await?;
        assert_eq!(told["status"], "active");
        shop.worker(down).restart().await?;
        shop.settle().await?;
        shop.until_status(order, Status::Active).await?;
        let events =
            eventually("four events", async || shop.events_of(order).await.ok().filter(|e| e.len() == 4)).await?;
        let mut seen = names(&events);
        seen.sort_unstable();
        assert_eq!(seen, ["DeliveryStarted", "FeeReceived", "RentalRequested", "StockReserved"], "with {down} down");
    }
    let books = assert_sound(&shop).await?;
    assert_eq!(books.charged, 30);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_that_billing_receives_late_is_refunded_once() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.worker(Context::Billing).stop(Duration::from_secs(10)).await?;
    shop.request(1, 1, 1, 10).await?;
    shop.cancel(1).await?;
    shop.worker(Context::Billing).restart().await?;
    shop.settle().await?;
    shop.until_status(1, Status::Cancelled).await?;
    shop.until_available(1, 100).await?;
    let books = assert_sound(&shop).await?;
    assert_eq!(books.charged, books.refunded);
    Ok(())
}
