//! What is typed into the palette, and what is chosen.

use crate::i18n::Message;
use crate::input::{Action, Scope};
use rental_model::{OrderId, ProductId};
use tui_input::Input;

/// The open palette.
#[derive(Debug)]
pub(crate) struct Palette {
    /// Where one was when it opened.
    pub(crate) beneath: Scope,
    pub(crate) input: Input,
    /// What is chosen; the first that is found if this is not among them.
    chosen: Option<Choice>,
}

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    Do(Action),
    Order(OrderId),
    /// The rentals of this product.
    Product(ProductId),
    /// The rentals that a saved filter finds: its name, and what it asks for.
    Saved(String, String),
}

/// A choice as it is offered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) choice: Choice,
    pub(crate) name: Message,
    pub(crate) keys: String,
    /// Why it cannot be done now.
    pub(crate) denied: Option<Message>,
}

impl Palette {
    pub(crate) fn open(beneath: Scope) -> Self {
        Self { beneath, input: Input::default(), chosen: None }
    }

    /// What is typed has changed: the best is chosen again.
    pub(crate) fn edit(&mut self, request: tui_input::InputRequest) {
        self.input.handle(request);
        self.chosen = None;
    }

    /// Where among `offers` the chosen one is.
    pub(crate) fn position(&self, offers: &[Offer]) -> usize {
        offers.iter().position(|offer| Some(&offer.choice) == self.chosen.as_ref()).unwrap_or(0)
    }

    pub(crate) fn choose(&mut self, choice: Choice) {
        self.chosen = Some(choice);
    }

    /// Chooses the offer `by` places further.
    pub(crate) fn move_by(&mut self, offers: &[Offer], by: isize) {
        let last = offers.len().saturating_sub(1);
        let position = self.position(offers).saturating_add_signed(by).min(last);
        self.chosen = offers.get(position).map(|offer| offer.choice.clone());
    }
}
