//! What holds for every place in a group: more is never worth less where more is better, and never worth more where less is; the
//! figures of the group decide nothing about its order.

use std::cell::Cell;
use std::collections::BTreeMap;

use minhchung::domain::evaluate::{InputState, Outcome, evaluate};
use minhchung::domain::exact::Exact;
use minhchung::domain::framework::Leaf;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::hold;

/// A leaf over its own value and two figures of its group.
fn leaf(rule: Value, codes: [&str; 3]) -> Leaf {
    let input = |code: &str| {
        json!({"code": code, "name": {"vi": code, "en": code}, "type": {"kind": "COUNT"},
        "source": {"kind": "IMPORTED", "index": {"vi": "ICT", "en": "ICT"}}})
    };
    let leaf = json!({"method": "IMPORTED", "appraiser": "SNV", "rule": rule, "inputs": codes.map(input)});
    serde_json::from_value(leaf).expect("a leaf")
}

fn points(leaf: &Leaf, maximum: &Exact, figures: [u32; 3]) -> Exact {
    let state = |(spec, figure): (&minhchung::domain::input::InputSpec, u32)| {
        let value = json!({"kind": "COUNT", "value": figure.to_string()});
        let value = serde_json::from_value(value).expect("a value");
        (spec.code.clone(), InputState::declared(value))
    };
    let inputs: BTreeMap<String, InputState> = leaf.inputs.iter().zip(figures).map(state).collect();
    let found = evaluate(leaf, maximum, &inputs, false);
    assert!(matches!(found.outcome, Outcome::Points(_)), "{found:?}");
    found.points()
}

#[test]
fn the_order_of_a_group_is_that_of_its_values() {
    let (rose, equal) = (Cell::new(0), Cell::new(0));
    let rules = (any::<bool>(), any::<bool>(), 1_u32..=300);
    let values = (0_u32..60, 0_u32..60, 0_u32..50, 0_u32..30);
    hold(
        800,
        (rules, values, 1_i64..=40),
        |((by_z, less, bound), (own, more, low, spread), quarters)| {
            let bound = format!("{}.{:02}", bound / 100, bound % 100);
            let (zero, full) = match less {
                true => (bound.clone(), format!("-{bound}")),
                false => (format!("-{bound}"), bound),
            };
            let mut rule = match by_z {
                true => {
                    json!({"kind": "Z_SCORE", "input": "own", "mean": "low", "deviation": "other", "zeroAt": zero, "fullAt": full})
                }
                false => json!({"kind": "MIN_MAX", "input": "own", "lowest": "low", "highest": "other"}),
            };
            rule["withoutSpread"] = json!("0.25");
            if less && !by_z {
                rule["lessIsBetter"] = json!(true);
            }
            let (leaf, maximum) = (leaf(rule, ["own", "low", "other"]), Exact::ratio(quarters, 4));
            let other = if by_z { spread } else { low + spread };
            let of = |own: u32| points(&leaf, &maximum, [own, low, other]);
            let (before, after) = (of(own), of(own + more));
            prop_assert!(before >= 0 && before <= maximum);
            prop_assert!(
                if less { after <= before } else { after >= before },
                "{before} and {after}"
            );
            if spread == 0 {
                prop_assert_eq!(
                    &before,
                    &Exact::ratio(quarters, 16),
                    "a group of equals has what is stated"
                );
                equal.set(equal.get() + 1);
            } else if !by_z {
                let (worst, best) = if less { (other, low) } else { (low, other) };
                prop_assert_eq!(of(worst), Exact::zero());
                prop_assert_eq!(of(best), maximum);
            }
            rose.set(rose.get() + u32::from(after != before));
            Ok(())
        },
    );
    assert!(
        rose.get() > 200 && equal.get() > 5,
        "{} moved, {} of equals",
        rose.get(),
        equal.get()
    );
}
