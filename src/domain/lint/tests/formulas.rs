use serde_json::{Value, json};

use super::{error, good};
use crate::domain::framework::Framework;

const LEAF: &str = "/nodes/2/leaf";

/// A leaf with two variants, each over an input of its own.
fn leaf() -> Value {
    let text = |text: &str| json!({"vi": text, "en": text});
    let input = |code: &str, kind: Value| json!({"code": code, "name": text(code), "type": kind, "source": {"kind": "DECLARED"}});
    let choice = |code: &str, expression: &str| json!({"code": code, "name": text(code), "expression": expression});
    let mut leaf = good().pointer(LEAF).expect("a leaf").clone();
    leaf["rule"] = json!({"kind": "FORMULA", "variants": {"input": "way",
        "choices": [choice("TASKS", "done / 10"), choice("DAYS", "1 - late / 40")]}});
    leaf["inputs"] = json!([
        input("way", json!({"kind": "OPTION", "codes": ["TASKS", "DAYS"]})),
        input("done", json!({"kind": "COUNT"})),
        input("late", json!({"kind": "COUNT"}))
    ]);
    leaf
}

fn framework(leaf: Value) -> Value {
    let mut framework = good();
    *framework.pointer_mut(LEAF).expect("a leaf") = leaf;
    framework
}

fn changed(place: &str, value: Value) -> Value {
    let mut leaf = leaf();
    *leaf.pointer_mut(place).expect(place) = value;
    leaf
}

#[test]
fn variants_read_back_without_a_finding() {
    let json = framework(leaf());
    let read = Framework::parse(&json).expect("readable");
    assert_eq!(read.lint(), []);
    assert_eq!(serde_json::to_value(&read).expect("json"), json);
}

#[test]
fn there_is_a_variant_for_every_option_and_no_other() {
    let choices = "/rule/variants/choices";
    error(
        LEAF,
        changed("/inputs/0/type/codes", json!(["TASKS", "DAYS", "OTHER"])),
        "OPTION_NOT_IN_RULE",
    );
    error(
        LEAF,
        changed("/inputs/0/type/codes", json!(["TASKS"])),
        "OPTION_NOT_IN_INPUT",
    );
    error(
        LEAF,
        changed(&format!("{choices}/1/code"), json!("TASKS")),
        "DOUBLED_CODE",
    );
    error(
        LEAF,
        changed(&format!("{choices}/1/code"), json!("số ngày")),
        "BAD_CODE",
    );
    error(
        LEAF,
        changed(&format!("{choices}/1/name/en"), json!(" ")),
        "MISSING_TRANSLATION",
    );
    error(LEAF, changed(choices, json!([])), "WRONG_NUMBER_OF_VARIANTS");
    let one = leaf().pointer(&format!("{choices}/0")).expect("a variant").clone();
    error(LEAF, changed(choices, json!([one])), "WRONG_NUMBER_OF_VARIANTS");
    error(LEAF, changed(choices, json!(vec![one; 11])), "WRONG_NUMBER_OF_VARIANTS");
}

#[test]
fn an_option_chooses_and_numbers_are_computed_with() {
    error(LEAF, changed("/rule/variants/input", json!("done")), "WRONG_INPUT_TYPE");
    error(LEAF, changed("/rule/variants/input", json!("which")), "UNDEFINED_INPUT");
    let expression = "/rule/variants/choices/1/expression";
    error(LEAF, changed(expression, json!("way + 1")), "WRONG_INPUT_TYPE");
    error(LEAF, changed(expression, json!("days / 40")), "UNDEFINED_INPUT");
    let mut empty = leaf();
    empty["rule"]["whenEmpty"] = json!("ZERO");
    error(LEAF, empty, "BAD_WHEN_EMPTY");
}

#[test]
fn a_formula_has_one_expression_or_variants() {
    let unreadable = |rule: Value| {
        let findings = Framework::parse(&framework(changed("/rule", rule))).expect_err("unreadable");
        assert_eq!(findings[0].path, "nodes/1.2/leaf/rule");
        assert_eq!(
            findings[0].message.en,
            "cannot be read: a formula states either expression or variants"
        );
    };
    unreadable(json!({"kind": "FORMULA"}));
    let mut both = leaf()["rule"].clone();
    both["expression"] = json!("done / 10");
    unreadable(both);
}
