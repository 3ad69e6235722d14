//! Asking twice.

use rental_model::Context;
use rental_model::totalview::Status;
use rental_tests::{Shop, assert_sound, code, names};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_order_again_is_the_same_answer_and_another_content_a_conflict() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let first = shop.request(2, 2, 10, 10).await?;
    assert_eq!(shop.request(2, 2, 10, 10).await?, first);
    for (product, qty, amount) in [(1, 10, 10), (2, 11, 10), (2, 10, 11)] {
        assert_eq!(code(&shop.request(2, product, qty, amount).await), Some(409));
    }
    shop.until_status(2, Status::Active).await?;
    let books = assert_sound(&shop).await?;
    assert_eq!((books.orders.len(), books.charged), (1, 10));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_makes_a_retry_safe_even_without_an_order_id() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let body = json!({ "productId": 1, "qty": 1, "amount": 5, "requestId": "till-1/42", "actor": "김" });
    let first = shop.call(Context::Order, "request", &body).await?;
    assert_eq!(shop.call(Context::Order, "request", &body).await?, first);
    shop.worker(Context::Order).restart().await?;
    shop.settle().await?;
    assert_eq!(shop.call(Context::Order, "request", &body).await?, first, "the answer is kept over a restart");
    let other = json!({ "productId": 1, "qty": 2, "amount": 5, "requestId": "till-1/42" });
    assert_eq!(code(&shop.call(Context::Order, "request", &other).await), Some(409));
    let order = first["orderId"].as_u64().unwrap();
    let rental = shop.until_status(order, Status::Active).await?;
    let requested = &rental.timeline.0[0];
    assert_eq!((requested.cause.as_deref(), requested.actor.as_deref()), (Some("till-1/42"), Some("김")));
    let books = assert_sound(&shop).await?;
    assert_eq!(books.orders.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_twice_is_cancelling_once() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    shop.request(1, 1, 1, 10).await?;
    let first = shop.cancel(1).await?;
    assert_eq!(shop.cancel(1).await?, first);
    shop.until_status(1, Status::Cancelled).await?;
    assert_eq!(shop.cancel(1).await?, first);
    let events = shop.events_of(1).await?;
    assert_eq!(names(&events).iter().filter(|name| **name == "RentalCancellationOccured").count(), 1);
    assert_eq!(names(&events).iter().filter(|name| **name == "FeeRefundCompleted").count(), 1);
    assert_eq!(names(&events).iter().filter(|name| **name == "RetriveStarted").count(), 1);
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_must_name_a_known_order_and_its_own_product() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    assert_eq!(code(&shop.cancel(99).await), Some(404));
    shop.request(1, 1, 1, 10).await?;
    let wrong = shop.call(Context::Order, "cancel", &json!({ "orderId": 1, "productId": 2 })).await;
    assert_eq!(code(&wrong), Some(409));
    assert!(wrong.unwrap_err().to_string().contains("order 1 is for product 1, not 2"));
    shop.until_status(1, Status::Active).await?;
    assert_eq!(shop.events_of(1).await?.len(), 4, "a refusal left events behind");
    shop.call(Context::Order, "cancel", &json!({ "orderId": 1, "productId": 1 })).await?;
    shop.until_status(1, Status::Cancelled).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shortage_leaves_nothing_to_cancel() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    shop.request(1, 1, 101, 10).await?;
    shop.until_status(1, Status::ShortCancelled).await?;
    rental_tests::eventually("the order context knows of the shortage", async || {
        shop.call(Context::Order, "get", &json!({ "orderId": 1 })).await.ok().filter(|order| order["status"] == "short")
    })
    .await?;
    assert_eq!(code(&shop.cancel(1).await), Some(409));
    assert_sound(&shop).await?;
    Ok(())
}
