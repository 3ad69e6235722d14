//! totalView: one row per rental, folded from everyone's events.
//!
//! A projection: whatever arrives first makes the row, flags only ever turn
//! on, and hearing the same again changes nothing. The console folds live
//! events with this same code.

use crate::context::{Context, Endpoint, Fact, Projection, Request, no_such_endpoint};
use crate::event::{Event, Kind};
use crate::order::OneOrder;
use crate::refusal::{Code, Refusal};
use crate::rows::{Aggregate, Direction, Rows, RowsMut, load, save, walk};
use crate::values::{OrderId, ProductId, Qty, UnixMs, Won};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// The totalview projection.
#[derive(Debug, Clone, Copy, Default)]
pub struct TotalView;

/// Everything known about one rental.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub order_id: OrderId,
    pub product_id: Option<ProductId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    pub qty: Option<Qty>,
    /// The fee asked for.
    pub amount: Option<Won>,
    /// Money taken; none until it was.
    pub charged: Option<Won>,
    /// Money returned; none until it was.
    pub refunded: Option<Won>,
    /// Why it was cancelled, in the words of whoever did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The goods were on their way, or there, when they were called back.
    #[serde(default)]
    pub was_dispatched: bool,
    pub requested_at: Option<UnixMs>,
    /// The latest event by time; of several at the same time, the later in the saga.
    pub last_event: Kind,
    pub last_at: UnixMs,
    /// Which kinds of event were seen: the sum of their [`Kind::bit`]s.
    pub seen: u32,
}

impl Aggregate for Row {
    const KIND: u8 = 1;
}

/// Where a rental stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Taken; the fee is not in yet.
    Requested,
    /// The fee is in; the goods have not left.
    Paid,
    /// Paid, and the goods are out.
    Active,
    /// Cancelled; refund or retrieval is still to come.
    Cancelling,
    Cancelled,
    /// The stock was short; refund or retrieval is still to come.
    Short,
    /// Cancelled automatically: the stock was short.
    ShortCancelled,
    /// Ended; the retrieval is still to come.
    Ending,
    Ended,
}

impl Status {
    pub const ALL: [Self; 9] = [
        Self::Requested,
        Self::Paid,
        Self::Active,
        Self::Cancelling,
        Self::Cancelled,
        Self::Short,
        Self::ShortCancelled,
        Self::Ending,
        Self::Ended,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Paid => "paid",
            Self::Active => "active",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
            Self::Short => "short",
            Self::ShortCancelled => "shortCancelled",
            Self::Ending => "ending",
            Self::Ended => "ended",
        }
    }

    /// Nothing more will happen to it by itself.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Active | Self::Cancelled | Self::ShortCancelled | Self::Ended)
    }
}

impl std::str::FromStr for Status {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|status| status.word().eq_ignore_ascii_case(word)).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|status| status.word()).collect();
            format!("{word:?} is no status; known: {}", known.join(", "))
        })
    }
}

/// What became of the fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Payment {
    Waiting,
    Charged,
    Declined,
    Refunded,
}

/// Where the goods are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Delivery {
    /// Nothing has left.
    Waiting,
    /// Sent to the customer.
    Out,
    /// Called back; not on the shelf yet.
    Returning,
    /// Back on the shelf.
    Back,
    /// Called off before anything left.
    CalledOff,
}

/// One event of a rental's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub event_type: Kind,
    pub source: Context,
    /// Its number in the source's journal.
    pub number: u64,
    pub at: UnixMs,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Won>,
    /// `<STREAM>:<number>` of the event that led to it, or the request's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// A rental's events, in the order they happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timeline(pub Vec<Entry>);

impl Aggregate for Timeline {
    const KIND: u8 = 2;
}

/// A product's name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Name(String);

impl Aggregate for Name {
    const KIND: u8 = 3;
}

/// How many rentals there are of each status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(pub BTreeMap<Status, u64>);

impl Aggregate for Counts {
    const KIND: u8 = 4;
}

/// `rental.totalview.list`: newest id first, a page at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ListRentals {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// Lowest id first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_ascending: bool,
    /// At most this many, 1 to 1000; 100 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<u64>,
}

/// Up to which event of each source an answer is complete.
pub type Heard = BTreeMap<Context, u64>;

/// A page of rentals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub rentals: Vec<Row>,
    /// Where the next page begins; none after the last.
    pub next: Option<u64>,
    /// The rows hold exactly the events up to here.
    pub heard: Heard,
}

/// `rental.totalview.get`'s answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rental {
    pub rental: Row,
    pub timeline: Timeline,
    pub heard: Heard,
}

/// `rental.totalview.stats`' answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    pub total: u64,
    pub by_status: Counts,
    pub heard: Heard,
}

impl Row {
    /// The row that `fact` begins; none if it is not about a rental.
    pub fn begin(fact: &Fact) -> Option<Self> {
        let mut row = Self {
            order_id: fact.event.order()?,
            product_id: None,
            product_name: None,
            qty: None,
            amount: None,
            charged: None,
            refunded: None,
            reason: None,
            was_dispatched: false,
            requested_at: None,
            last_event: fact.event.kind(),
            last_at: fact.at,
            seen: 0,
        };
        row.note(fact);
        Some(row)
    }

    pub const fn has_seen(&self, kind: Kind) -> bool {
        self.seen & kind.bit() != 0
    }

    /// Folds one event in. The same kind again changes nothing; answers whether it was new.
    pub fn note(&mut self, fact: &Fact) -> bool {
        let kind = fact.event.kind();
        if self.has_seen(kind) {
            return false;
        }
        self.seen |= kind.bit();
        if (fact.at, kind) >= (self.last_at, self.last_event) {
            (self.last_at, self.last_event) = (fact.at, kind);
        }
        if let Some(product) = fact.event.product() {
            self.product_id = self.product_id.or(Some(product));
        }
        match &fact.event {
            Event::RentalRequested { product, qty, amount, .. } => {
                self.product_id = Some(*product);
                self.qty = Some(*qty);
                self.amount = Some(*amount);
                self.requested_at = Some(fact.at);
            }
            Event::RentalCancelled { reason, .. } => {
                self.reason = reason.as_ref().map(|reason| reason.as_str().to_owned());
            }
            Event::FeeReceived { amount, .. } => self.charged = Some(*amount),
            Event::FeeRefunded { amount, .. } => self.refunded = Some(*amount),
            Event::RetrievalStarted { dispatched, .. } => self.was_dispatched = *dispatched,
            _ => {}
        }
        true
    }

    pub const fn status(&self) -> Status {
        let is_settled = self.has_seen(Kind::FeeRefunded) && self.has_seen(Kind::RetrievalStarted);
        // As in the order context: what was cancelled stays so, whenever the shortage became known.
        if self.has_seen(Kind::RentalCancelled) {
            if is_settled { Status::Cancelled } else { Status::Cancelling }
        } else if self.has_seen(Kind::StockShort) {
            if is_settled { Status::ShortCancelled } else { Status::Short }
        } else if self.has_seen(Kind::RentalEnded) {
            if self.has_seen(Kind::RetrievalStarted) { Status::Ended } else { Status::Ending }
        } else if self.has_seen(Kind::DeliveryStarted) {
            Status::Active
        } else if self.has_seen(Kind::FeeReceived) {
            Status::Paid
        } else {
            Status::Requested
        }
    }

    pub const fn payment(&self) -> Payment {
        if self.has_seen(Kind::FeeDeclined) {
            Payment::Declined
        } else if self.refunded.is_some() {
            Payment::Refunded
        } else if self.charged.is_some() {
            Payment::Charged
        } else {
            Payment::Waiting
        }
    }

    pub const fn delivery(&self) -> Delivery {
        if self.has_seen(Kind::ItemsReturned) {
            Delivery::Back
        } else if self.has_seen(Kind::RetrievalStarted) {
            if !self.was_dispatched {
                Delivery::CalledOff
            } else if self.has_seen(Kind::StockShort) || self.has_seen(Kind::StockSkipped) {
                // Nothing is held for it, so nothing will ever be checked in.
                Delivery::Back
            } else {
                Delivery::Returning
            }
        } else if self.has_seen(Kind::DeliveryStarted) {
            Delivery::Out
        } else {
            Delivery::Waiting
        }
    }

    /// The row with its derived words, for JSON readers.
    pub fn show(&self) -> Value {
        let mut shown = json!(self);
        shown["status"] = json!(self.status());
        shown["payment"] = json!(self.payment());
        shown["delivery"] = json!(self.delivery());
        shown
    }
}

impl Timeline {
    /// Adds one event at its place in time. The same kind again changes nothing.
    pub fn note(&mut self, fact: &Fact) {
        let kind = fact.event.kind();
        if self.0.iter().any(|entry| entry.event_type == kind) {
            return;
        }
        let amount = match fact.event {
            Event::RentalRequested { amount, .. }
            | Event::ChargeRequested { amount, .. }
            | Event::FeeReceived { amount, .. }
            | Event::FeeDeclined { amount, .. }
            | Event::FeeRefunded { amount, .. } => Some(amount),
            _ => None,
        };
        let entry = Entry {
            event_type: kind,
            source: fact.source,
            number: fact.number,
            at: fact.at,
            amount,
            cause: fact.cause.clone(),
            actor: fact.actor.clone(),
        };
        let place = self.0.partition_point(|other| (other.at, other.event_type) <= (entry.at, entry.event_type));
        self.0.insert(place, entry);
    }
}

fn heard(rows: &dyn Rows) -> Heard {
    Context::DECIDERS.into_iter().map(|source| (source, rows.heard(source))).collect()
}

fn named(rows: &dyn Rows, mut row: Row) -> Row {
    row.product_name = row.product_id.and_then(|id| load::<Name>(rows, id.get())).map(|name| name.0);
    row
}

/// How many rows one answer looks at, at most: a rare match gives a short page with a `next`.
const ROWS_PER_ANSWER: usize = 50_000;

fn list(rows: &dyn Rows, asked: &ListRentals) -> Value {
    let limit = asked.limit.unwrap_or(100).clamp(1, 1000) as usize;
    let (direction, start) = if asked.is_ascending { (Direction::Up, 0) } else { (Direction::Down, u64::MAX) };
    let (mut rentals, mut next, mut looked_at) = (Vec::new(), None, 0);
    walk::<Row>(rows, asked.cursor.unwrap_or(start), direction, |id, row| {
        if rentals.len() == limit || looked_at == ROWS_PER_ANSWER {
            next = Some(id);
            return ControlFlow::Break(());
        }
        looked_at += 1;
        let is_wanted = asked.status.is_none_or(|status| status == row.status())
            && asked.product_id.is_none_or(|product| row.product_id == Some(product));
        if is_wanted {
            rentals.push(named(rows, row).show());
        }
        ControlFlow::Continue(())
    });
    json!({ "rentals": rentals, "next": next, "heard": heard(rows) })
}

fn get(rows: &dyn Rows, order: OrderId) -> Result<Value, Refusal> {
    let row: Row = load(rows, order.get())
        .ok_or_else(|| Refusal::new(Code::Unknown, format!("totalview knows no order {order} (yet)")))?;
    let timeline = load::<Timeline>(rows, order.get()).unwrap_or_default();
    Ok(json!({ "rental": named(rows, row).show(), "timeline": timeline, "heard": heard(rows) }))
}

fn stats(rows: &dyn Rows) -> Value {
    let by_status = load::<Counts>(rows, 0).unwrap_or_default();
    json!(Stats { total: by_status.0.values().sum(), by_status, heard: heard(rows) })
}

impl Projection for TotalView {
    fn context(&self) -> Context {
        Context::Totalview
    }

    fn hears(&self) -> &'static [Context] {
        &Context::DECIDERS
    }

    fn note(&self, rows: &mut dyn RowsMut, fact: &Fact) {
        if let Event::ProductRegistered { product, name, .. } = &fact.event {
            save(rows, product.get(), &Name(name.clone()));
        }
        let Some(order) = fact.event.order() else { return };
        let known: Option<Row> = load(rows, order.get());
        let before = known.as_ref().map(Row::status);
        let (row, is_new) = match known {
            Some(mut row) => {
                let is_new = row.note(fact);
                (Some(row), is_new)
            }
            None => (Row::begin(fact), true),
        };
        let Some(row) = row.filter(|_| is_new) else { return };
        if before != Some(row.status()) {
            let mut counts = load::<Counts>(rows, 0).unwrap_or_default();
            if let Some(count) = before.and_then(|status| counts.0.get_mut(&status)) {
                *count = count.saturating_sub(1);
            }
            *counts.0.entry(row.status()).or_default() += 1;
            // A status that nothing has is left out: which ones were passed through depends on the order of arrival.
            counts.0.retain(|_, count| *count > 0);
            save(rows, 0, &counts);
        }
        let mut timeline = load::<Timeline>(rows, order.get()).unwrap_or_default();
        timeline.note(fact);
        save(rows, order.get(), &row);
        save(rows, order.get(), &timeline);
    }

    fn queries(&self) -> &'static [Endpoint] {
        &[
            Endpoint { name: "get", about: "One rental with its history.", example: r#"{"orderId":2}"# },
            Endpoint {
                name: "list",
                about: "Rentals, newest id first, a page at a time.",
                example: r#"{"status":"active"}"#,
            },
            Endpoint { name: "stats", about: "How many rentals there are of each status.", example: "{}" },
        ]
    }

    fn query(&self, rows: &dyn Rows, request: Request<'_>) -> Result<Value, Refusal> {
        match request.endpoint {
            "get" => get(rows, request.read::<OneOrder>()?.order_id),
            "list" => Ok(list(rows, &request.read()?)),
            "stats" => {
                let _: Nothing = request.read()?;
                Ok(stats(rows))
            }
            other => Err(no_such_endpoint(Context::Totalview, other)),
        }
    }
}

/// A request without fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::memory::MemoryRows;
    use crate::testing::*;

    /// What the view shows after these events, whatever the order they are heard in.
    #[derive(Debug)]
    struct View(MemoryRows);

    fn after(events: impl IntoIterator<Item = Event>) -> View {
        shown(&happened(events))
    }

    /// Hears them in order, in reverse and rotated, twice over: the view must be the same.
    fn shown(facts: &[Fact]) -> View {
        let fold = |facts: &mut dyn Iterator<Item = &Fact>| {
            let mut rows = MemoryRows::default();
            facts.for_each(|fact| TotalView.note(&mut rows, fact));
            rows
        };
        let rows = fold(&mut facts.iter());
        assert_eq!(fold(&mut facts.iter().rev().chain(facts)).dump(), rows.dump(), "reversed (left) and in order");
        for start in 1..facts.len() {
            let (early, late) = facts.split_at(start);
            assert_eq!(fold(&mut late.iter().chain(facts).chain(early)).dump(), rows.dump(), "from {start} on");
        }
        View(rows)
    }

    impl View {
        fn row(&self) -> Row {
            load(&self.0, ORDER).unwrap()
        }

        fn query(&self, endpoint: &str, fields: &Value) -> Result<Value, Refusal> {
            TotalView.query(&self.0, Request { endpoint, fields: fields.as_object().unwrap() })
        }

        /// The words that people read.
        fn then_shows(&self, status: Status, payment: Payment, delivery: Delivery) {
            let row = self.row();
            assert_eq!((row.status(), row.payment(), row.delivery()), (status, payment, delivery), "{row:?}");
        }
    }

    fn taken() -> Event {
        requested(ORDER, units(10), won(10))
    }

    fn active() -> [Event; 4] {
        [taken(), reserved(ORDER, units(10)), fee_received(ORDER, won(10)), delivered(ORDER)]
    }

    #[test]
    fn a_rental_goes_from_requested_over_paid_to_active() {
        let mut events = vec![taken()];
        after(events.clone()).then_shows(Status::Requested, Payment::Waiting, Delivery::Waiting);
        events.push(fee_received(ORDER, won(10)));
        after(events.clone()).then_shows(Status::Paid, Payment::Charged, Delivery::Waiting);
        events.push(delivered(ORDER));
        after(events).then_shows(Status::Active, Payment::Charged, Delivery::Out);
    }

    #[test]
    fn a_cancelled_rental_is_cancelling_until_refunded_and_retrieved() {
        let mut events = active().to_vec();
        events.push(cancelled_because(ORDER, "too late"));
        after(events.clone()).then_shows(Status::Cancelling, Payment::Charged, Delivery::Out);
        events.push(refunded(ORDER, won(10)));
        after(events.clone()).then_shows(Status::Cancelling, Payment::Refunded, Delivery::Out);
        events.push(retrieved(ORDER, true));
        after(events.clone()).then_shows(Status::Cancelled, Payment::Refunded, Delivery::Returning);
        events.push(returned(ORDER, units(10)));
        let view = after(events);
        view.then_shows(Status::Cancelled, Payment::Refunded, Delivery::Back);
        let row = view.row();
        assert_eq!(
            (row.charged, row.refunded, row.reason.as_deref()),
            (Some(won(10)), Some(won(10)), Some("too late"))
        );
    }

    #[test]
    fn a_rental_called_off_before_anything_left_says_so() {
        after([
            taken(),
            reserved(ORDER, units(10)),
            cancelled(ORDER),
            refunded(ORDER, won(0)),
            retrieved(ORDER, false),
        ])
        .then_shows(Status::Cancelled, Payment::Refunded, Delivery::CalledOff);
    }

    #[test]
    fn a_rental_short_of_stock_is_short_until_refunded_and_retrieved() {
        let mut events = vec![taken(), fee_received(ORDER, won(10)), delivered(ORDER), short(ORDER)];
        after(events.clone()).then_shows(Status::Short, Payment::Charged, Delivery::Out);
        events.extend([refunded(ORDER, won(10)), retrieved(ORDER, true)]);
        after(events).then_shows(Status::ShortCancelled, Payment::Refunded, Delivery::Back);
    }

    /// Found by reading: nothing is held for a skipped rental, so nothing is
    /// ever checked in, and its goods were shown as returning for ever.
    #[test]
    fn goods_of_a_rental_that_inventory_skipped_are_not_returning_for_ever() {
        let events = [
            taken(),
            fee_received(ORDER, won(10)),
            delivered(ORDER),
            cancelled(ORDER),
            refunded(ORDER, won(10)),
            retrieved(ORDER, true),
            skipped(ORDER),
        ];
        after(events).then_shows(Status::Cancelled, Payment::Refunded, Delivery::Back);
    }

    /// Found by reading: the order service said `cancelled`, the view `shortCancelled`.
    #[test]
    fn a_rental_that_was_cancelled_before_it_was_known_to_be_short_is_cancelled() {
        let mut events = vec![taken(), cancelled_because(ORDER, "too late"), short(ORDER)];
        after(events.clone()).then_shows(Status::Cancelling, Payment::Waiting, Delivery::Waiting);
        events.extend([refunded(ORDER, won(0)), retrieved(ORDER, false)]);
        after(events).then_shows(Status::Cancelled, Payment::Refunded, Delivery::CalledOff);
    }

    #[test]
    fn an_ended_rental_is_ending_until_retrieved_and_keeps_its_fee() {
        let mut events = active().to_vec();
        events.push(ended(ORDER));
        after(events.clone()).then_shows(Status::Ending, Payment::Charged, Delivery::Out);
        events.push(retrieved(ORDER, true));
        after(events.clone()).then_shows(Status::Ended, Payment::Charged, Delivery::Returning);
        events.push(returned(ORDER, units(10)));
        after(events).then_shows(Status::Ended, Payment::Charged, Delivery::Back);
    }

    #[test]
    fn a_declined_fee_is_shown() {
        let because = cancelled_because(ORDER, "payment declined");
        let events = [taken(), fee_declined(ORDER, won(10)), because, refunded(ORDER, won(0)), retrieved(ORDER, false)];
        after(events).then_shows(Status::Cancelled, Payment::Declined, Delivery::CalledOff);
    }

    #[test]
    fn whichever_event_comes_first_makes_the_row() {
        for event in [taken(), cancelled(ORDER), short(ORDER), refunded(ORDER, won(0)), retrieved(ORDER, true)] {
            let kind = event.kind();
            let row = after([event]).row();
            assert_eq!((row.order_id, row.last_event), (order(ORDER), kind));
        }
    }

    #[test]
    fn no_event_loses_the_product() {
        let mut events = active().to_vec();
        events.extend([cancelled(ORDER), refunded(ORDER, won(10)), retrieved(ORDER, true), returned(ORDER, units(10))]);
        assert_eq!(after(events).row().product_id, Some(product(PRODUCT)));
        assert_eq!(after([cancelled(ORDER)]).row().product_id, Some(product(PRODUCT)));
    }

    #[test]
    fn the_last_event_is_the_latest_by_time_and_of_several_at_once_the_later_in_the_saga() {
        assert_eq!(after(active()).row().last_event, Kind::DeliveryStarted);
        let mut at_once = happened(active());
        for fact in &mut at_once {
            fact.at = UnixMs(5000);
        }
        let row = shown(&at_once).row();
        assert_eq!((row.last_event, row.last_at), (Kind::DeliveryStarted, UnixMs(5000)));
        assert_eq!(row.requested_at, Some(UnixMs(5000)));
    }

    #[test]
    fn the_same_kind_of_event_again_changes_nothing() {
        let [first, again] = &happened([fee_received(ORDER, won(10)), fee_received(ORDER, won(11))])[..] else {
            panic!("two events happened")
        };
        let mut row = Row::begin(first).unwrap();
        let before = row.clone();
        assert!(!row.note(again));
        assert_eq!(row, before);
    }

    #[test]
    fn events_about_the_shelf_alone_make_no_rental() {
        let view = after([
            registered(PRODUCT, "MACBOOK", 100),
            adjusted(crate::event::Place::Down, crate::event::Place::Lost, units(1)),
        ]);
        assert_eq!(view.query("list", &json!({})).unwrap()["rentals"], json!([]));
    }

    #[test]
    fn a_rental_is_shown_with_its_product_its_words_and_its_history() {
        let mut events = active().to_vec();
        events.insert(0, registered(PRODUCT, "MACBOOK", 100));
        let shown = after(events).query("get", &json!({ "orderId": ORDER })).unwrap();
        let rental = &shown["rental"];
        assert_eq!(
            (&rental["productName"], &rental["status"], &rental["payment"], &rental["delivery"]),
            (&json!("MACBOOK"), &json!("active"), &json!("charged"), &json!("out"))
        );
        let history: Vec<_> = shown["timeline"].as_array().unwrap().iter().map(|e| e["eventType"].clone()).collect();
        assert_eq!(json!(history), json!(["RentalRequested", "StockReserved", "FeeReceived", "DeliveryStarted"]));
        assert_eq!(shown["timeline"][2]["amount"], json!(10));
        let typed: Rental = serde_json::from_value(shown).unwrap();
        assert_eq!(typed.rental.status(), Status::Active);
    }

    #[test]
    fn an_unknown_order_is_refused() {
        let refusal = after([]).query("get", &json!({ "orderId": ORDER })).unwrap_err();
        assert_eq!(refusal.code, Code::Unknown);
    }

    fn three() -> View {
        after([requested(1, units(1), won(1)), requested(2, units(1), won(1)), fee_received(2, won(1)), cancelled(3)])
    }

    #[test]
    fn rentals_are_listed_newest_first_filtered_a_page_at_a_time() {
        let view = three();
        let page = |fields: Value| {
            let page: Page = serde_json::from_value(view.query("list", &fields).unwrap()).unwrap();
            (page.rentals.iter().map(|row| row.order_id.get()).collect::<Vec<_>>(), page.next)
        };
        assert_eq!(page(json!({})), (vec![3, 2, 1], None));
        assert_eq!(page(json!({ "limit": 2 })), (vec![3, 2], Some(1)));
        assert_eq!(page(json!({ "limit": 2, "cursor": 1 })), (vec![1], None));
        assert_eq!(page(json!({ "isAscending": true, "limit": 1 })), (vec![1], Some(2)));
        assert_eq!(page(json!({ "status": "paid" })), (vec![2], None));
        assert_eq!(page(json!({ "productId": 1 })), (vec![], None));
        for bad in [json!({ "limit": "ten" }), json!({ "status": "happy" }), json!({ "page": 1 })] {
            assert_eq!(view.query("list", &bad).unwrap_err().code, Code::Malformed);
        }
    }

    #[test]
    fn rentals_are_counted_by_status() {
        let stats: Stats = serde_json::from_value(three().query("stats", &json!({})).unwrap()).unwrap();
        let counts = BTreeMap::from([(Status::Requested, 1), (Status::Paid, 1), (Status::Cancelling, 1)]);
        assert_eq!((stats.total, stats.by_status.0), (3, counts));
        assert_eq!(three().query("stats", &json!({ "x": 1 })).unwrap_err().code, Code::Malformed);
        assert_eq!(three().query("sum", &json!({})).unwrap_err().code, Code::Unknown);
    }

    #[test]
    fn every_status_is_read_back_from_its_word() {
        for status in Status::ALL {
            assert_eq!(status.word().parse(), Ok(status));
            assert_eq!(json!(status), json!(status.word()));
        }
        assert!("happy".parse::<Status>().is_err());
    }
}
