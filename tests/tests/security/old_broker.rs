//! A broker below the safe floor is not spoken to.

use rental_bus::{Bus, ConnectError, ConnectionSettings};
use rental_tests::eventually;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Says that it is an old nats-server, and does what a client needs to be connected.
fn old_broker() -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let clients = listener.try_clone()?;
    std::thread::spawn(move || {
        for client in clients.incoming().flatten() {
            std::thread::spawn(move || greet(client));
        }
    });
    Ok(listener)
}

fn greet(mut client: TcpStream) -> std::io::Result<()> {
    const INFO: &str = r#"{"server_id":"OLD","server_name":"old","version":"2.9.25","proto":1,"go":"go1","host":"127.0.0.1","port":4222,"headers":true,"max_payload":1048576,"auth_required":true,"nonce":"aaaaaaaaaaaaaaa","client_id":1}"#;
    write!(client, "INFO {INFO}\r\n")?;
    for line in BufReader::new(client.try_clone()?).lines() {
        if line?.starts_with("PING") {
            client.write_all(b"PONG\r\n")?;
        }
    }
    Ok(())
}

fn installation() -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    for user in rental_bus::keys::USERS {
        rental_bus::keys::ensure(&rental_bus::keys::path(folder.path(), user))?;
    }
    Ok(folder)
}

fn settings(home: &Path, url: &str) -> ConnectionSettings {
    ConnectionSettings {
        url: url.to_owned(),
        user: "staff".to_owned(),
        key: rental_bus::keys::path(home, "staff"),
        name: "a test".to_owned(),
        is_patient: true,
        tls: rental_bus::Tls::default(),
    }
}

fn says_why_and_what_to_do(said: &str) -> bool {
    ["nats-server 2.9.25", "2.12 or newer", "security", "./scripts/nats-server"]
        .iter()
        .all(|words| said.contains(words))
}

#[test]
fn workers_and_commands_refuse_an_old_broker_and_say_what_to_install() -> anyhow::Result<()> {
    let (broker, home) = (old_broker()?, installation()?);
    let url = format!("nats://{}", broker.local_addr()?);
    for (program, command, code) in [("rental-worker", "billing", 1), ("rental", "status", 2), ("rental", "orders", 2)]
    {
        let mut process = Command::new(rental_tests::program(program)?);
        let output = process.args([command, "--nats-url", &url, "--home"]).arg(home.path()).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{program}: {said}");
        assert!(says_why_and_what_to_do(&said), "{program}: {said}");
    }
    Ok(())
}

/// The console connects as one that waits for its broker.
#[tokio::test]
async fn the_console_refuses_an_old_broker_at_its_start() -> anyhow::Result<()> {
    let (broker, home) = (old_broker()?, installation()?);
    let url = format!("nats://{}", broker.local_addr()?);
    let refused = Bus::connect(settings(home.path(), &url)).await.unwrap_err();
    assert!(
        matches!(refused, ConnectError::TooOld { .. }) && says_why_and_what_to_do(&refused.to_string()),
        "{refused}"
    );
    Ok(())
}

/// Only the broker that was there at the start was looked at: a console that
/// had to wait for one took whatever came.
#[tokio::test]
async fn an_old_broker_that_comes_later_is_not_asked_anything() -> anyhow::Result<()> {
    let home = installation()?;
    let free = TcpListener::bind("127.0.0.1:0")?;
    let address = free.local_addr()?;
    drop(free);
    let bus = Bus::connect(settings(home.path(), &format!("nats://{address}"))).await?;
    let listener = TcpListener::bind(address)?;
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            std::thread::spawn(move || greet(client));
        }
    });
    eventually("the old broker is refused", async || {
        let asked = bus.call_raw(rental_model::Context::Order, "status", Vec::new(), std::time::Duration::from_secs(1));
        asked.await.err().filter(|error| says_why_and_what_to_do(&error.to_string()))
    })
    .await?;
    Ok(())
}
