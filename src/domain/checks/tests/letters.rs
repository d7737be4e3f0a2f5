//! What is told of late cases and the letters for them.

use super::*;

/// A document with these columns and rows.
fn list(id: &str, kind: EvidenceKind, columns: &[&'static str], rows: &[&[&str]]) -> Paper {
    let cells = |row: &&[&str]| -> Vec<(&str, String)> {
        columns
            .iter()
            .copied()
            .zip(row.iter().map(|value| (*value).to_owned()))
            .collect()
    };
    let owned: Vec<Vec<(&str, String)>> = rows.iter().map(cells).collect();
    let borrowed: Vec<Vec<(&str, &str)>> = owned
        .iter()
        .map(|row| row.iter().map(|(name, value)| (*name, value.as_str())).collect())
        .collect();
    let rows: Vec<&[(&str, &str)]> = borrowed.iter().map(Vec::as_slice).collect();
    Paper::new(id).rows(kind, &rows, None)
}

/// Case, due, resolved.
fn late(rows: &[&[&str]]) -> Paper {
    list(
        "late",
        EvidenceKind::LateCases,
        &["case", "due_on", "resolved_on"],
        rows,
    )
}

/// Letter, case, due, sent.
fn letters(id: &str, rows: &[&[&str]]) -> Paper {
    let columns = ["letter", "case", "due_on", "sent_on"];
    list(id, EvidenceKind::ApologyLetters, &columns, rows)
}

/// The document and what is told.
fn told(papers: Vec<Paper>) -> Vec<(Option<String>, String)> {
    let found = findings(&[TestLeaf::plain("1.1").on(papers)], &[]);
    assert!(
        found
            .iter()
            .all(|one| one.message.is_complete() && one.remedy.is_complete())
    );
    found.into_iter().map(|one| (one.evidence, one.message.en)).collect()
}

#[track_caller]
fn check_told(papers: Vec<Paper>, expected: &[(Option<&str>, &str)]) {
    let found = told(papers);
    let found: Vec<(Option<&str>, &str)> = found
        .iter()
        .map(|(evidence, message)| (evidence.as_deref(), message.as_str()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn lists_that_go_together_are_told_of_no_more() {
    let cases: &[&[&str]] = &[&["1", "2019-05-02", "2019-05-20"], &["2", "2019-05-03", ""]];
    let all: &[&[&str]] = &[
        &["45/TXL", "1", "2019-05-02", "2019-05-03"],
        &["45/TXL", "2", "2019-05-03", "2019-05-03"],
    ];
    check_told(vec![late(cases), letters("letters", all)], &[]);
    // On the day of the result is not after it.
    let last: &[&[&str]] = &[all[1], &["45/TXL", "1", "2019-05-02", "2019-05-20"]];
    check_told(vec![late(cases), letters("letters", last)], &[]);
    // One list alone says nothing of the other.
    check_told(vec![late(cases)], &[]);
    check_told(vec![letters("letters", all)], &[]);
    // In two documents.
    check_told(vec![late(cases), letters("a", &all[..1]), letters("b", &all[1..])], &[]);
}

#[test]
fn letters_that_do_not_fit_their_cases_are_told_by_their_document() {
    let cases: &[&[&str]] = &[&["1", "2019-05-02", "2019-05-20"], &["2", "2019-05-03", ""]];
    let papers = vec![
        late(cases),
        letters(
            "letters",
            &[
                &["45/TXL", "1", "2019-05-02", "2019-05-21"],
                &["46/TXL", "2", "2019-05-04", "2019-05-05"],
                &["47/TXL", "9", "2019-05-02", "2019-05-03"],
            ],
        ),
    ];
    check_told(
        papers,
        &[
            (
                Some("letters"),
                "Letters for cases that are in no list of late cases (1): 47/TXL (9).",
            ),
            (
                Some("letters"),
                "Letters state another due date than the list of late cases (1): 46/TXL (2: 2019-05-04, 2019-05-03).",
            ),
            (
                Some("letters"),
                "Letters were sent after the case was resolved (1): 45/TXL (1: 2019-05-21, 2019-05-20).",
            ),
        ],
    );
}

#[test]
fn cases_with_several_letters_or_none_are_told_of_the_leaf() {
    let cases: &[&[&str]] = &[
        &["1", "2019-05-02", ""],
        &["2", "2019-05-03", ""],
        &["3", "2019-05-04", ""],
        // A case of another year is not looked for.
        &["4", "2018-12-04", ""],
    ];
    let first = letters("a", &[&["45/TXL", "1", "2019-05-02", "2019-05-03"]]);
    let second = letters("b", &[&["61/TXL", "1", "2019-05-02", "2019-06-03"]]);
    check_told(
        vec![late(cases), first, second],
        &[
            (None, "Cases have several letters (1): 1 (45/TXL; 61/TXL)."),
            (None, "Late cases for which there is no letter (2): 2, 3."),
            (
                Some("late"),
                "Cases were due outside the assessed year 2019 and do not count: 2018-12-04.",
            ),
        ],
    );
}

#[test]
fn where_no_case_was_late_every_letter_is_for_another_one() {
    let none = late(&[]).with(|facts| {
        facts.rows = None;
        facts.revision.content.rows = None;
        facts.revision.content.nothing_to_do = true;
    });
    let sent = letters("letters", &[&["45/TXL", "1", "2019-05-02", "2019-05-03"]]);
    check_told(
        vec![none, sent],
        &[(
            Some("letters"),
            "Letters for cases that are in no list of late cases (1): 45/TXL (1).",
        )],
    );
}

#[test]
fn what_was_done_after_the_last_day_is_told() {
    let cases: &[&[&str]] = &[&["1", "2019-12-30", "2020-02-20"]];
    let sent: &[&[&str]] = &[&["45/TXL", "1", "2019-12-30", "2020-02-03"]];
    check_told(
        vec![late(cases), letters("letters", sent)],
        &[
            (
                Some("late"),
                "The document is dated 2020-02-20, after the last day of self-assessment, 2020-01-31.",
            ),
            (
                Some("letters"),
                "The document is dated 2020-02-03, after the last day of self-assessment, 2020-01-31.",
            ),
        ],
    );
}

#[test]
fn a_stated_total_is_held_to_the_rows_of_its_own_kind() {
    let stating = |paper: Paper, total: u32| {
        paper.with(|facts| facts.revision.content.rows.as_mut().unwrap().stated_total = Some(total))
    };
    let cases: &[&[&str]] = &[&["1", "2019-05-02", ""], &["2", "2019-05-03", ""]];
    let sent: &[&[&str]] = &[
        &["45/TXL", "1", "2019-05-02", "2019-05-03"],
        &["45/TXL", "2", "2019-05-03", "2019-05-03"],
        &["46/TXL", "2", "2019-05-03", "2019-05-10"],
    ];
    let several = (None, "Cases have several letters (1): 2 (45/TXL; 46/TXL).");
    check_told(
        vec![stating(late(cases), 2), stating(letters("letters", sent), 2)],
        &[several],
    );
    check_told(
        vec![stating(late(cases), 2), stating(letters("letters", sent), 3)],
        &[
            (None, "The stated total is 3, but the rows have 2 different cases."),
            several,
        ],
    );
}
