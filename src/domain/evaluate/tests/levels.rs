//! Levels of maturity: which one is reached, how that is told, and what a tree proves.

use super::*;

/// Three levels worth a fifth, a half and all.
fn rule() -> Value {
    let level = |(code, ratio): (&str, &str)| json!({"code": code, "name": name(&code.to_lowercase()), "ratio": ratio});
    let levels: Vec<Value> = [("A", "0.2"), ("B", "0.5"), ("C", "1")].map(level).to_vec();
    json!({"kind": "MATURITY", "input": "met", "levels": levels})
}

fn met(levels: &[&str]) -> [(&'static str, Value); 1] {
    [("met", json!({"kind": "ITEMS", "value": levels}))]
}

fn explained(levels: &[&str]) -> Explanation {
    let values = met(levels);
    evaluate(&leaf(rule(), &values), &Exact::from_integer(2), &states(&values), false).explain
}

#[test]
fn a_level_counts_only_with_all_below_it() {
    for (levels, points) in [
        (&[][..], "0"),
        (&["A"], "0.4"),
        (&["A", "B"], "1"),
        (&["A", "B", "C"], "2"),
        // Whatever stands above a gap counts for nothing.
        (&["B"], "0"),
        (&["C"], "0"),
        (&["B", "C"], "0"),
        (&["A", "C"], "0.4"),
        // The order in which they are stated says nothing.
        (&["C", "A", "B"], "2"),
    ] {
        check(rule(), "2", &met(levels), Points(points));
    }
}

#[test]
fn levels_that_are_not_known_or_stated_twice_count_for_nothing() {
    check(rule(), "2", &met(&["A", "A"]), Lacks(MissingCode::InvalidValue));
    check(rule(), "2", &met(&["A", "D"]), Lacks(MissingCode::InvalidValue));
    let leaf = leaf(rule(), &met(&[]));
    check_leaf(&leaf, "2", &BTreeMap::new(), false, Lacks(MissingCode::NotDeclared));
}

#[test]
fn the_explanation_says_which_level_and_what_does_not_count() {
    for (levels, english, vietnamese) in [
        (
            &[][..],
            "without the first level → 0 of 2",
            "chưa đạt mức đầu → 0 trên 2",
        ),
        (&["A", "B", "C"], "level 3/3 (c) → 2 of 2", "mức 3/3 (c) → 2 trên 2"),
        (
            &["A", "C"],
            "level 1/3 (a); c not counted without b → 0.4 of 2",
            "mức 1/3 (a); không tính c vì chưa đạt b → 0,4 trên 2",
        ),
        (
            &["B", "C"],
            "without the first level; b, c not counted without a → 0 of 2",
            "chưa đạt mức đầu; không tính b, c vì chưa đạt a → 0 trên 2",
        ),
    ] {
        let text = explained(levels).text;
        assert_eq!((text.en.as_str(), text.vi.as_str()), (english, vietnamese));
    }
}

#[test]
fn a_tree_whose_answers_do_not_lead_to_its_steps_is_worth_nothing() {
    let mut tree = explained(&["A", "B"]);
    assert_eq!(recompute(&tree), Exact::one());
    let first = &mut tree.operands[1];
    assert_eq!(first.operation, Operation::Then);
    let asked = first.operands[0].operands[0].input.as_mut().expect("an input");
    asked.value = Some(InputValue::Items(vec!["B".to_owned()]));
    assert_eq!(recompute(&tree), Exact::zero());
}

#[test]
fn levels_are_described_with_what_each_is_worth() {
    let text = leaf(rule(), &met(&[])).describe(&Exact::from_integer(2));
    assert_eq!(
        text.en,
        "The highest level that is met together with all below it: a: 0.4; b: 1; c: 2; without the first: 0."
    );
    assert_eq!(
        text.vi,
        "Mức cao nhất đạt được khi mọi mức thấp hơn cũng đạt: a: 0,4; b: 1; c: 2; chưa đạt mức đầu: 0."
    );
}
