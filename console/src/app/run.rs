//! The loop: keys, news and the clock in, drawings and effects out.

use crate::app::Options;
use crate::app::background::{Background, TerminalAnswer};
use crate::app::effects::EffectRunner;
use crate::app::terminal::Guard;
use crate::app::update::{begin, update};
use crate::app::view::view;
use crate::config::{GlyphSet, Mistake};
use crate::core::listing::Reach;
use crate::core::log::Sink;
use crate::core::model::{Model, Settings};
use crate::core::msg::{Effect, Msg};
use crate::i18n::{Message, Text};
use crate::theme::{Glyphs, Look};
use anyhow::Context as _;
use futures_util::StreamExt;
use ratatui::crossterm::event::{Event, EventStream, KeyEventKind, MouseEventKind};
use rental_bus::Bus;
use rental_model::UnixMs;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The shortest time between two drawings that no key asked for.
const FRAME: Duration = Duration::from_micros(16_666);

/// How long the first drawing waits for the terminal to tell its background.
const ANSWER: Duration = Duration::from_millis(60);

/// For how long messages are folded before the keys are looked at again.
const AT_ONCE: Duration = Duration::from_millis(4);

/// Runs the console until the person leaves it. `bus` must be a patient one:
/// the broker may be down now and come later. `log` is what the program writes to its own log.
pub(crate) async fn run(bus: Bus, options: Options, log: Sink) -> anyhow::Result<()> {
    let config = options.location.path.clone();
    let is_background_asked = options.look.is_none();
    let has_mouse = options.settings.has_mouse.value;
    let (mut model, effects) = furnished(&bus, options);
    model.has_mouse = has_mouse;
    let (sender, inbox) = mpsc::channel(64);
    let signals = Signals::new().context("signals cannot be watched")?;
    let mut terminal = Guard::take().context("the terminal cannot be used")?;
    terminal.mouse(has_mouse).context("the terminal cannot be used")?;
    let mut background = Background::default();
    let mut quiet_until = None;
    if is_background_asked {
        terminal.ask_background().context("the terminal cannot be written to")?;
        background = Background::expected();
        quiet_until = Some(Instant::now() + ANSWER);
    }
    let runner = EffectRunner::new(bus, config, sender, log);
    let mut app = App { model, terminal, runner, inbox, drawn_at: None, is_urgent: true, background, quiet_until };
    app.perform(effects)?;
    app.resize()?;
    app.work(signals).await
}

/// The console as the settings want it, and what it asks for at first.
fn furnished(bus: &Bus, options: Options) -> (Model, Vec<Effect>) {
    let decided = options.settings;
    let looks = Settings {
        language: options.language,
        operator: crate::text::sanitize(&options.operator),
        is_read_only: decided.is_read_only.value,
        theme: options.look.unwrap_or(Look::Dark).theme(),
        glyphs: match options.glyphs {
            GlyphSet::Unicode => Glyphs::FINE,
            GlyphSet::Ascii => Glyphs::ASCII,
        },
        zone: decided.zone,
        url: crate::text::sanitize(bus.url()),
        filters: decided.filters.into_iter().map(|saved| (saved.name, saved.text)).collect(),
        mistake: mistake(&decided.mistakes, options.location.path()),
    };
    let mut model = Model::new(looks, rental_bus::new_request_id());
    model.keymap = decided.keymap;
    model.rentals.sort(decided.rentals_sorting.value, model.now);
    model.listing.begin("", decided.rentals_sorting.value, Reach::Newest);
    let effects = begin(&mut model, decided.screen.value);
    (model, effects)
}

/// The first mistake in the settings, and how many more there are.
fn mistake(mistakes: &[Mistake], file: &Path) -> Option<Message> {
    let (first, more) = mistakes.split_first()?;
    let first = first.in_file(file);
    Some(if more.is_empty() { first } else { Text::ConfigMore.with("first", first).with("n", more.len()) })
}

/// What the system tells a program in a terminal.
struct Signals {
    terminate: Signal,
    hang_up: Signal,
    suspend: Signal,
    resume: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        let raw = |kind: rustix::process::Signal| signal(SignalKind::from_raw(kind.as_raw()));
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            suspend: raw(rustix::process::Signal::TSTP)?,
            resume: raw(rustix::process::Signal::CONT)?,
        })
    }
}

/// What has woken the loop.
enum Woken {
    Input(Event),
    News(Msg),
    Time,
    Suspended,
    Resumed,
    Over,
}

/// The console at work.
struct App {
    model: Model,
    terminal: Guard,
    runner: EffectRunner,
    inbox: mpsc::Receiver<Msg>,
    drawn_at: Option<Instant>,
    /// A key was pressed: its effect is drawn at once.
    is_urgent: bool,
    background: Background,
    /// Nothing is drawn before, lest it be drawn in the wrong colours.
    quiet_until: Option<Instant>,
}

impl App {
    async fn work(&mut self, mut signals: Signals) -> anyhow::Result<()> {
        let mut input = EventStream::new();
        loop {
            self.draw_if_due()?;
            let is_over = match self.wait(&mut input, &mut signals).await? {
                Woken::Over => true,
                Woken::Time => self.take(None)?,
                Woken::Input(event) => self.input(event)?,
                Woken::News(msg) => self.incoming(msg)?,
                Woken::Suspended => self.suspend()?,
                Woken::Resumed => self.resume()?,
            };
            if is_over {
                return Ok(());
            }
        }
    }

    /// Sleeps until there is something to do; keys come before news.
    async fn wait(&mut self, input: &mut EventStream, signals: &mut Signals) -> anyhow::Result<Woken> {
        let deadline = self.deadline();
        loop {
            return Ok(tokio::select! {
                biased;
                event = input.next() => match event {
                    Some(event) => Woken::Input(event.context("the keyboard cannot be read")?),
                    // The terminal is gone.
                    None => Woken::Over,
                },
                _ = signals.terminate.recv() => Woken::Over,
                _ = signals.hang_up.recv() => Woken::Over,
                _ = signals.suspend.recv() => Woken::Suspended,
                _ = signals.resume.recv() => Woken::Resumed,
                msg = self.inbox.recv() => msg.map_or(Woken::Over, Woken::News),
                ended = self.runner.watch() => { ended?; continue }
                () = until(deadline) => Woken::Time,
            });
        }
    }

    /// When to wake up even if nothing arrives.
    fn deadline(&self) -> Option<Instant> {
        let now = Instant::now();
        let timer = self.model.wakes_at().map(|at| now + Duration::from_millis(at.0.saturating_sub(clock().0)));
        let drawing =
            self.model.is_dirty.then(|| self.drawn_at.map(|at| at + FRAME).max(self.quiet_until).unwrap_or(now));
        timer.into_iter().chain(drawing).min()
    }

    fn input(&mut self, event: Event) -> anyhow::Result<bool> {
        match self.background.receive(event) {
            TerminalAnswer::Answer(look) => {
                self.quiet_until = None;
                self.take(Some(Msg::Background(look)))
            }
            TerminalAnswer::Input(events) => {
                let mut is_over = false;
                for event in events {
                    is_over |= self.typed(event)?;
                }
                Ok(is_over)
            }
        }
    }

    fn typed(&mut self, event: Event) -> anyhow::Result<bool> {
        let msg = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => Msg::Key(key),
            Event::Mouse(mouse) if !is_idle(mouse.kind) => Msg::Mouse(mouse),
            Event::Paste(text) => Msg::Paste(text),
            Event::Resize(width, height) => Msg::Resize { width, height },
            _ => return Ok(false),
        };
        self.is_urgent = true;
        self.take(Some(msg))
    }

    fn incoming(&mut self, msg: Msg) -> anyhow::Result<bool> {
        let begun = Instant::now();
        let mut is_over = self.take(Some(msg))?;
        while begun.elapsed() < AT_ONCE {
            let Ok(msg) = self.inbox.try_recv() else { break };
            is_over |= self.take(Some(msg))?;
        }
        Ok(is_over)
    }

    /// Tells the core the time and what has happened, and does what it asks for.
    fn take(&mut self, msg: Option<Msg>) -> anyhow::Result<bool> {
        let mut effects = update(&mut self.model, Msg::Clock(clock()));
        if let Some(msg) = msg {
            effects.extend(update(&mut self.model, msg));
        }
        self.perform(effects)
    }

    fn perform(&mut self, effects: Vec<Effect>) -> anyhow::Result<bool> {
        let mut is_over = false;
        for effect in effects {
            match effect {
                Effect::Quit => is_over = true,
                Effect::Suspend => {
                    self.suspend()?;
                }
                Effect::Copy(text) => self.terminal.copy(&text).context("the terminal cannot be written to")?,
                Effect::Mouse(is_ours) => self.terminal.mouse(is_ours).context("the terminal cannot be written to")?,
                effect => self.runner.perform(effect),
            }
        }
        Ok(is_over)
    }

    fn draw_if_due(&mut self) -> anyhow::Result<()> {
        if self.quiet_until.is_some_and(|until| Instant::now() < until) {
            return Ok(());
        }
        self.quiet_until = None;
        let is_due = self.is_urgent || self.drawn_at.is_none_or(|at| at.elapsed() >= FRAME);
        if self.model.is_dirty && is_due {
            let model = &self.model;
            self.terminal.draw(|frame| view(model, frame)).context("the terminal cannot be drawn on")?;
            self.model.is_dirty = false;
            self.is_urgent = false;
            self.drawn_at = Some(Instant::now());
        }
        Ok(())
    }

    fn suspend(&mut self) -> anyhow::Result<bool> {
        self.terminal.suspend().context("the console cannot be suspended")?;
        self.resize()
    }

    fn resume(&mut self) -> anyhow::Result<bool> {
        self.terminal.resume().context("the terminal cannot be used")?;
        self.resize()
    }

    /// Learns the terminal's size, which also draws everything anew.
    fn resize(&mut self) -> anyhow::Result<bool> {
        let (width, height) = self.terminal.size().context("the terminal does not tell its size")?;
        self.is_urgent = true;
        self.take(Some(Msg::Resize { width, height }))
    }
}

/// Whether the mouse only wanders about: the console stays asleep.
const fn is_idle(kind: MouseEventKind) -> bool {
    matches!(kind, MouseEventKind::Moved | MouseEventKind::Drag(_) | MouseEventKind::Up(_))
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn clock() -> UnixMs {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings as Decided;
    use crate::i18n::Language;

    #[test]
    fn the_first_mistake_is_told_and_how_many_more_there_are() {
        let told = |text: &str| {
            let mistakes = Decided::of_file(text).mistakes;
            mistake(&mistakes, Path::new("c.toml")).map(|message| Language::English.say(&message))
        };
        assert_eq!(told("theme = \"dark\""), None);
        assert_eq!(told("mose = 1").unwrap(), "c.toml, line 1: no such name: mose; the nearest is mouse");
        let two = told("mose = 1\ntheme = 1").unwrap();
        assert!(two.starts_with("(+1: rental config --check) c.toml, line 1: "), "{two}");
    }
}
