//! Files as other systems export them, each with something wrong or odd: rows come out, or a report that says what to do.

use std::collections::BTreeMap;

use minhchung::domain::mapping::{Layout, MappingContent};
use minhchung::domain::rows::mapped::{MAXIMUM_UNPACKED_BYTES, read_mapped};
use minhchung::domain::rows::{
    RowKind, RowProblem, RowProblemCode, RowRemark, RowRemarkCode, RowsProblem, RowsProblemCode, RowsRead,
};
use serde_json::{Value, json};

use crate::support::workbook::{archive, data, parts_around, row, row_with, workbook};

const CASES: RowKind = RowKind::OneStopCases;

/// One-stop cases in a workbook: month, code, carried over and new, resolved in three ways, pending in two.
fn one_stop() -> Value {
    let from =
        |column: &str, headers: &[&str]| json!({"column": column, "source": {"kind": "HEADERS", "headers": headers}});
    let zero = |column: &str| json!({"column": column, "source": {"kind": "CONSTANT", "value": "0"}});
    json!({
        "format": {"kind": "XLSX"}, "headerLine": 1, "headerLines": 2,
        "columns": [
            from("month", &["Tháng"]), from("service", &["Mã TTHC"]),
            from("received", &["Tiếp nhận / Kỳ trước", "Tiếp nhận / Mới"]), from("carried_over", &["Tiếp nhận / Kỳ trước"]),
            from("resolved_early", &["Đã giải quyết / Trước hạn"]), from("resolved_on_time", &["Đã giải quyết / Đúng hạn"]),
            from("resolved_late", &["Đã giải quyết / Quá hạn"]), from("pending_in_time", &["Đang giải quyết"]),
            zero("pending_overdue"), zero("apology_letters"), zero("extra_papers")],
        "numbers": "VIETNAMESE", "dates": ["MONTH_YEAR", "MONTH_IN_WORDS"],
        "totals": [{"label": "Tổng cộng", "of": "TABLE"}], "blankLines": "END_TABLE"})
}

/// The header with its merged cells: groups stand in their first cell, what spans both lines in the first.
fn header() -> [String; 2] {
    [
        row(
            1,
            &[
                "'Tháng",
                "'Mã TTHC",
                "'Tiếp nhận",
                "",
                "'Đã giải quyết",
                "",
                "",
                "'Đang giải quyết",
            ],
        ),
        row(
            2,
            &["", "", "'Kỳ trước", "'Mới", "'Trước hạn", "'Đúng hạn", "'Quá hạn", ""],
        ),
    ]
}

fn sheet(rows: &[String]) -> String {
    data(&[&header()[..], rows].concat())
}

fn book(rows: &[String]) -> Vec<u8> {
    workbook(&[("Sheet1", "visible", sheet(rows))], &[])
}

fn read_as(mapping: Value, bytes: &[u8]) -> Result<RowsRead, RowsProblem> {
    let layout: Layout = serde_json::from_value(mapping).unwrap();
    let content = MappingContent {
        name: Default::default(),
        system: "S".to_owned(),
        kind: CASES,
        valid_from: "2019-01-01".parse().unwrap(),
        valid_to: None,
        layout,
    };
    assert_eq!(content.check(), Ok(()));
    read_mapped(CASES, &content.layout, &BTreeMap::new(), bytes)
}

fn read(rows: &[String]) -> RowsRead {
    read_as(one_stop(), &book(rows)).unwrap()
}

#[track_caller]
fn refused(read: Result<RowsRead, RowsProblem>, code: RowsProblemCode, says: &str) {
    let problem = read.expect_err("a problem");
    assert_eq!(problem.code, code, "{problem:?}");
    assert!(problem.message.en.contains(says), "{problem:?}");
    assert!(problem.message.is_complete());
}

/// Line, column and code of each problem.
fn problems(read: &RowsRead) -> Vec<(u32, &str, RowProblemCode)> {
    let place = |one: &'_ RowProblem| (one.line, one.code);
    let columns = read.report.iter().map(|one| one.column.as_deref().unwrap_or_default());
    let places = read.report.iter().map(place);
    columns
        .zip(places)
        .map(|(column, (line, code))| (line, column, code))
        .collect()
}

fn remarks(read: &RowsRead, code: RowRemarkCode) -> Vec<&RowRemark> {
    read.remarks.iter().filter(|remark| remark.code == code).collect()
}

#[test]
fn merged_header_cells_shared_texts_and_dates_become_rows() {
    let rows = [
        header()[0].clone(),
        header()[1].clone(),
        // 43646 is 30 June 2019.
        row(3, &["@43646", "#0", "10", "90", "40", "'1.050", "0", "5"]),
        row(4, &["'Tháng 7/2019", "#0", "0", "5", "5", "0", "0", "0"]),
        row(5, &["'Tổng cộng", "", "10", "95", "45", "1050", "0", "5"]),
    ];
    let sheet = format!("{}<mergeCells><mergeCell ref=\"C1:D1\"/></mergeCells>", data(&rows));
    let bytes = workbook(&[("Biểu 06a", "visible", sheet)], &["1.004227", "not used"]);
    // 1,050 of 100 cannot have been on time.
    let wrong = read_as(one_stop(), &bytes).unwrap();
    assert_eq!(problems(&wrong), [(3, "received", RowProblemCode::MoreThanTotal)]);

    let bytes = workbook(
        &[(
            "Biểu 06a",
            "visible",
            data(&[
                rows[0].clone(),
                rows[1].clone(),
                rows[2].replace("1.050", "50"),
                rows[3].clone(),
            ]),
        )],
        &["1.004227"],
    );
    let good = read_as(one_stop(), &bytes).unwrap();
    assert!(good.is_clean(), "{:?}", good.report);
    let first = &good.rows[0];
    assert_eq!(
        ["month", "service", "received", "carried_over", "resolved_on_time"].map(|column| first.value(column)),
        ["2019-06", "1.004227", "100", "10", "50"]
    );
    assert_eq!((first.line, good.rows[1].value("month")), (3, "2019-07"));
    // 100 = 40 + 50 + 0 + 5 and five that were given back.
    let left = remarks(&good, RowRemarkCode::Unbalanced);
    assert_eq!((left.len(), left[0].line), (1, 3));
    assert!(
        left[0].message.en.contains("5 cases are in none of them"),
        "{:?}",
        left[0]
    );
    assert_eq!(remarks(&good, RowRemarkCode::NoTotalLine).len(), 1);
}

#[test]
fn a_second_header_line_without_a_text_may_be_left_out() {
    let mut flat = one_stop();
    for (column, header) in [(2, "Nhận"), (4, "Sớm"), (5, "Đúng"), (6, "Quá"), (7, "Còn")] {
        flat["columns"][column]["source"]["headers"] = json!([header]);
    }
    flat["columns"].as_array_mut().unwrap().remove(3);
    let rows = [
        row(1, &["'Tháng", "'Mã TTHC", "'Nhận", "'Sớm", "'Đúng", "'Quá", "'Còn"]),
        row(3, &["'06/2019", "'1.004227", "10", "5", "5", "0", "0"]),
    ];
    let bytes = workbook(&[("A", "visible", data(&rows))], &[]);
    let good = read_as(flat.clone(), &bytes).unwrap();
    assert_eq!((good.rows.len(), good.rows[0].line), (1, 3));
    // The header has to begin where the mapping says.
    flat["headerLine"] = json!(2);
    refused(read_as(flat, &bytes), RowsProblemCode::Empty, "no header on line 2");
}

#[test]
fn a_byte_order_mark_line_ends_of_two_kinds_and_quotes_hide_nothing() {
    let mut csv = one_stop();
    csv["format"] = json!({"kind": "CSV", "encoding": "UTF8", "delimiter": "SEMICOLON"});
    let file = "\u{feff}\"Tháng\";\"Mã TTHC\";Tiếp nhận;;\"Đã\r\ngiải quyết\";;;Đang giải quyết\r\n;;Kỳ trước;Mới;Trước hạn;Đúng hạn;Quá hạn;\r\n06/2019;1.004227;1.000;234;1.000;200;4;30\r\nTổng cộng;;1.000;234;1.000;200;4;30\r\n";
    let read = read_as(csv.clone(), file.as_bytes()).unwrap();
    assert!(read.is_clean(), "{:?}", read.report);
    assert_eq!((read.rows[0].value("received"), read.rows[0].line), ("1234", 4));
    // The same with commas is no table of semicolons, and nobody guesses.
    let commas = file.replace(';', ",");
    refused(
        read_as(csv, commas.as_bytes()),
        RowsProblemCode::MissingColumn,
        "no column has the header \"Tháng\"",
    );
}

#[test]
fn windows_1258_is_read_where_the_mapping_says_so_and_reported_where_it_does_not() {
    // Tháng;Mã TTHC;Nhận, in which 0xDE is the tilde and 0xF2 the dot below of the letter before.
    let mut line = b"Th\xE1ng;Ma\xDE TTHC;Nh\xE2\xF2n\n06/2019;1.004227;7\n".to_vec();
    let mut mapping = one_stop();
    mapping["format"] = json!({"kind": "CSV", "encoding": "WINDOWS1258", "delimiter": "SEMICOLON"});
    mapping["headerLines"] = json!(1);
    mapping["totals"] = json!([]);
    for column in 2..8 {
        mapping["columns"][column]["source"] = json!({"kind": "CONSTANT", "value": "0"});
    }
    mapping["columns"][2]["source"] = json!({"kind": "HEADERS", "headers": ["Nhận"]});
    let good = read_as(mapping.clone(), &line).unwrap();
    assert_eq!(good.rows[0].value("received"), "7");
    mapping["format"]["encoding"] = json!("UTF8");
    refused(
        read_as(mapping.clone(), &line),
        RowsProblemCode::WrongEncoding,
        "line 1 is not UTF-8",
    );
    mapping["format"]["encoding"] = json!("WINDOWS1258");
    line.extend(b"06/2019;\x8D;7\n");
    refused(
        read_as(mapping, &line),
        RowsProblemCode::WrongEncoding,
        "line 3 is not Windows-1258",
    );
}

#[test]
fn stored_values_of_formulas_count_and_errors_do_not() {
    let read = read(&[
        row(
            3,
            &["'06/2019", "'1.004227", "0", "=SUM(E3:H3)|10", "=1+4|5", "5", "0", "0"],
        ),
        row(4, &["'06/2019", "'1.004228", "0", "!#DIV/0!", "5", "5", "0", "0"]),
        // Never calculated: there is no value.
        row(5, &["'06/2019", "'1.004229", "0", "=SUM(E5:H5)", "5", "5", "0", "0"]),
        // What is shown as 10 is 9.7, and 0.1 + 0.2 of ten is 3.
        row(
            6,
            &[
                "'06/2019",
                "'1.004230",
                "0",
                "9.6999999999999993",
                "5",
                "3.0000000000000004",
                "0",
                "0",
            ],
        ),
        // A code that is a number has lost its zeros; 1.00423 may have been 1.004230.
        row(7, &["'06/2019", "1.00423", "0", "10", "5", "5", "0", "0"]),
        row(8, &["6", "'1.004231", "0", "10", "5", "5", "0", "0"]),
    ]);
    assert_eq!(read.rows.len(), 1);
    assert_eq!(read.rows[0].value("received"), "10");
    assert_eq!(
        problems(&read),
        [
            (4, "received", RowProblemCode::CellError),
            (5, "received", RowProblemCode::Empty),
            (6, "received", RowProblemCode::NotANumber),
            (7, "service", RowProblemCode::NotText),
            (8, "month", RowProblemCode::NotAMonth),
        ]
    );
    let formulas = remarks(&read, RowRemarkCode::Formula);
    let found: Vec<_> = formulas
        .iter()
        .map(|one| (one.line, one.column.as_deref().unwrap(), &one.message.en[..2]))
        .collect();
    assert_eq!(
        found,
        [(3, "Tiếp nhận / Mới", "2 "), (3, "Đã giải quyết / Trước hạn", "1 ")]
    );
}

#[test]
fn what_a_spreadsheet_hides_is_never_read_unnoticed() {
    let good = row(3, &["'06/2019", "'1.004227", "0", "10", "5", "5", "0", "0"]);
    let hidden_line = row_with(
        4,
        r#"hidden="1""#,
        &["'06/2019", "'1.004228", "0", "10", "5", "5", "0", "0"],
    );
    let total = row(5, &["'Tổng cộng", "", "0", "20", "10", "10", "0", "0"]);
    let read_hidden = read(&[good.clone(), hidden_line, total]);
    assert_eq!(
        problems(&read_hidden),
        [(4, "", RowProblemCode::HiddenLine)],
        "the totals are not told on top of it"
    );

    let columns = r#"<cols><col min="5" max="6" hidden="1"/></cols>"#;
    let bytes = workbook(
        &[(
            "A",
            "visible",
            format!("{columns}{}", sheet(std::slice::from_ref(&good))),
        )],
        &[],
    );
    refused(
        read_as(one_stop(), &bytes),
        RowsProblemCode::WrongSheet,
        "hides the column \"Đã giải quyết / Trước hạn\"",
    );

    let sheets = [
        ("Nháp", "hidden", sheet(&[])),
        ("T6", "visible", sheet(std::slice::from_ref(&good))),
        ("Kín", "veryHidden", sheet(&[])),
    ];
    let read = read_as(one_stop(), &workbook(&sheets, &[])).unwrap();
    assert_eq!(read.rows.len(), 1);
    let others: Vec<&str> = remarks(&read, RowRemarkCode::OtherSheet)
        .iter()
        .map(|one| one.message.en.as_str())
        .collect();
    assert_eq!(
        others,
        [
            "the sheet \"Nháp\" is hidden and not read",
            "the sheet \"Kín\" is hidden and not read"
        ]
    );
    let named = |name: &str| {
        let mut named = one_stop();
        named["format"]["sheet"] = json!(name);
        read_as(named, &workbook(&sheets, &[]))
    };
    assert_eq!(named("T6").unwrap().rows.len(), 1);
    refused(named("Nháp"), RowsProblemCode::WrongSheet, "is hidden; show it");
    refused(
        named("T7"),
        RowsProblemCode::WrongSheet,
        "there are \"Nháp\" (ẩn), \"T6\", \"Kín\" (ẩn)",
    );
    let two = [
        ("T6", "visible", sheet(std::slice::from_ref(&good))),
        ("T7", "visible", sheet(&[good])),
    ];
    refused(
        read_as(one_stop(), &workbook(&two, &[])),
        RowsProblemCode::WrongSheet,
        "has to name one",
    );
}

#[test]
fn a_million_lines_end_at_the_first_row_too_many() {
    let mut rows = header().concat();
    for number in 3..1_000_003 {
        rows.push_str(&format!("<row r=\"{number}\"><c r=\"D{number}\"><v>1</v></c></row>"));
    }
    let bytes = workbook(&[("A", "visible", format!("<sheetData>{rows}</sheetData>"))], &[]);
    refused(
        read_as(one_stop(), &bytes),
        RowsProblemCode::TooManyRows,
        "more than 100000 rows",
    );
    // A million formatted lines without anything in them are no rows.
    let mut rows = [
        header().concat(),
        row(3, &["'06/2019", "'1.004227", "0", "10", "5", "5", "0", "0"]),
    ]
    .concat();
    for number in 4..1_000_000 {
        rows.push_str(&format!("<row r=\"{number}\"/>"));
    }
    let bytes = workbook(&[("A", "visible", format!("<sheetData>{rows}</sheetData>"))], &[]);
    assert_eq!(read_as(one_stop(), &bytes).unwrap().rows.len(), 1);
}

#[test]
fn a_bomb_is_refused_by_what_it_states_and_by_what_it_is() {
    let text = vec![b'0'; usize::try_from(MAXIMUM_UNPACKED_BYTES).unwrap()];
    let mut parts = parts_around(&[("A", "visible", sheet(&[]))]);
    parts.push(("xl/sharedStrings.xml".to_owned(), text));
    let parts: Vec<(&str, &[u8])> = parts
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    let mut bomb = archive(&parts);
    assert!(bomb.len() < 1024 * 1024, "{} bytes", bomb.len());
    refused(
        read_as(one_stop(), &bomb),
        RowsProblemCode::TooLarge,
        "more than 128 MiB",
    );
    // The directory lies: no part has more than 1,000 bytes.
    let mut place = 0;
    while let Some(found) = bomb[place..].windows(4).position(|window| window == b"PK\x01\x02") {
        place += found;
        let stated = u32::from_le_bytes(bomb[place + 24..place + 28].try_into().unwrap());
        bomb[place + 24..place + 28].copy_from_slice(&stated.min(1000).to_le_bytes());
        place += 4;
    }
    refused(
        read_as(one_stop(), &bomb),
        RowsProblemCode::TooLarge,
        "more than it states",
    );
    // One text without an end in a part of a size that is allowed.
    let long = "0".repeat(8 * 1024 * 1024);
    let bytes = workbook(&[("A", "visible", sheet(&[row(3, &[&format!("'{long}")])]))], &[]);
    refused(
        read_as(one_stop(), &bytes),
        RowsProblemCode::TooLarge,
        "unpacks to more",
    );
    // Entities of its own are no text of a workbook.
    let sheet = sheet(&[row(3, &["'&lol;", "'1.004227", "0", "10", "5", "5", "0", "0"])]);
    let bytes = workbook(&[("A", "visible", sheet)], &[]);
    refused(
        read_as(one_stop(), &bytes),
        RowsProblemCode::Unreadable,
        "cannot be read",
    );
}

#[test]
fn wrong_totals_are_told_with_both_sums() {
    let rows = [
        row(3, &["'06/2019", "'1.004227", "0", "10", "5", "5", "0", "0"]),
        row(4, &["'06/2019", "'1.004228", "0", "10", "5", "5", "0", "0"]),
        row(5, &["'TỔNG CỘNG", "", "0", "20", "10", "11", "0", "0"]),
    ];
    let read_wrong = read(&rows);
    assert_eq!(
        problems(&read_wrong),
        [(5, "resolved_on_time", RowProblemCode::WrongTotal)]
    );
    assert_eq!(
        read_wrong.report[0].message.en,
        "resolved_on_time: the line of totals says 11, the rows add up to 10"
    );
}

#[test]
fn two_tables_on_one_sheet_are_not_made_one() {
    let good = row(3, &["'06/2019", "'1.004227", "0", "10", "5", "5", "0", "0"]);
    let other = row(6, &["'06/2019", "'1.004228", "0", "10", "5", "5", "0", "0"]);
    let below = read_as(one_stop(), &book(&[good.clone(), other]));
    refused(below, RowsProblemCode::SecondTable, "line 6: there are figures again");
    let again = row(
        4,
        &["", "", "'Kỳ trước", "'Mới", "'Trước hạn", "'Đúng hạn", "'Quá hạn", ""],
    );
    refused(
        read_as(one_stop(), &book(&[good.clone(), again])),
        RowsProblemCode::SecondTable,
        "the header is there again",
    );
    // Beside it, with the same headers: which one is meant is not known.
    let beside = data(&[
        row(
            1,
            &[
                "'Tháng",
                "'Mã TTHC",
                "'Tiếp nhận",
                "",
                "'Đã giải quyết",
                "",
                "",
                "'Đang giải quyết",
                "'Tháng",
            ],
        ),
        header()[1].clone(),
        good,
    ]);
    let bytes = workbook(&[("A", "visible", beside)], &[]);
    refused(
        read_as(one_stop(), &bytes),
        RowsProblemCode::DoubledColumn,
        "two columns have the header \"Tháng\"",
    );
}

#[test]
fn what_is_no_workbook_or_a_broken_one_says_so() {
    let bytes = book(&[row(3, &["'06/2019", "'1.004227", "0", "10", "5", "5", "0", "0"])]);
    assert_eq!(read_as(one_stop(), &bytes).unwrap().rows.len(), 1);
    for length in (0..bytes.len()).step_by(7) {
        assert!(read_as(one_stop(), &bytes[..length]).is_err(), "{length}");
    }
    refused(
        read_as(one_stop(), b"<html>"),
        RowsProblemCode::WrongFormat,
        "this is none",
    );
    let document = archive(&[("word/document.xml", b"<document/>".as_slice())]);
    refused(
        read_as(one_stop(), &document),
        RowsProblemCode::Unreadable,
        "\"_rels/.rels\"",
    );
    let gone = [(
        "A",
        "visible",
        "<sheetData><row r=\"2\"/><row r=\"1\"/></sheetData>".to_owned(),
    )];
    refused(
        read_as(one_stop(), &workbook(&gone, &[])),
        RowsProblemCode::Unreadable,
        "cannot be read",
    );
    let text = row(3, &["#9"]);
    refused(
        read_as(one_stop(), &book(&[text])),
        RowsProblemCode::Unreadable,
        "sharedStrings",
    );
}

#[test]
fn a_sheet_that_does_not_end_or_has_lines_within_lines_is_damaged() {
    let good = row(3, &["'06/2019", "'1.004227", "0", "10", "5", "5", "0", "0"]);
    let cut = sheet(std::slice::from_ref(&good)).replace("</sheetData>", "");
    let nested = sheet(&[
        good,
        "<row r=\"4\"><row r=\"5\"/><c r=\"A4\"><v>1</v></c></row>".to_owned(),
    ]);
    for content in [cut, nested] {
        refused(
            read_as(one_stop(), &workbook(&[("A", "visible", content)], &[])),
            RowsProblemCode::Unreadable,
            "cannot be read",
        );
    }
}

#[test]
fn a_formula_without_its_result_is_neither_zero_nor_the_cell_above() {
    let mut mapping = one_stop();
    mapping["emptyIsZero"] = json!(true);
    mapping["columns"][0]["source"]["repeats"] = json!(true);
    let read = read_as(
        mapping,
        &book(&[
            row(3, &["'06/2019", "'1.004227", "0", "10", "5", "5", "", "0"]),
            row(4, &["=A3", "'1.004228", "0", "10", "5", "5", "0", "0"]),
            // Some programs write an element for the value that they do not know.
            row(5, &["", "'1.004229", "0", "=D3|", "5", "5", "0", "0"]),
            row(6, &["", "", "=C3", "=D3", "=E3", "=F3", "=G3", "=H3"]),
            row(7, &["'06/2019", "'1.004230", "0", "10", "5", "5", "0", "0"]),
        ]),
    )
    .unwrap();
    let codes: Vec<&str> = read.rows.iter().map(|row| row.value("service")).collect();
    assert_eq!(codes, ["1.004227", "1.004230"]);
    let found = problems(&read);
    assert!(found.contains(&(4, "month", RowProblemCode::Empty)), "{found:?}");
    // What stands above is not known, either.
    assert!(found.contains(&(5, "month", RowProblemCode::Empty)), "{found:?}");
    assert!(found.contains(&(5, "received", RowProblemCode::Empty)), "{found:?}");
    assert!(found.contains(&(6, "received", RowProblemCode::Empty)), "{found:?}");
    assert_eq!(
        read.report[0].message.en,
        "month: the formula has no stored value; open the file, save it, send it again"
    );
}

#[test]
fn shared_texts_are_no_longer_than_a_cell_and_count_in_every_cell() {
    let header = header();
    let good = row(3, &["'06/2019", "'1.004227", "0", "10", "5", "5", "0", "0"]);
    let read_with = |text: &str, lines: u32| {
        let cells = ["#0"; 16];
        let copies = (4..4 + lines).map(|number| {
            let mut all = vec!["'06/2019", "'1.004228", "0", "10", "5", "5", "0", "0"];
            all.extend(cells);
            row(number, &all)
        });
        let rows: Vec<String> = header.iter().cloned().chain([good.clone()]).chain(copies).collect();
        read_as(one_stop(), &workbook(&[("A", "visible", data(&rows))], &[text]))
    };
    let longest = "a".repeat(32_767);
    assert!(read_with(&longest, 1).is_ok());
    refused(
        read_with(&format!("{longest}a"), 0),
        RowsProblemCode::TooLarge,
        "shared text 0 has more than 32767 characters",
    );
    // 16 cells on each of 520 lines: 272 MB.
    refused(
        read_with(&longest, 520),
        RowsProblemCode::TooLarge,
        "more than 256 MiB of text in all",
    );
}

/// The figures that Huế published: 268,763 cases, 257,141 done, 11,622 pending, 48.6 % early, 40 % on time and 7.7 % late, of all
/// cases. The three counts are chosen: they add up to what is done, and as few percentages as possible are wrong for that.
///
/// 130,619 early is 48.60007 %, 106,162 on time 39.50023 %, which leaves 257,141 − 130,619 − 106,162 = 20,360 late: 7.57545 %.
/// Even the least that the printed places allow (130,485 + 106,162 + 20,561 = 257,208) is more than was done.
#[test]
fn the_published_figures_of_hue_keep_their_counts_and_show_where_percentages_differ() {
    let file = "Chỉ tiêu;Mã;Tổng số;Đã giải quyết;Trước hạn;Tỷ lệ trước hạn;Đúng hạn;Tỷ lệ đúng hạn;Quá hạn;Tỷ lệ quá hạn;Đang giải quyết\n\
        12/2019;MUC-1-2;268.763;257.141;130.619;48,6%;106.162;40%;20.360;7,7%;11.622\n";
    let from =
        |column: &str, header: &str| json!({"column": column, "source": {"kind": "HEADERS", "headers": [header]}});
    let zero = |column: &str| json!({"column": column, "source": {"kind": "CONSTANT", "value": "0"}});
    let mapping = |base: &[&str]| {
        let percentage =
            |header: &str, column: &str| json!({"header": header, "numerator": [column], "denominator": base});
        json!({
            "format": {"kind": "CSV", "encoding": "UTF8", "delimiter": "SEMICOLON"}, "headerLine": 1, "headerLines": 1,
            "columns": [
                from("month", "Chỉ tiêu"), from("service", "Mã"), from("received", "Tổng số"), from("resolved_early", "Trước hạn"),
                from("resolved_on_time", "Đúng hạn"), from("resolved_late", "Quá hạn"), from("pending_in_time", "Đang giải quyết"),
                zero("pending_overdue"), zero("apology_letters"), zero("extra_papers")],
            "percentages": [percentage("Tỷ lệ trước hạn", "resolved_early"), percentage("Tỷ lệ đúng hạn", "resolved_on_time"),
                percentage("Tỷ lệ quá hạn", "resolved_late")],
            "numbers": "VIETNAMESE", "dates": ["MONTH_YEAR"], "blankLines": "END_TABLE"})
    };
    let differing = |base: &[&str]| -> Vec<String> {
        let read = read_as(mapping(base), file.as_bytes()).unwrap();
        assert!(read.is_clean(), "{:?}", read.report);
        let counts = [
            "received",
            "resolved_early",
            "resolved_on_time",
            "resolved_late",
            "pending_in_time",
        ];
        assert_eq!(
            counts.map(|column| read.rows[0].value(column)),
            ["268763", "130619", "106162", "20360", "11622"]
        );
        // 130,619 + 106,162 + 20,360 + 11,622 = 268,763.
        assert!(remarks(&read, RowRemarkCode::Unbalanced).is_empty());
        let found = remarks(&read, RowRemarkCode::PercentageDiffers);
        found.iter().map(|remark| remark.message.en.clone()).collect()
    };
    assert_eq!(
        differing(&["received"]),
        ["7,7% is printed, 20360 of 268763 is 7.5754 %: +0.1246"]
    );
    // Of what is done none of them is a percentage: the base is the total.
    assert_eq!(
        differing(&["resolved_early", "resolved_on_time", "resolved_late"]),
        [
            "48,6% is printed, 130619 of 257141 is 50.7966 %: -2.1966",
            "40% is printed, 106162 of 257141 is 41.2855 %: -1.2855",
            "7,7% is printed, 20360 of 257141 is 7.9178 %: -0.2178",
        ]
    );
}
