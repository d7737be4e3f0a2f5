use super::*;
use crate::domain::evaluate::{InputState, MissingCode};
use crate::domain::input::{InputSpec, InputValue};
use crate::domain::rows::{RowSource, derive};
use serde_json::{Value, json};

const USAGE: RowKind = RowKind::OnlineServiceUsage;

fn usage(rows: &str) -> String {
    format!("{}\n{rows}", USAGE.header())
}

fn check_file(kind: RowKind, bytes: &[u8], code: RowsProblemCode, english: &str) {
    let problem = read_csv(kind, bytes).expect_err("a problem");
    assert_eq!(problem.code, code, "{problem:?}");
    assert!(problem.message.en.contains(english), "{problem:?}");
}

fn check_row(row: &str, code: RowProblemCode, english: &str) {
    let read = read_csv(USAGE, usage(row).as_bytes()).expect("readable");
    assert_eq!(read.report.len(), 1, "{:?}", read.report);
    assert_eq!(read.report[0].code, code);
    assert!(read.report[0].message.en.contains(english), "{:?}", read.report[0]);
    assert_eq!(read.report[0].line, 2);
}

#[test]
fn columns_come_in_any_order_and_after_a_byte_order_mark() {
    let file =
        "\u{feff}service,month,total,online,level,online_payments,fee_cases\r\n1.004227, 2019-01 ,0010,7,4,1,2\r\n";
    let read = read_csv(USAGE, file.as_bytes()).expect("readable");
    assert!(read.is_clean(), "{:?}", read.report);
    assert_eq!(read.rows[0].line, 2);
    assert_eq!(read.rows[0].value("total"), "10");
    assert_eq!(read.rows[0].key(USAGE), "2019-01 1.004227");
}

#[test]
fn the_header_must_be_exact() {
    check_file(
        USAGE,
        b"month,service,level,total,online,fee_cases\n",
        RowsProblemCode::MissingColumn,
        "\"online_payments\"",
    );
    check_file(
        USAGE,
        b"month,service,level,total,online,fee_cases,remark\n",
        RowsProblemCode::UnknownColumn,
        "\"remark\"",
    );
    check_file(
        USAGE,
        b"month,month,level\n",
        RowsProblemCode::DoubledColumn,
        "\"month\"",
    );
    check_file(
        USAGE,
        b"month;service;level\n",
        RowsProblemCode::Unreadable,
        "semicolons",
    );
    check_file(USAGE, b"", RowsProblemCode::Empty, "no rows");
    check_file(USAGE, usage("").as_bytes(), RowsProblemCode::Empty, "no rows");
}

#[test]
fn another_encoding_is_named() {
    check_file(
        USAGE,
        b"month,service\n2019-01,Qu\xE3ng Nam",
        RowsProblemCode::NotUtf8,
        "line 2 is not UTF-8 (most likely Windows-1258)",
    );
}

#[test]
fn bad_values_are_reported_with_their_line_and_column() {
    check_row(
        "2019-01,a,4,ten,1,0,0",
        RowProblemCode::NotANumber,
        "total: \"ten\" is not a whole number",
    );
    check_row("2019-01,a,4,1e400,1,0,0", RowProblemCode::NotANumber, "1e400");
    check_row("2019-01,a,4,12.5,1,0,0", RowProblemCode::NotANumber, "12.5");
    check_row("2019-01,a,4,-3,1,0,0", RowProblemCode::Negative, "must not be negative");
    check_row(
        "2019-01,a,4,3,4,0,0",
        RowProblemCode::MoreThanTotal,
        "online = 4 is more than total = 3",
    );
    check_row("2019-01,a,5,3,1,0,0", RowProblemCode::NotALevel, "level from 1 to 4");
    check_row("2019-13,a,4,3,1,0,0", RowProblemCode::NotAMonth, "2019-13");
    check_row("2019-01,,4,3,1,0,0", RowProblemCode::Empty, "service: empty");
    check_row(
        "2019-01,a,4,3,1,0",
        RowProblemCode::WrongLength,
        "6 values instead of 7",
    );
}

#[test]
fn a_doubled_natural_key_names_both_lines() {
    let read = read_csv(
        USAGE,
        usage("2019-01,a,4,3,1,0,0\n2019-01,b,4,3,1,0,0\n2019-01,a,4,5,1,0,0").as_bytes(),
    );
    let read = read.expect("readable");
    assert_eq!(read.rows.len(), 2);
    assert_eq!(read.report[0].code, RowProblemCode::DoubledKey);
    assert!(
        read.report[0]
            .message
            .en
            .contains("line 4 has the same month + service as line 2: 2019-01 a")
    );
}

#[test]
fn cases_resolved_and_pending_cannot_exceed_those_received() {
    let file = format!("{}\n2019-01,a,10,4,4,2,1,0,0,0", RowKind::OneStopCases.header());
    let read = read_csv(RowKind::OneStopCases, file.as_bytes()).expect("readable");
    assert_eq!(read.report[0].code, RowProblemCode::MoreThanTotal);
    assert!(read.report[0].message.en.ends_with("= 11 is more than received = 10"));
}

#[test]
fn rows_given_directly_follow_the_same_rules_and_a_lower_limit() {
    let row = |month: &str| {
        let values = [
            ("month", month),
            ("service", "a"),
            ("level", "4"),
            ("total", "3"),
            ("online", "x"),
            ("fee_cases", "0"),
            ("online_payments", "0"),
        ];
        values
            .into_iter()
            .map(|(column, value)| (column.to_owned(), value.to_owned()))
            .collect::<BTreeMap<_, _>>()
    };
    let read = read_entered(USAGE, vec![row("2019-01")]).expect("readable");
    assert_eq!(
        (read.report[0].line, read.report[0].column.as_deref()),
        (1, Some("online"))
    );
    let problem = read_entered(USAGE, vec![row("2019-01"); MAXIMUM_ENTERED_ROWS + 1]).expect_err("too many");
    assert_eq!(problem.code, RowsProblemCode::TooManyRows);
}

fn spec(source: Value) -> InputSpec {
    serde_json::from_value(json!({"code": "figure", "name": {"vi": "số liệu", "en": "figure"}, "type": {"kind": "COUNT"}, "source": source})).expect("an input")
}

fn usage_source(link: &str, counts: bool, rows: &str) -> RowSource {
    let read = read_csv(USAGE, usage(rows).as_bytes()).expect("readable");
    assert!(read.is_clean(), "{:?}", read.report);
    RowSource {
        link: link.to_owned(),
        evidence: format!("e-{link}"),
        revision: 1,
        kind: USAGE,
        counts,
        rows: read.rows.into(),
        stated_total: None,
    }
}

fn months(from: u32, to: u32) -> String {
    (from..=to)
        .map(|month| format!("2019-{month:02},a,4,20,{month},0,0\n2019-{month:02},b,2,10,0,0,0\n"))
        .collect()
}

fn check_value(source: Value, sources: &[RowSource], expected: u64) {
    match derive(&spec(source), 2019, sources) {
        InputState::Known {
            value: InputValue::Count(value),
            ..
        } => assert_eq!(value.to_string(), expected.to_string()),
        state => panic!("{state:?}"),
    }
}

fn check_missing(sources: &[RowSource], code: MissingCode, items: &[&str]) {
    match derive(&spec(online_sum()), 2019, sources) {
        InputState::Missing { reasons } => assert_eq!(
            (
                reasons[0].code,
                reasons[0].items.iter().map(String::as_str).collect::<Vec<_>>()
            ),
            (code, items.to_vec())
        ),
        state => panic!("{state:?}"),
    }
}

fn online_sum() -> Value {
    json!({"kind": "DERIVED", "rows": "ONLINE_SERVICE_USAGE", "sum": "online", "coverage": "EVERY_MONTH"})
}

#[test]
fn dossiers_filed_online_are_a_sum_over_the_months_of_the_year() {
    let sources = [
        usage_source("1", true, &months(1, 6)),
        usage_source("2", true, &months(7, 12)),
    ];
    check_value(online_sum(), &sources, 78);
    let of_level = json!({"kind": "DERIVED", "rows": "ONLINE_SERVICE_USAGE", "sum": "total", "where": {"column": "level", "oneOf": ["3", "4"]}, "coverage": "EVERY_MONTH"});
    check_value(of_level, &sources, 240);
    let services = json!({"kind": "DERIVED", "rows": "ONLINE_SERVICE_USAGE", "count": "DISTINCT", "of": "procedure", "coverage": "EVERY_MONTH"});
    check_value(services.clone(), &sources, 2);
    let mut used = services;
    used["used"] = json!("online");
    check_value(used, &sources, 1);
    let both = json!({"kind": "DERIVED", "rows": "ONLINE_SERVICE_USAGE", "sum": ["online", "total"], "coverage": "EVERY_MONTH"});
    check_value(both, &sources, 78 + 12 * 30);
}

#[test]
fn months_of_another_year_are_left_out() {
    let rows = months(1, 12) + "2018-12,a,4,10,10,0,0\n2020-01,a,4,10,10,0,0";
    check_value(online_sum(), &[usage_source("1", true, &rows)], 78);
}

#[test]
fn a_missing_month_is_missing_not_empty() {
    check_missing(
        &[usage_source("1", true, &months(1, 11))],
        MissingCode::Gap,
        &["2019-12"],
    );
    check_missing(&[], MissingCode::NoRows, &[]);
}

#[test]
fn a_document_that_does_not_count_makes_the_figure_missing() {
    let sources = [
        usage_source("1", true, &months(1, 12)),
        usage_source("2", false, "2018-01,a,4,1,1,0,0"),
    ];
    check_missing(&sources, MissingCode::NotCounted, &["2"]);
}

#[test]
fn rejecting_one_of_two_conflicting_documents_does_not_settle_the_conflict() {
    let again = "2019-03,a,4,9,9,0,0";
    for counts in [true, false] {
        let sources = [
            usage_source("1", true, &months(1, 12)),
            usage_source("2", counts, again),
        ];
        check_missing(&sources, MissingCode::Conflict, &["2019-03 a"]);
    }
}

#[test]
fn the_same_document_linked_twice_is_no_conflict() {
    let source = usage_source("1", true, &months(1, 12));
    let again = RowSource {
        link: "2".to_owned(),
        ..source.clone()
    };
    check_value(online_sum(), &[source, again], 78);
}

#[test]
fn procedures_are_complete_when_they_are_as_many_as_the_document_states() {
    let file = format!(
        "{}\n1.1,A,QĐ,http://a,2019-12-01,yes,yes,yes,4,yes,no,3\n1.2,B,QĐ,http://b,2019-12-01,yes,no,yes,3,yes,no,0",
        RowKind::PublishedProcedures.header()
    );
    let read = read_csv(RowKind::PublishedProcedures, file.as_bytes()).expect("readable");
    assert!(read.is_clean(), "{:?}", read.report);
    let source = |stated_total| RowSource {
        link: "1".to_owned(),
        evidence: "e".to_owned(),
        revision: 2,
        kind: RowKind::PublishedProcedures,
        counts: true,
        rows: read.rows.clone().into(),
        stated_total,
    };
    let on_portal = json!({"kind": "DERIVED", "rows": "PUBLISHED_PROCEDURES", "countWhere": {"column": "on_portal", "equals": "yes"}, "coverage": "EVERY_PROCEDURE"});
    check_value(on_portal.clone(), &[source(Some(2))], 1);
    for (stated, code) in [(Some(3), MissingCode::Gap), (None, MissingCode::NoStatedTotal)] {
        match derive(&spec(on_portal.clone()), 2019, &[source(stated)]) {
            InputState::Missing { reasons } => assert_eq!(reasons[0].code, code),
            state => panic!("{state:?}"),
        }
    }
}

#[test]
fn a_procedure_may_say_when_it_was_published() {
    let kind = RowKind::PublishedProcedures;
    let row = |code: &str, day: &str| format!("{code},A,QĐ,,2019-12-01,yes,yes,yes,4,yes,no,3,{day}\n");
    let file = |rows: &str| format!("{},published_on\n{rows}", kind.header());
    let read = read_csv(kind, file(&(row("1.1", "2019-03-05") + &row("1.2", ""))).as_bytes()).expect("readable");
    assert!(read.is_clean(), "{:?}", read.report);
    assert_eq!(read.rows[0].value("published_on"), "2019-03-05");
    assert!(!read.rows[1].values.contains_key("published_on"));
    let read = read_csv(kind, file(&row("1.1", "5/3/2019")).as_bytes()).expect("readable");
    assert_eq!(read.report[0].code, RowProblemCode::NotADate);
    assert_eq!(read.report[0].column.as_deref(), Some("published_on"));
}

#[test]
fn lines_are_those_of_the_file_whatever_ends_them() {
    let file = usage("2019-01,a,4,3,1,0,0\n\n\"2019-02\",\"a\nb\",4,3,1,0,0\n2019-03,a,4,x,1,0,0");
    for file in [file.clone(), file.replace('\n', "\r\n")] {
        let read = read_csv(USAGE, file.as_bytes()).expect("readable");
        assert_eq!(read.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(read.report[0].line, 6);
    }
}
