//! The message with its bytes.

use crate::core::draw::Draw;
use crate::core::layout::Areas;
use crate::core::model::Model;
use crate::core::wording::parked_message;
use crate::core::workers::payload;
use crate::i18n::Text;
use crate::input::Scope;
use crate::overlays::raw::state::RawPage;
use crate::widgets::fit::{grouped, pieces};
use crate::widgets::popup::{Popup, inner_width, lines_in, popup};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// A parked message, byte for byte.
pub(crate) fn raw(draw: &mut Draw, area: Rect, page: &RawPage) {
    let model = draw.model;
    let lines = raw_lines(model, page, inner_width(area)).into_iter().skip(page.scroll).map(Line::raw).collect();
    let hint = model.keymap.hints(Scope::Help).next();
    let keys = hint.map(|(chord, action)| {
        let settings = &model.settings;
        Line::from_iter([
            Span::styled(chord.label(&settings.glyphs), settings.theme.key),
            Span::raw(format!(" {}", model.text(action.text()))),
        ])
    });
    let title = Text::RawTitle.with("context", Text::from(page.context)).with("id", page.item.id);
    let title = draw.say(&title);
    popup(draw, area, Popup { title, lines, keys: keys.unwrap_or_default() });
}

fn raw_lines(model: &Model, page: &RawPage, wide: u16) -> Vec<String> {
    let item = &page.item;
    let (bytes, more) = payload(item);
    let mut told = vec![
        format!("{}: {}", model.text(Text::HeadMessage), parked_message(model, item)),
        format!("{}: {}", model.text(Text::HeadSubject), item.subject),
        format!("{}: {}", model.text(Text::HeadReason), item.reason),
    ];
    told.extend(item.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    told.extend([String::new(), bytes]);
    if more > 0 {
        told.push(model.say(&Text::RawMore.with("n", grouped(more as u64))));
    }
    told.iter().flat_map(|line| pieces(line, wide.into())).collect()
}

/// How many lines of a raw message there is room for, and how far they can be scrolled.
pub(crate) fn raw_room(model: &Model, page: &RawPage) -> (usize, usize) {
    let over = Areas::of(Rect::new(0, 0, model.width, model.height)).over();
    let room = lines_in(over);
    (room, raw_lines(model, page, inner_width(over)).len().saturating_sub(room))
}
