//! Who may only look disturbs nobody, whatever bytes they send.

use super::wire::Wire;
use rental_model::Context;
use rental_tests::{Shop, eventually};
use serde_json::json;
use std::time::Duration;

/// Headers that end a client's connection, or its task.
const MALFORMED: [&[u8]; 6] = [
    b"NATS/1.0\r\nA: b\rC\r\n\r\n",
    b"NATS/1.0\r\nA\r\n\r\n",
    b"XATS/9\r\n\r\n",
    b"NATS/1.0 abc def\r\n\r\n",
    b"NATS/1.0\r\nA: \xff\xfe\r\n\r\n",
    b"\r\n\r\n",
];

/// At ten a second 256 of 554 calls timed out.
#[tokio::test(flavor = "multi_thread")]
async fn malformed_headers_of_an_onlooker_disturb_no_call() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let mut wire = Wire::connect(&shop, "inspect").await?;
    let mut subjects = vec!["$SRV.PING".to_owned(), "$SRV.INFO.rental-order".to_owned(), "$SRV.STATS".to_owned()];
    subjects.extend(Context::ALL.map(|context| format!("rental.{context}.journal")));
    let attack = async {
        let mut every = tokio::time::interval(Duration::from_millis(100));
        for (subject, headers) in subjects.iter().cycle().zip(MALFORMED.iter().cycle()).take(60) {
            every.tick().await;
            wire.send_with_headers(subject, headers).await?;
        }
        anyhow::Ok(())
    };
    let calls = async {
        for order in 1..=60 {
            shop.request(order, 1, 1, 1).await?;
            for context in Context::ALL {
                shop.call(context, "status", &json!({})).await?;
            }
        }
        anyhow::Ok(())
    };
    tokio::try_join!(attack, calls)?;
    // And onlookers are answered again by themselves.
    let raw = rental_tests::Raw::connect(&shop, "inspect").await?;
    for context in Context::ALL {
        eventually("onlookers are answered", async || {
            raw.ask(&format!("rental.{context}.journal"), b"{}").await.ok().filter(|(code, _)| code.is_none())
        })
        .await?;
    }
    Ok(())
}
