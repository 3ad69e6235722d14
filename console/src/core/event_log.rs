//! The latest events, as they came: a ring of bounded length with a filter.
//!
//! The newest stands at the bottom and is followed. Scrolled back, the window
//! stays on its events while others arrive below; those that match are counted.

use crate::i18n::{Language, Text};
use rental_model::RecordedEvent;
use std::collections::VecDeque;
use tui_input::{Input, InputRequest};
use unicode_normalization::UnicodeNormalization;

/// How many events are kept.
const MOST_KEPT: usize = 5_000;

/// The events, and where in them the person is.
#[derive(Debug, Default)]
pub(crate) struct EventLog {
    kept: VecDeque<RecordedEvent>,
    /// How many were kept and are no more: the number of the first that is.
    forgotten: usize,
    /// The numbers of those that match the filter.
    matching: VecDeque<usize>,
    filter: Input,
    pub(crate) is_typing: bool,
    /// The number of the lowest event shown, while scrolled back.
    bottom: Option<usize>,
}

impl EventLog {
    /// All that are kept, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &RecordedEvent> {
        self.kept.iter()
    }

    pub(crate) fn remember(&mut self, recorded: RecordedEvent) {
        if self.kept.len() == MOST_KEPT {
            self.kept.pop_front();
            self.forgotten += 1;
            if self.matching.front().is_some_and(|number| *number < self.forgotten) {
                self.matching.pop_front();
            }
        }
        if matches(&recorded, self.filter.value()) {
            self.matching.push_back(self.forgotten + self.kept.len());
        }
        self.kept.push_back(recorded);
    }

    /// Forgets all events: the streams were made anew.
    pub(crate) fn clear(&mut self) {
        *self = Self { filter: self.filter.clone(), ..Self::default() };
    }

    /// How many match the filter, and how many are kept.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.matching.len(), self.kept.len())
    }

    pub(crate) const fn filter(&self) -> &Input {
        &self.filter
    }

    pub(crate) fn edit(&mut self, request: InputRequest) {
        self.filter.handle(request);
        self.select();
    }

    pub(crate) fn clear_filter(&mut self) {
        self.filter.reset();
        self.select();
    }

    fn select(&mut self) {
        let wanted = self.filter.value();
        let kept = self.kept.iter().enumerate();
        self.matching =
            kept.filter(|(_, recorded)| matches(recorded, wanted)).map(|(at, _)| self.forgotten + at).collect();
        self.bottom = None;
    }

    /// How many matching events have arrived below the window; none while the newest are followed.
    pub(crate) fn waiting(&self) -> Option<usize> {
        self.bottom.map(|bottom| self.matching.len() - self.matching.partition_point(|number| *number <= bottom))
    }

    /// One past the lowest event shown, counted among those that match.
    fn end(&self, height: usize) -> usize {
        let end = self.matching.len() - self.waiting().unwrap_or(0);
        // What was forgotten above leaves no gap.
        end.max(height).min(self.matching.len())
    }

    /// The events to show, top to bottom.
    pub(crate) fn window(&self, height: usize) -> impl Iterator<Item = &RecordedEvent> {
        let end = self.end(height);
        let first = end.saturating_sub(height);
        self.matching.range(first..end).filter_map(|number| self.kept.get(number - self.forgotten))
    }

    /// Scrolls by `by` rows; at its end the log is followed again.
    pub(crate) fn move_by(&mut self, by: isize, height: usize) {
        let end = self.end(height).saturating_add_signed(by).max(height.min(self.matching.len()));
        let is_at_end = end >= self.matching.len();
        self.bottom = if is_at_end { None } else { end.checked_sub(1).and_then(|at| self.matching.get(at).copied()) };
    }

    pub(crate) fn follow(&mut self) {
        self.bottom = None;
    }
}

/// Whether every word of `wanted` is part of the event's type, context or operator, or is its order.
fn matches(recorded: &RecordedEvent, wanted: &str) -> bool {
    if wanted.trim().is_empty() {
        return true;
    }
    let kind = recorded.event.kind();
    let mut told = format!("{} {}", kind.wire_name(), recorded.source);
    for text in [Text::from(kind), Text::from(recorded.source)] {
        for language in [Language::English, Language::Korean] {
            told = told + " " + language.text(text);
        }
    }
    let told = (told + " " + recorded.actor.as_deref().unwrap_or_default()).to_lowercase();
    let wanted: String = wanted.nfc().collect::<String>().to_lowercase();
    wanted.split_whitespace().all(|word| match word.parse::<u64>() {
        Ok(number) => recorded.event.order().is_some_and(|order| order.get() == number),
        Err(_) => told.contains(word),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{delivered, order, recorded};

    fn log(orders: std::ops::Range<u64>) -> EventLog {
        let mut log = EventLog::default();
        receive(&mut log, orders);
        log
    }

    fn receive(log: &mut EventLog, orders: std::ops::Range<u64>) {
        for number in orders {
            for event in delivered(order(number)) {
                log.remember(recorded(number, event));
            }
        }
    }

    fn shown(log: &EventLog, height: usize) -> Vec<u64> {
        log.window(height).map(|recorded| recorded.event.order().unwrap().get()).collect()
    }

    fn type_in(log: &mut EventLog, text: &str) {
        text.chars().for_each(|c| log.edit(InputRequest::InsertChar(c)));
    }

    #[test]
    fn the_newest_are_followed_until_one_scrolls_back() {
        let mut log = log(1..4);
        assert_eq!(shown(&log, 2), [3, 3]);
        log.move_by(-4, 2);
        assert_eq!((shown(&log, 2), log.waiting()), (vec![2, 2], Some(4)));
        receive(&mut log, 4..6);
        assert_eq!((shown(&log, 2), log.waiting()), (vec![2, 2], Some(12)), "the window stays on its events");
        log.move_by(-100, 2);
        assert_eq!(shown(&log, 2), [1, 1]);
        log.move_by(100, 2);
        assert_eq!((shown(&log, 2), log.waiting()), (vec![5, 5], None));
    }

    #[test]
    fn it_never_grows_beyond_its_bound_and_a_window_on_forgotten_events_shows_the_oldest_left() {
        let mut log = log(1..3);
        log.move_by(-100, 4);
        receive(&mut log, 3..3_000);
        assert_eq!(log.counts(), (MOST_KEPT, MOST_KEPT));
        assert_eq!(shown(&log, 4), [1_750; 4]);
        assert_eq!(log.kept.len() + log.forgotten, 2_999 * 4);
    }

    #[test]
    fn a_filter_finds_types_contexts_and_orders_in_either_language() {
        let mut log = log(1..30);
        for (typed, count) in [("fee", 29), ("결제 완료", 29), ("billing 7", 1), ("7", 4), ("재고 12", 1), ("zzz", 0)]
        {
            type_in(&mut log, typed);
            assert_eq!(log.counts().0, count, "{typed}");
            log.clear_filter();
        }
        type_in(&mut log, "\u{1107}\u{1162}\u{1109}\u{1169}\u{11bc}");
        assert_eq!(log.counts().0, 29, "decomposed Hangul finds the delivery too");
        receive(&mut log, 30..31);
        assert_eq!(log.counts(), (30, 120), "what arrives is filtered as well");
    }
}
