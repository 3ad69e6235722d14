//! The canvas with the model that is drawn on it.

use crate::core::model::Model;
use crate::core::target::Target;
use crate::input::{Action, Scope};
use crate::widgets::canvas::Canvas;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;
use std::ops::{Deref, DerefMut};

/// The canvas with the model that is drawn on it.
pub(crate) struct Draw<'a, 'f, 'b> {
    pub(crate) model: &'a Model,
    pub(crate) canvas: Canvas<'a, 'f, 'b>,
    /// What can be clicked.
    pub(crate) targets: Vec<(Rect, Target)>,
}

impl<'a, 'f, 'b> Deref for Draw<'a, 'f, 'b> {
    type Target = Canvas<'a, 'f, 'b>;

    fn deref(&self) -> &Self::Target {
        &self.canvas
    }
}

impl DerefMut for Draw<'_, '_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.canvas
    }
}

impl<'a, 'f, 'b> Draw<'a, 'f, 'b> {
    /// `mark` says what is wrong, for where there is no room for the header.
    pub(crate) fn new(model: &'a Model, frame: &'f mut Frame<'b>, mark: Vec<Span<'static>>) -> Self {
        let settings = &model.settings;
        let canvas = Canvas {
            frame,
            theme: &settings.theme,
            glyphs: &settings.glyphs,
            language: settings.language,
            is_utc: settings.zone.is_fallback(),
            is_fresh: model.link.is_live(model.now),
            mark,
            keys_line: Rect::default(),
        };
        Self { model, canvas, targets: Vec::new() }
    }
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
