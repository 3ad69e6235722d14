//! Another key for a user while the shop is open: `rental-stack keys --rotate`.

use async_nats::ConnectOptions;
use rental_bus::keys;
use rental_model::Context;
use rental_model::totalview::Status;
use rental_tests::{Raw, Shop, assert_sound, eventually, program};
use std::process::Command;

/// Whether the broker lets this seed in, tried once.
async fn is_let_in(shop: &Shop, seed: &str) -> bool {
    ConnectOptions::with_nkey(seed.trim().to_owned()).connect(shop.stack.url()).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_changed_while_workers_serve_on_and_the_old_one_is_refused() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let before = Context::ALL.map(|context| shop.worker(context).pid());
    shop.request(1, 1, 1, 10).await?;
    shop.until_status(1, Status::Active).await?;
    // A person, a worker that records, and one that only receives.
    for user in ["staff", "billing", "totalview"] {
        let path = keys::path(&shop.home(), user);
        let old = std::fs::read_to_string(&path)?;
        assert!(is_let_in(&shop, &old).await, "{user}");
        let mut rotate = Command::new(program("rental-stack")?);
        let rotated = rotate.args(["keys", "--rotate", user, "--home"]).arg(shop.home()).output()?;
        let said = String::from_utf8_lossy(&[rotated.stdout, rotated.stderr].concat()).into_owned();
        assert!(rotated.status.success() && said.contains("the broker knows it"), "{said}");
        assert_ne!(std::fs::read_to_string(&path)?, old);
        assert!(!is_let_in(&shop, &old).await, "the old key of {user} still opens");
        Raw::connect(&shop, user).await?;
    }
    // The desk, too, comes back with its new key.
    eventually("order 2 is taken", async || shop.request(2, 1, 1, 10).await.ok()).await?;
    shop.until_status(2, Status::Active).await?;
    assert_eq!(Context::ALL.map(|context| shop.worker(context).pid()), before, "no worker was started again");
    assert!(Context::ALL.iter().all(|context| shop.worker(*context).is_running()));
    assert_sound(&shop).await?;
    Ok(())
}
