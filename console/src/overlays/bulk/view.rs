//! Many orders at once: what will follow from all of them, and what became of each.

use crate::core::commands::Stage;
use crate::core::draw::Draw;
use crate::core::layout::Areas;
use crate::core::model::Model;
use crate::core::order_action::OrderAction;
use crate::core::overlay::Overlay;
use crate::core::target::Target;
use crate::i18n::{Message, Text};
use crate::input::{Action, Scope};
use crate::overlays::bulk::state::{Bulk, Step};
use crate::theme::Tone;
use crate::widgets::canvas::bullet;
use crate::widgets::fit::{Side, fit, grouped, width, wrap};
use crate::widgets::popup::{Popup, inner_width, lines_in, popup};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use rental_model::{Context, OrderId};

/// The cells for the count as it is typed.
const COUNT: usize = 6;

fn over(model: &Model) -> Rect {
    Areas::of(Rect::new(0, 0, model.width, model.height)).over()
}

/// How many lines of the question there is room for, and how far they can be scrolled.
pub(crate) fn question_room(model: &Model) -> (usize, usize) {
    let Some(Overlay::Bulk(bulk)) = &model.overlay else { return (0, 0) };
    let area = over(model);
    let room = lines_in(area);
    (room, question_lines(model, bulk, inner_width(area)).len().saturating_sub(room))
}

/// The question about the marked orders.
pub(crate) fn question(draw: &mut Draw, area: Rect, bulk: &Bulk) {
    let model = draw.model;
    let count = bulk.items.len();
    let (title, yes) = match bulk.order_action {
        OrderAction::Cancel => (Text::BulkCancelTitle, Text::BulkYesCancel),
        OrderAction::End => (Text::BulkEndTitle, Text::BulkYesEnd),
    };
    let title = if count == 0 { Text::BulkNoneTitle.into() } else { title.with("n", grouped(count as u64)) };
    let lines = question_lines(model, bulk, inner_width(area));
    let most = lines.len().saturating_sub(lines_in(area));
    let lines = lines.into_iter().skip(bulk.scroll.min(most)).collect();
    let (keys, cursor) = keys(draw, bulk, yes);
    let spans = keys.spans.iter().map(|span| width(&span.content)).collect::<Vec<_>>();
    let title = draw.say(&title);
    popup(draw, area, Popup { title, lines, keys });
    let line = draw.keys_line;
    let x = line.x + cursor;
    if count > 0 && x < line.right() && line.height > 0 {
        draw.frame.set_cursor_position(Position { x, y: line.y });
    }
    // Two spans each: the question and its field, yes, no.
    let cells = |spans: &[usize]| spans.iter().sum::<usize>();
    let before_no = cells(&spans[..spans.len() - 2]);
    draw.button(before_no, cells(&spans[spans.len() - 2..]), Target::No);
    if count > 0 {
        draw.button(cells(&spans[..2]), cells(&spans[2..4]), Target::Yes);
    }
}

/// Where the count is typed and which key says yes; and the cell of the cursor in it.
fn keys<'a>(draw: &Draw, bulk: &Bulk, yes: Text) -> (Line<'a>, u16) {
    let settings = &draw.model.settings;
    let label = |action| {
        let mut hints = draw.model.keymap.hints(Scope::Bulk);
        hints.find(|(_, here)| *here == action).map(|(chord, _)| chord.label(&settings.glyphs)).unwrap_or_default()
    };
    let mut spans = Vec::new();
    let mut cursor = 0;
    if !bulk.items.is_empty() {
        let ask = format!("{} ", draw.say(&Text::BulkType.with("n", bulk.items.len())));
        cursor = width(&ask) + bulk.typed.visual_cursor().min(COUNT - 1);
        let typed = fit(bulk.typed.value(), COUNT, Side::Left, "");
        spans.push(Span::styled(ask, settings.theme.strong));
        spans.push(Span::styled(typed, settings.theme.strong.add_modifier(Modifier::UNDERLINED)));
        spans.push(Span::styled(format!("  {}", label(Action::Yes)), settings.theme.key));
        spans.push(Span::raw(format!(" {}   ", draw.text(yes))));
    }
    spans.push(Span::styled(label(Action::Close), settings.theme.key));
    spans.push(Span::raw(format!(" {}", draw.text(Text::No))));
    (Line::from(spans), u16::try_from(cursor).unwrap_or(u16::MAX))
}

fn question_lines(model: &Model, bulk: &Bulk, wide: u16) -> Vec<Line<'static>> {
    let theme = &model.settings.theme;
    let mut lines = Vec::new();
    let marked = |order| model.rentals.get(order).filter(|_| model.rentals.is_marked(order));
    let now = bulk.changes(marked);
    let all = || bulk.asked_again.iter().chain(&now);
    if all().next().is_some() {
        lines.push(Line::styled(model.text(Text::ChangedSince), theme.strong));
        for (order, changes) in all() {
            let said: Vec<_> = changes.iter().map(|change| model.say(change)).collect();
            bullet(
                &mut lines,
                model.settings.glyphs.bullet,
                &model.say(&why(&order.to_string(), said.join(", "))),
                theme.warn,
                wide,
            );
        }
        if !bulk.asked_again.is_empty() {
            let parts = wrap(model.text(Text::BulkAskAgain), wide.into());
            lines.extend(parts.into_iter().map(|part| Line::styled(part, theme.warn)));
        }
        lines.push(Line::default());
    }
    if !bulk.items.is_empty() {
        lines.push(Line::styled(model.text(Text::Consequences), theme.strong));
        for message in follows(model, bulk) {
            bullet(&mut lines, model.settings.glyphs.bullet, &model.say(&message), Style::new(), wide);
        }
    }
    left_out(model, bulk, &mut lines, wide);
    lines
}

/// What follows from all of them together, one sentence each.
fn follows(model: &Model, bulk: &Bulk) -> Vec<Message> {
    let sums = bulk.sums();
    let mut follows = Vec::new();
    let count = |count: usize| grouped(count as u64);
    match bulk.order_action {
        OrderAction::End => follows.push(Text::SumNotRefund.into()),
        OrderAction::Cancel => {
            let won = Text::Money.with("won", grouped(sums.refund_won));
            follows.push(Text::SumRefund.with("won", won));
        }
    }
    let counted = [(Text::SumUncharged, sums.uncharged), (Text::SumUnknown, sums.unknown)];
    follows.extend(counted.into_iter().filter(|(_, n)| *n > 0).map(|(text, n)| text.with("n", count(n))));
    if sums.retrieved_units > 0 {
        follows.push(Text::SumRetrieve.with("n", grouped(sums.retrieved_units)));
    }
    if sums.called_off > 0 {
        follows.push(Text::SumCallOff.with("n", count(sums.called_off)));
    }
    for (text, stock) in [(Text::WillStock, &sums.stock_later), (Text::WillStockNow, &sums.stock_now)] {
        let product = |id| model.product_catalog.label(id);
        follows.extend(stock.iter().map(|(id, qty)| text.with("product", product(*id)).with("qty", grouped(*qty))));
    }
    if bulk.order_action == OrderAction::End {
        follows.push(Text::SumClose.into());
    }
    follows
}

/// The orders that are left out, those with the same reason together.
fn left_out(model: &Model, bulk: &Bulk, lines: &mut Vec<Line<'static>>, wide: u16) {
    if bulk.left_out.is_empty() {
        return;
    }
    if !lines.is_empty() {
        lines.push(Line::default());
    }
    let title = model.say(&Text::LeftOut.with("n", grouped(bulk.left_out.len() as u64)));
    lines.push(Line::styled(title, model.settings.theme.strong));
    let mut reasons: Vec<(&Message, Vec<OrderId>)> = Vec::new();
    for (order, why) in &bulk.left_out {
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, orders)) => orders.push(*order),
            None => reasons.push((why, vec![*order])),
        }
    }
    for (reason, orders) in reasons {
        let orders: Vec<_> = orders.iter().map(ToString::to_string).collect();
        let text = model.say(&why(&orders.join(", "), model.say(reason)));
        bullet(lines, model.settings.glyphs.bullet, &text, model.settings.theme.warn, wide);
    }
}

fn why(orders: &str, why: String) -> Message {
    Text::LeftOutWhy.with("orders", orders).with("why", why)
}

/// How many results there is room for, and how far they can be scrolled.
pub(crate) fn results_room(model: &Model) -> (usize, usize) {
    let room = lines_in(over(model));
    // A reason may take some lines: the last one can be scrolled to the top.
    let steps = model.run.as_ref().map_or(0, |run| run.steps.len());
    (room, if steps * 3 <= room { 0 } else { steps - 1 })
}

/// What became of each order of the last bulk action.
pub(crate) fn results(draw: &mut Draw, area: Rect, scroll: usize) {
    let model = draw.model;
    let Some(run) = &model.run else { return };
    let wide = inner_width(area);
    let (room, most) = results_room(model);
    let shown = run.steps.iter().skip(scroll.min(most)).take(room);
    let lines = shown.flat_map(|step| step_lines(draw, step, wide)).take(room).collect();
    let tally = run.tally();
    let what = if run.order_action == OrderAction::Cancel { Text::DoCancel } else { Text::DoEnd };
    let title = Text::ResultsTitle.with("what", what).with("accepted", grouped(tally.accepted as u64));
    let title = title.with("total", grouped(tally.total as u64));
    let hints = model.keymap.hints(Scope::Results).filter(|(_, action)| match action {
        Action::Retry => run.is_over() && run.is_open(),
        action => matches!(action, Action::Back | Action::Down),
    });
    let keys = hints.flat_map(|(chord, action)| {
        let key = Span::styled(chord.label(&model.settings.glyphs), model.settings.theme.key);
        [key, Span::styled(format!(" {}  ", model.text(action.text())), model.settings.theme.dim)]
    });
    let keys = keys.collect();
    let title = draw.say(&title);
    popup(draw, area, Popup { title, lines, keys });
}

fn step_lines<'a>(draw: &Draw, step: &Step, wide: u16) -> Vec<Line<'a>> {
    let glyphs = &draw.model.settings.glyphs;
    let seen = draw.model.link.seen(Context::Order);
    let (glyph, tone, message) = match &step.stage {
        None => (glyphs.bullet, Tone::Dim, Text::StepQueued.into()),
        Some(Stage::Sent) => (glyphs.waiting, Tone::Busy, Text::StepSent.into()),
        Some(Stage::Accepted(number)) if *number > seen => {
            (glyphs.done, Tone::Busy, Text::StepAccepted.with("number", *number))
        }
        Some(Stage::Accepted(number) | Stage::InView(number)) => {
            (glyphs.done, Tone::Good, Text::StepInView.with("number", *number))
        }
        Some(Stage::Done) => (glyphs.done, Tone::Good, Text::CommandDone.into()),
        Some(Stage::Refused(why)) => (glyphs.failed, Tone::Bad, Text::StepRefused.with("why", why.clone())),
        Some(Stage::Failed(why)) => (glyphs.failed, Tone::Bad, Text::StepFailed.with("why", why.clone())),
        Some(Stage::Gone(became)) => (glyphs.done, Tone::Warn, Text::Became.with("status", became.clone())),
        Some(Stage::Unsure) => ("?", Tone::Warn, Text::StepUnsure.into()),
    };
    let order = fit(&step.seen.order_id.to_string(), 7, Side::Right, glyphs.ellipsis);
    let parts = wrap(&draw.say(&message), usize::from(wide).saturating_sub(10));
    let line = |(place, part): (usize, String)| {
        let (order, glyph) = if place == 0 { (order.as_str(), glyph) } else { ("       ", " ") };
        Line::from_iter([Span::raw(format!("{order} ")), Span::styled(format!("{glyph} {part}"), draw.tone(tone))])
    };
    parts.into_iter().enumerate().map(line).collect()
}
