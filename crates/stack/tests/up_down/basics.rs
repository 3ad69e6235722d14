//! Up, down, and what stands in the way.

use crate::{Installation, said, until};
use rental_stack::{names, port};
use std::net::TcpListener;

#[test]
fn up_starts_all_down_ends_all_and_both_may_be_said_twice() {
    let installation = Installation::new();
    assert!(installation.succeeds("up").contains("up: broker at nats://127.0.0.1:"));
    let before = installation.running();
    assert_eq!(before.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names().collect::<Vec<_>>());
    assert!(installation.succeeds("up").contains("already up"));
    assert_eq!(installation.running(), before);
    assert!(installation.succeeds("status").contains("totalview  serving"));
    let said = installation.succeeds("down");
    assert!(said.contains("totalview, broker"), "the broker last: {said}");
    assert!(installation.all().is_empty());
    assert_eq!(port::occupant(installation.port), None);
    assert!(installation.succeeds("down").contains("nothing was running"));
    assert!(installation.runs("status", 1).contains("./scripts/up"));
}

#[test]
fn a_taken_port_is_told_and_nothing_is_started() {
    let installation = Installation::new();
    let _taken = TcpListener::bind(("127.0.0.1", installation.port)).unwrap();
    let said = installation.runs("up", 1);
    assert!(said.contains(&format!("(process {})", std::process::id())), "{said}");
    assert!(said.contains("RENTAL_NATS_PORT"), "{said}");
    assert!(installation.all().is_empty());
}

#[test]
fn two_installations_live_side_by_side() {
    let (one, other) = (Installation::new(), Installation::new());
    one.succeeds("up");
    other.succeeds("up");
    let (_, said) = said(one.command("up").env("RENTAL_NATS_PORT", other.port.to_string()).output().unwrap());
    assert!(said.contains(&format!("already up at nats://127.0.0.1:{}", one.port)), "{said}");
    one.succeeds("down");
    assert!(one.all().is_empty());
    assert!(other.succeeds("status").contains("order      serving"));
}

#[test]
fn two_ups_at_once_start_everything_once() {
    let installation = Installation::new();
    let mut ups = [installation.spawn("up"), installation.spawn("up")];
    for up in &mut ups {
        assert!(up.wait().unwrap().success());
    }
    let mut all = installation.all();
    all.sort();
    let mut wanted = crate::everything();
    wanted.sort_unstable();
    assert_eq!(all, wanted);
}

#[test]
fn a_down_during_an_up_ends_everything_and_an_up_during_a_down_waits_for_it() {
    let installation = Installation::new();
    let mut up = installation.spawn("up");
    until("something runs", || !installation.running().is_empty());
    installation.succeeds("down");
    assert!(installation.all().is_empty());
    assert_eq!(up.wait().unwrap().code(), Some(1));
    installation.succeeds("up");
    let mut down = installation.spawn("down");
    until("it has begun", || installation.running().len() < names().count());
    installation.succeeds("up");
    assert!(down.wait().unwrap().success());
    assert_eq!(installation.running().len(), names().count());
}
