//! A box over the screen. In a small terminal it is the whole screen, without
//! a frame: the question must be there, the frame need not. What is wrong with
//! the shop stays in sight all the same.

use crate::widgets::canvas::{Canvas, row, spans_width};
use crate::widgets::fit::width;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear};

/// The header's line, where there is room for it.
const HEADER: u16 = 1;

/// The widest a box gets.
const WIDEST: u16 = 68;

/// What is in a box.
pub(crate) struct Popup<'a> {
    pub(crate) title: String,
    pub(crate) lines: Vec<Line<'a>>,
    /// What can be pressed; stays in sight whatever is cut off.
    pub(crate) keys: Line<'a>,
}

/// How many cells wide the lines of a box are.
pub(crate) fn inner_width(area: Rect) -> u16 {
    if is_small(area) { area.width } else { area.width.min(WIDEST).saturating_sub(4) }
}

/// How many lines a box shows at most.
pub(crate) fn lines_in(area: Rect) -> usize {
    usize::from(area.height).saturating_sub(if is_small(area) { 2 } else { 5 + usize::from(HEADER) })
}

const fn is_small(area: Rect) -> bool {
    area.width < 30 || area.height < 10
}

/// Draws the box; answers where its lines are.
pub(crate) fn popup(canvas: &mut Canvas, area: Rect, popup: Popup) -> Rect {
    let theme = canvas.theme;
    if is_small(area) {
        canvas.frame.render_widget(Clear, area);
        let mark = std::mem::take(&mut canvas.mark);
        let room = area.width.saturating_sub(u16::try_from(spans_width(&mark)).unwrap_or(u16::MAX));
        let title = canvas.cut(&popup.title, room);
        canvas.line(row(area, 0), Line::styled(title, theme.strong));
        canvas.line(Rect { x: area.x + room, width: area.width - room, ..row(area, 0) }, mark);
        canvas.keys_line = row(area, usize::from(area.height).saturating_sub(1).max(1));
        canvas.line(canvas.keys_line, popup.keys);
        let room = Rect { y: area.y + 1.min(area.height), height: area.height.saturating_sub(2), ..area };
        return lines(canvas, room, popup.lines);
    }
    // What the header says is hidden by nothing.
    let height = u16::try_from(popup.lines.len() + 5).unwrap_or(u16::MAX).min(area.height - HEADER);
    let box_width = area.width.min(WIDEST);
    let outer = Rect {
        x: area.x + (area.width - box_width) / 2,
        y: area.y + ((area.height - height) / 2).max(HEADER),
        width: box_width,
        height,
    };
    clear(canvas, outer);
    let title = canvas.cut(&popup.title, box_width.saturating_sub(6));
    let block = Block::bordered()
        .border_set(canvas.glyphs.border)
        .border_style(theme.border)
        .title(Line::styled(format!(" {title} "), theme.strong));
    canvas.frame.render_widget(block, outer);
    let inner = Rect { x: outer.x + 2, y: outer.y + 1, width: outer.width - 4, height: height - 2 };
    canvas.keys_line = row(inner, usize::from(inner.height) - 1);
    canvas.line(canvas.keys_line, popup.keys);
    let room = Rect { y: inner.y + 1, height: inner.height.saturating_sub(3), ..inner };
    lines(canvas, room, popup.lines)
}

/// Clears what is under the box, and the halves of wide characters that its sides cut.
fn clear(canvas: &mut Canvas, outer: Rect) {
    let buffer = canvas.frame.buffer_mut();
    if outer.x > 0 {
        for y in outer.top()..outer.bottom() {
            if let Some(cell) = buffer.cell_mut((outer.x - 1, y))
                && width(cell.symbol()) > 1
            {
                cell.set_symbol(" ");
            }
        }
    }
    canvas.frame.render_widget(Clear, outer);
}

fn lines(canvas: &mut Canvas, room: Rect, lines: Vec<Line>) -> Rect {
    for (place, line) in lines.into_iter().enumerate() {
        canvas.line(row(room, place), line);
    }
    room
}
