//! The questions: what will follow, what has changed, and No in focus.

use crate::core::buttons::{button_targets, buttons};
use crate::core::commands::Stage;
use crate::core::draw::Draw;
use crate::core::order_action::{OrderAction, changes, consequences, denied};
use crate::i18n::Text;
use crate::input::{Action, Scope};
use crate::overlays::confirm::state::Confirm;
use crate::theme::Tone;
use crate::widgets::canvas::bullet;
use crate::widgets::fit::grouped;
use crate::widgets::popup::{Popup, inner_width, popup};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
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
