//! A key with its modifiers: as the terminal tells it, as people read it, and
//! as it is written in the config file.

use crate::input::hangul;
use crate::theme::Glyphs;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt;
use std::str::FromStr;

/// A key with its modifiers. Shift is part of the character it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// The keys that are no characters, by the names the config file has for them.
const NAMED: [(&str, KeyCode); 16] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
];

/// What was written names no key that a terminal can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoKey;

impl Chord {
    pub(crate) const fn key(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    pub(crate) const fn char(c: char) -> Self {
        Self::key(KeyCode::Char(c))
    }

    pub(crate) const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: KeyModifiers::CONTROL }
    }

    pub(crate) fn of(event: &KeyEvent) -> Self {
        let known = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        let mut modifiers = event.modifiers & known;
        if matches!(event.code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers -= KeyModifiers::SHIFT;
        }
        Self { code: event.code, modifiers }
    }

    pub(crate) const fn code(self) -> KeyCode {
        self.code
    }

    /// The same modifiers on another character.
    pub(crate) const fn with(self, c: char) -> Self {
        Self { code: KeyCode::Char(c), ..self }
    }

    /// Whether it writes a character where text is typed.
    pub(crate) fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }

    /// Whether both are the same key, shifted or not. The Korean input method
    /// does not tell them apart for most letters.
    pub(crate) fn is_near(self, other: Self) -> bool {
        let lower = |chord: Self| match chord.code {
            KeyCode::Char(c) => chord.with(c.to_ascii_lowercase()),
            _ => chord,
        };
        lower(self) == lower(other)
    }

    /// The key as people write it: `Ctrl-d`, `PgDn`, `↓`.
    pub(crate) fn label(self, glyphs: &Glyphs) -> String {
        let key = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(c) => c.to_string(),
            KeyCode::Up => glyphs.up.to_owned(),
            KeyCode::Down => glyphs.down.to_owned(),
            KeyCode::Left => glyphs.left.to_owned(),
            KeyCode::Right => glyphs.right.to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::F(number) => format!("F{number}"),
            other => format!("{other:?}"),
        };
        self.modified(["Ctrl-", "Alt-", "Shift-"], &key)
    }

    fn modified(self, [ctrl, alt, shift]: [&str; 3], key: &str) -> String {
        let prefix = |modifier, prefix| if self.modifiers.contains(modifier) { prefix } else { "" };
        let ctrl = prefix(KeyModifiers::CONTROL, ctrl);
        format!("{ctrl}{}{}{key}", prefix(KeyModifiers::ALT, alt), prefix(KeyModifiers::SHIFT, shift))
    }
}

/// As it is written in the config file.
impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let named = NAMED.iter().find(|(_, code)| *code == self.code).map(|(name, _)| (*name).to_owned());
        let key = named.unwrap_or_else(|| match self.code {
            KeyCode::Char(c) => c.to_string(),
            KeyCode::F(number) => format!("F{number}"),
            other => format!("{other:?}").to_lowercase(),
        });
        f.write_str(&self.modified(["ctrl-", "alt-", "shift-"], &key))
    }
}

/// `x`, `G`, `ctrl-p`, `alt-enter`, `F5`, `shift-tab`, `space`; a jamo is the letter on its key.
impl FromStr for Chord {
    type Err = NoKey;

    fn from_str(written: &str) -> Result<Self, NoKey> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = written;
        while let Some((modifier, after)) = modifier(rest) {
            modifiers |= modifier;
            rest = after;
        }
        let mut code = code(rest).ok_or(NoKey)?;
        let is_ctrl = modifiers.contains(KeyModifiers::CONTROL);
        if modifiers.contains(KeyModifiers::SHIFT) {
            match code {
                KeyCode::Tab => code = KeyCode::BackTab,
                KeyCode::Char(c) if c.is_ascii_lowercase() && !is_ctrl => {
                    code = KeyCode::Char(c.to_ascii_uppercase());
                }
                KeyCode::Char(c) if !c.is_ascii_alphabetic() => return Err(NoKey),
                _ => {}
            }
        }
        if matches!(code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers -= KeyModifiers::SHIFT;
        }
        if let (true, KeyCode::Char(c)) = (is_ctrl, code) {
            // A terminal sends Tab, Enter and Esc for these.
            if matches!(c, 'i' | 'I' | 'm' | 'M' | '[') {
                return Err(NoKey);
            }
            code = KeyCode::Char(c.to_ascii_lowercase());
        }
        Ok(Self { code, modifiers })
    }
}

/// The modifier that `written` begins with, and what follows it.
fn modifier(written: &str) -> Option<(KeyModifiers, &str)> {
    let (name, after) = written.split_once('-').filter(|(_, after)| !after.is_empty())?;
    let modifier = match name.to_ascii_lowercase().as_str() {
        "ctrl" | "control" => KeyModifiers::CONTROL,
        "alt" => KeyModifiers::ALT,
        "shift" => KeyModifiers::SHIFT,
        _ => return None,
    };
    Some((modifier, after))
}

fn code(name: &str) -> Option<KeyCode> {
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        let mut keys = hangul::keys(c);
        return match (keys.next(), keys.next()) {
            (Some(key), None) => Some(KeyCode::Char(key)),
            (None, _) if c != ' ' && !c.is_control() => Some(KeyCode::Char(c)),
            _ => None,
        };
    }
    let name = name.to_ascii_lowercase();
    let other = match name.as_str() {
        "pageup" => Some(KeyCode::PageUp),
        "pagedown" => Some(KeyCode::PageDown),
        "escape" => Some(KeyCode::Esc),
        "return" => Some(KeyCode::Enter),
        "del" => Some(KeyCode::Delete),
        _ => None,
    };
    let function = || name.strip_prefix('f')?.parse().ok().filter(|number| (1..=24).contains(number)).map(KeyCode::F);
    other.or_else(|| NAMED.iter().find(|(known, _)| *known == name).map(|(_, code)| *code)).or_else(function)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(written: &str) -> Chord {
        written.parse().unwrap_or_else(|NoKey| panic!("{written:?} is no key"))
    }

    #[test]
    fn what_is_written_is_the_key_that_arrives() {
        let (none, ctrl, alt) = (KeyModifiers::NONE, KeyModifiers::CONTROL, KeyModifiers::ALT);
        for (written, code, modifiers) in [
            ("x", KeyCode::Char('x'), none),
            ("X", KeyCode::Char('X'), KeyModifiers::SHIFT),
            ("shift-x", KeyCode::Char('X'), KeyModifiers::SHIFT),
            ("?", KeyCode::Char('?'), none),
            ("-", KeyCode::Char('-'), none),
            ("ctrl--", KeyCode::Char('-'), ctrl),
            ("Ctrl-P", KeyCode::Char('p'), ctrl),
            ("ctrl-alt-p", KeyCode::Char('p'), ctrl | alt),
            ("F5", KeyCode::F(5), none),
            ("shift-f5", KeyCode::F(5), KeyModifiers::SHIFT),
            ("shift-tab", KeyCode::BackTab, KeyModifiers::SHIFT),
            ("space", KeyCode::Char(' '), none),
            ("PageDown", KeyCode::PageDown, none),
            ("alt-enter", KeyCode::Enter, alt),
            ("ㅌ", KeyCode::Char('x'), none),
        ] {
            assert_eq!(chord(written), Chord::of(&KeyEvent::new(code, modifiers)), "{written}");
        }
    }

    #[test]
    fn what_no_terminal_can_tell_is_no_key() {
        for written in ["", " ", "xx", "ctrl-", "hyper-x", "F25", "F0", "shift-1", "ctrl-i", "ctrl-m", "ctrl-[", "커"]
        {
            assert_eq!(written.parse::<Chord>(), Err(NoKey), "{written:?}");
        }
    }

    #[test]
    fn every_key_is_written_as_it_is_read() {
        for written in ["x", "X", "ctrl-d", "ctrl-alt-p", "F12", "shift-F5", "shift-tab", "space", "pgdn", "right"] {
            assert_eq!(chord(written).to_string(), written);
        }
        assert_eq!(chord("ctrl-alt-p").label(&Glyphs::FINE), "Ctrl-Alt-p");
        assert_eq!(chord("shift-tab").label(&Glyphs::FINE), "Shift-Tab");
    }

    #[test]
    fn a_key_is_near_itself_shifted() {
        assert!(chord("l").is_near(chord("L")) && !chord("l").is_near(chord("ctrl-l")));
    }
}
