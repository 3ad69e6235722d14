//! The order under the cursor, beside the list: the order's own page, narrower.

use super::{Draw, empty, order};
use crate::tui::i18n::Text;
use crate::tui::model::Model;
use crate::tui::screen::Screen;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// The narrowest terminal that has room for both.
pub(crate) const FROM: u16 = 140;

/// The cells beside the list, at least; the rest is the list's until all its columns are in sight.
const BESIDE: u16 = 60;
const WHOLE_LIST: u16 = 100;

/// Whether the terminal has room for it.
pub(crate) const fn can_preview(model: &Model) -> bool {
    model.width >= FROM
}

/// Whether it is shown.
pub(crate) fn has_preview(model: &Model) -> bool {
    can_preview(model) && !model.preview.is_off && model.screen == Screen::Rentals && model.opened.is_none()
}

/// How wide the list is.
pub(crate) fn list_width(model: &Model) -> u16 {
    if has_preview(model) { (model.width - BESIDE).min(WHOLE_LIST) } else { model.width }
}

/// Where the list goes, and where the order beside it: nowhere if it is not shown.
pub(crate) fn split(model: &Model, body: Rect) -> (Rect, Rect) {
    let list = list_width(model).min(body.width);
    (Rect { width: list, ..body }, Rect { x: body.x + list, width: body.width - list, ..body })
}

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
