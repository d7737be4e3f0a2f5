//! A value in its group: at the ends, beyond them, and in a group of equals.

use super::*;

fn min_max(less_is_better: bool) -> Value {
    let mut rule =
        json!({"kind": "MIN_MAX", "input": "own", "lowest": "worst", "highest": "best", "withoutSpread": "0.5"});
    if less_is_better {
        rule["lessIsBetter"] = json!(true);
    }
    rule
}

fn z_score(zero_at: &str, full_at: &str) -> Value {
    json!({"kind": "Z_SCORE", "input": "own", "mean": "mean", "deviation": "deviation",
        "zeroAt": zero_at, "fullAt": full_at, "withoutSpread": "0.4"})
}

fn among(own: &str, worst: &str, best: &str) -> [(&'static str, Value); 3] {
    [
        ("own", decimal(own)),
        ("worst", decimal(worst)),
        ("best", decimal(best)),
    ]
}

fn around(own: &str, mean: &str, deviation: &str) -> [(&'static str, Value); 3] {
    [
        ("own", decimal(own)),
        ("mean", decimal(mean)),
        ("deviation", decimal(deviation)),
    ]
}

#[test]
fn the_worst_has_nothing_and_the_best_has_all() {
    for (own, worst, best, points, less) in [
        ("0.25", "0.25", "1", "0", "2"),
        // The best province of 2019 in online services.
        ("1", "0.25", "1", "2", "0"),
        ("0.7", "0.25", "1", "1.2", "0.8"),
        // Beyond what was found of the group.
        ("1.5", "0.25", "1", "2", "0"),
        ("0.1", "0.25", "1", "0", "2"),
        ("7", "7", "7", "1", "1"),
        ("9", "7", "7", "1", "1"),
    ] {
        check(min_max(false), "2", &among(own, worst, best), Points(points));
        check(min_max(true), "2", &among(own, worst, best), Points(less));
    }
}

#[test]
fn deviations_from_the_mean_lie_on_a_line() {
    for (own, mean, deviation, points, falling) in [
        // z = 1: three quarters of the way from −2 to 2.
        ("60", "50", "10", "1.5", "0.5"),
        ("50", "50", "10", "1", "1"),
        ("30", "50", "10", "0", "2"),
        ("70", "50", "10", "2", "0"),
        ("100", "50", "10", "2", "0"),
        ("0", "50", "10", "0", "2"),
        ("50", "50", "0", "0.8", "0.8"),
        ("60", "50", "0", "0.8", "0.8"),
    ] {
        check(z_score("-2", "2"), "2", &around(own, mean, deviation), Points(points));
        check(z_score("2", "-2"), "2", &around(own, mean, deviation), Points(falling));
    }
    let values = around("0.5", "0.2", "0.7");
    let third = evaluate(
        &leaf(z_score("0", "1"), &values),
        &Exact::one(),
        &states(&values),
        false,
    );
    assert_eq!(third.points(), Exact::ratio(3, 7), "exact to the end");
}

#[test]
fn a_figure_of_the_group_is_needed_like_the_own() {
    let values = among("0.7", "0.25", "1");
    for (code, _) in &values {
        let mut inputs = states(&values);
        inputs.remove(*code);
        check_leaf(
            &leaf(min_max(false), &values),
            "2",
            &inputs,
            true,
            Lacks(MissingCode::NotDeclared),
        );
    }
    let values = among("0.7", "1.25", "1");
    let mut leaf = leaf(min_max(false), &values);
    leaf.inputs[1].at_most = Some("best".to_owned());
    check_leaf(&leaf, "2", &states(&values), false, Lacks(MissingCode::InvalidValue));
}

#[test]
fn places_in_a_group_are_explained_and_described() {
    let told = |rule: Value, values: [(&'static str, Value); 3]| {
        let leaf = leaf(rule, &values);
        let explain = evaluate(&leaf, &Exact::from_integer(2), &states(&values), false).explain;
        (explain.text, leaf.describe(&Exact::from_integer(2)))
    };
    let (explained, described) = told(min_max(true), among("0.7", "0.25", "1"));
    assert_eq!(explained.en, "0.7, linear from 1 (nothing) to 0.25 (full) → 0.8 of 2");
    assert_eq!(
        described.en,
        "own: linear from best (0) to worst (2); in a group of equals: 1."
    );
    assert_eq!(
        described.vi,
        "own: tuyến tính từ best (0) đến worst (2); cả nhóm như nhau: 1."
    );
    let (explained, described) = told(z_score("-2", "2"), around("60", "50", "10"));
    assert_eq!(
        explained.en,
        "z = (60 − 50) ÷ 10 = 1, linear from -2 (nothing) to 2 (full) → 1.5 of 2"
    );
    assert_eq!(
        described.en,
        "(own − mean) ÷ deviation: linear from -2 (0) to 2 (2); in a group of equals: 0.8."
    );
    let (explained, _) = told(z_score("-2", "2"), around("60", "50", "0"));
    assert_eq!(explained.vi, "cả nhóm như nhau → 0,8 trên 2");
}

#[test]
fn a_tree_of_equals_does_not_pass_for_one_of_others() {
    let values = among("7", "7", "7");
    let mut tree = evaluate(
        &leaf(min_max(false), &values),
        &Exact::from_integer(2),
        &states(&values),
        false,
    )
    .explain;
    let best = &mut tree.operands[1].operands[0].operands[0];
    best.input.as_mut().expect("an input").value = Some(InputValue::Decimal(Decimal::from_integer(9)));
    assert_eq!(recompute(&tree), Exact::zero());
}
