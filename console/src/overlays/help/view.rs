//! The keys, all of them, from the keymap itself.

use crate::core::draw::Draw;
use crate::core::layout::Areas;
use crate::core::model::Model;
use crate::i18n::Text;
use crate::input::Scope;
use crate::widgets::fit::{Side, fit};
use crate::widgets::popup::{Popup, inner_width, lines_in, popup};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The cells for the keys.
const KEYS: usize = 20;

/// How many lines of help there is room for, and how far they can be scrolled.
pub(crate) fn room(model: &Model) -> (usize, usize) {
    let over = Areas::of(Rect::new(0, 0, model.width, model.height)).over();
    let room = lines_in(over);
    (room, lines(model, inner_width(over)).len().saturating_sub(room))
}

pub(crate) fn keys(draw: &mut Draw, area: Rect, scroll: usize) {
    let model = draw.model;
    let lines: Vec<_> = lines(model, inner_width(area)).into_iter().skip(scroll).collect();
    let hints = model.keymap.hints(Scope::Help).take(1);
    let spans = hints.flat_map(|(chord, action)| {
        let what = format!(" {}  ", model.text(action.text()));
        [Span::styled(chord.label(&model.settings.glyphs), model.settings.theme.key), Span::raw(what)]
    });
    let keys = spans.collect();
    let title = draw.text(Text::HelpTitle).to_owned();
    popup(draw, area, Popup { title, lines, keys });
}

fn lines<'a>(model: &Model, wide: u16) -> Vec<Line<'a>> {
    let settings = &model.settings;
    let keys_width = KEYS.min(usize::from(wide) / 2);
    let mut lines = Vec::new();
    for (scope, title) in Scope::SHOWN {
        lines.push(Line::styled(model.text(title), settings.theme.strong));
        for binding in model.keymap.of(scope) {
            let labels: Vec<_> = binding.chords.iter().map(|chord| chord.label(&settings.glyphs)).collect();
            let keys = fit(&labels.join(" "), keys_width, Side::Left, settings.glyphs.ellipsis);
            let what = format!(" {}", model.text(binding.action.text()));
            lines.push(Line::from_iter([Span::styled(keys, settings.theme.key), Span::raw(what)]));
        }
        lines.push(Line::default());
    }
    lines.pop();
    lines
}
