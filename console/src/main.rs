//! `rental`: the desk of the rental service.
//!
//! Alone it opens the console ([`tui`]); with a command it does one thing and
//! ends ([`cli`]). Both heed the person's [`settings`], and speak to the services over the same bus.

mod cli;
mod settings;
mod text;
mod tui;
mod zone;

fn main() -> std::process::ExitCode {
    cli::main()
}
