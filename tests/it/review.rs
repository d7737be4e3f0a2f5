//! Claims, waivers, replaced reviews, lists and history.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minhchung::store::FieldValue;
use serde_json::{Value, json};

use crate::journey::{
    ADD, DECLARE, QUEUE, REVIEW, SUBMIT, accept, accepting, declaration, dossier, export, in_appraisal, look, report,
};
use crate::world::{World, usage};

const CLAIM: &str =
    r#"mutation { claim(input: {round: "T-2019", filter: {unit: "ALPHA"}}) { assessments { criterion } } }"#;

#[tokio::test]
async fn a_claim_ends_after_twenty_minutes_and_then_keeps_nobody_away() {
    let world = in_appraisal().await;
    world.send("snv.appraiser", CLAIM, json!({})).await.ok();
    let seen = look(&world, "snv.second", "ALPHA", "1.1").await;
    let review = json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}});
    world.set_time("2020-03-01T02:19:59.999Z");
    assert_eq!(
        world.send("snv.second", REVIEW, review.clone()).await.refused().1,
        "CLAIMED"
    );
    let mine = world
        .send("snv.appraiser", QUEUE, json!({"f": {"claim": "MINE"}}))
        .await
        .ok();
    assert_eq!(mine["reviewQueue"]["totalCount"], "1");
    world.set_time("2020-03-01T02:20:00.000Z");
    world.send("snv.second", REVIEW, review).await.done();
}

#[tokio::test]
async fn a_late_review_counts_unless_somebody_else_has_claimed() {
    for other_claims in [false, true] {
        let world = in_appraisal().await;
        world.send("snv.appraiser", CLAIM, json!({})).await.ok();
        let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
        let review = json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}});
        world.set_time("2020-03-01T02:20:00.000Z");
        if other_claims {
            world.send("snv.second", CLAIM, json!({})).await.ok();
            let refused = world.send("snv.appraiser", REVIEW, review).await.refused();
            assert_eq!(refused, ("REJECTED".to_owned(), "CLAIMED".to_owned()));
            accept(&world, "snv.second", "ALPHA", "1.1").await;
        } else {
            world.send("snv.appraiser", REVIEW, review).await.done();
        }
        let done = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
        assert_eq!(done["state"], "VERIFIED", "somebody else claimed: {other_claims}");
    }
}

#[tokio::test]
async fn a_claim_takes_one_to_fifty_leaves() {
    let world = in_appraisal().await;
    let claim = |first: u32| {
        format!(r#"mutation {{ claim(input: {{round: "T-2019", first: {first}}}) {{ assessments {{ criterion }} }} }}"#)
    };
    for first in [0, 51] {
        let refused = world.send("snv.appraiser", &claim(first), json!({})).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), "first".to_owned()));
    }
    let got = world.send("snv.appraiser", &claim(50), json!({})).await.ok();
    let leaves = json!([{"criterion": "1.1"}, {"criterion": "1.1"}]);
    assert_eq!(got["claim"]["assessments"], leaves, "one of each unit");
}

#[tokio::test]
async fn a_clock_behind_the_stream_is_refused() {
    let world = in_appraisal().await;
    world.set_time("2020-03-01T01:59:00Z");
    assert_eq!(
        world.send("snv.appraiser", CLAIM, json!({})).await.refused().0,
        "UNAVAILABLE"
    );
}

#[tokio::test]
async fn a_rejected_document_can_be_waived_and_a_review_replaced_by_its_reviewer_alone() {
    let world = in_appraisal().await;
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let mut item = accepting("ALPHA", "1.1", &seen);
    item["verdicts"][0] = json!({"link": seen["links"][0]["id"], "revision": 1, "kind": "REJECTED", "reason": "NOT_SIGNED", "text": "Chưa ký"});
    item["waivers"] = json!([{"requirement": "REPORT", "reason": "Có trên hệ thống báo cáo"}]);
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [item]}}))
        .await
        .done();
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    assert_eq!(seen["points"]["verified"]["points"], "7/2");
    let revise = "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { code rule field message { vi en } } } } }";
    let input = json!({"i": {"item": accepting("ALPHA", "1.1", &seen), "reason": "Đã có bản ký"}});
    assert_eq!(
        world.send("snv.second", revise, input.clone()).await.refused().1,
        "NOT_YOUR_REVIEW"
    );
    world.send("snv.appraiser", revise, input).await.ok();
    let reviews =
        r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { reviews { id replaces } } }"#;
    let found = world.send("snv.appraiser", reviews, json!({})).await.ok()["assessment"]["reviews"].clone();
    assert_eq!(found[1]["replaces"], found[0]["id"]);
}

#[tokio::test]
async fn two_heads_submitting_submit_once() {
    let world = World::with_round().await;
    world
        .person("alpha.head2", minhchung::domain::registry::Role::Head, "ALPHA")
        .await;
    world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
    world
        .send("alpha.officer", ADD, export("ALPHA", &usage(12, 30, 100)))
        .await
        .ok();
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
    let (one, two) = tokio::join!(
        world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})),
        world.send("alpha.head2", SUBMIT, json!({"u": "ALPHA"}))
    );
    let refused: Vec<_> = [one, two]
        .into_iter()
        .filter_map(|answer| answer.errors.into_iter().next())
        .collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].1.as_deref(), Some("ALREADY_SUBMITTED"));
    assert_eq!(
        world
            .send(
                "beta.officer",
                DECLARE,
                json!({"i": {"dossier": dossier("ALPHA"), "items": [{"criterion": "1.1"}]}})
            )
            .await
            .refused()
            .0,
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn documents_are_listed_by_filter_and_history_is_for_those_who_see_the_dossier() {
    let world = in_appraisal().await;
    let list = r#"query($f: EvidenceFilter) { dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) {
        evidence(first: 1, filter: $f) { edges { cursor node { title kind findings { en } } } pageInfo { hasNextPage } } } }"#;
    let all = world.send("alpha.officer", list, json!({})).await.ok()["dossier"]["evidence"].clone();
    assert_eq!(all["pageInfo"]["hasNextPage"], true);
    let some = world
        .send("alpha.officer", list, json!({"f": {"kind": "ONLINE_SERVICE_USAGE"}}))
        .await
        .ok();
    assert_eq!(
        some["dossier"]["evidence"]["edges"][0]["node"]["title"],
        "Số liệu DVCTT 2019"
    );
    assert_eq!(some["dossier"]["evidence"]["pageInfo"]["hasNextPage"], false);
    // An appraiser sees the documents of the own assignment alone.
    let own = world.send("snv.appraiser", list, json!({})).await.ok()["dossier"]["evidence"].clone();
    assert_eq!(own["edges"][0]["node"]["kind"], "OFFICIAL_DOCUMENT");
    assert_eq!(own["pageInfo"]["hasNextPage"], false);

    let history = r#"query($a: String) { dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) {
        history(first: 2, after: $a) { edges { cursor node { number actor role command } } pageInfo { hasNextPage } } } }"#;
    let first = world.send("manager", history, json!({})).await.ok()["dossier"]["history"].clone();
    assert_eq!(
        first["edges"][0]["node"],
        json!({"number": "1", "actor": "manager", "role": "MANAGER", "command": "OpenDossier"})
    );
    let next = world
        .send("manager", history, json!({"a": first["edges"][1]["cursor"]}))
        .await
        .ok();
    assert_eq!(next["dossier"]["history"]["edges"][0]["node"]["number"], "3");
    // A cursor belongs to the history that it came from, and is nothing else than what was given out.
    let of_beta = history.replace("ALPHA", "BETA");
    let foreign = &first["edges"][1]["cursor"];
    for (document, after) in [
        (&of_beta, foreign.clone()),
        (&history.to_owned(), json!("2")),
        (&history.to_owned(), json!("18446744073709551615")),
    ] {
        let refused = world.send("manager", document, json!({"a": after})).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), "after".to_owned()), "{after}");
    }
    for (number, found) in [(i64::MAX, 0), (i64::MIN, 2)] {
        let forged = renumbered(foreign.as_str().unwrap(), number);
        let page = world.send("manager", history, json!({"a": forged})).await.ok();
        let edges = page["dossier"]["history"]["edges"].as_array().unwrap().len();
        assert_eq!(edges, found, "{number}");
    }
    assert_eq!(
        world.send("integrator", history, json!({})).await.refused().0,
        "FORBIDDEN"
    );
}

/// A cursor of the same query with another place in it.
fn renumbered(cursor: &str, number: i64) -> String {
    let mut inside: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap();
    assert!(inside["c"]["value"].is_object(), "{inside}");
    inside["c"]["value"] = serde_json::to_value(FieldValue::Integer(number)).unwrap();
    URL_SAFE_NO_PAD.encode(inside.to_string())
}

/// One dossier or many, one leaf or two hundred: what is wrong with a leaf is told by its item, and only what is wrong
/// with the whole call is an error.
#[tokio::test]
async fn what_is_wrong_with_a_leaf_is_its_items_problem_whatever_the_call_holds() {
    let world = in_appraisal().await;
    let grant = r#"mutation { grantRole(input: {login: "snv.appraiser", role: APPRAISER, criteria: ["1"], validFrom: "2018-01-01"}) { grantId } }"#;
    world.send("admin", grant, json!({})).await.ok();
    let seen = |criterion: &'static str| look(&world, "snv.appraiser", "ALPHA", criterion);
    let good = accepting("ALPHA", "1.1", &seen("1.1").await);
    let mut stale = accepting("ALPHA", "1.2", &seen("1.2").await);
    stale["expectedVersion"] = json!("1");
    let mut unjudged = good.clone();
    unjudged["verdicts"] = json!([]);
    let send = |login: &'static str, items: Value| world.send(login, REVIEW, json!({"i": {"items": items}}));
    let told = |answer: Value| {
        let items = answer["review"]["items"].as_array().unwrap().clone();
        let told = items.into_iter().map(|item| {
            assert!(item["made"].is_null(), "{item}");
            let problem = &item["problem"];
            let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
            (text("code"), text("rule"), text("field"))
        });
        told.collect::<Vec<_>>()
    };
    let rejected = |rule: &str, field: &str| ("REJECTED".to_owned(), rule.to_owned(), field.to_owned());
    let before = world.kept();
    let alone = send("snv.appraiser", json!([stale])).await.ok();
    assert_eq!(told(alone), [rejected("STALE_VERSION", "items.0.expectedVersion")]);
    let with_good = send("snv.appraiser", json!([good, stale])).await.ok();
    let says = with_good["review"]["items"][0]["problem"]["message"]["en"].to_string();
    assert!(says.contains("items.1 is refused"), "{says}");
    let stood_in_the_way = rejected("OTHER_ITEM_REFUSED", "items.1");
    let own = rejected("STALE_VERSION", "items.1.expectedVersion");
    assert_eq!(told(with_good), [stood_in_the_way, own.clone()]);
    // Each that is wrong has its own problem, not only the first.
    let both = send("snv.appraiser", json!([unjudged, stale])).await.ok();
    assert_eq!(told(both), [rejected("LINK_NOT_JUDGED", "items.0.verdicts"), own]);
    // So has one that the appraiser may not see, or that is not there.
    let unseen = send("snv.second", json!([good, stale])).await.ok();
    let not_found = ("NOT_FOUND".to_owned(), String::new(), "items.1.assessment".to_owned());
    assert_eq!(told(unseen)[1], not_found);
    let mut unknown = good.clone();
    unknown["assessment"]["key"]["criterion"] = json!("9.9");
    let missing = send("snv.appraiser", json!([good, unknown])).await.ok();
    assert_eq!(told(missing)[1], not_found);

    // The whole call is wrong.
    let items = json!([good, stale]);
    assert_eq!(send("", items.clone()).await.errors[0].0, "UNAUTHENTICATED");
    assert_eq!(send("alpha.officer", items.clone()).await.errors[0].0, "FORBIDDEN");
    assert_eq!(send("beta.officer", items).await.errors[0].0, "NOT_FOUND");
    let twice = send("snv.appraiser", json!([good, good])).await;
    assert_eq!(twice.errors[0].2.as_deref(), Some("items.1.assessment"));
    let many = send("snv.appraiser", json!(vec![good.clone(); 201])).await;
    assert_eq!(many.errors[0].2.as_deref(), Some("items"));
    assert!(before.difference(&world.kept()).is_empty(), "nothing was written");
    let keyed = |item: &Value| json!({"i": {"items": [item], "idempotencyKey": "k"}});
    world.send("snv.appraiser", REVIEW, keyed(&good)).await.done();
    let reused = world.send("snv.appraiser", REVIEW, keyed(&stale)).await;
    assert_eq!(reused.errors[0].2.as_deref(), Some("idempotencyKey"));
}
