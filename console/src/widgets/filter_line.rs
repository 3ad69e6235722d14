//! The line above a list: its state, how much of it is shown, and the filter.

use crate::i18n::{Message, Text};
use crate::theme::Tone;
use crate::widgets::canvas::Canvas;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;
use tui_input::Input;

/// A list's state and its filter, a chip for each of its terms, in one line.
pub(crate) fn line(canvas: &mut Canvas, area: Rect, filter: &Input, state: (&Message, Tone), count: &Message) {
    let glyphs = canvas.glyphs;
    let mut spans = vec![
        Span::styled(format!(" {}", canvas.say(state.0)), canvas.tone(state.1)),
        Span::styled(format!(" {} {}", glyphs.separator, canvas.say(count)), canvas.tone(Tone::Dim)),
    ];
    if !filter.value().is_empty() {
        spans.push(Span::raw(format!(" {} {}:", glyphs.separator, canvas.text(Text::Filter))));
        let chips = filter.value().split_whitespace().map(|term| format!("[{term}]"));
        let strong = Style::new().add_modifier(Modifier::BOLD);
        spans.extend(chips.flat_map(|chip| [Span::raw(" "), Span::styled(chip, strong)]));
    }
    canvas.line(area, spans);
}
