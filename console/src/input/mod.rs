//! Which key does what, where. The one source of the key handling, the hint
//! bar and the help.
//!
//! Keys also work with the Korean input method on: a jamo stands for the
//! letter on its key (`ㅓ` for `j`). Only commands are read this way; what is
//! typed into a field is text.

pub(crate) mod chord;
pub(crate) mod hangul;
pub(crate) mod names;
pub(crate) mod remap;
pub(crate) mod table;
pub(crate) mod target;

pub(crate) use chord::{Chord, NoKey};
pub(crate) use remap::{Clash, KeyOverride, Refused};
pub(crate) use target::{Format, Screen};

use crate::i18n::Text;
use crate::theme::Glyphs;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

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
    /// What to do is searched for by its name.
    Palette,
    Form,
    Confirm,
    /// The question about many orders: figures are typed, letters are commands.
    Bulk,
    /// What became of many orders.
    Results,
    Help,
}

impl Scope {
    pub(crate) const ALL: [Self; 17] = [
        Self::Global,
        Self::List,
        Self::Order,
        Self::Stock,
        Self::Events,
        Self::Workers,
        Self::Filter,
        Self::Pick,
        Self::Form,
        Self::Confirm,
        Self::Help,
        Self::Palette,
        Self::Bulk,
        Self::Results,
        Self::Journal,
        Self::Entry,
        Self::Log,
    ];

    /// The scopes in the order in which the help shows them, with their titles.
    pub(crate) const SHOWN: [(Self, Text); 16] = [
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
        (Self::Palette, Text::PaletteTitle),
        (Self::Form, Text::HelpForm),
        (Self::Confirm, Text::HelpConfirm),
        (Self::Bulk, Text::HelpBulk),
        (Self::Results, Text::HelpResults),
        (Self::Global, Text::HelpGlobal),
    ];

    pub(crate) fn title(self) -> Text {
        let shown = Self::SHOWN.into_iter().find(|(scope, _)| *scope == self);
        shown.map_or(Text::HelpTitle, |(_, title)| title)
    }

    /// Whether keys that are no commands are text here.
    pub(crate) const fn is_typing(self) -> bool {
        matches!(self, Self::Form | Self::Filter | Self::Palette | Self::Bulk)
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
                | Self::Results
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
    Mark,
    MarkAll,
    Results,
    Preview,
    Back,
    Release,
    New,
    Cancel,
    End,
    Retry,
    Refresh,
    Language,
    Theme,
    Help,
    Quit,
    Mouse,
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
    PickFilter,
    SaveFilter,
    Sort,
    Reverse,
    Choose,
    Palette,
    Freeze,
    Copy,
    CopyCell,
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
            Self::Mark => Text::DoMark,
            Self::MarkAll => Text::DoMarkAll,
            Self::Results => Text::DoResults,
            Self::Preview => Text::DoPreview,
            Self::Back => Text::DoBack,
            Self::Release => Text::DoRelease,
            Self::New => Text::DoNew,
            Self::Cancel => Text::DoCancel,
            Self::End => Text::DoEnd,
            Self::Retry => Text::DoRetry,
            Self::Refresh => Text::DoRefresh,
            Self::Language => Text::DoLanguage,
            Self::Theme => Text::DoTheme,
            Self::Help => Text::DoHelp,
            Self::Quit => Text::DoQuit,
            Self::Mouse => Text::DoMouse,
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
            Self::PickFilter => Text::DoPickFilter,
            Self::SaveFilter => Text::DoSaveFilter,
            Self::Sort => Text::DoSort,
            Self::Reverse => Text::DoReverse,
            Self::Choose => Text::DoChoose,
            Self::Palette => Text::DoPalette,
            Self::Freeze => Text::DoFreeze,
            Self::Copy => Text::DoCopy,
            Self::CopyCell => Text::DoCopyCell,
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

    /// By how many places it chooses further.
    pub(crate) const fn choices(self) -> Option<isize> {
        match self {
            Self::ChooseDown => Some(1),
            Self::ChooseUp => Some(-1),
            _ => None,
        }
    }

    /// Only moves about.
    pub(crate) const fn is_move(self) -> bool {
        matches!(self, Self::Top | Self::Bottom) || self.rows(0).is_some()
    }

    /// Acts on an order, so the cursor must be where the person thinks it is.
    pub(crate) const fn is_aimed(self) -> bool {
        matches!(self, Self::Open | Self::Mark | Self::Cancel | Self::End | Self::Copy | Self::CopyCell)
    }

    /// Opens a question sooner or later, as choosing it in the palette does: its key must never
    /// be the one that says yes.
    pub(crate) const fn is_asking(self) -> bool {
        matches!(self, Self::Cancel | Self::End | Self::Quit | Self::DropParked | Self::Submit | Self::Choose)
    }

    /// Whether the config file may give it other keys.
    pub(crate) fn is_remappable(self) -> bool {
        self != Self::Interrupt
    }

    /// Changes only the looks: works wherever keys are commands.
    const fn is_anywhere(self) -> bool {
        matches!(self, Self::Language | Self::Theme)
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
            let mut here = self.of(scope);
            here.find(|binding| binding.chords.contains(&chord)).map(|binding| binding.action)
        };
        let is_reached = |action: &Action| scope.is_open() || (action.is_anywhere() && !scope.is_typing());
        bound(scope).or_else(|| bound(Scope::Global).filter(is_reached))
    }

    /// What this key does here; a composed syllable may stand for several keys.
    pub(crate) fn actions(&self, scope: Scope, event: &KeyEvent) -> Vec<Action> {
        let chord = Chord::of(event);
        if let Some(action) = self.find(scope, chord) {
            return vec![action];
        }
        let KeyCode::Char(c) = chord.code() else { return Vec::new() };
        let meant = |key| self.find(scope, chord.with(key));
        hangul::keys(c).filter_map(|key| meant(key).or_else(|| meant(hangul::shifted(key)?))).collect()
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
        self.of(scope).chain(global).filter(|binding| binding.is_hinted).filter_map(move |binding| {
            // A key that does something else here is no hint for what it does elsewhere.
            let mut chords = binding.chords.iter();
            let chord = chords.find(|chord| self.find(scope, **chord) == Some(binding.action))?;
            Some((*chord, binding.action))
        })
    }

    /// The first key for an action in one place, as people write it; `-` if it has none.
    pub(crate) fn label(&self, scope: Scope, action: Action, glyphs: &Glyphs) -> String {
        let binding = self.of(scope).find(|binding| binding.action == action);
        let chord = binding.and_then(|binding| binding.chords.first());
        chord.map_or_else(|| "-".to_owned(), |chord| chord.label(glyphs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::crossterm::event::KeyModifiers;

    fn press(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)
    }

    #[test]
    fn no_key_does_two_things_in_one_place() {
        let keymap = Keymap::default();
        for scope in Scope::ALL {
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
        // The input method types ㅣ for L, shifted or not, and there is no command on l.
        assert_eq!(keymap.actions(Scope::List, &press('ㅣ')), [Action::Language]);
        assert_eq!(keymap.actions(Scope::Confirm, &press('ㅣ')), [Action::Language]);
        assert!(keymap.actions(Scope::Stock, &press('ㄱ')).is_empty(), "ㄲ is R, ㄱ is not");
    }

    #[test]
    fn the_looks_can_be_changed_wherever_keys_are_no_text() {
        let keymap = Keymap::default();
        for scope in Scope::ALL {
            let is_reached = keymap.actions(scope, &press('T')) == [Action::Theme];
            assert_eq!(is_reached, !scope.is_typing(), "{scope:?}");
        }
        assert!(keymap.actions(Scope::Confirm, &press('?')).is_empty());
    }

    #[test]
    fn a_syllable_is_the_keys_it_was_typed_with() {
        let keymap = Keymap::default();
        // ㅋ and ㅇ have no command; ㅓ is j.
        assert_eq!(keymap.actions(Scope::List, &press('커')), [Action::Down]);
        assert_eq!(keymap.actions(Scope::List, &press('어')), [Action::Down]);
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
