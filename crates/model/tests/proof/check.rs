//! Every interleaving, checked: [`crate::saga`] walked through completely.
//!
//! The normal run lets rows be lost in every setup, and listeners be sent back
//! where that can matter; `RENTAL_CHECK=all` allows everything everywhere and
//! takes minutes.

use crate::saga::Saga;
use crate::setup::{End, PersonRequest, Setup};
use crate::shop::{CheckIn, Policies, Provider};
use crate::without::Rule;
use rental_model::{Context, Won};
use stateright::{Checker, HasDiscoveries, Model};
use std::time::Instant;

const INSTANT: Provider = Provider::Instant { limit: None };
const DECLINING: Provider = Provider::Instant { limit: Some(Won::ZERO) };

/// One order of one unit, cancelled and ended at any time; any context may lose its rows.
fn one_order(name: &'static str, stock: u32, check_in: CheckIn, provider: Provider, ends: &'static [End]) -> Setup {
    let settles =
        ["charged", "declined", "refunded", "refundDeclined"].map(|outcome| PersonRequest::settle(1, outcome));
    let settles = settles.into_iter().chain([PersonRequest::resolve(1, "refunded"), PersonRequest::retry(1)]);
    let mut requests = vec![PersonRequest::request(1), PersonRequest::cancel(1), PersonRequest::end(1)];
    requests.extend(settles.filter(|_| provider == Provider::Deferred));
    requests.extend((check_in == CheckIn::Staff).then(|| PersonRequest::check_in(1)));
    Setup {
        name,
        policies: Policies::new(check_in, provider),
        stock,
        requests,
        is_repeating: true,
        losing: Context::DECIDERS.to_vec(),
        ends,
    }
}

fn in_stock() -> Setup {
    use End::{Active, Cancelled, Ended, Released, Returned, Skipped};
    one_order("in stock", 1, CheckIn::Auto, INSTANT, &[Active, Ended, Cancelled, Released, Returned, Skipped])
}

fn short() -> Setup {
    one_order("short of stock", 0, CheckIn::Auto, INSTANT, &[End::Cancelled, End::Short, End::Skipped])
}

fn declined() -> Setup {
    use End::{Cancelled, Declined, Released, Skipped};
    one_order("declined", 1, CheckIn::Auto, DECLINING, &[Cancelled, Declined, Released, Skipped])
}

fn short_and_declined() -> Setup {
    one_order("short and declined", 0, CheckIn::Auto, DECLINING, &[End::Cancelled, End::Short, End::Declined])
}

fn staff() -> Setup {
    use End::{Active, Ended, Released, Returned, Returning};
    one_order("checked in by staff", 1, CheckIn::Staff, INSTANT, &[Active, Ended, Released, Returned, Returning])
}

fn deferred() -> Setup {
    use End::{Active, ByHand, Cancelled, Declined, Ended, RefundDeclined, Released, Returned};
    let ends = &[Active, Ended, Cancelled, Declined, Released, Returned, RefundDeclined, ByHand];
    one_order("outside provider", 1, CheckIn::Auto, Provider::Deferred, ends)
}

fn short_and_deferred() -> Setup {
    use End::{ByHand, Cancelled, Declined, Short};
    one_order("short, outside provider", 0, CheckIn::Auto, Provider::Deferred, &[Cancelled, Declined, Short, ByHand])
}

/// Without listeners sent back, unless everything is asked for.
fn calm(setup: Setup) -> Setup {
    Setup { is_repeating: is_all(), ..setup }
}

/// The same, and only billing, which deals with the provider, loses its rows: with all that a
/// provider and staff may do to a charge and a refund there are very many ways already.
fn settled(setup: Setup) -> Setup {
    let losing = if is_all() { setup.losing.clone() } else { vec![Context::Billing] };
    calm(Setup { losing, ..setup })
}

fn is_all() -> bool {
    std::env::var("RENTAL_CHECK").is_ok_and(|value| value == "all")
}

/// Listeners that are sent back while any context may lose its rows are very many ways: unless
/// everything is asked for, all may lose them without that, and with it order and billing.
fn in_turn(setup: Setup) -> Vec<Setup> {
    if is_all() {
        return vec![setup];
    }
    vec![Setup { losing: vec![Context::Order, Context::Billing], ..setup.clone() }, calm(setup)]
}

/// Two orders compete for one unit.
fn two_orders(name: &'static str, more: Vec<PersonRequest>, losing: Vec<Context>, ends: &'static [End]) -> Setup {
    let requests = [vec![PersonRequest::request(1), PersonRequest::request(2)], more].concat();
    Setup { name, policies: Policies::default(), stock: 1, requests, is_repeating: false, losing, ends }
}

/// Walks through all of it; answers how many states there were.
fn check(setup: Setup) -> usize {
    let begun = Instant::now();
    let checker = Saga::new(setup).checker().threads(2).spawn_bfs().join();
    let saga = checker.model();
    let (name, states) = (saga.setup.name, checker.unique_state_count());
    println!("{name}: {states} states of {} context_states, {:.1} s", saga.desk_count(), begun.elapsed().as_secs_f64());
    if let Some(story) = violation(saga, &checker) {
        panic!("{name}:\n{story}");
    }
    for property in saga.properties().into_iter().filter(|property| !property.expectation.discovery_is_failure()) {
        assert!(checker.discovery(property.name).is_some(), "{name}: nothing ever rests as {}", property.name);
    }
    states
}

/// A short way to a violation, in words, and what is wrong there.
fn violation(saga: &Saga, checker: &impl Checker<Saga>) -> Option<String> {
    let path = Saga::ALWAYS.into_iter().find_map(|name| checker.discovery(name))?;
    let last = *path.last_state();
    let steps = path.into_vec().into_iter();
    let mut told: Vec<String> =
        steps.filter_map(|(state, action)| action.map(|action| saga.tell(&state, action))).collect();
    told.extend(saga.findings(&last));
    Some(told.join("\n"))
}

#[test]
fn every_interleaving_of_one_order_is_sound() {
    let begun = Instant::now();
    let mut setups = in_turn(in_stock());
    setups.extend([
        short(),
        declined(),
        short_and_declined(),
        calm(staff()),
        settled(deferred()),
        settled(short_and_deferred()),
    ]);
    let states = setups.into_iter().map(check).sum::<usize>();
    println!("one order: {states} states in {:.1} s", begun.elapsed().as_secs_f64());
    assert!(states >= 1_000_000, "only {states} states");
}

#[test]
fn two_orders_never_get_the_same_unit() {
    use End::{Active, BothServed, Ended, Short};
    let mut states = check(two_orders(
        "two orders, the first cancelled or ended",
        vec![PersonRequest::cancel(1), PersonRequest::end(1)],
        Vec::new(),
        &[Active, Ended, Short, BothServed],
    ));
    states += check(two_orders("two orders", Vec::new(), vec![Context::Inventory], &[Active, Short]));
    if is_all() {
        let losing = vec![Context::Inventory];
        states +=
            check(two_orders("two orders, the first cancelled", vec![PersonRequest::cancel(1)], losing, &[BothServed]));
        let more =
            vec![PersonRequest::cancel(1), PersonRequest::cancel(2), PersonRequest::end(1), PersonRequest::end(2)];
        states += check(two_orders("two orders, both cancelled or ended", more, Vec::new(), &[Ended, BothServed]));
    }
    assert!(states >= 100_000, "only {states} states");
}

/// What the checker says of `setup` when one rule is taken away: a short way to the harm.
fn harm(rule: Rule, setup: &Setup) -> Option<String> {
    let policies = setup.policies.without(rule);
    let saga = Saga::new(Setup { policies, losing: Vec::new(), is_repeating: false, ..setup.clone() });
    let checker = saga.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let story = violation(checker.model(), &checker);
    if let Some(story) = &story {
        let (name, states) = (setup.name, checker.unique_state_count());
        println!("without {rule:?}, {name}, after {states} states:\n{story}\n");
    }
    story
}

/// A rule whose removal nobody notices is no rule.
#[test]
fn each_rule_is_needed() {
    for rule in Rule::ALL {
        let (setup, words) = match rule {
            Rule::ReleaseWaitsForRetrieval => (in_stock(), "units came back before their retrieval"),
            Rule::BillingTombstone => (short(), "charged after the bill was closed"),
            Rule::InventoryTombstone => (in_stock(), "compensated, and units kept"),
            Rule::LogisticsLooksAtKnownFacts => (in_stock(), "goods left for a rental known to be over"),
            Rule::LogisticsWaitsForTheReservation => (short(), "goods left that were never set aside"),
            Rule::BillClosesOnce => (short(), "FeeRefundCompleted happened 2 times"),
            Rule::RefundIsAskedFor => (deferred(), "a refund counts as done that nobody was asked for"),
            Rule::CancelDuringChargingSettles => (deferred(), "compensated without a refund"),
        };
        let story = harm(rule, &setup);
        assert!(story.as_ref().is_some_and(|story| story.contains(words)), "without {rule:?}: {story:?}");
    }
}
