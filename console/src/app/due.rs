//! What comes due by the clock.

use crate::core::link::Freshness;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::overlay::Overlay;
use crate::core::timers::{Timer, after};
use crate::core::{filtering, orders, paging, preview};
use crate::overlays::new_rental::update as new_rental;
use crate::screens;
use rental_model::UnixMs;

/// Does everything that is due.
pub(crate) fn run(model: &mut Model) -> Vec<Effect> {
    let due = model.timers.due(model.now);
    due.into_iter().flat_map(|timer| one(model, timer)).collect()
}

fn one(model: &mut Model, timer: Timer) -> Vec<Effect> {
    let is_up = model.link.is_up();
    match timer {
        Timer::Beat if is_up => vec![Effect::Beat],
        Timer::LoadFirst if is_up => {
            model.loader.is_loading = true;
            vec![Effect::Load { epoch: model.loader.epoch, cursor: None }]
        }
        Timer::FetchLate if is_up => orders::fetch_late(model),
        Timer::CheckStock => new_rental::check_stock(model),
        Timer::AskAwaited if is_up => orders::ask_awaited(model),
        Timer::Refilter => {
            filtering::again(model);
            Vec::new()
        }
        Timer::AskListing if is_up => paging::ask(model),
        Timer::Preview if is_up => preview::fetch(model),
        Timer::Redraw | Timer::ProofEnds => {
            model.is_dirty = true;
            Vec::new()
        }
        Timer::ClearNotice => {
            model.notice = None;
            model.is_leaving = false;
            model.is_dirty = true;
            Vec::new()
        }
        // Nobody to ask: the connection's return begins all of these anew.
        Timer::Beat | Timer::LoadFirst | Timer::FetchLate | Timer::AskAwaited | Timer::AskListing | Timer::Preview => {
            Vec::new()
        }
        Timer::ListProducts | Timer::AskWorkers | Timer::ReadJournal => {
            screens::ALL.into_iter().flat_map(|screen| screen.timer(model, timer)).collect()
        }
    }
}

/// Plans the next drawing that time alone makes necessary: an age reads differently.
pub(crate) fn plan_redraw(model: &mut Model) {
    let now = model.now;
    if let Freshness::Stale(age) = model.link.freshness(now) {
        model.timers.no_later_than(Timer::Redraw, after(now, next_change(age)));
    }
    if let Some(age) = youngest_age(model) {
        model.timers.no_later_than(Timer::Redraw, redrawn_at(now, age));
    }
}

/// When an age that reads differently by then is drawn again. Each changes at its
/// own moment; they are drawn together, a little late, so that this is rare.
const fn redrawn_at(now: UnixMs, age_ms: u64) -> UnixMs {
    let together = if age_ms < 60_000 { 1_000 } else { 10_000 };
    UnixMs(after(now, next_change(age_ms)).0.next_multiple_of(together))
}

/// In how many milliseconds an age reads differently.
const fn next_change(age_ms: u64) -> u64 {
    let unit = match age_ms {
        0..60_000 => 1_000,
        60_000..3_600_000 => 60_000,
        _ => 3_600_000,
    };
    unit - age_ms % unit
}

/// The age on the screen that changes soonest.
fn youngest_age(model: &Model) -> Option<u64> {
    let is_hidden = matches!(
        model.overlay,
        Some(
            Overlay::Form(_)
                | Overlay::Sheet(_)
                | Overlay::Raw(_)
                | Overlay::Entry(_)
                | Overlay::Log { .. }
                | Overlay::Help { .. },
        )
    );
    if is_hidden {
        return None;
    }
    let ages = screens::shown(model).ages(model).into_iter().map(|at| model.age_ms(at));
    ages.min_by_key(|age| redrawn_at(model.now, *age))
}
