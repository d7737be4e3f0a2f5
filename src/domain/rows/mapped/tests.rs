mod dates;

use super::*;
use serde_json::{Value, json};

use crate::domain::mapping::{Delimiter, Encoding};
use crate::domain::rows::MAXIMUM_FILE_ROWS;
use crate::domain::rows::RowRemarkCode::{self, *};

const USAGE: RowKind = RowKind::OnlineServiceUsage;

/// A semicolon file of online usage with a header of two lines below a title and a period.
fn mapping() -> Value {
    let from =
        |column: &str, headers: &[&str]| json!({"column": column, "source": {"kind": "HEADERS", "headers": headers}});
    json!({
        "format": {"kind": "CSV", "encoding": "UTF8", "delimiter": "SEMICOLON"},
        "headerLine": 3, "headerLines": 2,
        "columns": [
            {"column": "month", "source": {"kind": "CELL", "line": 2, "column": 1}},
            from("service", &["Mã TTHC"]), from("level", &["Mức độ"]),
            from("total", &["Hồ sơ / Trực tuyến", "Hồ sơ / Trực tiếp"]), from("online", &["Hồ sơ / Trực tuyến"]),
            {"column": "fee_cases", "source": {"kind": "CONSTANT", "value": "0"}},
            {"column": "online_payments", "source": {"kind": "CONSTANT", "value": "0"}}],
        "numbers": "VIETNAMESE", "dates": ["MONTH_IN_WORDS"],
        "totals": [{"label": "Tổng cộng", "of": "TABLE"}, {"label": "Cộng", "of": "GROUP"}],
        "percentages": [{"header": "Tỷ lệ", "numerator": ["online"], "denominator": ["total"]}],
        "levels": [
            {"until": "2021-12", "values": {"Mức 3": "3", "Mức 4": "4"}},
            {"from": "2022-01", "values": {"Toàn trình": "full", "Một phần": "partial"}}],
        "blankLines": "END_TABLE"})
}

const ABOVE: &str = "THỐNG KÊ;;;;;\nTháng 6/2019;;;;;\nMã TTHC;Mức độ;Hồ sơ;;Tỷ lệ;Ghi chú\n;;Trực tuyến;Trực tiếp;;\n";

fn read_as(mapping: Value, file: &str) -> Result<RowsRead, RowsProblem> {
    let layout: Layout = serde_json::from_value(mapping).expect("a layout");
    read_mapped(USAGE, &layout, &BTreeMap::new(), file.as_bytes())
}

/// The rows and the report of lines below the header.
fn read(lines: &str) -> RowsRead {
    read_as(mapping(), &format!("{ABOVE}{lines}")).expect("readable")
}

/// Line, column and code of each problem; all are told in both languages.
fn problems(read: &RowsRead) -> Vec<(u32, &str, RowProblemCode)> {
    assert!(read.report.iter().all(|problem| problem.message.is_complete()));
    let place = |problem: &'_ RowProblem| (problem.line, problem.code);
    let columns = read
        .report
        .iter()
        .map(|problem| problem.column.as_deref().unwrap_or_default());
    columns
        .zip(read.report.iter().map(place))
        .map(|(column, (line, code))| (line, column, code))
        .collect()
}

/// The English message of the one remark of a kind.
#[track_caller]
fn remark(read: &RowsRead, code: RowRemarkCode) -> (u32, &str) {
    let found: Vec<_> = read.remarks.iter().filter(|remark| remark.code == code).collect();
    let [one] = found.as_slice() else { panic!("{found:?}") };
    (one.line, &one.message.en)
}

#[test]
fn headers_of_two_lines_a_period_above_and_sums_become_rows() {
    let read = read("1.004227;Mức 4;1.200;34;97,2;\n1.004228;Mức 3;0;5;0,0;\nTổng cộng;;1.200;39;96,9;\n");
    assert!(read.is_clean(), "{:?}", read.report);
    let values: Vec<[&str; 5]> = read
        .rows
        .iter()
        .map(|row| ["month", "service", "level", "total", "online"].map(|column| row.value(column)))
        .collect();
    assert_eq!(
        values,
        [
            ["2019-06", "1.004227", "4", "1234", "1200"],
            ["2019-06", "1.004228", "3", "5", "0"]
        ]
    );
    assert_eq!(read.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [5, 6]);
    // What was not read is told: two lines above, one column, one line of totals.
    assert_eq!(remark(&read, AboveHeader), (1, "2 lines above the header are not read"));
    assert!(
        read.remarks
            .iter()
            .any(|one| one.code == UnmappedColumn && one.column.as_deref() == Some("Ghi chú"))
    );
    assert_eq!(remark(&read, TotalLine).0, 7);
    assert_eq!(read.remark_count, 3);
}

#[test]
fn totals_are_held_to_their_rows() {
    let rows = "a;Mức 4;10;0;;\nb;Mức 4;20;1;;\n";
    for (totals, expected) in [
        ("TỔNG CỘNG:;;30;1;;\n", vec![]),
        ("Tổng cộng;;;1;;\n", vec![]),
        ("Tổng cộng;;31;1;;\n", vec![(7, "total"), (7, "online")]),
        ("Tổng cộng;;nhiều;1;;\n", vec![(7, "total"), (7, "online")]),
        ("Cộng;;30;1;;\nc;Mức 4;5;0;;\nCộng;;5;0;;\nTổng cộng;;35;1;;\n", vec![]),
        (
            "Cộng;;30;1;;\nc;Mức 4;5;0;;\nCộng;;35;1;;\n",
            vec![(9, "total"), (9, "online")],
        ),
        // An empty line before the totals does not hide them.
        (";;;;;\nTổng cộng;;29;1;;\n", vec![(8, "total"), (8, "online")]),
    ] {
        let read = read(&format!("{rows}{totals}"));
        let found: Vec<_> = problems(&read)
            .into_iter()
            .map(|(line, column, _)| (line, column))
            .collect();
        assert_eq!(found, expected, "{totals}");
    }
    // Above the rows it holds all of them, too.
    let read_before = read(&format!("Tổng cộng;;99;1;;\n{rows}"));
    let message = &read_before.report[0].message.en;
    assert_eq!(message, "total: the line of totals says 100, the rows add up to 31");
    // A row that cannot be added up is the problem, and not the total.
    let unsure = read("a;Mức 4;mười;0;;\nTổng cộng;;10;0;;\n");
    assert!(
        problems(&unsure).iter().all(|(line, ..)| *line == 5),
        "{:?}",
        unsure.report
    );
    let none = read(rows);
    assert_eq!(remark(&none, NoTotalLine).0, 3);
}

#[test]
fn what_looks_like_a_total_is_never_a_row() {
    let mut without = mapping();
    without["totals"] = json!([]);
    let read = read_as(without, &format!("{ABOVE}a;Mức 4;10;0;;\nTỔNG SỐ;Mức 4;10;0;;\n")).expect("readable");
    assert_eq!(problems(&read), [(6, "", RowProblemCode::UnstatedTotal)]);
}

#[test]
fn percentages_are_computed_again_to_the_places_that_are_printed() {
    let long = format!("66,{}", "6".repeat(30_000));
    for (online, direct, printed, expected) in [
        ("1", "2", "33,3", None),
        ("1", "2", "33,33 %", None),
        ("1", "2", "33", None),
        ("1", "7", "12,5", None),
        // A half may be rounded either way.
        ("1", "7", "12", None),
        ("1", "7", "13", None),
        ("1", "2", "33,4", Some("33,4 is printed, 1 of 3 is 33.3333 %: +0.0667")),
        (
            "1",
            "2",
            "33,30",
            Some("33,30 is printed, 1 of 3 is 33.3333 %: -0.0333"),
        ),
        ("0", "0", "0", None),
        (
            "0",
            "0",
            "5",
            Some("5 is printed, but there is nothing to take a part of"),
        ),
        (
            "1",
            "2",
            "một phần ba",
            Some("\"một phần ba\" is printed, which is no percentage"),
        ),
        ("1", "2", "", None),
        // More digits than count: the last of them is no longer the rounded one.
        ("2", "1", "66,6666666666666667", None),
        ("2", "1", long.as_str(), None),
    ] {
        let read = read(&format!("a;Mức 4;{online};{direct};{printed};\n"));
        assert!(read.is_clean());
        let found = read.remarks.iter().find(|remark| remark.code == PercentageDiffers);
        assert_eq!(found.map(|remark| remark.message.en.as_str()), expected, "{printed}");
    }
}

#[test]
fn levels_are_those_of_the_rows_month() {
    let of = |month: &str, level: &str| {
        let file = format!("{ABOVE}a;{level};1;0;;\n").replace("6/2019", month);
        let read = read_as(mapping(), &file).expect("readable");
        read.rows
            .first()
            .map(|row| row.value("level").to_owned())
            .ok_or_else(|| read.report[0].code)
    };
    assert_eq!(of("12/2021", "Mức 3"), Ok("3".to_owned()));
    assert_eq!(of("1/2022", "Toàn trình"), Ok("full".to_owned()));
    assert_eq!(of("1/2022", "Một phần"), Ok("partial".to_owned()));
    assert_eq!(of("1/2022", "Mức 4"), Err(RowProblemCode::NotALevel));
    assert_eq!(of("12/2021", "Toàn trình"), Err(RowProblemCode::NotALevel));
}

#[test]
fn bad_values_name_their_line_and_column() {
    let read = read("a;Mức 4;1.23;0;;\nb;Mức 4;-3;0;;\nc;Mức 9;3;0;;\n;Mức 4;3;0;;\nd;Mức 4;;0;;\nd;Mức 4;1,5;0;;\n");
    assert_eq!(
        problems(&read),
        [
            (5, "total", RowProblemCode::NotANumber),
            (5, "online", RowProblemCode::NotANumber),
            (6, "total", RowProblemCode::Negative),
            (6, "online", RowProblemCode::Negative),
            (7, "level", RowProblemCode::NotALevel),
            (8, "service", RowProblemCode::Empty),
            (9, "total", RowProblemCode::Empty),
            (9, "online", RowProblemCode::Empty),
            (10, "total", RowProblemCode::NotANumber),
            (10, "online", RowProblemCode::NotANumber),
        ]
    );
    assert_eq!(read.bad_rows, 6);
    let mut zeros = mapping();
    zeros["emptyIsZero"] = json!(true);
    let read = read_as(zeros, &format!("{ABOVE}a;Mức 4;;-;;\n")).expect("readable");
    assert_eq!(read.rows[0].value("total"), "0");
}

#[test]
fn a_file_that_is_not_as_the_mapping_says_is_refused_as_a_whole() {
    let rows = "a;Mức 4;10;0;;\n";
    for (file, code, says) in [
        (
            format!("{ABOVE}{rows}").replace("Mức độ", "Mức"),
            RowsProblemCode::MissingColumn,
            "the file has \"Mã TTHC\", \"Mức\"",
        ),
        (
            format!("{ABOVE}{rows}").replace("Ghi chú", "Mức độ"),
            RowsProblemCode::DoubledColumn,
            "two columns",
        ),
        (ABOVE.to_owned(), RowsProblemCode::Empty, "no rows"),
        (
            "THỐNG KÊ\nTháng 6/2019\n".to_owned(),
            RowsProblemCode::Empty,
            "no header on line 3",
        ),
        (
            format!("{ABOVE}{rows}").replace("Tháng 6/2019", "Quý II"),
            RowsProblemCode::WrongValue,
            "line 2, column 1: month: \"Quý II\"",
        ),
        (
            format!("{ABOVE}{rows}").replace("Tháng 6/2019;;;;;", ";;;;;"),
            RowsProblemCode::WrongValue,
            "that line is empty",
        ),
        // A page break with the header again, and a second table behind an empty line.
        (
            format!("{ABOVE}{rows};;Trực tuyến;Trực tiếp;;\n{rows}"),
            RowsProblemCode::SecondTable,
            "line 6: the header is there again",
        ),
        (
            format!("{ABOVE}{rows}\nb;Mức 4;1;1;;\n"),
            RowsProblemCode::SecondTable,
            "line 7: there are figures again",
        ),
        (
            format!("{ABOVE}{rows}{}", ";".repeat(600)),
            RowsProblemCode::TooManyColumns,
            "more than 500 columns",
        ),
        (
            "PK\x03\x04".to_owned(),
            RowsProblemCode::WrongFormat,
            "this is a workbook",
        ),
    ] {
        let problem = read_as(mapping(), &file).expect_err("a problem");
        assert_eq!(problem.code, code, "{problem:?}");
        assert!(problem.message.en.contains(says), "{problem:?}");
        assert!(problem.message.is_complete());
    }
}

#[test]
fn what_stands_behind_the_table_is_left_out_and_told() {
    let read_behind = read("a;Mức 4;10;0;;\n\n;;Ngày 1 tháng 7 năm 2019;;;\nNgười lập biểu;;;;;\n");
    assert!(read_behind.is_clean(), "{:?}", read_behind.report);
    assert_eq!(
        remark(&read_behind, BehindTable),
        (7, "2 lines behind the table are not read")
    );
    let mut skipping = mapping();
    skipping["blankLines"] = json!("SKIPPED");
    let file = format!("{ABOVE}a;Mức 4;10;0;;\n\n;;;;;\nb;Mức 4;10;0;;\n");
    let read = read_as(skipping, &file).expect("readable");
    assert_eq!(read.rows.len(), 2);
    assert_eq!(remark(&read, BlankLines), (6, "2 empty lines within the table"));
}

#[test]
fn an_empty_cell_repeats_the_one_above_only_where_the_mapping_says() {
    let lines = "a;Mức 4;10;0;;\nb;;10;0;;\n";
    assert_eq!(problems(&read(lines)), [(6, "level", RowProblemCode::NotALevel)]);
    let mut repeating = mapping();
    repeating["columns"][2]["source"]["repeats"] = json!(true);
    let read = read_as(repeating, &format!("{ABOVE}{lines}")).expect("readable");
    assert_eq!(read.rows[1].value("level"), "4");
}

#[test]
fn what_comes_with_the_upload_is_asked_for_and_nothing_else() {
    let mut given = mapping();
    given["columns"][0]["source"] = json!({"kind": "GIVEN"});
    let layout: Layout = serde_json::from_value(given).expect("a layout");
    let file = format!("{ABOVE}a;Mức 4;10;0;;\n");
    let try_with = |values: &[(&str, &str)]| {
        let values = values
            .iter()
            .map(|(column, value)| ((*column).to_owned(), (*value).to_owned()));
        read_mapped(USAGE, &layout, &values.collect(), file.as_bytes())
    };
    assert_eq!(
        try_with(&[("month", "2019-07")]).expect("readable").rows[0].value("month"),
        "2019-07"
    );
    for (values, says) in [
        (&[][..], "state month"),
        (&[("month", "07/2019")], "not a month such as"),
        (&[("month", "2019-07"), ("total", "1")], "takes no \"total\""),
    ] {
        let problem = try_with(values).expect_err("a problem");
        assert_eq!(problem.code, RowsProblemCode::WrongValue);
        assert!(problem.message.en.contains(says), "{problem:?}");
    }
}

#[test]
fn a_row_too_many_ends_the_reading() {
    let lines: String = (0..=MAXIMUM_FILE_ROWS)
        .map(|number| format!("{number};Mức 4;1;0;;\n"))
        .collect();
    let problem = read_as(mapping(), &format!("{ABOVE}{lines}")).expect_err("too many");
    assert_eq!(problem.code, RowsProblemCode::TooManyRows);
}

#[test]
fn remarks_of_a_kind_are_counted_and_the_first_ten_kept() {
    let lines: String = (0..25).map(|number| format!("{number};Mức 4;1;1;10;\n")).collect();
    let read = read(&lines);
    let kept = read
        .remarks
        .iter()
        .filter(|remark| remark.code == PercentageDiffers)
        .count();
    assert_eq!(kept, 10);
    // 25, the lines above, the column and the missing totals.
    assert_eq!(read.remark_count, 28);
}

#[test]
fn a_text_that_no_cell_can_have_is_refused_with_its_line() {
    let with = |count: usize| format!("{ABOVE}a;Mức 4;10;0;;{}\n", "ố".repeat(count));
    let read = read_as(mapping(), &with(32_767)).expect("readable");
    assert_eq!(read.rows.len(), 1);
    let problem = read_as(mapping(), &with(32_768)).expect_err("too long");
    assert_eq!(problem.code, RowsProblemCode::TooLarge);
    assert_eq!(
        problem.message.en,
        "line 5 has a cell of more than 32767 characters; shorten it"
    );
}

#[test]
fn texts_are_counted_as_often_as_they_are_read() {
    let mut repeating = mapping();
    repeating["columns"][2]["source"]["repeats"] = json!(true);
    let layout: Layout = serde_json::from_value(repeating).expect("a layout");
    let word = "a".repeat(1000);
    let with = |left: usize, lines: &str| {
        let mut table = TableReader::new(USAGE, &layout, &BTreeMap::new()).expect("a table");
        table.handed = MAXIMUM_HANDED_BYTES - left;
        let file = format!("{ABOVE}{lines}");
        read_text_file(table, Encoding::Utf8, Delimiter::Semicolon, file.as_bytes()).map(|read| read.bad_rows)
    };
    let read = format!("b;{word};1;0;;\n");
    let repeated = format!("{read}{}", "c;;1;0;;\n".repeat(2));
    // The header and short cells have some 100 bytes.
    assert_eq!(with(1_500, &read), Ok(1));
    assert_eq!(with(3_500, &repeated), Ok(3));
    for (left, lines, line) in [(900, &read, 5), (2_500, &repeated, 7)] {
        let problem = with(left, lines).expect_err("too much");
        assert_eq!(problem.code, RowsProblemCode::TooLarge);
        let says = format!("the cells up to line {line} have more than 256 MiB of text in all");
        assert!(problem.message.en.starts_with(&says), "{problem:?}");
    }
}

#[test]
fn a_long_header_is_kept_as_far_as_a_mapping_can_name_it() {
    let line = |texts: Vec<String>| Line {
        cells: texts
            .into_iter()
            .map(|text| Cell {
                text,
                ..Cell::default()
            })
            .collect(),
        ..Line::default()
    };
    let mut first = vec![String::new(); MAXIMUM_COLUMNS];
    first[0] = "a".repeat(32_767);
    let header = Header::of(&[line(first), line(vec!["b".to_owned(); MAXIMUM_COLUMNS])]);
    let name = header.name(MAXIMUM_COLUMNS - 1).expect("a name");
    assert_eq!(name, format!("{} / b", "a".repeat(301)));
}
