//! The small forms: a product registered, a stock count corrected, goods
//! checked in.
//!
//! Like the new-rental form, a sheet keeps its request id: sending again after
//! silence never does it twice, and what may have been done cannot be edited
//! into something else.

use crate::core::change::Change;
use crate::core::commands::{Stage, UserCommand};
use crate::i18n::Text;
use rental_model::event::Place;
use rental_model::inventory::Product;
use rental_model::{Context, OrderId, ProductId, Qty, Reason};
use std::str::FromStr;
use tui_input::{Input, InputRequest};

/// As many as a count of units can be.
const MOST: u32 = 1_000_000_000;

/// What a sheet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Register,
    Adjust(ProductId),
    CheckIn,
    /// Give a parked message up.
    Drop(Context, u64),
}

/// A field of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Name,
    /// How many there are at first.
    First,
    /// The id of a new product.
    Id,
    /// Chosen with the arrows, not typed.
    Change,
    Units,
    Reason,
    Order,
    Down,
    Lost,
}

impl Slot {
    pub(crate) const fn title(self) -> Text {
        match self {
            Self::Name => Text::FieldName,
            Self::First | Self::Units => Text::FieldUnits,
            Self::Id => Text::FieldProductId,
            Self::Change => Text::FieldChange,
            Self::Reason => Text::FieldReason,
            Self::Order => Text::FieldOrderId,
            Self::Down => Text::HeadDown,
            Self::Lost => Text::HeadLost,
        }
    }

    /// What is expected, where that is not plain.
    pub(crate) const fn hint(self) -> Option<Text> {
        match self {
            Self::Id => Some(Text::HintOrderId),
            Self::Down | Self::Lost => Some(Text::HintNone),
            Self::Reason => Some(Text::HintReason),
            _ => None,
        }
    }
}

impl Task {
    /// Its fields, top to bottom.
    pub(crate) const fn slots(self) -> &'static [Slot] {
        match self {
            Self::Register => &[Slot::Name, Slot::First, Slot::Id],
            Self::Adjust(_) => &[Slot::Change, Slot::Units, Slot::Reason],
            Self::Drop(..) => &[Slot::Reason],
            Self::CheckIn => &[Slot::Order, Slot::Down, Slot::Lost],
        }
    }
}

/// An open sheet.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) task: Task,
    pub(crate) request_id: String,
    inputs: Vec<Input>,
    focus: usize,
    pub(crate) change: Change,
    /// Everything is filled in, and the person is asked whether it is meant.
    pub(crate) is_asking: bool,
    /// How far the command has come, once it was sent.
    pub(crate) stage: Option<Stage>,
}

impl Sheet {
    pub(crate) fn new(task: Task, request_id: String) -> Self {
        let inputs = vec![Input::default(); task.slots().len()];
        Self { task, request_id, inputs, focus: 0, change: Change::default(), is_asking: false, stage: None }
    }

    /// Whether it must be confirmed before it is sent.
    pub(crate) const fn needs_yes(&self) -> bool {
        matches!(self.task, Task::Drop(..))
    }

    /// The fields with what is typed in them.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (Slot, &Input)> {
        self.task.slots().iter().copied().zip(&self.inputs)
    }

    pub(crate) fn focus(&self) -> Slot {
        self.task.slots()[self.focus]
    }

    pub(crate) fn input(&self) -> &Input {
        &self.inputs[self.focus]
    }

    /// Changes the field in focus, unless the command may have been carried out.
    pub(crate) fn edit(&mut self, request: InputRequest) {
        if self.unlock() && self.focus() != Slot::Change {
            self.inputs[self.focus].handle(request);
        }
    }

    /// Chooses another change; answers whether there was one to choose.
    pub(crate) fn choose(&mut self, by: isize) -> bool {
        let is_choice = self.focus() == Slot::Change;
        if is_choice && self.unlock() {
            self.change = self.change.step(by);
        }
        is_choice
    }

    fn unlock(&mut self) -> bool {
        let is_open = matches!(self.stage, None | Some(Stage::Refused(_) | Stage::Failed(_) | Stage::Gone(_)));
        if is_open {
            self.stage = None;
        }
        is_open
    }

    /// Moves the focus by one field, round and round.
    pub(crate) fn focus_by(&mut self, by: isize) {
        let place = self.focus.checked_add_signed(by).unwrap_or(self.inputs.len() - 1);
        self.focus = place % self.inputs.len();
    }

    /// Puts the focus on `slot`.
    pub(crate) fn focus_on(&mut self, slot: Slot) {
        self.focus = self.task.slots().iter().position(|known| *known == slot).unwrap_or(0);
    }

    fn typed(&self, slot: Slot) -> &str {
        self.fields().find(|(known, _)| *known == slot).map(|(_, input)| input.value().trim()).unwrap_or_default()
    }

    /// What the sheet asks for, or what is missing where.
    pub(crate) fn user_command(&self) -> Result<UserCommand, (Slot, Text)> {
        match self.task {
            Task::Register => {
                let name = self.typed(Slot::Name).to_owned();
                if !(1..=100).contains(&name.chars().count()) {
                    return Err((Slot::Name, Text::NeedName));
                }
                let qty = self.count(Slot::First)?;
                let id = self.typed(Slot::Id);
                let product = if id.is_empty() { None } else { Some(parsed(id, Slot::Id, Text::NeedProductId)?) };
                Ok(UserCommand::Register { product, name, qty })
            }
            Task::Adjust(product) => {
                let qty = parsed::<Qty>(&self.typed(Slot::Units).replace(',', ""), Slot::Units, Text::NeedQty)?;
                Ok(UserCommand::Adjust { product, change: self.change, qty, reason: self.reason()? })
            }
            Task::Drop(context, id) => Ok(UserCommand::DropParked { context, id, reason: self.reason()? }),
            Task::CheckIn => {
                let order = parsed::<OrderId>(self.typed(Slot::Order), Slot::Order, Text::NeedOrder)?;
                Ok(UserCommand::CheckIn { order, down: self.count(Slot::Down)?, lost: self.count(Slot::Lost)? })
            }
        }
    }

    fn reason(&self) -> Result<Reason, (Slot, Text)> {
        Reason::new(self.typed(Slot::Reason)).map_err(|_| (Slot::Reason, Text::NeedReason))
    }

    /// A number of units; nothing typed is none.
    fn count(&self, slot: Slot) -> Result<u32, (Slot, Text)> {
        let typed = self.typed(slot).replace(',', "");
        if typed.is_empty() && slot != Slot::First {
            return Ok(0);
        }
        typed.parse().ok().filter(|count| *count <= MOST).ok_or((slot, Text::NeedCount))
    }
}

fn parsed<T: FromStr>(typed: &str, slot: Slot, missing: Text) -> Result<T, (Slot, Text)> {
    typed.parse().map_err(|_| (slot, missing))
}

/// How many units of `product` are at `place`; none if they are not the shop's.
pub(crate) const fn units_at(product: &Product, place: Place) -> Option<u64> {
    match place {
        Place::Available => Some(product.available),
        Place::Down => Some(product.down),
        Place::Lost => Some(product.lost),
        Place::Outside => None,
    }
}
