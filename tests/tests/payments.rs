//! An outside payment provider, played to the end: charges, refunds, a refusal, silence, and by hand.
//!
//! [`TestProvider`] is all that a provider needs: it receives what it is asked for, asks for what it
//! missed while it was away, and says what became of it. The order id is its idempotency key, once
//! for the charge and once for the refund.

use async_nats::Subscriber;
use futures_util::StreamExt;
use rental_model::totalview::{Payment, Status};
use rental_model::{Context, Event, Kind};
use rental_tests::{PATIENCE, Raw, Shop, assert_sound, eventually, names};
use serde_json::{Value, json};

struct TestProvider {
    raw: Raw,
    charges: Subscriber,
    refunds: Subscriber,
}

impl TestProvider {
    async fn connect(shop: &Shop) -> anyhow::Result<Self> {
        let raw = Raw::connect(shop, "payments").await?;
        let charges = raw.client.subscribe("rental.events.billing.ChargeRequested.*").await?;
        let refunds = raw.client.subscribe("rental.events.billing.RefundRequested.*").await?;
        raw.client.flush().await?;
        Ok(Self { raw, charges, refunds })
    }

    /// The next charge, or refund, it is asked for.
    async fn next(requests: &mut Subscriber) -> anyhow::Result<Value> {
        let message = tokio::time::timeout(PATIENCE, requests.next()).await?.expect("the subscription lasts");
        Ok(serde_json::from_slice(&message.payload)?)
    }

    async fn asked_to_charge(&mut self) -> anyhow::Result<Value> {
        Self::next(&mut self.charges).await
    }

    async fn asked_to_refund(&mut self) -> anyhow::Result<Value> {
        Self::next(&mut self.refunds).await
    }

    /// What it was asked for while it was away.
    async fn missed(&self) -> anyhow::Result<Vec<Value>> {
        let (_, page) = self.raw.ask("rental.billing.open", b"{}").await?;
        Ok(page["open"].as_array().cloned().unwrap_or_default())
    }

    async fn settles(&self, word: Value) -> anyhow::Result<(Option<u16>, Value)> {
        self.raw.ask("rental.billing.settle", word.to_string().as_bytes()).await
    }
}

async fn until_payment(shop: &Shop, order: u64, payment: Payment) -> anyhow::Result<()> {
    eventually(&format!("order {order} shows {payment:?}"), async || {
        shop.rental(order).await.filter(|rental| rental.rental.payment() == payment).map(drop)
    })
    .await
}

async fn alerts(shop: &Shop) -> Vec<String> {
    let status = shop.call(Context::Billing, "status", &json!({})).await.unwrap_or_default();
    serde_json::from_value(status["troubles"].clone()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_done_when_the_provider_says_so_and_not_before() -> anyhow::Result<()> {
    let shop = Shop::open_with(&["--payment", "deferred"]).await?;
    let mut provider = TestProvider::connect(&shop).await?;
    shop.request(1, 1, 2, 30_000).await?;
    let asked = provider.asked_to_charge().await?;
    assert_eq!((&asked["orderId"], &asked["amount"]), (&json!(1), &json!(30_000)));
    let (code, answer) = provider.settles(json!({ "orderId": 1, "outcome": "charged" })).await?;
    assert_eq!((code, &answer["eventType"]), (None, &json!("FeeReceived")));
    shop.until_status(1, Status::Active).await?;

    shop.cancel(1).await?;
    let asked = provider.asked_to_refund().await?;
    assert_eq!((&asked["orderId"], &asked["amount"]), (&json!(1), &json!(30_000)));
    until_payment(&shop, 1, Payment::Refunding).await?;
    let so_far = names(&shop.events_of(1).await?).join(" ");
    assert!(!so_far.contains("FeeRefundCompleted") && !so_far.contains("RetriveStarted"), "{so_far}");

    let (code, answer) = provider.settles(json!({ "orderId": 1, "outcome": "refunded", "amount": 7 })).await?;
    assert_eq!(code, Some(409), "another sum settles nothing: {answer}");
    let (_, paid) = provider.settles(json!({ "orderId": 1, "outcome": "refunded", "amount": 30_000 })).await?;
    let (_, again) = provider.settles(json!({ "orderId": 1, "outcome": "refunded" })).await?;
    assert_eq!((&paid["eventType"], &paid), (&json!("FeeRefundCompleted"), &again));
    assert_eq!(paid.get("byHand"), None);
    shop.until_status(1, Status::Cancelled).await?;
    shop.until_available(1, 100).await?;
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_refund_waits_for_a_person_who_asks_again_or_settles_it() -> anyhow::Result<()> {
    let shop = Shop::open_with(&["--payment", "deferred"]).await?;
    let mut provider = TestProvider::connect(&shop).await?;
    shop.request(7, 1, 1, 500).await?;
    provider.asked_to_charge().await?;
    provider.settles(json!({ "orderId": 7, "outcome": "charged" })).await?;
    shop.until_status(7, Status::Active).await?;
    shop.cancel(7).await?;
    provider.asked_to_refund().await?;
    provider.settles(json!({ "orderId": 7, "outcome": "refundDeclined", "reason": "card closed" })).await?;
    until_payment(&shop, 7, Payment::RefundDeclined).await?;
    eventually("billing says that a person is needed", async || {
        alerts(&shop).await.iter().any(|text| text.contains("1 refund declined")).then_some(())
    })
    .await?;
    let status = String::from_utf8(shop.command(&["status"])?.stdout)?;
    assert!(status.contains("1 refund declined by the payment provider, order 7"), "{status}");
    // Whoever asks the worker on its machine is told the same.
    let mut health = std::process::Command::new(rental_tests::program("rental-worker")?);
    let health = health.args(["health", "billing", "--home"]).arg(shop.home()).output()?;
    let said = String::from_utf8_lossy(&health.stdout).into_owned();
    assert_eq!(health.status.code(), Some(6), "{said}");
    assert!(said.starts_with("alert: billing: 1 refund declined by the payment provider, order 7"), "{said}");
    let order = String::from_utf8(shop.command(&["order", "7"])?.stdout)?;
    assert!(order.contains("refund declined by the payment provider"), "{order}");
    let (code, list) = shop.command_json(&["payments", "list"])?;
    assert_eq!((code, &list["open"][0]["reason"]), (0, &json!("card closed")));

    assert_eq!(shop.command(&["payments", "retry", "--order", "7"])?.status.code(), Some(0));
    let asked = provider.asked_to_refund().await?;
    assert_eq!((&asked["orderId"], &asked["attempt"]), (&json!(7), &json!(2)));
    until_payment(&shop, 7, Payment::Refunding).await?;

    // Staff may not speak as the provider, only as themselves and with a reason.
    let without = shop.command(&["payments", "settle", "--order", "7", "--outcome", "refunded"])?;
    assert_eq!(without.status.code(), Some(2));
    let settle = ["payments", "settle", "--order", "7", "--outcome", "refunded", "--reason", "in cash"];
    let (code, event) = shop.command_json(&settle)?;
    assert_eq!((code, &event["byHand"]), (0, &json!("in cash")));
    let (code, answer) = provider.settles(json!({ "orderId": 7, "outcome": "refunded" })).await?;
    assert_eq!(code, Some(409), "both may have paid, and that is said: {answer}");
    assert_eq!(shop.command(&["payments", "retry", "--order", "7"])?.status.code(), Some(1));
    shop.until_status(7, Status::Cancelled).await?;
    assert_eq!(alerts(&shop).await, [""; 0]);
    let refunds = shop.events_of(7).await?;
    let by_hand = refunds.iter().find(|recorded| recorded.event.kind() == Kind::FeeRefunded).unwrap();
    assert_eq!(by_hand.actor.as_deref(), Some("kim"));
    assert!(matches!(&by_hand.event, Event::FeeRefunded { by_hand: Some(why), .. } if why.as_str() == "in cash"));
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_provider_is_told_and_finds_what_it_missed_when_it_is_back() -> anyhow::Result<()> {
    let mut shop = Shop::open_with(&["--payment", "deferred", "--payment-patience", "0"]).await?;
    shop.request(3, 2, 1, 900).await?;
    eventually("the silence is told", async || {
        alerts(&shop).await.iter().any(|text| text.contains("1 charge asked for and not answered")).then_some(())
    })
    .await?;
    // Cancelled while the charge is under way: what it brings goes straight back.
    shop.cancel(3).await?;
    shop.worker(Context::Billing).kill()?;
    shop.worker(Context::Billing).restart().await?;
    shop.settle().await?;
    let mut provider = TestProvider::connect(&shop).await?;
    let missed =
        eventually("the charge is listed", async || provider.missed().await.ok().filter(|missed| missed.len() == 1))
            .await?;
    assert_eq!(
        (&missed[0]["orderId"], &missed[0]["what"], &missed[0]["amount"]),
        (&json!(3), &json!("charge"), &json!(900))
    );
    shop.until_quiet().await?;
    provider.settles(json!({ "orderId": 3, "outcome": "charged" })).await?;
    let asked = provider.asked_to_refund().await?;
    assert_eq!((&asked["orderId"], &asked["amount"]), (&json!(3), &json!(900)));
    provider.settles(json!({ "orderId": 3, "outcome": "refunded" })).await?;
    shop.until_status(3, Status::Cancelled).await?;
    assert!(provider.missed().await?.is_empty());
    shop.until_available(2, 100).await?;
    assert_sound(&shop).await?;
    Ok(())
}
