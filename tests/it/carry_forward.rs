//! Last year's documents used again: found by what a criterion is called, without verdicts, statistics left where they are.

use serde_json::{Value, json};

use crate::journey::{ADD, REVIEW, accept, accepting, brought_to_appraisal, dossier, look, publish_unverified, report};
use crate::world::{Answer, World, framework};

const OPEN: &str = r#"mutation { openRound(input: {code: "T-2020", name: {vi: "Kỳ 2020", en: "2020"}, year: 2020, owner: "SNV",
    previous: "T-2019", units: ["ALPHA", "BETA"], frameworks: [{unitType: "SO", framework: "T@2"}]}) { round { code } } }"#;
const CARRY: &str = "mutation($i: CarryForwardInput!) { carryForward(input: $i) { fromRound left receipt { stream }
    leaves { criterion fromCriterion changed documents { label fate } }
    dossier { evidence { nodes { id title carriedFrom } } changesSinceLastYear { nodes { kind } } } } }";

/// 1.1 has become 1.3, weighs 3 instead of 4 and has its gate at 90 %; another criterion stands at 1.1; 1.2 stays.
fn renumbered() -> Value {
    let mut next = framework();
    next["version"] = json!("2");
    next["stated"]["leaves"] = json!(4);
    let nodes = next["nodes"].as_array_mut().unwrap();
    let mut plan = nodes.remove(1);
    let mut new = plan.clone();
    new["name"] = json!({"vi": "Tuyên truyền", "en": "Communication"});
    new["points"] = json!("1");
    nodes.insert(1, new);
    plan["code"] = json!("1.3");
    plan["points"] = json!("3");
    plan["leaf"]["rule"]["threshold"] = json!("0.9");
    nodes.insert(3, plan);
    next
}

fn of_2020(unit: &str) -> Value {
    json!({"key": {"round": "T-2020", "unit": unit}})
}

async fn carry(world: &World, unit: &str, more: Value) -> Answer {
    let mut input = json!({"dossier": of_2020(unit)});
    for (field, value) in more.as_object().unwrap() {
        input[field] = value.clone();
    }
    let login = format!("{}.officer", unit.to_lowercase());
    world.send(&login, CARRY, json!({ "i": input })).await
}

/// `criterion<origin [changed] label fate`.
fn jotted(answer: &Value) -> Vec<String> {
    let leaves = answer["carryForward"]["leaves"].as_array().unwrap().iter();
    let line = |leaf: &Value| {
        let text = |value: &Value| value.to_string().replace('"', "");
        let documents = leaf["documents"].as_array().unwrap().iter();
        let documents: Vec<String> = documents
            .map(|one| format!("{} {}", text(&one["label"]), text(&one["fate"])))
            .collect();
        let (criterion, origin) = (text(&leaf["criterion"]), text(&leaf["fromCriterion"]));
        format!(
            "{criterion}<{origin} {} {}",
            text(&leaf["changed"]),
            documents.join(", ")
        )
    };
    leaves.map(line).collect()
}

/// ALPHA also has a letter for both leaves, for one of them twice, and a list that says that there was nothing to do.
async fn a_year_later() -> World {
    let world = World::with_round().await;
    let mut letter = report("ALPHA", "1.1");
    letter["i"]["content"]["header"]["number"] = json!("17/BC-SNV");
    letter["i"]["links"] =
        json!([{"criterion": "1.1"}, {"criterion": "1.1", "requirement": "REPORT"}, {"criterion": "1.2"}]);
    world.send("alpha.officer", ADD, letter).await.ok();
    let nothing = json!({"i": {"dossier": dossier("ALPHA"), "kind": "LIST", "title": "Không phát sinh",
        "content": {"nothingToDo": true}, "links": [{"criterion": "1.1"}]}});
    world.send("alpha.officer", ADD, nothing).await.ok();
    let world = brought_to_appraisal(world).await;
    accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let mut refused = accepting("BETA", "1.1", &look(&world, "snv.appraiser", "BETA", "1.1").await);
    refused["verdicts"][0]["kind"] = json!("REJECTED");
    refused["verdicts"][0]["reason"] = json!("NOT_SIGNED");
    refused["verdicts"][0]["text"] = json!("Chưa ký");
    refused["waivers"] = json!([{"requirement": "REPORT", "reason": "Có số liệu riêng"}]);
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [refused]}}))
        .await
        .done();
    world
}

async fn next_round(world: &World) {
    world.import(renumbered()).await;
    world.send("manager", OPEN, json!({})).await.ok();
    world.run_jobs().await;
}

#[tokio::test]
async fn a_unit_begins_with_what_it_had_last_year() {
    let world = a_year_later().await;
    publish_unverified(&world).await;
    world.set_time("2021-03-01T02:00:00Z");
    next_round(&world).await;

    // Documents of a leaf come in the order of their links, whose ids are random.
    let lines = |answer: &Value| -> Vec<String> {
        let sorted = |line: String| {
            let (head, documents) = line.split_once("] ").unwrap();
            let mut documents: Vec<&str> = documents.split(", ").collect();
            documents.sort_unstable();
            format!("{head}] {}", documents.join(", "))
        };
        jotted(answer).into_iter().map(sorted).collect()
    };
    let statistics = "Số liệu DVCTT 2019 STATISTICS";
    let expected = |letter: &str, report: &str| {
        [
            format!("1.2<1.2 [] 17/BC-SNV {letter}, {statistics}"),
            format!(
                "1.3<1.1 [CODE,MAX_POINTS,RULE] 15/BC-SNV {report}, 17/BC-SNV {report}, 17/BC-SNV {report}, Không phát sinh NOTHING_TO_DO"
            ),
        ]
    };
    let tried = carry(&world, "ALPHA", json!({"dryRun": true})).await.ok();
    assert_eq!(lines(&tried), expected("CARRIED", "CARRIED"));
    assert_eq!(tried["carryForward"]["receipt"], Value::Null);
    assert_eq!(tried["carryForward"]["dossier"]["evidence"]["nodes"], json!([]));

    // One leaf after the other: a document that is there already is linked to the second one, too, as often as it was.
    let first = carry(&world, "ALPHA", json!({"criteria": ["1.2"]})).await.ok();
    assert_eq!(lines(&first), expected("CARRIED", "")[..1]);
    let carried = carry(&world, "ALPHA", json!({})).await.ok();
    assert_eq!(lines(&carried), expected("ALREADY", "CARRIED"));
    let carried = &carried["carryForward"];
    assert_eq!((&carried["fromRound"], &carried["left"]), (&json!("T-2019"), &json!(0)));
    assert_eq!(carried["receipt"]["stream"], "dossier:T-2020/ALPHA");
    let documents = carried["dossier"]["evidence"]["nodes"].as_array().unwrap();
    assert_eq!(documents.len(), 2);
    let kinds = carried["dossier"]["changesSinceLastYear"]["nodes"]
        .as_array()
        .unwrap()
        .iter();
    assert_eq!(kinds.filter(|node| node["kind"] == "ADDED").count(), 1);

    // It is the document of the year before, with the same bytes, and the leaf is as open as it was.
    let ask = "query($id: ID!) { node(id: $id) { ... on Evidence { title revisions { nodes { number files { sha256 } } } } } }";
    let mut both = Vec::new();
    for id in [&documents[0]["id"], &documents[0]["carriedFrom"]] {
        both.push(world.send("alpha.officer", ask, json!({ "id": id })).await.ok());
    }
    assert_eq!(both[0], both[1]);
    let state = r#"{ assessment(ref: {key: {round: "T-2020", unit: "ALPHA", criterion: "1.3"}}) { state declaredInputs { code }
        links { criterion verdict } } }"#;
    let leaf = world.send("alpha.officer", state, json!({})).await.ok();
    let link = json!({"criterion": "1.3", "verdict": null});
    let links = json!([link, link, link]);
    assert_eq!(
        leaf["assessment"],
        json!({"state": "OPEN", "declaredInputs": [], "links": links})
    );

    // Again changes nothing, whatever the unit did with it since.
    let withdraw = "mutation($i: WithdrawEvidenceInput!) { withdrawEvidence(input: $i) { evidenceId } }";
    let input = json!({"i": {"dossier": of_2020("ALPHA"), "evidenceId": documents[0]["id"], "reason": "Đã cũ"}});
    world.send("alpha.officer", withdraw, input).await.ok();
    let again = carry(&world, "ALPHA", json!({})).await.ok();
    assert_eq!(lines(&again), expected("ALREADY", "ALREADY"));
    assert_eq!(again["carryForward"]["receipt"], Value::Null);

    // What was rejected stays behind; a leaf alone is asked for by this year's code.
    let beta = carry(&world, "BETA", json!({"criteria": ["1.3"]})).await.ok();
    assert_eq!(jotted(&beta), ["1.3<1.1 [CODE,MAX_POINTS,RULE] 15/BC-SNV REJECTED"]);
    let (code, at) = carry(&world, "BETA", json!({"criteria": ["9.9"]})).await.refused();
    assert_eq!((code.as_str(), at.as_str()), ("NOT_FOUND", "criteria.0"));
    world.verified().await;
}

/// A unit must not learn from what comes forward what appraisers find while results are being corrected.
#[tokio::test]
async fn nothing_comes_forward_while_last_years_results_are_corrected() {
    let world = a_year_later().await;
    publish_unverified(&world).await;
    next_round(&world).await;
    let reopen = r#"mutation { reopenDossier(input: {dossier: {key: {round: "T-2019", unit: "BETA"}}, reason: "Sai"}) { round { phase } } }"#;
    world.send("manager", reopen, json!({})).await.ok();
    let (code, rule) = carry(&world, "BETA", json!({"dryRun": true})).await.refused();
    assert_eq!((code.as_str(), rule.as_str()), ("REJECTED", "BEFORE_NOT_PUBLISHED"));
    let strangers = world
        .send("alpha.officer", CARRY, json!({"i": {"dossier": of_2020("BETA")}}))
        .await;
    assert_eq!(strangers.refused().0, "NOT_FOUND");
}
