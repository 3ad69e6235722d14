//! A connection to the broker whose state can be watched.

use crate::{keys, subjects};
use async_nats::{Client, ConnectOptions, Event, jetstream};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;

/// The oldest broker we speak to: older ones are below 2026's security fixes.
pub const MINIMUM_BROKER: (u32, u32) = (2, 12);

/// How many messages of one subscription may wait to be taken. They are taken
/// at once; this bounds the memory of a worker that is flooded while it cannot.
const MOST_WAITING: usize = 4096;

/// How to reach the broker, and as whom.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `nats://host:port`; the brokers of a cluster with commas between.
    pub url: String,
    /// The user; also the name of the key file and of the inbox.
    pub user: String,
    /// The file with the user's nkey seed, readable by its owner alone.
    pub key: PathBuf,
    /// What the connection is called in the broker's lists.
    pub name: String,
    /// Keep trying until the broker is there, instead of failing at once.
    pub is_patient: bool,
}

/// What is known of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// Not connected; why, if it is known.
    Down(String),
    Up,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error(transparent)]
    Key(#[from] keys::KeyError),
    #[error("no broker answers at {url}; start it (./scripts/up), or set RENTAL_NATS_URL")]
    Unreachable { url: String, source: async_nats::ConnectError },
    #[error(
        "the broker at {url} refuses user {user}; its keys and the broker's belong to different installations (RENTAL_HOME)"
    )]
    Refused { url: String, user: String, source: async_nats::ConnectError },
    #[error("the broker at {url} is nats-server {found}; {}.{} or newer is needed (security fixes): ./scripts/nats-server fetches one", MINIMUM_BROKER.0, MINIMUM_BROKER.1)]
    TooOld { url: String, found: String },
}

/// A connection to the broker.
#[derive(Debug, Clone)]
pub struct Bus {
    pub(crate) client: Client,
    pub(crate) jetstream: jetstream::Context,
    state: watch::Receiver<LinkState>,
    settings: Settings,
}

impl Bus {
    /// Connects, and reconnects by itself from then on.
    pub async fn connect(settings: Settings) -> Result<Self, ConnectError> {
        // A key that cannot be used is said now; it is read anew at every connection.
        keys::read_seed(&settings.key)?;
        let (report, state) = watch::channel(LinkState::Down("connecting".to_owned()));
        let callback = {
            let report = report.clone();
            move |event: Event| {
                let report = report.clone();
                async move { note(&report, &event) }
            }
        };
        let options = || {
            let key = settings.key.clone();
            ConnectOptions::with_auth_callback(move |nonce| std::future::ready(sign_in(&key, &nonce)))
                .name(&settings.name)
                .custom_inbox_prefix(subjects::inbox(&settings.user))
                .connection_timeout(Duration::from_secs(2))
                .ping_interval(Duration::from_secs(2))
                .subscription_capacity(MOST_WAITING)
                .reconnect_delay_callback(|attempt| Duration::from_millis((50 * attempt as u64).min(1000)))
                .event_callback(callback.clone())
        };
        // One that answers names the others; for the first contact any may be down.
        let addresses: Vec<&str> = settings.url.split(',').map(str::trim).collect();
        let client = match options().connect(&addresses[..]).await {
            Ok(client) => {
                // The callback may not have run yet: we are connected all the same.
                report.send_replace(LinkState::Up);
                client
            }
            Err(source) => match refused(&settings, source) {
                ConnectError::Unreachable { .. } if settings.is_patient => {
                    let connecting = options().retry_on_initial_connect().connect(&addresses[..]).await;
                    connecting.map_err(|source| refused(&settings, source))?
                }
                refused => return Err(refused),
            },
        };
        let mut jetstream = jetstream::new(client.clone());
        jetstream.set_timeout(Duration::from_secs(5));
        let bus = Self { client, jetstream, state, settings };
        if bus.is_up() {
            bus.check_version()?;
        }
        Ok(bus)
    }

    /// The state now, and every change of it.
    pub fn watch(&self) -> watch::Receiver<LinkState> {
        self.state.clone()
    }

    pub fn is_up(&self) -> bool {
        *self.state.borrow() == LinkState::Up
    }

    /// Waits until the broker is there.
    pub async fn wait_until_up(&self) {
        let mut state = self.state.clone();
        // The sender lives in the client's callback, as long as the client.
        let _ = state.wait_for(|state| *state == LinkState::Up).await;
    }

    /// Refuses a broker below the safe floor. Call when connected.
    pub fn check_version(&self) -> Result<(), ConnectError> {
        let found = self.client.server_info().version;
        if is_new_enough(&found) { Ok(()) } else { Err(ConnectError::TooOld { url: self.settings.url.clone(), found }) }
    }

    /// Why nothing is asked of this broker, if it is one that came later and is too old.
    pub(crate) fn too_old(&self) -> Option<ConnectError> {
        let is_known = !self.broker_version().is_empty();
        self.check_version().err().filter(|_| is_known)
    }

    /// The broker's version; empty before the first connection.
    pub fn broker_version(&self) -> String {
        self.client.server_info().version
    }

    pub fn url(&self) -> &str {
        &self.settings.url
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sends out what is still buffered; waits at most `timeout`.
    pub async fn flush(&self, timeout: Duration) {
        let _ = tokio::time::timeout(timeout, self.client.flush()).await;
    }
}

/// Signs the broker's challenge with the key as it is now: it may have been changed since.
fn sign_in(key: &Path, nonce: &[u8]) -> Result<async_nats::Auth, async_nats::AuthError> {
    let (public, signature) = keys::sign(key, nonce).map_err(async_nats::AuthError::new)?;
    let mut auth = async_nats::Auth::new();
    (auth.nkey, auth.signature) = (Some(public), Some(signature));
    Ok(auth)
}

/// Refuses an address that is none, or has a password in it; does not repeat it.
pub fn check_url(text: &str) -> Result<(), &'static str> {
    let is_one = |url: &str| {
        let rest = url.strip_prefix("nats://").or_else(|| url.strip_prefix("tls://"));
        rest.is_some_and(|rest| {
            !rest.is_empty() && !rest.contains(['@', '/']) && rest.chars().all(|c| c.is_ascii_graphic())
        })
    };
    let expected = "expected nats://HOST:PORT (several: with commas between; keys are in --home, never in the URL)";
    if text.split(',').all(is_one) { Ok(()) } else { Err(expected) }
}

fn note(report: &watch::Sender<LinkState>, event: &Event) {
    match event {
        Event::Connected => {
            tracing::info!("connected to the broker");
            report.send_replace(LinkState::Up);
        }
        Event::Disconnected => {
            tracing::warn!("lost the broker; reconnecting");
            report.send_replace(LinkState::Down("connection lost".to_owned()));
        }
        Event::Closed => {
            report.send_replace(LinkState::Down("connection closed".to_owned()));
        }
        Event::ServerError(error) => tracing::warn!(%error, "the broker reports an error"),
        Event::ClientError(error) => tracing::debug!(%error, "client error"),
        Event::SlowConsumer(_) => tracing::warn!("messages arrive faster than they are handled; some are read again"),
        Event::LameDuckMode | Event::Draining => tracing::info!(%event, "the broker is about to stop"),
    }
}

fn refused(settings: &Settings, source: async_nats::ConnectError) -> ConnectError {
    let (url, user) = (settings.url.clone(), settings.user.clone());
    match source.kind() {
        async_nats::ConnectErrorKind::Authentication | async_nats::ConnectErrorKind::AuthorizationViolation => {
            ConnectError::Refused { url, user, source }
        }
        _ => ConnectError::Unreachable { url, source },
    }
}

fn is_new_enough(version: &str) -> bool {
    let mut parts = version.split(['.', '-']).map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= MINIMUM_BROKER,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn a_broker_below_the_floor_is_told_from_a_newer_one() {
        for old in ["2.9.10", "2.11.99", "1.99.0", "", "x.y"] {
            assert!(!is_new_enough(old), "{old}");
        }
        for new in ["2.12.0", "2.15.1", "2.12.0-RC.1", "3.0.0"] {
            assert!(is_new_enough(new), "{new}");
        }
    }
}
