//! Ending what runs in a home.

use crate::found::{self, Found, SUPERVISOR};
use crate::home::Home;
use crate::launch::BROKER;
use crate::process::{Ending, Launch, Ownership, Process, ProcessError};
use rental_model::Context;
use std::time::Duration;
use tokio::task::JoinSet;

/// How long a process may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a child of a killed supervisor may take to become what it is to be.
const BECOMING: Duration = Duration::from_secs(5);
/// How often it is looked whether something is left.
const ROUNDS: usize = 3;

/// The process of this name in `home`, whoever started it.
pub fn running(home: &Home, name: &str) -> Option<Found> {
    found::processes(home).into_iter().find(|process| process.name == name)
}

/// The names of the processes of an installation, in the order they start.
pub fn names() -> impl DoubleEndedIterator<Item = &'static str> {
    std::iter::once(BROKER).chain(Context::ALL.map(Context::name))
}

/// Ends everything in `home`: the supervisor, the workers together, then the broker.
/// Answers what ended, and how.
pub async fn down(home: &Home) -> Result<Vec<(String, Ending)>, ProcessError> {
    let mut ended = Vec::new();
    // The supervisor is killed: a frozen one would not receive, and nothing hangs
    // on its last words. Nobody starts again what ends from here on.
    for supervisor in found::processes(home).into_iter().filter(|process| process.name == SUPERVISOR) {
        handle(home, supervisor).kill()?;
        ended.push((SUPERVISOR.to_owned(), Ending::Graceful));
    }
    ended.dedup();
    // A child it had only just made holds its lock until it can be recognised.
    let _lock = if home.pids().is_dir() { home.supervise_within(BECOMING).await.ok() } else { None };
    ended.extend(end_all(home).await?);
    let _ = std::fs::remove_file(home.report());
    Ok(ended)
}

/// Ends the workers together, then the broker.
pub(crate) async fn end_all(home: &Home) -> Result<Vec<(String, Ending)>, ProcessError> {
    let mut ended = Vec::new();
    for _ in 0..ROUNDS {
        let found = found::processes(home).into_iter().filter(|process| process.name != SUPERVISOR);
        let (brokers, workers): (Vec<_>, Vec<_>) = found.partition(|process| process.name.starts_with(BROKER));
        if brokers.is_empty() && workers.is_empty() {
            break;
        }
        ended.extend(end(home, workers).await?);
        ended.extend(end(home, brokers).await?);
    }
    Ok(ended)
}

/// Ends these together; answers in the order of their names.
async fn end(home: &Home, processes: Vec<Found>) -> Result<Vec<(String, Ending)>, ProcessError> {
    let mut stops = JoinSet::new();
    for mut process in processes.into_iter().map(|found| handle(home, found)) {
        stops.spawn(async move { Ok((process.name().to_owned(), process.stop(PATIENCE).await?)) });
    }
    let mut ended = stops.join_all().await.into_iter().collect::<Result<Vec<_>, ProcessError>>()?;
    ended.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(ended)
}

/// A handle of a process that is only to be signalled.
pub(crate) fn handle(home: &Home, found: Found) -> Process {
    let launch = Launch {
        log: home.log(&found.name),
        name: found.name.clone(),
        program: "".into(),
        arguments: Vec::new(),
        environment: Vec::new(),
        address: String::new(),
        ownership: Ownership::Detached,
    };
    Process::adopt(launch, found)
}
