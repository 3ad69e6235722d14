//! Pictures of the journal of commands, and of the program's own log.

use crate::core::journal::tests::entry;
use crate::core::log::LogLine;
use crate::core::msg::{Effect, Msg};
use crate::testing::pictures::{pictures, with_keys};
use crate::testing::{NOON, TestApp, serving};
use rental_bus::commands::{Entry, JournalPage, Outcome};
use rental_bus::{CallError, Silence};
use rental_model::{Code, Context};
use serde_json::json;
use tracing::Level;

fn other(number: u64, endpoint: &str, body: serde_json::Value, outcome: Outcome) -> Entry {
    let actor = (number != 4).then(|| "김민지".to_owned());
    Entry { endpoint: endpoint.to_owned(), body, outcome, order_id: None, actor, ..entry(number, 10 * number) }
}

/// What a context tells: some of every kind; billing is silent.
fn told(context: Context) -> Result<JournalPage, CallError> {
    let entries = match context {
        Context::Order => (1..=4).rev().map(|number| entry(number, 10 * number + 1)).collect(),
        Context::Inventory => vec![
            other(
                4,
                "adjust",
                json!("{no json"),
                Outcome::Refused { code: Code::Malformed, message: "the request is not JSON".to_owned() },
            ),
            other(3, "register", json!({ "productName": "카메라", "qty": 5 }), Outcome::Recorded { event: 1_204 }),
            other(
                2,
                "adjust",
                json!({ "productId": 2, "delta": -1, "reason": "세어 봄" }),
                Outcome::Recorded { event: 1_203 },
            ),
        ],
        Context::Totalview => vec![
            other(
                2,
                "parked.drop",
                json!({ "id": 3, "reason": "시험" }),
                Outcome::Dropped { reason: "시험".to_owned() },
            ),
            other(
                1,
                "parked.retry",
                json!({ "id": 3 }),
                Outcome::StillFails { message: "unknown eventType \"Odd\"".to_owned() },
            ),
        ],
        Context::Logistics => Vec::new(),
        Context::Billing => {
            return Err(CallError::Silent { context, why: Silence::NotRunning });
        }
    };
    let commands = entries.first().map_or(0, |entry| entry.number);
    Ok(JournalPage { entries, next: None, commands })
}

fn app() -> TestApp {
    let mut app = TestApp::live();
    app.receive_delivered(17);
    app.press("jxy<esc>5");
    for effect in app.asked() {
        if let Effect::ReadJournal(asked) = effect {
            let answer = told(asked.context);
            app.tell(Msg::Journal { asked, answer });
        }
    }
    app
}

#[test]
fn journal() {
    pictures("journal", || with_keys(app(), "jj"));
}

#[test]
fn journal_before_anything_was_asked_for() {
    pictures("journal_empty", || {
        let mut app = TestApp::live();
        app.press("5");
        for context in Context::ALL {
            app.tell(Msg::Status { context, answer: Ok(Box::new(serving(context, 0))) });
        }
        app
    });
}

#[test]
fn an_entry_of_the_journal() {
    pictures("journal_entry", || with_keys(app(), "jjjj<enter>"));
}

#[test]
fn an_entry_that_came_back() {
    let mut app = app();
    let mut page = told(Context::Order).unwrap();
    page.entries[0].is_restored = true;
    let asked = app.model.journal.read_newest(Context::Order);
    app.tell(Msg::Journal { asked, answer: Ok(page) });
    app.press("j<enter>");
    assert!(app.screen(80, 24).contains("Read back from the stream"));
}

#[test]
fn log() {
    pictures("log", || {
        let mut app = TestApp::live();
        let line = |level, message: &str| LogLine {
            at: NOON,
            level,
            target: "async_nats".to_owned(),
            message: message.to_owned(),
        };
        app.press("!");
        app.tell(Msg::Logged(vec![
            line(Level::INFO, "event: connected"),
            line(Level::WARN, "event: disconnected"),
            line(Level::ERROR, &"a record that is longer than any line of this terminal can be ".repeat(3)),
        ]));
        app
    });
}
