//! Files that others can read, or that are not where they seem: refused at the start, with the way out.

use rental_model::Context;
use rental_runtime::redb_store::RedbStore;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// An installation in which order has a key and a data file.
fn installation() -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    for user in rental_bus::keys::USERS {
        rental_bus::keys::ensure(&rental_bus::keys::path(folder.path(), user))?;
    }
    drop(RedbStore::open(&folder.path().join("data/order.redb"), Context::Order)?);
    Ok(folder)
}

/// What the worker says before it ends by itself, with a failure.
fn refusal(home: &Path) -> anyhow::Result<String> {
    let mut worker = Command::new(rental_tests::program("rental-worker")?);
    let output = worker.args([Context::Order.name(), "--nats-port", "1", "--home"]).arg(home).output()?;
    // Starting it again would not help: its supervisor leaves it.
    assert_eq!(output.status.code(), Some(78));
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn expose(file: &Path, mode: u32) -> anyhow::Result<()> {
    Ok(std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode))?)
}

/// Puts a link where the file was, to the file itself.
fn make_link(file: &Path) -> anyhow::Result<()> {
    let elsewhere = file.with_extension("elsewhere");
    std::fs::rename(file, &elsewhere)?;
    Ok(symlink(elsewhere, file)?)
}

#[test]
fn a_data_file_that_others_can_read_is_refused_with_the_command_that_mends_it() -> anyhow::Result<()> {
    for mode in [0o640, 0o604, 0o620, 0o666] {
        let home = installation()?;
        let data = home.path().join("data/order.redb");
        expose(&data, mode)?;
        let said = refusal(home.path())?;
        let mend = format!("chmod 600 {}", data.display());
        assert!(said.contains(&mend) && said.contains(&format!("{mode:o}")), "{said}");
    }
    Ok(())
}

#[test]
fn a_data_file_that_is_a_link_is_refused() -> anyhow::Result<()> {
    let home = installation()?;
    make_link(&home.path().join("data/order.redb"))?;
    let said = refusal(home.path())?;
    assert!(said.contains("is a symbolic link; put the data file itself there"), "{said}");
    Ok(())
}

#[test]
fn a_key_that_is_a_link_or_exposed_is_refused_by_workers_and_commands() -> anyhow::Result<()> {
    let status = |home: &Path| -> anyhow::Result<String> {
        let mut command = Command::new(rental_tests::program("rental")?);
        let output = command.args(["status", "--nats-url", "nats://127.0.0.1:1", "--home"]).arg(home).output()?;
        assert_eq!(output.status.code(), Some(2));
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let home = installation()?;
    for user in ["order", "staff"] {
        expose(&rental_bus::keys::path(home.path(), user), 0o640)?;
    }
    for said in [refusal(home.path())?, status(home.path())?] {
        assert!(said.contains("chmod 600"), "{said}");
    }
    let home = installation()?;
    for user in ["order", "staff"] {
        make_link(&rental_bus::keys::path(home.path(), user))?;
    }
    for said in [refusal(home.path())?, status(home.path())?] {
        assert!(said.contains("is a symbolic link; put the key itself there"), "{said}");
    }
    Ok(())
}
