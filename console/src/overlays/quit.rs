//! Whether to leave the console.

use crate::core::buttons::{button_targets, buttons};
use crate::core::draw::Draw;
use crate::i18n::Text;
use crate::widgets::popup::{Popup, popup};
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Whether to leave the console.
pub(crate) fn quit(draw: &mut Draw, area: Rect) {
    let lines = vec![Line::raw(draw.text(Text::QuitBody))];
    let keys = buttons(draw, Some(Text::YesQuit));
    let title = draw.text(Text::QuitTitle).to_owned();
    popup(draw, area, Popup { title, lines, keys });
    button_targets(draw, Some(Text::YesQuit));
}
