//! What is taken out of the console: an order id copied, the list as a file.

use crate::tui::export::Format;
use crate::tui::fit::grouped;
use crate::tui::i18n::Text;
use crate::tui::keymap::Action;
use crate::tui::model::{Model, Overlay};
use crate::tui::msg::Effect;
use crate::tui::theme::Tone;
use crate::tui::view;
use rental_model::OrderId;

pub(super) fn copy(model: &mut Model, order: Option<OrderId>) -> Vec<Effect> {
    let Some(order) = order else {
        model.notify(Tone::Plain, Text::NothingSelected);
        return Vec::new();
    };
    model.notify(Tone::Good, Text::Copied.with("order", order));
    vec![Effect::Copy(order.to_string())]
}

/// Offers the cells of a rental, to copy one.
pub(super) fn pick(model: &mut Model, order: Option<OrderId>) {
    match order.filter(|order| model.rentals.get(*order).is_some()) {
        Some(order) => model.overlay = Some(Overlay::Cells { order, at: 0 }),
        None => model.notify(Tone::Plain, Text::NothingSelected),
    }
}

/// A key while a cell is chosen.
pub(super) fn choose(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Cells { order, at }) = model.overlay else { return Vec::new() };
    let mut cells = model.rentals.get(order).map(|row| view::cells_of(model, row)).unwrap_or_default();
    let last = cells.len().saturating_sub(1);
    match action {
        Action::Choose if cells.is_empty() => model.overlay = None,
        Action::Choose => {
            let (_, text) = cells.swap_remove(at.min(last));
            model.overlay = None;
            model.notify(Tone::Good, Text::CopiedCell.with("text", text.as_str()));
            return vec![Effect::Copy(text)];
        }
        Action::Close => model.overlay = None,
        Action::Top => model.overlay = Some(Overlay::Cells { order, at: 0 }),
        Action::Bottom => model.overlay = Some(Overlay::Cells { order, at: last }),
        _ => {
            let at = at.saturating_add_signed(action.rows(4).unwrap_or(0)).min(last);
            model.overlay = Some(Overlay::Cells { order, at });
        }
    }
    Vec::new()
}

/// Writes the listed rentals, in the list's order, to a file named after the time.
pub(super) fn export(model: &mut Model, format: Format) -> Vec<Effect> {
    let time = model.settings.zone.bare(model.now, "%Y%m%d-%H%M%S");
    let file = format!("rentals-{}.{}", time.unwrap_or_default(), format.ending());
    let content = format.write(model.rentals.rows(), &model.product_catalog);
    let n = grouped(model.rentals.len() as u64);
    model.notify(Tone::Busy, Text::Exporting.with("n", n).with("file", file.as_str()));
    vec![Effect::Save { file, content }]
}

/// What became of the file.
pub(super) fn saved(model: &mut Model, file: &str, answer: Result<(), String>) {
    match answer {
        Ok(()) => match model.left_out() {
            None => model.notify(Tone::Good, Text::Exported.with("file", file)),
            Some(total) => {
                let n = grouped(model.rentals.len() as u64);
                let message = Text::ExportedPart.with("n", n).with("total", grouped(total)).with("file", file);
                model.notify(Tone::Warn, message.with("filter", model.listing.filter.trim()));
            }
        },
        Err(why) => model.notify(Tone::Bad, Text::NotExported.with("file", file).with("why", why)),
    }
}

#[cfg(test)]
mod tests {
    use crate::tui::msg::{Effect, Msg};
    use crate::tui::testing::{TestApp, order, paid, requested};

    #[test]
    fn the_order_id_under_the_cursor_is_copied() {
        let mut app = TestApp::live();
        app.receive_delivered(17);
        app.press("y");
        assert!(app.asked().is_empty(), "nothing is selected");
        app.press("jy");
        assert!(app.asked().contains(&Effect::Copy("17".to_owned())));
        app.press("<enter>");
        app.asked();
        app.press("y");
        assert_eq!(app.asked(), [Effect::Copy("17".to_owned())]);
    }

    #[test]
    fn a_cell_is_chosen_and_copied_whole() {
        let mut app = TestApp::live();
        app.receive_delivered(17);
        app.press("jYjj");
        assert!(app.screen(80, 24).contains("2 MACBOOK"));
        app.asked();
        app.press("<enter>");
        assert_eq!(app.asked(), [Effect::Copy("2 MACBOOK".to_owned())]);
        assert!(app.screen(80, 24).contains("To the terminal's clipboard: 2 MACBOOK"));
        app.press("Y<esc>");
        assert_eq!(app.asked(), [], "nothing is copied unasked");
    }

    #[test]
    fn the_filtered_rows_are_written_and_the_file_is_named() {
        let mut app = TestApp::live();
        for number in 1..4 {
            app.receive(requested(order(number)));
        }
        app.receive(paid(order(2)));
        app.press("/paid<enter>");
        app.asked();
        app.press("e");
        let [Effect::Save { file, content }] = &app.asked()[..] else { panic!("nothing was written") };
        assert_eq!(file, "rentals-20260701-120000.csv");
        assert_eq!(content.lines().count(), 2, "the heads and order 2");
        app.tell(Msg::Saved { file: file.clone(), answer: Ok(()) });
        assert!(app.screen(80, 24).contains("Written to rentals-20260701-120000.csv."));
        app.tell(Msg::Saved { file: file.clone(), answer: Err("File exists".to_owned()) });
        assert!(app.screen(80, 24).contains("could not be written: File exists"));
    }
}
