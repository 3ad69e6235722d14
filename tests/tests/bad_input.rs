//! What must not be taken, on every subject.

use rental_model::Context;
use rental_tests::{Raw, Shop, assert_sound, code};
use serde_json::json;

/// Every endpoint that reads a body of its own.
const ENDPOINTS: [&str; 25] = [
    "rental.order.request",
    "rental.order.cancel",
    "rental.order.end",
    "rental.order.get",
    "rental.order.list",
    "rental.inventory.check",
    "rental.inventory.get",
    "rental.inventory.register",
    "rental.inventory.adjust",
    "rental.inventory.checkin",
    "rental.billing.get",
    "rental.billing.settle",
    "rental.billing.retry",
    "rental.billing.resolve",
    "rental.billing.open",
    "rental.logistics.get",
    "rental.totalview.get",
    "rental.totalview.list",
    "rental.totalview.stats",
    "rental.order.journal",
    "rental.order.parked.retry",
    "rental.inventory.parked.drop",
    "rental.billing.parked.retry",
    "rental.logistics.parked.drop",
    "rental.totalview.parked.retry",
];

#[tokio::test(flavor = "multi_thread")]
async fn junk_on_any_subject_is_refused_and_the_worker_lives() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let (staff, provider) = (Raw::connect(&shop, "staff").await?, Raw::connect(&shop, "payments").await?);
    let deep = "[".repeat(15_000);
    let junk: [&[u8]; 7] = [
        b"{",
        b"[1,2]",
        b"null",
        b"\xff\xfe\x00\x80 not text",
        b"{\"noSuchField\":1}",
        deep.as_bytes(),
        &vec![b'x'; 60_000],
    ];
    for subject in ENDPOINTS {
        let raw = if subject == "rental.billing.settle" { &provider } else { &staff };
        for body in junk {
            let (code, answer) = raw.ask(subject, body).await?;
            assert_eq!(code, Some(400), "{subject} took {:?}: {answer}", &body[..body.len().min(20)]);
            assert_eq!(answer["error"]["code"], 400);
            assert!(answer["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{answer}");
        }
    }
    for context in Context::ALL {
        let status = shop.call(context, "status", &json!({})).await?;
        assert_eq!(status["parked"], 0);
    }
    shop.request(1, 1, 1, 1).await?;
    let books = assert_sound(&shop).await?;
    assert_eq!(books.orders.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_means_nothing_is_refused_and_names_the_field() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let good = json!({ "orderId": 1, "productId": 1, "qty": 1, "amount": 1 });
    for (field, bad) in [
        ("qty", json!(0)),
        ("qty", json!(-1)),
        ("qty", json!(1.5)),
        ("qty", json!("ten")),
        ("qty", json!(null)),
        ("qty", json!(5_000_000_000_u64)),
        ("amount", json!(-1)),
        ("amount", json!("10")),
        ("amount", json!(1e20)),
        ("productId", json!(0)),
        ("productId", json!("IPAD")),
        ("orderId", json!(-7)),
        ("orderId", json!(0)),
        ("onShortage", json!("maybe")),
        ("requestId", json!("")),
        ("requestId", json!("a\nb")),
        ("actor", json!(5)),
    ] {
        let mut body = good.clone();
        body[field] = bad.clone();
        let outcome = shop.call(Context::Order, "request", &body).await;
        assert_eq!(code(&outcome), Some(400), "{field} = {bad}: {outcome:?}");
        assert!(outcome.unwrap_err().to_string().contains(field), "{field} = {bad}");
    }
    for field in ["productId", "qty", "amount"] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(field);
        let outcome = shop.call(Context::Order, "request", &body).await;
        assert_eq!(code(&outcome), Some(400), "without {field}");
        assert!(outcome.unwrap_err().to_string().contains(field), "without {field}");
    }
    let unknown = json!({ "productId": 9, "qty": 1, "amount": 1 });
    let outcome = shop.call(Context::Order, "request", &unknown).await;
    assert_eq!(code(&outcome), Some(404));
    assert!(outcome.unwrap_err().to_string().contains("1 IPAD"), "the known products are named");
    let books = assert_sound(&shop).await?;
    assert!(books.orders.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_read_is_parked_and_the_rest_goes_on() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    // Logistics is away, and somebody with its key publishes what is no event.
    shop.worker(Context::Logistics).kill()?;
    let raw = Raw::connect(&shop, "logistics").await?;
    let jetstream = async_nats::jetstream::new(raw.client.clone());
    for junk in [&b"\xff\xfejunk"[..], br#"{"eventType":"Later","timestamp":"20260101000000"}"#] {
        jetstream.publish("rental.events.logistics.Junk.1", junk.to_vec().into()).await?.await?;
    }
    shop.request(1, 1, 1, 1).await?;
    for listener in [Context::Order, Context::Inventory, Context::Totalview] {
        let list = rental_tests::eventually(&format!("{listener} has parked two"), async || {
            let list = shop.call(listener, "parked.list", &json!({})).await.ok()?;
            (list["parked"].as_array()?.len() == 2).then_some(list)
        })
        .await?;
        let first = &list["parked"][0];
        assert_eq!(first["payload"], "//5qdW5r", "the raw bytes are kept");
        assert!(first["reason"].as_str().unwrap().contains("not an event"), "{first}");
        assert!(list["parked"][1]["reason"].as_str().unwrap().contains("unknown eventType \"Later\""));
        let retried = shop.call(listener, "parked.retry", &json!({ "id": first["id"] })).await;
        assert_eq!(code(&retried), Some(409), "{retried:?}");
        let without = shop.call(listener, "parked.drop", &json!({ "id": first["id"] })).await;
        assert_eq!(code(&without), Some(400), "a drop needs a reason");
        for parked in list["parked"].as_array().unwrap() {
            let body = json!({ "id": parked["id"], "reason": "a test" });
            shop.call(listener, "parked.drop", &body).await?;
        }
        assert_eq!(shop.call(listener, "status", &json!({})).await?["parked"], 0);
    }
    // The others went on meanwhile.
    rental_tests::eventually("order 1 is paid", async || shop.rental(1).await.filter(|r| r.rental.charged.is_some()))
        .await?;
    Ok(())
}
