//! The saved filters, and the name of one that is to be saved.

use crate::core::draw::Draw;
use crate::i18n::Text;
use crate::input::{Action, Scope};
use crate::theme::Tone;
use crate::widgets::canvas::row;
use crate::widgets::field;
use crate::widgets::popup::{Popup, inner_width, lines_in, popup};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use tui_input::Input;

/// The saved filters to pick one of.
pub(crate) fn saved(draw: &mut Draw, area: Rect, at: usize) {
    let settings = &draw.model.settings;
    let wide = inner_width(area);
    let skipped = (at + 1).saturating_sub(lines_in(area).max(1));
    let filters = settings.filters.iter().enumerate().skip(skipped);
    let lines = filters.map(|(place, (name, filter))| {
        let is_chosen = place == at;
        let (mark, style) =
            if is_chosen { (settings.glyphs.cursor, settings.theme.strong) } else { (" ", Style::new()) };
        Line::styled(draw.cut(&format!("{mark} {name}: {filter}"), wide), style)
    });
    let (lines, keys) = (lines.collect(), keys(draw, Scope::Pick, &[Action::Choose, Action::Close]));
    let title = draw.text(Text::SavedTitle).to_owned();
    popup(draw, area, Popup { title, lines, keys });
}

/// The name, and the filter it is for.
pub(crate) fn name(draw: &mut Draw, area: Rect, name: &Input) {
    let wide = inner_width(area);
    let lines = vec![
        field::typed(draw, Text::FieldName, name, true, ("", Tone::Dim), wide),
        Line::styled(draw.cut(&format!("  {}", draw.model.search.input.value()), wide), draw.tone(Tone::Dim)),
    ];
    let keys = keys(draw, Scope::Form, &[Action::Submit, Action::Close]);
    let title = draw.text(Text::SaveTitle).to_owned();
    let room = popup(draw, area, Popup { title, lines, keys });
    field::place_cursor(draw, row(room, 0), name, wide);
}

fn keys<'a>(draw: &Draw, scope: Scope, actions: &[Action]) -> Line<'a> {
    let theme = &draw.model.settings.theme;
    let spans = actions.iter().flat_map(|action| {
        let key = Span::styled(draw.model.key(scope, *action), theme.key);
        // A name is not sent to anyone.
        let what = if *action == Action::Submit { Text::SaveIt } else { action.text() };
        [key, Span::styled(format!(" {}  ", draw.text(what)), theme.dim)]
    });
    spans.collect()
}
