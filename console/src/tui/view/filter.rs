//! The line above a list: its state, how much of it is shown, and the filter.

use super::Draw;
use super::canvas::Canvas;
use super::field::scrolled;
use crate::tui::fit::width;
use crate::tui::i18n::{Message, Text};
use crate::tui::keymap::{Action, Scope};
use crate::tui::screen::Screen;
use crate::tui::theme::Tone;
use ratatui::layout::{Position, Rect};
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

/// The filter while it is typed, in the place of the hints.
pub(crate) fn typing(draw: &mut Draw, area: Rect, input: &Input) {
    let settings = &draw.model.settings;
    let title = format!(" {}: ", draw.text(Text::Filter));
    let keys = [(Action::Submit, Text::FilterKeep), (Action::Close, Text::FilterClear)];
    let has_saved = !settings.filters.is_empty() && draw.model.screen == Screen::Rentals;
    let keys = keys.into_iter().chain(has_saved.then_some((Action::PickFilter, Text::DoPickFilter)));
    let keys = keys.map(|(action, what)| format!("  {} {}", draw.model.key(Scope::Filter, action), draw.text(what)));
    let taken = width(&title);
    let room = usize::from(area.width).saturating_sub(taken + 1);
    let scroll = input.visual_scroll(room);
    let shown = scrolled(input.value(), scroll);
    let shown = draw.cut(&shown, u16::try_from(room).unwrap_or(0));
    let x = area.x + u16::try_from(taken + input.visual_cursor().saturating_sub(scroll)).unwrap_or(u16::MAX);
    let strong = settings.theme.strong;
    let spans = [
        Span::styled(title, settings.theme.key),
        Span::styled(shown, strong.add_modifier(Modifier::UNDERLINED)),
        Span::styled(keys.collect::<String>(), settings.theme.dim),
    ];
    draw.line(area, Vec::from(spans));
    if area.height > 0 && x < area.right() {
        draw.frame.set_cursor_position(Position { x, y: area.y });
    }
}
