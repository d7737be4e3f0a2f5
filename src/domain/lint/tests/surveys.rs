use serde_json::{Value, json};

use super::{check, error, good};
use crate::domain::framework::{Framework, Severity};

const LEAF: &str = "/nodes/3/leaf";

/// The good survey leaf with a share in place of the mean.
fn leaf() -> Value {
    let text = |text: &str| json!({"vi": text, "en": text});
    let mut leaf = good().pointer(LEAF).expect("a leaf").clone();
    leaf["rule"] = json!({"kind": "SURVEY_SHARE", "satisfied": "happy", "valid": "answers"});
    leaf["inputs"] = json!([
        {"code": "happy", "name": text("happy"), "type": {"kind": "COUNT"}, "atMost": "answers", "source": {"kind": "SURVEY"}},
        {"code": "answers", "name": text("answers"), "type": {"kind": "COUNT"}, "source": {"kind": "SURVEY"}}]);
    leaf
}

fn tiered(bands: Value, otherwise: &str) -> Value {
    let mut leaf = leaf();
    leaf["rule"]["tiers"] = json!({"bands": bands, "otherwise": otherwise});
    leaf
}

#[test]
fn a_share_reads_back_without_a_finding() {
    let bands = json!([{"atLeast": "1", "ratio": "1"}, {"atLeast": "0", "ratio": "0.5"}]);
    for leaf in [leaf(), tiered(bands, "0")] {
        let mut json = good();
        *json.pointer_mut(LEAF).expect("a leaf") = leaf;
        let read = Framework::parse(&json).expect("readable");
        assert_eq!(read.lint(), []);
        assert_eq!(serde_json::to_value(&read).expect("json"), json);
    }
}

#[test]
fn the_satisfied_are_a_counted_part_of_those_who_answered() {
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut leaf = leaf();
        change(&mut leaf);
        leaf
    };
    let unbounded = |leaf: &mut Value| {
        leaf["inputs"][0].as_object_mut().expect("an input").remove("atMost");
    };
    error(LEAF, changed(&unbounded), "BAD_BOUND");
    error(
        LEAF,
        changed(&|leaf| leaf["rule"]["valid"] = json!("happy")),
        "BAD_MEASURE",
    );
    error(
        LEAF,
        changed(&|leaf| leaf["rule"]["valid"] = json!("all")),
        "UNDEFINED_INPUT",
    );
    let share = json!({"kind": "DECIMAL", "minimum": "0", "maximum": "1"});
    error(
        LEAF,
        changed(&|leaf| leaf["inputs"][0]["type"] = share.clone()),
        "WRONG_INPUT_TYPE",
    );
    error(
        LEAF,
        changed(&|leaf| leaf["inputs"][1]["type"] = share.clone()),
        "WRONG_INPUT_TYPE",
    );
}

#[test]
fn tiers_lie_between_nothing_and_everybody() {
    let band = |at_least: &str, ratio: &str| json!({"atLeast": at_least, "ratio": ratio});
    error(LEAF, tiered(json!([]), "0"), "EMPTY_LIST");
    error(LEAF, tiered(json!([band("80", "1")]), "0"), "OUT_OF_RANGE");
    error(LEAF, tiered(json!([band("-0.1", "1")]), "0"), "OUT_OF_RANGE");
    error(LEAF, tiered(json!([band("0.8", "1.1")]), "0"), "OUT_OF_RANGE");
    error(LEAF, tiered(json!([band("0.8", "1")]), "-1"), "OUT_OF_RANGE");
    error(
        LEAF,
        tiered(json!([band("0.6", "0.5"), band("0.8", "1")]), "0"),
        "BANDS_UNSORTED",
    );
    error(
        LEAF,
        tiered(json!([band("0.8", "0.5"), band("0.8", "0.4")]), "0"),
        "BANDS_OVERLAP",
    );
    let falling = tiered(json!([band("0.8", "0.5")]), "0.6");
    check(LEAF, falling, Severity::Warning, "RATIOS_NOT_DESCENDING");
}

#[test]
fn a_share_is_of_a_survey_leaf_and_of_survey_inputs_alone() {
    let mut appraised = leaf();
    appraised["method"] = json!("APPRAISED");
    error(LEAF, appraised.clone(), "SURVEY_SOURCE");
    for input in 0..2 {
        appraised["inputs"][input]["source"] = json!({"kind": "DECLARED"});
    }
    error(LEAF, appraised, "SURVEY_METHOD");
    let mut other = leaf();
    other["inputs"][1]["source"] = json!({"kind": "DECLARED"});
    error(LEAF, other, "SURVEY_RULE");
}
