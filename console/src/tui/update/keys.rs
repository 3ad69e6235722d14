//! What the keys do on the screens; overlays have their own.

use super::{
    bulk, events, export, filter, filters, incoming, journal, listing, log, mouse, orders, overlays, palette, preview,
    sheets, stock, workers,
};
use crate::tui::confirm::{Confirm, OrderAction, denied};
use crate::tui::fit::grouped;
use crate::tui::form::Form;
use crate::tui::i18n::Text;
use crate::tui::keymap::{Action, Scope};
use crate::tui::model::{Model, Overlay};
use crate::tui::msg::Effect;
use crate::tui::screen::Screen;
use crate::tui::sheet::Task;
use crate::tui::theme::Tone;
use crate::tui::view;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

/// A key was pressed.
pub(super) fn press(model: &mut Model, event: &KeyEvent) -> Vec<Effect> {
    if model.keymap.is_interrupt(event) {
        return interrupt(model);
    }
    model.is_leaving = false;
    let scope = model.scope();
    let actions = model.keymap.actions(scope, event);
    if scope.is_typing() && actions.is_empty() {
        return overlays::type_key(model, event);
    }
    if actions.is_empty()
        && let KeyCode::Char(c) = event.code
    {
        let key = crate::text::sanitize(c.encode_utf8(&mut [0; 4]));
        let help = model.key(Scope::Global, Action::Help);
        model.notify(Tone::Plain, Text::UnknownKey.with("key", key).with("help", help));
    }
    let mut effects = Vec::new();
    for action in actions {
        // One syllable may hold several keys. Whatever the first has opened was
        // not seen when the others were typed.
        if model.scope() != scope {
            break;
        }
        effects.extend(act(model, scope, action));
    }
    effects
}

/// Ctrl-c: leaves when pressed twice, wherever one is.
fn interrupt(model: &mut Model) -> Vec<Effect> {
    if model.is_leaving {
        return vec![Effect::Quit];
    }
    model.notify(Tone::Warn, Text::CtrlCAgain);
    model.is_leaving = true;
    Vec::new()
}

/// Does `action` where keys go to `scope`.
pub(super) fn act(model: &mut Model, scope: Scope, action: Action) -> Vec<Effect> {
    if action.is_writing() && model.settings.is_read_only {
        model.notify(Tone::Warn, Text::DeniedReadOnly);
        return Vec::new();
    }
    if action == Action::Language {
        model.settings.language = model.settings.language.other();
        return Vec::new();
    }
    if action == Action::Theme {
        let look = model.settings.theme.look.next();
        model.settings.theme = look.theme();
        model.notify(Tone::Plain, Text::LookIs.with("look", look.text()));
        return Vec::new();
    }
    match scope {
        Scope::Form => return overlays::form(model, action),
        Scope::Confirm => return overlays::confirm(model, action),
        Scope::Bulk => return bulk::press(model, action),
        Scope::Palette => {
            return match palette::press(model, action) {
                palette::Outcome::Done(effects) => effects,
                palette::Outcome::Act(beneath, action) => act(model, beneath, action),
            };
        }
        Scope::Filter => return filter::press_filter(model, action),
        Scope::Pick => return pick(model, action),
        _ => {}
    }
    match action {
        Action::Suspend => return vec![Effect::Suspend],
        Action::Retry => return overlays::retry_last(model),
        Action::Refresh => return incoming::reload(model),
        Action::Log if scope != Scope::Log => log::open(model),
        Action::Help if scope != Scope::Help => model.overlay = Some(Overlay::Help { scroll: 0 }),
        Action::Palette => palette::open(model),
        Action::Mouse => return mouse::toggle(model),
        Action::New => return new_rental(model),
        Action::Filter => filter::start_filter(model),
        Action::Register => sheets::open(model, Task::Register),
        Action::CheckIn => sheets::open(model, Task::CheckIn),
        Action::Go(screen) => return go(model, screen),
        Action::NextScreen => return go(model, model.screen.next()),
        Action::Quit if matches!(scope, Scope::Stock | Scope::Events | Scope::Workers | Scope::Journal) => {
            model.overlay = Some(Overlay::Quit);
        }
        _ => match scope {
            Scope::Help if matches!(model.overlay, Some(Overlay::Raw(_))) => raw(model, action),
            Scope::Help => help(model, action),
            Scope::Results => bulk::scroll_results(model, action),
            Scope::Order => return order(model, action),
            Scope::Stock => stock::press(model, action),
            Scope::Events => events::press(model, action),
            Scope::Workers => return workers::press(model, action),
            Scope::Journal => return journal::press(model, action),
            Scope::Entry => return journal::press_entry(model, action),
            Scope::Log => return log::press(model, action),
            _ => return list(model, action),
        },
    }
    Vec::new()
}

/// A key where one of several is picked.
fn pick(model: &mut Model, action: Action) -> Vec<Effect> {
    match &model.overlay {
        Some(Overlay::Sort { .. }) => filter::choose(model, action),
        Some(Overlay::Filters { .. }) => filters::choose(model, action),
        _ => export::choose(model, action),
    }
}

/// Shows another screen; the one of the rentals is gone to without its opened order.
pub(super) fn go(model: &mut Model, screen: Screen) -> Vec<Effect> {
    if screen == Screen::Rentals {
        model.opened = None;
    }
    model.overlay = None;
    model.screen = screen;
    match screen {
        Screen::Rentals | Screen::Events => Vec::new(),
        Screen::Stock => stock::list(model),
        Screen::Workers => workers::ask(model),
        Screen::Journal => journal::open(model),
    }
}

fn list(model: &mut Model, action: Action) -> Vec<Effect> {
    if action.is_aimed() && has_left(model) {
        return Vec::new();
    }
    let page = isize::try_from(model.rentals.height().max(1)).unwrap_or(isize::MAX);
    match action {
        Action::Top => model.rentals.move_to(0),
        Action::Bottom => model.rentals.move_to(usize::MAX),
        Action::Release if model.rentals.marked_len() > 0 => model.rentals.clear_marks(),
        Action::Release if !model.search.input.value().is_empty() => filter::clear(model),
        Action::Release => model.rentals.release(),
        Action::Copy => return export::copy(model, model.rentals.cursor()),
        Action::CopyCell => export::pick(model, model.rentals.cursor()),
        Action::Export(format) => return export::export(model, format),
        Action::Freeze => model.rentals.freeze(model.now),
        Action::PickFilter => filters::pick(model),
        Action::SaveFilter => filters::name(model),
        Action::Sort => filter::pick(model),
        Action::Reverse => {
            model.rentals.reverse(model.now);
            listing::changed(model);
        }
        Action::ColumnLeft => model.rentals.columns_hidden = model.rentals.columns_hidden.saturating_sub(1),
        Action::ColumnRight => {
            let most = view::most_hidden_columns(model);
            model.rentals.columns_hidden = (model.rentals.columns_hidden + 1).min(most);
        }
        Action::Quit => model.overlay = Some(Overlay::Quit),
        Action::Open => match model.rentals.cursor() {
            Some(order) => return orders::open(model, order),
            None => model.notify(Tone::Plain, Text::NothingSelected),
        },
        Action::Mark => mark(model),
        Action::MarkAll => mark_all(model),
        Action::Results => bulk::show(model),
        Action::Preview => preview::toggle(model),
        Action::Cancel | Action::End => {
            let order_action = if action == Action::Cancel { OrderAction::Cancel } else { OrderAction::End };
            if model.rentals.marked_len() > 0 {
                bulk::ask(model, order_action);
                return Vec::new();
            }
            return ask(model, order_action);
        }
        _ => {
            if let Some(by) = action.rows(page) {
                model.rentals.move_by(by);
            }
        }
    }
    orders::moved(model)
}

fn order(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Back | Action::Quit => model.opened = None,
        Action::Copy => return export::copy(model, model.opened.as_ref().map(|page| page.order)),
        Action::CopyCell => export::pick(model, model.opened.as_ref().map(|page| page.order)),
        Action::Cancel => return ask(model, OrderAction::Cancel),
        Action::End => return ask(model, OrderAction::End),
        _ => {
            let (room, most) = view::timeline_room(model);
            if let Some(page) = &mut model.opened {
                scroll(&mut page.scroll, action, room, most);
            }
        }
    }
    Vec::new()
}

/// A key in the help.
fn help(model: &mut Model, action: Action) {
    let (room, most) = view::help_room(model);
    match (&mut model.overlay, action) {
        (overlay, Action::Back | Action::Quit | Action::Help) => *overlay = None,
        (Some(Overlay::Help { scroll: place }), _) => scroll(place, action, room, most),
        _ => {}
    }
}

/// A key while a parked message is looked at.
fn raw(model: &mut Model, action: Action) {
    let Some(Overlay::Raw(page)) = &model.overlay else { return };
    let (room, most) = view::raw_room(model, page);
    match (&mut model.overlay, action) {
        (overlay, Action::Back | Action::Quit | Action::Help) => *overlay = None,
        (Some(Overlay::Raw(page)), _) => scroll(&mut page.scroll, action, room, most),
        _ => {}
    }
}

/// Scrolls a text of which `room` lines are shown and that can move by `most`.
pub(super) fn scroll(place: &mut usize, action: Action, room: usize, most: usize) {
    *place = match action {
        Action::Down => *place + 1,
        Action::Up => place.saturating_sub(1),
        Action::PageDown => *place + room,
        Action::PageUp => place.saturating_sub(room),
        Action::HalfDown => *place + room / 2,
        Action::HalfUp => place.saturating_sub(room / 2),
        Action::Top => 0,
        Action::Bottom => most,
        _ => *place,
    }
    .min(most);
}

/// Marks the order under the cursor, or takes its mark away, and goes on to the next.
fn mark(model: &mut Model) {
    match model.rentals.cursor() {
        Some(order) => {
            model.rentals.toggle_mark(order);
            model.rentals.move_by(1);
        }
        None => model.notify(Tone::Plain, Text::NothingSelected),
    }
}

/// Marks all that is listed, or nothing. What is not in memory cannot be marked.
fn mark_all(model: &mut Model) {
    model.rentals.toggle_all_marks();
    let marked = model.rentals.marked_len();
    if marked > 0 && model.loader.next.is_some() {
        model.notify(Tone::Plain, Text::MarkedHere.with("n", grouped(marked as u64)));
    }
}

/// Whether the order under the cursor has just left, so that this key is ignored once.
fn has_left(model: &mut Model) -> bool {
    let (Some(left), Some(now)) = (model.rentals.take_left(), model.rentals.cursor()) else { return false };
    model.notify(Tone::Warn, Text::CursorMoved.with("left", left).with("now", now));
    true
}

fn new_rental(model: &mut Model) -> Vec<Effect> {
    let request_id = model.commands.next_id();
    model.overlay = Some(Overlay::Form(Box::new(Form::new(request_id))));
    vec![Effect::ListProducts]
}

/// Opens the question, if it makes sense to ask it.
fn ask(model: &mut Model, order_action: OrderAction) -> Vec<Effect> {
    let order = model.opened.as_ref().map(|page| page.order).or(model.rentals.cursor());
    let Some(row) = order.and_then(|order| model.rentals.get(order)).cloned() else {
        model.notify(Tone::Plain, Text::NothingSelected);
        return Vec::new();
    };
    if !model.link.is_live(model.now) {
        model.notify(Tone::Warn, Text::DeniedStale);
    } else if let Some(why) = denied(order_action, &row) {
        model.notify(Tone::Warn, why);
    } else {
        let request_id = model.commands.next_id();
        model.overlay = Some(Overlay::Confirm(Box::new(Confirm::new(order_action, row, request_id))));
    }
    Vec::new()
}
