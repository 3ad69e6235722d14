//! What was: direct reads, which create nothing at the broker.
//!
//! Whichever broker of a cluster has a copy answers them, also one that is
//! behind. So where a stream ends is asked of its leader ([`Bus::tip`]), and
//! the leader has the last word on whether there is anything more up to there.

use crate::connection::{Bus, LinkState};
use crate::record::Message;
use crate::streams::{StreamError, pairs};
use async_nats::{HeaderMap, Subscriber};
use futures_util::StreamExt;
use rental_model::Context;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::watch;

/// How much one answer may bring: what the client holds for us, with room to
/// spare, and an eighth of what the broker holds for a client (`max_pending`).
const MOST_MESSAGES: usize = 2000;
const MOST_BYTES: usize = 1024 * 1024;
/// How long the next message of an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How long a broker that is behind is left alone before it is asked again.
const CATCH_UP: Duration = Duration::from_millis(50);

/// What the broker puts beside a message it is asked for; none of it is the message's own.
const ADDED: [&str; 6] =
    ["Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Time-Stamp", "Nats-Num-Pending", "Nats-Last-Sequence"];

/// What one question brought.
pub(crate) struct Page {
    pub(crate) messages: Vec<Message>,
    /// The broker that answered has nothing more.
    pub(crate) is_last: bool,
}

/// Questions to one stream, and the way their answers come.
pub(crate) struct Questions {
    bus: Bus,
    stream: &'static str,
    filter: Option<String>,
    inbox: String,
    answers: Subscriber,
    link: watch::Receiver<LinkState>,
    asked: u64,
}

impl Questions {
    /// To be dropped when there is nothing more to ask for now: the broker
    /// remembers the way back of every answer until then.
    pub(crate) async fn new(bus: &Bus, context: Context, filter: Option<String>) -> Result<Self, StreamError> {
        let inbox = bus.client().new_inbox();
        let answers = bus.client().subscribe(format!("{inbox}.*")).await.map_err(|error| unread(error.into()))?;
        let mut link = bus.watch();
        link.mark_unchanged();
        let stream = context.stream().unwrap_or_default();
        Ok(Self { bus: bus.clone(), stream, filter, inbox, answers, link, asked: 0 })
    }

    /// The next messages from number `from` on.
    pub(crate) async fn page(&mut self, from: u64) -> Result<Page, StreamError> {
        self.asked += 1;
        let way_back = format!("{}.{}", self.inbox, self.asked);
        let mut question = json!({ "seq": from.max(1), "batch": MOST_MESSAGES, "max_bytes": MOST_BYTES });
        if let Some(filter) = &self.filter {
            question["next_by_subj"] = filter.as_str().into();
        }
        let subject = format!("$JS.API.DIRECT.GET.{}", self.stream);
        let client = self.bus.client();
        let asked = client.publish_with_reply(subject, way_back.clone(), question.to_string().into());
        asked.await.map_err(|error| unread(error.into()))?;
        let (mut messages, mut before) = (Vec::new(), 0);
        loop {
            let Some(answer) = self.next().await? else { return Ok(Page { messages, is_last: false }) };
            if answer.subject.as_str() != way_back {
                continue;
            }
            let headers = answer.headers.unwrap_or_default();
            match answer.status.map(|status| status.as_u16()) {
                None => {}
                Some(204) => return Ok(Page { messages, is_last: number(&headers, "Nats-Num-Pending")? == 0 }),
                Some(404) => return Ok(Page { messages, is_last: true }),
                Some(503) => return Err(unread("no broker has it at hand".into())),
                Some(status) => return Err(unread(format!("the broker answered {status}").into())),
            }
            // Each names the one before it: a client that is behind drops messages.
            if number(&headers, "Nats-Last-Sequence")? != before {
                return Ok(Page { messages, is_last: false });
            }
            before = number(&headers, "Nats-Sequence")?;
            messages.push(message(before, &headers, answer.payload)?);
        }
    }

    /// The next message; none if the connection was lost meanwhile and is there again: then what
    /// was asked for will not come any more.
    async fn next(&mut self) -> Result<Option<async_nats::Message>, StreamError> {
        tokio::select! {
            answer = tokio::time::timeout(ANSWER_WITHIN, self.answers.next()) => match answer {
                Ok(Some(answer)) => Ok(Some(answer)),
                Ok(None) => Err(unread("the connection is closed".into())),
                Err(_) => Err(unread(format!("nothing within {} s", ANSWER_WITHIN.as_secs()).into())),
            },
            _ = self.link.changed() => match &*self.link.borrow_and_update() {
                LinkState::Up => Ok(None),
                LinkState::Down(why) => Err(unread(why.clone().into())),
            },
        }
    }
}

impl Bus {
    /// Reads the context's events from `from` to `to` (inclusive), which its stream's leader is
    /// known to have, in order, into `each`; it answers whether to go on. Events that are not
    /// there are passed over.
    pub async fn read_range(
        &self,
        context: Context,
        from: u64,
        to: u64,
        each: impl FnMut(Message) -> bool,
    ) -> Result<(), StreamError> {
        self.read_filtered(context, from, to, None, each).await
    }

    /// The same for the messages whose subject matches `filter`.
    pub(crate) async fn read_filtered(
        &self,
        context: Context,
        from: u64,
        to: u64,
        filter: Option<String>,
        mut each: impl FnMut(Message) -> bool,
    ) -> Result<(), StreamError> {
        let mut next = from;
        let mut questions = Questions::new(self, context, filter.clone()).await?;
        while next <= to {
            let page = questions.page(next).await?;
            for message in page.messages {
                if message.number > to {
                    return Ok(());
                }
                next = message.number + 1;
                if !each(message) {
                    return Ok(());
                }
            }
            if page.is_last && next <= to {
                let Some(number) = self.next_number(context, next, filter.as_deref()).await?.filter(|&n| n <= to)
                else {
                    return Ok(());
                };
                next = number + 1;
                if !each(self.message(context, number).await?) {
                    return Ok(());
                }
                tokio::time::sleep(CATCH_UP).await;
            }
        }
        Ok(())
    }

    /// The number of the first message from `from` on, as the stream's leader has it.
    async fn next_number(&self, context: Context, from: u64, filter: Option<&str>) -> Result<Option<u64>, StreamError> {
        let subject = format!("$JS.API.STREAM.MSG.GET.{}", context.stream().unwrap_or_default());
        let question = json!({ "seq": from.max(1), "next_by_subj": filter.unwrap_or(">") });
        let request = async_nats::Request::new().payload(question.to_string().into()).timeout(Some(ANSWER_WITHIN));
        let answer = self.client().send_request(subject, request).await.map_err(|error| unread(error.into()))?;
        let answer: Value = serde_json::from_slice(&answer.payload).map_err(|error| unread(error.into()))?;
        match (answer["message"]["seq"].as_u64(), answer["error"]["code"].as_u64()) {
            (Some(number), _) => Ok(Some(number)),
            (None, Some(404)) => Ok(None),
            (None, _) => Err(unread(answer["error"]["description"].as_str().unwrap_or("no message").into())),
        }
    }
}

fn unread(source: async_nats::Error) -> StreamError {
    StreamError::new("the events cannot be read", source)
}

/// A number the broker added. A message may carry such a header of its own: the broker's stands last.
fn number(headers: &HeaderMap, name: &'static str) -> Result<u64, StreamError> {
    let value = headers.get_last(name).and_then(|value| value.as_str().parse().ok());
    value.ok_or_else(|| unread(format!("an answer has no {name}").into()))
}

fn message(number: u64, headers: &HeaderMap, payload: bytes::Bytes) -> Result<Message, StreamError> {
    let subject = headers.get_last("Nats-Subject").ok_or_else(|| unread("an answer has no Nats-Subject".into()))?;
    let subject = subject.to_string();
    let mut headers = pairs(headers);
    headers.retain(|(name, _)| !ADDED.contains(&name.as_str()));
    Ok(Message { number, subject, headers, payload })
}
