//! An audit of a shop at work finds nothing: what moves is not amiss.

use rental_model::Context;
use rental_tests::{Shop, assert_sound};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const AUDITS: usize = 12;
const CUSTOMERS: u64 = 4;

/// Rents, and then keeps, cancels or ends, without a pause.
async fn customer(desk: rental_bus::Bus, lane: u64, is_over: Arc<AtomicBool>) {
    let ask = async |endpoint: &'static str, body: Value| {
        let answer: Result<Value, _> =
            desk.call(Context::Order, endpoint, &body, std::time::Duration::from_secs(3)).await;
        answer.is_ok()
    };
    for round in 0.. {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let order = 1 + round * CUSTOMERS + lane;
        let qty = if round % 5 == 0 { 90 } else { 1 };
        ask("request", json!({ "orderId": order, "productId": 1 + order % 3, "qty": qty, "amount": order })).await;
        match round % 3 {
            0 => drop(ask("cancel", json!({ "orderId": order })).await),
            1 => drop(ask("end", json!({ "orderId": order - CUSTOMERS })).await),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_under_constant_load_raises_no_false_alarm() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut customers = tokio::task::JoinSet::new();
    for lane in 0..CUSTOMERS {
        customers.spawn(customer(shop.desk.clone(), lane, is_over.clone()));
    }
    let (mut moving, mut events) = (0, Vec::new());
    for round in 0..AUDITS {
        let (code, report) = shop.command_json(&["audit"])?;
        assert_eq!((code, &report["findings"]), (0, &json!([])), "audit {round}: {report}");
        moving += report["moving"].as_array().map_or(0, Vec::len);
        events.push(report["events"]["order"].as_u64().unwrap_or_default());
    }
    is_over.store(true, Ordering::Relaxed);
    while customers.join_next().await.is_some() {}
    assert!(events.is_sorted() && events.first() < events.last(), "nobody was at work: {events:?}");
    assert!(moving > 0, "nothing was ever on its way: {events:?}");
    println!("{AUDITS} audits while order recorded events {events:?}; {moving} orders were met on their way");
    assert_sound(&shop).await?;
    Ok(())
}
