//! What was judged can be read again, by those who may: the unit learns what was corrected and rejected, and why.

use serde_json::json;

use crate::journey::{REVIEW, accepting, dossier, in_appraisal, look};
use crate::world::World;

const JUDGED: &str = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) {
    corrections { input value { text } reason basis } waivers { requirement reason }
    links { note verdict rejectReason verdictText }
    reviews { outcome reason verdicts { link revision kind reason text } corrections { input } waivers { requirement } supplement { text } } } }"#;

#[tokio::test]
async fn the_unit_reads_what_was_corrected_rejected_and_waived() {
    let world = in_appraisal().await;
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let mut item = accepting("ALPHA", "1.1", &seen);
    item["verdicts"][0]["kind"] = json!("REJECTED");
    item["verdicts"][0]["reason"] = json!("NOT_SIGNED");
    item["verdicts"][0]["text"] = json!("Chưa ký");
    item["waivers"] = json!([{"requirement": "REPORT", "reason": "Đã nộp bản giấy"}]);
    item["corrections"] =
        json!([{"input": "completed", "value": {"count": "26"}, "reason": "Theo hệ thống", "basis": "OWN_DATA"}]);
    let link = item["verdicts"][0]["link"].clone();
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [item]}}))
        .await
        .done();

    let judged = world.send("alpha.officer", JUDGED, json!({})).await.ok()["assessment"].clone();
    let correction =
        json!({"input": "completed", "value": {"text": "26"}, "reason": "Theo hệ thống", "basis": "OWN_DATA"});
    assert_eq!(judged["corrections"], json!([correction]));
    assert_eq!(
        judged["waivers"],
        json!([{"requirement": "REPORT", "reason": "Đã nộp bản giấy"}])
    );
    let rejected = json!({"note": null, "verdict": "REJECTED", "rejectReason": "NOT_SIGNED", "verdictText": "Chưa ký"});
    assert_eq!(judged["links"], json!([rejected]));
    let verdict = json!({"link": link, "revision": 1, "kind": "REJECTED", "reason": "NOT_SIGNED", "text": "Chưa ký"});
    let review = json!({"outcome": "VERIFY", "reason": null, "verdicts": [verdict],
        "corrections": [{"input": "completed"}], "waivers": [{"requirement": "REPORT"}], "supplement": null});
    assert_eq!(judged["reviews"], json!([review]));

    // Whoever reads scores alone reads no reasons and no people.
    let scores = world.send("integrator", JUDGED, json!({})).await.ok()["assessment"].clone();
    assert_eq!((&scores["corrections"], &scores["reviews"]), (&json!([]), &json!([])));
    assert_eq!(scores["links"][0]["verdictText"], json!(null));
}

#[tokio::test]
async fn a_document_is_rejected_for_any_reason_of_the_list() {
    let world = in_appraisal().await;
    let list = r#"{ __type(name: "RejectReason") { enumValues { name } } }"#;
    let found = world.send("", list, json!({})).await.ok();
    let reasons = found["__type"]["enumValues"].as_array().unwrap();
    assert_eq!(reasons.len(), 7);
    let revise = "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { code rule field message { vi en } } } } }";
    for (index, reason) in reasons.iter().enumerate() {
        let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
        let mut item = accepting("ALPHA", "1.1", &seen);
        let verdict = &mut item["verdicts"][0];
        verdict["kind"] = json!("REJECTED");
        verdict["reason"] = reason["name"].clone();
        verdict["text"] = json!("Xem biên bản");
        item["waivers"] = json!([{"requirement": "REPORT", "reason": "Đã nộp bản giấy"}]);
        let (document, input) = match index {
            0 => (REVIEW, json!({"items": [item]})),
            _ => (revise, json!({"item": item, "reason": "Xem lại"})),
        };
        world.send("snv.appraiser", document, json!({ "i": input })).await.ok();
        let judged = world.send("alpha.officer", JUDGED, json!({})).await.ok();
        let link = &judged["assessment"]["links"][0];
        assert_eq!(
            (&link["verdict"], &link["rejectReason"]),
            (&json!("REJECTED"), &reason["name"])
        );
    }
}

#[tokio::test]
async fn an_exclusion_says_which_decision_it_rests_on() {
    let world = World::with_round().await;
    let exclude = "mutation($i: SetNotApplicableInput!) { setNotApplicable(input: $i) { dossier { id } } }";
    let input = json!({"i": {"dossier": dossier("ALPHA"), "criterion": "1", "reason": "Không phát sinh",
        "document": "QĐ 12/QĐ-UBND"}});
    world.send("manager", exclude, input).await.ok();
    let read = r#"query($c: String!) { assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: $c}}) { exclusion { criterion reason document } } }"#;
    let under = world.send("alpha.officer", read, json!({"c": "1.1"})).await.ok();
    let decision = json!({"criterion": "1", "reason": "Không phát sinh", "document": "QĐ 12/QĐ-UBND"});
    assert_eq!(under["assessment"]["exclusion"], decision);
    let other = world.send("alpha.officer", read, json!({"c": "2.1"})).await.ok();
    assert_eq!(other["assessment"]["exclusion"], json!(null));
}

#[tokio::test]
async fn a_supplement_that_never_came_does_not_bind_the_leaf_to_who_asked() {
    let world = in_appraisal().await;
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let mut ask = accepting("ALPHA", "1.1", &seen);
    ask["outcome"] = json!("REQUEST_SUPPLEMENT");
    ask["supplement"] = json!({"text": "Gửi danh mục nhiệm vụ", "due": "2020-03-10"});
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [ask]}}))
        .await
        .done();
    let seen = look(&world, "snv.second", "ALPHA", "1.1").await;
    let review = json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}});
    // Until the end of the day in Việt Nam the unit may still answer.
    world.set_time("2020-03-10T16:59:59.999Z");
    let refused = world.send("snv.second", REVIEW, review.clone()).await.refused();
    assert_eq!(refused, ("REJECTED".to_owned(), "WRONG_STATE".to_owned()));
    world.set_time("2020-03-10T17:00:00.000Z");
    world.send("snv.second", REVIEW, review).await.done();
    // 28 of 32 is worth 0.875 × 4.
    let done = look(&world, "snv.second", "ALPHA", "1.1").await;
    assert_eq!(done["points"]["verified"]["points"], "7/2");
}
