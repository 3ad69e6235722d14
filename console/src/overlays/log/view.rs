//! The program's own log, the newest at the bottom.

use crate::core::draw::Draw;
use crate::core::layout::Areas;
use crate::core::log::LogLine;
use crate::core::model::Model;
use crate::core::overlay::Overlay;
use crate::core::wording::time;
use crate::i18n::Text;
use crate::input::Scope;
use crate::theme::Tone;
use crate::widgets::popup::{Popup, inner_width, lines_in, popup};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use tracing::Level;

/// How many records are shown, and how far one can scroll up.
pub(crate) fn room(model: &Model) -> (usize, usize) {
    let room = lines_in(Areas::of(Rect::new(0, 0, model.width, model.height)).over());
    (room, model.log.lines().len().saturating_sub(room))
}

fn window(model: &Model, up: usize) -> impl Iterator<Item = &LogLine> {
    let (room, most) = room(model);
    let lines = model.log.lines();
    let end = lines.len() - up.min(most);
    lines.range(end.saturating_sub(room)..end)
}

fn text(model: &Model, line: &LogLine) -> String {
    format!("{} {:<5} {}  {}", time(model, line.at), line.level, line.target, line.message)
}

/// The records on the screen, as text.
pub(crate) fn shown(model: &Model) -> Vec<String> {
    let up = if let Some(Overlay::Log { up }) = model.overlay { up } else { 0 };
    window(model, up).map(|line| text(model, line)).collect()
}

pub(crate) fn log(draw: &mut Draw, area: Rect, up: usize) {
    let model = draw.model;
    let mut lines: Vec<_> = window(model, up)
        .map(|line| {
            let tone = match line.level {
                Level::ERROR => Tone::Bad,
                Level::WARN => Tone::Warn,
                Level::INFO => Tone::Plain,
                _ => Tone::Dim,
            };
            Line::styled(draw.cut(&text(model, line), inner_width(area)), draw.tone(tone))
        })
        .collect();
    if lines.is_empty() {
        lines.push(Line::styled(draw.text(Text::LogEmpty), draw.tone(Tone::Dim)));
    }
    let hints = model.keymap.hints(Scope::Log).take(2);
    let spans = hints.flat_map(|(chord, action)| {
        let what = format!(" {}  ", model.text(action.text()));
        [Span::styled(chord.label(&model.settings.glyphs), model.settings.theme.key), Span::raw(what)]
    });
    let keys = spans.collect();
    let title = draw.text(Text::LogTitle).to_owned();
    popup(draw, area, Popup { title, lines, keys });
}
