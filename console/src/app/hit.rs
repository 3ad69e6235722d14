//! What is under the mouse.
//!
//! The view notes, as it draws, where it puts what can be clicked. Asking what
//! is at a place draws the model once more on a screen that nobody sees: the
//! areas are therefore always those of the picture.

use crate::app::view::draw;
use crate::core::model::Model;
use crate::core::target::Target;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::{Position, Rect};

/// What is at this place of the screen, if it can be clicked.
pub(crate) fn hit(model: &Model, x: u16, y: u16) -> Option<Target> {
    let Ok(mut unseen) = Terminal::new(TestBackend::new(model.width, model.height));
    let mut targets = Vec::new();
    let Ok(_) = unseen.draw(|frame| targets = draw(model, frame));
    // What was drawn last lies on top.
    let here = |(area, _): &&(Rect, Target)| area.contains(Position { x, y });
    targets.iter().rev().find(here).map(|(_, target)| target.clone())
}
