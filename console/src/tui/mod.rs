//! The console. To come.

use rental_bus::Bus;

/// What the console is opened with.
#[derive(Debug)]
pub(crate) struct Options {
    /// `en` or `ko`; the locale's if none.
    pub(crate) language: Option<String>,
    /// Who works at it.
    pub(crate) operator: String,
    pub(crate) is_read_only: bool,
    pub(crate) is_ascii: bool,
}

/// Opens the console; returns when it is closed.
#[expect(clippy::unused_async, reason = "a stub")]
pub(crate) async fn run(bus: Bus, options: Options) -> anyhow::Result<()> {
    let Options { language, operator, is_read_only, is_ascii } = options;
    tracing::debug!(language, operator, is_read_only, is_ascii, url = bus.url(), "no console yet");
    Ok(())
}
