//! The rentals in memory, and the list that shows them.
//!
//! **The cursor is an order id, never a position**: whatever comes, goes or
//! changes, it stays on its order. Without a cursor the list follows the
//! newest orders; with one, the window stays where the cursor is. When the
//! order under the cursor leaves, the cursor moves to its neighbour and the
//! next key that would act on it is ignored once.

pub(crate) mod changes;
pub(crate) mod join;
pub(crate) mod listing;
pub(crate) mod marks;
pub(crate) mod ranked;
#[cfg(test)]
mod tests;

use crate::config::Sorting;
use crate::core::rentals::changes::Columns;
use crate::core::rentals::ranked::Ranked;
use rental_model::totalview::filter::Filter;
use rental_model::totalview::{Row, Status};
use rental_model::{OrderId, RecordedEvent, UnixMs};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// For how long a changed cell is marked.
pub(crate) const MARK_MS: u64 = 2_000;

/// How many rentals are kept in memory; older ones are loaded again when scrolled to.
const MOST_KEPT: usize = 20_000;

/// How many rentals are held while totalview's pages of another list come in.
const MOST_HELD: usize = 200_000;

/// Trimming waits for this many too many, so that it is rare.
const TRIM_SLACK: usize = 1_000;

/// One rental in memory.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) row: Row,
    changed: Columns,
    changed_at: UnixMs,
    /// Its place in the list's sorting, while the filter lets it through.
    key: Option<u64>,
}

impl Held {
    /// The cells that are marked as changed at `now`.
    pub(crate) fn marks(&self, now: UnixMs) -> Columns {
        if now.0 < self.changed_at.0 + MARK_MS { self.changed } else { Columns::NONE }
    }
}

/// What folding an event in has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowChange {
    /// It was known, or is not about a rental.
    Nothing,
    Changed,
    /// A row began with an event that is not its first: the rest must be fetched.
    BegunLate,
}

/// The rentals, and where in their list the person is.
#[derive(Debug, Default)]
pub(crate) struct Rentals {
    held: HashMap<OrderId, Held>,
    /// All of them, by id.
    order: Ranked<OrderId>,
    /// Those the filter lets through, in the list's sorting, last row first.
    listed: Ranked<(u64, OrderId)>,
    query: Filter,
    sorting: Sorting,
    /// The last place of which all before it are in memory; rows behind it are not listed.
    bound: Option<(u64, u64)>,
    /// While the list is frozen: the rentals that would come, go or move.
    waiting: Option<BTreeSet<OrderId>>,
    counts: BTreeMap<Status, u64>,
    cursor: Option<OrderId>,
    /// Of those listed.
    marks: BTreeSet<OrderId>,
    /// The order that left from under the cursor, until that was noticed.
    left: Option<OrderId>,
    /// The one of which that was told.
    told: Option<OrderId>,
    /// The position of the first row shown.
    top: usize,
    /// How many rows are shown.
    height: usize,
    /// How many columns are scrolled out to the left, the order id aside.
    pub(crate) columns_hidden: usize,
}

impl Rentals {
    /// How many are listed.
    pub(crate) fn len(&self) -> usize {
        self.listed.len()
    }

    /// How many are in memory.
    pub(crate) fn held(&self) -> usize {
        self.order.len()
    }

    pub(crate) fn get(&self, order: OrderId) -> Option<&Row> {
        self.held.get(&order).map(|held| &held.row)
    }

    /// How many there are of each status, of those in memory.
    pub(crate) const fn counts(&self) -> &BTreeMap<Status, u64> {
        &self.counts
    }

    /// The rows to show, top to bottom.
    pub(crate) fn window(&self) -> impl Iterator<Item = &Held> {
        let last = (self.top + self.height).min(self.len());
        (self.top..last).filter_map(|position| self.held.get(&self.at(position)?))
    }

    pub(crate) const fn cursor(&self) -> Option<OrderId> {
        self.cursor
    }

    /// The cursor's place in the list, counted from 0.
    pub(crate) fn cursor_position(&self) -> Option<usize> {
        self.position(self.cursor?)
    }

    /// Folds one event in.
    pub(crate) fn project(&mut self, recorded: &RecordedEvent, now: UnixMs) -> RowChange {
        let Some(order) = recorded.event.order() else { return RowChange::Nothing };
        if let Some(before) = self.get(order).cloned() {
            let mut after = before.clone();
            if !after.project(recorded) {
                return RowChange::Nothing;
            }
            self.change(&before, after, now);
            return RowChange::Changed;
        }
        let Some(row) = Row::begin(recorded) else { return RowChange::Nothing };
        let is_whole = row.requested_at.is_some();
        self.add(row, Columns::ALL, now);
        if is_whole { RowChange::Changed } else { RowChange::BegunLate }
    }

    /// Takes in a row from totalview: what either knows, both know.
    pub(crate) fn join(&mut self, theirs: Row, now: UnixMs) {
        match self.get(theirs.order_id).cloned() {
            Some(before) => {
                let after = join::join(before.clone(), theirs);
                self.change(&before, after, now);
            }
            // What was there before this console is no change.
            None => self.add(theirs, Columns::NONE, now),
        }
    }

    /// The orders whose first event was never seen.
    pub(crate) fn begun_late(&self) -> impl Iterator<Item = OrderId> {
        self.held.values().filter(|held| held.row.requested_at.is_none()).map(|held| held.row.order_id)
    }

    fn add(&mut self, row: Row, changed: Columns, now: UnixMs) {
        let order = row.order_id;
        *self.counts.entry(row.status()).or_default() += 1;
        self.held.insert(order, Held { row, changed, changed_at: now, key: None });
        self.order.insert(order);
        self.list(order, now);
        // A list scrolled down stays where it is; one at its top shows what is new.
        if self.top > 0 && self.position(order).is_some_and(|position| position < self.top) {
            self.top += 1;
        }
        self.settle();
    }

    fn change(&mut self, before: &Row, after: Row, now: UnixMs) {
        let changed = Columns::between(before, &after);
        self.count_out(before.status());
        *self.counts.entry(after.status()).or_default() += 1;
        if let Some(held) = self.held.get_mut(&after.order_id) {
            if changed != Columns::NONE {
                held.changed = changed.with(held.marks(now));
                held.changed_at = now;
            }
            let order = after.order_id;
            held.row = after;
            self.list(order, now);
            self.settle();
        }
    }

    fn count_out(&mut self, status: Status) {
        if let Some(count) = self.counts.get_mut(&status) {
            *count = count.saturating_sub(1);
        }
    }

    pub(crate) fn remove(&mut self, order: OrderId) {
        self.unlist(order);
        self.order.remove(&order);
        if let Some(held) = self.held.remove(&order) {
            self.count_out(held.row.status());
        }
        self.settle();
    }

    /// Forgets all below this order id: pages of other lists have left them here and there.
    pub(crate) fn forget_below(&mut self, floor: u64) {
        while let Some(lowest) = self.order.get(0).filter(|lowest| lowest.get() < floor) {
            self.remove(lowest);
        }
    }

    /// Forgets the lowest ids when there are too many, but never what is being looked at.
    /// Answers the highest id that was forgotten.
    pub(crate) fn trim(&mut self) -> Option<OrderId> {
        let looked_at = self.window().map(|held| held.row.order_id).chain(self.cursor).min();
        let looked_at = looked_at.map_or(0, |lowest| self.held() - self.order.rank(&lowest));
        if self.held() <= MOST_KEPT + TRIM_SLACK || looked_at >= MOST_KEPT {
            return None;
        }
        let highest = self.order.get(self.held() - 1 - MOST_KEPT);
        while self.held() > MOST_KEPT {
            self.remove(self.order.get(0)?);
        }
        highest
    }

    /// Forgets everything: the streams were made anew.
    pub(crate) fn clear(&mut self) {
        *self = Self {
            columns_hidden: self.columns_hidden,
            height: self.height,
            query: std::mem::take(&mut self.query),
            sorting: self.sorting,
            ..Self::default()
        };
    }

    /// Takes note of an order that left from under the cursor; answers it once.
    pub(crate) fn take_left(&mut self) -> Option<OrderId> {
        self.left.take()
    }

    /// The order that left from under the cursor, and where the cursor is now; told once.
    pub(crate) fn tell_left(&mut self) -> Option<(OrderId, OrderId)> {
        let is_news = self.left != self.told;
        self.told = self.left;
        self.left.zip(self.cursor).filter(|_| is_news)
    }

    pub(crate) fn set_height(&mut self, height: usize) {
        self.height = height;
        self.settle();
    }

    /// Moves the cursor by `by` rows; the first move puts it on the first row shown.
    pub(crate) fn move_by(&mut self, by: isize) {
        let position = match self.cursor_position() {
            Some(position) => position.saturating_add_signed(by),
            None => self.top,
        };
        self.move_to(position);
    }

    pub(crate) fn move_to(&mut self, position: usize) {
        self.cursor = self.at(position.min(self.len().saturating_sub(1)));
        self.left = None;
        self.settle();
    }

    /// Puts the cursor on this order, if it is here.
    pub(crate) fn select(&mut self, order: OrderId) {
        if let Some(position) = self.position(order) {
            self.move_to(position);
        }
    }

    /// Lets go of the cursor and follows the newest again.
    pub(crate) fn release(&mut self) {
        (self.cursor, self.left, self.top) = (None, None, 0);
    }

    pub(crate) const fn height(&self) -> usize {
        self.height
    }

    /// Whether as many are in memory as other lists than that of the newest may bring in.
    pub(crate) fn is_full(&self) -> bool {
        self.held() >= MOST_HELD
    }

    /// Whether the end of what is in memory is near.
    pub(crate) fn is_near_end(&self) -> bool {
        self.top + 2 * self.height >= self.len()
    }

    /// Keeps the cursor in the window and the window in the list.
    fn settle(&mut self) {
        if let Some(position) = self.cursor_position() {
            let lowest_top = (position + 1).saturating_sub(self.height);
            self.top = self.top.clamp(lowest_top, position.max(lowest_top));
        }
        self.top = self.top.min(self.len().saturating_sub(self.height));
    }
}
