//! The palette: what is typed, and what is found.

use crate::core::draw::Draw;
use crate::core::target::Target;
use crate::i18n::Text;
use crate::input::Scope;
use crate::overlays::palette::offers::offers;
use crate::overlays::palette::state::{Offer, Palette};
use crate::theme::Tone;
use crate::widgets::canvas::row;
use crate::widgets::field;
use crate::widgets::fit::{Side, fit, width};
use crate::widgets::popup::{Popup, inner_width, lines_in, popup};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

/// Before what is typed.
const PROMPT: &str = ": ";

pub(crate) fn palette(draw: &mut Draw, area: Rect, palette: &Palette) {
    let model = draw.model;
    let wide = inner_width(area);
    let offers = offers(model, palette);
    let at = palette.position(&offers);
    let room = lines_in(area).saturating_sub(1).max(1);
    let skipped = (at + 1).saturating_sub(room);
    let cells = usize::from(wide).saturating_sub(PROMPT.len() + 1);
    let scroll = palette.input.visual_scroll(cells);
    let typed = fit(&field::scrolled(palette.input.value(), scroll), cells, Side::Left, "");
    let strong = model.settings.theme.strong;
    let typed = [
        Span::styled(PROMPT, model.settings.theme.key),
        Span::styled(typed, strong.add_modifier(Modifier::UNDERLINED)),
    ];
    let mut lines = vec![Line::from_iter(typed)];
    let shown = offers.iter().enumerate().skip(skipped).take(room);
    lines.extend(shown.map(|(place, offer)| line(draw, offer, place == at, wide)));
    if offers.is_empty() {
        lines.push(Line::styled(format!("  {}", draw.text(Text::PaletteNothing)), model.settings.theme.dim));
    }
    // The box keeps its height while one types.
    lines.resize(lines.len().max(lines_in(area)), Line::default());
    let keys = model.keymap.hints(Scope::Palette).flat_map(|(chord, action)| {
        let key = Span::styled(chord.label(&model.settings.glyphs), model.settings.theme.key);
        [key, Span::styled(format!(" {}  ", model.text(action.text())), model.settings.theme.dim)]
    });
    let keys = keys.collect();
    let title = draw.text(Text::PaletteTitle).to_owned();
    let inner = popup(draw, area, Popup { title, lines, keys });
    for (place, offer) in offers.iter().skip(skipped).take(room).enumerate() {
        draw.target(row(inner, place + 1), Target::Offer(offer.choice.clone()));
    }
    let here = row(inner, 0);
    let cursor = PROMPT.len() + palette.input.visual_cursor().saturating_sub(scroll);
    let x = here.x + u16::try_from(cursor).unwrap_or(u16::MAX);
    if here.height > 0 && x < here.right() {
        draw.frame.set_cursor_position(Position { x, y: here.y });
    }
}

/// A choice: its name, and its keys or why it cannot be done.
fn line<'a>(draw: &Draw, offer: &Offer, is_chosen: bool, wide: u16) -> Line<'a> {
    let settings = &draw.model.settings;
    let (theme, glyphs) = (&settings.theme, &settings.glyphs);
    let mark = if is_chosen { glyphs.cursor } else { " " };
    let name = draw.cut(&draw.say(&offer.name), wide.saturating_sub(2));
    let (beside, style) = match &offer.denied {
        Some(why) => (draw.say(why), draw.tone(Tone::Warn)),
        None => (offer.keys.clone(), theme.key),
    };
    let name_style = match (is_chosen, &offer.denied) {
        (true, _) => theme.strong,
        (false, Some(_)) => theme.dim,
        (false, None) => Style::new(),
    };
    let free = usize::from(wide).saturating_sub(width(&name) + 4);
    let beside = fit(&beside, free, Side::Right, glyphs.ellipsis);
    Line::from_iter([
        Span::raw(format!("{mark} ")),
        Span::styled(name, name_style),
        Span::raw("  "),
        Span::styled(beside, style),
    ])
}
