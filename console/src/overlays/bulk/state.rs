//! Many orders cancelled or ended at once: the question before it, and its run.
//!
//! The question is fixed on the orders that were marked when it opened, and on
//! what was seen of them. Those that cannot be acted upon are left out, with
//! the reason. The person types the count and then says `y`; if an order has
//! changed meanwhile, the question tells which and asks again.
//!
//! Each order has a request id of its own, made when the question opens and
//! kept for as long as its command is not answered: sending again never
//! doubles. A run sends a few commands at a time, each only while the picture
//! is fresh and the order is as the person has seen it.

use crate::core::commands::{Issued, Receipt, Stage};
use crate::core::order_action::{OrderAction, changes, denied, user_command};
use crate::i18n::{Message, Text};
use rental_bus::CallError;
use rental_model::totalview::{Delivery, Row};
use rental_model::{Kind, OrderId, ProductId};
use std::collections::{BTreeMap, HashMap, VecDeque};
use tui_input::Input;

/// How many commands may be without an answer at the same time.
pub(crate) const MOST_FLYING: usize = 8;

/// One order of the question, as the person has seen it.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) seen: Row,
    request_id: String,
}

/// The open question.
#[derive(Debug)]
pub(crate) struct Bulk {
    pub(crate) order_action: OrderAction,
    pub(crate) items: Vec<Item>,
    /// The orders that cannot be acted upon, and why.
    pub(crate) left_out: Vec<(OrderId, Message)>,
    /// What had changed when the person said yes, so that it was asked again.
    pub(crate) asked_again: Vec<(OrderId, Vec<Message>)>,
    /// The count, as it is typed.
    pub(crate) typed: Input,
    pub(crate) scroll: usize,
}

/// What a yes leads to.
#[derive(Debug)]
pub(crate) enum Answer {
    Go(Run),
    AskAgain,
    /// The count is not typed, or not this one.
    WrongCount,
}

/// How an order is that is not in the list any more.
fn gone() -> Vec<Message> {
    vec![Text::LeftList.into()]
}

impl Bulk {
    /// Asks about `rows`; `id` makes the request id of an order.
    pub(crate) fn open(order_action: OrderAction, rows: Vec<Row>, mut id: impl FnMut(OrderId) -> String) -> Self {
        let items = rows.into_iter().map(|seen| Item { request_id: id(seen.order_id), seen }).collect();
        let (left_out, asked_again) = (Vec::new(), Vec::new());
        let mut bulk = Self { order_action, items, left_out, asked_again, typed: Input::default(), scroll: 0 };
        bulk.leave_out();
        bulk
    }

    /// Leaves out what cannot be acted upon.
    fn leave_out(&mut self) {
        let order_action = self.order_action;
        let (left_out, items) =
            std::mem::take(&mut self.items).into_iter().partition(|item| denied(order_action, &item.seen).is_some());
        self.items = items;
        let left_out: Vec<Item> = left_out;
        self.left_out.extend(left_out.into_iter().filter_map(|Item { seen, .. }| {
            let why = denied(order_action, &seen)?;
            Some((seen.order_id, why))
        }));
    }

    /// Which orders read differently now. `now` answers those still marked.
    pub(crate) fn changes<'a>(&self, now: impl Fn(OrderId) -> Option<&'a Row>) -> Vec<(OrderId, Vec<Message>)> {
        let changed = self.items.iter().map(|Item { seen, .. }| {
            let changes = now(seen.order_id).map_or_else(gone, |now| changes(seen, now));
            (seen.order_id, changes)
        });
        changed.filter(|(_, changes)| !changes.is_empty()).collect()
    }

    /// The person said yes.
    pub(crate) fn yes<'a>(&mut self, now: impl Fn(OrderId) -> Option<&'a Row>) -> Answer {
        let count = self.items.len();
        if count == 0 || self.typed.value().parse() != Ok(count) {
            return Answer::WrongCount;
        }
        let changes = self.changes(&now);
        if changes.is_empty() {
            return Answer::Go(Run::new(self.order_action, std::mem::take(&mut self.items)));
        }
        self.items.retain_mut(|item| {
            let Some(row) = now(item.seen.order_id) else {
                self.left_out.push((item.seen.order_id, Text::LeftList.into()));
                return false;
            };
            item.seen = row.clone();
            true
        });
        self.leave_out();
        self.asked_again = changes;
        self.typed.reset();
        self.scroll = 0;
        Answer::AskAgain
    }

    /// What will follow from all of them together.
    pub(crate) fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for Item { seen, .. } in &self.items {
            sums.add(self.order_action, seen);
        }
        sums
    }
}

/// What follows from many orders together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) refund_won: u64,
    /// Orders not charged yet.
    pub(crate) uncharged: usize,
    /// Orders of which only later events were seen.
    pub(crate) unknown: usize,
    /// Units that are with customers.
    pub(crate) retrieved_units: u64,
    /// Deliveries that have not left.
    pub(crate) called_off: usize,
    /// Units that come back, once the goods are back and at once.
    pub(crate) stock_later: BTreeMap<ProductId, u64>,
    pub(crate) stock_now: BTreeMap<ProductId, u64>,
}

impl Sums {
    fn add(&mut self, order_action: OrderAction, row: &Row) {
        match (order_action, row.charged) {
            (OrderAction::End, _) => {}
            (OrderAction::Cancel, Some(won)) => self.refund_won = self.refund_won.saturating_add(won.get()),
            (OrderAction::Cancel, None) if row.requested_at.is_none() => self.unknown += 1,
            (OrderAction::Cancel, None) => self.uncharged += 1,
        }
        let units = row.qty.map_or(0, |qty| u64::from(qty.get()));
        let is_out = row.delivery() == Delivery::Out;
        if is_out {
            self.retrieved_units += units;
        } else {
            self.called_off += 1;
        }
        if let (true, Some(product)) = (row.has_seen(Kind::StockReserved) && units > 0, row.product_id) {
            let stock = if is_out { &mut self.stock_later } else { &mut self.stock_now };
            *stock.entry(product).or_default() += units;
        }
    }
}

/// One order of a run.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) seen: Row,
    pub(crate) request_id: String,
    /// How far its command has come; none while it waits for its turn.
    pub(crate) stage: Option<Stage>,
    /// It was once sent and not answered: it may have been done, whatever came of sending it again.
    may_be_done: bool,
}

impl Step {
    const fn is_open(&self) -> bool {
        matches!(self.stage, None | Some(Stage::Unsure | Stage::Failed(_)))
    }
}

/// What became of a run's orders so far, in numbers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) total: usize,
    /// Answered, or known not to have been sent.
    pub(crate) settled: usize,
    pub(crate) accepted: usize,
    pub(crate) unsure: usize,
}

/// The commands of a confirmed question, on their way.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) order_action: OrderAction,
    pub(crate) steps: Vec<Step>,
    places: HashMap<String, usize>,
    queue: VecDeque<usize>,
    flying: usize,
}

impl Run {
    fn new(order_action: OrderAction, items: Vec<Item>) -> Self {
        let step = |Item { seen, request_id }| Step { seen, request_id, stage: None, may_be_done: false };
        let steps: Vec<_> = items.into_iter().map(step).collect();
        let places = steps.iter().enumerate().map(|(place, step)| (step.request_id.clone(), place)).collect();
        Self { order_action, queue: (0..steps.len()).collect(), steps, places, flying: 0 }
    }

    /// Whether nothing is to be sent and nothing to be waited for.
    pub(crate) fn is_over(&self) -> bool {
        self.queue.is_empty() && self.flying == 0
    }

    /// The next command to send, if one may go out now. An order that is not as the
    /// person has seen it is left alone: `now` answers those in view.
    pub(crate) fn next<'a>(&mut self, now: impl Fn(OrderId) -> Option<&'a Row>) -> Option<Issued> {
        while self.flying < MOST_FLYING {
            let step = &mut self.steps[self.queue.pop_front()?];
            let changes = now(step.seen.order_id).map_or_else(gone, |now| changes(&step.seen, now));
            // What may have been done already has changed for that very reason.
            if let (false, Some(change)) = (step.may_be_done, changes.into_iter().next()) {
                step.stage = Some(Stage::Failed(Text::BulkChangedMeanwhile.with("what", change).into()));
                continue;
            }
            step.stage = Some(Stage::Sent);
            self.flying += 1;
            let user_command = user_command(self.order_action, &step.seen);
            return Some(Issued { request_id: step.request_id.clone(), user_command, stage: Stage::Sent });
        }
        None
    }

    /// Notes what came of a command; answers its order and whether it was accepted.
    pub(crate) fn answer(&mut self, request_id: &str, answer: &Result<Receipt, CallError>) -> Option<(OrderId, bool)> {
        let step = &mut self.steps[*self.places.get(request_id)?];
        if step.stage != Some(Stage::Sent) {
            return None;
        }
        self.flying -= 1;
        let stage = match Stage::of(&user_command(self.order_action, &step.seen), answer) {
            Stage::Failed(_) if step.may_be_done => Stage::Unsure,
            stage => stage,
        };
        step.may_be_done = stage == Stage::Unsure;
        step.stage = Some(stage);
        Some((step.seen.order_id, answer.is_ok()))
    }

    /// Gives up what was not sent yet, for this reason.
    pub(crate) fn halt(&mut self, why: Text) {
        for place in self.queue.drain(..) {
            let step = &mut self.steps[place];
            if !step.may_be_done {
                step.stage = Some(Stage::Failed(why.into()));
            }
        }
    }

    /// Whether there is something that was not sent or not answered.
    pub(crate) fn is_open(&self) -> bool {
        self.steps.iter().any(Step::is_open)
    }

    /// Queues again whatever was not sent or not answered.
    pub(crate) fn retry(&mut self) {
        let open = self.steps.iter().enumerate().filter(|(_, step)| step.is_open());
        self.queue = open.map(|(place, _)| place).collect();
    }

    /// The request ids under which this was asked and not answered.
    pub(crate) fn unsure_ids(&self, order_action: OrderAction) -> HashMap<OrderId, String> {
        let unsure = self.steps.iter().filter(|step| step.may_be_done && order_action == self.order_action);
        unsure.map(|step| (step.seen.order_id, step.request_id.clone())).collect()
    }

    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally { total: self.steps.len(), ..Tally::default() };
        for step in &self.steps {
            match &step.stage {
                None | Some(Stage::Sent) => continue,
                Some(Stage::Accepted(_) | Stage::InView(_) | Stage::Done) => tally.accepted += 1,
                Some(Stage::Unsure) => tally.unsure += 1,
                Some(Stage::Refused(_) | Stage::Failed(_) | Stage::Gone(_)) => {}
            }
            tally.settled += 1;
        }
        tally
    }
}
