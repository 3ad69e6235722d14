//! Valid inputs to begin with.

use rental_bus::record::{GENESIS, Origin};
use rental_bus::{Message, Record};
use rental_model::billing::{BillingPolicy, Provider};
use rental_model::inventory::{CheckIn, InventoryPolicy};
use rental_model::logistics::LogisticsPolicy;
use rental_model::order::OrderPolicy;
use rental_model::totalview::TotalView;
use rental_model::{Context, Event, UnixMs};
use rental_runtime::Policy;
use serde_json::Value;
use std::path::Path;
use std::sync::LazyLock;

/// The body of one event of each kind: the golden files.
static BODIES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model/tests/golden");
    let mut files: Vec<_> = golden.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()).collect()
});

static EVENTS: LazyLock<Vec<Event>> =
    LazyLock::new(|| BODIES.iter().map(|body| Event::from_body(body.to_string().as_bytes()).unwrap().0).collect());

pub(crate) fn bodies() -> Vec<Value> {
    BODIES.clone()
}

pub(crate) fn events() -> Vec<Event> {
    EVENTS.clone()
}

/// What this context recorded: one event of each of its kinds.
pub(crate) fn journal(of: Context) -> Vec<Record> {
    let mut before = GENESIS;
    let mut record = |(number, event): (u64, Event)| {
        let origin = Origin {
            cause: Some("till-1/42".to_owned()),
            actor: Some("김".to_owned()),
            digest: Some("0011223344556677".to_owned()),
            trace: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        };
        let record = Record::new(number, &event, UnixMs(1_587_605_794_123 + number), origin, before);
        before = record.hash;
        record
    };
    (1..).zip(events().into_iter().filter(|event| event.kind().context() == of)).map(&mut record).collect()
}

/// A record as the stream has it.
pub(crate) fn message(record: &Record) -> Message {
    Message {
        number: record.number,
        subject: record.subject(),
        headers: record.headers().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        payload: record.body.clone(),
    }
}

/// Every context there is, with its other choices.
pub(crate) fn policies() -> Vec<Policy> {
    vec![
        Policy::deciding(OrderPolicy::default()),
        Policy::deciding(InventoryPolicy { check_in: CheckIn::Auto }),
        Policy::deciding(InventoryPolicy { check_in: CheckIn::Staff }),
        Policy::deciding(BillingPolicy::of(Provider::Instant { limit: None })),
        Policy::deciding(BillingPolicy::of(Provider::Deferred)),
        Policy::deciding(LogisticsPolicy),
        Policy::projecting(TotalView),
    ]
}
