//! What is wrong with a questionnaire is found by its place.

use serde_json::{Value, json};

use super::Questionnaire;
use crate::domain::framework::Severity;

fn text(text: &str) -> Value {
    json!({"vi": text, "en": text})
}

fn sound() -> Value {
    let answer =
        |code: &str, satisfied: bool| json!({"code": code, "name": text(code), "value": code, "satisfied": satisfied});
    json!({"format": 1, "code": "SIPAS", "version": "2019", "name": text("SIPAS"),
        "criteria": [{"criterion": "8.1.1", "figure": "SHARE"}, {"criterion": "8.2.1", "figure": "MEAN"}],
        "scales": [{"code": "S", "answers": [answer("1", false), answer("2", true)], "missing": ["99"]}],
        "questions": [
            {"code": "a", "name": text("a"), "scale": "S", "criterion": "8.1.1"},
            {"code": "b", "name": text("b"), "scale": "S", "criterion": "8.2.1", "weight": 3}],
        "strata": [{"code": "sex", "name": text("sex"), "values": [
            {"code": "F", "name": text("F")}, {"code": "M", "name": text("M")}]}]})
}

#[test]
fn a_sound_questionnaire_is_written_as_it_was_read() {
    let read = Questionnaire::parse(&sound()).expect("a questionnaire");
    assert_eq!(read.lint(), []);
    let mut again = sound();
    // What is as if it were not stated is not stated.
    again["scales"][0]["answers"][0]
        .as_object_mut()
        .expect("an answer")
        .remove("satisfied");
    assert_eq!(serde_json::to_value(&read).expect("json"), again);
}

#[test]
fn each_problem_is_found_at_its_place() {
    for (place, value, path, code) in [
        ("/code", json!("S P"), "code", "BAD_CODE"),
        ("/criteria", json!([]), "criteria", "COUNT"),
        ("/questions/1/code", json!("a"), "questions/a", "DOUBLED_CODE"),
        ("/questions/1/code", json!("sex"), "questions/sex", "DOUBLED_CODE"),
        ("/questions/1/code", json!("unit"), "questions/unit", "RESERVED_CODE"),
        (
            "/strata/0/code",
            json!("respondent"),
            "strata/respondent",
            "RESERVED_CODE",
        ),
        ("/questions/0/scale", json!("T"), "questions/a", "UNKNOWN_SCALE"),
        (
            "/questions/0/criterion",
            json!("8.1.2"),
            "questions/a",
            "UNKNOWN_CRITERION",
        ),
        (
            "/questions/0/criterion",
            json!("8.2.1"),
            "criteria/8.1.1",
            "NO_QUESTION",
        ),
        ("/questions/1/weight", json!(0), "questions/b", "BAD_WEIGHT"),
        ("/questions/1/weight", json!(1001), "questions/b", "BAD_WEIGHT"),
        ("/scales/0/missing", json!(["1"]), "scales/S/1", "DOUBLED_CODE"),
        (
            "/scales/0/answers/1/value",
            json!("1"),
            "scales/S/answers",
            "VALUES_FALL",
        ),
        (
            "/scales/0/answers/1/satisfied",
            json!(false),
            "criteria/8.1.1",
            "NOT_DIVIDED",
        ),
        ("/strata/0/values", json!([]), "strata/sex/values", "COUNT"),
    ] {
        let mut wrong = sound();
        *wrong.pointer_mut(place).expect(place) = value;
        let findings = Questionnaire::parse(&wrong).expect("a questionnaire").lint();
        let found = findings
            .iter()
            .any(|one| (one.path.as_str(), one.code.as_str(), one.severity) == (path, code, Severity::Error));
        assert!(found, "{place}: {findings:?}");
    }
    let mut without = sound();
    without["scales"][0]["answers"][1]
        .as_object_mut()
        .expect("an answer")
        .remove("value");
    let findings = Questionnaire::parse(&without).expect("a questionnaire").lint();
    assert_eq!(findings[0].code, "NO_SPAN");
}

#[test]
fn scales_of_one_mean_span_the_same() {
    let mut wrong = sound();
    let mut wider = wrong["scales"][0].clone();
    (wider["code"], wider["answers"][1]["value"]) = (json!("W"), json!("3"));
    wrong["scales"].as_array_mut().expect("scales").push(wider);
    wrong["questions"][0]["criterion"] = json!("8.2.1");
    wrong["questions"][0]["scale"] = json!("W");
    wrong["criteria"] = json!([{"criterion": "8.2.1", "figure": "MEAN"}]);
    let findings = Questionnaire::parse(&wrong).expect("a questionnaire").lint();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        (findings[0].path.as_str(), findings[0].code.as_str()),
        ("criteria/8.2.1", "NO_SPAN")
    );
}

#[test]
fn names_in_one_language_and_unused_scales_are_warnings() {
    let mut doubtful = sound();
    doubtful["questions"][0]["name"]["en"] = json!(" ");
    let mut unused = doubtful["scales"][0].clone();
    unused["code"] = json!("T");
    doubtful["scales"].as_array_mut().expect("scales").push(unused);
    let findings = Questionnaire::parse(&doubtful).expect("a questionnaire").lint();
    let found: Vec<_> = findings.iter().map(|one| (one.code.as_str(), one.severity)).collect();
    assert_eq!(
        found,
        [
            ("UNUSED_SCALE", Severity::Warning),
            ("MISSING_TRANSLATION", Severity::Warning)
        ]
    );
}

#[test]
fn every_part_that_cannot_be_read_is_named() {
    let mut wrong = sound();
    wrong["questions"][1]["weight"] = json!("three");
    wrong["strata"][0]["colour"] = json!("red");
    wrong["size"] = json!(1);
    let findings = Questionnaire::parse(&wrong).expect_err("findings");
    let paths: Vec<&str> = findings.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, ["", "questions/1", "strata/0"]);
    for wrong in [
        json!([]),
        json!({}),
        json!({"format": 2, "code": "S", "version": "1", "name": text("S"),
        "criteria": [], "scales": [], "questions": []}),
    ] {
        assert!(Questionnaire::parse(&wrong).is_err(), "{wrong}");
    }
}
