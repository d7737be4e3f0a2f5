//! What one framework changes against another, asked by those who have to work with the new one.

use std::collections::BTreeMap;

use minhchung::app::seed::seed;
use serde_json::{Value, json};

use crate::world::{World, framework};

const CHANGES: &str = "query($from: FrameworkKey!, $to: FrameworkKey!) { frameworkChanges(from: $from, to: $to) {
    from { version } to { version } unchangedCount
    settings { setting from { vi en } to { vi en } }
    nodes { kind aspects from { ...node } to { ...node }
        inputs { code from { name { en } json } to { name { en } json } }
        requiredEvidence { code from { name { en } } to { name { en } } } } } }
    fragment node on FrameworkNode { code maxPoints departmentCode isLeaf name { vi } rule { vi en } }";

fn key(code: &str, version: &str) -> Value {
    json!({"code": code, "version": version})
}

async fn changes(world: &World, login: &str, from: Value, to: Value) -> Value {
    let answer = world.send(login, CHANGES, json!({"from": from, "to": to})).await;
    answer.ok()["frameworkChanges"].take()
}

/// The line of a node, by its code in one of the two frameworks.
fn line<'a>(changes: &'a Value, side: &str, code: &str) -> &'a Value {
    let lines = changes["nodes"].as_array().unwrap();
    let found: Vec<&Value> = lines.iter().filter(|line| line[side]["code"] == code).collect();
    assert_eq!(found.len(), 1, "{side} {code}");
    found[0]
}

/// How many lines there are of each kind.
fn kinds(changes: &Value) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for line in changes["nodes"].as_array().unwrap() {
        *found.entry(line["kind"].as_str().unwrap()).or_default() += 1;
    }
    found
}

/// `code aspects` of the lines of nodes that both have, in their order.
fn respects(changes: &Value) -> Vec<String> {
    let lines = changes["nodes"].as_array().unwrap().iter();
    let of_both = lines.filter(|line| !line["from"].is_null() && !line["to"].is_null());
    let jotted = |line: &Value| {
        let aspects = line["aspects"].as_array().unwrap().iter();
        let aspects: Vec<&str> = aspects.map(|aspect| aspect.as_str().unwrap()).collect();
        let (from, to) = (
            line["from"]["code"].as_str().unwrap(),
            line["to"]["code"].as_str().unwrap(),
        );
        let code = if from == to {
            to.to_owned()
        } else {
            format!("{from}>{to}")
        };
        format!("{code} {}", aspects.join(" "))
    };
    of_both.map(jotted).collect()
}

fn text(vi: &str, en: &str) -> Value {
    json!({"vi": vi, "en": en})
}

/// Code and which sides are there, of the inputs or requirements of a line.
fn parts<'a>(line: &'a Value, list: &str) -> Vec<(&'a str, bool, bool)> {
    let parts = line[list].as_array().unwrap().iter();
    let part = |part: &'a Value| {
        (
            part["code"].as_str().unwrap(),
            !part["from"].is_null(),
            !part["to"].is_null(),
        )
    };
    parts.map(part).collect()
}

/// The set of 2018 has 16 nodes, all of which the one of 2019 has among its 118: 102 are new. Of the 16, three leaves stayed
/// as they were, three were changed, and every group above them weighs more.
#[tokio::test]
async fn departments_see_what_2019_asks_that_2018_did_not() {
    let world = World::new().await;
    seed(&world.app).await.unwrap();
    let found = changes(&world, "sgtvt.officer", key("QNM-SO", "2018"), key("QNM-SO", "2019")).await;

    assert_eq!(
        (&found["from"]["version"], &found["to"]["version"]),
        (&json!("2018"), &json!("2019"))
    );
    assert_eq!(kinds(&found), BTreeMap::from([("ADDED", 102), ("CHANGED", 13)]));
    assert_eq!(found["unchangedCount"], 3);
    assert_eq!(
        respects(&found),
        [
            "1 MAX_POINTS",
            "1.1 MAX_POINTS",
            "3 MAX_POINTS",
            "3.4 MAX_POINTS",
            "3.4.1 INPUTS REQUIRED_EVIDENCE",
            "6 MAX_POINTS",
            "6.5 MAX_POINTS",
            "6.5.2 NAME RULE INPUTS",
            "7 MAX_POINTS",
            "7.2 MAX_POINTS",
            "7.2.3 INPUTS REQUIRED_EVIDENCE",
            "8 MAX_POINTS",
            "8.1 MAX_POINTS",
        ]
    );
    let management = line(&found, "to", "1");
    assert_eq!(
        (&management["from"]["maxPoints"], &management["to"]["maxPoints"]),
        (&json!("2.5"), &json!("12"))
    );
    // 85 leaves less 6; the six kept their points, 10.5 of the 100.
    let lines = found["nodes"].as_array().unwrap().iter();
    let new_leaves: Vec<&Value> = lines
        .filter(|line| line["kind"] == "ADDED" && line["to"]["isLeaf"] == true)
        .collect();
    assert_eq!(new_leaves.len(), 79);
    let tenths = |line: &&Value| {
        let points = line["to"]["maxPoints"].as_str().unwrap();
        let (whole, tenth) = points.split_once('.').unwrap_or((points, "0"));
        format!("{whole}{tenth}").parse::<u32>().unwrap()
    };
    assert_eq!(new_leaves.iter().map(tenths).sum::<u32>(), 895);

    let settings = found["settings"].as_array().unwrap();
    let named: Vec<&str> = settings.iter().map(|one| one["setting"].as_str().unwrap()).collect();
    assert_eq!(named, ["NAME", "SCALE", "STATED", "SOURCES"]);
    assert_eq!(
        (&settings[1]["from"], &settings[1]["to"]),
        (&text("10,5", "10.5"), &text("100", "100"))
    );
    assert_eq!(
        settings[2]["from"],
        text("5 lĩnh vực, 6 tiêu chí thành phần", "5 fields, 6 leaves")
    );
    assert_eq!(
        settings[2]["to"],
        text("8 lĩnh vực, 85 tiêu chí thành phần", "8 fields, 85 leaves")
    );

    let growth = line(&found, "to", "6.5.2");
    assert_eq!(
        growth["from"]["rule"],
        text(
            "ĐVSN tự bảo đảm chi thường xuyên / Đơn vị sự nghiệp công lập × 0,5. Có tài liệu xác nhận không phát sinh: không áp dụng.",
            "Self-financing service units / Public service units × 0.5. Evidence states that there was nothing to do: not applicable."
        )
    );
    assert_eq!(
        growth["to"]["rule"],
        text(
            "ĐVSN tự bảo đảm chi thường xuyên so với ĐVSN tự bảo đảm chi thường xuyên năm trước: tăng > 0 %: 0,5; tăng ≥ 0 %: 0,25; còn lại: 0.",
            "Self-financing service units against Self-financing service units, year before: growth > 0 %: 0.5; growth ≥ 0 %: 0.25; otherwise: 0."
        )
    );
    assert_eq!(
        parts(growth, "inputs"),
        [
            ("units", true, true),
            ("units_previous", false, true),
            ("all_units", true, false)
        ]
    );
    assert_eq!(growth["inputs"][0]["from"]["json"]["atMost"], "all_units");
    assert_eq!(growth["inputs"][0]["to"]["json"]["atMost"], Value::Null);
    assert_eq!(growth["inputs"][2]["from"]["name"]["en"], "Public service units");

    // Declared in 2018, counted from statistics in 2019.
    let on_time = line(&found, "to", "3.4.1");
    assert_eq!(parts(on_time, "inputs"), [("in_time", true, true), ("due", true, true)]);
    assert_eq!(on_time["inputs"][0]["from"]["json"]["source"]["kind"], "DECLARED");
    assert_eq!(on_time["inputs"][0]["to"]["json"]["source"]["kind"], "DERIVED");
    assert_eq!(
        parts(on_time, "requiredEvidence"),
        [("CASES", false, true), ("EXPORT", true, false)]
    );
}

/// Agencies have 13 nodes in 2018 and 73 in 2019: 60 are new, 10 of the 13 changed.
#[tokio::test]
async fn the_other_way_round_what_was_added_is_removed() {
    let world = World::new().await;
    seed(&world.app).await.unwrap();
    let there = changes(&world, "snv.manager", key("QNM-ND", "2018"), key("QNM-ND", "2019")).await;
    let back = changes(&world, "snv.manager", key("QNM-ND", "2019"), key("QNM-ND", "2018")).await;
    assert_eq!(kinds(&there), BTreeMap::from([("ADDED", 60), ("CHANGED", 10)]));
    assert_eq!(kinds(&back), BTreeMap::from([("REMOVED", 60), ("CHANGED", 10)]));
    assert_eq!(
        (&there["unchangedCount"], &back["unchangedCount"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(respects(&there), respects(&back));
    let same = changes(&world, "snv.manager", key("QNM-ND", "2019"), key("QNM-ND", "2019")).await;
    assert_eq!((&same["settings"], &same["nodes"]), (&json!([]), &json!([])));
    assert_eq!(same["unchangedCount"], 73);
}

#[tokio::test]
async fn criteria_that_were_renumbered_are_moved_and_not_new() {
    let world = World::with_framework().await;
    let mut next = framework();
    next["version"] = json!("2");
    next["scoring"]["rebase"] = json!("SPREAD");
    next["classes"][0]["atLeast"] = json!("80");
    next["tieOrder"] = json!(["INDEX", {"node": "2"}]);
    // The online rate comes first now, and another department appraises it; the plan is worth half of it.
    next["nodes"][1]["code"] = json!("1.2");
    next["nodes"][1]["points"] = json!("2");
    next["nodes"][2]["code"] = json!("1.1");
    next["nodes"][2]["points"] = json!("4");
    next["nodes"][2]["leaf"]["appraiser"] = json!("SNV");
    world.import(next).await;

    let found = changes(&world, "alpha.officer", key("T", "1"), key("T", "2")).await;
    assert_eq!(kinds(&found), BTreeMap::from([("MOVED", 2)]));
    assert_eq!(
        respects(&found),
        ["1.1>1.2 CODE MAX_POINTS", "1.2>1.1 CODE MAX_POINTS DEPARTMENT"]
    );
    assert_eq!(found["unchangedCount"], 3);
    let online = line(&found, "to", "1.1");
    assert_eq!(online["from"]["departmentCode"], "STTTT");
    assert_eq!(online["to"]["departmentCode"], "SNV");
    // The rule is the same; what it comes to is not.
    assert_eq!(
        online["from"]["rule"]["en"],
        "online / total: linear from 0 % (0) to 50 % (2)."
    );
    assert_eq!(
        online["to"]["rule"]["en"],
        "online / total: linear from 0 % (0) to 50 % (4)."
    );
    let settings = found["settings"].as_array().unwrap();
    let said: Vec<(&str, &str, &str)> = settings
        .iter()
        .map(|one| {
            let en = |side: &str| one[side]["en"].as_str().unwrap();
            (one["setting"].as_str().unwrap(), en("from"), en("to"))
        })
        .collect();
    assert_eq!(
        said,
        [
            (
                "REBASE",
                "what does not apply leaves the maximum",
                "the points of what does not apply go in equal parts to the nearest leaves that do"
            ),
            (
                "CLASSES",
                "Tốt (TOT) ≥ 75 %; Khá (KHA) ≥ 50 %; Yếu (YEU) ≥ 0 %",
                "Tốt (TOT) ≥ 80 %; Khá (KHA) ≥ 50 %; Yếu (YEU) ≥ 0 %"
            ),
            ("TIE_ORDER", "equal percentages share the rank", "index → node 2"),
        ]
    );
}

#[tokio::test]
async fn the_side_that_is_not_there_is_named() {
    let world = World::with_framework().await;
    for (from, to, field) in [("1", "3", "to"), ("0", "1", "from")] {
        let asked = json!({"from": key("T", from), "to": key("T", to)});
        let refused = world.send("alpha.officer", CHANGES, asked).await.refused();
        assert_eq!(refused, ("NOT_FOUND".to_owned(), field.to_owned()));
    }
}

const COPY: &str = "query($to: FrameworkKey!, $edits: [FrameworkEdit!]!) {
    copyFramework(from: {code: \"T\", version: \"1\"}, to: $to, edits: $edits) { json findings { severity code path }
        changes { unchangedCount nodes { kind aspects from { code } to { code } } } } }";

#[tokio::test]
async fn a_framework_is_copied_forward_with_edits_and_imported_as_it_came() {
    let world = World::with_framework().await;
    let edits = json!([
        {"change": {"node": "1.1", "patch": {"points": "3"}}},
        {"add": {"after": "1.1", "node": {"code": "1.3", "parent": "1", "name": {"vi": "Kiểm tra", "en": "Inspection"}, "points": "1",
            "leaf": {"method": "APPRAISED", "appraiser": "SNV", "requiredEvidence": [],
                "rule": {"kind": "YES_NO", "input": "done", "yes": "1", "no": "0"},
                "inputs": [{"code": "done", "name": {"vi": "Có", "en": "Done"}, "type": {"kind": "YES_NO"}, "source": {"kind": "DECLARED"}}]}}}},
        {"change": {"patch": {"stated": {"fields": 2, "leaves": 4}}}},
    ]);
    let asked = json!({"to": key("T", "2"), "edits": edits});
    let copied = world.send("manager", COPY, asked).await.ok()["copyFramework"].take();
    let is_error = |finding: &&Value| finding["severity"] == "ERROR";
    assert_eq!(copied["findings"].as_array().unwrap().iter().find(is_error), None);
    let lines: Vec<String> = copied["changes"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    assert_eq!(
        lines,
        [
            r#"{"aspects":["MAX_POINTS"],"from":{"code":"1.1"},"kind":"CHANGED","to":{"code":"1.1"}}"#,
            r#"{"aspects":[],"from":null,"kind":"ADDED","to":{"code":"1.3"}}"#,
        ]
    );
    world.import(copied["json"].clone()).await;
    let issued = json!({"from": key("T", "1"), "to": key("T", "2")});
    let issued = world.send("alpha.officer", CHANGES, issued).await.ok()["frameworkChanges"].take();
    assert_eq!(issued["unchangedCount"], copied["changes"]["unchangedCount"]);

    // A tree that does not add up comes with what is wrong, and an edit that does not fit with its place.
    let asked = json!({"to": key("T", "3"), "edits": [{"remove": "1.2"}]});
    let copied = world.send("manager", COPY, asked).await.ok()["copyFramework"].take();
    let errors: Vec<&Value> = copied["findings"].as_array().unwrap().iter().filter(is_error).collect();
    assert_eq!(errors.len(), 1, "{copied}");
    assert_eq!(
        (&errors[0]["code"], &errors[0]["path"]),
        (&json!("POINTS_DO_NOT_ADD_UP"), &json!("nodes/1/points"))
    );
    let asked = json!({"to": key("T", "3"), "edits": [{"remove": "1.2"}, {"remove": "1.2"}]});
    assert_eq!(
        world.send("manager", COPY, asked).await.refused(),
        ("INVALID".to_owned(), "edits.1".to_owned())
    );
    let asked = json!({"to": key("T", "3"), "edits": []});
    assert_eq!(world.send("alpha.officer", COPY, asked).await.refused().0, "FORBIDDEN");
}
