//! The buttons of a question.

use crate::core::draw::Draw;
use crate::core::target::Target;
use crate::i18n::Text;
use crate::input::{Action, Scope};
use crate::widgets::canvas::spans_width;
use crate::widgets::fit::width;
use ratatui::text::{Line, Span};

/// Notes where the drawn buttons are.
pub(crate) fn button_targets(draw: &mut Draw, yes: Option<Text>) {
    let spans = buttons(draw, yes).spans;
    let no = spans.first().map_or(0, |no| width(&no.content));
    draw.button(0, no, Target::No);
    if let Some([gap, yes @ ..]) = spans.get(1..) {
        draw.button(no + width(&gap.content), spans_width(yes), Target::Yes);
    }
}

/// `[ No ]` as Enter would press it, and the key that says yes.
pub(crate) fn buttons<'a>(draw: &Draw, yes: Option<Text>) -> Line<'a> {
    let settings = &draw.model.settings;
    let no = format!(" {} ", draw.text(Text::No));
    let mut spans = vec![Span::styled(no, settings.theme.button)];
    let keys = draw.model.keymap.hints(Scope::Confirm).find(|(_, action)| *action == Action::Yes);
    if let (Some(yes), Some((chord, _))) = (yes, keys) {
        spans.push(Span::raw("   "));
        spans.push(Span::styled(chord.label(&settings.glyphs), settings.theme.key));
        spans.push(Span::raw(format!(" {}", draw.text(yes))));
    }
    Line::from(spans)
}
