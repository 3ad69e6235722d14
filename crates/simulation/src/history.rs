//! What happened in a run, line by line.
//!
//! The digest covers every line, so two runs with the same digest went the
//! same way; the lines themselves are kept only when somebody wants to read them.

use std::fmt::{self, Write};

/// A run's history.
#[derive(Debug)]
pub(crate) struct History {
    digest: u64,
    text: Option<String>,
}

impl History {
    pub(crate) fn new(keeps_text: bool) -> Self {
        // FNV-1a: no secrets here, only a way to tell two histories apart.
        Self { digest: 0xcbf2_9ce4_8422_2325, text: keeps_text.then(String::new) }
    }

    pub(crate) fn note(&mut self, line: fmt::Arguments<'_>) {
        // Writing to memory does not fail.
        let _ = self.write_fmt(line);
        let _ = self.write_char('\n');
    }

    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    pub(crate) fn into_text(self) -> Option<String> {
        self.text
    }
}

impl Write for History {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if let Some(kept) = &mut self.text {
            kept.push_str(text);
        }
        Ok(())
    }
}
