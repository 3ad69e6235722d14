//! One process of an installation.

use crate::identity::Identity;
use crate::log;
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often a process is looked at while waiting for its end.
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
    pub pid_file: PathBuf,
    pub ownership: Ownership,
}

/// What stands in a pid file.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    #[serde(flatten)]
    identity: Identity,
    address: String,
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

/// Why a process cannot be started or signalled.
/// How many lines of a log are told when a process has ended at once.
const LAST_WORDS: usize = 10;

#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("{name} cannot be started ({})", program.display())]
    Start { name: String, program: PathBuf, source: std::io::Error },
    #[error("{name} ended while starting; the end of {}:\n{end}", log.display())]
    Ended { name: String, log: PathBuf, end: String },
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
    /// Starts it, and notes in the pid file which process it is.
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
            child.wait().map_err(failed)?;
            let end = log::end(&launch.log, log_begins, LAST_WORDS);
            return Err(ProcessError::Ended { name: launch.name, log: launch.log, end });
        };
        let process = Self { launch, identity, child: Some(child), log_begins };
        process.note().map_err(|source| trace(&process.launch.pid_file, source))?;
        Ok(process)
    }

    /// The process an earlier start noted, if it is still running, with the address it had then.
    pub fn adopt(launch: Launch) -> Option<Self> {
        let noted = std::fs::read(&launch.pid_file).ok()?;
        let Note { identity, address } = serde_json::from_slice(&noted).ok()?;
        let launch = Launch { address, ..launch };
        identity.is_running().then_some(Self { launch, identity, child: None, log_begins: 0 })
    }

    fn note(&self) -> std::io::Result<()> {
        let draft = self.launch.pid_file.with_extension("new");
        let note = Note { identity: self.identity.clone(), address: self.launch.address.clone() };
        std::fs::write(&draft, serde_json::to_vec(&note)?)?;
        std::fs::rename(draft, &self.launch.pid_file)
    }

    pub fn name(&self) -> &str {
        &self.launch.name
    }

    pub fn pid(&self) -> u32 {
        self.identity.pid
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

    /// Asks it to end; kills it if it has not within `patience`.
    pub async fn stop(&mut self, patience: Duration) -> Result<Ending, ProcessError> {
        // A paused process would not hear it.
        self.signal(Signal::CONT)?;
        if !self.signal(Signal::TERM)? {
            self.clean_up();
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
        self.clean_up();
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
        let deadline = Instant::now() + patience;
        while self.is_running() {
            if Instant::now() > deadline {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
        self.clean_up();
        true
    }

    /// It has ended: nothing of it stays behind.
    fn clean_up(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.wait();
        }
        let _ = std::fs::remove_file(&self.launch.pid_file);
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
            pid_file: folder.join("it.json"),
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
        assert!(!folder.path().join("it.json").exists());
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
    async fn what_an_earlier_start_left_running_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut detached = launch(folder.path(), POLITE);
        detached.ownership = Ownership::Detached;
        let mut first = Process::start(detached.clone()).unwrap();
        ready(&first).await;
        let mut again = Process::adopt(detached.clone()).unwrap();
        assert_eq!(again.pid(), first.pid());
        again.kill().unwrap();
        first.kill().unwrap();
        assert!(Process::adopt(detached).is_none());
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
