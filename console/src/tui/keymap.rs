//! Which key does what, where. The one source of the key handling, the hint
//! bar and the help.
//!
//! Keys also work with the Korean input method on: a jamo stands for the
//! letter on its key (`ㅓ` for `j`). Only commands are read this way; what is
//! typed into a field is text.

mod hangul;
mod table;

use super::export::Format;
use super::i18n::Text;
use super::screen::Screen;
use super::theme::Glyphs;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Where a key is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Wherever keys are commands and the place itself has none for the key.
    Global,
    List,
    Order,
    Stock,
    Events,
    Workers,
    Journal,
    /// An entry of the journal.
    Entry,
    Log,
    /// A filter is being typed.
    Filter,
    /// One of a list is chosen.
    Pick,
    Form,
    Confirm,
    Help,
}

impl Scope {
    /// The scopes in the order in which the help shows them, with their titles.
    pub(crate) const SHOWN: [(Self, Text); 13] = [
        (Self::List, Text::HelpList),
        (Self::Order, Text::HelpOrder),
        (Self::Stock, Text::HelpStock),
        (Self::Events, Text::HelpEvents),
        (Self::Workers, Text::HelpWorkers),
        (Self::Journal, Text::HelpJournal),
        (Self::Entry, Text::HelpEntry),
        (Self::Log, Text::LogTitle),
        (Self::Filter, Text::HelpFilter),
        (Self::Pick, Text::SortTitle),
        (Self::Form, Text::HelpForm),
        (Self::Confirm, Text::HelpConfirm),
        (Self::Global, Text::HelpGlobal),
    ];

    /// Whether keys that are no commands are text here.
    pub(crate) const fn is_typing(self) -> bool {
        matches!(self, Self::Form | Self::Filter)
    }

    /// Whether the global keys work here too.
    const fn is_open(self) -> bool {
        matches!(
            self,
            Self::List
                | Self::Order
                | Self::Stock
                | Self::Events
                | Self::Workers
                | Self::Journal
                | Self::Entry
                | Self::Log
                | Self::Help
        )
    }
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Down,
    Up,
    PageDown,
    PageUp,
    HalfDown,
    HalfUp,
    Top,
    Bottom,
    ColumnLeft,
    ColumnRight,
    Open,
    Back,
    Release,
    New,
    Cancel,
    End,
    Retry,
    Refresh,
    Language,
    Help,
    Quit,
    Suspend,
    Interrupt,
    Yes,
    No,
    Submit,
    Close,
    NextField,
    PreviousField,
    ChooseDown,
    ChooseUp,
    Register,
    Adjust,
    CheckIn,
    RetryParked,
    DropParked,
    Filter,
    Follow,
    Sort,
    Reverse,
    Choose,
    Freeze,
    Copy,
    Export(Format),
    OpenOrder,
    CopyLog,
    Log,
    Go(Screen),
    NextScreen,
}

impl Action {
    pub(crate) const fn text(self) -> Text {
        match self {
            Self::Down => Text::DoDown,
            Self::Up => Text::DoUp,
            Self::PageDown => Text::DoPageDown,
            Self::PageUp => Text::DoPageUp,
            Self::HalfDown => Text::DoHalfDown,
            Self::HalfUp => Text::DoHalfUp,
            Self::Top => Text::DoTop,
            Self::Bottom => Text::DoBottom,
            Self::ColumnLeft => Text::DoColumnLeft,
            Self::ColumnRight => Text::DoColumnRight,
            Self::Open => Text::DoOpen,
            Self::Back => Text::DoBack,
            Self::Release => Text::DoRelease,
            Self::New => Text::DoNew,
            Self::Cancel => Text::DoCancel,
            Self::End => Text::DoEnd,
            Self::Retry => Text::DoRetry,
            Self::Refresh => Text::DoRefresh,
            Self::Language => Text::DoLanguage,
            Self::Help => Text::DoHelp,
            Self::Quit => Text::DoQuit,
            Self::Suspend => Text::DoSuspend,
            Self::Interrupt => Text::DoInterrupt,
            Self::Yes => Text::DoYes,
            Self::No => Text::DoNo,
            Self::Submit => Text::DoSubmit,
            Self::Close => Text::DoClose,
            Self::NextField => Text::DoNextField,
            Self::PreviousField => Text::DoPreviousField,
            Self::ChooseDown => Text::DoChooseDown,
            Self::ChooseUp => Text::DoChooseUp,
            Self::Register => Text::DoRegister,
            Self::Adjust => Text::DoAdjust,
            Self::CheckIn => Text::DoCheckIn,
            Self::RetryParked => Text::DoRetryParked,
            Self::DropParked => Text::DoDropParked,
            Self::Filter => Text::DoFilter,
            Self::Follow => Text::DoFollow,
            Self::Sort => Text::DoSort,
            Self::Reverse => Text::DoReverse,
            Self::Choose => Text::DoChoose,
            Self::Freeze => Text::DoFreeze,
            Self::Copy => Text::DoCopy,
            Self::OpenOrder => Text::DoOpenOrder,
            Self::CopyLog => Text::DoCopyLog,
            Self::Log => Text::LogTitle,
            Self::Export(Format::Csv) => Text::DoExportCsv,
            Self::Export(Format::Json) => Text::DoExportJson,
            Self::Go(screen) => screen.title(),
            Self::NextScreen => Text::DoNextScreen,
        }
    }

    /// By how many rows it moves, where a page has `page` of them.
    pub(crate) const fn rows(self, page: isize) -> Option<isize> {
        Some(match self {
            Self::Down => 1,
            Self::Up => -1,
            Self::PageDown => page,
            Self::PageUp => -page,
            Self::HalfDown => page / 2,
            Self::HalfUp => -page / 2,
            _ => return None,
        })
    }

    /// Acts on an order, so the cursor must be where the person thinks it is.
    pub(crate) const fn is_aimed(self) -> bool {
        matches!(self, Self::Open | Self::Cancel | Self::End | Self::Copy)
    }

    /// Changes something at the desk: denied to a read-only console.
    pub(crate) const fn is_writing(self) -> bool {
        matches!(
            self,
            Self::New
                | Self::Cancel
                | Self::End
                | Self::Retry
                | Self::Register
                | Self::Adjust
                | Self::CheckIn
                | Self::RetryParked
                | Self::DropParked
        )
    }
}

/// A key with its modifiers. Shift is part of the character it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Chord {
    const fn key(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    const fn char(c: char) -> Self {
        Self::key(KeyCode::Char(c))
    }

    const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: KeyModifiers::CONTROL }
    }

    fn of(event: &KeyEvent) -> Self {
        let known = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        let mut modifiers = event.modifiers & known;
        if matches!(event.code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers -= KeyModifiers::SHIFT;
        }
        Self { code: event.code, modifiers }
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
        if self.modifiers.contains(KeyModifiers::CONTROL) { format!("Ctrl-{key}") } else { key }
    }
}

/// One line of the keymap: all of these keys do this, here.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) scope: Scope,
    pub(crate) action: Action,
    pub(crate) chords: Vec<Chord>,
    /// Shown in the hint bar, most useful first.
    pub(crate) is_hinted: bool,
}

/// All bindings.
#[derive(Debug, Clone)]
pub(crate) struct Keymap {
    bindings: Vec<Binding>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self { bindings: table::bindings() }
    }
}

impl Keymap {
    fn find(&self, scope: Scope, chord: Chord) -> Option<Action> {
        let bound = |scope| {
            let mut here = self.bindings.iter().filter(move |binding| binding.scope == scope);
            here.find(|binding| binding.chords.contains(&chord)).map(|binding| binding.action)
        };
        bound(scope).or_else(|| bound(Scope::Global).filter(|_| scope.is_open()))
    }

    /// What this key does here; a composed syllable may stand for several keys.
    pub(crate) fn actions(&self, scope: Scope, event: &KeyEvent) -> Vec<Action> {
        let chord = Chord::of(event);
        if let Some(action) = self.find(scope, chord) {
            return vec![action];
        }
        let KeyCode::Char(c) = chord.code else { return Vec::new() };
        hangul::keys(c).filter_map(|key| self.find(scope, Chord { code: KeyCode::Char(key), ..chord })).collect()
    }

    /// What this key does everywhere, even while text is typed.
    pub(crate) fn is_interrupt(&self, event: &KeyEvent) -> bool {
        self.find(Scope::Global, Chord::of(event)) == Some(Action::Interrupt)
    }

    /// The bindings of a scope, in the order of the table.
    pub(crate) fn of(&self, scope: Scope) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |binding| binding.scope == scope)
    }

    /// What the hint bar shows in this scope.
    pub(crate) fn hints(&self, scope: Scope) -> impl Iterator<Item = (Chord, Action)> {
        let global = self.of(Scope::Global).filter(move |_| scope.is_open());
        self.of(scope).chain(global).filter(|binding| binding.is_hinted).filter_map(|binding| {
            let chord = binding.chords.first()?;
            Some((*chord, binding.action))
        })
    }

    /// The first key for an action, as people write it.
    pub(crate) fn label(&self, action: Action, glyphs: &Glyphs) -> String {
        let binding = self.bindings.iter().find(|binding| binding.action == action);
        binding.and_then(|binding| binding.chords.first()).map(|chord| chord.label(glyphs)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)
    }

    #[test]
    fn no_key_does_two_things_in_one_place() {
        let keymap = Keymap::default();
        for scope in [
            Scope::Global,
            Scope::List,
            Scope::Order,
            Scope::Stock,
            Scope::Events,
            Scope::Workers,
            Scope::Journal,
            Scope::Entry,
            Scope::Log,
            Scope::Filter,
            Scope::Pick,
            Scope::Form,
            Scope::Confirm,
            Scope::Help,
        ] {
            let mut seen = Vec::new();
            for chord in keymap.of(scope).flat_map(|binding| &binding.chords) {
                assert!(!seen.contains(&chord), "{chord:?} twice in {scope:?}");
                seen.push(chord);
            }
        }
    }

    #[test]
    fn commands_work_with_the_korean_input_method_on() {
        let keymap = Keymap::default();
        for (jamo, letter) in [('ㅓ', 'j'), ('ㅏ', 'k'), ('ㅌ', 'x'), ('ㅜ', 'n'), ('ㄱ', 'r'), ('ㅂ', 'q')] {
            let (typed, meant) =
                (keymap.actions(Scope::List, &press(jamo)), keymap.actions(Scope::List, &press(letter)));
            assert!(!meant.is_empty());
            assert_eq!(typed, meant, "{jamo}");
        }
        assert_eq!(keymap.actions(Scope::Confirm, &press('ㅛ')), [Action::Yes]);
        assert_eq!(keymap.actions(Scope::List, &press('ㅣ')), [Action::Language]);
    }

    #[test]
    fn a_syllable_is_the_keys_it_was_typed_with() {
        let keymap = Keymap::default();
        // ㅋ has no command; ㅓ is j.
        assert_eq!(keymap.actions(Scope::List, &press('커')), [Action::Down]);
        assert_eq!(keymap.actions(Scope::List, &press('저')), [Action::Down]);
    }

    #[test]
    fn shift_is_part_of_the_character() {
        let keymap = Keymap::default();
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(keymap.actions(Scope::List, &shifted), [Action::Bottom]);
        assert_eq!(keymap.actions(Scope::List, &press('g')), [Action::Top]);
    }

    #[test]
    fn control_is_never_taken_for_the_bare_key() {
        let keymap = Keymap::default();
        let event = KeyEvent::new(KeyCode::Char('x'), KeyModifiers::CONTROL);
        assert!(keymap.actions(Scope::List, &event).is_empty());
        let event = KeyEvent::new(KeyCode::Char('y'), KeyModifiers::CONTROL);
        assert!(keymap.actions(Scope::Confirm, &event).is_empty());
    }
}
