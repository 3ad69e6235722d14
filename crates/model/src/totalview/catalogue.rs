//! The catalogue: what filters and sorts look at, of every rental, in few bytes.
//!
//! Order ids lie in leaves of 64, so a page of a filtered or sorted list reads
//! a fraction of what the rows hold, and then only the rows it shows. What the
//! reasons say lies beside it, because few rentals have one.
//!
//! **The catalogue changes with its row, in the same commit.** A store that was
//! written before there was one is given it when it is opened ([`renew`]), from
//! the rows themselves, in one commit: the streams need not be received again.

use super::filter::{Filter, Listed, Word, fold};
use super::leaf::{BlockView, COLUMNS, Figures, Leaf, SPAN};
use super::reasons::{self, Reasons};
use super::row::Row;
use super::standing::Standing;
use crate::event::Kind;
use crate::repository::{Direction, Repository, RepositoryMut, walk};
use crate::values::UnixMs;
use std::ops::ControlFlow;

/// The kind of the leaves' rows, and of the reasons'.
const LEAVES: u8 = 5;
const REASONS: u8 = 6;

/// The columns of a leaf.
const SEEN: usize = 0;
const FLAGS: usize = 1;
/// 0 is none: no product and no quantity is 0.
const PRODUCT: usize = 2;
const QTY: usize = 3;
const AMOUNT: usize = 4;
const LAST_AT: usize = 5;
/// The number of the kind's bit.
const LAST_EVENT: usize = 6;

/// The flags.
const WAS_DISPATCHED: u64 = 1;
const HAS_REASON: u64 = 2;
const HAS_AMOUNT: u64 = 4;
const IS_REFUND_DECLINED: u64 = 8;

/// One rental of the catalogue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    order: u64,
    /// Which of the leaf's lines.
    number: usize,
    leaf: &'a BlockView<'a>,
}

/// Notes how a rental stands now.
pub(super) fn project(rows: &mut (impl RepositoryMut + ?Sized), row: &Row) {
    let (id, slot) = place(row.order_id.get());
    let mut leaf = match rows.read(LEAVES, id) {
        None => Leaf::default(),
        Some(bytes) => Leaf::decode(&bytes).unwrap_or_else(|| {
            damaged(rows, LEAVES, id);
            Leaf::default()
        }),
    };
    leaf.set(slot, figures(row));
    rows.write(LEAVES, id, leaf.encode());
    if let Some(reason) = &row.reason {
        let known = rows.read(REASONS, id).unwrap_or_default();
        let mut reasons = Reasons::decode(&known).unwrap_or_else(|| {
            damaged(rows, REASONS, id);
            Reasons::default()
        });
        if reasons.0.insert(slot, fold(reason)).is_none() {
            rows.write(REASONS, id, reasons.encode());
        }
    }
}

/// Makes the catalogue of rows that were written before there was one.
///
/// Whether there is one shows in the leaf of the lowest order: leaves are
/// written with their rows, or all at once.
pub(super) fn migrate(rows: &mut (impl RepositoryMut + ?Sized)) {
    let mut lowest = None;
    walk::<Row>(rows, 0, Direction::Up, |order, _| {
        lowest = Some(order);
        ControlFlow::Break(())
    });
    if lowest.is_none_or(|order| has(rows, order)) {
        return;
    }
    let mut made = Vec::new();
    let mut open = (0, Leaf::default(), Reasons::default());
    walk::<Row>(rows, 0, Direction::Up, |order, row| {
        let (id, slot) = place(order);
        if open.0 != id {
            close(&mut made, std::mem::replace(&mut open, (id, Leaf::default(), Reasons::default())));
        }
        open.1.set(slot, figures(&row));
        if let Some(reason) = &row.reason {
            open.2.0.insert(slot, fold(reason));
        }
        ControlFlow::Continue(())
    });
    close(&mut made, open);
    for (kind, id, row) in made {
        rows.write(kind, id, row);
    }
}

/// Puts a leaf that is whole with what is to be written.
fn close(made: &mut Vec<(u8, u64, Vec<u8>)>, (id, leaf, reasons): (u64, Leaf, Reasons)) {
    if !leaf.is_empty() {
        made.push((LEAVES, id, leaf.encode()));
    }
    if !reasons.0.is_empty() {
        made.push((REASONS, id, reasons.encode()));
    }
}

fn has(rows: &(impl Repository + ?Sized), order: u64) -> bool {
    let (id, slot) = place(order);
    let leaf = rows.read(LEAVES, id).and_then(|bytes| Leaf::decode(&bytes));
    leaf.is_some_and(|leaf| leaf.has(slot))
}

/// Visits the rentals by order id, beginning at `from` (inclusive), until `each` breaks.
pub(super) fn scan(
    rows: &dyn Repository,
    from: u64,
    direction: Direction,
    mut each: impl FnMut(Line<'_>) -> ControlFlow<()>,
) {
    rows.walk(LEAVES, from / SPAN, direction, &mut |id, bytes| {
        let Some(leaf) = BlockView::read(bytes) else {
            damaged(rows, LEAVES, id);
            return ControlFlow::Break(());
        };
        let mut visit = |(number, slot): (usize, u8)| {
            let line = Line { order: id * SPAN + u64::from(slot), number, leaf: &leaf };
            let is_before = match direction {
                Direction::Up => line.order < from,
                Direction::Down => line.order > from,
            };
            if is_before { ControlFlow::Continue(()) } else { each(line) }
        };
        match direction {
            Direction::Up => leaf.slots().enumerate().try_for_each(&mut visit),
            Direction::Down => (0..leaf.len()).rev().zip(leaf.slots().rev()).try_for_each(&mut visit),
        }
    });
}

/// Looks up in which reasons the filter's words are.
pub(super) fn learn_reasons(rows: &dyn Repository, filter: &mut Filter) {
    let mut words: Vec<&mut Word> = filter.words_mut().collect();
    if words.is_empty() {
        return;
    }
    rows.walk(REASONS, 0, Direction::Up, &mut |id, bytes| {
        let is_whole = reasons::each(bytes, |slot, text| {
            for word in &mut words {
                if word.is_in(text) {
                    word.found_in(id * SPAN + u64::from(slot));
                }
            }
        });
        if is_whole.is_none() {
            damaged(rows, REASONS, id);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
}

fn damaged(rows: &(impl Repository + ?Sized), kind: u8, id: u64) {
    rows.damaged(format!("row {kind}/{id} of the catalogue cannot be read"));
}

/// The leaf of an order, and its slot there.
const fn place(order: u64) -> (u64, u8) {
    (order / SPAN, (order % SPAN) as u8)
}

fn figures(row: &Row) -> Figures {
    let flag = |is_set: bool, flag: u64| if is_set { flag } else { 0 };
    let mut figures = [0; COLUMNS];
    figures[SEEN] = row.seen.into();
    figures[FLAGS] = flag(row.was_dispatched, WAS_DISPATCHED)
        | flag(row.reason.is_some(), HAS_REASON)
        | flag(row.amount.is_some(), HAS_AMOUNT)
        | flag(row.standing().is_refund_declined, IS_REFUND_DECLINED);
    figures[PRODUCT] = row.product().unwrap_or(0);
    figures[QTY] = row.qty().unwrap_or(0);
    figures[AMOUNT] = row.amount().unwrap_or(0);
    figures[LAST_AT] = row.last_at.0;
    figures[LAST_EVENT] = row.last_event.bit().trailing_zeros().into();
    figures
}

impl Line<'_> {
    fn get(&self, column: usize) -> u64 {
        self.leaf.figure(self.number, column)
    }

    fn has(&self, flag: u64) -> bool {
        self.get(FLAGS) & flag != 0
    }

    fn unless_zero(&self, column: usize) -> Option<u64> {
        Some(self.get(column)).filter(|figure| *figure != 0)
    }
}

impl Listed for Line<'_> {
    fn order(&self) -> u64 {
        self.order
    }

    fn standing(&self) -> Standing {
        #[expect(clippy::cast_possible_truncation, reason = "it was widened from 32 bits")]
        let seen = self.get(SEEN) as u32;
        let is_refund_declined = self.has(IS_REFUND_DECLINED);
        Standing { seen, was_dispatched: self.has(WAS_DISPATCHED), is_refund_declined }
    }

    fn product(&self) -> Option<u64> {
        self.unless_zero(PRODUCT)
    }

    fn qty(&self) -> Option<u64> {
        self.unless_zero(QTY)
    }

    fn amount(&self) -> Option<u64> {
        self.has(HAS_AMOUNT).then(|| self.get(AMOUNT))
    }

    fn last_at(&self) -> UnixMs {
        UnixMs(self.get(LAST_AT))
    }

    fn last_event(&self) -> Kind {
        let bit = self.get(LAST_EVENT);
        let is_it = |kind: &&Kind| u64::from(kind.bit().trailing_zeros()) == bit;
        // Only a damaged leaf names none.
        Kind::ALL.iter().find(is_it).copied().unwrap_or(Kind::RentalRequested)
    }

    fn reason_has(&self, word: &Word) -> bool {
        self.has(HAS_REASON) && word.was_found_in(self.order)
    }
}
