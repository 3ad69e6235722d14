//! The frame around every screen: tabs, counters, message, hints. The header has a file of its own.

use super::{Draw, filter, spans_width};
use crate::tui::fit::{grouped, width};
use crate::tui::health::Health;
use crate::tui::i18n::{Message, Text};
use crate::tui::keymap::{Action, Scope};
use crate::tui::link::{Freshness, View};
use crate::tui::listing::Reach;
use crate::tui::model::Model;
use crate::tui::query::message;
use crate::tui::screen::Screen;
use crate::tui::theme::{Tone, status_tone};
use ratatui::layout::Rect;
use ratatui::text::Span;
use rental_model::Context;
use rental_model::totalview::{Counts, Status};

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

/// How many rentals there are of each status, and whether these are all.
fn totals(model: &Model) -> (Counts, bool) {
    let is_whole = model.loader.has_first && model.loader.next.is_none();
    match &model.link.stats {
        // What is in memory is newer than any figure we are told.
        _ if is_whole => (Counts(model.rentals.counts().clone()), true),
        Some(stats) if model.link.view != View::Silent => (stats.by_status.clone(), true),
        _ => (Counts(model.rentals.counts().clone()), false),
    }
}

/// How far a filter has looked: what to say of it, how many it has found, and among how many.
fn searched(model: &Model) -> (Text, u64, u64) {
    let (listed, held) = (model.rentals.len() as u64, model.rentals.held() as u64);
    let (counts, _) = totals(model);
    let all = counts.0.values().copied().fold(0, u64::saturating_add);
    match model.listing.reach {
        Reach::Newest => (Text::FilterShows, listed, held),
        Reach::Asking => (Text::FilterAsks, listed, held),
        Reach::Failed => (Text::FilterNotAll, listed, held),
        // Pages still to come were counted when the first was asked for.
        Reach::Paged if model.listing.next.is_some() => {
            (Text::FilterShows, model.listing.matching.unwrap_or(listed).max(listed), all)
        }
        Reach::Paged => (Text::FilterShows, listed, all),
    }
}

/// The counters by status.
pub(crate) fn chips(draw: &mut Draw, area: Rect) {
    let input = &draw.model.search.input;
    if !input.value().is_empty() {
        let (state, found, of) = searched(draw.model);
        let count = Text::Place.with("n", grouped(found)).with("total", grouped(of));
        return filter::line(draw, area, input, (&state.into(), Tone::Warn), &count);
    }
    let (counts, is_all) = totals(draw.model);
    let counted = |status| Some((status, counts.0.get(&status).copied().filter(|count| *count > 0)?));
    let shown: Vec<_> = Status::ALL.into_iter().filter_map(counted).collect();
    let spans = |with_words: bool| {
        let mut spans = vec![Span::raw(" ")];
        for (status, count) in &shown {
            let glyph = draw.model.settings.glyphs.status(*status);
            let word = if with_words { format!(" {}", draw.text(Text::from(*status))) } else { String::new() };
            spans.push(Span::styled(format!("{glyph}{word} "), draw.tone(status_tone(*status))));
            spans.push(Span::raw(format!("{}  ", grouped(*count))));
        }
        if !is_all && !shown.is_empty() {
            spans.push(Span::styled(draw.text(Text::HereOnly), draw.tone(Tone::Dim)));
        }
        spans
    };
    let with_words = spans(true);
    let fits = spans_width(&with_words) <= area.width.into();
    let line = if fits { with_words } else { spans(false) };
    draw.line(area, line);
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
        filter::typing(draw, hints, draw.model.filter());
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

/// The names of some contexts, with commas between.
pub(crate) fn names(model: &Model, contexts: &[Context]) -> String {
    contexts.iter().map(|context| model.text(Text::from(*context))).collect::<Vec<_>>().join(", ")
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
