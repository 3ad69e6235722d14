//! One opened order: its history, and how those are whom it waits for.

use crate::i18n::Arg;
use rental_bus::status::ContextStatus;
use rental_model::totalview::{Entry, Timeline};
use rental_model::{Context, OrderId, RecordedEvent};
use std::collections::BTreeMap;

/// How a service is that an order waits for.
#[derive(Debug, Clone)]
pub(crate) enum Service {
    Answers(ContextStatus),
    Silent(Arg),
}

/// An opened order.
#[derive(Debug)]
pub(crate) struct OrderPage {
    pub(crate) order: OrderId,
    pub(crate) timeline: Timeline,
    /// Why the history before this console is missing, if it is.
    pub(crate) partial: Option<Arg>,
    pub(crate) services: BTreeMap<Context, Service>,
    pub(crate) scroll: usize,
}

impl OrderPage {
    /// Opens `order` with what was seen of it so far.
    pub(crate) fn open<'a>(order: OrderId, recent: impl Iterator<Item = &'a RecordedEvent>) -> Self {
        let timeline = Timeline::default();
        let mut page = Self { order, timeline, partial: None, services: BTreeMap::new(), scroll: 0 };
        recent.for_each(|recorded| page.project(recorded));
        page
    }

    pub(crate) fn project(&mut self, recorded: &RecordedEvent) {
        if recorded.event.order() == Some(self.order) {
            self.timeline.project(recorded);
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
