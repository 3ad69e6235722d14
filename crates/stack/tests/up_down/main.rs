//! The command `rental-stack`, with a real broker and real workers.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod basics;
mod faults;
mod supervision;

use rental_stack::{Home, SUPERVISOR, names, port};
use rustix::process::{Pid, Signal};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// An installation's folder and port; whatever runs there ends with it.
struct Installation {
    folder: TempDir,
    port: u16,
}

impl Installation {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("rental 가게 ").tempdir().unwrap();
        Self { folder, port: port::free().unwrap() }
    }

    fn home(&self) -> Home {
        Home::new(self.folder.path()).unwrap()
    }

    fn command(&self, command: &str) -> Command {
        let mut stack = Command::new(env!("CARGO_BIN_EXE_rental-stack"));
        stack.arg(command).env("RENTAL_HOME", self.folder.path()).env("RENTAL_NATS_PORT", self.port.to_string());
        stack
    }

    /// Runs the command; its exit code and all it said.
    fn run(&self, command: &str) -> (i32, String) {
        said(self.command(command).output().unwrap())
    }

    /// Runs the command, which is to end with this code.
    fn runs(&self, command: &str, code: i32) -> String {
        let (is, said) = self.run(command);
        assert_eq!(is, code, "{command}: {said}");
        said
    }

    fn succeeds(&self, command: &str) -> String {
        self.runs(command, 0)
    }

    /// Starts the command, out of reach of the terminal's Ctrl-C.
    fn spawn(&self, command: &str) -> Child {
        self.command(command).process_group(0).spawn().unwrap()
    }

    /// The numbers of the processes that run, by name, but for the supervisor's.
    fn running(&self) -> Vec<(&'static str, u32)> {
        let found = rental_stack::processes(&self.home());
        let pid = |name: &str| found.iter().find(|process| process.name == name).map(|it| it.identity.pid);
        names().filter_map(|name| Some((name, pid(name)?))).collect()
    }

    fn pid(&self, name: &str) -> Option<u32> {
        rental_stack::running(&self.home(), name).map(|process| process.identity.pid)
    }

    /// Everything that runs, the supervisor too.
    fn all(&self) -> Vec<String> {
        rental_stack::processes(&self.home()).into_iter().map(|process| process.name).collect()
    }

    /// Kills a process, and answers with the number it had.
    fn kills(&self, name: &str) -> u32 {
        let pid = self.pid(name).unwrap();
        signal(pid, Signal::KILL);
        until("it is gone", || self.pid(name) != Some(pid));
        pid
    }

    fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join("data").join(name)
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.run("down");
        // Also when `down` itself is what does not work.
        for process in rental_stack::processes(&self.home()) {
            signal(process.identity.pid, Signal::KILL);
        }
    }
}

fn said(Output { status, stdout, stderr }: Output) -> (i32, String) {
    let said = [stdout, stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    (status.code().unwrap(), said)
}

/// Whoever is gone already needs none.
fn signal(pid: u32, signal: Signal) {
    let _ = rustix::process::kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal);
}

/// Waits for a state, not for a time.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::yield_now();
    }
}

/// The names of all that `up` starts.
fn everything() -> Vec<&'static str> {
    std::iter::once(SUPERVISOR).chain(names()).collect()
}
