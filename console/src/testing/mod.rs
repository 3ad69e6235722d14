//! What the console's tests are told with: a desk with a broker that never was.

pub(crate) mod pictures;

use crate::app::update::update;
use crate::app::view::view;
use crate::core::model::{Model, Settings};
use crate::core::msg::{Effect, Msg};
use crate::i18n::Language;
use crate::theme::{Glyphs, Theme};
use crate::widgets::fit::width;
use crate::zone::Zone;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use rental_bus::status::{ContextStatus, Handling, Parked, Phase, SourceStatus};
use rental_bus::tail::Seen;
use rental_bus::{CallError, LinkState, Silence};
use rental_model::inventory::Product;
use rental_model::totalview::{Page, Row, SourcePositions, Stats};
use rental_model::{Context, Event, OrderId, ProductId, Qty, RecordedEvent, UnixMs, Won};
use std::collections::BTreeMap;

/// 2026-07-01 12:00:00 UTC.
pub(crate) const NOON: UnixMs = UnixMs(1_782_907_200_000);

pub(crate) fn order(number: u64) -> OrderId {
    OrderId::new(number).unwrap()
}

pub(crate) fn product(id: u64, name: &str, available: u64) -> Product {
    Product {
        product_id: ProductId::new(id).unwrap(),
        product_name: name.to_owned(),
        available,
        held: 0,
        out: 0,
        returning: 0,
        down: 0,
        lost: 0,
        registered_by: id,
        decided: 0,
    }
}

/// A worker that serves, has received everything and parked so many messages.
pub(crate) fn serving(context: Context, parked: u64) -> ContextStatus {
    let receiving = |last| SourceStatus { position: last, last: Some(last), lag: Some(0) };
    ContextStatus {
        context,
        version: "0.1.0".to_owned(),
        phase: Phase::Serving,
        uptime_ms: 3_725_000,
        journal: 12_017,
        published: 12_017,
        positions: BTreeMap::from([(Context::Order, receiving(9)), (Context::Inventory, receiving(8))]),
        parked,
        commands: 3,
        handled: 17,
        handling: Some(Handling { p50_us: 420, p99_us: 3_900 }),
        behind_ms: None,
        clock_ms: 0,
        alert_messages: Vec::new(),
        alerts: Vec::new(),
    }
}

/// A message that could not be handled.
pub(crate) fn parked(id: u64, payload: &[u8]) -> Parked {
    Parked {
        id,
        source: Context::Order,
        number: 17,
        subject: "rental.events.order.Odd.2".to_owned(),
        headers: vec![("Nats-Msg-Id".to_owned(), "ORDER:17".to_owned())],
        payload: data_encoding::BASE64.encode(payload),
        reason: "unknown eventType".to_owned(),
        attempts: 2,
        parked_at: NOON,
    }
}

pub(crate) fn requested(order: OrderId) -> Event {
    Event::RentalRequested {
        order,
        product: ProductId::new(2).unwrap(),
        qty: Qty::new(10).unwrap(),
        amount: Won::new(12_000).unwrap(),
    }
}

pub(crate) fn reserved(order: OrderId) -> Event {
    Event::StockReserved { order, product: ProductId::new(2).unwrap(), qty: Qty::new(10).unwrap() }
}

pub(crate) fn paid(order: OrderId) -> Event {
    Event::FeeReceived { order, amount: Won::new(12_000).unwrap(), by_hand: None }
}

pub(crate) fn cancelled(order: OrderId) -> Event {
    Event::RentalCancelled { order, product: ProductId::new(2).unwrap(), reason: None }
}

pub(crate) fn refunded(order: OrderId) -> Event {
    Event::FeeRefunded { order, amount: Won::new(12_000).unwrap(), by_hand: None }
}

/// The events of a rental that was delivered, in order.
pub(crate) fn delivered(order: OrderId) -> Vec<Event> {
    vec![requested(order), reserved(order), paid(order), Event::DeliveryStarted { order }]
}

/// `event` as number `number` of its journal, a second per number after noon.
pub(crate) fn recorded(number: u64, event: Event) -> RecordedEvent {
    let source = event.kind().context();
    let (cause, actor) = match source {
        Context::Order => (Some("REQUEST-1".to_owned()), Some("kim".to_owned())),
        _ => (Some("ORDER:1".to_owned()), None),
    };
    RecordedEvent { source, number, at: UnixMs(NOON.0 + number * 1_000), cause, actor, event }
}

/// The whole history of a rental that was delivered and then cancelled.
pub(crate) fn history(order: OrderId) -> Vec<RecordedEvent> {
    let mut events = delivered(order);
    events.extend([cancelled(order), refunded(order)]);
    (1..).zip(events).map(|(number, event)| recorded(number, event)).collect()
}

/// A console whose outside is the test.
#[derive(Debug)]
pub(crate) struct TestApp {
    pub(crate) model: Model,
    /// What the core has asked for and nobody has looked at.
    pub(crate) effects: Vec<Effect>,
    journals: BTreeMap<Context, u64>,
}

impl TestApp {
    /// Just started, at noon; the broker has not answered.
    pub(crate) fn started() -> Self {
        let settings = Settings {
            language: Language::English,
            operator: "kim".to_owned(),
            is_read_only: false,
            theme: Theme::dark(),
            glyphs: Glyphs::FINE,
            zone: Zone::known(TimeZone::UTC),
            url: "nats://127.0.0.1:4222".to_owned(),
            mistake: None,
            filters: Vec::new(),
        };
        let mut app =
            Self { model: Model::new(settings, "SESSION".to_owned()), effects: Vec::new(), journals: BTreeMap::new() };
        app.tell(Msg::Clock(NOON));
        app
    }

    /// Connected and live, with the three products and no rentals.
    pub(crate) fn live() -> Self {
        let mut app = Self::started();
        app.tell(Msg::Link(LinkState::Up));
        app.load(Vec::new());
        app.tell(Msg::Products(Ok(vec![
            product(1, "IPAD", 100),
            product(2, "MACBOOK", 90),
            product(3, "EARPHONE", 5),
        ])));
        app.beat();
        app.answer_all();
        app.effects.clear();
        app
    }

    /// All services say how they are: those that were silent are silent still.
    pub(crate) fn answer_all(&mut self) {
        for context in Context::ALL {
            let worker = self.model.workers.get(context);
            let is_silent = worker.is_some_and(|worker| worker.silent.is_some());
            let status = worker.and_then(|worker| worker.status.clone()).unwrap_or_else(|| serving(context, 0));
            self.tell_status(if is_silent { Err(context) } else { Ok(status) });
        }
    }

    /// A service says how it is, or is not running.
    pub(crate) fn tell_status(&mut self, answer: Result<ContextStatus, Context>) {
        let (context, answer) = match answer {
            Ok(status) => (status.context, Ok(Box::new(status))),
            Err(context) => (context, Err(CallError::Silent { context, why: Silence::NotRunning })),
        };
        self.tell(Msg::Status { context, answer });
    }

    pub(crate) fn korean(mut self) -> Self {
        self.model.settings.language = Language::Korean;
        self
    }

    pub(crate) fn tell(&mut self, msg: Msg) {
        let effects = update(&mut self.model, msg);
        self.effects.extend(effects);
    }

    /// Totalview's first page.
    pub(crate) fn load(&mut self, rentals: Vec<Row>) {
        let page = Page { rentals, ..Page::default() };
        self.tell(Msg::Page { epoch: self.model.loader.epoch, is_first: true, answer: Ok(page) });
    }

    /// A sign of life from everyone: nothing is missing.
    pub(crate) fn beat(&mut self) {
        let stats = Stats::default();
        self.tell(Msg::Beat { tips: Some(SourcePositions::new()), stats: Ok(stats) });
    }

    /// Time passes, with a sign of life from all at its end.
    pub(crate) fn wait(&mut self, ms: u64) {
        self.pass(ms);
        self.beat();
        self.answer_all();
    }

    /// Time passes in silence.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.tell(Msg::Clock(UnixMs(self.model.now.0 + ms)));
    }

    /// An event arrives, recorded just now.
    pub(crate) fn receive(&mut self, event: Event) {
        let source = event.kind().context();
        let number = self.journals.entry(source).or_default();
        *number += 1;
        let mut recorded = recorded(*number, event);
        recorded.at = self.model.now;
        let epoch = self.model.loader.epoch;
        self.tell(Msg::Seen { epoch, seen: vec![Seen::Event(Box::new(recorded))] });
    }

    /// All of a delivered rental's events arrive.
    pub(crate) fn receive_delivered(&mut self, number: u64) {
        for event in delivered(order(number)) {
            self.receive(event);
        }
    }

    /// Keys are pressed: names in angle brackets, everything else as it is.
    pub(crate) fn press(&mut self, keys: &str) {
        let mut rest = keys;
        while let Some(first) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|tail| tail.split_once('>'));
            let (code, modifiers, after) = match named {
                Some((name, after)) => {
                    let (code, modifiers) = key(name);
                    (code, modifiers, after)
                }
                None => (KeyCode::Char(first), KeyModifiers::NONE, &rest[first.len_utf8()..]),
            };
            rest = after;
            self.tell(Msg::Key(KeyEvent::new(code, modifiers)));
        }
    }

    /// What the core has asked for since the last time.
    pub(crate) fn asked(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The one command that was sent since the last time.
    pub(crate) fn sent(&mut self) -> Option<(String, &'static str, serde_json::Value)> {
        let mut sent = self.asked().into_iter().filter_map(|effect| match effect {
            Effect::Send { request_id, endpoint, body, .. } => Some((request_id, endpoint, body)),
            _ => None,
        });
        let first = sent.next();
        assert!(sent.next().is_none(), "more than one command was sent");
        first
    }

    pub(crate) fn answer(&mut self, request_id: &str, answer: Result<(u64, u64), CallError>) {
        let answer = answer.map(|(id, number)| crate::core::commands::Receipt {
            id,
            order_id: OrderId::new(number).ok(),
            became: None,
        });
        self.tell(Msg::Answered { request_id: request_id.to_owned(), answer });
    }

    pub(crate) fn buffer(&mut self, width: u16, height: u16) -> Buffer {
        self.tell(Msg::Resize { width, height });
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view(&self.model, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as text; every line takes exactly the screen's width.
    pub(crate) fn screen(&mut self, width: u16, height: u16) -> String {
        text(&self.buffer(width, height))
    }
}

fn key(name: &str) -> (KeyCode, KeyModifiers) {
    let none = KeyModifiers::NONE;
    match name {
        "enter" => (KeyCode::Enter, none),
        "esc" => (KeyCode::Esc, none),
        "lt" => (KeyCode::Char('<'), none),
        "tab" => (KeyCode::Tab, none),
        "up" => (KeyCode::Up, none),
        "down" => (KeyCode::Down, none),
        "left" => (KeyCode::Left, none),
        "right" => (KeyCode::Right, none),
        "backspace" => (KeyCode::Backspace, none),
        "ctrl-c" => (KeyCode::Char('c'), KeyModifiers::CONTROL),
        "ctrl-p" => (KeyCode::Char('p'), KeyModifiers::CONTROL),
        "ctrl-z" => (KeyCode::Char('z'), KeyModifiers::CONTROL),
        _ => panic!("no key is called {name}"),
    }
}

/// A buffer as lines of text. A wide character takes two cells; the line must come out even.
pub(crate) fn text(buffer: &Buffer) -> String {
    let area = buffer.area;
    let mut lines = Vec::new();
    for y in area.top()..area.bottom() {
        let mut line = String::new();
        let mut x = area.left();
        while x < area.right() {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(width(symbol).max(1)).unwrap();
        }
        assert_eq!(width(&line), usize::from(area.width), "line {y} is not as wide as the screen: {line:?}");
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}
