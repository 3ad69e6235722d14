//! Ending what an earlier start left running.

use crate::home::Home;
use crate::launch::BROKER;
use crate::process::{Ending, Launch, Ownership, Process, ProcessError};
use rental_model::Context;
use std::time::Duration;
use tokio::task::JoinSet;

/// How long a process may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// The process of this name in `home`, if an earlier start left it running.
pub fn running(home: &Home, name: &str) -> Option<Process> {
    Process::adopt(Launch {
        name: name.to_owned(),
        program: "".into(),
        arguments: Vec::new(),
        environment: Vec::new(),
        address: String::new(),
        log: home.log(name),
        pid_file: home.pid_file(name),
        ownership: Ownership::Detached,
    })
}

/// The names of all processes of an installation, in the order they start.
pub fn names() -> impl DoubleEndedIterator<Item = &'static str> {
    std::iter::once(BROKER).chain(Context::ALL.map(Context::name))
}

/// Ends everything in `home`: the workers together, then the broker.
/// Answers what ended, and how.
pub async fn down(home: &Home) -> Result<Vec<(String, Ending)>, ProcessError> {
    let mut stops = JoinSet::new();
    for mut worker in Context::ALL.iter().filter_map(|context| running(home, context.name())) {
        stops.spawn(async move { Ok((worker.name().to_owned(), worker.stop(PATIENCE).await?)) });
    }
    let mut ended = stops.join_all().await.into_iter().collect::<Result<Vec<_>, ProcessError>>()?;
    ended.sort_by(|(a, _), (b, _)| a.cmp(b));
    if let Some(mut broker) = running(home, BROKER) {
        ended.push((BROKER.to_owned(), broker.stop(PATIENCE).await?));
    }
    Ok(ended)
}
