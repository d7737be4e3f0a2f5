//! What a grant covers: unit subtree × unit types × criterion subtrees or appraising department × dates. Queries, counts,
//! commands and every object behind them obey it.

use serde_json::{Value, json};

use crate::journey::{DECLARE, QUEUE, REVIEW, SUBMIT, accepting, dossier, in_appraisal, look};
use crate::world::World;

pub const GRANT: &str = "mutation($i: GrantRoleInput!) { grantRole(input: $i) { grantId } }";
const DOSSIER: &str = r#"query($u: String!) { dossier(ref: {key: {round: "T-2019", unit: $u}}) {
    total { declared { points } } totals { node } assessments { criterion } evidence { nodes { title } } missing { criterion } } }"#;
const PROGRESS: &str =
    r#"query($by: ProgressBy!) { progress(round: "T-2019", by: $by) { key states { state count } } }"#;

/// An account of the department SNV with one grant.
async fn granted(world: &World, login: &str, scope: Value) -> String {
    let user = "mutation($l: String!) { putUser(input: {login: $l, name: \"N\", unit: \"SNV\"}) { login } }";
    world.send("admin", user, json!({"l": login})).await.ok();
    let mut input = json!({"login": login, "role": "APPRAISER", "validFrom": "2018-01-01"});
    for (name, value) in scope.as_object().unwrap() {
        input[name] = value.clone();
    }
    let made = world.send("admin", GRANT, json!({"i": input})).await.ok();
    made["grantRole"]["grantId"].as_str().unwrap().to_owned()
}

/// Unit and criterion of each line of the queue, as the viewer pages through it one by one.
pub async fn queue(world: &World, login: &str) -> Vec<String> {
    let page = r#"query($a: String) { reviewQueue(round: "T-2019", first: 1, after: $a) {
        totalCount edges { cursor node { unitCode criterion } } pageInfo { hasNextPage } } }"#;
    let mut found = Vec::new();
    let mut after = Value::Null;
    loop {
        let answer = world.send(login, page, json!({"a": after})).await.ok()["reviewQueue"].clone();
        for edge in answer["edges"].as_array().unwrap() {
            let text = |name: &str| edge["node"][name].as_str().unwrap().to_owned();
            found.push(format!("{} {}", text("unitCode"), text("criterion")));
            after = edge["cursor"].clone();
        }
        if answer["pageInfo"]["hasNextPage"] == false {
            assert_eq!(answer["totalCount"], found.len().to_string());
            return found;
        }
    }
}

#[tokio::test]
async fn a_grant_by_criteria_covers_those_leaves_alone() {
    let world = in_appraisal().await;
    granted(&world, "by.criteria", json!({"criteria": ["1.2"]})).await;
    assert_eq!(queue(&world, "by.criteria").await, ["BETA 1.2", "ALPHA 1.2"]);
    let counts = world.send("by.criteria", QUEUE, json!({})).await.ok();
    assert_eq!(
        counts["reviewQueue"]["countByUnit"],
        json!([{"key": "ALPHA", "count": "1"}, {"key": "BETA", "count": "1"}])
    );
    let seen = world.send("by.criteria", DOSSIER, json!({"u": "ALPHA"})).await.ok()["dossier"].clone();
    assert_eq!(
        seen,
        json!({"total": null, "totals": [], "assessments": [{"criterion": "1.2"}],
            "evidence": {"nodes": [{"title": "Số liệu DVCTT 2019"}]}, "missing": []})
    );
    let progress = world
        .send("by.criteria", PROGRESS, json!({"by": "APPRAISER"}))
        .await
        .ok();
    assert_eq!(
        progress["progress"],
        json!([{"key": "STTTT", "states": [{"state": "SUBMITTED", "count": "2"}]}])
    );

    // Outside the subtree nothing is there: not the leaf, not its links, not the documents behind them.
    let outside = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let review = json!({"i": {"items": [accepting("ALPHA", "1.1", &outside)]}});
    assert_eq!(world.send("by.criteria", REVIEW, review).await.refused().0, "NOT_FOUND");
    let leaf = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { id } }"#;
    assert_eq!(
        world.send("by.criteria", leaf, json!({})).await.refused().0,
        "NOT_FOUND"
    );
    let node = "query($id: ID!) { node(id: $id) { id } }";
    let link = json!({"id": outside["links"][0]["id"]});
    assert!(world.send("by.criteria", node, link).await.ok()["node"].is_null());

    let inside = look(&world, "by.criteria", "ALPHA", "1.2").await;
    let review = json!({"i": {"items": [accepting("ALPHA", "1.2", &inside)]}});
    world.send("by.criteria", REVIEW, review).await.done();
    assert_eq!(queue(&world, "by.criteria").await, ["BETA 1.2"]);
}

#[tokio::test]
async fn a_grant_by_unit_and_one_by_unit_type_cover_those_units_alone() {
    let world = in_appraisal().await;
    granted(&world, "by.unit", json!({"department": "SNV", "unit": "BETA"})).await;
    assert_eq!(queue(&world, "by.unit").await, ["BETA 1.1"]);
    assert_eq!(
        world.send("by.unit", DOSSIER, json!({"u": "ALPHA"})).await.refused().0,
        "NOT_FOUND"
    );
    granted(&world, "by.type", json!({"department": "SNV", "unitTypes": ["HU"]})).await;
    assert_eq!(queue(&world, "by.type").await, Vec::<String>::new());
    let list = r#"{ dossiers(round: "T-2019") { nodes { id } } progress(round: "T-2019", by: UNIT) { key } }"#;
    assert_eq!(
        world.send("by.type", list, json!({})).await.ok(),
        json!({"dossiers": {"nodes": []}, "progress": []})
    );
    // Two grants that make no product together: one queue in one order, counted once.
    granted(&world, "by.both", json!({"criteria": ["1.2"], "unit": "ALPHA"})).await;
    granted(
        &world,
        "by.both",
        json!({"criteria": ["1"], "unit": "BETA", "unitTypes": ["SO"]}),
    )
    .await;
    assert_eq!(queue(&world, "by.both").await, ["BETA 1.1", "BETA 1.2", "ALPHA 1.2"]);
}

#[tokio::test]
async fn a_grant_holds_from_its_first_day_to_the_end_of_its_last() {
    let world = in_appraisal().await;
    let dates = json!({"department": "SNV", "validFrom": "2020-03-02", "validTo": "2020-03-03"});
    granted(&world, "for.two.days", dates).await;
    // Days are those of Việt Nam, seven hours ahead of UTC.
    for (instant, holds) in [
        ("2020-03-01T16:59:59.999Z", false),
        ("2020-03-01T17:00:00Z", true),
        ("2020-03-03T16:59:59.999Z", true),
        ("2020-03-03T17:00:00Z", false),
    ] {
        world.set_time(instant);
        let answer = world.send("for.two.days", QUEUE, json!({})).await;
        let code = answer.errors.first().map_or("OK", |(code, ..)| code);
        assert_eq!(code, if holds { "OK" } else { "FORBIDDEN" }, "{instant}");
    }
}

#[tokio::test]
async fn a_revocation_and_a_deactivation_work_at_once() {
    let world = in_appraisal().await;
    let grant = granted(&world, "leaves", json!({"department": "SNV"})).await;
    let seen = look(&world, "leaves", "ALPHA", "1.1").await;
    let review = json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}});
    let revoke =
        "mutation($g: ID!) { revokeGrant(input: {login: \"leaves\", grantId: $g, reason: \"chuyển\"}) { grantId } }";
    world.send("admin", revoke, json!({"g": grant})).await.ok();
    assert_eq!(
        world.send("leaves", REVIEW, review.clone()).await.refused().0,
        "NOT_FOUND"
    );
    assert_eq!(world.send("leaves", QUEUE, json!({})).await.refused().0, "FORBIDDEN");
    let me = "{ viewer { login grants { revokedAt } } }";
    assert_ne!(
        world.send("leaves", me, json!({})).await.ok()["viewer"]["grants"][0]["revokedAt"],
        Value::Null
    );

    let put = |active: bool| {
        format!(
            r#"mutation {{ putUser(input: {{login: "snv.second", name: "N", unit: "SNV", active: {active}}}) {{ login }} }}"#
        )
    };
    world.send("admin", &put(false), json!({})).await.ok();
    for document in [REVIEW, QUEUE, me] {
        let variables = if document == REVIEW { review.clone() } else { json!({}) };
        let refused = world.send("snv.second", document, variables).await.refused();
        assert_eq!(refused.0, "UNAUTHENTICATED");
    }
    // Deactivated, never deleted: whoever comes back has the grants that were never revoked.
    world.send("admin", &put(true), json!({})).await.ok();
    world.send("snv.second", REVIEW, review).await.done();
}

#[tokio::test]
async fn an_officer_of_some_criteria_declares_those_and_submits_nothing() {
    let world = World::with_round().await;
    let scope = json!({"role": "OFFICER", "unit": "ALPHA", "criteria": ["1.2"]});
    granted(&world, "part.officer", scope).await;
    let declare = |criterion: &str| json!({"i": {"dossier": dossier("ALPHA"), "items": [{"criterion": criterion}]}});
    world.send("part.officer", DECLARE, declare("1.2")).await.ok();
    assert_eq!(
        world.send("part.officer", DECLARE, declare("1.1")).await.refused().0,
        "NOT_FOUND"
    );
    let add = "mutation($i: AddEvidenceInput!) { addEvidence(input: $i) { evidenceId } }";
    let list = |links: Value| json!({"i": {"dossier": dossier("ALPHA"), "kind": "LIST", "title": "t", "content": {"url": "https://so.example/danh-muc"}, "links": links}});
    for (links, code) in [
        (json!([{"criterion": "1.1"}]), "NOT_FOUND"),
        (json!([{"criterion": "1.2"}, {"criterion": "1.1"}]), "NOT_FOUND"),
        (json!([]), "FORBIDDEN"),
    ] {
        assert_eq!(world.send("part.officer", add, list(links)).await.refused().0, code);
    }
    world
        .send("part.officer", add, list(json!([{"criterion": "1.2"}])))
        .await
        .ok();
    granted(
        &world,
        "part.head",
        json!({"role": "HEAD", "unit": "ALPHA", "criteria": ["1"]}),
    )
    .await;
    assert_eq!(
        world.send("part.head", SUBMIT, json!({"u": "ALPHA"})).await.refused().0,
        "FORBIDDEN"
    );
}

#[tokio::test]
async fn what_is_no_scope_is_refused_and_the_same_grant_is_one() {
    let world = World::with_round().await;
    let base = json!({"login": "snv.second", "role": "APPRAISER", "validFrom": "2018-01-01"});
    for (scope, field) in [
        (json!({}), "department"),
        (json!({"criteria": ["3 4"]}), "criteria.0"),
        (json!({"criteria": ["1"], "unitTypes": ["SO", ""]}), "unitTypes.1"),
        (json!({"criteria": vec!["1"; 65]}), "criteria"),
        (json!({"department": "SNV", "validTo": "2017-12-31"}), "validTo"),
        (json!({"department": "NONE"}), "unit"),
        (json!({"role": "OFFICER"}), "unit"),
    ] {
        let mut input = base.clone();
        for (name, value) in scope.as_object().unwrap() {
            input[name] = value.clone();
        }
        let refused = world.send("admin", GRANT, json!({"i": input})).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), field.to_owned()));
    }
    let one = granted(&world, "same", json!({"criteria": ["3", "1.2"]})).await;
    let two = granted(&world, "same", json!({"criteria": ["1.2", "3", "3"]})).await;
    assert_eq!(one, two);
    let me = "{ viewer { grants { criteria unitTypes } } }";
    assert_eq!(
        world.send("same", me, json!({})).await.ok()["viewer"]["grants"],
        json!([{"criteria": ["1.2", "3"], "unitTypes": []}])
    );
}
