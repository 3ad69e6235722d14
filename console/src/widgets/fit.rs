//! Text that fits: cut and padded by display width, so that columns stay
//! aligned when Hangul (two cells wide) meets Latin (one).

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Which side of its cell a text keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// How many terminal cells `text` takes.
pub(crate) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// `text` in exactly `cells` cells: padded, or cut with `ellipsis` at its end.
pub(crate) fn fit(text: &str, cells: usize, side: Side, ellipsis: &str) -> String {
    let cut = cut(text, cells, ellipsis);
    let padding = " ".repeat(cells.saturating_sub(width(&cut)));
    match side {
        Side::Left => cut + &padding,
        Side::Right => padding + &cut,
    }
}

/// `text` in at most `cells` cells.
pub(crate) fn cut(text: &str, cells: usize, ellipsis: &str) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let (mark, room) = match cells.checked_sub(width(ellipsis)) {
        Some(room) => (ellipsis, room),
        None => ("", cells),
    };
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        kept.push(c);
    }
    kept + mark
}

/// `text` broken between words into lines of at most `cells` cells; a longer word is broken anywhere.
pub(crate) fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(2);
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let line = lines.last_mut().map(|line| width(line)).unwrap_or_default();
        if line > 0 && line + 1 + width(word) > cells {
            lines.push(String::new());
        }
        let mut rest = word;
        while width(rest) > cells {
            let head = cut(rest, cells, "");
            rest = &rest[head.len()..];
            push_word(&mut lines, &head);
            lines.push(String::new());
        }
        push_word(&mut lines, rest);
    }
    lines
}

/// `text` in lines of at most `cells` cells, broken anywhere and nothing left out.
pub(crate) fn pieces(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(2);
    let mut pieces = Vec::new();
    let mut rest = text;
    while width(rest) > cells {
        let head = cut(rest, cells, "");
        rest = &rest[head.len()..];
        pieces.push(head);
    }
    pieces.push(rest.to_owned());
    pieces
}

fn push_word(lines: &mut [String], word: &str) {
    if let Some(line) = lines.last_mut() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fitted_text_takes_exactly_its_cells_in_any_script() {
        for text in ["", "a", "IPAD", "한글 이름", "a한b글c", "✓ done", "\u{1f600} x"] {
            for cells in 0..12 {
                for side in [Side::Left, Side::Right] {
                    assert_eq!(width(&fit(text, cells, side, "…")), cells, "{text:?} in {cells}");
                }
            }
        }
    }

    #[test]
    fn a_cut_never_splits_a_wide_character() {
        assert_eq!(fit("한글", 3, Side::Left, "…"), "한…");
        assert_eq!(fit("한글", 2, Side::Left, "…"), "… ");
        assert_eq!(fit("한글", 4, Side::Left, "…"), "한글");
    }

    #[test]
    fn wrapping_breaks_between_words_and_loses_none() {
        assert_eq!(wrap("the refund follows", 10), ["the refund", "follows"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
        for line in wrap("주문을 취소하면 환불과 회수가 뒤따릅니다", 9) {
            assert!(width(&line) <= 9, "{line:?}");
        }
    }

    #[test]
    fn pieces_lose_nothing_not_even_spaces() {
        assert_eq!(pieces("a  b한글c", 4), ["a  b", "한글", "c"]);
        assert_eq!(pieces("", 4), [""]);
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(["0", "999", "1,000", "1,234,567"], [0, 999, 1000, 1_234_567].map(grouped).each_ref().map(|s| &**s));
    }
}
