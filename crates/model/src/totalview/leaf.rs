//! How a leaf of the catalogue lies in its row: up to 64 lines of seven figures.
//!
//! ```text
//! layout  1 byte
//! slots   8 bytes: bit n is set if there is a line for the leaf's n-th order id
//! then each column:
//!   width 1 byte: how many bytes a figure takes, 0, 1, 2, 4 or 8
//!   base  8 bytes: the smallest figure
//!   one figure a line, less the base, in the order of the slots
//! ```
//! All numbers lie with their lowest byte first. A page of the list reads all
//! leaves, but of most columns nothing: so figures are found by their place,
//! without reading those before them.

/// How many order ids share a leaf.
pub(super) const SPAN: u64 = 64;

/// How many figures a line has.
pub(super) const COLUMNS: usize = 7;

/// The only layout there has been.
const LAYOUT: u8 = 1;

/// A line's figures.
pub(super) type Figures = [u64; COLUMNS];

/// A leaf to be changed: figures by slot, lowest first. Every event of a
/// rental writes one, so it is laid out to be made and read fast.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Leaf(Vec<(u8, Figures)>);

/// A leaf where it lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockView<'a> {
    slots: u64,
    columns: [Column<'a>; COLUMNS],
}

#[derive(Debug, Clone, Copy, Default)]
struct Column<'a> {
    width: u8,
    base: u64,
    figures: &'a [u8],
}

impl Leaf {
    pub(super) fn encode(&self) -> Vec<u8> {
        let slots = self.0.iter().fold(0_u64, |slots, (slot, _)| slots | 1 << slot);
        let mut row = Vec::with_capacity(9 + COLUMNS * (9 + 4 * self.0.len()));
        row.push(LAYOUT);
        row.extend(slots.to_le_bytes());
        for column in 0..COLUMNS {
            let figures = || self.0.iter().map(|(_, line)| line[column]);
            let (base, most) = (figures().min().unwrap_or(0), figures().max().unwrap_or(0));
            let width = width(most - base);
            row.push(width);
            row.extend(base.to_le_bytes());
            let over = figures().map(|figure| figure - base);
            match width {
                0 => {}
                1 => put::<1>(&mut row, over),
                2 => put::<2>(&mut row, over),
                4 => put::<4>(&mut row, over),
                _ => put::<8>(&mut row, over),
            }
        }
        row
    }

    /// Keeps these figures under this slot, instead of any others.
    pub(super) fn set(&mut self, slot: u8, figures: Figures) {
        match self.0.binary_search_by_key(&slot, |(slot, _)| *slot) {
            Ok(at) => self.0[at].1 = figures,
            Err(at) => self.0.insert(at, (slot, figures)),
        }
    }

    pub(super) fn has(&self, slot: u8) -> bool {
        self.0.iter().any(|(known, _)| *known == slot)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a leaf; none if it is damaged.
    pub(super) fn decode(row: &[u8]) -> Option<Self> {
        let lying = BlockView::read(row)?;
        Some(Self(lying.slots().enumerate().map(|(line, slot)| (slot, lying.figures(line))).collect()))
    }
}

impl<'a> BlockView<'a> {
    /// Finds the columns; none if the row is damaged.
    pub(super) fn read(row: &'a [u8]) -> Option<Self> {
        let (layout, row) = row.split_first()?;
        let (slots, mut rest) = row.split_first_chunk()?;
        let slots = u64::from_le_bytes(*slots);
        let mut columns = [Column::default(); COLUMNS];
        for column in &mut columns {
            let (width, after) = rest.split_first()?;
            let (base, after) = after.split_first_chunk()?;
            let length = slots.count_ones() as usize * usize::from(*width);
            let (figures, after) = after.split_at_checked(length)?;
            *column = Column { width: *width, base: u64::from_le_bytes(*base), figures };
            rest = after;
        }
        let is_known = *layout == LAYOUT && columns.iter().all(|column| matches!(column.width, 0 | 1 | 2 | 4 | 8));
        (is_known && rest.is_empty()).then_some(Self { slots, columns })
    }

    /// How many lines there are.
    pub(super) const fn len(&self) -> usize {
        self.slots.count_ones() as usize
    }

    /// The slots of the lines, lowest first.
    pub(super) fn slots(&self) -> impl DoubleEndedIterator<Item = u8> + use<> {
        let slots = self.slots;
        (0..64).filter(move |slot| slots & 1 << slot != 0)
    }

    /// One figure of a line, counted from 0.
    pub(super) fn figure(&self, line: usize, column: usize) -> u64 {
        self.columns[column].get(line)
    }

    fn figures(&self, line: usize) -> Figures {
        std::array::from_fn(|column| self.figure(line, column))
    }
}

impl Column<'_> {
    fn get(&self, line: usize) -> u64 {
        let part = |width: usize| self.figures.get(line * width..(line + 1) * width);
        let over = match self.width {
            0 => 0,
            1 => part(1).map_or(0, |part| u64::from(part[0])),
            2 => part(2).and_then(|part| part.try_into().ok()).map_or(0, |part| u16::from_le_bytes(part).into()),
            4 => part(4).and_then(|part| part.try_into().ok()).map_or(0, |part| u32::from_le_bytes(part).into()),
            _ => part(8).and_then(|part| part.try_into().ok()).map_or(0, u64::from_le_bytes),
        };
        // Only a damaged leaf has figures beyond the largest.
        self.base.wrapping_add(over)
    }
}

/// Writes figures of this many bytes.
fn put<const WIDTH: usize>(row: &mut Vec<u8>, figures: impl Iterator<Item = u64>) {
    for figure in figures {
        row.extend_from_slice(&figure.to_le_bytes()[..WIDTH]);
    }
}

/// How many bytes hold `figure`.
const fn width(figure: u64) -> u8 {
    match figure {
        0 => 0,
        1..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn figure() -> impl Strategy<Value = u64> {
        prop_oneof![0..4_u64, 0..300_u64, 0..70_000_u64, any::<u64>(), Just(u64::MAX)]
    }

    fn leaf() -> impl Strategy<Value = Leaf> {
        let line = proptest::collection::vec(figure(), COLUMNS).prop_map(|line| Figures::try_from(line).unwrap());
        proptest::collection::btree_map(0..64_u8, line, 0..65).prop_map(|lines| Leaf(lines.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn a_leaf_is_read_back_whole(leaf in leaf()) {
            let row = leaf.encode();
            prop_assert_eq!(Leaf::decode(&row), Some(leaf.clone()));
            let lying = BlockView::read(&row).unwrap();
            prop_assert_eq!(lying.len(), leaf.0.len());
            prop_assert!(lying.slots().eq(leaf.0.iter().map(|(slot, _)| *slot)));
        }

        #[test]
        fn a_leaf_that_lost_or_gained_a_byte_is_damaged(leaf in leaf(), at in any::<prop::sample::Index>()) {
            let row = leaf.encode();
            prop_assert_eq!(Leaf::decode(&row[..at.index(row.len())]), None);
            prop_assert_eq!(Leaf::decode(&[&row[..], &[0]].concat()), None);
        }

        #[test]
        fn garbage_is_read_without_harm(garbage in proptest::collection::vec(any::<u8>(), 0..300), leaf in leaf(),
                                        at in any::<prop::sample::Index>(), to in any::<u8>()) {
            for mut row in [garbage, leaf.encode()] {
                if !row.is_empty() {
                    let at = at.index(row.len());
                    row[at] = to;
                }
                if let Some(read) = Leaf::decode(&row) {
                    prop_assert_eq!(Leaf::decode(&read.encode()), Some(read));
                }
            }
        }
    }

    #[test]
    fn neighbours_take_little_room() {
        let line = |slot: u8| [0b1010_1100, 0, 2, 1, 30_000, 1_700_000_000_000 + 5_000 * u64::from(slot), 5];
        let leaf = Leaf((0..64).map(|slot| (slot, line(slot))).collect());
        assert_eq!(leaf.encode().len(), 9 + COLUMNS * 9 + 64 * 4);
    }
}
