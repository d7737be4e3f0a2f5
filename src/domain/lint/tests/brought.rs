use serde_json::{Value, json};

use super::{error, good};
use crate::domain::framework::Framework;

const LEAF: &str = "/nodes/2/leaf";

/// The good options as classes of the monthly evaluation.
fn leaf() -> Value {
    let mut leaf = good().pointer(LEAF).expect("a leaf").clone();
    leaf["method"] = json!("IMPORTED");
    leaf["rule"]["kind"] = json!("CLASS_MAP");
    let classes = leaf["rule"].as_object_mut().expect("a rule").remove("options");
    let classes = classes.expect("options");
    let codes = classes.as_array().expect("a list").iter().rev();
    let mut bounds: Vec<Value> = codes
        .enumerate()
        .map(|(place, one)| json!({"code": one["code"], "name": {"vi": "x", "en": "x"}, "atLeast": (5 * place).to_string()}))
        .collect();
    bounds.reverse();
    bounds[0]["firstAtLeast"] = json!("2");
    leaf["rule"]["classes"] = classes;
    leaf["inputs"][0]["source"] = json!({"kind": "CASE_EVALUATION", "of": "CLASS", "classes": bounds});
    leaf["requiredEvidence"] = json!([]);
    leaf
}

fn changed(place: &str, value: Value) -> Value {
    let mut leaf = leaf();
    *leaf.pointer_mut(place).expect(place) = value;
    leaf
}

#[test]
fn a_leaf_of_the_monthly_evaluation_reads_back_without_a_finding() {
    let mut json = good();
    *json.pointer_mut(LEAF).expect("a leaf") = leaf();
    let read = Framework::parse(&json).expect("readable");
    assert_eq!(read.lint(), []);
    assert_eq!(serde_json::to_value(&read).expect("json"), json);
}

#[test]
fn such_an_input_is_brought_and_holds_what_the_register_may_say() {
    error(LEAF, changed("/method", json!("APPRAISED")), "BROUGHT_SOURCE");
    error(LEAF, changed("/inputs/0/type/codes/0", json!("OTHER")), "BROUGHT_TYPE");
    error(LEAF, changed("/inputs/0/source/of", json!("MONTHS")), "BROUGHT_TYPE");
    error(LEAF, changed("/inputs/0/source/of", json!("MONTHS")), "BAD_CLASSES");
    let without = json!({"kind": "CASE_EVALUATION", "of": "CLASS"});
    error(LEAF, changed("/inputs/0/source", without), "BAD_CLASSES");
    error(
        LEAF,
        changed("/inputs/0/source/classes/0/atLeast", json!("19")),
        "BAD_CLASSES",
    );
    error(
        LEAF,
        changed("/inputs/0/source/classes/0/name/en", json!("")),
        "MISSING_TRANSLATION",
    );
    let evidence =
        json!([{"code": "P", "name": {"vi": "p", "en": "p"}, "kinds": ["LINK"], "documentTypes": [], "atLeast": 1}]);
    error(LEAF, changed("/requiredEvidence", evidence), "IMPORTED_EVIDENCE");
}

#[test]
fn whether_a_task_was_done_in_time_is_a_count_of_one_or_none() {
    let source = json!({"kind": "FOLLOW_UP", "conclusion": "232-TB-UBND-2020", "countsAs": "MEETING"});
    let leaf = || {
        let mut leaf = leaf();
        leaf["rule"] = json!({"kind": "FORMULA", "expression": "meeting"});
        leaf["inputs"] = json!([{"code": "meeting", "name": {"vi": "Họp", "en": "Meeting"}, "type": {"kind": "COUNT", "maximum": "1"}, "source": source}]);
        leaf
    };
    let changed = |place: &str, value: Value| {
        let mut leaf = leaf();
        *leaf.pointer_mut(place).expect(place) = value;
        leaf
    };
    let mut json = good();
    *json.pointer_mut(LEAF).expect("a leaf") = leaf();
    let read = Framework::parse(&json).expect("readable");
    assert_eq!(read.lint(), []);
    assert_eq!(serde_json::to_value(&read).expect("json"), json);
    error(LEAF, changed("/method", json!("APPRAISED")), "BROUGHT_SOURCE");
    error(
        LEAF,
        changed("/inputs/0/type", json!({"kind": "COUNT", "minimum": "1"})),
        "BROUGHT_TYPE",
    );
    error(LEAF, changed("/inputs/0/type/maximum", json!("0")), "BROUGHT_TYPE");
    error(
        LEAF,
        changed("/inputs/0/source/conclusion", json!("232/TB")),
        "BAD_CODE",
    );
}
