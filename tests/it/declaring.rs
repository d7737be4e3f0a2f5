//! Declaring and submitting: what a call says of each item, what still lacks what, and how a dossier comes back.

use serde_json::{Value, json};

use crate::bad_input::assert_unchanged;
use crate::journey::{ADD, DECLARE, SUBMIT, declaration, dossier, export, report};
use crate::world::{World, usage};

const DECLARE_ALL: &str = "mutation($i: DeclareInput!) { declare(input: $i) {
    items { criterion problem { code rule field } } dossier { total { declared { points } } } } }";
const RETURN: &str = r#"mutation($r: String!) { returnDossier(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, reason: $r})
    { dossier { submittedAt } } }"#;
const MISSING: &str = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { missing { criterion kind code message { vi en } } } }"#;

/// Leaves of ALPHA: a good one, one of the survey, one that is not there, one with a figure that is computed.
fn mixed(dry_run: bool) -> Value {
    let mut input = declaration("ALPHA", "28");
    input["i"]["dryRun"] = json!(dry_run);
    let good = input["i"]["items"][0].clone();
    let computed = json!({"criterion": "1.2", "inputs": [{"input": "online", "value": {"count": "5"}}]});
    input["i"]["items"] = json!([good, {"criterion": "2.1"}, {"criterion": "9.9"}, computed]);
    input
}

#[tokio::test]
async fn a_dry_run_commits_nothing_and_answers_for_each_item() {
    let world = World::with_round().await;
    let before = world.kept();
    assert!(before.len() > 20, "nothing is looked at");
    let answer = world.send("alpha.officer", DECLARE_ALL, mixed(true)).await.ok()["declare"].clone();
    let problem = |code: &str, rule: Value, field: Value| json!({"code": code, "rule": rule, "field": field});
    let expected = json!([
        {"criterion": "1.1", "problem": null},
        {"criterion": "2.1", "problem": problem("REJECTED", json!("SURVEY_LEAF"), json!("items.1.criterion"))},
        {"criterion": "9.9", "problem": problem("NOT_FOUND", Value::Null, json!("items.2.criterion"))},
        {"criterion": "1.2", "problem": problem("INVALID", Value::Null, json!("items.3.inputs.online"))},
    ]);
    assert_eq!(answer["items"], expected);
    assert_eq!(answer["dossier"]["total"]["declared"]["points"], "0");
    let mut good = declaration("ALPHA", "28");
    good["i"]["dryRun"] = json!(true);
    let answer = world.send("alpha.officer", DECLARE_ALL, good).await.ok()["declare"].clone();
    let fine = |criterion: &str| json!({"criterion": criterion, "problem": null});
    assert_eq!(answer["items"], json!([fine("1.1"), fine("1.2")]));
    assert_unchanged(&world, &before, "a dry run");
    // Strangers learn nothing from it.
    let refused = world.send("beta.officer", DECLARE_ALL, mixed(true)).await.refused();
    assert_eq!(refused.0, "NOT_FOUND");
}

#[tokio::test]
async fn one_wrong_item_refuses_the_whole_and_every_wrong_item_is_named() {
    let world = World::with_round().await;
    let before = world.kept();
    let errors = async |language: &str| -> Value {
        let body = json!({"query": DECLARE_ALL, "variables": mixed(false)});
        let request = world.server.post("alpha.officer").header("accept-language", language);
        let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
        answer["errors"].clone()
    };
    let (english, vietnamese) = (errors("en").await, errors("vi").await);
    assert_eq!(english.as_array().unwrap().len(), 1);
    // The error itself is that of the first.
    let extensions = &english[0]["extensions"];
    assert_eq!(
        (&extensions["code"], &extensions["rule"]),
        (&json!("REJECTED"), &json!("SURVEY_LEAF"))
    );
    let expected = [
        (1, "REJECTED", json!("SURVEY_LEAF"), json!("items.1.criterion")),
        (2, "NOT_FOUND", Value::Null, json!("items.2.criterion")),
        (3, "INVALID", Value::Null, json!("items.3.inputs.online")),
    ];
    let items = extensions["items"].as_array().unwrap();
    assert_eq!(items.len(), expected.len());
    let translated = &vietnamese[0]["extensions"]["items"];
    for (place, (index, code, rule, field)) in expected.iter().enumerate() {
        let item = &items[place];
        let found = (&item["index"], &item["code"], &item["rule"], &item["field"]);
        assert_eq!(found, (&json!(index), &json!(code), rule, field));
        let (en, vi) = (&item["message"], &translated[place]["message"]);
        assert!(en.is_string() && !vi.as_str().unwrap().is_ascii(), "{en} {vi}");
    }
    assert_unchanged(&world, &before, "a refused declaration");
    let entries = world.entries("ALPHA").await;
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
    assert_eq!(world.entries("ALPHA").await, entries + 1, "two leaves in one commit");
}

/// What ALPHA lacks: criterion, kind, code and the English words.
async fn missing(world: &World) -> Vec<String> {
    let found = world.send("alpha.officer", MISSING, json!({})).await.ok();
    let lacks = found["dossier"]["missing"].as_array().unwrap();
    let line = |lack: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        assert!(!text(&lack["message"]["vi"]).is_empty());
        let words = [&lack["criterion"], &lack["kind"], &lack["code"], &lack["message"]["en"]];
        words.map(text).join(" ")
    };
    lacks.iter().map(line).collect()
}

#[tokio::test]
async fn what_is_missing_is_told_until_it_is_there_or_explained() {
    let world = World::with_round().await;
    let undeclared = "1.2 DECLARATION - Criterion 1.2 is not declared.";
    assert_eq!(
        missing(&world).await,
        ["1.1 DECLARATION - Criterion 1.1 is not declared.", undeclared]
    );
    let item = |inputs: Value, reason: Value| json!({"criterion": "1.1", "inputs": inputs, "evidenceMissing": reason});
    let send = async |items: Value| {
        let input = json!({"i": {"dossier": dossier("ALPHA"), "items": items}});
        world.send("alpha.officer", DECLARE, input).await.ok();
    };
    let completed = json!({"input": "completed", "value": {"count": "28"}});
    let planned = json!({"input": "planned", "value": {"count": "32"}});
    send(json!([item(json!([completed]), Value::Null)])).await;
    let document = "1.1 EVIDENCE REPORT Missing evidence: Báo cáo";
    assert_eq!(
        missing(&world).await,
        ["1.1 INPUT planned Missing input: planned", document, undeclared]
    );
    send(json!([item(json!([completed, planned]), Value::Null), {"criterion": "1.2"}])).await;
    let statistics = "1.2 EVIDENCE EXPORT Missing evidence: Số liệu";
    let rows = ["online", "total"].map(|input| format!("1.2 ROWS {input} {input}: no document with rows is linked"));
    assert_eq!(missing(&world).await, [document, statistics, &rows[0], &rows[1]]);
    let submit = async || world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await;
    let incomplete = ("REJECTED".to_owned(), "INCOMPLETE".to_owned());
    assert_eq!(submit().await.refused(), incomplete);

    // A reason stands for the document, on this leaf alone.
    let reason = json!("Văn bản mật, xem tại cơ quan");
    send(json!([item(json!([completed, planned]), reason.clone())])).await;
    assert_eq!(missing(&world).await, [statistics, &rows[0], &rows[1]]);
    assert_eq!(submit().await.refused(), incomplete);
    let rows = export("ALPHA", &usage(12, 30, 100));
    world.send("alpha.officer", ADD, rows).await.ok();
    assert_eq!(missing(&world).await, [""; 0]);
    submit().await.ok();

    // Whoever judges reads the reason; whoever reads scores alone does not.
    let read = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { evidenceMissing } }"#;
    for (login, expected) in [
        ("alpha.officer", &reason),
        ("snv.appraiser", &reason),
        ("integrator", &Value::Null),
    ] {
        let seen = world.send(login, read, json!({})).await.ok();
        assert_eq!(seen["assessment"]["evidenceMissing"], *expected, "{login}");
    }
}

#[tokio::test]
async fn a_returned_dossier_is_the_units_again_with_the_reason() {
    let world = World::with_round().await;
    world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
    let rows = export("ALPHA", &usage(12, 30, 100));
    world.send("alpha.officer", ADD, rows).await.ok();
    let declare = async |completed: &str| {
        world
            .send("alpha.officer", DECLARE, declaration("ALPHA", completed))
            .await
    };
    let submit = async || world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await;
    declare("28").await.ok();
    submit().await.ok();
    assert_eq!(declare("30").await.refused().1, "ALREADY_SUBMITTED");

    for empty in ["", " \n "] {
        let refused = world.send("manager", RETURN, json!({"r": empty})).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), "reason".to_owned()));
    }
    let reason = "Thiếu chữ ký của thủ trưởng";
    let returned = world.send("manager", RETURN, json!({"r": reason})).await.ok();
    assert!(returned["returnDossier"]["dossier"]["submittedAt"].is_null());
    let read = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { assessments { criterion state }
        history(first: 100) { nodes { command actor reason } } } }"#;
    let seen = world.send("alpha.officer", read, json!({})).await.ok()["dossier"].clone();
    let state = |criterion: &str, state: &str| json!({"criterion": criterion, "state": state});
    assert_eq!(
        seen["assessments"],
        json!([state("1.1", "DECLARED"), state("1.2", "DECLARED"), state("2.1", "OPEN")])
    );
    let last = seen["history"]["nodes"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        last,
        json!({"command": "ReturnDossier", "actor": "manager", "reason": reason})
    );

    declare("30").await.ok();
    let refused = world.send("manager", RETURN, json!({"r": reason})).await.refused();
    assert_eq!(refused, ("REJECTED".to_owned(), "NOT_SUBMITTED".to_owned()));
    submit().await.ok();
    world.verified().await;
}
