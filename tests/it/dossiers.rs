//! The list of a round's dossiers: filtered, and as cheap as what is asked of it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::journey::{ADD, DECLARE, SUBMIT, declaration, export, in_appraisal, publish_unverified, report};
use crate::support::hooked::Question;
use crate::support::recording::Record;
use crate::world::{World, usage};

const LIST: &str = r#"query($f: DossierFilter) { dossiers(round: "T-2019", filter: $f) {
    nodes { id roundCode phase submittedAt version framework { code } unit { code } } } }"#;

fn units(answer: &Value) -> Vec<&str> {
    let nodes = answer["dossiers"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["unit"]["code"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn dossiers_are_listed_by_what_they_are_and_where_they_stand() {
    let world = World::with_round().await;
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
    world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
    world
        .send("alpha.officer", ADD, export("ALPHA", &usage(12, 30, 100)))
        .await
        .ok();
    world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.ok();
    let both = &["ALPHA", "BETA"][..];
    for (filter, expected) in [
        (json!(null), both),
        (json!({"submitted": true}), &["ALPHA"]),
        (json!({"submitted": false}), &["BETA"]),
        (json!({"phase": "SELF_ASSESSMENT"}), both),
        (json!({"phase": "SEALED"}), &[]),
        (json!({"unitType": "SO", "group": "SO"}), both),
        (json!({"units": ["BETA"]}), &["BETA"]),
        (json!({"units": ["BETA", "ALPHA"]}), both),
        (json!({"units": ["BETA"], "submitted": true}), &[]),
    ] {
        let found = world.send("manager", LIST, json!({"f": filter})).await.ok();
        assert_eq!(units(&found), expected, "{filter}");
    }
    // A unit sees its own alone, whatever it asks for.
    let own = world
        .send("beta.officer", LIST, json!({"f": {"units": ["ALPHA", "BETA"]}}))
        .await
        .ok();
    assert_eq!(units(&own), ["BETA"]);
    for (filter, field) in [
        (json!({"unitType": "HU"}), "filter.unitType"),
        (json!({"group": "HU"}), "filter.group"),
        (json!({"units": ["ALPHA", "OMEGA"]}), "filter.units"),
        (json!({"units": vec!["ALPHA"; 201]}), "filter.units"),
    ] {
        let refused = world.send("manager", LIST, json!({"f": filter})).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), field.to_owned()), "{filter}");
    }
    // A cursor is one of its filter.
    let page = r#"query($f: DossierFilter, $a: String) { dossiers(round: "T-2019", first: 1, filter: $f, after: $a) {
        nodes { unit { code } } pageInfo { hasNextPage endCursor } } }"#;
    let first = world.send("manager", page, json!({"f": {"group": "SO"}})).await.ok();
    assert_eq!(first["dossiers"]["pageInfo"]["hasNextPage"], true);
    let after = &first["dossiers"]["pageInfo"]["endCursor"];
    let next = world
        .send("manager", page, json!({"f": {"group": "SO"}, "a": after}))
        .await
        .ok();
    assert_eq!(units(&next), ["BETA"]);
    let other = world.send("manager", page, json!({"a": after})).await.refused();
    assert_eq!(other, ("INVALID".to_owned(), "after".to_owned()));
}

/// Collections of which something was read.
fn read(record: &Record) -> Vec<&'static str> {
    record.take().iter().flat_map(Question::collections).collect()
}

#[tokio::test]
async fn a_plain_list_reads_no_leaves_and_says_the_same_as_the_whole() {
    let prepared = in_appraisal().await;
    publish_unverified(&prepared).await;
    let record = Arc::new(Record::default());
    let world = prepared.over(|store| record.of(store)).await;
    let fragments = r#"{ dossiers(round: "T-2019") { edges { ...E } nodes { ... on Dossier { __typename version } } } }
        fragment E on DossierEdge { node { id phase unit { code } } }"#;
    for login in ["manager", "alpha.officer", "integrator", ""] {
        for document in [LIST, fragments] {
            record.take();
            world.send(login, document, json!({})).await.ok();
            let read = read(&record);
            assert!(read.contains(&"dossier"), "{read:?}");
            for below in ["assessment", "queue_item", "sheet", "link", "evidence", "revision"] {
                assert!(!read.contains(&below), "{login:?} {document}: {below}");
            }
        }
        let whole = LIST.replace("{ id roundCode", "{ assessments { criterion } id roundCode");
        let mut of_whole = world.send(login, &whole, json!({})).await.ok();
        assert!(read(&record).contains(&"assessment"));
        for node in of_whole["dossiers"]["nodes"].as_array_mut().unwrap() {
            assert!(
                !node
                    .as_object_mut()
                    .unwrap()
                    .remove("assessments")
                    .unwrap()
                    .as_array()
                    .unwrap()
                    .is_empty()
            );
        }
        let plain = world.send(login, LIST, json!({})).await.ok();
        assert_eq!(plain, of_whole, "{login:?}");
        assert_eq!(units(&plain).len(), 2, "{login:?}");
    }
}
