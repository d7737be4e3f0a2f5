use serde_json::{Value, json};

use super::{error, good};
use crate::domain::framework::Framework;

const LEAF: &str = "/nodes/2/leaf";

/// A leaf of another index with the figures of its group.
fn leaf(rule: Value, codes: [&str; 3]) -> Value {
    let text = |text: &str| json!({"vi": text, "en": text});
    let source = json!({"kind": "IMPORTED", "index": text("ICT Index 2019")});
    let input = |code: &str| json!({"code": code, "name": text(code), "type": {"kind": "DECIMAL", "minimum": "0", "maximum": "1"}, "source": source});
    let mut leaf = good().pointer(LEAF).expect("a leaf").clone();
    leaf["method"] = json!("IMPORTED");
    leaf["requiredEvidence"] = json!([]);
    leaf["rule"] = rule;
    leaf["inputs"] = json!(codes.map(input));
    leaf
}

fn min_max() -> Value {
    let rule = json!({"kind": "MIN_MAX", "input": "own", "lowest": "worst", "highest": "best", "withoutSpread": "1"});
    let mut leaf = leaf(rule, ["own", "worst", "best"]);
    leaf["inputs"][1]["atMost"] = json!("best");
    leaf
}

fn z_score() -> Value {
    let rule = json!({"kind": "Z_SCORE", "input": "own", "mean": "mean", "deviation": "deviation",
        "zeroAt": "-2", "fullAt": "2", "withoutSpread": "0.5"});
    leaf(rule, ["own", "mean", "deviation"])
}

fn changed(mut leaf: Value, place: &str, value: Value) -> Value {
    *leaf.pointer_mut(place).expect(place) = value;
    leaf
}

/// The same with figures that are measured over the round.
fn measured(mut leaf: Value, statistics: [&str; 2]) -> Value {
    for (position, statistic) in statistics.into_iter().enumerate() {
        let input = &mut leaf["inputs"][1 + position];
        input["source"] = json!({"kind": "GROUP", "input": "own", "statistic": statistic});
        input.as_object_mut().expect("an input").remove("atMost");
    }
    leaf
}

#[test]
fn what_is_measured_over_a_round_is_about_another_number_that_it_can_hold() {
    let between = || measured(min_max(), ["LOWEST", "HIGHEST"]);
    let apart = || measured(z_score(), ["MEAN", "DEVIATION"]);
    for leaf in [
        between(),
        changed(
            apart(),
            "/inputs/2/source",
            json!({"kind": "GROUP", "input": "own", "statistic": "DEVIATION", "decimals": 4}),
        ),
    ] {
        let mut json = good();
        *json.pointer_mut(LEAF).expect("a leaf") = leaf;
        let read = Framework::parse(&json).expect("readable");
        assert_eq!(read.lint(), []);
        assert_eq!(serde_json::to_value(&read).expect("json"), json);
    }
    for (place, value) in [
        ("/inputs/1/source/input", json!("worst")),
        ("/inputs/1/source/input", json!("best")),
        ("/inputs/1/source/input", json!("nothing")),
        ("/inputs/1/source/statistic", json!("MEAN")),
        ("/inputs/1/type", json!({"kind": "AMOUNT"})),
        // Narrower than what it is to hold.
        ("/inputs/1/type/minimum", json!("0.1")),
        ("/inputs/2/type/maximum", json!("0.9")),
        ("/inputs/0/type", json!({"kind": "YES_NO"})),
    ] {
        error(LEAF, changed(between(), place, value), "BAD_GROUP");
    }
    let any = json!({"kind": "PROPORTIONAL", "measure": {"ratio": {"numerator": "own", "denominator": "best"}}});
    error(LEAF, changed(between(), "/rule", any), "GROUP_RULE");
    error(
        LEAF,
        changed(apart(), "/inputs/2/type/maximum", json!("0.9")),
        "BAD_GROUP",
    );
    // A mean is rarely a whole number.
    error(
        LEAF,
        changed(apart(), "/inputs/1/type", json!({"kind": "COUNT"})),
        "BAD_GROUP",
    );
    let places = |statistic: &str, decimals: u8| json!({"kind": "GROUP", "input": "own", "statistic": statistic, "decimals": decimals});
    error(
        LEAF,
        changed(apart(), "/inputs/1/source", places("MEAN", 13)),
        "OUT_OF_RANGE",
    );
    error(
        LEAF,
        changed(between(), "/inputs/1/source", places("LOWEST", 2)),
        "OUT_OF_RANGE",
    );
}

#[test]
fn rules_over_a_group_read_back_without_a_finding() {
    let mut less = min_max();
    less["rule"]["lessIsBetter"] = json!(true);
    for leaf in [min_max(), less, z_score()] {
        let mut json = good();
        *json.pointer_mut(LEAF).expect("a leaf") = leaf;
        let read = Framework::parse(&json).expect("readable");
        assert_eq!(read.lint(), []);
        assert_eq!(serde_json::to_value(&read).expect("json"), json);
    }
}

#[test]
fn figures_of_a_group_are_three_numbers_in_their_order() {
    error(LEAF, changed(min_max(), "/rule/lowest", json!("best")), "DOUBLED_CODE");
    error(
        LEAF,
        changed(min_max(), "/rule/lowest", json!("other")),
        "UNDEFINED_INPUT",
    );
    error(LEAF, changed(min_max(), "/inputs/1/atMost", json!("own")), "BAD_BOUND");
    error(
        LEAF,
        changed(min_max(), "/rule/withoutSpread", json!("1.1")),
        "OUT_OF_RANGE",
    );
    error(
        LEAF,
        changed(min_max(), "/inputs/0/type", json!({"kind": "YES_NO"})),
        "WRONG_INPUT_TYPE",
    );
    error(LEAF, changed(z_score(), "/rule/mean", json!("own")), "DOUBLED_CODE");
    error(
        LEAF,
        changed(z_score(), "/inputs/2/type/minimum", json!("-1")),
        "BAD_DEVIATION",
    );
    error(LEAF, changed(z_score(), "/rule/zeroAt", json!("2")), "NO_SPAN");
    error(
        LEAF,
        changed(z_score(), "/rule/withoutSpread", json!("-0.1")),
        "OUT_OF_RANGE",
    );
}
