//! Everything the console knows and shows.
//!
//! [`Model`] is changed by `update` alone and drawn by `view` alone. It holds
//! no handles, no clock and no randomness: given the same messages it becomes
//! the same, which is how the tests drive it.

use super::agenda::{Agenda, Errand, after};
use super::commands::{Commands, Issued, Stage};
use super::confirm::Confirm;
use super::event_log::EventLog;
use super::form::Form;
use super::i18n::{Language, Saying, Text};
use super::journal::{EntryPage, Journal};
use super::keymap::{Action, Keymap, Scope};
use super::link::Link;
use super::log::Log;
use super::msg::Epoch;
use super::order_page::OrderPage;
use super::query::Mistake;
use super::rentals::Rentals;
use super::screen::{Cursor, Screen};
use super::sheet::Sheet;
use super::shelf::Shelf;
use super::theme::{Glyphs, Theme, Tone};
use super::workers::Workers;
use jiff::tz::TimeZone;
use rental_bus::status::Parked;
use rental_model::{Context, OrderId, ProductId, UnixMs};
use std::collections::VecDeque;
use tui_input::Input;

/// For how long a notice stays.
const NOTICE_MS: u64 = 10_000;

/// How this console looks and what it may do.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) language: Language,
    pub(crate) operator: String,
    pub(crate) is_read_only: bool,
    pub(crate) theme: Theme,
    pub(crate) glyphs: Glyphs,
    /// Times are shown in this zone.
    pub(crate) zone: TimeZone,
    /// Where the broker is expected, for the person.
    pub(crate) url: String,
}

/// What lies over the screen.
#[derive(Debug)]
pub(crate) enum Overlay {
    Help {
        scroll: usize,
    },
    Form(Box<Form>),
    Sheet(Box<Sheet>),
    Raw(Box<RawPage>),
    /// One entry of the journal, whole.
    Entry(Box<EntryPage>),
    /// The program's own log; scrolled up by so many lines.
    Log {
        up: usize,
    },
    /// By which column the list is to be sorted.
    Sort {
        at: usize,
    },
    Confirm(Box<Confirm>),
    /// Whether to leave the console.
    Quit,
}

/// The filter of the list, as it is typed.
#[derive(Debug, Default)]
pub(crate) struct Search {
    pub(crate) input: Input,
    pub(crate) is_typing: bool,
    /// Why it cannot be read, if it cannot.
    pub(crate) mistake: Option<Mistake>,
}

/// A parked message that is looked at, as it was when it was opened.
#[derive(Debug)]
pub(crate) struct RawPage {
    pub(crate) context: Context,
    pub(crate) item: Parked,
    pub(crate) scroll: usize,
}

/// A sentence for the person, for a while.
#[derive(Debug)]
pub(crate) struct Notice {
    pub(crate) saying: Saying,
    pub(crate) tone: Tone,
}

/// How the first picture and the rows that began late are fetched.
#[derive(Debug, Default)]
pub(crate) struct Loader {
    pub(crate) epoch: Epoch,
    /// Where the next page begins; none if all older rentals are in memory.
    pub(crate) next: Option<u64>,
    pub(crate) is_loading: bool,
    /// The first page has been here.
    pub(crate) has_first: bool,
    /// Events are being followed, from wherever.
    pub(crate) is_following: bool,
    /// Rows that began with an event that is not their first, and since when.
    pub(crate) late: VecDeque<(OrderId, UnixMs)>,
    /// How many rows are being fetched.
    pub(crate) fetching: usize,
}

/// The whole console.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) settings: Settings,
    pub(crate) keymap: Keymap,
    pub(crate) now: UnixMs,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) agenda: Agenda,
    pub(crate) link: Link,
    pub(crate) loader: Loader,
    pub(crate) rentals: Rentals,
    pub(crate) search: Search,
    pub(crate) shelf: Shelf,
    pub(crate) screen: Screen,
    /// Which product is meant on the stock screen.
    pub(crate) stock: Cursor<ProductId>,
    pub(crate) events: EventLog,
    pub(crate) workers: Workers,
    pub(crate) journal: Journal,
    pub(crate) log: Log,
    pub(crate) commands: Commands,
    /// The order this console asked for, until it is in the list.
    pub(crate) awaited: Option<OrderId>,
    pub(crate) opened: Option<OrderPage>,
    pub(crate) overlay: Option<Overlay>,
    pub(crate) notice: Option<Notice>,
    /// Ctrl-c was pressed once.
    pub(crate) is_leaving: bool,
    /// Something to be seen has changed since the last drawing.
    pub(crate) is_dirty: bool,
}

impl Model {
    /// `session` makes this console's request ids unlike all others.
    pub(crate) fn new(settings: Settings, session: String) -> Self {
        Self {
            settings,
            keymap: Keymap::default(),
            now: UnixMs(0),
            width: 80,
            height: 24,
            agenda: Agenda::default(),
            link: Link::default(),
            loader: Loader::default(),
            rentals: Rentals::default(),
            search: Search::default(),
            shelf: Shelf::default(),
            screen: Screen::default(),
            stock: Cursor::default(),
            events: EventLog::default(),
            workers: Workers::default(),
            journal: Journal::default(),
            log: Log::default(),
            commands: Commands::new(session),
            awaited: None,
            opened: None,
            overlay: None,
            notice: None,
            is_leaving: false,
            is_dirty: true,
        }
    }

    /// Where the next key goes.
    pub(crate) fn scope(&self) -> Scope {
        match &self.overlay {
            Some(Overlay::Help { .. } | Overlay::Raw(_)) => Scope::Help,
            Some(Overlay::Entry(_)) => Scope::Entry,
            Some(Overlay::Log { .. }) => Scope::Log,
            Some(Overlay::Sort { .. }) => Scope::Pick,
            Some(Overlay::Sheet(sheet)) if sheet.is_asking => Scope::Confirm,
            Some(Overlay::Form(form)) if matches!(form.phase, super::form::Phase::Short { .. }) => Scope::Confirm,
            Some(Overlay::Form(_) | Overlay::Sheet(_)) => Scope::Form,
            Some(Overlay::Confirm(_) | Overlay::Quit) => Scope::Confirm,
            None => match self.screen {
                Screen::Rentals if self.search.is_typing => Scope::Filter,
                Screen::Rentals if self.opened.is_some() => Scope::Order,
                Screen::Rentals => Scope::List,
                Screen::Stock => Scope::Stock,
                Screen::Events if self.events.is_typing => Scope::Filter,
                Screen::Events => Scope::Events,
                Screen::Workers => Scope::Workers,
                Screen::Journal if self.journal.is_typing => Scope::Filter,
                Screen::Journal => Scope::Journal,
            },
        }
    }

    /// The filter of this screen.
    pub(crate) fn filter(&self) -> &Input {
        match self.screen {
            Screen::Events => self.events.filter(),
            Screen::Journal => &self.journal.filter,
            _ => &self.search.input,
        }
    }

    pub(crate) fn text(&self, text: Text) -> &'static str {
        self.settings.language.text(text)
    }

    pub(crate) fn say(&self, saying: &Saying) -> String {
        self.settings.language.say(saying)
    }

    /// How long ago `at` was.
    pub(crate) fn age_ms(&self, at: UnixMs) -> u64 {
        self.now.0.saturating_sub(at.0)
    }

    /// When something must be done even if nothing arrives.
    pub(crate) fn wakes_at(&self) -> Option<UnixMs> {
        self.agenda.next()
    }

    /// Tells the person something, for a while.
    pub(crate) fn notify(&mut self, tone: Tone, saying: impl Into<Saying>) {
        self.notice = Some(Notice { saying: saying.into(), tone });
        self.agenda.set(Errand::ClearNotice, after(self.now, NOTICE_MS));
        self.is_dirty = true;
    }

    /// Tells the person how far a command has come.
    pub(crate) fn tell_life(&mut self, issued: &Issued) {
        let tone = match issued.stage {
            Stage::Sent | Stage::Accepted(_) => Tone::Busy,
            Stage::InView(_) | Stage::Done => Tone::Good,
            Stage::Unsure => Tone::Warn,
            Stage::Refused(_) | Stage::Failed(_) => Tone::Bad,
        };
        let retry_key = self.keymap.label(Action::Retry, &self.settings.glyphs);
        self.notify(tone, issued.saying(&retry_key));
        if issued.stage == Stage::Unsure {
            // Stays until the person has dealt with it.
            self.agenda.drop(Errand::ClearNotice);
        }
    }
}
