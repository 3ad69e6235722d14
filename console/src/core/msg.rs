//! What reaches the core, and what it asks for. Between the two there is no I/O.

use crate::core::commands::Receipt;
use crate::core::journal::Reading;
use crate::core::listing::Round;
use crate::core::log::LogLine;
use crate::theme::Look;
use ratatui::crossterm::event::{KeyEvent, MouseEvent};
use rental_bus::commands::JournalPage;
use rental_bus::status::{ContextStatus, ParkedList};
use rental_bus::tail::Seen;
use rental_bus::{CallError, LinkState};
use rental_model::inventory::{Product, StockCheck};
use rental_model::totalview::{Cursor, ListRentals, Page, Rental, SourcePositions, Stats};
use rental_model::{Context, OrderId, ProductId, Qty, RecordedEvent, UnixMs};
use serde_json::Value;

/// Tells answers that belong to a picture thrown away from those of the current one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Epoch(pub(crate) u32);

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Msg {
    /// What time it is. Comes before every other message.
    Clock(UnixMs),
    Key(KeyEvent),
    Mouse(MouseEvent),
    Paste(String),
    Resize {
        width: u16,
        height: u16,
    },
    Link(LinkState),
    /// The terminal has told its background.
    Background(Look),
    /// A sign of life: where the streams end, if the broker said so, and totalview's figures.
    Beat {
        tips: Option<SourcePositions>,
        stats: Result<Stats, CallError>,
    },
    Page {
        epoch: Epoch,
        is_first: bool,
        answer: Result<Page, CallError>,
    },
    /// A page of the list as totalview knows it.
    Listed {
        round: Round,
        is_first: bool,
        answer: Result<Page, CallError>,
    },
    /// From here on events are followed without a first picture.
    Following {
        epoch: Epoch,
        after: SourcePositions,
    },
    Seen {
        epoch: Epoch,
        seen: Vec<Seen>,
    },
    Rental {
        order: OrderId,
        answer: Result<Box<Rental>, CallError>,
    },
    /// An order's events, read from the streams themselves.
    History {
        order: OrderId,
        answer: Result<Vec<RecordedEvent>, String>,
    },
    Products(Result<Vec<Product>, CallError>),
    Stock {
        product: ProductId,
        qty: Option<Qty>,
        answer: Result<StockCheck, CallError>,
    },
    Answered {
        request_id: String,
        answer: Result<Receipt, CallError>,
    },
    Saved {
        file: String,
        answer: Result<(), String>,
    },
    /// A filter was saved in the file that is named, or was not.
    FilterSaved {
        name: String,
        filter: String,
        answer: Result<String, String>,
    },
    Parked {
        context: Context,
        answer: Result<ParkedList, CallError>,
    },
    Status {
        context: Context,
        answer: Result<Box<ContextStatus>, CallError>,
    },
    /// A page of a context's journal of commands.
    Journal {
        asked: Reading,
        answer: Result<JournalPage, CallError>,
    },
    /// What this program has written to its own log.
    Logged(Vec<LogLine>),
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Ask broker and totalview for a sign of life.
    Beat,
    /// Load a page of rentals: the first, or the one behind the cursor.
    Load {
        epoch: Epoch,
        cursor: Option<Cursor>,
    },
    /// Load a page of the list, by totalview's indexes.
    List {
        round: Round,
        question: ListRentals,
    },
    /// Follow the events behind these, and stop following any others.
    Follow {
        epoch: Epoch,
        after: SourcePositions,
    },
    /// Follow the events from a little while ago on: there is no first picture.
    FollowRecent {
        epoch: Epoch,
    },
    FetchRental(OrderId),
    FetchHistory(OrderId),
    ListProducts,
    CheckStock {
        product: ProductId,
        qty: Option<Qty>,
    },
    /// Send a command to a service.
    Send {
        request_id: String,
        context: Context,
        endpoint: &'static str,
        body: Value,
    },
    AskStatus(Context),
    ListParked(Context),
    ReadJournal(Reading),
    /// Put a text on the clipboard of whoever sits at the terminal.
    Copy(String),
    /// Take the mouse from the terminal, or give it back.
    Mouse(bool),
    /// Write a new file into the folder the console was started in.
    Save {
        file: String,
        content: String,
    },
    /// Keep a filter in the config file.
    SaveFilter {
        name: String,
        filter: String,
    },
    /// Give the terminal back to the shell until it wakes us.
    Suspend,
    Quit,
}
