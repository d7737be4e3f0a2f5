//! Frameworks that do not add up, cursors of other queries, keys with other input, clients that go away.

use serde_json::json;

use super::{assert_unchanged, refused};
use crate::journey::{ADD, DECLARE, declaration, in_appraisal, look, report};
use crate::races::second_process;
use crate::world::{World, framework};

const IMPORT: &str =
    "mutation($f: JSON!) { importFramework(input: {framework: $f}) { findings { code message { en } } } }";

#[tokio::test]
async fn a_framework_has_to_add_up() {
    let world = World::with_round().await;
    let mut wrong_sum = framework();
    wrong_sum["version"] = json!("2");
    wrong_sum["nodes"][1]["points"] = json!("3");
    let mut no_points = wrong_sum.clone();
    no_points["nodes"][1]["points"] = json!("viele");
    let mut issued = framework();
    issued["name"]["en"] = json!("Another name");
    for (case, framework, expected, says) in [
        (
            "sums",
            wrong_sum.clone(),
            ("INVALID", "framework.nodes/1/points"),
            "states 6 points, but those below add up to 5",
        ),
        (
            "not a number",
            no_points,
            ("INVALID", "framework.nodes/1.1"),
            "not a plain decimal number",
        ),
        ("nothing", json!({}), ("INVALID", "framework"), "missing field `format`"),
        (
            "issued before",
            issued,
            ("REJECTED", "FRAMEWORK_ISSUED"),
            "use a new version",
        ),
    ] {
        let request = || {
            let body = json!({"query": IMPORT, "variables": {"f": framework}});
            world.server.post("manager").json(&body)
        };
        refused(&world, case, request, expected, says).await;
    }
    let before = world.kept();
    let dry = IMPORT.replace("framework: $f", "framework: $f, dryRun: true");
    let found = world.send("manager", &dry, json!({"f": wrong_sum})).await.ok();
    let findings = found["importFramework"]["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    assert_unchanged(&world, &before, "a dry run");
}

#[tokio::test]
async fn a_cursor_belongs_to_its_query() {
    let world = in_appraisal().await;
    let queue = r#"query($f: QueueFilter, $o: QueueOrder, $a: String, $n: Int) { reviewQueue(round: "T-2019", filter: $f, order: $o, first: $n, after: $a) {
        edges { cursor node { unitCode } } pageInfo { hasNextPage } } }"#;
    let first = world.send("snv.appraiser", queue, json!({"n": 1})).await.ok();
    let cursor = first["reviewQueue"]["edges"][0]["cursor"].clone();
    let next = world
        .send("snv.appraiser", queue, json!({"n": 1, "a": cursor}))
        .await
        .ok();
    let unit = |page: &serde_json::Value| page["reviewQueue"]["edges"][0]["node"]["unitCode"].clone();
    assert_eq!(
        std::collections::BTreeSet::from([unit(&first).to_string(), unit(&next).to_string()]).len(),
        2
    );
    let units = "query($a: String) { units(after: $a) { edges { node { code } } } }";
    let says = "start again from the first page";
    for (case, document, variables) in [
        ("another list", units, json!({"a": cursor})),
        ("another filter", queue, json!({"a": cursor, "f": {"unit": "BETA"}})),
        ("another order", queue, json!({"a": cursor, "o": "AGE"})),
        ("nonsense", queue, json!({"a": "nonsense"})),
    ] {
        let request = || {
            let body = json!({"query": document, "variables": variables});
            world.server.post("snv.appraiser").json(&body)
        };
        refused(&world, case, request, ("INVALID", "after"), says).await;
    }
    for size in [0, 501, -1] {
        let request = || {
            let body = json!({"query": queue, "variables": {"n": size}});
            world.server.post("snv.appraiser").json(&body)
        };
        refused(&world, "a page size", request, ("INVALID", "first"), "1 to 500").await;
    }
}

#[tokio::test]
async fn a_key_sent_twice_makes_one_document_and_refuses_other_input() {
    let world = World::with_round().await;
    let mut input = report("ALPHA", "1.1");
    input["i"]["idempotencyKey"] = json!("portal-1");
    let first = world.send("alpha.officer", ADD, input.clone()).await.ok();
    let before = world.kept();
    let (one, two) = tokio::join!(
        world.send("alpha.officer", ADD, input.clone()),
        world.send("alpha.officer", ADD, input.clone())
    );
    assert_eq!(first, one.ok());
    assert_eq!(first, two.ok());
    assert_unchanged(&world, &before, "the same input again");
    let says = "use a new key";
    let mut declared = declaration("ALPHA", "28");
    declared["i"]["idempotencyKey"] = json!("portal-1");
    input["i"]["title"] = json!("Khác");
    for (case, document, variables) in [("other input", ADD, input), ("another command", DECLARE, declared)] {
        let request = || {
            let body = json!({"query": document, "variables": variables});
            world.server.post("alpha.officer").json(&body)
        };
        refused(&world, case, request, ("INVALID", "idempotencyKey"), says).await;
    }
}

#[tokio::test]
async fn a_mutation_ends_although_its_client_has_gone() {
    let world = World::with_round().await;
    let (other, store) = second_process(&world).await;
    let before = world.kept();
    let held = store.hold_commit("Declare");
    let body = json!({"query": DECLARE, "variables": declaration("ALPHA", "28")});
    let client = tokio::spawn(other.server.post("alpha.officer").json(&body).send());
    let go_away = client.abort_handle();
    let gone = async {
        go_away.abort();
        assert_unchanged(&world, &before, "what is not committed yet");
    };
    let (client, ()) = held.while_running(client, gone).await;
    assert!(client.unwrap_err().is_cancelled());
    other.server.edge.finish_mutations().await;
    let leaf = look(&world, "alpha.officer", "ALPHA", "1.1").await;
    assert_eq!(
        (&leaf["state"], &leaf["points"]["declared"]["points"]),
        (&json!("DECLARED"), &json!("7/2"))
    );
    world.verified().await;
}
