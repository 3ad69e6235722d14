//! The list of rentals: a table of the rows in the window, and no others.

use super::popup::{Popup, lines_in, popup};
use super::preview::list_width;
use super::{Draw, Target, empty, row};
use crate::tui::fit::{Side, fit, grouped};
use crate::tui::i18n::Text;
use crate::tui::keymap::{Action, Scope};
use crate::tui::listing::Reach;
use crate::tui::model::Model;
use crate::tui::rentals::{Column, Held, Sorting};
use crate::tui::theme::{Tone, status_tone};
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row, Table};
use rental_model::totalview::{self, Delivery, Payment};

/// The cursor's mark and the space behind it.
const MARK: u16 = 2;

impl Column {
    const fn head(self) -> Text {
        match self {
            Self::Order => Text::HeadOrder,
            Self::Status => Text::HeadStatus,
            Self::Product => Text::HeadProduct,
            Self::Qty => Text::HeadQty,
            Self::Amount => Text::HeadAmount,
            Self::Payment => Text::HeadPayment,
            Self::Delivery => Text::HeadDelivery,
            Self::Age => Text::HeadAge,
            Self::Event => Text::HeadEvent,
        }
    }

    /// The cells it takes at least, and how many more it can use.
    const fn width(self) -> (u16, u16) {
        match self {
            Self::Order => (7, 7),
            Self::Status => (12, 0),
            Self::Product => (12, 16),
            Self::Qty => (5, 5),
            Self::Amount => (11, 4),
            Self::Payment => (8, 0),
            Self::Delivery => (10, 0),
            Self::Age => (6, 0),
            Self::Event => (18, 0),
        }
    }

    const fn side(self) -> Side {
        match self {
            Self::Order | Self::Qty | Self::Amount | Self::Age => Side::Right,
            _ => Side::Left,
        }
    }
}

/// How many rows fit below the head.
pub(crate) fn rows_in(area: Rect) -> usize {
    usize::from(area.height).saturating_sub(head_height(area))
}

const fn head_height(area: Rect) -> usize {
    if area.height > 3 { 1 } else { 0 }
}

/// How far the columns can be scrolled before the last one is in sight.
pub(crate) fn most_hidden_columns(model: &Model) -> usize {
    let most = Column::ALL.len() - 2;
    (0..most).find(|hidden| columns(list_width(model), *hidden).1).unwrap_or(most)
}

/// The columns to show with their widths, and whether the last one is among them.
/// The order id always is: the others scroll beside it.
fn columns(width: u16, hidden: usize) -> (Vec<(Column, u16)>, bool) {
    let mut free = width.saturating_sub(MARK);
    let mut shown = Vec::new();
    let scrolled = Column::ALL.into_iter().skip(1 + hidden);
    for column in std::iter::once(Column::Order).chain(scrolled) {
        let gap = u16::from(!shown.is_empty());
        let (least, _) = column.width();
        // A narrow terminal still shows a part of the first column beside the id.
        let squeezed = if shown.len() < 2 { least.min(free.saturating_sub(gap)) } else { least };
        if squeezed + gap > free || squeezed == 0 {
            break;
        }
        free -= squeezed + gap;
        shown.push((column, squeezed));
    }
    for wanted in [Column::Product, Column::Order, Column::Amount, Column::Qty] {
        if let Some((column, width)) = shown.iter_mut().find(|(column, _)| *column == wanted) {
            let more = column.width().1.min(free);
            *width += more;
            free -= more;
        }
    }
    let is_whole = shown.last().is_some_and(|(column, _)| *column == Column::Event);
    (shown, is_whole)
}

pub(crate) fn table(draw: &mut Draw, area: Rect) {
    let model = draw.model;
    if model.rentals.len() == 0 {
        return why_empty(draw, area);
    }
    let theme = &model.settings.theme;
    let glyphs = &model.settings.glyphs;
    let (columns, is_last_shown) = columns(area.width, model.rentals.columns_hidden);
    let is_fresh = model.link.is_live(model.now);
    let rows = model.rentals.window().map(|held| {
        let is_under_cursor = model.rentals.cursor() == Some(held.row.order_id);
        let mark = if is_under_cursor { glyphs.cursor } else { " " };
        let cells = columns.iter().map(|(column, width)| cell(draw, held, *column, *width, is_under_cursor));
        let row = Row::new(std::iter::once(Cell::new(mark)).chain(cells));
        match (is_under_cursor, is_fresh) {
            (true, _) => row.style(theme.selected),
            (false, true) => row,
            (false, false) => row.style(theme.faded),
        }
    });
    let widths = std::iter::once(1).chain(columns.iter().map(|(_, width)| *width)).map(Constraint::Length);
    let mut table = Table::new(rows.collect::<Vec<_>>(), widths.collect::<Vec<_>>()).column_spacing(1);
    if head_height(area) > 0 {
        let heads = columns.iter().map(|(column, width)| {
            Cell::new(fit(&head(model, *column), (*width).into(), column.side(), glyphs.ellipsis))
        });
        let left = if model.rentals.columns_hidden > 0 { glyphs.more_left } else { " " };
        table = table.header(Row::new(std::iter::once(Cell::new(left)).chain(heads)).style(theme.head));
    }
    draw.frame.render_widget(table, area);
    marks(draw, area);
    if !is_last_shown && area.width > 0 && head_height(area) > 0 {
        let corner = Rect { x: area.right() - 1, width: 1, ..area };
        draw.line(corner, Line::styled(glyphs.more_right, theme.head));
    }
}

/// The rows as they are clicked, and the marks, between the cursor and the order ids.
fn marks(draw: &mut Draw, area: Rect) {
    let model = draw.model;
    let (glyph, style) = (model.settings.glyphs.mark, model.settings.theme.strong);
    for (place, held) in model.rentals.window().enumerate() {
        let line = row(area, head_height(area) + place);
        draw.target(line, Target::Order(held.row.order_id));
        if model.rentals.is_marked(held.row.order_id) && line.width > 1 {
            draw.line(Rect { x: line.x + 1, width: 1, ..line }, Span::styled(glyph, style));
        }
    }
}

/// A column's title, and which way the list is sorted by it.
fn head(model: &Model, column: Column) -> String {
    let (glyphs, title) = (&model.settings.glyphs, model.text(column.head()));
    match model.rentals.sorting() {
        Sorting::NEWEST => title.to_owned(),
        sorting if sorting.column != column => title.to_owned(),
        sorting if sorting.is_rising => format!("{title}{}", glyphs.rising),
        _ => format!("{title}{}", glyphs.falling),
    }
}

/// The columns to sort by.
pub(crate) fn sorts(draw: &mut Draw, area: Rect, at: usize) {
    let model = draw.model;
    let settings = &model.settings;
    let skipped = (at + 1).saturating_sub(lines_in(area).max(1));
    let columns = Column::ALL.into_iter().enumerate().skip(skipped);
    let lines = columns.map(|(place, column)| {
        let (mark, style) =
            if place == at { (settings.glyphs.cursor, settings.theme.strong) } else { (" ", Style::new()) };
        Line::styled(format!("{mark} {}", model.text(column.head())), style)
    });
    let keys = model.keymap.hints(Scope::Pick).take(2).flat_map(|(chord, action)| {
        let key = Span::styled(chord.label(&settings.glyphs), settings.theme.key);
        [key, Span::styled(format!(" {}  ", model.text(action.text())), settings.theme.dim)]
    });
    let (lines, keys) = (lines.collect(), keys.collect());
    let title = draw.text(Text::SortTitle).to_owned();
    let room = popup(draw, area, Popup { title, lines, keys });
    for place in skipped..Column::ALL.len() {
        draw.target(row(room, place - skipped), Target::Column(place));
    }
}

/// Everything the list tells of a rental, each with its head, without cutting anything off.
pub(crate) fn cells(model: &Model, row: &totalview::Row) -> Vec<(Text, String)> {
    let told = |column: Column| match column {
        Column::Status => (column.head(), model.text(Text::from(row.status())).to_owned()),
        _ => (column.head(), content(model, row, column).0),
    };
    let reason = row.reason.clone().map(|reason| (Text::HeadReason, reason));
    Column::ALL.into_iter().map(told).chain(reason).collect()
}

fn cell(draw: &Draw, held: &Held, column: Column, width: u16, is_under_cursor: bool) -> Cell<'static> {
    let model = draw.model;
    let (text, tone) = content(model, &held.row, column);
    let mut style = match (is_under_cursor, model.link.is_live(model.now)) {
        // The row's own style says enough, and must stay readable.
        (true, _) | (_, false) => Style::new(),
        _ => draw.tone(tone),
    };
    if held.marks(model.now).has(column) {
        style = style.patch(model.settings.theme.changed);
    }
    let text = fit(&text, width.into(), column.side(), model.settings.glyphs.ellipsis);
    // Only the text is marked, not the space around it.
    let (before, rest) = text.split_at(text.len() - text.trim_start().len());
    let (inked, after) = rest.split_at(rest.trim_end().len());
    Cell::new(Line::from_iter([
        before.to_owned().into(),
        Span::styled(inked.to_owned(), style),
        after.to_owned().into(),
    ]))
}

fn content(model: &Model, row: &totalview::Row, column: Column) -> (String, Tone) {
    let unknown = || String::from("-");
    match column {
        Column::Order => (row.order_id.to_string(), Tone::Plain),
        Column::Status => {
            let status = row.status();
            let word = model.text(Text::from(status));
            (format!("{} {word}", model.settings.glyphs.status(status)), status_tone(status))
        }
        Column::Product => (row.product_id.map_or_else(unknown, |id| model.product_catalog.label(id)), Tone::Plain),
        Column::Qty => (row.qty.map_or_else(unknown, |qty| grouped(qty.get().into())), Tone::Plain),
        Column::Amount => (row.amount.map_or_else(unknown, |won| grouped(won.get())), Tone::Plain),
        Column::Payment => (model.text(row.payment().into()).to_owned(), payment_tone(row.payment())),
        Column::Delivery => (model.text(row.delivery().into()).to_owned(), delivery_tone(row.delivery())),
        Column::Age => (model.settings.language.age(model.age_ms(row.last_at)), Tone::Dim),
        Column::Event => (model.text(row.last_event.into()).to_owned(), Tone::Dim),
    }
}

pub(crate) const fn payment_tone(payment: Payment) -> Tone {
    match payment {
        Payment::Waiting => Tone::Busy,
        Payment::Charged => Tone::Good,
        Payment::Refunding => Tone::Warn,
        Payment::Declined | Payment::RefundDeclined => Tone::Bad,
        Payment::Refunded => Tone::Dim,
    }
}

pub(crate) const fn delivery_tone(delivery: Delivery) -> Tone {
    match delivery {
        Delivery::Waiting => Tone::Busy,
        Delivery::Out => Tone::Good,
        Delivery::Returning => Tone::Warn,
        Delivery::Back | Delivery::CalledOff => Tone::Dim,
    }
}

/// Why the list is empty.
fn why_empty(draw: &mut Draw, area: Rect) {
    let model = draw.model;
    let message = if !model.link.is_up() {
        Text::EmptyOffline.into()
    } else if model.loader.is_loading {
        Text::EmptyLoading.into()
    } else if model.listing.reach == Reach::Asking {
        Text::FilterAsks.into()
    } else if model.rentals.held() > 0 {
        Text::FilterFindsNothing.with("key", model.key(Scope::List, Action::Release))
    } else if !model.loader.has_first {
        Text::NoRentalsSeen.into()
    } else if model.settings.is_read_only {
        Text::NoRentalsReadOnly.into()
    } else {
        Text::NoRentals.with("key", model.key(Scope::List, Action::New))
    };
    empty(draw, area, &message);
}
