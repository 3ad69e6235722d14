//! The stock of every product.

pub(crate) mod update;
pub(crate) mod view;
