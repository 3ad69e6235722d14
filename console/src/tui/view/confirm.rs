//! The questions: what will follow, what has changed, and No in focus.

use super::canvas::bullet;
use super::popup::{Popup, inner_width, popup};
use super::{Draw, Target, spans_width};
use crate::tui::commands::Stage;
use crate::tui::confirm::{Confirm, OrderAction, changes, consequences, denied};
use crate::tui::fit::{grouped, width};
use crate::tui::i18n::Text;
use crate::tui::keymap::{Action, Scope};
use crate::tui::theme::Tone;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use rental_model::totalview::Row;

/// The question before a cancellation or the end of a rental.
pub(crate) fn question(draw: &mut Draw, area: Rect, question: &Confirm) {
    let model = draw.model;
    let now = model.rentals.get(question.order).unwrap_or(&question.seen);
    let wide = inner_width(area);
    let mut lines = vec![Line::raw(draw.cut(&summary(draw, now), wide)), Line::default()];
    let product = now.product_id.map(|id| model.product_catalog.label(id)).unwrap_or_default();
    lines.push(Line::styled(draw.text(Text::Consequences), model.settings.theme.strong));
    for follow in consequences(question.order_action, now, &product) {
        bullet(&mut lines, model.settings.glyphs.bullet, &model.say(&follow), Style::new(), wide);
    }
    lines.extend(warnings(draw, question, now, wide));
    let (title, yes) = match question.order_action {
        OrderAction::Cancel => (Text::CancelTitle, Text::YesCancel),
        OrderAction::End => (Text::EndTitle, Text::YesEnd),
    };
    let is_over = denied(question.order_action, now).is_some();
    let yes = match question.stage {
        None if is_over => None,
        None => Some(yes),
        Some(Stage::Unsure | Stage::Failed(_)) => Some(Text::YesRetry),
        Some(_) => None,
    };
    let keys = buttons(draw, yes);
    let title = draw.say(&title.with("order", question.order));
    popup(draw, area, Popup { title, lines, keys });
    button_targets(draw, yes);
}

/// Whether to leave the console.
pub(crate) fn quit(draw: &mut Draw, area: Rect) {
    let lines = vec![Line::raw(draw.text(Text::QuitBody))];
    let keys = buttons(draw, Some(Text::YesQuit));
    let title = draw.text(Text::QuitTitle).to_owned();
    popup(draw, area, Popup { title, lines, keys });
    button_targets(draw, Some(Text::YesQuit));
}

/// The order in one line.
fn summary(draw: &Draw, row: &Row) -> String {
    let model = draw.model;
    let glyphs = &model.settings.glyphs;
    let product = row.product_id.map(|id| model.product_catalog.label(id)).unwrap_or_default();
    let qty = row.qty.map(|qty| format!("{} {qty}", draw.text(Text::FieldQty))).unwrap_or_default();
    let fee = row.amount.map(|won| draw.say(&Text::Money.with("won", grouped(won.get())))).unwrap_or_default();
    let status = format!("{} {}", glyphs.status(row.status()), draw.text(row.status().into()));
    let parts = [status, product, qty, fee];
    let parts: Vec<_> = parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect();
    parts.join(&format!(" {} ", glyphs.separator))
}

/// What has changed, and what became of the command.
fn warnings<'a>(draw: &Draw, question: &Confirm, now: &Row, wide: u16) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let mut changed = question.asked_again.clone();
    changed.extend(changes(&question.seen, now));
    if !changed.is_empty() {
        let warn = draw.tone(Tone::Warn);
        lines.push(Line::default());
        lines.push(Line::styled(draw.text(Text::ChangedSince), draw.model.settings.theme.strong));
        for change in &changed {
            bullet(&mut lines, draw.glyphs.bullet, &draw.say(change), warn, wide);
        }
        if !question.asked_again.is_empty() && question.stage.is_none() {
            draw.wrap(&mut lines, &Text::AskAgain.into(), warn, wide);
        }
    }
    if let (None, Some(why)) = (&question.stage, denied(question.order_action, now)) {
        lines.push(Line::default());
        draw.wrap(&mut lines, &why, draw.tone(Tone::Bad), wide);
    }
    let issued = question.stage.as_ref().and_then(|_| draw.model.commands.find(&question.request_id));
    if let Some(issued) = issued {
        let tone = match issued.stage {
            Stage::Refused(_) | Stage::Failed(_) => Tone::Bad,
            Stage::Unsure | Stage::Gone(_) => Tone::Warn,
            _ => Tone::Busy,
        };
        lines.push(Line::default());
        let yes_key = draw.model.key(Scope::Confirm, Action::Yes);
        draw.wrap(&mut lines, &issued.message(&yes_key), draw.tone(tone), wide);
    }
    lines
}

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
