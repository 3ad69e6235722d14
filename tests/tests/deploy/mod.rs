//! What is published to run the service elsewhere: Kubernetes, systemd, a Debian package, the pipeline.

mod kubernetes;
mod package;
mod pipeline;

use anyhow::{Context as _, ensure};
use std::path::PathBuf;
use std::process::{Command, Output};

/// The checkout.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs one of the checkout's scripts with the programs that are under test.
fn script(name: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new(root().join("scripts").join(name));
    let programs = rental_tests::program("rental-stack")?;
    command.args(arguments).env("RENTAL_BIN_DIR", programs.parent().context("a program has a folder")?);
    succeeded(&command.output()?)
}

/// What a command printed, if it went well.
fn succeeded(output: &Output) -> anyhow::Result<String> {
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{}: {said}{complained}", output.status);
    Ok(said.into_owned())
}
