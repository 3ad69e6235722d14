//! The one place this program speaks from.

use std::io::{IsTerminal, Write};
use std::time::Instant;

/// Says a line on stdout. A reader that went away is no reason to fail.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Says on stderr what went wrong.
pub(crate) fn error(text: &str) {
    let _ = writeln!(std::io::stderr(), "rental-stack: {text}");
}

/// A line on stderr that is written over in a terminal, and repeated only when
/// it changes elsewhere.
#[derive(Debug)]
pub(crate) struct Progress {
    since: Instant,
    shown: String,
    is_terminal: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), shown: String::new(), is_terminal: std::io::stderr().is_terminal() }
    }

    pub(crate) fn show(&mut self, text: &str) {
        let mut stderr = std::io::stderr();
        let _ = if self.is_terminal {
            write!(stderr, "\r\x1b[K{text} … {} s", self.since.elapsed().as_secs())
        } else if text == self.shown {
            Ok(())
        } else {
            writeln!(stderr, "{text}")
        };
        let _ = stderr.flush();
        text.clone_into(&mut self.shown);
    }

    /// Leaves no half line behind.
    pub(crate) fn end(&self) {
        if self.is_terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
