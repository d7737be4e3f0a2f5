//! When one appraiser is not enough: large changes are confirmed, a sample is reviewed twice.
//!
//! ALPHA declares 28 of 32 tasks = 3.5 points; 26 of 32 are 3.25, 24 of 32 = 0.75 < 0.8 are 0.

use minhchung::domain::registry::Role;
use serde_json::{Value, json};

use crate::journey::{REVIEW, accept, accepting, brought_to_appraisal, leaf, look};
use crate::world::{Answer, OPEN_ROUND, World};

const CONFIRM: &str = "mutation($i: ConfirmReviewInput!) { confirmReview(input: $i) { assessment { state } } }";
const RECONCILE: &str = "mutation($i: ReconcileReviewInput!) { reconcileReview(input: $i) { assessment { state } } }";
const REVISE: &str =
    "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { code rule field } } } }";
const LOOK: &str = r#"query($u: String!, $c: String!) { assessment(ref: {key: {round: "T-2019", unit: $u, criterion: $c}}) {
    state version proposal { kind author } points { verified { displayed open } }
    corrections { value { text } } links { verdict } reviews { author independent } thread { kind author text } } }"#;

async fn with(rules: &str) -> World {
    let world = World::with_framework().await;
    let settings = format!("year: 2019, appraisal: {{{rules}}}");
    world.open_round(&OPEN_ROUND.replace("year: 2019", &settings)).await;
    world.person("snv.lead", Role::LeadAppraiser, "SNV").await;
    brought_to_appraisal(world).await
}

async fn see(world: &World, login: &str, criterion: &str) -> Value {
    let found = world
        .send(login, LOOK, json!({"u": "ALPHA", "c": criterion}))
        .await
        .ok();
    found["assessment"].clone()
}

/// A review of ALPHA's tasks that finds so many of 32.
async fn finding(world: &World, login: &str, completed: &str) -> Value {
    let mut item = accepting("ALPHA", "1.1", &look(world, login, "ALPHA", "1.1").await);
    if completed != "28" {
        item["corrections"] = json!([{"input": "completed", "value": {"count": completed}, "reason": "Theo hệ thống", "basis": "OWN_DATA"}]);
    }
    item
}

async fn find(world: &World, login: &str, completed: &str) -> Answer {
    let item = finding(world, login, completed).await;
    world.send(login, REVIEW, json!({"i": {"items": [item]}})).await
}

async fn confirm(world: &World, login: &str, confirms: bool, reason: Option<&str>) -> Answer {
    let version = see(world, login, "1.1").await["version"].clone();
    let input =
        json!({"assessment": leaf("ALPHA", "1.1"), "expectedVersion": version, "confirms": confirms, "reason": reason});
    world.send(login, CONFIRM, json!({"i": input})).await
}

async fn reconcile(world: &World, login: &str, completed: &str) -> Answer {
    let item = finding(world, login, completed).await;
    world.send(login, RECONCILE, json!({"i": {"item": item}})).await
}

fn rule(answer: Answer) -> String {
    answer.refused().1
}

#[tokio::test]
async fn a_large_change_holds_when_a_second_person_confirms_it() {
    // 3.5 to 3.25 is a quarter of a point, to 0 it is three and a half.
    let world = with(r#"secondPersonAbove: "0.25""#).await;
    find(&world, "snv.appraiser", "26").await.done();
    assert_eq!(see(&world, "snv.appraiser", "1.1").await["state"], "VERIFIED");
    let item = finding(&world, "snv.appraiser", "24").await;
    let again = json!({"i": {"item": item, "reason": "Đếm lại"}});
    world.send("snv.appraiser", REVISE, again).await.done();
    let seen = see(&world, "snv.second", "1.1").await;
    assert_eq!(seen["state"], "PROPOSED");
    assert_eq!(
        seen["proposal"],
        json!({"kind": "LARGE_CHANGE", "author": "snv.appraiser"})
    );
    // That somebody has to confirm it tells of a large change: the unit counts it among what waits.
    let counted = async |login: &str| {
        let progress = r#"{ progress(round: "T-2019", by: UNIT) { key states { state count } } }"#;
        let rows = world.send(login, progress, json!({})).await.ok()["progress"].clone();
        let alpha = rows
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["key"] == "ALPHA")
            .unwrap();
        let states = alpha["states"].as_array().unwrap().clone();
        states
            .into_iter()
            .map(|one| one["state"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(counted("manager").await.contains(&"PROPOSED".to_owned()));
    let own = counted("alpha.officer").await;
    assert!(
        !own.contains(&"PROPOSED".to_owned()) && own.contains(&"SUBMITTED".to_owned()),
        "{own:?}"
    );
    assert_eq!(seen["points"]["verified"], json!({"displayed": "0.00", "open": "4"}));
    // Not by oneself, and not as if it were still to be reviewed.
    assert_eq!(
        rule(confirm(&world, "snv.appraiser", true, None).await),
        "SECOND_PERSON"
    );
    assert_eq!(rule(find(&world, "snv.second", "24").await), "WRONG_STATE");
    let claim = "mutation($i: ClaimInput!) { claim(input: $i) { assessments { unit: criterion } items { outcome } } }";
    for (login, status) in [("snv.appraiser", "NOT_WAITING"), ("snv.second", "CLAIMED")] {
        let input = json!({"i": {"round": "T-2019", "assessments": [leaf("ALPHA", "1.1")]}});
        let answer = world.send(login, claim, input).await.ok();
        assert_eq!(answer["claim"]["items"][0]["outcome"], status, "{login}");
    }
    let silent = confirm(&world, "snv.second", false, None).await;
    assert_eq!(silent.refused(), ("INVALID".to_owned(), "reason".to_owned()));
    confirm(&world, "snv.second", false, Some("Còn thiếu văn bản"))
        .await
        .ok();
    let seen = see(&world, "snv.second", "1.1").await;
    assert_eq!((&seen["state"], &seen["proposal"]), (&json!("SUBMITTED"), &Value::Null));
    assert_eq!(seen["links"][0]["verdict"], Value::Null);
    // Whoever does it again proposes it again.
    find(&world, "snv.second", "24").await.done();
    confirm(&world, "snv.lead", true, None).await.ok();
    let seen = see(&world, "snv.appraiser", "1.1").await;
    assert_eq!(seen["state"], "VERIFIED");
    assert_eq!(seen["points"]["verified"], json!({"displayed": "0.00", "open": "0"}));
    let thread: Vec<(&str, &str)> = seen["thread"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["kind"].as_str().unwrap(), entry["author"].as_str().unwrap()))
        .collect();
    assert_eq!(
        thread,
        [
            ("FOUND", "snv.appraiser"),
            ("FOUND", "snv.appraiser"),
            ("REFUSED", "snv.second"),
            ("FOUND", "snv.second"),
            ("CONFIRMED", "snv.lead")
        ]
    );
    world.verified().await;
}

#[tokio::test]
async fn who_proposed_may_think_better_of_it() {
    let world = with(r#"secondPersonAbove: "0.25""#).await;
    find(&world, "snv.appraiser", "24").await.done();
    let item = finding(&world, "snv.appraiser", "28").await;
    let again = json!({"i": {"item": item, "reason": "Đếm sai"}});
    world.send("snv.appraiser", REVISE, again).await.done();
    let seen = see(&world, "snv.appraiser", "1.1").await;
    assert_eq!(
        (&seen["state"], &seen["points"]["verified"]["displayed"]),
        (&json!("VERIFIED"), &json!("3.50"))
    );
    world.verified().await;
}

#[tokio::test]
async fn what_is_drawn_two_people_review_without_knowing_each_other() {
    let world = with("reviewedTwicePercent: 100").await;
    find(&world, "snv.appraiser", "26").await.done();
    // Of the first review nobody but its author sees anything.
    for login in ["snv.second", "snv.lead", "alpha.officer", "manager"] {
        let seen = see(&world, login, "1.1").await;
        assert_eq!(seen["state"], "PROPOSED", "{login}");
        assert_eq!(seen["reviews"], json!([]), "{login}");
        assert_eq!(seen["thread"], json!([]), "{login}");
        assert_eq!(seen["corrections"], json!([]), "{login}");
        assert_eq!(seen["links"][0]["verdict"], Value::Null, "{login}");
        assert_eq!(seen["points"]["verified"]["open"], "4", "{login}");
    }
    assert_eq!(
        see(&world, "snv.appraiser", "1.1").await["reviews"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(rule(find(&world, "snv.appraiser", "26").await), "SECOND_PERSON");
    assert_eq!(rule(confirm(&world, "snv.second", true, None).await), "WRONG_STATE");
    // The same points from the same document: they agree.
    find(&world, "snv.second", "26").await.done();
    let seen = see(&world, "snv.lead", "1.1").await;
    assert_eq!(
        (&seen["state"], &seen["points"]["verified"]["displayed"]),
        (&json!("VERIFIED"), &json!("3.25"))
    );
    assert_eq!(seen["reviews"].as_array().unwrap().len(), 2);
    // Another leaf, on which they differ.
    let mut item = accepting("ALPHA", "1.2", &look(&world, "sttt.appraiser", "ALPHA", "1.2").await);
    let review = |item: &Value| json!({"i": {"items": [item]}});
    world.send("sttt.appraiser", REVIEW, review(&item)).await.done();
    world.person("sttt.second", Role::Appraiser, "STTTT").await;
    world.person("sttt.lead", Role::LeadAppraiser, "STTTT").await;
    item["expectedVersion"] = see(&world, "sttt.second", "1.2").await["version"].clone();
    item["verdicts"][0]["kind"] = json!("REJECTED");
    item["verdicts"][0]["reason"] = json!("WRONG_PERIOD");
    item["verdicts"][0]["text"] = json!("Sai kỳ");
    item["waivers"] = json!([{"requirement": "EXPORT", "reason": "Đã đối chiếu"}]);
    world.send("sttt.second", REVIEW, review(&item)).await.done();
    let seen = see(&world, "sttt.lead", "1.2").await;
    assert_eq!(seen["state"], "DISPUTED");
    assert_eq!(seen["proposal"]["kind"], "DISPUTE");
    assert_eq!(seen["reviews"].as_array().unwrap().len(), 2);
    assert_eq!(seen["points"]["verified"], json!({"displayed": "0.00", "open": "2"}));
    // Only a lead decides, and only what is disputed.
    let mut mine = accepting("ALPHA", "1.2", &look(&world, "sttt.lead", "ALPHA", "1.2").await);
    assert_eq!(
        rule(world.send("sttt.appraiser", REVIEW, review(&mine)).await),
        "DISPUTED"
    );
    let decide = |item: &Value| json!({"i": {"item": item}});
    assert_eq!(
        world.send("sttt.appraiser", RECONCILE, decide(&mine)).await.refused().0,
        "FORBIDDEN"
    );
    assert_eq!(rule(reconcile(&world, "snv.lead", "26").await), "WRONG_STATE");
    mine["verdicts"] = json!([]);
    let unjudged = world.send("sttt.lead", RECONCILE, decide(&mine)).await;
    assert_eq!(unjudged.errors[0].2.as_deref(), Some("item.verdicts"));
    let mine = accepting("ALPHA", "1.2", &look(&world, "sttt.lead", "ALPHA", "1.2").await);
    let done = world.send("sttt.lead", RECONCILE, decide(&mine)).await.ok();
    assert_eq!(done["reconcileReview"]["assessment"]["state"], "VERIFIED");
    assert_eq!(
        see(&world, "sttt.lead", "1.2").await["points"]["verified"]["displayed"],
        "1.20"
    );
    // Each lead reads how far the reviews of the own assignment agree.
    let agreement = r#"{ round(code: "T-2019") { agreement { criterion reviewed agreed disputed reconciled } } }"#;
    for (login, expected) in [
        (
            "snv.lead",
            json!([{"criterion": "1.1", "reviewed": 1, "agreed": 1, "disputed": 0, "reconciled": 0}]),
        ),
        (
            "sttt.lead",
            json!([{"criterion": "1.2", "reviewed": 1, "agreed": 0, "disputed": 0, "reconciled": 1}]),
        ),
    ] {
        let found = world.send(login, agreement, json!({})).await.ok();
        assert_eq!(found["round"]["agreement"], expected, "{login}");
    }
    let found = world.send("snv.appraiser", agreement, json!({})).await.ok();
    assert_eq!(found["round"]["agreement"], Value::Null);
    world.verified().await;
}

#[tokio::test]
async fn what_is_not_drawn_one_person_reviews() {
    let world = with("reviewedTwicePercent: 0").await;
    accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
    assert_eq!(see(&world, "snv.appraiser", "1.1").await["state"], "VERIFIED");
    for (rules, field) in [
        ("reviewedTwicePercent: 101", "appraisal.reviewedTwicePercent"),
        (r#"secondPersonAbove: "-1""#, "appraisal.secondPersonAbove"),
    ] {
        let open = OPEN_ROUND
            .replace("year: 2019", &format!("year: 2019, appraisal: {{{rules}}}"))
            .replace("T-2019", "T-2018");
        let answer = world.send("manager", &open, json!({})).await;
        assert_eq!(answer.errors[0].2.as_deref(), Some(field));
    }
}

/// A lead appraises like anybody else, and then does not decide between the own review and another one.
#[tokio::test]
async fn who_made_one_of_two_differing_reviews_does_not_decide_between_them() {
    let world = with("reviewedTwicePercent: 100").await;
    world.person("snv.other", Role::LeadAppraiser, "SNV").await;
    // Between two others the lead decides, until the leaf is given back: then it is drawn anew, and the lead reviews it.
    find(&world, "snv.other", "26").await.done();
    find(&world, "snv.appraiser", "28").await.done();
    let reopen = "mutation($i: ReopenLeafInput!) { reopenLeaf(input: $i) { assessment { state } } }";
    let back = json!({"i": {"assessment": leaf("ALPHA", "1.1"), "reason": "Tệp hỏng", "due": "2020-03-02"}});
    assert_eq!(see(&world, "snv.lead", "1.1").await["state"], "DISPUTED");
    assert_eq!(rule(reconcile(&world, "snv.other", "26").await), "OWN_DISPUTE");
    world.send("manager", reopen, back).await.ok();
    world.set_time("2020-03-03T02:00:00Z");
    find(&world, "snv.lead", "26").await.done();
    find(&world, "snv.second", "28").await.done();
    assert_eq!(see(&world, "snv.lead", "1.1").await["state"], "DISPUTED");

    let refused = reconcile(&world, "snv.lead", "26").await;
    let (code, rule, message) = refused.refusal("en").unwrap();
    assert_eq!((code.as_str(), rule.as_str()), ("REJECTED", "OWN_DISPUTE"));
    assert!(message.contains("is yours"), "{message}");
    // Whose review was one of an earlier pair decides between these two.
    reconcile(&world, "snv.other", "26").await.ok();
    let seen = see(&world, "snv.lead", "1.1").await;
    assert_eq!(
        (&seen["state"], &seen["points"]["verified"]["displayed"]),
        (&json!("VERIFIED"), &json!("3.25"))
    );
    world.verified().await;
}
