//! The cells of one rental, to copy one of them.

use crate::core::cells;
use crate::core::draw::Draw;
use crate::core::target::Target;
use crate::i18n::Text;
use crate::input::Scope;
use crate::widgets::canvas::row;
use crate::widgets::fit::{Side, fit, width};
use crate::widgets::popup::{Popup, lines_in, popup};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use rental_model::OrderId;

pub(crate) fn cells(draw: &mut Draw, area: Rect, order: OrderId, at: usize) {
    let model = draw.model;
    let cells = model.rentals.get(order).map(|row| cells::cells(model, row)).unwrap_or_default();
    let settings = &model.settings;
    let skipped = (at + 1).saturating_sub(lines_in(area).max(1));
    let heads = cells.iter().map(|(head, _)| width(model.text(*head))).max().unwrap_or(0);
    let shown = cells.iter().enumerate().skip(skipped);
    let lines = shown.map(|(place, (head, text))| {
        let (mark, style) =
            if place == at { (settings.glyphs.cursor, settings.theme.strong) } else { (" ", Style::new()) };
        let head = fit(model.text(*head), heads, Side::Left, settings.glyphs.ellipsis);
        Line::styled(format!("{mark} {head}  {text}"), style)
    });
    let keys = model.keymap.hints(Scope::Pick).take(2).flat_map(|(chord, action)| {
        let key = Span::styled(chord.label(&settings.glyphs), settings.theme.key);
        [key, Span::styled(format!(" {}  ", model.text(action.text())), settings.theme.dim)]
    });
    let count = cells.len();
    let (lines, keys) = (lines.collect(), keys.collect());
    let title = draw.text(Text::CellTitle).to_owned();
    let room = popup(draw, area, Popup { title, lines, keys });
    for place in skipped..count {
        draw.target(row(room, place - skipped), Target::Column(place));
    }
}
