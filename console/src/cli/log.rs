//! Where the program's own log goes: never onto the console's screen.

use crate::cli::failure::Failure;
use crate::core::log::Sink;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

/// Of a command: to stderr for those who ask for it with `RUST_LOG`, or to the file.
pub(crate) fn to_stderr(file: Option<&Path>) -> Result<(), Failure> {
    let layer = match (file, EnvFilter::try_from_default_env()) {
        (Some(file), _) => to_file(file)?,
        (None, Ok(filter)) => fmt(std::io::stderr).with_filter(filter).boxed(),
        (None, Err(_)) => return Ok(()),
    };
    // Someone else's log is as good.
    let _ = tracing_subscriber::registry().with(layer).try_init();
    Ok(())
}

/// Of the console: to its log screen, and to the file too if there is one.
pub(crate) fn to_screen(sink: &Sink, file: Option<&Path>) -> Result<(), Failure> {
    let mut layers = vec![sink.clone().with_filter(filter()).boxed()];
    if let Some(file) = file {
        layers.push(to_file(file)?);
    }
    let _ = tracing_subscriber::registry().with(layers).try_init();
    Ok(())
}

fn to_file(path: &Path) -> Result<Boxed, Failure> {
    let file = File::options().append(true).create(true).mode(0o600).open(path);
    let file = file.map_err(|error| Failure::Usage(format!("--log-file {}: {error}", path.display())))?;
    Ok(fmt(file).with_filter(filter()).boxed())
}

/// Lines of text. One that cannot be written is left out: to say so on stderr would be to write over
/// the console, and to end the program where stderr is what cannot be written to.
fn fmt<W: for<'w> MakeWriter<'w> + Send + Sync + 'static>(writer: W) -> impl Layer<Registry> {
    tracing_subscriber::fmt::layer().with_ansi(false).log_internal_errors(false).with_writer(writer)
}

/// How much is logged: as `RUST_LOG` says, or what is worth knowing.
fn filter() -> EnvFilter {
    EnvFilter::builder().with_default_directive(LevelFilter::from_level(Level::INFO).into()).from_env_lossy()
}
