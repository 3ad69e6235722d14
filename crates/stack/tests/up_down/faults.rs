//! A part that cannot serve closes no other.

use crate::{Installation, until};
use rental_stack::SUPERVISOR;
use std::net::TcpListener;

#[test]
fn a_damaged_view_is_moved_aside_built_anew_and_said() {
    let installation = Installation::new();
    installation.succeeds("up");
    installation.succeeds("down");
    std::fs::write(installation.data("totalview.redb"), "no data file").unwrap();
    let said = installation.succeeds("up");
    assert!(said.contains("totalview: its data file was damaged and lies in"), "{said}");
    let kept = std::fs::read_dir(installation.data("")).unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<_> = kept.filter(|path| path.to_string_lossy().contains("totalview.redb.damaged-")).collect();
    assert_eq!(std::fs::read_to_string(&kept[0]).unwrap(), "no data file");
}

#[test]
fn a_damaged_ledger_stays_where_it_is_its_worker_stays_down_and_the_others_serve() {
    let installation = Installation::new();
    installation.succeeds("up");
    installation.succeeds("down");
    let whole = std::fs::read(installation.data("billing.redb")).unwrap();
    std::fs::write(installation.data("billing.redb"), "no data file").unwrap();
    let said = installation.runs("up", 3);
    assert!(said.contains("billing does not serve: STAYS DOWN") && said.contains("is damaged; keep it"), "{said}");
    assert!(said.contains("4 of 5 workers serve"), "{said}");
    assert_eq!(std::fs::read_to_string(installation.data("billing.redb")).unwrap(), "no data file");
    assert!(installation.runs("status", 1).contains("STAYS DOWN"));
    // What is mended is tried again by the next `up`, and the others are left alone.
    let before = installation.running();
    std::fs::write(installation.data("billing.redb"), whole).unwrap();
    installation.succeeds("up");
    let after = installation.running();
    assert!(before.iter().all(|process| after.contains(process)), "{before:?} {after:?}");
}

#[test]
fn workers_that_fail_each_time_are_told_with_their_last_words() {
    let installation = Installation::new();
    let (code, said) = crate::said(installation.command("up").env("RENTAL_PAYMENT", "never").output().unwrap());
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("billing does not serve: failed") && said.contains("exit status: 2"), "{said}");
    assert!(said.contains("0 of 5 workers serve"), "{said}");
}

#[test]
fn without_a_broker_nothing_stays_half_started() {
    let installation = Installation::new();
    let config = installation.folder.path().join("broken.conf");
    std::fs::write(&config, "port: nowhere").unwrap();
    let (code, said) = crate::said(installation.command("up").env("RENTAL_NATS_CONF", &config).output().unwrap());
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("the broker does not start") && said.contains("broken.conf"), "{said}");
    assert!(installation.all().is_empty());
}

#[test]
fn whoever_takes_the_brokers_port_while_it_is_dead_is_named() {
    let installation = Installation::new();
    installation.succeeds("up");
    installation.kills(SUPERVISOR);
    installation.kills("broker");
    let mut taken = None;
    until("the port is free", || {
        taken = TcpListener::bind(("127.0.0.1", installation.port)).ok();
        taken.is_some()
    });
    let said = installation.runs("up", 1);
    assert!(said.contains(&format!("(process {})", std::process::id())), "{said}");
    drop(taken);
    installation.succeeds("up");
}
