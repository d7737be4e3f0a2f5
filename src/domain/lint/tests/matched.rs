//! Rows of single cases, and what they are matched with.

use serde_json::{Value, json};

use super::{error, good};
use crate::domain::framework::Framework;

const INPUTS: &str = "/nodes/1/leaf/inputs";

fn derived(rows: &str, more: Value) -> Value {
    let mut source =
        json!({"kind": "DERIVED", "rows": rows, "count": "DISTINCT", "of": "case", "coverage": "EVERY_CASE"});
    for (name, value) in more.as_object().expect("an object") {
        source[name] = value.clone();
    }
    source
}

fn letters() -> Value {
    derived(
        "LATE_CASES",
        json!({"matched": {"rows": "APOLOGY_LETTERS", "by": "case"}}),
    )
}

#[test]
fn late_cases_are_matched_with_letters() {
    let mut framework = good();
    let inputs = framework.pointer_mut(INPUTS).expect("inputs");
    inputs[0]["source"] = letters();
    inputs[1]["source"] = derived("LATE_CASES", json!({}));
    let required = framework.pointer_mut("/nodes/1/leaf/requiredEvidence/0/kinds");
    *required.expect("kinds") = json!(["LATE_CASES", "APOLOGY_LETTERS", "ELECTRONIC_DOCUMENTS"]);
    let framework = Framework::parse(&framework).expect("readable");
    assert_eq!(framework.lint(), []);
    // It is written as it was read.
    let written = serde_json::to_value(&framework).expect("json");
    let matched = written.pointer(&format!("{INPUTS}/0/source/matched"));
    assert_eq!(matched, Some(&json!({"rows": "APOLOGY_LETTERS", "by": "case"})));
    assert_eq!(written.pointer(&format!("{INPUTS}/1/source/matched")), None);
}

#[test]
fn a_match_is_by_a_code_that_both_kinds_have() {
    let source = format!("{INPUTS}/0/source");
    for (rows, by, code) in [
        ("LATE_CASES", "case", "BAD_MATCH"),
        ("APOLOGY_LETTERS", "letter", "UNKNOWN_COLUMN"),
        ("APOLOGY_LETTERS", "service", "UNKNOWN_COLUMN"),
        ("APOLOGY_LETTERS", "resolved_on", "UNKNOWN_COLUMN"),
        ("APOLOGY_LETTERS", "due_on", "WRONG_COLUMN_KIND"),
    ] {
        let matched = json!({"matched": {"rows": rows, "by": by}});
        error(&source, derived("LATE_CASES", matched), code);
    }
}

#[test]
fn rows_are_complete_in_the_way_of_their_kind() {
    let source = format!("{INPUTS}/0/source");
    for (rows, coverage) in [
        ("LATE_CASES", "EVERY_MONTH"),
        ("LATE_CASES", "EVERY_PROCEDURE"),
        ("APOLOGY_LETTERS", "EVERY_PROCEDURE"),
        ("ELECTRONIC_DOCUMENTS", "EVERY_CASE"),
        ("PUBLISHED_PROCEDURES", "EVERY_CASE"),
        ("PUBLISHED_PROCEDURES", "EVERY_MONTH"),
        ("ONE_STOP_CASES", "EVERY_CASE"),
    ] {
        error(&source, derived(rows, json!({"coverage": coverage})), "BAD_COVERAGE");
    }
}

#[test]
fn no_framework_names_what_a_row_may_lack() {
    let source = format!("{INPUTS}/0/source");
    for more in [
        json!({"of": "resolved_on"}),
        json!({"where": {"column": "resolved_on", "oneOf": ["2019-05-02"]}}),
    ] {
        error(&source, derived("LATE_CASES", more), "UNKNOWN_COLUMN");
    }
    // Letters have no procedure.
    error(
        &source,
        derived("APOLOGY_LETTERS", json!({"of": "procedure"})),
        "UNKNOWN_COLUMN",
    );
}
