//! Aligned text: tables, and sheets of one thing's fields.
//!
//! Every cell is made sanitize on its way in, and measured as wide as a
//! terminal draws it: Korean takes two columns.

use crate::text::sanitize;
use std::fmt;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// Between two columns.
const GAP: &str = "  ";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows under a heading.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    align: [Align; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(columns: [(&str, Align); N]) -> Self {
        Self { align: columns.map(|(_, align)| align), rows: vec![columns.map(|(name, _)| name.to_owned())] }
    }

    pub(crate) fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(|cell| sanitize(&cell)));
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths = [0; N];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, width), align) in row.iter().zip(widths).zip(self.align) {
                let blank = " ".repeat(width.saturating_sub(cell.width()));
                line += &match align {
                    Align::Left => [cell, &blank, GAP].concat(),
                    Align::Right => [&blank, cell, GAP].concat(),
                };
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// The fields of one thing, those without a value left out.
pub(crate) fn sheet(fields: &[(&str, Option<String>)]) -> String {
    let width = fields.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let known = fields.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    known.fold(String::new(), |mut sheet, (name, value)| {
        let _ = writeln!(sheet, "{name:width$}{GAP}{}", sanitize(value));
        sheet
    })
}

/// A whole number with thousands separators.
pub(crate) fn grouped(number: u64) -> String {
    grouped_sum(number.into())
}

/// The same for a sum, which may be larger than anything it is the sum of.
pub(crate) fn grouped_sum(number: u128) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stay_aligned_under_korean_and_hostile_names() {
        let mut table = Table::new([("NAME", Align::Left), ("QTY", Align::Right), ("NOTE", Align::Left)]);
        table.row(["노트북".to_owned(), "5".to_owned(), "새것".to_owned()]);
        table.row(["a\u{1b}[2J\u{202e}b".to_owned(), "1,000".to_owned(), String::new()]);
        insta::assert_snapshot!(table, @r"
        NAME      QTY  NOTE
        노트북      5  새것
        a�[2Jb  1,000
        ");
    }

    #[test]
    fn a_sheet_leaves_out_what_is_not_known() {
        let sheet = sheet(&[("product", Some("2".to_owned())), ("reason", None), ("qty", Some("1\n0".to_owned()))]);
        assert_eq!(sheet, "product  2\nqty      1 0\n");
    }

    #[test]
    fn thousands_are_grouped() {
        let shown: Vec<_> = [0, 999, 1_000, 12_345_678].into_iter().map(grouped).collect();
        assert_eq!(shown, ["0", "999", "1,000", "12,345,678"]);
    }
}
