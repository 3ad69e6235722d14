//! One process of an installation.

use crate::found::Found;
use crate::identity::Identity;
use crate::log;
use rustix::process::Signal;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often a process that was killed is looked at until it is gone.
const LOOK: Duration = Duration::from_millis(20);

/// What is to be run, and where it leaves its traces.
#[derive(Debug, Clone)]
pub struct Launch {
    /// What people call it: `broker`, `order` …
    pub name: String,
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub environment: Vec<(String, OsString)>,
    /// The broker's address: a process of another address is not the one wanted.
    pub address: String,
    pub log: PathBuf,
    pub ownership: Ownership,
}

/// Who ends a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// It is killed when its handle is dropped: for tests.
    Handle,
    /// It runs on, out of reach of the terminal's Ctrl-C, until it is stopped.
    Detached,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It was not running.
    NotRunning,
    /// It ended when asked to.
    Graceful,
    /// It did not, and was killed.
    Killed,
}

/// How many lines of a log are told when a process has ended at once.
const LAST_WORDS: usize = 10;

/// Why a process cannot be started or signalled.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("{name} cannot be started ({})", program.display())]
    Start { name: String, program: PathBuf, source: std::io::Error },
    #[error("{name} ended while starting ({status}); the end of {}:\n{end}", log.display())]
    Ended { name: String, log: PathBuf, end: String, status: ExitStatus },
    #[error("{} cannot be written", path.display())]
    Trace { path: PathBuf, source: std::io::Error },
    #[error("{name} (process {pid}) cannot be signalled")]
    Signal { name: String, pid: u32, source: std::io::Error },
    #[error("{name} (process {pid}) does not end even when killed")]
    Immortal { name: String, pid: u32 },
}

/// A process that was started, by us or by an earlier `up`.
#[derive(Debug)]
pub struct Process {
    launch: Launch,
    identity: Identity,
    /// Ours to reap; none if an earlier `up` started it.
    child: Option<Child>,
    /// Where in the log this start begins, if it is known.
    log_begins: u64,
}

impl Process {
    /// Starts it.
    pub fn start(launch: Launch) -> Result<Self, ProcessError> {
        let trace = |path: &Path, source| ProcessError::Trace { path: path.to_owned(), source };
        let (log, log_begins) = log::open(&launch.log).map_err(|source| trace(&launch.log, source))?;
        let errors = log.try_clone().map_err(|source| trace(&launch.log, source))?;
        let mut command = Command::new(&launch.program);
        command.args(&launch.arguments).envs(launch.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        if launch.ownership == Ownership::Detached {
            command.process_group(0);
        }
        let failed =
            |source| ProcessError::Start { name: launch.name.clone(), program: launch.program.clone(), source };
        let mut child = command.spawn().map_err(failed)?;
        let Some(identity) = Identity::of(child.id()) else {
            // It was faster than we were; what it had to say is in its log.
            let status = child.wait().map_err(failed)?;
            let end = log::end(&launch.log, log_begins, LAST_WORDS);
            return Err(ProcessError::Ended { name: launch.name, log: launch.log, end, status });
        };
        Ok(Self { launch, identity, child: Some(child), log_begins })
    }

    /// A process that somebody else started, with the address it has.
    pub fn adopt(launch: Launch, found: Found) -> Self {
        let launch = Launch { address: found.address, ..launch };
        Self { launch, identity: found.identity, child: None, log_begins: 0 }
    }

    pub fn name(&self) -> &str {
        &self.launch.name
    }

    pub fn pid(&self) -> u32 {
        self.identity.pid
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The address of the broker it is, or belongs to.
    pub fn address(&self) -> &str {
        &self.launch.address
    }

    pub fn log_path(&self) -> &Path {
        &self.launch.log
    }

    /// The last lines it said since it was started.
    pub fn log_end(&self, lines: usize) -> String {
        log::end(&self.launch.log, self.log_begins, lines)
    }

    pub fn is_running(&self) -> bool {
        self.identity.is_running()
    }

    /// Waits for its end. Answers how it ended; only who started it can know.
    pub async fn ended(&mut self) -> std::io::Result<Option<ExitStatus>> {
        self.identity.ended().await?;
        self.child.as_mut().map(Child::wait).transpose()
    }

    /// Asks it to end; kills it if it has not within `patience`.
    pub async fn stop(&mut self, patience: Duration) -> Result<Ending, ProcessError> {
        // A paused process would not receive it.
        self.signal(Signal::CONT)?;
        if !self.signal(Signal::TERM)? {
            self.reap();
            return Ok(Ending::NotRunning);
        }
        if self.ended_within(patience).await {
            return Ok(Ending::Graceful);
        }
        self.signal(Signal::KILL)?;
        if self.ended_within(Duration::from_secs(5)).await {
            return Ok(Ending::Killed);
        }
        Err(ProcessError::Immortal { name: self.launch.name.clone(), pid: self.pid() })
    }

    /// Kills it at once, as a crash would (SIGKILL), and waits for its end.
    pub fn kill(&mut self) -> Result<(), ProcessError> {
        self.signal(Signal::KILL)?;
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.is_running() {
            if Instant::now() > deadline {
                return Err(ProcessError::Immortal { name: self.launch.name.clone(), pid: self.pid() });
            }
            std::thread::sleep(LOOK);
        }
        self.reap();
        Ok(())
    }

    /// Halts it in its tracks (SIGSTOP).
    pub fn pause(&self) -> Result<(), ProcessError> {
        self.signal(Signal::STOP).map(drop)
    }

    /// Lets it go on (SIGCONT).
    pub fn resume(&self) -> Result<(), ProcessError> {
        self.signal(Signal::CONT).map(drop)
    }

    /// Has it read its configuration again (SIGHUP), if that is what it takes this for.
    pub fn reload(&self) -> Result<(), ProcessError> {
        self.signal(Signal::HUP).map(drop)
    }

    /// Starts it again, stopping it first if it runs.
    pub async fn restart(&mut self) -> Result<(), ProcessError> {
        self.stop(Duration::from_secs(10)).await?;
        *self = Self::start(self.launch.clone())?;
        Ok(())
    }

    /// Changes what the next [`Process::restart`] runs.
    pub fn launch_mut(&mut self) -> &mut Launch {
        &mut self.launch
    }

    fn signal(&self, signal: Signal) -> Result<bool, ProcessError> {
        let failed = |source| ProcessError::Signal { name: self.launch.name.clone(), pid: self.pid(), source };
        self.identity.signal(signal).map_err(failed)
    }

    async fn ended_within(&mut self, patience: Duration) -> bool {
        let is_over = tokio::time::timeout(patience, self.identity.ended()).await;
        let has_ended = matches!(is_over, Ok(Ok(()))) || !self.is_running();
        if has_ended {
            self.reap();
        }
        has_ended
    }

    /// It has ended: nothing of it stays behind.
    fn reap(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.launch.ownership == Ownership::Handle && self.child.is_some() && self.is_running() {
            let _ = self.kill();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(folder: &Path, script: &str) -> Launch {
        Launch {
            name: "it".to_owned(),
            program: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: vec![("WORD".to_owned(), "hello".into())],
            address: String::new(),
            log: folder.join("it.log"),
            ownership: Ownership::Handle,
        }
    }

    /// Runs until asked to end; `ready` is said once it can be asked.
    const POLITE: &str = "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done";
    const STUBBORN: &str = "trap '' TERM; echo ready; while :; do sleep 0.01; done";

    async fn ready(process: &Process) {
        for _ in 0..500 {
            if process.log_end(9).contains("ready") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not ready: {}", process.log_end(9));
    }

    #[tokio::test]
    async fn a_polite_process_ends_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Process::start(launch(folder.path(), POLITE)).unwrap();
        ready(&process).await;
        assert_eq!(process.stop(Duration::from_secs(5)).await.unwrap(), Ending::Graceful);
        assert!(process.log_end(1).contains("bye"));
        assert_eq!(process.stop(Duration::from_secs(5)).await.unwrap(), Ending::NotRunning);
    }

    #[tokio::test]
    async fn a_stubborn_process_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Process::start(launch(folder.path(), STUBBORN)).unwrap();
        ready(&process).await;
        assert_eq!(process.stop(Duration::from_millis(100)).await.unwrap(), Ending::Killed);
        assert!(!process.is_running());
    }

    #[tokio::test]
    async fn a_paused_process_still_ends_when_asked_and_runs_again_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Process::start(launch(folder.path(), POLITE)).unwrap();
        ready(&process).await;
        process.pause().unwrap();
        assert!(process.is_running());
        let before = process.pid();
        process.restart().await.unwrap();
        assert!(process.is_running() && process.pid() != before);
        process.kill().unwrap();
        assert!(!process.is_running());
    }

    #[tokio::test]
    async fn how_a_process_ended_is_known_to_who_started_it() {
        let folder = tempfile::tempdir().unwrap();
        let script = POLITE.replace("exit 0", "exit 7");
        let mut process = Process::start(launch(folder.path(), &script)).unwrap();
        ready(&process).await;
        let found = Found { name: "it".to_owned(), identity: process.identity.clone(), address: "there".to_owned() };
        let mut adopted = Process::adopt(launch(folder.path(), ""), found);
        assert_eq!((adopted.pid(), adopted.address()), (process.pid(), "there"));
        adopted.signal(Signal::TERM).unwrap();
        assert_eq!(process.ended().await.unwrap().unwrap().code(), Some(7));
        assert_eq!(adopted.ended().await.unwrap(), None);
    }

    #[tokio::test]
    async fn dropping_the_handle_ends_an_owned_process_only() {
        for (ownership, survives) in [(Ownership::Handle, false), (Ownership::Detached, true)] {
            let folder = tempfile::tempdir().unwrap();
            let launch = Launch { ownership, ..launch(folder.path(), POLITE) };
            let process = Process::start(launch.clone()).unwrap();
            ready(&process).await;
            let identity = process.identity.clone();
            drop(process);
            assert_eq!(identity.is_running(), survives, "{ownership:?}");
            identity.signal(Signal::KILL).unwrap();
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let launch = Launch { program: "/nowhere/it".into(), ..launch(folder.path(), "") };
        let error = Process::start(launch).unwrap_err();
        assert_eq!(error.to_string(), "it cannot be started (/nowhere/it)");
    }
}
