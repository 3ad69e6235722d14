//! Processes that die in the middle of work.

use anyhow::Context as _;
use rental_bus::{Bus, CallError};
use rental_model::{Context, Kind};
use rental_tests::{PATIENCE, Shop, assert_sound, eventually};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::timeout;

const RENTALS: u64 = 500;

/// Asks until there is an answer; a request id makes that safe.
async fn ask(desk: &Bus, order: u64) -> anyhow::Result<Value> {
    let body = json!({ "orderId": order, "productId": 1 + order % 3, "qty": 1, "amount": 10, "requestId": format!("r{order}") });
    let asking = async {
        loop {
            match desk.call(Context::Order, "request", &body, Duration::from_secs(2)).await {
                Ok(answer) => return answer,
                Err(CallError::Refused(refusal)) if u16::from(refusal.code) != 503 => {
                    panic!("order {order}: {refusal}")
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    timeout(PATIENCE, asking).await.with_context(|| format!("order {order} is not taken"))
}

/// Runs 500 rentals, every fourth cancelled, while `fault` does its worst once a fifth is done.
async fn rentals_through(
    shop: &mut Shop,
    fault: impl AsyncFnOnce(&mut Shop) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let done = Arc::new(AtomicUsize::new(0));
    let mut asking = tokio::task::JoinSet::new();
    for lane in 0..8 {
        let (desk, done) = (shop.desk.clone(), done.clone());
        asking.spawn(async move {
            for order in (1..=RENTALS).filter(|order| order % 8 == lane) {
                let answer = ask(&desk, order).await?;
                assert_eq!(answer["orderId"], order);
                if order % 4 == 0 {
                    cancel(&desk, order).await?;
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    eventually("a fifth is done", async || (done.load(Ordering::Relaxed) >= 100).then_some(())).await?;
    fault(shop).await?;
    while let Some(lane) = asking.join_next().await {
        lane??;
    }
    shop.settle().await?;
    let books = assert_sound(shop).await?;
    assert_eq!(books.orders.len() as u64, RENTALS, "every accepted rental is there");
    assert_eq!(books.with(Kind::RentalRequested) as u64, RENTALS);
    Ok(())
}

async fn cancel(desk: &Bus, order: u64) -> anyhow::Result<()> {
    let body = json!({ "orderId": order });
    let asking = async {
        loop {
            match desk.call::<Value>(Context::Order, "cancel", &body, Duration::from_secs(2)).await {
                Ok(_) => return,
                // The stock ran out for this one; it is being compensated already.
                Err(CallError::Refused(refusal)) if u16::from(refusal.code) == 409 => return,
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    timeout(PATIENCE, asking).await.with_context(|| format!("order {order} is not cancelled"))
}

async fn killed_worker(context: Context) -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    rentals_through(&mut shop, async |shop| {
        for _ in 0..3 {
            shop.worker(context).kill()?;
            shop.worker(context).restart().await?;
            shop.settle().await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn order_killed_in_the_middle_loses_and_doubles_nothing() -> anyhow::Result<()> {
    killed_worker(Context::Order).await
}

#[tokio::test(flavor = "multi_thread")]
async fn inventory_killed_in_the_middle_loses_and_doubles_nothing() -> anyhow::Result<()> {
    killed_worker(Context::Inventory).await
}

#[tokio::test(flavor = "multi_thread")]
async fn billing_killed_in_the_middle_loses_and_doubles_nothing() -> anyhow::Result<()> {
    killed_worker(Context::Billing).await
}

#[tokio::test(flavor = "multi_thread")]
async fn logistics_killed_in_the_middle_loses_and_doubles_nothing() -> anyhow::Result<()> {
    killed_worker(Context::Logistics).await
}

#[tokio::test(flavor = "multi_thread")]
async fn totalview_killed_in_the_middle_shows_everything_again() -> anyhow::Result<()> {
    killed_worker(Context::Totalview).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broker_killed_in_the_middle_loses_and_doubles_nothing() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    rentals_through(&mut shop, async |shop| {
        for _ in 0..2 {
            shop.stack.broker().kill()?;
            shop.stack.broker().restart().await?;
            shop.settle().await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_told_to_stop_finishes_and_exits_with_success() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    for order in 1..=20 {
        shop.request(order, 1, 1, 1).await?;
    }
    for context in Context::ALL {
        shop.worker(context).stop(Duration::from_secs(10)).await?;
        let said = shop.worker(context).log_end(5);
        assert!(said.contains("everything is published"), "{context}: {said}");
    }
    assert_eq!(shop.desk.tip(Context::Order).await?.last, 20);
    Ok(())
}
