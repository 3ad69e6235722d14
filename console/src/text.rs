//! Text from outside, made sanitize once, where it is decoded.
//!
//! A name or a reason can hold anything a person or a program once typed:
//! escape sequences, bidirectional overrides, zero-width characters,
//! decomposed Hangul. What this module lets through moves no cursor, changes
//! no colour, and is as wide as it looks.

use unicode_normalization::UnicodeNormalization;

/// The longest text any field shows; the rest is cut off with `…`.
const LONGEST: usize = 300;

/// `text` without anything a terminal would act on, composed (NFC), and cut to a sane length.
pub(crate) fn sanitize(text: &str) -> String {
    harmless_to(text, LONGEST)
}

/// The same, cut to `longest` characters.
pub(crate) fn harmless_to(text: &str, longest: usize) -> String {
    // Composed last: what is left out may have kept apart what belongs together.
    let mut clean: String = text.chars().filter_map(visible).nfc().take(longest + 1).collect();
    if clean.chars().count() > longest {
        clean = clean.chars().take(longest.saturating_sub(1)).collect();
        clean.push('…');
    }
    clean
}

/// The character to show for `c`, if any.
fn visible(c: char) -> Option<char> {
    match c {
        // The two halves of a flag: some terminals show a flag, others two letters, on other cells.
        '\u{1f1e6}'..='\u{1f1ff}' => char::from_u32(u32::from(c) - 0x1f1e6 + u32::from('A')),
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{a0}' => Some(' '),
        // Escape and its like stay visible as a mark, so that nobody wonders where text went.
        c if c.is_control() => Some('\u{fffd}'),
        // Zero-width, bidirectional and other invisible formatting, variation selectors, tags.
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        // Skin tones: a part of the emoji before, or an emoji of their own.
        | '\u{1f3fb}'..='\u{1f3ff}'
        | '\u{e0000}'..='\u{e0fff}' => None,
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_sequence_survives() {
        let hostile = "\u{1b}[2J\u{1b}]52;c;aGk=\u{7}\u{9b}31mred";
        let clean = sanitize(hostile);
        assert!(clean.chars().all(|c| !c.is_control()), "{clean:?}");
        assert!(clean.ends_with("31mred"));
    }

    #[test]
    fn direction_and_width_cannot_be_forged() {
        assert_eq!(sanitize("a\u{202e}b\u{200b}c\u{2066}d\u{feff}"), "abcd");
    }

    /// A flag once left its second half on the screen: it had been drawn on two cells, and was
    /// taken back from one.
    #[test]
    fn what_terminals_draw_in_different_widths_is_made_plain() {
        assert_eq!(sanitize("🇰🇷 👍🏽 👩\u{200d}👧 e\u{301}\u{302}"), "KR 👍 👩👧 \u{e9}\u{302}");
    }

    #[test]
    fn decomposed_hangul_is_composed() {
        assert_eq!(sanitize("\u{1112}\u{1161}\u{11ab}"), "한");
    }

    /// Found by fuzzing: an invisible character between two letters kept them from being composed.
    #[test]
    fn nothing_invisible_keeps_letters_apart() {
        assert_eq!(sanitize("\u{1112}\u{200b}\u{1161}\u{ad}\u{11ab}"), "한");
    }

    #[test]
    fn a_text_without_end_is_cut_and_says_so() {
        let clean = sanitize(&"x".repeat(10_000));
        assert_eq!(clean.chars().count(), LONGEST);
        assert!(clean.ends_with('…'));
    }
}
