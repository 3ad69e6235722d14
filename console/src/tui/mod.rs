//! The console: the desk's rentals live in a terminal.
//!
//! A pure core between two thin edges. [`update`] takes a [`msg::Msg`] in,
//! changes the [`model::Model`] and answers with [`msg::Effect`]s; [`view`]
//! draws the model. Neither knows a clock, the broker or the terminal. The
//! edges are [`effects`] (the broker), [`terminal`], and the loop below.
//!
//! The loop takes keys before news, folds whatever has arrived, and draws:
//! at once after a key, else at most sixty times a second, and not at all
//! while nothing changes. It sleeps until something arrives or the core's
//! timers says so.

mod background;
mod bulk;
mod commands;
mod confirm;
mod decode;
mod effects;
mod event_log;
mod export;
mod fit;
mod form;
#[cfg(test)]
mod fuzz;
mod health;
mod i18n;
mod journal;
mod keymap;
mod link;
mod listing;
mod log;
mod model;
mod msg;
mod order_page;
mod palette;
mod product_catalog;
mod query;
mod ranked;
mod rentals;
mod run;
mod screen;
mod sheet;
mod steps;
mod terminal;
#[cfg(test)]
mod testing;
mod theme;
mod timers;
mod update;
mod view;
mod workers;

pub(crate) use i18n::{Language, Message, Text};
pub(crate) use keymap::{Binding, Chord, Clash, KeyOverride, Keymap, NoKey, Refused, Scope};
pub(crate) use log::Sink;
pub(crate) use query::message as filter_saying;
pub(crate) use rentals::{Column, Sorting};
pub(crate) use run::run;
pub(crate) use screen::Screen;
pub(crate) use theme::{Glyphs, Look};

use crate::settings;

/// What has been decided before the console opens.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) settings: settings::Settings,
    pub(crate) location: settings::Location,
    pub(crate) language: Language,
    /// Who acts: recorded with every command.
    pub(crate) operator: String,
    /// None: the terminal is asked for its background.
    pub(crate) look: Option<Look>,
    pub(crate) glyphs: settings::GlyphSet,
}
