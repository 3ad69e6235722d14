//! The words of the filter, in English and Korean.

use crate::totalview::standing::Status;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Status,
    Qty,
    Amount,
    Order,
    Age,
    Product,
}

const FIELDS: [(&str, Field); 14] = [
    ("status", Field::Status),
    ("상태", Field::Status),
    ("qty", Field::Qty),
    ("수량", Field::Qty),
    ("amount", Field::Amount),
    ("fee", Field::Amount),
    ("금액", Field::Amount),
    ("요금", Field::Amount),
    ("order", Field::Order),
    ("주문", Field::Order),
    ("age", Field::Age),
    ("경과", Field::Age),
    ("product", Field::Product),
    ("상품", Field::Product),
];

/// What people call a status, beside its word on the wire. Two words on the screen are one here.
const fn aliases(status: Status) -> &'static [&'static str] {
    match status {
        Status::Requested => &["신청됨"],
        Status::Paid => &["결제됨"],
        Status::Active => &["대여중"],
        Status::Cancelling => &["취소중"],
        Status::Cancelled => &["취소됨"],
        Status::Short => &["재고부족"],
        Status::ShortCancelled => &["nostock", "부족취소"],
        Status::Ending => &["returning", "반납중"],
        Status::Ended => &["반납됨"],
    }
}

pub(super) fn field(word: &str) -> Option<Field> {
    FIELDS.iter().find(|(name, _)| *name == word).map(|(_, field)| *field)
}

/// The status a word in lower case names.
pub(super) fn status(word: &str) -> Option<Status> {
    let names = |status: &Status| status.word().eq_ignore_ascii_case(word) || aliases(*status).contains(&word);
    Status::ALL.into_iter().find(names)
}

/// How many seconds a unit of time is.
pub(super) fn seconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "s" | "초" => 1,
        "m" | "min" | "분" => 60,
        "h" | "시간" => 3_600,
        "d" | "일" => 86_400,
        _ => return None,
    })
}
