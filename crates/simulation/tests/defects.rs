//! The simulation finds what is broken on purpose: each defect within a few worlds.

use rental_simulation::{Defect, Options, Progress, Scope, run, run_many};

/// How many worlds a defect may hide in.
const WORLDS: u64 = 10_000;

fn first_violation(defect: Defect, scope: Scope) -> (u64, String) {
    let options = Options { defect: Some(defect), scope, ..Options::default() };
    let summary = run_many(0..WORLDS, options, 1, &Progress::default());
    let found = summary.violations.into_iter().next();
    found.unwrap_or_else(|| panic!("{defect:?} was not found in {WORLDS} worlds"))
}

#[test]
fn every_defect_is_found() {
    for defect in Defect::ALL {
        // Not to compare does harm only where a history can change.
        let scope = if defect == Defect::NeverCompares { Scope::Beyond } else { Scope::Promised };
        let (seed, violation) = first_violation(defect, scope);
        println!("{defect:?}: seed {seed}: {violation}");
        let again = run(seed, Options { defect: Some(defect), scope, ..Options::default() });
        assert_eq!(again.violation, Some(violation), "{defect:?}, seed {seed}");
    }
}
