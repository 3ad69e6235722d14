//! The names of scopes and actions in the config file. Stable: a name that is
//! in use is never given to anything else.

use crate::input::target::{Format, Screen};
use crate::input::{Action, Scope};

impl Scope {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::List => "list",
            Self::Order => "order",
            Self::Stock => "stock",
            Self::Events => "events",
            Self::Workers => "workers",
            Self::Filter => "filter",
            Self::Pick => "pick",
            Self::Form => "form",
            Self::Confirm => "confirm",
            Self::Help => "help",
            Self::Palette => "palette",
            Self::Bulk => "bulk",
            Self::Results => "results",
            Self::Journal => "journal",
            Self::Entry => "entry",
            Self::Log => "log",
        }
    }
}

impl Action {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Up => "up",
            Self::PageDown => "page-down",
            Self::PageUp => "page-up",
            Self::HalfDown => "half-down",
            Self::HalfUp => "half-up",
            Self::Top => "top",
            Self::Bottom => "bottom",
            Self::ColumnLeft => "column-left",
            Self::ColumnRight => "column-right",
            Self::Open => "open",
            Self::OpenOrder => "open-order",
            Self::CopyLog => "copy-log",
            Self::Log => "log",
            Self::Go(Screen::Journal) => "go-journal",
            Self::Mark => "mark",
            Self::MarkAll => "mark-all",
            Self::Results => "results",
            Self::Preview => "preview",
            Self::Palette => "palette",
            Self::Mouse => "mouse",
            Self::Back => "back",
            Self::Release => "release",
            Self::New => "new",
            Self::Cancel => "cancel",
            Self::End => "end",
            Self::Retry => "retry",
            Self::Refresh => "refresh",
            Self::Language => "language",
            Self::Theme => "theme",
            Self::Help => "help",
            Self::Quit => "quit",
            Self::Suspend => "suspend",
            Self::Interrupt => "interrupt",
            Self::Yes => "yes",
            Self::No => "no",
            Self::Submit => "submit",
            Self::Close => "close",
            Self::NextField => "next-field",
            Self::PreviousField => "previous-field",
            Self::ChooseDown => "choose-down",
            Self::ChooseUp => "choose-up",
            Self::Register => "register",
            Self::Adjust => "adjust",
            Self::CheckIn => "check-in",
            Self::RetryParked => "retry-parked",
            Self::DropParked => "drop-parked",
            Self::Filter => "filter",
            Self::Follow => "follow",
            Self::PickFilter => "pick-filter",
            Self::SaveFilter => "save-filter",
            Self::Sort => "sort",
            Self::Reverse => "reverse",
            Self::Choose => "choose",
            Self::Freeze => "freeze",
            Self::Copy => "copy",
            Self::CopyCell => "copy-cell",
            Self::Export(Format::Csv) => "export-csv",
            Self::Export(Format::Json) => "export-json",
            Self::Go(Screen::Rentals) => "go-rentals",
            Self::Go(Screen::Stock) => "go-stock",
            Self::Go(Screen::Events) => "go-events",
            Self::Go(Screen::Workers) => "go-workers",
            Self::NextScreen => "next-screen",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Keymap;

    #[test]
    fn no_name_stands_for_two_actions_of_one_scope() {
        let keymap = Keymap::default();
        for scope in Scope::ALL {
            let mut names: Vec<_> = keymap.of(scope).map(|binding| binding.action.name()).collect();
            assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')), "{names:?}");
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{scope:?}");
        }
    }
}
