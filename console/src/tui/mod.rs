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
//! agenda says so.

mod agenda;
mod commands;
mod confirm;
mod decode;
mod effects;
mod event_log;
mod export;
mod fit;
mod form;
mod i18n;
mod journal;
mod keymap;
mod link;
mod log;
mod model;
mod msg;
mod order_page;
mod query;
mod ranked;
mod rentals;
mod run;
mod screen;
mod sheet;
mod shelf;
mod steps;
mod terminal;
#[cfg(test)]
mod testing;
mod theme;
mod update;
mod view;
mod workers;

pub(crate) use log::Sink;
pub(crate) use run::run;

/// What the person who starts the console decides.
#[derive(Debug)]
pub(crate) struct Options {
    /// `en` or `ko`; by the locale if not given.
    pub(crate) language: Option<String>,
    /// Who acts: recorded with every command.
    pub(crate) operator: String,
    /// Nothing can be requested, cancelled or ended.
    pub(crate) is_read_only: bool,
    /// Only ASCII glyphs.
    pub(crate) is_ascii: bool,
}
