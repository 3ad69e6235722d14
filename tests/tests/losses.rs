//! Data that is gone: the streams, or a redb file.

use rental_model::Context;
use rental_model::totalview::Status;
use rental_tests::{Shop, assert_sound};
use serde_json::json;
use std::time::Duration;

/// A shop with active, cancelled and short rentals, at rest.
///
/// All thirty fit on the shelf at once: which of them is short never hangs on how soon the
/// units of the cancelled ones are back.
async fn busy_shop() -> anyhow::Result<Shop> {
    let shop = Shop::open().await?;
    for order in 1..=30 {
        let body =
            json!({ "orderId": order, "productId": 1, "qty": 3, "amount": 10, "requestId": format!("r{order}") });
        shop.call(Context::Order, "request", &body).await?;
        if order % 5 == 0 {
            shop.cancel(order).await?;
        }
    }
    shop.request(40, 3, 101, 10).await?;
    shop.until_status(40, Status::ShortCancelled).await?;
    assert_sound(&shop).await?;
    Ok(shop)
}

async fn all_events(shop: &Shop) -> anyhow::Result<Vec<(Context, u64, Vec<u8>)>> {
    let mut events = Vec::new();
    for context in Context::DECIDERS {
        let tip = shop.desk.tip(context).await?;
        let read = |message: rental_bus::Message| {
            events.push((context, message.number, message.payload.to_vec()));
            true
        };
        shop.desk.read_range(context, 1, tip.last, read).await?;
    }
    Ok(events)
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_gone_come_back_with_every_event_under_its_number() -> anyhow::Result<()> {
    let mut shop = busy_shop().await?;
    let before = all_events(&shop).await?;
    for context in Context::ALL {
        shop.worker(context).stop(Duration::from_secs(10)).await?;
    }
    shop.stack.broker().stop(Duration::from_secs(10)).await?;
    std::fs::remove_dir_all(shop.stack.home().jetstream())?;
    shop.stack.broker().restart().await?;
    for context in Context::ALL {
        shop.worker(context).restart().await?;
    }
    shop.settle().await?;
    assert_sound(&shop).await?;
    assert_eq!(all_events(&shop).await?, before);
    shop.request(31, 2, 1, 10).await?;
    shop.until_status(31, Status::Active).await?;
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_vanish_under_running_workers_come_back() -> anyhow::Result<()> {
    let mut shop = busy_shop().await?;
    let before = all_events(&shop).await?;
    shop.stack.broker().kill()?;
    std::fs::remove_dir_all(shop.stack.home().jetstream())?;
    shop.stack.broker().restart().await?;
    shop.settle().await?;
    assert_sound(&shop).await?;
    assert_eq!(all_events(&shop).await?, before);
    shop.request(31, 2, 1, 10).await?;
    shop.until_status(31, Status::Active).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_redb_file_is_rebuilt_from_the_streams() -> anyhow::Result<()> {
    let mut shop = busy_shop().await?;
    let before = all_events(&shop).await?;
    for context in Context::ALL {
        let stock = shop.stock(1).await?;
        shop.worker(context).kill()?;
        std::fs::remove_file(shop.stack.home().data(context))?;
        shop.worker(context).restart().await?;
        shop.settle().await?;
        assert_sound(&shop).await?;
        assert_eq!(shop.stock(1).await?, stock, "{context}");
        assert_eq!(all_events(&shop).await?, before, "rebuilding {context} recorded something");
    }
    let again = json!({ "orderId": 7, "productId": 1, "qty": 3, "amount": 10, "requestId": "r7" });
    let answer = shop.call(Context::Order, "request", &again).await?;
    assert_eq!(answer["id"], 8, "the answer to a retried request is rebuilt too: {answer}");
    Ok(())
}

/// A worker that starts while another serves waits; each takes over from where the other left off,
/// by reading back what its own ledger does not have.
#[tokio::test(flavor = "multi_thread")]
async fn workers_on_two_copies_of_a_ledger_take_turns_and_lose_nothing() -> anyhow::Result<()> {
    let mut shop = busy_shop().await?;
    let copy = shop.home().join("data/copy.redb");
    shop.worker(Context::Order).stop(Duration::from_secs(10)).await?;
    std::fs::copy(shop.stack.home().data(Context::Order), &copy)?;
    shop.worker(Context::Order).restart().await?;
    shop.settle().await?;
    shop.request(100, 2, 1, 1).await?;
    let mut other = std::process::Command::new(rental_tests::program("rental-worker")?);
    other.args(["order", "--nats-url", shop.stack.url(), "--home"]).arg(shop.home()).arg("--data").arg(&copy);
    let mut other = other.stderr(std::process::Stdio::null()).spawn()?;
    shop.request(101, 2, 1, 1).await?;
    shop.until_quiet().await?;
    shop.worker(Context::Order).kill()?;
    rental_tests::eventually("the one on the copy serves", async || shop.request(102, 2, 1, 1).await.ok()).await?;
    shop.worker(Context::Order).restart().await?;
    shop.request(103, 2, 1, 1).await?;
    shop.until_quiet().await?;
    other.kill()?;
    other.wait()?;
    rental_tests::eventually("the first one serves again", async || shop.request(104, 2, 1, 1).await.ok()).await?;
    shop.settle().await?;
    let books = assert_sound(&shop).await?;
    for order in 100..=104 {
        assert!(books.orders.contains_key(&order), "order {order} was answered and is lost");
    }
    Ok(())
}
