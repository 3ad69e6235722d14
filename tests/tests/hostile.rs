//! Names, reasons and messages that would like to act on the terminal.

use rental_model::Context;
use rental_model::totalview::Status;
use rental_tests::terminal::Terminal;
use rental_tests::{Raw, Shop, eventually};
use serde_json::json;

/// Clears the screen, sets a title, rings, writes the clipboard, moves and recolours, asks the
/// terminal to type its answer, turns text round, hides in no width, is too long, or is not composed.
fn hostile() -> Vec<String> {
    vec![
        "\u{1b}[2J\u{1b}[31m\u{1b}]0;owned\u{7}\u{1b}]52;c;b3duZWQ=\u{7}\u{1b}[6n\u{1b}[?1049l gone".to_owned(),
        "\u{9b}2J\u{9d}0;owned\u{9c}\u{90}q\u{9c}\u{8}\u{8}\u{8}back\rstart\nnext\ttab".to_owned(),
        "\u{202e}dlrow\u{202c} \u{2066}olleh\u{2069} \u{200b}\u{200d}\u{feff}\u{e0041}unseen".to_owned(),
        "👩\u{200d}👩\u{200d}👧\u{fe0f}🇰🇷 가방 \u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af} e\u{301}\u{302}\u{303}\u{304}\u{305}".to_owned(),
        "긴".repeat(500),
    ]
}

/// The frame is whole: its first, second and last line are where and what they must be.
fn assert_framed(text: &str, place: &str) {
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    assert!(lines[0].starts_with(" Rental desk") && lines[0].ends_with("LIVE"), "{place}:\n{text}");
    assert!(lines[1].contains("1 Rentals") && lines[1].contains("4 Workers"), "{place}:\n{text}");
    assert!(lines[lines.len() - 1].contains("help") || lines[lines.len() - 1].contains("Esc"), "{place}:\n{text}");
    assert!(!text.contains("owned\u{7}") && text.chars().all(|c| c == '\n' || !c.is_control()), "{place}:\n{text}");
}

/// Leaves a console that was made to do nothing but show text.
fn leave(terminal: &mut Terminal) -> anyhow::Result<()> {
    assert_eq!(terminal.oddities(), Vec::<String>::new(), "the terminal was made to do something");
    terminal.press("\x03\x03")?;
    assert_eq!(terminal.until_over()?, 0);
    terminal.until_sane()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_and_reasons_are_shown_harmlessly() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    for (product, name) in (10..).zip(hostile()) {
        let name: String = name.chars().take(40).collect();
        let product = json!({ "productId": product, "productName": name, "qty": 1 });
        // Whether the name is taken or refused is the service's affair; it must do no harm.
        let _ = shop.call(Context::Inventory, "register", &product).await;
    }
    for (width, height) in [(80, 24), (120, 40)] {
        let mut terminal = Terminal::console(&shop, width, height, &[])?;
        terminal.until_shows("LIVE")?;
        terminal.press("3")?;
        terminal.until_shows("[3 Events]")?;
        let orders = u64::from(width)..;
        for (order, reason) in orders.zip(hostile()) {
            shop.request(order, 1, 1, 5).await?;
            shop.until_status(order, Status::Active).await?;
            let cancel = json!({ "orderId": order, "reason": reason, "actor": "kim" });
            shop.call(Context::Order, "cancel", &cancel).await?;
            terminal.until_shows("rental cancelled")?;
            shop.until_status(order, Status::Cancelled).await?;
            assert_framed(&terminal.text(), "the events");
        }
        terminal.press("1")?;
        assert_framed(&terminal.until_shows("[1 Rentals]")?, "the list");
        for order in 0..5 {
            terminal.press(if order == 0 { "gg\r" } else { "j\r" })?;
            let place = format!("Order {}", u64::from(width) + 4 - order);
            let is_open = |text: &str| text.contains(&place) && text.contains("rental cancelled");
            assert_framed(&terminal.until(&format!("{place} is open"), is_open)?, "an order");
            terminal.press("\x1b")?;
            terminal.until("the list is back", |text| !text.contains(&place) && text.contains("Status"))?;
        }
        terminal.press("2")?;
        assert_framed(&terminal.until_shows("MACBOOK")?, "the stock");
        terminal.press("4")?;
        assert_framed(&terminal.until_shows("[4 Workers]")?, "the workers");
        terminal.press("5")?;
        assert_framed(&terminal.until_shows("cancel order")?, "the journal");
        terminal.press("g\r")?;
        let entry = terminal.until_shows("Request: cancel")?;
        assert!(entry.chars().all(|c| c == '\n' || !c.is_control()), "{entry}");
        leave(&mut terminal)?;
    }
    Ok(())
}

/// What nobody can read is parked by all who receive it, with its bytes, and looked at by staff.
#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_message_that_is_parked_is_shown_harmlessly() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.worker(Context::Order).kill()?;
    let raw = Raw::connect(&shop, "order").await?;
    let jetstream = async_nats::jetstream::new(raw.client.clone());
    let body = hostile().concat();
    jetstream.publish("rental.events.order.RentalRequested.99", body.into()).await?.await?;
    eventually("billing has parked it", async || {
        let status = shop.call(Context::Billing, "status", &json!({})).await.ok()?;
        (status["parked"] == 1).then_some(())
    })
    .await?;
    for (width, height) in [(80, 24), (120, 40)] {
        let mut terminal = Terminal::console(&shop, width, height, &[])?;
        terminal.until_shows("LIVE")?;
        terminal.press("4")?;
        assert_framed(&terminal.until_shows("not an event")?, "the workers");
        terminal.press("\x1b[F\r")?;
        let shown = terminal.until_shows("owned")?;
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown}");
        leave(&mut terminal)?;
    }
    Ok(())
}
