//! A connection to the broker whose state can be watched.

use crate::probe::{self, FirstWords};
use crate::retry::{self, Backoff};
use crate::tls::{self, Tls, TlsError};
use crate::{keys, subjects};
use async_nats::{Client, ConnectOptions, Event, jetstream};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// The oldest broker we speak to: older ones are below 2026's security fixes.
pub const MINIMUM_BROKER: (u32, u32) = (2, 12);

/// How many messages of one subscription may wait to be taken. They are taken
/// at once; this bounds the memory of a worker that is flooded while it cannot.
const MOST_WAITING: usize = 4096;

/// How long the broker may be away before it is looked at why.
const EXPLAIN_AFTER: Duration = Duration::from_secs(3);
/// How often it is looked at again.
const EXPLAIN_EVERY: Duration = Duration::from_secs(10);
/// How often it is told: enough to be found in a log, too seldom to fill one.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// How to reach the broker, and as whom.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
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
    pub tls: Tls,
}

impl ConnectionSettings {
    fn addresses(&self) -> impl Iterator<Item = &str> {
        self.url.split(',').map(str::trim)
    }
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
    #[error(transparent)]
    TlsFiles(#[from] TlsError),
    #[error("no TLS with the broker at {url}: {why}")]
    Handshake { url: String, why: String },
    #[error(
        "the broker at {url} refuses user {user}; its keys and the broker's belong to different installations (RENTAL_HOME)"
    )]
    Refused { url: String, user: String, source: async_nats::ConnectError },
    #[error(
        "what listens at {url} is no NATS broker, it answers {said:?}; set RENTAL_NATS_URL or the port to the broker's"
    )]
    NoBroker { url: String, said: String },
    #[error(
        "something at {url} takes connections and says nothing: it is no NATS broker, or one that hangs; \
         set RENTAL_NATS_URL or the port to the broker's, or restart the broker"
    )]
    Mute { url: String },
    #[error(
        "TLS with the broker at {url} fails: one side wants it and the other does not, or the certificate is refused"
    )]
    Tls { url: String, source: async_nats::ConnectError },
    #[error("the broker at {url} is nats-server {found}; {}.{} or newer is needed (security fixes): ./scripts/nats-server fetches one", MINIMUM_BROKER.0, MINIMUM_BROKER.1)]
    TooOld { url: String, found: String },
}

/// A connection to the broker, which comes back by itself whatever happens to it.
#[derive(Debug, Clone)]
pub struct Bus {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: ConnectionSettings,
    /// Replaced if the client itself fails.
    client: RwLock<(Client, jetstream::Context)>,
    state: watch::Sender<LinkState>,
}

/// Held by the tasks of a client: gone when they are.
type Alive = mpsc::Sender<()>;

impl Bus {
    /// Connects, and reconnects by itself from then on.
    pub async fn connect(settings: ConnectionSettings) -> Result<Self, ConnectError> {
        // A key that cannot be used is said now; it is read anew at every connection.
        keys::read_seed(&settings.key)?;
        settings.tls.check()?;
        let (state, _) = watch::channel(LinkState::Down("connecting".to_owned()));
        let (alive, lives) = mpsc::channel(1);
        let client = match dial(&settings, &state, Some(alive.clone())).await {
            Ok(client) => {
                // The callback is about to say so.
                let mut state = state.subscribe();
                let is_up = state.wait_for(|state| *state == LinkState::Up);
                let _ = tokio::time::timeout(Duration::from_secs(1), is_up).await;
                client
            }
            Err(refused @ (ConnectError::Refused { .. } | ConnectError::Key(_) | ConnectError::Handshake { .. })) => {
                return Err(refused);
            }
            Err(error) if settings.is_patient => {
                state.send_replace(LinkState::Down(error.to_string()));
                keep_dialing(&settings, &state, alive.clone()).await?
            }
            Err(error) => return Err(error),
        };
        drop(alive);
        let client = RwLock::new(with_jetstream(client));
        let shared = Arc::new(Shared { settings, client, state });
        let bus = Self { shared };
        if bus.is_up() {
            bus.check_version()?;
        }
        tokio::spawn(renew(Arc::downgrade(&bus.shared), lives));
        tokio::spawn(explain(Arc::downgrade(&bus.shared)));
        Ok(bus)
    }

    pub(crate) fn client(&self) -> Client {
        self.shared.client.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    pub(crate) fn jetstream(&self) -> jetstream::Context {
        self.shared.client.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// How many messages were left out because their headers or subject could not be read.
    pub fn malformed(&self) -> u64 {
        self.client().statistics().malformed_messages.load(Ordering::Relaxed)
    }

    /// The state now, and every change of it.
    pub fn watch(&self) -> watch::Receiver<LinkState> {
        self.shared.state.subscribe()
    }

    pub fn is_up(&self) -> bool {
        *self.shared.state.borrow() == LinkState::Up
    }

    /// Waits until the broker is there.
    pub async fn wait_until_up(&self) {
        let mut state = self.watch();
        // The sender lives as long as this.
        let _ = state.wait_for(|state| *state == LinkState::Up).await;
    }

    /// Refuses a broker below the safe floor. Call when connected.
    pub fn check_version(&self) -> Result<(), ConnectError> {
        let found = self.client().server_info().version;
        if is_new_enough(&found) {
            Ok(())
        } else {
            Err(ConnectError::TooOld { url: self.shared.settings.url.clone(), found })
        }
    }

    /// Why nothing is asked of this broker, if it is one that came later and is too old.
    pub(crate) fn too_old(&self) -> Option<ConnectError> {
        let is_known = !self.broker_version().is_empty();
        self.check_version().err().filter(|_| is_known)
    }

    /// The broker's version; empty before the first connection.
    pub fn broker_version(&self) -> String {
        self.client().server_info().version
    }

    pub fn url(&self) -> &str {
        &self.shared.settings.url
    }

    pub(crate) fn settings(&self) -> &ConnectionSettings {
        &self.shared.settings
    }

    /// Sends out what is still buffered; waits at most `timeout`.
    pub async fn flush(&self, timeout: Duration) {
        let _ = tokio::time::timeout(timeout, self.client().flush()).await;
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

fn options(settings: &ConnectionSettings, state: &watch::Sender<LinkState>, alive: Option<Alive>) -> ConnectOptions {
    let state = alive.is_some().then(|| state.clone());
    let key = settings.key.clone();
    let signing = ConnectOptions::with_auth_callback(move |nonce| std::future::ready(sign_in(&key, &nonce)));
    settings
        .tls
        .put_into(signing)
        .name(&settings.name)
        .custom_inbox_prefix(subjects::inbox(&settings.user))
        .connection_timeout(Duration::from_secs(2))
        .ping_interval(Duration::from_secs(2))
        .subscription_capacity(MOST_WAITING)
        .reconnect_delay_callback(|attempt| {
            // The first attempt is made at once: mostly the broker is there.
            let failures = u32::try_from(attempt).unwrap_or(u32::MAX).checked_sub(2);
            failures.map_or(Duration::ZERO, retry::pause).min(Duration::from_secs(1))
        })
        .event_callback(move |event: Event| {
            // With the client's tasks goes what they call.
            let (state, _alive) = (state.clone(), &alive);
            async move {
                if let Some(state) = state.as_ref() {
                    note(state, &event);
                }
            }
        })
}

/// Connects once. Without `alive` it only tries, and reports nothing.
async fn dial(
    settings: &ConnectionSettings,
    state: &watch::Sender<LinkState>,
    alive: Option<Alive>,
) -> Result<Client, ConnectError> {
    // One that answers names the others; for the first contact any may be down.
    let addresses: Vec<&str> = settings.addresses().collect();
    match options(settings, state, alive).connect(&addresses[..]).await {
        Ok(client) => Ok(client),
        Err(source) => Err(named(settings, source).await),
    }
}

/// A client that goes on trying until the broker is there.
async fn keep_dialing(
    settings: &ConnectionSettings,
    state: &watch::Sender<LinkState>,
    alive: Alive,
) -> Result<Client, ConnectError> {
    let addresses: Vec<&str> = settings.addresses().collect();
    let options = options(settings, state, Some(alive)).retry_on_initial_connect();
    let url = settings.url.clone();
    options.connect(&addresses[..]).await.map_err(|source| ConnectError::Unreachable { url, source })
}

fn with_jetstream(client: Client) -> (Client, jetstream::Context) {
    let mut jetstream = jetstream::new(client.clone());
    jetstream.set_timeout(Duration::from_secs(5));
    (client, jetstream)
}

/// Replaces the client whenever its tasks have ended, which nothing but a defect of theirs can bring about.
async fn renew(shared: Weak<Shared>, mut lives: mpsc::Receiver<()>) {
    let mut backoff = Backoff::default();
    loop {
        let begun = tokio::time::Instant::now();
        // Nothing is ever sent: this ends with the last task of the client.
        let _ = lives.recv().await;
        // Or nobody holds the bus any more.
        let Some(bus) = shared.upgrade() else { return };
        tracing::error!("the connection to the broker has failed in itself; making a new one");
        bus.state.send_replace(LinkState::Down("the connection has failed in itself; making a new one".to_owned()));
        if begun.elapsed() > Duration::from_mins(1) {
            backoff.worked();
        }
        backoff.pause().await;
        let (alive, next) = mpsc::channel(1);
        lives = next;
        match keep_dialing(&bus.settings, &bus.state, alive).await {
            Ok(client) => {
                *bus.client.write().unwrap_or_else(PoisonError::into_inner) = with_jetstream(client);
            }
            Err(error) => tracing::error!(%error, "no new connection can be made; trying again"),
        }
    }
}

/// Says why the broker is away, while it is: once a minute.
async fn explain(shared: Weak<Shared>) {
    let Some(mut state) = shared.upgrade().map(|shared| shared.state.subscribe()) else { return };
    let mut told: Option<tokio::time::Instant> = None;
    loop {
        if state.wait_for(|state| *state != LinkState::Up).await.is_err() {
            return;
        }
        let is_up = |state: &LinkState| *state == LinkState::Up;
        match tokio::time::timeout(EXPLAIN_AFTER, state.wait_for(is_up)).await.map(|waited| waited.is_ok()) {
            Ok(true) => continue,
            // Nobody holds the bus any more.
            Ok(false) => return,
            Err(_) => {}
        }
        let Some(shared) = shared.upgrade() else { return };
        if let Err(error) = dial(&shared.settings, &shared.state, None).await {
            let why = crate::with_causes(&error);
            // A broker that comes and goes is told no more often than one that stays away.
            if told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
                tracing::warn!("{why}; trying again and again");
                told = Some(tokio::time::Instant::now());
            }
            shared.state.send_if_modified(|state| match state {
                LinkState::Down(before) if *before != why => {
                    *before = why;
                    true
                }
                _ => false,
            });
        }
        drop(shared);
        let _ = tokio::time::timeout(EXPLAIN_EVERY, state.wait_for(is_up)).await;
    }
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

/// Why there is no connection, as what it is.
async fn named(settings: &ConnectionSettings, source: async_nats::ConnectError) -> ConnectError {
    use async_nats::ConnectErrorKind as Kind;
    let (url, user) = (settings.url.clone(), settings.user.clone());
    if let Some(why) = tls::cause(&source) {
        return ConnectError::Handshake { url, why };
    }
    match source.kind() {
        Kind::Authentication | Kind::AuthorizationViolation => ConnectError::Refused { url, user, source },
        Kind::Tls => ConnectError::Tls { url, source },
        _ => match probe::first_words(settings.addresses()).await {
            Some(FirstWords::Broker { wants_tls: true }) => ConnectError::Tls { url, source },
            Some(FirstWords::Broker { .. }) | None => ConnectError::Unreachable { url, source },
            Some(FirstWords::Nothing) => ConnectError::Mute { url },
            Some(FirstWords::Other(said)) => ConnectError::NoBroker { url, said },
        },
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
mod tests;
