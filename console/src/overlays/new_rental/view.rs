//! The new-rental form, with the stock beside the quantity.

use crate::core::commands::Stage;
use crate::core::draw::Draw;
use crate::i18n::{Message, Text};
use crate::input::{Action, Scope};
use crate::overlays::new_rental::state::{Field, Form, Phase, Stock};
use crate::theme::Tone;
use crate::widgets::canvas::row;
use crate::widgets::field;
use crate::widgets::field::{field_width, title_width};
use crate::widgets::fit::{Side, fit, grouped};
use crate::widgets::popup::{Popup, inner_width, popup};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// How many products are offered at a time.
const OFFERED: usize = 4;

pub(crate) fn form(draw: &mut Draw, area: Rect, form: &Form) {
    let wide = inner_width(area);
    let mut lines = Vec::new();
    let mut cursor = None;
    for field in Field::ALL {
        if field == form.focus {
            cursor = Some(lines.len());
        }
        let (said, tone) = beside(draw, form, field);
        lines.push(field::typed(draw, field.title(), form.input(field), field == form.focus, (&said, tone), wide));
        if field == Field::Product && form.focus == Field::Product {
            offer(draw, form, &mut lines, wide);
        }
    }
    lines.push(Line::default());
    lines.extend(state(draw, form, wide));
    let keys = keys(draw, form);
    let title = draw.text(Text::FormTitle).to_owned();
    let room = popup(draw, area, Popup { title, lines, keys });
    if let (Some(line), Phase::Editing | Phase::Sent(_)) = (cursor, &form.phase) {
        field::place_cursor(draw, row(room, line), form.input(form.focus), wide);
    }
}

/// What stands beside a field: the stock, a unit, a hint.
fn beside(draw: &Draw, form: &Form, field: Field) -> (String, Tone) {
    let is_empty = form.input(field).value().is_empty();
    match field {
        Field::Product if is_empty => (draw.text(Text::HintProduct).to_owned(), Tone::Dim),
        Field::Qty => stock(draw, form),
        Field::Amount => (draw.text(Text::HintWon).to_owned(), Tone::Dim),
        Field::Order if is_empty => (draw.text(Text::HintOrderId).to_owned(), Tone::Dim),
        Field::Product | Field::Order => (String::new(), Tone::Dim),
    }
}

/// What inventory has to say, with a glyph that says as much as the colour.
fn stock(draw: &Draw, form: &Form) -> (String, Tone) {
    let glyphs = &draw.model.settings.glyphs;
    match &form.stock {
        Stock::Unasked => (String::new(), Tone::Dim),
        Stock::Asking => (draw.text(Text::StockAsking).to_owned(), Tone::Dim),
        Stock::NoSuchProduct => (draw.text(Text::StockNoProduct).to_owned(), Tone::Bad),
        Stock::Silent => (format!("{} ?", glyphs.waiting), Tone::Warn),
        Stock::Known(check) => {
            let wanted = form.qty().map_or(1, |qty| u64::from(qty.get()));
            let available = grouped(check.available);
            if check.available >= wanted {
                (format!("{} {}", glyphs.done, draw.say(&Text::StockEnough.with("n", available))), Tone::Good)
            } else {
                (format!("{} {}", glyphs.failed, draw.say(&Text::StockShortBy.with("n", available))), Tone::Bad)
            }
        }
    }
}

/// The products the typed text may mean.
fn offer(draw: &Draw, form: &Form, lines: &mut Vec<Line>, wide: u16) {
    let model = draw.model;
    let theme = &model.settings.theme;
    let found = form.found(&model.product_catalog);
    let chosen = form.choice.unwrap_or(0);
    let first = (chosen + 1).saturating_sub(OFFERED);
    for (place, product) in found.iter().enumerate().skip(first).take(OFFERED) {
        let is_chosen =
            form.choice == Some(place) || (place == 0 && form.product(&model.product_catalog) == Some(*product));
        let mark = if is_chosen { model.settings.glyphs.cursor } else { " " };
        let available = model.product_catalog.available(*product);
        let available = available.map(|n| draw.say(&Text::StockEnough.with("n", grouped(n)))).unwrap_or_default();
        let label = fit(&model.product_catalog.label(*product), field_width(wide).into(), Side::Left, "");
        let style = if is_chosen { theme.strong } else { theme.dim };
        let indent = " ".repeat(usize::from(title_width(wide)).saturating_sub(3));
        lines.push(Line::styled(format!("{indent} {mark} {label} {available}"), style));
    }
}

/// What is missing, or what becomes of the request.
fn state<'a>(draw: &Draw, form: &Form, wide: u16) -> Vec<Line<'a>> {
    let model = draw.model;
    let mut lines = Vec::new();
    let mut add = |message: &Message, tone| draw.wrap(&mut lines, message, draw.tone(tone), wide);
    match &form.phase {
        Phase::Editing if form.stock == Stock::Silent && model.link.is_up() => {
            add(&Text::StockUnknown.into(), Tone::Warn);
        }
        Phase::Editing => match form.user_command(&model.product_catalog) {
            _ if !model.link.is_up() => add(&Text::NeedBroker.into(), Tone::Warn),
            Ok(_) => add(&Text::FormReady.with("key", model.key(Scope::Form, Action::Submit)), Tone::Good),
            Err((_, missing)) => add(&missing.into(), Tone::Dim),
        },
        Phase::Sent(Stage::Sent) => add(&Text::FormSending.into(), Tone::Busy),
        Phase::Sent(stage) => {
            if let Some(issued) = model.commands.latest() {
                let key = model.key(Scope::Form, Action::Submit);
                let is_open = matches!(stage, Stage::Unsure | Stage::Gone(_));
                let tone = if is_open { Tone::Warn } else { Tone::Bad };
                add(&issued.message(&key), tone);
            }
        }
        Phase::Short { available } => {
            let asked = form.qty().map_or(0, |qty| u64::from(qty.get()));
            let short = Text::FormShort.with("available", grouped(*available)).with("asked", grouped(asked));
            add(&short, Tone::Bad);
            add(&Text::FormAnyway.into(), Tone::Plain);
        }
    }
    lines
}

fn keys<'a>(draw: &Draw, form: &Form) -> Line<'a> {
    let model = draw.model;
    let settings = &model.settings;
    if matches!(form.phase, Phase::Short { .. }) {
        let [yes, no] = [Action::Yes, Action::No].map(|action| model.key(Scope::Confirm, action));
        return Line::styled(draw.say(&Text::FormAnywayKeys.with("yes", yes).with("no", no)), settings.theme.strong);
    }
    let hints = model.keymap.hints(Scope::Form).filter(|(_, action)| *action != Action::ChooseDown);
    let spans = hints.flat_map(|(chord, action)| {
        let what = format!(" {}  ", model.text(action.text()));
        [Span::styled(chord.label(&settings.glyphs), settings.theme.key), Span::styled(what, settings.theme.dim)]
    });
    spans.collect()
}
