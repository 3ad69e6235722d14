//! What dies is started again, and all that runs is found, whatever is lost.

use crate::{Installation, everything, signal, until};
use rental_stack::{SUPERVISOR, names, port};
use rustix::process::Signal;
use std::process::{Command, Stdio};

#[test]
fn a_worker_or_broker_that_dies_is_started_again() {
    let installation = Installation::new();
    installation.succeeds("up");
    let before = installation.running();
    let killed = ["billing", "broker"].map(|name| installation.kills(name));
    until("all serve again", || installation.run("status").0 == 0);
    for (was, is) in before.iter().zip(installation.running()) {
        assert_eq!(was == &is, !killed.contains(&was.1), "{was:?} {is:?}");
    }
    assert!(installation.succeeds("status").contains("restarted once, last: "));
}

#[test]
fn what_a_killed_supervisor_leaves_is_looked_after_by_the_next_one() {
    let installation = Installation::new();
    installation.succeeds("up");
    let before = installation.running();
    installation.kills(SUPERVISOR);
    assert_eq!(installation.running(), before, "all live on");
    assert!(installation.succeeds("status").contains("not running: what ends is not started again"));
    installation.kills("order");
    assert!(installation.runs("status", 1).contains("not all five workers serve"));
    installation.succeeds("up");
    for (was, is) in before.iter().zip(installation.running()) {
        assert_eq!(was == &is, was.0 != "order", "{was:?} {is:?}");
    }
    // One that was adopted, not started.
    installation.kills("totalview");
    until("all serve again", || installation.run("status").0 == 0);
}

#[test]
fn a_worker_that_runs_and_does_not_answer_is_not_said_not_to_run() {
    let installation = Installation::new();
    installation.succeeds("up");
    let billing = installation.pid("billing").unwrap();
    signal(billing, Signal::STOP);
    let said = installation.runs("status", 1);
    signal(billing, Signal::CONT);
    assert!(said.contains("billing    runs and does not answer: "), "{said}");
}

#[test]
fn down_finds_everything_without_a_supervisor_and_without_the_files_that_tell_of_it() {
    let installation = Installation::new();
    installation.succeeds("up");
    installation.kills(SUPERVISOR);
    std::fs::remove_dir_all(installation.folder.path().join("pids")).unwrap();
    assert!(installation.succeeds("down").contains("stopped: billing, inventory, logistics, order, totalview, broker"));
    assert!(installation.all().is_empty());
}

#[test]
fn nothing_that_is_halted_keeps_down_from_ending_everything() {
    let installation = Installation::new();
    installation.succeeds("up");
    for name in [SUPERVISOR, "order", "broker"] {
        signal(installation.pid(name).unwrap(), Signal::STOP);
    }
    installation.succeeds("down");
    assert!(installation.all().is_empty());
}

#[test]
fn an_up_that_is_killed_at_any_moment_leaves_nothing_that_down_does_not_find() {
    // Before it has started anything, and after each process.
    for count in 0..=everything().len() {
        let installation = Installation::new();
        let mut up = installation.spawn("up");
        until("so many run", || installation.all().len() >= count || up.try_wait().unwrap().is_some());
        up.kill().unwrap();
        up.wait().unwrap();
        installation.succeeds("down");
        assert!(installation.all().is_empty(), "killed when {count} ran");
        assert_eq!(port::occupant(installation.port), None);
    }
}

#[test]
fn an_up_that_is_interrupted_ends_what_it_has_started() {
    let installation = Installation::new();
    let mut up = installation.spawn("up");
    until("the broker runs", || installation.pid("broker").is_some());
    signal(up.id(), Signal::INT);
    assert_eq!(up.wait().unwrap().code(), Some(130));
    assert!(installation.all().is_empty());
}

#[test]
fn an_up_right_after_everything_was_killed_starts_everything() {
    let installation = Installation::new();
    for _ in 0..3 {
        installation.succeeds("up");
        // As a power cut would; nobody waits until they are gone.
        for process in rental_stack::processes(&installation.home()) {
            signal(process.identity.pid, Signal::KILL);
        }
    }
    installation.succeeds("up");
    assert_eq!(installation.running().len(), names().count());
}

#[test]
fn a_supervisor_that_is_asked_to_end_ends_everything() {
    let installation = Installation::new();
    installation.succeeds("up");
    let supervisor = installation.pid(SUPERVISOR).unwrap();
    signal(supervisor, Signal::TERM);
    until("nothing runs", || installation.all().is_empty());
}

#[test]
fn a_worker_that_was_started_by_hand_is_found_and_not_started_twice() {
    let installation = Installation::new();
    installation.succeeds("up");
    installation.kills(SUPERVISOR);
    installation.kills("logistics");
    let worker = std::env::var_os("RENTAL_BIN_DIR").map_or_else(
        || std::path::Path::new(env!("CARGO_BIN_EXE_rental-stack")).with_file_name("rental-worker"),
        |folder| std::path::Path::new(&folder).join("rental-worker"),
    );
    let mut by_hand = Command::new(worker)
        .args(["logistics", "--nats-port", &installation.port.to_string()])
        .env("RENTAL_HOME", installation.folder.path())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    installation.succeeds("up");
    assert_eq!(installation.pid("logistics"), Some(by_hand.id()));
    installation.succeeds("down");
    by_hand.wait().unwrap();
}
