//! The default bindings.

use crate::input::chord::Chord;
use crate::input::target::{Format, Screen};
use crate::input::{Action, Binding, Scope};
use ratatui::crossterm::event::KeyCode;

/// All of them; within a scope, in the order in which hints and help show them.
pub(crate) fn bindings() -> Vec<Binding> {
    let mut bindings = list();
    bindings.extend(order());
    bindings.extend(stock());
    bindings.extend(events());
    bindings.extend(workers());
    bindings.extend(journal());
    bindings.extend(entry());
    bindings.extend(log());
    bindings.extend(pick());
    bindings.extend(palette());
    bindings.extend(form());
    bindings.extend(confirm());
    bindings.extend(bulk());
    bindings.extend(results());
    bindings.extend(help());
    bindings.extend(global());
    bindings
}

fn bind(scope: Scope, action: Action, chords: &[Chord]) -> Binding {
    Binding { scope, action, chords: chords.to_vec(), is_hinted: false }
}

fn hint(scope: Scope, action: Action, chords: &[Chord]) -> Binding {
    Binding { is_hinted: true, ..bind(scope, action, chords) }
}

const fn key(code: KeyCode) -> Chord {
    Chord::key(code)
}

const fn char(c: char) -> Chord {
    Chord::char(c)
}

/// Moving up and down, the same wherever there is something to move in.
fn moves(scope: Scope) -> [Binding; 8] {
    [
        hint(scope, Action::Down, &[key(KeyCode::Down), char('j')]),
        bind(scope, Action::Up, &[key(KeyCode::Up), char('k')]),
        bind(scope, Action::Top, &[char('g'), key(KeyCode::Home)]),
        bind(scope, Action::Bottom, &[char('G'), key(KeyCode::End)]),
        bind(scope, Action::PageDown, &[key(KeyCode::PageDown)]),
        bind(scope, Action::PageUp, &[key(KeyCode::PageUp)]),
        bind(scope, Action::HalfDown, &[Chord::ctrl('d')]),
        bind(scope, Action::HalfUp, &[Chord::ctrl('u')]),
    ]
}

fn list() -> Vec<Binding> {
    let here = Scope::List;
    let mut bindings = vec![
        hint(here, Action::New, &[char('n')]),
        hint(here, Action::Open, &[key(KeyCode::Enter)]),
        hint(here, Action::Cancel, &[char('x')]),
        hint(here, Action::End, &[char('r')]),
    ];
    bindings.extend(moves(here));
    bindings.push(hint(here, Action::Filter, &[char('/')]));
    bindings.push(bind(here, Action::PickFilter, &[char('F')]));
    bindings.push(bind(here, Action::SaveFilter, &[char('w')]));
    bindings.push(hint(here, Action::Mark, &[char(' ')]));
    bindings.push(bind(here, Action::MarkAll, &[char('*')]));
    bindings.push(bind(here, Action::Results, &[char('b')]));
    bindings.push(bind(here, Action::Preview, &[char('p')]));
    bindings.push(bind(here, Action::Sort, &[char('s')]));
    bindings.push(bind(here, Action::Reverse, &[char('S')]));
    bindings.push(bind(here, Action::Freeze, &[char('f')]));
    bindings.push(bind(here, Action::Copy, &[char('y')]));
    bindings.push(bind(here, Action::CopyCell, &[char('Y')]));
    bindings.push(bind(here, Action::Export(Format::Csv), &[char('e')]));
    bindings.push(bind(here, Action::Export(Format::Json), &[char('E')]));
    bindings.push(bind(here, Action::Release, &[key(KeyCode::Esc)]));
    bindings.push(bind(here, Action::ColumnLeft, &[key(KeyCode::Left)]));
    bindings.push(bind(here, Action::ColumnRight, &[key(KeyCode::Right)]));
    bindings
}

fn order() -> Vec<Binding> {
    let here = Scope::Order;
    let mut bindings = vec![
        hint(here, Action::Back, &[key(KeyCode::Esc), key(KeyCode::Backspace)]),
        hint(here, Action::Cancel, &[char('x')]),
        hint(here, Action::End, &[char('r')]),
        bind(here, Action::New, &[char('n')]),
        bind(here, Action::Copy, &[char('y')]),
        bind(here, Action::CopyCell, &[char('Y')]),
    ];
    bindings.extend(moves(here));
    bindings
}

fn stock() -> Vec<Binding> {
    let here = Scope::Stock;
    let mut bindings = vec![
        hint(here, Action::Register, &[char('n')]),
        hint(here, Action::Adjust, &[char('a')]),
        hint(here, Action::CheckIn, &[char('c')]),
    ];
    bindings.extend(moves(here));
    bindings
}

fn events() -> Vec<Binding> {
    let (here, typing) = (Scope::Events, Scope::Filter);
    let mut bindings = vec![hint(here, Action::Filter, &[char('/')])];
    bindings.extend(moves(here));
    bindings.push(hint(here, Action::Follow, &[key(KeyCode::Esc)]));
    bindings.push(bind(typing, Action::Submit, &[key(KeyCode::Enter)]));
    bindings.push(bind(typing, Action::Close, &[key(KeyCode::Esc)]));
    bindings.push(bind(typing, Action::PickFilter, &[key(KeyCode::Tab), key(KeyCode::Down)]));
    bindings
}

fn workers() -> Vec<Binding> {
    let here = Scope::Workers;
    let mut bindings = vec![
        hint(here, Action::Open, &[key(KeyCode::Enter)]),
        hint(here, Action::RetryParked, &[char('t')]),
        hint(here, Action::DropParked, &[char('d')]),
    ];
    bindings.extend(moves(here));
    bindings
}

fn journal() -> Vec<Binding> {
    let here = Scope::Journal;
    let mut bindings = vec![hint(here, Action::Open, &[key(KeyCode::Enter)]), hint(here, Action::Filter, &[char('/')])];
    bindings.extend(moves(here));
    bindings.push(hint(here, Action::Follow, &[key(KeyCode::Esc)]));
    bindings
}

fn entry() -> Vec<Binding> {
    let here = Scope::Entry;
    let mut bindings = vec![
        hint(here, Action::Back, &[key(KeyCode::Esc), char('q')]),
        hint(here, Action::OpenOrder, &[key(KeyCode::Enter), char('o')]),
    ];
    bindings.extend(moves(here));
    bindings
}

fn log() -> Vec<Binding> {
    let here = Scope::Log;
    let mut bindings = vec![
        hint(here, Action::Back, &[key(KeyCode::Esc), char('q'), char('!'), key(KeyCode::F(12))]),
        hint(here, Action::CopyLog, &[char('y')]),
    ];
    bindings.extend(moves(here));
    bindings
}

fn pick() -> Vec<Binding> {
    let here = Scope::Pick;
    let mut bindings = vec![
        hint(here, Action::Choose, &[key(KeyCode::Enter)]),
        hint(here, Action::Close, &[key(KeyCode::Esc), char('q')]),
    ];
    bindings.extend(moves(here));
    bindings
}

fn palette() -> Vec<Binding> {
    let here = Scope::Palette;
    vec![
        hint(here, Action::Choose, &[key(KeyCode::Enter)]),
        hint(here, Action::ChooseDown, &[key(KeyCode::Down), Chord::ctrl('n'), key(KeyCode::Tab)]),
        bind(here, Action::ChooseUp, &[key(KeyCode::Up), Chord::ctrl('p'), key(KeyCode::BackTab)]),
        hint(here, Action::Close, &[key(KeyCode::Esc)]),
    ]
}

fn form() -> Vec<Binding> {
    let here = Scope::Form;
    vec![
        hint(here, Action::Submit, &[key(KeyCode::Enter)]),
        hint(here, Action::NextField, &[key(KeyCode::Tab)]),
        bind(here, Action::PreviousField, &[key(KeyCode::BackTab)]),
        hint(here, Action::ChooseDown, &[key(KeyCode::Down)]),
        bind(here, Action::ChooseUp, &[key(KeyCode::Up)]),
        hint(here, Action::Close, &[key(KeyCode::Esc)]),
    ]
}

fn confirm() -> Vec<Binding> {
    let here = Scope::Confirm;
    vec![
        hint(here, Action::No, &[key(KeyCode::Enter), key(KeyCode::Esc), char('n'), char('q')]),
        hint(here, Action::Yes, &[char('y')]),
    ]
}

fn bulk() -> Vec<Binding> {
    let here = Scope::Bulk;
    let mut bindings = vec![
        hint(here, Action::Yes, &[char('y')]),
        hint(here, Action::Close, &[key(KeyCode::Esc), char('n'), char('q')]),
        bind(here, Action::Language, &[char('L')]),
    ];
    bindings.extend(moves(here));
    bindings
}

fn results() -> Vec<Binding> {
    let here = Scope::Results;
    let mut bindings = vec![
        hint(here, Action::Back, &[key(KeyCode::Esc), char('q'), char('b'), key(KeyCode::Enter)]),
        hint(here, Action::Retry, &[char('R')]),
    ];
    bindings.extend(moves(here));
    bindings
}

fn help() -> Vec<Binding> {
    let here = Scope::Help;
    let mut bindings = vec![hint(here, Action::Back, &[key(KeyCode::Esc), char('?'), char('q'), key(KeyCode::Enter)])];
    bindings.extend(moves(here));
    bindings
}

fn global() -> Vec<Binding> {
    let here = Scope::Global;
    vec![
        hint(here, Action::Help, &[char('?'), key(KeyCode::F(1))]),
        hint(here, Action::Language, &[char('L')]),
        hint(here, Action::Quit, &[char('q')]),
        hint(here, Action::Palette, &[char(':'), Chord::ctrl('p')]),
        bind(here, Action::Go(Screen::Rentals), &[char('1')]),
        bind(here, Action::Go(Screen::Stock), &[char('2')]),
        bind(here, Action::Go(Screen::Events), &[char('3')]),
        bind(here, Action::Go(Screen::Workers), &[char('4')]),
        bind(here, Action::Go(Screen::Journal), &[char('5')]),
        bind(here, Action::Log, &[char('!'), key(KeyCode::F(12))]),
        bind(here, Action::NextScreen, &[key(KeyCode::Tab)]),
        bind(here, Action::Theme, &[char('T')]),
        bind(here, Action::Retry, &[char('R')]),
        bind(here, Action::Refresh, &[Chord::ctrl('l'), key(KeyCode::F(5))]),
        bind(here, Action::Mouse, &[char('m')]),
        bind(here, Action::Suspend, &[Chord::ctrl('z')]),
        bind(here, Action::Interrupt, &[Chord::ctrl('c')]),
    ]
}
