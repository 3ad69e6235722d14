//! What is recorded can hold anything; what reaches a terminal cannot.

use rental_bus::record::Origin;
use rental_bus::{Bus, ConnectionSettings, Record};
use rental_model::event::Place;
use rental_model::{Context, Event, OrderId, ProductId, Qty, Reason, UnixMs, Won};
use rental_tests::{Raw, Shop, eventually};
use serde_json::json;
use std::time::Duration;

/// Clears the screen, sets the clipboard, colours (7 and 8 bit), hides, turns round, and has an end.
const HOSTILE: &str = "A\u{1b}[2J\u{1b}]52;c;aGk=\u{7}\u{9b}31m\u{202e}\u{200b}\u{8}\u{7f}Z";

/// What a terminal would act on, or what hides or turns text.
fn is_harmful(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

async fn as_user(shop: &Shop, user: &str) -> anyhow::Result<Bus> {
    let settings = ConnectionSettings {
        url: shop.stack.url().to_owned(),
        user: user.to_owned(),
        key: rental_bus::keys::path(&shop.home(), user),
        name: format!("somebody with the key of {user}"),
        is_patient: false,
        tls: rental_bus::Tls::default(),
    };
    Ok(Bus::connect(settings).await?)
}

/// Writes events into a context's stream while its worker is away, chained as if it had recorded them.
async fn forge(shop: &mut Shop, of: Context, events: Vec<Event>) -> anyhow::Result<()> {
    shop.worker(of).stop(Duration::from_secs(10)).await?;
    let bus = as_user(shop, of.name()).await?;
    for event in events {
        let last = bus.tip(of).await?.last;
        let before = bus.message(of, last).await?;
        let origin = Origin { actor: Some(HOSTILE.to_owned()), ..Origin::default() };
        let hash = before.hash().ok_or_else(|| anyhow::anyhow!("event {last} has no hash"))?;
        let record = Record::new(last + 1, &event, UnixMs(1_800_000_000_000), origin, hash);
        assert_eq!(bus.publish(&record).await.outcome().await, rental_bus::streams::PublishOutcome::Stored);
    }
    shop.worker(of).restart().await?;
    shop.settle().await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_lets_through_what_a_terminal_would_act_on() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.request(1, 1, 1, 10).await?;
    let (order, product) = (OrderId::new(1)?, ProductId::new(9)?);
    let (qty, reason) = (Qty::new(5)?, Reason::new(HOSTILE)?);
    let adjusted =
        Event::StockAdjusted { product, from: Place::Outside, to: Place::Available, qty, reason: reason.clone() };
    let registered = Event::ProductRegistered { product, name: HOSTILE.to_owned(), qty: 5 };
    forge(&mut shop, Context::Inventory, vec![registered, adjusted]).await?;
    let cancelled = Event::RentalCancelled { order, product: ProductId::new(1)?, reason: Some(reason) };
    let requested = Event::RentalRequested { order: OrderId::new(2)?, product, qty, amount: Won::new(7)? };
    forge(&mut shop, Context::Order, vec![cancelled, requested]).await?;
    // And one that is no event, with its escape sequences where the reason will quote them.
    shop.until_quiet().await?;
    shop.worker(Context::Logistics).stop(Duration::from_secs(10)).await?;
    let raw = Raw::connect(&shop, "logistics").await?;
    let junk = json!({ "eventType": HOSTILE, "timestamp": "20260101000000" }).to_string();
    let jetstream = async_nats::jetstream::new(raw.client.clone());
    jetstream.publish("rental.events.logistics.Junk.1", junk.into()).await?.await?;
    eventually("it is parked", async || {
        let status = shop.call(Context::Totalview, "status", &json!({})).await.ok()?;
        (status["parked"] == 1).then_some(())
    })
    .await?;

    // The text is really there: programs that ask for JSON get it, escaped.
    let (_, stock) = shop.command_json(&["stock", "9"])?;
    assert_eq!(stock["productName"], HOSTILE);
    let (_, rental) = shop.command_json(&["order", "1"])?;
    assert_eq!(rental["rental"]["reason"], HOSTILE);

    let lines = [
        "stock",
        "stock 9",
        "orders",
        "orders --status cancelled",
        "order 1",
        "order 2",
        "events",
        "events --order 1",
        "status",
        "parked list",
        "parked list totalview",
        "audit",
        "request --product 9 --qty 500 --amount 1",
        "request --product 77 --qty 1 --amount 1",
        "register --name A\u{1b}[2J --qty 1",
        "cancel --order 1 --reason \u{9b}31m",
        "adjust --product 9 --delta -1 --reason \u{1b}]0;x\u{7}",
        "checkin --order 2",
        "parked drop totalview 1 --reason \u{9b}m",
    ];
    let mut shown = 0;
    for line in lines {
        for is_json in [false, true] {
            let mut words: Vec<&str> = line.split(' ').collect();
            words.extend(is_json.then_some("--json"));
            let output = shop.command(&words)?;
            for bytes in [output.stdout, output.stderr] {
                let text = String::from_utf8(bytes)?;
                let harmful: Vec<char> = text.chars().filter(|c| is_harmful(*c)).collect();
                assert!(harmful.is_empty(), "{line}: {harmful:?} in {text:?}");
                shown += text.matches("31m").count();
            }
        }
    }
    // What is harmless of it is shown: a test that saw none of it would prove nothing.
    assert!(shown >= 10, "the hostile text was shown {shown} times");
    Ok(())
}
