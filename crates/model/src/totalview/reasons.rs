//! How the reasons of a leaf's orders lie in their row: for each, the slot (1
//! byte), the length (2 bytes, lowest first), and the text as words are looked
//! for in it.

use std::collections::BTreeMap;

/// Texts by slot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reasons(pub(super) BTreeMap<u8, String>);

impl Reasons {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut row = Vec::new();
        for (slot, text) in &self.0 {
            // A reason has at most 500 characters.
            let Ok(length) = u16::try_from(text.len()) else { continue };
            row.push(*slot);
            row.extend(length.to_le_bytes());
            row.extend(text.as_bytes());
        }
        row
    }

    /// Reads the texts; none if the row is damaged.
    pub(super) fn decode(row: &[u8]) -> Option<Self> {
        let mut texts = BTreeMap::new();
        each(row, |slot, text| {
            texts.insert(slot, text.to_owned());
        })?;
        Some(Self(texts))
    }
}

/// Visits the texts of a row; none if it is damaged.
pub(super) fn each(mut row: &[u8], mut visit: impl FnMut(u8, &str)) -> Option<()> {
    while let Some((slot, rest)) = row.split_first() {
        let (length, rest) = rest.split_first_chunk()?;
        let (text, rest) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
        visit(*slot, std::str::from_utf8(text).ok()?);
        row = rest;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reasons_are_read_back_whole(texts in proptest::collection::btree_map(0..64_u8, ".{0,50}", 0..65)) {
            let reasons = Reasons(texts);
            prop_assert_eq!(Reasons::decode(&reasons.encode()), Some(reasons));
        }

        #[test]
        fn garbage_is_read_without_harm(row in proptest::collection::vec(any::<u8>(), 0..100)) {
            if let Some(read) = Reasons::decode(&row) {
                prop_assert_eq!(Reasons::decode(&read.encode()), Some(read));
            }
        }
    }

    #[test]
    fn a_row_that_ends_early_or_is_no_text_is_damaged() {
        let row = Reasons(BTreeMap::from([(3, "너무 늦음".to_owned())])).encode();
        assert_eq!(Reasons::decode(&row[..row.len() - 1]), None);
        assert_eq!(Reasons::decode(&[3, 1, 0, 0xff]), None);
        assert_eq!(Reasons::decode(&[3, 1]), None);
    }
}
