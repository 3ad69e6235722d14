//! Reading a filter.

use super::words::{self, Field};
use super::{Compare, Filter, Statuses, Term, Test, Word, fold};

/// Why a filter cannot be read, and where: the number of the character, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("filter, character {at}: {why}")]
pub struct Mistake {
    pub at: usize,
    pub why: Why,
}

/// What a filter should have at the place of a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("a word must follow !")]
    NeedsWord,
    #[error("one of = != < <= > >= is expected, as in qty>2")]
    NeedsSign,
    #[error("only = can be used here, or != with a status, as in status=active")]
    NeedsEqual,
    #[error("a number is expected, as in qty>2")]
    NeedsNumber,
    #[error("no such status; try active, paid, cancelled")]
    NeedsStatus,
    #[error("an age is expected, as in age<90s, 5m, 2h, 3d")]
    NeedsAge,
    #[error("fields are status qty amount order age product")]
    NeedsName,
}

impl Compare {
    const ALL: [(&'static str, Self); 7] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("!=", Self::NotEqual),
        ("=", Self::Equal),
        (":", Self::Equal),
        (">", Self::More),
        ("<", Self::Less),
    ];
}

pub(super) fn filter(typed: &str) -> Result<Filter, Mistake> {
    let mut terms = Vec::new();
    let mut at = 0;
    for word in fold(typed).split(' ') {
        if !word.is_empty() {
            terms.push(term(word).map_err(|(within, why)| Mistake { at: at + within + 1, why })?);
        }
        at += word.chars().count() + 1;
    }
    Ok(Filter(terms))
}

/// Reads one word; fails with where in it, and why.
fn term(word: &str) -> Result<Term, (usize, Why)> {
    let (is_not, rest) = match word.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    let skipped = usize::from(is_not);
    if rest.is_empty() {
        return Err((skipped, Why::NeedsWord));
    }
    let test = test(rest).map_err(|(at, why)| (at + skipped, why))?;
    Ok(Term { is_not, test })
}

fn test(word: &str) -> Result<Test, (usize, Why)> {
    let Some(sign_at) = word.find(['=', ':', '<', '>', '!']) else { return Ok(bare(word)) };
    let (name, rest) = word.split_at(sign_at);
    let signs = Compare::ALL.into_iter().find_map(|(sign, compare)| Some((compare, rest.strip_prefix(sign)?)));
    let behind_name = name.chars().count();
    let Some((compare, value)) = signs else { return Err((behind_name, Why::NeedsSign)) };
    let value_at = behind_name + rest.chars().count() - value.chars().count();
    let number = || value.replace(',', "").parse().map_err(|_| (value_at, Why::NeedsNumber));
    let is_equal = compare == Compare::Equal;
    match words::field(name).ok_or((0, Why::NeedsName))? {
        Field::Status if is_equal || compare == Compare::NotEqual => {
            let wanted = statuses(value).ok_or((value_at, Why::NeedsStatus))?;
            Ok(Test::Status(if is_equal { wanted } else { wanted.others() }))
        }
        Field::Qty => Ok(Test::Qty(compare, number()?)),
        Field::Amount => Ok(Test::Amount(compare, number()?)),
        Field::Order => Ok(Test::Order(compare, number()?)),
        Field::Age => Ok(Test::Age(compare, lasting(value).ok_or((value_at, Why::NeedsAge))?)),
        Field::Product if is_equal && !value.is_empty() => Ok(Test::Product(Word::new(value))),
        Field::Status | Field::Product => Err((behind_name, Why::NeedsEqual)),
    }
}

/// A word of its own: an order id, a status, or part of a name.
fn bare(word: &str) -> Test {
    if let Ok(number) = word.parse() {
        return Test::Order(Compare::Equal, number);
    }
    statuses(word).map_or_else(|| Test::Word(Word::new(word)), Test::Status)
}

/// The statuses of a list like `active,paid`.
fn statuses(listed: &str) -> Option<Statuses> {
    listed.split(',').try_fold(Statuses::default(), |set, word| Some(set.with(words::status(word)?)))
}

/// `90s`, `2h`, `3일` in milliseconds.
fn lasting(value: &str) -> Option<u64> {
    let (count, unit) = value.split_at(value.find(|c: char| !c.is_ascii_digit())?);
    count.parse::<u64>().ok()?.checked_mul(words::seconds(unit)? * 1_000)
}
