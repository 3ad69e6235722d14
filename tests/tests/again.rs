//! Asking again for what is there already: under the same name, another, or none.

use rental_model::Context;
use rental_model::totalview::Status;
use rental_tests::{Shop, assert_sound, code};
use serde_json::{Value, json};

/// The event of an answer, and what became of it since.
fn told(mut answer: Value) -> (Value, Value) {
    let became = answer.as_object_mut().and_then(|answer| answer.remove("became")).unwrap_or_default();
    (answer, became)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_that_was_answered_already_is_not_free_for_something_else() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    for order in [1, 2] {
        shop.request(order, 1, 1, 10).await?;
    }
    let first = shop.cancel(1).await?;
    let cancel = |order: u64| json!({ "orderId": order, "requestId": "c-2" });
    assert_eq!(shop.call(Context::Order, "cancel", &cancel(1)).await?, first);
    shop.worker(Context::Order).restart().await?;
    shop.settle().await?;
    assert_eq!(code(&shop.call(Context::Order, "cancel", &cancel(2)).await), Some(409));
    assert_eq!(shop.call(Context::Order, "cancel", &cancel(1)).await?, first);
    let page = shop.call(Context::Order, "journal", &json!({ "text": "c-2 already" })).await?;
    assert_eq!(page["entries"].as_array().map(Vec::len), Some(1), "{page}");
    shop.until_status(2, Status::Active).await?;
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_order_does_not_disappear_in_one_of_the_desk() -> anyhow::Result<()> {
    let shop = Shop::open_with(&["--first-order-id", "5000"]).await?;
    let mut body = json!({ "productId": 1, "qty": 1, "amount": 30000, "requestId": "desk-1" });
    let desk = shop.call(Context::Order, "request", &body).await?;
    assert_eq!(desk["orderId"], 5000, "allocated ids start where they were told to");
    body["orderId"] = json!(5000);
    body["requestId"] = json!("web-77");
    let web = shop.call(Context::Order, "request", &body).await;
    assert_eq!(code(&web), Some(409));
    assert!(web.unwrap_err().to_string().contains("another request"));
    body.as_object_mut().unwrap().remove("requestId");
    assert_eq!(shop.call(Context::Order, "request", &body).await?, desk, "who names no request gets the same answer");
    body["orderId"] = json!(1);
    shop.call(Context::Order, "request", &body).await?;
    let (code, refused) = shop.command_json(&["request", "--product=1", "--qty=1", "--amount=30000", "--order=1"])?;
    assert_eq!((code, &refused["error"]["code"]), (1, &json!(409)), "{refused}");
    let books = assert_sound(&shop).await?;
    assert_eq!(books.orders.len(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_again_is_told_what_became_of_the_order() -> anyhow::Result<()> {
    let shop = Shop::open_with(&["--payment-limit", "1000000"]).await?;
    let line = ["request", "--product=1", "--qty=1", "--amount=1000001", "--order=7", "--request-id=r-7"];
    let (code, first) = shop.command_json(&line)?;
    assert_eq!((code, told(first.clone()).1), (0, Value::Null));
    shop.until_status(7, Status::Cancelled).await?;
    let (code, again) = shop.command_json(&line)?;
    let became = json!({ "status": "cancelled", "reason": "payment declined" });
    assert_eq!((code, told(again)), (1, (first.clone(), became.clone())));
    let body = json!({ "orderId": 7, "productId": 1, "qty": 1, "amount": 1_000_001 });
    assert_eq!(told(shop.call(Context::Order, "request", &body).await?), (first, became));
    let said = shop.command(&line)?;
    assert_eq!(said.status.code(), Some(1));
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(
        out.is_empty() && err.contains("order 7") && err.contains("is cancelled now (payment declined)"),
        "{said:?}"
    );
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_stands_twice_is_refused_by_every_context() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    for (context, endpoint) in [
        (Context::Order, "request"),
        (Context::Order, "get"),
        (Context::Inventory, "check"),
        (Context::Inventory, "adjust"),
        (Context::Billing, "retry"),
        (Context::Logistics, "parked.drop"),
        (Context::Totalview, "list"),
        (Context::Totalview, "journal"),
        (Context::Order, "status"),
    ] {
        let body = br#"{"productId":1,"qty":1,"amount":1,"qty":100}"#.to_vec();
        let answer = shop.desk.call_raw(context, endpoint, body, rental_tests::PATIENCE).await;
        let answer = answer.map(|_| Value::Null);
        assert_eq!(code(&answer), Some(400), "{context} {endpoint}: {answer:?}");
        assert!(answer.unwrap_err().to_string().contains("\"qty\" stands there twice"), "{context} {endpoint}");
    }
    Ok(())
}
