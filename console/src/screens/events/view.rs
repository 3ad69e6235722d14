//! The live stream of events.

use crate::core::draw::Draw;
use crate::core::model::Model;
use crate::core::wording::time;
use crate::i18n::Text;
use crate::input::{Action, Scope};
use crate::theme::Tone;
use crate::widgets::canvas::empty;
use crate::widgets::filter_line;
use crate::widgets::fit::grouped;
use crate::widgets::grid::{Column, GridRow, grid, rows_in};
use ratatui::layout::Rect;
use rental_model::event::Place;
use rental_model::{Event, ProductId, Qty, RecordedEvent, Won};

const COLUMNS: [Column; 6] = [
    Column::right(Text::HeadTime, 8, 2),
    Column::left(Text::HeadNumber, 13, 3),
    Column::right(Text::HeadOrder, 6, 0),
    Column::left(Text::HeadWhat, 18, 0),
    Column::wide(Text::HeadDetails, 22, 1),
    Column::left(Text::HeadActor, 10, 4),
];

pub(crate) fn log(draw: &mut Draw, area: Rect) {
    let model = draw.model;
    let (matching, kept) = model.events.counts();
    if matching == 0 {
        let message = match kept {
            _ if !model.link.is_up() => Text::EmptyOffline.into(),
            0 => Text::EventsNone.into(),
            _ => Text::FilterFindsNothing.with("key", model.key(Scope::Events, Action::Follow)),
        };
        return empty(draw, area, &message);
    }
    let rows = model
        .events
        .window(rows_in(area))
        .map(|recorded| GridRow { cells: cells(model, recorded), is_selected: false });
    grid(draw, area, &COLUMNS, rows);
}

fn cells(model: &Model, recorded: &RecordedEvent) -> [(String, Tone); 6] {
    let kind = recorded.event.kind();
    [
        (time(model, recorded.at), Tone::Dim),
        (format!("{}:{}", model.text(Text::from(recorded.source)), recorded.number), Tone::Dim),
        (recorded.event.order().map(|order| order.to_string()).unwrap_or_default(), Tone::Plain),
        (model.text(Text::from(kind)).to_owned(), tone(&recorded.event)),
        (details(model, &recorded.event), Tone::Plain),
        (recorded.actor.clone().unwrap_or_default(), Tone::Dim),
    ]
}

const fn tone(event: &Event) -> Tone {
    match event {
        Event::FeeDeclined { .. } | Event::StockShort { .. } => Tone::Bad,
        Event::RentalCancelled { .. } | Event::StockAdjusted { .. } => Tone::Warn,
        Event::DeliveryStarted { .. } => Tone::Good,
        _ => Tone::Plain,
    }
}

/// What an event says besides its order.
fn details(model: &Model, event: &Event) -> String {
    let product = |id: ProductId| model.product_catalog.label(id);
    let units = |id: ProductId, qty: Qty| format!("{}, {}", product(id), model.say(&Text::CountOf.with("n", qty)));
    let money = |won: Won| model.say(&Text::Money.with("won", grouped(won.get())));
    let place = |place: Place| model.text(Text::from(place));
    match event {
        Event::RentalRequested { product: id, qty, amount, .. } => format!("{}, {}", units(*id, *qty), money(*amount)),
        Event::RentalCancelled { product: id, reason: Some(reason), .. } => {
            format!("{}, {}", product(*id), reason.as_str())
        }
        Event::StockReserved { product, qty, .. } | Event::StockReleased { product, qty, .. } => units(*product, *qty),
        Event::ItemsReturned { product, qty, down, lost, .. } => {
            let counted = Text::ReturnedOf.with("down", u64::from(*down)).with("lost", u64::from(*lost));
            format!("{}, {}", units(*product, *qty), model.say(&counted))
        }
        Event::ProductRegistered { product, name, qty } => {
            format!("{product} {name}, {}", model.say(&Text::CountOf.with("n", u64::from(*qty))))
        }
        Event::StockAdjusted { product, from, to, qty, reason } => {
            format!("{}, {} -> {}, {}", units(*product, *qty), place(*from), place(*to), reason.as_str())
        }
        Event::ChargeRequested { amount, .. }
        | Event::FeeReceived { amount, .. }
        | Event::FeeDeclined { amount, .. }
        | Event::FeeRefunded { amount, .. } => money(*amount),
        other => other.product().map(product).unwrap_or_default(),
    }
}

/// Following or paused, how many there are, and the filter.
pub(crate) fn chips(draw: &mut Draw, area: Rect) {
    let model = draw.model;
    let (matching, kept) = model.events.counts();
    let (message, tone) = match model.events.waiting() {
        None => (Text::EventsFollowing.into(), Tone::Good),
        Some(n) => (Text::EventsPaused.with("n", grouped(n as u64)), Tone::Warn),
    };
    let count = Text::Place.with("n", grouped(matching as u64)).with("total", grouped(kept as u64));
    filter_line::line(draw, area, model.events.filter(), (&message, tone), &count);
}
