//! The next leaves for an appraiser, and how many one person may hold.

use minhchung::app::claim::{MAX_CLAIM, MAX_HELD};
use minhchung::domain::registry::Role;
use serde_json::{Value, json};

use crate::journey::{DECLARE, SUBMIT, in_appraisal};
use crate::world::{OPEN_ROUND, World, framework};

const NEXT: &str = r#"mutation($n: Int!, $f: QueueFilter) { claim(input: {round: "T-2019", first: $n, order: UNIT, filter: $f}) {
    items { unit criterion outcome } assessments { id } } }"#;

fn leaves(answer: &Value) -> Vec<String> {
    let items = answer["claim"]["items"].as_array().unwrap();
    let name = |item: &Value| {
        assert_eq!(item["outcome"], "CLAIMED");
        format!(
            "{} {}",
            item["unit"].as_str().unwrap(),
            item["criterion"].as_str().unwrap()
        )
    };
    items.iter().map(name).collect()
}

#[tokio::test]
async fn the_next_leaves_are_those_that_nobody_holds_the_caller_neither() {
    let world = in_appraisal().await;
    let next = async |count: usize, filter: Value| {
        let variables = json!({"n": count, "f": filter});
        leaves(&world.send("snv.appraiser", NEXT, variables).await.ok())
    };
    assert_eq!(next(1, json!(null)).await, ["ALPHA 1.1"]);
    assert_eq!(next(1, json!(null)).await, ["BETA 1.1"]);
    assert!(next(1, json!(null)).await.is_empty());
    // What is held already is found, and renewed, by asking for it.
    world.set_time("2020-03-01T02:15:00Z");
    assert_eq!(next(10, json!({"claim": "MINE"})).await, ["ALPHA 1.1", "BETA 1.1"]);
    world.set_time("2020-03-01T02:34:59Z");
    assert!(next(10, json!(null)).await.is_empty());
    // What has ended is there for everybody again.
    world.set_time("2020-03-01T02:35:00Z");
    assert_eq!(next(10, json!(null)).await, ["ALPHA 1.1", "BETA 1.1"]);
}

/// A framework with so many leaves for SNV as one person may not hold.
async fn with_many_leaves() -> World {
    let world = World::with_framework().await;
    let mut wide = framework();
    wide["code"] = json!("W");
    let nodes = wide["nodes"].as_array_mut().unwrap();
    let plan = nodes[1].clone();
    nodes.retain(|node| node["code"] == "1");
    nodes[0]["points"] = json!((MAX_HELD / 2 + 1).to_string());
    for number in 1..=MAX_HELD / 2 + 1 {
        let mut leaf = plan.clone();
        leaf["code"] = json!(format!("1.{number}"));
        leaf["points"] = json!("1");
        leaf["leaf"]["requiredEvidence"] = json!([]);
        nodes.push(leaf);
    }
    wide["scale"] = json!((MAX_HELD / 2 + 1).to_string());
    wide["stated"] = json!({"fields": 1, "leaves": MAX_HELD / 2 + 1});
    world.import(wide).await;
    world.open_round(&OPEN_ROUND.replace("T@1", "W@1")).await;
    for unit in ["ALPHA", "BETA"] {
        let officer = format!("{}.officer", unit.to_lowercase());
        let items: Vec<Value> = (1..=MAX_HELD / 2 + 1)
            .map(|number| {
                json!({"criterion": format!("1.{number}"), "inputs": [
                    {"input": "completed", "value": {"count": "1"}}, {"input": "planned", "value": {"count": "1"}}]})
            })
            .collect();
        let declared = json!({"i": {"dossier": {"key": {"round": "T-2019", "unit": unit}}, "items": items}});
        world.send(&officer, DECLARE, declared).await.ok();
        let head = format!("{}.head", unit.to_lowercase());
        world.send(&head, SUBMIT, json!({"u": unit})).await.ok();
    }
    let advance = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;
    world
}

#[tokio::test]
async fn nobody_holds_more_leaves_of_a_round_than_one_call_reviews() {
    let world = with_many_leaves().await;
    world.person("snv.lead", Role::LeadAppraiser, "SNV").await;
    let next = async |login: &str, count: usize| world.send(login, NEXT, json!({"n": count})).await;
    for _ in 0..MAX_HELD / MAX_CLAIM {
        assert_eq!(leaves(&next("snv.appraiser", MAX_CLAIM).await.ok()).len(), MAX_CLAIM);
    }
    let beyond = next("snv.appraiser", 1).await;
    assert!(
        beyond.messages[0].contains("You hold 200 criteria"),
        "{:?}",
        beyond.messages
    );
    assert_eq!(beyond.refused(), ("REJECTED".to_owned(), "TOO_MANY_CLAIMS".to_owned()));
    // By the leaves themselves it is the same; those that are held already may be renewed.
    let given = r#"mutation($l: [AssessmentRef!]!) { claim(input: {round: "T-2019", assessments: $l}) { items { unit criterion outcome } } }"#;
    let leaf = |unit: &str, criterion: &str| json!({"key": {"round": "T-2019", "unit": unit, "criterion": criterion}});
    let queue = r#"{ reviewQueue(round: "T-2019", filter: {claim: NOBODY}) { nodes { unitCode criterion } } }"#;
    let free = world.send("snv.appraiser", queue, json!({})).await.ok()["reviewQueue"]["nodes"][0].clone();
    let free = leaf(free["unitCode"].as_str().unwrap(), free["criterion"].as_str().unwrap());
    let beyond = world.send("snv.appraiser", given, json!({"l": [free]})).await;
    assert_eq!(beyond.refused().1, "TOO_MANY_CLAIMS");
    let renewed = world
        .send("snv.appraiser", given, json!({"l": [leaf("ALPHA", "1.1")]}))
        .await
        .ok();
    assert_eq!(leaves(&renewed), ["ALPHA 1.1"]);
    // The two that are left are for others, and what is given back makes room.
    assert_eq!(leaves(&next("snv.lead", MAX_CLAIM).await.ok()).len(), 2);
    let release = "mutation($l: [AssessmentRef!]!) { releaseClaim(input: {assessments: $l}) { items { criterion } } }";
    world
        .send("snv.appraiser", release, json!({"l": [leaf("ALPHA", "1.1")]}))
        .await
        .ok();
    assert_eq!(leaves(&next("snv.appraiser", 1).await.ok()), ["ALPHA 1.1"]);
}

/// A claim of two dossiers of which one cannot be claimed, and of one alone, have the same shape.
#[tokio::test]
async fn what_is_wrong_with_a_dossier_is_told_leaf_by_leaf() {
    let world = in_appraisal().await;
    let claim = r#"mutation($l: [AssessmentRef!]!) { claim(input: {round: "T-2019", assessments: $l}) {
        items { unit criterion outcome problem { code rule field } } } }"#;
    let leaf = |unit: &str, criterion: &str| json!({"key": {"round": "T-2019", "unit": unit, "criterion": criterion}});
    let refused = |unit: &str, criterion: &str, problem: Value| json!({"unit": unit, "criterion": criterion, "outcome": "REFUSED", "problem": problem});
    let wanted = json!({"l": [leaf("ALPHA", "1.1"), leaf("ALPHA", "9.9")]});
    let found = world.send("snv.appraiser", claim, wanted).await.ok();
    let cause = json!({"code": "NOT_FOUND", "rule": null, "field": "assessments.1"});
    let other = json!({"code": "REJECTED", "rule": "OTHER_ITEM_REFUSED", "field": "assessments.1"});
    assert_eq!(
        found["claim"]["items"],
        json!([refused("ALPHA", "1.1", other), refused("ALPHA", "9.9", cause)])
    );
    // What lies outside the assignment is as little there as what does not exist.
    let wanted = json!({"l": [leaf("ALPHA", "1.2")]});
    let found = world.send("snv.appraiser", claim, wanted).await.ok();
    let outside = json!({"code": "NOT_FOUND", "rule": null, "field": "assessments.0"});
    assert_eq!(found["claim"]["items"], json!([refused("ALPHA", "1.2", outside)]));
}
