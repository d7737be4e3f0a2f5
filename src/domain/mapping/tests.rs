use super::*;
use serde_json::json;

fn content() -> MappingContent {
    serde_json::from_value(json!({
        "name": {"vi": "Một cửa", "en": "One-stop"}, "system": "Một cửa điện tử", "kind": "ONLINE_SERVICE_USAGE",
        "validFrom": "2019-01-01",
        "layout": {
            "format": {"kind": "CSV", "encoding": "UTF8", "delimiter": "SEMICOLON"},
            "headerLine": 4, "headerLines": 2,
            "columns": [
                {"column": "month", "source": {"kind": "CELL", "line": 2, "column": 1}},
                {"column": "service", "source": {"kind": "HEADERS", "headers": ["Mã TTHC"]}},
                {"column": "level", "source": {"kind": "HEADERS", "headers": ["Mức độ"]}},
                {"column": "total", "source": {"kind": "HEADERS", "headers": ["Trực tuyến", "Trực tiếp"]}},
                {"column": "online", "source": {"kind": "HEADERS", "headers": ["Trực tuyến"]}},
                {"column": "fee_cases", "source": {"kind": "CONSTANT", "value": "0"}},
                {"column": "online_payments", "source": {"kind": "GIVEN"}}],
            "numbers": "VIETNAMESE", "dates": ["MONTH_IN_WORDS"],
            "totals": [{"label": "Tổng cộng", "of": "TABLE"}],
            "percentages": [{"header": "Tỷ lệ", "numerator": ["online"], "denominator": ["total"]}],
            "levels": [
                {"until": "2021-12", "values": {"Mức 3": "3", "Mức 4": "4"}},
                {"from": "2022-01", "values": {"Toàn trình": "full", "Một phần": "partial"}}],
            "blankLines": "END_TABLE"}}))
    .expect("a mapping")
}

/// What is wrong once something of the layout is otherwise.
fn check(change: impl FnOnce(&mut Layout), field: &str, english: &str) {
    let mut changed = content();
    change(&mut changed.layout);
    let fault = changed.check().expect_err("a fault");
    assert_eq!(fault.field, field, "{fault:?}");
    assert!(fault.message.en.contains(english), "{fault:?}");
    assert!(fault.message.is_complete());
}

#[test]
fn a_mapping_that_can_read_is_good_and_survives_being_stored() {
    assert_eq!(content().check(), Ok(()));
    let json = serde_json::to_value(content()).expect("JSON");
    assert_eq!(
        serde_json::from_value::<MappingContent>(json).expect("the same"),
        content()
    );
}

#[test]
fn what_could_not_be_read_is_found_before_a_file_comes() {
    let headers = |names: &[&str]| Source::Headers {
        headers: names.iter().map(|name| (*name).to_owned()).collect(),
        repeats: false,
    };
    check(|layout| layout.header_line = 0, "layout.headerLine", "1 to 100");
    check(|layout| layout.header_lines = 6, "layout.headerLines", "1 to 5");
    check(
        |layout| drop(layout.columns.pop()),
        "layout.columns",
        "online_payments is missing",
    );
    check(
        |layout| layout.columns[3].column = "sum".into(),
        "layout.columns.3.column",
        "no column \"sum\"",
    );
    check(
        |layout| layout.columns[4].column = "total".into(),
        "layout.columns.4.column",
        "stated twice",
    );
    check(
        |layout| layout.columns[1].source = headers(&["A", "B"]),
        "layout.columns.1.headers",
        "exactly one header",
    );
    check(
        |layout| layout.columns[3].source = headers(&[]),
        "layout.columns.3.headers",
        "exactly one header",
    );
    check(
        |layout| layout.columns[3].source = headers(&["A", "A"]),
        "layout.columns.3.headers.1",
        "stated twice",
    );
    check(
        |layout| layout.columns[3].source = headers(&[" A"]),
        "layout.columns.3.headers.0",
        "needless blanks",
    );
    let below = Source::Cell { line: 4, column: 1 };
    check(
        |layout| layout.columns[0].source = below,
        "layout.columns.0.cell",
        "above the header",
    );
    let constant = Source::Constant { value: "01".into() };
    check(
        |layout| layout.columns[5].source = constant,
        "layout.columns.5.constant",
        "write it as \"1\"",
    );
    let constant = Source::Constant { value: "few".into() };
    check(
        |layout| layout.columns[5].source = constant,
        "layout.columns.5.constant",
        "not a whole number",
    );
    check(|layout| layout.dates.clear(), "layout.columns.0.cell", "(dates)");
    check(|layout| layout.levels.clear(), "layout.columns.2.headers", "(levels)");
    check(|layout| layout.levels[1].from = None, "layout.levels.1", "overlap");
    check(
        |layout| layout.levels[1].from = Some("2022".into()),
        "layout.levels.1.from",
        "2022-01",
    );
    check(
        |layout| drop(layout.levels[0].values.insert("Toàn trình".into(), "full".into())),
        "layout.levels.0.words",
        "split it by time",
    );
    check(
        |layout| drop(layout.levels[0].values.insert("Mức 5".into(), "5".into())),
        "layout.levels.0.words",
        "1, 2, 3, 4",
    );
    check(
        |layout| layout.percentages[0].denominator.clear(),
        "layout.percentages.0.denominator",
        "columns of counts",
    );
    let of_month = |layout: &mut Layout| layout.percentages[0].numerator = vec!["month".into()];
    check(of_month, "layout.percentages.0.numerator", "columns of counts");
    check(
        |layout| (layout.yes, layout.no) = (vec!["x".into()], vec!["x".into()]),
        "layout.no",
        "both yes and no",
    );
}

#[test]
fn texts_are_compared_without_what_nobody_sees() {
    for (text, expected) in [
        ("  Đã giải\u{a0}quyết \n Đúng hạn ", "Đã giải quyết Đúng hạn"),
        // A base letter with combining marks.
        ("Tha\u{301}ng", "Tháng"),
        ("1.004227", "1.004227"),
        ("", ""),
    ] {
        assert_eq!(clean(text), expected);
    }
}

#[test]
fn a_mapping_is_valid_from_its_first_day_to_its_last() {
    let mut content = content();
    content.valid_to = Some("2019-12-31".parse().expect("a day"));
    let valid = |day: &str| content.is_valid_on(day.parse().expect("a day"));
    assert_eq!(
        ["2018-12-31", "2019-01-01", "2019-12-31", "2020-01-01"].map(valid),
        [false, true, true, false]
    );
}
