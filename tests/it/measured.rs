//! Values in their group, measured over the round: points follow once everybody's verified values are known, hold until they are
//! measured again, and are not published while they differ from what is verified.
//!
//! 1.1, worth 4 points, lies between the least and the most tasks done. ALPHA has 28 and BETA 20: 4 and 0 points. With 24 of BETA
//! the least is 24, and nothing else changes.
//! 1.2, worth 2 points, is a z-score of dossiers online from −2 to 2. ALPHA's rows give 12 × 30 = 360; BETA's lack a month, and the
//! appraiser finds 240. Mean 300, deviation 60: z = 1 is three quarters, 1.5 points, and z = −1 a quarter, 0.5 points.

use serde_json::{Value, json};

use crate::journey::{REVIEW, accept, accepting, brought_to_appraisal, leaf, look};
use crate::other_rules::{self, opened};
use crate::world::World;

/// The trial framework with two leaves that look at everybody.
fn framework() -> Value {
    let text = |text: &str| json!({"vi": text, "en": text});
    let group = |code: &str, kind: Value, input: &str, statistic: &str| {
        json!({"code": code, "name": text(code), "type": kind,
            "source": {"kind": "GROUP", "input": input, "statistic": statistic}})
    };
    let count = || json!({"kind": "COUNT"});
    let declared =
        |code: &str| json!({"code": code, "name": text(code), "type": count(), "source": {"kind": "DECLARED"}});
    let mut framework = other_rules::framework(
        "/nodes/1/leaf",
        json!({"kind": "MIN_MAX", "input": "completed", "lowest": "least", "highest": "most", "withoutSpread": "1"}),
        json!([
            declared("completed"),
            declared("planned"),
            group("least", count(), "completed", "LOWEST"),
            group("most", count(), "completed", "HIGHEST"),
        ]),
    );
    let online = &mut framework["nodes"][2]["leaf"];
    online["rule"] = json!({"kind": "Z_SCORE", "input": "online", "mean": "mean", "deviation": "deviation",
        "zeroAt": "-2", "fullAt": "2", "withoutSpread": "0.5"});
    let amount = || json!({"kind": "AMOUNT"});
    online["inputs"][1] = group("mean", amount(), "online", "MEAN");
    let mut deviation = group("deviation", amount(), "online", "DEVIATION");
    deviation["source"]["decimals"] = json!(2);
    online["inputs"].as_array_mut().unwrap().push(deviation);
    framework
}

const FOUND: &str = "query($r: AssessmentRef!) { assessment(ref: $r) { state groupInputs { value { code text } units }
    points { final { points open } } explain(ledger: FINAL) { text { en } } } }";

/// `state points open, figures` of a leaf.
async fn found(world: &World, login: &str, unit: &str, criterion: &str) -> String {
    let asked = json!({"r": leaf(unit, criterion)});
    let found = world.send(login, FOUND, asked).await.ok()["assessment"].clone();
    let text = |value: &Value| value.to_string().replace('"', "");
    let figure = |one: &Value| {
        format!(
            "{} {} of {}",
            text(&one["value"]["code"]),
            text(&one["value"]["text"]),
            one["units"]
        )
    };
    let figures: Vec<String> = found["groupInputs"].as_array().unwrap().iter().map(figure).collect();
    let points = &found["points"]["final"];
    let (state, points, open) = (text(&found["state"]), text(&points["points"]), text(&points["open"]));
    format!("{state} {points} {open}; {}", figures.join(", "))
}

/// Reviews a leaf with a corrected figure, or revises the review that stands.
async fn correct(
    world: &World,
    login: &str,
    (unit, criterion): (&str, &str),
    (input, count): (&str, &str),
) -> (String, String) {
    let seen = look(world, login, unit, criterion).await;
    let mut item = accepting(unit, criterion, &seen);
    item["corrections"] =
        json!([{"input": input, "value": {"count": count}, "reason": "Theo hệ thống", "basis": "OWN_DATA"}]);
    let answer = match seen["state"] == "VERIFIED" {
        false => world.send(login, REVIEW, json!({"i": {"items": [item]}})).await,
        true => {
            let revise = json!({"i": {"item": item, "reason": "Hệ thống đã sửa"}});
            world.send(login, REVISE, revise).await
        }
    };
    match answer.refusal("en") {
        Some((code, what, _)) => (code, what),
        None => Default::default(),
    }
}

const REVISE: &str = "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { code rule field message { vi en } } } } }";

async fn measure(world: &World) {
    let document = r#"mutation { measureGroups(input: {round: "T-2019"}) { round { phase } } }"#;
    let asked = world.send("manager", document, json!({})).await.ok();
    assert_eq!(asked["measureGroups"]["round"]["phase"], "MEASURING");
    world.run_jobs().await;
}

/// Asks for publication; the phase after the job, and the rule that stood in the way.
async fn publish(world: &World) -> (Value, Value) {
    let document = r#"mutation { publishResults(input: {round: "T-2019", decisionNumber: "617/QĐ-UBND", decisionDate: "2020-02-28"})
        { round { phase } } }"#;
    world.send("manager", document, json!({})).await.ok();
    world.run_jobs().await;
    let round = world
        .send("manager", r#"{ round(code: "T-2019") { phase jobId } }"#, json!({}))
        .await
        .ok()["round"]
        .clone();
    if round["jobId"].is_null() {
        return (round["phase"].clone(), Value::Null);
    }
    let document = "query($i: ID!) { job(id: $i) { problems { message } } }";
    let job = world.send("manager", document, json!({"i": round["jobId"]})).await.ok();
    (round["phase"].clone(), job["job"]["problems"][0]["message"].clone())
}

#[tokio::test]
async fn points_among_all_units_follow_once_everybody_is_measured() {
    let world = brought_to_appraisal(opened(framework()).await).await;
    accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
    // Nothing is lost while nobody knows the group.
    assert_eq!(found(&world, "manager", "ALPHA", "1.1").await, "VERIFIED 0 4; ");
    accept(&world, "snv.appraiser", "BETA", "1.1").await;
    accept(&world, "sttt.appraiser", "ALPHA", "1.2").await;
    let group = correct(&world, "sttt.appraiser", ("BETA", "1.2"), ("mean", "1")).await;
    assert_eq!(group, ("INVALID".to_owned(), "items.0.corrections.mean".to_owned()));
    assert_eq!(
        correct(&world, "sttt.appraiser", ("BETA", "1.2"), ("online", "240")).await,
        Default::default()
    );

    let (phase, problem) = publish(&world).await;
    assert_eq!(phase, "APPRAISAL");
    assert!(problem.as_str().unwrap().contains("send measureGroups"), "{problem}");

    measure(&world).await;
    let of_tasks = "least 20 of 2, most 28 of 2";
    let of_dossiers = "deviation 60 of 2, mean 300 of 2";
    for (unit, criterion, expected) in [
        ("ALPHA", "1.1", format!("VERIFIED 4 0; {of_tasks}")),
        ("BETA", "1.1", format!("VERIFIED 0 0; {of_tasks}")),
        ("ALPHA", "1.2", format!("VERIFIED 3/2 0; {of_dossiers}")),
        ("BETA", "1.2", format!("VERIFIED 1/2 0; {of_dossiers}")),
    ] {
        assert_eq!(
            found(&world, "manager", unit, criterion).await,
            expected,
            "{unit} {criterion}"
        );
    }
    // What another unit has is nothing that a unit sees yet, nor what follows from it.
    assert_eq!(found(&world, "alpha.officer", "ALPHA", "1.1").await, "VERIFIED 0 4; ");

    // A value that changes afterwards moves nobody's points, and stands in the way of publication.
    assert_eq!(
        correct(&world, "snv.appraiser", ("BETA", "1.1"), ("completed", "24")).await,
        Default::default()
    );
    assert_eq!(
        found(&world, "manager", "ALPHA", "1.1").await,
        format!("VERIFIED 4 0; {of_tasks}")
    );
    assert_eq!(
        found(&world, "manager", "BETA", "1.1").await,
        format!("VERIFIED 2 0; {of_tasks}")
    );
    let (phase, problem) = publish(&world).await;
    assert_eq!(phase, "APPRAISAL");
    assert!(
        problem.as_str().unwrap().contains("1.1 is not measured for ALPHA"),
        "{problem}"
    );
    measure(&world).await;
    assert_eq!(
        found(&world, "manager", "BETA", "1.1").await,
        "VERIFIED 0 0; least 24 of 2, most 28 of 2"
    );

    assert_eq!(publish(&world).await, (json!("PUBLISHED"), Value::Null));
    assert_eq!(
        found(&world, "alpha.officer", "ALPHA", "1.1").await,
        "FINAL 4 0; least 24 of 2, most 28 of 2"
    );
    world.verified().await;
}

/// What a unit reads of its own total, and of 1.1, before results are published.
async fn told(world: &World, login: &str) -> String {
    let document = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { total { declared { points } verified { points open } final { points } } }
        assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { points { declared { points } } explain(ledger: FINAL) { text { en } } } }"#;
    world.send(login, document, json!({})).await.ok().to_string()
}

#[tokio::test]
async fn a_unit_reads_nothing_of_the_others_from_its_own_points() {
    let world = brought_to_appraisal(opened(framework()).await).await;
    for unit in ["ALPHA", "BETA"] {
        accept(&world, "snv.appraiser", unit, "1.1").await;
    }
    let before = told(&world, "alpha.officer").await;
    assert!(before.contains("not shown before results are published"), "{before}");
    let of_manager = told(&world, "manager").await;
    measure(&world).await;
    assert_eq!(told(&world, "alpha.officer").await, before);
    assert_ne!(told(&world, "manager").await, of_manager);
}

#[tokio::test]
async fn a_correction_that_changes_the_group_takes_everybody_along() {
    let world = brought_to_appraisal(opened(framework()).await).await;
    for unit in ["ALPHA", "BETA"] {
        accept(&world, "snv.appraiser", unit, "1.1").await;
    }
    accept(&world, "sttt.appraiser", "ALPHA", "1.2").await;
    let found_online = correct(&world, "sttt.appraiser", ("BETA", "1.2"), ("online", "240")).await;
    assert_eq!(found_online, Default::default());
    measure(&world).await;
    assert_eq!(publish(&world).await, (json!("PUBLISHED"), Value::Null));

    let reopen = r#"mutation { reopenDossier(input: {dossier: {key: {round: "T-2019", unit: "BETA"}}, reason: "Đếm sai"}) { round { phase } } }"#;
    world.send("manager", reopen, json!({})).await.ok();
    world.run_jobs().await;
    let counted = correct(&world, "snv.appraiser", ("BETA", "1.1"), ("completed", "24")).await;
    assert_eq!(counted, Default::default());
    let phase = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { phase } }"#;
    assert_eq!(
        world.send("manager", phase, json!({})).await.ok()["dossier"]["phase"],
        "SEALED"
    );
    measure(&world).await;
    // ALPHA is compared with another lowest value now, and so open again.
    assert_eq!(
        world.send("manager", phase, json!({})).await.ok()["dossier"]["phase"],
        "APPRAISAL"
    );
    let document = r#"mutation { publishResults(input: {round: "T-2019", decisionNumber: "700/QĐ-UBND", decisionDate: "2020-02-29", correction: "Đếm sai"})
        { round { phase } } }"#;
    world.send("manager", document, json!({})).await.ok();
    world.run_jobs().await;
    assert_eq!(
        found(&world, "alpha.officer", "ALPHA", "1.1").await,
        "FINAL 4 0; least 24 of 2, most 28 of 2"
    );
    world.verified().await;
}

/// Before the group is measured a correction changes no points, and whatever is compared is a large change all the same.
#[tokio::test]
async fn what_is_compared_with_others_is_not_corrected_by_one_person_alone() {
    let world = World::with_framework().await;
    world.import(framework()).await;
    let open = r#"mutation { openRound(input: {code: "T-2019", name: {vi: "Kỳ thử", en: "Trial"}, year: 2019, owner: "SNV",
        appraisal: {secondPersonAbove: "0.5"}, frameworks: [{unitType: "SO", framework: "R@1"}]}) { round { phase } } }"#;
    world.open_round(open).await;
    let world = brought_to_appraisal(world).await;
    let counted = correct(&world, "snv.appraiser", ("ALPHA", "1.1"), ("completed", "1")).await;
    assert_eq!(counted, Default::default());
    assert!(found(&world, "manager", "ALPHA", "1.1").await.starts_with("PROPOSED"));
    // As it was declared one person is enough.
    accept(&world, "snv.appraiser", "BETA", "1.1").await;
    assert!(found(&world, "manager", "BETA", "1.1").await.starts_with("VERIFIED"));
}

#[tokio::test]
async fn nothing_is_measured_where_no_rule_looks_at_everybody() {
    let world = brought_to_appraisal(World::with_round().await).await;
    let document = r#"mutation { measureGroups(input: {round: "T-2019"}) { round { phase } } }"#;
    let refused = world.send("manager", document, json!({})).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "round".to_owned()));
}
