use serde_json::{Value, json};

use super::{check, error, good};
use crate::domain::framework::{Framework, Severity};

const LEAF: &str = "/nodes/2/leaf";

/// A leaf with the average over two years of a declared amount.
fn leaf() -> Value {
    let text = |text: &str| json!({"vi": text, "en": text});
    let amount = |code: &str, source: Value| json!({"code": code, "name": text(code), "type": {"kind": "AMOUNT"}, "source": source});
    let mut leaf = good().pointer(LEAF).expect("a leaf").clone();
    leaf["rule"] = json!({"kind": "GROWTH", "years": ["y2", "y1", "now"], "otherwise": "0",
        "bands": [{"growthAtLeast": "0.05", "ratio": "1"}, {"growthAbove": "0", "ratio": "0.5"}]});
    leaf["inputs"] = json!([
        amount("y2", json!({"kind": "PREVIOUS_YEAR", "input": "now", "years": 2})),
        amount("y1", json!({"kind": "PREVIOUS_YEAR", "input": "now"})),
        amount("now", json!({"kind": "DECLARED"}))
    ]);
    leaf
}

fn changed(place: &str, value: Value) -> Value {
    let mut leaf = leaf();
    *leaf.pointer_mut(place).expect(place) = value;
    leaf
}

#[test]
fn an_average_reads_back_without_a_finding() {
    let mut json = good();
    *json.pointer_mut(LEAF).expect("a leaf") = leaf();
    let read = Framework::parse(&json).expect("readable");
    assert_eq!(read.lint(), []);
    assert_eq!(serde_json::to_value(&read).expect("json"), json);
}

#[test]
fn each_year_is_the_value_of_the_assessed_one_from_as_many_years_before() {
    error(
        LEAF,
        changed("/rule/years", json!(["y1", "y2", "now"])),
        "BAD_PREVIOUS_YEAR",
    );
    error(LEAF, changed("/inputs/0/source/years", json!(3)), "BAD_PREVIOUS_YEAR");
    error(
        LEAF,
        changed("/inputs/0/source/input", json!("y1")),
        "BAD_PREVIOUS_YEAR",
    );
    error(
        LEAF,
        changed("/inputs/1/source", json!({"kind": "DECLARED"})),
        "BAD_PREVIOUS_YEAR",
    );
    error(LEAF, changed("/inputs/0/source/years", json!(6)), "OUT_OF_RANGE");
    error(LEAF, changed("/inputs/0/source/years", json!(0)), "OUT_OF_RANGE");
}

#[test]
fn years_are_a_few_numbers_from_zero() {
    error(
        LEAF,
        changed("/rule/years", json!(["y1", "now"])),
        "WRONG_NUMBER_OF_YEARS",
    );
    error(LEAF, changed("/rule/years", json!([])), "WRONG_NUMBER_OF_YEARS");
    let seven = json!(["a", "b", "c", "d", "y2", "y1", "now"]);
    error(LEAF, changed("/rule/years", seven), "WRONG_NUMBER_OF_YEARS");
    error(LEAF, changed("/rule/years", json!(["y2", "y2", "now"])), "DOUBLED_CODE");
    error(
        LEAF,
        changed("/rule/years", json!(["y2", "y0", "now"])),
        "UNDEFINED_INPUT",
    );
    error(
        LEAF,
        changed("/inputs/1/type", json!({"kind": "YES_NO"})),
        "WRONG_INPUT_TYPE",
    );
    let below = json!({"kind": "DECIMAL", "minimum": "-1", "maximum": "9"});
    error(LEAF, changed("/inputs/2/type", below), "BAD_GROWTH");
}

#[test]
fn tiers_of_an_average_can_all_be_reached() {
    let band = |growth: &str, ratio: &str| json!({"growthAbove": growth, "ratio": ratio});
    error(LEAF, changed("/rule/bands", json!([])), "EMPTY_LIST");
    error(LEAF, changed("/rule/bands", json!([{"ratio": "1"}])), "BAD_BAND");
    error(LEAF, changed("/rule/bands/0/ratio", json!("1.5")), "OUT_OF_RANGE");
    let rising = json!([band("0", "0.5"), band("0.1", "1")]);
    error(LEAF, changed("/rule/bands", rising), "BANDS_UNSORTED");
    let twice = json!([band("0", "1"), band("0", "0.5")]);
    error(LEAF, changed("/rule/bands", twice), "BANDS_OVERLAP");
    let less = changed("/rule/otherwise", json!("0.7"));
    check(LEAF, less, Severity::Warning, "RATIOS_NOT_DESCENDING");
}
