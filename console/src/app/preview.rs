//! The order under the cursor, beside the list: the order's own page, narrower.

use crate::core::draw::Draw;
use crate::i18n::Text;
use crate::screens::order::view as order;
use crate::widgets::canvas::empty;
use ratatui::layout::Rect;
use ratatui::text::Line;

pub(crate) fn preview(draw: &mut Draw, area: Rect) {
    let model = draw.model;
    if area.width < 2 {
        return;
    }
    for y in area.top()..area.bottom() {
        let line = Line::styled(model.settings.glyphs.separator, model.settings.theme.border);
        draw.line(Rect { y, height: 1, width: 1, ..area }, line);
    }
    let inner = Rect { x: area.x + 1, width: area.width - 1, ..area };
    match &model.preview.page {
        Some(page) => order::page(draw, page, inner),
        None => empty(draw, inner, &Text::PreviewNone.into()),
    }
}
