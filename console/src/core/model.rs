//! Everything the console knows and shows.
//!
//! [`Model`] is changed by `update` alone and drawn by `view` alone. It holds
//! no handles, no clock and no randomness: given the same messages it becomes
//! the same, which is how the tests drive it.

use crate::core::commands::{Commands, Issued, Stage};
use crate::core::event_log::EventLog;
use crate::core::health::Vitals;
use crate::core::journal::Journal;
use crate::core::link::Link;
use crate::core::listing::Listing;
use crate::core::log::Log;
use crate::core::msg::Epoch;
use crate::core::order_page::OrderPage;
use crate::core::overlay::Overlay;
use crate::core::product_catalog::ProductCatalog;
use crate::core::rentals::Rentals;
use crate::core::target::Target;
use crate::core::timers::{Timer, Timers, after};
use crate::core::workers::Workers;
use crate::i18n::{Language, Message, Text};
use crate::input::{Action, Keymap, Scope, Screen};
use crate::overlays::bulk::state::Run;
use crate::overlays::new_rental::state::Phase;
use crate::theme::{Glyphs, Theme, Tone};
use crate::widgets::canvas::head;
use crate::widgets::cursor::Cursor;
use crate::zone::Zone;
use rental_model::totalview::filter::Mistake;
use rental_model::{OrderId, ProductId, UnixMs, totalview};
use std::collections::{BTreeSet, VecDeque};
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
    pub(crate) zone: Zone,
    /// Where the broker is expected, for the person.
    pub(crate) url: String,
    /// What is wrong with the settings, if anything is.
    pub(crate) mistake: Option<Message>,
    /// The saved filters, each with its name.
    pub(crate) filters: Vec<(String, String)>,
}

/// The filter of the list, as it is typed.
#[derive(Debug, Default)]
pub(crate) struct Search {
    pub(crate) input: Input,
    pub(crate) is_typing: bool,
    /// The orders that were marked when the typing began.
    pub(crate) marked: BTreeSet<OrderId>,
    /// Why it cannot be read, if it cannot.
    pub(crate) mistake: Option<Mistake>,
}

/// The order beside the list.
#[derive(Debug, Default)]
pub(crate) struct Preview {
    /// The person does not want it.
    pub(crate) is_off: bool,
    /// The order under the cursor.
    pub(crate) page: Option<OrderPage>,
}

/// A sentence for the person, for a while.
#[derive(Debug)]
pub(crate) struct Notice {
    pub(crate) message: Message,
    pub(crate) tone: Tone,
}

/// How the first picture and the rows that began late are fetched.
#[derive(Debug, Default)]
pub(crate) struct Loader {
    pub(crate) epoch: Epoch,
    /// Where the next page below the floor begins; none if all older rentals are in memory.
    pub(crate) next: Option<totalview::Cursor>,
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

impl Loader {
    /// Every rental is in memory.
    pub(crate) const fn is_whole(&self) -> bool {
        self.has_first && self.next.is_none()
    }
}

/// The whole console.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) settings: Settings,
    pub(crate) keymap: Keymap,
    pub(crate) now: UnixMs,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) timers: Timers,
    pub(crate) link: Link,
    pub(crate) loader: Loader,
    pub(crate) rentals: Rentals,
    pub(crate) search: Search,
    pub(crate) listing: Listing,
    pub(crate) product_catalog: ProductCatalog,
    pub(crate) screen: Screen,
    /// Which product is meant on the stock screen.
    pub(crate) stock: Cursor<ProductId>,
    pub(crate) events: EventLog,
    pub(crate) workers: Workers,
    /// How they are, at a glance.
    pub(crate) vitals: Vitals,
    pub(crate) journal: Journal,
    pub(crate) log: Log,
    pub(crate) commands: Commands,
    /// The bulk action under way, or the last one.
    pub(crate) run: Option<Run>,
    /// The order this console asked for, until it is in the list.
    pub(crate) awaited: Option<OrderId>,
    pub(crate) opened: Option<OrderPage>,
    pub(crate) preview: Preview,
    pub(crate) overlay: Option<Overlay>,
    pub(crate) notice: Option<Notice>,
    /// The mouse is ours, not the terminal's.
    pub(crate) has_mouse: bool,
    /// What was clicked last, and when.
    pub(crate) clicked: Option<(Target, UnixMs)>,
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
            timers: Timers::default(),
            link: Link::default(),
            loader: Loader::default(),
            rentals: Rentals::default(),
            search: Search::default(),
            listing: Listing::default(),
            product_catalog: ProductCatalog::default(),
            screen: Screen::default(),
            stock: Cursor::default(),
            events: EventLog::default(),
            workers: Workers::default(),
            vitals: Vitals::default(),
            journal: Journal::default(),
            log: Log::default(),
            commands: Commands::new(session),
            run: None,
            awaited: None,
            opened: None,
            preview: Preview::default(),
            overlay: None,
            notice: None,
            has_mouse: true,
            clicked: None,
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
            Some(Overlay::Sort { .. } | Overlay::Filters { .. } | Overlay::Cells { .. }) => Scope::Pick,
            Some(Overlay::Palette(_)) => Scope::Palette,
            Some(Overlay::Sheet(sheet)) if sheet.is_asking => Scope::Confirm,
            Some(Overlay::Form(form)) if matches!(form.phase, Phase::Short { .. }) => Scope::Confirm,
            Some(Overlay::Form(_) | Overlay::Sheet(_) | Overlay::SaveFilter(_)) => Scope::Form,
            Some(Overlay::Confirm(_) | Overlay::Quit) => Scope::Confirm,
            Some(Overlay::Bulk(_)) => Scope::Bulk,
            Some(Overlay::Results { .. }) => Scope::Results,
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

    /// The orders of which a history is shown.
    pub(crate) fn pages(&mut self) -> impl Iterator<Item = &mut OrderPage> {
        self.opened.iter_mut().chain(&mut self.preview.page)
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

    /// The head of a column; over times in no known zone it says that they are UTC.
    pub(crate) fn head(&self, text: Text) -> &'static str {
        self.text(head(text, self.settings.zone.is_fallback()))
    }

    pub(crate) fn say(&self, message: &Message) -> String {
        self.settings.language.say(message)
    }

    /// The key for an action in one place, as people write it.
    pub(crate) fn key(&self, scope: Scope, action: Action) -> String {
        self.keymap.label(scope, action, &self.settings.glyphs)
    }

    /// How many rentals the list has in all, if some of them are not here.
    pub(crate) fn left_out(&self) -> Option<u64> {
        let is_part = if self.listing.is_newest() { self.loader.next } else { self.listing.next }.is_some();
        let all = || self.link.stats.as_ref().map_or(0, |stats| stats.total);
        is_part.then(|| self.listing.matching.unwrap_or_else(all))
    }

    /// How long ago `at` was.
    pub(crate) fn age_ms(&self, at: UnixMs) -> u64 {
        self.now.0.saturating_sub(at.0)
    }

    /// When something must be done even if nothing arrives.
    pub(crate) fn wakes_at(&self) -> Option<UnixMs> {
        self.timers.next()
    }

    /// Tells the person something, for a while.
    pub(crate) fn notify(&mut self, tone: Tone, message: impl Into<Message>) {
        self.notice = Some(Notice { message: message.into(), tone });
        self.timers.set(Timer::ClearNotice, after(self.now, NOTICE_MS));
        self.is_dirty = true;
    }

    /// Tells the person how far a command has come.
    pub(crate) fn tell_life(&mut self, issued: &Issued) {
        let tone = match issued.stage {
            Stage::Sent | Stage::Accepted(_) => Tone::Busy,
            Stage::InView(_) | Stage::Done => Tone::Good,
            Stage::Unsure | Stage::Gone(_) => Tone::Warn,
            Stage::Refused(_) | Stage::Failed(_) => Tone::Bad,
        };
        let retry_key = self.key(Scope::Global, Action::Retry);
        self.notify(tone, issued.message(&retry_key));
        if issued.stage == Stage::Unsure {
            // Stays until the person has dealt with it.
            self.timers.drop(Timer::ClearNotice);
        }
    }
}
