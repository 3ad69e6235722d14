//! One opened order: its history, and how those are whom it waits for.

use super::i18n::Figure;
use rental_bus::status::ContextStatus;
use rental_model::totalview::{Entry, Timeline};
use rental_model::{Context, Fact, OrderId};
use std::collections::BTreeMap;

/// How a service is that an order waits for.
#[derive(Debug, Clone)]
pub(crate) enum Service {
    Answers(ContextStatus),
    Silent(Figure),
}

/// An opened order.
#[derive(Debug)]
pub(crate) struct OrderPage {
    pub(crate) order: OrderId,
    pub(crate) timeline: Timeline,
    /// Why the history before this console is missing, if it is.
    pub(crate) partial: Option<Figure>,
    pub(crate) services: BTreeMap<Context, Service>,
    pub(crate) scroll: usize,
}

impl OrderPage {
    /// Opens `order` with what was seen of it so far.
    pub(crate) fn open<'a>(order: OrderId, recent: impl Iterator<Item = &'a Fact>) -> Self {
        let timeline = Timeline::default();
        let mut page = Self { order, timeline, partial: None, services: BTreeMap::new(), scroll: 0 };
        recent.for_each(|fact| page.note(fact));
        page
    }

    pub(crate) fn note(&mut self, fact: &Fact) {
        if fact.event.order() == Some(self.order) {
            self.timeline.note(fact);
        }
    }

    /// Takes in totalview's history: what either knows.
    pub(crate) fn join(&mut self, theirs: Timeline) {
        let key = |entry: &Entry| (entry.at, entry.event_type);
        for entry in theirs.0 {
            if !self.timeline.0.iter().any(|ours| ours.event_type == entry.event_type) {
                self.timeline.0.push(entry);
            }
        }
        self.timeline.0.sort_by_key(key);
        self.partial = None;
    }
}
