//! How much of the list is here, and what totalview must be asked for the rest.
//!
//! The newest rentals are in memory, without a gap, down to a floor. What a
//! filter or another sorting asks for may lie below it: totalview then sends
//! the list's best rows, a page at a time, and **the list ends where its pages
//! end**: a row further down that happens to be in memory is not shown before
//! all between are here, so nothing is ever missing in the middle.

use crate::config::Sorting;
use rental_model::UnixMs;
use rental_model::totalview::{Cursor, ListRentals};

/// Tells the answers about one list from those about the lists before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Round(pub(crate) u32);

/// How a list comes to be whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All of it down to the floor is in memory, and the pages below it come when scrolled to.
    #[default]
    Newest,
    /// Totalview is to be asked; until it has answered, what is in memory is shown.
    Asking,
    /// What totalview has sent is shown.
    Paged,
    /// Totalview did not answer: what is in memory is shown.
    Failed,
}

/// The list as totalview knows it.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) round: Round,
    pub(crate) reach: Reach,
    /// Where the next page begins, once there was one; none if all of it is here.
    pub(crate) next: Option<Cursor>,
    pub(crate) is_loading: bool,
    /// How many rentals are in it in all, by totalview.
    pub(crate) matching: Option<u64>,
    /// The filter, as it was typed.
    pub(crate) filter: String,
    pub(crate) sorting: Sorting,
}

impl Listing {
    /// Another list; whatever is still under way for the one before is of no use.
    pub(crate) fn begin(&mut self, filter: &str, sorting: Sorting, reach: Reach) {
        let round = Round(self.round.0.wrapping_add(1));
        *self = Self { round, reach, filter: filter.to_owned(), sorting, ..Self::default() };
    }

    /// Every rental, the newest first.
    pub(crate) fn is_newest(&self) -> bool {
        self.filter.trim().is_empty() && self.sorting == Sorting::NEWEST
    }

    /// The question for the page behind `cursor`, or for the first.
    pub(crate) fn question(&self, cursor: Option<Cursor>, now: UnixMs) -> ListRentals {
        ListRentals {
            filter: self.filter.trim().to_owned(),
            sort: self.sorting.column.sort(),
            is_ascending: self.sorting.is_reversed(),
            cursor,
            at: Some(now),
            ..ListRentals::default()
        }
    }
}
