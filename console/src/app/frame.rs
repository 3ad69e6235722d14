//! The frame around every screen: tabs, counters, message, hints. The header has a file of its own.

use crate::core::draw::Draw;
use crate::core::health::Health;
use crate::core::link::{Freshness, View};
use crate::core::listing::Reach;
use crate::core::model::Model;
use crate::core::wording::names;
use crate::i18n::{Message, Text, message};
use crate::input::{Action, Scope, Screen};
use crate::screens::rentals::chips::totals;
use crate::theme::Tone;
use crate::widgets::canvas::spans_width;
use crate::widgets::field::scrolled;
use crate::widgets::fit::{grouped, width};
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::Span;
use rental_model::Context;
use tui_input::Input;

/// The filter while it is typed, in the place of the hints.
pub(crate) fn typing(draw: &mut Draw, area: Rect, input: &Input) {
    let settings = &draw.model.settings;
    let title = format!(" {}: ", draw.text(Text::Filter));
    let keys = [(Action::Submit, Text::FilterKeep), (Action::Close, Text::FilterClear)];
    let has_saved = !settings.filters.is_empty() && draw.model.screen == Screen::Rentals;
    let keys = keys.into_iter().chain(has_saved.then_some((Action::PickFilter, Text::DoPickFilter)));
    let keys = keys.map(|(action, what)| format!("  {} {}", draw.model.key(Scope::Filter, action), draw.text(what)));
    let taken = width(&title);
    let room = usize::from(area.width).saturating_sub(taken + 1);
    let scroll = input.visual_scroll(room);
    let shown = scrolled(input.value(), scroll);
    let shown = draw.cut(&shown, u16::try_from(room).unwrap_or(0));
    let x = area.x + u16::try_from(taken + input.visual_cursor().saturating_sub(scroll)).unwrap_or(u16::MAX);
    let strong = settings.theme.strong;
    let spans = [
        Span::styled(title, settings.theme.key),
        Span::styled(shown, strong.add_modifier(Modifier::UNDERLINED)),
        Span::styled(keys.collect::<String>(), settings.theme.dim),
    ];
    draw.line(area, Vec::from(spans));
    if area.height > 0 && x < area.right() {
        draw.frame.set_cursor_position(Position { x, y: area.y });
    }
}

/// The screens, and the place in this one.
pub(crate) fn tabs(draw: &mut Draw, area: Rect) {
    let model = draw.model;
    let theme = &model.settings.theme;
    let mut left = Vec::new();
    for screen in Screen::ALL {
        let key = model.key(Scope::Global, Action::Go(screen));
        let (open, close, style) =
            if screen == model.screen { ("[", "]", theme.strong) } else { (" ", " ", theme.dim) };
        let tab = Span::styled(format!("{open}{key} {}{close}", draw.text(screen.title())), style);
        target(draw, area, spans_width(&left), width(&tab.content), Action::Go(screen));
        left.push(tab);
    }
    if let Some(page) = model.opened.as_ref().filter(|_| model.screen == Screen::Rentals) {
        let title = draw.say(&Text::OrderTitle.with("order", page.order));
        left.push(Span::styled(format!(" {} {title}", model.settings.glyphs.more_right), theme.strong));
    }
    let place = place(model);
    let room = usize::from(area.width).saturating_sub(spans_width(&left));
    let padding = room.saturating_sub(width(&place) + 1);
    left.push(Span::styled(format!("{}{place}", " ".repeat(padding)), theme.dim));
    draw.line(area, left);
}

/// `24 of 1,302`
fn place(model: &Model) -> String {
    if model.screen != Screen::Rentals {
        return String::new();
    }
    let (total, _) = totals(model);
    let count = total.0.values().sum::<u64>();
    let is_loading = model.loader.is_loading || model.listing.is_loading || model.listing.reach == Reach::Asking;
    let loading = if is_loading { model.text(Text::Loading) } else { "" };
    match model.rentals.cursor_position() {
        Some(position) if model.opened.is_none() => {
            let n = u64::try_from(position).unwrap_or(u64::MAX).saturating_add(1);
            format!("{loading} {}", model.say(&Text::Place.with("n", grouped(n)).with("total", grouped(count))))
        }
        _ => format!("{loading} {}", grouped(count)),
    }
}

/// The message line and the hint bar; in one line where there is only one.
pub(crate) fn bottom(draw: &mut Draw, line: Rect, hints: Rect) {
    let notice = notice(draw.model);
    let is_typing = draw.model.scope() == Scope::Filter;
    // What is wrong for long must not take the place of the hints; the header tells of the shop's troubles.
    let notice = notice.or_else(|| Some((Tone::Warn, lasting_notice(draw.model)?)).filter(|_| line.height > 0));
    if line.height == 0
        && !is_typing
        && let Some((tone, message)) = notice
    {
        said(draw, hints, tone, &message);
        return;
    }
    if let Some((tone, message)) = notice {
        said(draw, line, tone, &message);
    }
    if is_typing {
        typing(draw, hints, draw.model.filter());
    } else {
        hint_bar(draw, hints);
    }
}

fn said(draw: &mut Draw, area: Rect, tone: Tone, message: &Message) {
    let text = draw.cut(&draw.say(message), area.width.saturating_sub(1));
    let style = draw.tone(tone);
    draw.line(area, Span::styled(format!(" {text}"), style));
}

/// The latest notice; without one, what is wrong with the picture.
fn notice(model: &Model) -> Option<(Tone, Message)> {
    if let Some(mistake) = model.search.mistake.as_ref().filter(|_| model.scope() == Scope::Filter) {
        return Some((Tone::Bad, message(mistake)));
    }
    if let Some(notice) = &model.notice {
        return Some((notice.tone, notice.message.clone()));
    }
    link_notice(model).map(|message| (Tone::Warn, message))
}

/// What stays until somebody does something about it.
fn lasting_notice(model: &Model) -> Option<Message> {
    shop_notice(model).or_else(|| model.settings.mistake.clone()).or_else(|| alert_notice(model))
}

/// What is wrong with the way to the broker.
fn link_notice(model: &Model) -> Option<Message> {
    let link = &model.link;
    if !link.is_up() {
        return Some(match link.freshness(model.now) {
            Freshness::Connecting => Text::BrokerFirst.with("url", model.settings.url.as_str()),
            _ => Text::BrokerDown.into(),
        });
    }
    let interrupted = names(model, &link.interrupted().iter().copied().collect::<Vec<_>>());
    (!interrupted.is_empty()).then(|| Text::TailBroken.with("contexts", interrupted))
}

/// Who does not answer, and what can be done all the same.
fn shop_notice(model: &Model) -> Option<Message> {
    let vitals = &model.vitals;
    let down = vitals.down();
    if down.is_empty() && model.link.view != View::Silent {
        return None;
    }
    let works = match (vitals.can_request(), vitals.can_cancel()) {
        (Some(true), Some(true)) => Some(Text::WorksAll),
        (Some(false), Some(true)) => Some(Text::WorksCancel),
        (_, Some(false)) => Some(Text::WorksNothing),
        // Nothing is promised that was not seen.
        (None, _) | (_, None) => None,
    };
    let who = match (down.is_empty(), down.as_slice()) {
        (true, _) | (_, [Context::Totalview]) => Text::ViewDown.into(),
        _ => Text::DownNews.with("contexts", names(model, &down)),
    };
    Some(match works {
        Some(works) => Text::DownWorks.with("works", works).with("who", who),
        None => who,
    })
}

/// What the first service that has an alert says is wrong.
fn alert_notice(model: &Model) -> Option<Message> {
    let alerts = model.vitals.those(|health| health == Health::Alert);
    alerts.into_iter().find_map(|context| {
        let trouble = model.workers.get(context)?.status.as_ref()?.alert_messages.first()?;
        Some(Text::Trouble.with("context", Text::from(context)).with("what", trouble.as_str()))
    })
}

/// Notes that `cells` of this line, after `skipped` ones, are as good as `action`'s key.
fn target(draw: &mut Draw, line: Rect, skipped: usize, cells: usize, action: Action) {
    let x = line.x.saturating_add(u16::try_from(skipped).unwrap_or(u16::MAX)).min(line.right());
    let width = u16::try_from(cells).unwrap_or(u16::MAX).min(line.right() - x);
    draw.hint_target(Rect { x, width, ..line }, draw.model.scope(), action);
}

/// What can be pressed here; the help's key is never left out.
fn hint_bar(draw: &mut Draw, area: Rect) {
    let model = draw.model;
    let glyphs = &model.settings.glyphs;
    let mut hints: Vec<_> = model
        .keymap
        .hints(model.scope())
        .filter(|(_, action)| !(action.is_writing() && model.settings.is_read_only))
        .map(|(chord, action)| (action, [chord.label(glyphs), format!(" {}", model.text(action.text()))]))
        .collect();
    let cells = |[key, what]: &[String; 2]| width(key) + width(what) + 2;
    while hints.iter().map(|(_, hint)| cells(hint)).sum::<usize>() > usize::from(area.width) + 1 {
        let Some(last) = hints.iter().rposition(|(action, _)| *action != Action::Help) else { break };
        hints.remove(last);
    }
    let (key_style, dim) = (model.settings.theme.key, model.settings.theme.dim);
    let mut spans = vec![Span::raw(" ")];
    for (action, [key, what]) in hints {
        target(draw, area, spans_width(&spans), width(&key) + width(&what), action);
        spans.extend([Span::styled(key, key_style), Span::styled(what, dim), Span::raw("  ")]);
    }
    draw.line(area, spans);
}
