//! A cursor for lists whose rows have a key.

/// Which row is meant, by its key and never by its position.
#[derive(Debug)]
pub(crate) struct Cursor<K>(Option<K>);

impl<K> Default for Cursor<K> {
    fn default() -> Self {
        Self(None)
    }
}

impl<K: Copy + PartialEq> Cursor<K> {
    /// A cursor on this key.
    pub(crate) const fn at(key: K) -> Self {
        Self(Some(key))
    }

    /// The key it is on, if that is still among `keys`.
    pub(crate) fn on(&self, keys: &[K]) -> Option<K> {
        self.0.filter(|key| keys.contains(key))
    }

    pub(crate) fn position(&self, keys: &[K]) -> Option<usize> {
        keys.iter().position(|key| self.0 == Some(*key))
    }

    /// Moves by `by` rows; the first move puts it on the first row.
    pub(crate) fn move_by(&mut self, keys: &[K], by: isize) {
        let position = self.position(keys).map_or(0, |position| position.saturating_add_signed(by));
        self.move_to(keys, position);
    }

    pub(crate) fn move_to(&mut self, keys: &[K], position: usize) {
        self.0 = keys.get(position.min(keys.len().saturating_sub(1))).copied();
    }

    /// The first row to show where `height` rows fit.
    pub(crate) fn top(&self, keys: &[K], height: usize) -> usize {
        self.position(keys).map_or(0, |position| (position + 1).saturating_sub(height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_on_its_key_and_is_nowhere_once_that_is_gone() {
        let mut cursor = Cursor::default();
        cursor.move_by(&[5, 7, 9], 1);
        assert_eq!(cursor.on(&[5, 7, 9]), Some(5), "the first move goes to the first row");
        cursor.move_by(&[5, 7, 9], 1);
        assert_eq!(cursor.on(&[1, 2, 7]), Some(7));
        assert_eq!((cursor.position(&[1, 2, 7]), cursor.top(&[1, 2, 7], 2)), (Some(2), 1));
        assert_eq!(cursor.on(&[5, 9]), None, "never on another row instead");
        cursor.move_to(&[5, 9], usize::MAX);
        assert_eq!(cursor.on(&[5, 9]), Some(9));
        cursor.move_by(&[], 1);
        assert_eq!(cursor.on(&[]), None);
    }
}
