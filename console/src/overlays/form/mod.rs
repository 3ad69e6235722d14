//! The small forms: a product, a stock count, goods that come back, a parked message.

pub(crate) mod state;
pub(crate) mod update;
pub(crate) mod view;
