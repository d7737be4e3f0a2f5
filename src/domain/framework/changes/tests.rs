use serde_json::{Value, json};

use super::*;

mod properties;

/// A field with a leaf and a group of two leaves, and a field that is a leaf.
fn base() -> Value {
    let text = |vi: &str, en: &str| json!({"vi": vi, "en": en});
    let leaf = |department: &str, points: &str| {
        json!({"method": "APPRAISED", "appraiser": department,
            "rule": {"kind": "YES_NO", "input": "done", "yes": points, "no": "0"},
            "inputs": [
                {"code": "done", "name": text("Đã làm", "Done"), "type": {"kind": "YES_NO"}, "source": {"kind": "DECLARED"}},
                {"code": "cases", "name": text("Vụ việc", "Cases"), "type": {"kind": "COUNT"}, "source": {"kind": "DECLARED"}}],
            "requiredEvidence": [{"code": "REPORT", "name": text("Báo cáo", "Report"), "kinds": ["OFFICIAL_DOCUMENT"],
                "documentTypes": ["BC"], "atLeast": 1}]})
    };
    json!({
        "format": 1, "code": "QNM-SO", "version": "2019", "unitType": "SO", "name": text("Bộ chỉ số", "Index"), "scale": "10",
        "scoring": {"roundLeaf": "NONE", "roundTotal": 2, "totalOf": "EXACT", "rebase": "RATIO"},
        "classes": [
            {"code": "TOT", "name": text("Tốt", "Good"), "atLeast": "80"},
            {"code": "YEU", "name": text("Yếu", "Weak"), "atLeast": "0"}],
        "sources": ["1150/QĐ-BNV"],
        "nodes": [
            {"code": "1", "name": text("Điều hành", "Direction"), "points": "6"},
            {"code": "1.1", "parent": "1", "name": text("Kế hoạch", "Plan"), "points": "2", "leaf": leaf("SNV", "1")},
            {"code": "1.2", "parent": "1", "name": text("Báo cáo", "Reports"), "points": "4"},
            {"code": "1.2.1", "parent": "1.2", "name": text("Đủ", "Complete"), "points": "3", "leaf": leaf("SNV", "1")},
            {"code": "1.2.2", "parent": "1.2", "name": text("Đúng hạn", "On time"), "points": "1", "leaf": leaf("VPUB", "0.5")},
            {"code": "2", "name": text("Thể chế", "Law"), "points": "4", "leaf": leaf("STP", "1")}]
    })
}

fn read(json: &Value) -> Framework {
    Framework::parse(json).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

/// A line as a reader would jot it down: `CHANGED 1.1>1.1 [MaxPoints]`.
fn jotted(change: &NodeChange) -> String {
    let code = |node: &Option<Node>| node.as_ref().map_or("-", |node| &node.code).to_owned();
    let (from, to) = (code(&change.from), code(&change.to));
    format!("{:?} {from}>{to} {:?}", change.kind(), change.aspects)
}

fn lines(from: &Value, to: &Value) -> Vec<String> {
    read(from).changes_to(&read(to)).nodes.iter().map(jotted).collect()
}

/// Changes the base and expects these lines about nodes, and nothing about settings.
fn check(change: impl FnOnce(&mut Value), expected: &[&str]) {
    let mut to = base();
    change(&mut to);
    let changes = read(&base()).changes_to(&read(&to));
    assert!(changes.settings.is_empty(), "{changes:#?}");
    assert_eq!(lines(&base(), &to), expected);
}

#[test]
fn each_respect_in_which_a_node_differs_is_named() {
    for (place, value, aspect) in [
        ("/nodes/1/name/en", json!("Yearly plan"), "Name"),
        ("/nodes/1/name/vi", json!("Kế hoạch năm"), "Name"),
        ("/nodes/1/points", json!("2.5"), "MaxPoints"),
        ("/nodes/1/parent", json!("2"), "Parent"),
        ("/nodes/1/leaf/method", json!("SURVEY"), "Method"),
        ("/nodes/1/leaf/appraiser", json!("STP"), "Department"),
        ("/nodes/1/leaf/rule/yes", json!("0.5"), "Rule"),
        ("/nodes/1/leaf/inputs/1/type/maximum", json!("9"), "Inputs"),
        ("/nodes/1/leaf/requiredEvidence/0/atLeast", json!(2), "RequiredEvidence"),
        (
            "/nodes/1/leaf/notApplicableWhen",
            json!({"vi": "không", "en": "none"}),
            "NotApplicableWhen",
        ),
        (
            "/nodes/1/leaf/veto",
            json!({"when": {"input": "done", "is": false}, "effect": {"kind": "ZERO"}}),
            "Veto",
        ),
        ("/nodes/1/section", json!({"kind": "BONUS", "cap": "1"}), "Section"),
    ] {
        let kind = if aspect == "Parent" { "Moved" } else { "Changed" };
        let put = |to: &mut Value| {
            let (above, name) = place.rsplit_once('/').expect("a place");
            to.pointer_mut(above).expect(place)[name] = value;
        };
        check(put, &[&format!("{kind} 1.1>1.1 [{aspect}]")]);
    }
}

#[test]
fn points_that_are_written_otherwise_are_the_same() {
    check(|to| to["nodes"][1]["points"] = json!("2.0"), &[]);
}

#[test]
fn nothing_changes_with_the_order_of_what_is_written() {
    let turned = |to: &mut Value| {
        to["nodes"].as_array_mut().expect("nodes").swap(3, 4);
        to["nodes"][1]["leaf"]["inputs"]
            .as_array_mut()
            .expect("inputs")
            .swap(0, 1);
    };
    check(turned, &[]);
}

#[test]
fn nodes_of_one_side_only_are_added_or_removed() {
    let new = |to: &mut Value| {
        let mut node = to["nodes"][1].clone();
        node["code"] = json!("1.3");
        node["name"] = json!({"vi": "Kiểm tra", "en": "Inspection"});
        let nodes = to["nodes"].as_array_mut().expect("nodes");
        nodes.insert(5, node);
        nodes.remove(4);
    };
    check(new, &["Added ->1.3 []", "Removed 1.2.2>- []"]);
}

#[test]
fn renumbering_is_told_from_replacing() {
    // The plan goes, and what stood behind it moves up; only the group takes another code, its leaves with it.
    let up = |to: &mut Value| {
        let nodes = to["nodes"].as_array_mut().expect("nodes");
        nodes.remove(1);
        for (place, code, parent) in [(1, "1.1", "1"), (2, "1.1.1", "1.1"), (3, "1.1.2", "1.1")] {
            nodes[place]["code"] = json!(code);
            nodes[place]["parent"] = json!(parent);
        }
    };
    check(
        up,
        &[
            "Moved 1.2>1.1 [Code]",
            "Moved 1.2.1>1.1.1 [Code]",
            "Moved 1.2.2>1.1.2 [Code]",
            "Removed 1.1>- []",
        ],
    );
    // Two that change places keep their points with their names.
    let swapped = |to: &mut Value| {
        to["nodes"][3]["code"] = json!("1.2.2");
        to["nodes"][4]["code"] = json!("1.2.1");
    };
    check(swapped, &["Moved 1.2.1>1.2.2 [Code]", "Moved 1.2.2>1.2.1 [Code]"]);
    // Another criterion under the code of one that is gone is one line with both names.
    let replaced = |to: &mut Value| to["nodes"][1]["name"] = json!({"vi": "Sáng kiến", "en": "Initiatives"});
    check(replaced, &["Changed 1.1>1.1 [Name]"]);
}

#[test]
fn the_node_above_tells_equal_names_apart() {
    let named = |mut framework: Value, fields: [&str; 2]| {
        framework["nodes"] = json!([]);
        for (place, field) in fields.iter().enumerate() {
            let leaf = base()["nodes"][1]["leaf"].clone();
            let code = (place + 1).to_string();
            let nodes = framework["nodes"].as_array_mut().expect("nodes");
            nodes.push(json!({"code": code, "name": {"vi": field, "en": field}, "points": "5"}));
            nodes.push(
                json!({"code": format!("{code}.1"), "parent": code, "points": "5", "leaf": leaf,
                "name": {"vi": "Hoàn thành kế hoạch", "en": "Plan completion"}}),
            );
        }
        framework
    };
    let (from, to) = (
        named(base(), ["Thể chế", "Tài chính"]),
        named(base(), ["Tổ chức", "Thể chế"]),
    );
    // A field goes and another comes before the one that stays: its leaf goes with it, although the other one has its code.
    assert_eq!(
        lines(&from, &to),
        [
            "Added ->1 []",
            "Moved 2.1>1.1 [Code, Parent]",
            "Moved 1>2 [Code]",
            "Moved 1.1>2.1 [Code]",
            "Removed 2>- []"
        ]
    );
}

#[test]
fn a_leaf_that_becomes_a_group_loses_all_that_made_it_one() {
    let split = |to: &mut Value| {
        let leaf = to["nodes"][1]
            .as_object_mut()
            .expect("a node")
            .remove("leaf")
            .expect("a leaf");
        let below = json!({"code": "1.1.1", "parent": "1.1", "name": {"vi": "Ban hành", "en": "Issued"}, "points": "2", "leaf": leaf});
        to["nodes"].as_array_mut().expect("nodes").insert(2, below);
    };
    check(
        split,
        &[
            "Changed 1.1>1.1 [Method, Department, Rule, Inputs, RequiredEvidence]",
            "Added ->1.1.1 []",
        ],
    );
}

#[test]
fn inputs_and_requirements_are_compared_one_by_one() {
    let mut to = base();
    let leaf = &mut to["nodes"][1]["leaf"];
    leaf["inputs"][1]["code"] = json!("late");
    leaf["inputs"][0]["name"]["en"] = json!("Has been done");
    leaf["requiredEvidence"][0]["code"] = json!("PLAN");
    let changes = read(&base()).changes_to(&read(&to));
    let [change] = &changes.nodes[..] else {
        panic!("{changes:#?}")
    };
    let sides = |code: &str, from: bool, to: bool| (code.to_owned(), from, to);
    let inputs = change.inputs.iter();
    let inputs: Vec<_> = inputs
        .map(|part| sides(&part.code, part.from.is_some(), part.to.is_some()))
        .collect();
    assert_eq!(
        inputs,
        [
            sides("done", true, true),
            sides("late", false, true),
            sides("cases", true, false)
        ]
    );
    let required = change.required_evidence.iter();
    let required: Vec<_> = required
        .map(|part| sides(&part.code, part.from.is_some(), part.to.is_some()))
        .collect();
    assert_eq!(required, [sides("PLAN", false, true), sides("REPORT", true, false)]);
    assert_eq!(changes.unchanged, 5);
}

#[test]
fn each_setting_that_differs_is_told_in_both_languages() {
    for (place, value, setting, from, to) in [
        (
            "/name/en",
            json!("Index 2"),
            Setting::Name,
            ("Bộ chỉ số", "Index"),
            ("Bộ chỉ số", "Index 2"),
        ),
        ("/unitType", json!("HU"), Setting::UnitType, ("SO", "SO"), ("HU", "HU")),
        ("/scale", json!("10.5"), Setting::Scale, ("10", "10"), ("10,5", "10.5")),
        (
            "/scoring/roundLeaf",
            json!("2"),
            Setting::RoundLeaf,
            ("không làm tròn", "not rounded"),
            ("2 chữ số thập phân", "2 decimal places"),
        ),
        (
            "/scoring/roundTotal",
            json!(3),
            Setting::RoundTotal,
            ("2 chữ số thập phân", "2 decimal places"),
            ("3 chữ số thập phân", "3 decimal places"),
        ),
        (
            "/scoring/totalOf",
            json!("ROUNDED"),
            Setting::TotalOf,
            ("từ tổng điểm chính xác", "from the exact sums"),
            ("từ tổng điểm đã làm tròn", "from the rounded sums"),
        ),
        (
            "/scoring/rebase",
            json!("FULL"),
            Setting::Rebase,
            (
                "phần không áp dụng không tính vào điểm tối đa",
                "what does not apply leaves the maximum",
            ),
            (
                "phần không áp dụng được tính đủ điểm",
                "what does not apply counts in full",
            ),
        ),
        (
            "/scoring/aboveMaximum",
            json!("CUT"),
            Setting::AboveMaximum,
            ("được vượt 100 %", "may be above 100 %"),
            ("tối đa 100 %", "at most 100 %"),
        ),
        (
            "/classes/0/atLeast",
            json!("82.5"),
            Setting::Classes,
            (
                "Tốt (TOT) ≥ 80 %; Yếu (YEU) ≥ 0 %",
                "Good (TOT) ≥ 80 %; Weak (YEU) ≥ 0 %",
            ),
            (
                "Tốt (TOT) ≥ 82,5 %; Yếu (YEU) ≥ 0 %",
                "Good (TOT) ≥ 82.5 %; Weak (YEU) ≥ 0 %",
            ),
        ),
        (
            "/classes/0/conditions",
            json!([{"kind": "NODE_AT_LEAST", "node": "1", "percent": "60"}]),
            Setting::Classes,
            (
                "Tốt (TOT) ≥ 80 %; Yếu (YEU) ≥ 0 %",
                "Good (TOT) ≥ 80 %; Weak (YEU) ≥ 0 %",
            ),
            (
                "Tốt (TOT) ≥ 80 %, mục 1 đạt từ 60 %; Yếu (YEU) ≥ 0 %",
                "Good (TOT) ≥ 80 %, node 1 reaches 60 %; Weak (YEU) ≥ 0 %",
            ),
        ),
        (
            "/tieOrder",
            json!(["INDEX", {"node": "1"}]),
            Setting::TieOrder,
            ("bằng nhau thì đồng hạng", "equal percentages share the rank"),
            ("chỉ số → mục 1", "index → node 1"),
        ),
        (
            "/stated",
            json!({"fields": 2, "leaves": 4}),
            Setting::Stated,
            ("không nêu", "not stated"),
            ("2 lĩnh vực, 4 tiêu chí thành phần", "2 fields, 4 leaves"),
        ),
        (
            "/sources",
            json!(["1", "2"]),
            Setting::Sources,
            ("1150/QĐ-BNV", "1150/QĐ-BNV"),
            ("1; 2", "1; 2"),
        ),
    ] {
        let mut other = base();
        let (above, name) = place.rsplit_once('/').expect("a place");
        other.pointer_mut(above).expect(place)[name] = value;
        let changes = read(&base()).changes_to(&read(&other));
        let text = |(vi, en): (&str, &str)| crate::domain::text::Text::new(vi, en);
        let (from, to) = (text(from), text(to));
        assert_eq!(changes.settings, [SettingChange { setting, from, to }], "{place}");
        assert_eq!((changes.nodes.len(), changes.unchanged), (0, 6), "{place}");
    }
}

#[test]
fn what_is_absent_is_what_it_stands_for() {
    let mut other = base();
    other["scoring"]["aboveMaximum"] = json!("KEEP");
    other["tieOrder"] = json!([]);
    other["stated"] = json!({});
    let changes = read(&base()).changes_to(&read(&other));
    assert!(changes.settings.is_empty(), "{changes:#?}");
}
