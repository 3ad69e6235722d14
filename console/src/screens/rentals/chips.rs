//! The counters above the list, or its filter and how far that has looked.

use crate::core::draw::Draw;
use crate::core::link::View;
use crate::core::listing::Reach;
use crate::core::model::Model;
use crate::i18n::Text;
use crate::theme::{Tone, status_tone};
use crate::widgets::canvas::spans_width;
use crate::widgets::filter_line;
use crate::widgets::fit::grouped;
use ratatui::layout::Rect;
use ratatui::text::Span;
use rental_model::totalview::{Counts, Status};

/// How many rentals there are of each status, and whether these are all.
pub(crate) fn totals(model: &Model) -> (Counts, bool) {
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
        return filter_line::line(draw, area, input, (&state.into(), Tone::Warn), &count);
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
