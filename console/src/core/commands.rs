//! The life of a command: sent, accepted as an event, in view.
//!
//! A command is kept by its request id, so that asking again after silence
//! never does it twice: the service knows the id and answers as before.

use crate::core::change::Change;
use crate::i18n::{Arg, Message, Text};
use rental_bus::status::{DropParked, RetryParked};
use rental_bus::{CallError, Silence};
use rental_model::event::Place;
use rental_model::inventory::{AdjustStock, CheckInItems, RegisterProduct};
use rental_model::{Context, OrderId, ProductId, Qty, Reason, Won};
use serde_json::{Value, json};

/// How many are remembered.
const MOST_KEPT: usize = 200;

/// What a person asks of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UserCommand {
    Request { order: Option<OrderId>, product: ProductId, qty: Qty, amount: Won, is_short_fine: bool },
    Cancel { order: OrderId, product: Option<ProductId> },
    End { order: OrderId },
    Register { product: Option<ProductId>, name: String, qty: u32 },
    Adjust { product: ProductId, change: Change, qty: Qty, reason: Reason },
    CheckIn { order: OrderId, down: u32, lost: u32 },
    RetryParked { context: Context, id: u64 },
    DropParked { context: Context, id: u64, reason: Reason },
}

impl UserCommand {
    /// Whether what is done is recorded as an event; what becomes of a parked message is not.
    pub(crate) const fn is_recorded(&self) -> bool {
        !matches!(self, Self::RetryParked { .. } | Self::DropParked { .. })
    }

    const fn is_request(&self) -> bool {
        matches!(self, Self::Request { .. })
    }

    /// Who is asked.
    pub(crate) const fn context(&self) -> Context {
        match self {
            Self::Request { .. } | Self::Cancel { .. } | Self::End { .. } => Context::Order,
            Self::Register { .. } | Self::Adjust { .. } | Self::CheckIn { .. } => Context::Inventory,
            Self::RetryParked { context, .. } | Self::DropParked { context, .. } => *context,
        }
    }

    pub(crate) const fn endpoint(&self) -> &'static str {
        match self {
            Self::Request { .. } => "request",
            Self::Cancel { .. } => "cancel",
            Self::End { .. } => "end",
            Self::Register { .. } => "register",
            Self::Adjust { .. } => "adjust",
            Self::CheckIn { .. } => "checkin",
            Self::RetryParked { .. } => "parked.retry",
            Self::DropParked { .. } => "parked.drop",
        }
    }

    /// The request's JSON, without what travels with every command.
    fn fields(&self) -> Value {
        match self {
            Self::Request { order, product, qty, amount, is_short_fine } => {
                let on_shortage = if *is_short_fine { "compensate" } else { "refuse" };
                let mut fields =
                    json!({ "productId": product, "qty": qty, "amount": amount, "onShortage": on_shortage });
                if let Some(order) = order {
                    fields["orderId"] = json!(order);
                }
                fields
            }
            Self::Cancel { order, product: Some(product) } => json!({ "orderId": order, "productId": product }),
            Self::Cancel { order, product: None } | Self::End { order } => json!({ "orderId": order }),
            Self::Register { product, name, qty } => {
                json!(RegisterProduct { product_id: *product, product_name: name.clone(), qty: *qty })
            }
            Self::Adjust { product, change, qty, reason } => json!(adjustment(*product, *change, *qty, reason.clone())),
            Self::CheckIn { order, down, lost } => {
                json!(CheckInItems { order_id: *order, down: *down, lost: *lost })
            }
            Self::RetryParked { id, .. } => json!(RetryParked { id: *id }),
            Self::DropParked { id, reason, .. } => json!(DropParked { id: *id, reason: reason.clone() }),
        }
    }

    pub(crate) fn message(&self) -> Message {
        match self {
            Self::Request { order: None, .. } => Text::DeedRequest.into(),
            Self::Request { order: Some(order), .. } => Text::DeedRequestFor.with("order", *order),
            Self::Cancel { order, .. } => Text::DeedCancel.with("order", *order),
            Self::End { order } => Text::DeedEnd.with("order", *order),
            Self::Register { name, .. } => Text::DeedRegister.with("name", name.as_str()),
            Self::Adjust { product, .. } => Text::DeedAdjust.with("product", *product),
            Self::CheckIn { order, .. } => Text::DeedCheckIn.with("order", *order),
            Self::RetryParked { context, id } => {
                Text::DeedRetryParked.with("context", Text::from(*context)).with("id", *id)
            }
            Self::DropParked { context, id, .. } => {
                Text::DeedDropParked.with("context", Text::from(*context)).with("id", *id)
            }
        }
    }
}

/// What is bought or sold is a change of the count, what is found elsewhere a move.
fn adjustment(product_id: ProductId, change: Change, qty: Qty, reason: Reason) -> AdjustStock {
    let (from, to) = change.places();
    let count = i64::from(qty.get());
    let delta = match (from, to) {
        (Place::Outside, _) => Some(count),
        (_, Place::Outside) => Some(-count),
        _ => None,
    };
    let moved = delta.is_none();
    AdjustStock {
        product_id,
        delta,
        from: moved.then_some(from),
        to: moved.then_some(to),
        qty: moved.then_some(qty),
        reason,
    }
}

/// How far a command has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    Sent,
    /// Recorded as this event of the service's journal.
    Accepted(u64),
    /// The event has arrived here too.
    InView(u64),
    /// Done, and no event of its own comes of it.
    Done,
    /// Recorded long ago; since then this has become of the order.
    Gone(Arg),
    /// Answered with no; nothing was recorded.
    Refused(Arg),
    /// It certainly did not arrive.
    Failed(Arg),
    /// Not answered; it may have been done.
    Unsure,
}

impl Stage {
    /// How far `user_command` has come, once this is what came of sending it.
    pub(crate) fn of(user_command: &UserCommand, answer: &Result<Receipt, CallError>) -> Self {
        match answer {
            Ok(Receipt { became: Some(became), .. }) if user_command.is_request() && became.is_over() => {
                Self::Gone(became.message().into())
            }
            Ok(receipt) if user_command.is_recorded() => Self::Accepted(receipt.id),
            Ok(_) => Self::Done,
            Err(error @ CallError::Refused(_)) => Self::Refused(why(error)),
            Err(error) if error.is_unsure() => Self::Unsure,
            Err(error) => Self::Failed(why(error)),
        }
    }
}

/// A command that was sent.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub(crate) request_id: String,
    pub(crate) user_command: UserCommand,
    pub(crate) stage: Stage,
}

impl Issued {
    /// The request's whole JSON.
    pub(crate) fn body(&self, actor: &str) -> Value {
        let mut body = self.user_command.fields();
        body["requestId"] = json!(self.request_id);
        body["actor"] = json!(actor);
        body
    }

    /// How far it has come, in words. `retry_key` asks again.
    pub(crate) fn message(&self, retry_key: &str) -> Message {
        let what = self.user_command.message();
        let by = Text::from(self.user_command.context());
        match &self.stage {
            Stage::Sent => Text::CommandSent.with("what", what),
            Stage::Accepted(number) => {
                Text::CommandAccepted.with("what", what).with("number", *number).with("context", by)
            }
            Stage::InView(number) => Text::CommandInView.with("what", what).with("number", *number).with("context", by),
            Stage::Done => Text::CommandDone.with("what", what),
            Stage::Gone(became) => Text::CommandGone.with("what", what).with("became", became.clone()),
            Stage::Refused(why) => Text::CommandRefused.with("what", what).with("why", why.clone()),
            Stage::Failed(why) => Text::CommandFailed.with("what", what).with("why", why.clone()),
            Stage::Unsure => Text::CommandUnsure.with("what", what).with("key", retry_key),
        }
    }
}

/// What a service answers to a command it has carried out: the event it recorded.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    /// The event's number in the service's journal.
    pub(crate) id: u64,
    /// Whose order it is about, if it is about one.
    #[serde(default)]
    pub(crate) order_id: Option<OrderId>,
    /// What became of the order since, if it was asked for before.
    #[serde(default)]
    pub(crate) became: Option<Became>,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub(crate) struct Became {
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

impl Became {
    /// Whether there is no rental any more.
    fn is_over(&self) -> bool {
        self.status != "active"
    }

    fn message(&self) -> Message {
        let status: Arg = match self.status.as_str() {
            "cancelled" => Text::StatusCancelled.into(),
            "short" => Text::StatusShortCancelled.into(),
            "ended" => Text::StatusEnded.into(),
            other => other.into(),
        };
        match &self.reason {
            Some(why) => Text::BecameWhy.with("status", status).with("why", why.as_str()),
            None => Text::Became.with("status", status),
        }
    }
}

/// The commands of this console, oldest first.
#[derive(Debug)]
pub(crate) struct Commands {
    /// Makes this console's request ids unlike all others.
    session: String,
    count: u64,
    issued: Vec<Issued>,
}

impl Commands {
    pub(crate) const fn new(session: String) -> Self {
        Self { session, count: 0, issued: Vec::new() }
    }

    /// A request id never used before.
    pub(crate) fn next_id(&mut self) -> String {
        self.count += 1;
        format!("{}-{}", self.session, self.count)
    }

    /// Notes that a command goes out, or goes out again.
    pub(crate) fn issue(&mut self, request_id: &str, user_command: UserCommand) -> Issued {
        self.issued.retain(|issued| issued.request_id != request_id);
        if self.issued.len() == MOST_KEPT {
            self.issued.remove(0);
        }
        let issued = Issued { request_id: request_id.to_owned(), user_command, stage: Stage::Sent };
        self.issued.push(issued.clone());
        issued
    }

    /// Notes what came of a command.
    pub(crate) fn answer(&mut self, request_id: &str, answer: &Result<Receipt, CallError>) -> Option<Issued> {
        let issued = self.issued.iter_mut().find(|issued| issued.request_id == request_id)?;
        issued.stage = Stage::of(&issued.user_command, answer);
        if let (Ok(receipt), UserCommand::Request { order, .. }) = (answer, &mut issued.user_command) {
            *order = receipt.order_id;
        }
        Some(issued.clone())
    }

    /// Notes up to which number each journal is in view; answers the command that is now, if one is.
    pub(crate) fn arrived(&mut self, seen: impl Fn(Context) -> u64) -> Option<Issued> {
        let mut latest = None;
        for issued in &mut self.issued {
            if let Stage::Accepted(event) = issued.stage
                && event <= seen(issued.user_command.context())
            {
                issued.stage = Stage::InView(event);
                latest = Some(issued.clone());
            }
        }
        latest
    }

    /// What was asked under this id.
    pub(crate) fn find(&self, request_id: &str) -> Option<&Issued> {
        self.issued.iter().find(|issued| issued.request_id == request_id)
    }

    /// The command sent last.
    pub(crate) fn latest(&self) -> Option<&Issued> {
        self.issued.last()
    }

    /// Those on their way and those that may have been done, newest first.
    pub(crate) fn unanswered(&self) -> impl Iterator<Item = &Issued> {
        self.issued.iter().rev().filter(|issued| matches!(issued.stage, Stage::Sent | Stage::Unsure))
    }

    /// The last command that was not answered.
    pub(crate) fn last_unsure(&self) -> Option<&Issued> {
        self.issued.iter().rev().find(|issued| issued.stage == Stage::Unsure)
    }
}

/// Why a call brought nothing, in the console's own words.
pub(crate) fn why(error: &CallError) -> Arg {
    let about = |text: Text, context: Context| text.with("context", Text::from(context)).into();
    match error {
        CallError::Refused(refusal) => refusal.message.as_str().into(),
        CallError::Silent { context, why: Silence::NotRunning } => about(Text::WhyNotRunning, *context),
        CallError::Silent { why: Silence::NotConnected | Silence::OldBroker(_), .. } => Text::WhyNoBroker.into(),
        CallError::Silent { context, why: Silence::Late(_) | Silence::GivenUp(_) } => about(Text::WhySilent, *context),
        CallError::Unreadable { context, .. } => about(Text::WhyUnreadable, *context),
    }
}

/// Whether the service itself is known to be silent.
pub(crate) const fn is_silent(error: &CallError) -> bool {
    matches!(error, CallError::Silent { .. })
}
