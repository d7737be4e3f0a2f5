//! What a result depends on besides the points of its fields, published for anybody: bonus and penalty at their caps, a
//! veto, a condition of a class, a tie that is broken and one that is shared, a unit that is not ranked, re-basing.
//!
//! Of 100 points, 50 are a share of tasks done (1.1) and 50 a survey (2.1): (mean − 1) ÷ 4 × 50. Bonus B.1: a point for
//! each initiative up to 4, the section at most 3. Penalty P.1: half a point for each case up to 6, the section at most 5.
//!
//! | unit | 1.1 | 2.1 | fields | bonus | penalty | total | |
//! |---|--:|--:|--:|--:|--:|--:|---|
//! | EPSILON | 50 of 50 = 50 | 4.8 → 47.5 | 97.5 | – | – | 97.5 | a false report was found: at most KHA |
//! | BETA | 48 of 50 = 48 | 4.6 → 45 | 93 | 2 | 0 | 95 | a disciplined head was found: not XUAT_SAC |
//! | ALPHA | 40 of 50 = 40 | 5 → 50 | 90 | 4 → 3 | 12 cases: 6 → 5 | 88 | 40 of 50 appraised = 80 % |
//! | DELTA | 38 of 50 = 38 | 5 → 50 | 88 | – | – | 88 | 38 of 50 appraised = 76 %; claimed 88, got 88 |
//! | ETA | 38 of 50 = 38 | 5 → 50 | 88 | – | – | 88 | all the same |
//! | GAMMA | 38 of 50 = 38 | 5 → 50 | 88 | 3 without evidence → 0 | – | 88 | 76 % too; claimed 91, got 88 |
//! | ZETA | 25 of 50 = 25 | 3 → 25 | 50 | – | – | 50 | not ranked |

use minhchung::domain::registry::Role;
use minhchung::domain::round::RankingRow;
use minhchung::store::StreamId;
use serde_json::{Value, json};

use crate::journey::{ADD, DECLARE, REVIEW, SUBMIT, accept, accepting, dossier, look, report};
use crate::support::forging::{forge, standing};
use crate::world::{World, framework as trial};

const UNITS: [&str; 7] = ["ALPHA", "BETA", "DELTA", "EPSILON", "ETA", "GAMMA", "ZETA"];

fn text(text: &str) -> Value {
    json!({"vi": text, "en": text})
}

fn input(code: &str, kind: &str) -> Value {
    json!({"code": code, "name": text(code), "type": {"kind": kind}, "source": {"kind": "DECLARED"}})
}

/// Made for these tests, with all that a result may depend on.
pub fn framework() -> Value {
    let appraised = |rule: Value, inputs: Vec<Value>, required: Value| json!({"method": "APPRAISED", "appraiser": "SNV", "rule": rule, "inputs": inputs, "requiredEvidence": required});
    let per_case = |to: &str| json!({"kind": "LINEAR", "measure": {"input": "cases"}, "zeroAt": "0", "fullAt": to});
    let done = json!({"kind": "PROPORTIONAL", "measure": {"ratio": {"numerator": "done", "denominator": "planned"}}});
    let mut tasks = appraised(
        done,
        vec![
            input("done", "COUNT"),
            input("planned", "COUNT"),
            input("false_report", "YES_NO"),
        ],
        json!([]),
    );
    tasks["veto"] =
        json!({"when": {"input": "false_report", "is": true}, "effect": {"kind": "CLASS_AT_MOST", "class": "KHA"}});
    let report = json!([{"code": "REPORT", "name": text("Báo cáo"), "kinds": ["OFFICIAL_DOCUMENT"], "documentTypes": ["BC"], "atLeast": 1}]);
    let penalty = vec![input("cases", "COUNT"), input("disciplined", "YES_NO")];
    json!({
        "format": 1, "code": "O", "version": "1", "unitType": "SO", "name": text("O"), "scale": "100",
        "scoring": {"roundLeaf": "NONE", "roundTotal": 2, "totalOf": "EXACT", "rebase": "RATIO"},
        "classes": [
            {"code": "XUAT_SAC", "name": text("Xuất sắc"), "atLeast": "90", "conditions": [
                {"kind": "NODE_AT_LEAST", "node": "1", "percent": "80"},
                {"kind": "NOT_FOUND", "leaf": "P.1", "when": {"input": "disciplined", "is": true}}]},
            {"code": "TOT", "name": text("Tốt"), "atLeast": "80"},
            {"code": "KHA", "name": text("Khá"), "atLeast": "65"},
            {"code": "YEU", "name": text("Yếu"), "atLeast": "0"}],
        "tieOrder": ["INDEX", "APPRAISED_PART", {"node": "1"}, "SMALLER_GAP"],
        "stated": {"fields": 2, "leaves": 2}, "sources": ["made for the tests"],
        "nodes": [
            {"code": "1", "name": text("Điều hành"), "points": "50"},
            {"code": "1.1", "parent": "1", "name": text("Nhiệm vụ"), "points": "50", "leaf": tasks},
            {"code": "2", "name": text("Tác động"), "points": "50"},
            {"code": "2.1", "parent": "2", "name": text("Khảo sát"), "points": "50", "leaf": {
                "method": "SURVEY", "appraiser": "SNV",
                "rule": {"kind": "SURVEY_MEAN", "input": "mean", "lowest": "1", "highest": "5"},
                "inputs": [{"code": "mean", "name": text("mean"), "type": {"kind": "DECIMAL", "minimum": "1", "maximum": "5"},
                    "source": {"kind": "SURVEY"}}],
                "requiredEvidence": []}},
            {"code": "B", "name": text("Điểm thưởng"), "points": "4", "section": {"kind": "BONUS", "cap": "3"}},
            {"code": "B.1", "parent": "B", "name": text("Sáng kiến"), "points": "4",
                "leaf": appraised(per_case("4"), vec![input("cases", "COUNT")], report)},
            {"code": "P", "name": text("Điểm trừ"), "points": "6", "section": {"kind": "PENALTY", "cap": "5"}},
            {"code": "P.1", "parent": "P", "name": text("Vi phạm"), "points": "6",
                "leaf": appraised(per_case("12"), penalty, json!([]))},
        ]
    })
}

const OPEN: &str = r#"mutation($f: String!, $units: [String!]!, $unranked: [UnrankedUnitInput!]!) { openRound(input: {
    code: "T-2019", name: {vi: "T", en: "T"}, year: 2019, owner: "SNV", frameworks: [{unitType: "SO", framework: $f}],
    units: $units, unranked: $unranked}) { round { unranked { unit reason } } } }"#;

fn zeta() -> Value {
    json!([{"unit": "ZETA", "reason": "Cơ quan đặc thù"}])
}

fn count(input: &str, value: &str) -> Value {
    json!({"input": input, "value": {"count": value}})
}

fn yes_no(input: &str, value: bool) -> Value {
    json!({"input": input, "value": {"yesNo": value}})
}

/// A value found by the appraiser.
fn found(mut value: Value) -> Value {
    value["reason"] = json!("Theo kết luận thanh tra");
    value["basis"] = json!("OWN_DATA");
    value
}

async fn survey(world: &World, means: &[(&str, &str)]) {
    let result = |(unit, mean): &(&str, &str)| json!({"unit": unit, "criterion": "2.1", "mean": mean, "lowest": "1", "highest": "5", "sample": 400, "source": "BC 10"});
    let results: Vec<Value> = means.iter().map(result).collect();
    let record =
        "mutation($i: RecordSurveyResultsInput!) { recordSurveyResults(input: $i) { items { problem { code } } } }";
    let input = json!({"i": {"round": "T-2019", "results": results}});
    world.send("survey", record, input).await.done();
}

async fn advance(world: &World) {
    let advance = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;
}

async fn publish(world: &World) {
    let publish = r#"mutation { publishResults(input: {round: "T-2019", decisionNumber: "1/QĐ", decisionDate: "2020-02-28"}) { round { phase } } }"#;
    world.send("manager", publish, json!({})).await.ok();
    world.run_jobs().await;
}

/// Everybody has declared and submitted, the round is in appraisal.
async fn in_appraisal() -> World {
    let world = World::with_framework().await;
    world.units("SO", &["DELTA", "EPSILON", "ETA", "GAMMA", "ZETA"]).await;
    world.import(framework()).await;
    let variables = json!({"f": "O@1", "units": UNITS, "unranked": zeta()});
    let opened = world.send("manager", OPEN, variables).await.ok();
    assert_eq!(opened["openRound"]["round"]["unranked"], zeta());
    world.run_jobs().await;
    survey(
        &world,
        &[
            ("ALPHA", "5"),
            ("BETA", "4.6"),
            ("DELTA", "5"),
            ("EPSILON", "4.8"),
            ("ETA", "5"),
            ("GAMMA", "5"),
            ("ZETA", "3"),
        ],
    )
    .await;
    // A bonus is claimed by whoever wants it; nobody has to name a penalty.
    for (unit, done, initiatives) in [
        ("ALPHA", "40", Some("4")),
        ("BETA", "48", Some("2")),
        ("DELTA", "38", None),
        ("EPSILON", "50", None),
        ("ETA", "38", None),
        ("GAMMA", "38", Some("3")),
        ("ZETA", "25", None),
    ] {
        let (officer, head) = (format!("{unit}.o"), format!("{unit}.h"));
        world.person(&officer, Role::Officer, unit).await;
        world.person(&head, Role::Head, unit).await;
        let mut items = vec![
            json!({"criterion": "1.1", "inputs": [count("done", done), count("planned", "50"), yes_no("false_report", false)]}),
        ];
        if let Some(initiatives) = initiatives {
            items.push(json!({"criterion": "B.1", "inputs": [count("cases", initiatives)]}));
        }
        if unit != "GAMMA" && initiatives.is_some() {
            world.send(&officer, ADD, report(unit, "B.1")).await.ok();
        }
        let declared = json!({"i": {"dossier": dossier(unit), "items": items}});
        world.send(&officer, DECLARE, declared).await.done();
        world.send(&head, SUBMIT, json!({"u": unit})).await.ok();
    }
    advance(&world).await;
    world
}

/// Verifies a leaf with what the appraiser found, accepting every link.
async fn find(world: &World, unit: &str, criterion: &str, corrections: Vec<Value>) {
    let seen = look(world, "snv.appraiser", unit, criterion).await;
    let mut item = accepting(unit, criterion, &seen);
    item["corrections"] = json!(corrections);
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [item]}}))
        .await
        .done();
}

const RESULT: &str = r#"query($u: String!) { dossier(ref: {key: {round: "T-2019", unit: $u}}) {
    total { final { points displayed applicable open percent } } totals { node final { displayed percent } }
    result { class classLowered { class node because { en } } vetoes { criterion effect classAtMost because { en } }
        breakdown { rawPoints basePoints baseApplicable sections { node kind raw cap counted } rebased { criterion points under shares } } } } }"#;

async fn result(world: &World, login: &str, unit: &str) -> Value {
    world.send(login, RESULT, json!({"u": unit})).await.ok()["dossier"].clone()
}

const ROW: &str = "unitCode rank isTied points applicable percent class unrankedBecause unrankedReason";

#[tokio::test]
async fn bonus_penalty_veto_conditions_and_ties_are_published_with_their_reasons() {
    let world = in_appraisal().await;
    for unit in ["ALPHA", "BETA", "DELTA", "ETA", "GAMMA", "ZETA"] {
        accept(&world, "snv.appraiser", unit, "1.1").await;
    }
    find(&world, "EPSILON", "1.1", vec![found(yes_no("false_report", true))]).await;
    for unit in ["ALPHA", "BETA", "GAMMA"] {
        accept(&world, "snv.appraiser", unit, "B.1").await;
    }

    // Nobody declared a penalty, and a penalty without its figures is none.
    let nothing = accepting("ALPHA", "P.1", &look(&world, "snv.appraiser", "ALPHA", "P.1").await);
    let refused = world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [nothing]}}))
        .await
        .refusal("en")
        .unwrap();
    assert_eq!(refused.0, "INVALID");
    assert!(refused.2.starts_with("A penalty needs its figures"), "{refused:?}");
    let clean = yes_no("disciplined", false);
    find(&world, "ALPHA", "P.1", vec![found(count("cases", "12")), found(clean)]).await;
    let head = yes_no("disciplined", true);
    find(&world, "BETA", "P.1", vec![found(count("cases", "0")), found(head)]).await;

    // Why somebody is not ranked is told with the results, and to those who run the round before.
    let unranked = async |login: &str| {
        let query = r#"{ round(code: "T-2019") { unranked { unit reason } } }"#;
        world.send(login, query, json!({})).await.ok()["round"]["unranked"].clone()
    };
    assert_eq!(unranked("manager").await, zeta());
    for login in ["", "ZETA.h", "snv.appraiser"] {
        assert_eq!(unranked(login).await, Value::Null, "{login}");
    }

    // Before publication whoever sees the whole dossier sees the same: 90 + 3 − 5 of 100. Nothing of B or P is open.
    let alpha = result(&world, "ALPHA.o", "ALPHA").await;
    assert_eq!(
        alpha["total"]["final"],
        json!({"points": "88", "displayed": "88.00", "applicable": "100", "open": "0", "percent": "88.00"})
    );
    let section =
        |node: &str, displayed: &str| json!({"node": node, "final": {"displayed": displayed, "percent": "100.00"}});
    let totals = alpha["totals"].as_array().unwrap();
    assert_eq!(totals[2..], [section("B", "3.00"), section("P", "5.00")]);
    let parts = json!({"rawPoints": "90", "basePoints": "90", "baseApplicable": "100", "rebased": [], "sections": [
        {"node": "B", "kind": "BONUS", "raw": "4", "cap": "3", "counted": "3"},
        {"node": "P", "kind": "PENALTY", "raw": "6", "cap": "5", "counted": "5"}]});
    assert_eq!(alpha["result"]["breakdown"], parts);
    assert_eq!(result(&world, "BETA.o", "BETA").await["result"]["class"], "TOT");

    // What nobody claimed and nobody found need not be listed as unverified.
    publish(&world).await;
    assert_eq!(unranked("").await, zeta());
    let query = format!(
        r#"{{ round(code: "T-2019") {{ publication {{ ranking(group: "SO") {{ nodes {{ {ROW} }} }} unranked {{ nodes {{ unitCode }} }} }} }} }}"#
    );
    let publication = world.send("", &query, json!({})).await.ok()["round"]["publication"].clone();
    let rows = publication["ranking"]["nodes"].as_array().unwrap();
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells = ROW.split(' ').map(|name| row[name].to_string().replace('"', ""));
            cells.collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(
        lines,
        [
            "EPSILON 1 false 97.50 100.00 97.50 KHA null null",
            "BETA 2 false 95.00 100.00 95.00 TOT null null",
            "ALPHA 3 false 88.00 100.00 88.00 TOT null null",
            "DELTA 4 true 88.00 100.00 88.00 TOT null null",
            "ETA 4 true 88.00 100.00 88.00 TOT null null",
            "GAMMA 6 false 88.00 100.00 88.00 TOT null null",
            "ZETA null false 50.00 100.00 50.00 YEU LISTED Cơ quan đặc thù",
        ]
    );
    assert_eq!(publication["unranked"]["nodes"], json!([{"unitCode": "ZETA"}]));

    let why = r#"{ round(code: "T-2019") { publication { ranking(group: "SO") { nodes { unitCode
        tie { brokenBy { kind node } values { by { kind node } value } } classLowered { class node because { en } }
        vetoes { criterion effect classAtMost because { en vi } } breakdown { sections { node counted } } } }
        nodeRanking(group: "SO", node: "P") { nodes { unitCode points rank } } } } }"#;
    let publication = world.send("", why, json!({})).await.ok()["round"]["publication"].clone();
    let of = |unit: &str| {
        let rows = publication["ranking"]["nodes"].as_array().unwrap();
        rows.iter().find(|row| row["unitCode"] == unit).unwrap().clone()
    };
    let (part, node, gap) = (
        json!({"kind": "APPRAISED_PART", "node": null}),
        json!({"kind": "NODE", "node": "1"}),
        json!({"kind": "SMALLER_GAP", "node": null}),
    );
    assert_eq!(
        of("ALPHA")["tie"],
        json!({"brokenBy": part, "values": [{"by": part, "value": "80.00"}]})
    );
    // Equal to the end, and apart from GAMMA, which claimed three points more than it got.
    let tie = |difference: &str| {
        json!({"brokenBy": gap, "values": [
            {"by": part, "value": "76.00"}, {"by": node, "value": "76.00"}, {"by": gap, "value": difference}]})
    };
    assert_eq!([&of("DELTA")["tie"], &of("ETA")["tie"]], [&tie("0.00"), &tie("0.00")]);
    assert_eq!(of("GAMMA")["tie"], tie("3.00"));
    assert_eq!(of("BETA")["tie"], Value::Null);
    let veto = "criterion 1.1, “false_report”: yes → the class is at most Khá";
    let lowered = ["XUAT_SAC", "TOT"].map(|class| json!({"class": class, "node": "1.1", "because": {"en": veto}}));
    assert_eq!(of("EPSILON")["classLowered"], json!(lowered));
    let vi = "tiêu chí 1.1, “false_report”: có → xếp loại cao nhất là Khá";
    let established =
        json!({"criterion": "1.1", "effect": "CLASS_AT_MOST", "classAtMost": "KHA", "because": {"en": veto, "vi": vi}});
    assert_eq!(of("EPSILON")["vetoes"], json!([established]));
    let head = "not found: criterion P.1, “disciplined”: yes";
    assert_eq!(
        of("BETA")["classLowered"],
        json!([{"class": "XUAT_SAC", "node": "P.1", "because": {"en": head}}])
    );
    assert_eq!(
        of("ALPHA")["breakdown"]["sections"],
        json!([{"node": "B", "counted": "3"}, {"node": "P", "counted": "5"}])
    );
    // Of a penalty the smallest is the best; who is not ranked has no rank here either.
    let penalties = &publication["nodeRanking"]["nodes"];
    assert_eq!(penalties[0]["rank"], 1);
    assert_eq!(penalties[5], json!({"unitCode": "ALPHA", "points": "5.00", "rank": 6}));
    assert_eq!(
        penalties[6],
        json!({"unitCode": "ZETA", "points": "0.00", "rank": null})
    );
    world.verified().await;

    // A line without its veto, on a sound chain, is not what the sealed dossier gives.
    let stream = StreamId::new("round", "T-2019");
    let mut row: RankingRow = standing(&world, &stream, "1~EPSILON").await;
    row.class = Some("XUAT_SAC".to_owned());
    row.class_lowered.clear();
    row.vetoes.clear();
    forge(&world, &stream, &row).await;
    let report = minhchung::app::verify::verify(&world.app).await.unwrap();
    let difference = report.difference.unwrap();
    assert!(difference.contains("the line of EPSILON"), "{difference}");
}

/// A penalty that was found stays when evidence is rejected: what the unit filed against itself counts whatever the
/// verdict.
#[tokio::test]
async fn rejecting_evidence_takes_no_penalty_away() {
    let world = World::with_framework().await;
    world.import(framework()).await;
    let variables = json!({"f": "O@1", "units": ["ALPHA"], "unranked": []});
    world.send("manager", OPEN, variables).await.ok();
    world.run_jobs().await;
    let all = [
        json!({"criterion": "1.1", "inputs": [count("done", "40"), count("planned", "50"), yes_no("false_report", false)]}),
        json!({"criterion": "P.1", "inputs": [count("cases", "4"), yes_no("disciplined", false)]}),
    ];
    let mut minutes = report("ALPHA", "P.1");
    minutes["i"]["links"][0].as_object_mut().unwrap().remove("requirement");
    world.send("alpha.officer", ADD, minutes).await.ok();
    let declared = json!({"i": {"dossier": dossier("ALPHA"), "items": all}});
    world.send("alpha.officer", DECLARE, declared).await.done();
    world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.ok();
    advance(&world).await;
    accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
    accept(&world, "snv.appraiser", "ALPHA", "P.1").await;
    let total = async || result(&world, "alpha.officer", "ALPHA").await["total"]["final"]["points"].clone();
    // 40 − 4 × 0.5.
    assert_eq!(total().await, "38");

    let seen = look(&world, "snv.appraiser", "ALPHA", "P.1").await;
    let mut item = accepting("ALPHA", "P.1", &seen);
    item["verdicts"][0]["kind"] = json!("REJECTED");
    item["verdicts"][0]["reason"] = json!("NOT_RELEVANT");
    item["verdicts"][0]["text"] = json!("Không liên quan");
    let revise = "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { code rule field message { vi en } } } } }";
    let revision = json!({"i": {"item": item, "reason": "Xem lại"}});
    world.send("snv.appraiser", revise, revision).await.done();
    let after = look(&world, "snv.appraiser", "ALPHA", "P.1").await;
    assert_eq!(after["links"][0]["verdict"], "REJECTED");
    assert_eq!(total().await, "38");
    world.verified().await;
}

/// ALPHA has neither declared nor submitted anything: of 100 points it has the survey's 50, less 4 × 0.5.
#[tokio::test]
async fn silence_is_no_way_around_a_penalty_or_a_veto() {
    let world = World::with_framework().await;
    world.import(framework()).await;
    let variables = json!({"f": "O@1", "units": ["ALPHA"], "unranked": []});
    world.send("manager", OPEN, variables).await.ok();
    world.run_jobs().await;
    survey(&world, &[("ALPHA", "5")]).await;
    advance(&world).await;
    // A bonus that nobody claimed is not looked at.
    let bonus = accepting("ALPHA", "B.1", &look(&world, "snv.appraiser", "ALPHA", "B.1").await);
    let review = json!({"i": {"items": [bonus]}});
    let refused = world.send("snv.appraiser", REVIEW, review).await.refusal("en").unwrap();
    assert_eq!((refused.0.as_str(), refused.1.as_str()), ("REJECTED", "WRONG_STATE"));
    let cases = vec![found(count("cases", "4")), found(yes_no("disciplined", false))];
    find(&world, "ALPHA", "P.1", cases).await;
    find(&world, "ALPHA", "1.1", vec![found(yes_no("false_report", true))]).await;
    let seen = result(&world, "alpha.officer", "ALPHA").await;
    assert_eq!(seen["total"]["final"]["displayed"], "48.00");
    assert_eq!(seen["result"]["vetoes"][0]["criterion"], "1.1");
    publish(&world).await;
    let read = r#"{ round(code: "T-2019") { phase publication { unverified { criterion } ranking(group: "SO") { nodes { points class } } } } }"#;
    let found = world.send("", read, json!({})).await.ok()["round"].clone();
    let nodes = json!([{"points": "48.00", "class": "YEU"}]);
    assert_eq!(
        found["publication"],
        json!({"unverified": [], "ranking": {"nodes": nodes}})
    );
    world.verified().await;
}

#[tokio::test]
async fn who_is_not_ranked_is_settled_when_a_round_is_opened() {
    let world = World::with_framework().await;
    world.import(framework()).await;
    let open = async |unranked: Value| {
        let variables = json!({"f": "O@1", "units": ["ALPHA", "BETA"], "unranked": unranked});
        let answer = world.send("manager", OPEN, variables).await;
        world.run_jobs().await;
        answer
    };
    let one = |unit: &str, reason: &str| json!({"unit": unit, "reason": reason});
    let invalid = |field: &str| ("INVALID".to_owned(), field.to_owned());
    let refused = open(json!([one("ALPHA", "r"), one("ZETA", "r")])).await.refused();
    assert_eq!(refused, invalid("unranked.1.unit"));
    let refused = open(json!([one("ALPHA", "r"), one("ALPHA", "s")])).await.refused();
    assert_eq!(refused, invalid("unranked.1.unit"));
    let refused = open(json!([one("ALPHA", " ")])).await.refused();
    assert_eq!(refused, invalid("unranked.0.reason"));
    open(json!([one("ALPHA", "Mới thành lập")])).await.ok();
    open(json!([one("ALPHA", "Mới thành lập")])).await.ok();
    let refused = open(json!([])).await.refused();
    assert_eq!(refused, ("REJECTED".to_owned(), "ROUND_EXISTS".to_owned()));
}

/// The trial framework of ten points (1.1: 4, 1.2: 2, 2.1: 4); 1.2 does not apply to ALPHA. 28 of 32 tasks are
/// 0.875 × 4 = 3.5, the survey (4.1 − 1) ÷ 4 × 4 = 3.1.
#[tokio::test]
async fn what_does_not_apply_is_spread_or_counted_in_full_and_says_so() {
    for (rebase, total, percent, under, shares) in [
        // 1.1 weighs 6: 3.5 × 6 ÷ 4 = 5.25, with 3.1 8.35 of 10.
        ("SPREAD", "8.35", "83.50", json!("1"), 1),
        // 3.5 + 2 + 3.1 = 8.6 of 10.
        ("FULL", "8.60", "86.00", Value::Null, 0),
    ] {
        let world = World::with_framework().await;
        let mut framework = trial();
        framework["code"] = json!("R");
        framework["scoring"]["rebase"] = json!(rebase);
        world.import(framework).await;
        let variables = json!({"f": "R@1", "units": ["ALPHA"], "unranked": []});
        world.send("manager", OPEN, variables).await.ok();
        world.run_jobs().await;
        let exclude = r#"mutation { setNotApplicable(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, criterion: "1.2",
            reason: "không có thủ tục", document: "QĐ 1"}) { dossier { id } } }"#;
        world.send("manager", exclude, json!({})).await.ok();
        survey(&world, &[("ALPHA", "4.1")]).await;
        world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
        let item = json!({"criterion": "1.1", "inputs": [count("completed", "28"), count("planned", "32")]});
        let declared = json!({"i": {"dossier": dossier("ALPHA"), "items": [item]}});
        world.send("alpha.officer", DECLARE, declared).await.done();
        world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.ok();
        advance(&world).await;
        accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
        publish(&world).await;

        let read = r#"{ round(code: "T-2019") { publication { ranking(group: "SO") { nodes { points applicable percent
            breakdown { rawPoints rawApplicable rebased { criterion points under shares } } } }
            nodeRanking(group: "SO", node: "1.2") { nodes { points percent rank } } } } }"#;
        let found = world.send("", read, json!({})).await.ok()["round"]["publication"].clone();
        let rebased = json!([{"criterion": "1.2", "points": "2", "under": under, "shares": shares}]);
        assert_eq!(
            found["ranking"]["nodes"][0],
            json!({"points": total, "applicable": "10.00", "percent": percent,
                "breakdown": {"rawPoints": "33/5", "rawApplicable": "8", "rebased": rebased}}),
            "{rebase}"
        );
        // What does not apply has no percentage and no rank, whatever is granted for it.
        let leaf = if rebase == "FULL" { "2.00" } else { "0.00" };
        assert_eq!(
            found["nodeRanking"]["nodes"][0],
            json!({"points": leaf, "percent": null, "rank": null})
        );
        world.verified().await;
    }
}

#[tokio::test]
async fn the_framework_says_in_words_what_a_result_depends_on() {
    let world = World::with_framework().await;
    world.import(framework()).await;
    let query = r#"{ framework(code: "O", version: "1") { rebase mayExceedMaximum tieOrder { kind node }
        classes { code atLeast conditions { en } } nodes { code section { kind cap } veto { en } } } }"#;
    let found = world.send("manager", query, json!({})).await.ok()["framework"].clone();
    assert_eq!(
        (&found["rebase"], &found["mayExceedMaximum"]),
        (&json!("RATIO"), &json!(true))
    );
    assert_eq!(found["tieOrder"][2], json!({"kind": "NODE", "node": "1"}));
    assert_eq!(
        found["classes"][0]["conditions"],
        json!([{"en": "node 1 reaches 80 %"}, {"en": "not found: criterion P.1, “disciplined”: yes"}])
    );
    assert_eq!(found["nodes"][4]["section"], json!({"kind": "BONUS", "cap": "3"}));
    assert_eq!(
        found["nodes"][1]["veto"]["en"],
        "criterion 1.1, “false_report”: yes → the class is at most Khá"
    );
}

/// Nobody has to confirm that nothing happened, and who knows better finds where to say so.
#[tokio::test]
async fn what_nobody_claimed_is_found_by_who_looks_for_it() {
    let world = in_appraisal().await;
    let queue = async |filter: Value, order: Value| {
        let query = r#"query($f: QueueFilter, $o: QueueOrder) { reviewQueue(round: "T-2019", filter: $f, order: $o) {
            totalCount countByUnit { key count } nodes { unitCode criterion state } } }"#;
        world
            .send("snv.appraiser", query, json!({"f": filter, "o": order}))
            .await
    };
    let lines = |answer: crate::world::Answer| -> Vec<String> {
        let found = answer.ok()["reviewQueue"].clone();
        let nodes = found["nodes"].as_array().unwrap();
        assert_eq!(found["totalCount"], nodes.len().to_string());
        assert_eq!(found["countByUnit"].as_array().unwrap().len(), nodes.len());
        let text = |node: &Value, name: &str| node[name].as_str().unwrap().to_owned();
        let line = |node: &Value| {
            let parts = ["unitCode", "criterion", "state"].map(|name| text(node, name));
            parts.join(" ")
        };
        nodes.iter().map(line).collect()
    };
    let unclaimed = json!({"unclaimed": true});
    // The penalty of each unit; of a bonus that nobody claimed there is nothing to find.
    let all = UNITS.map(|unit| format!("{unit} P.1 OPEN"));
    assert_eq!(lines(queue(unclaimed.clone(), Value::Null).await), all);
    let of_alpha = json!({"unclaimed": true, "unit": "ALPHA", "criterion": "P.1", "states": ["OPEN"]});
    assert_eq!(lines(queue(of_alpha, json!("UNIT")).await), all[..1]);
    // What waits is without them.
    let waiting = queue(json!({"unit": "DELTA"}), Value::Null).await;
    assert_eq!(lines(waiting), ["DELTA 1.1 SUBMITTED"]);

    let clean = yes_no("disciplined", false);
    find(&world, "ALPHA", "P.1", vec![found(count("cases", "12")), found(clean)]).await;
    let exclude = r#"mutation { setNotApplicable(input: {dossier: {key: {round: "T-2019", unit: "ZETA"}}, criterion: "P",
        reason: "Không áp dụng", document: "CV 1"}) { dossier { id } } }"#;
    world.send("manager", exclude, json!({})).await.ok();
    assert_eq!(lines(queue(unclaimed.clone(), Value::Null).await), all[1..6]);

    assert_eq!(
        queue(unclaimed.clone(), json!("STAKE")).await.refused(),
        ("INVALID".to_owned(), "order".to_owned())
    );
    let claim = r#"mutation($f: QueueFilter) { claim(input: {round: "T-2019", filter: $f}) { items { outcome } } }"#;
    assert_eq!(
        world
            .send("snv.appraiser", claim, json!({"f": unclaimed}))
            .await
            .refused(),
        ("INVALID".to_owned(), "filter.unclaimed".to_owned())
    );
    // A whole dossier is given back without them: there is nothing to do again, and publication waits for none of it.
    let reopen = r#"mutation { reopenUnit(input: {dossier: {key: {round: "T-2019", unit: "BETA"}}, reason: "r", due: "2030-01-01"}) { criteria } }"#;
    let given_back = world.send("manager", reopen, json!({})).await.ok();
    let criteria = given_back["reopenUnit"]["criteria"].as_array().unwrap();
    assert!(
        criteria.contains(&json!("1.1")) && !criteria.contains(&json!("P.1")),
        "{criteria:?}"
    );
    assert_eq!(lines(queue(unclaimed.clone(), Value::Null).await), all[1..6]);
    // Behind the seal nobody may.
    publish_unverified(&world).await;
    assert_eq!(lines(queue(unclaimed, Value::Null).await), [""; 0]);
    world.verified().await;
}

/// Publishes with every leaf that waits listed as unverified.
async fn publish_unverified(world: &World) {
    let of = |unit: &str, criterion: &str| json!({"unit": unit, "criterion": criterion, "reason": "Hết hạn"});
    let tasks = UNITS.map(|unit| of(unit, "1.1"));
    let bonus = ["ALPHA", "BETA", "GAMMA"].map(|unit| of(unit, "B.1"));
    let unverified: Vec<Value> = tasks.into_iter().chain(bonus).collect();
    let publish = "mutation($i: PublishResultsInput!) { publishResults(input: $i) { round { phase } } }";
    let input = json!({"i": {"round": "T-2019", "decisionNumber": "1/QĐ", "decisionDate": "2020-02-28", "unverified": unverified}});
    world.send("manager", publish, input).await.ok();
    world.run_jobs().await;
}
