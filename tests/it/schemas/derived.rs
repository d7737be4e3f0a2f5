//! Inputs from rows, as the schema of frameworks and the program take them.

use serde_json::{Value, json};

use super::taken;
use crate::late_cases::letters;

const SOURCE: &str = "/nodes/2/leaf/inputs/0/source";

fn changed(place: &str, value: Value) -> Value {
    let mut framework = letters();
    let source = framework.pointer_mut(SOURCE).unwrap();
    match place.split_once('/') {
        None => source[place] = value,
        Some((outer, inner)) => source[outer][inner] = value,
    }
    framework
}

#[test]
fn letters_for_late_cases_fit_the_schema_as_the_program_takes_them() {
    assert_eq!(taken(&letters()), (true, true));
    let all = [
        "LATE_CASES",
        "APOLOGY_LETTERS",
        "ELECTRONIC_DOCUMENTS",
        "ONE_STOP_CASES",
    ];
    let required = "/nodes/2/leaf/requiredEvidence/0/kinds";
    let mut framework = letters();
    *framework.pointer_mut(required).unwrap() = json!(all);
    assert_eq!(taken(&framework), (true, true));
    for (place, value) in [
        ("coverage", json!("EVERY_MONTH")),
        ("coverage", json!("EVERY_PROCEDURE")),
        ("matched", json!("APOLOGY_LETTERS")),
        ("matched", json!({"rows": "APOLOGY_LETTERS"})),
        ("matched/rows", json!("LETTERS")),
        ("matched/by", Value::Null),
        ("matched/times", json!(2)),
    ] {
        assert_eq!(taken(&changed(place, value.clone())), (false, false), "{place} {value}");
    }
    // Which columns there are is told by the program alone.
    for (place, value) in [
        ("matched/rows", json!("LATE_CASES")),
        ("matched/by", json!("letter")),
        ("matched/by", json!("resolved_on")),
    ] {
        assert_eq!(taken(&changed(place, value.clone())), (true, false), "{place} {value}");
    }
}
