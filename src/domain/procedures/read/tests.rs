use super::*;
use crate::domain::procedures::tests::listed;

#[test]
fn a_csv_list_is_read_with_its_columns_in_any_order() {
    let text = "\u{feff}decision,code,name,in_force_from,publish_by\r\n234/QĐ-UBND, 1.2 ,Hai,2019-02-01,\r\n\r\n\
                1/QĐ-UBND,1.1,Một,2019-01-01,2019-01-06\r\n";
    let read = read_csv(text).unwrap().unwrap();
    assert_eq!(
        read,
        [
            ListedProcedure {
                name: "Một".to_owned(),
                decision: "1/QĐ-UBND".to_owned(),
                ..listed("1.1", "2019-01-01", "", "2019-01-06")
            },
            ListedProcedure {
                name: "Hai".to_owned(),
                ..listed("1.2", "2019-02-01", "", "")
            },
        ]
    );
}

#[test]
fn each_bad_line_of_a_list_is_named_and_nothing_is_taken() {
    let lines = [
        "1.1,Một,1/QĐ,2019-01-01,,",
        ",Hai,1/QĐ,2019-01-01,,",
        "1.3,Ba,1/QĐ,01/02/2019,,",
        "1.4,Bốn,1/QĐ,2019-01-01,2018-12-31,",
        "1.1,Năm,1/QĐ,2019-01-01,,",
        "1.6,Sáu,1/QĐ,2019-01-01",
        "1.7,,,2019-01-01,,2019-13-01",
        "1.8,Tám,1/QĐ,,,",
    ];
    let report = read_csv(&format!("{HEADER}\n{}", lines.join("\n")))
        .unwrap()
        .unwrap_err();
    let told: Vec<_> = report
        .problems
        .iter()
        .map(|one| (one.line, one.column.as_deref().unwrap_or_default(), one.code))
        .collect();
    use RowProblemCode::{DoubledKey, Empty, NotADate, WrongLength};
    assert_eq!(
        told,
        [
            (3, "code", Empty),
            (4, "in_force_from", NotADate),
            (5, "in_force_until", NotADate),
            (6, "code", DoubledKey),
            (7, "", WrongLength),
            (8, "name", Empty),
            (8, "decision", Empty),
            (8, "publish_by", NotADate),
            (9, "in_force_from", Empty),
        ]
    );
    assert_eq!((report.good_rows, report.bad_rows, report.problem_count), (1, 7, 9));
}

#[test]
fn a_file_that_is_no_list_is_refused_with_the_header() {
    for (text, code) in [
        ("", RowsProblemCode::Empty),
        (HEADER, RowsProblemCode::Empty),
        ("code,name,decision\n", RowsProblemCode::MissingColumn),
        (
            "code,name,decision,in_force_from,remark\n",
            RowsProblemCode::UnknownColumn,
        ),
        ("code,code\n", RowsProblemCode::DoubledColumn),
    ] {
        let problem = read_csv(text).unwrap_err();
        assert_eq!(problem.code, code, "{text:?}");
        assert!(problem.message.en.contains(HEADER), "{problem:?}");
    }
    let line = |number: usize| format!("1.{number},N,1/QĐ,2019-01-01,,\n");
    let lines = |count: usize| format!("{HEADER}\n{}", (0..count).map(line).collect::<String>());
    assert_eq!(read_csv(&lines(MAXIMUM_LISTED)).unwrap().unwrap().len(), MAXIMUM_LISTED);
    assert_eq!(
        read_csv(&lines(MAXIMUM_LISTED + 1)).unwrap_err().code,
        RowsProblemCode::TooManyRows
    );
}
