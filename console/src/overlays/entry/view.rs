//! The entry with its command and what came of it.

use crate::core::draw::Draw;
use crate::core::entry::{asked, result};
use crate::core::layout::Areas;
use crate::core::model::Model;
use crate::core::wording::date;
use crate::i18n::Text;
use crate::input::{Action, Scope};
use crate::overlays::entry::state::EntryPage;
use crate::widgets::fit::pieces;
use crate::widgets::popup::{Popup, inner_width, lines_in, popup};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use rental_bus::commands::Outcome;
use serde_json::Value;

/// One entry, whole.
pub(crate) fn entry(draw: &mut Draw, area: Rect, page: &EntryPage) {
    let model = draw.model;
    let lines = lines(model, page, inner_width(area)).into_iter().skip(page.scroll).map(Line::raw).collect();
    let hints =
        model.keymap.hints(Scope::Entry).filter(|(_, action)| matches!(action, Action::Back | Action::OpenOrder));
    let spans = hints.flat_map(|(chord, action)| {
        let what = format!(" {}  ", model.text(action.text()));
        [Span::styled(chord.label(&model.settings.glyphs), model.settings.theme.key), Span::raw(what)]
    });
    let keys = spans.collect();
    let title = Text::EntryTitle.with("number", page.entry.number).with("context", Text::from(page.context));
    let title = draw.say(&title);
    popup(draw, area, Popup { title, lines, keys });
}

fn lines(model: &Model, page: &EntryPage, wide: u16) -> Vec<String> {
    let entry = &page.entry;
    let (result, _) = result(model, &entry.outcome);
    let stream = page.context.stream().unwrap_or_default();
    let code = if let Outcome::Refused { code, .. } = entry.outcome { Some(u16::from(code).to_string()) } else { None };
    let fields = [
        (Text::FieldWhen, Some(date(model, entry.at))),
        (Text::HeadWho, entry.actor.clone()),
        (Text::HeadAsked, Some(model.say(&asked(page.context, entry)))),
        (Text::HeadResult, Some(result)),
        (Text::FieldCode, code),
        (Text::FieldEvent, entry.outcome.event().map(|event| format!("{stream}:{event}"))),
        (Text::FieldRequestId, entry.request_id.clone()),
        (Text::FieldBody, Some(format!("{} {}", entry.endpoint, body(&entry.body)))),
    ];
    let known = fields.into_iter().filter_map(|(name, value)| Some(format!("{}: {}", model.text(name), value?)));
    let mut told: Vec<_> = known.collect();
    if entry.is_restored {
        told.extend([String::new(), model.text(Text::EntryRestored).to_owned()]);
    }
    told.iter().flat_map(|line| pieces(line, wide.into())).collect()
}

fn body(body: &Value) -> String {
    match body {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// How many lines of an entry there is room for, and how far they can be scrolled.
pub(crate) fn room(model: &Model, page: &EntryPage) -> (usize, usize) {
    let over = Areas::of(Rect::new(0, 0, model.width, model.height)).over();
    let room = lines_in(over);
    (room, lines(model, page, inner_width(over)).len().saturating_sub(room))
}
