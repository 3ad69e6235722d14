//! What onlookers ask of a worker, asked again in its own words.
//!
//! Who may only look must not reach the connection a worker works with: bytes
//! made for the purpose can end it. So their questions come on a connection of
//! its own, whose end harms nobody; it is made anew at once. What is asked is
//! then asked of the worker itself, with no header of theirs and, but for the
//! body of a question about its journal, nothing they wrote.

use crate::connection::{Bus, ConnectionSettings};
use crate::retry::Backoff;
use crate::service::LARGEST_REQUEST_BYTES;
use crate::subjects;
use async_nats::{HeaderMap, Message, Subject};
use futures_util::StreamExt;
use futures_util::stream::select_all;
use rental_model::Context;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// How many questions of onlookers are open at the same time; others wait.
const AT_ONCE: usize = 8;
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// A connection that lasted this long was a good one; the next is made anew at once.
const WORKED_FOR: Duration = Duration::from_secs(1);

/// Relays until it is dropped.
#[derive(Debug)]
pub(crate) struct Relay(JoinHandle<()>);

impl Drop for Relay {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Relay {
    /// For the service of `context` that is known as `id`.
    pub(crate) fn start(bus: &Bus, context: Context, id: String) -> Self {
        let worker = Worker { bus: bus.clone(), context, id, at_once: Arc::new(Semaphore::new(AT_ONCE)) };
        Self(tokio::spawn(async move {
            let mut backoff = Backoff::default();
            loop {
                let begun = Instant::now();
                if let Err(why) = worker.relay().await {
                    tracing::debug!(%why, "the connection for onlookers ended; it is made anew");
                }
                // Onlookers can end it as often as they like, and it is theirs alone.
                if begun.elapsed() > WORKED_FOR {
                    backoff.worked();
                }
                backoff.pause().await;
            }
        }))
    }
}

#[derive(Clone)]
struct Worker {
    /// The connection the worker works with.
    bus: Bus,
    context: Context,
    id: String,
    at_once: Arc<Semaphore>,
}

impl Worker {
    async fn relay(&self) -> Result<(), async_nats::Error> {
        let settings = self.bus.settings();
        let settings = ConnectionSettings {
            name: format!("{}, for onlookers", settings.name),
            is_patient: true,
            ..settings.clone()
        };
        let outside = Bus::connect(settings).await?;
        let service = subjects::service(self.context);
        let mut asked = Vec::new();
        for subject in [
            subjects::look_at_services("*"),
            subjects::look_at_services(&format!("*.{service}")),
            subjects::look_at_services(&format!("*.{service}.{}", self.id)),
            subjects::look_at_journal(self.context),
        ] {
            asked.push(outside.client().subscribe(subject).await?);
        }
        let mut asked = select_all(asked);
        while let Some(message) = asked.next().await {
            let permit = self.at_once.clone().acquire_owned().await?;
            let (worker, outside) = (self.clone(), outside.clone());
            tokio::spawn(async move {
                worker.answer(&outside, message).await;
                drop(permit);
            });
        }
        Err("it was closed".into())
    }

    /// An onlooker whose question has no answer is told nothing, as by any service.
    async fn answer(&self, outside: &Bus, asked: Message) {
        // The broker's own way back, and no other: what is said there is taken as said by us.
        let Some(way_back) = asked.reply.filter(|reply| reply.starts_with("_R_.")) else { return };
        let Some(subject) = self.question(&asked.subject) else { return };
        let body = if is_journal(&subject, self.context) { asked.payload } else { bytes::Bytes::new() };
        if body.len() > LARGEST_REQUEST_BYTES {
            return;
        }
        let request = async_nats::Request::new().payload(body).timeout(Some(ANSWER_WITHIN));
        match self.bus.client().send_request(subject, request).await {
            Ok(answer) => {
                let headers = answer.headers.unwrap_or_else(HeaderMap::new);
                let _ = outside.client().publish_with_headers(way_back, headers, answer.payload).await;
            }
            Err(error) => tracing::debug!(%error, "a question of an onlooker has no answer"),
        }
    }

    /// Where the worker itself receives it.
    fn question(&self, asked: &Subject) -> Option<String> {
        if *asked.as_str() == subjects::look_at_journal(self.context) {
            return Some(subjects::endpoint(self.context, "journal"));
        }
        let verb = asked.strip_prefix(&subjects::look_at_services(""))?.split('.').next()?;
        let is_known = ["PING", "INFO", "STATS"].contains(&verb);
        is_known.then(|| format!("$SRV.{verb}.{}.{}", subjects::service(self.context), self.id))
    }
}

fn is_journal(subject: &str, context: Context) -> bool {
    subject == subjects::endpoint(context, "journal")
}
