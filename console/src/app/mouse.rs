//! The mouse: whatever it does, a key does too.
//!
//! A click selects, a second one on the same thing opens it. What changes
//! something is only ever confirmed on the Yes button of its question.

use crate::app::hit;
use crate::app::keys::{act, go};
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::overlay::Overlay;
use crate::core::target::Target;
use crate::core::timers::after;
use crate::input::{Action, Scope};
use crate::widgets::cursor::Cursor;
use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

/// Two clicks within this time are a double click.
const DOUBLE_MS: u64 = 400;

/// How many rows one notch of the wheel moves.
const NOTCH: usize = 3;

/// The mouse did something.
pub(crate) fn event(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    match event.kind {
        MouseEventKind::ScrollDown => wheel(model, [Action::Down, Action::ChooseDown]),
        MouseEventKind::ScrollUp => wheel(model, [Action::Up, Action::ChooseUp]),
        MouseEventKind::Down(MouseButton::Left) => click(model, event.column, event.row),
        _ => Vec::new(),
    }
}

fn wheel(model: &mut Model, [by_row, by_choice]: [Action; 2]) -> Vec<Effect> {
    let scope = model.scope();
    let action = match scope {
        Scope::Palette => by_choice,
        Scope::Form | Scope::Confirm | Scope::Filter => return Vec::new(),
        _ => by_row,
    };
    (0..NOTCH).flat_map(|_| act(model, scope, action)).collect()
}

fn click(model: &mut Model, x: u16, y: u16) -> Vec<Effect> {
    model.is_leaving = false;
    let Some(target) = hit::hit(model, x, y) else {
        model.clicked = None;
        return Vec::new();
    };
    let before = model.clicked.replace((target.clone(), model.now));
    let is_double = before.is_some_and(|(before, at)| before == target && model.now <= after(at, DOUBLE_MS));
    let scope = model.scope();
    match target {
        Target::Key(Action::Go(screen)) => go(model, screen),
        Target::Key(action) => act(model, scope, action),
        Target::Yes => act(model, scope, Action::Yes),
        Target::No => act(model, scope, if scope == Scope::Bulk { Action::Close } else { Action::No }),
        Target::Order(order) => {
            model.rentals.select(order);
            opened(model, Scope::List, is_double)
        }
        Target::Product(product) => {
            model.stock = Cursor::at(product);
            Vec::new()
        }
        Target::Item(key) => {
            model.workers.cursor = Cursor::at(key);
            opened(model, Scope::Workers, is_double)
        }
        Target::Column(place) => {
            if let Some(Overlay::Sort { at } | Overlay::Cells { at, .. }) = &mut model.overlay {
                *at = place;
            }
            act(model, scope, Action::Choose)
        }
        Target::Offer(choice) => {
            if let Some(Overlay::Palette(palette)) = &mut model.overlay {
                palette.choose(choice);
            }
            act(model, scope, Action::Choose)
        }
    }
}

fn opened(model: &mut Model, scope: Scope, is_double: bool) -> Vec<Effect> {
    if is_double { act(model, scope, Action::Open) } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use crate::config::Column;
    use crate::core::msg::{Effect, Msg};
    use crate::core::overlay::Overlay;
    use crate::input::Screen;
    use crate::testing::{TestApp, order};
    use ratatui::crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    use rental_model::ProductId;

    fn mouse(app: &mut TestApp, kind: MouseEventKind, column: u16, row: u16) {
        app.tell(Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
    }

    /// Clicks on the first place where the screen shows `text`.
    fn click(app: &mut TestApp, text: &str) {
        let screen = app.screen(80, 24);
        let places = screen.lines().enumerate().find_map(|(y, line)| Some((line.split_once(text)?.0, y)));
        let (before, y) = places.unwrap_or_else(|| panic!("{text:?} is not on the screen:\n{screen}"));
        let x = crate::widgets::fit::width(before);
        mouse(app, MouseEventKind::Down(MouseButton::Left), u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
    }

    fn app() -> TestApp {
        let mut app = TestApp::live();
        for number in 101..=140 {
            app.receive_delivered(number);
        }
        app.asked();
        app
    }

    #[test]
    fn a_click_selects_and_a_double_click_opens() {
        let mut app = app();
        click(&mut app, "137");
        assert_eq!((app.model.rentals.cursor(), app.model.opened.is_none()), (Some(order(137)), true));
        app.pass(401);
        click(&mut app, "137");
        assert!(app.model.opened.is_none(), "two clicks far apart are two clicks");
        click(&mut app, "135");
        click(&mut app, "137");
        assert!(app.model.opened.is_none(), "two clicks on two orders are no double click");
        click(&mut app, "137");
        assert_eq!(app.model.opened.as_ref().map(|page| page.order), Some(order(137)));
    }

    #[test]
    fn the_second_click_of_two_is_for_the_same_order_or_it_opens_nothing() {
        let mut app = app();
        app.screen(80, 24);
        let first_row = 4;
        mouse(&mut app, MouseEventKind::Down(MouseButton::Left), 8, first_row);
        assert_eq!(app.model.rentals.cursor(), Some(order(140)));
        app.receive_delivered(141);
        app.press("g");
        mouse(&mut app, MouseEventKind::Down(MouseButton::Left), 8, first_row);
        assert_eq!((app.model.rentals.cursor(), app.model.opened.is_none()), (Some(order(141)), true));
    }

    #[test]
    fn tabs_and_hints_are_clicked_like_keys() {
        let mut app = app();
        click(&mut app, "2 Stock");
        assert_eq!(app.model.screen, Screen::Stock);
        click(&mut app, "MACBOOK");
        let products: Vec<_> = app.model.product_catalog.products().map(|product| product.product_id).collect();
        assert_eq!(app.model.stock.on(&products), ProductId::new(2).ok());
        click(&mut app, "1 Rentals");
        click(&mut app, "new rental");
        assert!(matches!(app.model.overlay, Some(Overlay::Form(_))));
        app.press("<esc>");
        click(&mut app, "help");
        assert!(matches!(app.model.overlay, Some(Overlay::Help { .. })));
    }

    #[test]
    fn the_wheel_scrolls() {
        let mut app = app();
        app.press("j");
        mouse(&mut app, MouseEventKind::ScrollDown, 10, 10);
        assert_eq!(app.model.rentals.cursor(), Some(order(137)));
        mouse(&mut app, MouseEventKind::ScrollUp, 10, 10);
        assert_eq!(app.model.rentals.cursor(), Some(order(140)));
    }

    #[test]
    fn a_question_is_answered_on_its_buttons_and_nowhere_else() {
        let yes = |app: &mut TestApp| app.asked().iter().any(|effect| matches!(effect, Effect::Send { .. }));
        let mut app = app();
        app.press("jx");
        app.screen(80, 24);
        let button = {
            let screen = app.screen(80, 24);
            let (y, line) = screen.lines().enumerate().find(|(_, line)| line.contains("yes, cancel it")).unwrap();
            let x = crate::widgets::fit::width(line.split_once("y yes").unwrap().0);
            (u16::try_from(x).unwrap(), u16::try_from(y).unwrap())
        };
        let is_button = |x: u16, y: u16| y == button.1 && (button.0..button.0 + 16).contains(&x);
        for y in 0..24 {
            for x in (0..80).filter(|x| !is_button(*x, y)) {
                mouse(&mut app, MouseEventKind::Down(MouseButton::Left), x, y);
                assert!(!yes(&mut app), "a click at {x},{y} has confirmed");
                if app.model.overlay.is_none() {
                    app.press("<esc>jx");
                    app.asked();
                }
                assert_eq!(app.model.screen, Screen::Rentals, "a tab was clicked through the question");
            }
        }
        click(&mut app, "No");
        assert!(app.model.overlay.is_none() && !yes(&mut app));
        app.press("x");
        mouse(&mut app, MouseEventKind::Down(MouseButton::Left), button.0, button.1);
        assert!(yes(&mut app));
    }

    #[test]
    fn yes_without_the_count_confirms_nothing() {
        let mut app = app();
        app.press("*x");
        app.asked();
        click(&mut app, "yes, cancel them");
        assert_eq!(app.asked(), []);
        app.press("40");
        click(&mut app, "yes, cancel them");
        assert!(!app.asked().is_empty());
    }

    #[test]
    fn m_gives_the_mouse_to_the_terminal_and_takes_it_back() {
        let mut app = app();
        app.press("m");
        assert_eq!(app.asked(), [Effect::Mouse(false)]);
        assert!(app.screen(80, 24).contains("m takes it back"));
        app.press("m");
        assert_eq!(app.asked(), [Effect::Mouse(true)]);
    }

    #[test]
    fn a_column_to_sort_by_is_chosen_by_a_click() {
        let mut app = app();
        app.press("s");
        click(&mut app, "2 Stock");
        assert!(app.model.overlay.is_some(), "what lies under the box is not clicked");
        click(&mut app, "Last event");
        assert_eq!(app.model.rentals.sorting().column, Column::Event);
    }

    #[test]
    fn an_offer_of_the_palette_is_chosen_by_a_click() {
        let mut app = app();
        app.press(":go to");
        click(&mut app, "go to Workers");
        assert_eq!(app.model.screen, Screen::Workers);
    }
}
