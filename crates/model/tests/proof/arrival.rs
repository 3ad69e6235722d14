//! Whatever is received twice, early or late, or again after a loss, ends the same.
//!
//! A case is a random [`Plan`]: what people ask for, mixed with who receives what
//! when, who is sent back to receive again, and whose rows are lost. It is run,
//! brought to rest, audited, and then every context is rebuilt in random orders
//! of arrival. The failing plan is printed, shrunk, with the seed that replays it.

use crate::shop::{CheckIn, Policies, Provider, Shop};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rental_model::billing::{Ask, Bill, Open};
use rental_model::inventory::Product;
use rental_model::order::{Order, Status};
use rental_model::repository::memory::MemoryRepository;
use rental_model::repository::{Direction, load, walk};
use rental_model::totalview::{self, Row, TotalView};
use rental_model::{Context, Kind, Projection, RecordedEvent, Won};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// One thing that happens in a shop.
#[derive(Debug, Clone)]
enum Step {
    Request {
        order: u64,
        product: u64,
        qty: u64,
        amount: u64,
    },
    Cancel {
        order: u64,
    },
    End {
        order: u64,
    },
    Settle {
        order: u64,
        outcome: &'static str,
    },
    /// The provider is asked once more.
    Retry {
        order: u64,
    },
    /// Staff give the money back.
    Resolve {
        order: u64,
    },
    CheckIn {
        order: u64,
        down: u64,
        lost: u64,
    },
    Buy {
        product: u64,
        delta: i64,
    },
    Move {
        product: u64,
        from: &'static str,
        to: &'static str,
        qty: u64,
    },
    Register {
        qty: u64,
    },
    /// The provider answers one of those it was asked about: as wished, or not.
    Answer(Index, bool),
    /// Some of those who have something to receive, receive it.
    Deliver(Vec<Index>),
    /// A listener is sent back to any earlier event of one source.
    SendBack(Index, Index),
    /// A context loses its rows.
    Lose(Context),
    /// Everyone receives everything.
    Rest(Vec<Index>),
}

#[derive(Debug, Clone)]
struct Plan {
    check_in: CheckIn,
    provider: Provider,
    steps: Vec<Step>,
    /// Whose turn it is while the shop comes to rest, and while contexts are rebuilt.
    turns: Vec<Index>,
}

/// A few orders that compete for a few products.
fn order() -> impl Strategy<Value = u64> {
    1..=6_u64
}

fn product() -> impl Strategy<Value = u64> {
    1..=2_u64
}

/// Of 100 units: one, parts that fit together exactly, all of them, too many.
fn qty() -> impl Strategy<Value = u64> {
    select(vec![1, 40, 50, 60, 99, 100, 101])
}

fn place() -> impl Strategy<Value = &'static str> {
    select(vec!["available", "down", "lost", "outside"])
}

fn turns() -> impl Strategy<Value = Vec<Index>> {
    vec(any::<Index>(), 1..40)
}

fn provider() -> impl Strategy<Value = Provider> {
    let limited = Provider::Instant { limit: Won::new(20).ok() };
    select(vec![Provider::Instant { limit: None }, limited, Provider::Deferred])
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (order(), product(), qty(), select(vec![0, 10, 30]))
            .prop_map(|(order, product, qty, amount)| Step::Request { order, product, qty, amount }),
        3 => order().prop_map(|order| Step::Cancel { order }),
        2 => order().prop_map(|order| Step::End { order }),
        3 => (order(), select(vec!["charged", "declined", "refunded", "refundDeclined"])).prop_map(|(order, outcome)| Step::Settle { order, outcome }),
        2 => any::<(Index, bool)>().prop_map(|(which, is_done)| Step::Answer(which, is_done)),
        1 => order().prop_map(|order| Step::Retry { order }),
        1 => order().prop_map(|order| Step::Resolve { order }),
        2 => (order(), 0..3_u64, 0..3_u64).prop_map(|(order, down, lost)| Step::CheckIn { order, down, lost }),
        1 => (product(), select(vec![-100, -1, 1, 50])).prop_map(|(product, delta)| Step::Buy { product, delta }),
        1 => (product(), place(), place(), select(vec![1, 50]))
            .prop_map(|(product, from, to, qty)| Step::Move { product, from, to, qty }),
        1 => (0..3_u64).prop_map(|qty| Step::Register { qty }),
        12 => vec(any::<Index>(), 1..12).prop_map(Step::Deliver),
        2 => any::<(Index, Index)>().prop_map(|(ear, to)| Step::SendBack(ear, to)),
        1 => select(Context::ALL.to_vec()).prop_map(Step::Lose),
        2 => turns().prop_map(Step::Rest),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let check_in = select(vec![CheckIn::Auto, CheckIn::Staff]);
    (check_in, provider(), vec(step(), 1..60), turns()).prop_map(|(check_in, provider, steps, turns)| Plan {
        check_in,
        provider,
        steps,
        turns,
    })
}

/// Turns in a circle.
fn in_turn(turns: &[Index]) -> impl FnMut(usize) -> usize {
    let mut turns = turns.iter().cycle();
    move |count| turns.next().map_or(0, |index| index.index(count))
}

impl Shop {
    fn open(check_in: CheckIn, provider: Provider) -> Self {
        Self::new(Policies::new(check_in, provider))
    }

    /// Whether it was done (a person may be refused).
    fn take(&mut self, step: &Step) -> bool {
        self.now.0 += 1000;
        match step {
            Step::Request { order, product, qty, amount } => self.request(*order, *product, *qty, *amount).is_ok(),
            Step::Cancel { order } => self.cancel(*order).is_ok(),
            Step::End { order } => self.end(*order).is_ok(),
            Step::Settle { order, outcome } => self.settle(*order, outcome).is_ok(),
            Step::Answer(which, is_done) => {
                let waiting = self.waiting_for_provider();
                if waiting.is_empty() {
                    return true;
                }
                let (order, what) = waiting[which.index(waiting.len())];
                let outcome = match (what, is_done) {
                    (Ask::Charge, true) => "charged",
                    (Ask::Charge, false) => "declined",
                    (Ask::Refund, true) => "refunded",
                    (Ask::Refund, false) => "refundDeclined",
                };
                self.settle(order, outcome).is_ok()
            }
            Step::Retry { order } => self.ask(Context::Billing, "retry", &json!({ "orderId": order })).is_ok(),
            Step::Resolve { order } => {
                let fields = json!({ "orderId": order, "outcome": "refunded", "reason": "in cash" });
                self.ask(Context::Billing, "resolve", &fields).is_ok()
            }
            Step::CheckIn { order, down, lost } => self.check_in(*order, *down, *lost).is_ok(),
            Step::Buy { product, delta } => {
                let fields = json!({ "productId": product, "delta": delta, "reason": "counted" });
                self.ask(Context::Inventory, "adjust", &fields).is_ok()
            }
            Step::Move { product, from, to, qty } => {
                let fields = json!({ "productId": product, "from": from, "to": to, "qty": qty, "reason": "counted" });
                self.ask(Context::Inventory, "adjust", &fields).is_ok()
            }
            Step::Register { qty } => {
                self.ask(Context::Inventory, "register", &json!({ "productName": "LENS", "qty": qty })).is_ok()
            }
            Step::Deliver(turns) => {
                for turn in turns {
                    let waiting = self.waiting();
                    if !waiting.is_empty() {
                        self.deliver(waiting[turn.index(waiting.len())]);
                    }
                }
                true
            }
            Step::SendBack(ear, to) => {
                let ears: Vec<_> = self.received.keys().copied().collect();
                let ear = ears[ear.index(ears.len())];
                self.send_back(ear, to.index(self.received[&ear] + 1));
                true
            }
            Step::Lose(context) => {
                self.lose_rows(*context);
                true
            }
            Step::Rest(turns) => {
                self.rest(&mut in_turn(turns));
                true
            }
        }
    }

    /// Comes to rest: everyone has received everything, and every charge and refund is settled.
    fn close(&mut self, turns: &[Index]) {
        let mut pick = in_turn(turns);
        loop {
            self.now.0 += 1000;
            self.rest(&mut pick);
            let waiting = self.waiting_for_provider();
            if waiting.is_empty() {
                return;
            }
            for (order, what) in waiting {
                let outcome = match what {
                    Ask::Charge if pick(2) == 0 => "charged",
                    Ask::Charge => "declined",
                    Ask::Refund => "refunded",
                };
                self.settle(order, outcome).expect("what is under way can be settled");
            }
        }
    }

    /// What the provider has not answered for good.
    fn waiting_for_provider(&self) -> Vec<(u64, Ask)> {
        let mut waiting = Vec::new();
        walk::<Open>(&self.context_state(Context::Billing).rows, 0, Direction::Up, |order, open| {
            waiting.push((order, open.what));
            ControlFlow::Continue(())
        });
        waiting
    }

    /// The view, folded from the journals one after the other.
    fn fold_view(&self) -> MemoryRepository {
        let mut view = MemoryRepository::default();
        for recorded in self.context_states.values().rev().flat_map(|context_state| &context_state.journal) {
            TotalView.project(&mut view, recorded);
        }
        view
    }

    fn rows(&self) -> BTreeMap<Context, Vec<String>> {
        let mut rows: BTreeMap<_, _> =
            self.context_states.iter().map(|(context, context_state)| (*context, context_state.rows.dump())).collect();
        rows.insert(Context::Totalview, self.view.dump());
        rows
    }

    fn journals(&self) -> Vec<&Vec<RecordedEvent>> {
        self.context_states.values().map(|context_state| &context_state.journal).collect()
    }

    fn happened(&self) -> BTreeSet<Kind> {
        self.context_states
            .values()
            .flat_map(|context_state| &context_state.journal)
            .map(|recorded| recorded.event.kind())
            .collect()
    }

    /// The order context and the view agree on where a rental stands.
    fn check_words(&self) -> Result<(), TestCaseError> {
        let mut rows = Vec::new();
        walk::<Row>(&self.view, 0, Direction::Up, |_, row| {
            rows.push(row);
            ControlFlow::Continue(())
        });
        for row in rows {
            let order: Option<Order> = load(&self.context_state(Context::Order).rows, row.order_id.get());
            let expected = match order.map(|order| order.status) {
                Some(Status::Active) => Some(totalview::Status::Active),
                Some(Status::Cancelled) => Some(totalview::Status::Cancelled),
                Some(Status::Short) => Some(totalview::Status::ShortCancelled),
                Some(Status::Ended) => Some(totalview::Status::Ended),
                None => None,
            };
            prop_assert_eq!(Some(row.status()), expected, "{:?}", row);
        }
        Ok(())
    }
}

fn run(plan: &Plan) -> Shop {
    let mut shop = Shop::open(plan.check_in, plan.provider);
    for step in &plan.steps {
        shop.take(step);
    }
    shop.close(&plan.turns);
    shop
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn at_any_time_and_at_rest_the_books_are_sound(plan in plan()) {
        let mut shop = Shop::open(plan.check_in, plan.provider);
        for step in &plan.steps {
            shop.take(step);
            prop_assert_eq!(shop.books().findings_at_any_time(), [""; 0], "after {:?}", step);
        }
        shop.close(&plan.turns);
        prop_assert_eq!(shop.books().findings_at_rest(), [""; 0]);
        prop_assert_eq!(shop.view.dump(), shop.fold_view().dump());
        shop.check_words()?;
    }

    #[test]
    fn any_context_is_rebuilt_the_same_in_any_order_of_arrival(
        plan in plan(),
        again in vec((any::<Index>(), any::<Index>()), 0..30),
    ) {
        let rested = run(&plan);
        for context in Context::ALL {
            let mut shop = rested.clone();
            shop.lose_rows(context);
            for (turn, back) in &again {
                let waiting = shop.waiting();
                if !waiting.is_empty() {
                    let ear = waiting[turn.index(waiting.len())];
                    prop_assert!(!shop.deliver(ear), "{} recorded something new", context);
                    shop.send_back(ear, back.index(shop.received[&ear] + 1));
                }
            }
            prop_assert_eq!(shop.rest(&mut in_turn(&plan.turns)), 0, "{} recorded something new", context);
            prop_assert_eq!(&shop.rows()[&context], &rested.rows()[&context]);
        }
    }

    #[test]
    fn receiving_everything_again_changes_nothing(plan in plan()) {
        let rested = run(&plan);
        let mut shop = rested.clone();
        for ear in rested.received.keys() {
            shop.send_back(*ear, 0);
        }
        prop_assert_eq!(shop.rest(&mut in_turn(&plan.turns)), 0);
        prop_assert_eq!(shop.rows(), rested.rows());
    }

    #[test]
    fn all_contexts_lost_at_once_come_back(plan in plan()) {
        let rested = run(&plan);
        let mut shop = rested.clone();
        for context in Context::ALL {
            shop.lose_rows(context);
        }
        prop_assert_eq!(shop.rest(&mut in_turn(&plan.turns)), 0);
        prop_assert_eq!(shop.journals(), rested.journals());
        prop_assert_eq!(shop.rows(), rested.rows());
    }

    /// Where nobody competes for the last units, it does not matter who receives what first.
    #[test]
    fn the_outcome_does_not_depend_on_who_receives_first(
        provider in provider(),
        requests in vec((select(vec![1_u64, 10, 101]), select(vec![0_u64, 10, 30]), any::<bool>()), 1..6),
        schedules in (turns(), turns()),
        mixed in vec(any::<Index>(), 0..30),
    ) {
        let outcome = |turns: &[Index], mixed: &[Index]| {
            let mut shop = Shop::open(CheckIn::Auto, provider);
            for (order, (qty, amount, is_cancelled)) in (1..).zip(&requests) {
                shop.request(order, 1, *qty, *amount).expect("the product exists");
                if *is_cancelled {
                    shop.cancel(order).expect("nobody has told of it yet");
                }
                shop.take(&Step::Deliver(mixed.to_vec()));
            }
            shop.rest(&mut in_turn(turns));
            for (order, _) in shop.waiting_for_provider() {
                shop.settle(order, if order % 2 == 0 { "charged" } else { "declined" }).expect("it is under way");
            }
            shop.rest(&mut in_turn(turns));
            for (order, _) in shop.waiting_for_provider() {
                shop.settle(order, "refunded").expect("it is under way");
            }
            shop.rest(&mut in_turn(turns));
            let orders: Vec<_> = (1..).zip(&requests).map(|(order, _)| {
                let bill = load::<Bill>(&shop.context_state(Context::Billing).rows, order).map(|bill| bill.balance_won());
                let row = load::<Order>(&shop.context_state(Context::Order).rows, order);
                (bill, row.map(|row| matches!(row.status, Status::Active)))
            }).collect();
            // How far it has decided depends on what it received first; where the units are does not.
            let product = load::<Product>(&shop.context_state(Context::Inventory).rows, 1);
            (orders, product.map(|product| Product { decided: 0, ..product }))
        };
        prop_assert_eq!(outcome(&schedules.0, &[]), outcome(&schedules.1, &mixed));
    }
}

/// The plans above meet every kind of event, both ways of running out, and refusals.
#[test]
fn the_plans_meet_every_case() {
    let mut runner = TestRunner::deterministic();
    let (mut kinds, mut exact, mut refused, mut waited) = (BTreeSet::new(), 0, 0, 0);
    for _ in 0..500 {
        let plan = plan().new_tree(&mut runner).expect("plans are never rejected").current();
        let mut shop = Shop::open(plan.check_in, plan.provider);
        for step in &plan.steps {
            refused += usize::from(!shop.take(step));
            let emptied = (1..=2).filter(|product| shop.available(*product) == 0).count();
            exact += emptied;
            waited += shop.waiting_for_provider().len();
        }
        shop.close(&plan.turns);
        kinds.extend(shop.happened());
    }
    assert_eq!(kinds, Kind::ALL.iter().copied().collect());
    assert!(exact > 100 && refused > 100 && waited > 100, "exact {exact}, refused {refused}, waited {waited}");
}
