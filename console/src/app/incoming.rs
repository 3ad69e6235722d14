//! What the broker brings: the connection's state, pages of rentals, events.

use crate::core::commands::is_silent;
use crate::core::filtering;
use crate::core::link::{PROOF_MS, View};
use crate::core::listing::Reach;
use crate::core::model::{Loader, Model};
use crate::core::msg::{Effect, Epoch};
use crate::core::paging::{AGAIN_MS, join, set_floor};
use crate::core::rentals::{MARK_MS, RowChange};
use crate::core::timers::{Timer, after};
use crate::i18n::Text;
use crate::overlays::new_rental::update as new_rental;
use crate::screens;
use crate::screens::services::update as services;
use crate::theme::Tone;
use rental_bus::tail::Seen;
use rental_bus::{CallError, LinkState};
use rental_model::totalview::{Cursor, Page, SourcePositions, Stats};
use rental_model::{Context, Event, RecordedEvent};

/// How often signs of life are asked for while there are changes.
const BEAT_MS: u64 = 1_000;

/// How often while nothing happens: as rarely as a late answer still comes in time to prove the picture fresh.
const QUIET_BEAT_MS: u64 = 2_000;

/// How soon a row that began late is fetched: its first event is mostly on its way.
const LATE_MS: u64 = 500;

/// The connection has changed.
pub(crate) fn link(model: &mut Model, state: LinkState) -> Vec<Effect> {
    let was_up = model.link.is_up();
    model.link.state = state;
    if was_up || !model.link.is_up() {
        return Vec::new();
    }
    model.loader.is_loading = true;
    let epoch = model.loader.epoch;
    model.workers.doubt();
    let mut effects = vec![Effect::Beat, Effect::Load { epoch, cursor: None }, Effect::ListProducts];
    effects.extend(services::ask(model));
    effects
}

/// A sign of life, or of its lack.
pub(crate) fn beat(model: &mut Model, tips: Option<SourcePositions>, stats: Result<Stats, CallError>) -> Vec<Effect> {
    let before = (model.link.freshness(model.now), model.link.behind(), model.link.view.clone());
    let mut is_quiet = false;
    if let Some(tips) = tips {
        is_quiet = model.link.prove(tips, model.now);
        model.timers.set(Timer::ProofEnds, after(model.now, PROOF_MS + 1));
    }
    match stats {
        Ok(stats) => {
            if model.link.view == View::Silent && model.loader.is_following {
                came_back(model);
            }
            let is_same = model.link.stats.as_ref() == Some(&stats);
            is_quiet &= is_same;
            model.is_dirty |= !is_same;
            model.link.stats = Some(stats);
            model.link.view = View::Answers;
        }
        Err(error) => {
            is_quiet = false;
            if is_silent(&error) && model.link.is_up() {
                model.link.view = View::Silent;
            }
        }
    }
    model.is_dirty |= before != (model.link.freshness(model.now), model.link.behind(), model.link.view.clone());
    model.timers.set(Timer::Beat, after(model.now, if is_quiet { QUIET_BEAT_MS } else { BEAT_MS }));
    Vec::new()
}

/// Totalview answers again: whatever could not be fetched meanwhile is fetched now.
fn came_back(model: &mut Model) {
    model.timers.no_later_than(Timer::LoadFirst, model.now);
    model.loader.late.extend(model.rentals.begun_late().map(|order| (order, model.now)));
    model.timers.no_later_than(Timer::FetchLate, after(model.now, LATE_MS));
}

/// A page of rentals, or none.
pub(crate) fn page(model: &mut Model, is_first: bool, answer: Result<Page, CallError>) -> Vec<Effect> {
    model.loader.is_loading = false;
    let page = match answer {
        Ok(page) => page,
        Err(_) if is_first => return without_first(model),
        // The end of the list asks again when it is scrolled to.
        Err(_) => return Vec::new(),
    };
    model.link.view = View::Answers;
    join(model, page.rentals);
    // The first page loaded again does not undo how far was scrolled.
    if !is_first || !model.loader.has_first {
        set_floor(model, page.next);
    }
    if !is_first {
        return Vec::new();
    }
    (model.loader.has_first, model.loader.is_following) = (true, true);
    model.timers.drop(Timer::LoadFirst);
    let after = model.link.gapless(&page.positions);
    model.link.begin(&after);
    vec![Effect::Follow { epoch: model.loader.epoch, after }]
}

/// Totalview is silent: the events alone must do, until it is back.
fn without_first(model: &mut Model) -> Vec<Effect> {
    model.timers.set(Timer::LoadFirst, after(model.now, AGAIN_MS));
    model.link.view = View::Silent;
    if std::mem::replace(&mut model.loader.is_following, true) {
        return Vec::new();
    }
    vec![Effect::FollowRecent { epoch: model.loader.epoch }]
}

/// What following the events has brought.
pub(crate) fn seen(model: &mut Model, seen: Vec<Seen>) -> Vec<Effect> {
    let mut effects = Vec::new();
    model.timers.hasten(Timer::Beat, after(model.now, BEAT_MS));
    for one in seen {
        match one {
            Seen::Event(recorded) => event(model, *recorded),
            Seen::Unreadable { source, number, .. } => {
                model.link.see(source, number);
                let message = Text::UnreadableEvent.with("context", Text::from(source)).with("number", number);
                model.notify(Tone::Warn, message);
            }
            Seen::Rewound { source, .. } => {
                effects.extend(rewound(model, source));
                // The rest belongs to a picture that is no more.
                return effects;
            }
            Seen::Interrupted { source, .. } => model.link.interrupt(source),
            Seen::Resumed { source } => model.link.resume(source),
        }
    }
    tell_arrivals(model);
    if model.listing.is_newest()
        && let Some(highest) = model.rentals.trim()
    {
        // The next page is to bring that one back too.
        set_floor(model, Some(Cursor::behind_order(highest.get() + 1, false)));
    }
    effects
}

fn event(model: &mut Model, recorded: RecordedEvent) {
    model.link.see(recorded.source, recorded.number);
    model.product_catalog.project(&recorded);
    if let Event::ProductRegistered { .. } = recorded.event {
        filtering::again(model);
    }
    match model.rentals.project(&recorded, model.now) {
        RowChange::Nothing => {}
        RowChange::Changed => plan_unmark(model),
        RowChange::BegunLate => {
            plan_unmark(model);
            if let Some(order) = recorded.event.order() {
                model.loader.late.push_back((order, model.now));
                model.timers.no_later_than(Timer::FetchLate, after(model.now, LATE_MS));
            }
        }
    }
    for page in model.pages() {
        page.project(&recorded);
    }
    if let Event::StockReserved { .. } | Event::StockReleased { .. } | Event::ItemsReturned { .. } = recorded.event {
        new_rental::plan_check(model, 100);
    }
    if model.awaited.is_some() && recorded.event.order() == model.awaited {
        // The person asked for this order here: it is what they look at next.
        if let Some(order) = model.awaited.take() {
            model.rentals.select(order);
        }
    }
    for screen in screens::ALL {
        screen.event(model, &recorded);
    }
    model.events.remember(recorded);
}

/// Marks of changed cells go by themselves.
fn plan_unmark(model: &mut Model) {
    let at = after(model.now, MARK_MS);
    model.timers.no_later_than(Timer::Redraw, at);
}

/// Tells when a command's event has come into view.
pub(crate) fn tell_arrivals(model: &mut Model) {
    let link = &model.link;
    if let Some(issued) = model.commands.arrived(|context| link.seen(context)) {
        model.tell_life(&issued);
    }
}

/// A stream was made anew: everything is read again.
pub(crate) fn rewound(model: &mut Model, source: Context) -> Vec<Effect> {
    model.notify(Tone::Warn, Text::StreamRenewed.with("context", Text::from(source)));
    reload(model)
}

/// Throws the picture away and loads it again.
pub(crate) fn reload(model: &mut Model) -> Vec<Effect> {
    model.rentals.clear();
    model.events.clear();
    let epoch = Epoch(model.loader.epoch.0.wrapping_add(1));
    let sorting = model.rentals.sorting();
    model.listing.begin(model.search.input.value(), sorting, Reach::Newest);
    model.loader = Loader { epoch, is_loading: true, ..Default::default() };
    model.link.view = View::Unknown;
    if model.link.is_up() { vec![Effect::Load { epoch, cursor: None }, Effect::ListProducts] } else { Vec::new() }
}
