//! Stores that an earlier version wrote.

use crate::desk::{Desk, Stream, fee, requested};
use rental_model::Context::{Billing, Order};
use rental_model::totalview::TotalView;
use rental_runtime::Policy;

/// The kinds of row that totalview's catalogue is made of.
const CATALOGUE: [u8; 2] = [5, 6];

/// Totalview first kept no catalogue: what it lists from one must be right all the same.
#[test]
fn a_store_without_a_catalogue_is_given_one_when_it_is_opened() {
    let mut desk = Desk::open(Policy::projecting(TotalView)).0;
    desk.hear(Order, &Stream::of([requested(1), requested(2), requested(200)]).messages());
    desk.hear(Billing, &Stream::of([fee(2)]).messages());
    let ask = |desk: &Desk| desk.answer("list", r#"{"filter":"qty>0 !paid","sort":"age"}"#).unwrap();
    let whole = ask(&desk);
    assert!(whole.contains(r#""matching":2"#), "{whole}");
    desk.lose_rows(&CATALOGUE);
    assert!(ask(&desk).contains(r#""matching":0"#), "the list is made from the catalogue");
    let (desk, _) = desk.restart();
    assert_eq!(ask(&desk), whole);
}
