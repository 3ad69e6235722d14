//! Who may do what: the broker itself refuses.

use async_nats::ConnectOptions;
use rental_model::Context;
use rental_tests::{PATIENCE, Raw, Shop};
use std::time::Duration;

/// Publishes and looks whether a stream took it. A refused publication is simply never acknowledged.
async fn is_taken(raw: &Raw, subject: &str) -> bool {
    let mut jetstream = async_nats::jetstream::new(raw.client.clone());
    jetstream.set_timeout(Duration::from_millis(500));
    match jetstream.publish(subject.to_owned(), "{}".into()).await {
        Ok(ack) => ack.await.is_ok(),
        Err(_) => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_can_be_published_by_its_own_context_alone() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let before = tips(&shop).await?;
    for user in rental_bus::keys::USERS {
        let raw = Raw::connect(&shop, user).await?;
        for context in Context::DECIDERS {
            if context.name() != user {
                let subject = format!("rental.events.{context}.FeeReceived.1");
                assert!(!is_taken(&raw, &subject).await, "{user} published {subject}");
            }
        }
    }
    assert_eq!(tips(&shop).await?, before);
    Ok(())
}

async fn tips(shop: &Shop) -> anyhow::Result<Vec<u64>> {
    let mut tips = Vec::new();
    for context in Context::DECIDERS {
        tips.push(shop.desk.tip(context).await?.last);
    }
    Ok(tips)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_delete_or_purge_a_stream_or_a_message() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    for user in rental_bus::keys::USERS {
        let raw = Raw::connect(&shop, user).await?;
        for subject in [
            "$JS.API.STREAM.DELETE.INVENTORY",
            "$JS.API.STREAM.PURGE.INVENTORY",
            "$JS.API.STREAM.MSG.DELETE.INVENTORY",
            "$JS.API.STREAM.RESTORE.INVENTORY",
        ] {
            let body = if subject.contains("MSG") { r#"{"seq":1}"# } else { "{}" };
            let asked = raw.client.request(subject, body.into());
            if let Ok(Ok(answer)) = tokio::time::timeout(Duration::from_millis(300), asked).await {
                let text = String::from_utf8_lossy(&answer.payload).into_owned();
                assert!(text.contains("\"error\""), "{user} was allowed {subject}: {text}");
            }
        }
    }
    let tip = shop.desk.tip(Context::Inventory).await?;
    assert_eq!((tip.first, tip.last), (1, 3));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_known_key_there_is_nothing() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let url = shop.stack.url().to_owned();
    let stranger = rental_bus::keys::USERS.len().to_string();
    let path = shop.home().join(stranger);
    rental_bus::keys::ensure(&path)?;
    let seed = std::fs::read_to_string(&path)?.trim().to_owned();
    for options in [
        ConnectOptions::new(),
        ConnectOptions::with_nkey(seed),
        ConnectOptions::with_user_and_password("staff".to_owned(), "staff".to_owned()),
        ConnectOptions::with_token("staff".to_owned()),
    ] {
        let connecting = options.connection_timeout(Duration::from_secs(2)).connect(&url);
        assert!(tokio::time::timeout(PATIENCE, connecting).await?.is_err(), "somebody got in");
    }
    Ok(())
}

#[test]
fn a_worker_refuses_a_key_that_others_can_read() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir()?;
    let key = rental_bus::keys::path(folder.path(), "order");
    rental_bus::keys::ensure(&key)?;
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644))?;
    let mut worker = std::process::Command::new(rental_tests::program("rental-worker")?);
    let output = worker.args(["order", "--nats-port", "1", "--home"]).arg(folder.path()).output()?;
    // A person must mend it first: whoever supervises does not try again (EX_CONFIG).
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("chmod 600"), "{said}");
    let seed = std::fs::read_to_string(&key)?;
    assert!(!said.contains(seed.trim()), "the key was logged");
    Ok(())
}
