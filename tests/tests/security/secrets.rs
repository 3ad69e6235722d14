//! The keys' seeds are in the key files, and nowhere else.

use rental_bus::keys::{self, USERS};
use rental_model::Context;
use rental_model::totalview::Status;
use rental_tests::{Shop, program};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// The secret of each key in every form it could slip out in: its text, most of it, and its bytes.
fn secrets(home: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut secrets = Vec::new();
    for user in USERS {
        let seed = std::fs::read_to_string(keys::path(home, user))?.trim().to_owned();
        assert!(seed.starts_with("SU") && seed.len() == 58, "what is searched for is a seed");
        // Two bytes say what it is, two more check it.
        let bytes = data_encoding::BASE32_NOPAD.decode(seed.as_bytes())?[2..34].to_vec();
        secrets.push(data_encoding::HEXLOWER.encode(&bytes).into_bytes());
        secrets.push(bytes);
        secrets.push(seed.as_bytes()[8..40].to_vec());
    }
    Ok(secrets)
}

fn is_in(secrets: &[Vec<u8>], place: &[u8]) -> bool {
    // The first bytes are looked for first: this goes through many megabytes.
    secrets.iter().any(|secret| {
        let mut rest = place;
        while let Some(at) = rest.iter().position(|byte| *byte == secret[0]) {
            if rest[at..].starts_with(secret) {
                return true;
            }
            rest = &rest[at + 1..];
        }
        false
    })
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { files(&path, found)? } else { found.push(path) }
    }
    Ok(())
}

/// From now on every process says everything it can say.
async fn make_talkative(shop: &mut Shop) -> anyhow::Result<()> {
    for context in Context::ALL {
        shop.worker(context).launch_mut().environment.push(("RUST_LOG".to_owned(), "trace".into()));
        shop.worker(context).stop(10 * SECOND).await?;
    }
    shop.stack.broker().launch_mut().arguments.push("-DVV".into());
    shop.stack.broker().restart().await?;
    for context in Context::ALL {
        shop.worker(context).restart().await?;
    }
    shop.settle().await
}

/// A command of ours at TRACE, wherever it ends.
fn command(shop: &Shop, name: &str, arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = Command::new(program(name)?);
    command.args(arguments).env("RUST_LOG", "trace").env("RENTAL_HOME", shop.home());
    command.env("RENTAL_NATS_URL", shop.stack.url());
    Ok(command.output()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_seed_is_in_any_log_at_trace_nor_in_what_anyone_can_see() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    make_talkative(&mut shop).await?;
    // What goes well, what does not, and what breaks.
    for order in 1..=3 {
        shop.request(order, 1, 1, 10).await?;
    }
    shop.until_status(2, Status::Active).await?;
    shop.cancel(2).await?;
    assert!(shop.request(4, 77, 1, 1).await.is_err());
    shop.stack.broker().restart().await?;
    shop.worker(Context::Billing).kill()?;
    shop.worker(Context::Billing).restart().await?;
    shop.settle().await?;
    shop.until_status(2, Status::Cancelled).await?;
    let secrets = secrets(&shop.home())?;

    for (name, line) in [
        ("rental", "status"),
        ("rental", "status --json"),
        ("rental", "orders"),
        ("rental", "order 2 --json"),
        ("rental", "events"),
        ("rental", "audit"),
        ("rental", "config"),
        ("rental", "parked list"),
        ("rental", "man"),
        ("rental", "cancel --order 99"),
        ("rental", "--help"),
        ("rental", "status --user inspect"),
        ("rental-stack", "status"),
        ("rental-stack", "keys"),
        ("rental-stack", "--help"),
        ("rental-worker", "order"),
        ("rental-worker", "--help"),
    ] {
        let output = command(&shop, name, &line.split(' ').collect::<Vec<_>>())?;
        assert!(!is_in(&secrets, &output.stdout) && !is_in(&secrets, &output.stderr), "{name} {line} shows a key");
    }

    let mut pids: Vec<u32> = Context::ALL.iter().map(|context| shop.worker(*context).pid()).collect();
    pids.push(shop.stack.broker().pid());
    for pid in pids {
        for what in ["cmdline", "environ"] {
            let seen = std::fs::read(format!("/proc/{pid}/{what}"))?;
            assert!(!seen.is_empty() && !is_in(&secrets, &seen), "{what} of process {pid}");
        }
    }

    let mut found = Vec::new();
    files(&shop.home(), &mut found)?;
    let (mut logged, mut with_key) = (0, Vec::new());
    for file in found {
        // The broker puts files aside and away; the keys must all be met, below.
        let Ok(bytes) = std::fs::read(&file) else { continue };
        if file.extension().is_some_and(|extension| extension == "log") {
            logged += bytes.len();
        }
        if is_in(&secrets, &bytes) {
            with_key.push(file);
        }
    }
    let (mut keys, traces) = (USERS.map(|user| keys::path(&shop.home(), user)).to_vec(), 100_000);
    keys.sort();
    with_key.sort();
    assert_eq!(with_key, keys, "the keys are found where they are, and only there");
    assert!(logged > traces, "only {logged} bytes were logged: was this TRACE?");
    let said = std::fs::read_to_string(shop.stack.home().log("order"))?;
    assert!(said.contains("TRACE"), "the workers logged no TRACE");
    let said = String::from_utf8_lossy(&std::fs::read(shop.stack.home().log("broker"))?).into_owned();
    assert!(said.contains("[TRC]"), "the broker traced nothing");
    println!("{} forms of {} keys searched for in {logged} bytes of log", secrets.len(), USERS.len());
    Ok(())
}

/// A password in the broker's address was taken by a worker, and logged with
/// the address; and both programs repeated it when they refused it.
#[test]
fn an_address_with_a_password_is_refused_without_repeating_it() -> anyhow::Result<()> {
    let home = tempfile::tempdir()?;
    for user in USERS {
        keys::ensure(&keys::path(home.path(), user))?;
    }
    for (name, line) in [("rental-worker", "order"), ("rental", "status"), ("rental", "status --json")] {
        let mut command = Command::new(program(name)?);
        command.args(line.split(' ')).env("RENTAL_NATS_URL", "nats://kim:CANARY@127.0.0.1:1").env("RUST_LOG", "trace");
        let output = command.env("RENTAL_HOME", home.path()).output()?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert_eq!(output.status.code(), Some(2), "{name} {line}: {said}");
        assert!(!said.contains("CANARY") && said.contains("never in the URL"), "{name} {line}: {said}");
    }
    Ok(())
}

/// A key file that holds something else is named, and not quoted.
#[test]
fn what_stands_in_a_broken_key_file_is_not_shown() -> anyhow::Result<()> {
    let home = tempfile::tempdir()?;
    for user in ["order", "staff"] {
        let key = keys::path(home.path(), user);
        keys::ensure(&key)?;
        std::fs::write(&key, "SUCANARYCANARY\n")?;
    }
    for (name, line) in [("rental-worker", "order --nats-port 1"), ("rental", "status")] {
        let mut command = Command::new(program(name)?);
        let output = command.args(line.split(' ')).env("RUST_LOG", "trace").env("RENTAL_HOME", home.path()).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && said.contains("no nkey seed") && !said.contains("CANARY"),
            "{name}: {said}"
        );
    }
    Ok(())
}
