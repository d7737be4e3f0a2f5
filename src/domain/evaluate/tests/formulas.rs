//! Formulas with variants: the one that is chosen is computed, over its own inputs alone, and named.

use super::*;

/// By tasks done, or by days of delay.
fn rule() -> Value {
    let choice = |(code, expression): (&str, &str)| json!({"code": code, "name": name(&code.to_lowercase()), "expression": expression});
    let choices: Vec<Value> = [("ON_TIME", "done / all"), ("LATE", "1 - days / 40"), ("NONE", "0")]
        .map(choice)
        .to_vec();
    json!({"kind": "FORMULA", "variants": {"input": "way", "choices": choices}})
}

fn way(code: &str) -> (&'static str, Value) {
    ("way", json!({"kind": "OPTION", "value": code}))
}

fn all(code: &str) -> [(&'static str, Value); 4] {
    [way(code), ("done", count(28)), ("all", count(32)), ("days", count(10))]
}

#[test]
fn the_chosen_variant_is_computed() {
    for (code, points) in [("ON_TIME", "1.75"), ("LATE", "1.5"), ("NONE", "0")] {
        check(rule(), "2", &all(code), Points(points));
    }
    check(rule(), "2", &all("SOMEHOW"), Lacks(MissingCode::InvalidValue));
}

#[test]
fn only_the_inputs_of_the_chosen_variant_are_needed() {
    let leaf = leaf(rule(), &all("LATE"));
    let without = |code: &str, gone: &[&str]| {
        let mut inputs = states(&all(code));
        gone.iter().for_each(|input| drop(inputs.remove(*input)));
        inputs
    };
    check_leaf(&leaf, "2", &without("LATE", &["done", "all"]), false, Points("1.5"));
    check_leaf(&leaf, "2", &without("ON_TIME", &["days"]), false, Points("1.75"));
    check_leaf(
        &leaf,
        "2",
        &without("NONE", &["done", "all", "days"]),
        false,
        Points("0"),
    );
    for (code, gone) in [("LATE", "days"), ("ON_TIME", "done"), ("LATE", "way")] {
        check_leaf(
            &leaf,
            "2",
            &without(code, &[gone]),
            false,
            Lacks(MissingCode::NotDeclared),
        );
    }
    let missing = evaluate(&leaf, &Exact::one(), &without("LATE", &["days"]), false);
    let asked: Vec<&str> = missing
        .explain
        .operands
        .iter()
        .filter_map(|one| Some(one.input.as_ref()?.code.as_str()))
        .collect();
    assert_eq!(
        asked,
        ["way", "days"],
        "what the other variants ask for is no part of it"
    );
}

#[test]
fn an_option_without_a_variant_gives_nothing() {
    let mut leaf = leaf(rule(), &all("LATE"));
    leaf.inputs[0].kind =
        serde_json::from_value(json!({"kind": "OPTION", "codes": ["LATE", "OTHER"]})).expect("a type");
    check_leaf(
        &leaf,
        "2",
        &states(&all("OTHER")),
        false,
        Lacks(MissingCode::InvalidValue),
    );
}

#[test]
fn a_variant_may_divide_by_zero_and_have_nothing_to_do() {
    let values = [
        way("ON_TIME"),
        ("done", count(0)),
        ("all", count(0)),
        ("days", count(10)),
    ];
    check(rule(), "2", &values, Lacks(MissingCode::EmptyDenominator));
    let mut rule = rule();
    rule["whenEmpty"] = json!("NOT_APPLICABLE");
    rule["emptyWhenZero"] = json!("all");
    let leaf = leaf(rule, &values);
    check_leaf(&leaf, "2", &states(&values), true, NotApplicable);
    // What says that there was nothing to do is needed by every variant.
    let mut inputs = states(&all("LATE"));
    inputs.remove("all");
    check_leaf(&leaf, "2", &inputs, true, Lacks(MissingCode::NotDeclared));
}

#[test]
fn the_explanation_names_the_variant_and_rests_on_the_answer() {
    let values = all("LATE");
    let leaf = leaf(rule(), &values);
    let mut tree = evaluate(&leaf, &Exact::from_integer(2), &states(&values), false).explain;
    assert_eq!(tree.text.en, "way: late; 1 - days / 40 = 75 % → 1.5 of 2");
    assert_eq!(tree.text.vi, "way: late; 1 - days / 40 = 75 % → 1,5 trên 2");
    let answer = &mut tree.operands[1].operands[0].operands[0];
    answer.input.as_mut().expect("an input").value = Some(InputValue::Option("NONE".to_owned()));
    assert_eq!(recompute(&tree), Exact::zero(), "another answer does not lead there");
}

#[test]
fn variants_are_described_by_their_names() {
    let mut leaf = leaf(rule(), &all("LATE"));
    leaf.inputs[0].name = Text::new("cách tính", "the way of counting");
    let text = leaf.describe(&Exact::from_integer(2));
    assert_eq!(
        text.en,
        "By the way of counting: on_time: 2 × (“done” ÷ “all”); late: 2 × (1 - “days” ÷ 40); none: 2 × (0)."
    );
    assert!(text.vi.starts_with("Theo cách tính: on_time: 2 × ("), "{}", text.vi);
}
