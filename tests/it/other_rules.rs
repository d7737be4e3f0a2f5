//! Rules that no framework of the seed has, each in a round: what the unit states, what the appraiser finds, what follows.
//!
//! Levels of 1.1, worth 4 points: L1 a quarter, L2 a half, L3 three quarters, L4 all. A unit that states L1, L2 and L4
//! has reached L2: 2 points. The appraiser finds that L2 is not met: 1 point. With L3, too, it would have been 4.
//!
//! A formula of 1.1 in two ways, worth 4 points: by tasks, done ÷ planned, or by days, 1 − late ÷ 40. 10 days late are 0.75:
//! 3 points, and nobody has to count tasks. The appraiser finds that tasks have to be counted, 20 of 32: 2.5 points.
//!
//! A survey of 2.1, worth 4 points: all from 80 % satisfied, three quarters from 60 %, nothing below. 287 of 350 are 82 %:
//! 4 points; 279 of 350 are below 80 %: 3 points.

use serde_json::{Value, json};

use crate::explained_points::{number, worth};
use crate::journey::{ADD, DECLARE, REVIEW, SUBMIT, accepting, dossier, export, look, report};
use crate::world::{World, framework as trial, usage};

fn text(text: &str) -> Value {
    json!({"vi": text, "en": text})
}

/// The trial framework with another rule and other inputs at one place.
pub fn framework(place: &str, rule: Value, inputs: Value) -> Value {
    let mut framework = trial();
    framework["code"] = json!("R");
    let leaf = framework.pointer_mut(place).expect(place);
    leaf["rule"] = rule;
    leaf["inputs"] = inputs;
    framework
}

/// Levels of an electronic administration in place of the plan.
pub fn maturity() -> Value {
    let level = |(code, name, ratio): (&str, &str, &str)| json!({"code": code, "name": text(name), "ratio": ratio});
    let levels: Vec<Value> = [
        ("L1", "Khởi đầu", "0.25"),
        ("L2", "Quản lý", "0.5"),
        ("L3", "Chuẩn hóa", "0.75"),
        ("L4", "Tích hợp", "1"),
    ]
    .map(level)
    .to_vec();
    let codes = ["L1", "L2", "L3", "L4"];
    let inputs = json!([{"code": "met", "name": text("Mức đạt"), "type": {"kind": "ITEMS", "codes": codes}, "source": {"kind": "DECLARED"}}]);
    framework(
        "/nodes/1/leaf",
        json!({"kind": "MATURITY", "input": "met", "levels": levels}),
        inputs,
    )
}

/// The share of the satisfied in place of the mean.
pub fn share() -> Value {
    let count =
        |code: &str| json!({"code": code, "name": text(code), "type": {"kind": "COUNT"}, "source": {"kind": "SURVEY"}});
    let mut satisfied = count("satisfied");
    satisfied["atMost"] = json!("valid");
    let bands = json!([{"atLeast": "0.8", "ratio": "1"}, {"atLeast": "0.6", "ratio": "0.75"}]);
    framework(
        "/nodes/4/leaf",
        json!({"kind": "SURVEY_SHARE", "satisfied": "satisfied", "valid": "valid",
            "tiers": {"bands": bands, "otherwise": "0"}}),
        json!([satisfied, count("valid")]),
    )
}

/// Two ways to compute the plan.
pub fn variants() -> Value {
    let choice =
        |code: &str, name: &str, expression: &str| json!({"code": code, "name": text(name), "expression": expression});
    let choices = [
        choice("TASKS", "theo nhiệm vụ", "done / planned"),
        choice("DAYS", "theo ngày", "1 - late / 40"),
    ];
    let input = |code: &str, kind: Value| json!({"code": code, "name": text(code), "type": kind, "source": {"kind": "DECLARED"}});
    let count = || json!({"kind": "COUNT"});
    let inputs = [
        input("way", json!({"kind": "OPTION", "codes": ["TASKS", "DAYS"]})),
        input("done", count()),
        input("planned", count()),
        input("late", count()),
    ];
    framework(
        "/nodes/1/leaf",
        json!({"kind": "FORMULA", "variants": {"input": "way", "choices": choices}}),
        json!(inputs),
    )
}

const OPEN: &str = r#"mutation { openRound(input: {
    code: "T-2019", name: {vi: "Kỳ thử", en: "Trial"}, year: 2019, owner: "SNV",
    frameworks: [{unitType: "SO", framework: "R@1"}] }) { round { phase jobId } } }"#;

/// The round in self-assessment.
pub async fn opened(framework: Value) -> World {
    let world = World::with_framework().await;
    world.import(framework).await;
    world.open_round(OPEN).await;
    world
}

const EXPLAINED: &str = r#"query($u: String!, $c: String!, $l: Ledger!) {
    assessment(ref: {key: {round: "T-2019", unit: $u, criterion: $c}}) { explain(ledger: $l) { outcome points text { vi } tree } } }"#;

/// Outcome, points and sentence of a leaf; the points are worked out again from the tree alone.
async fn explained(world: &World, criterion: &str, ledger: &str) -> (String, String, String) {
    let asked = json!({"u": "ALPHA", "c": criterion, "l": ledger});
    let found = world.send("manager", EXPLAINED, asked).await.ok()["assessment"]["explain"].clone();
    assert_eq!(worth(&found["tree"]), number(&found["points"]));
    let told = |value: &Value| value.as_str().unwrap().to_owned();
    (
        told(&found["outcome"]),
        told(&found["points"]),
        told(&found["text"]["vi"]),
    )
}

fn points(points: &str, text: &str) -> (String, String, String) {
    ("POINTS".to_owned(), points.to_owned(), text.to_owned())
}

#[tokio::test]
async fn a_level_above_one_that_is_not_met_counts_neither_as_stated_nor_as_found() {
    let world = opened(maturity()).await;
    world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
    let rows = export("ALPHA", &usage(12, 30, 100));
    world.send("alpha.officer", ADD, rows).await.ok();
    let declared = |levels: Value| {
        json!({"i": {"dossier": dossier("ALPHA"), "items": [
        {"criterion": "1.1", "inputs": [{"input": "met", "value": {"items": levels}}]}, {"criterion": "1.2"}]}})
    };
    let refused = world
        .send("alpha.officer", DECLARE, declared(json!(["L1", "L5"])))
        .await
        .refusal("en")
        .unwrap();
    assert_eq!(refused.0, "INVALID");
    assert!(refused.2.contains("there is no option \"L5\""), "{refused:?}");
    world
        .send("alpha.officer", DECLARE, declared(json!(["L4", "L2", "L1"])))
        .await
        .done();
    assert_eq!(
        explained(&world, "1.1", "DECLARED").await,
        points(
            "2",
            "mức 2/4 (Quản lý); không tính Tích hợp vì chưa đạt Chuẩn hóa → 2 trên 4"
        )
    );
    world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.ok();
    let advance = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;

    let mut item = accepting("ALPHA", "1.1", &look(&world, "snv.appraiser", "ALPHA", "1.1").await);
    item["corrections"] =
        json!([{"input": "met", "value": {"items": ["L1", "L4"]}, "reason": "Chưa có quy chế", "basis": "EVIDENCE"}]);
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [item]}}))
        .await
        .done();
    assert_eq!(
        explained(&world, "1.1", "VERIFIED").await,
        points(
            "1",
            "mức 1/4 (Khởi đầu); không tính Tích hợp vì chưa đạt Quản lý → 1 trên 4"
        )
    );
    let described =
        r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { rule { vi en } } }"#;
    assert_eq!(
        world.send("alpha.officer", described, json!({})).await.ok()["assessment"]["rule"],
        json!({
            "vi": "Mức cao nhất đạt được khi mọi mức thấp hơn cũng đạt: Khởi đầu: 1; Quản lý: 2; Chuẩn hóa: 3; Tích hợp: 4; chưa đạt mức đầu: 0.",
            "en": "The highest level that is met together with all below it: Khởi đầu: 1; Quản lý: 2; Chuẩn hóa: 3; Tích hợp: 4; without the first: 0."
        })
    );
    world.verified().await;
}

/// ALPHA's plan in that round, with these inputs, and its rows of 1.2.
async fn declare_plan(world: &World, inputs: Value) {
    let items = json!([{"criterion": "1.1", "inputs": inputs}, {"criterion": "1.2"}]);
    let input = json!({"i": {"dossier": dossier("ALPHA"), "items": items}});
    world.send("alpha.officer", DECLARE, input).await.done();
}

#[tokio::test]
async fn of_a_formula_in_several_ways_only_the_chosen_one_is_asked_for() {
    let world = opened(variants()).await;
    world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
    let rows = export("ALPHA", &usage(12, 30, 100));
    world.send("alpha.officer", ADD, rows).await.ok();
    let lacks = async || {
        let asked = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { missing { kind code } } }"#;
        world.send("alpha.officer", asked, json!({})).await.ok()["dossier"]["missing"].clone()
    };
    let lack = |code: &str| json!({"kind": "INPUT", "code": code});
    declare_plan(&world, json!([])).await;
    assert_eq!(lacks().await, json!([lack("way")]));
    let way = |code: &str| json!({"input": "way", "value": {"option": code}});
    let count = |input: &str, count: &str| json!({"input": input, "value": {"count": count}});
    declare_plan(&world, json!([way("TASKS"), count("late", "10")])).await;
    assert_eq!(lacks().await, json!([lack("done"), lack("planned")]));
    world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.refused();
    declare_plan(&world, json!([way("DAYS"), count("late", "10")])).await;
    assert_eq!(lacks().await, json!([]));
    assert_eq!(
        explained(&world, "1.1", "DECLARED").await,
        points("3", "way: theo ngày; 1 - late / 40 = 75 % → 3 trên 4")
    );
    world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.ok();
    let advance = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;

    let mut item = accepting("ALPHA", "1.1", &look(&world, "snv.appraiser", "ALPHA", "1.1").await);
    let correction = |mut found: Value| {
        found["reason"] = json!("Quy chế tính theo nhiệm vụ");
        found["basis"] = json!("EVIDENCE");
        found
    };
    let found = [way("TASKS"), count("done", "20"), count("planned", "32")].map(correction);
    item["corrections"] = json!(found);
    let review = json!({"i": {"items": [item]}});
    world.send("snv.appraiser", REVIEW, review).await.done();
    assert_eq!(
        explained(&world, "1.1", "VERIFIED").await,
        points("5/2", "way: theo nhiệm vụ; done / planned = 62,5 % → 2,5 trên 4")
    );
    world.verified().await;
}

/// The problem of ALPHA's item of a call with that result.
async fn recorded(world: &World, found: Value, reason: Option<&str>) -> Value {
    let record = r#"mutation($i: RecordSurveyResultsInput!) { recordSurveyResults(input: $i) {
        items { unit problem { code rule field message { en } } } } }"#;
    let mut result = json!({"unit": "ALPHA", "criterion": "2.1", "sample": 400, "source": "BC 10/BC-SNV"});
    for (field, value) in found.as_object().unwrap() {
        result[field] = value.clone();
    }
    let input = json!({"i": {"round": "T-2019", "results": [result], "reason": reason}});
    world.send("survey", record, input).await.ok()["recordSurveyResults"]["items"][0]["problem"].clone()
}

fn answers(satisfied: u32, valid: u32) -> Value {
    json!({"share": {"satisfied": satisfied, "valid": valid}})
}

fn mean() -> Value {
    json!({"mean": "4", "lowest": "1", "highest": "5"})
}

#[tokio::test]
async fn the_share_of_the_satisfied_comes_with_the_survey_and_needs_no_appraiser() {
    let world = opened(share()).await;
    for (found, field, message) in [
        (answers(0, 0), "share.valid", "Without a valid answer there is no share"),
        (
            answers(351, 350),
            "share.satisfied",
            "351 are satisfied, more than the 350 valid answers.",
        ),
        (
            answers(350, 401),
            "share.valid",
            "401 valid answers, more than the 400 respondents.",
        ),
        (mean(), "share", "Criterion 2.1 takes the share of the satisfied"),
    ] {
        let problem = recorded(&world, found.clone(), None).await;
        assert_eq!(
            (&problem["code"], &problem["field"]),
            (&json!("INVALID"), &json!(field)),
            "{found}"
        );
        let told = problem["message"]["en"].as_str().unwrap();
        assert!(told.starts_with(message), "{told}");
    }
    assert_eq!(recorded(&world, answers(287, 350), None).await, Value::Null);
    for ledger in ["DECLARED", "VERIFIED", "FINAL"] {
        assert_eq!(
            explained(&world, "2.1", ledger).await,
            points("4", "287/350 = 82 % ≥ 80 % → 4 trên 4")
        );
    }
    // The same again changes nothing; other counts need a reason.
    let entries = world.entries("ALPHA").await;
    assert_eq!(recorded(&world, answers(287, 350), None).await, Value::Null);
    assert_eq!(world.entries("ALPHA").await, entries);
    assert_eq!(
        recorded(&world, answers(279, 350), None).await["rule"],
        "SURVEY_RECORDED"
    );
    assert_eq!(recorded(&world, answers(279, 350), Some("Đếm lại")).await, Value::Null);
    assert_eq!(
        explained(&world, "2.1", "VERIFIED").await,
        points("3", "279/350 = ≈ 79,7143 % ≥ 60 % → 3 trên 4")
    );
    world.verified().await;
}

#[tokio::test]
async fn a_survey_result_is_either_a_mean_with_its_scale_or_a_share() {
    let world = World::with_round().await;
    let problem = recorded(&world, answers(287, 350), None).await;
    assert_eq!(
        (&problem["code"], &problem["field"]),
        (&json!("INVALID"), &json!("mean"))
    );
    let record = "mutation($i: RecordSurveyResultsInput!) { recordSurveyResults(input: $i) { items { unit } } }";
    let mut both = mean();
    both["share"] = json!({"satisfied": 287, "valid": 350});
    for found in [
        json!({}),
        both,
        json!({"mean": "4"}),
        json!({"lowest": "1", "highest": "5"}),
    ] {
        let mut result = json!({"unit": "ALPHA", "criterion": "2.1", "sample": 400, "source": "BC 10"});
        for (field, value) in found.as_object().unwrap() {
            result[field] = value.clone();
        }
        let answer = world
            .send("survey", record, json!({"i": {"round": "T-2019", "results": [result]}}))
            .await;
        let (code, field, message) = answer.refusal("en").unwrap();
        assert_eq!((code.as_str(), field.as_str()), ("INVALID", "results.0"), "{found}");
        assert_eq!(message, "State mean with lowest and highest, or share alone.");
    }
}
