use serde_json::{Value, json};

use super::{error, good};
use crate::domain::framework::Framework;

const LEAF: &str = "/nodes/2/leaf";

/// The good options as classes of another index.
fn leaf() -> Value {
    let mut leaf = good().pointer(LEAF).expect("a leaf").clone();
    leaf["method"] = json!("IMPORTED");
    leaf["rule"]["kind"] = json!("CLASS_MAP");
    let classes = leaf["rule"].as_object_mut().expect("a rule").remove("options");
    leaf["rule"]["classes"] = classes.expect("options");
    leaf["inputs"][0]["source"] = json!({"kind": "IMPORTED", "index": {"vi": "Nghị định 61", "en": "Decree 61"}});
    leaf["requiredEvidence"] = json!([]);
    leaf
}

fn changed(place: &str, value: Value) -> Value {
    let mut leaf = leaf();
    *leaf.pointer_mut(place).expect(place) = value;
    leaf
}

#[test]
fn a_leaf_of_another_index_reads_back_without_a_finding() {
    let mut json = good();
    *json.pointer_mut(LEAF).expect("a leaf") = leaf();
    let read = Framework::parse(&json).expect("readable");
    assert_eq!(read.lint(), []);
    assert_eq!(serde_json::to_value(&read).expect("json"), json);
}

#[test]
fn such_a_leaf_takes_such_inputs_alone_and_no_other_leaf_does() {
    error(
        LEAF,
        changed("/inputs/0/source", json!({"kind": "DECLARED"})),
        "IMPORTED_LEAF_SOURCE",
    );
    error(
        LEAF,
        changed("/inputs/0/source", json!({"kind": "SURVEY"})),
        "IMPORTED_LEAF_SOURCE",
    );
    error(LEAF, changed("/method", json!("APPRAISED")), "IMPORTED_SOURCE");
    error(LEAF, changed("/method", json!("SURVEY")), "IMPORTED_SOURCE");
    error(
        LEAF,
        changed("/inputs/0/source/index/en", json!("")),
        "MISSING_TRANSLATION",
    );
    let evidence =
        json!([{"code": "P", "name": {"vi": "p", "en": "p"}, "kinds": ["LINK"], "documentTypes": [], "atLeast": 1}]);
    error(LEAF, changed("/requiredEvidence", evidence), "IMPORTED_EVIDENCE");
    let mean = json!({"kind": "SURVEY_MEAN", "input": "when", "lowest": "1", "highest": "5"});
    error(LEAF, changed("/rule", mean), "SURVEY_METHOD");
}
