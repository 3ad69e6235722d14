//! Which of the rentals are listed, and in which order.

use crate::config::{Column, Sorting};
use crate::core::rentals::Rentals;
use rental_model::totalview::Row;
use rental_model::totalview::filter::Filter;
use rental_model::{OrderId, UnixMs};
use std::collections::BTreeSet;

impl Rentals {
    pub(crate) fn at(&self, position: usize) -> Option<OrderId> {
        let last = self.len().checked_sub(1)?;
        let rank = if self.is_reversed() { position } else { last.checked_sub(position)? };
        (rank <= last).then(|| self.listed.get(rank)).flatten().map(|(_, order)| order)
    }

    pub(crate) fn position(&self, order: OrderId) -> Option<usize> {
        let rank = self.listed.rank(&(self.held.get(&order)?.key?, order));
        Some(if self.is_reversed() { rank } else { self.len() - 1 - rank })
    }

    /// Puts a rental where it belongs in the list, or out of it.
    pub(crate) fn list(&mut self, order: OrderId, now: UnixMs) {
        let Some(held) = self.held.get(&order) else { return };
        let key = self.query.matches(&held.row, now).then(|| self.sorting.column.sort().key(&held.row));
        let key = key.filter(|key| self.is_in_reach((*key, order.get())));
        if let Some(waiting) = &mut self.waiting {
            if key == held.key {
                waiting.remove(&order);
            } else {
                waiting.insert(order);
            }
            return;
        }
        if key == held.key {
            return;
        }
        match (held.key, key) {
            (Some(_), None) => self.unlist(order),
            (old, Some(key)) => {
                if let Some(old) = old {
                    self.listed.remove(&(old, order));
                }
                self.listed.insert((key, order));
                if let Some(held) = self.held.get_mut(&order) {
                    held.key = Some(key);
                }
            }
            (None, None) => {}
        }
    }

    /// Takes a rental out of the list, and its mark away. A cursor on it moves to its neighbour, and says so.
    pub(crate) fn unlist(&mut self, order: OrderId) {
        let Some(position) = self.position(order) else { return };
        self.unmark(order);
        if let Some(held) = self.held.get_mut(&order)
            && let Some(key) = held.key.take()
        {
            self.listed.remove(&(key, order));
        }
        if position < self.top {
            self.top -= 1;
        }
        if self.cursor == Some(order) {
            // The first that left is the one the person believes the cursor on.
            self.left.get_or_insert(order);
            self.cursor = self.at(position.min(self.len().saturating_sub(1)));
        }
        self.settle();
    }

    /// All rows of the list, top to bottom.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Row> {
        (0..self.len()).filter_map(|position| self.get(self.at(position)?))
    }

    pub(crate) const fn query(&self) -> &Filter {
        &self.query
    }

    /// Lists what this filter lets through.
    pub(crate) fn filter(&mut self, query: Filter, now: UnixMs) {
        self.waiting = None;
        self.query = query;
        self.relist(now);
    }

    /// Lists nothing behind this place: what is between it and the rows further down is not here yet.
    pub(crate) fn bound(&mut self, bound: Option<(u64, u64)>, now: UnixMs) {
        let is_nearer = match (self.bound, bound) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(old), Some(new)) => (new < old) == self.is_reversed(),
        };
        if self.bound != bound {
            self.bound = bound;
            // A bound that comes nearer hides the end of the list, if there is anything behind it.
            let last = self.len().checked_sub(1).and_then(|last| self.at(last));
            let place = last.and_then(|order| Some((self.held.get(&order)?.key?, order.get())));
            if !is_nearer || place.is_some_and(|place| !self.is_in_reach(place)) {
                self.relist(now);
            }
        }
    }

    fn is_in_reach(&self, place: (u64, u64)) -> bool {
        self.bound.is_none_or(|bound| if self.is_reversed() { place <= bound } else { place >= bound })
    }

    /// Lists what the same filter lets through now that it knows more; a frozen list stays frozen.
    pub(crate) fn refilter(&mut self, query: Filter, now: UnixMs) {
        self.query = query;
        self.relist(now);
    }

    /// Looks again at which rentals the filter lets through, and where they stand.
    pub(crate) fn relist(&mut self, now: UnixMs) {
        let orders: Vec<_> = self.held.keys().copied().collect();
        self.list_all(orders, now);
    }

    /// Puts rentals where they belong. Those that come are first: a cursor whose order
    /// goes must find a neighbour among those that stay.
    fn list_all(&mut self, orders: impl IntoIterator<Item = OrderId>, now: UnixMs) {
        let stays = |order: &OrderId| self.get(*order).is_some_and(|row| self.query.matches(row, now));
        let (come, go): (Vec<_>, Vec<_>) = orders.into_iter().partition(stays);
        for order in come.into_iter().chain(go) {
            self.list(order, now);
        }
        self.settle();
    }

    /// Keeps the rows and their order as they are, or lets them go on; what they hold goes on all the same.
    pub(crate) fn freeze(&mut self, now: UnixMs) {
        match self.waiting.take() {
            None => self.waiting = Some(BTreeSet::new()),
            Some(waiting) => self.list_all(waiting, now),
        }
    }

    /// How many rentals would come, go or move if the list were not frozen.
    pub(crate) fn waiting(&self) -> Option<usize> {
        self.waiting.as_ref().map(BTreeSet::len)
    }

    pub(crate) const fn sorting(&self) -> Sorting {
        self.sorting
    }

    pub(crate) fn sort(&mut self, sorting: Sorting, now: UnixMs) {
        (self.waiting, self.bound) = (None, None);
        self.sorting = sorting;
        self.relist(now);
    }

    /// Sorts by another column, as high to low or new to old as before.
    pub(crate) fn sort_by(&mut self, column: Column, now: UnixMs) {
        let is_reversed = self.is_reversed();
        self.sort(Sorting { column, is_rising: is_reversed != column.runs_backwards() }, now);
    }

    pub(crate) fn reverse(&mut self, now: UnixMs) {
        self.sort(Sorting { is_rising: !self.sorting.is_rising, ..self.sorting }, now);
    }

    /// Whether the lowest key stands first.
    const fn is_reversed(&self) -> bool {
        self.sorting.is_reversed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOON, cancelled, order, paid, recorded, requested};

    fn listed(rentals: &Rentals) -> Vec<u64> {
        rentals.window().map(|held| held.row.order_id.get()).collect()
    }

    fn five() -> Rentals {
        let mut rentals = Rentals::default();
        rentals.set_height(10);
        for number in 1..6 {
            rentals.project(&recorded(number, requested(order(number))), NOON);
        }
        rentals.project(&recorded(9, paid(order(2))), NOON);
        rentals.project(&recorded(8, paid(order(4))), NOON);
        rentals
    }

    fn query(typed: &str) -> Filter {
        Filter::parse(typed).unwrap()
    }

    #[test]
    fn only_what_matches_is_listed_and_what_changes_comes_and_goes() {
        let mut rentals = five();
        rentals.filter(query("paid"), NOON);
        assert_eq!(listed(&rentals), [4, 2]);
        rentals.project(&recorded(10, paid(order(5))), NOON);
        assert_eq!(listed(&rentals), [5, 4, 2]);
        rentals.move_to(1);
        rentals.project(&recorded(11, cancelled(order(4))), NOON);
        assert_eq!(
            (listed(&rentals), rentals.take_left()),
            (vec![5, 2], Some(order(4))),
            "the cursor says that it left"
        );
        rentals.filter(Filter::default(), NOON);
        assert_eq!(listed(&rentals), [5, 4, 3, 2, 1]);
        assert_eq!(rentals.held(), 5);
    }

    #[test]
    fn a_cursor_finds_a_neighbour_even_if_all_rows_are_others() {
        for is_frozen in [false, true] {
            let mut rentals = five();
            rentals.filter(query("paid"), NOON);
            rentals.move_to(0);
            if is_frozen {
                rentals.freeze(NOON);
                rentals.refilter(query("!paid"), NOON);
                rentals.freeze(NOON);
            } else {
                rentals.filter(query("!paid"), NOON);
            }
            assert_eq!((listed(&rentals), rentals.take_left()), (vec![5, 3, 1], Some(order(4))));
            assert!(rentals.cursor().is_some());
        }
    }

    #[test]
    fn a_frozen_list_keeps_its_rows_and_says_how_many_wait() {
        let mut rentals = five();
        rentals.filter(query("paid"), NOON);
        rentals.freeze(NOON);
        rentals.project(&recorded(10, paid(order(5))), NOON);
        rentals.project(&recorded(11, cancelled(order(4))), NOON);
        assert_eq!((listed(&rentals), rentals.waiting()), (vec![4, 2], Some(2)));
        rentals.freeze(NOON);
        assert_eq!((listed(&rentals), rentals.waiting()), (vec![5, 2], None));
        rentals.freeze(NOON);
        rentals.project(&recorded(12, cancelled(order(2))), NOON);
        rentals.sort_by(Column::Age, NOON);
        assert_eq!((listed(&rentals), rentals.waiting()), (vec![5], None), "another sorting ends it");
    }

    #[test]
    fn sorting_moves_rows_and_leaves_the_cursor_on_its_order() {
        let mut rentals = five();
        rentals.select(order(3));
        rentals.sort_by(Column::Age, NOON);
        assert_eq!(listed(&rentals), [2, 4, 5, 3, 1], "the latest event first");
        rentals.reverse(NOON);
        assert_eq!(listed(&rentals), [1, 3, 5, 4, 2]);
        assert_eq!((rentals.cursor(), rentals.cursor_position()), (Some(order(3)), Some(1)));
        rentals.project(&recorded(20, paid(order(1))), NOON);
        assert_eq!(listed(&rentals), [3, 5, 4, 2, 1], "a row that changes goes where it belongs");
        assert_eq!(rentals.cursor(), Some(order(3)));
    }
}
