//! What people may do at the broker: read, ask, and create nothing.

use super::support::{self, Broker, Probe};
use super::{SECOND, SUBSCRIPTIONS, fee_received, with_one_fee};
use async_nats::Client;
use futures_util::StreamExt;
use rental_bus::reader::Reader;
use rental_bus::record::{Origin, Record};
use rental_bus::service::Service;
use rental_bus::streams::PublishOutcome;
use rental_bus::tail::{self, Seen};
use rental_bus::{Bus, Message};
use rental_model::{Context, Event, OrderId, UnixMs, Won};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Those who are no worker.
const PEOPLE: [&str; 3] = ["staff", "inspect", "payments"];

/// Everything nats-server 2.15 answers on, without `$JS.API.`; S is a stream and C a consumer.
const API: [&str; 46] = [
    "INFO",
    "ACCOUNT.PURGE.RENTAL",
    "ACCOUNT.STREAM.MOVE.RENTAL.S",
    "ACCOUNT.STREAM.CANCEL_MOVE.RENTAL.S",
    "CONSUMER.CREATE.S",
    "CONSUMER.CREATE.S.C",
    "CONSUMER.CREATE.S.C.rental.events.billing.FeeReceived.2",
    "CONSUMER.DURABLE.CREATE.S.C",
    "CONSUMER.DELETE.S.C",
    "CONSUMER.INFO.S.C",
    "CONSUMER.LEADER.STEPDOWN.S.C",
    "CONSUMER.LIST.S",
    "CONSUMER.MSG.NEXT.S.C",
    "CONSUMER.NAMES.S",
    "CONSUMER.PAUSE.S.C",
    "CONSUMER.RESET.S.C",
    "CONSUMER.UNPIN.S.C",
    "DIRECT.GET.S",
    "DIRECT.GET.S.rental.events.billing.FeeReceived.2",
    "META.LEADER.STEPDOWN",
    "META.RESCUE",
    "SERVER.EVACUATE",
    "SERVER.REMOVE",
    "STREAM.CREATE.S",
    "STREAM.UPDATE.S",
    "STREAM.DELETE.S",
    "STREAM.PURGE.S",
    "STREAM.INFO.S",
    "STREAM.LIST",
    "STREAM.NAMES",
    "STREAM.MSG.GET.S",
    "STREAM.MSG.DELETE.S",
    "STREAM.SNAPSHOT.S",
    "STREAM.RESTORE.S",
    "STREAM.LEADER.STEPDOWN.S",
    "STREAM.PEER.REMOVE.S",
    "STREAM.PEER.EVACUATE.S",
    "STREAM.CANCEL_MOVE.S",
    "STREAM.TEMPLATE.CREATE.S",
    "STREAM.TEMPLATE.DELETE.S",
    "STREAM.TEMPLATE.INFO.S",
    "STREAM.TEMPLATES",
    "STREAM.CONSUMER.S",
    "CONSUMER.S",
    "DIRECT.S",
    "META",
];

/// What the broker answers on beside that.
const OTHER: [&str; 7] = [
    "$JS.ACK.BILLING.order.1.1.1.1600000000000000000.0",
    "$JS.ACK._.h.BILLING.order.1.1.1.1600000000000000000.0.t",
    "$JS.FC.BILLING.order.x",
    "$JS.SNAPSHOT.ACK.BILLING.x",
    "$JS.SNAPSHOT.RESTORE.BILLING.x",
    "$JS.EVENT.ADVISORY.STREAM.DELETED.BILLING",
    "$SYS.REQ.SERVER.PING",
];

fn hostile_bodies() -> Vec<String> {
    let consumer = |config: Value| json!({ "stream_name": "BILLING", "action": "", "config": config });
    let stream = |config: Value| config;
    let bodies = [
        json!({}),
        json!({ "seq": 1 }),
        json!({ "seq": 1, "batch": 100_000, "next_by_subj": ">", "no_erase": false }),
        json!({ "batch": 100_000, "expires": 0, "no_wait": true }),
        json!({ "purge": true, "keep": 0, "filter": ">" }),
        json!({ "peer": "rental", "server": "rental", "cluster": "x", "pause_until": "2099-01-01T00:00:00Z" }),
        consumer(json!({ "name": "C", "deliver_subject": "rental.order.cancel", "ack_policy": "none" })),
        consumer(
            json!({ "durable_name": "C", "deliver_subject": "rental.events.billing.FeeReceived.9", "ack_policy": "all" }),
        ),
        consumer(json!({ "deliver_subject": "look.srv.PING", "ack_policy": "none", "idle_heartbeat": 100_000_000 })),
        consumer(json!({ "durable_name": "order", "ack_policy": "explicit", "max_ack_pending": 1 })),
        consumer(json!({ "name": "C.*.>", "ack_policy": "none", "filter_subject": "rental.>" })),
        consumer(json!({ "name": "C", "ack_policy": "none", "inactive_threshold": 0, "mem_storage": true })),
        stream(json!({ "name": "S", "subjects": ["rental.order.>"], "storage": "memory" })),
        stream(json!({ "name": "BILLING", "subjects": ["rental.events.billing.>"], "max_msgs": 1, "storage": "file" })),
        stream(
            json!({ "name": "S", "mirror": { "name": "BILLING" }, "republish": { "src": ">", "dest": "rental.order.cancel" } }),
        ),
    ];
    let mut bodies: Vec<String> = bodies.iter().map(ToString::to_string).collect();
    bodies.extend([String::new(), "+ACK".to_owned(), "-NAK".to_owned(), "\u{0}{".to_owned()]);
    bodies
}

/// All that is at the broker and may not change by anybody's asking.
async fn everything(broker: &Broker) -> Value {
    let (inspect, _) = broker.raw("inspect").await;
    let ask = async |subject: String| -> Value {
        serde_json::from_slice(&inspect.request(subject, "".into()).await.unwrap().payload).unwrap()
    };
    let mut all = BTreeMap::new();
    for stream in ask("$JS.API.STREAM.LIST".to_owned()).await["streams"].as_array().unwrap() {
        let name = stream["config"]["name"].as_str().unwrap().to_owned();
        let consumers = ask(format!("$JS.API.CONSUMER.LIST.{name}")).await;
        let consumers: BTreeMap<_, _> = consumers["consumers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|consumer| {
                let kept =
                    json!([consumer["created"], consumer["config"], consumer["delivered"], consumer["ack_floor"]]);
                (consumer["name"].to_string(), kept)
            })
            .collect();
        let state = &stream["state"];
        all.insert(
            name,
            json!([
                stream["created"],
                stream["config"],
                state["first_seq"],
                state["last_seq"],
                state["messages"],
                consumers
            ]),
        );
    }
    json!(all)
}

/// A push consumer that delivers to `rental.order.cancel` made 99,494 deliveries in three seconds,
/// survived restarts, and nobody may delete it.
#[tokio::test]
async fn people_create_and_change_nothing_whatever_they_ask_of_the_broker() {
    let broker = Broker::start().await;
    let _billing = with_one_fee(&broker).await;
    let order = broker.bus("order").await;
    order.ensure_stream(Context::Order, 1).await.unwrap();
    // Delivered and not acknowledged: an acknowledgement of somebody else would show.
    let mut reader = Reader::open(&order, Context::Billing, Context::Order, 1).await.unwrap();
    reader.next().await.unwrap();
    let (worker, _) = broker.raw("order").await;
    let mut commands = worker.subscribe("rental.order.>").await.unwrap();
    worker.flush().await.unwrap();
    let before = everything(&broker).await;
    assert_eq!(before["BILLING"][5]["\"order\""][2]["stream_seq"], 1, "{before:#}");
    let bodies = hostile_bodies();
    let mut asked = 0;
    for user in PEOPLE {
        let (client, mut refusals) = broker.raw(user).await;
        let way_back = format!("_INBOX_{user}.a");
        for subject in api_subjects() {
            for (body, way_back) in bodies
                .iter()
                .zip([&*way_back, "rental.order.cancel", "rental.events.billing.FeeReceived.9"].iter().cycle())
            {
                client.publish_with_reply(subject.clone(), (*way_back).to_owned(), body.clone().into()).await.unwrap();
                asked += 1;
            }
            // The broker hangs up on who does not read.
            client.flush().await.unwrap();
            while refusals.try_recv().is_ok() {}
        }
    }
    assert!(asked > 5_000, "{asked}");
    // Whatever was asked is done once these are answered behind it.
    assert_eq!(everything(&broker).await, before);
    assert!(futures_util::FutureExt::now_or_never(commands.next()).is_none(), "a command nobody gave");
}

/// Every subject of the API, under both names people know it by, for what is there and what is not.
fn api_subjects() -> BTreeSet<String> {
    let mut subjects: BTreeSet<String> = OTHER.map(ToOwned::to_owned).into();
    for prefix in ["$JS.API", "$JS.rental.API"] {
        for subject in API {
            for (stream, consumer) in [("BILLING", "order"), ("BILLING", "led"), ("NEW", "led")] {
                let named = subject.split('.').map(|part| match part {
                    "S" => stream,
                    "C" => consumer,
                    part => part,
                });
                subjects.insert(format!("{prefix}.{}", named.collect::<Vec<_>>().join(".")));
            }
        }
    }
    subjects
}

/// What they may ask at all is reading: nothing else crosses into the account of the streams.
#[tokio::test]
async fn of_the_brokers_api_people_reach_only_what_reads() {
    const READS: [&str; 9] = [
        "INFO",
        "STREAM.NAMES",
        "STREAM.LIST",
        "STREAM.INFO.",
        "STREAM.MSG.GET.",
        "DIRECT.GET.",
        "CONSUMER.NAMES.",
        "CONSUMER.LIST.",
        "CONSUMER.INFO.",
    ];
    let broker = Broker::start().await;
    for user in PEOPLE {
        let mut probe = Probe::connect(&broker, user).await;
        for subject in api_subjects() {
            let name = subject.split_once(".API.").map_or("", |(_, name)| name);
            let reads =
                READS.iter().any(|read| if read.ends_with('.') { name.starts_with(read) } else { name == *read });
            assert_eq!(probe.may_publish(&subject).await, reads && user != "payments", "{user}: {subject}");
        }
    }
}

#[tokio::test]
async fn people_cannot_touch_the_listeners_consumers() {
    let broker = Broker::start().await;
    for user in PEOPLE {
        let mut probe = Probe::connect(&broker, user).await;
        for (name, received) in SUBSCRIPTIONS {
            for stream in received {
                for verb in ["CREATE", "DELETE", "MSG.NEXT", "PAUSE", "RESET", "UNPIN"] {
                    let subject = format!("$JS.API.CONSUMER.{verb}.{stream}.{name}");
                    assert!(!probe.may_publish(&subject).await, "{user}: {subject}");
                }
                assert!(!probe.may_publish(&format!("$JS.ACK.{stream}.{name}.1.1.1.1.0")).await, "{user}");
            }
        }
    }
}

fn fee(number: u64, before: &Record) -> Record {
    let event =
        Event::FeeReceived { order: OrderId::new(number + 1).unwrap(), amount: Won::new(10).unwrap(), by_hand: None };
    Record::new(number, &event, UnixMs(1_587_605_794_123), Origin::default(), before.hash)
}

async fn publish(billing: &Bus, record: &Record) {
    assert_eq!(billing.publish(record).await.outcome().await, PublishOutcome::Stored);
}

async fn next_event(seen: &mut mpsc::Receiver<Seen>) -> (Context, u64, u64) {
    match tokio::time::timeout(5 * SECOND, seen.recv()).await.unwrap().unwrap() {
        Seen::Event(recorded) => (recorded.source, recorded.number, recorded.event.order().unwrap().get()),
        other => panic!("{other:?}"),
    }
}

async fn with_streams(broker: &Broker) -> Bus {
    for context in Context::DECIDERS {
        broker.bus(context.name()).await.ensure_stream(context, 1).await.unwrap();
    }
    with_one_fee(broker).await
}

#[tokio::test]
async fn staff_follow_the_events_and_read_the_history() {
    let broker = Broker::start().await;
    let billing = with_streams(&broker).await;
    let staff = broker.bus("staff").await;
    let mut seen = tail::follow(&staff, &BTreeMap::new());
    assert_eq!(next_event(&mut seen).await, (Context::Billing, 1, 2));
    let mut before = fee_received();
    let begun = Instant::now();
    for number in 2..=40 {
        let record = fee(number, &before);
        publish(&billing, &record).await;
        assert_eq!(next_event(&mut seen).await, (Context::Billing, number, number + 1));
        before = record;
    }
    // They are told of, not found by looking every two seconds.
    assert!(begun.elapsed() < 10 * SECOND, "{:?}", begun.elapsed());
    assert_eq!(tail::history(&staff, None).await.unwrap().len(), 40);
    assert_eq!(tail::history(&staff, Some(2)).await.unwrap().len(), 1);
    assert_eq!(tail::history(&staff, Some(99)).await.unwrap().len(), 0);
    assert_eq!(everything(&broker).await["BILLING"][5], json!({}), "reading leaves nothing behind");
}

/// More than one answer brings, and more than the client holds for one who does not look.
#[tokio::test]
async fn a_long_history_is_read_whole_in_order_and_from_any_number() {
    let broker = Broker::start().await;
    let billing = with_streams(&broker).await;
    let mut before = fee_received();
    let mut tickets = Vec::new();
    for number in 2..=6_500 {
        before = fee(number, &before);
        tickets.push(billing.publish(&before).await);
        if tickets.len() == 500 {
            for ticket in tickets.drain(..) {
                assert_eq!(ticket.outcome().await, PublishOutcome::Stored);
            }
        }
    }
    for ticket in tickets {
        assert_eq!(ticket.outcome().await, PublishOutcome::Stored);
    }
    let staff = broker.bus("staff").await;
    for (from, to) in [(1, 6_500), (6_500, 6_500), (2_000, 4_001), (6_400, 9_000), (7_000, 9_000)] {
        let mut numbers = Vec::new();
        let each = |message: Message| {
            numbers.push(message.number);
            true
        };
        staff.read_range(Context::Billing, from, to, each).await.unwrap();
        assert_eq!(numbers, (from..=to.min(6_500)).collect::<Vec<_>>(), "{from} to {to}");
    }
    let mut seen = tail::follow(&staff, &BTreeMap::from([(Context::Billing, 10)]));
    for number in 11..=6_500 {
        assert_eq!(next_event(&mut seen).await.1, number);
    }
}

/// A message received live may be anybody's; only what is in the stream is an event.
#[tokio::test]
async fn what_is_only_received_is_never_taken_for_an_event() {
    let broker = Broker::start().await;
    let billing = with_streams(&broker).await;
    let staff = broker.bus("staff").await;
    let mut seen = tail::follow(&staff, &BTreeMap::from([(Context::Billing, 1)]));
    let (colleague, _) = broker.raw("staff").await;
    let mut live = colleague.subscribe("rental.events.>").await.unwrap();
    for _ in 0..20 {
        let question = json!({ "seq": 1 }).to_string();
        let way_back = "rental.events.billing.FeeReceived.2";
        colleague.publish_with_reply("$JS.API.DIRECT.GET.BILLING", way_back, question.into()).await.unwrap();
        let forged = tokio::time::timeout(5 * SECOND, live.next()).await.unwrap().unwrap();
        assert_eq!(forged.subject.as_str(), way_back, "this is what a plain subscription would have believed");
    }
    let record = fee(2, &fee_received());
    publish(&billing, &record).await;
    assert_eq!(next_event(&mut seen).await, (Context::Billing, 2, 3), "the first thing seen is the true one");
}

#[tokio::test]
async fn following_goes_on_when_the_broker_comes_back() {
    let mut broker = Broker::start().await;
    let billing = with_streams(&broker).await;
    let staff = broker.bus("staff").await;
    let mut seen = tail::follow(&staff, &BTreeMap::new());
    assert_eq!(next_event(&mut seen).await.1, 1);
    broker.restart().await;
    let mut before = fee_received();
    for number in 2..=5 {
        before = fee(number, &before);
        support::eventually("it is stored", async || {
            billing.publish(&before).await.outcome().await == PublishOutcome::Stored
                || billing.tip(Context::Billing).await.is_ok_and(|tip| tip.last >= number)
        })
        .await;
    }
    let mut numbers = Vec::new();
    while numbers.len() < 4 {
        match tokio::time::timeout(20 * SECOND, seen.recv()).await.unwrap().unwrap() {
            Seen::Event(recorded) => numbers.push(recorded.number),
            Seen::Interrupted { .. } | Seen::Resumed { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(numbers, [2, 3, 4, 5]);
}

#[tokio::test]
async fn onlookers_see_events_streams_consumers_and_services() {
    let broker = Broker::start().await;
    let (inspect, _) = broker.raw("inspect").await;
    let mut events = inspect.subscribe("rental.events.>").await.unwrap();
    let mut advisories = inspect.subscribe("$JS.EVENT.ADVISORY.>").await.unwrap();
    inspect.flush().await.unwrap();
    let billing = with_one_fee(&broker).await;
    let event = tokio::time::timeout(5 * SECOND, events.next()).await.unwrap().unwrap();
    assert_eq!(event.subject.as_str(), "rental.events.billing.FeeReceived.2");
    support::eventually("they receive that the stream was made", async || {
        let advisory = tokio::time::timeout(5 * SECOND, advisories.next()).await.unwrap().unwrap();
        advisory.subject.as_str() == "$JS.EVENT.ADVISORY.STREAM.CREATED.BILLING"
    })
    .await;
    let order = broker.bus("order").await;
    let _reader = Reader::open(&order, Context::Billing, Context::Order, 1).await.unwrap();
    let (requests, _keep) = mpsc::channel(1);
    let _service = Service::start(&billing, Context::Billing, &[], requests).await.unwrap();
    for (subject, body, expected) in [
        ("$JS.API.INFO", "", "\"streams\":1"),
        ("$JS.API.STREAM.NAMES", "", "BILLING"),
        ("$JS.API.STREAM.LIST", "", "BILLING"),
        ("$JS.API.STREAM.INFO.BILLING", "", "\"last_seq\":1"),
        ("$JS.API.STREAM.MSG.GET.BILLING", r#"{"seq":1}"#, "rental.events.billing.FeeReceived.2"),
        ("$JS.API.DIRECT.GET.BILLING", r#"{"seq":1}"#, "FeeReceived"),
        ("$JS.API.DIRECT.GET.BILLING.rental.events.billing.FeeReceived.2", "", "FeeReceived"),
        ("$JS.API.CONSUMER.NAMES.BILLING", "", "order"),
        ("$JS.API.CONSUMER.LIST.BILLING", "", "order receives billing"),
        ("$JS.API.CONSUMER.INFO.BILLING.order", "", "order receives billing"),
        ("$SYS.REQ.USER.INFO", "", "\"account\":\"LOOK\""),
        ("$SRV.INFO", "", "rental-billing"),
        ("$SRV.PING.rental-billing", "", "rental-billing"),
    ] {
        is_answered(&inspect, subject, body, expected).await;
    }
    // The same for staff, but for the inbox.
    let (staff, _) = broker.raw("staff").await;
    is_answered(&staff, "$SRV.STATS", "", "rental-billing").await;
    is_answered(&staff, "$SYS.REQ.USER.INFO", "", "\"account\":\"DESK\"").await;
    let mut probe = Probe::connect(&broker, "inspect").await;
    for context in Context::ALL {
        assert!(probe.may_publish(&format!("rental.{context}.journal")).await, "{context}");
    }
    assert!(!probe.may_publish("rental.order.list").await);
}

async fn is_answered(client: &Client, subject: &'static str, body: &'static str, expected: &str) {
    support::eventually(subject, async || {
        let answer = tokio::time::timeout(Duration::from_secs(2), client.request(subject, body.into())).await;
        answer
            .is_ok_and(|answer| answer.is_ok_and(|answer| String::from_utf8_lossy(&answer.payload).contains(expected)))
    })
    .await;
}

/// Within one account the broker's answer to a question goes to any subject the question names:
/// staff who may only ask could have it stored as an event, or given to a payment provider as a
/// request to charge.
#[tokio::test]
async fn an_answer_cannot_be_led_to_where_it_would_be_believed() {
    let broker = Broker::start().await;
    let billing = with_one_fee(&broker).await;
    let (worker, _) = broker.raw("billing").await;
    let mut settled = worker.subscribe("rental.billing.>").await.unwrap();
    let (provider, _) = broker.raw("payments").await;
    let mut requests = provider.subscribe("rental.events.billing.ChargeRequested.*").await.unwrap();
    provider.flush().await.unwrap();
    worker.flush().await.unwrap();
    for user in ["staff", "inspect"] {
        let (client, _) = broker.raw(user).await;
        for way_back in
            ["rental.events.billing.FeeReceived.9", "rental.events.billing.ChargeRequested.9", "rental.billing.settle"]
        {
            for subject in [
                "$JS.API.STREAM.INFO.BILLING",
                "$JS.API.STREAM.MSG.GET.BILLING",
                "$JS.API.DIRECT.GET.BILLING",
                "$SRV.PING",
            ] {
                client.publish_with_reply(subject, way_back, r#"{"seq":1}"#.into()).await.unwrap();
            }
        }
        client.flush().await.unwrap();
        // Answered after those: whatever they did is done.
        client.request("$JS.API.STREAM.INFO.BILLING", "".into()).await.unwrap();
    }
    assert_eq!(billing.tip(Context::Billing).await.unwrap().last, 1);
    provider.flush().await.unwrap();
    worker.flush().await.unwrap();
    assert!(futures_util::FutureExt::now_or_never(requests.next()).is_none(), "a request to charge that nobody made");
    assert!(futures_util::FutureExt::now_or_never(settled.next()).is_none(), "a payment nobody settled");
}
