//! README's lines for the `nats` tool, by a client that is none of ours.

use anyhow::{Context as _, ensure};
use rental_model::totalview::Status;
use rental_tests::Shop;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// nats-py; what is needed for it is said if it cannot be had, and nothing is left out silently.
fn foreign_client() -> anyhow::Result<String> {
    let output = Command::new(root().join("scripts/nats-py")).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nats_tool_works_as_readme_says_with_nothing_set() -> anyhow::Result<()> {
    let client = foreign_client()?;
    let shop = Shop::open().await?;
    shop.request(1, 1, 1, 1).await?;
    shop.until_status(1, Status::Active).await?;
    let mut tool = Command::new("python3");
    tool.arg(root().join("tests/nats_tool.py")).arg(root().join("README.md")).arg(shop.home());
    let output = tool.env("PYTHONPATH", client).output().context("python3 is needed")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
