//! The journal of commands: who asked for what, and what became of it.

use rental_model::Context;
use rental_model::totalview::Status;
use rental_tests::{Raw, Shop, code, eventually};
use serde_json::{Value, json};
use std::time::Duration;

/// What the journal says, as one `(actor, endpoint, order, result)` an entry, oldest first.
fn told(shop: &Shop, arguments: &[&str]) -> anyhow::Result<Vec<(String, String, u64, String)>> {
    let (code, journal) = shop.command_json(&[&["journal"], arguments].concat())?;
    anyhow::ensure!(code == 0, "{journal}");
    let entries = journal["entries"].as_array().unwrap().iter().rev();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |entry: &Value| {
        let order = entry["body"]["orderId"].as_u64().unwrap_or_default();
        (text(&entry["actor"]), text(&entry["endpoint"]), order, text(&entry["outcome"]["result"]))
    };
    Ok(entries.map(line).collect())
}

fn line(actor: &str, endpoint: &str, order: u64, result: &str) -> (String, String, u64, String) {
    (actor.to_owned(), endpoint.to_owned(), order, result.to_owned())
}

fn request(order: u64, product: u64, actor: &str) -> Value {
    let id = format!("{actor}-{order}-{product}");
    json!({ "orderId": order, "productId": product, "qty": 1, "amount": 5, "actor": actor, "requestId": id })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_people_do_is_seen_by_both_once_each() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    shop.call(Context::Order, "request", &request(1, 1, "kim")).await?;
    assert_eq!(code(&shop.call(Context::Order, "request", &request(1, 2, "lee")).await), Some(409));
    assert_eq!(code(&shop.call(Context::Order, "cancel", &json!({ "orderId": 99, "actor": "lee" })).await), Some(404));
    shop.until_status(1, Status::Active).await?;
    let cancel = json!({ "orderId": 1, "actor": "lee", "requestId": "lee-cancel" });
    shop.call(Context::Order, "cancel", &cancel).await?;
    shop.call(Context::Order, "cancel", &cancel).await?;
    shop.call(Context::Order, "cancel", &json!({ "orderId": 1, "actor": "kim" })).await?;
    let raw = Raw::connect(&shop, "staff").await?;
    assert_eq!(raw.ask("rental.order.cancel", b"{no json").await?.0, Some(400));
    let all = [
        line("kim", "request", 1, "recorded"),
        line("lee", "request", 1, "refused"),
        line("lee", "cancel", 99, "refused"),
        line("lee", "cancel", 1, "recorded"),
        line("kim", "cancel", 1, "already"),
        line("", "cancel", 0, "refused"),
    ];
    for actor in ["kim", "lee"] {
        assert_eq!(told(&shop, &["--context", "order", "--actor", actor])?, all);
    }
    assert_eq!(told(&shop, &["--text", "LEE cancel"])?, [all[2].clone(), all[3].clone()]);
    assert_eq!(told(&shop, &["--limit", "2", "--context", "order"])?, all[4..]);
    let (_, whole) = shop.command_json(&["journal", "--text", "no json"])?;
    assert_eq!(whole["entries"][0]["body"], "{no json");
    assert_eq!(shop.call(Context::Order, "status", &json!({})).await?["commands"], 6);
    let onlooker = Raw::connect(&shop, "inspect").await?;
    let (code, page) = onlooker.ask("rental.order.journal", br#"{"limit":1}"#).await?;
    assert_eq!((code, &page["entries"][0]["number"], &page["commands"]), (None, &json!(6), &json!(6)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_that_is_silent_is_said_to_be_missing() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.call(Context::Order, "request", &request(1, 1, "kim")).await?;
    shop.worker(Context::Billing).kill()?;
    let (code, journal) = shop.command_json(&["journal"])?;
    assert_eq!((code, &journal["silent"][0]["context"]), (3, &json!("billing")));
    assert_eq!(journal["entries"].as_array().unwrap().len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_survive_kill_and_what_was_accepted_the_loss_of_the_data_file() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let refused = json!({ "orderId": 99, "actor": "lee" });
    assert_eq!(code(&shop.call(Context::Order, "cancel", &refused).await), Some(404));
    shop.call(Context::Order, "request", &request(1, 1, "kim")).await?;
    // Neither an id nor a name: known only by what it led to.
    shop.call(Context::Order, "request", &json!({ "orderId": 2, "productId": 1, "qty": 1, "amount": 5 })).await?;
    shop.until_status(2, Status::Active).await?;
    let accepted = [line("kim", "request", 1, "recorded"), line("", "request", 2, "recorded")];
    let all = [&[line("lee", "cancel", 99, "refused")], &accepted[..]].concat();
    let order = ["--context", "order"];
    shop.worker(Context::Order).kill()?;
    shop.worker(Context::Order).restart().await?;
    shop.settle().await?;
    assert_eq!(told(&shop, &order)?, all);
    shop.until_quiet().await?;
    shop.worker(Context::Order).stop(Duration::from_secs(10)).await?;
    std::fs::remove_file(shop.stack.home().data(Context::Order))?;
    shop.worker(Context::Order).restart().await?;
    shop.settle().await?;
    assert_eq!(told(&shop, &order)?, accepted);
    let (_, journal) = shop.command_json(&["journal", "--text", "kim-1-1"])?;
    let entry = &journal["entries"][0];
    assert_eq!((&entry["isRestored"], &entry["outcome"]["event"]), (&json!(true), &json!(1)), "{entry}");
    // Nothing of the shop's own doing is taken for a command.
    shop.worker(Context::Inventory).kill()?;
    std::fs::remove_file(shop.stack.home().data(Context::Inventory))?;
    shop.worker(Context::Inventory).restart().await?;
    shop.settle().await?;
    assert_eq!(told(&shop, &["--context", "inventory"])?, []);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_and_drop_of_a_parked_message_say_who_and_why_and_are_done_once() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.worker(Context::Logistics).kill()?;
    let raw = Raw::connect(&shop, "logistics").await?;
    let jetstream = async_nats::jetstream::new(raw.client.clone());
    jetstream.publish("rental.events.logistics.Junk.1", "junk".into()).await?.await?;
    let id = eventually("order has parked it", async || {
        let list = shop.call(Context::Order, "parked.list", &json!({})).await.ok()?;
        list["parked"][0]["id"].as_u64()
    })
    .await?;
    let retry = json!({ "id": id, "actor": "kim", "requestId": "kim-retry" });
    for _ in 0..2 {
        let again = shop.call(Context::Order, "parked.retry", &retry).await;
        assert_eq!(code(&again), Some(409));
    }
    let list = shop.call(Context::Order, "parked.list", &json!({})).await?;
    assert_eq!(list["parked"][0]["attempts"], 2, "one request is one attempt");
    let drop = json!({ "id": id, "reason": "시험", "actor": "lee", "requestId": "lee-drop" });
    let dropped = shop.call(Context::Order, "parked.drop", &drop).await?;
    shop.worker(Context::Order).kill()?;
    shop.worker(Context::Order).restart().await?;
    // Asked while it starts, it refuses, and that would be an entry too.
    eventually("order serves again", async || {
        let status = shop.call(Context::Order, "status", &json!({})).await.ok()?;
        (status["phase"] == "serving").then_some(())
    })
    .await?;
    assert_eq!(shop.call(Context::Order, "parked.drop", &drop).await?, dropped);
    let other = json!({ "id": id, "reason": "another", "actor": "lee", "requestId": "lee-drop" });
    assert_eq!(code(&shop.call(Context::Order, "parked.drop", &other).await), Some(409));
    let page = shop.call(Context::Order, "journal", &json!({ "text": "parked" })).await?;
    let entries: Vec<_> = page["entries"].as_array().unwrap().iter().rev().collect();
    let who_and_how: Vec<_> = entries.iter().map(|entry| (&entry["actor"], &entry["outcome"]["result"])).collect();
    let (kim, lee) = (json!("kim"), json!("lee"));
    assert_eq!(who_and_how, [(&kim, &json!("stillFails")), (&lee, &json!("dropped")), (&lee, &json!("refused"))]);
    assert_eq!(entries[1]["outcome"]["reason"], "시험");
    Ok(())
}
