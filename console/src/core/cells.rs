//! What the list tells of a rental, column by column.

use crate::config::Column;
use crate::core::model::Model;
use crate::i18n::Text;
use crate::theme::{Tone, delivery_tone, payment_tone, status_tone};
use crate::widgets::fit::{Side, grouped};
use rental_model::totalview;

impl Column {
    pub(crate) const fn head(self) -> Text {
        match self {
            Self::Order => Text::HeadOrder,
            Self::Status => Text::HeadStatus,
            Self::Product => Text::HeadProduct,
            Self::Qty => Text::HeadQty,
            Self::Amount => Text::HeadAmount,
            Self::Payment => Text::HeadPayment,
            Self::Delivery => Text::HeadDelivery,
            Self::Age => Text::HeadAge,
            Self::Event => Text::HeadEvent,
        }
    }

    /// The cells it takes at least, and how many more it can use.
    pub(crate) const fn width(self) -> (u16, u16) {
        match self {
            Self::Order => (7, 7),
            Self::Status => (12, 0),
            Self::Product => (12, 16),
            Self::Qty => (5, 5),
            Self::Amount => (11, 4),
            Self::Payment => (8, 0),
            Self::Delivery => (10, 0),
            Self::Age => (6, 0),
            Self::Event => (18, 0),
        }
    }

    pub(crate) const fn side(self) -> Side {
        match self {
            Self::Order | Self::Qty | Self::Amount | Self::Age => Side::Right,
            _ => Side::Left,
        }
    }
}

/// Everything the list tells of a rental, each with its head, without cutting anything off.
pub(crate) fn cells(model: &Model, row: &totalview::Row) -> Vec<(Text, String)> {
    let told = |column: Column| match column {
        Column::Status => (column.head(), model.text(Text::from(row.status())).to_owned()),
        _ => (column.head(), content(model, row, column).0),
    };
    let reason = row.reason.clone().map(|reason| (Text::HeadReason, reason));
    Column::ALL.into_iter().map(told).chain(reason).collect()
}

pub(crate) fn content(model: &Model, row: &totalview::Row, column: Column) -> (String, Tone) {
    let unknown = || String::from("-");
    match column {
        Column::Order => (row.order_id.to_string(), Tone::Plain),
        Column::Status => {
            let status = row.status();
            let word = model.text(Text::from(status));
            (format!("{} {word}", model.settings.glyphs.status(status)), status_tone(status))
        }
        Column::Product => (row.product_id.map_or_else(unknown, |id| model.product_catalog.label(id)), Tone::Plain),
        Column::Qty => (row.qty.map_or_else(unknown, |qty| grouped(qty.get().into())), Tone::Plain),
        Column::Amount => (row.amount.map_or_else(unknown, |won| grouped(won.get())), Tone::Plain),
        Column::Payment => (model.text(row.payment().into()).to_owned(), payment_tone(row.payment())),
        Column::Delivery => (model.text(row.delivery().into()).to_owned(), delivery_tone(row.delivery())),
        Column::Age => (model.settings.language.age(model.age_ms(row.last_at)), Tone::Dim),
        Column::Event => (model.text(row.last_event.into()).to_owned(), Tone::Dim),
    }
}
