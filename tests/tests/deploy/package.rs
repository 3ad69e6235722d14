//! The Debian package, and the units in it.

use super::{root, script, succeeded};
use anyhow::ensure;
use rental_model::Context;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How exposed a unit may be, in tenths, by systemd's own measure; 10.0 is without any protection.
const EXPOSURE: &str = "20";

/// dpkg, at work in a folder in place of the system.
fn dpkg(system: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new("dpkg");
    command.arg(format!("--root={}", system.display()));
    command.args(["--force-not-root", "--force-script-chrootless", "--force-depends"]).args(arguments);
    // dpkg wants to find the system's tools, also as somebody who is not root.
    let path = std::env::var("PATH").unwrap_or_default();
    succeeded(&command.env("PATH", format!("{path}:/usr/sbin:/sbin")).output()?)
}

/// A system with nothing installed, as far as dpkg knows.
fn empty_system() -> anyhow::Result<tempfile::TempDir> {
    let system = tempfile::tempdir()?;
    for folder in ["var/lib/dpkg/updates", "var/lib/dpkg/info", "var/log", "etc"] {
        std::fs::create_dir_all(system.path().join(folder))?;
    }
    std::fs::write(system.path().join("var/lib/dpkg/status"), "")?;
    Ok(system)
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.exists() {
        return Ok(found);
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// Installed, upgraded to itself, removed and purged; the books stay.
#[test]
fn the_debian_package_is_installed_and_removed() -> anyhow::Result<()> {
    let package = script("deb", &[])?;
    let system = empty_system()?;
    let at = |path: &str| system.path().join(path);
    dpkg(system.path(), &["--install", package.trim()])?;
    for program in ["rental", "rental-worker", "rental-stack"] {
        succeeded(&Command::new(at("usr/bin").join(program)).arg("--version").output()?)?;
    }
    for file in [
        "usr/lib/systemd/system/rental.target",
        "usr/lib/systemd/system/rental-broker.service",
        "usr/lib/systemd/system/rental-worker@.service",
        "usr/lib/sysusers.d/rental.conf",
        "usr/share/man/man1/rental.1.gz",
        "usr/share/man/man8/rental-worker.8.gz",
        "usr/share/bash-completion/completions/rental",
        "etc/rental/rental.env",
    ] {
        ensure!(at(file).exists(), "{file} is missing");
    }
    std::fs::create_dir_all(at("var/lib/rental/data"))?;
    std::fs::write(at("var/lib/rental/data/order.redb"), "the books")?;
    dpkg(system.path(), &["--install", package.trim()])?;
    dpkg(system.path(), &["--remove", "rental"])?;
    ensure!(!at("usr/bin/rental").exists() && at("etc/rental/rental.env").exists());
    dpkg(system.path(), &["--purge", "rental"])?;
    ensure!(!at("etc/rental").exists() && at("var/lib/rental/data/order.redb").exists());
    let left: Vec<_> = files(&at("usr"))?;
    ensure!(left.is_empty(), "left behind: {left:?}");
    Ok(())
}

/// Puts the units and the programs they name where the package does, so that systemd can read them.
fn laid_out() -> anyhow::Result<tempfile::TempDir> {
    let system = tempfile::tempdir()?;
    let (units, programs) = (system.path().join("usr/lib/systemd/system"), system.path().join("usr/bin"));
    std::fs::create_dir_all(&units)?;
    std::fs::create_dir_all(&programs)?;
    for unit in std::fs::read_dir(root().join("deploy/systemd"))? {
        let unit = unit?;
        std::fs::copy(unit.path(), units.join(unit.file_name()))?;
    }
    for program in ["rental", "rental-worker", "rental-stack", "nats-server", "kill"] {
        // Only that something can be run there matters.
        std::fs::copy("/bin/true", programs.join(program))?;
    }
    Ok(system)
}

/// systemd reads the units, and judges how well they are shut in.
#[test]
fn the_units_are_sound() -> anyhow::Result<()> {
    let laid_out = laid_out()?;
    let system = laid_out.path();
    let workers = Context::ALL.map(|context| format!("rental-worker@{context}.service"));
    let units = workers.iter().map(String::as_str).chain(["rental-broker.service", "rental.target"]);
    let mut verify = Command::new("systemd-analyze");
    verify
        .arg(format!("--root={}", system.display()))
        .args(["verify", "--man=no", "--recursive-errors=no"])
        .args(units);
    let said = String::from_utf8_lossy(&verify.output()?.stderr).into_owned();
    ensure!(!said.contains("rental"), "systemd says: {said}");
    for unit in ["rental-broker.service", "rental-worker@.service"] {
        let mut security = Command::new("systemd-analyze");
        security.args(["security", "--offline=true", "--no-pager", &format!("--threshold={EXPOSURE}")]);
        succeeded(&security.arg(root().join("deploy/systemd").join(unit)).output()?)?;
    }
    Ok(())
}
