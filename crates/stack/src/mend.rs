//! Mending a stream that has a hole, from the ledger that has everything.
//!
//! JetStream takes nothing in between. So the broker is made to forget the
//! stream, and its worker publishes the whole journal anew, under the same numbers.
//! Nobody has the right to delete a stream, and nobody needs it: everything is
//! stopped, and the stream's folder is set aside, whole.

use crate::home::Home;
use crate::launch::{LaunchError, Options};
use crate::wait;
use rental_bus::status::{ContextStatus, Phase, alert};
use rental_bus::streams::StreamError;
use rental_bus::{Bus, CallError, ConnectError};
use rental_model::Context;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long one question may take.
const ANSWER: Duration = Duration::from_secs(3);
/// How often it is looked how far the publishing is.
const LOOK: Duration = Duration::from_millis(200);
/// How long nothing may be published before it is given up waiting.
const STALLED: Duration = Duration::from_mins(1);

/// Why a stream is not mended; nothing is lost by any of it.
#[derive(Debug, thiserror::Error)]
pub enum MendError {
    #[error("the broker cannot be asked; bring the installation up first")]
    Connect(#[from] ConnectError),
    #[error("nothing was changed")]
    Stream(#[from] StreamError),
    #[error("nothing was changed")]
    Call(#[from] CallError),
    #[error(transparent)]
    Launch(#[from] LaunchError),
    #[error("{0} has no stream: it is a view")]
    NoStream(Context),
    #[error(
        "{context} is not serving ({phase}): its ledger may not have everything its stream has; nothing was changed"
    )]
    NotServing { context: Context, phase: String },
    #[error(
        "the ledger of {context} ends at {journal}, its stream at {end}: the ledger is behind; nothing was changed"
    )]
    LedgerBehind { context: Context, journal: u64, end: u64 },
    #[error("the ledger cannot be checked")]
    Check(#[source] std::io::Error),
    #[error("the ledger of {context} is not whole, and the stream was left as it is: {said}")]
    LedgerBroken { context: Context, said: String },
    #[error("there is no folder {}: is the broker's another?", .0.display())]
    NoFolder(PathBuf),
    #[error("{} cannot be set aside", path.display())]
    SetAside { path: PathBuf, source: std::io::Error },
    #[error("stream {stream} holds {published} of {journal} events, and no more for {} s; see the log of its worker", STALLED.as_secs())]
    Stalled { stream: &'static str, published: u64, journal: u64 },
}

/// What is the matter with a stream, in words; none if nothing is.
///
/// Fails if the ledger may not have everything the stream has.
pub async fn damage(home: &Home, url: &str, context: Context) -> Result<Option<String>, MendError> {
    let stream = context.stream().ok_or(MendError::NoStream(context))?;
    let bus = wait::staff(home, url).await?;
    let status: ContextStatus = bus.call(context, "status", &json!({}), ANSWER).await?;
    // Replicas are the worker's to say.
    let found = bus.inspect(context, 1).await?;
    if status.phase != Phase::Serving {
        return Err(MendError::NotServing { context, phase: wait::phase(status.phase).to_owned() });
    }
    if status.journal < found.last {
        return Err(MendError::LedgerBehind { context, journal: status.journal, end: found.last });
    }
    if !found.missing.is_empty() {
        return Ok(Some(format!("missing from stream {stream}: {}", found.missing)));
    }
    // What is counted can be unreadable all the same: its worker has read it.
    let is_damage = |code: &str| matches!(code, alert::STREAM_HOLE | alert::STREAM_ALTERED);
    Ok(status.alerts.into_iter().find(|alert| is_damage(&alert.code)).map(|alert| alert.message))
}

/// Follows the ledger's chain, with its worker stopped; answers what was said of it.
pub fn check_ledger(options: &Options, context: Context) -> Result<String, MendError> {
    let worker = options.worker(context)?;
    let mut command = Command::new(&worker.program);
    command.args(&worker.arguments).arg("--verify").envs(worker.environment.iter().map(|(name, value)| (name, value)));
    let output = command.output().map_err(MendError::Check)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(MendError::LedgerBroken { context, said: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
}

/// Sets the stream's folder aside, with the broker stopped; answers where it is now.
pub fn set_aside(home: &Home, context: Context) -> Result<PathBuf, MendError> {
    let stream = context.stream().ok_or(MendError::NoStream(context))?;
    let folder = home.jetstream().join("jetstream/RENTAL/streams").join(stream);
    if !folder.is_dir() {
        return Err(MendError::NoFolder(folder));
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| MendError::SetAside { path, source }
    };
    let aside = home.root().join("aside");
    std::fs::create_dir_all(&aside).map_err(failed(&aside))?;
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let target = aside.join(format!("{stream}-{}", since_1970.as_millis()));
    std::fs::rename(&folder, &target).map_err(failed(&folder))?;
    Ok(target)
}

/// Waits until the stream has everything its ledger has; answers how many events that is.
pub async fn published_anew(
    home: &Home,
    url: &str,
    context: Context,
    mut say: impl FnMut(u64, u64),
) -> Result<u64, MendError> {
    let stream = context.stream().ok_or(MendError::NoStream(context))?;
    let bus = wait::staff(home, url).await?;
    let mut best = 0;
    let mut deadline = Instant::now() + STALLED;
    loop {
        let (published, journal) = held(&bus, context).await.unwrap_or((0, u64::MAX));
        if published >= journal {
            return Ok(journal);
        }
        if published > best {
            (best, deadline) = (published, Instant::now() + STALLED);
            say(published, journal);
        }
        if Instant::now() > deadline {
            return Err(MendError::Stalled { stream, published, journal });
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// How many events the stream has without a hole, and how many the ledger.
async fn held(bus: &Bus, context: Context) -> Result<(u64, u64), MendError> {
    let status: ContextStatus = bus.call(context, "status", &json!({}), ANSWER).await?;
    let found = bus.inspect(context, 1).await?;
    Ok((if found.missing.is_empty() { found.last } else { 0 }, status.journal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_set_aside_whole_and_a_missing_one_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path()).unwrap();
        assert!(matches!(set_aside(&home, Context::Order), Err(MendError::NoFolder(_))));
        let stream = home.jetstream().join("jetstream/RENTAL/streams/ORDER");
        std::fs::create_dir_all(stream.join("msgs")).unwrap();
        std::fs::write(stream.join("msgs/1.blk"), b"block").unwrap();
        let aside = set_aside(&home, Context::Order).unwrap();
        assert!(!stream.exists());
        assert_eq!(std::fs::read(aside.join("msgs/1.blk")).unwrap(), b"block");
        assert!(matches!(set_aside(&home, Context::Totalview), Err(MendError::NoStream(_))));
    }
}
