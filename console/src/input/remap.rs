//! The keymap with what the config file wants changed.
//!
//! What would be dangerous or ambiguous is refused, one key override at a time, and
//! that binding keeps its default keys: **Yes is never Enter, Esc or a key
//! that opens a question; Ctrl-c always interrupts; no key does two things in
//! one place; where text is typed, characters are text; there is always a way
//! out of whatever was opened.**

use crate::input::chord::Chord;
use crate::input::{Action, Binding, Keymap, Scope};
use ratatui::crossterm::event::KeyCode;

/// These keys, and no others, are to do this here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyOverride {
    pub(crate) scope: Scope,
    pub(crate) action: Action,
    pub(crate) chords: Vec<Chord>,
    /// Where in the file it is wished; later overrides give way to earlier ones.
    pub(crate) line: usize,
}

/// Why a key override is not fulfilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clash {
    /// The key does both in one place.
    Twice(Chord, Action, Action),
    /// Yes by a key that is pressed without looking.
    EasyYes,
    /// One key that opens a question and says yes to it.
    OpensAndConfirms(Chord),
    /// A character where characters are typed.
    IsText(Chord),
    Interrupts,
    NoWayOut,
}

/// A key override that is not fulfilled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) key_override: KeyOverride,
    pub(crate) clash: Clash,
}

impl Keymap {
    /// The default keymap with `overrides` fulfilled as far as they can be;
    /// also those that were, and those that were not.
    pub(crate) fn remapped(overrides: Vec<KeyOverride>) -> (Self, Vec<KeyOverride>, Vec<Refused>) {
        let mut refused = Vec::new();
        let mut kept = Vec::new();
        for key_override in overrides {
            match forbidden(&key_override) {
                Some(clash) => refused.push(Refused { key_override, clash }),
                None => kept.push(key_override),
            }
        }
        // An override that falls away gives its action the default keys back, which
        // may clash with another override. The default itself has no clash.
        loop {
            let keymap = applied(&kept);
            let Some((loser, clash)) = clash(&keymap, &kept) else { return (keymap, kept, refused) };
            refused.push(Refused { key_override: kept.remove(loser), clash });
        }
    }
}

fn applied(overrides: &[KeyOverride]) -> Keymap {
    let mut keymap = Keymap::default();
    for key_override in overrides {
        let mut bindings = keymap.bindings.iter_mut();
        if let Some(binding) = bindings.find(|one| one.scope == key_override.scope && one.action == key_override.action)
        {
            binding.chords.clone_from(&key_override.chords);
        }
    }
    keymap
}

/// What is wrong with a key override whatever the other keys do.
fn forbidden(key_override: &KeyOverride) -> Option<Clash> {
    let interrupt = Chord::ctrl('c');
    if key_override.action == Action::Interrupt || key_override.chords.contains(&interrupt) {
        return Some(Clash::Interrupts);
    }
    if key_override.chords.is_empty() && matches!(key_override.action, Action::No | Action::Close | Action::Back) {
        return Some(Clash::NoWayOut);
    }
    if key_override.action == Action::Yes
        && key_override.chords.iter().any(|chord| matches!(chord.code(), KeyCode::Enter | KeyCode::Esc))
    {
        return Some(Clash::EasyYes);
    }
    let typed = key_override.chords.iter().find(|chord| match key_override.scope {
        // Only the count is typed there.
        Scope::Bulk => matches!(chord.code(), KeyCode::Char(c) if c.is_ascii_digit()),
        scope => scope.is_typing() && chord.is_text(),
    });
    typed.map(|chord| Clash::IsText(*chord))
}

/// The first clash of two bindings, and which key override is to give way.
fn clash(keymap: &Keymap, overrides: &[KeyOverride]) -> Option<(usize, Clash)> {
    let loser = |pair: [&Binding; 2]| {
        let is_of = |key_override: &KeyOverride| {
            pair.iter().any(|one| one.scope == key_override.scope && one.action == key_override.action)
        };
        let involved = overrides.iter().enumerate().filter(|(_, key_override)| is_of(key_override));
        involved.max_by_key(|(_, key_override)| key_override.line).map(|(place, _)| place)
    };
    for (place, one) in keymap.bindings.iter().enumerate() {
        for other in &keymap.bindings[place + 1..] {
            if let Some(clash) = between(one, other)
                && let Some(loser) = loser([one, other])
            {
                return Some((loser, clash));
            }
        }
    }
    None
}

/// How two bindings clash, if they do.
fn between(one: &Binding, other: &Binding) -> Option<Clash> {
    if one.scope == other.scope
        && let Some(chord) = one.chords.iter().find(|chord| other.chords.contains(chord))
    {
        return Some(Clash::Twice(*chord, one.action, other.action));
    }
    let (yes, asking) = match (one.action, other.action) {
        (Action::Yes, action) if action.is_asking() => (one, other),
        (action, Action::Yes) if action.is_asking() => (other, one),
        _ => return None,
    };
    let both = yes.chords.iter().find(|chord| asking.chords.iter().any(|opening| chord.is_near(*opening)));
    both.map(|chord| Clash::OpensAndConfirms(*chord))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key_override(line: usize, scope: Scope, action: Action, keys: &str) -> KeyOverride {
        let chords = keys.split_whitespace().map(|key| key.parse().unwrap()).collect();
        KeyOverride { scope, action, chords, line }
    }

    fn keys(keymap: &Keymap, scope: Scope, action: Action) -> String {
        let binding = keymap.of(scope).find(|binding| binding.action == action).unwrap();
        binding.chords.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    fn refused(overrides: Vec<KeyOverride>) -> Vec<(usize, Clash)> {
        let (_, _, refused) = Keymap::remapped(overrides);
        refused.into_iter().map(|refused| (refused.key_override.line, refused.clash)).collect()
    }

    #[test]
    fn two_actions_can_exchange_their_keys() {
        let overrides = vec![
            key_override(1, Scope::List, Action::Cancel, "f F8"),
            key_override(2, Scope::List, Action::Freeze, "x"),
        ];
        let (keymap, kept, refused) = Keymap::remapped(overrides);
        assert_eq!((kept.len(), refused), (2, Vec::new()));
        assert_eq!(keys(&keymap, Scope::List, Action::Cancel), "f F8");
        assert_eq!(keys(&keymap, Scope::List, Action::Freeze), "x");
        assert_eq!(keys(&keymap, Scope::Order, Action::Cancel), "x", "another place keeps its keys");
    }

    #[test]
    fn a_key_that_is_taken_is_refused_and_only_that_one() {
        let taken = Clash::Twice("x".parse().unwrap(), Action::Cancel, Action::Freeze);
        let overrides =
            vec![key_override(3, Scope::List, Action::Freeze, "x"), key_override(4, Scope::List, Action::Copy, "U")];
        let (keymap, _, refused) = Keymap::remapped(overrides);
        assert_eq!(refused.iter().map(|one| (one.key_override.line, one.clash)).collect::<Vec<_>>(), [(3, taken)]);
        assert_eq!(keys(&keymap, Scope::List, Action::Freeze), "f");
        assert_eq!(keys(&keymap, Scope::List, Action::Copy), "U");
    }

    #[test]
    fn a_wish_that_falls_away_takes_those_along_that_relied_on_it() {
        // f is free only while freeze is x, and x only while cancel is f.
        let overrides = vec![
            key_override(1, Scope::List, Action::Freeze, "x"),
            key_override(2, Scope::List, Action::Cancel, "f"),
            key_override(3, Scope::List, Action::Copy, "x"),
        ];
        let (keymap, kept, refused) = Keymap::remapped(overrides);
        assert_eq!((kept.len(), refused.len()), (2, 1));
        assert_eq!(keys(&keymap, Scope::List, Action::Copy), "y");
    }

    #[test]
    fn yes_is_never_a_key_pressed_without_looking() {
        for key in ["enter", "esc", "ctrl-enter"] {
            assert_eq!(
                refused(vec![key_override(1, Scope::Confirm, Action::Yes, key)]),
                [(1, Clash::EasyYes)],
                "{key}"
            );
        }
        for key in ["x", "X", "r", "d"] {
            let clash = Clash::OpensAndConfirms(key.parse().unwrap());
            assert_eq!(refused(vec![key_override(1, Scope::Confirm, Action::Yes, key)]), [(1, clash)]);
        }
        let y = "y".parse().unwrap();
        let opened_by_y = key_override(1, Scope::Order, Action::Cancel, "y");
        let taken = Clash::Twice(y, Action::Cancel, Action::Copy);
        assert_eq!(refused(vec![opened_by_y.clone()]), [(1, taken)]);
        let freed = key_override(2, Scope::Order, Action::Copy, "c");
        assert_eq!(refused(vec![opened_by_y, freed]), [(1, Clash::OpensAndConfirms(y))]);
        assert_eq!(refused(vec![key_override(1, Scope::Confirm, Action::Yes, "J")]), [], "any other key will do");
    }

    #[test]
    fn there_is_always_a_way_out_and_text_stays_text() {
        assert_eq!(refused(vec![key_override(1, Scope::Form, Action::Close, "")]), [(1, Clash::NoWayOut)]);
        assert_eq!(refused(vec![key_override(1, Scope::List, Action::Copy, "ctrl-c")]), [(1, Clash::Interrupts)]);
        assert_eq!(
            refused(vec![key_override(1, Scope::Global, Action::Interrupt, "ctrl-q")]),
            [(1, Clash::Interrupts)]
        );
        let c = "c".parse().unwrap();
        assert_eq!(refused(vec![key_override(1, Scope::Form, Action::Close, "c")]), [(1, Clash::IsText(c))]);
        assert_eq!(refused(vec![key_override(1, Scope::Global, Action::Quit, "")]), []);
    }

    fn any_wish() -> impl Strategy<Value = KeyOverride> {
        let bindings = Keymap::default().bindings;
        let chords = "[a-zA-Z]|ctrl-[a-h]|enter|esc|tab|F[1-9]".prop_map(|key| key.parse().unwrap());
        (0..bindings.len(), prop::collection::vec(chords, 0..3), 0..50_usize).prop_map(move |(place, chords, line)| {
            let mut chords: Vec<Chord> = chords;
            chords.dedup();
            let Binding { scope, action, .. } = bindings[place];
            KeyOverride { scope, action, chords, line }
        })
    }

    proptest! {
        #[test]
        fn whatever_is_wished_the_keymap_stays_safe(overrides in prop::collection::vec(any_wish(), 0..30)) {
            let count = overrides.len();
            let (keymap, kept, refused) = Keymap::remapped(overrides);
            prop_assert_eq!(kept.len() + refused.len(), count);
            prop_assert!(clash(&keymap, &kept).is_none());
            for scope in Scope::ALL {
                let mut seen = Vec::new();
                for chord in keymap.of(scope).flat_map(|binding| &binding.chords) {
                    prop_assert!(!seen.contains(&chord), "{} twice in {:?}", chord, scope);
                    seen.push(chord);
                }
            }
            let yes: Vec<_> = keymap.of(Scope::Confirm).filter(|one| one.action == Action::Yes).collect();
            let opening = keymap.bindings.iter().filter(|one| one.action.is_asking()).flat_map(|one| &one.chords);
            for chord in opening {
                prop_assert!(!yes.iter().any(|yes| yes.chords.contains(chord)), "{} opens and confirms", chord);
            }
            let is_bound = |action| keymap.bindings.iter().filter(|one| one.action == action).all(|one| !one.chords.is_empty());
            prop_assert!(is_bound(Action::No) && is_bound(Action::Close) && is_bound(Action::Interrupt));
        }
    }
}
