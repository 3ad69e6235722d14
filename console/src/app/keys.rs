//! What the keys do: which screen or box a key goes to, and what is the same everywhere.

use crate::app::{incoming, questions, typing};
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::overlay::Overlay;
use crate::i18n::Text;
use crate::input::{Action, Scope, Screen};
use crate::overlays::bulk::update as bulk;
use crate::overlays::cells::update as cells;
use crate::overlays::entry::update as entry;
use crate::overlays::filters::update as filters;
use crate::overlays::form::state::Task;
use crate::overlays::form::update as form;
use crate::overlays::help::update::help;
use crate::overlays::log::update as log;
use crate::overlays::new_rental::update::new_rental;
use crate::overlays::palette::update as palette;
use crate::overlays::raw::update::raw;
use crate::overlays::sort::update as sort;
use crate::screens;
use crate::theme::Tone;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

/// Gives the mouse to the terminal, or takes it back.
pub(crate) fn toggle(model: &mut Model) -> Vec<Effect> {
    model.has_mouse = !model.has_mouse;
    let key = model.key(Scope::Global, Action::Mouse);
    let text = if model.has_mouse { Text::MouseOurs } else { Text::MouseTerminals };
    model.notify(Tone::Plain, text.with("key", key));
    vec![Effect::Mouse(model.has_mouse)]
}

/// A key was pressed.
pub(crate) fn press(model: &mut Model, event: &KeyEvent) -> Vec<Effect> {
    if model.keymap.is_interrupt(event) {
        return interrupt(model);
    }
    model.is_leaving = false;
    let scope = model.scope();
    let actions = model.keymap.actions(scope, event);
    if scope.is_typing() && actions.is_empty() {
        return typing::type_key(model, event);
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
pub(crate) fn act(model: &mut Model, scope: Scope, action: Action) -> Vec<Effect> {
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
        Scope::Form => return questions::form(model, action),
        Scope::Confirm => return questions::confirm(model, action),
        Scope::Bulk => return bulk::press(model, action),
        Scope::Palette => {
            return match palette::press(model, action) {
                palette::Outcome::Done(effects) => effects,
                palette::Outcome::Act(beneath, action) => act(model, beneath, action),
            };
        }
        Scope::Filter => return typing::press_filter(model, action),
        Scope::Pick => return pick(model, action),
        _ => {}
    }
    match action {
        Action::Suspend => return vec![Effect::Suspend],
        Action::Retry => return questions::retry_last(model),
        Action::Refresh => return incoming::reload(model),
        Action::Log if scope != Scope::Log => log::open(model),
        Action::Help if scope != Scope::Help => model.overlay = Some(Overlay::Help { scroll: 0 }),
        Action::Palette => palette::open(model),
        Action::Mouse => return toggle(model),
        Action::New => return new_rental(model),
        Action::Filter => screens::of(model.screen).start_filter(model),
        Action::Register => form::open(model, Task::Register),
        Action::CheckIn => form::open(model, Task::CheckIn),
        Action::Go(screen) => return go(model, screen),
        Action::NextScreen => return go(model, model.screen.next()),
        Action::Quit if matches!(scope, Scope::Stock | Scope::Events | Scope::Workers | Scope::Journal) => {
            model.overlay = Some(Overlay::Quit);
        }
        _ => match scope {
            Scope::Help if matches!(model.overlay, Some(Overlay::Raw(_))) => raw(model, action),
            Scope::Help => help(model, action),
            Scope::Results => bulk::scroll_results(model, action),
            Scope::Entry => return entry::press_entry(model, action),
            Scope::Log => return log::press(model, action),
            _ => return screens::with_keys_in(scope).action(model, action),
        },
    }
    Vec::new()
}

/// A key where one of several is picked.
fn pick(model: &mut Model, action: Action) -> Vec<Effect> {
    match &model.overlay {
        Some(Overlay::Sort { .. }) => sort::choose(model, action),
        Some(Overlay::Filters { .. }) => filters::choose(model, action),
        _ => cells::choose(model, action),
    }
}

/// Shows another screen; the one of the rentals is gone to without its opened order.
pub(crate) fn go(model: &mut Model, screen: Screen) -> Vec<Effect> {
    if screen == Screen::Rentals {
        model.opened = None;
    }
    model.overlay = None;
    model.screen = screen;
    screens::of(screen).enter(model)
}
