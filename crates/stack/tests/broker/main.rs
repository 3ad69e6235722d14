//! `nats.conf` before a real nats-server: what each user may do, and what not.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod people;
mod support;

use futures_util::StreamExt;
use rental_bus::reader::Reader;
use rental_bus::record::{GENESIS, Origin, Record};
use rental_bus::service::Service;
use rental_bus::streams::PublishOutcome;
use rental_bus::{Bus, CallError, Silence};
use rental_model::{Context, Endpoint, Event, OrderId, UnixMs, Won};
use std::time::Duration;
use support::{Broker, Probe};

const SECOND: Duration = Duration::from_secs(1);
const DECIDERS: [&str; 4] = ["order", "inventory", "billing", "logistics"];
const EVERYONE: [&str; 8] = rental_bus::keys::USERS;

/// Whom each worker receives.
const SUBSCRIPTIONS: [(&str, &[&str]); 5] = [
    ("order", &["INVENTORY", "BILLING", "LOGISTICS"]),
    ("inventory", &["ORDER", "LOGISTICS"]),
    ("billing", &["ORDER", "INVENTORY"]),
    ("logistics", &["ORDER", "INVENTORY", "BILLING"]),
    ("totalview", &["ORDER", "INVENTORY", "BILLING", "LOGISTICS"]),
];

fn receives_it(listener: &str, stream: &str) -> bool {
    SUBSCRIPTIONS.iter().any(|(name, received)| *name == listener && received.contains(&stream))
}

/// The first event of billing's journal.
fn fee_received() -> Record {
    let event = Event::FeeReceived { order: OrderId::new(2).unwrap(), amount: Won::new(10).unwrap(), by_hand: None };
    Record::new(1, &event, UnixMs(1_587_605_794_123), Origin::default(), GENESIS)
}

async fn with_one_fee(broker: &Broker) -> Bus {
    let billing = broker.bus("billing").await;
    billing.ensure_stream(Context::Billing, 1).await.unwrap();
    assert_eq!(billing.publish(&fee_received()).await.outcome().await, PublishOutcome::Stored);
    billing
}

#[tokio::test]
async fn nobody_gets_in_without_a_known_key() {
    let broker = Broker::start().await;
    assert!(async_nats::connect(broker.url()).await.is_err(), "no key at all");
    let stranger = nkeys::KeyPair::new_user().seed().unwrap();
    assert!(async_nats::ConnectOptions::with_nkey(stranger).connect(broker.url()).await.is_err(), "unknown key");
    for user in EVERYONE {
        broker.bus(user).await;
    }
}

#[tokio::test]
async fn only_a_context_itself_publishes_its_events() {
    let broker = Broker::start().await;
    for user in EVERYONE {
        let mut probe = Probe::connect(&broker, user).await;
        for context in DECIDERS {
            let may = user == context;
            assert_eq!(probe.may_publish(&format!("rental.events.{context}.X.1")).await, may, "{user} as {context}");
        }
        assert!(!probe.may_publish("rental.events.totalview.X.1").await || user == "totalview", "{user}");
    }
}

#[tokio::test]
async fn nobody_removes_or_rewrites_what_is_recorded() {
    const STREAM: [&str; 9] = [
        "STREAM.DELETE.BILLING",
        "STREAM.PURGE.BILLING",
        "STREAM.MSG.DELETE.BILLING",
        "STREAM.RESTORE.BILLING",
        "STREAM.SNAPSHOT.BILLING",
        "STREAM.CREATE.OTHER",
        "STREAM.LEADER.STEPDOWN.BILLING",
        "ACCOUNT.PURGE.RENTAL",
        "SERVER.REMOVE",
    ];
    let broker = Broker::start().await;
    for user in EVERYONE {
        let mut probe = Probe::connect(&broker, user).await;
        for subject in STREAM {
            assert!(!probe.may_publish(&format!("$JS.API.{subject}")).await, "{user}: {subject}");
        }
        for verb in ["CREATE", "UPDATE"] {
            for context in DECIDERS {
                let subject = format!("$JS.API.STREAM.{verb}.{}", context.to_uppercase());
                assert_eq!(probe.may_publish(&subject).await, user == context, "{user}: {subject}");
            }
        }
        assert!(!probe.may_publish("$SYS.REQ.SERVER.PING").await, "{user}");
    }
}

#[tokio::test]
async fn a_worker_keeps_one_consumer_on_each_stream_it_receives_and_touches_no_other() {
    let broker = Broker::start().await;
    for (user, _) in SUBSCRIPTIONS {
        let mut probe = Probe::connect(&broker, user).await;
        for stream in DECIDERS.map(str::to_uppercase) {
            let receives = receives_it(user, &stream);
            for (name, _) in SUBSCRIPTIONS {
                let may = receives && name == user;
                for verb in ["CREATE", "DELETE", "INFO", "MSG.NEXT"] {
                    let subject = format!("$JS.API.CONSUMER.{verb}.{stream}.{name}");
                    assert_eq!(probe.may_publish(&subject).await, may, "{user}: {subject}");
                }
                let subject = format!("$JS.ACK.{stream}.{name}.1.1.1.1.0");
                assert_eq!(probe.may_publish(&subject).await, may, "{user}: {subject}");
            }
            let may = receives || stream == user.to_uppercase();
            for subject in [format!("STREAM.INFO.{stream}"), format!("STREAM.MSG.GET.{stream}")] {
                assert_eq!(probe.may_publish(&format!("$JS.API.{subject}")).await, may, "{user}: {subject}");
            }
            // One without a name in the subject could be anybody's.
            let unnamed = format!("$JS.API.CONSUMER.CREATE.{stream}");
            assert!(!probe.may_publish(&unnamed).await, "{user}: {unnamed}");
            let direct = format!("$JS.API.DIRECT.GET.{stream}");
            assert_eq!(probe.may_publish(&direct).await, stream == user.to_uppercase(), "{user}: {direct}");
        }
    }
}

#[tokio::test]
async fn services_are_called_by_staff_and_the_stock_check_by_order() {
    let broker = Broker::start().await;
    for user in EVERYONE {
        let mut probe = Probe::connect(&broker, user).await;
        for context in Context::ALL {
            // A listener asks its source where its journal ends.
            let subject = format!("rental.{context}.status");
            let may = user == "staff" || receives_it(user, &context.name().to_uppercase());
            assert_eq!(probe.may_publish(&subject).await, may, "{user}: {subject}");
            let subject = format!("rental.{context}.list");
            assert_eq!(probe.may_publish(&subject).await, user == "staff", "{user}: {subject}");
            let serves = user == context.name();
            assert_eq!(probe.may_subscribe(&format!("rental.{context}.list")).await, serves, "{user} for {context}");
            let service = format!("$SRV.INFO.rental-{context}");
            assert_eq!(probe.may_subscribe(&service).await, serves, "{user}: {service}");
        }
        let may = ["staff", "order"].contains(&user);
        assert_eq!(probe.may_publish("rental.inventory.check").await, may, "{user}");
        let may = ["staff", "inspect"].contains(&user);
        assert_eq!(probe.may_publish("$SRV.INFO").await, may, "{user}");
    }
}

/// A payment provider receives what it is asked for and says what became of it; nothing else, and nobody else does.
#[tokio::test]
async fn a_payment_provider_receives_requests_and_settles_them_and_may_do_nothing_else() {
    const SUBSCRIPTIONS: [&str; 2] =
        ["rental.events.billing.ChargeRequested.*", "rental.events.billing.RefundRequested.*"];
    let broker = Broker::start().await;
    for user in EVERYONE {
        let mut probe = Probe::connect(&broker, user).await;
        assert_eq!(probe.may_publish("rental.billing.settle").await, user == "payments", "{user}");
        for subject in SUBSCRIPTIONS {
            assert_eq!(
                probe.may_subscribe(subject).await,
                ["payments", "inspect", "staff"].contains(&user),
                "{user}: {subject}"
            );
        }
    }
    let mut provider = Probe::connect(&broker, "payments").await;
    assert!(provider.may_publish("rental.billing.open").await);
    for subject in [
        "rental.billing.get",
        "rental.billing.retry",
        "rental.billing.resolve",
        "rental.billing.status",
        "rental.billing.journal",
        "rental.billing.parked.list",
        "rental.order.cancel",
        "$SRV.INFO",
        "$JS.API.INFO",
        "$JS.API.STREAM.INFO.BILLING",
        "$JS.API.DIRECT.GET.BILLING",
        "$JS.API.CONSUMER.CREATE.BILLING.payments",
        "_INBOX_staff.1",
    ] {
        assert!(!provider.may_publish(subject).await, "{subject}");
    }
    for subject in [
        "rental.events.>",
        "rental.events.billing.*.*",
        "rental.events.billing.FeeReceived.*",
        "rental.events.order.ChargeRequested.*",
        "rental.billing.settle",
    ] {
        assert!(!provider.may_subscribe(subject).await, "{subject}");
    }
}

#[tokio::test]
async fn nobody_listens_where_answers_to_others_arrive() {
    let broker = Broker::start().await;
    for user in EVERYONE {
        let mut probe = Probe::connect(&broker, user).await;
        for other in EVERYONE {
            let subject = format!("_INBOX_{other}.>");
            assert_eq!(probe.may_subscribe(&subject).await, other == user, "{user}: {subject}");
        }
        for subject in [">", "$JS.>", "_R_.>", "$SYS.>", "rental.>", "look.>"] {
            assert!(!probe.may_subscribe(subject).await, "{user}: {subject}");
        }
        assert_eq!(probe.may_subscribe("rental.events.>").await, ["inspect", "staff"].contains(&user), "{user}");
        // The stock tool's; nobody else is in the onlookers' account.
        for subject in ["_INBOX.>", "$JS.EVENT.ADVISORY.>"] {
            assert_eq!(probe.may_subscribe(subject).await, user == "inspect", "{user}: {subject}");
        }
    }
}

#[tokio::test]
async fn a_worker_ships_reads_back_and_is_received() {
    let broker = Broker::start().await;
    let billing = with_one_fee(&broker).await;
    assert_eq!(billing.publish(&fee_received()).await.outcome().await, PublishOutcome::Refused, "the number is taken");
    assert_eq!(billing.tip(Context::Billing).await.unwrap().last, 1);
    assert_eq!(billing.message(Context::Billing, 1).await.unwrap().payload, fee_received().body);
    let mut read = Vec::new();
    billing
        .read_range(Context::Billing, 1, 1, |message| {
            read.push(message.number);
            true
        })
        .await
        .unwrap();
    assert_eq!(read, [1]);
    for listener in [Context::Order, Context::Logistics, Context::Totalview] {
        let bus = broker.bus(listener.name()).await;
        for _ in 0..2 {
            let mut reader = Reader::open(&bus, Context::Billing, listener, 1).await.unwrap();
            let delivery = tokio::time::timeout(5 * SECOND, reader.next()).await.unwrap().unwrap();
            assert_eq!(delivery.message.subject, "rental.events.billing.FeeReceived.2");
            reader.acknowledger().done(delivery.done).await;
        }
        bus.flush(SECOND).await;
        support::eventually("the acknowledgement is seen", async || {
            broker.consumer_info("BILLING", listener.name()).await["ack_floor"]["stream_seq"] == 1
        })
        .await;
    }
    let inventory = broker.bus("inventory").await;
    assert!(Reader::open(&inventory, Context::Billing, Context::Inventory, 1).await.is_err());
}

#[tokio::test]
async fn staff_are_answered_and_a_service_that_is_not_there_is_told_at_once() {
    const STATUS: [Endpoint; 1] = [Endpoint { name: "status", about: "", example: "" }];
    let broker = Broker::start().await;
    let staff = broker.bus("staff").await;
    let begun = std::time::Instant::now();
    let silent = staff.call_raw(Context::Order, "status", Vec::new(), 5 * SECOND).await.unwrap_err();
    assert!(matches!(silent, CallError::Silent { why: Silence::NotRunning, .. }), "{silent:?}");
    assert!(begun.elapsed() < 2 * SECOND, "no waiting for what cannot come");
    let mut services = Vec::new();
    for context in Context::ALL {
        let bus = broker.bus(context.name()).await;
        let (sender, mut requests) = tokio::sync::mpsc::channel::<rental_bus::service::Incoming>(8);
        services.push((Service::start(&bus, context, &STATUS, sender).await.unwrap(), bus.clone()));
        tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                request.responder.send(Ok(b"well".to_vec())).await;
            }
        });
    }
    for context in Context::ALL {
        support::eventually("the context answers", async || {
            staff.call_raw(context, "status", Vec::new(), SECOND).await.is_ok_and(|answer| answer == "well")
        })
        .await;
    }
    let (inspect, _) = broker.raw("inspect").await;
    support::eventually("all five are seen by onlookers", async || {
        let mut answers = inspect.subscribe("_INBOX_inspect.all").await.unwrap();
        inspect.publish_with_reply("$SRV.PING", "_INBOX_inspect.all", "".into()).await.unwrap();
        for _ in Context::ALL {
            if tokio::time::timeout(SECOND, answers.next()).await.is_err() {
                return false;
            }
        }
        true
    })
    .await;
}

#[tokio::test]
async fn order_asks_inventory_and_is_answered() {
    const CHECK: [Endpoint; 1] = [Endpoint { name: "check", about: "", example: "" }];
    let broker = Broker::start().await;
    let inventory = broker.bus("inventory").await;
    let order = broker.bus("order").await;
    let silent = order.call_raw(Context::Inventory, "check", Vec::new(), 5 * SECOND).await.unwrap_err();
    assert!(matches!(silent, CallError::Silent { why: Silence::NotRunning, .. }), "{silent:?}");
    let (sender, mut requests) = tokio::sync::mpsc::channel::<rental_bus::service::Incoming>(8);
    let _service = Service::start(&inventory, Context::Inventory, &CHECK, sender).await.unwrap();
    tokio::spawn(async move {
        while let Some(request) = requests.recv().await {
            request.responder.send(Ok(b"enough".to_vec())).await;
        }
    });
    support::eventually("inventory answers", async || {
        order.call_raw(Context::Inventory, "check", Vec::new(), SECOND).await.is_ok_and(|answer| answer == "enough")
    })
    .await;
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let broker = Broker::start().await;
    let staff = broker.bus("staff").await;
    assert!(staff.call_raw(Context::Order, "request", vec![b'x'; 2 * 1024 * 1024], SECOND).await.is_err());
    let fresh = broker.bus("staff").await;
    let silent = fresh.call_raw(Context::Order, "status", Vec::new(), 5 * SECOND).await.unwrap_err();
    assert!(matches!(silent, CallError::Silent { why: Silence::NotRunning, .. }), "the broker goes on: {silent:?}");
}
