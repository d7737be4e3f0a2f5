//! Last year's values: those that were published for the year before; a baseline only where none was.
//!
//! Growth by a tenth gives all points of a leaf, no loss gives half of them; 1.1 is worth 4, 1.2 is worth 2.
//! ALPHA finished 26 tasks in 2019, as the appraiser found (28 declared, a baseline of 10), and 27 in 2020: 26 ≤ 27 < 28.6
//! → 2. It received 12 × 30 = 360 dossiers online, and 12 × 33 = 396 = 360 × 1.1 in 2020 → 2.
//! BETA finished 20 tasks as declared, then 22 = 20 × 1.1 → 4. Its December of 2019 is missing, so that the baseline of 300
//! counts: 12 × 25 = 300 ≥ 300 → 1. GAMMA is new: 33 = 30 × 1.1 of its baseline → 4, and nothing to compare online with.

use serde_json::{Value, json};

use crate::journey::{ADD, DECLARE, REVIEW, accept, accepting, export, in_appraisal, look, publish_unverified};
use crate::world::{World, framework, usage};

const OPEN: &str = r#"mutation($b: [BaselineInput!]!, $p: String) { openRound(input: {code: "T-2020",
    name: {vi: "Kỳ 2020", en: "2020"}, year: 2020, owner: "SNV", previous: $p, baselines: $b, units: ["ALPHA", "BETA", "GAMMA"],
    frameworks: [{unitType: "SO", framework: "T@2"}]}) { round { code } } }"#;
const LEAF: &str = r#"query($u: String!, $c: String!) { assessment(ref: {key: {round: "T-2020", unit: $u, criterion: $c}}) {
    previousInputs { value { code kind text } source } points { declared { points } } explain(ledger: DECLARED) { outcome tree } } }"#;

/// The framework of 2020: both leaves compare with the year before.
fn growing() -> Value {
    let mut next = framework();
    next["version"] = json!("2");
    for (node, current) in [(1, "completed"), (2, "online")] {
        let leaf = &mut next["nodes"][node]["leaf"];
        let previous = format!("{current}_previous");
        let mut input = leaf["inputs"][0].clone();
        input.as_object_mut().unwrap().remove("atMost");
        let mut before = input.clone();
        before["code"] = json!(previous);
        before["source"] = json!({"kind": "PREVIOUS_YEAR", "input": current});
        leaf["inputs"] = json!([input, before]);
        leaf["rule"] = json!({"kind": "YEAR_ON_YEAR", "current": current, "previous": previous, "otherwise": "0",
            "bands": [{"growthAtLeast": "0.1", "ratio": "1"}, {"growthAtLeast": "0", "ratio": "0.5"}]});
    }
    next
}

fn baseline(unit: &str, criterion: &str, input: &str, count: &str) -> Value {
    json!({"unit": unit, "criterion": criterion, "value": {"input": input, "value": {"count": count}},
        "source": format!("BC {unit}")})
}

/// A year later, with GAMMA and the framework of 2020.
async fn a_year_later(world: &World) {
    world.set_time("2021-03-01T02:00:00Z");
    world.units("SO", &["GAMMA"]).await;
    world
        .person("gamma.officer", minhchung::domain::registry::Role::Officer, "GAMMA")
        .await;
    world.import(growing()).await;
}

async fn open(world: &World, baselines: Value) {
    let input = json!({"b": baselines, "p": "T-2019"});
    world.send("manager", OPEN, input).await.ok();
    world.run_jobs().await;
}

/// Declares 1.1 with so many tasks and 1.2 with the rows of 2020, so many online a month.
async fn declare(world: &World, unit: &str, completed: &str, online: u32) {
    let officer = format!("{}.officer", unit.to_lowercase());
    let dossier = json!({"key": {"round": "T-2020", "unit": unit}});
    let mut rows = export(unit, &usage(12, online, 100).replace("2019-", "2020-"));
    rows["i"]["dossier"] = dossier.clone();
    world.send(&officer, ADD, rows).await.ok();
    let items = json!([{"criterion": "1.1", "inputs": [{"input": "completed", "value": {"count": completed}}]},
        {"criterion": "1.2"}]);
    let input = json!({"i": {"dossier": dossier, "items": items}});
    world.send(&officer, DECLARE, input).await.ok();
}

/// Last year's value of a leaf with its source, and the declared points.
async fn found(world: &World, unit: &str, criterion: &str) -> (Value, String) {
    let answer = world
        .send("manager", LEAF, json!({"u": unit, "c": criterion}))
        .await
        .ok();
    let leaf = &answer["assessment"];
    let previous = leaf["previousInputs"].clone();
    // The explanation names the source too, and says what is missing.
    let tree = leaf["explain"]["tree"].to_string();
    match previous[0]["source"].as_str() {
        Some(source) => assert!(tree.contains(source), "{tree}"),
        None => assert_eq!(leaf["explain"]["outcome"], "MISSING"),
    }
    (
        previous,
        leaf["points"]["declared"]["points"].as_str().unwrap().to_owned(),
    )
}

fn value(input: &str, count: &str, source: &str) -> Value {
    let value = json!({"code": format!("{input}_previous"), "kind": "COUNT", "text": count});
    json!([{"value": value, "source": source}])
}

#[tokio::test]
async fn the_published_value_counts_and_a_baseline_where_none_was_published() {
    let world = in_appraisal().await;
    let mut corrected = accepting("ALPHA", "1.1", &look(&world, "snv.appraiser", "ALPHA", "1.1").await);
    corrected["corrections"] =
        json!([{"input": "completed", "value": {"count": "26"}, "reason": "2 chưa xong", "basis": "OWN_DATA"}]);
    let review = json!({"i": {"items": [corrected]}});
    world.send("snv.appraiser", REVIEW, review).await.done();
    accept(&world, "snv.appraiser", "BETA", "1.1").await;
    accept(&world, "sttt.appraiser", "ALPHA", "1.2").await;
    accept(&world, "sttt.appraiser", "BETA", "1.2").await;
    publish_unverified(&world).await;
    a_year_later(&world).await;
    let baselines = json!([
        baseline("ALPHA", "1.1", "completed", "10"),
        baseline("BETA", "1.1", "completed", "100"),
        baseline("BETA", "1.2", "online", "300"),
        baseline("GAMMA", "1.1", "completed", "30"),
    ]);
    open(&world, baselines).await;
    declare(&world, "ALPHA", "27", 33).await;
    declare(&world, "BETA", "22", 25).await;
    declare(&world, "GAMMA", "33", 50).await;

    let alpha = format!("dossier:T-2019/ALPHA#{}", world.entries("ALPHA").await);
    let beta = format!("dossier:T-2019/BETA#{}", world.entries("BETA").await);
    for (unit, criterion, previous, points) in [
        ("ALPHA", "1.1", value("completed", "26", &alpha), "2"),
        ("ALPHA", "1.2", value("online", "360", &alpha), "2"),
        ("BETA", "1.1", value("completed", "20", &beta), "4"),
        ("BETA", "1.2", value("online", "300", "BC BETA"), "1"),
        ("GAMMA", "1.1", value("completed", "30", "BC GAMMA"), "4"),
        ("GAMMA", "1.2", json!([]), "0"),
    ] {
        let expected = (previous, points.to_owned());
        assert_eq!(found(&world, unit, criterion).await, expected, "{unit} {criterion}");
    }
    world.verified().await;
}

#[tokio::test]
async fn what_nobody_verified_was_not_published() {
    let world = in_appraisal().await;
    publish_unverified(&world).await;
    a_year_later(&world).await;
    open(&world, json!([baseline("ALPHA", "1.1", "completed", "10")])).await;
    declare(&world, "ALPHA", "11", 33).await;
    // The 28 tasks that ALPHA declared counted nothing in 2019: 11 = 10 × 1.1.
    let expected = (value("completed", "10", "BC ALPHA"), "4".to_owned());
    assert_eq!(found(&world, "ALPHA", "1.1").await, expected);
    assert_eq!(found(&world, "ALPHA", "1.2").await, (json!([]), "0".to_owned()));
}

#[tokio::test]
async fn a_baseline_that_no_leaf_would_look_at_and_a_year_before_that_moves_are_refused() {
    let world = in_appraisal().await;
    a_year_later(&world).await;
    let refused = async |baselines: Value, previous: Value| {
        let input = json!({"b": baselines, "p": previous});
        world.send("manager", OPEN, input).await.refused()
    };
    let invalid = |field: &str| ("INVALID".to_owned(), field.to_owned());
    let good = baseline("ALPHA", "1.1", "completed", "10");
    let with = |place: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(place).unwrap() = value;
        changed
    };
    for (baselines, field) in [
        (json!([good, with("/unit", json!("SNV"))]), "baselines.1.unit"),
        (json!([with("/unit", json!("NONE"))]), "baselines.0.unit"),
        (json!([with("/criterion", json!("9.9"))]), "baselines.0.value.input"),
        (json!([with("/criterion", json!("2.1"))]), "baselines.0.value.input"),
        // The input of last year is named, not the one that takes its value.
        (
            json!([with("/value/input", json!("completed_previous"))]),
            "baselines.0.value.input",
        ),
        (json!([good, good]), "baselines.1"),
        (
            json!([with("/value/value", json!({"yesNo": true}))]),
            "baselines.0.value.value",
        ),
        (
            json!([with("/value/value", json!({"count": "1.5"}))]),
            "baselines.0.value.value",
        ),
        (
            json!([with("/value/value", json!({"count": "-1"}))]),
            "baselines.0.value.value",
        ),
        (json!(vec![good.clone(); 901]), "baselines"),
    ] {
        assert_eq!(refused(baselines, Value::Null).await, invalid(field));
    }
    for previous in ["T-2019", "T-2018"] {
        assert_eq!(refused(json!([]), json!(previous)).await, invalid("previous"));
    }
    publish_unverified(&world).await;
    let reopen = r#"mutation { reopenDossier(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, reason: "Đếm sai"}) { round { phase } } }"#;
    world.send("manager", reopen, json!({})).await.ok();
    assert_eq!(refused(json!([]), json!("T-2019")).await, invalid("previous"));
}
