//! Streams that lack something in the middle or at their beginning: said with
//! the true numbers, and mended from the ledger.

use async_nats::jetstream;
use rental_bus::status::ContextStatus;
use rental_model::Context;
use rental_stack::{Options, mend};
use rental_tests::{PATIENCE, Raw, Shop, assert_sound, eventually};
use serde_json::json;
use std::path::Path;

/// A shop with thirty orders, at rest.
async fn shop_with_orders() -> anyhow::Result<Shop> {
    let shop = Shop::open().await?;
    for order in 1..=30 {
        shop.request(order, 1, 1, 10).await?;
    }
    assert_sound(&shop).await?;
    Ok(shop)
}

/// Every event of the context's stream, with its number.
async fn events(shop: &Shop, context: Context) -> anyhow::Result<Vec<(u64, Vec<u8>)>> {
    let mut events = Vec::new();
    let last = shop.desk.tip(context).await?.last;
    let read = |message: rental_bus::Message| {
        events.push((message.number, message.payload.to_vec()));
        true
    };
    shop.desk.read_range(context, 1, last, read).await?;
    Ok(events)
}

async fn status(shop: &Shop, context: Context) -> Option<ContextStatus> {
    shop.desk.call(context, "status", &json!({}), PATIENCE).await.ok()
}

/// Waits until the context says something that contains `words`.
async fn until_said(shop: &Shop, context: Context, words: &str) -> anyhow::Result<String> {
    eventually(&format!("{context} says: {words}"), async || {
        let said = status(shop, context).await?.alert_messages.join("; ");
        said.contains(words).then_some(said)
    })
    .await
}

async fn until_in_order(shop: &Shop, context: Context) -> anyhow::Result<()> {
    eventually(&format!("{context} says nothing more"), async || {
        status(shop, context).await?.alert_messages.is_empty().then_some(())
    })
    .await
}

/// Flips one bit of the first place in the file that reads `text`.
fn flip_a_bit(file: &Path, text: &str) -> anyhow::Result<()> {
    let mut bytes = std::fs::read(file)?;
    let place = bytes.windows(text.len()).position(|window| window == text.as_bytes());
    let place = place.ok_or_else(|| anyhow::anyhow!("no {text} in {}", file.display()))?;
    bytes[place + 2] ^= 1;
    Ok(std::fs::write(file, bytes)?)
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

/// What `rental-stack mend-stream` does, between `down` and `up`.
async fn mend_stream(shop: &mut Shop, context: Context) -> anyhow::Result<()> {
    let home = shop.stack.home().clone();
    let damage = mend::damage(&home, shop.stack.url(), context).await?;
    assert!(damage.is_some(), "nothing to mend");
    stop_all(shop).await?;
    let url = shop.stack.url().to_owned();
    let port = url.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or_default();
    let options =
        Options { bin_dir: std::env::var_os("RENTAL_BIN_DIR").map(Into::into), ..Options::new(home.root(), port) };
    let said = mend::check_ledger(&options, context)?;
    assert!(said.contains("each as it was recorded"), "{said}");
    let aside = mend::set_aside(&home, context)?;
    assert!(aside.join("msgs").is_dir(), "{}", aside.display());
    start_all(shop).await?;
    mend::published_anew(&home, &url, context, |_, _| {}).await?;
    Ok(())
}

/// The broker counts the damaged event as if it had it, and skips it.
#[tokio::test(flavor = "multi_thread")]
async fn one_flipped_bit_in_a_stream_is_said_and_mended_from_the_ledger() -> anyhow::Result<()> {
    let mut shop = shop_with_orders().await?;
    let before = events(&shop, Context::Order).await?;
    shop.stack.broker().stop(PATIENCE).await?;
    let block = shop.stack.home().jetstream().join("jetstream/RENTAL/streams/ORDER/msgs/1.blk");
    flip_a_bit(&block, r#""orderId":7,"#)?;
    shop.stack.broker().restart().await?;
    let said = until_said(&shop, Context::Order, "missing from stream ORDER").await?;
    assert!(said.contains("event 7 is missing") && said.contains("rental-stack mend-stream ORDER"), "{said}");
    mend_stream(&mut shop, Context::Order).await?;
    until_in_order(&shop, Context::Order).await?;
    assert_sound(&shop).await?;
    assert_eq!(events(&shop, Context::Order).await?, before);
    // Now a lost ledger comes back from the stream again, and everybody goes on receiving.
    shop.worker(Context::Order).kill()?;
    std::fs::remove_file(shop.stack.home().data(Context::Order))?;
    shop.worker(Context::Order).restart().await?;
    shop.settle().await?;
    shop.request(31, 1, 1, 10).await?;
    assert_sound(&shop).await?;
    Ok(())
}

/// Somebody with the worker's key limits its stream: the broker drops the oldest events at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_set_by_hand_is_put_back_and_what_it_cost_is_said_and_mended() -> anyhow::Result<()> {
    let mut shop = shop_with_orders().await?;
    let before = events(&shop, Context::Billing).await?;
    let raw = Raw::connect(&shop, "billing").await?;
    let jetstream = jetstream::new(raw.client.clone());
    let edited = jetstream::stream::Config {
        max_messages: 10,
        ..jetstream.get_stream("BILLING").await?.cached_info().config.clone()
    };
    jetstream.update_stream(edited).await?;
    let last = before.len() as u64;
    let said = until_said(&shop, Context::Billing, "missing from stream BILLING").await?;
    assert!(said.contains(&format!("events 1 to {} are missing", last - 10)), "{said}");
    let limit = jetstream.get_stream("BILLING").await?.cached_info().config.max_messages;
    assert!(limit < 1, "the limit is still {limit}");
    mend_stream(&mut shop, Context::Billing).await?;
    until_in_order(&shop, Context::Billing).await?;
    assert_sound(&shop).await?;
    assert_eq!(events(&shop, Context::Billing).await?, before);
    Ok(())
}
