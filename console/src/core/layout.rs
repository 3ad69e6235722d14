//! Where everything goes on a screen of some size.

use crate::core::model::Model;
use crate::input::Screen;
use crate::widgets::grid;
use ratatui::layout::Rect;

/// How many rows the list shows in a terminal of this size.
pub(crate) fn list_height(width: u16, height: u16) -> usize {
    rows_in(Areas::of(Rect::new(0, 0, width, height)).body)
}

/// How many events are shown in a terminal of this size.
pub(crate) fn events_height(width: u16, height: u16) -> usize {
    grid::rows_in(Areas::of(Rect::new(0, 0, width, height)).body)
}

/// Where everything goes. An area without height is left out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Areas {
    pub(crate) header: Rect,
    pub(crate) tabs: Rect,
    pub(crate) chips: Rect,
    pub(crate) body: Rect,
    pub(crate) message: Rect,
    pub(crate) hints: Rect,
}

impl Areas {
    pub(crate) fn of(all: Rect) -> Self {
        // Header, tabs, chips, message, hints: how many lines each.
        let [header, tabs, chips, message, hints] = match all.height {
            0..3 => [0, 0, 0, 0, 0],
            3..8 => [1, 0, 0, 0, 1],
            8..14 => [1, 0, 0, 1, 1],
            _ => [1, 1, 1, 1, 1],
        };
        let body = all.height - header - tabs - chips - message - hints;
        let mut y = all.y;
        let [header, tabs, chips, body, message, hints] = [header, tabs, chips, body, message, hints].map(|height| {
            let area = Rect { y, height, ..all };
            y += height;
            area
        });
        Self { header, tabs, chips, body, message, hints }
    }

    /// Where a screen without chips goes.
    pub(crate) fn page(&self) -> Rect {
        self.chips.union(self.body)
    }

    /// Where overlays go: the message line stays to be seen.
    pub(crate) fn over(&self) -> Rect {
        self.header.union(self.body)
    }
}

/// How many rows fit below the head.
pub(crate) fn rows_in(area: Rect) -> usize {
    usize::from(area.height).saturating_sub(head_height(area))
}

pub(crate) const fn head_height(area: Rect) -> usize {
    if area.height > 3 { 1 } else { 0 }
}

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
