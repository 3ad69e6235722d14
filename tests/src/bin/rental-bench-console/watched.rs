//! A console whose every picture is looked at.

use anyhow::bail;
use rental_tests::PATIENCE;
use rental_tests::large::Large;
use rental_tests::terminal::{Picture, Terminal};
use std::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Nothing is drawn for this long when nothing is under way.
const QUIET: Duration = Duration::from_millis(400);

/// The console, and what it shows.
pub(crate) struct Watched {
    terminal: Terminal,
    pictures: Receiver<Picture>,
    latest: Picture,
    /// When it was started.
    pub(crate) begun: Instant,
}

impl Watched {
    pub(crate) fn start(shop: &Large) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let terminal = Terminal::console_in(shop.surroundings(), 120, 40, &[])?;
        let pictures = terminal.pictures();
        Ok(Self { terminal, pictures, latest: Picture { at: begun, text: String::new() }, begun })
    }

    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        self.terminal.process_id()
    }

    /// What the latest picture showed.
    pub(crate) fn text(&self) -> &str {
        &self.latest.text
    }

    /// Waits for the first picture that is so; answers how long after `since` it was there.
    pub(crate) fn until(
        &mut self,
        since: Instant,
        what: &str,
        is_so: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Duration> {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(&self.latest.text) {
            match self.pictures.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(picture) => self.latest = picture,
                Err(_) => bail!("not within {} s: {what}; it shows:\n{}", PATIENCE.as_secs(), self.latest.text),
            }
        }
        Ok(self.latest.at.saturating_duration_since(since))
    }

    pub(crate) fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        self.terminal.press(keys)
    }

    /// Presses keys, and waits for the first picture that is so; answers how long that took.
    pub(crate) fn press_until(
        &mut self,
        keys: &str,
        what: &str,
        is_so: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Duration> {
        self.look_on(Duration::ZERO)?;
        let begun = Instant::now();
        self.press(keys)?;
        self.until(begun, what, is_so)
    }

    /// Looks on for a while; answers how many pictures there were.
    pub(crate) fn look_on(&mut self, time: Duration) -> anyhow::Result<usize> {
        let until = Instant::now() + time;
        let mut seen = 0;
        loop {
            match self.pictures.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(picture) => self.latest = picture,
                Err(RecvTimeoutError::Timeout) => return Ok(seen),
                Err(RecvTimeoutError::Disconnected) => bail!("the console has ended; it showed:\n{}", self.text()),
            }
            seen += 1;
        }
    }

    /// Looks on until nothing more is drawn, or it is clear that this does not end.
    pub(crate) fn settle(&mut self) -> anyhow::Result<()> {
        for _ in 0..5 {
            if self.look_on(QUIET)? == 0 {
                break;
            }
        }
        Ok(())
    }
}

/// The first words of a rental's line, none if it is no such line.
fn rental(line: &str) -> Option<u64> {
    line.trim_start_matches('▸').split_whitespace().next()?.parse().ok()
}

pub(crate) fn has_rows(text: &str) -> bool {
    text.lines().any(|line| rental(line).is_some())
}

/// The order under the cursor.
pub(crate) fn cursor_order(text: &str) -> Option<u64> {
    text.lines().find(|line| line.starts_with('▸')).and_then(rental)
}

/// What the listed rentals cost, top to bottom.
pub(crate) fn amounts(text: &str) -> impl Iterator<Item = u64> {
    let rows = text.lines().filter(|line| rental(line).is_some());
    rows.filter_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let paid = words.iter().position(|word| ["waiting", "charged", "refunded", "declined"].contains(word))?;
        words.get(paid.checked_sub(1)?)?.replace(',', "").parse().ok()
    })
}

/// How long something took, each time.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) const HEAD: &str = "times       p50       p99       max";

    pub(crate) fn note(&mut self, time: Duration) {
        self.0.push(time);
        self.0.sort_unstable();
    }

    fn ms(&self, percent: usize) -> f64 {
        let at = self.0.len() * percent / 100;
        self.0.get(at).or(self.0.last()).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, p50, p99, most) = (self.0.len(), self.ms(50), self.ms(99), self.ms(100));
        write!(f, "{count:>5} {p50:>6.1} ms {p99:>6.1} ms {most:>6.1} ms")
    }
}
