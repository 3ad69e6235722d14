//! The exact JSON of every event, byte for byte, and what a reader takes.
//!
//! `tests/golden/<eventType>.json` is the contract with every other system:
//! a change there is a change of the wire.

use proptest::prelude::*;
use rental_model::event::{Place, Unreadable};
use rental_model::{Event, Kind, OrderId, ProductId, Qty, Reason, UnixMs, Won};
use std::path::PathBuf;

/// The seed's own examples, verbatim: 2020-04-23 01:36:34, 01:38:17 and 01:50:35 UTC.
const SEED: [&str; 8] = [
    r#"{"eventType":"RentalRequested","timestamp":"20200423013634","id":null,"orderId":2,"productId":2,"qty":10,"amount":10,"me":true}"#,
    r#"{"eventType":"FeeReceived","timestamp":"20200423013634","id":null,"amount":10,"orderId":2,"me":true}"#,
    r#"{"eventType":"DeliveryStarted","timestamp":"20200423013634","id":null,"orderId":2,"logistisId":null,"me":true}"#,
    r#"{"eventType":"RentalCancellationOccured","timestamp":"20200423013817","id":null,"orderId":1,"productId":1,"me":true}"#,
    r#"{"eventType":"FeeRefundCompleted","timestamp":"20200423013817","id":null,"amount":null,"orderId":1,"me":true}"#,
    r#"{"eventType":"RetriveStarted","timestamp":"20200423013817","id":null,"orderId":1,"me":true}"#,
    r#"{"eventType":"RentalRequested","timestamp":"20200423015035","id":null,"orderId":2,"productId":2,"qty":110,"amount":10,"me":true}"#,
    r#"{"eventType":"InventoryStockShortage","timestamp":"20200423015035","orderId":2,"productId":2,"me":true}"#,
];

fn order() -> OrderId {
    OrderId::new(2).unwrap()
}

fn product() -> ProductId {
    ProductId::new(2).unwrap()
}

fn qty() -> Qty {
    Qty::new(10).unwrap()
}

fn amount() -> Won {
    Won::new(10).unwrap()
}

/// One of each kind, every field filled.
fn example(kind: Kind) -> Event {
    let (order, product, qty, amount) = (order(), product(), qty(), amount());
    let reason = |text| Reason::new(text).unwrap();
    match kind {
        Kind::RentalRequested => Event::RentalRequested { order, product, qty, amount },
        Kind::RentalCancelled => Event::RentalCancelled { order, product, reason: Some(reason("너무 늦음")) },
        Kind::RentalEnded => Event::RentalEnded { order, product },
        Kind::StockShort => Event::StockShort { order, product },
        Kind::StockReserved => Event::StockReserved { order, product, qty },
        Kind::StockSkipped => Event::StockSkipped { order, product },
        Kind::StockReleased => Event::StockReleased { order, product, qty },
        Kind::ItemsReturned => Event::ItemsReturned { order, product, qty, down: 2, lost: 1 },
        Kind::ProductRegistered => Event::ProductRegistered { product, name: "MACBOOK".to_owned(), qty: 100 },
        Kind::StockAdjusted => {
            let (from, to) = (Place::Available, Place::Down);
            Event::StockAdjusted { product, from, to, qty, reason: reason("broken screen") }
        }
        Kind::ChargeRequested => Event::ChargeRequested { order, amount, attempt: 1 },
        Kind::FeeReceived => Event::FeeReceived { order, amount, by_hand: None },
        Kind::FeeDeclined => Event::FeeDeclined { order, amount, by_hand: None },
        Kind::RefundRequested => Event::RefundRequested { order, amount, attempt: 2 },
        Kind::RefundDeclined => {
            Event::RefundDeclined { order, amount, attempt: 2, reason: Some(reason("card closed")) }
        }
        Kind::FeeRefunded => Event::FeeRefunded { order, amount, by_hand: None },
        Kind::DeliveryStarted => Event::DeliveryStarted { order },
        Kind::RetrievalStarted => Event::RetrievalStarted { order, dispatched: true },
    }
}

fn golden(kind: Kind) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{kind}.json"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{kind}.json: {error}"))
}

/// The second of the seed's first example.
const AT: UnixMs = UnixMs(1_587_605_794_000);

fn body(event: &Event) -> String {
    String::from_utf8(event.to_body(7, AT)).unwrap()
}

/// The field names of a body, in order.
fn fields(body: &str) -> Vec<&str> {
    let inner = body.trim().trim_start_matches('{').trim_end_matches('}');
    inner.split(",\"").map(|field| field.trim_start_matches('"').split('"').next().unwrap()).collect()
}

fn read(body: &str) -> Result<Event, Unreadable> {
    Event::from_body(body.as_bytes()).map(|(event, _, _)| event)
}

#[test]
fn every_event_is_written_exactly_as_its_golden_file() {
    for &kind in Kind::ALL {
        assert_eq!(body(&example(kind)), golden(kind).trim_end(), "{kind}");
    }
}

#[test]
fn every_event_is_read_back_from_its_golden_file() {
    for &kind in Kind::ALL {
        let (event, number, at) = Event::from_body(golden(kind).as_bytes()).unwrap();
        let carried = (kind != Kind::StockShort).then_some(7);
        assert_eq!((event, number, at), (example(kind), carried, AT), "{kind}");
    }
}

#[test]
fn every_golden_file_belongs_to_an_event() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut found: Vec<_> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let mut expected: Vec<_> = Kind::ALL.iter().map(|kind| format!("{kind}.json")).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

/// Field for field in the seed's order; ours may add some, never drop or rename one.
#[test]
fn the_seven_events_have_the_seeds_fields_in_the_seeds_order() {
    for seed in SEED {
        let kind = read(seed).unwrap().kind();
        let ours = body(&example(kind));
        let seeds = fields(seed);
        let kept: Vec<_> = fields(&ours).into_iter().filter(|field| seeds.contains(field)).collect();
        assert_eq!(kept, seeds, "{kind}");
    }
}

/// The seed's body with what it left null filled in is what we write, but for the fields we add.
#[test]
fn a_scenario_is_written_as_the_seed_wrote_it() {
    for seed in SEED {
        let (event, number, at) = Event::from_body(seed.as_bytes()).unwrap();
        assert_eq!(number, None);
        let ours = String::from_utf8(event.to_body(7, at)).unwrap();
        let filled = seed
            .replace(r#""id":null"#, r#""id":7"#)
            .replace(r#""logistisId":null"#, r#""logistisId":7"#)
            .replace(r#""amount":null"#, r#""amount":0"#);
        assert_eq!(ours.replace(r#","dispatched":true"#, ""), filled);
    }
}

#[test]
fn a_shortage_carries_no_id() {
    assert!(!body(&example(Kind::StockShort)).contains("\"id\""));
}

#[test]
fn a_cancellation_without_a_reason_is_written_without_one() {
    let event = Event::RentalCancelled { order: order(), product: product(), reason: None };
    assert!(!body(&event).contains("reason"));
    assert_eq!(read(&body(&event)), Ok(event));
}

/// What staff settle by hand says so, and why; nothing else of these bodies changes.
#[test]
fn an_event_settled_by_hand_carries_the_reason_and_a_first_attempt_no_number() {
    let (order, amount, by_hand) = (order(), amount(), Some(Reason::new("in cash").unwrap()));
    for event in [
        Event::FeeReceived { order, amount, by_hand: by_hand.clone() },
        Event::FeeDeclined { order, amount, by_hand: by_hand.clone() },
        Event::FeeRefunded { order, amount, by_hand },
    ] {
        let plain = golden(event.kind()).trim_end().to_owned();
        assert_eq!(body(&event), plain.replace(r#","me""#, r#","byHand":"in cash","me""#));
        assert_eq!(read(&body(&event)), Ok(event));
    }
    let first = Event::RefundRequested { order, amount, attempt: 1 };
    assert!(!body(&first).contains("attempt"));
    assert_eq!(read(&body(&first)), Ok(first));
}

#[test]
fn the_originals_nulls_are_read() {
    assert_eq!(read(SEED[2]), Ok(Event::DeliveryStarted { order: order() }));
    let first = OrderId::new(1).unwrap();
    assert_eq!(read(SEED[4]), Ok(Event::FeeRefunded { order: first, amount: Won::ZERO, by_hand: None }));
    // The original does not say whether the goods had left: then they must be looked for.
    assert_eq!(read(SEED[5]), Ok(Event::RetrievalStarted { order: first, dispatched: true }));
}

#[test]
fn fields_in_another_order_and_unknown_ones_are_read() {
    let shuffled = r#"{"me":false,"orderId":2,"colour":{"deep":[1]},"timestamp":"20200423013634","eventType":"RentalEnded","productId":2}"#;
    assert_eq!(read(shuffled), Ok(Event::RentalEnded { order: order(), product: product() }));
}

#[test]
fn what_is_no_json_object_is_refused_as_such() {
    let huge = "9".repeat(1 << 20);
    let deep = "[".repeat(1 << 20);
    for bad in ["", "junk", "[]", "null", "3", "{", "\u{0}", &huge, &deep] {
        assert!(matches!(read(bad), Err(Unreadable::Json(_))), "{:?}", bad.get(..20).unwrap_or(bad));
    }
    assert!(matches!(Event::from_body(b"\xff\xfe{}"), Err(Unreadable::Json(_))));
}

/// The golden body of `kind`, with one field's value replaced; `None` drops the field.
fn with(kind: Kind, field: &str, value: Option<&str>) -> String {
    let mut body: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&golden(kind)).unwrap();
    match value {
        Some(json) => body.insert(field.to_owned(), serde_json::from_str(json).unwrap()),
        None => body.remove(field),
    };
    serde_json::to_string(&body).unwrap()
}

#[test]
fn an_event_type_that_is_none_of_ours_is_refused_by_its_name() {
    for name in ["RentalRequest", "rentalRequested", "RetrieveStarted", ""] {
        let body = with(Kind::RentalRequested, "eventType", Some(&format!("{name:?}")));
        assert_eq!(read(&body), Err(Unreadable::UnknownKind(name.to_owned())));
    }
    assert!(matches!(read(&with(Kind::RentalRequested, "eventType", None)), Err(Unreadable::Json(_))));
}

#[test]
fn a_timestamp_that_is_no_time_is_refused() {
    for stamp in ["", "20200423", "20201332000000", "20200230000000", "2020042301363x", "2020-04-23T01:36:34Z"] {
        let body = with(Kind::RentalRequested, "timestamp", Some(&format!("{stamp:?}")));
        assert_eq!(read(&body), Err(Unreadable::Timestamp(stamp.to_owned())));
    }
    assert!(matches!(read(&with(Kind::FeeReceived, "timestamp", Some("1587605794"))), Err(Unreadable::Json(_))));
    assert!(matches!(read(&with(Kind::FeeReceived, "timestamp", None)), Err(Unreadable::Json(_))));
}

/// What each kind cannot do without.
fn needed(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::RentalRequested => &["orderId", "productId", "qty", "amount"],
        Kind::RentalCancelled | Kind::RentalEnded | Kind::StockShort | Kind::StockSkipped => &["orderId", "productId"],
        Kind::StockReserved | Kind::StockReleased | Kind::ItemsReturned => &["orderId", "productId", "qty"],
        Kind::ProductRegistered => &["productId", "productName", "qty"],
        Kind::StockAdjusted => &["productId", "from", "to", "qty", "reason"],
        Kind::ChargeRequested
        | Kind::FeeReceived
        | Kind::FeeDeclined
        | Kind::RefundRequested
        | Kind::RefundDeclined => &["orderId", "amount"],
        Kind::FeeRefunded | Kind::DeliveryStarted | Kind::RetrievalStarted => &["orderId"],
    }
}

#[test]
fn a_missing_or_null_field_is_refused_by_its_name() {
    for &kind in Kind::ALL {
        for field in needed(kind) {
            for value in [None, Some("null")] {
                let error = read(&with(kind, field, value)).unwrap_err();
                assert!(matches!(error, Unreadable::Missing { .. }), "{kind}: {error}");
                assert!(error.to_string().contains(field.trim_start_matches("a ")), "{kind} without {field}: {error}");
            }
        }
    }
}

#[test]
fn a_field_of_the_wrong_kind_is_refused() {
    for (kind, field, value) in [
        (Kind::RentalRequested, "qty", "\"ten\""),
        (Kind::RentalRequested, "qty", "-1"),
        (Kind::RentalRequested, "qty", "1.5"),
        (Kind::RentalRequested, "qty", "99999999999999999999"),
        (Kind::RentalRequested, "amount", "-1"),
        (Kind::RentalRequested, "amount", "0.5"),
        (Kind::RentalRequested, "orderId", "0"),
        (Kind::RentalRequested, "orderId", "\"2\""),
        (Kind::RentalRequested, "id", "\"7\""),
        (Kind::FeeRefunded, "amount", "-1"),
        (Kind::StockAdjusted, "from", "\"held\""),
        (Kind::StockAdjusted, "reason", "\"  \""),
        (Kind::RetrievalStarted, "dispatched", "1"),
    ] {
        let read = read(&with(kind, field, Some(value)));
        assert!(matches!(read, Err(Unreadable::Json(_))), "{kind} with {field} = {value}: {read:?}");
    }
}

#[test]
fn a_quantity_the_desk_cannot_mean_is_refused() {
    for value in ["0", "1000000001"] {
        let error = read(&with(Kind::RentalRequested, "qty", Some(value))).unwrap_err();
        assert!(error.to_string().contains("qty"), "{error}");
    }
}

#[test]
fn a_field_given_twice_is_refused() {
    let twice = golden(Kind::FeeReceived).replace(r#""orderId":2"#, r#""orderId":2,"orderId":3"#);
    assert!(matches!(read(&twice), Err(Unreadable::Json(_))));
}

#[test]
fn every_kind_has_its_own_bit_and_name() {
    let bits = Kind::ALL.iter().fold(0, |bits, kind| bits | kind.bit());
    assert_eq!(bits.count_ones() as usize, Kind::ALL.len());
    for &kind in Kind::ALL {
        assert_eq!(Kind::from_wire_name(kind.wire_name()), Some(kind));
        assert_eq!(example(kind).kind(), kind);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _: Result<_, _> = Event::from_body(&bytes);
    }

    #[test]
    fn no_json_makes_the_reader_panic(
        kind in proptest::sample::select(Kind::ALL),
        field in "[a-zA-Z]{1,12}",
        value in prop_oneof![any::<i128>().prop_map(|n| n.to_string()), any::<f64>().prop_map(|n| format!("{n:?}")), any::<String>().prop_map(|text| format!("{text:?}"))],
    ) {
        let body = golden(kind).replacen("\"me\":true", &format!("\"me\":true,{field:?}:{value}"), 1);
        let _: Result<_, _> = Event::from_body(body.as_bytes());
    }

    #[test]
    fn every_value_survives_the_wire(
        (order, product) in (1..=9_007_199_254_740_991_u64, 1..=9_007_199_254_740_991_u64),
        (qty, amount) in (1..=1_000_000_000_u64, 0..=1_000_000_000_000_000_u64),
        (down, lost) in any::<(u32, u32)>(),
        text in "\\PC{1,500}",
        (number, second) in (1..u64::MAX, 0..253_000_000_000_u64),
    ) {
        let (order, product) = (OrderId::new(order).unwrap(), ProductId::new(product).unwrap());
        let (qty, amount) = (Qty::new(qty).unwrap(), Won::new(amount).unwrap());
        let reason = Reason::new(&text).ok();
        for event in [
            Event::RentalRequested { order, product, qty, amount },
            Event::RentalCancelled { order, product, reason },
            Event::ItemsReturned { order, product, qty, down, lost },
            Event::ProductRegistered { product, name: text.clone(), qty: down },
        ] {
            let at = UnixMs(1000 * second);
            prop_assert_eq!(Event::from_body(&event.to_body(number, at)), Ok((event, Some(number), at)));
        }
    }
}
