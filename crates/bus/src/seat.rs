//! One worker for each context: whoever serves holds the context's seat.
//!
//! Whoever holds it is subscribed to a subject of its own, so that the broker
//! itself tells a newcomer at once that nobody is there, without anybody's word.
//! While somebody is subscribed, a newcomer does not serve, not even if no
//! answer comes: a worker that is frozen may wake up. The broker ends that
//! subscription within its half-open time (`ping_interval` in `nats.conf`).
//! Two that come at the very same moment receive each other, and the one that was
//! started first goes on.

use crate::connection::Bus;
use crate::retry::Backoff;
use crate::subjects;
use async_nats::StatusCode;
use async_nats::Subscriber;
use futures_util::StreamExt;
use rental_model::{Context, UnixMs};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// How long a holder may take to answer a newcomer.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// How long two that come at the same moment listen for each other.
const LISTEN: Duration = Duration::from_millis(150);
/// How long a holder may say nothing at all: longer than the broker keeps one that is gone.
/// Also what a worker waits if the broker's permissions do not know of seats yet.
const SILENCE: Duration = Duration::from_secs(20);

/// Who is before whom: the one that was started first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rank {
    started_at: UnixMs,
    instance: String,
}

/// What workers of one context say to each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Word {
    #[serde(flatten)]
    rank: Rank,
    is_serving: bool,
    /// Whether the others are to say who they are.
    #[serde(default)]
    asks: bool,
}

/// Why a seat cannot be asked for now.
#[derive(Debug, thiserror::Error)]
#[error("the other workers cannot be asked: {0}")]
pub struct SeatError(async_nats::Error);

fn failed<E: Into<async_nats::Error>>(error: E) -> SeatError {
    SeatError(error.into())
}

/// What a newcomer finds.
enum Found {
    Nobody,
    /// Somebody holds it, and says so.
    Holder,
    /// Somebody is subscribed, and says nothing.
    Silence,
}

/// A context's seat, as one worker sees it.
#[derive(Debug)]
pub struct Seat {
    bus: Bus,
    context: Context,
    rank: Rank,
    is_serving: bool,
    /// What others say, while this worker has a part in it.
    words: Option<Subscriber>,
}

impl Seat {
    pub fn new(bus: Bus, context: Context, started_at: UnixMs) -> Self {
        let rank = Rank { started_at, instance: crate::new_request_id() };
        Self { bus, context, rank, is_serving: false, words: None }
    }

    /// Waits until nobody else holds the seat, and takes it.
    pub async fn take(&mut self) {
        let context = self.context;
        let (mut has_said, mut silent_since) = (false, None);
        let mut backoff = Backoff::default();
        loop {
            self.bus.wait_until_up().await;
            let found = self.look().await;
            let is_taken = match &found {
                Ok(Found::Nobody) => self.claim().await,
                Ok(Found::Silence) if silent_since.get_or_insert_with(Instant::now).elapsed() > SILENCE => {
                    tracing::warn!("whoever holds the seat of {context} says nothing; serving all the same");
                    self.claim().await
                }
                Ok(_) | Err(_) => Ok(false),
            };
            if !matches!(found, Ok(Found::Silence)) {
                silent_since = None;
            }
            match is_taken {
                Ok(true) => return,
                Ok(false) if !has_said && found.is_ok() => {
                    has_said = true;
                    tracing::warn!("another {context} worker is connected; this one waits until that one is gone");
                }
                Ok(false) => {}
                Err(error) => tracing::debug!(%error, "the seat cannot be taken yet"),
            }
            // Short: whoever waits is to go on as soon as the other is gone.
            if backoff.failures() > 3 {
                backoff.worked();
            }
            backoff.pause().await;
        }
    }

    /// Whether somebody holds the seat. Asks the broker first of all.
    async fn look(&self) -> Result<Found, SeatError> {
        let client = self.bus.client();
        let answers = subjects::seat_answer(self.context, &self.rank.instance);
        let mut arriving = client.subscribe(answers.clone()).await.map_err(failed)?;
        let word = self.word(true);
        client.publish_with_reply(subjects::seat(self.context), answers, word).await.map_err(failed)?;
        match tokio::time::timeout(ANSWER_WITHIN, arriving.next()).await {
            Ok(Some(answer)) if answer.status == Some(StatusCode::NO_RESPONDERS) => Ok(Found::Nobody),
            Ok(Some(_)) => Ok(Found::Holder),
            Ok(None) => Err(failed("the connection was lost")),
            Err(_) => Ok(Found::Silence),
        }
    }

    /// Takes the seat, unless somebody else who came at the same moment is before this one.
    ///
    /// Also to be called after the connection was lost: another may have come meanwhile.
    pub async fn claim(&mut self) -> Result<bool, SeatError> {
        self.is_serving = false;
        let client = self.bus.client();
        let mut words = client.subscribe(subjects::seat(self.context)).await.map_err(failed)?;
        client.publish(subjects::seat(self.context), self.word(true)).await.map_err(failed)?;
        let until = tokio::time::Instant::now() + LISTEN;
        while let Ok(word) = tokio::time::timeout_at(until, words.next()).await {
            let Some(message) = word else { return Err(failed("the connection was lost")) };
            // One that only looks whether somebody is here claims nothing.
            let is_claim = message.reply.is_none();
            if let Some(word) = self.received(&message).await
                && is_claim
                && (word.is_serving || word.rank < self.rank)
            {
                self.words = None;
                return Ok(false);
            }
        }
        self.is_serving = true;
        self.words = Some(words);
        Ok(true)
    }

    /// Answers whoever asks, for as long as the seat is held. Ends if the connection breaks down.
    pub async fn hold(&mut self) {
        while let Some(message) = match &mut self.words {
            Some(words) => words.next().await,
            None => None,
        } {
            self.received(&message).await;
        }
    }

    /// What somebody else says; whoever asks is answered.
    async fn received(&self, message: &async_nats::Message) -> Option<Word> {
        let word: Word = serde_json::from_slice(&message.payload).ok()?;
        if word.rank == self.rank {
            return None;
        }
        if word.asks {
            let to = message.reply.clone().unwrap_or_else(|| subjects::seat(self.context).into());
            let _ = self.bus.client().publish(to, self.word(false)).await;
        }
        Some(word)
    }

    fn word(&self, asks: bool) -> bytes::Bytes {
        let word = Word { rank: self.rank.clone(), is_serving: self.is_serving, asks };
        serde_json::to_vec(&word).unwrap_or_default().into()
    }
}
