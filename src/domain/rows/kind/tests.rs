//! Good and bad rows of each kind of lists of cases and of documents.

use super::*;
use crate::domain::rows::{RowProblemCode, RowsRead, read_csv};

/// Rows below the documented header and a column that files may lack.
fn read(kind: RowKind, rows: &str) -> RowsRead {
    let optional = kind.columns().iter().filter(|column| !column.required);
    let optional: String = optional.map(|column| format!(",{}", column.name)).collect();
    read_csv(kind, format!("{}{optional}\n{rows}\n", kind.header()).as_bytes()).expect("readable")
}

/// What is wrong with the last of some rows: column and code.
fn problems(kind: RowKind, rows: &str) -> Vec<(Option<String>, RowProblemCode)> {
    let read = read(kind, rows);
    assert!(read.report.iter().all(|problem| problem.message.is_complete()));
    read.report
        .into_iter()
        .map(|problem| (problem.column, problem.code))
        .collect()
}

#[track_caller]
fn check(kind: RowKind, rows: &str, expected: &[(&str, RowProblemCode)]) {
    let found = problems(kind, rows);
    let found: Vec<(&str, RowProblemCode)> = found
        .iter()
        .map(|(column, code)| (column.as_deref().unwrap_or_default(), *code))
        .collect();
    assert_eq!(found, expected, "{rows}");
}

#[test]
fn a_late_case_was_resolved_after_its_day_or_is_open() {
    use RowProblemCode::{DoubledKey, Empty, NotADate, NotAfter};
    for (rows, expected) in [
        ("H47-1,1.004227,2019-05-02,2019-05-03", &[][..]),
        ("H47-1,1.004227,2019-05-02,", &[]),
        ("H47-1,1.004227,2019-05-02,2019-05-02", &[("resolved_on", NotAfter)]),
        ("H47-1,1.004227,2019-05-02,2019-05-01", &[("resolved_on", NotAfter)]),
        ("H47-1,1.004227,2019-05-02,3/5/2019", &[("resolved_on", NotADate)]),
        ("H47-1,1.004227,,2019-05-03", &[("due_on", Empty)]),
        (",1.004227,2019-05-02,", &[("case", Empty)]),
        (
            "H47-1,1.004227,2019-05-02,\nH47-1,1.004228,2019-06-02,",
            &[("", DoubledKey)],
        ),
        ("H47-1,1.004227,2019-05-02,\nH47-2,1.004227,2019-05-02,", &[]),
    ] {
        check(RowKind::LateCases, rows, expected);
    }
    let open = read(RowKind::LateCases, "H47-1,1.004227,2019-05-02,");
    assert!(!open.rows[0].values.contains_key("resolved_on"));
}

#[test]
fn a_letter_gives_a_later_day_and_names_each_case_once() {
    use RowProblemCode::{DoubledKey, Empty, NotAfter};
    for (rows, expected) in [
        ("45/TXL,H47-1,2019-05-02,2019-05-10,2019-05-03,Nguyễn Văn A", &[][..]),
        // Sent before the day on which the case was due, and signed by nobody that the list names.
        ("45/TXL,H47-1,2019-05-02,2019-05-10,2019-05-01,", &[]),
        (
            "45/TXL,H47-1,2019-05-02,2019-05-02,2019-05-03,A",
            &[("new_due_on", NotAfter)],
        ),
        (",H47-1,2019-05-02,2019-05-10,2019-05-03,A", &[("letter", Empty)]),
        ("45/TXL,H47-1,2019-05-02,2019-05-10,,A", &[("sent_on", Empty)]),
        (
            "45/TXL,H47-1,2019-05-02,2019-05-10,2019-05-03,A\n45/TXL,H47-2,2019-05-02,2019-05-10,2019-05-03,A",
            &[],
        ),
        (
            "45/TXL,H47-1,2019-05-02,2019-05-10,2019-05-03,A\n46/TXL,H47-1,2019-05-10,2019-05-20,2019-05-11,A",
            &[],
        ),
        (
            "45/TXL,H47-1,2019-05-02,2019-05-10,2019-05-03,A\n45/TXL,H47-1,2019-05-02,2019-05-11,2019-05-03,A",
            &[("", DoubledKey)],
        ),
    ] {
        check(RowKind::ApologyLetters, rows, expected);
    }
}

#[test]
fn of_documents_and_files_no_part_is_more_than_its_whole() {
    use RowProblemCode::{DoubledKey, MoreThanTotal, Negative, NotAMonth};
    for (rows, expected) in [
        ("2019-01,VP,100,100,100,40,40", &[][..]),
        ("2019-01,VP,0,0,0,0,0", &[]),
        ("2019-01,VP,100,101,90,40,30", &[("issued", MoreThanTotal)]),
        ("2019-01,VP,100,90,91,40,30", &[("electronic", MoreThanTotal)]),
        ("2019-01,VP,100,90,80,40,41", &[("files", MoreThanTotal)]),
        ("2019-01,VP,100,90,80,40,-1", &[("files_online", Negative)]),
        ("1/2019,VP,100,90,80,40,30", &[("month", NotAMonth)]),
        ("2019-01,VP,1,1,1,1,1\n2019-01,VP,2,2,2,2,2", &[("", DoubledKey)]),
        ("2019-01,VP,1,1,1,1,1\n2019-01,TTra,2,2,2,2,2", &[]),
    ] {
        check(RowKind::ElectronicDocuments, rows, expected);
    }
}

#[test]
fn every_column_that_a_kind_speaks_of_is_one_of_its_own() {
    for kind in RowKind::ALL {
        let named = kind.natural_key().iter().copied().chain(kind.period_column());
        let bounds = kind
            .bounds()
            .iter()
            .flat_map(|(parts, whole)| parts.iter().chain([whole]));
        let order = kind.order().iter().flat_map(|(later, earlier)| [later, earlier]);
        let all = named.chain(bounds.copied()).chain(order.copied());
        for name in all.chain([kind.counted().column]).chain(kind.procedure_column()) {
            assert!(kind.column(name).is_some(), "{} {name}", kind.name());
        }
        // What names a row, and what is complete by months, has to be in every row.
        assert!(
            kind.natural_key()
                .iter()
                .all(|name| kind.framework_column(name).is_some())
        );
        assert_eq!(
            kind.coverage() == Coverage::EveryMonth,
            kind.framework_column("month").is_some()
        );
    }
}
