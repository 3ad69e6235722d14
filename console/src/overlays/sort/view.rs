//! The columns to sort by.

use crate::config::Column;
use crate::core::draw::Draw;
use crate::core::target::Target;
use crate::i18n::Text;
use crate::input::Scope;
use crate::widgets::canvas::row;
use crate::widgets::popup::{Popup, lines_in, popup};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

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
