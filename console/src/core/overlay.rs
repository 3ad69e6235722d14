//! What lies over the screen.

use crate::overlays::bulk::state::Bulk;
use crate::overlays::confirm::state::Confirm;
use crate::overlays::entry::state::EntryPage;
use crate::overlays::form::state::Sheet;
use crate::overlays::new_rental::state::Form;
use crate::overlays::palette::state::Palette;
use crate::overlays::raw::state::RawPage;
use rental_model::OrderId;
use tui_input::Input;

/// What lies over the screen.
#[derive(Debug)]
pub(crate) enum Overlay {
    Help {
        scroll: usize,
    },
    Form(Box<Form>),
    Sheet(Box<Sheet>),
    Raw(Box<RawPage>),
    Palette(Box<Palette>),
    /// One entry of the journal, whole.
    Entry(Box<EntryPage>),
    /// The program's own log; scrolled up by so many lines.
    Log {
        up: usize,
    },
    /// Which cell of a rental is to be copied.
    Cells {
        order: OrderId,
        at: usize,
    },
    /// By which column the list is to be sorted.
    Sort {
        at: usize,
    },
    /// Which of the saved filters is to be applied.
    Filters {
        at: usize,
    },
    /// The name under which the filter is to be saved.
    SaveFilter(Input),
    Confirm(Box<Confirm>),
    Bulk(Box<Bulk>),
    /// What became of each order of the last bulk action.
    Results {
        scroll: usize,
    },
    /// Whether to leave the console.
    Quit,
}
