//! Golden numbers of the practice that the rules are modelled on, and the edges of every kind.

mod formulas;
mod growth;
mod levels;
mod normalised;
mod shares;

use serde_json::{Value, json};

use super::*;
use crate::domain::exact::Decimal;
use crate::domain::explain::{DerivedFrom, recompute};

enum Expected {
    /// Exact decimal points.
    Points(&'static str),
    NotApplicable,
    /// The first reason.
    Missing(MissingCode),
}
use Expected::{Missing as Lacks, NotApplicable, Points};

fn name(text: &str) -> Value {
    json!({"vi": text, "en": text})
}

/// A leaf with the rule; its inputs are those of the values, typed alike.
fn leaf(rule: Value, values: &[(&str, Value)]) -> Leaf {
    let kind = |value: &Value| match value["kind"].as_str().expect("a kind") {
        "DECIMAL" => json!({"kind": "DECIMAL", "minimum": "0", "maximum": "100"}),
        "OPTION" => json!({"kind": "OPTION", "codes": ["ON_TIME", "LATE", "NONE"]}),
        "ITEMS" => json!({"kind": "ITEMS", "codes": ["A", "B", "C"]}),
        kind => json!({"kind": kind}),
    };
    let input = |(code, value): &(&str, Value)| json!({"code": code, "name": name(code), "type": kind(value), "source": {"kind": "DECLARED"}});
    let inputs: Vec<Value> = values.iter().map(input).collect();
    serde_json::from_value(json!({"method": "APPRAISED", "appraiser": "SNV", "rule": rule, "inputs": inputs}))
        .expect("a leaf")
}

fn states(values: &[(&str, Value)]) -> BTreeMap<String, InputState> {
    let state = |value: &Value| InputState::declared(serde_json::from_value(value.clone()).expect("a value"));
    values
        .iter()
        .map(|(code, value)| ((*code).to_owned(), state(value)))
        .collect()
}

fn check_leaf(
    leaf: &Leaf,
    maximum: &str,
    inputs: &BTreeMap<String, InputState>,
    nothing_to_do: bool,
    expected: Expected,
) {
    let maximum = Decimal::parse(maximum).expect("a maximum");
    let evaluation = evaluate(leaf, maximum.exact(), inputs, nothing_to_do);
    match (expected, &evaluation.outcome) {
        (Points(points), Outcome::Points(found)) => {
            assert_eq!(
                found,
                Decimal::parse(points).expect("points").exact(),
                "{}",
                evaluation.explain.text.en
            );
        }
        (NotApplicable, Outcome::NotApplicable) => {}
        (Lacks(code), Outcome::Missing(reasons)) => assert_eq!(reasons[0].code, code),
        (_, found) => panic!("{found:?}"),
    }
    assert_eq!(recompute(&evaluation.explain), evaluation.points());
}

fn check(rule: Value, maximum: &str, values: &[(&str, Value)], expected: Expected) {
    check_leaf(&leaf(rule, values), maximum, &states(values), false, expected);
}

fn count(value: u32) -> Value {
    json!({"kind": "COUNT", "value": value.to_string()})
}

fn decimal(value: &str) -> Value {
    json!({"kind": "DECIMAL", "value": value})
}

fn ratio_of(numerator: &str, denominator: &str) -> Value {
    json!({"ratio": {"numerator": numerator, "denominator": denominator}})
}

fn gate(threshold: &str) -> Value {
    json!({"kind": "GATED_PROPORTIONAL", "measure": ratio_of("done", "all"), "full": "1", "threshold": threshold, "over": "1"})
}

fn done_of_all(done: u32, all: u32) -> [(&'static str, Value); 2] {
    [("done", count(done)), ("all", count(all))]
}

#[test]
fn a_gate_is_proportional_from_its_threshold_and_nothing_below() {
    check(gate("0.8"), "2", &done_of_all(28, 32), Points("1.75"));
    check(gate("0.8"), "2", &done_of_all(7999, 10_000), Points("0"));
    check(gate("0.8"), "2", &done_of_all(8000, 10_000), Points("1.6"));
    check(gate("0.8"), "2", &done_of_all(32, 32), Points("2"));
}

#[test]
fn dossiers_on_time_keep_their_fraction_until_they_are_displayed() {
    let values = done_of_all(11_873, 12_214);
    let evaluation = evaluate(
        &leaf(gate("0.95"), &values),
        &Exact::from_integer(4),
        &states(&values),
        false,
    );
    assert_eq!(evaluation.points(), Exact::ratio(4 * 11_873, 12_214));
    assert_eq!(evaluation.points().rounded(5), "3.88832");
    assert_eq!(evaluation.points().rounded(2), "3.89");
}

#[test]
fn a_gate_may_be_full_before_everything_is_done() {
    let rule = json!({"kind": "GATED_PROPORTIONAL", "measure": ratio_of("done", "all"), "full": "0.6", "threshold": "0.3", "over": "0.6"});
    check(rule.clone(), "1.5", &done_of_all(60, 100), Points("1.5"));
    check(rule.clone(), "1.5", &done_of_all(45, 100), Points("1.125"));
    check(rule, "1.5", &done_of_all(29, 100), Points("0"));
}

#[test]
fn a_line_is_clamped_at_both_ends() {
    let rule = json!({"kind": "LINEAR", "measure": ratio_of("done", "all"), "zeroAt": "0.3", "fullAt": "0.7"});
    check(rule.clone(), "1", &done_of_all(486, 1000), Points("0.465"));
    // Displayed half-up: 0.465 is 0.47.
    assert_eq!(Decimal::parse("0.465").expect("a decimal").exact().rounded(2), "0.47");
    check(rule.clone(), "1", &done_of_all(30, 100), Points("0"));
    check(rule.clone(), "1", &done_of_all(10, 100), Points("0"));
    check(rule, "1", &done_of_all(90, 100), Points("1"));
}

#[test]
fn a_line_may_fall() {
    let rule = json!({"kind": "LINEAR", "measure": ratio_of("done", "all"), "zeroAt": "0.5", "fullAt": "0.1"});
    check(rule.clone(), "2", &done_of_all(30, 100), Points("1"));
    check(rule.clone(), "2", &done_of_all(5, 100), Points("2"));
    check(rule, "2", &done_of_all(60, 100), Points("0"));
}

#[test]
fn deductions_stop_at_zero() {
    let rule = json!({"kind": "DEDUCTIONS", "deductions": [{"input": "late", "each": "0.25"}]});
    check(rule.clone(), "0.5", &[("late", count(3))], Points("0"));
    check(rule.clone(), "0.5", &[("late", count(1))], Points("0.25"));
    check(rule, "0.5", &[("late", count(0))], Points("0.5"));
}

#[test]
fn deductions_of_several_inputs_add_up() {
    let rule = json!({"kind": "DEDUCTIONS", "deductions": [{"input": "reprimand", "each": "0.25"}, {"input": "warning", "each": "0.5"}, {"input": "heavier", "each": "1"}]});
    check(
        rule,
        "2",
        &[("reprimand", count(2)), ("warning", count(1)), ("heavier", count(0))],
        Points("1"),
    );
}

#[test]
fn a_proportion_is_the_share_of_the_maximum() {
    let rule = json!({"kind": "PROPORTIONAL", "measure": ratio_of("done", "all"), "whenEmpty": "FULL"});
    check(rule, "1.5", &done_of_all(7, 12), Points("0.875"));
    assert_eq!(Decimal::parse("0.875").expect("a decimal").exact().rounded(2), "0.88");
}

#[test]
fn nothing_to_do_is_full_only_when_evidence_says_so() {
    let rule =
        |setting: &str| json!({"kind": "PROPORTIONAL", "measure": ratio_of("done", "all"), "whenEmpty": setting});
    let values = done_of_all(0, 0);
    let stated = |setting: &str, nothing_to_do: bool, expected: Expected| {
        check_leaf(
            &leaf(rule(setting), &values),
            "1.5",
            &states(&values),
            nothing_to_do,
            expected,
        );
    };
    stated("FULL", true, Points("1.5"));
    stated("ZERO", true, Points("0"));
    stated("NOT_APPLICABLE", true, NotApplicable);
    for setting in ["FULL", "ZERO", "NOT_APPLICABLE"] {
        stated(setting, false, Lacks(MissingCode::EmptyDenominator));
    }
}

#[test]
fn complete_rows_state_by_themselves_that_there_was_nothing_to_do() {
    let rule = json!({"kind": "PROPORTIONAL", "measure": ratio_of("done", "all"), "whenEmpty": "FULL"});
    let values = done_of_all(0, 0);
    let rows = vec![DerivedFrom {
        link: "l".to_owned(),
        evidence: "e".to_owned(),
        revision: 1,
        rows: 12,
    }];
    let mut inputs = states(&values);
    let zero = InputValue::Count(Decimal::from_integer(0));
    inputs.insert("all".to_owned(), InputState::known(zero, InputOrigin::Derived { rows }));
    check_leaf(&leaf(rule, &values), "1.5", &inputs, false, Points("1.5"));
}

#[test]
fn a_zero_denominator_without_a_setting_is_missing_whatever_evidence_says() {
    let rule = json!({"kind": "PROPORTIONAL", "measure": ratio_of("done", "all")});
    let values = done_of_all(0, 0);
    check_leaf(
        &leaf(rule, &values),
        "1",
        &states(&values),
        true,
        Lacks(MissingCode::EmptyDenominator),
    );
}

#[test]
fn bands_count_from_the_highest_that_is_reached() {
    let rule = json!({"kind": "BANDS", "measure": {"input": "initiatives"}, "bands": [{"atLeast": "2", "ratio": "1"}, {"atLeast": "1", "ratio": "0.5"}], "otherwise": "0"});
    check(rule.clone(), "1.5", &[("initiatives", count(1))], Points("0.75"));
    check(rule.clone(), "1.5", &[("initiatives", count(7))], Points("1.5"));
    check(rule, "1.5", &[("initiatives", count(0))], Points("0"));
}

#[test]
fn a_survey_mean_lies_on_its_scale() {
    let rule = json!({"kind": "SURVEY_MEAN", "input": "mean", "lowest": "1", "highest": "5"});
    check(rule.clone(), "2", &[("mean", decimal("4.1"))], Points("1.55"));
    check(rule.clone(), "2", &[("mean", decimal("1"))], Points("0"));
    check(rule, "2", &[("mean", decimal("5"))], Points("2"));
}

#[test]
fn growth_is_compared_without_division() {
    let rule = json!({"kind": "YEAR_ON_YEAR", "current": "now", "previous": "before", "bands": [{"growthAtLeast": "0.1", "ratio": "1"}, {"growthAtLeast": "0", "ratio": "0.5"}], "otherwise": "0"});
    let years = |now: u32, before: u32| [("now", count(now)), ("before", count(before))];
    check(rule.clone(), "1", &years(110, 100), Points("1"));
    check(rule.clone(), "1", &years(109, 100), Points("0.5"));
    check(rule.clone(), "1", &years(99, 100), Points("0"));
    check(rule.clone(), "1", &years(3, 0), Points("1"));
    check(rule, "1", &years(0, 0), Points("0.5"));
    let rule = json!({"kind": "YEAR_ON_YEAR", "current": "now", "previous": "before", "bands": [{"growthAbove": "0", "ratio": "1"}, {"growthAtLeast": "0", "ratio": "0.5"}], "otherwise": "0"});
    check(rule.clone(), "0.5", &years(6, 5), Points("0.5"));
    check(rule, "0.5", &years(5, 5), Points("0.25"));
}

#[test]
fn one_option_is_worth_its_ratio() {
    let options = json!([{"code": "ON_TIME", "name": name("on time"), "ratio": "1"}, {"code": "LATE", "name": name("late"), "ratio": "0.5"}, {"code": "NONE", "name": name("none"), "ratio": "0"}]);
    let chosen = |code: &str| [("when", json!({"kind": "OPTION", "value": code}))];
    let rule = json!({"kind": "OPTIONS", "input": "when", "options": options});
    check(rule.clone(), "0.5", &chosen("ON_TIME"), Points("0.5"));
    check(rule.clone(), "0.5", &chosen("LATE"), Points("0.25"));
    check(rule, "0.5", &chosen("SOMETIME"), Lacks(MissingCode::InvalidValue));
    let rule = json!({"kind": "CLASS_MAP", "input": "when", "classes": options});
    check(rule, "1.5", &chosen("LATE"), Points("0.75"));
}

#[test]
fn items_add_up() {
    let items = json!([{"code": "A", "name": name("a"), "ratio": "0.4"}, {"code": "B", "name": name("b"), "ratio": "0.3"}, {"code": "C", "name": name("c"), "ratio": "0.3"}]);
    let rule = json!({"kind": "CHECKLIST", "input": "done", "items": items});
    let have = |codes: &[&str]| [("done", json!({"kind": "ITEMS", "value": codes}))];
    check(rule.clone(), "1", &have(&["A", "C"]), Points("0.7"));
    check(rule.clone(), "1", &have(&[]), Points("0"));
    check(rule.clone(), "1", &have(&["A", "B", "C"]), Points("1"));
    check(rule, "1", &have(&["A", "A"]), Lacks(MissingCode::InvalidValue));
}

#[test]
fn yes_is_all_and_no_is_nothing() {
    let rule = json!({"kind": "YES_NO", "input": "within", "yes": "1", "no": "0"});
    let answer = |yes: bool| [("within", json!({"kind": "YES_NO", "value": yes}))];
    check(rule.clone(), "1", &answer(true), Points("1"));
    check(rule, "1", &answer(false), Points("0"));
}

#[test]
fn the_formula_of_assigned_tasks_caps_at_half_when_one_is_overdue() {
    let expression = "if(overdue > 0, min(0.5, (on_time + 0.5 * late) / assigned), (on_time + 0.5 * late) / assigned)";
    let rule = json!({"kind": "FORMULA", "expression": expression, "whenEmpty": "NOT_APPLICABLE", "emptyWhenZero": "assigned"});
    let tasks = |on_time: u32, late: u32, overdue: u32| {
        [
            ("on_time", count(on_time)),
            ("late", count(late)),
            ("overdue", count(overdue)),
            ("assigned", count(on_time + late + overdue)),
        ]
    };
    check(rule.clone(), "2", &tasks(18, 2, 0), Points("1.9"));
    check(rule.clone(), "2", &tasks(18, 1, 1), Points("1"));
    check(rule.clone(), "2", &tasks(2, 2, 6), Points("0.6"));
    check(rule.clone(), "2", &tasks(0, 0, 0), Lacks(MissingCode::EmptyDenominator));
    let none = tasks(0, 0, 0);
    check_leaf(&leaf(rule, &none), "2", &states(&none), true, NotApplicable);
}

#[test]
fn a_formula_is_held_between_nothing_and_the_maximum() {
    let rule = |expression: &str| json!({"kind": "FORMULA", "expression": expression});
    check(rule("a * 3"), "2", &[("a", count(5))], Points("2"));
    check(rule("-a"), "2", &[("a", count(5))], Points("0"));
    check(
        rule("1 / a"),
        "2",
        &[("a", count(0))],
        Lacks(MissingCode::EmptyDenominator),
    );
    check(rule("if(a == 0, 0.25, 1 / a)"), "2", &[("a", count(0))], Points("0.5"));
    check(rule("max(0, min(a, 1)) != 1"), "2", &[("a", count(0))], Points("2"));
}

#[test]
fn a_missing_input_is_worth_nothing_and_is_named() {
    let values = done_of_all(28, 32);
    let mut inputs = states(&values);
    inputs.remove("done");
    let evaluation = evaluate(&leaf(gate("0.8"), &values), &Exact::from_integer(2), &inputs, true);
    let Outcome::Missing(missing) = &evaluation.outcome else {
        panic!("{evaluation:?}")
    };
    assert_eq!(
        (missing[0].input.as_str(), missing[0].code),
        ("done", MissingCode::NotDeclared)
    );
    assert!(evaluation.explain.text.en.contains("done: not declared"));
}

#[test]
fn more_done_than_there_was_is_missing_not_full() {
    let values = done_of_all(33, 32);
    let mut leaf = leaf(gate("0.8"), &values);
    leaf.inputs[0].at_most = Some("all".to_owned());
    check_leaf(&leaf, "2", &states(&values), false, Lacks(MissingCode::InvalidValue));
}

#[test]
fn explanations_read_like_the_calculation_in_both_languages() {
    let values = done_of_all(28, 32);
    let evaluation = evaluate(
        &leaf(gate("0.8"), &values),
        &Exact::from_integer(2),
        &states(&values),
        false,
    );
    assert_eq!(evaluation.explain.text.en, "28/32 = 87.5 % ≥ 80 % → 1.75 of 2");
    assert_eq!(evaluation.explain.text.vi, "28/32 = 87,5 % ≥ 80 % → 1,75 trên 2");
    let codes: Vec<&str> = evaluation
        .explain
        .inputs()
        .iter()
        .map(|input| input.code.as_str())
        .collect();
    assert!(codes.contains(&"done") && codes.contains(&"all"));
}

#[test]
fn growth_is_explained_by_the_step_that_it_reaches_or_misses() {
    let rule = json!({"kind": "YEAR_ON_YEAR", "current": "now", "previous": "before", "bands": [{"growthAtLeast": "0.1", "ratio": "1"}, {"growthAbove": "0", "ratio": "0.5"}], "otherwise": "0"});
    let text = |now: u32| {
        let values = [("now", count(now)), ("before", count(100))];
        evaluate(&leaf(rule.clone(), &values), &Exact::one(), &states(&values), false)
            .explain
            .text
            .en
    };
    assert_eq!(text(110), "110 ≥ 100 × 1.1 = 110 → 1 of 1");
    assert_eq!(text(101), "101 > 100 × 1 = 100 → 0.5 of 1");
    assert_eq!(text(100), "100 ≤ 100 × 1 = 100 → 0 of 1");
}

#[test]
fn a_damaged_explanation_is_worth_nothing() {
    let values = done_of_all(28, 32);
    let mut explain = evaluate(
        &leaf(gate("0.8"), &values),
        &Exact::from_integer(2),
        &states(&values),
        false,
    )
    .explain;
    explain.result = Exact::from_integer(2);
    assert_eq!(recompute(&explain), Exact::ratio(7, 4), "results are not believed");
    explain.operands.pop();
    assert_eq!(recompute(&explain), Exact::zero());
}

#[test]
fn what_is_withheld_or_rounded_is_explained_too() {
    let values = done_of_all(7, 12);
    let rule = json!({"kind": "PROPORTIONAL", "measure": ratio_of("done", "all")});
    let full = || {
        evaluate(
            &leaf(rule.clone(), &values),
            &Decimal::parse("1.5").expect("a maximum").exact().clone(),
            &states(&values),
            false,
        )
    };
    let rounded = full().rounded(RoundLeaf::Places(2));
    assert_eq!(rounded.points().to_string(), "22/25");
    assert_eq!(recompute(&rounded.explain), rounded.points());
    assert!(
        rounded
            .explain
            .text
            .en
            .ends_with("0.875 of 1.5; rounded to 2 places: 0.88"),
        "{}",
        rounded.explain.text.en
    );
    assert_eq!(full().rounded(RoundLeaf::None), full());
    let lacking = vec![Missing {
        input: "REPORT".to_owned(),
        code: MissingCode::NotCounted,
        items: Vec::new(),
        message: Text::same("no report"),
    }];
    let withheld = full().withheld(lacking.clone());
    assert_eq!(withheld.outcome, Outcome::Missing(lacking));
    assert_eq!(recompute(&withheld.explain), Exact::zero());
    assert!(
        withheld.explain.text.en.starts_with("no report → 0 ("),
        "{}",
        withheld.explain.text.en
    );
}

#[test]
fn explanations_survive_json() {
    let values = done_of_all(28, 32);
    let explain = evaluate(
        &leaf(gate("0.8"), &values),
        &Exact::from_integer(2),
        &states(&values),
        false,
    )
    .explain;
    let text = serde_json::to_string(&explain).expect("json");
    assert!(!text.contains("null"));
    assert_eq!(
        serde_json::from_str::<Explanation>(&text).expect("an explanation"),
        explain
    );
}

#[test]
fn rules_describe_themselves_from_their_parameters() {
    let values = done_of_all(28, 32);
    let text = leaf(gate("0.8"), &values).rule.describe(&Exact::from_integer(2));
    assert_eq!(text.en, "done / all ≥ 100 %: 2; ≥ 80 %: done / all × 2; otherwise: 0.");
    assert_eq!(text.vi, "done / all ≥ 100 %: 2; ≥ 80 %: done / all × 2; còn lại: 0.");
    let mut leaf = leaf(json!({"kind": "FORMULA", "expression": "done / all"}), &values);
    leaf.inputs[0].name = Text::new("việc đã làm", "tasks done");
    assert_eq!(leaf.describe(&Exact::from_integer(2)).en, "2 × (“tasks done” ÷ “all”).");
    let mut leaf = self::leaf(
        json!({"kind": "DEDUCTIONS", "deductions": [{"input": "done", "each": "0.25"}, {"input": "all", "each": "1"}]}),
        &values,
    );
    leaf.inputs[0].name = Text::new("Khiển trách", "Reprimands");
    leaf.inputs[1].name = Text::new("Cảnh cáo", "Warnings");
    let text = leaf.describe(&Exact::from_integer(2));
    assert_eq!(
        text.en,
        "2 less 0.25 each (Reprimands); 1 each (Warnings); never below 0."
    );
    assert_eq!(
        text.vi,
        "2 trừ 0,25 cho mỗi “Khiển trách”; 1 cho mỗi “Cảnh cáo”; không dưới 0."
    );
}
