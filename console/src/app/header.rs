//! The header: who this is, what is down or in trouble, and how live the picture is.
//!
//! It is on every screen, and **nothing transient takes the place of what is
//! wrong**. What does not fit is told shorter: names, then counts.

use crate::core::draw::Draw;
use crate::core::health::{Health, Liveness};
use crate::core::model::Model;
use crate::core::wording::names;
use crate::i18n::{Arg, Message, Text};
use crate::input::{Action, Scope};
use crate::theme::Tone;
use crate::widgets::canvas::spans_width;
use crate::widgets::fit::{grouped, width};
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Span;
use ratatui::widgets::Paragraph;
use rental_bus::status::Phase;
use rental_model::Context;

/// From this width on the name of the program keeps its place.
const ROOMY: u16 = 60;

/// A part of the header, and how urgent it is.
type Part = (String, Tone);

pub(crate) fn header(draw: &mut Draw, area: Rect) {
    let model = draw.model;
    let (theme, glyphs) = (&model.settings.theme, &model.settings.glyphs);
    let separator = format!(" {} ", glyphs.separator);
    let mut left = format!(" {}", draw.text(Text::Product));
    if model.settings.is_read_only {
        left = left + &separator + draw.text(Text::ReadOnly);
    }
    let kept = if area.width >= ROOMY { width(&left) + 1 } else { 0 };
    let right = fitting(model, usize::from(area.width).saturating_sub(kept));
    let room = area.width.saturating_sub(u16::try_from(spans_width(&right)).unwrap_or(u16::MAX));
    left = left + &separator + &model.settings.operator;
    let left = draw.cut(&left, room.saturating_sub(1));
    draw.frame.render_widget(Paragraph::new("").style(theme.bar), area);
    draw.line(area, Span::styled(left, theme.bar.add_modifier(Modifier::BOLD)));
    let area = Rect { x: area.x + room, width: area.width - room, ..area };
    draw.line(area, right);
}

/// The longest that fits into `room` cells; else the shortest.
fn fitting(model: &Model, room: usize) -> Vec<Span<'static>> {
    let (whole, glyph) = (live(model, true), live(model, false));
    let notes = notes(model);
    let [full, names, counts, tiny] = health(model);
    let all = |health: &[Part], live: &Part, notes: &[Part]| {
        spans(model, &[notes, health, std::slice::from_ref(live)].concat())
    };
    let candidates = [
        all(&full, &whole, &notes),
        all(&names, &whole, &notes),
        all(&counts, &whole, &notes),
        all(&full, &whole, &[]),
        all(&names, &whole, &[]),
        all(&counts, &whole, &[]),
        all(&counts, &glyph, &[]),
    ];
    let fits = candidates.into_iter().find(|spans| spans_width(spans) <= room);
    fits.unwrap_or_else(|| all(&tiny, &glyph, &[]))
}

/// What is wrong, as short as can be: for where there is no room for a header.
pub(crate) fn mark(model: &Model) -> Vec<Span<'static>> {
    let [.., tiny] = health(model);
    let live = Some(live(model, false)).filter(|_| !matches!(liveness(model), Liveness::Live));
    let parts: Vec<_> = tiny.into_iter().chain(live).collect();
    if parts.is_empty() { Vec::new() } else { spans(model, &parts) }
}

/// The parts, one after the other, with a line between.
fn spans(model: &Model, parts: &[Part]) -> Vec<Span<'static>> {
    let (theme, glyphs) = (&model.settings.theme, &model.settings.glyphs);
    let mut spans = Vec::new();
    for (place, (text, tone)) in parts.iter().enumerate() {
        let between = if place == 0 { String::new() } else { format!("{} ", glyphs.separator) };
        // A tone without a paper of its own is written on the bar's.
        let style = theme.bar.patch(theme.tone(*tone)).add_modifier(Modifier::BOLD);
        spans.extend([Span::styled(between, theme.bar), Span::styled(format!("{text} "), style)]);
    }
    spans
}

fn liveness(model: &Model) -> Liveness {
    model.vitals.liveness(model.link.freshness(model.now))
}

/// LIVE or not, in a glyph, a colour and, where there is room, a word.
fn live(model: &Model, has_word: bool) -> Part {
    let glyphs = &model.settings.glyphs;
    let (glyph, message, tone) = match liveness(model) {
        Liveness::Live => (glyphs.live, Text::Live.into(), Tone::Good),
        Liveness::Partly => (glyphs.stale, Text::Partly.into(), Tone::Warn),
        Liveness::Stale(age) => (glyphs.stale, Text::Stale.with("age", Arg::Lasted(age)), Tone::Warn),
        Liveness::Connecting => (glyphs.stale, Text::Connecting.into(), Tone::Warn),
    };
    let text = if has_word { format!("{glyph} {}", model.say(&message)) } else { glyph.to_owned() };
    (text, tone)
}

/// What the person has under way.
fn notes(model: &Model) -> Vec<Part> {
    let counted = |n: u64, text: Text| (n > 0).then(|| text.with("n", grouped(n)));
    let warnings = counted(model.log.warnings(), Text::LogWarnings);
    let notes = [
        counted(model.rentals.marked_len() as u64, Text::Marked),
        model.rentals.waiting().map(|waiting| Text::Frozen.with("n", grouped(waiting as u64))),
        warnings.map(|message| message.with("key", model.key(Scope::Global, Action::Log))),
        counted(model.link.behind(), Text::Behind),
    ];
    notes.into_iter().flatten().map(|message| (model.say(&message), Tone::Plain)).collect()
}

/// Who is down and what else is wrong: with all names, with the names of those that are down, and with counts.
fn health(model: &Model) -> [Vec<Part>; 4] {
    let glyphs = &model.settings.glyphs;
    let vitals = &model.vitals;
    let (down, others) = (vitals.down(), alert_messages(model));
    let bad = |text: String| (format!("{} {text}", glyphs.failed), Tone::Bad);
    let part = |message: &Message| (format!("! {}", model.say(message)), Tone::Warn);
    let is_any = !down.is_empty();
    let named = is_any.then(|| {
        let is_all = down.len() == Context::ALL.len();
        let few = Text::DownNames.with("contexts", names(model, &down));
        bad(model.say(&if is_all { Text::DownAll.into() } else { few }))
    });
    let counted = is_any.then(|| bad(model.say(&Text::DownCount.with("n", down.len()))));
    let count = (!others.is_empty()).then(|| part(&Text::TroubleCount.with("n", others.len())));
    let tiny = [
        is_any.then(|| (format!("{}{}", glyphs.failed, down.len()), Tone::Bad)),
        (!others.is_empty()).then(|| (format!("!{}", others.len()), Tone::Warn)),
    ];
    [
        named.clone().into_iter().chain(others.iter().map(part)).collect(),
        named.into_iter().chain(count.clone()).collect(),
        counted.into_iter().chain(count).collect(),
        tiny.into_iter().flatten().collect(),
    ]
}

/// What is wrong with services that answer, a message for each kind.
fn alert_messages(model: &Model) -> Vec<Message> {
    let vitals = &model.vitals;
    let about = |text: Text, is: fn(Health) -> bool| {
        let those = vitals.those(is);
        (!those.is_empty()).then(|| text.with("contexts", names(model, &those)))
    };
    let in_phase = |phase: Phase, word: Text| {
        let those = vitals.those(|health| health == Health::Unready(phase));
        (!those.is_empty()).then(|| Text::HealthPhase.with("contexts", names(model, &those)).with("phase", word))
    };
    let parked = (vitals.parked > 0).then(|| Text::ParkedCount.with("n", grouped(vitals.parked)));
    let all = [
        about(Text::HealthAlert, |health| health == Health::Alert),
        in_phase(Phase::Starting, Text::PhaseStarting),
        in_phase(Phase::CatchingUp, Text::PhaseCatchingUp),
        in_phase(Phase::Rebuilding, Text::PhaseRebuilding),
        in_phase(Phase::Stopping, Text::PhaseStopping),
        about(Text::HealthBehind, |health| health == Health::Behind),
        parked,
    ];
    all.into_iter().flatten().collect()
}
