//! What an engineer sees with the `nats` tool.

use futures_util::StreamExt;
use rental_model::Context;
use rental_model::totalview::Status;
use rental_tests::{PATIENCE, Raw, Shop, eventually};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn the_five_services_introduce_themselves_and_their_endpoints() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let raw = Raw::connect(&shop, "inspect").await?;
    let inbox = raw.client.new_inbox();
    let mut answers = raw.client.subscribe(inbox.clone()).await?;
    raw.client.publish_with_reply("$SRV.INFO", inbox, "".into()).await?;
    let mut services = BTreeMap::new();
    while services.len() < 5 {
        let answer = tokio::time::timeout(PATIENCE, answers.next()).await?.unwrap();
        let info: Value = serde_json::from_slice(&answer.payload)?;
        let endpoints = info["endpoints"].as_array().unwrap();
        let subjects: Vec<_> = endpoints.iter().map(|e| e["subject"].as_str().unwrap().to_owned()).collect();
        services.insert(info["name"].as_str().unwrap().to_owned(), subjects);
    }
    let names: Vec<_> = services.keys().map(String::as_str).collect();
    assert_eq!(names, ["rental-billing", "rental-inventory", "rental-logistics", "rental-order", "rental-totalview"]);
    let has = |service: &str, subject: &str| services[service].iter().any(|s| s == subject);
    assert!(has("rental-order", "rental.order.request") && has("rental-order", "rental.order.list"));
    assert!(has("rental-inventory", "rental.inventory.check") && has("rental-inventory", "rental.inventory.checkin"));
    for context in Context::ALL {
        assert!(has(&format!("rental-{context}"), &format!("rental.{context}.status")));
        assert!(has(&format!("rental-{context}"), &format!("rental.{context}.parked.list")));
        assert!(has(&format!("rental-{context}"), &format!("rental.{context}.journal")));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_and_consumers_show_who_lags() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let raw = Raw::connect(&shop, "inspect").await?;
    let info = async |subject: &str| -> Option<Value> {
        let answer = raw.client.request(subject.to_owned(), "".into()).await.ok()?;
        serde_json::from_slice(&answer.payload).ok()
    };
    // A worker serves before it receives; this one must have begun to.
    let receives = async || info("$JS.API.CONSUMER.INFO.ORDER.billing").await.filter(|info| info["error"].is_null());
    eventually("billing receives order", receives).await?;
    shop.worker(Context::Billing).stop(Duration::from_secs(10)).await?;
    for order in 1..=5 {
        shop.request(order, 1, 1, 1).await?;
    }
    let stream = info("$JS.API.STREAM.INFO.ORDER").await.unwrap();
    assert_eq!(stream["state"]["messages"], 5, "{stream}");
    assert_eq!(stream["config"]["deny_purge"], true);
    eventually("billing lags by five, logistics by none", async || {
        let billing = info("$JS.API.CONSUMER.INFO.ORDER.billing").await?;
        let logistics = info("$JS.API.CONSUMER.INFO.ORDER.logistics").await?;
        // One may have been on its way to billing when it stopped.
        let behind = billing["num_pending"].as_u64()? + billing["num_ack_pending"].as_u64()?;
        (behind == 5 && logistics["ack_floor"]["stream_seq"] == 5).then_some(())
    })
    .await?;
    shop.worker(Context::Billing).restart().await?;
    shop.settle().await?;
    shop.until_status(5, Status::Active).await?;
    eventually("billing lags no more", async || {
        let billing = info("$JS.API.CONSUMER.INFO.ORDER.billing").await?;
        (billing["num_pending"] == 0 && billing["ack_floor"]["stream_seq"] == 5).then_some(())
    })
    .await?;
    Ok(())
}
