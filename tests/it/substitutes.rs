//! Nobody judges the own unit: in an appraising department's own dossier the named substitute takes its place.

use minhchung::domain::registry::Role;
use serde_json::{Value, json};

use crate::grants::{GRANT, queue};
use crate::journey::{ADD, DECLARE, REVIEW, SUBMIT, accept, accepting, declaration, export, leaf, look, report};
use crate::races::ADVANCE;
use crate::world::{OPEN_ROUND, World, usage};

const CLAIM: &str = "mutation($i: ClaimInput!) { claim(input: $i) { items { problem { code } } } }";

/// SNV, which appraises leaf 1.1 of everybody, has a dossier itself, submitted and in appraisal.
async fn with_own_dossier() -> World {
    let world = World::with_framework().await;
    world.units("SO", &["SNV"]).await;
    world.person("snv.head", Role::Head, "SNV").await;
    world.person("snv.lead", Role::LeadAppraiser, "SNV").await;
    world.open_round(OPEN_ROUND).await;
    world.send("snv.head", ADD, report("SNV", "1.1")).await.ok();
    let rows = export("SNV", &usage(12, 30, 100));
    world.send("snv.head", ADD, rows).await.ok();
    world.send("snv.head", DECLARE, declaration("SNV", "28")).await.ok();
    world.send("snv.head", SUBMIT, json!({"u": "SNV"})).await.ok();
    world.send("manager", ADVANCE, json!({})).await.ok();
    world.run_jobs().await;
    world
}

async fn grant(world: &World, input: Value) {
    world.send("admin", GRANT, json!({ "i": input })).await.ok();
}

#[tokio::test]
async fn a_departments_own_leaves_are_the_named_substitutes() {
    let world = with_own_dossier().await;
    // Until a substitute is named, the leaf waits for nobody.
    let none: [&str; 0] = [];
    for login in ["snv.appraiser", "snv.lead"] {
        assert_eq!(queue(&world, login).await, none);
    }
    assert_eq!(queue(&world, "sttt.appraiser").await, ["SNV 1.2"]);
    let substitute = json!({"login": "sttt.appraiser", "role": "APPRAISER", "department": "SNV", "unit": "SNV",
        "validFrom": "2018-01-01"});
    grant(&world, substitute).await;
    assert_eq!(queue(&world, "sttt.appraiser").await, ["SNV 1.1", "SNV 1.2"]);

    // By its id too the leaf is not there for the department's own people.
    let seen = look(&world, "sttt.appraiser", "SNV", "1.1").await;
    let review = json!({"i": {"items": [accepting("SNV", "1.1", &seen)]}});
    let claim = json!({"i": {"round": "T-2019", "assessments": [leaf("SNV", "1.1")]}});
    let read = r#"{ assessment(ref: {key: {round: "T-2019", unit: "SNV", criterion: "1.1"}}) { id } }"#;
    for login in ["snv.appraiser", "snv.lead"] {
        assert_eq!(queue(&world, login).await, none);
        for (document, variables) in [(REVIEW, &review), (CLAIM, &claim), (read, &json!({}))] {
            let refused = world.send(login, document, variables.clone()).await.refused();
            assert_eq!(refused.0, "NOT_FOUND", "{login} {document}");
        }
    }
    // Nor does a wider grant help: whoever sees the leaf then still belongs to the unit.
    let wide = json!({"login": "snv.second", "role": "APPRAISER", "criteria": ["1"], "validFrom": "2018-01-01"});
    grant(&world, wide).await;
    assert_eq!(queue(&world, "snv.second").await, none);
    let refused = world.send("snv.second", REVIEW, review).await.refused();
    assert_eq!(refused, ("REJECTED".to_owned(), "OWN_UNIT".to_owned()));

    // 28 of 32 is worth 0.875 × 4.
    accept(&world, "sttt.appraiser", "SNV", "1.1").await;
    let done = look(&world, "sttt.appraiser", "SNV", "1.1").await;
    assert_eq!(
        (&done["state"], &done["points"]["verified"]["points"]),
        (&json!("VERIFIED"), &json!("7/2"))
    );
    assert_eq!(queue(&world, "sttt.appraiser").await, ["SNV 1.2"]);
    world.verified().await;
}

#[tokio::test]
async fn a_substitute_stands_in_for_that_dossier_alone() {
    let world = with_own_dossier().await;
    let substitute = json!({"login": "sttt.appraiser", "role": "APPRAISER", "department": "SNV", "unit": "SNV",
        "validFrom": "2018-01-01"});
    grant(&world, substitute).await;
    let read = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { id } }"#;
    assert_eq!(
        world.send("sttt.appraiser", read, json!({})).await.refused().0,
        "NOT_FOUND"
    );
    world.send("snv.appraiser", read, json!({})).await.ok();
}
