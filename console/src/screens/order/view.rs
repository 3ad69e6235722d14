//! One order: its fields, its steps, why it waits, and its history.

use crate::core::draw::Draw;
use crate::core::layout::Areas;
use crate::core::model::Model;
use crate::core::order_page::{OrderPage, Service};
use crate::core::steps;
use crate::core::steps::{State, Step};
use crate::core::wording::{date, time};
use crate::i18n::{Arg, Message, Text};
use crate::theme::{Tone, delivery_tone, payment_tone, status_tone};
use crate::widgets::canvas::row;
use crate::widgets::fit::{Side, fit, grouped, width, wrap};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use rental_model::Context;
use rental_model::totalview::{Entry, Row};

/// How many lines of history there is room for, and how far they can be scrolled.
pub(crate) fn room(model: &Model) -> (usize, usize) {
    let Some(page) = &model.opened else { return (0, 0) };
    room_in(model, page, Areas::of(Rect::new(0, 0, model.width, model.height)).page())
}

fn room_in(model: &Model, page: &OrderPage, area: Rect) -> (usize, usize) {
    let top = above(model, page, area.width).len();
    let room = usize::from(area.height).saturating_sub(top + 1).max(1);
    (room, page.timeline.0.len().saturating_sub(room))
}

/// The order in `area`, whether that is the screen or a part of it.
pub(crate) fn page(draw: &mut Draw, page: &OrderPage, area: Rect) {
    let model = draw.model;
    let summary = above(model, page, area.width);
    let top = summary.len();
    let is_fresh = model.link.is_live(model.now);
    let fade = |line: Line<'static>| if is_fresh { line } else { line.patch_style(model.settings.theme.faded) };
    for (place, line) in summary.into_iter().enumerate() {
        draw.line(row(area, place), fade(line));
    }
    draw.line(row(area, top), heads(model, area.width));
    let (room, most) = room_in(model, page, area);
    if page.timeline.0.is_empty() {
        let text = format!(" {}", draw.text(Text::TimelineEmpty));
        draw.line(row(area, top + 1), Line::styled(text, model.settings.theme.dim));
    }
    let first = page.scroll.min(most);
    for (place, index) in (first..page.timeline.0.len()).take(room).enumerate() {
        let before = index.checked_sub(1).and_then(|before| page.timeline.0.get(before));
        if let Some(entry) = page.timeline.0.get(index) {
            draw.line(row(area, top + 1 + place), fade(entry_line(model, entry, before, area.width)));
        }
    }
}

/// Everything above the history, whether anything is known of the order or not.
fn above(model: &Model, page: &OrderPage, wide: u16) -> Vec<Line<'static>> {
    if let Some(row) = model.rentals.get(page.order) {
        return summary(model, page, row, wide);
    }
    let theme = &model.settings.theme;
    let (message, style) = match &page.partial {
        Some(why) => (Text::OrderUnread.with("why", why.clone()), theme.bad),
        None => (Text::OrderAsked.into(), theme.dim),
    };
    let title = model.say(&Text::OrderTitle.with("order", page.order));
    let mut lines = vec![Line::styled(format!(" {title}"), theme.strong), Line::default()];
    let parts = wrap(&model.say(&message), usize::from(wide).saturating_sub(2));
    lines.extend(parts.into_iter().map(|part| Line::styled(format!(" {part}"), style)));
    lines.push(Line::default());
    lines
}

/// Everything above the history of an order that is known.
fn summary(model: &Model, page: &OrderPage, row: &Row, wide: u16) -> Vec<Line<'static>> {
    let theme = &model.settings.theme;
    let status = row.status();
    let word = format!(" {} {}", model.settings.glyphs.status(status), model.text(status.into()));
    let since = format!("  {}  {}", time(model, row.last_at), model.settings.language.age(model.age_ms(row.last_at)));
    let title = model.say(&Text::OrderTitle.with("order", row.order_id));
    let mut lines = vec![Line::from_iter([
        Span::styled(format!(" {title}"), theme.strong),
        Span::styled(format!(" {word}"), theme.tone(status_tone(status)).patch(theme.strong)),
        Span::styled(since, theme.dim),
    ])];
    lines.push(Line::default());
    lines.extend(fields(model, row, wide));
    lines.push(Line::default());
    lines.extend(step_lines(model, row, wide));
    let waits = waits(model, page, row);
    for (tone, message) in waits {
        let parts = wrap(&model.say(&message), usize::from(wide).saturating_sub(2));
        lines.extend(parts.into_iter().map(|part| Line::styled(format!(" {part}"), theme.tone(tone))));
    }
    if let Some(why) = &page.partial {
        let message = Text::TimelinePartial.with("why", why.clone());
        let parts = wrap(&model.say(&message), usize::from(wide).saturating_sub(2));
        lines.extend(parts.into_iter().map(|part| Line::styled(format!(" {part}"), theme.warn)));
    }
    lines.push(Line::default());
    lines
}

/// The fields, two to a line where there is room.
fn fields(model: &Model, row: &Row, wide: u16) -> Vec<Line<'static>> {
    let unknown = || String::from("-");
    let money = |won: rental_model::Won| model.say(&Text::Money.with("won", grouped(won.get())));
    let with = |word: Text, won: Option<rental_model::Won>| {
        let won = won.map(|won| format!(" {}", money(won))).unwrap_or_default();
        format!("{}{won}", model.text(word))
    };
    let paid = row.refunded.or(row.charged);
    let fields = [
        (Text::HeadProduct, row.product_id.map_or_else(unknown, |id| model.product_catalog.label(id)), Tone::Plain),
        (Text::HeadPayment, with(row.payment().into(), paid), payment_tone(row.payment())),
        (Text::FieldQty, row.qty.map_or_else(unknown, |qty| grouped(qty.get().into())), Tone::Plain),
        (Text::HeadDelivery, with(row.delivery().into(), None), delivery_tone(row.delivery())),
        (Text::FieldAmount, row.amount.map_or_else(unknown, money), Tone::Plain),
        (Text::FieldRequested, row.requested_at.map_or_else(unknown, |at| date(model, at)), Tone::Plain),
        (Text::FieldLast, model.text(row.last_event.into()).to_owned(), Tone::Plain),
        (Text::FieldReason, row.reason.clone().unwrap_or_else(unknown), Tone::Plain),
    ];
    let per_line = if wide >= 60 { 2 } else { 1 };
    let column = usize::from(wide).saturating_sub(2) / per_line;
    let (theme, ellipsis) = (&model.settings.theme, model.settings.glyphs.ellipsis);
    let title_width = 13.min(column / 2);
    let mut lines = Vec::new();
    for pair in fields.chunks(per_line) {
        let spans = pair.iter().flat_map(|(title, value, tone)| {
            let title = fit(model.text(*title), title_width, Side::Left, ellipsis);
            let value = fit(value, column.saturating_sub(title_width + 1), Side::Left, ellipsis);
            [Span::styled(format!(" {title}"), theme.dim), Span::styled(value, theme.tone(*tone))]
        });
        lines.push(spans.collect());
    }
    lines
}

/// The steps, done and to come, over as many lines as they need.
fn step_lines(model: &Model, row: &Row, wide: u16) -> Vec<Line<'static>> {
    let mut lines = vec![vec![Span::raw(" ")]];
    let mut used = 1;
    for step in steps::steps(row) {
        let (text, tone) = step_text(model, step);
        let cells = width(&text) + 3;
        if used + cells > usize::from(wide) && used > 1 {
            lines.push(vec![Span::raw(" ")]);
            used = 1;
        }
        used += cells;
        if let Some(line) = lines.last_mut() {
            line.extend([Span::styled(text, model.settings.theme.tone(tone)), Span::raw("   ")]);
        }
    }
    lines.into_iter().map(Line::from).collect()
}

fn step_text(model: &Model, step: Step) -> (String, Tone) {
    let glyphs = &model.settings.glyphs;
    let (glyph, tone) = match step.state {
        State::Done => (glyphs.done, Tone::Good),
        State::Waiting => (glyphs.waiting, Tone::Warn),
        State::Later => (glyphs.bullet, Tone::Dim),
        State::Skipped => ("-", Tone::Dim),
        State::Failed => (glyphs.failed, Tone::Bad),
    };
    (format!("{glyph} {}", model.text(step.text)), tone)
}

/// Whom the order waits for, for how long, and how those are.
fn waits(model: &Model, page: &OrderPage, row: &Row) -> Vec<(Tone, Message)> {
    let awaited = steps::awaited(row);
    if awaited.is_empty() {
        return vec![(Tone::Dim, Text::WaitsNothing.into())];
    }
    let age = Arg::Lasted(model.age_ms(row.last_at));
    let mut messages = Vec::new();
    for context in awaited {
        let waits = Text::WaitsFor.with("context", Text::from(context)).with("age", age.clone());
        messages.push((Tone::Warn, waits));
        messages.extend(page.services.get(&context).map(how));
    }
    messages
}

fn how(service: &Service) -> (Tone, Message) {
    match service {
        Service::Silent(why) => (Tone::Bad, Text::ServiceSilent.with("why", why.clone())),
        Service::Answers(status) => {
            let lag: u64 = status.positions.values().filter_map(|receiving| receiving.lag).fold(0, u64::saturating_add);
            if status.parked > 0 {
                (Tone::Bad, Text::ServiceParked.with("n", status.parked))
            } else if lag > 0 {
                (Tone::Warn, Text::ServiceBehind.with("n", lag))
            } else {
                (Tone::Dim, Text::ServiceBusy.into())
            }
        }
    }
}

/// The widths of the history's columns: number, time, after, event, by, because of.
const fn history_widths(wide: u16) -> [usize; 6] {
    match wide {
        0..60 => [0, 8, 0, 18, 0, 0],
        60..100 => [14, 8, 9, 18, 12, 10],
        _ => [16, 12, 9, 20, 16, 30],
    }
}

fn heads(model: &Model, wide: u16) -> Line<'static> {
    let heads = [Text::HeadNumber, Text::HeadTime, Text::HeadAfter, Text::HeadWhat, Text::HeadActor, Text::HeadCause];
    columns(model, wide, &heads.map(|head| model.head(head).to_owned())).style(model.settings.theme.head)
}

fn entry_line(model: &Model, entry: &Entry, before: Option<&Entry>, wide: u16) -> Line<'static> {
    let language = model.settings.language;
    let after = before.map(|before| format!("+{}", language.duration(entry.at.0.saturating_sub(before.at.0))));
    columns(
        model,
        wide,
        &[
            format!("{} {}", model.text(entry.source.into()), entry.number),
            time(model, entry.at),
            after.unwrap_or_default(),
            model.text(entry.event_type.into()).to_owned(),
            entry.actor.clone().unwrap_or_default(),
            entry.cause.as_deref().map(|cause| because(model, cause)).unwrap_or_default(),
        ],
    )
}

/// A cause as people read it: the event that led here, or that a person asked for it.
fn because(model: &Model, cause: &str) -> String {
    let event = cause.split_once(':').and_then(|(stream, number)| {
        let context = Context::DECIDERS.into_iter().find(|context| context.stream() == Some(stream))?;
        Some(format!("{} {number}", model.text(context.into())))
    });
    event.unwrap_or_else(|| cause.to_owned())
}

fn columns(model: &Model, wide: u16, texts: &[String; 6]) -> Line<'static> {
    let mut line = String::new();
    for (place, (text, cells)) in texts.iter().zip(history_widths(wide)).enumerate() {
        if cells > 0 {
            let side = if place == 2 { Side::Right } else { Side::Left };
            line.push(' ');
            line.push_str(&fit(text, cells, side, model.settings.glyphs.ellipsis));
        }
    }
    Line::raw(line)
}
