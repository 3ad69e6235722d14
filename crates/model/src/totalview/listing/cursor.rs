//! Where a page ended.

use super::Sort;
use crate::repository::Direction;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where the next page begins: behind a place in the sorting.
///
/// It names a place and no row, so a row that moves between pages makes the
/// next page neither skip nor repeat one that stayed. People need not
/// understand its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    sort: Sort,
    is_ascending: bool,
    behind: Place,
}

/// A place in a sorting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) key: u64,
    pub(super) order: u64,
}

impl Place {
    /// For comparisons in this direction: the lower rank comes first. Again, it is the place.
    pub(super) const fn rank(self, direction: Direction) -> Self {
        match direction {
            Direction::Up => self,
            Direction::Down => Self { key: !self.key, order: !self.order },
        }
    }

    pub(super) fn is_before(self, other: Self, direction: Direction) -> bool {
        self.rank(direction) < other.rank(direction)
    }
}

impl Cursor {
    pub(super) fn new(sort: Sort, direction: Direction, behind: Place) -> Self {
        Self { sort, is_ascending: direction == Direction::Up, behind }
    }

    /// Behind this order id, in a list by order id.
    pub const fn behind_order(order: u64, is_ascending: bool) -> Self {
        Self { sort: Sort::Order, is_ascending, behind: Place { key: 0, order } }
    }

    /// The order id it is behind.
    pub const fn order(self) -> u64 {
        self.behind.order
    }

    /// What the row it is behind was sorted by: see [`Sort::key`].
    pub const fn key(self) -> u64 {
        self.behind.key
    }

    /// The place, if it belongs to this sorting.
    pub(super) fn place(self, sort: Sort, direction: Direction) -> Result<Place, String> {
        if self.sort == sort && self.is_ascending == (direction == Direction::Up) {
            return Ok(self.behind);
        }
        let way = if self.is_ascending { "ascending" } else { "descending" };
        Err(format!("cursor: it belongs to a list sorted by {}, {way}; leave it out to begin anew", self.sort.word()))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.is_ascending { "up" } else { "down" };
        write!(f, "{}.{way}.{}.{}", self.sort.word(), self.behind.key, self.behind.order)
    }
}

impl FromStr for Cursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let mut parts = text.split('.');
            let sort = parts.next()?.parse().ok()?;
            let is_ascending = match parts.next()? {
                "up" => true,
                "down" => false,
                _ => return None,
            };
            let behind = Place { key: parts.next()?.parse().ok()?, order: parts.next()?.parse().ok()? };
            parts.next().is_none().then_some(Self { sort, is_ascending, behind })
        };
        read().ok_or_else(|| format!("{text:?} is no cursor; use the next of the page before"))
    }
}

impl TryFrom<String> for Cursor {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_from_its_text() {
        for sort in Sort::ALL {
            for direction in [Direction::Up, Direction::Down] {
                let cursor = Cursor::new(sort, direction, Place { key: u64::MAX, order: 42 });
                assert_eq!(cursor.to_string().parse(), Ok(cursor));
            }
        }
        for bad in ["", "42", "order.up.0", "order.up.0.1.2", "order.sideways.0.1", "colour.up.0.1", "order.up.-1.1"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cursor_of_another_sorting_is_refused() {
        let cursor = Cursor::behind_order(7, false);
        assert_eq!(cursor.place(Sort::Order, Direction::Down), Ok(Place { key: 0, order: 7 }));
        assert!(cursor.place(Sort::Order, Direction::Up).unwrap_err().contains("sorted by order, descending"));
        assert!(cursor.place(Sort::Qty, Direction::Down).is_err());
    }
}
