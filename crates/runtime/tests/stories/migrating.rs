//! Stores that an earlier version wrote.

use crate::test_worker::{Stream, TestWorker, delivered, fee, published, requested, reserved, short};
use rental_model::Context::{Billing, Inventory, Order};
use rental_model::logistics::{LogisticsPolicy, Shipment};
use rental_model::repository::load;
use rental_model::totalview::TotalView;
use rental_model::{
    Context, Decider, Decision, Endpoint, Event, QueryOutcome, RecordedEvent, Refusal, Repository, RepositoryMut,
    Request,
};
use rental_runtime::{Effect, Input, Policy};
use serde_json::Value;

/// The kinds of row that totalview's catalogue is made of.
const CATALOGUE: [u8; 2] = [5, 6];

/// Totalview first kept no catalogue: what it lists from one must be right all the same.
#[test]
fn a_store_without_a_catalogue_is_given_one_when_it_is_opened() {
    let mut worker = TestWorker::open(Policy::projecting(TotalView)).0;
    worker.receive(Order, &Stream::of([requested(1), requested(2), requested(200)]).messages());
    worker.receive(Billing, &Stream::of([fee(2)]).messages());
    let ask = |worker: &TestWorker| worker.answer("list", r#"{"filter":"qty>0 !paid","sort":"age"}"#).unwrap();
    let whole = ask(&worker);
    assert!(whole.contains(r#""matching":2"#), "{whole}");
    worker.lose_rows(&CATALOGUE);
    assert!(ask(&worker).contains(r#""matching":0"#), "the list is made from the catalogue");
    let (worker, _) = worker.restart();
    assert_eq!(ask(&worker), whole);
}

/// Logistics as it was before it waited for the reservation: it ignored that, and kept rows without it.
#[derive(Debug)]
struct OldLogistics;

impl Decider for OldLogistics {
    fn context(&self) -> Context {
        Context::Logistics
    }

    fn subscriptions(&self) -> &'static [Context] {
        LogisticsPolicy.subscriptions()
    }

    fn apply(&self, rows: &mut dyn RepositoryMut, own: &RecordedEvent) {
        LogisticsPolicy.apply(rows, own);
    }

    fn react(&self, rows: &mut dyn RepositoryMut, recorded: &RecordedEvent) -> Vec<Event> {
        match recorded.event {
            Event::StockReserved { .. } => Vec::new(),
            Event::FeeReceived { order, .. } => {
                let known = load::<Shipment>(rows, order.get()).unwrap_or_default();
                let starts = !known.is_over && !known.is_delivery_started;
                starts.then_some(Event::DeliveryStarted { order }).into_iter().collect()
            }
            _ => LogisticsPolicy.react(rows, recorded),
        }
    }

    fn commands(&self) -> &'static [Endpoint] {
        &[]
    }

    fn decide(
        &self,
        rows: &dyn Repository,
        request: Request<'_>,
        said: Option<&QueryOutcome>,
    ) -> Result<Decision, Refusal> {
        LogisticsPolicy.decide(rows, request, said)
    }

    fn queries(&self) -> &'static [Endpoint] {
        LogisticsPolicy.queries()
    }

    fn query(&self, rows: &dyn Repository, request: Request<'_>) -> Result<Value, Refusal> {
        LogisticsPolicy.query(rows, request)
    }
}

/// The deliveries among the effects that are to be published.
fn sent(effects: Vec<Effect>) -> Vec<Event> {
    published(effects).iter().map(|record| record.recorded().expect("an event of ours").event).collect()
}

fn received(source: Context, reading: u64, message: rental_bus::Message) -> Input {
    Input::Received { source, reading, message }
}

/// An order whose reservation the version before had received, and ignored, and whose fee comes after the
/// upgrade would never have left.
#[test]
fn a_reservation_received_by_the_version_before_is_known_after_the_upgrade() {
    let stock = Stream::of([reserved(1), reserved(2), short(3)]);
    let fees = Stream::of([fee(1), fee(2), fee(3)]);
    let mut old = TestWorker::serving(Policy::deciding(OldLogistics));
    old.receive(Billing, &[fees.message(1)]);
    old.receive(Inventory, &stock.messages());
    old.forget_versions();
    let (mut new, _) = old.upgrade(Policy::deciding(LogisticsPolicy));
    let first = new.step([Input::Tip { epoch: 1, last: 0, hash: None }]);
    assert!(first.contains(&Effect::Subscribe { source: Inventory, reading: 1, from: 1 }), "{first:?}");
    assert!(first.contains(&Effect::Subscribe { source: Billing, reading: 1, from: 2 }), "{first:?}");
    assert_eq!(sent(first), [delivered(1)], "what the version before had not shipped");
    new.step([crate::test_worker::stored(1, 1)]);
    // The fee first, or the second receiving first: the goods leave once, and only those that are set aside.
    assert_eq!(sent(new.step([received(Billing, 1, fees.message(2)), received(Billing, 1, fees.message(3))])), []);
    let again = (1..=3).map(|number| received(Inventory, 1, stock.message(number)));
    assert_eq!(sent(new.step(again)), [delivered(2)]);
    let (later, _) = new.restart();
    assert_eq!(later.position_of(Inventory), 3, "received again once");
}

/// While it receives again it may be ended; and the version before may have been started once more.
#[test]
fn an_upgrade_that_is_cut_off_or_taken_back_receives_again() {
    let stock = Stream::of([reserved(1), reserved(2)]);
    let mut old = TestWorker::serving(Policy::deciding(OldLogistics));
    old.receive(Inventory, &stock.messages());
    old.forget_versions();
    let (mut new, _) = old.upgrade(Policy::deciding(LogisticsPolicy));
    new.step([Input::Tip { epoch: 1, last: 0, hash: None }]);
    new.step([received(Inventory, 1, stock.message(1)), Input::Tick]);
    let (cut_off, _) = new.restart();
    assert_eq!(cut_off.position_of(Inventory), 1, "it goes on where it was");
    let (mut back, _) = cut_off.upgrade(Policy::deciding(OldLogistics));
    back.step([Input::Tip { epoch: 1, last: 0, hash: None }]);
    back.step([received(Inventory, 1, stock.message(2)), Input::Tick]);
    back.forget_versions();
    let (again, _) = back.upgrade(Policy::deciding(LogisticsPolicy));
    assert_eq!(again.position_of(Inventory), 0);
}
