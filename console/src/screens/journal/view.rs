//! The journal of commands: a line each, and one of them whole.

use crate::core::commands::{Issued, Stage};
use crate::core::draw::Draw;
use crate::core::entry::{asked, result};
use crate::core::layout::Areas;
use crate::core::model::Model;
use crate::core::wording::{day, names};
use crate::i18n::{Message, Text};
use crate::input::{Action, Scope};
use crate::theme::Tone;
use crate::widgets::canvas::{empty, row};
use crate::widgets::filter_line;
use crate::widgets::fit::grouped;
use crate::widgets::grid::{Column, GridRow, grid, rows_in};
use ratatui::layout::Rect;
use ratatui::text::Line;
use rental_bus::commands::Entry;
use rental_model::Context;

const COLUMNS: [Column; 5] = [
    Column::left(Text::HeadTime, 14, 1),
    Column::left(Text::HeadWho, 10, 2),
    Column::left(Text::HeadAsked, 26, 0),
    Column::wide(Text::HeadResult, 22, 0),
    Column::left(Text::HeadContext, 9, 3),
];

/// That nobody has asked for anything yet can only be said if everyone was asked.
fn nothing(model: &Model) -> Message {
    let silent: Vec<_> = model.journal.books().filter(|(_, book)| book.silent.is_some()).collect();
    if silent.is_empty() {
        return Text::JournalNone.into();
    }
    let silent: Vec<_> = silent.into_iter().map(|(context, _)| context).collect();
    Text::JournalUnknown.with("contexts", names(model, &silent))
}

/// How many lines stand above the entries: contexts that are silent.
fn remarks(model: &Model) -> Vec<Message> {
    let silent = model.journal.books().filter(|(_, book)| book.silent.is_some());
    silent.map(|(context, _)| Text::JournalSilent.with("context", Text::from(context))).collect()
}

/// The commands of this console that nobody has answered yet, newest first.
fn unanswered(model: &Model) -> impl Iterator<Item = &Issued> {
    model.commands.unanswered()
}

/// How many entries are shown at once.
pub(crate) fn rows(model: &Model) -> usize {
    let body = Areas::of(Rect::new(0, 0, model.width, model.height)).body;
    rows_in(body).saturating_sub(remarks(model).len() + unanswered(model).count())
}

pub(crate) fn entries(draw: &mut Draw, area: Rect) {
    let model = draw.model;
    let remarks = remarks(model);
    for (place, remark) in remarks.iter().enumerate() {
        let line = Line::styled(format!(" {}", draw.say(remark)), draw.tone(Tone::Warn));
        draw.line(row(area, place), line);
    }
    let below = row(area, remarks.len());
    let area = Rect { height: area.bottom().saturating_sub(below.y), ..below };
    let keys = model.journal.keys();
    if keys.is_empty() && unanswered(model).next().is_none() {
        let message = match model.journal.is_loading() {
            _ if !model.link.is_up() => Text::EmptyOffline.into(),
            true => Text::JournalLoading.into(),
            false if !model.journal.filter.value().is_empty() => {
                Text::FilterFindsNothing.with("key", model.key(Scope::Journal, Action::Follow))
            }
            false => nothing(model),
        };
        return empty(draw, area, &message);
    }
    let cursor = model.journal.cursor.on(keys);
    let top = model.journal.cursor.top(keys, self::rows(model).max(1));
    let own = unanswered(model).map(|issued| GridRow { cells: own_cells(model, issued), is_selected: false });
    let entered = keys.get(top..).unwrap_or_default().iter().filter_map(|key| {
        let cells = cells(model, key.0, model.journal.get(*key)?);
        Some(GridRow { cells, is_selected: cursor == Some(*key) })
    });
    grid(draw, area, &COLUMNS, own.chain(entered));
}

fn cells(model: &Model, context: Context, entry: &Entry) -> [(String, Tone); 5] {
    [
        // The year stands in the entry itself.
        (day(model, entry.at), Tone::Dim),
        (entry.actor.clone().unwrap_or_else(|| "-".to_owned()), Tone::Plain),
        (model.say(&asked(context, entry)), Tone::Plain),
        result(model, &entry.outcome),
        (model.text(context.into()).to_owned(), Tone::Dim),
    ]
}

fn own_cells(model: &Model, issued: &Issued) -> [(String, Tone); 5] {
    let glyphs = &model.settings.glyphs;
    let (result, tone) = if issued.stage == Stage::Unsure {
        let key = model.key(Scope::Global, Action::Retry);
        (Text::ResultUnsure.with("key", key), Tone::Warn)
    } else {
        (Text::ResultSent.into(), Tone::Busy)
    };
    [
        (model.text(Text::AgeNow).to_owned(), Tone::Dim),
        (model.settings.operator.clone(), Tone::Plain),
        (model.say(&issued.user_command.message()), Tone::Plain),
        (format!("{} {}", glyphs.waiting, model.say(&result)), tone),
        (model.text(issued.user_command.context().into()).to_owned(), Tone::Dim),
    ]
}

/// How much is shown of how much, and the filter.
pub(crate) fn chips(draw: &mut Draw, area: Rect) {
    let journal = &draw.model.journal;
    let (state, tone) = match () {
        () if journal.is_loading() => (Text::Loading, Tone::Busy),
        () if journal.is_whole() => (Text::JournalWhole, Tone::Dim),
        () => (Text::JournalMore, Tone::Dim),
    };
    let n = grouped(journal.keys().len() as u64);
    let count = Text::JournalCount.with("n", n).with("total", grouped(journal.total()));
    filter_line::line(draw, area, &journal.filter, (&state.into(), tone), &count);
}
