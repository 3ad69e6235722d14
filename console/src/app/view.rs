//! Drawing: the model as it is, on a frame. No state, no I/O, no clock.
//!
//! Each screen and overlay has its file. [`Areas`] says where everything
//! goes; what does not fit a small terminal is left out, least needed first.

use crate::app::{frame, header, preview};
use crate::core::draw::Draw;
use crate::core::layout;
use crate::core::layout::Areas;
use crate::core::model::Model;
use crate::core::overlay::Overlay;
use crate::core::target::Target;
use crate::overlays::bulk::view as bulk;
use crate::overlays::cells::view as cells;
use crate::overlays::confirm::view as confirm;
use crate::overlays::entry::view as entry;
use crate::overlays::filters::view as filters;
use crate::overlays::form::view as form;
use crate::overlays::help::view as help;
use crate::overlays::log::view as log;
use crate::overlays::new_rental::view as new_rental;
use crate::overlays::palette::view as palette;
use crate::overlays::quit;
use crate::overlays::raw::view as raw;
use crate::overlays::sort::view as sort;
use crate::screens;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Draws everything.
pub(crate) fn view(model: &Model, frame: &mut Frame) {
    draw(model, frame);
}

/// Draws everything, and answers what can be clicked where, what lies on top last.
pub(crate) fn draw(model: &Model, frame: &mut Frame) -> Vec<(Rect, Target)> {
    let areas = Areas::of(frame.area());
    let draw = &mut Draw::new(model, frame, header::mark(model));
    header::header(draw, areas.header);
    frame::tabs(draw, areas.tabs);
    screens::shown(model).draw(draw, &areas);
    if layout::has_preview(model) {
        let (_, beside) = layout::split(model, areas.body);
        preview::preview(draw, beside);
    }
    if model.overlay.is_some() {
        // What lies under a box cannot be clicked, whether it is in sight or not.
        draw.targets.clear();
    }
    frame::bottom(draw, areas.message, areas.hints);
    let over = areas.over();
    match &model.overlay {
        Some(Overlay::Help { scroll }) => help::keys(draw, over, *scroll),
        Some(Overlay::Form(form)) => new_rental::form(draw, over, form),
        Some(Overlay::Cells { order, at }) => cells::cells(draw, over, *order, *at),
        Some(Overlay::Sort { at }) => sort::sorts(draw, over, *at),
        Some(Overlay::Filters { at }) => filters::saved(draw, over, *at),
        Some(Overlay::SaveFilter(name)) => filters::name(draw, over, name),
        Some(Overlay::Palette(palette)) => palette::palette(draw, over, palette),
        Some(Overlay::Raw(page)) => raw::raw(draw, over, page),
        Some(Overlay::Entry(page)) => entry::entry(draw, over, page),
        Some(Overlay::Log { up }) => log::log(draw, over, *up),
        Some(Overlay::Sheet(sheet)) => form::sheet(draw, over, sheet),
        Some(Overlay::Confirm(question)) => confirm::question(draw, over, question),
        Some(Overlay::Bulk(question)) => bulk::question(draw, over, question),
        Some(Overlay::Results { scroll }) => bulk::results(draw, over, *scroll),
        Some(Overlay::Quit) => quit::quit(draw, over),
        None => {}
    }
    std::mem::take(&mut draw.targets)
}
