//! How units handle cases month by month (Decree 61/2018/NĐ-CP), from the file to the points.
//!
//! 1.1, worth 0.5 points, is how many of twelve months were evaluated; 1.2, worth 1 point, is the class of the year: GOOD is 0.8.
//! ALPHA has three cases in January, of 18, 9 and 2 points, and ten in each month from February to November, of 15 points each and with 2
//! for indicator 1: (29 + 10 × 10 × 15) ÷ 103 = 1529 ÷ 103, some 14.84 points, is GOOD. Eleven of twelve months are 0.458333: 0.46 points.
//! BETA states for each month that there were no cases: all twelve are evaluated, and there is nothing to classify.

mod kept;

use serde_json::{Value, json};

use crate::bad_input::assert_unchanged;
use crate::other_rules;
use crate::world::{Answer, World};

fn text(text: &str) -> Value {
    json!({"vi": text, "en": text})
}

/// The classes of the practice.
fn classes() -> Value {
    let class = |code: &str, at_least: u32| json!({"code": code, "name": text(code), "atLeast": at_least.to_string()});
    let (mut excellent, mut good) = (class("EXCELLENT", 15), class("GOOD", 12));
    excellent["firstAtLeast"] = json!("2");
    good["firstAtLeast"] = json!("1");
    json!([excellent, good, class("FAIR", 9), class("AVERAGE", 6), class("WEAK", 0)])
}

/// The trial framework, in which both leaves of the first field take what the register says.
pub fn framework() -> Value {
    let mut framework = other_rules::framework(
        "/nodes/1/leaf",
        json!({"kind": "LINEAR", "measure": {"input": "months"}, "zeroAt": "0", "fullAt": "12"}),
        json!([{"code": "months", "name": text("Số tháng"), "type": {"kind": "COUNT", "maximum": "12"},
            "source": {"kind": "CASE_EVALUATION", "of": "MONTHS"}}]),
    );
    let worth = |code: &str, ratio: &str| json!({"code": code, "name": text(code), "ratio": ratio});
    let codes = ["EXCELLENT", "GOOD", "FAIR", "AVERAGE", "WEAK"];
    let leaf = &mut framework["nodes"][2]["leaf"];
    leaf["rule"] = json!({"kind": "CLASS_MAP", "input": "class", "classes": [worth("EXCELLENT", "1"), worth("GOOD", "0.8"),
        worth("FAIR", "0.5"), worth("AVERAGE", "0.2"), worth("WEAK", "0")]});
    leaf["inputs"] = json!([{"code": "class", "name": text("Xếp loại"), "type": {"kind": "OPTION", "codes": codes},
        "source": {"kind": "CASE_EVALUATION", "of": "CLASS", "classes": classes()}}]);
    for (place, points) in [(0, "1.5"), (1, "0.5"), (2, "1")] {
        framework["nodes"][place]["points"] = json!(points);
    }
    for place in [1, 2] {
        framework["nodes"][place]["leaf"]["method"] = json!("IMPORTED");
        framework["nodes"][place]["leaf"]["requiredEvidence"] = json!([]);
    }
    framework["scale"] = json!("5.5");
    framework["scoring"]["roundLeaf"] = json!("2");
    framework
}

const INDICATORS: &str =
    "total_time,body_time,desk_contacts,other_contacts,one_stop,attitude,publication,feedback,online_service";

fn header(case: &str) -> String {
    format!("unit,month,{case},{INDICATORS}\n")
}

/// January of ALPHA, case by case.
pub fn january() -> String {
    header("case")
        + "ALPHA,2019-01,000.00.19.H47-1,2,2,2,2,2,2,2,2,2\nALPHA,2019-01,000.00.19.H47-2,1,1,1,1,1,1,1,1,1\nALPHA,2019-01,000.00.19.H47-3,2,0,0,0,0,0,0,0,0\n"
}

/// The other months of ALPHA up to November, and all of BETA, as sums. Ten cases of 15 points each: 20 for indicator 1, 130 for the others.
pub fn sums() -> String {
    let mut file = header("cases");
    for month in 2..=11 {
        file.push_str(&format!("ALPHA,2019-{month:02},10,20,20,20,20,20,20,10,10,10\n"));
    }
    for month in 1..=12 {
        file.push_str(&format!("BETA,2019-{month:02},0,0,0,0,0,0,0,0,0,0\n"));
    }
    file
}

const IMPORT: &str = "mutation($i: ImportCaseEvaluationInput!) { importCaseEvaluation(input: $i) {
    import { number source rowsAre rows cases units months complete sha256 }
    rows { goodRows badRows problems { line column code message { vi en } } } receipt { stream entry } } }";

/// The input of an import of a file uploaded ahead.
pub async fn input(world: &World, file: &str, more: Value) -> Value {
    let files = vec![("ho-so.csv", file.as_bytes().to_vec())];
    let uploaded = world.upload_ahead("manager", files).await;
    let mut input = json!({"year": 2019, "source": "Hệ thống một cửa điện tử", "file": {"reference": uploaded[0]}});
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

/// Imports a file that was uploaded ahead.
pub async fn import(world: &World, file: &str, more: Value) -> Answer {
    let input = input(world, file, more).await;
    world.send("manager", IMPORT, json!({ "i": input })).await
}

/// Brings what is recorded into all dossiers of the round.
pub async fn bring(world: &World) -> Value {
    let document = r#"mutation { bringFigures(input: {round: "T-2019"}) { round { phase } jobId receipt { entry } } }"#;
    let asked = world.send("manager", document, json!({})).await.ok()["bringFigures"].clone();
    world.run_jobs().await;
    asked
}

/// A round whose framework takes what the register says.
pub async fn opened() -> World {
    other_rules::opened(framework()).await
}

/// The same with both files imported.
async fn imported() -> World {
    let world = opened().await;
    import(&world, &january(), json!({})).await.ok();
    import(&world, &sums(), json!({})).await.ok();
    world
}

/// `state points outcome: explanation` of a leaf.
pub async fn found(world: &World, unit: &str, criterion: &str) -> String {
    let document =
        "query($u: String!, $c: String!) { assessment(ref: {key: {round: \"T-2019\", unit: $u, criterion: $c}}) {
        state points { final { points } } inputs: explain(ledger: FINAL) { outcome text { en } missing { en } } } }";
    let variables = json!({"u": unit, "c": criterion});
    let found = world.send("manager", document, variables).await.ok()["assessment"].clone();
    let shown = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let explained = &found["inputs"];
    format!(
        "{} {} {}: {}",
        shown(&found["state"]),
        shown(&found["points"]["final"]["points"]),
        shown(&explained["outcome"]),
        shown(&explained["text"]["en"])
    )
}

const YEAR: &str = r#"query($u: String!) { caseEvaluation(unit: $u, year: 2019, classesOf: {code: "R", version: "1"}) {
    unitCode cases points { exact displayed } class { code } missingMonths
    months { month cases points { displayed } class { code } indicators { indicator sum mean } import { number source } } } }"#;

#[tokio::test]
async fn months_become_points_by_way_of_sums() {
    let world = imported().await;
    assert_eq!(found(&world, "ALPHA", "1.1").await, "OPEN 0 -: -");

    // Published on the portal: nobody has to sign in.
    let told = world.send("", YEAR, json!({"u": "ALPHA"})).await.ok()["caseEvaluation"].clone();
    assert_eq!(told["missingMonths"], json!(["2019-12"]));
    assert_eq!(
        (&told["cases"], &told["points"]),
        (&json!(103), &json!({"exact": "1529/103", "displayed": "14.84"}))
    );
    assert_eq!(told["class"]["code"], "GOOD");
    let january = &told["months"][0];
    assert_eq!((&january["month"], &january["cases"]), (&json!("2019-01"), &json!(3)));
    assert_eq!(
        (&january["points"]["displayed"], &january["class"]["code"]),
        (&json!("9.67"), &json!("FAIR"))
    );
    assert_eq!(
        january["indicators"][0],
        json!({"indicator": "TOTAL_TIME", "sum": 5, "mean": "5/3"})
    );
    assert_eq!(january["import"]["number"], 1);
    let november = &told["months"][10];
    // 15 points and indicator 1 at 2.
    assert_eq!(
        (&november["class"]["code"], &november["import"]["number"]),
        (&json!("EXCELLENT"), &json!(2))
    );

    let asked = bring(&world).await;
    assert!(asked["jobId"].is_string(), "{asked}");
    let months = found(&world, "ALPHA", "1.1").await;
    assert!(months.starts_with("VERIFIED 23/50 POINTS: "), "{months}");
    let class = found(&world, "ALPHA", "1.2").await;
    assert!(class.starts_with("VERIFIED 4/5 POINTS: "), "{class}");
    // Each month with the import that it came from.
    let tree = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { explain(ledger: FINAL) { tree } } }"#;
    let tree = world.send("manager", tree, json!({})).await.ok().to_string();
    for said in [
        "2019-01: ≈ 9.6667 points of 3 cases (import 1)",
        "2019-02: 15 points of 10 cases (import 2)",
        "not evaluated: 2019-12",
        r#""kind":"BROUGHT""#,
        r#""stream":"case_evaluation:2019""#,
    ] {
        assert!(tree.contains(said), "{said} is not in {tree}");
    }
    // Twelve months without a case are evaluated; there is no class to take.
    let months = found(&world, "BETA", "1.1").await;
    assert!(months.starts_with("VERIFIED 1/2 POINTS: "), "{months}");
    assert_eq!(found(&world, "BETA", "1.2").await, "OPEN 0 -: -");
    world.verified().await;
}

#[tokio::test]
async fn what_is_not_brought_says_what_to_do() {
    let world = opened().await;
    bring(&world).await;
    let document = r#"query($u: String!) { assessment(ref: {key: {round: "T-2019", unit: $u, criterion: "1.2"}}) { state broughtInputs { input value { text } missing { vi en } } } }"#;
    let of = async |unit: &str| {
        let found = world.send("manager", document, json!({"u": unit})).await.ok();
        found["assessment"]["broughtInputs"][0].clone()
    };
    let nothing = of("ALPHA").await;
    assert!(
        nothing["missing"]["en"]
            .as_str()
            .unwrap()
            .contains("import it (importCaseEvaluation)"),
        "{nothing}"
    );
    import(&world, &sums(), json!({})).await.ok();
    bring(&world).await;
    assert!(
        of("BETA").await["missing"]["en"]
            .as_str()
            .unwrap()
            .contains("have no cases")
    );
    assert_eq!(of("ALPHA").await["value"]["text"], "EXCELLENT");
}

#[tokio::test]
async fn a_month_is_replaced_with_a_reason_and_brought_again() {
    let world = imported().await;
    bring(&world).await;
    let worse = header("cases") + "ALPHA,2019-02,10,5,5,5,5,5,5,5,5,5\n";
    let refused = import(&world, &worse, json!({})).await.refused();
    assert_eq!(refused, ("REJECTED".to_owned(), "CASE_MONTH_RECORDED".to_owned()));
    let same = header("cases") + "ALPHA,2019-02,10,20,20,20,20,20,20,10,10,10\nALPHA,2019-12,0,0,0,0,0,0,0,0,0,0\n";
    // What says the same needs no reason, and stays with the import that it came from.
    import(&world, &same, json!({})).await.ok();
    let told = world.send("", YEAR, json!({"u": "ALPHA"})).await.ok()["caseEvaluation"].clone();
    let of_import = |month: usize| told["months"][month]["import"]["number"].clone();
    assert_eq!((of_import(1), of_import(11)), (json!(2), json!(3)));

    assert!(found(&world, "ALPHA", "1.1").await.starts_with("VERIFIED 23/50"));
    import(&world, &worse, json!({"reason": "Hệ thống đã sửa"})).await.ok();
    bring(&world).await;
    assert!(found(&world, "ALPHA", "1.1").await.starts_with("VERIFIED 1/2"));
    // Nothing new: nothing is written.
    let before = world.entries("ALPHA").await;
    bring(&world).await;
    assert_eq!(world.entries("ALPHA").await, before);
    world.verified().await;
}

#[tokio::test]
async fn a_file_is_one_import_however_often_it_is_sent() {
    let world = opened().await;
    let before = world.kept();
    let dry = import(&world, &january(), json!({"dryRun": true})).await.ok()["importCaseEvaluation"].clone();
    assert_eq!(
        (&dry["import"], &dry["receipt"], &dry["rows"]["goodRows"]),
        (&Value::Null, &Value::Null, &json!(3))
    );
    assert!(world.send("", YEAR, json!({"u": "ALPHA"})).await.ok()["caseEvaluation"].is_null());
    drop(before);
    let first = import(&world, &january(), json!({})).await.ok()["importCaseEvaluation"].clone();
    let told = json!({"number": 1, "source": "Hệ thống một cửa điện tử", "rowsAre": "CASES", "rows": 3, "cases": "3", "units": 1,
        "months": ["2019-01"], "complete": true, "sha256": first["import"]["sha256"]});
    assert_eq!(first["import"], told);
    assert_eq!(first["receipt"]["stream"], "case_evaluation:2019");
    let again = import(&world, &january(), json!({})).await.ok()["importCaseEvaluation"].clone();
    assert_eq!(
        (&again["import"]["number"], &again["receipt"]),
        (&json!(1), &Value::Null)
    );
    world.verified().await;
}

#[tokio::test]
async fn a_bad_row_refuses_the_file_and_says_where_and_what() {
    let world = opened().await;
    let before = world.app.store.heads(None, 500).await.unwrap();
    let file = january() + "GAMMA,2019-01,x,2,2,2,2,2,2,2,2,2\n";
    let input = input(&world, &file, json!({})).await;
    let answer = world.send("manager", IMPORT, json!({ "i": input })).await;
    let (code, field, message) = answer.refusal("en").unwrap();
    assert_eq!((code.as_str(), field.as_str()), ("INVALID", "file.5.unit"));
    assert!(message.contains("add the unit first"), "{message}");
    for (file, year, field) in [
        ("unit,month\n".to_owned(), 2019, "file"),
        (january(), 1999, "year"),
        (
            header("case") + "ALPHA,2018-12,a,2,2,2,2,2,2,2,2,2\n",
            2019,
            "file.2.month",
        ),
    ] {
        let refused = import(&world, &file, json!({ "year": year })).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), field.to_owned()));
    }
    assert_eq!(world.app.store.heads(None, 500).await.unwrap(), before);
}

#[tokio::test]
async fn a_round_without_such_inputs_has_nothing_to_bring() {
    let world = World::with_round().await;
    let before = world.kept();
    let document = r#"mutation { bringFigures(input: {round: "T-2019"}) { round { phase } } }"#;
    let refused = world.send("manager", document, json!({})).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "round".to_owned()));
    assert_unchanged(&world, &before, "bringFigures");
}

#[tokio::test]
async fn a_dashboard_pages_through_the_units_of_a_year() {
    let world = imported().await;
    world.units("XA", &["GAMMA"]).await;
    import(
        &world,
        &(header("cases") + "GAMMA,2019-03,4,8,8,8,8,8,8,8,8,8\n"),
        json!({}),
    )
    .await
    .ok();
    let document = "query($t: String, $m: Period, $a: String) { caseEvaluations(year: 2019, unitType: $t, month: $m, first: 2, after: $a) {
        pageInfo { endCursor hasNextPage } nodes { unitCode cases months { month } missingMonths } } }";
    let page = async |variables: Value| world.send("", document, variables).await.ok()["caseEvaluations"].clone();
    let units = |page: &Value| {
        let nodes = page["nodes"].as_array().unwrap().iter();
        nodes
            .map(|one| one["unitCode"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let first = page(json!({})).await;
    assert_eq!(
        (units(&first), &first["pageInfo"]["hasNextPage"]),
        (vec!["ALPHA".to_owned(), "BETA".to_owned()], &json!(true))
    );
    let second = page(json!({"a": first["pageInfo"]["endCursor"]})).await;
    assert_eq!(units(&second), ["GAMMA"]);
    assert_eq!(units(&page(json!({"t": "XA"})).await), ["GAMMA"]);
    // One month alone: what is missing of it, too.
    let december = page(json!({"m": "2019-12"})).await;
    assert_eq!(
        december["nodes"][0],
        json!({"unitCode": "ALPHA", "cases": 0, "months": [], "missingMonths": ["2019-12"]})
    );
    let march = page(json!({"t": "XA", "m": "2019-03"})).await;
    assert_eq!(march["nodes"][0]["cases"], 4);
    let wrong = world.send("", document, json!({"m": "2020-01"})).await.refused();
    assert_eq!(wrong, ("INVALID".to_owned(), "month".to_owned()));
}
