//! The command `rental-stack`, with a real broker and real workers.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use rental_stack::{Home, port};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

const NAMES: [&str; 6] = ["broker", "order", "inventory", "billing", "logistics", "totalview"];

/// An installation's folder and port; whatever runs there ends with it.
struct Installation {
    folder: TempDir,
    port: u16,
}

impl Installation {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("rental up ").tempdir().unwrap();
        Self { folder, port: port::free().unwrap() }
    }

    fn home(&self) -> Home {
        Home::new(self.folder.path()).unwrap()
    }

    fn run(&self, command: &str, port: u16) -> (bool, String) {
        let mut stack = Command::new(env!("CARGO_BIN_EXE_rental-stack"));
        stack.arg(command).env("RENTAL_HOME", self.folder.path()).env("RENTAL_NATS_PORT", port.to_string());
        let Output { status, stdout, stderr } = stack.output().unwrap();
        let said = [stdout, stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        (status.success(), said)
    }

    fn succeeds(&self, command: &str) -> String {
        let (is_ok, said) = self.run(command, self.port);
        assert!(is_ok, "{command}: {said}");
        said
    }

    fn fails(&self, command: &str) -> String {
        let (is_ok, said) = self.run(command, self.port);
        assert!(!is_ok, "{command}: {said}");
        said
    }

    /// The numbers of the processes that run, by name.
    fn running(&self) -> Vec<(&'static str, u32)> {
        let home = self.home();
        NAMES.into_iter().filter_map(|name| Some((name, rental_stack::running(&home, name)?.pid()))).collect()
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.run("down", self.port);
    }
}

fn kill(pid: u32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    while PathBuf::from(format!("/proc/{pid}/exe")).exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn up_starts_all_down_ends_all_and_both_may_be_said_twice() {
    let installation = Installation::new();
    assert!(installation.succeeds("up").contains("up: broker at nats://127.0.0.1:"));
    let before = installation.running();
    assert_eq!(before.iter().map(|(name, _)| *name).collect::<Vec<_>>(), NAMES);
    assert!(installation.succeeds("up").contains("already up"));
    assert_eq!(installation.running(), before);
    assert!(installation.succeeds("status").contains("totalview  serving"));
    let said = installation.succeeds("down");
    assert!(said.contains("totalview, broker"), "the broker last: {said}");
    assert_eq!(installation.running(), []);
    assert_eq!(port::occupant(installation.port), None);
    assert!(installation.succeeds("down").contains("nothing was running"));
    assert!(installation.fails("status").contains("./scripts/up"));
}

#[test]
fn up_starts_again_only_what_has_died() {
    let installation = Installation::new();
    installation.succeeds("up");
    let before = installation.running();
    let billing = before.iter().find(|(name, _)| *name == "billing").unwrap().1;
    kill(billing);
    assert!(installation.fails("status").contains("not all five workers serve"));
    installation.succeeds("up");
    for (was, is) in before.iter().zip(installation.running()) {
        assert_eq!(was == &is, was.0 != "billing", "{was:?} {is:?}");
    }
}

#[test]
fn a_taken_port_is_told_and_nothing_is_started() {
    let installation = Installation::new();
    let _taken = TcpListener::bind(("127.0.0.1", installation.port)).unwrap();
    let said = installation.fails("up");
    assert!(said.contains(&format!("(process {})", std::process::id())), "{said}");
    assert!(said.contains("RENTAL_NATS_PORT"), "{said}");
    assert_eq!(installation.running(), []);
}

#[test]
fn a_worker_that_cannot_start_is_told_with_its_last_words_and_nothing_stays_half_started() {
    let installation = Installation::new();
    installation.home().prepare().unwrap();
    std::fs::create_dir(installation.folder.path().join("data/billing.redb")).unwrap();
    let said = installation.fails("up");
    assert!(said.contains("billing ended while starting"), "{said}");
    assert!(said.contains("billing.log:\n20"), "its log's end: {said}");
    assert_eq!(installation.running(), []);
    assert_eq!(port::occupant(installation.port), None);
}

#[test]
fn two_installations_live_side_by_side() {
    let (one, other) = (Installation::new(), Installation::new());
    one.succeeds("up");
    other.succeeds("up");
    let said = one.run("up", other.port).1;
    assert!(said.contains(&format!("already up at nats://127.0.0.1:{}", one.port)), "{said}");
    one.succeeds("down");
    assert_eq!(one.running(), []);
    assert!(other.succeeds("status").contains("order      serving"));
}

#[test]
fn a_process_that_got_an_old_number_is_left_alone() {
    let installation = Installation::new();
    installation.succeeds("up");
    let home = installation.home();
    let note = std::fs::read_to_string(home.pid_file("order")).unwrap();
    installation.succeeds("down");
    let mut stranger = Command::new("sleep").arg("60").spawn().unwrap();
    let mut note: serde_json::Value = serde_json::from_str(&note).unwrap();
    note["pid"] = stranger.id().into();
    std::fs::write(home.pid_file("order"), note.to_string()).unwrap();
    assert!(installation.succeeds("down").contains("nothing was running"));
    assert!(stranger.try_wait().unwrap().is_none(), "it lives");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}
