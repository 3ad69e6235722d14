//! The `rental` command, as a person at the desk types it.

use rental_model::Context;
use rental_model::totalview::Status;
use rental_tests::{Shop, assert_sound, eventually};
use serde_json::json;

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rental_from_request_to_cancellation() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let (code, answer) = shop.command_json(&words("request --order 2 --product 2 --qty 10 --amount 10"))?;
    assert_eq!((code, &answer["eventType"], &answer["orderId"]), (0, &json!("RentalRequested"), &json!(2)));
    shop.until_status(2, Status::Active).await?;
    // The view may receive the delivery before the reservation it waited for.
    let (code, shown) = eventually("all four events are shown", async || {
        let told = shop.command_json(&["order", "2"]).ok()?;
        (told.1["timeline"].as_array()?.len() == 4).then_some(told)
    })
    .await?;
    assert_eq!((code, &shown["rental"]["status"]), (0, &json!("active")));
    assert_eq!(shown["timeline"][0]["actor"], "kim");
    shop.until_available(2, 90).await?;
    let (code, stock) = shop.command_json(&["stock", "2"])?;
    assert_eq!((code, &stock["productName"], &stock["qty"]), (0, &json!("MACBOOK"), &json!(90)));
    let (code, answer) = shop.command_json(&words("cancel --order 2 --product 2"))?;
    assert_eq!((code, &answer["eventType"]), (0, &json!("RentalCancellationOccured")));
    shop.until_status(2, Status::Cancelled).await?;
    let (code, list) = shop.command_json(&words("orders --status cancelled"))?;
    assert_eq!((code, list["rentals"].as_array().unwrap().len()), (0, 1));
    let (code, list) = shop.command_json(&["orders", "--filter", "취소됨 qty>9 age<1h", "--sort", "amount"])?;
    assert_eq!((code, &list["matching"], &list["next"]), (0, &json!(1), &json!(null)), "{list}");
    let (code, refused) = shop.command_json(&["orders", "--filter", "qty>x"])?;
    assert_eq!((code, &refused["error"]["code"], &refused["error"]["character"]), (1, &json!(400), &json!(5)));
    let (code, _) = shop.command_json(&["status"])?;
    assert_eq!(code, 0);
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_request_is_refused_unless_sent_anyway() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let line = "request --order 5 --product 1 --qty 101 --amount 10";
    let (code, answer) = shop.command_json(&words(line))?;
    assert_eq!((code, &answer["error"]["code"], &answer["error"]["available"]), (1, &json!(409), &json!(100)));
    let (code, _) = shop.command_json(&[words(line), vec!["--send-anyway"]].concat())?;
    assert_eq!(code, 0);
    shop.until_status(5, Status::ShortCancelled).await?;
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_tell_refused_from_misused_from_unavailable() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let exit = |line: &str| shop.command(&words(line)).unwrap().status.code();
    assert_eq!(exit("cancel --order 99"), Some(1));
    assert_eq!(exit("stock 9"), Some(1));
    for misuse in [
        "request --product 2 --qty 0 --amount 1",
        "request --product 2 --qty -1 --amount 1",
        "request --product 2 --qty 1 --amount -1",
        "request --product ipad --qty 1 --amount 1",
        "request --qty 1 --amount 1",
        "frobnicate",
    ] {
        assert_eq!(exit(misuse), Some(2), "{misuse}");
    }
    let bare = shop.command(&[])?;
    assert_eq!(bare.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&bare.stderr).contains("terminal"), "{bare:?}");
    shop.stack.broker().kill()?;
    let down = shop.command(&["status"])?;
    assert_eq!(down.status.code(), Some(3), "{down:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_an_order_are_listed_in_order() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    shop.request(3, 3, 1, 7).await?;
    shop.until_status(3, Status::Active).await?;
    shop.until_quiet().await?;
    let output = shop.command(&words("events --order 3 --json"))?;
    assert_eq!(output.status.code(), Some(0));
    let lines = String::from_utf8(output.stdout)?;
    let events: Vec<serde_json::Value> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!(events.len(), 4, "{lines}");
    assert_eq!(events[0]["eventType"], "RentalRequested");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_is_sound_on_a_shop_at_work_and_silent_when_somebody_is() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    for order in 1..=20 {
        shop.request(order, 1, 6, 10).await?;
        if order % 3 == 0 {
            shop.cancel(order).await?;
        }
    }
    let (code, audit) = shop.command_json(&["audit"])?;
    assert_eq!((code, &audit["isSound"], &audit["orders"]), (0, &json!(true), &json!(20)), "{audit}");
    shop.worker(Context::Totalview).kill()?;
    assert_eq!(shop.command_json(&["audit"])?.0, 3);
    Ok(())
}
