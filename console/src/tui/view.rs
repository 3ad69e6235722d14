//! Drawing: the model as it is, on a frame. No state, no I/O, no clock.
//!
//! Each screen and overlay has its file. [`Areas`] says where everything
//! goes; what does not fit a small terminal is left out, least needed first.

mod bulk;
pub(crate) mod canvas;
mod cells;
mod confirm;
mod events;
mod field;
mod filter;
mod filters;
mod form;
mod frame;
mod grid;
mod header;
mod help;
mod hit;
mod journal;
mod list;
mod log;
mod order;
mod palette;
mod popup;
mod preview;
mod sheet;
mod stock;
mod workers;

use super::model::{Model, Overlay};
use super::screen::Screen;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;
use std::ops::{Deref, DerefMut};

use canvas::{Canvas, empty, row, spans_width};

pub(crate) use bulk::{question_room as bulk_room, results_room};
pub(crate) use help::room as help_room;
pub(crate) use hit::{Target, hit};
pub(crate) use journal::{room as journal_room, rows as journal_rows};
pub(crate) use list::{cells as cells_of, most_hidden_columns};
pub(crate) use log::{room as log_room, shown as log_shown};
pub(crate) use order::room as timeline_room;
pub(crate) use preview::{FROM as PREVIEW_FROM, can_preview, has_preview};
pub(crate) use workers::raw_room;

/// Draws everything.
pub(crate) fn view(model: &Model, frame: &mut Frame) {
    draw(model, frame);
}

/// Draws everything, and answers what can be clicked where, what lies on top last.
fn draw(model: &Model, frame: &mut Frame) -> Vec<(Rect, Target)> {
    let areas = Areas::of(frame.area());
    let draw = &mut Draw::new(model, frame, header::mark(model));
    header::header(draw, areas.header);
    frame::tabs(draw, areas.tabs);
    match (model.screen, &model.opened) {
        (Screen::Rentals, Some(page)) => order::page(draw, page, areas.page()),
        (Screen::Rentals, None) => {
            frame::chips(draw, areas.chips);
            let (table, beside) = preview::split(model, areas.body);
            list::table(draw, table);
            preview::preview(draw, beside);
        }
        (Screen::Events, _) => {
            events::chips(draw, areas.chips);
            events::log(draw, areas.body);
        }
        (Screen::Workers, _) => {
            workers::chips(draw, areas.chips);
            workers::workers(draw, areas.body);
        }
        (Screen::Journal, _) => {
            journal::chips(draw, areas.chips);
            journal::entries(draw, areas.body);
        }
        (Screen::Stock, _) => {
            stock::chips(draw, areas.chips);
            stock::products(draw, areas.body);
        }
    }
    if model.overlay.is_some() {
        // What lies under a box cannot be clicked, whether it is in sight or not.
        draw.targets.clear();
    }
    frame::bottom(draw, areas.message, areas.hints);
    let over = areas.over();
    match &model.overlay {
        Some(Overlay::Help { scroll }) => help::keys(draw, over, *scroll),
        Some(Overlay::Form(form)) => form::form(draw, over, form),
        Some(Overlay::Cells { order, at }) => cells::cells(draw, over, *order, *at),
        Some(Overlay::Sort { at }) => list::sorts(draw, over, *at),
        Some(Overlay::Filters { at }) => filters::saved(draw, over, *at),
        Some(Overlay::SaveFilter(name)) => filters::name(draw, over, name),
        Some(Overlay::Palette(palette)) => palette::palette(draw, over, palette),
        Some(Overlay::Raw(page)) => workers::raw(draw, over, page),
        Some(Overlay::Entry(page)) => journal::entry(draw, over, page),
        Some(Overlay::Log { up }) => log::log(draw, over, *up),
        Some(Overlay::Sheet(sheet)) => sheet::sheet(draw, over, sheet),
        Some(Overlay::Confirm(question)) => confirm::question(draw, over, question),
        Some(Overlay::Bulk(question)) => bulk::question(draw, over, question),
        Some(Overlay::Results { scroll }) => bulk::results(draw, over, *scroll),
        Some(Overlay::Quit) => confirm::quit(draw, over),
        None => {}
    }
    std::mem::take(&mut draw.targets)
}

/// How many rows the list shows in a terminal of this size.
pub(crate) fn list_height(width: u16, height: u16) -> usize {
    list::rows_in(Areas::of(Rect::new(0, 0, width, height)).body)
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

/// The canvas with the model that is drawn on it.
pub(crate) struct Draw<'a, 'f, 'b> {
    pub(crate) model: &'a Model,
    pub(crate) canvas: Canvas<'a, 'f, 'b>,
    /// What can be clicked.
    pub(crate) targets: Vec<(Rect, Target)>,
}

impl<'a, 'f, 'b> Deref for Draw<'a, 'f, 'b> {
    type Target = Canvas<'a, 'f, 'b>;

    fn deref(&self) -> &Self::Target {
        &self.canvas
    }
}

impl DerefMut for Draw<'_, '_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.canvas
    }
}

impl<'a, 'f, 'b> Draw<'a, 'f, 'b> {
    /// `mark` says what is wrong, for where there is no room for the header.
    pub(crate) fn new(model: &'a Model, frame: &'f mut Frame<'b>, mark: Vec<Span<'static>>) -> Self {
        let settings = &model.settings;
        let canvas = Canvas {
            frame,
            theme: &settings.theme,
            glyphs: &settings.glyphs,
            language: settings.language,
            is_utc: settings.zone.is_fallback(),
            is_fresh: model.link.is_live(model.now),
            mark,
            keys_line: Rect::default(),
        };
        Self { model, canvas, targets: Vec::new() }
    }
}

#[cfg(test)]
mod tests;
