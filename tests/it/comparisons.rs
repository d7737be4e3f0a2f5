//! A unit's figures beside those of the systems that produced them: a difference is a case, and the review its outcome.
//!
//! ALPHA declares 28 of 32 tasks, and its rows give 12 × 30 = 360 dossiers online; BETA declares 20 of 32.

use serde_json::{Value, json};

use crate::journey::{REVIEW, accepting, ask_to_publish_unverified, in_appraisal, leaf, look, publish_unverified};
use crate::world::{Answer, World};

const RECORD: &str = "mutation($i: RecordFiguresInput!) { recordFigures(input: $i) { items { unit receipt { stream } problem { code rule field } } } }";
const COMPARE: &str = "query($r: AssessmentRef!) { assessment(ref: $r) { state comparisons { system { code text } declared { text } difference
    tolerance source state reason } points { final { points } } } }";

fn figure(unit: &str, criterion: &str, (input, count): (&str, &str), tolerance: Option<&str>) -> Value {
    json!({"unit": unit, "criterion": criterion, "value": {"input": input, "value": {"count": count}}, "tolerance": tolerance,
        "source": "Hệ thống theo dõi nhiệm vụ, 31/12/2019"})
}

async fn record(world: &World, figures: Value, reason: Option<&str>) -> Answer {
    let input = json!({"i": {"round": "T-2019", "figures": figures, "reason": reason}});
    world.send("manager", RECORD, input).await
}

/// `input declared−system state reason` of each comparison.
async fn seen(world: &World, login: &str, unit: &str, criterion: &str) -> Vec<String> {
    let found = world
        .send(login, COMPARE, json!({"r": leaf(unit, criterion)}))
        .await
        .ok();
    let text = |value: &Value| value.to_string().replace('"', "");
    let line = |one: &Value| {
        let cells = [
            &one["system"]["code"],
            &one["difference"],
            &one["state"],
            &one["reason"],
        ];
        cells.map(text).join(" ")
    };
    found["assessment"]["comparisons"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

/// `unit leaf state` of the leaves with open differences that somebody may judge.
async fn listed(world: &World, login: &str) -> Vec<String> {
    let document = r#"{ reviewQueue(round: "T-2019", filter: {openDifferences: true}) { edges { node { unitCode criterion state } } } }"#;
    let found = world.send(login, document, json!({})).await.ok();
    let line = |edge: &Value| {
        let cells = ["unitCode", "criterion", "state"].map(|cell| edge["node"][cell].as_str().unwrap());
        cells.join(" ")
    };
    found["reviewQueue"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

async fn review(world: &World, unit: &str, more: Value) -> Answer {
    let mut item = accepting(unit, "1.1", &look(world, "snv.appraiser", unit, "1.1").await);
    for (field, value) in more.as_object().unwrap() {
        item[field] = value.clone();
    }
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [item]}}))
        .await
}

#[tokio::test]
async fn a_difference_waits_for_a_decision_and_the_review_is_it() {
    let world = in_appraisal().await;
    let figures = json!([
        figure("ALPHA", "1.1", ("completed", "26"), Some("1")),
        figure("ALPHA", "1.1", ("planned", "32"), None),
        figure("ALPHA", "1.2", ("online", "350"), Some("10")),
        figure("BETA", "1.1", ("completed", "22"), None),
    ]);
    record(&world, figures.clone(), None).await.done();
    // The same again changes nothing; another one needs a reason.
    let again = record(&world, figures, None).await.ok();
    assert!(
        again["recordFigures"]["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|item| item["receipt"].is_null())
    );
    let other = json!([figure("BETA", "1.1", ("completed", "23"), None)]);
    assert_eq!(record(&world, other, None).await.refused().1, "FIGURE_RECORDED");

    for login in ["alpha.officer", "snv.appraiser"] {
        assert_eq!(
            seen(&world, login, "ALPHA", "1.1").await,
            ["completed 2 OPEN null", "planned 0 AGREES null"],
            "{login}"
        );
    }
    assert_eq!(
        seen(&world, "sttt.appraiser", "ALPHA", "1.2").await,
        ["online 10 AGREES null"]
    );

    // Nothing is decided by looking away.
    assert_eq!(review(&world, "ALPHA", json!({})).await.refused().1, "OPEN_DISCREPANCY");
    let stands = json!({"stands": [{"input": "completed", "reason": "Hai nhiệm vụ hoàn thành cuối tháng 12"}]});
    review(&world, "ALPHA", stands).await.done();
    assert_eq!(
        seen(&world, "snv.appraiser", "ALPHA", "1.1").await[0],
        "completed 2 DECLARED_STANDS Hai nhiệm vụ hoàn thành cuối tháng 12"
    );
    let correction = |count: &str| json!({"corrections": [{"input": "completed", "value": {"count": count}, "reason": "Theo hệ thống", "basis": "OWN_DATA"}]});
    review(&world, "BETA", correction("22")).await.done();
    assert_eq!(
        seen(&world, "snv.appraiser", "BETA", "1.1").await,
        ["completed -2 SYSTEM_STANDS Theo hệ thống"]
    );
    // 28 of 32 tasks are 87.5 % of 4 points.
    let found = world
        .send("manager", COMPARE, json!({"r": leaf("ALPHA", "1.1")}))
        .await
        .ok();
    assert_eq!(found["assessment"]["points"]["final"]["points"], "7/2");

    // A figure that comes afterwards opens the case again.
    let later = json!([figure("BETA", "1.1", ("completed", "21"), None)]);
    world.set_time("2020-03-20T02:00:00Z");
    record(&world, later, Some("Hệ thống đã sửa")).await.done();
    assert_eq!(
        seen(&world, "snv.appraiser", "BETA", "1.1").await,
        ["completed -1 OPEN null"]
    );
    // It is listed with its department, though the leaf is verified, and nothing is published over it.
    assert_eq!(listed(&world, "snv.appraiser").await, ["BETA 1.1 VERIFIED"]);
    assert_eq!(listed(&world, "sttt.appraiser").await, [""; 0]);
    ask_to_publish_unverified(&world, json!({})).await.ok();
    world.run_jobs().await;
    let round = world
        .send("manager", r#"{ round(code: "T-2019") { phase jobId } }"#, json!({}))
        .await
        .ok();
    assert_eq!(round["round"]["phase"], "APPRAISAL");
    let job = "query($i: ID!) { job(id: $i) { problems { item message } } }";
    let job = world
        .send("manager", job, json!({"i": round["round"]["jobId"]}))
        .await
        .ok();
    let problem = &job["job"]["problems"][0];
    assert_eq!(problem["item"], "BETA");
    assert!(
        problem["message"].as_str().unwrap().contains("the first is BETA/1.1"),
        "{problem}"
    );

    // Then anybody who has the assignment may review the leaf again.
    let mut item = accepting("BETA", "1.1", &look(&world, "snv.second", "BETA", "1.1").await);
    item["corrections"] = correction("21")["corrections"].clone();
    let revise = "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { code rule field message { vi en } } } } }";
    let input = json!({"i": {"item": item, "reason": "Hệ thống đã sửa"}});
    world.send("snv.second", revise, input).await.done();
    assert_eq!(
        seen(&world, "snv.appraiser", "BETA", "1.1").await,
        ["completed -1 SYSTEM_STANDS Theo hệ thống"]
    );
    assert_eq!(listed(&world, "snv.appraiser").await, [""; 0]);
    publish_unverified(&world).await;
    world.verified().await;
}

#[tokio::test]
async fn what_cannot_be_compared_is_refused() {
    let world = in_appraisal().await;
    for (figure, field) in [
        (figure("ALPHA", "2.1", ("mean", "4"), None), "criterion"),
        (figure("ALPHA", "1.1", ("online", "4"), None), "input"),
        (figure("ALPHA", "1.1", ("completed", "4"), Some("-1")), "tolerance"),
        (figure("ALPHA", "1.1", ("completed", "-4"), None), "value"),
    ] {
        let (code, at) = record(&world, json!([figure]), None).await.refused();
        assert_eq!((code.as_str(), at.as_str()), ("INVALID", field));
    }
    let stands = json!({"stands": [{"input": "completed", "reason": "Đúng"}]});
    let (code, at) = review(&world, "ALPHA", stands).await.refused();
    assert_eq!((code.as_str(), at.as_str()), ("INVALID", "items.0.stands.completed"));
    let officer = json!({"i": {"round": "T-2019", "figures": [figure("ALPHA", "1.1", ("completed", "26"), None)]}});
    assert_eq!(
        world.send("alpha.officer", RECORD, officer).await.refused().0,
        "FORBIDDEN"
    );
}
