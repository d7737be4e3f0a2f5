mod brought;
mod formulas;
mod growth;
mod imported;
mod levels;
mod matched;
mod normalised;
mod surveys;

use serde_json::{Value, json};

use crate::domain::framework::{Framework, Severity};

/// A framework without a fault: one appraised leaf of every source, one survey leaf.
fn good() -> Value {
    let text = |text: &str| json!({"vi": text, "en": text});
    json!({
        "format": 1, "code": "QNM-SO", "version": "2019", "unitType": "SO", "name": text("index"), "scale": "5",
        "scoring": {"roundLeaf": "NONE", "roundTotal": 2, "totalOf": "EXACT", "rebase": "RATIO"},
        "classes": [
            {"code": "GOOD", "name": text("good"), "atLeast": "80"},
            {"code": "POOR", "name": text("poor"), "atLeast": "0"}],
        "stated": {"fields": 2, "leaves": 3},
        "sources": ["1150/QĐ-BNV"],
        "nodes": [
            {"code": "1", "name": text("field"), "points": "3"},
            {"code": "1.1", "parent": "1", "name": text("plan"), "points": "2.5", "leaf": {
                "method": "APPRAISED", "appraiser": "SNV",
                "rule": {"kind": "BANDS", "measure": {"ratio": {"numerator": "online", "denominator": "all"}},
                    "bands": [{"atLeast": "0.6", "ratio": "1"}, {"atLeast": "0.3", "ratio": "0.5"}], "otherwise": "0"},
                "inputs": [
                    {"code": "online", "name": text("online"), "type": {"kind": "COUNT"}, "atMost": "all", "source":
                        {"kind": "DERIVED", "rows": "ONLINE_SERVICE_USAGE", "sum": "online", "coverage": "EVERY_MONTH"}},
                    {"code": "all", "name": text("all"), "type": {"kind": "COUNT"}, "source": {"kind": "DECLARED"}}],
                "requiredEvidence": [{"code": "EXPORT", "name": text("export"), "kinds": ["ONLINE_SERVICE_USAGE"], "documentTypes": [], "atLeast": 1}]}},
            {"code": "1.2", "parent": "1", "name": text("option"), "points": "0.5", "leaf": {
                "method": "APPRAISED", "appraiser": "SNV",
                "rule": {"kind": "OPTIONS", "input": "when", "options": [
                    {"code": "YES", "name": text("yes"), "ratio": "1"}, {"code": "NO", "name": text("no"), "ratio": "0"}]},
                "inputs": [{"code": "when", "name": text("when"), "type": {"kind": "OPTION", "codes": ["YES", "NO"]}, "source": {"kind": "DECLARED"}}],
                "requiredEvidence": [{"code": "PLAN", "name": text("plan"), "kinds": ["OFFICIAL_DOCUMENT"], "documentTypes": ["KH"], "atLeast": 1}]}},
            {"code": "2", "name": text("survey"), "points": "2", "leaf": {
                "method": "SURVEY", "appraiser": "XHH",
                "rule": {"kind": "SURVEY_MEAN", "input": "mean", "lowest": "1", "highest": "5"},
                "inputs": [{"code": "mean", "name": text("mean"), "type": {"kind": "DECIMAL", "minimum": "1", "maximum": "5"}, "source": {"kind": "SURVEY"}}],
                "requiredEvidence": []}}]
    })
}

/// Changes one place of the good framework and expects exactly that finding.
fn check(pointer: &str, value: Value, severity: Severity, code: &str) {
    let mut framework = good();
    *framework.pointer_mut(pointer).expect(pointer) = value;
    let findings = Framework::parse(&framework).expect("readable").lint();
    let found: Vec<_> = findings
        .iter()
        .map(|finding| (finding.severity, finding.code.as_str()))
        .collect();
    assert!(found.contains(&(severity, code)), "{pointer}: {findings:#?}");
}

fn error(pointer: &str, value: Value, code: &str) {
    check(pointer, value, Severity::Error, code);
}

const BANDS: &str = "/nodes/1/leaf/rule";

fn unreadable(pointer: &str, value: Value, path: &str, english: &str) {
    let mut framework = good();
    *framework.pointer_mut(pointer).expect(pointer) = value;
    let findings = Framework::parse(&framework).expect_err(pointer);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(findings[0].path, path);
    assert!(findings[0].message.en.contains(english), "{findings:#?}");
}

#[test]
fn a_good_framework_has_no_findings_and_reads_back() {
    let framework = Framework::parse(&good()).expect("readable");
    assert_eq!(framework.lint(), []);
    assert_eq!(serde_json::to_value(&framework).expect("json"), good());
}

#[test]
fn the_tree_can_be_asked() {
    let framework = Framework::parse(&good()).expect("readable");
    let codes =
        |nodes: Vec<&crate::domain::framework::Node>| nodes.iter().map(|node| node.code.clone()).collect::<Vec<_>>();
    assert_eq!(codes(framework.ancestors("1.1")), ["1"]);
    assert_eq!(
        codes(framework.under("1").into_iter().map(|(node, _)| node).collect()),
        ["1.1", "1.2"]
    );
    assert_eq!(
        codes(framework.under("2").into_iter().map(|(node, _)| node).collect()),
        ["2"]
    );
    assert_eq!(framework.field_of("1.2").map(|node| node.code.as_str()), Some("1"));
    assert_eq!(framework.field_of("2").map(|node| node.code.as_str()), Some("2"));
    assert!(framework.leaf("1").is_none() && framework.leaf("1.1").is_some());
}

#[test]
fn what_cannot_be_read_is_named_by_its_place() {
    unreadable(
        "/nodes/1/leaf/rule/kind",
        json!("MAGIC"),
        "nodes/1.1/leaf/rule",
        "MAGIC",
    );
    unreadable(
        "/nodes/1/leaf/rule/otherwise",
        json!("1e400"),
        "nodes/1.1/leaf/rule",
        "not a plain decimal",
    );
    unreadable("/nodes/1/points", json!(2), "nodes/1.1", "expected a string");
    unreadable(
        "/nodes/1/leaf/inputs/1/source",
        json!({"kind": "DECLARED", "surprise": true}),
        "nodes/1.1/leaf/inputs/all",
        "surprise",
    );
    unreadable(
        "/scoring",
        json!({"roundLeaf": "2", "roundTotal": 2, "totalOf": "EXACT", "rebase": "RATIO", "floor": "1"}),
        "",
        "floor",
    );
    unreadable("/stated", json!({"fields": null}), "", "stated/fields");
    unreadable("/format", json!(2), "format", "format 1");
    unreadable("/nodes", json!("none"), "nodes", "list of nodes");
    let formula = json!({"kind": "FORMULA", "expression": "a +* b"});
    unreadable("/nodes/1/leaf/rule", formula, "nodes/1.1/leaf/rule", "at character 4");
}

#[test]
fn every_part_that_cannot_be_read_is_reported_at_once() {
    let mut framework = good();
    framework["nodes"][1]["leaf"]["rule"]["kind"] = json!("MAGIC");
    framework["nodes"][2]["points"] = json!("many");
    framework["scale"] = json!("-");
    assert_eq!(Framework::parse(&framework).expect_err("unreadable").len(), 3);
}

#[test]
fn points_must_add_up() {
    error("/scale", json!("100"), "POINTS_DO_NOT_ADD_UP");
    error("/nodes/0/points", json!("4"), "POINTS_DO_NOT_ADD_UP");
    error("/nodes/1/points", json!("0"), "OUT_OF_RANGE");
    error(
        "/scoring",
        json!({"roundLeaf": "0", "roundTotal": 2, "totalOf": "EXACT", "rebase": "RATIO"}),
        "FINER_THAN_ROUNDING",
    );
}

#[test]
fn stated_counts_that_differ_are_warnings() {
    check("/stated/leaves", json!(85), Severity::Warning, "STATED_COUNT_DIFFERS");
}

#[test]
fn the_tree_must_be_a_tree() {
    error("/nodes/1/code", json!("1.2"), "DOUBLED_CODE");
    error("/nodes/1/parent", json!("7"), "PARENT_MISSING");
    error("/nodes/1/parent", json!("2"), "PARENT_AFTER_CHILD");
    error("/nodes/2/parent", json!("1.1"), "LEAF_WITH_CHILDREN");
    error("/nodes/0/code", json!("3"), "NODE_WITHOUT_LEAF");
    error("/nodes/0/code", json!("Mục 1"), "BAD_CODE");
    error("/nodes", json!([]), "NO_NODES");
}

#[test]
fn names_are_in_both_languages() {
    error("/name/vi", json!(" "), "MISSING_TRANSLATION");
    error("/nodes/1/leaf/inputs/0/name/en", json!(""), "MISSING_TRANSLATION");
    error("/nodes/2/leaf/rule/options/0/name/en", json!(""), "MISSING_TRANSLATION");
    error(
        "/nodes/1/leaf/requiredEvidence/0/name/vi",
        json!(""),
        "MISSING_TRANSLATION",
    );
}

#[test]
fn classes_descend_to_zero() {
    error("/classes/0/atLeast", json!("0"), "NOT_DESCENDING");
    error("/classes/1/atLeast", json!("10"), "NO_LAST_CLASS");
    error("/classes/0/atLeast", json!("101"), "OUT_OF_RANGE");
}

#[test]
fn bands_are_sorted_and_apart() {
    error(&format!("{BANDS}/bands/1/atLeast"), json!("0.6"), "BANDS_OVERLAP");
    error(&format!("{BANDS}/bands/1/atLeast"), json!("0.7"), "BANDS_UNSORTED");
    error(&format!("{BANDS}/bands/0/ratio"), json!("1.5"), "OUT_OF_RANGE");
    error(&format!("{BANDS}/bands"), json!([]), "EMPTY_LIST");
    check(
        &format!("{BANDS}/otherwise"),
        json!("0.9"),
        Severity::Warning,
        "RATIOS_NOT_DESCENDING",
    );
}

#[test]
fn rules_use_inputs_that_exist_and_fit() {
    error(
        &format!("{BANDS}/measure"),
        json!({"input": "nothing"}),
        "UNDEFINED_INPUT",
    );
    check(
        &format!("{BANDS}/measure"),
        json!({"input": "all"}),
        Severity::Warning,
        "UNUSED_INPUT",
    );
    error(
        "/nodes/1/leaf/inputs/1/type",
        json!({"kind": "DATE"}),
        "WRONG_INPUT_TYPE",
    );
    error("/nodes/1/leaf/inputs/0/atMost", json!("online"), "BAD_BOUND");
    error("/nodes/1/leaf/inputs/1/code", json!("online"), "DOUBLED_CODE");
    error(
        "/nodes/2/leaf/rule/options/1/code",
        json!("MAYBE"),
        "OPTION_NOT_IN_INPUT",
    );
    error(
        "/nodes/2/leaf/inputs/0/type/codes",
        json!(["YES", "NO", "MAYBE"]),
        "OPTION_NOT_IN_RULE",
    );
    error("/nodes/2/leaf/rule/options/1/code", json!("YES"), "DOUBLED_CODE");
}

#[test]
fn gates_lines_and_growth_are_bounded() {
    let measure = json!({"ratio": {"numerator": "online", "denominator": "all"}});
    let gate = |full: &str, threshold: &str, over: &str| json!({"kind": "GATED_PROPORTIONAL", "measure": measure, "full": full, "threshold": threshold, "over": over});
    error(BANDS, gate("0.8", "0.9", "1"), "THRESHOLD_ABOVE_FULL");
    error(BANDS, gate("1", "0.8", "0"), "OUT_OF_RANGE");
    error(
        BANDS,
        json!({"kind": "LINEAR", "measure": measure, "zeroAt": "0.5", "fullAt": "0.5"}),
        "NO_SPAN",
    );
    error(
        BANDS,
        json!({"kind": "DEDUCTIONS", "deductions": [{"input": "all", "each": "0"}]}),
        "OUT_OF_RANGE",
    );
    let growth = |bands: Value| json!({"kind": "YEAR_ON_YEAR", "current": "online", "previous": "all", "bands": bands, "otherwise": "0"});
    error(
        BANDS,
        growth(json!([{"growthAbove": "0", "ratio": "1"}])),
        "BAD_PREVIOUS_YEAR",
    );
    error(BANDS, growth(json!([{"ratio": "1"}])), "BAD_BAND");
    error(
        BANDS,
        growth(json!([{"growthAtLeast": "0", "ratio": "1"}, {"growthAbove": "0", "ratio": "0.5"}])),
        "BANDS_OVERLAP",
    );
    error(
        BANDS,
        json!({"kind": "FORMULA", "expression": "online / all", "whenEmpty": "FULL"}),
        "BAD_WHEN_EMPTY",
    );
    error(
        BANDS,
        json!({"kind": "FORMULA", "expression": "online / everything"}),
        "UNDEFINED_INPUT",
    );
}

#[test]
fn derived_inputs_name_columns_that_exist() {
    let source = "/nodes/1/leaf/inputs/0/source";
    error(&format!("{source}/sum"), json!("dossiers"), "UNKNOWN_COLUMN");
    error(&format!("{source}/sum"), json!("service"), "WRONG_COLUMN_KIND");
    error(
        &format!("{source}/sum"),
        json!(["online", "level"]),
        "WRONG_COLUMN_KIND",
    );
    error(&format!("{source}/sum"), json!(["online", "online"]), "DOUBLED_CODE");
    error(&format!("{source}/sum"), json!([]), "BAD_DERIVATION");
    error(&format!("{source}/coverage"), json!("EVERY_PROCEDURE"), "BAD_COVERAGE");
    error(
        source,
        json!({"kind": "DERIVED", "rows": "ONLINE_SERVICE_USAGE", "coverage": "EVERY_MONTH"}),
        "BAD_DERIVATION",
    );
    let filtered = json!({"kind": "DERIVED", "rows": "ONLINE_SERVICE_USAGE", "sum": "online", "where": {"column": "level", "oneOf": ["5"]}, "coverage": "EVERY_MONTH"});
    error(source, filtered, "IMPOSSIBLE_VALUE");
    error(
        "/nodes/1/leaf/inputs/0/type",
        json!({"kind": "DATE"}),
        "DERIVED_NOT_NUMBER",
    );
}

#[test]
fn survey_leaves_are_surveyed_and_nothing_else_is() {
    error(
        "/nodes/3/leaf/requiredEvidence",
        json!([{"code": "REPORT", "name": {"vi": "r", "en": "r"}, "kinds": ["LIST"], "documentTypes": [], "atLeast": 1}]),
        "SURVEY_EVIDENCE",
    );
    error(
        "/nodes/3/leaf/inputs/0/source",
        json!({"kind": "DECLARED"}),
        "SURVEY_DECLARED",
    );
    error(
        "/nodes/3/leaf/rule",
        json!({"kind": "PROPORTIONAL", "measure": {"input": "mean"}}),
        "SURVEY_RULE",
    );
    error("/nodes/3/leaf/method", json!("APPRAISED"), "SURVEY_SOURCE");
    error("/nodes/3/leaf/rule/highest", json!("1"), "NO_SPAN");
}

#[test]
fn required_evidence_is_of_known_kinds() {
    error(
        "/nodes/1/leaf/requiredEvidence/0/kinds",
        json!(["LETTER"]),
        "UNKNOWN_KIND",
    );
    error("/nodes/1/leaf/requiredEvidence/0/kinds", json!([]), "NO_KINDS");
    error("/nodes/1/leaf/requiredEvidence/0/atLeast", json!(0), "OUT_OF_RANGE");
    check(
        "/nodes/2/leaf/requiredEvidence",
        json!([]),
        Severity::Warning,
        "NO_EVIDENCE",
    );
}

/// The good framework with a bonus, a penalty, a veto, conditions and an order of ties.
fn rich() -> Value {
    let mut framework = good();
    let text = |text: &str| json!({"vi": text, "en": text});
    let when = json!({"input": "when", "oneOf": ["NO"]});
    framework["tieOrder"] = json!(["INDEX", "APPRAISED_PART", {"node": "1"}, "SMALLER_GAP"]);
    framework["classes"][0]["conditions"] = json!([
        {"kind": "NODE_AT_LEAST", "node": "1", "percent": "60"}, {"kind": "NOT_FOUND", "leaf": "1.2", "when": when},
        {"kind": "NO_VETO"}]);
    framework["nodes"][2]["leaf"]["veto"] = json!({"when": when, "effect": {"kind": "CLASS_AT_MOST", "class": "POOR"}});
    let cases = json!({"method": "APPRAISED", "appraiser": "SNV",
        "rule": {"kind": "LINEAR", "measure": {"input": "cases"}, "zeroAt": "0", "fullAt": "8"},
        "inputs": [{"code": "cases", "name": text("cases"), "type": {"kind": "COUNT"}, "source": {"kind": "DECLARED"}}],
        "requiredEvidence": [{"code": "PLAN", "name": text("plan"), "kinds": ["OFFICIAL_DOCUMENT"], "documentTypes": [], "atLeast": 1}]});
    let mut found = cases.clone();
    found["requiredEvidence"] = json!([]);
    let nodes = framework["nodes"].as_array_mut().expect("nodes");
    nodes.extend([
        json!({"code": "B", "name": text("bonus"), "points": "2", "section": {"kind": "BONUS", "cap": "1"}}),
        json!({"code": "B.1", "parent": "B", "name": text("bonus"), "points": "2", "leaf": cases}),
        json!({"code": "P", "name": text("penalty"), "points": "2", "section": {"kind": "PENALTY", "cap": "2"}}),
        json!({"code": "P.1", "parent": "P", "name": text("penalty"), "points": "2", "leaf": found}),
    ]);
    framework
}

#[test]
fn sections_vetoes_conditions_and_tie_orders_read_back_without_a_finding() {
    let framework = Framework::parse(&rich()).expect("readable");
    assert_eq!(framework.lint(), []);
    assert_eq!(serde_json::to_value(&framework).expect("json"), rich());
    assert!(framework.takes_findings("1.2") && framework.takes_findings("P.1"));
    assert!(!framework.takes_findings("1.1") && !framework.takes_findings("B.1"));
}

#[test]
fn what_a_result_depends_on_is_held_to_the_tree() {
    let finds = |pointer: &str, value: Value, severity: Severity, code: &str| {
        let mut framework = rich();
        *framework.pointer_mut(pointer).expect(pointer) = value;
        let findings = Framework::parse(&framework).expect("readable").lint();
        let found = findings
            .iter()
            .any(|one| (one.severity, one.code.as_str()) == (severity, code));
        assert!(found, "{pointer} {code}: {findings:#?}");
    };
    let error = |pointer: &str, value: Value, code: &str| finds(pointer, value, Severity::Error, code);
    for cap in ["0", "2.1", "-1"] {
        error("/nodes/4/section/cap", json!(cap), "OUT_OF_RANGE");
    }
    error("/nodes/4/points", json!("3"), "POINTS_DO_NOT_ADD_UP");
    error("/scale", json!("7"), "POINTS_DO_NOT_ADD_UP");
    let mut below = rich()["nodes"][2].clone();
    below["section"] = json!({"kind": "BONUS", "cap": "0.5"});
    error("/nodes/2", below, "SECTION_BELOW");
    let deductions = json!({"kind": "DEDUCTIONS", "deductions": [{"input": "cases", "each": "0.25"}]});
    error("/nodes/7/leaf/rule", deductions, "PENALTY_RULE");
    let empty = json!({"kind": "PROPORTIONAL", "measure": {"input": "cases"}, "whenEmpty": "FULL"});
    error("/nodes/7/leaf/rule", empty, "PENALTY_RULE");
    error("/nodes/7/leaf/method", json!("SURVEY"), "PENALTY_SURVEY");

    let when = "/nodes/2/leaf/veto/when";
    error(when, json!({"input": "who", "is": true}), "UNDEFINED_INPUT");
    error(when, json!({"input": "when", "is": true}), "WRONG_INPUT_TYPE");
    error(
        when,
        json!({"input": "when", "oneOf": ["MAYBE"]}),
        "OPTION_NOT_IN_INPUT",
    );
    error(when, json!({"input": "when"}), "BAD_WHEN");
    error(when, json!({"input": "when", "is": true, "oneOf": ["NO"]}), "BAD_WHEN");
    let source = json!({"kind": "PREVIOUS_YEAR", "input": "when"});
    error("/nodes/2/leaf/inputs/0/source", source, "FINDING_NOT_DECLARED");
    let effect = "/nodes/2/leaf/veto/effect";
    error(
        effect,
        json!({"kind": "CLASS_AT_MOST", "class": "FAIR"}),
        "UNKNOWN_CLASS",
    );
    error(effect, json!({"kind": "CLASS_AT_MOST", "class": "GOOD"}), "NO_EFFECT");

    let condition = "/classes/0/conditions/0";
    let at_least = |node: &str, percent: &str| json!({"kind": "NODE_AT_LEAST", "node": node, "percent": percent});
    error(condition, at_least("7", "60"), "UNKNOWN_NODE");
    error(condition, at_least("B", "60"), "OUTSIDE_SCALE");
    error(condition, at_least("1", "0"), "OUT_OF_RANGE");
    error(condition, at_least("1", "100.5"), "OUT_OF_RANGE");
    let leaf = json!({"kind": "NOT_FOUND", "leaf": "1", "when": {"input": "when", "oneOf": ["NO"]}});
    error(condition, leaf, "UNKNOWN_NODE");
    let last =
        json!({"code": "POOR", "name": {"vi": "p", "en": "p"}, "atLeast": "0", "conditions": [{"kind": "NO_VETO"}]});
    error("/classes/1", last, "LAST_CLASS_CONDITION");
    let plain = rich()["nodes"][1].clone();
    let mut without = rich()["nodes"][2].clone();
    without["leaf"].as_object_mut().expect("a leaf").remove("veto");
    finds("/nodes/2", without, Severity::Warning, "NO_EFFECT");
    assert!(plain["leaf"].get("veto").is_none());

    error("/tieOrder", json!([]), "EMPTY_LIST");
    error("/tieOrder", json!(["SMALLER_GAP", "INDEX"]), "INDEX_NOT_FIRST");
    error("/tieOrder", json!([{"node": "1"}, {"node": "1"}]), "DOUBLED_CODE");
    error("/tieOrder", json!([{"node": "9"}]), "UNKNOWN_NODE");
    error("/tieOrder", json!([{"node": "P"}]), "OUTSIDE_SCALE");
}
