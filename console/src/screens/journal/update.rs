//! The journal screen: read while somebody looks, and only then.

use crate::core::commands::why;
use crate::core::journal::Reading;
use crate::core::model::Model;
use crate::core::msg::Effect;
use crate::core::overlay::Overlay;
use crate::core::timers::{Timer, after};
use crate::i18n::Text;
use crate::input::{Action, Screen};
use crate::overlays::entry::state::EntryPage;
use crate::screens::journal::view as journal;
use crate::theme::Tone;
use crate::widgets::cursor::Cursor;
use rental_bus::CallError;
use rental_bus::commands::JournalPage;
use rental_bus::status::ContextStatus;
use rental_model::Context;
use tui_input::InputRequest;

/// How soon after an event or a keystroke the journals are read.
const SOON_MS: u64 = 200;

/// How many rows before the end older entries are read.
const NEAR_END: usize = 50;

/// Shows the journal: whatever is new is read.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    model.journal.expected.extend(Context::ALL);
    read_new(model)
}

/// A context has something new: it is read soon.
pub(crate) fn expect(model: &mut Model, context: Context) {
    if model.screen == Screen::Journal {
        model.journal.expected.insert(context);
        model.timers.no_later_than(Timer::ReadJournal, after(model.now, SOON_MS));
    }
}

/// Reads the newest of those who have something new.
pub(crate) fn read_new(model: &mut Model) -> Vec<Effect> {
    if model.screen != Screen::Journal || !model.link.is_up() {
        return Vec::new();
    }
    model.is_dirty = true;
    let expected = std::mem::take(&mut model.journal.expected);
    expected.into_iter().map(|context| Effect::ReadJournal(model.journal.read_newest(context))).collect()
}

/// How a worker is: perhaps its journal has grown (refusals leave no event), perhaps it is silent.
pub(crate) fn status(
    model: &mut Model,
    context: Context,
    answer: &Result<Box<ContextStatus>, CallError>,
) -> Vec<Effect> {
    if model.screen != Screen::Journal {
        return Vec::new();
    }
    match answer {
        Ok(status) if model.journal.count(context, status.commands) => {
            model.is_dirty = true;
            vec![Effect::ReadJournal(model.journal.read_newest(context))]
        }
        Ok(_) => Vec::new(),
        Err(error) => {
            model.is_dirty |= model.journal.missing(context, why(error));
            Vec::new()
        }
    }
}

/// A page of a context's journal.
pub(crate) fn told(model: &mut Model, asked: &Reading, answer: Result<JournalPage, CallError>) -> Vec<Effect> {
    if model.journal.told(asked, answer) {
        return model.journal.read_older().map(Effect::ReadJournal).into_iter().collect();
    }
    fill(model)
}

/// Reads on while the screen is not full, or the cursor is near the end.
fn fill(model: &mut Model) -> Vec<Effect> {
    let keys = model.journal.keys();
    let near = model.journal.cursor.position(keys).unwrap_or(0) + journal::rows(model).max(NEAR_END);
    if model.screen != Screen::Journal || keys.len() > near || !model.link.is_up() {
        return Vec::new();
    }
    model.journal.read_older().map(Effect::ReadJournal).into_iter().collect()
}

pub(crate) fn press(model: &mut Model, action: Action) -> Vec<Effect> {
    let page = isize::try_from(journal::rows(model).max(1)).unwrap_or(isize::MAX);
    let keys = model.journal.keys().to_vec();
    match action {
        Action::Open => {
            let key = model.journal.cursor.on(&keys);
            let found = key.and_then(|key| Some((key.0, model.journal.get(key)?.clone())));
            match found {
                Some((context, entry)) => {
                    model.overlay = Some(Overlay::Entry(Box::new(EntryPage { context, entry, scroll: 0 })));
                }
                None => model.notify(Tone::Plain, Text::NothingChosen),
            }
        }
        Action::Follow => {
            model.journal.cursor = Cursor::default();
            if !model.journal.filter.value().is_empty() {
                model.journal.filter.reset();
                return restart(model);
            }
        }
        Action::Top => model.journal.cursor.move_to(&keys, 0),
        Action::Bottom => model.journal.cursor.move_to(&keys, usize::MAX),
        _ => {
            if let Some(by) = action.rows(page) {
                model.journal.cursor.move_by(&keys, by);
            }
        }
    }
    fill(model)
}

/// Changes the filter: it is asked for as soon as the typing pauses.
pub(crate) fn edit(model: &mut Model, request: InputRequest) {
    model.journal.filter.handle(request);
    begin_anew(model);
    model.timers.set(Timer::ReadJournal, after(model.now, SOON_MS));
}

/// The filter is typed, or given up.
pub(crate) fn typed(model: &mut Model, is_given_up: bool) -> Vec<Effect> {
    model.journal.is_typing = false;
    if !is_given_up {
        return read_new(model);
    }
    model.journal.filter.reset();
    restart(model)
}

fn begin_anew(model: &mut Model) {
    model.journal.restart();
    model.journal.expected.extend(Context::ALL);
}

fn restart(model: &mut Model) -> Vec<Effect> {
    begin_anew(model);
    read_new(model)
}

#[cfg(test)]
mod tests {
    use crate::core::journal::Reading;
    use crate::core::journal::tests::entry;
    use crate::core::msg::{Effect, Msg};
    use crate::testing::{TestApp, order, requested, serving};
    use rental_bus::commands::JournalPage;
    use rental_bus::{CallError, Silence};
    use rental_model::Context;

    fn readings(app: &mut TestApp) -> Vec<Reading> {
        let reading = |effect| if let Effect::ReadJournal(asked) = effect { Some(asked) } else { None };
        app.asked().into_iter().filter_map(reading).collect()
    }

    /// On the journal screen; order has two entries, the others none.
    fn app() -> TestApp {
        let mut app = TestApp::live();
        app.press("5");
        for asked in readings(&mut app) {
            let entries = if asked.context == Context::Order { vec![entry(3, 9), entry(1, 2)] } else { Vec::new() };
            let commands = entries.first().map_or(0, |entry| entry.number);
            app.tell(Msg::Journal { asked, answer: Ok(JournalPage { entries, next: None, commands }) });
        }
        assert_eq!(readings(&mut app), []);
        app
    }

    fn status(app: &mut TestApp, commands: u64) {
        let mut status = serving(Context::Order, 0);
        status.commands = commands;
        app.tell(Msg::Status { context: Context::Order, answer: Ok(Box::new(status)) });
    }

    #[test]
    fn the_journals_are_read_only_while_looked_at_and_only_when_there_is_something_new() {
        let mut app = app();
        app.pass(2_000);
        app.asked();
        app.model.is_dirty = false;
        status(&mut app, 3);
        assert_eq!((readings(&mut app), app.model.is_dirty), (vec![], false), "nothing has changed");
        status(&mut app, 4);
        assert_eq!(readings(&mut app).len(), 1);
        app.press("1");
        app.pass(10_000);
        status(&mut app, 5);
        app.receive(requested(order(1)));
        app.pass(10_000);
        assert_eq!(readings(&mut app), []);
    }

    #[test]
    fn an_event_that_somebody_asked_for_is_read_soon() {
        let mut app = app();
        app.receive(requested(order(1)));
        assert_eq!(readings(&mut app), []);
        app.pass(200);
        let asked = readings(&mut app);
        assert_eq!(asked.iter().map(|asked| asked.context).collect::<Vec<_>>(), [Context::Order]);
    }

    #[test]
    fn the_cursor_stays_on_its_entry_when_others_arrive() {
        let mut app = app();
        app.press("jj");
        let on = |app: &TestApp| app.model.journal.cursor.on(app.model.journal.keys());
        assert_eq!(on(&app), Some((Context::Order, 1)));
        app.receive(requested(order(1)));
        app.pass(200);
        let asked = readings(&mut app).remove(0);
        let entries = vec![entry(4, 12), entry(3, 9), entry(1, 2)];
        app.tell(Msg::Journal { asked, answer: Ok(JournalPage { entries, next: None, commands: 4 }) });
        assert_eq!(on(&app), Some((Context::Order, 1)));
        assert!(app.screen(80, 24).contains("accepted #104"), "and the new one is shown");
    }

    #[test]
    fn an_entry_is_shown_whole_and_leads_to_its_order() {
        let mut app = app();
        app.press("j<enter>");
        let screen = app.screen(80, 24);
        assert!(screen.contains("R-3") && screen.contains("there is no order 17"), "{screen}");
        app.press("<enter>");
        assert_eq!(app.asked(), [Effect::FetchRental(order(17))]);
        assert!(app.model.opened.as_ref().is_some_and(|page| page.order == order(17)));
    }

    #[test]
    fn a_filter_is_asked_for_when_the_typing_pauses_and_given_up_with_esc() {
        let mut app = app();
        app.press("/lee 17");
        assert_eq!(readings(&mut app), []);
        app.pass(200);
        let asked = readings(&mut app);
        assert_eq!((asked.len(), asked[0].body().text.as_deref()), (5, Some("lee 17")));
        app.press("<esc>");
        assert!(readings(&mut app).iter().all(|asked| asked.text.is_empty()));
    }

    #[test]
    fn a_silent_context_is_named_and_its_return_noticed() {
        let mut app = app();
        app.pass(2_000);
        let silent = CallError::Silent { context: Context::Order, why: Silence::NotRunning };
        app.tell(Msg::Status { context: Context::Order, answer: Err(silent) });
        assert!(app.screen(80, 24).contains("order does not answer: its entries are missing here."));
        app.asked();
        status(&mut app, 3);
        assert_eq!(readings(&mut app).len(), 1, "it is back");
    }

    #[test]
    fn own_commands_that_are_not_answered_stand_on_top() {
        let mut app = TestApp::live();
        app.receive_delivered(17);
        app.press("jxy<esc>5");
        assert!(app.screen(80, 24).contains("sent, waiting"));
        let (request_id, ..) = app.sent().unwrap();
        let silent =
            CallError::Silent { context: Context::Order, why: Silence::Late(std::time::Duration::from_secs(3)) };
        app.answer(&request_id, Err(silent));
        let screen = app.screen(80, 24);
        assert!(screen.contains("no answer: R asks again"), "{screen}");
    }
}
