//! English words in sentences that tell a number.

use std::fmt;

/// `noun` as it stands behind `count`: one event, two events. For nouns that take an s.
pub fn counted(count: impl TryInto<u64>, noun: &'static str) -> impl fmt::Display {
    let is_one = count.try_into().is_ok_and(|count| count == 1);
    fmt::from_fn(move |f| write!(f, "{noun}{}", if is_one { "" } else { "s" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_told_as_one_and_everything_else_as_several() {
        let said = [0_u64, 1, 2, 21].map(|count| format!("{count} {}", counted(count, "event")));
        assert_eq!(said, ["0 events", "1 event", "2 events", "21 events"]);
        assert_eq!(counted(-1, "event").to_string(), "events");
    }
}
