//! Single orders: rows that began late, and the opened order with its history.

use crate::core::commands::{is_silent, why};
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::order_page::{OrderPage, Service};
use crate::core::timers::{Timer, after};
use crate::core::{paging, steps};
use crate::i18n::Arg;
use rental_bus::CallError;
use rental_bus::status::ContextStatus;
use rental_model::totalview::Rental;
use rental_model::{Context, OrderId, RecordedEvent};

/// How many rows are fetched at the same time, at most.
const MOST_FETCHING: usize = 8;

/// How long a row may lack its first event before it is fetched.
const LATE_MS: u64 = 500;

/// How often a service that keeps an opened order waiting is asked how it is.
const ASK_MS: u64 = 2_000;

/// Fetches rows that still lack their first event.
pub(crate) fn fetch_late(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    while model.loader.fetching + effects.len() < MOST_FETCHING {
        let Some(&(order, since)) = model.loader.late.front() else { break };
        let due = after(since, LATE_MS);
        if due > model.now {
            model.timers.set(Timer::FetchLate, due);
            break;
        }
        model.loader.late.pop_front();
        if model.rentals.get(order).is_some_and(|row| row.requested_at.is_none()) {
            effects.push(Effect::FetchRental(order));
        }
    }
    model.loader.fetching += effects.len();
    effects
}

/// Opens an order: all that is known at once, the rest when it arrives.
pub(crate) fn open(model: &mut Model, order: OrderId) -> Vec<Effect> {
    model.opened = Some(OrderPage::open(order, model.events.iter()));
    model.timers.set(Timer::AskAwaited, model.now);
    model.loader.fetching += 1;
    vec![Effect::FetchRental(order)]
}

/// Totalview's answer for one order.
pub(crate) fn rental(model: &mut Model, order: OrderId, answer: Result<Box<Rental>, CallError>) -> Vec<Effect> {
    model.loader.fetching = model.loader.fetching.saturating_sub(1);
    let mut effects = Vec::new();
    let is_opened = model.opened.as_ref().is_some_and(|page| page.order == order);
    match answer {
        Ok(rental) => {
            let Rental { rental: mut row, timeline, .. } = *rental;
            if let (Some(product), Some(name)) = (row.product_id, row.product_name.take()) {
                model.product_catalog.learn(product, name);
            }
            model.rentals.join(row, model.now);
            let pages = model.pages().filter(|page| page.order == order);
            pages.for_each(|page| page.join(timeline.clone()));
        }
        // The streams hold the same history; they only take longer to ask.
        Err(error) if is_silent(&error) && is_opened => effects.push(Effect::FetchHistory(order)),
        Err(error) => {
            let pages = model.pages().filter(|page| page.order == order);
            pages.for_each(|page| page.partial = Some(why(&error)));
        }
    }
    effects.extend(fetch_late(model));
    effects
}

/// An order's events, from the streams themselves.
pub(crate) fn history(model: &mut Model, order: OrderId, answer: Result<Vec<RecordedEvent>, String>) -> Vec<Effect> {
    match answer {
        Ok(recorded_events) => {
            for recorded in &recorded_events {
                model.rentals.project(recorded, model.now);
                for page in model.pages() {
                    page.project(recorded);
                }
            }
        }
        Err(why) => {
            if let Some(page) = model.opened.as_mut().filter(|page| page.order == order) {
                page.partial = Some(Arg::Plain(why));
            }
        }
    }
    Vec::new()
}

/// Asks those whom the opened order waits for how they are.
pub(crate) fn ask_awaited(model: &mut Model) -> Vec<Effect> {
    let Some(page) = &model.opened else { return Vec::new() };
    let awaited = model.rentals.get(page.order).map(steps::awaited).unwrap_or_default();
    model.timers.set(Timer::AskAwaited, after(model.now, ASK_MS));
    awaited.into_iter().map(Effect::AskStatus).collect()
}

/// How a service is.
pub(crate) fn status(model: &mut Model, context: Context, answer: Result<Box<ContextStatus>, CallError>) {
    if let Some(page) = &mut model.opened {
        let service = match answer {
            Ok(status) => Service::Answers(*status),
            Err(error) => Service::Silent(why(&error)),
        };
        page.services.insert(context, service);
    }
}

/// Moves within the list, and loads what is older when its end is near.
pub(crate) fn moved(model: &mut Model) -> Vec<Effect> {
    paging::load_more(model)
}
