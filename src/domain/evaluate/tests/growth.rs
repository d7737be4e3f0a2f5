//! The average growth over several years, at the bounds of its tiers and without a year to grow from.

use super::*;

/// All from a growth of more than a twentieth, three fifths from more than none, a fifth where it does not shrink.
fn rule() -> Value {
    json!({"kind": "GROWTH", "years": ["y3", "y2", "y1", "now"], "otherwise": "0", "bands": [
        {"growthAbove": "0.05", "ratio": "1"}, {"growthAbove": "0", "ratio": "0.6"}, {"growthAtLeast": "0", "ratio": "0.2"}]})
}

fn years(values: [u32; 4]) -> [(&'static str, Value); 4] {
    let [y3, y2, y1, now] = values.map(count);
    [("y3", y3), ("y2", y2), ("y1", y1), ("now", now)]
}

fn explained(values: [u32; 4]) -> Explanation {
    let values = years(values);
    evaluate(&leaf(rule(), &values), &Exact::from_integer(2), &states(&values), false).explain
}

#[test]
fn the_average_of_the_yearly_rates_is_compared_exactly() {
    for (values, points) in [
        // +10 %, +10 %, +10 %.
        ([1000, 1100, 1210, 1331], "2"),
        // +10 %, +5 %, 0 %: a twentieth, which is not more than a twentieth.
        ([200, 220, 231, 231], "1.2"),
        // One of ten thousand more in the last year is.
        ([2000, 2200, 2310, 2311], "2"),
        // +100 %, −50 %, 0 %: a sixth on average, although it is as large as at first.
        ([10, 20, 10, 10], "2"),
        // −50 %, +50 %, 0 %: none on average, although it is smaller.
        ([20, 10, 15, 15], "0.4"),
        ([7, 7, 7, 7], "0.4"),
        ([100, 100, 100, 99], "0"),
        // Nothing left: −100 % in the last year.
        ([100, 130, 169, 0], "0"),
    ] {
        check(rule(), "2", &years(values), Points(points));
    }
}

#[test]
fn nothing_grows_from_nothing() {
    for values in [[0, 5, 6, 7], [5, 0, 6, 7], [5, 6, 0, 7], [0, 0, 0, 0]] {
        check(rule(), "2", &years(values), Lacks(MissingCode::EmptyDenominator));
    }
    let values = years([0, 6, 0, 7]);
    let found = evaluate(&leaf(rule(), &values), &Exact::from_integer(2), &states(&values), true);
    let Outcome::Missing(missing) = found.outcome else {
        panic!("{found:?}")
    };
    let named: Vec<&str> = missing.iter().map(|one| one.input.as_str()).collect();
    assert_eq!(named, ["y3", "y1"]);
    assert_eq!(
        missing[0].message.en,
        "y3 is zero: no growth of the year after can be told from it"
    );
    assert_eq!(
        missing[0].message.vi,
        "y3 bằng 0 nên không tính được mức tăng của năm sau"
    );
}

#[test]
fn every_year_is_needed() {
    let values = years([1, 2, 3, 4]);
    for (code, _) in &values {
        let mut inputs = states(&values);
        inputs.remove(*code);
        let leaf = leaf(rule(), &values);
        check_leaf(&leaf, "2", &inputs, false, Lacks(MissingCode::NotDeclared));
    }
}

#[test]
fn the_tree_has_every_yearly_rate() {
    let tree = explained([200, 220, 231, 231]);
    let average = &tree.operands[1].operands[0];
    assert_eq!(average.result, Exact::ratio(1, 20));
    let rates = &average.operands[0].operands;
    let found: Vec<Exact> = rates.iter().map(|rate| rate.result.clone()).collect();
    assert_eq!(found, [Exact::ratio(1, 10), Exact::ratio(1, 20), Exact::zero()]);
    assert_eq!(rates[0].text.en, "y2: (220 − 200) ÷ 200 = 10 %");
    assert_eq!(
        tree.text.en,
        "average growth over 3 years (10 %; 5 %; 0 %): 5 % > 0 % → 1.2 of 2"
    );
    assert_eq!(
        explained([100, 100, 100, 99]).text.vi,
        "tăng bình quân 3 năm (0 %; 0 %; -1 %): ≈ -0,3333 % < 0 % → 0 trên 2"
    );
    // A tree with another figure gives other points.
    let mut forged = explained([200, 220, 231, 231]);
    let last = &mut forged.operands[1].operands[0].operands[0].operands[2].operands[0].operands[0];
    last.input.as_mut().expect("an input").value = Some(InputValue::Count(Decimal::from_integer(300)));
    assert_eq!(recompute(&forged), Exact::from_integer(2));
}

#[test]
fn averages_are_described_in_both_languages() {
    let text = leaf(rule(), &years([1, 1, 1, 1])).describe(&Exact::from_integer(2));
    assert_eq!(
        text.en,
        "Average over 3 years of now: growth > 5 %: 2; growth > 0 %: 1.2; growth ≥ 0 %: 0.4; otherwise: 0; no points from a year of zero."
    );
    assert_eq!(
        text.vi,
        "Bình quân 3 năm của now: tăng > 5 %: 2; tăng > 0 %: 1,2; tăng ≥ 0 %: 0,4; còn lại: 0; năm gốc bằng 0 thì không có điểm."
    );
}

#[test]
fn a_value_says_how_many_years_before_it_is() {
    let mut leaf = leaf(rule(), &years([1, 2, 3, 4]));
    for (place, before) in [(0, 3), (1, 2), (2, 1)] {
        leaf.inputs[place].source = serde_json::from_value(match before {
            1 => json!({"kind": "PREVIOUS_YEAR", "input": "now"}),
            years => json!({"kind": "PREVIOUS_YEAR", "input": "now", "years": years}),
        })
        .expect("a source");
    }
    let mut inputs = states(&years([1, 2, 3, 4]));
    for code in ["y3", "y2", "y1"] {
        let value = InputValue::Count(Decimal::from_integer(9));
        let source = Some("BC 9".to_owned());
        inputs.insert(
            code.to_owned(),
            InputState::known(value, InputOrigin::PreviousYear { source }),
        );
    }
    let tree = evaluate(&leaf, &Exact::one(), &inputs, false).explain;
    let told = |code: &str| {
        let all = serde_json::to_string(&tree).expect("json");
        [
            format!("{code}: 9 (3 years before, BC 9)"),
            format!("{code}: 9 (last year, BC 9)"),
        ]
        .map(|sentence| all.contains(&sentence))
    };
    assert_eq!((told("y3"), told("y1")), ([true, false], [false, true]));
    inputs.remove("y2");
    let found = evaluate(&leaf, &Exact::one(), &inputs, false);
    assert_eq!(
        found.explain.text.en,
        "y2: the value of that year is not known → 0 of 1"
    );
}
