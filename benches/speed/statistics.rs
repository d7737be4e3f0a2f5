//! Reading rows of statistics by a column mapping, CSV and workbook, against the `csv` crate walking over the same rows: headers,
//! numbers, months, keys, totals and percentages are what the rest is spent on.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use minhchung::domain::mapping::Layout;
use minhchung::domain::rows::mapped::read_mapped;
use minhchung::domain::rows::{RowKind, read_csv};
use serde_json::{Value, json};

use crate::Problem;
use crate::measure::{line, median, thread_time};
use crate::workbook::{data, row, workbook};

/// How much is measured.
pub struct Sizes {
    /// Rows of the file.
    rows: u32,
    /// Measurements; the median counts.
    rounds: usize,
}

pub const FULL: Sizes = Sizes {
    rows: 100_000,
    rounds: 5,
};
pub const TINY: Sizes = Sizes { rows: 100, rounds: 1 };

/// Headers of the export; those of the columns, then a printed percentage.
const HEADERS: [&str; 6] = ["Tháng", "Mã TTHC", "Mức độ", "Tổng số", "Trực tuyến", "Tỷ lệ"];

pub async fn run(sizes: &Sizes) -> Result<(), Problem> {
    let cells: Vec<[String; 6]> = (0..sizes.rows).map(cells).collect();
    let csv = export(&cells);
    let canonical = canonical(&cells);
    let book = book(&cells);
    let as_csv = layout(json!({"kind": "CSV", "encoding": "UTF8", "delimiter": "SEMICOLON"}))?;
    let as_book = layout(json!({"kind": "XLSX"}))?;
    let kind = RowKind::OnlineServiceUsage;
    let given = BTreeMap::new();
    let expected = sizes.rows as usize;
    let mapped = |layout: &Layout, bytes: &[u8]| read_mapped(kind, layout, &given, bytes).map(|read| read.rows.len());
    let (mut bare, mut plain, mut from_csv, mut from_book) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..sizes.rounds {
        bare.push(timed(expected, || walk(&csv))?);
        plain.push(timed(expected, || {
            read_csv(kind, canonical.as_bytes()).map_or(0, |read| read.rows.len())
        })?);
        from_csv.push(timed(expected, || mapped(&as_csv, csv.as_bytes()).unwrap_or(0))?);
        from_book.push(timed(expected, || mapped(&as_book, &book).unwrap_or(0))?);
    }
    let bare = median(bare);
    for (what, times) in [
        ("in the documented header", plain),
        ("by a mapping, CSV", from_csv),
        ("by a mapping, workbook", from_book),
    ] {
        let time = median(times);
        let value = format!("{:.1} × ({:.0} ms)", time / bare, time * 1000.0);
        line(&format!("reading {} rows {what}, against csv", sizes.rows), &value, "");
    }
    Ok(())
}

/// Processor seconds of reading, which has to give so many rows.
fn timed(expected: usize, read: impl FnOnce() -> usize) -> Result<f64, Problem> {
    let started = thread_time()?;
    let rows = black_box(read());
    let spent: Duration = thread_time()? - started;
    if rows != expected {
        return Err(format!("{rows} rows of {expected} were read").into());
    }
    Ok(spent.as_secs_f64())
}

/// Walks over every value of a CSV file; the header is no row.
fn walk(text: &str) -> usize {
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut count = 0;
    while reader.read_record(&mut record).is_ok_and(|more| more) {
        for value in &record {
            black_box(value);
        }
        count += 1;
    }
    count
}

/// The cells of a row: one of twelve months, a service of its own, 30 % of its cases online.
fn cells(number: u32) -> [String; 6] {
    let (month, service) = (number % 12 + 1, number / 12);
    let total = 1000 + number % 9 * 10;
    [
        format!("{month:02}/2019"),
        format!("1.{service:06}"),
        "Mức 4".to_owned(),
        total.to_string(),
        (total / 10 * 3).to_string(),
        "30,0".to_owned(),
    ]
}

fn export(cells: &[[String; 6]]) -> String {
    let mut text = HEADERS.join(";") + "\n";
    for cells in cells {
        text.push_str(&cells.join(";"));
        text.push('\n');
    }
    text
}

fn canonical(cells: &[[String; 6]]) -> String {
    let mut text = "month,service,level,total,online,fee_cases,online_payments\n".to_owned();
    for [month, service, _, total, online, _] in cells {
        let month = &month[..2];
        text.push_str(&format!("2019-{month},{service},4,{total},{online},0,0\n"));
    }
    text
}

fn book(cells: &[[String; 6]]) -> Vec<u8> {
    let header = HEADERS.map(|text| format!("'{text}"));
    let mut rows = vec![row(1, &header.each_ref().map(String::as_str))];
    for (number, [month, service, level, total, online, percent]) in (2..).zip(cells) {
        let texts = [month, service, level, percent].map(|text| format!("'{text}"));
        rows.push(row(
            number,
            &[&texts[0], &texts[1], &texts[2], total, online, &texts[3]],
        ));
    }
    workbook(&[("Số liệu", "visible", data(&rows))], &[])
}

fn layout(format: Value) -> Result<Layout, Problem> {
    let from = |column: &str, place: usize| json!({"column": column, "source": {"kind": "HEADERS", "headers": [HEADERS[place]]}});
    let zero = |column: &str| json!({"column": column, "source": {"kind": "CONSTANT", "value": "0"}});
    Ok(serde_json::from_value(json!({
        "format": format, "headerLine": 1, "headerLines": 1,
        "columns": [from("month", 0), from("service", 1), from("level", 2), from("total", 3), from("online", 4),
            zero("fee_cases"), zero("online_payments")],
        "numbers": "VIETNAMESE", "dates": ["MONTH_YEAR"],
        "percentages": [{"header": HEADERS[5], "numerator": ["online"], "denominator": ["total"]}],
        "levels": [{"until": "2021-12", "values": {"Mức 4": "4"}}], "blankLines": "END_TABLE"}))?)
}
