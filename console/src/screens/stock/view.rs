//! The stock: where every unit of every product is.

use crate::core::draw::Draw;
use crate::core::model::Model;
use crate::core::product_catalog::TREND;
use crate::core::target::Target;
use crate::i18n::{Arg, Text};
use crate::input::{Action, Scope};
use crate::theme::Tone;
use crate::widgets::canvas::{empty, row};
use crate::widgets::fit::grouped;
use crate::widgets::grid::{Column, GridRow, grid, rows_in};
use ratatui::layout::Rect;
use ratatui::text::Span;
use rental_model::inventory::Product;

const COLUMNS: [Column; 9] = [
    Column::wide(Text::HeadProduct, 8, 0),
    Column::right(Text::HeadOwned, 9, 2),
    Column::right(Text::HeadAvailable, 9, 0),
    Column::right(Text::HeadHeld, 7, 5),
    Column::right(Text::HeadOut, 9, 3),
    Column::right(Text::HeadReturning, 9, 6),
    Column::right(Text::HeadDown, 6, 7),
    Column::right(Text::HeadLost, 6, 8),
    Column::left(Text::HeadTrend, TREND, 9),
];

pub(crate) fn products(draw: &mut Draw, area: Rect) {
    let model = draw.model;
    let keys: Vec<_> = model.product_catalog.products().map(|product| product.product_id).collect();
    if keys.is_empty() {
        let register = model.key(Scope::Stock, Action::Register);
        let message = match model.product_catalog.told_at {
            _ if !model.link.is_up() => Text::EmptyOffline.into(),
            Some(_) => Text::StockNone.with("key", register),
            None => Text::StockUnread.into(),
        };
        return empty(draw, area, &message);
    }
    let top = model.stock.top(&keys, rows_in(area));
    let cursor = model.stock.on(&keys);
    let rows = model
        .product_catalog
        .products()
        .skip(top)
        .map(|product| GridRow { cells: cells(model, product), is_selected: cursor == Some(product.product_id) });
    grid(draw, area, &COLUMNS, rows);
    for (place, key) in keys.iter().skip(top).take(rows_in(area)).enumerate() {
        draw.target(row(area, place + 1), Target::Product(*key));
    }
}

fn cells(model: &Model, product: &Product) -> [(String, Tone); 9] {
    let count = |count: u64, tone: Tone| (grouped(count), if count == 0 { Tone::Dim } else { tone });
    let none_left = if product.available == 0 { Tone::Bad } else { Tone::Good };
    [
        (model.product_catalog.label(product.product_id), Tone::Plain),
        count(product.owned(), Tone::Plain),
        (grouped(product.available), none_left),
        count(product.held, Tone::Busy),
        count(product.out, Tone::Plain),
        count(product.returning, Tone::Busy),
        count(product.down, Tone::Warn),
        count(product.lost, Tone::Bad),
        (trend(model, product), Tone::Dim),
    ]
}

/// How much of what is owned was available of late, a bar each, the latest last.
fn trend(model: &Model, product: &Product) -> String {
    let bars = &model.settings.glyphs.bars;
    let full = product.owned().max(1);
    let bar = |available: u64| {
        let height = available.min(full) * (bars.len() as u64 - 1) / full;
        bars[usize::try_from(height).unwrap_or(0)]
    };
    model.product_catalog.trend(product.product_id).map(bar).collect()
}

/// How many products there are, or how old the figures are.
pub(crate) fn chips(draw: &mut Draw, area: Rect) {
    let model = draw.model;
    let (message, tone) = match model.product_catalog.told_at.filter(|_| model.product_catalog.is_silent) {
        Some(at) => (Text::StockOld.with("age", Arg::Lasted(model.age_ms(at))), Tone::Warn),
        None => (Text::StockProducts.with("n", model.product_catalog.products().count()), Tone::Dim),
    };
    let text = draw.cut(&draw.say(&message), area.width.saturating_sub(1));
    let style = draw.tone(tone);
    draw.line(area, Span::styled(format!(" {text}"), style));
}
