//! What is under the mouse.
//!
//! The view notes, as it draws, where it puts what can be clicked. Asking what
//! is at a place draws the model once more on a screen that nobody sees: the
//! areas are therefore always those of the picture.

use super::{Draw, draw};
use crate::tui::keymap::{Action, Scope};
use crate::tui::model::Model;
use crate::tui::palette::Choice;
use crate::tui::workers::ItemKey;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::{Position, Rect};
use rental_model::{OrderId, ProductId};

/// Something that can be clicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A tab or a hint: as its key.
    Key(Action),
    /// The buttons of a question.
    Yes,
    No,
    Order(OrderId),
    Product(ProductId),
    Item(ItemKey),
    Offer(Choice),
    /// A column to sort by.
    Column(usize),
}

/// What is at this place of the screen, if it can be clicked.
pub(crate) fn hit(model: &Model, x: u16, y: u16) -> Option<Target> {
    let Ok(mut unseen) = Terminal::new(TestBackend::new(model.width, model.height));
    let mut targets = Vec::new();
    let Ok(_) = unseen.draw(|frame| targets = draw(model, frame));
    // What was drawn last lies on top.
    let here = |(area, _): &&(Rect, Target)| area.contains(Position { x, y });
    targets.iter().rev().find(here).map(|(_, target)| target.clone())
}

impl Draw<'_, '_, '_> {
    /// Notes that `target` is at `area`.
    pub(crate) fn target(&mut self, area: Rect, target: Target) {
        self.targets.push((area, target));
    }

    /// Notes where a hint is. Yes has a button of its own: it is said nowhere else.
    pub(crate) fn hint_target(&mut self, area: Rect, scope: Scope, action: Action) {
        let is_yes = action == Action::Yes && matches!(scope, Scope::Confirm | Scope::Bulk);
        if !is_yes {
            self.target(area, Target::Key(action));
        }
    }

    /// Notes where a button of the box's last line is, `cells` after `skipped` ones.
    pub(crate) fn button(&mut self, skipped: usize, cells: usize, target: Target) {
        let line = self.keys_line;
        let x = line.x.saturating_add(u16::try_from(skipped).unwrap_or(u16::MAX)).min(line.right());
        let width = u16::try_from(cells).unwrap_or(u16::MAX).min(line.right() - x);
        self.target(Rect { x, width, ..line }, target);
    }
}
