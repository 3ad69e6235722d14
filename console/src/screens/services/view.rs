//! The workers: how each is, what is wrong, and what waits for staff.

use crate::core::draw::Draw;
use crate::core::health::Health;
use crate::core::model::Model;
use crate::core::target::Target;
use crate::core::wording::{names, parked_message};
use crate::core::workers::Worker;
use crate::i18n::{Arg, Message, Text};
use crate::theme::Tone;
use crate::widgets::canvas::row;
use crate::widgets::fit::grouped;
use crate::widgets::grid::{Column, GridRow, grid, rows_in};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use rental_bus::status::{ContextStatus, Handling, Phase, SourceStatus};
use rental_model::Context;

/// A body lower than this shows either the workers or what they parked.
const LOW: u16 = 10;

const WORKERS: [Column; 12] = [
    Column::left(Text::HeadContext, 10, 0),
    Column::left(Text::HeadState, 11, 0),
    Column::left(Text::HeadVersion, 8, 8),
    Column::right(Text::HeadUptime, 7, 6),
    Column::right(Text::HeadJournal, 8, 4),
    Column::right(Text::HeadPublished, 8, 5),
    Column::right(Text::HeadParked, 6, 1),
    Column::right(Text::HeadHandled, 8, 7),
    Column::right(Text::HeadRate, 6, 9),
    Column::right(Text::HeadHandling, 17, 10),
    Column::right(Text::HeadSign, 6, 3),
    Column::wide(Text::HeadSources, 20, 2),
];

const PARKED: [Column; 6] = [
    Column::left(Text::HeadContext, 10, 0),
    Column::right(Text::HeadItem, 4, 0),
    Column::left(Text::HeadMessage, 14, 1),
    Column::right(Text::HeadTried, 5, 4),
    Column::right(Text::HeadAge, 6, 3),
    Column::wide(Text::HeadReason, 18, 2),
];

pub(crate) fn workers(draw: &mut Draw, area: Rect) {
    let is_low = area.height < LOW;
    if is_low && draw.model.workers.selected().is_some() {
        return parked(draw, area);
    }
    let rows: Vec<_> = Context::ALL.into_iter().map(|context| worker(draw.model, context)).collect();
    grid(draw, area, &WORKERS, rows);
    if is_low {
        return;
    }
    let mut y = Context::ALL.len() + 1;
    // What is parked keeps half of what is left.
    let most = usize::from(area.height).saturating_sub(y) / 2;
    for (message, tone) in remarks(draw.model).into_iter().take(most) {
        let text = draw.cut(&draw.say(&message), area.width.saturating_sub(2));
        let style = draw.tone(tone);
        draw.line(row(area, y), Line::styled(format!("  {text}"), style));
        y += 1;
    }
    let below = row(area, y + 1);
    parked(draw, Rect { height: area.bottom().saturating_sub(below.y), ..below });
}

fn worker(model: &Model, context: Context) -> GridRow<12> {
    let unknown = Worker::default();
    let worker = model.workers.get(context).unwrap_or(&unknown);
    let glyphs = &model.settings.glyphs;
    let (glyph, text, tone) = match (&worker.silent, &worker.status) {
        (Some(_), _) => (glyphs.failed, Text::PhaseDown, Tone::Bad),
        (None, None) => (glyphs.waiting, Text::PhaseAsked, Tone::Dim),
        (None, Some(status)) => match status.phase {
            Phase::Starting => (glyphs.waiting, Text::PhaseStarting, Tone::Busy),
            Phase::CatchingUp => (glyphs.waiting, Text::PhaseCatchingUp, Tone::Busy),
            Phase::Rebuilding => (glyphs.waiting, Text::PhaseRebuilding, Tone::Busy),
            Phase::Serving => (glyphs.live, Text::PhaseServing, Tone::Good),
            Phase::Stopping => (glyphs.stale, Text::PhaseStopping, Tone::Warn),
        },
    };
    let language = model.settings.language;
    let told = |of: fn(&ContextStatus) -> u64| worker.status.as_ref().map_or_else(String::new, |s| grouped(of(s)));
    // A projection records nothing of its own.
    let own = |of| if context.stream().is_some() { told(of) } else { "-".to_owned() };
    let parked = worker.status.as_ref().map_or(0, |status| status.parked);
    let status = worker.status.as_ref();
    let sources = status.map_or_else(|| (String::new(), Tone::Dim), |status| subscriptions(model, status));
    GridRow {
        cells: [
            (model.text(context.into()).to_owned(), Tone::Plain),
            (format!("{glyph} {}", model.text(text)), tone),
            (status.map(|status| status.version.clone()).unwrap_or_default(), Tone::Dim),
            (status.map(|status| language.duration(status.uptime_ms)).unwrap_or_default(), Tone::Dim),
            (own(|status| status.journal), Tone::Plain),
            (own(|status| status.published), Tone::Plain),
            (told(|status| status.parked), if parked > 0 { Tone::Warn } else { Tone::Dim }),
            (told(|status| status.handled), Tone::Dim),
            (worker.rate.map(grouped).unwrap_or_default(), Tone::Dim),
            (status.and_then(|status| status.handling).map(handling).unwrap_or_default(), Tone::Dim),
            (worker.told_at.map(|at| language.age(model.age_ms(at))).unwrap_or_default(), Tone::Dim),
            sources,
        ],
        is_selected: false,
    }
}

/// Half took no longer, and 99 of 100 took no longer, in milliseconds.
fn handling(took: Handling) -> String {
    let ms = |micros: u64| format!("{}.{:02}", micros / 1_000, micros % 1_000 / 10);
    format!("{} / {}", ms(took.p50_us), ms(took.p99_us))
}

/// How far it has sources whom, those it is behind with first.
fn subscriptions(model: &Model, status: &ContextStatus) -> (String, Tone) {
    let mut sources: Vec<(&Context, &SourceStatus)> = status.positions.iter().collect();
    sources.sort_by_key(|(_, receiving)| std::cmp::Reverse(receiving.lag.unwrap_or(u64::MAX)));
    let is_behind = sources.first().is_some_and(|(_, receiving)| receiving.lag != Some(0));
    let parts = sources.into_iter().map(|(source, receiving)| {
        let lag = match receiving.lag {
            Some(0) => String::new(),
            Some(lag) => format!(" (-{})", grouped(lag)),
            None => " (?)".to_owned(),
        };
        format!("{} {}{lag}", model.text(Text::from(*source)), grouped(receiving.position))
    });
    (parts.collect::<Vec<_>>().join(", "), if is_behind { Tone::Warn } else { Tone::Dim })
}

/// What is wrong, a sentence each.
fn remarks(model: &Model) -> Vec<(Message, Tone)> {
    let mut remarks = Vec::new();
    for context in Context::ALL {
        let Some(worker) = model.workers.get(context) else { continue };
        let about = |what: Arg| Text::Trouble.with("context", Text::from(context)).with("what", what);
        if let Some(why) = &worker.silent {
            remarks.push((Text::ServiceSilent.with("why", why.clone()), Tone::Bad));
        } else if let Some(status) = &worker.status {
            let alert_messages = status.alert_messages.iter();
            remarks.extend(alert_messages.map(|trouble| (about(Arg::Plain(trouble.clone())), Tone::Warn)));
        }
    }
    remarks
}

fn parked(draw: &mut Draw, area: Rect) {
    let model = draw.model;
    let keys = model.workers.keys();
    if keys.is_empty() || area.height == 0 {
        let unknown = model.vitals.those(|health| matches!(health, Health::Unknown | Health::Down));
        let message = match unknown.as_slice() {
            [] => Text::ParkedNone.into(),
            unknown => Text::ParkedUnknown.with("contexts", names(model, unknown)),
        };
        let style = draw.tone(Tone::Dim);
        let text = draw.cut(&draw.say(&message), area.width.saturating_sub(2));
        draw.line(area, Line::styled(format!("  {text}"), style));
        return;
    }
    let cursor = model.workers.selected();
    let top = model.workers.cursor.top(&keys, rows_in(area));
    let rows = model.workers.parked().iter().skip(top).map(|(key, item)| GridRow {
        cells: [
            (model.text(key.0.into()).to_owned(), Tone::Plain),
            (item.id.to_string(), Tone::Plain),
            (parked_message(model, item), Tone::Plain),
            (item.attempts.to_string(), Tone::Dim),
            (model.settings.language.age(model.age_ms(item.parked_at)), Tone::Dim),
            (item.reason.clone(), Tone::Warn),
        ],
        is_selected: cursor == Some(*key),
    });
    grid(draw, area, &PARKED, rows);
    for (place, key) in keys.iter().skip(top).take(rows_in(area)).enumerate() {
        draw.target(row(area, place + 1), Target::Item(*key));
    }
}

/// How many serve, and how much waits for staff.
pub(crate) fn chips(draw: &mut Draw, area: Rect) {
    let model = draw.model;
    let is_serving = |health| matches!(health, Health::Alert | Health::Behind | Health::Well);
    let serving = model.vitals.those(is_serving).len();
    let parked = Context::ALL.iter().filter_map(|context| model.workers.get(*context)?.status.as_ref());
    let parked: u64 = parked.map(|status| status.parked).fold(0, u64::saturating_add);
    let tone = if serving == Context::ALL.len() { Tone::Good } else { Tone::Warn };
    let serve = draw.say(&Text::WorkersServe.with("n", serving).with("total", Context::ALL.len()));
    let waiting = draw.say(&Text::ParkedCount.with("n", grouped(parked)));
    let waits = draw.tone(if parked > 0 { Tone::Warn } else { Tone::Dim });
    let separator = model.settings.glyphs.separator;
    let style = draw.tone(tone);
    draw.line(
        area,
        vec![Span::styled(format!(" {serve}"), style), Span::styled(format!(" {separator} {waiting}"), waits)],
    );
}
