//! The listed rentals as a file: CSV for spreadsheets, JSON for programs.

use crate::core::product_catalog::ProductCatalog;
use crate::i18n::{Language, Text};
use crate::input::Format;
use rental_model::UnixMs;
use rental_model::totalview::Row;
use serde_json::{Value, json};

impl Format {
    /// The whole file.
    pub(crate) fn write<'a>(self, rows: impl Iterator<Item = &'a Row>, products: &ProductCatalog) -> String {
        let records = rows.map(|row| record(row, products));
        match self {
            Self::Json => {
                let objects: Value = records.map(|fields| fields.into_iter().collect::<Value>()).collect();
                format!("{objects:#}\n")
            }
            Self::Csv => {
                let heads = NAMES.join(",") + "\r\n";
                let line = |fields: [(String, Value); 11]| fields.map(|(_, value)| cell(&value)).join(",") + "\r\n";
                records.map(line).fold(heads, |file, line| file + &line)
            }
        }
    }
}

const NAMES: [&str; 11] = [
    "orderId",
    "productId",
    "productName",
    "qty",
    "amount",
    "status",
    "payment",
    "delivery",
    "reason",
    "lastEvent",
    "lastAt",
];

/// The fields of one rental, named alike in both formats and all languages.
fn record(row: &Row, product_catalog: &ProductCatalog) -> [(String, Value); 11] {
    let word = |text: Text| json!(Language::English.text(text));
    let values = [
        json!(row.order_id),
        json!(row.product_id),
        json!(row.product_id.and_then(|id| product_catalog.name(id))),
        json!(row.qty),
        json!(row.amount),
        json!(row.status().word()),
        word(row.payment().into()),
        word(row.delivery().into()),
        json!(row.reason),
        json!(row.last_event.wire_name()),
        json!(time(row.last_at)),
    ];
    let mut names = NAMES.into_iter();
    values.map(|value| (names.next().unwrap_or_default().to_owned(), value))
}

fn time(at: UnixMs) -> Option<String> {
    let timestamp = jiff::Timestamp::from_millisecond(i64::try_from(at.0).ok()?).ok()?;
    Some(timestamp.to_string())
}

/// A value as a cell: quoted, and never a formula to a spreadsheet.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => {
            let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
            format!("\"{guard}{}\"", text.replace('"', "\"\""))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOON, order, product, recorded, requested};

    fn file(format: Format, name: &str) -> String {
        let mut product_catalog = ProductCatalog::default();
        product_catalog.fill(vec![product(2, name, 1)], NOON);
        let row = Row::begin(&recorded(1, requested(order(17)))).unwrap();
        format.write([&row].into_iter(), &product_catalog)
    }

    #[test]
    fn a_spreadsheet_gets_lines_and_a_program_objects() {
        insta::assert_snapshot!(file(Format::Csv, "MACBOOK").replace('\r', ""), @r#"
        orderId,productId,productName,qty,amount,status,payment,delivery,reason,lastEvent,lastAt
        17,2,"MACBOOK",10,12000,"requested","waiting","waiting",,"RentalRequested","2026-07-01T12:00:01Z"
        "#);
        let json: Value = serde_json::from_str(&file(Format::Json, "MACBOOK")).unwrap();
        assert_eq!((&json[0]["orderId"], &json[0]["status"]), (&json!(17), &json!("requested")));
    }

    #[test]
    fn a_name_is_neither_a_formula_nor_another_cell() {
        let csv = file(Format::Csv, "=HYPERLINK(\"x\"),1");
        assert!(csv.contains("17,2,\"'=HYPERLINK(\"\"x\"\"),1\",10,"), "{csv}");
    }
}
