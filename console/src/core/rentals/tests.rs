use super::*;
use crate::config::Column;
use crate::testing::{NOON, cancelled, order, paid, recorded, requested, reserved};
use proptest::prelude::*;

fn listed(orders: impl IntoIterator<Item = u64>) -> Rentals {
    let mut rentals = Rentals::default();
    rentals.set_height(10);
    for number in orders {
        rentals.project(&recorded(1, requested(order(number))), NOON);
    }
    rentals
}

fn shown(rentals: &Rentals) -> Vec<u64> {
    rentals.window().map(|held| held.row.order_id.get()).collect()
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Add(u64),
    Change(u64),
    Remove(u64),
    Move(isize),
    Resize(usize),
    Mark(u64),
    MarkAll,
    Filter(&'static str),
    Sort(Column),
    Reverse,
    Freeze,
}

/// Mostly rentals that come, change and go; now and then the person does something.
fn step() -> impl Strategy<Value = Step> {
    let filters = ["", "paid", "!cancelled", "order>150", "order<3"];
    prop_oneof![
        40 => (1u64..400).prop_map(Step::Add),
        30 => (1u64..400).prop_map(Step::Change),
        30 => (1u64..400).prop_map(Step::Remove),
        8 => (-15isize..15).prop_map(Step::Move),
        8 => (0usize..40).prop_map(Step::Resize),
        8 => (1u64..400).prop_map(Step::Mark),
        1 => Just(Step::MarkAll),
        2 => prop::sample::select(filters.to_vec()).prop_map(Step::Filter),
        2 => prop::sample::select(Column::ALL.to_vec()).prop_map(Step::Sort),
        2 => Just(Step::Reverse),
        2 => Just(Step::Freeze),
    ]
}

/// Does one step; answers whether it was the person who moved the cursor.
fn take(rentals: &mut Rentals, step: Step) -> bool {
    match step {
        Step::Add(number) => {
            rentals.project(&recorded(1, requested(order(number))), NOON);
        }
        Step::Change(number) if rentals.get(order(number)).is_some() => {
            let event = if number.is_multiple_of(3) { cancelled(order(number)) } else { paid(order(number)) };
            rentals.project(&recorded(2, event), NOON);
        }
        Step::Change(_) => {}
        Step::Remove(number) => rentals.remove(order(number)),
        Step::Move(by) => rentals.move_by(by),
        Step::Resize(height) => rentals.set_height(height),
        Step::Mark(number) => rentals.toggle_mark(order(number)),
        Step::MarkAll => rentals.toggle_all_marks(),
        Step::Filter(typed) => rentals.filter(Filter::parse(typed).unwrap(), NOON),
        Step::Sort(column) => rentals.sort_by(column, NOON),
        Step::Reverse => rentals.reverse(NOON),
        Step::Freeze => rentals.freeze(NOON),
    }
    matches!(step, Step::Move(_))
}

/// The list holds what the filter lets through, in its sorting, unless it is frozen.
fn check_list(rentals: &Rentals) -> Result<(), TestCaseError> {
    let rows: Vec<_> = rentals.rows().collect();
    prop_assert_eq!(rows.len(), rentals.len());
    prop_assert_eq!(rentals.marked().count(), rentals.marked_len(), "a mark outlives its row");
    if rentals.waiting().is_none() {
        let sorting = rentals.sorting();
        let mut keys: Vec<_> = rows.iter().map(|row| (sorting.column.sort().key(*row), row.order_id)).collect();
        if !sorting.is_reversed() {
            keys.reverse();
        }
        prop_assert!(keys.is_sorted(), "{keys:?} is out of order");
        let matching = rentals.held.values().filter(|held| rentals.query().matches(&held.row, NOON)).count();
        prop_assert_eq!(rows.len(), matching);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, max_shrink_iters: 5_000, ..ProptestConfig::default() })]

    /// Whatever comes, changes and goes, filtered, sorted, turned round or frozen: the cursor
    /// stays on its order and in sight; only when that order itself leaves does the cursor
    /// move, and it says so.
    #[test]
    fn the_cursor_stays_on_its_order(steps in prop::collection::vec(step(), 10_000)) {
        let mut rentals = listed([100, 200, 300]);
        rentals.move_to(1);
        for (count, step) in steps.into_iter().enumerate() {
            let before = rentals.cursor();
            let is_moved = take(&mut rentals, step);
            if let Some(before) = before.filter(|_| !is_moved) {
                if rentals.position(before).is_some() {
                    prop_assert_eq!(rentals.cursor(), Some(before));
                    prop_assert_eq!(rentals.take_left(), None);
                } else {
                    prop_assert_eq!(rentals.take_left(), Some(before));
                    prop_assert!(rentals.cursor().is_some() || rentals.len() == 0, "no neighbour was found");
                }
            }
            let ids = shown(&rentals);
            prop_assert_eq!(ids.len(), rentals.height().min(rentals.len()), "the window is not full");
            if let (Some(cursor), true) = (rentals.cursor(), rentals.height() > 0) {
                prop_assert!(ids.contains(&cursor.get()), "{cursor} is out of sight: {ids:?}");
            }
            if count.is_multiple_of(20) {
                check_list(&rentals)?;
            }
        }
    }
}

proptest! {
    /// A window that is scrolled down shows the same orders when others arrive above it.
    #[test]
    fn the_window_does_not_move_under_the_eyes(new in prop::collection::vec(500u64..900, 0..50)) {
        let mut rentals = listed(1..100);
        rentals.move_to(50);
        // Not at the edge, where the cursor alone would hold the window.
        rentals.move_by(-5);
        let before = shown(&rentals);
        for number in new {
            rentals.project(&recorded(1, requested(order(number))), NOON);
        }
        prop_assert_eq!(shown(&rentals), before);
    }
}

#[test]
fn without_a_cursor_the_list_follows_the_newest() {
    let mut rentals = listed(1..50);
    assert_eq!(rentals.cursor(), None);
    rentals.project(&recorded(1, requested(order(50))), NOON);
    assert_eq!(shown(&rentals).first(), Some(&50));
    rentals.move_by(1);
    assert_eq!(rentals.cursor(), Some(order(50)), "the first move takes the first row");
}

#[test]
fn the_same_event_again_changes_nothing() {
    let mut rentals = listed([7]);
    assert_eq!(rentals.project(&recorded(2, paid(order(7))), NOON), RowChange::Changed);
    let counts = rentals.counts().clone();
    assert_eq!(rentals.project(&recorded(2, paid(order(7))), NOON), RowChange::Nothing);
    assert_eq!(rentals.counts(), &counts);
}

#[test]
fn a_row_that_begins_in_the_middle_asks_for_its_beginning() {
    let mut rentals = listed([]);
    assert_eq!(rentals.project(&recorded(2, paid(order(7))), NOON), RowChange::BegunLate);
    assert_eq!(rentals.begun_late().collect::<Vec<_>>(), [order(7)]);
    rentals.project(&recorded(1, requested(order(7))), NOON);
    assert_eq!(rentals.begun_late().count(), 0);
}

#[test]
fn the_counters_follow_the_statuses() {
    let mut rentals = listed([7, 8]);
    rentals.project(&recorded(2, paid(order(7))), NOON);
    rentals.project(&recorded(3, cancelled(order(8))), NOON);
    let of = |status| rentals.counts().get(&status).copied().unwrap_or(0);
    assert_eq!([of(Status::Requested), of(Status::Paid), of(Status::Cancelling)], [0, 1, 1]);
}

#[test]
fn a_changed_cell_is_marked_for_a_moment_and_a_loaded_row_is_not() {
    let mut rentals = listed([]);
    let loaded = Row::begin(&recorded(1, requested(order(7)))).unwrap();
    rentals.join(loaded, NOON);
    let marks = |rentals: &Rentals, at: u64| {
        let held = rentals.window().next().unwrap();
        held.marks(UnixMs(NOON.0 + at))
    };
    assert_eq!(marks(&rentals, 0), Columns::NONE);
    rentals.project(&recorded(2, paid(order(7))), NOON);
    assert!(marks(&rentals, 0).has(Column::Payment) && marks(&rentals, 0).has(Column::Status));
    assert!(!marks(&rentals, 0).has(Column::Delivery));
    rentals.project(&recorded(3, reserved(order(7))), UnixMs(NOON.0 + 1_000));
    assert!(marks(&rentals, 1_000).has(Column::Payment), "a second change keeps the first one's mark");
    assert_eq!(marks(&rentals, 1_000 + MARK_MS), Columns::NONE);
}

#[test]
fn memory_is_bounded_but_never_loses_what_is_looked_at() {
    let many = u64::try_from(MOST_KEPT + TRIM_SLACK + 1).unwrap();
    let mut rentals = listed(1..=many);
    assert_eq!(rentals.trim(), Some(order(many - u64::try_from(MOST_KEPT).unwrap())));
    assert_eq!(rentals.len(), MOST_KEPT);
    let mut rentals = listed(1..=many);
    rentals.move_to(usize::MAX);
    assert_eq!(rentals.trim(), None);
    assert_eq!(rentals.cursor(), Some(order(1)));
}
