//! The journals of commands of all contexts, merged by time, newest first, as
//! far back as somebody has scrolled.
//!
//! Each context tells its journal page by page. What lies further back than a
//! context has been read is not shown yet: something of that context may
//! belong in between.

use crate::core::commands::why;
use crate::i18n::Arg;
use crate::widgets::cursor::Cursor;
use rental_bus::CallError;
use rental_bus::commands::{Entry, JournalPage, ReadJournal};
use rental_model::{Context, UnixMs};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use tui_input::Input;

/// How many entries a page has.
pub(crate) const PAGE: u32 = 200;

/// How many entries are kept in memory; a filter finds what lies further back.
const MOST_KEPT: usize = 50_000;

/// Names an entry: whose it is, and its number there.
pub(crate) type EntryKey = (Context, u64);

/// A question to one context, and what tells its answer from one to an older question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) context: Context,
    pub(crate) before: Option<u64>,
    pub(crate) text: String,
    pub(crate) epoch: u32,
}

impl Reading {
    pub(crate) fn body(&self) -> ReadJournal {
        let text = Some(self.text.clone()).filter(|text| !text.trim().is_empty());
        ReadJournal { before: self.before, limit: Some(PAGE), text }
    }
}

/// How far one context's journal is read.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// Newest first.
    entries: Vec<Entry>,
    /// Where to go on; none if all is read.
    next: Option<u64>,
    has_first: bool,
    is_loading: bool,
    /// The number of its newest entry, as it was told last.
    pub(crate) commands: u64,
    /// Why it did not answer, if it did not.
    pub(crate) silent: Option<Arg>,
}

/// All journals, and where the person is.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    books: BTreeMap<Context, Book>,
    /// What can be shown, in order.
    keys: Vec<EntryKey>,
    pub(crate) cursor: Cursor<EntryKey>,
    pub(crate) filter: Input,
    pub(crate) is_typing: bool,
    epoch: u32,
    /// Those who have something new that was not asked for yet.
    pub(crate) expected: BTreeSet<Context>,
}

impl Journal {
    pub(crate) fn keys(&self) -> &[EntryKey] {
        &self.keys
    }

    pub(crate) fn get(&self, (context, number): EntryKey) -> Option<&Entry> {
        let entries = &self.books.get(&context)?.entries;
        let at = entries.binary_search_by_key(&Reverse(number), |entry| Reverse(entry.number)).ok()?;
        entries.get(at)
    }

    pub(crate) fn books(&self) -> impl Iterator<Item = (Context, &Book)> {
        self.books.iter().map(|(context, book)| (*context, book))
    }

    pub(crate) fn is_loading(&self) -> bool {
        self.books.values().any(|book| book.is_loading)
    }

    /// Everything that those who answer have has been read.
    pub(crate) fn is_whole(&self) -> bool {
        let is_read = |book: &Book| book.next.is_none() && (book.has_first || book.silent.is_some());
        self.books.len() == Context::ALL.len() && self.books.values().all(is_read)
    }

    /// How many entries there are in all contexts, as far as they told.
    pub(crate) fn total(&self) -> u64 {
        self.books.values().map(|book| book.commands).fold(0, u64::saturating_add)
    }

    /// Begins anew: another filter, or nothing read so far is of use.
    pub(crate) fn restart(&mut self) {
        self.epoch += 1;
        for book in self.books.values_mut() {
            *book = Book { commands: book.commands, ..Book::default() };
        }
        self.expected.clear();
        self.merge();
    }

    /// Asks a context for its newest entries.
    pub(crate) fn read_newest(&mut self, context: Context) -> Reading {
        let book = self.books.entry(context).or_default();
        book.is_loading = true;
        self.reading(context, None)
    }

    /// Asks those whose oldest entries known are the newest for what is older.
    pub(crate) fn read_older(&mut self) -> Option<Reading> {
        if self.is_loading() || self.books.values().map(|book| book.entries.len()).sum::<usize>() >= MOST_KEPT {
            return None;
        }
        let unread = self.books.iter().filter(|(_, book)| book.next.is_some() && book.silent.is_none());
        let oldest = |book: &Book| book.entries.last().map_or(UnixMs(u64::MAX), |entry| entry.at);
        let (context, before) =
            unread.max_by_key(|(_, book)| oldest(book)).map(|(context, book)| (*context, book.next))?;
        if let Some(book) = self.books.get_mut(&context) {
            book.is_loading = true;
        }
        Some(self.reading(context, before))
    }

    fn reading(&self, context: Context, before: Option<u64>) -> Reading {
        Reading { context, before, text: self.filter.value().to_owned(), epoch: self.epoch }
    }

    /// Takes an answer in; tells whether more must be asked of this context at once.
    pub(crate) fn told(&mut self, asked: &Reading, answer: Result<JournalPage, CallError>) -> bool {
        if asked.epoch != self.epoch {
            return false;
        }
        let book = self.books.entry(asked.context).or_default();
        book.is_loading = false;
        let page = match answer {
            Ok(page) => page,
            Err(error) => {
                book.silent = Some(why(&error));
                return false;
            }
        };
        book.silent = None;
        let finds_nothing_yet = page.entries.is_empty() && page.next.is_some();
        match asked.before {
            Some(_) => {
                book.entries.extend(page.entries);
                book.next = page.next;
            }
            None => book.renew(page),
        }
        self.merge();
        finds_nothing_yet
    }

    /// Notes how many entries a context says it has; tells whether it should be asked for them.
    pub(crate) fn count(&mut self, context: Context, commands: u64) -> bool {
        let book = self.books.entry(context).or_default();
        !book.is_loading && (book.silent.is_some() || !book.has_first || book.commands != commands)
    }

    /// A context did not say how it is.
    pub(crate) fn missing(&mut self, context: Context, why: Arg) -> bool {
        let book = self.books.entry(context).or_default();
        let is_news = book.silent.is_none();
        book.silent = Some(why);
        is_news
    }

    /// Puts together what can be shown.
    fn merge(&mut self) {
        let oldest_read = |book: &Book| book.entries.last().filter(|_| book.next.is_some()).map(|entry| entry.at);
        let horizon = self.books.values().filter_map(oldest_read).max().unwrap_or(UnixMs(0));
        let all = self.books.iter().flat_map(|(context, book)| book.entries.iter().map(move |entry| (*context, entry)));
        let mut shown: Vec<_> = all
            .filter(|(_, entry)| entry.at >= horizon)
            .map(|(context, entry)| (Reverse(entry.at), context, Reverse(entry.number)))
            .collect();
        shown.sort_unstable();
        self.keys = shown.into_iter().map(|(_, context, Reverse(number))| (context, number)).collect();
    }
}

impl Book {
    /// Takes the newest page in, in front of what was read before if nothing lies between.
    fn renew(&mut self, page: JournalPage) {
        let newest = self.entries.first().map(|entry| entry.number);
        let is_shorter = page.commands < self.commands;
        self.has_first = true;
        self.commands = page.commands;
        // A page that goes back to what is known continues it; one that ends earlier leaves a gap.
        let reaches = newest.is_some_and(|newest| {
            page.next.is_none() || page.entries.last().is_some_and(|oldest| oldest.number <= newest)
        });
        if is_shorter || !reaches {
            (self.entries, self.next) = (page.entries, page.next);
            return;
        }
        let lowest = page.entries.last().map_or(u64::MAX, |oldest| oldest.number);
        let older = std::mem::take(&mut self.entries).into_iter().filter(|entry| entry.number < lowest);
        self.entries = page.entries.into_iter().chain(older).collect();
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::NOON;
    use rental_bus::commands::Outcome;
    use rental_model::{Code, OrderId};
    use serde_json::json;

    /// The command of this number, `second` seconds after noon.
    pub(crate) fn entry(number: u64, second: u64) -> Entry {
        let outcome = match number % 3 {
            0 => Outcome::Refused { code: Code::Unknown, message: "there is no order 17".to_owned() },
            1 => Outcome::Recorded { event: 100 + number },
            _ => Outcome::Already { event: 7 },
        };
        Entry {
            number,
            at: UnixMs(NOON.0 + 1_000 * second),
            endpoint: "cancel".to_owned(),
            actor: Some("lee".to_owned()),
            request_id: Some(format!("R-{number}")),
            order_id: OrderId::new(17).ok(),
            body: json!({ "orderId": 17 }),
            is_restored: false,
            outcome,
        }
    }

    fn page(numbers: impl IntoIterator<Item = u64>, next: Option<u64>, commands: u64) -> JournalPage {
        JournalPage { entries: numbers.into_iter().map(|number| entry(number, number)).collect(), next, commands }
    }

    fn numbers(journal: &Journal) -> Vec<u64> {
        journal.keys().iter().map(|(_, number)| *number).collect()
    }

    #[test]
    fn what_another_context_may_still_belong_between_is_not_shown_yet() {
        let mut journal = Journal::default();
        let order = journal.read_newest(Context::Order);
        journal.told(&order, Ok(page([9, 7], Some(7), 9)));
        let billing = journal.read_newest(Context::Billing);
        journal.told(&billing, Ok(page([8, 3], None, 8)));
        assert_eq!(numbers(&journal), [9, 8, 7], "order may have something between 7 and 3");
        let further = journal.read_older().unwrap();
        assert_eq!((further.context, further.before), (Context::Order, Some(7)));
        journal.told(&further, Ok(page([5, 1], None, 9)));
        assert_eq!(numbers(&journal), [9, 8, 7, 5, 3, 1]);
        assert_eq!(journal.read_older(), None);
    }

    #[test]
    fn new_entries_come_in_front_and_a_gap_or_a_shorter_journal_begins_anew() {
        let mut journal = Journal::default();
        let newest = journal.read_newest(Context::Order);
        journal.told(&newest, Ok(page([3, 2], Some(2), 3)));
        journal.told(&newest, Ok(page([4, 3], Some(3), 4)));
        assert_eq!(numbers(&journal), [4, 3, 2]);
        journal.told(&newest, Ok(page([9, 8], Some(8), 9)));
        assert_eq!(numbers(&journal), [9, 8], "5 to 7 are not known");
        journal.told(&newest, Ok(page([2, 1], None, 2)));
        assert_eq!(numbers(&journal), [2, 1], "the data file was lost");
        assert!(!journal.count(Context::Order, 2) && journal.count(Context::Order, 3));
    }

    #[test]
    fn an_answer_to_an_older_filter_is_thrown_away() {
        let mut journal = Journal::default();
        let before = journal.read_newest(Context::Order);
        journal.restart();
        journal.told(&before, Ok(page([1], None, 1)));
        assert_eq!(numbers(&journal), [0; 0]);
    }

    #[test]
    fn a_filter_that_finds_nothing_in_a_while_looks_further() {
        let mut journal = Journal::default();
        let newest = journal.read_newest(Context::Order);
        assert!(journal.told(&newest, Ok(page([], Some(80_000), 100_000))));
        assert!(!journal.told(&newest, Ok(page([], None, 100_000))));
    }
}
