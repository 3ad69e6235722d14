//! A data folder of the version before: it opens, and means what it meant.

use rental_model::Context;
use rental_runtime::redb_store::{OpenError, RedbStore};
use rental_runtime::store::{Store, Table};
use rental_tests::{PATIENCE, Shop, fixture};
use serde_json::Value;
use std::path::Path;

/// What the version before answered; a later one may say more, and nothing else.
fn told(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(fixture("version-1").join(name)).unwrap()).unwrap()
}

/// Whether everything in `old` is in `new` too.
fn holds(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            old.iter().all(|(key, value)| new.get(key).map_or(value.is_null(), |new| holds(new, value)))
        }
        (Value::Array(new), Value::Array(old)) => {
            new.len() == old.len() && new.iter().zip(old).all(|(new, old)| holds(new, old))
        }
        _ => new == old,
    }
}

fn stamp(data: &Path, context: Context) -> Value {
    let store = RedbStore::open(data, context).unwrap();
    let stamp = store.reader().snapshot().unwrap().get(Table::Meta, b"format").unwrap();
    serde_json::from_slice(&stamp.unwrap_or_default()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_of_the_version_before_opens_and_keeps_its_meaning() -> anyhow::Result<()> {
    let mut shop = Shop::open_fixture("version-1", &["--payment", "deferred", "--check-in", "staff"]).await?;
    shop.until_quiet().await?;
    let (_, orders) = shop.command_json(&["orders"])?;
    assert!(holds(&orders["rentals"], &told("orders.json")["rentals"]), "{orders}");
    let (_, stock) = shop.command_json(&["stock"])?;
    assert!(holds(&stock["products"], &told("stock.json")["products"]), "{stock}");
    let events = String::from_utf8(shop.command(&["events", "--json"])?.stdout)?;
    let before = std::fs::read_to_string(fixture("version-1").join("events.json"))?;
    for event in before.lines() {
        assert!(events.lines().any(|line| line == event), "{event} is not among {events}");
    }
    // A request of then, sent again, has its answer of then; that its order has ended is said beside it.
    let again = ["request", "--order", "1", "--product", "1", "--qty", "2", "--amount", "30000"];
    let (code, answer) = shop.command_json(&[&again[..], &["--request-id", "web-1"]].concat())?;
    assert_eq!(
        (code, &answer["id"], &answer["became"]["status"]),
        (1, &Value::from(1), &Value::from("ended")),
        "{answer}"
    );
    let (code, report) = shop.command_json(&["audit", "--stuck-after", "86400"])?;
    let text = report["findings"].to_string();
    assert!(
        code == 0 || text.contains("payment provider") && report["counts"].as_object().unwrap().len() == 1,
        "{text}"
    );
    for context in Context::ALL {
        shop.worker(context).stop(PATIENCE).await?;
        let data = shop.stack.home().data(context);
        let stamp = stamp(&data, context);
        assert!(stamp["format"].as_u64() >= Some(2) && stamp["context"] == context.name(), "{stamp}");
    }
    Ok(())
}

/// What a worker says of a file that is not its own, before it reaches for anything else.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_gets_anothers_file_ends_with_a_sentence_and_changes_nothing() -> anyhow::Result<()> {
    let mut shop = Shop::open_fixture("version-1", &["--payment", "deferred", "--check-in", "staff"]).await?;
    shop.until_quiet().await?;
    shop.worker(Context::Billing).stop(PATIENCE).await?;
    shop.worker(Context::Order).stop(PATIENCE).await?;
    let (order, billing) = (shop.stack.home().data(Context::Order), shop.stack.home().data(Context::Billing));
    let before = std::fs::read(&order)?;
    std::fs::copy(&order, &billing)?;
    let started = std::process::Command::new(rental_tests::program("rental-worker")?)
        .args(["billing", "--nats-url", shop.stack.url(), "--home"])
        .arg(shop.home())
        .output()?;
    let said = String::from_utf8_lossy(&started.stderr).into_owned();
    assert_eq!(started.status.code(), Some(78), "{said}");
    assert!(said.contains("is the data file of order, and this is the billing worker"), "{said}");
    assert!(!said.contains("move it away"), "{said}");
    assert!(std::fs::read(&billing)? == before, "the file was changed");
    assert!(matches!(RedbStore::open(&billing, Context::Billing), Err(OpenError::NotOurs { .. })));
    Ok(())
}
