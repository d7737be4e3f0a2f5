//! What holds for every average of growth: a larger figure of the assessed year never costs points, and the average is that of
//! the yearly rates, worked out here with integers.

use std::cell::Cell;
use std::collections::BTreeMap;

use minhchung::domain::evaluate::{InputState, Outcome, evaluate};
use minhchung::domain::exact::Exact;
use minhchung::domain::framework::Leaf;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::hold;

fn leaf(years: usize, bound: i32, strict: bool) -> Leaf {
    let codes: Vec<String> = (0..years).map(|year| format!("y{year}")).collect();
    let input = |code: &String| json!({"code": code, "name": {"vi": code, "en": code}, "type": {"kind": "COUNT"}, "source": {"kind": "DECLARED"}});
    let inputs: Vec<Value> = codes.iter().map(input).collect();
    let sign = if bound < 0 { "-" } else { "" };
    let bound = format!("{sign}{}.{:02}", bound.abs() / 100, bound.abs() % 100);
    let band = match strict {
        true => json!({"growthAbove": bound, "ratio": "1"}),
        false => json!({"growthAtLeast": bound, "ratio": "1"}),
    };
    let rule = json!({"kind": "GROWTH", "years": codes, "bands": [band], "otherwise": "0.25"});
    serde_json::from_value(json!({"method": "APPRAISED", "appraiser": "SNV", "rule": rule, "inputs": inputs}))
        .expect("a leaf")
}

fn points(leaf: &Leaf, figures: &[u32]) -> Option<Exact> {
    let state = |(year, figure): (usize, &u32)| {
        let value = json!({"kind": "COUNT", "value": figure.to_string()});
        let value = serde_json::from_value(value).expect("a value");
        (format!("y{year}"), InputState::declared(value))
    };
    let inputs: BTreeMap<String, InputState> = figures.iter().enumerate().map(state).collect();
    let found = evaluate(leaf, &Exact::from_integer(4), &inputs, false);
    match found.outcome {
        Outcome::Points(points) => Some(points),
        Outcome::Missing(_) => None,
        Outcome::NotApplicable => panic!("growth always applies"),
    }
}

/// Whether the average is above (or from) so many hundredths, over one common denominator.
fn reaches(figures: &[u32], hundredths: i32, strict: bool) -> bool {
    let figures: Vec<i128> = figures.iter().map(|figure| i128::from(*figure)).collect();
    let bases = &figures[..figures.len() - 1];
    let all: i128 = bases.iter().product();
    let sum: i128 = figures
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) * (all / pair[0]))
        .sum();
    let (left, right) = (sum * 100, i128::from(hundredths) * all * bases.len() as i128);
    if strict { left > right } else { left >= right }
}

#[test]
fn more_in_the_assessed_year_never_costs_points_and_the_average_is_exact() {
    let (full, missing) = (Cell::new(0), Cell::new(0));
    let figures = proptest::collection::vec(0_u32..60, 3..=6);
    let cases = (figures, -30_i32..60, any::<bool>(), 1_u32..20);
    hold(800, cases, |(figures, bound, strict, more)| {
        let leaf = leaf(figures.len(), bound, strict);
        let before = points(&leaf, &figures);
        let without_base = figures[..figures.len() - 1].contains(&0);
        prop_assert_eq!(
            before.is_none(),
            without_base,
            "a base of zero and nothing else is missing"
        );
        let Some(before) = before else {
            missing.set(missing.get() + 1);
            return Ok(());
        };
        let expected = if reaches(&figures, bound, strict) { 4 } else { 1 };
        prop_assert_eq!(&before, &Exact::from_integer(expected));
        full.set(full.get() + u32::from(expected == 4));
        let mut raised = figures.clone();
        *raised.last_mut().expect("a year") += more;
        let after = points(&leaf, &raised).expect("a larger figure is no less a figure");
        prop_assert!(after >= before, "{before} fell to {after}");
        Ok(())
    });
    assert!(
        full.get() > 150 && missing.get() > 20,
        "{} full, {} missing",
        full.get(),
        missing.get()
    );
}
