//! `rental`: the desk of the rental service.
//!
//! Alone it opens the console ([`app`]); with a command it does one thing and
//! ends ([`cli`]). Both heed the person's [`config`], and speak to the services over the same bus.
//!
//! The console is built in layers, each knowing only those before it: words, looks
//! and keys ([`i18n`], [`theme`], [`input`], [`config`]), [`widgets`] that know no
//! model, the [`core`] that holds everything, [`overlays`] and [`screens`] (a
//! folder each: state, update, view), and the [`app`] that puts them together and
//! has the only I/O.

mod app;
mod cli;
mod config;
mod core;
mod i18n;
mod input;
mod overlays;
mod screens;
#[cfg(test)]
mod testing;
mod text;
mod theme;
mod widgets;
mod zone;

fn main() -> std::process::ExitCode {
    cli::main()
}
