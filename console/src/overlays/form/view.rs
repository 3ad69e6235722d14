//! The small forms.

use crate::core::buttons::{button_targets, buttons};
use crate::core::commands::Stage;
use crate::core::draw::Draw;
use crate::i18n::{Message, Text};
use crate::input::{Action, Scope};
use crate::overlays::form::state::{Sheet, Slot, Task, units_at};
use crate::theme::Tone;
use crate::widgets::canvas::row;
use crate::widgets::field;
use crate::widgets::fit::grouped;
use crate::widgets::popup::{Popup, inner_width, lines_in, popup};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

pub(crate) fn sheet(draw: &mut Draw, area: Rect, sheet: &Sheet) {
    let wide = inner_width(area);
    let mut lines: Vec<_> = sheet
        .fields()
        .map(|(slot, input)| {
            let is_focused = slot == sheet.focus();
            let (beside, tone) = beside(draw, sheet, slot, input.value().is_empty(), is_focused);
            if slot == Slot::Change {
                let shown = draw.text(sheet.change.text());
                field::line(draw, slot.title(), shown, is_focused, (&beside, tone), wide)
            } else {
                field::typed(draw, slot.title(), input, is_focused, (&beside, tone), wide)
            }
        })
        .collect();
    lines.push(Line::default());
    let (message, tone) = state(draw, sheet);
    draw.wrap(&mut lines, &message, draw.tone(tone), wide);
    // In a tiny terminal at least the field in focus is seen.
    let focused = sheet.fields().position(|(slot, _)| slot == sheet.focus()).unwrap_or(0);
    let skipped = (focused + 1).saturating_sub(lines_in(area).max(1));
    lines.drain(..skipped);
    let keys = if sheet.is_asking { buttons(draw, Some(Text::YesDrop)) } else { keys(draw) };
    let title = draw.say(&title(draw, sheet.task));
    let room = popup(draw, area, Popup { title, lines, keys });
    if sheet.is_asking {
        button_targets(draw, Some(Text::YesDrop));
    }
    if sheet.focus() != Slot::Change && !sheet.is_asking {
        field::place_cursor(draw, row(room, focused - skipped), sheet.input(), wide);
    }
}

fn title(draw: &Draw, task: Task) -> Message {
    match task {
        Task::Register => Text::RegisterTitle.into(),
        Task::Adjust(product) => Text::AdjustTitle.with("product", draw.model.product_catalog.label(product)),
        Task::CheckIn => Text::CheckInTitle.into(),
        Task::Drop(context, id) => Text::DropTitle.with("context", Text::from(context)).with("id", id),
    }
}

/// What stands beside a field: how many there are, how to choose, a hint.
fn beside(draw: &Draw, sheet: &Sheet, slot: Slot, is_empty: bool, is_focused: bool) -> (String, Tone) {
    let key = |action| draw.model.key(Scope::Form, action);
    let choose = || Text::HintChange.with("up", key(Action::ChooseUp)).with("down", key(Action::ChooseDown));
    let said = match (slot, sheet.task) {
        (Slot::Change, _) if is_focused => draw.say(&choose()),
        (Slot::Units, Task::Adjust(product)) => {
            let product = draw.model.product_catalog.product(product);
            let there = product.and_then(|product| units_at(product, sheet.change.places().0));
            there.map(|n| draw.say(&Text::UnitsThere.with("n", grouped(n)))).unwrap_or_default()
        }
        _ => slot.hint().filter(|_| is_empty).map(|hint| draw.text(hint).to_owned()).unwrap_or_default(),
    };
    (said, Tone::Dim)
}

/// What is missing, or what becomes of the command.
fn state(draw: &Draw, sheet: &Sheet) -> (Message, Tone) {
    let model = draw.model;
    match &sheet.stage {
        None if !model.link.is_up() => (Text::NeedBroker.into(), Tone::Warn),
        None if sheet.is_asking => (Text::DropAsk.into(), Tone::Warn),
        None => match sheet.user_command() {
            Ok(_) => (Text::SheetReady.with("key", model.key(Scope::Form, Action::Submit)), Tone::Good),
            Err((_, missing)) => (missing.into(), Tone::Dim),
        },
        Some(Stage::Sent) => (Text::FormSending.into(), Tone::Busy),
        Some(stage) => {
            let tone = if *stage == Stage::Unsure { Tone::Warn } else { Tone::Bad };
            let key = model.key(Scope::Form, Action::Submit);
            let message = model.commands.latest().map(|issued| issued.message(&key));
            (message.unwrap_or_else(|| Text::FormSending.into()), tone)
        }
    }
}

fn keys<'a>(draw: &Draw) -> Line<'a> {
    let model = draw.model;
    let hints = model.keymap.hints(Scope::Form).filter(|(_, action)| *action != Action::ChooseDown);
    let spans = hints.flat_map(|(chord, action)| {
        let what = format!(" {}  ", model.text(action.text()));
        let settings = &model.settings;
        [Span::styled(chord.label(&settings.glyphs), settings.theme.key), Span::styled(what, settings.theme.dim)]
    });
    spans.collect()
}
