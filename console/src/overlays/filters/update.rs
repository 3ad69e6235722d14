//! Saved filters: one is picked, or the one that counts now is saved.

use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::overlay::Overlay;
use crate::core::{paging, search};
use crate::i18n::Text;
use crate::input::{Action, Scope, Screen};
use crate::theme::Tone;
use tui_input::Input;

/// Offers the saved filters; they are of the rentals.
pub(crate) fn pick(model: &mut Model) {
    if model.screen != Screen::Rentals {
        return;
    }
    if model.settings.filters.is_empty() {
        let [filter, save] = [Action::Filter, Action::SaveFilter].map(|action| model.key(Scope::List, action));
        model.notify(Tone::Plain, Text::SavedNone.with("filter", filter).with("save", save));
    } else {
        model.overlay = Some(Overlay::Filters { at: 0 });
    }
}

/// A key among the saved filters.
pub(crate) fn choose(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Filters { at }) = &mut model.overlay else { return Vec::new() };
    let last = model.settings.filters.len().saturating_sub(1);
    match action {
        Action::Choose => {
            let chosen = model.settings.filters.get(*at).map(|(_, filter)| filter.clone());
            (model.overlay, model.search.is_typing) = (None, false);
            if let Some(chosen) = chosen {
                search::put(model, chosen);
            }
            return paging::load_more(model);
        }
        Action::Close => model.overlay = None,
        Action::Top => *at = 0,
        Action::Bottom => *at = last,
        _ => *at = at.saturating_add_signed(action.rows(4).unwrap_or(0)).min(last),
    }
    Vec::new()
}

/// Asks for the name under which the filter is to be saved.
pub(crate) fn name(model: &mut Model) {
    if model.search.input.value().trim().is_empty() {
        let key = model.key(Scope::List, Action::Filter);
        return model.notify(Tone::Plain, Text::SaveNothing.with("filter", key));
    }
    model.overlay = Some(Overlay::SaveFilter(Input::default()));
}

/// A command key while the name is typed.
pub(crate) fn press(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::SaveFilter(name)) = &model.overlay else { return Vec::new() };
    let name = name.value().trim().to_owned();
    match action {
        Action::Submit if !name.is_empty() => {
            model.overlay = None;
            vec![Effect::SaveFilter { name, filter: model.search.input.value().trim().to_owned() }]
        }
        Action::Close => {
            model.overlay = None;
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// What became of a filter that was to be saved.
pub(crate) fn saved(model: &mut Model, name: String, filter: String, answer: Result<String, String>) {
    match answer {
        Ok(file) => {
            model.notify(Tone::Good, Text::Saved.with("name", name.as_str()).with("file", file));
            let saved = &mut model.settings.filters;
            match saved.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = filter,
                None => saved.push((name, filter)),
            }
        }
        Err(why) => model.notify(Tone::Bad, Text::NotSaved.with("name", name).with("why", why)),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::msg::{Effect, Msg};
    use crate::testing::{TestApp, order, paid, requested};

    /// Orders 1 and 2, of which 2 is paid, and two saved filters.
    fn app() -> TestApp {
        let mut app = TestApp::live();
        app.receive(requested(order(1)));
        app.receive(requested(order(2)));
        app.receive(paid(order(2)));
        let filters = [("many", "qty>100"), ("paid", "status=paid")];
        app.model.settings.filters = filters.map(|(name, filter)| (name.to_owned(), filter.to_owned())).into();
        app.asked();
        app
    }

    #[test]
    fn a_saved_filter_is_picked_from_the_list_and_while_one_is_typed() {
        for keys in ["Fj<enter>", "/qt<tab>j<enter>", "/<down>G<enter>"] {
            let mut app = app();
            app.press(keys);
            assert_eq!(app.model.search.input.value(), "status=paid", "{keys}");
            assert_eq!(app.model.rentals.len(), 1);
            assert!(!app.model.search.is_typing && app.model.overlay.is_none());
        }
        let mut app = app();
        app.press("/qt<tab><esc>");
        assert!(app.model.search.is_typing, "what was typed is still there: {:?}", app.model.overlay);
        assert_eq!(app.model.search.input.value(), "qt");
    }

    #[test]
    fn a_filter_is_saved_under_a_typed_name_and_offered_from_then_on() {
        let mut app = app();
        app.press("w");
        assert!(app.asked().is_empty() && app.screen(120, 24).contains("There is no filter to save"));
        app.press("/age<lt>1h<enter>w<enter>이번 달<enter>");
        let (name, filter) = ("이번 달".to_owned(), "age<1h".to_owned());
        assert!(app.asked().contains(&Effect::SaveFilter { name: name.clone(), filter: filter.clone() }));
        app.tell(Msg::FilterSaved { name: name.clone(), filter: filter.clone(), answer: Err("full".to_owned()) });
        assert_eq!(app.model.settings.filters.len(), 2);
        app.tell(Msg::FilterSaved { name, filter, answer: Ok("config.toml".to_owned()) });
        assert!(app.screen(120, 24).contains("saved in config.toml"));
        app.press("F");
        assert!(app.screen(120, 24).contains("이번 달"));
    }

    #[test]
    fn without_a_saved_filter_it_is_said_how_one_is_saved() {
        let mut app = TestApp::live();
        app.press("F");
        assert!(app.screen(120, 24).contains("type one with /, keep it, and save it with w"));
    }
}
