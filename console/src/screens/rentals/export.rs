//! The listed rentals as a file.

use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::i18n::Text;
use crate::input::Format;
use crate::theme::Tone;
use crate::widgets::fit::grouped;

/// Writes the listed rentals, in the list's order, to a file named after the time.
pub(crate) fn export(model: &mut Model, format: Format) -> Vec<Effect> {
    let time = model.settings.zone.bare(model.now, "%Y%m%d-%H%M%S");
    let file = format!("rentals-{}.{}", time.unwrap_or_default(), format.ending());
    let content = format.write(model.rentals.rows(), &model.product_catalog);
    let n = grouped(model.rentals.len() as u64);
    model.notify(Tone::Busy, Text::Exporting.with("n", n).with("file", file.as_str()));
    vec![Effect::Save { file, content }]
}

/// What became of the file.
pub(crate) fn saved(model: &mut Model, file: &str, answer: Result<(), String>) {
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
    use crate::core::msg::{Effect, Msg};
    use crate::testing::{TestApp, order, paid, requested};

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
