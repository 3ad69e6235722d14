//! A field of a form: its title, what is typed, and what stands beside it.

use crate::i18n::Text;
use crate::theme::Tone;
use crate::widgets::canvas::Canvas;
use crate::widgets::fit::{Side, fit, width};
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use tui_input::Input;

/// The widest a field's own text is shown.
const FIELD: u16 = 24;

/// The cells before a field: its title and the mark of the focus.
pub(crate) const fn title_width(wide: u16) -> u16 {
    if wide < 40 { 10 } else { 14 }
}

pub(crate) fn field_width(wide: u16) -> u16 {
    wide.saturating_sub(title_width(wide)).min(FIELD)
}

/// The line of a field with what is typed into it.
pub(crate) fn typed<'a>(
    canvas: &Canvas,
    title: Text,
    input: &Input,
    is_focused: bool,
    beside: (&str, Tone),
    wide: u16,
) -> Line<'a> {
    let cells = usize::from(field_width(wide));
    let shown = scrolled(input.value(), input.visual_scroll(cells.saturating_sub(1)));
    line(canvas, title, &shown, is_focused, beside, wide)
}

/// The line of a field that shows `content`.
pub(crate) fn line<'a>(
    canvas: &Canvas,
    title: Text,
    content: &str,
    is_focused: bool,
    (beside, tone): (&str, Tone),
    wide: u16,
) -> Line<'a> {
    let (theme, glyphs) = (canvas.theme, canvas.glyphs);
    let mark = if is_focused { glyphs.cursor } else { " " };
    let titles = usize::from(title_width(wide)) - 3;
    let title = fit(canvas.text(title), titles, Side::Left, glyphs.ellipsis);
    let cells = usize::from(field_width(wide));
    let shown = fit(content, cells, Side::Left, "");
    let style = if is_focused { theme.strong.add_modifier(Modifier::UNDERLINED) } else { theme.strong };
    let room = usize::from(wide).saturating_sub(titles + 3 + cells + 1);
    let beside = canvas.cut(beside, u16::try_from(room).unwrap_or(0));
    Line::from_iter([
        Span::raw(format!("{mark} {title} ")),
        Span::styled(shown, style),
        Span::raw(" "),
        Span::styled(beside, canvas.tone(tone)),
    ])
}

/// Puts the real cursor where the next letter goes: the input method draws its preedit there.
pub(crate) fn place_cursor(canvas: &mut Canvas, line: Rect, input: &Input, wide: u16) {
    let scroll = input.visual_scroll(field_width(wide).saturating_sub(1).into());
    let typed = input.visual_cursor().saturating_sub(scroll);
    let x = line.x + title_width(wide) + u16::try_from(typed).unwrap_or(0);
    if line.height > 0 && x < line.right() {
        canvas.frame.set_cursor_position(Position { x, y: line.y });
    }
}

/// The text without its first `cells` cells.
pub(crate) fn scrolled(text: &str, cells: usize) -> String {
    let mut skipped = 0;
    text.chars()
        .skip_while(|c| {
            let is_out = skipped < cells;
            skipped += width(c.encode_utf8(&mut [0; 4]));
            is_out
        })
        .collect()
}
