//! Another filter of the rentals, and what it leads to.

use crate::core::filtering::set;
use crate::core::model::Model;
use crate::core::paging;
use crate::i18n::message;
use crate::input::Screen;
use crate::theme::Tone;
use rental_model::totalview::filter::Filter;
use tui_input::Input;

/// Shows the rentals that this filter finds. One that cannot be read leaves the list as it is, and says why.
pub(crate) fn show(model: &mut Model, query: &str) {
    model.screen = Screen::Rentals;
    model.opened = None;
    if let Err(mistake) = Filter::parse(query) {
        return model.notify(Tone::Bad, message(&mistake));
    }
    model.search.input = query.into();
    apply(model);
}

/// Lists everything again.
pub(crate) fn clear(model: &mut Model) {
    model.search.input.reset();
    apply(model);
}

/// Lists what `filter` finds, as if it had been typed.
pub(crate) fn put(model: &mut Model, filter: String) {
    model.search.input = Input::new(filter);
    apply(model);
}

/// Lists what the filter finds; one that cannot be read leaves the list as it is.
pub(crate) fn apply(model: &mut Model) {
    match Filter::parse(model.search.input.value()) {
        Ok(query) => {
            model.search.mistake = None;
            set(model, query);
            paging::typed(model);
        }
        Err(mistake) => model.search.mistake = Some(mistake),
    }
}
