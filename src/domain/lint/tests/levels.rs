use serde_json::{Value, json};

use super::{error, good};
use crate::domain::framework::{Framework, Severity};

const LEAF: &str = "/nodes/2/leaf";

/// A leaf with levels of these codes and ratios.
fn leaf(levels: &[(&str, &str)]) -> Value {
    let text = |text: &str| json!({"vi": text, "en": text});
    let level = |(code, ratio): &(&str, &str)| json!({"code": code, "name": text(code), "ratio": ratio});
    let mut codes: Vec<&str> = levels.iter().map(|(code, _)| *code).collect();
    codes.dedup();
    let mut leaf = good().pointer(LEAF).expect("a leaf").clone();
    leaf["rule"] = json!({"kind": "MATURITY", "input": "met", "levels": levels.iter().map(level).collect::<Vec<_>>()});
    leaf["inputs"] = json!([{"code": "met", "name": text("met"), "type": {"kind": "ITEMS", "codes": codes}, "source": {"kind": "DECLARED"}}]);
    leaf
}

fn framework(leaf: Value) -> Value {
    let mut framework = good();
    *framework.pointer_mut(LEAF).expect("a leaf") = leaf;
    framework
}

#[test]
fn levels_that_rise_to_the_maximum_read_back_without_a_finding() {
    for levels in [
        &[("L1", "0.2"), ("L2", "0.6"), ("L3", "1")][..],
        &[("L1", "0"), ("L2", "0"), ("L3", "1")],
        &[("ONLY", "1")],
    ] {
        let json = framework(leaf(levels));
        let read = Framework::parse(&json).expect("readable");
        assert_eq!(read.lint(), []);
        assert_eq!(serde_json::to_value(&read).expect("json"), json);
    }
}

#[test]
fn a_higher_level_is_worth_no_less_and_the_input_has_the_same_levels() {
    error(
        LEAF,
        leaf(&[("L1", "0.5"), ("L2", "0.4"), ("L3", "1")]),
        "LEVELS_NOT_ASCENDING",
    );
    error(LEAF, leaf(&[("L1", "-0.1"), ("L2", "1")]), "OUT_OF_RANGE");
    error(LEAF, leaf(&[("L1", "0.5"), ("L2", "1.1")]), "OUT_OF_RANGE");
    error(LEAF, leaf(&[("L1", "0.5"), ("L1", "1")]), "DOUBLED_CODE");
    error(LEAF, leaf(&[]), "EMPTY_LIST");
    let many: Vec<String> = (0..11).map(|number| format!("L{number}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|code| (code.as_str(), "1")).collect();
    error(LEAF, leaf(&many), "TOO_MANY_LEVELS");
    assert_eq!(
        Framework::parse(&framework(leaf(&many[..10])))
            .expect("readable")
            .lint(),
        [],
        "ten are not too many"
    );
    let mut other = leaf(&[("L1", "0.5"), ("L2", "1")]);
    other["inputs"][0]["type"]["codes"] = json!(["L1", "L3"]);
    error(LEAF, other.clone(), "OPTION_NOT_IN_RULE");
    error(LEAF, other, "OPTION_NOT_IN_INPUT");
    let mut one = leaf(&[("L1", "0.5"), ("L2", "1")]);
    one["inputs"][0]["type"]["kind"] = json!("OPTION");
    error(LEAF, one, "WRONG_INPUT_TYPE");
}

#[test]
fn levels_are_found_by_their_place_and_in_both_languages() {
    let read = Framework::parse(&framework(leaf(&[("L1", "0.5"), ("L2", "0.4")]))).expect("readable");
    let findings = read.lint();
    let found: Vec<_> = findings
        .iter()
        .map(|one| (one.severity, one.code.as_str(), one.path.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (Severity::Error, "LEVELS_NOT_ASCENDING", "nodes/1.2/leaf/rule/L2"),
            (Severity::Warning, "LEVELS_BELOW_MAXIMUM", "nodes/1.2/leaf/rule"),
        ]
    );
    assert_eq!(
        findings[0].message.en,
        "the level L2 is worth less than L1 below it; state the lowest first"
    );
    assert_eq!(
        findings[0].message.vi,
        "mức L2 được ít điểm hơn mức L1 ở dưới; xếp mức thấp nhất trước"
    );
    assert_eq!(
        findings[1].message.en,
        "the highest level L2 is worth 0.4 of the maximum"
    );
}
