//! What must be true of the four journals and the rows beside them.
//!
//! Every finding is a sentence; a sound shop has none.

use crate::shop::ContextState;
use rental_model::billing::{Bill, Open};
use rental_model::event::Place;
use rental_model::inventory::{Hold, Product, Stage};
use rental_model::order::{Order, Status};
use rental_model::repository::memory::MemoryRepository;
use rental_model::repository::{Direction, load, walk};
use rental_model::totalview::TotalView;
use rental_model::{Event, Kind, OrderId, Projection, Won};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

/// The four desks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Books<'a> {
    pub(crate) order: &'a ContextState,
    pub(crate) inventory: &'a ContextState,
    pub(crate) billing: &'a ContextState,
    pub(crate) logistics: &'a ContextState,
}

/// What all journals together say about one order.
#[derive(Debug, Default)]
struct Story {
    events: BTreeMap<Kind, Vec<Event>>,
}

impl Story {
    fn has(&self, kind: Kind) -> bool {
        self.events.contains_key(&kind)
    }

    fn amount(&self, kind: Kind) -> Option<Won> {
        match self.events.get(&kind)?.first()? {
            Event::RentalRequested { amount, .. }
            | Event::FeeReceived { amount, .. }
            | Event::FeeRefunded { amount, .. } => Some(*amount),
            _ => None,
        }
    }

    fn was_dispatched(&self) -> Option<bool> {
        match self.events.get(&Kind::RetrievalStarted)?.first()? {
            Event::RetrievalStarted { dispatched, .. } => Some(*dispatched),
            _ => None,
        }
    }
}

impl<'a> Books<'a> {
    fn context_states(&self) -> [&'a ContextState; 4] {
        [self.order, self.inventory, self.billing, self.logistics]
    }

    fn orders(&self) -> BTreeSet<OrderId> {
        self.context_states()
            .into_iter()
            .flat_map(|context_state| &context_state.journal)
            .filter_map(|recorded| recorded.event.order())
            .collect()
    }

    fn story(&self, order: OrderId) -> Story {
        let mut story = Story::default();
        for event in self.context_states().into_iter().flat_map(|context_state| context_state.about(order)) {
            story.events.entry(event.kind()).or_default().push(event.clone());
        }
        story
    }

    /// What is wrong although the saga may be under way.
    pub(crate) fn findings_at_any_time(&self) -> Vec<String> {
        let mut findings = self.stock_findings();
        for order in self.orders() {
            let story = self.story(order);
            let mut claim = |is_so: bool, what: &str| {
                if !is_so {
                    findings.push(format!("order {order}: {what}"));
                }
            };
            for (kind, events) in &story.events {
                let attempts: BTreeSet<_> = events.iter().map(Event::attempt).collect();
                claim(events.len() == attempts.len(), &format!("{kind} happened {} times", events.len()));
            }
            let has = |kind| story.has(kind);
            let is_back = has(Kind::StockReleased) || has(Kind::ItemsReturned);
            let is_over = has(Kind::FeeRefunded) || has(Kind::RentalEnded);
            claim(!is_back || has(Kind::RetrievalStarted), "units came back before their retrieval");
            claim(!has(Kind::StockReleased) || !has(Kind::DeliveryStarted), "units released while they were out");
            claim(!has(Kind::DeliveryStarted) || has(Kind::FeeReceived), "goods left unpaid");
            claim(!has(Kind::DeliveryStarted) || has(Kind::StockReserved), "goods left that were never set aside");
            let is_outside = has(Kind::ChargeRequested) && story.amount(Kind::FeeReceived) > Some(Won::ZERO);
            claim(
                !is_outside || !has(Kind::FeeRefunded) || has(Kind::RefundRequested),
                "a refund counts as done that nobody was asked for",
            );
            claim(!has(Kind::RetrievalStarted) || is_over, "retrieved although neither refunded nor ended");
            claim(!(has(Kind::RentalCancelled) && has(Kind::RentalEnded)), "both cancelled and ended");
            claim(!(has(Kind::FeeReceived) && has(Kind::FeeDeclined)), "fee both received and declined");
            let places = [Kind::StockReserved, Kind::StockShort, Kind::StockSkipped];
            claim(places.into_iter().filter(|kind| has(*kind)).count() <= 1, "stock decided twice");
            if let Some(refunded) = story.amount(Kind::FeeRefunded) {
                let charged = story.amount(Kind::FeeReceived).unwrap_or_default();
                claim(refunded <= charged, "more refunded than charged");
            }
            claim(
                self.is_in_order(order, &[Kind::FeeReceived, Kind::FeeRefunded]),
                "charged after the bill was closed",
            );
            claim(
                self.is_in_order(order, &[Kind::DeliveryStarted, Kind::RetrievalStarted]),
                "sent out after its retrieval",
            );
        }
        findings
    }

    /// What is wrong once everyone has received everything.
    pub(crate) fn findings_at_rest(&self) -> Vec<String> {
        let mut findings = self.findings_at_any_time();
        for order in self.orders() {
            let story = self.story(order);
            let mut claim = |is_so: bool, what: &str| {
                if !is_so {
                    findings.push(format!("order {order}, at rest: {what}"));
                }
            };
            let has = |kind| story.has(kind);
            let hold = load::<Hold>(&self.inventory.rows, order.get()).unwrap_or_default();
            let bill = load::<Bill>(&self.billing.rows, order.get()).unwrap_or_default();
            let status = load::<Order>(&self.order.rows, order.get()).map(|row| row.status);
            let is_dispatched = has(Kind::DeliveryStarted);
            claim(has(Kind::RentalRequested), "never requested");
            if has(Kind::RentalCancelled) || has(Kind::StockShort) {
                let expected = if has(Kind::RentalCancelled) { Status::Cancelled } else { Status::Short };
                claim(status == Some(expected), &format!("compensated, but its status is {status:?}"));
                claim(has(Kind::FeeRefunded), "compensated without a refund");
                claim(bill.balance_won() == 0, "compensated, and the customer's money kept");
                claim(has(Kind::RetrievalStarted), "compensated without a retrieval");
                claim(story.was_dispatched() == Some(is_dispatched), "goods out, and not called back");
                let is_free = matches!(hold.stage, Stage::Back | Stage::Short | Stage::Skipped);
                claim(is_free || (hold.stage == Stage::Returning && is_dispatched), "compensated, and units kept");
            } else if has(Kind::RentalEnded) {
                claim(status == Some(Status::Ended), &format!("ended, but its status is {status:?}"));
                claim(!has(Kind::FeeRefunded), "ended and refunded");
                claim(has(Kind::RetrievalStarted), "ended without a retrieval");
                claim(story.was_dispatched() == Some(true), "ended, and not called back");
                claim(matches!(hold.stage, Stage::Back | Stage::Returning), "ended, and units kept");
            } else {
                claim(status == Some(Status::Active), &format!("active, but its status is {status:?}"));
                claim(story.amount(Kind::FeeReceived) == story.amount(Kind::RentalRequested), "active and not paid");
                claim(!has(Kind::FeeRefunded), "active and refunded");
                claim(is_dispatched && hold.stage == Stage::Out, "active and not out");
                claim(!has(Kind::RetrievalStarted), "active and called back");
            }
        }
        findings
    }

    /// Whether a provider is being asked for something.
    pub(crate) fn is_waiting(&self) -> bool {
        let mut is_waiting = false;
        walk::<Open>(&self.billing.rows, 0, Direction::Up, |_, _| {
            is_waiting = true;
            ControlFlow::Break(())
        });
        is_waiting
    }

    /// The view must be the same after the same events, on whichever way it got
    /// there, and receiving one of them again must change nothing.
    pub(crate) fn view_findings(&self) -> Vec<String> {
        let journals = self.context_states().map(|context_state| &context_state.journal);
        let mut views: HashMap<Vec<usize>, MemoryRepository> =
            HashMap::from([(vec![0; 4], MemoryRepository::default())]);
        let mut ways = vec![vec![0; 4]];
        let mut findings = Vec::new();
        while let Some(received) = ways.pop() {
            for (source, journal) in journals.into_iter().enumerate() {
                let Some(recorded) = journal.get(received[source]) else { continue };
                let mut view = views[&received].clone();
                TotalView.project(&mut view, recorded);
                let once = view.clone();
                TotalView.project(&mut view, recorded);
                let mut next = received.clone();
                next[source] += 1;
                let other_way = views.entry(next.clone()).or_insert_with(|| {
                    ways.push(next);
                    once.clone()
                });
                if *other_way != once || view != once {
                    findings.push(format!("the view differs after {received:?} and {recorded:?}"));
                }
            }
        }
        findings
    }

    /// Every unit is in one bucket, and the buckets are what the holds say.
    fn stock_findings(&self) -> Vec<String> {
        let mut owned: BTreeMap<u64, u64> = BTreeMap::new();
        for recorded in &self.inventory.journal {
            match &recorded.event {
                Event::ProductRegistered { product, qty, .. } => {
                    owned.insert(product.get(), u64::from(*qty));
                }
                Event::StockAdjusted { product, from, to, qty, .. } => {
                    let owned = owned.entry(product.get()).or_default();
                    *owned += if *from == Place::Outside { u64::from(qty.get()) } else { 0 };
                    *owned -= if *to == Place::Outside { u64::from(qty.get()) } else { 0 };
                }
                _ => {}
            }
        }
        let mut by_stage: BTreeMap<(u64, &str), u64> = BTreeMap::new();
        walk::<Hold>(&self.inventory.rows, 0, Direction::Up, |_, hold| {
            let bucket = match hold.stage {
                Stage::Held => "held",
                Stage::Out => "out",
                Stage::Returning => "returning",
                Stage::None | Stage::Back | Stage::Short | Stage::Skipped => "none",
            };
            if let (Some(product), Some(qty)) = (hold.product, hold.qty) {
                *by_stage.entry((product.get(), bucket)).or_default() += u64::from(qty.get());
            }
            ControlFlow::Continue(())
        });
        let mut findings = Vec::new();
        for (id, owned) in owned {
            let Some(product) = load::<Product>(&self.inventory.rows, id) else {
                findings.push(format!("product {id}: no row"));
                continue;
            };
            if product.owned() != owned {
                findings.push(format!("product {id}: {owned} owned, but {product:?}"));
            }
            for (bucket, counted) in [("held", product.held), ("out", product.out), ("returning", product.returning)] {
                let expected = by_stage.get(&(id, bucket)).copied().unwrap_or_default();
                if counted != expected {
                    findings.push(format!("product {id}: {counted} {bucket}, but its orders say {expected}"));
                }
            }
        }
        findings
    }

    /// Whether those of `kinds` that happened did so in this order.
    fn is_in_order(&self, order: OrderId, kinds: &[Kind]) -> bool {
        let happened = |context_state: &ContextState| {
            let places =
                context_state.about(order).filter_map(|event| kinds.iter().position(|kind| *kind == event.kind()));
            places.collect::<Vec<_>>().is_sorted()
        };
        self.context_states().into_iter().all(happened)
    }
}
