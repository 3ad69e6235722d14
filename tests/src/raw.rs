//! A plain NATS client, with nothing of ours in between.

use crate::{PATIENCE, Shop};
use anyhow::Context as _;
use async_nats::{Client, ConnectOptions, Subscriber};
use futures_util::StreamExt;
use serde_json::Value;
use std::time::Duration;

/// A plain client with a user's key.
#[derive(Debug)]
pub struct Raw {
    pub client: Client,
}

impl Raw {
    pub async fn connect(shop: &Shop, user: &str) -> anyhow::Result<Self> {
        Self::connect_to(shop, user, shop.stack.url()).await
    }

    /// The same to one broker of several.
    pub async fn connect_to(shop: &Shop, user: &str, url: &str) -> anyhow::Result<Self> {
        let seed = std::fs::read_to_string(rental_bus::keys::path(&shop.home(), user))?;
        let options = ConnectOptions::with_nkey(seed.trim().to_owned())
            .custom_inbox_prefix(rental_bus::subjects::inbox(user))
            .connection_timeout(Duration::from_secs(10));
        Ok(Self { client: options.connect(url).await? })
    }

    /// Asks, and answers with the reply's error code, if any, and its JSON.
    pub async fn ask(&self, subject: &str, body: &[u8]) -> anyhow::Result<(Option<u16>, Value)> {
        let reply = self.client.request(subject.to_owned(), body.to_vec().into()).await?;
        let header = |name: &str| reply.headers.as_ref().and_then(|headers| headers.get(name)).map(ToString::to_string);
        let code = header("Nats-Service-Error-Code").map(|code| code.parse()).transpose()?;
        anyhow::ensure!(code.is_some() == header("Nats-Service-Error").is_some(), "one error header without the other");
        let json = serde_json::from_slice(&reply.payload)
            .with_context(|| format!("{subject} answered {:?}", String::from_utf8_lossy(&reply.payload)))?;
        Ok((code, json))
    }
}

/// The next `count` messages, as subject and JSON body.
pub async fn read_all(subscriber: &mut Subscriber, count: usize) -> anyhow::Result<Vec<(String, Value)>> {
    let mut seen = Vec::new();
    while seen.len() < count {
        let message = tokio::time::timeout(PATIENCE, subscriber.next())
            .await
            .with_context(|| format!("only {} of {count} messages came: {seen:#?}", seen.len()))?
            .context("the subscription ended")?;
        seen.push((message.subject.to_string(), serde_json::from_slice(&message.payload)?));
    }
    Ok(seen)
}
