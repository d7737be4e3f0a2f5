use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::rows::{RowProblemCode, RowsProblemCode};

fn header(first: &str) -> String {
    let columns: Vec<String> = Indicator::ALL
        .iter()
        .map(|one| one.name().to_ascii_lowercase())
        .collect();
    format!("unit,month,{first},{}\n", columns.join(","))
}

fn read(text: &str) -> CasesRead {
    read_in_pieces(text, 7).expect("a table")
}

fn read_in_pieces(text: &str, piece: usize) -> Result<CasesRead, crate::domain::rows::RowsProblem> {
    let mut reader = CaseReader::new(2020, ["ALPHA", "BETA"].map(str::to_owned));
    for bytes in text.as_bytes().chunks(piece) {
        reader.push(bytes)?;
    }
    reader.finish()
}

fn exact(text: &str) -> Exact {
    Exact::parse_fraction(text)
        .or_else(|_| Exact::parse_decimal(text))
        .expect(text)
}

/// The bounds of the practice: 15 with indicator 1 at 2, 12 with indicator 1 at 1, 9, 6, 0.
fn classes() -> Vec<EvaluationClass> {
    [
        ("EXCELLENT", 15, Some(2)),
        ("GOOD", 12, Some(1)),
        ("FAIR", 9, None),
        ("AVERAGE", 6, None),
        ("WEAK", 0, None),
    ]
    .map(|(code, at_least, first)| EvaluationClass {
        code: code.to_owned(),
        name: Text::same(code),
        at_least: Decimal::from_integer(at_least),
        first_at_least: first.map(Decimal::from_integer),
    })
    .to_vec()
}

/// 18, 9 and 2 points are 29 of three cases; indicator 1 has 2, 1 and 2.
#[test]
fn three_cases_have_the_mean_that_comes_out_by_hand() {
    let text = header("case")
        + "ALPHA,2020-03,a,2,2,2,2,2,2,2,2,2\nALPHA,2020-03,b,1,1,1,1,1,1,1,1,1\nALPHA,2020-03,c,2,0,0,0,0,0,0,0,0\n";
    let found = read(&text);
    assert_eq!(found.rows_are, RowsAre::Cases);
    assert_eq!((found.report.good_rows, found.report.bad_rows), (3, 0));
    let sums = found.units["ALPHA"][&3];
    assert_eq!((sums.cases, sums.points), (3, [5, 3, 3, 3, 3, 3, 3, 3, 3]));
    let means = sums.means().expect("cases");
    assert_eq!(
        (means.total.clone(), means.first.clone()),
        (exact("29/3"), exact("5/3"))
    );
    assert_eq!(class_of(&classes(), &means).expect("a class").code, "FAIR");
}

#[test]
fn a_class_needs_its_points_and_its_first_indicator() {
    for (total, first, class) in [
        ("18", "2", "EXCELLENT"),
        ("15", "2", "EXCELLENT"),
        ("16", "1.99", "GOOD"),
        ("14.99", "2", "GOOD"),
        ("12", "1", "GOOD"),
        ("17", "0.99", "FAIR"),
        ("12", "0.5", "FAIR"),
        ("11.99", "2", "FAIR"),
        ("9", "0", "FAIR"),
        ("8.99", "2", "AVERAGE"),
        ("6", "2", "AVERAGE"),
        ("5.99", "2", "WEAK"),
        ("0", "0", "WEAK"),
    ] {
        let means = MeanPoints {
            total: exact(total),
            first: exact(first),
        };
        let classes = classes();
        let found = class_of(&classes, &means).expect("a class");
        assert_eq!(found.code, class, "{total} with {first}");
    }
}

fn year(months: &[(u8, u32, u32, u32)]) -> EvaluatedMonths {
    let mut year = EvaluatedMonths::default();
    for (month, cases, first, others) in months.iter().copied() {
        let mut points = [others; INDICATORS];
        points[0] = first;
        let sums = CaseSums { cases, points };
        year.put(EvaluatedMonth { month, sums, import: 1 });
    }
    year
}

fn value(of: CaseMeasure, months: &EvaluatedMonths) -> Option<InputValue> {
    let classes = if of == CaseMeasure::Class {
        classes()
    } else {
        Vec::new()
    };
    CaseSource { of, classes }.value(months)
}

/// Each month weighs by its cases: 10 cases of 18 points and 30 of 9 are (180 + 270) ÷ 40 = 11.25. A month without cases is evaluated,
/// one that nobody imported is missing.
#[test]
fn a_year_weighs_its_months_by_their_cases() {
    let months = year(&[(1, 10, 20, 20), (2, 30, 30, 30), (3, 0, 0, 0)]);
    assert_eq!(
        value(CaseMeasure::Months, &months),
        Some(InputValue::Count(Decimal::from_integer(3)))
    );
    let points = Decimal::parse("11.25").expect("a number");
    assert_eq!(value(CaseMeasure::Points, &months), Some(InputValue::Decimal(points)));
    assert_eq!(
        value(CaseMeasure::Class, &months),
        Some(InputValue::Option("FAIR".to_owned()))
    );
    assert_eq!(months.missing(), (4..=12).collect::<Vec<u8>>());

    let empty = year(&[(1, 0, 0, 0)]);
    assert_eq!(
        value(CaseMeasure::Months, &empty),
        Some(InputValue::Count(Decimal::from_integer(1)))
    );
    assert_eq!(value(CaseMeasure::Points, &empty), None);
    assert_eq!(value(CaseMeasure::Class, &empty), None);
}

#[test]
fn a_mean_that_does_not_end_is_rounded_halves_up() {
    let months = year(&[(5, 3, 5, 3)]);
    let points = Decimal::parse("9.666667").expect("a number");
    assert_eq!(value(CaseMeasure::Points, &months), Some(InputValue::Decimal(points)));
}

/// The code, line and column of each problem of a row, behind a good one.
fn problems(first: &str, row: &str) -> Vec<(RowProblemCode, u32, Option<String>)> {
    let good = match first {
        "case" => "ALPHA,2020-01,a,2,2,2,2,2,2,2,2,2\n",
        _ => "ALPHA,2020-01,5,10,10,10,10,10,10,10,10,10\n",
    };
    let found = read(&format!("{}{good}{row}\n", header(first)));
    let of_row = |one: &crate::domain::rows::RowProblem| (one.code, one.line, one.column.clone());
    assert!(
        found
            .report
            .problems
            .iter()
            .all(|one| !one.message.en.contains("secret"))
    );
    found.report.problems.iter().map(of_row).collect()
}

#[test]
fn a_bad_row_is_told_with_its_line_and_column() {
    let at = |code, column: &str| vec![(code, 3, Some(column.to_owned()))];
    for (first, row, expected) in [
        (
            "case",
            "secret,2020-01,b,2,2,2,2,2,2,2,2,2",
            at(RowProblemCode::UnknownCode, "unit"),
        ),
        (
            "case",
            "ALPHA,2019-12,b,2,2,2,2,2,2,2,2,2",
            at(RowProblemCode::NotAMonth, "month"),
        ),
        (
            "case",
            "ALPHA,2020-13,b,2,2,2,2,2,2,2,2,2",
            at(RowProblemCode::NotAMonth, "month"),
        ),
        (
            "case",
            "ALPHA,2020-02,,2,2,2,2,2,2,2,2,2",
            at(RowProblemCode::Empty, "case"),
        ),
        (
            "case",
            "ALPHA,2020-02,a,2,2,2,2,2,2,2,2,2",
            at(RowProblemCode::DoubledKey, "case"),
        ),
        (
            "case",
            "ALPHA,2020-02,b,3,2,2,2,2,2,2,2,2",
            at(RowProblemCode::MoreThanTotal, "total_time"),
        ),
        (
            "case",
            "ALPHA,2020-02,b,2,2,2,2,2,2,2,2,",
            at(RowProblemCode::NotANumber, "online_service"),
        ),
        (
            "case",
            "ALPHA,2020-02,b,2,-1,2,2,2,2,2,2,2",
            at(RowProblemCode::NotANumber, "body_time"),
        ),
        (
            "cases",
            "ALPHA,2020-01,5,10,10,10,10,10,10,10,10,10",
            at(RowProblemCode::DoubledKey, "month"),
        ),
        (
            "cases",
            "ALPHA,2020-02,5,10,10,10,11,10,10,10,10,10",
            at(RowProblemCode::MoreThanTotal, "other_contacts"),
        ),
        (
            "cases",
            "ALPHA,2020-02,0,0,0,0,0,0,0,0,0,1",
            at(RowProblemCode::MoreThanTotal, "online_service"),
        ),
        (
            "cases",
            "ALPHA,2020-02,10000001,0,0,0,0,0,0,0,0,0",
            at(RowProblemCode::NotANumber, "cases"),
        ),
    ] {
        assert_eq!(problems(first, row), expected, "{row}");
    }
    assert_eq!(
        problems("case", "ALPHA,2020-02,b"),
        [(RowProblemCode::WrongLength, 3, None)]
    );
    // The same code of two units is that of two cases.
    assert_eq!(problems("case", "BETA,2020-01,a,0,0,0,0,0,0,0,0,0"), []);
    assert_eq!(problems("cases", "BETA,2020-02,0,0,0,0,0,0,0,0,0,0"), []);
}

#[test]
fn a_file_with_other_columns_or_none_is_refused() {
    let code = |text: &str| read_in_pieces(text, 5).expect_err(text).code;
    assert_eq!(code(""), RowsProblemCode::Empty);
    assert_eq!(code(&header("case")), RowsProblemCode::Empty);
    assert_eq!(
        code("unit,month,case\nALPHA,2020-01,a\n"),
        RowsProblemCode::MissingColumn
    );
    let named = header("case").replace("\n", ",name\n");
    assert_eq!(code(&named), RowsProblemCode::UnknownColumn);
    let twice = header("case").replace("\n", ",unit\n");
    assert_eq!(code(&twice), RowsProblemCode::UnknownColumn);
    assert_eq!(
        code(&header("case").replace("unit", "un\u{0}it")),
        RowsProblemCode::MissingColumn
    );
}

#[test]
fn classes_that_leave_units_without_one_are_refused() {
    let field = |change: &dyn Fn(&mut Vec<EvaluationClass>)| {
        let mut list = classes();
        change(&mut list);
        check_classes(&list).map_err(|fault| fault.field)
    };
    assert_eq!(field(&|_| {}), Ok(()));
    assert_eq!(field(&|list| list.clear()), Err(String::new()));
    assert_eq!(
        field(&|list| list[1].code = "EXCELLENT".to_owned()),
        Err("1.code".to_owned())
    );
    assert_eq!(
        field(&|list| list[1].at_least = Decimal::from_integer(15)),
        Err("1.atLeast".to_owned())
    );
    assert_eq!(
        field(&|list| list[0].at_least = Decimal::from_integer(19)),
        Err("0.atLeast".to_owned())
    );
    let three = Some(Decimal::from_integer(3));
    assert_eq!(
        field(&|list| list[0].first_at_least.clone_from(&three)),
        Err("0.firstAtLeast".to_owned())
    );
    assert_eq!(field(&|list| drop(list.pop())), Err("3.atLeast".to_owned()));
    assert_eq!(
        field(&|list| list[4].first_at_least.clone_from(&three)),
        Err("4.firstAtLeast".to_owned())
    );
}

/// Units, months and points of cases.
fn cases() -> impl Strategy<Value = Vec<(bool, u8, [u32; INDICATORS])>> {
    let points = proptest::array::uniform9(0..=MAXIMUM_OF_INDICATOR);
    proptest::collection::vec((any::<bool>(), 1..=MONTHS, points), 1..60)
}

fn unit_of(beta: bool) -> &'static str {
    if beta { "BETA" } else { "ALPHA" }
}

fn numbers(points: &[u32]) -> String {
    points.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

proptest! {
    #[test]
    fn cases_and_their_sums_give_the_same_months_in_any_order(
        (cases, shuffled) in cases().prop_flat_map(|cases| (Just(cases.clone()), Just(cases).prop_shuffle())),
        piece in 1_usize..200,
    ) {
        let rows = |cases: &[(bool, u8, [u32; INDICATORS])]| {
            let mut text = header("case");
            for (number, (beta, month, points)) in cases.iter().enumerate() {
                text.push_str(&format!("{},2020-{month:02},{number},{}\n", unit_of(*beta), numbers(points)));
            }
            text
        };
        let mut sums: BTreeMap<(bool, u8), CaseSums> = BTreeMap::new();
        for (beta, month, points) in &cases {
            sums.entry((*beta, *month)).or_default().add(*points);
        }
        let mut months = header("cases");
        for ((beta, month), sums) in sums.iter().rev() {
            months.push_str(&format!("{},2020-{month:02},{},{}\n", unit_of(*beta), sums.cases, numbers(&sums.points)));
        }
        let by_case = read_in_pieces(&rows(&cases), piece).expect("a table");
        let in_other_order = read_in_pieces(&rows(&shuffled), piece).expect("a table");
        let by_month = read_in_pieces(&months, piece).expect("a table");
        prop_assert_eq!(&by_case.units, &in_other_order.units);
        prop_assert_eq!(&by_case.units, &by_month.units);
        prop_assert_eq!(by_case.cases(), cases.len() as u64);
    }

    #[test]
    fn more_points_never_give_a_worse_class(
        bounds in proptest::collection::vec((0_i64..=18, proptest::option::of(0_i64..=2)), 0..6),
        (total, more) in (0_i64..=180, 0_i64..=180), (first, more_first) in (0_i64..=20, 0_i64..=20),
    ) {
        let mut bounds = bounds;
        bounds.sort_by_key(|(at_least, _)| -at_least);
        bounds.push((0, None));
        let class = |(position, (at_least, first)): (usize, (i64, Option<i64>))| EvaluationClass {
            code: position.to_string(),
            name: Text::same("x"),
            at_least: Decimal::from_integer(at_least),
            first_at_least: first.map(Decimal::from_integer),
        };
        let classes: Vec<EvaluationClass> = bounds.into_iter().enumerate().map(class).collect();
        let place = |total: i64, first: i64| {
            let means = MeanPoints { total: Exact::ratio(total, 10), first: Exact::ratio(first, 10) };
            class_of(&classes, &means).expect("a class").code.parse::<usize>().expect("a number")
        };
        prop_assert!(place(total + more, first + more_first) <= place(total, first));
    }
}
