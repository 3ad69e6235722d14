//! The screens, a folder each: its keys and how it is drawn. None knows another.
//!
//! Here is the list of them; the rest of the console asks it, and never for a
//! certain screen's keys or drawing.

pub(crate) mod events;
pub(crate) mod journal;
pub(crate) mod order;
pub(crate) mod rentals;
pub(crate) mod services;
pub(crate) mod stock;

use crate::core::model::Model;
use crate::core::screen::Screen;
use crate::input;
use crate::input::Scope;

/// All of them, and the order that lies over the list.
pub(crate) const ALL: [&dyn Screen; 6] =
    [&rentals::Rentals, &order::Order, &stock::Stock, &events::Events, &services::Services, &journal::Journal];

/// The screen behind a tab.
pub(crate) fn of(tab: input::Screen) -> &'static dyn Screen {
    match tab {
        input::Screen::Rentals => &rentals::Rentals,
        input::Screen::Stock => &stock::Stock,
        input::Screen::Events => &events::Events,
        input::Screen::Workers => &services::Services,
        input::Screen::Journal => &journal::Journal,
    }
}

/// The screen whose keys go to `scope`.
pub(crate) fn with_keys_in(scope: Scope) -> &'static dyn Screen {
    ALL.into_iter().find(|screen| screen.scope() == scope).unwrap_or(&rentals::Rentals)
}

/// The one that is shown.
pub(crate) fn shown(model: &Model) -> &'static dyn Screen {
    match model.screen {
        input::Screen::Rentals if model.opened.is_some() => &order::Order,
        tab => of(tab),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tab_has_a_screen_with_keys_of_its_own() {
        let scopes: Vec<_> = ALL.iter().map(|screen| screen.scope()).collect();
        for (place, scope) in scopes.iter().enumerate() {
            assert!(!scopes[..place].contains(scope), "{scope:?} belongs to two screens");
        }
        for tab in input::Screen::ALL {
            assert!(scopes.contains(&of(tab).scope()), "{tab:?} is not among ALL");
        }
    }
}
