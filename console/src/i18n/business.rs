//! The desk's words for the business: statuses, payments, events, contexts.

use crate::i18n::words::Text;
use rental_model::event::Place;
use rental_model::totalview::{Delivery, Payment, Status};
use rental_model::{Context, Kind};

impl From<Status> for Text {
    fn from(status: Status) -> Self {
        match status {
            Status::Requested => Self::StatusRequested,
            Status::Paid => Self::StatusPaid,
            Status::Active => Self::StatusActive,
            Status::Cancelling => Self::StatusCancelling,
            Status::Cancelled => Self::StatusCancelled,
            Status::Short => Self::StatusShort,
            Status::ShortCancelled => Self::StatusShortCancelled,
            Status::Ending => Self::StatusEnding,
            Status::Ended => Self::StatusEnded,
        }
    }
}

impl From<Payment> for Text {
    fn from(payment: Payment) -> Self {
        match payment {
            Payment::Waiting => Self::PaymentWaiting,
            Payment::Charged => Self::PaymentCharged,
            Payment::Declined => Self::PaymentDeclined,
            Payment::Refunding => Self::PaymentRefunding,
            Payment::RefundDeclined => Self::PaymentRefundDeclined,
            Payment::Refunded => Self::PaymentRefunded,
        }
    }
}

impl From<Delivery> for Text {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Waiting => Self::DeliveryWaiting,
            Delivery::Out => Self::DeliveryOut,
            Delivery::Returning => Self::DeliveryReturning,
            Delivery::Back => Self::DeliveryBack,
            Delivery::CalledOff => Self::DeliveryCalledOff,
        }
    }
}

impl From<Kind> for Text {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::ProductRegistered => Self::EventProductRegistered,
            Kind::StockAdjusted => Self::EventStockAdjusted,
            Kind::RentalRequested => Self::EventRentalRequested,
            Kind::StockReserved => Self::EventStockReserved,
            Kind::ChargeRequested => Self::EventChargeRequested,
            Kind::FeeReceived => Self::EventFeeReceived,
            Kind::FeeDeclined => Self::EventFeeDeclined,
            Kind::DeliveryStarted => Self::EventDeliveryStarted,
            Kind::RentalCancelled => Self::EventRentalCancelled,
            Kind::StockShort => Self::EventStockShort,
            Kind::StockSkipped => Self::EventStockSkipped,
            Kind::RentalEnded => Self::EventRentalEnded,
            Kind::RefundRequested => Self::EventRefundRequested,
            Kind::RefundDeclined => Self::EventRefundDeclined,
            Kind::FeeRefunded => Self::EventFeeRefunded,
            Kind::RetrievalStarted => Self::EventRetrievalStarted,
            Kind::StockReleased => Self::EventStockReleased,
            Kind::ItemsReturned => Self::EventItemsReturned,
        }
    }
}

impl From<Place> for Text {
    fn from(place: Place) -> Self {
        match place {
            Place::Available => Self::HeadAvailable,
            Place::Down => Self::HeadDown,
            Place::Lost => Self::HeadLost,
            Place::Outside => Self::PlaceOutside,
        }
    }
}

impl From<Context> for Text {
    fn from(context: Context) -> Self {
        match context {
            Context::Order => Self::ContextOrder,
            Context::Inventory => Self::ContextInventory,
            Context::Billing => Self::ContextBilling,
            Context::Logistics => Self::ContextLogistics,
            Context::Totalview => Self::ContextTotalview,
        }
    }
}
