//! What is drawn with: a canvas, boxes, tables, fields. Nothing here knows the model.

pub(crate) mod canvas;
pub(crate) mod cursor;
pub(crate) mod field;
pub(crate) mod filter_line;
pub(crate) mod fit;
pub(crate) mod grid;
pub(crate) mod popup;
pub(crate) mod scroll;
