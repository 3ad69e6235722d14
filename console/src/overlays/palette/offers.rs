//! Everything the console can do, found by a few letters of its name.
//!
//! What is offered depends on where one was when the palette opened: the
//! actions of that place with their keys, then screens, saved filters and
//! products. A number offers the order with that id. Names are matched in
//! both languages, composed, so that either finds the same; an action that
//! would be denied is offered with the reason.

use crate::core::model::Model;
use crate::core::order_action::{OrderAction, denied};
use crate::i18n::{Language, Message, Text};
use crate::input::{Action, Scope};
use crate::overlays::bulk::state::Run;
use crate::overlays::palette::state::{Choice, Offer, Palette};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use rental_model::OrderId;
use unicode_normalization::UnicodeNormalization;

/// What is offered for what is typed, the best first.
pub(crate) fn offers(model: &Model, palette: &Palette) -> Vec<Offer> {
    let typed: String = palette.input.value().nfc().collect();
    let order = typed.split_whitespace().find_map(|word| word.parse().ok()).and_then(|id| OrderId::new(id).ok());
    let order = order.map(|order| Offer {
        choice: Choice::Order(order),
        name: Text::OpenOrder.with("order", order),
        keys: String::new(),
        denied: None,
    });
    let pattern = Pattern::parse(&typed, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut found: Vec<_> = all(model, palette.beneath)
        .into_iter()
        .filter_map(|offer| Some((score(&pattern, &mut matcher, &offer.name)?, offer)))
        .collect();
    // Stable: between equals, the order in which they are offered decides.
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    // A number alone is an order; in `iphone 15` it may be one.
    let (first, last) = if typed.trim().parse::<u64>().is_ok() { (order, None) } else { (None, order) };
    first.into_iter().chain(found.into_iter().map(|(_, offer)| offer)).chain(last).collect()
}

/// How well a name fits, in the language in which it fits best.
fn score(pattern: &Pattern, matcher: &mut Matcher, name: &Message) -> Option<u32> {
    let scores = [Language::English, Language::Korean].map(|language| {
        let name: String = language.say(name).nfc().collect();
        pattern.score(Utf32Str::new(&name, &mut Vec::new()), matcher)
    });
    scores.into_iter().flatten().max()
}

/// Everything there is to choose.
fn all(model: &Model, beneath: Scope) -> Vec<Offer> {
    let saved = model.settings.filters.iter().map(|(name, query)| Offer {
        choice: Choice::Saved(name.clone(), query.clone()),
        name: Text::ShowSaved.with("name", name.as_str()),
        keys: String::new(),
        denied: None,
    });
    let products = model.product_catalog.products().map(|product| Offer {
        choice: Choice::Product(product.product_id),
        name: Text::ShowProduct.with("product", product.product_name.as_str()),
        keys: String::new(),
        denied: None,
    });
    actions(model, beneath).into_iter().chain(saved).chain(products).collect()
}

/// The actions of the place beneath, with their keys; moving about is not among them.
fn actions(model: &Model, beneath: Scope) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for binding in model.keymap.of(beneath).chain(model.keymap.of(Scope::Global)) {
        let action = binding.action;
        let choice = Choice::Do(action);
        let is_known = offers.iter().any(|offer| offer.choice == choice);
        if is_known || action.is_move() || matches!(action, Action::Palette | Action::Interrupt) {
            continue;
        }
        let keys: Vec<_> = binding.chords.iter().map(|chord| chord.label(&model.settings.glyphs)).collect();
        let name = match action {
            Action::Go(screen) => Text::GoTo.with("screen", screen.title()),
            action => action.text().into(),
        };
        offers.push(Offer { choice, name, keys: keys.join(" "), denied: why_not(model, beneath, action) });
    }
    offers
}

/// Why an action would be denied now.
fn why_not(model: &Model, beneath: Scope, action: Action) -> Option<Message> {
    if action.is_writing() && model.settings.is_read_only {
        return Some(Text::DeniedReadOnly.into());
    }
    let is_stale = !model.link.is_live(model.now);
    let rentals = &model.rentals;
    match (beneath, action) {
        (Scope::List | Scope::Order, Action::Cancel | Action::End) => {
            let order_action = if action == Action::Cancel { OrderAction::Cancel } else { OrderAction::End };
            let opened = model.opened.as_ref().map(|page| page.order);
            if opened.is_none() && rentals.marked_len() > 0 {
                return is_stale.then(|| Text::DeniedStale.into());
            }
            let Some(row) = opened.or(rentals.cursor()).and_then(|order| rentals.get(order)) else {
                return Some(Text::NothingSelected.into());
            };
            if is_stale { Some(Text::DeniedStale.into()) } else { denied(order_action, row) }
        }
        (Scope::List, action) if action.is_aimed() && rentals.cursor().is_none() => Some(Text::NothingSelected.into()),
        (Scope::List, Action::Results) if model.run.is_none() => Some(Text::NoResults.into()),
        (Scope::Stock, Action::Adjust) => {
            let keys: Vec<_> = model.product_catalog.products().map(|product| product.product_id).collect();
            model.stock.on(&keys).is_none().then(|| Text::NothingChosen.into())
        }
        (Scope::Workers, Action::Open | Action::RetryParked | Action::DropParked) => {
            if model.workers.selected().is_none() {
                return Some(Text::NothingChosen.into());
            }
            (is_stale && action != Action::Open).then(|| Text::DeniedStale.into())
        }
        (_, Action::Retry) => {
            let is_open = model.commands.last_unsure().is_some() || model.run.as_ref().is_some_and(Run::is_open);
            (!is_open).then(|| Text::NothingToRetry.into())
        }
        _ => None,
    }
}
