//! The new-rental form: what is typed, what it means, and what is missing.
//!
//! The request id is made when the form opens and stays with it, so that
//! sending again after silence never makes a second rental. Only inventory's
//! answer counts for the quantity; the form shows it beside the field, and the
//! order service checks again.

use crate::core::commands::{Stage, UserCommand};
use crate::core::product_catalog::ProductCatalog;
use crate::i18n::Text;
use rental_model::inventory::StockCheck;
use rental_model::{OrderId, ProductId, Qty, Won};
use std::str::FromStr;
use tui_input::{Input, InputRequest};

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Product,
    Qty,
    Amount,
    Order,
}

impl Field {
    /// In the order in which they stand: what is needed first.
    pub(crate) const ALL: [Self; 4] = [Self::Product, Self::Qty, Self::Amount, Self::Order];

    pub(crate) const fn title(self) -> Text {
        match self {
            Self::Product => Text::FieldProduct,
            Self::Qty => Text::FieldQty,
            Self::Amount => Text::FieldAmount,
            Self::Order => Text::FieldOrderId,
        }
    }
}

/// What inventory said of the product in the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stock {
    /// No product is chosen.
    Unasked,
    Asking,
    Known(StockCheck),
    NoSuchProduct,
    Silent,
}

/// Where the form is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    Editing,
    /// The command's life goes on; the fields are locked while it may have been done.
    Sent(Stage),
    /// Refused because only so many are available; it can be sent anyway.
    Short {
        available: u64,
    },
}

/// The form.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) request_id: String,
    inputs: [Input; 4],
    pub(crate) focus: Field,
    /// Which of the products found is meant, once the arrows have moved over them.
    pub(crate) choice: Option<usize>,
    pub(crate) stock: Stock,
    pub(crate) phase: Phase,
}

impl Form {
    pub(crate) fn new(request_id: String) -> Self {
        Self {
            request_id,
            inputs: Default::default(),
            focus: Field::Product,
            choice: None,
            stock: Stock::Unasked,
            phase: Phase::Editing,
        }
    }

    pub(crate) const fn input(&self, field: Field) -> &Input {
        &self.inputs[field as usize]
    }

    /// Changes the field in focus; answers whether it may be changed now.
    pub(crate) fn edit(&mut self, request: InputRequest) -> bool {
        // What may have been done must not be edited into another rental.
        let is_locked =
            !matches!(self.phase, Phase::Editing | Phase::Sent(Stage::Refused(_) | Stage::Failed(_) | Stage::Gone(_)));
        if is_locked {
            return false;
        }
        self.phase = Phase::Editing;
        self.inputs[self.focus as usize].handle(request);
        if self.focus == Field::Product {
            self.choice = None;
        }
        true
    }

    /// The products the typed text may mean.
    pub(crate) fn found(&self, products: &ProductCatalog) -> Vec<ProductId> {
        products.find(self.input(Field::Product).value())
    }

    /// The product that is meant, if something was typed or chosen.
    pub(crate) fn product(&self, products: &ProductCatalog) -> Option<ProductId> {
        let typed = self.input(Field::Product).value();
        if typed.trim().is_empty() && self.choice.is_none() {
            return None;
        }
        // Inventory may be silent and its list unknown: an id can be given all the same.
        let found = self.found(products).get(self.choice.unwrap_or(0)).copied();
        found.or_else(|| ProductId::from_str(typed).ok())
    }

    pub(crate) fn choose(&mut self, by: isize, products: &ProductCatalog) {
        let last = self.found(products).len().saturating_sub(1);
        let chosen = self.choice.map_or(0, |choice| choice.saturating_add_signed(by));
        self.choice = Some(chosen.min(last));
    }

    /// Moves the focus by one field, round and round.
    pub(crate) fn focus_by(&mut self, by: isize, products: &ProductCatalog) {
        if self.focus == Field::Product
            && let Some(product) = self.product(products)
        {
            // Leaving the field settles what was meant.
            self.inputs[Field::Product as usize] = Input::new(products.label(product));
            self.choice = None;
        }
        let place = (self.focus as usize).checked_add_signed(by).unwrap_or(Field::ALL.len() - 1);
        self.focus = Field::ALL[place % Field::ALL.len()];
    }

    pub(crate) fn qty(&self) -> Option<Qty> {
        Qty::from_str(self.input(Field::Qty).value()).ok()
    }

    /// What the form asks for, or what is missing.
    pub(crate) fn user_command(&self, products: &ProductCatalog) -> Result<UserCommand, (Field, Text)> {
        let missing = |field, text| move || (field, text);
        let product = self.product(products).ok_or_else(missing(Field::Product, Text::NeedProduct))?;
        if self.stock == Stock::NoSuchProduct {
            return Err((Field::Product, Text::StockNoProduct));
        }
        let qty = self.qty().ok_or_else(missing(Field::Qty, Text::NeedQty))?;
        let typed = self.input(Field::Amount).value().replace(',', "");
        let amount = Won::from_str(&typed).map_err(|_| (Field::Amount, Text::NeedAmount))?;
        let typed = self.input(Field::Order).value().trim();
        let order = if typed.is_empty() {
            None
        } else {
            Some(OrderId::from_str(typed).map_err(|_| (Field::Order, Text::NeedOrderId))?)
        };
        let is_short_fine = matches!(self.phase, Phase::Short { .. });
        Ok(UserCommand::Request { order, product, qty, amount, is_short_fine })
    }
}
