//! The share of the satisfied, as it is and in tiers, at its bounds.

use super::*;

fn rule() -> Value {
    json!({"kind": "SURVEY_SHARE", "satisfied": "happy", "valid": "answers"})
}

/// All from four fifths, a half from three fifths, a tenth below.
fn tiered() -> Value {
    let mut rule = rule();
    rule["tiers"] =
        json!({"bands": [{"atLeast": "0.8", "ratio": "1"}, {"atLeast": "0.6", "ratio": "0.5"}], "otherwise": "0.1"});
    rule
}

fn answers(satisfied: u32, valid: u32) -> [(&'static str, Value); 2] {
    [("happy", count(satisfied)), ("answers", count(valid))]
}

#[test]
fn the_share_of_the_satisfied_is_the_ratio() {
    for (satisfied, valid, points) in [(0, 400, "0"), (312, 400, "1.56"), (400, 400, "2"), (1, 1, "2")] {
        check(rule(), "2", &answers(satisfied, valid), Points(points));
    }
    let values = answers(2, 3);
    let third = evaluate(&leaf(rule(), &values), &Exact::from_integer(2), &states(&values), false);
    assert_eq!(third.points(), Exact::ratio(4, 3), "exact to the end");
}

#[test]
fn tiers_begin_exactly_where_they_say() {
    for (satisfied, valid, points) in [
        (400, 400, "2"),
        (320, 400, "2"),
        (319, 400, "1"),
        (240, 400, "1"),
        (239, 400, "0.2"),
        (0, 400, "0.2"),
    ] {
        check(tiered(), "2", &answers(satisfied, valid), Points(points));
    }
}

#[test]
fn no_valid_answer_is_worth_nothing_whatever_else_is_stated() {
    for rule in [rule(), tiered()] {
        let values = answers(0, 0);
        let leaf = leaf(rule, &values);
        for nothing_to_do in [false, true] {
            let expected = Lacks(MissingCode::EmptyDenominator);
            check_leaf(&leaf, "2", &states(&values), nothing_to_do, expected);
        }
        check_leaf(&leaf, "2", &BTreeMap::new(), false, Lacks(MissingCode::NotDeclared));
    }
}

#[test]
fn more_satisfied_than_there_were_answers_are_an_error_not_the_maximum() {
    let values = answers(401, 400);
    let mut leaf = leaf(rule(), &values);
    leaf.inputs[0].at_most = Some("answers".to_owned());
    check_leaf(&leaf, "2", &states(&values), false, Lacks(MissingCode::InvalidValue));
}

#[test]
fn shares_are_explained_and_described_in_both_languages() {
    let text = |rule: Value| {
        let values = answers(312, 400);
        let leaf = leaf(rule, &values);
        let explain = evaluate(&leaf, &Exact::from_integer(2), &states(&values), false).explain;
        (explain.text, leaf.describe(&Exact::from_integer(2)))
    };
    let (explained, described) = text(rule());
    assert_eq!(explained.en, "312/400 = 78 % → 1.56 of 2");
    assert_eq!(explained.vi, "312/400 = 78 % → 1,56 trên 2");
    assert_eq!(described.en, "happy / answers × 2; no points without a valid answer.");
    assert_eq!(
        described.vi,
        "happy / answers × 2; không có trả lời hợp lệ thì không có điểm."
    );
    let (explained, described) = text(tiered());
    assert_eq!(explained.en, "312/400 = 78 % ≥ 60 % → 1 of 2");
    assert_eq!(
        described.en,
        "happy / answers ≥ 80 %: 2; ≥ 60 %: 1; otherwise: 0.2; no points without a valid answer."
    );
    assert_eq!(
        described.vi,
        "happy / answers ≥ 80 %: 2; ≥ 60 %: 1; còn lại: 0,2; không có trả lời hợp lệ thì không có điểm."
    );
}
