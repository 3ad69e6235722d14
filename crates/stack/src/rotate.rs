//! Giving a user another key while everything runs.
//!
//! Everyone with the old one is put out by the broker; workers read their key
//! at every connection, and are back at once.

use crate::down::handle;
use crate::found::processes;
use crate::home::{Home, HomeError};
use crate::process::ProcessError;
use rental_bus::keys::{self, KeyError};
use rental_bus::{Bus, ConnectError, ConnectionSettings};
use std::time::{Duration, Instant};

/// How long the broker may take to know the new key.
const KNOWN_WITHIN: Duration = Duration::from_secs(5);
/// Between two tries.
const LOOK: Duration = Duration::from_millis(100);

/// Why the key is still the one of before.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    #[error("there is no user {0}; users are {users} and {system}", users = keys::USERS.join(", "), system = keys::SYSTEM)]
    NoSuchUser(String),
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error(
        "the broker does not take the new key, so {user} keeps the old one; its log says why (is it started with this home's nats.conf?)"
    )]
    NotTaken { user: String, source: Box<ConnectError> },
}

/// Gives `user` another key, and has the broker read it. Answers whether one runs in this home;
/// if none does, the key counts from its next start or reload.
pub async fn rotate(home: &Home, user: &str) -> Result<bool, RotateError> {
    if !keys::USERS.contains(&user) && user != keys::SYSTEM {
        return Err(RotateError::NoSuchUser(user.to_owned()));
    }
    home.prepare()?;
    let before = keys::replace(&home.key(user))?;
    let address = match reload(home) {
        Ok(Some(address)) => address,
        Ok(None) => return Ok(false),
        Err(error) => {
            before.undo()?;
            home.prepare()?;
            return Err(error);
        }
    };
    match known(home, user, &address).await {
        Ok(()) => Ok(true),
        Err(source) => {
            before.undo()?;
            reload(home)?;
            Err(RotateError::NotTaken { user: user.to_owned(), source: Box::new(source) })
        }
    }
}

/// Writes the keys as they are now, and has every broker of this home read them. Answers the
/// address of one that runs.
fn reload(home: &Home) -> Result<Option<String>, RotateError> {
    home.prepare()?;
    let mut address = None;
    for broker in processes(home).into_iter().filter(|process| process.name.starts_with(crate::launch::BROKER)) {
        let broker = handle(home, broker);
        broker.reload()?;
        address = Some(broker.address().to_owned());
    }
    Ok(address)
}

async fn known(home: &Home, user: &str, url: &str) -> Result<(), ConnectError> {
    let settings = ConnectionSettings {
        url: url.to_owned(),
        user: user.to_owned(),
        key: home.key(user),
        name: "rental-stack keys".to_owned(),
        is_patient: false,
        tls: rental_bus::Tls::default(),
    };
    let deadline = Instant::now() + KNOWN_WITHIN;
    loop {
        match Bus::connect(settings.clone()).await {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
}
