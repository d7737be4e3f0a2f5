//! A whole round of three departments, two districts and a vertical agency, from the calendar to a correction, every
//! figure worked out by hand.
//!
//! Each framework has 100 points: 40 for a share of tasks done (1.1), 10 for a share of procedures posted (1.2), 50 for a
//! survey (2.1): (mean − 1) ÷ 4 × 50. Bonus B.1: a point for each initiative up to 4, the section at most 3. Penalty P.1:
//! half a point for each case up to 6, the section at most 5. What does not apply is re-based by the framework of the
//! unit's type: of departments `RATIO`, of districts `SPREAD`, of vertical agencies `FULL`.
//!
//! | unit | 1.1 declared, round 1, round 2 | 1.2 | 2.1 | sections | final |
//! |---|---|---|---|---|---|
//! | A1 | 40, 35, 40 of 50: 32, 28, 32 | 10 of 10: 10 | 4.6: 45 | 4 → +3, 6 → −5 | 87 + 3 − 5 = 85 |
//! | A2 | 53 of 80: 26.5 | does not apply | 5: 50 | – | 76.5 of 90 = 85 %; corrected 54: 77 of 90 = 85.56 % |
//! | A3 | 50 of 50: 40 | 10 of 10, disputed: 10 | 5: 50 | – | 100, but a false report: at most KHA |
//! | H1 | 20 of 50: 16, with the 10 of 1.2 spread onto it 20 | does not apply | 4.2: 40 | – | 60 |
//! | H2 | the same | the same | 4.2: 40 | – | 60 |
//! | V1 | 45, 40, 40 of 50: 36, 32, 32 | does not apply, counts in full: 10 | 3.4: 30 | – | 72 |
//!
//! A1 and A2 have 85.00 %: A1 comes first by the appraised part, 42 of 50 = 84 % against 26.5 of 40 = 66.25 %. H1 and H2
//! are equal to the end.

use minhchung::domain::registry::Role;
use serde_json::{Value, json};

use crate::beyond_points::framework as sections;
use crate::journey::{ADD, DECLARE, REVIEW, SUBMIT, accepting, dossier, leaf, look, report};
use crate::world::{Answer, World};

const UNITS: [(&str, &str); 6] = [
    ("A1", "SO"),
    ("A2", "SO"),
    ("A3", "SO"),
    ("H1", "HU"),
    ("H2", "HU"),
    ("V1", "ND"),
];
const OPEN: &str = r#"mutation { openRound(input: {code: "T-2019", name: {vi: "T", en: "T"}, year: 2019, owner: "SNV",
    frameworks: [{unitType: "SO", framework: "W-SO@1"}, {unitType: "HU", framework: "W-HU@1"}, {unitType: "ND", framework: "W-ND@1"}],
    units: ["A1", "A2", "A3", "H1", "H2", "V1"], secondRound: {firstSeen: AFTER_THE_ROUND, secondSeen: AT_PUBLICATION},
    appraisal: {reviewedTwicePercent: 100},
    calendar: {selfAssessment: "2020-03-05", late: FLAG, appraisal: "2020-03-31", explanation: "2020-04-10", secondAppraisal: "2020-04-30"}
    }) { round { phase } } }"#;
const LOOK: &str = r#"query($u: String!) { dossier(ref: {key: {round: "T-2019", unit: $u}}) { submittedLate
    total { declared { displayed } verified { displayed } final { displayed percent } }
    result { class breakdown { rebased { criterion points } sections { node raw counted } } } } }"#;

fn framework(unit_type: &str, rebase: &str) -> Value {
    let mut framework = sections();
    framework["code"] = json!(format!("W-{unit_type}"));
    framework["unitType"] = json!(unit_type);
    framework["scoring"]["rebase"] = json!(rebase);
    framework["stated"] = json!({"fields": 2, "leaves": 3});
    let nodes = framework["nodes"].as_array_mut().unwrap();
    nodes[1]["points"] = json!("40");
    let mut posted = nodes[1].clone();
    posted["code"] = json!("1.2");
    posted["points"] = json!("10");
    let posted_leaf = posted["leaf"].as_object_mut().unwrap();
    posted_leaf.remove("veto");
    posted_leaf["inputs"].as_array_mut().unwrap().truncate(2);
    nodes.insert(2, posted);
    framework
}

fn count(input: &str, value: &str) -> Value {
    json!({"input": input, "value": {"count": value}})
}

fn tasks(done: &str, planned: &str) -> Value {
    let clean = json!({"input": "false_report", "value": {"yesNo": false}});
    json!({"criterion": "1.1", "inputs": [count("done", done), count("planned", planned), clean]})
}

async fn act(world: &World, login: &str, name: &str, payload: &str, input: Value) -> Answer {
    // Both are about one dossier and why.
    let of = if name == "reopenDossier" { "returnDossier" } else { name };
    let upper = of[..1].to_uppercase() + &of[1..];
    let document = format!("mutation($i: {upper}Input!) {{ {name}(input: $i) {{ {payload} }} }}");
    world.send(login, &document, json!({ "i": input })).await
}

async fn advance(world: &World, to: &str) {
    let input = json!({"round": "T-2019", "to": to});
    act(world, "manager", "advanceRound", "round { phase }", input)
        .await
        .ok();
    world.run_jobs().await;
}

/// A review that accepts every document, with what it corrects.
async fn finding(world: &World, login: &str, unit: &str, criterion: &str, corrections: &[Value]) -> Value {
    let mut item = accepting(unit, criterion, &look(world, login, unit, criterion).await);
    let found: Vec<Value> = corrections
        .iter()
        .cloned()
        .map(|mut value| {
            value["reason"] = json!("Theo hệ thống");
            value["basis"] = json!("OWN_DATA");
            value
        })
        .collect();
    item["corrections"] = json!(found);
    item
}

async fn review(world: &World, login: &str, item: Value) -> Answer {
    world.send(login, REVIEW, json!({"i": {"items": [item]}})).await
}

/// Two people find the same of a leaf.
async fn agree(world: &World, unit: &str, criterion: &str, corrections: &[Value]) {
    for login in ["snv.appraiser", "snv.second"] {
        let item = finding(world, login, unit, criterion, corrections).await;
        review(world, login, item).await.done();
    }
}

async fn see(world: &World, login: &str, unit: &str) -> Value {
    world.send(login, LOOK, json!({"u": unit})).await.ok()["dossier"].clone()
}

/// Everybody, the frameworks, the round and its register of what does not apply.
async fn opened() -> World {
    let world = World::with_framework().await;
    world.person("snv.lead", Role::LeadAppraiser, "SNV").await;
    for (unit, unit_type) in UNITS {
        world.units(unit_type, &[unit]).await;
        world.person(&format!("{unit}.o"), Role::Officer, unit).await;
        world.person(&format!("{unit}.h"), Role::Head, unit).await;
    }
    for (unit_type, rebase) in [("SO", "RATIO"), ("HU", "SPREAD"), ("ND", "FULL")] {
        world.import(framework(unit_type, rebase)).await;
    }
    world.send("manager", OPEN, json!({})).await.ok();
    world.run_jobs().await;
    for unit in ["A2", "H1", "H2", "V1"] {
        let input = json!({"dossier": dossier(unit), "criterion": "1.2", "reason": "Không có thủ tục", "document": "CV 1593/SNV-CCHC"});
        act(&world, "manager", "setNotApplicable", "dossier { id }", input)
            .await
            .ok();
    }
    let means = [
        ("A1", "4.6"),
        ("A2", "5"),
        ("A3", "5"),
        ("H1", "4.2"),
        ("H2", "4.2"),
        ("V1", "3.4"),
    ];
    let results: Vec<Value> = means
        .iter()
        .map(|(unit, mean)| json!({"unit": unit, "criterion": "2.1", "mean": mean, "lowest": "1", "highest": "5", "sample": 400, "source": "BC 10"}))
        .collect();
    let input = json!({"round": "T-2019", "results": results});
    act(
        &world,
        "survey",
        "recordSurveyResults",
        "items { problem { code } }",
        input,
    )
    .await
    .done();
    world
}

async fn declare(world: &World, unit: &str, items: Vec<Value>) {
    let input = json!({"i": {"dossier": dossier(unit), "items": items}});
    world.send(&format!("{unit}.o"), DECLARE, input).await.done();
}

async fn submit(world: &World, unit: &str) {
    world.send(&format!("{unit}.h"), SUBMIT, json!({"u": unit})).await.ok();
}

/// In time, late, and within an extension; one dossier is returned and comes again.
async fn self_assessment(world: &World) {
    let posted = json!({"criterion": "1.2", "inputs": [count("done", "10"), count("planned", "10")]});
    world.send("A1.o", ADD, report("A1", "B.1")).await.ok();
    let bonus = json!({"criterion": "B.1", "inputs": [count("cases", "4")]});
    let penalty = json!({"criterion": "P.1", "inputs": [count("cases", "12"), {"input": "disciplined", "value": {"yesNo": false}}]});
    declare(world, "A1", vec![tasks("40", "50"), posted.clone(), bonus, penalty]).await;
    declare(world, "A2", vec![tasks("53", "80")]).await;
    declare(world, "A3", vec![tasks("50", "50"), posted]).await;
    declare(world, "H1", vec![tasks("20", "50")]).await;
    declare(world, "H2", vec![tasks("25", "50")]).await;
    declare(world, "V1", vec![tasks("45", "50")]).await;
    for unit in ["A1", "A3", "H2", "V1"] {
        submit(world, unit).await;
    }
    let back = json!({"dossier": dossier("H2"), "reason": "Số liệu nhiệm vụ chưa khớp"});
    act(world, "manager", "returnDossier", "dossier { id }", back)
        .await
        .ok();
    declare(world, "H2", vec![tasks("20", "50")]).await;
    submit(world, "H2").await;
    let longer = json!({"dossier": dossier("H1"), "until": "2020-03-10", "reason": "Lũ lụt"});
    act(world, "manager", "extendDeadline", "dossier { id }", longer)
        .await
        .ok();
    world.set_time("2020-03-05T17:00:00Z");
    submit(world, "A2").await;
    submit(world, "H1").await;
    assert_eq!(see(world, "manager", "A2").await["submittedLate"], true);
    assert_eq!(see(world, "manager", "H1").await["submittedLate"], false);
    assert_eq!(see(world, "manager", "H2").await["submittedLate"], false);
}

/// Two people for each leaf; a supplement, a disagreement, a leaf that is given back.
async fn first_round(world: &World) {
    agree(world, "A1", "1.1", &[count("done", "35")]).await;
    for (unit, criterion) in [
        ("A1", "1.2"),
        ("A1", "B.1"),
        ("A1", "P.1"),
        ("A2", "1.1"),
        ("H1", "1.1"),
    ] {
        agree(world, unit, criterion, &[]).await;
    }
    let false_report = json!({"input": "false_report", "value": {"yesNo": true}});
    agree(world, "A3", "1.1", &[false_report]).await;
    agree(world, "V1", "1.1", &[count("done", "40")]).await;
    // A3's procedures: more is asked for; then one finds 10 of 10, the other 8 of 10, and the lead decides for 10.
    let mut ask = finding(world, "snv.appraiser", "A3", "1.2", &[]).await;
    ask["outcome"] = json!("REQUEST_SUPPLEMENT");
    ask["supplement"] = json!({"text": "Gửi danh mục", "due": "2020-03-20"});
    review(world, "snv.appraiser", ask).await.done();
    let answer = json!({"assessment": leaf("A3", "1.2"), "answer": "Đã gửi"});
    act(world, "A3.o", "answerSupplement", "assessment { state }", answer)
        .await
        .ok();
    let ten = finding(world, "snv.appraiser", "A3", "1.2", &[]).await;
    review(world, "snv.appraiser", ten).await.done();
    let eight = finding(world, "snv.second", "A3", "1.2", &[count("done", "8")]).await;
    review(world, "snv.second", eight).await.done();
    let lead = finding(world, "snv.lead", "A3", "1.2", &[]).await;
    let decided = act(
        world,
        "snv.lead",
        "reconcileReview",
        "assessment { state }",
        json!({"item": lead}),
    )
    .await
    .ok();
    assert_eq!(decided["reconcileReview"]["assessment"]["state"], "VERIFIED");
    // H2's tasks are given back once, and come again as they were.
    agree(world, "H2", "1.1", &[]).await;
    let back = json!({"assessment": leaf("H2", "1.1"), "reason": "Tệp hỏng", "due": "2020-03-20"});
    act(world, "manager", "reopenLeaf", "assessment { state }", back)
        .await
        .ok();
    let answer = json!({"assessment": leaf("H2", "1.1"), "answer": "Đã gửi lại"});
    act(world, "H2.o", "answerSupplement", "assessment { state }", answer)
        .await
        .ok();
    let again = finding(world, "snv.appraiser", "H2", "1.1", &[]).await;
    review(world, "snv.appraiser", again).await.done();
    // 28 + 10 + 45 + 3 − 5, 32 + 10 + 30.
    assert_eq!(
        see(world, "manager", "A1").await["total"]["verified"]["displayed"],
        "81.00"
    );
    assert_eq!(
        see(world, "manager", "V1").await["total"]["verified"]["displayed"],
        "72.00"
    );
}

/// One explanation raises a score, the other one does not.
async fn second_round(world: &World) {
    for (unit, text) in [("A1", "Năm nhiệm vụ xong trước hạn"), ("V1", "Năm nhiệm vụ đang làm")] {
        let input = json!({"assessment": leaf(unit, "1.1"), "text": text});
        act(
            world,
            &format!("{unit}.o"),
            "submitExplanation",
            "assessment { state }",
            input,
        )
        .await
        .ok();
    }
    advance(world, "SECOND_APPRAISAL").await;
    let mut raised = finding(world, "snv.appraiser", "A1", "1.1", &[]).await;
    raised["dropCorrections"] = json!(["done"]);
    review(world, "snv.appraiser", raised).await.done();
    let same = finding(world, "snv.second", "V1", "1.1", &[count("done", "40")]).await;
    review(world, "snv.second", same).await.done();
}

async fn publish(world: &World, correction: Option<&str>) {
    let input = json!({"round": "T-2019", "decisionNumber": "617/QĐ-UBND", "decisionDate": "2020-02-28", "correction": correction});
    act(world, "manager", "publishResults", "round { phase }", input)
        .await
        .ok();
    world.run_jobs().await;
}

/// Unit, rank, tie, percentage and class of each group's lines, and by what ties were broken.
async fn ranking(world: &World, group: &str) -> Vec<String> {
    let document = r#"query($g: String!) { round(code: "T-2019") { phase publication { ranking(group: $g) { nodes {
        unitCode rank isTied points percent class tie { brokenBy { kind } } } } } } }"#;
    let found = world.send("", document, json!({"g": group})).await.ok();
    let rows = found["round"]["publication"]["ranking"]["nodes"]
        .as_array()
        .unwrap()
        .clone();
    let text = |value: &Value| value.to_string().replace('"', "");
    let cells = ["unitCode", "rank", "isTied", "points", "percent", "class"];
    rows.iter()
        .map(|row| {
            let line: Vec<String> = cells.iter().map(|cell| text(&row[*cell])).collect();
            format!("{} {}", line.join(" "), text(&row["tie"]["brokenBy"]["kind"]))
        })
        .collect()
}

#[tokio::test]
async fn from_the_calendar_to_a_correction() {
    let world = opened().await;
    self_assessment(&world).await;
    advance(&world, "APPRAISAL").await;
    first_round(&world).await;
    advance(&world, "EXPLANATION").await;
    second_round(&world).await;
    // The unit sees what was verified, and what was decided with the results: 85 = 32 + 10 + 45 + 3 − 5.
    assert_eq!(see(&world, "A1.o", "A1").await["total"]["final"]["displayed"], "81.00");
    assert_eq!(
        see(&world, "manager", "A1").await["total"]["final"]["displayed"],
        "85.00"
    );
    publish(&world, None).await;
    assert_eq!(
        ranking(&world, "SO").await,
        [
            "A3 1 false 100.00 100.00 KHA null",
            "A1 2 false 85.00 85.00 TOT APPRAISED_PART",
            "A2 3 false 76.50 85.00 TOT APPRAISED_PART",
        ]
    );
    assert_eq!(
        ranking(&world, "HU").await,
        ["H1 1 true 60.00 60.00 YEU null", "H2 1 true 60.00 60.00 YEU null"]
    );
    assert_eq!(ranking(&world, "ND").await, ["V1 1 false 72.00 72.00 KHA null"]);
    let seen = see(&world, "A1.o", "A1").await;
    assert_eq!(seen["total"]["declared"]["displayed"], "85.00");
    assert_eq!(seen["total"]["verified"]["displayed"], "81.00");
    assert_eq!(
        seen["total"]["final"],
        json!({"displayed": "85.00", "percent": "85.00"})
    );
    let counted = [("B", "4", "3"), ("P", "6", "5")]
        .map(|(node, raw, counted)| json!({"node": node, "raw": raw, "counted": counted}));
    assert_eq!(seen["result"]["breakdown"]["sections"], json!(counted));
    world.verified().await;

    // A correction: 54 of 80 tasks = 27; 77 of 90 = 85.555… %.
    let reopen = json!({"dossier": dossier("A2"), "reason": "Đếm sót một nhiệm vụ"});
    act(&world, "manager", "reopenDossier", "round { phase }", reopen)
        .await
        .ok();
    let item = finding(&world, "snv.second", "A2", "1.1", &[count("done", "54")]).await;
    let again = json!({"item": item, "reason": "Đếm sót một nhiệm vụ"});
    act(
        &world,
        "snv.second",
        "reviseReview",
        "items { made problem { code rule } }",
        again,
    )
    .await
    .done();
    publish(&world, Some("Đếm sót một nhiệm vụ của A2")).await;
    assert_eq!(
        ranking(&world, "SO").await,
        [
            "A3 1 false 100.00 100.00 KHA null",
            "A2 2 false 77.00 85.56 TOT null",
            "A1 3 false 85.00 85.00 TOT null",
        ]
    );
    let seen = see(&world, "A2.h", "A2").await;
    assert_eq!(seen["total"]["verified"]["displayed"], "76.50");
    assert_eq!(
        seen["total"]["final"],
        json!({"displayed": "77.00", "percent": "85.56"})
    );
    world.verified().await;
    crate::what_if::after_the_whole_round(&world).await;
    crate::framework_replay::of_the_whole_round(&world, framework("SO", "RATIO")).await;
    world.verified().await;
}
