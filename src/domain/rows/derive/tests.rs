//! Late cases and the letters for them, documents and their signatures: which figures follow from rows, and when none does.

use serde_json::{Value, json};

use super::*;
use crate::domain::rows::read_csv;

const YEAR: i16 = 2019;

/// A document of some rows below the documented header; none at all where it says that there was nothing.
fn source(kind: RowKind, link: &str, rows: &str, stated_total: Option<u64>) -> RowSource {
    let rows = match rows {
        "" => Vec::new(),
        rows => {
            let read = read_csv(kind, format!("{}\n{rows}", kind.header()).as_bytes()).expect("readable");
            assert!(read.is_clean(), "{:?}", read.report);
            read.rows
        }
    };
    RowSource {
        link: link.to_owned(),
        evidence: format!("e-{link}"),
        revision: 1,
        kind,
        counts: true,
        rows: rows.into(),
        stated_total,
    }
}

fn rejected(source: RowSource) -> RowSource {
    RowSource {
        counts: false,
        ..source
    }
}

/// Late cases of these numbers, due in May of a year, in a list that states a total.
fn late(link: &str, year: i16, cases: impl IntoIterator<Item = u32>, stated_total: u64) -> RowSource {
    let row = |case: u32| format!("H47-{case},1.004227,{year}-05-{:02}\n", case % 28 + 1);
    let rows: String = cases.into_iter().map(row).collect();
    source(RowKind::LateCases, link, &rows, Some(stated_total))
}

/// Letters, each with the case that it names.
fn letters(link: &str, letters: &[(u32, u32)]) -> RowSource {
    let row = |(letter, case): &(u32, u32)| format!("{letter}/TXL,H47-{case},2019-05-01,2019-06-30,2019-06-01,A\n");
    let rows: String = letters.iter().map(row).collect();
    source(RowKind::ApologyLetters, link, &rows, None)
}

fn state(derivation: Value, sources: &[RowSource]) -> InputState {
    let spec = json!({"code": "figure", "name": {"vi": "số liệu", "en": "figure"}, "type": {"kind": "COUNT"}, "source": derivation});
    derive(&serde_json::from_value(spec).expect("an input"), YEAR, sources)
}

fn all_late() -> Value {
    json!({"kind": "DERIVED", "rows": "LATE_CASES", "count": "DISTINCT", "of": "case", "coverage": "EVERY_CASE"})
}

fn with_letter() -> Value {
    let mut derivation = all_late();
    derivation["matched"] = json!({"rows": "APOLOGY_LETTERS", "by": "case"});
    derivation
}

#[track_caller]
fn check(derivation: Value, sources: &[RowSource], expected: u64) {
    match state(derivation, sources) {
        InputState::Known {
            value: InputValue::Count(value),
            ..
        } => assert_eq!(value.to_string(), expected.to_string()),
        state => panic!("{state:?}"),
    }
}

#[track_caller]
fn check_missing(derivation: Value, sources: &[RowSource], expected: &[(MissingCode, &[&str])]) {
    let InputState::Missing { reasons } = state(derivation, sources) else {
        panic!("a value");
    };
    let found: Vec<(MissingCode, Vec<&str>)> = reasons
        .iter()
        .map(|reason| (reason.code, reason.items.iter().map(String::as_str).collect()))
        .collect();
    let expected: Vec<(MissingCode, Vec<&str>)> =
        expected.iter().map(|(code, items)| (*code, items.to_vec())).collect();
    assert_eq!(found, expected);
    assert!(reasons.iter().all(|reason| reason.message.is_complete()));
}

/// Seven of twelve cases: one letter is for two of them, and the first case got a second letter.
const SEVEN: [(u32, u32); 8] = [(1, 1), (2, 1), (3, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7)];

#[test]
fn late_cases_with_a_letter_are_counted_once_each() {
    let sources = [late("list", YEAR, 1..=12, 12), letters("letters", &SEVEN)];
    check(all_late(), &sources, 12);
    check(with_letter(), &sources, 7);
    // The same in several documents.
    let split = [
        late("a", YEAR, 1..=5, 12),
        late("b", YEAR, 6..=12, 12),
        letters("c", &SEVEN[..3]),
        letters("d", &SEVEN[3..]),
    ];
    check(with_letter(), &split, 7);
    match state(with_letter(), &split) {
        InputState::Known {
            source: InputOrigin::Derived { rows },
            ..
        } => {
            let origins: Vec<(&str, u32)> = rows.iter().map(|one| (one.link.as_str(), one.rows)).collect();
            assert_eq!(origins, [("a", 5), ("b", 7), ("c", 3), ("d", 5)]);
        }
        state => panic!("{state:?}"),
    }
}

#[test]
fn a_letter_for_a_case_that_is_not_late_is_worth_nothing() {
    let late_cases = late("list", YEAR, 1..=3, 3);
    check(
        with_letter(),
        &[late_cases.clone(), letters("letters", &[(1, 1), (2, 4), (3, 99)])],
        1,
    );
    check(with_letter(), &[late_cases, letters("letters", &[])], 0);
}

#[test]
fn a_case_is_late_in_the_year_in_which_it_was_due() {
    let before = late("before", YEAR - 1, 13..=14, 5);
    let sources = [
        late("list", YEAR, 1..=3, 5),
        before,
        letters("letters", &[(1, 1), (2, 13), (3, 14)]),
    ];
    check(all_late(), &sources, 3);
    check(with_letter(), &sources, 1);
    // A list of another year alone does not say that there was none.
    let before = [late("before", YEAR - 1, 13..=14, 2)];
    for input in [all_late(), with_letter()] {
        check_missing(input, &before, &[(MissingCode::Gap, &["2019"])]);
    }
}

#[test]
fn every_list_of_either_kind_has_to_count() {
    let (list, sent) = (late("list", YEAR, 1..=12, 12), letters("letters", &SEVEN));
    for (sources, link) in [
        ([list.clone(), rejected(sent.clone())], "letters"),
        ([rejected(list), sent], "list"),
    ] {
        check_missing(with_letter(), &sources, &[(MissingCode::NotCounted, &[link])]);
    }
    // Also a list of letters that adds nothing, and one that is empty.
    for other in [letters("other", &[(9, 99)]), letters("other", &[])] {
        let sources = [
            late("list", YEAR, 1..=12, 12),
            letters("letters", &SEVEN),
            rejected(other),
        ];
        check_missing(with_letter(), &sources, &[(MissingCode::NotCounted, &["other"])]);
        // The count of all late cases does not look at letters.
        check(all_late(), &sources, 12);
    }
}

#[test]
fn without_letters_nothing_is_known_unless_no_case_was_late() {
    check_missing(
        with_letter(),
        &[late("list", YEAR, 1..=2, 2)],
        &[(MissingCode::NoRows, &["APOLOGY_LETTERS"])],
    );
    check_missing(
        with_letter(),
        &[letters("letters", &SEVEN)],
        &[(MissingCode::NoRows, &[])],
    );
    let none = late("list", YEAR, [], 0);
    check(all_late(), std::slice::from_ref(&none), 0);
    check(with_letter(), std::slice::from_ref(&none), 0);
    check(with_letter(), &[none.clone(), letters("letters", &SEVEN)], 0);
    check_missing(
        with_letter(),
        &[none.clone(), rejected(letters("letters", &[]))],
        &[(MissingCode::NotCounted, &["letters"])],
    );
    check_missing(all_late(), &[rejected(none)], &[(MissingCode::NotCounted, &["list"])]);
}

#[test]
fn a_list_is_complete_when_it_has_as_many_cases_as_the_document_states() {
    let letters = letters("letters", &SEVEN);
    for (stated, code, items) in [
        (Some(13), MissingCode::Gap, &["12/13"][..]),
        (Some(11), MissingCode::Gap, &["12/11"]),
        (None, MissingCode::NoStatedTotal, &[]),
    ] {
        let list = RowSource {
            stated_total: stated,
            ..late("list", YEAR, 1..=12, 12)
        };
        let sources = [list, letters.clone()];
        check_missing(with_letter(), &sources, &[(code, items)]);
        check_missing(all_late(), &sources, &[(code, items)]);
    }
    // One says that there was none, and another one lists some.
    let sources = [late("none", YEAR, [], 0), late("list", YEAR, 1..=2, 2)];
    check_missing(all_late(), &sources, &[(MissingCode::NoStatedTotal, &[])]);
}

#[test]
fn what_is_stated_twice_stays_in_conflict_whatever_is_rejected() {
    let again = [letters("a", &[(1, 1)]), letters("b", &[(1, 1)])];
    let conflict: (MissingCode, &[&str]) = (MissingCode::Conflict, &["1/TXL H47-1"]);
    let list = late("list", YEAR, 1..=2, 2);
    let [first, second] = again;
    check_missing(
        with_letter(),
        &[list.clone(), first.clone(), second.clone()],
        &[conflict],
    );
    check_missing(
        with_letter(),
        &[list, first, rejected(second)],
        &[conflict, (MissingCode::NotCounted, &["b"])],
    );
    // A case is listed once, also where one of the lists is of another year.
    for year in [YEAR, YEAR - 1] {
        let sources = [late("a", YEAR, 1..=2, 2), late("b", year, 2..=2, 2)];
        check_missing(all_late(), &sources, &[(MissingCode::Conflict, &["H47-2"])]);
    }
}

#[test]
fn documents_and_files_are_sums_over_every_month() {
    let rows = |months: u32| -> String {
        let row = |month: u32| format!("2019-{month:02},VP,100,98,95,50,40\n2019-{month:02},TTra,20,20,20,10,5\n");
        (1..=months).map(row).collect()
    };
    let sum = |column: &str| json!({"kind": "DERIVED", "rows": "ELECTRONIC_DOCUMENTS", "sum": column, "coverage": "EVERY_MONTH"});
    let year = |months| source(RowKind::ElectronicDocuments, "1", &rows(months), None);
    for (column, expected) in [
        ("issued", 1440),
        ("electronic", 1416),
        ("signed", 1380),
        ("files", 720),
        ("files_online", 540),
    ] {
        check(sum(column), &[year(12)], expected);
    }
    check_missing(sum("signed"), &[year(11)], &[(MissingCode::Gap, &["2019-12"])]);
}
