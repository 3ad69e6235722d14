//! Which policy runs under which name. Adding a context is one line here.

use crate::arguments::Arguments;
use rental_model::Context;
use rental_model::inventory::InventoryPolicy;
use rental_model::logistics::LogisticsPolicy;
use rental_model::order::OrderPolicy;
use rental_model::totalview::TotalView;
use rental_runtime::Policy;

/// The policy of the context the arguments name.
pub(crate) fn policy(arguments: &Arguments) -> Policy {
    match arguments.context {
        Context::Order => Policy::deciding(OrderPolicy { first_order_id: arguments.first_order_id }),
        Context::Inventory => Policy::deciding(InventoryPolicy { check_in: arguments.check_in.into() }),
        Context::Billing => Policy::deciding(arguments.billing()),
        Context::Logistics => Policy::deciding(LogisticsPolicy),
        Context::Totalview => Policy::projecting(TotalView),
    }
}
