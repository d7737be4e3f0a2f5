//! The schema of questionnaires says what the program takes.

use minhchung::domain::framework::Severity;
use minhchung::domain::questionnaire::Questionnaire;
use serde_json::{Value, json};

use super::{misfit, read};

/// Whether a questionnaire fits the schema, and whether it can be read and has no errors.
fn taken(questionnaire: &Value) -> (bool, bool) {
    let schema = read("schema/questionnaire.schema.json");
    let fits = misfit(&schema, &schema, questionnaire, "").is_none();
    let sound = Questionnaire::parse(questionnaire).is_ok_and(|read| {
        let findings = read.lint();
        findings.iter().all(|finding| finding.severity != Severity::Error)
    });
    (fits, sound)
}

#[test]
fn what_does_not_fit_the_schema_of_questionnaires_the_program_refuses_too() {
    let sound = crate::surveys::questionnaire("1");
    assert_eq!(taken(&sound), (true, true));
    for (place, name, value) in [
        ("", "format", json!(2)),
        ("", "colour", json!("red")),
        ("", "criteria", json!([])),
        ("", "questions", Value::Null),
        ("/criteria/0", "figure", json!("MEDIAN")),
        ("/scales/0", "answers", json!([])),
        ("/scales/0/answers/0", "value", json!(1)),
        ("/scales/0/answers/0", "satisfied", json!("yes")),
        ("/questions/0", "weight", json!(0)),
        ("/questions/0", "weight", json!(1001)),
        ("/questions/0", "code", json!("")),
        ("/questions/0", "colour", json!("red")),
        ("/strata/0", "values", json!([])),
    ] {
        let mut wrong = sound.clone();
        wrong.pointer_mut(place).unwrap()[name] = value;
        assert_eq!(taken(&wrong), (false, false), "{place}/{name}");
    }
    for name in ["code", "name", "scale", "criterion"] {
        let mut wrong = sound.clone();
        wrong["questions"][0].as_object_mut().unwrap().remove(name);
        assert_eq!(taken(&wrong), (false, false), "{name}");
    }
}
