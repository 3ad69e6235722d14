//! Whether the terminal's background is dark or light: asked of the terminal
//! itself, and its answer taken out of the keys.
//!
//! Nobody waits for the answer (OSC 11): it comes as input like everything
//! else, or it never comes. The keyboard's reader does not know it and makes
//! keys of it, which here are put together again. So no typed key is ever lost
//! to the question, however slow the line is, and a late answer types nothing.

use crate::theme::Look;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// The question.
pub(crate) const QUESTION: &str = "\x1b]11;?\x1b\\";

/// How an answer begins, behind Alt-].
const BEGINNING: &str = "11;";

/// No answer is longer.
const LONGEST: usize = 40;

/// Takes the answer out of what is typed.
#[derive(Debug, Default)]
pub(crate) struct Background {
    is_expected: bool,
    /// The keys that may be the answer's.
    held: Vec<Event>,
    text: String,
}

/// What an event turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TerminalAnswer {
    /// Input, to be dealt with in this order; nothing while an answer comes in.
    Input(Vec<Event>),
    Answer(Look),
}

impl Background {
    /// After the question has been put.
    pub(crate) const fn expected() -> Self {
        Self { is_expected: true, held: Vec::new(), text: String::new() }
    }

    pub(crate) fn receive(&mut self, event: Event) -> TerminalAnswer {
        let key = event.as_key_press_event();
        let is = |code, modifiers| key == Some(KeyEvent::new(KeyCode::Char(code), modifiers));
        if self.held.is_empty() {
            if self.is_expected && is(']', KeyModifiers::ALT) {
                self.held.push(event);
                return TerminalAnswer::Input(Vec::new());
            }
            return TerminalAnswer::Input(vec![event]);
        }
        if is('\\', KeyModifiers::ALT) || is('g', KeyModifiers::CONTROL) {
            if let Some(look) = look(&self.text) {
                *self = Self::default();
                return TerminalAnswer::Answer(look);
            }
            return self.give_back(event);
        }
        match key {
            Some(KeyEvent { code: KeyCode::Char(c), modifiers, .. })
                if (modifiers - KeyModifiers::SHIFT).is_empty() && self.may_follow(c) =>
            {
                self.text.push(c);
                self.held.push(event);
                TerminalAnswer::Input(Vec::new())
            }
            _ => self.give_back(event),
        }
    }

    fn may_follow(&self, c: char) -> bool {
        match BEGINNING.chars().nth(self.text.len()) {
            Some(expected) => c == expected,
            None => c.is_ascii_graphic() && self.text.len() < LONGEST,
        }
    }

    /// It was no answer: all that was held back is input after all.
    fn give_back(&mut self, event: Event) -> TerminalAnswer {
        self.text.clear();
        let mut input = std::mem::take(&mut self.held);
        input.push(event);
        TerminalAnswer::Input(input)
    }
}

/// The look for the background of `11;rgb:ffff/ffff/ffff`.
fn look(answer: &str) -> Option<Look> {
    let (space, shares) = answer.strip_prefix(BEGINNING)?.split_once(':')?;
    let mut shares = shares.split('/').map(|digits| {
        let most = 16_u32.checked_pow(u32::try_from(digits.len()).ok()?)?.checked_sub(1)?;
        let share = u32::from_str_radix(digits, 16).ok()?;
        (digits.len() <= 4 && most > 0).then(|| f64::from(share) / f64::from(most))
    });
    let (red, green, blue) = (shares.next()??, shares.next()??, shares.next()??);
    let brightness = 0.299 * red + 0.587 * green + 0.114 * blue;
    let look = if brightness > 0.5 { Look::Light } else { Look::Dark };
    matches!(space, "rgb" | "rgba").then_some(look)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn char(c: char, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(c), modifiers))
    }

    fn keys(text: &str) -> Vec<Event> {
        text.chars()
            .map(|c| match c {
                '«' => char(']', KeyModifiers::ALT),
                '»' => char('\\', KeyModifiers::ALT),
                '^' => char('g', KeyModifiers::CONTROL),
                c if c.is_ascii_uppercase() => char(c, KeyModifiers::SHIFT),
                c => char(c, KeyModifiers::NONE),
            })
            .collect()
    }

    /// The answer, and the keys that are left.
    fn received(background: &mut Background, text: &str) -> (Option<Look>, Vec<Event>) {
        let (mut answer, mut input) = (None, Vec::new());
        for event in keys(text) {
            match background.receive(event) {
                TerminalAnswer::Answer(look) => answer = Some(look),
                TerminalAnswer::Input(events) => input.extend(events),
            }
        }
        (answer, input)
    }

    #[test]
    fn the_answer_is_taken_out_of_the_keys_typed_around_it() {
        for (answer, look) in [
            ("«11;rgb:ffff/ffff/ffff»", Look::Light),
            ("«11;rgb:0000/0000/0000^", Look::Dark),
            ("«11;rgb:FD/F6/E3»", Look::Light),
            ("«11;rgba:1e1e/1e1e/1e1e/ffff»", Look::Dark),
        ] {
            let typed = format!("jx{answer}y1");
            assert_eq!(received(&mut Background::expected(), &typed), (Some(look), keys("jxy1")), "{answer}");
        }
    }

    #[test]
    fn what_is_no_answer_stays_what_was_typed() {
        for typed in ["«j", "«1j", "«11;»", "«11;rgb:zz/00/00»", "«12;rgb:00/00/00»", "jj", "«11;rgb:00000/0/0»"]
        {
            assert_eq!(received(&mut Background::expected(), typed), (None, keys(typed)), "{typed}");
        }
        let endless = format!("«11;{}", "1".repeat(60));
        assert_eq!(received(&mut Background::expected(), &endless), (None, keys(&endless)));
    }

    #[test]
    fn only_what_was_asked_is_an_answer() {
        let answer = "«11;rgb:ffff/ffff/ffff»";
        assert_eq!(received(&mut Background::default(), answer), (None, keys(answer)));
        let mut once = Background::expected();
        received(&mut once, answer);
        assert_eq!(received(&mut once, answer), (None, keys(answer)));
    }
}
