//! The stock check, and the stock itself.

use rental_bus::CallError;
use rental_model::totalview::Status;
use rental_model::{Context, Kind};
use rental_tests::{Shop, assert_sound, code};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_remaining_stock_is_no_shortage() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    shop.request(1, 1, 100, 1).await?;
    shop.until_status(1, Status::Active).await?;
    shop.until_available(1, 0).await?;
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_wants_to_be_refused_is_told_what_is_available_and_records_nothing() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let body = json!({ "productId": 2, "qty": 101, "amount": 10, "onShortage": "refuse" });
    let outcome = shop.call(Context::Order, "request", &body).await;
    let Err(CallError::Refused(refusal)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(u16::from(refusal.code), 409);
    assert_eq!(refusal.facts["available"], 100);
    let books = assert_sound(&shop).await?;
    assert!(books.orders.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_requests_for_ten_of_a_hundred_exactly_ten_hold() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let mut asking = tokio::task::JoinSet::new();
    for order in 1..=50_u64 {
        let desk = shop.desk.clone();
        asking.spawn(async move {
            let on_shortage = if order % 2 == 0 { "refuse" } else { "compensate" };
            let body = json!({ "orderId": order, "productId": 1, "qty": 10, "amount": 100, "onShortage": on_shortage });
            desk.call::<serde_json::Value>(Context::Order, "request", &body, std::time::Duration::from_secs(10)).await
        });
    }
    let mut taken = 0;
    while let Some(outcome) = asking.join_next().await {
        match outcome? {
            Ok(_) => taken += 1,
            refused => assert_eq!(code(&refused), Some(409), "{refused:?}"),
        }
    }
    let books = assert_sound(&shop).await?;
    assert_eq!(books.orders.len(), taken);
    assert_eq!(books.with(Kind::StockReserved), 10);
    assert_eq!(books.with(Kind::StockShort), taken - 10);
    assert_eq!(books.with(Kind::DeliveryStarted), 10, "only what is set aside leaves");
    assert_eq!(books.charged - books.refunded, 10 * 100);
    assert_eq!(shop.stock(1).await?["qty"], 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_is_seeded_once_and_survives_a_restart() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.request(1, 1, 30, 1).await?;
    shop.until_available(1, 70).await?;
    shop.worker(Context::Inventory).restart().await?;
    shop.settle().await?;
    let stock = shop.stock(1).await?;
    assert_eq!((&stock["productId"], &stock["productName"], &stock["qty"]), (&json!(1), &json!("IPAD"), &json!(70)));
    let list = shop.call(Context::Inventory, "list", &json!({})).await?;
    let names: Vec<_> = list["products"].as_array().unwrap().iter().map(|product| &product["productName"]).collect();
    assert_eq!(names, ["IPAD", "MACBOOK", "EARPHONE"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_product_can_be_rented_and_a_miscount_corrected() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let new = json!({ "productName": "캠코더", "qty": 2 });
    let registered = shop.call(Context::Inventory, "register", &new).await?;
    assert_eq!(registered["productId"], 4);
    let wrong = json!({ "productId": 4, "delta": -3, "reason": "counted" });
    assert_eq!(code(&shop.call(Context::Inventory, "adjust", &wrong).await), Some(409));
    shop.call(Context::Inventory, "adjust", &json!({ "productId": 4, "delta": -1, "reason": "counted" })).await?;
    shop.request(1, 4, 1, 5).await?;
    shop.until_status(1, Status::Active).await?;
    shop.until_available(4, 0).await?;
    assert_sound(&shop).await?;
    Ok(())
}
