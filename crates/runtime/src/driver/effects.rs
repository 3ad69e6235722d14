//! Carries out what the engine wants done.

use super::serving::PendingReplies;
use super::subscription::Subscriptions;
use super::{Input, Shared};
use crate::engine::Effect;
use rental_bus::{Backoff, CallError, Message};
use rental_model::{QueryOutcome, RemoteQuery};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// How long another context may take to answer a query.
const CONSULT_WITHIN: Duration = Duration::from_secs(1);
/// How long another context gets to catch up before it is asked again: at first, and at most.
const CATCH_UP_AT_FIRST: Duration = Duration::from_millis(2);
const CATCH_UP_WITHIN: Duration = Duration::from_millis(100);

pub(super) struct Executor {
    shared: Shared,
    pending_replies: PendingReplies,
    subscriptions: Subscriptions,
}

impl Executor {
    pub(super) fn new(shared: Shared, pending_replies: PendingReplies) -> Self {
        Self { subscriptions: Subscriptions::new(shared.clone()), shared, pending_replies }
    }

    /// Carries out batch after batch, until the engine is done.
    pub(super) async fn run(mut self, mut effects: mpsc::Receiver<Vec<Effect>>) {
        while let Some(batch) = effects.recv().await {
            for effect in batch {
                if effect == Effect::Stopped {
                    return;
                }
                self.carry_out(effect).await;
            }
        }
    }

    fn start(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        self.shared.tasks.start(name, task)
    }

    async fn carry_out(&mut self, effect: Effect) {
        let shared = self.shared.clone();
        match effect {
            Effect::Reply { token, answer } => self.pending_replies.answer(token, answer.map(Vec::from)).await,
            Effect::Query { token, query, again } => {
                drop(self.start("question", ask(shared, token, query, again)));
            }
            Effect::Publish { epoch, record } => {
                let begun = Instant::now();
                let ticket = shared.bus.publish(&record).await;
                self.start("publication", async move {
                    let outcome = ticket.outcome().await;
                    shared.broker.published(epoch, record.number, &outcome);
                    shared.observer.published(&outcome, begun.elapsed());
                    let _ = shared.inputs.send(Input::Published { epoch, number: record.number, outcome }).await;
                });
            }
            Effect::AskTip { epoch } => drop(self.start("stream end", ask_tip(shared, epoch))),
            Effect::ReadOwn { epoch, from, to } => drop(self.start("own stream", read_own(shared, epoch, from, to))),
            Effect::Subscribe { source, reading, from } => self.subscriptions.open(source, reading, from),
            Effect::Ack { source, number } => self.subscriptions.done(source, number).await,
            Effect::AskGoals => drop(self.start("goals", ask_goals(shared))),
            Effect::Stopped => {}
        }
    }
}

async fn ask(shared: Shared, token: u64, query: RemoteQuery, again: u32) {
    if again > 0 {
        tokio::time::sleep(CATCH_UP_WITHIN.min(CATCH_UP_AT_FIRST * again * again)).await;
    }
    let RemoteQuery { context, endpoint, body } = query;
    let query_outcome = match shared.bus.call_raw(context, endpoint, body, CONSULT_WITHIN).await {
        Ok(answer) => QueryOutcome::Answered(answer.into()),
        Err(CallError::Refused(refusal)) => QueryOutcome::Refused(refusal),
        Err(CallError::Silent { why, .. }) => QueryOutcome::Silent(why.to_string()),
        Err(CallError::Unreadable { why, .. }) => QueryOutcome::Silent(why),
    };
    let _ = shared.inputs.send(Input::QueryOutcome { token, query_outcome }).await;
}

/// Where the own stream ends; makes it if it is not there.
async fn ask_tip(shared: Shared, epoch: u64) {
    tokio::time::sleep(shared.broker.pause()).await;
    shared.bus.wait_until_up().await;
    let context = shared.policy.context();
    let asked = async {
        let tip = match shared.bus.tip(context).await {
            Ok(tip) if epoch > 1 => tip,
            // At the start its settings are brought up to date; later it may be gone.
            _ => {
                shared.bus.ensure_stream(context, shared.replicas).await?;
                shared.bus.tip(context).await?
            }
        };
        let hash = if tip.last == 0 { None } else { shared.bus.message(context, tip.last).await?.hash() };
        Ok::<_, rental_bus::streams::StreamError>((tip.last, hash))
    };
    let asked = asked.await;
    shared.broker.asked(asked.as_ref().map(|(last, _)| *last));
    let input = match asked {
        Ok((last, hash)) => Input::Tip { epoch, last, hash },
        Err(error) => {
            tracing::debug!(%error, "the own stream cannot be asked; trying again");
            Input::TipUnknown { epoch }
        }
    };
    let _ = shared.inputs.send(input).await;
}

async fn read_own(shared: Shared, epoch: u64, from: u64, to: u64) {
    let (messages, mut arriving) = mpsc::unbounded_channel();
    let context = shared.policy.context();
    let mut next = from;
    let read = async {
        let messages = messages;
        let each = |message: Message| {
            next += u64::from(message.number == next);
            messages.send(message).is_ok()
        };
        shared.bus.read_range(context, from, to, each).await
    };
    let forward = async {
        while let Some(message) = arriving.recv().await {
            if shared.inputs.send(Input::Own { epoch, message }).await.is_err() {
                return;
            }
        }
    };
    let (read, ()) = tokio::join!(read, forward);
    // A stream that lost its tail meanwhile ends early, and one may have a hole: both without an error.
    if read.is_err() || next <= to {
        tracing::debug!(?read, next, to, "the own stream was not read to its end; trying again");
        Backoff::default().pause().await;
        let _ = shared.inputs.send(Input::OwnLost { epoch }).await;
    }
}

/// Where every received stream ends; waits for streams that are not there yet.
async fn ask_goals(shared: Shared) {
    let mut goals = BTreeMap::new();
    for &source in shared.policy.subscriptions() {
        let mut backoff = Backoff::default();
        let last = loop {
            shared.bus.wait_until_up().await;
            match shared.bus.tip(source).await {
                Ok(tip) => break tip.last,
                Err(error) => tracing::debug!(%source, %error, "waiting for a stream"),
            }
            backoff.pause().await;
        };
        goals.insert(source, last);
    }
    let _ = shared.inputs.send(Input::Goals(goals)).await;
}
