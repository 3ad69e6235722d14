//! History changed behind the back of those who wrote it or received it.

use redb::ReadableTable;
use rental_bus::{Bus, ConnectionSettings, Message};
use rental_model::Context;
use rental_model::totalview::Status;
use rental_tests::{Raw, Shop, assert_sound, eventually};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

/// A shop with orders 1 to 5, at rest.
async fn shop_at_rest() -> anyhow::Result<Shop> {
    let shop = Shop::open().await?;
    for order in 1..=5 {
        shop.request(order, 1, 1, 10).await?;
    }
    assert_sound(&shop).await?;
    Ok(shop)
}

async fn stop_all(shop: &mut Shop) -> anyhow::Result<()> {
    for context in Context::ALL {
        shop.worker(context).stop(PATIENCE).await?;
    }
    shop.stack.broker().stop(PATIENCE).await?;
    Ok(())
}

async fn start_all(shop: &mut Shop) -> anyhow::Result<()> {
    shop.stack.broker().restart().await?;
    for context in Context::ALL {
        shop.worker(context).restart().await?;
    }
    shop.settle().await
}

/// The findings of `rental audit`, which must fail; as word and sentence.
fn findings(shop: &Shop) -> anyhow::Result<Vec<(String, String)>> {
    let (code, report) = shop.command_json(&["audit"])?;
    assert_eq!(code, 1, "{report}");
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    Ok(findings.map(|finding| (text(finding, "finding"), text(finding, "sentence"))).collect())
}

async fn as_billing(shop: &Shop) -> anyhow::Result<Bus> {
    let settings = ConnectionSettings {
        url: shop.stack.url().to_owned(),
        user: "billing".to_owned(),
        key: rental_bus::keys::path(&shop.home(), "billing"),
        name: "somebody with billing's key".to_owned(),
        is_patient: false,
        tls: rental_bus::Tls::default(),
    };
    Ok(Bus::connect(settings).await?)
}

/// Nobody may change a message in the broker. Somebody who owns its disk and
/// has billing's key can put another stream in its place: all the same but for
/// one amount, every hash as it was. Billing compares the ends, and they agree.
#[tokio::test(flavor = "multi_thread")]
async fn an_amount_changed_in_a_stream_is_found_by_the_audit() -> anyhow::Result<()> {
    let mut shop = shop_at_rest().await?;
    let mut stream: Vec<Message> = Vec::new();
    let last = shop.desk.tip(Context::Billing).await?.last;
    let read = |message| {
        stream.push(message);
        true
    };
    shop.desk.read_range(Context::Billing, 1, last, read).await?;
    stop_all(&mut shop).await?;
    std::fs::remove_dir_all(shop.stack.home().jetstream())?;
    shop.stack.broker().restart().await?;
    let billing = eventually("the broker is up", async || as_billing(&shop).await.ok()).await?;
    billing.ensure_stream(Context::Billing, 1).await?;
    let raw = Raw::connect(&shop, "billing").await?;
    let jetstream = async_nats::jetstream::new(raw.client.clone());
    for message in stream {
        let mut headers = async_nats::HeaderMap::new();
        message.headers.iter().for_each(|(name, value)| headers.insert(name.as_str(), value.as_str()));
        let mut body = String::from_utf8(message.payload.to_vec())?;
        if message.number == 2 {
            body = body.replace("\"amount\":10", "\"amount\":11");
        }
        jetstream.publish_with_headers(message.subject, headers, body.into()).await?.await?;
    }
    for context in Context::ALL {
        shop.worker(context).restart().await?;
    }
    shop.settle().await?;
    let findings = findings(&shop)?;
    let altered: Vec<_> = findings.iter().filter(|(word, _)| word == "altered").collect();
    assert!(
        matches!(&altered[..], [(_, said)] if said.starts_with("BILLING:2 is not what was recorded")),
        "{findings:?}"
    );
    Ok(())
}

/// Changes the body of one record in a data file nobody has open.
fn change_record(data: &Path, number: u64, from: &str, to: &str) -> anyhow::Result<()> {
    const JOURNAL: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("journal");
    let database = redb::Database::open(data)?;
    let transaction = database.begin_write()?;
    {
        let mut journal = transaction.open_table(JOURNAL)?;
        let key = number.to_be_bytes();
        let row = journal.get(&key[..])?.map(|row| row.value().to_vec()).unwrap_or_default();
        let place = row.windows(from.len()).position(|window| window == from.as_bytes());
        let place = place.ok_or_else(|| anyhow::anyhow!("record {number} has no {from}"))?;
        let mut changed = row;
        changed.splice(place..place + from.len(), to.bytes());
        journal.insert(&key[..], &changed[..])?;
    }
    Ok(transaction.commit()?)
}

/// A worker compared the end of its journal with its stream, and nothing else:
/// a record changed further back went unnoticed until the stream was lost and
/// published anew. Now the chain of the whole journal is followed at every start.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_changed_in_a_data_file_is_said_by_its_worker_and_by_the_audit() -> anyhow::Result<()> {
    let mut shop = shop_at_rest().await?;
    shop.worker(Context::Billing).stop(PATIENCE).await?;
    change_record(&shop.stack.home().data(Context::Billing), 2, "\"amount\":10", "\"amount\":11")?;
    shop.worker(Context::Billing).restart().await?;
    shop.settle().await?;
    eventually("billing says so", async || {
        let status = shop.call(Context::Billing, "status", &json!({})).await.ok()?;
        let said = status["troubles"][0].as_str()?;
        (said.contains("record 2 of the journal is not what was recorded")).then_some(())
    })
    .await?;
    let findings = findings(&shop)?;
    assert!(matches!(&findings[..], [(word, said)] if word == "trouble" && said.contains("record 2")), "{findings:?}");
    // The way out that it names: the stream still has the truth.
    shop.worker(Context::Billing).stop(PATIENCE).await?;
    std::fs::remove_file(shop.stack.home().data(Context::Billing))?;
    shop.worker(Context::Billing).restart().await?;
    shop.settle().await?;
    assert_sound(&shop).await?;
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Billing's data file and the broker's streams are put back to an older copy,
/// both: nobody is left who knows what billing recorded since. Those who received
/// it say so, and the audit does. (Totalview may have told of it only since its
/// last durable commit: then it has forgotten too, and shows what is there now.)
#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_was_put_back_is_noticed_by_everyone_who_received_it() -> anyhow::Result<()> {
    let mut shop = shop_at_rest().await?;
    let old = tempfile::tempdir()?;
    stop_all(&mut shop).await?;
    let (data, streams) = (shop.stack.home().data(Context::Billing), shop.stack.home().jetstream());
    std::fs::copy(&data, old.path().join("billing.redb"))?;
    copy_folder(&streams, &old.path().join("jetstream"))?;
    start_all(&mut shop).await?;
    for order in 6..=9 {
        shop.request(order, 1, 1, 10).await?;
        shop.until_status(order, Status::Active).await?;
    }
    assert_sound(&shop).await?;
    stop_all(&mut shop).await?;
    std::fs::copy(old.path().join("billing.redb"), &data)?;
    std::fs::remove_dir_all(&streams)?;
    copy_folder(&old.path().join("jetstream"), &streams)?;
    start_all(&mut shop).await?;
    for listener in [Context::Order, Context::Logistics] {
        eventually(&format!("{listener} notices"), async || {
            let status = shop.call(listener, "status", &json!({})).await.ok()?;
            let alert_messages = status["troubles"].as_array()?;
            alert_messages
                .iter()
                .any(|said| said.as_str().is_some_and(|s| s.contains("history of billing changed")))
                .then_some(())
        })
        .await?;
    }
    shop.until_quiet().await?;
    let findings = findings(&shop)?;
    for listener in [Context::Order, Context::Logistics] {
        let said = format!("{listener} says: the history of billing changed");
        assert!(
            findings.iter().any(|(word, sentence)| word == "trouble" && sentence.starts_with(&said)),
            "{findings:?}"
        );
    }
    // If totalview remembers, it still shows the times of what is lost, which is said too; nothing else is amiss.
    let is_of_it = |(word, said): &(String, String)| match word.as_str() {
        "trouble" => said.contains("history of billing changed"),
        word => word == "shown" && said.contains("lastAt"),
    };
    assert!(findings.iter().all(is_of_it), "{findings:?}");
    Ok(())
}
