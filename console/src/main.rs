//! `rental`: the desk of the rental service.
//!
//! Alone it opens the console ([`tui`]); with a command it does one thing and
//! ends ([`cli`]). Both speak to the services over the same bus.

mod cli;
mod text;
mod tui;

fn main() -> std::process::ExitCode {
    cli::main()
}
