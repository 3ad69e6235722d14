//! The 2-set (두벌식) keyboard: which letter's key types a jamo.

/// The keys that type `c`, in order; none if it is not Hangul.
pub(crate) fn keys(c: char) -> impl Iterator<Item = char> {
    let typed = match c {
        'ㄱ'..='ㅣ' => jamo(c).to_owned(),
        '가'..='힣' => syllable(c),
        _ => String::new(),
    };
    typed.chars().collect::<Vec<_>>().into_iter()
}

/// The capital of a key that types the same jamo shifted and not: the jamo may mean either.
pub(crate) fn shifted(key: char) -> Option<char> {
    // These seven have a jamo of their own when shifted.
    (key.is_ascii_lowercase() && !"qwertop".contains(key)).then(|| key.to_ascii_uppercase())
}

const FIRST: [&str; 19] =
    ["r", "R", "s", "e", "E", "f", "a", "q", "Q", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g"];
const MIDDLE: [&str; 21] =
    ["k", "o", "i", "O", "j", "p", "u", "P", "h", "hk", "ho", "hl", "y", "n", "nj", "np", "nl", "b", "m", "ml", "l"];
const LAST: [&str; 28] = [
    "", "r", "R", "rt", "s", "sw", "sg", "e", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "qt", "t", "T",
    "d", "w", "c", "z", "x", "v", "g",
];

fn syllable(c: char) -> String {
    let index = (c as usize).saturating_sub('가' as usize);
    let (first, middle, last) = (index / (21 * 28), index / 28 % 21, index % 28);
    [FIRST.get(first), MIDDLE.get(middle), LAST.get(last)].into_iter().flatten().copied().collect()
}

/// Compatibility jamo, U+3131 to U+3163: 30 consonants, then the 21 vowels.
fn jamo(c: char) -> &'static str {
    const CONSONANTS: [&str; 30] = [
        "r", "R", "rt", "s", "sw", "sg", "e", "E", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "Q", "qt",
        "t", "T", "d", "w", "W", "c", "z", "x", "v", "g",
    ];
    let index = (c as usize).saturating_sub('ㄱ' as usize);
    CONSONANTS.get(index).or_else(|| MIDDLE.get(index.checked_sub(CONSONANTS.len())?)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {

    fn typed(c: char) -> String {
        super::keys(c).collect()
    }

    #[test]
    fn every_letter_key_is_found_from_its_jamo() {
        let keyboard =
            "ㅂqㅈwㄷeㄱrㅅtㅛyㅕuㅑiㅐoㅔpㅁaㄴsㅇdㄹfㅎgㅗhㅓjㅏkㅣlㅋzㅌxㅊcㅍvㅠbㅜnㅡmㅃQㅉWㄸEㄲRㅆTㅒOㅖP";
        let keys: Vec<char> = keyboard.chars().collect();
        for pair in keys.chunks(2) {
            assert_eq!(typed(pair[0]), pair[1].to_string(), "{}", pair[0]);
        }
    }

    #[test]
    fn a_syllable_is_taken_apart() {
        assert_eq!(typed('툐'), "xy");
        assert_eq!(typed('한'), "gks");
        assert_eq!(typed('값'), "rkqt");
        assert_eq!(typed('힣'), "glg");
        assert_eq!(typed('가'), "rk");
    }

    #[test]
    fn what_is_not_hangul_is_no_key() {
        assert_eq!(typed('j'), "");
        assert_eq!(typed('漢'), "");
    }
}
