//! What everything is drawn on: a frame, and how things look. It knows no model.

use crate::i18n::{Language, Message, Text};
use crate::theme::{Glyphs, Theme, Tone};
use crate::widgets::fit::{cut, width, wrap};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// What drawing needs at hand.
pub(crate) struct Canvas<'a, 'f, 'b> {
    pub(crate) frame: &'f mut Frame<'b>,
    pub(crate) theme: &'a Theme,
    pub(crate) glyphs: &'a Glyphs,
    pub(crate) language: Language,
    /// Times are shown in UTC, since no other zone is known.
    pub(crate) is_utc: bool,
    /// What is shown is known to be as it is.
    pub(crate) is_fresh: bool,
    /// What is wrong, as short as can be: for a box that hides the header.
    pub(crate) mark: Vec<Span<'static>>,
    /// The last line of the box, where its buttons are.
    pub(crate) keys_line: Rect,
}

impl Canvas<'_, '_, '_> {
    pub(crate) fn text(&self, text: Text) -> &'static str {
        self.language.text(text)
    }

    pub(crate) fn say(&self, message: &Message) -> String {
        self.language.say(message)
    }

    pub(crate) fn tone(&self, tone: Tone) -> Style {
        self.theme.tone(tone)
    }

    /// The head of a column; over times in no known zone it says that they are UTC.
    pub(crate) fn head(&self, text: Text) -> &'static str {
        self.language.text(head(text, self.is_utc))
    }

    /// Draws one line of spans, cut to the area.
    pub(crate) fn line<'s>(&mut self, area: Rect, spans: impl Into<Line<'s>>) {
        if area.height > 0 {
            self.frame.render_widget(spans.into(), Rect { height: 1, ..area });
        }
    }

    /// Text cut to `cells`.
    pub(crate) fn cut(&self, text: &str, cells: u16) -> String {
        cut(text, cells.into(), self.glyphs.ellipsis)
    }

    /// Adds a sentence, over as many lines as it needs.
    pub(crate) fn wrap(&self, lines: &mut Vec<Line>, message: &Message, style: Style, wide: u16) {
        lines.extend(wrap(&self.say(message), wide.into()).into_iter().map(|part| Line::styled(part, style)));
    }
}

/// Adds a sentence behind a bullet, over as many lines as it needs.
pub(crate) fn bullet(lines: &mut Vec<Line>, glyph: &str, text: &str, style: Style, wide: u16) {
    for (place, part) in wrap(text, usize::from(wide).saturating_sub(2)).into_iter().enumerate() {
        let mark = if place == 0 { glyph } else { " " };
        lines.push(Line::styled(format!("{mark} {part}"), style));
    }
}

/// The head over times, which says so if they are UTC.
pub(crate) fn head(text: Text, is_utc: bool) -> Text {
    if is_utc && text == Text::HeadTime { Text::HeadTimeUtc } else { text }
}

/// The line `row` lines down in `area`; without height if it is below its end.
pub(crate) fn row(area: Rect, row: usize) -> Rect {
    let row = u16::try_from(row).unwrap_or(u16::MAX).min(area.height);
    Rect { y: area.y + row, height: (area.height - row).min(1), ..area }
}

/// A sentence in the place of what is not there.
pub(crate) fn empty(canvas: &mut Canvas, area: Rect, message: &Message) {
    let text = Paragraph::new(canvas.say(message)).style(canvas.tone(Tone::Dim)).centered();
    let middle = Rect { y: area.y + area.height / 3, height: area.height - area.height / 3, ..area };
    canvas.frame.render_widget(text.wrap(Wrap { trim: true }), middle);
}

/// The spans' width in cells.
pub(crate) fn spans_width(spans: &[Span]) -> usize {
    spans.iter().map(|span| width(&span.content)).sum()
}
