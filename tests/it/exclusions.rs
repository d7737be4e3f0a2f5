//! What does not apply to a unit: nested decisions, what is lifted late, and what stays untouched.

use serde_json::{Value, json};

use crate::journey::{ADD, DECLARE, SUBMIT, declaration, dossier, export, leaf, look, report};
use crate::world::{World, usage};

const EXCLUDE: &str = "mutation($i: SetNotApplicableInput!) { setNotApplicable(input: $i) { dossier { total { verified { applicable } } } } }";

fn decision(criterion: &str) -> Value {
    json!({"i": {"dossier": dossier("ALPHA"), "criterion": criterion, "reason": "Không phát sinh",
        "document": "QĐ 12/QĐ-UBND"}})
}

fn lifting(criterion: &str, due: Option<&str>) -> Value {
    let mut input = decision(criterion);
    input["i"]["lift"] = json!(true);
    input["i"]["due"] = json!(due);
    input
}

async fn applicable(world: &World, input: Value) -> String {
    let answer = world.send("manager", EXCLUDE, input).await.ok();
    let found = &answer["setNotApplicable"]["dossier"]["total"]["verified"]["applicable"];
    found.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_standing_exclusion_counts_whatever_the_order() {
    let world = World::with_round().await;
    // Of 4 + 2 + 4 points.
    assert_eq!(applicable(&world, decision("1.1")).await, "6");
    assert_eq!(applicable(&world, decision("1")).await, "4");
    // 1.1 alone applies again, but it lies under 1, which still does not.
    assert_eq!(applicable(&world, lifting("1.1", None)).await, "4");
    assert_eq!(applicable(&world, decision("1.1")).await, "4");
    // Lifting the field leaves the leaf's own exclusion.
    assert_eq!(applicable(&world, lifting("1", None)).await, "6");
    let twice = world.send("manager", EXCLUDE, lifting("1", None)).await.refused();
    assert_eq!(twice, ("INVALID".to_owned(), "lift".to_owned()));
    let report = minhchung::app::verify::verify(&world.app).await.unwrap();
    assert_eq!(report.difference, None);
}

#[tokio::test]
async fn what_applies_again_after_submission_is_opened_for_the_unit() {
    let world = World::with_round().await;
    assert_eq!(applicable(&world, decision("1.1")).await, "6");
    world
        .send("alpha.officer", ADD, export("ALPHA", &usage(12, 30, 100)))
        .await
        .ok();
    let online = json!({"i": {"dossier": dossier("ALPHA"), "items": [{"criterion": "1.2"}]}});
    world.send("alpha.officer", DECLARE, online).await.ok();
    world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.ok();
    let advance = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;

    let before = look(&world, "sttt.appraiser", "ALPHA", "1.2").await["version"].clone();
    for due in [None, Some("2020-02-29")] {
        let refused = world.send("manager", EXCLUDE, lifting("1.1", due)).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), "due".to_owned()));
    }
    assert_eq!(applicable(&world, lifting("1.1", Some("2020-03-10"))).await, "10");
    // The leaf that somebody may be judging right now keeps its version.
    assert_eq!(look(&world, "sttt.appraiser", "ALPHA", "1.2").await["version"], before);

    // The unit declares and answers; the leaf comes to the queue like any other.
    world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
    let mut only = declaration("ALPHA", "28");
    only["i"]["items"].as_array_mut().unwrap().truncate(1);
    world.send("alpha.officer", DECLARE, only).await.ok();
    let answer = json!({"i": {"assessment": leaf("ALPHA", "1.1"), "answer": "Đã tự chấm"}});
    let document = "mutation($i: AnswerSupplementInput!) { answerSupplement(input: $i) { assessment { state } } }";
    let answered = world.send("alpha.officer", document, answer).await.ok();
    assert_eq!(answered["answerSupplement"]["assessment"]["state"], "SUPPLEMENTED");
}

#[tokio::test]
async fn a_survey_result_is_given_once_per_leaf() {
    let world = World::with_round().await;
    let twice = r#"mutation { recordSurveyResults(input: {round: "T-2019", results: [
        {unit: "ALPHA", criterion: "2.1", mean: "4", lowest: "1", highest: "5", sample: 400, source: "BC 10"},
        {unit: "ALPHA", criterion: "2.1", mean: "5", lowest: "1", highest: "5", sample: 400, source: "BC 10"}]}) {
        items { unit problem { code field } } } }"#;
    let answer = world.send("survey", twice, json!({})).await.ok();
    let problem = json!({"unit": "ALPHA", "problem": {"code": "INVALID", "field": "criterion"}});
    assert_eq!(answer["recordSurveyResults"]["items"], json!([problem]));
}

const RECORD: &str = "mutation($i: RecordSurveyResultsInput!) { recordSurveyResults(input: $i) { items { unit problem { code rule } } } }";

#[tokio::test]
async fn another_survey_result_takes_the_place_of_one_only_with_a_reason() {
    let world = World::with_round().await;
    let result = |mean: &str| json!({"unit": "ALPHA", "criterion": "2.1", "mean": mean, "lowest": "1", "highest": "5", "sample": 400, "source": "BC 10"});
    let record = async |mean: &str, reason: Option<&str>| {
        let input = json!({"i": {"round": "T-2019", "results": [result(mean)], "reason": reason}});
        let answer = world.send("survey", RECORD, input).await.ok();
        answer["recordSurveyResults"]["items"][0]["problem"].clone()
    };
    let points = async || look(&world, "alpha.officer", "ALPHA", "2.1").await["points"]["declared"]["points"].clone();
    assert_eq!(record("4.1", None).await, Value::Null);
    let entries = world.entries("ALPHA").await;
    assert_eq!(record("4.1", None).await, Value::Null, "the same again");
    assert_eq!(world.entries("ALPHA").await, entries, "changes nothing");
    let refused = json!({"code": "REJECTED", "rule": "SURVEY_RECORDED"});
    assert_eq!(record("3", None).await, refused);
    assert_eq!(points().await, "31/10");
    assert_eq!(record("3", Some("Nhập nhầm")).await, Value::Null);
    assert_eq!(points().await, "2");
    let entry = world
        .app
        .store
        .entries(
            &minhchung::app::documents::streams::dossier("T-2019", "ALPHA"),
            entries + 1,
            1,
        )
        .await;
    let private = entry.unwrap()[0].private.as_ref().unwrap().body.clone();
    let private = String::from_utf8_lossy(&private).into_owned();
    assert!(private.contains("Nhập nhầm"), "{private}");
    world.verified().await;
}

#[tokio::test]
async fn what_does_not_apply_is_no_part_of_progress() {
    let world = World::with_round().await;
    let progress = async |by: &str| {
        let query = "query($by: ProgressBy!) { progress(round: \"T-2019\", by: $by) { key states { state count } } }";
        world.send("manager", query, json!({ "by": by })).await.ok()["progress"].clone()
    };
    let open = |key: &str, count: &str| json!({"key": key, "states": [{"state": "OPEN", "count": count}]});
    assert_eq!(progress("UNIT").await, json!([open("ALPHA", "3"), open("BETA", "3")]));
    applicable(&world, decision("1")).await;
    assert_eq!(progress("UNIT").await, json!([open("ALPHA", "1"), open("BETA", "3")]));
    assert_eq!(progress("FIELD").await, json!([open("1", "2"), open("2", "2")]));
    assert_eq!(
        progress("APPRAISER").await,
        json!([open("SNV", "3"), open("STTTT", "1")])
    );
    // What applies again counts again.
    applicable(&world, lifting("1", None)).await;
    assert_eq!(progress("UNIT").await, json!([open("ALPHA", "3"), open("BETA", "3")]));
}
