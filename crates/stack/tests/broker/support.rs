//! A broker of one's own, and a way to ask it what a user may do.

use async_nats::{Client, Event, ServerError};
use rental_bus::{Bus, ConnectionSettings};
use rental_stack::{Home, Options, Process, broker_url, port};
use serde_json::Value;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::mpsc;

/// A real nats-server with the checkout's `nats.conf`, in a folder of its own.
pub(crate) struct Broker {
    home: Home,
    url: String,
    process: Process,
    _folder: TempDir,
}

impl Broker {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("rental broker ").tempdir().unwrap();
        let home = Home::new(folder.path()).unwrap();
        let port = port::free().unwrap();
        let launch = Options::new(home.root(), port).broker().unwrap();
        let broker = Self { home, url: broker_url(port), process: Process::start(launch).unwrap(), _folder: folder };
        eventually("the broker answers", async || rental_stack::staff(&broker.home, &broker.url).await.is_ok()).await;
        broker
    }

    /// Ends it, and starts it again on the same data.
    pub(crate) async fn restart(&mut self) {
        self.process.restart().await.unwrap();
        eventually("the broker answers again", async || rental_stack::staff(&self.home, &self.url).await.is_ok()).await;
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn bus(&self, user: &str) -> Bus {
        let settings = ConnectionSettings {
            url: self.url.clone(),
            user: user.to_owned(),
            key: self.home.key(user),
            name: format!("{user} in a test"),
            is_patient: false,
            tls: rental_bus::Tls::default(),
        };
        Bus::connect(settings).await.unwrap()
    }

    /// A plain client, and what the broker refuses it.
    pub(crate) async fn raw(&self, user: &str) -> (Client, mpsc::UnboundedReceiver<String>) {
        let seed = std::fs::read_to_string(self.home.key(user)).unwrap();
        let (refused, refusals) = mpsc::unbounded_channel();
        let client = async_nats::ConnectOptions::with_nkey(seed.trim().to_owned())
            .custom_inbox_prefix(format!("_INBOX_{user}"))
            .event_callback(move |event| {
                let refused = refused.clone();
                async move {
                    if let Event::ServerError(ServerError::Other(text)) = event {
                        let _ = refused.send(text);
                    }
                }
            })
            .connect(&self.url)
            .await
            .unwrap();
        (client, refusals)
    }

    pub(crate) async fn consumer_info(&self, stream: &str, name: &str) -> Value {
        let (inspect, _) = self.raw("inspect").await;
        let subject = format!("$JS.API.CONSUMER.INFO.{stream}.{name}");
        serde_json::from_slice(&inspect.request(subject, "".into()).await.unwrap().payload).unwrap()
    }
}

/// Tries subjects as a user, and tells from the broker's refusals which are allowed.
pub(crate) struct Probe {
    client: Client,
    refusals: mpsc::UnboundedReceiver<String>,
    asked: u64,
}

impl Probe {
    pub(crate) async fn connect(broker: &Broker, user: &str) -> Self {
        let (client, refusals) = broker.raw(user).await;
        Self { client, refusals, asked: 0 }
    }

    pub(crate) async fn may_publish(&mut self, subject: &str) -> bool {
        self.client.publish(subject.to_owned(), "".into()).await.unwrap();
        self.was_allowed().await
    }

    pub(crate) async fn may_subscribe(&mut self, subject: &str) -> bool {
        let _subscription = self.client.subscribe(subject.to_owned()).await.unwrap();
        self.was_allowed().await
    }

    /// Asks for something surely refused: when that refusal is there, any earlier one is too.
    async fn was_allowed(&mut self) -> bool {
        self.asked += 1;
        let canary = format!("nobody.may.{}", self.asked);
        self.client.publish(canary.clone(), "".into()).await.unwrap();
        let mut allowed = true;
        loop {
            let wait = tokio::time::timeout(Duration::from_secs(10), self.refusals.recv());
            let refusal = wait.await.unwrap().unwrap();
            if refusal.contains(&format!("\"{canary}\"")) {
                return allowed;
            }
            allowed = false;
        }
    }
}

/// Waits for a state, not for a time.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(90);
    while !is_so().await {
        assert!(std::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
