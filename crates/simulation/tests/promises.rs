//! What is promised holds in every simulated world, and every fault was met there.

use rental_simulation::{Coverage, Options, Progress, Scope, Summary, run, run_many};

/// How many worlds the normal run goes through.
const WORLDS: u64 = 10_000;
/// How many of those that lose more than may be lost.
const WORLDS_BEYOND: u64 = 2_000;

fn hold(worlds: u64, scope: Scope) -> Summary {
    let summary = run_many(0..worlds, Options { scope, ..Options::default() }, 5, &Progress::default());
    let flag = if scope == Scope::Beyond { " --beyond" } else { "" };
    let line = |(seed, violation): &(u64, String)| {
        format!("seed {seed}: {violation}\n  replay: scripts/simulate 1 --seed {seed}{flag} --history")
    };
    let broken: Vec<_> = summary.violations.iter().map(line).collect();
    assert!(broken.is_empty(), "{} worlds of {} broke a promise:\n{}", broken.len(), summary.runs, broken.join("\n"));
    summary
}

/// A crash before and after everything a worker does, and where it must have struck.
const CRASHES: [(&str, &[&str]); 20] = [
    ("crash before a commit", &["starting", "catchingUp", "rebuilding", "serving", "stopping"]),
    ("crash after a commit", &["starting", "catchingUp", "rebuilding", "serving", "stopping"]),
    ("crash before a reply", &["starting", "catchingUp", "rebuilding", "serving", "stopping"]),
    ("crash after a reply", &["starting", "catchingUp", "rebuilding", "serving", "stopping"]),
    ("crash before a query", &["serving", "stopping"]),
    ("crash after a query", &["serving", "stopping"]),
    ("crash before a publication", &["rebuilding", "serving", "stopping"]),
    ("crash after a publication", &["rebuilding", "serving", "stopping"]),
    ("crash before asking the own stream", &["starting", "catchingUp", "rebuilding", "serving", "stopping"]),
    ("crash after asking the own stream", &["starting", "catchingUp", "rebuilding", "serving", "stopping"]),
    ("crash before reading back", &["starting", "catchingUp", "serving"]),
    ("crash after reading back began", &["starting", "catchingUp", "serving"]),
    ("crash before a reading", &["rebuilding", "serving", "stopping"]),
    ("crash after a reading began", &["rebuilding", "serving", "stopping"]),
    ("crash before an ack", &["rebuilding", "serving", "stopping"]),
    ("crash after an ack", &["rebuilding", "serving", "stopping"]),
    ("crash before asking for goals", &["rebuilding"]),
    ("crash after asking for goals", &["rebuilding"]),
    ("crash at any time", &["starting", "catchingUp", "rebuilding", "serving", "stopping"]),
    ("crash before the end", &["stopping"]),
];

const FAULTS: [&str; 44] = [
    "a clock jumped ahead",
    "a clock was set back",
    "a commit failed",
    "a commit was stored and reported as failed",
    "a dead process' publication arrived",
    "a lost tail came back",
    "a message came twice",
    "a parked message was retried",
    "a person asked again",
    "a person asked again after the answer",
    "a publication was dropped",
    "a publication was lost",
    "a publication was refused",
    "a query without an answer",
    "a request was lost",
    "a second worker began",
    "a second worker had forked",
    "a second worker was fenced",
    "a store was lost",
    "a store was restored from an older copy",
    "a stream ended before what was heard",
    "a stream lost its tail",
    "a stream was lost",
    "all streams were lost",
    "an answer came late",
    "an answer was lost",
    "another reading took a message",
    "crash by a panic of the policy",
    "crash with the store",
    "hearing was interrupted",
    "messages were delivered again",
    "reading back was cut off",
    "refused for want of units",
    "stopped before everything was shipped",
    "stopped in peace",
    "stored, but the word was lost",
    "taken, to be refused rather than be short",
    "the broker was down",
    "the own stream did not answer",
    "the own stream ended early",
    "the same request id for something else",
    "the word was too slow",
    "told that the broker is back",
    "told to stop",
];

/// Each context must have met these.
const EVERYWHERE: [&str; 4] =
    ["a store was lost", "a store was restored from an older copy", "a stream was lost", "a stream lost its tail"];

fn missing(coverage: &Coverage) -> Vec<String> {
    let mut missing = Vec::new();
    for (crash, phases) in CRASHES {
        let never = phases.iter().filter(|phase| coverage.count_at(crash, phase) == 0);
        missing.extend(never.map(|phase| format!("{crash} while {phase}")));
    }
    missing.extend(FAULTS.iter().filter(|fault| coverage.count(fault) == 0).map(ToString::to_string));
    for fault in EVERYWHERE {
        let never = ["order", "inventory", "billing", "logistics"].into_iter();
        let never = never.filter(|context| coverage.count_at(fault, context) == 0);
        missing.extend(never.map(|context| format!("{fault} in {context}")));
    }
    missing
}

#[test]
fn what_is_promised_holds_whatever_goes_wrong() {
    let summary = hold(WORLDS, Scope::Promised);
    println!("{}\n{} worlds", summary.coverage, summary.runs);
    assert_eq!(summary.runs, WORLDS);
    assert_eq!(missing(&summary.coverage), [""; 0]);
    // Two workers writing in the very same moment is the one case in which both stop.
    let (both, began) = (summary.coverage.count("both workers of a context stopped"), "a second worker began");
    assert!(both * 500 < summary.coverage.count(began), "both workers stopped {both} times");
}

/// When a store and its stream's tail are lost at once, events are gone for
/// good. Then every listener notices and receives anew. What a stream loses in the
/// middle is said until staff have it published anew. And nobody fails.
#[test]
fn what_is_lost_for_good_is_noticed_by_everyone() {
    let summary = hold(WORLDS_BEYOND, Scope::Beyond);
    assert!(summary.coverage.count("a run went beyond what is promised") > WORLDS_BEYOND / 4);
    for context in ["order", "inventory", "billing", "logistics"] {
        assert!(summary.coverage.count_at("a store and its stream's tail were lost", context) > 0, "{context}");
        assert!(summary.coverage.count_at("a stream lost an event in the middle", context) > 0, "{context}");
    }
}

#[test]
fn the_same_seed_goes_the_same_way_to_the_last_byte() {
    for seed in 0..200 {
        let scope = if seed % 4 == 0 { Scope::Beyond } else { Scope::Promised };
        let options = Options { scope, keeps_text: true, ..Options::default() };
        let (first, second) = (run(seed, options), run(seed, options));
        assert!(first.text.as_ref().is_some_and(|text| text.lines().count() > 20), "seed {seed}");
        assert_eq!(first.text, second.text, "seed {seed}");
        assert_eq!(first.digest, run(seed, Options { keeps_text: false, ..options }).digest, "seed {seed}");
    }
}

#[test]
fn different_seeds_go_different_ways() {
    let digest = |seed| run(seed, Options::default()).digest;
    assert_ne!(digest(1), digest(2));
}
