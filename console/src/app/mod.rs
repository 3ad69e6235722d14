//! The console: the desk's rentals live in a terminal.
//!
//! A pure core between two thin edges. [`update`] takes a message in, changes the
//! model and answers with effects; [`view`] draws the model. Neither knows a
//! clock, the broker or the terminal. The edges are [`effects`] (the broker),
//! [`terminal`], and the loop in [`run`].
//!
//! The loop takes keys before news, folds whatever has arrived, and draws:
//! at once after a key, else at most sixty times a second, and not at all
//! while nothing changes. It sleeps until something arrives or the core's
//! timers say so.

pub(crate) mod background;
pub(crate) mod decode;
pub(crate) mod due;
pub(crate) mod effects;
pub(crate) mod frame;
#[cfg(test)]
mod fuzz;
pub(crate) mod header;
pub(crate) mod hit;
pub(crate) mod incoming;
pub(crate) mod keys;
pub(crate) mod mouse;
pub(crate) mod preview;
pub(crate) mod questions;
pub(crate) mod run;
pub(crate) mod terminal;
pub(crate) mod typing;
pub(crate) mod update;
pub(crate) mod view;

use crate::config;
use crate::i18n::Language;
use crate::theme::Look;

/// What has been decided before the console opens.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) settings: config::Settings,
    pub(crate) location: config::Location,
    pub(crate) language: Language,
    /// Who acts: recorded with every command.
    pub(crate) operator: String,
    /// None: the terminal is asked for its background.
    pub(crate) look: Option<Look>,
    pub(crate) glyphs: config::GlyphSet,
}
