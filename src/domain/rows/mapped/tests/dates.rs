//! Days, and what has none yet.

use super::*;
use crate::domain::mapping::MappingContent;
use crate::domain::rows::ColumnKind;

const LIST: RowKind = RowKind::PublishedProcedures;

/// A list of procedures as CSV: code, day of the check, day of publication; the rest is the same in every row.
fn list(lines: &str) -> RowsRead {
    let source = |column: &crate::domain::rows::Column| {
        let source = match (column.name, column.kind) {
            ("code", _) => json!({"kind": "HEADERS", "headers": ["Mã"]}),
            ("checked_on", _) => json!({"kind": "HEADERS", "headers": ["Kiểm tra"]}),
            ("published_on", _) => json!({"kind": "HEADERS", "headers": ["Công khai"]}),
            (_, ColumnKind::YesNo) => json!({"kind": "CONSTANT", "value": "yes"}),
            (_, ColumnKind::Level | ColumnKind::Count) => json!({"kind": "CONSTANT", "value": "4"}),
            _ => json!({"kind": "CONSTANT", "value": "-"}),
        };
        json!({"column": column.name, "source": source})
    };
    let columns: Vec<Value> = LIST.columns().iter().map(source).collect();
    let layout = json!({"format": {"kind": "CSV", "encoding": "UTF8", "delimiter": "SEMICOLON"}, "headerLine": 1, "headerLines": 1,
        "columns": columns, "numbers": "VIETNAMESE", "dates": ["DAY_MONTH_YEAR"], "blankLines": "END_TABLE"});
    let content = MappingContent {
        name: Default::default(),
        system: "S".to_owned(),
        kind: LIST,
        valid_from: "2019-01-01".parse().expect("a date"),
        valid_to: None,
        layout: serde_json::from_value(layout).expect("a layout"),
    };
    assert_eq!(content.check(), Ok(()));
    let file = format!("Mã;Kiểm tra;Công khai\n{lines}");
    read_mapped(LIST, &content.layout, &BTreeMap::new(), file.as_bytes()).expect("readable")
}

#[test]
fn a_day_that_a_row_may_lack_is_lacking_where_its_cell_is_empty() {
    let read = list("1.1;01/12/2019;5/3/2019\n1.2;01/12/2019;\n");
    assert!(read.is_clean(), "{:?}", read.report);
    assert_eq!(read.rows[0].value("published_on"), "2019-03-05");
    assert!(!read.rows[1].values.contains_key("published_on"));
}

#[test]
fn a_day_that_every_row_has_is_a_problem_where_its_cell_is_empty() {
    let read = list("1.1;;05/03/2019\n1.2;01/12/2019;tháng 3\n");
    assert_eq!(
        problems(&read),
        [
            (2, "checked_on", RowProblemCode::NotADate),
            (3, "published_on", RowProblemCode::NotADate)
        ]
    );
}
