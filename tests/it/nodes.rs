//! Every object with an id is found again by it, under the same rights as everywhere else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::journey::{REVIEW, accepting, in_appraisal, look};

/// Everything with an id that an appraiser of ALPHA's leaf 1.1 comes across.
const WALK: &str = r#"{
    units(first: 1) { nodes { __typename id } }
    framework(code: "T", version: "1") { __typename id }
    round(code: "T-2019") { __typename id }
    reviewQueue(round: "T-2019") { nodes { __typename id } }
    dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { __typename id
        evidence { nodes { __typename id revisions { nodes { __typename id } } } }
        assessments { __typename id links { __typename id } reviews { __typename id } } } }"#;
const HISTORY: &str = r#"{ round(code: "T-2019") { jobId }
    dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { history(first: 3) { nodes { __typename id } } } }"#;
const NODE: &str = "query($id: ID!) { node(id: $id) { __typename id } }";

/// Ids by type, wherever they are in an answer.
fn collect(answer: &Value, found: &mut BTreeMap<String, Vec<Value>>) {
    if let (Some(name), Some(id)) = (answer["__typename"].as_str(), answer.get("id")) {
        found.entry(name.to_owned()).or_default().push(id.clone());
    }
    match answer {
        Value::Object(members) => members.values().for_each(|one| collect(one, found)),
        Value::Array(items) => items.iter().for_each(|one| collect(one, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_id_is_found_again_by_those_who_see_it() {
    let world = in_appraisal().await;
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let review = json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}});
    world.send("snv.appraiser", REVIEW, review).await.done();

    let mut ids = BTreeMap::new();
    collect(&world.send("snv.appraiser", WALK, json!({})).await.ok(), &mut ids);
    let types: Vec<&str> = ids.keys().map(String::as_str).collect();
    let expected = [
        "Assessment",
        "Dossier",
        "Evidence",
        "Framework",
        "Link",
        "QueueItem",
        "Review",
        "Revision",
        "Round",
        "Unit",
    ];
    assert_eq!(types, expected);
    for (name, ids) in &ids {
        for id in ids {
            let same = world.send("snv.appraiser", NODE, json!({"id": id})).await.ok();
            assert_eq!(same["node"], json!({"__typename": name, "id": id}));
            // Another unit's officer sees of it what is no secret, and learns nothing about the rest.
            let public = ["Framework", "Round", "Unit"].contains(&name.as_str());
            let other = world.send("beta.officer", NODE, json!({"id": id})).await.ok();
            assert_eq!(other["node"].is_null(), !public, "{name}");
        }
    }

    let mut entries = BTreeMap::new();
    let history = world.send("manager", HISTORY, json!({})).await.ok();
    collect(&history, &mut entries);
    assert_eq!(entries["JournalEntry"].len(), 3);
    for id in &entries["JournalEntry"] {
        let same = world.send("manager", NODE, json!({"id": id})).await.ok();
        assert_eq!(same["node"]["id"], *id);
        let other = world.send("beta.officer", NODE, json!({"id": id})).await.ok();
        assert!(other["node"].is_null());
    }
}

#[tokio::test]
async fn what_is_no_id_of_ours_is_nothing() {
    let world = in_appraisal().await;
    let strange = ["", "none", "RXZpZGVuY2U6", "SmFiOng", "UmFua2luZ1JvdzphL2IvYw"];
    for id in strange {
        let answer = world.send("manager", NODE, json!({"id": id})).await.ok();
        assert!(answer["node"].is_null(), "{id}");
    }
}

#[tokio::test]
async fn a_request_sees_its_own_changes() {
    let world = crate::world::World::with_round().await;
    let twice = r#"mutation($a: DeclareInput!, $b: DeclareInput!) {
        first: declare(input: $a) { dossier { ...Points } }
        second: declare(input: $b) { dossier { ...Points } } }
        fragment Points on Dossier { total { declared { points } } }"#;
    let declare = |completed: &str| crate::journey::declaration("ALPHA", completed)["i"].clone();
    world
        .send(
            "alpha.officer",
            crate::journey::ADD,
            crate::journey::report("ALPHA", "1.1"),
        )
        .await
        .ok();
    let variables = json!({"a": declare("28"), "b": declare("32")});
    let answer = world.send("alpha.officer", twice, variables).await.ok();
    // 28 of 32 is worth 0.875 × 4, then all 32 are worth 4.
    assert_eq!(answer["first"]["dossier"]["total"]["declared"]["points"], "7/2");
    assert_eq!(answer["second"]["dossier"]["total"]["declared"]["points"], "4");
}
