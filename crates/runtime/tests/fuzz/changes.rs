//! Changes of a valid input: of its JSON, and of its bytes.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Map, Value, json};

/// How many cases a program runs, unless `RENTAL_FUZZ_CASES` says otherwise.
const CASES: u32 = 20_000;

/// Runs one program. A failure is told by its smallest input.
pub(crate) fn fuzz<S: Strategy>(inputs: &S, program: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let cases = match std::env::var("RENTAL_FUZZ_CASES") {
        Ok(cases) => cases.parse().expect("RENTAL_FUZZ_CASES is a number"),
        Err(_) => CASES,
    };
    // The smallest input says more than a file of seeds would.
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    if let Err(failure) = TestRunner::new(config).run(inputs, program) {
        panic!("{failure}");
    }
}

/// One change of a JSON text. Places count round, so that every number is one.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// The value there becomes this one.
    Replace(usize, Value),
    /// The field or item there is gone.
    Remove(usize),
    /// One more field or item.
    Add(usize, String, Value),
    /// The value there, this many arrays deep.
    Wrap(usize, usize),
    Flip(usize, u8),
    Cut(usize),
    Insert(usize, Vec<u8>),
    /// A piece of the text once more: fields given twice, digits without end.
    Repeat(usize, usize, usize),
}

/// A few changes at most: the more there are, the less is left of the input.
pub(crate) fn changes() -> impl Strategy<Value = Vec<Change>> {
    proptest::collection::vec(change(), 0..4)
}

fn change() -> impl Strategy<Value = Change> {
    let place = || 0..64_usize;
    let byte = || any::<usize>();
    prop_oneof![
        6 => (place(), value()).prop_map(|(place, value)| Change::Replace(place, value)),
        2 => place().prop_map(Change::Remove),
        2 => (place(), name(), value()).prop_map(|(place, name, value)| Change::Add(place, name, value)),
        1 => (place(), 1..300_usize).prop_map(|(place, depth)| Change::Wrap(place, depth)),
        1 => (byte(), 0..8_u8).prop_map(|(place, bit)| Change::Flip(place, bit)),
        1 => byte().prop_map(Change::Cut),
        1 => (byte(), proptest::collection::vec(any::<u8>(), 1..8)).prop_map(|(place, bytes)| Change::Insert(place, bytes)),
        1 => (byte(), 1..40_usize, 1..30_usize).prop_map(|(from, length, times)| Change::Repeat(from, length, times)),
    ]
}

/// Field names that mean something somewhere, and others.
fn name() -> impl Strategy<Value = String> {
    const KNOWN: [&str; 24] = [
        "orderId",
        "productId",
        "qty",
        "amount",
        "id",
        "eventType",
        "timestamp",
        "me",
        "reason",
        "name",
        "requestId",
        "actor",
        "onShortage",
        "delta",
        "from",
        "to",
        "down",
        "lost",
        "limit",
        "cursor",
        "outcome",
        "status",
        "dispatched",
        "",
    ];
    prop_oneof![3 => proptest::sample::select(&KNOWN[..]).prop_map(str::to_owned), 1 => "\\PC{0,12}"]
}

/// Values at the edges of what the worker can mean, and beyond.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    const NUMBERS: [u64; 18] = [
        0,
        1,
        2,
        3,
        99,
        100,
        101,
        1_000_000_000,
        1_000_000_001,
        4_294_967_295,
        4_294_967_296,
        1_000_000_000_000_000,
        1_000_000_000_000_001,
        9_007_199_254_740_991,
        9_007_199_254_740_992,
        9_223_372_036_854_775_807,
        9_223_372_036_854_775_808,
        18_446_744_073_709_551_615,
    ];
    const TEXTS: [&str; 22] = [
        "",
        " ",
        "x",
        "20200423013634",
        "99991231235959",
        "00000101000000",
        "20200230000000",
        "RentalRequested",
        "InventoryStockShortage",
        "RetriveStarted",
        "ProductRegistered",
        "StockAdjusted",
        "available",
        "outside",
        "refuse",
        "active",
        "2",
        "\u{1b}[2J",
        "\r\n",
        "김",
        "\u{202e}",
        "\0",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        proptest::sample::select(&NUMBERS[..]).prop_map(Value::from),
        proptest::sample::select(&[-1, -100, i64::MIN, -1_000_000_000][..]).prop_map(Value::from),
        proptest::sample::select(&[0.5, -0.0, 1e300, 1e-300, 1e15, 1e19][..]).prop_map(Value::from),
        proptest::sample::select(&TEXTS[..]).prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        (1..70_000_usize).prop_map(|length| Value::from("가".repeat(length % 1_000))),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            proptest::collection::btree_map(name(), inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// `valid` with all of `changes`: those of its JSON first.
pub(crate) fn changed(valid: &Value, changes: &[Change]) -> Vec<u8> {
    let mut tree = valid.clone();
    for change in changes {
        change_tree(&mut tree, change);
    }
    changed_bytes(tree.to_string().into_bytes(), changes)
}

/// The same for what is not JSON.
pub(crate) fn changed_bytes(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let length = bytes.len().max(1);
        match change {
            Change::Flip(place, bit) => {
                if let Some(byte) = bytes.get_mut(place % length) {
                    *byte ^= 1 << bit;
                }
            }
            Change::Cut(place) => bytes.truncate(place % length),
            Change::Insert(place, more) => drop(bytes.splice(at(*place, &bytes).., more.clone())),
            Change::Repeat(from, length, times) => {
                let from = at(*from, &bytes);
                let piece = bytes[from..(from + length).min(bytes.len())].repeat(*times);
                drop(bytes.splice(from..from, piece));
            }
            _ => {}
        }
    }
    bytes
}

fn at(place: usize, bytes: &[u8]) -> usize {
    place % (bytes.len() + 1)
}

fn change_tree(tree: &mut Value, change: &Change) {
    let count = nodes(tree);
    match change {
        Change::Replace(place, value) => *node(tree, &mut (place % count)).expect("counted") = value.clone(),
        Change::Wrap(place, depth) => {
            let node = node(tree, &mut (place % count)).expect("counted");
            for _ in 0..*depth {
                *node = Value::Array(vec![node.take()]);
            }
        }
        Change::Add(place, name, value) => match node(tree, &mut (place % count)) {
            Some(Value::Object(fields)) => drop(fields.insert(name.clone(), value.clone())),
            Some(Value::Array(items)) => items.push(value.clone()),
            _ => {}
        },
        Change::Remove(place) => match node(tree, &mut (place % count)) {
            Some(Value::Object(fields)) => drop(without_one(fields, *place)),
            Some(Value::Array(items)) => drop(items.pop()),
            Some(other) => *other = Value::Null,
            None => {}
        },
        _ => {}
    }
}

fn without_one(fields: &mut Map<String, Value>, place: usize) -> Option<Value> {
    let name = fields.keys().nth(place % fields.len().max(1))?.clone();
    fields.remove(&name)
}

/// How many values there are in a tree.
fn nodes(tree: &Value) -> usize {
    1 + match tree {
        Value::Array(items) => items.iter().map(nodes).sum(),
        Value::Object(fields) => fields.values().map(nodes).sum(),
        _ => 0,
    }
}

/// The value that is this many behind the root.
fn node<'a>(tree: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
    if *place == 0 {
        return Some(tree);
    }
    *place -= 1;
    match tree {
        Value::Array(items) => items.iter_mut().find_map(|item| node(item, place)),
        Value::Object(fields) => fields.values_mut().find_map(|field| node(field, place)),
        _ => None,
    }
}

#[test]
fn changes_change_what_they_say() {
    let valid = json!({ "orderId": 2, "qty": 10 });
    let text = |changes: &[Change]| String::from_utf8(changed(&valid, changes)).unwrap();
    assert_eq!(text(&[]), r#"{"orderId":2,"qty":10}"#);
    assert_eq!(text(&[Change::Replace(2, json!("x"))]), r#"{"orderId":2,"qty":"x"}"#);
    assert_eq!(text(&[Change::Remove(0)]), r#"{"qty":10}"#);
    assert_eq!(text(&[Change::Wrap(1, 2)]), r#"{"orderId":[[2]],"qty":10}"#);
    assert_eq!(text(&[Change::Cut(5), Change::Add(0, "a".to_owned(), json!(1))]), r#"{"a":"#);
    assert_eq!(text(&[Change::Repeat(11, 1, 3)]), r#"{"orderId":2222,"qty":10}"#);
}
