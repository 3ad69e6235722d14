//! Settings that protect: **one that cannot be understood is on.**
//!
//! Somebody who misspells `read_only`, writes it into the wrong section, or
//! keeps it in a file that cannot be read, wanted a desk that changes nothing.
//! It stays one until the mistake is mended, or somebody says plainly that
//! it is not.

use crate::config::definition::Name;
use crate::config::word::switch;
use crate::config::{Chosen, Origin, Settings};
use toml_edit::Item;

/// Words that are in the names people give to it.
const WORDS: [&str; 5] = ["readonly", "viewonly", "lookonly", "nowrite", "protect"];

impl Settings {
    /// What `name` was to be cannot be understood: so it protects, if it can.
    pub(crate) const fn doubt(&mut self, name: Name) {
        let origin = Origin::Doubt;
        match name {
            Name::ReadOnly => self.is_read_only = Chosen { value: true, origin },
            // Nobody writes it down to have what is there anyway.
            Name::Mouse => self.has_mouse = Chosen { value: false, origin },
            Name::Language | Name::Operator | Name::Theme | Name::Glyphs | Name::Screen => {}
        }
    }
}

/// Whether a name was meant for the setting that keeps a desk from writing.
pub(crate) fn is_meant(name: &str) -> bool {
    let letters = letters(name);
    let letters = letters.strip_prefix("rental").unwrap_or(&letters);
    WORDS.iter().any(|word| letters.contains(word)) || strsim::damerau_levenshtein(letters, WORDS[0]) <= 2
}

fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a value says plainly that it is off, whatever it is the value of.
pub(crate) fn is_off(item: &Item) -> bool {
    let word = item.as_str().map(str::to_owned).or_else(|| item.as_integer().map(|number| number.to_string()));
    item.as_bool().or_else(|| switch(&word?)) == Some(false)
}

/// Whether a file that is no TOML may have wanted it.
pub(crate) fn is_wanted(text: &str) -> bool {
    text.lines().filter_map(|line| line.split('#').next()).any(|line| match line.split_once('=') {
        Some((name, value)) if is_meant(name) => switch(value.trim_matches([' ', '\t', '"', '\''])) != Some(false),
        _ => is_meant(line),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_meant_for_it_is_known_however_it_is_spelled() {
        for name in ["readonly", "READ-ONLY", "read_olny", "Read Only", "redonly", "RENTAL_READONLY", "is_read_only"] {
            assert!(is_meant(name), "{name}");
        }
        for name in ["language", "reload", "RENTAL_THEME", "RENTAL_ACTOR", "rental", "late", "screen"] {
            assert!(!is_meant(name), "{name}");
        }
    }

    #[test]
    fn no_name_of_ours_is_mistaken_for_it() {
        for name in Name::ALL.into_iter().filter(|name| *name != Name::ReadOnly) {
            assert!(!is_meant(name.name()) && !is_meant(name.variable()), "{name:?}");
        }
    }
}
