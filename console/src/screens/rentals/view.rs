//! The list of rentals: a table of the rows in the window, and no others.

use crate::config::{Column, Sorting};
use crate::core::cells::content;
use crate::core::draw::Draw;
use crate::core::layout::{head_height, list_width};
use crate::core::listing::Reach;
use crate::core::model::Model;
use crate::core::rentals::Held;
use crate::core::target::Target;
use crate::i18n::Text;
use crate::input::{Action, Scope};
use crate::widgets::canvas::{empty, row};
use crate::widgets::fit::fit;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row, Table};

/// The cursor's mark and the space behind it.
const MARK: u16 = 2;

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
