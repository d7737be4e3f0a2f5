//! Last year's values: those that were published for the year before; a baseline only where none was.
//!
//! Growth by a tenth gives all points of a leaf, no loss gives half of them; 1.1 is worth 4, 1.2 is worth 2.
//! ALPHA finished 26 tasks in 2019, as the appraiser found (28 declared, a baseline of 10), and 27 in 2020: 26 ≤ 27 < 28.6
//! → 2. It received 12 × 30 = 360 dossiers online, and 12 × 33 = 396 = 360 × 1.1 in 2020 → 2.
//! BETA finished 20 tasks as declared, then 22 = 20 × 1.1 → 4. Its December of 2019 is missing, so that the baseline of 300
//! counts: 12 × 25 = 300 ≥ 300 → 1. GAMMA is new: 33 = 30 × 1.1 of its baseline → 4, and nothing to compare online with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minhchung::app::documents::streams;
use minhchung::domain::evidence::{Link, VerdictKind};
use serde_json::{Value, json};

use crate::journey::{ADD, DECLARE, REVIEW, SUBMIT, accept, accepting, export, in_appraisal, look, publish_unverified};
use crate::support::forging::{forge, standing};
use crate::world::{World, framework, usage};

pub const OPEN: &str = r#"mutation($b: [BaselineInput!]!, $p: String) { openRound(input: {code: "T-2020",
    name: {vi: "Kỳ 2020", en: "2020"}, year: 2020, owner: "SNV", previous: $p, baselines: $b, units: ["ALPHA", "BETA", "GAMMA"],
    frameworks: [{unitType: "SO", framework: "T@2"}]}) { round { code } } }"#;
pub const LEAF: &str = r#"query($u: String!, $c: String!) { assessment(ref: {key: {round: "T-2020", unit: $u, criterion: $c}}) {
    previousInputs { value { code kind text } source } points { declared { points } } explain(ledger: DECLARED) { outcome tree } } }"#;

/// The framework of 2020: both leaves compare with the year before.
pub fn growing() -> Value {
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

pub fn baseline(unit: &str, criterion: &str, input: &str, count: &str) -> Value {
    json!({"unit": unit, "criterion": criterion, "value": {"input": input, "value": {"count": count}},
        "source": format!("BC {unit}")})
}

/// A year later, with GAMMA and the framework of 2020.
pub async fn a_year_later(world: &World) {
    a_year_later_with(world, growing()).await;
}

async fn a_year_later_with(world: &World, framework: Value) {
    world.set_time("2021-03-01T02:00:00Z");
    world.units("SO", &["GAMMA"]).await;
    world
        .person("gamma.officer", minhchung::domain::registry::Role::Officer, "GAMMA")
        .await;
    world.import(framework).await;
}

async fn open(world: &World, baselines: Value) {
    let input = json!({"b": baselines, "p": "T-2019"});
    world.send("manager", OPEN, input).await.ok();
    world.run_jobs().await;
}

/// Declares 1.1 with so many tasks and 1.2 with the rows of 2020, so many online a month.
async fn declare(world: &World, unit: &str, completed: &str, online: u32) {
    declare_of(world, 2020, unit, completed, online).await;
}

/// The same of any year.
pub async fn declare_of(world: &World, year: i16, unit: &str, completed: &str, online: u32) {
    let officer = format!("{}.officer", unit.to_lowercase());
    let dossier = json!({"key": {"round": format!("T-{year}"), "unit": unit}});
    let mut rows = export(unit, &usage(12, online, 100).replace("2019-", &format!("{year}-")));
    rows["i"]["dossier"] = dossier.clone();
    world.send(&officer, ADD, rows).await.ok();
    let items = json!([{"criterion": "1.1", "inputs": [{"input": "completed", "value": {"count": completed}}]},
        {"criterion": "1.2"}]);
    let input = json!({"i": {"dossier": dossier, "items": items}});
    world.send(&officer, DECLARE, input).await.ok();
}

/// Submits a unit's dossier of 2020, without a report of its tasks.
pub async fn submit_2020(world: &World, unit: &str) {
    let officer = format!("{}.officer", unit.to_lowercase());
    let explained = json!({"i": {"dossier": {"key": {"round": "T-2020", "unit": unit}}, "items": [
        {"criterion": "1.1", "inputs": [{"input": "completed", "value": {"count": "33"}}], "evidenceMissing": "Chưa có"}]}});
    world.send(&officer, DECLARE, explained).await.ok();
    let head = format!("{}.head", unit.to_lowercase());
    let input = json!({"u": unit});
    world.send(&head, &SUBMIT.replace("T-2019", "T-2020"), input).await.ok();
}

/// The appraiser accepts the rows of a unit's 1.2 of 2020.
pub async fn accept_online_2020(world: &World, unit: &str) {
    let leaf = json!({"key": {"round": "T-2020", "unit": unit, "criterion": "1.2"}});
    let look = "query($r: AssessmentRef!) { assessment(ref: $r) { version links { id } } }";
    let seen = world.send("sttt.appraiser", look, json!({"r": leaf})).await.ok()["assessment"].clone();
    let verdict = json!({"link": seen["links"][0]["id"], "revision": 1, "kind": "ACCEPTED"});
    let item =
        json!({"assessment": leaf, "expectedVersion": seen["version"], "verdicts": [verdict], "outcome": "VERIFY"});
    let review = json!({"i": {"items": [item]}});
    world.send("sttt.appraiser", REVIEW, review).await.done();
}

/// Publishes 2020 with these leaves unverified.
pub async fn publish_2020(world: &World, unverified: &[(&str, &str)]) {
    let left: Vec<Value> = unverified
        .iter()
        .map(|(unit, criterion)| json!({"unit": unit, "criterion": criterion, "reason": "Không thẩm định"}))
        .collect();
    let publish = "mutation($i: PublishResultsInput!) { publishResults(input: $i) { round { phase } } }";
    let decision = json!({"i": {"round": "T-2020", "decisionNumber": "700/QĐ-UBND", "decisionDate": "2021-03-01", "unverified": left}});
    world.send("manager", publish, decision).await.ok();
    world.run_jobs().await;
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

/// Whatever a verified leaf says, it is last year's figure only if the leaf was given points for it.
#[tokio::test]
async fn a_figure_that_counted_for_nothing_is_not_taken_over() {
    let world = in_appraisal().await;
    accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
    accept(&world, "sttt.appraiser", "ALPHA", "1.2").await;
    // BETA's report was rejected, but a waiver lets its 20 tasks count: 20 of 32, below 0.8 → 0 points, a result.
    let mut waived = accepting("BETA", "1.1", &look(&world, "snv.appraiser", "BETA", "1.1").await);
    waived["verdicts"][0]["kind"] = json!("REJECTED");
    waived["verdicts"][0]["reason"] = json!("NOT_SIGNED");
    waived["verdicts"][0]["text"] = json!("Chưa ký");
    waived["waivers"] = json!([{"requirement": "REPORT", "reason": "Có bản giấy"}]);
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [waived]}}))
        .await
        .ok();
    // The appraiser knows that 340 came online, but December of the total is missing: no rate, no points, no figure.
    let mut corrected = accepting("BETA", "1.2", &look(&world, "sttt.appraiser", "BETA", "1.2").await);
    corrected["corrections"] =
        json!([{"input": "online", "value": {"count": "340"}, "reason": "Theo cổng", "basis": "OWN_DATA"}]);
    world
        .send("sttt.appraiser", REVIEW, json!({"i": {"items": [corrected]}}))
        .await
        .ok();
    // ALPHA's report is rejected behind the reviewer's back: what was verified has no evidence any more.
    let stream = streams::dossier("T-2019", "ALPHA");
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let id = String::from_utf8(
        URL_SAFE_NO_PAD
            .decode(seen["links"][0]["id"].as_str().unwrap())
            .unwrap(),
    )
    .unwrap();
    let mut link: Link = standing(&world, &stream, id.rsplit('/').next().unwrap()).await;
    link.verdict.as_mut().unwrap().kind = VerdictKind::Rejected;
    forge(&world, &stream, &link).await;
    publish_unverified(&world).await;

    a_year_later(&world).await;
    let baselines = json!([
        baseline("ALPHA", "1.1", "completed", "10"),
        baseline("BETA", "1.1", "completed", "100"),
        baseline("BETA", "1.2", "online", "300"),
    ]);
    open(&world, baselines).await;
    declare(&world, "ALPHA", "11", 33).await;
    declare(&world, "BETA", "22", 25).await;
    let alpha = format!("dossier:T-2019/ALPHA#{}", world.entries("ALPHA").await);
    let beta = format!("dossier:T-2019/BETA#{}", world.entries("BETA").await);
    for (unit, criterion, previous, points) in [
        // 11 = 10 × 1.1 of the baseline → 4, where 28 tasks would have given 0.
        ("ALPHA", "1.1", value("completed", "10", "BC ALPHA"), "4"),
        // 396 = 360 × 1.1 → 2.
        ("ALPHA", "1.2", value("online", "360", &alpha), "2"),
        // 22 = 20 × 1.1 → 4.
        ("BETA", "1.1", value("completed", "20", &beta), "4"),
        // 300 ≥ 300 of the baseline → 1, where 340 would have given 0.
        ("BETA", "1.2", value("online", "300", "BC BETA"), "1"),
    ] {
        let expected = (previous, points.to_owned());
        assert_eq!(found(&world, unit, criterion).await, expected, "{unit} {criterion}");
    }
}

/// GAMMA is new in 2020: nothing is known of 2019, so that 1.2 has no points. Its 12 × 50 = 600 of 2020 were verified all the
/// same, and the year after compares with them.
#[tokio::test]
async fn a_comparison_of_years_begins_with_the_first_verified_year() {
    let world = in_appraisal().await;
    publish_unverified(&world).await;
    a_year_later(&world).await;
    open(&world, json!([])).await;
    declare(&world, "GAMMA", "33", 50).await;
    assert_eq!(found(&world, "GAMMA", "1.2").await, (json!([]), "0".to_owned()));
    world
        .person("gamma.head", minhchung::domain::registry::Role::Head, "GAMMA")
        .await;
    let submit = SUBMIT.replace("T-2019", "T-2020");
    world.send("gamma.head", &submit, json!({"u": "GAMMA"})).await.refused();
    submit_2020(&world, "GAMMA").await;
    let advance = r#"mutation { advanceRound(input: {round: "T-2020"}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;
    accept_online_2020(&world, "GAMMA").await;
    let left = [
        ("ALPHA", "1.1"),
        ("ALPHA", "1.2"),
        ("BETA", "1.1"),
        ("BETA", "1.2"),
        ("GAMMA", "1.1"),
    ];
    let surveys = ["ALPHA", "BETA", "GAMMA"].map(|unit| (unit, "2.1"));
    publish_2020(&world, &[&left[..], &surveys].concat()).await;

    world.set_time("2022-03-01T02:00:00Z");
    let open = OPEN
        .replace("T-2020", "T-2021")
        .replace("year: 2020", "year: 2021")
        .replace(r#""ALPHA", "BETA", "GAMMA""#, r#""GAMMA""#);
    world.send("manager", &open, json!({"b": [], "p": "T-2020"})).await.ok();
    world.run_jobs().await;
    let previous = LEAF.replace("T-2020", "T-2021");
    let leaf = world
        .send("manager", &previous, json!({"u": "GAMMA", "c": "1.2"}))
        .await
        .ok();
    let sealed = streams::dossier("T-2020", "GAMMA");
    let sealed = format!(
        "{sealed}#{}",
        world.app.store.head(&sealed).await.unwrap().unwrap().number
    );
    assert_eq!(leaf["assessment"]["previousInputs"], value("online", "600", &sealed));
    // 1.1 of 2020 was verified by nobody.
    let leaf = world
        .send("manager", &previous, json!({"u": "GAMMA", "c": "1.1"}))
        .await
        .ok();
    assert_eq!(leaf["assessment"]["previousInputs"], json!([]));
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

/// 1.1 is 1.3 now, and another criterion with the same inputs has its code: 28 tasks are remembered by the former.
#[tokio::test]
async fn a_renumbered_criterion_remembers_its_own_year_and_nobody_elses() {
    let world = in_appraisal().await;
    accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
    publish_unverified(&world).await;
    let mut next = growing();
    next["stated"]["leaves"] = json!(4);
    let nodes = next["nodes"].as_array_mut().unwrap();
    let mut plan = nodes.remove(1);
    let mut new = plan.clone();
    new["name"] = json!({"vi": "Tuyên truyền", "en": "Communication"});
    new["points"] = json!("1");
    nodes.insert(1, new);
    plan["code"] = json!("1.3");
    plan["points"] = json!("3");
    nodes.insert(3, plan);
    a_year_later_with(&world, next).await;
    open(&world, json!([])).await;
    let alpha = format!("dossier:T-2019/ALPHA#{}", world.entries("ALPHA").await);
    for (criterion, expected) in [("1.3", value("completed", "28", &alpha)), ("1.1", json!([]))] {
        let found = world
            .send("manager", LEAF, json!({"u": "ALPHA", "c": criterion}))
            .await
            .ok();
        assert_eq!(found["assessment"]["previousInputs"], expected, "{criterion}");
    }
    world.verified().await;
}
